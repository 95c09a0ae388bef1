"""Values of attributes: what each type accepts, and what it makes of it.

A type is a function from what JSON held to the value kept; it raises ValueError with the reason, in the API's words.
Beside it stands the JSON schema of what it accepts, for who writes requests: it may leave out spellings that are taken
for another (a number in quotes), and never says less than what clients send.
Source: Networking API v2.0; `neutron_lib.api.validators` and `converters` are its reference.
"""

from __future__ import annotations

import ipaddress
import re
import reprlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from cpal.model.address import mac as canonical_mac
from cpal.model.rbac import ACTIONS

Type = Callable[[Any], Any]
Schema = Mapping[str, Any]
"""A JSON schema, draft 2020-12."""


class Unnamed(ValueError):
    """A value that cannot be, of which the API tells without the attribute."""


class Inconvertible(Unnamed):
    """A value that is none of its type, before anything else is asked of it; in a filter it cannot be either."""


class Described:
    """A type with its schema."""

    __slots__ = ("_convert", "schema")

    def __init__(self, convert: Type, schema: Schema) -> None:
        self._convert = convert
        self.schema = schema

    def __call__(self, value: Any) -> Any:
        """The value kept."""
        return self._convert(value)


def described(**schema: Any) -> Callable[[Type], Described]:
    """What makes a type of a function, with its schema."""
    return lambda convert: Described(convert, schema)


def schema_of(type: Type) -> Schema:
    """What a type accepts; anything, where it does not say."""
    return type.schema if isinstance(type, Described) else {}


PREFIX_DELEGATION = "prefix_delegation"
_UUID = re.compile(r"[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}")
_TRUE, _FALSE = ("true", "yes", "on", "y", "t", "1"), ("false", "no", "off", "n", "f", "0")
NAME, DESCRIPTION = 255, 255
_ADDRESS = {"anyOf": [{"type": "string", "format": "ipv4"}, {"type": "string", "format": "ipv6"}]}
_PREFIX = {
    "type": "string",
    "pattern": r"^((25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])\.){3}(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])/([12]?[0-9]|3[0-2])$"
    r"|^([0-9a-f]{1,4}:){1,7}:/([1-9]?[0-9]|1[01][0-9]|12[0-8])$",
}
LARGEST = 2**63 - 1
MOST_ITEMS = 5000
"""How many items a list of a body may have."""


_SHORTENED = reprlib.Repr()
_SHORTENED.maxother = LONGEST_SAID = 400


def said(value: Any) -> str:
    """A value as messages tell it: whole where it is short, for an answer is not to be as long as what was sent."""
    return value[:LONGEST_SAID] if isinstance(value, str) else _SHORTENED.repr(value)


def text(longest: int = NAME) -> Type:
    """A string of at most so many characters."""

    def convert(value: Any) -> str:
        if not isinstance(value, str):
            raise ValueError(f"'{said(value)}' is not a valid string")
        if len(value) > longest:
            raise ValueError(f"'{said(value)}' exceeds maximum length of {longest}")
        if "\x00" in value or not (value.isascii() or all(not "\ud800" <= letter <= "\udfff" for letter in value)):
            raise ValueError("the string has characters that are none")
        return value

    return Described(convert, {"type": "string", "maxLength": longest})


def plainly(type: Type) -> Type:
    """The same, of which all that is wrong is told without the attribute."""

    def convert(value: Any) -> Any:
        try:
            return type(value)
        except ValueError as error:
            raise Unnamed(str(error)) from None

    return Described(convert, schema_of(type))


def named(type: Type) -> Type:
    """The same, of which all that is wrong is told with the attribute."""

    def convert(value: Any) -> Any:
        try:
            return type(value)
        except Inconvertible as error:
            raise ValueError(str(error)) from None

    return Described(convert, schema_of(type))


def filled(type: Type) -> Type:
    """The same, but not blank."""

    def convert(value: Any) -> Any:
        if isinstance(value, str) and not value.strip():
            raise ValueError(f"'{said(value)}' Blank strings are not permitted")
        return type(value)

    return Described(convert, {"pattern": "\\S", **schema_of(type), "minLength": 1})


def or_none(type: Type, none: Any = None) -> Type:
    """The same, or null, which becomes `none`."""
    schema = {"anyOf": [schema_of(type), {"type": "null"}]}
    return Described(lambda value: none if value is None else type(value), schema)


def or_empty(type: Type) -> Type:
    """The same list, or an empty text or object for an empty one."""
    return Described(lambda value: () if value in ("", {}) else type(value), schema_of(type))


@described(anyOf=[{"type": "boolean"}, {"enum": [*_TRUE, *_FALSE, 0, 1]}])
def boolean(value: Any) -> bool:
    """True or false, or a word or number for it."""
    if isinstance(value, bool):
        return value
    word = str(value).lower() if isinstance(value, str | int) else ""
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    raise Inconvertible(f"'{said(value)}' cannot be converted to boolean")


def whole(low: int | None = None, high: int | None = None) -> Type:
    """An integer within bounds, both included, or what Python makes one of: digits, or a number with a fraction."""

    def convert(value: Any) -> int:
        try:
            number = int(value)
        except (TypeError, ValueError, OverflowError):
            raise Inconvertible(f"'{said(value)}' is not an integer") from None
        if low is not None and number < low:
            raise ValueError(f"'{said(str(number))}' is too small - must be at least '{low}'")
        if high is not None and number > high:
            raise ValueError(f"'{said(str(number))}' is too large - must be no larger than '{high}'")
        if abs(number) > LARGEST:
            raise ValueError(f"'{said(value)}' has too many digits")
        return number

    bounds = {"minimum": -LARGEST if low is None else low, "maximum": LARGEST if high is None else high}
    return Described(convert, {"type": "integer", **bounds})


def count() -> Type:
    """An integer that is not negative, in Neutron's words."""
    convert = whole()

    def counted(value: Any) -> int:
        number = int(convert(value))
        if number < 0:
            raise ValueError(f"'{number}' should be non-negative")
        return number

    return Described(counted, {"type": "integer", "minimum": 0, "maximum": LARGEST})


def one_of(*choices: Any, of: Type = lambda value: value) -> Type:
    """One of a few values, of some type."""

    def convert(value: Any) -> Any:
        found = of(value)
        if found not in choices:
            raise ValueError(f"{said(found)} is not in valid_values")
        return found

    return Described(convert, {"enum": list(choices)})


def held(type: Type, values: tuple[Any, ...], why: str) -> Type:
    """The same, of which only these values can be held; another is refused with the reason."""

    def convert(value: Any) -> Any:
        found = type(value)
        if found not in values:
            raise ValueError(f"'{said(value)}' cannot be held: {why}")
        return found

    return Described(convert, {"enum": [*values]})


@described(type="string", format="uuid", pattern=f"^{_UUID.pattern}$")
def uuid(value: Any) -> str:
    """A UUID."""
    if not isinstance(value, str) or not _UUID.fullmatch(value):
        raise ValueError(f"'{said(value)}' is not a valid UUID")
    return value


@described(anyOf=[{"type": "string", "format": "uuid"}, {"const": "prefix_delegation"}])
def pool_id(value: Any) -> str:
    """The id of a subnet pool, or the word for what comes from routers outside."""
    return PREFIX_DELEGATION if value == PREFIX_DELEGATION else str(uuid(value))


@described(type="string", minLength=1, maxLength=NAME)
def project(value: Any) -> str:
    """A project's id."""
    found = text(NAME)(value)
    if not found:
        raise ValueError("'' is not a valid string: Blank strings are not permitted")
    return str(found)


RBAC_OBJECTS = {"subnetpool" if kind == "subnet_pool" else kind: kind for kind in ACTIONS}
"""The kinds of record that are granted, by what the API calls them."""


@described(enum=[*RBAC_OBJECTS])
def object_type(value: Any) -> str:
    """What an RBAC policy is about, by what the API calls it."""
    found = text()(value).strip().lower()
    if found not in RBAC_OBJECTS:
        raise Inconvertible(f"'{said(value)}' is not a valid RBAC object type")
    return str(found)


@described(anyOf=[{"const": "*"}, {"type": "string", "pattern": f"^{_UUID.pattern}$"}])
def project_or_all(value: Any) -> str:
    """A project's id, or `*` for all projects."""
    if value != "*" and not (isinstance(value, str) and _UUID.fullmatch(value)):
        raise Unnamed(f"'{said(value)}' is not a valid target project ID; expected a UUID or '*'")
    return str(value)


@described(type="string", pattern="^([0-9a-fA-F][02468aceACE]:)([0-9a-fA-F]{2}:){4}[0-9a-fA-F]{2}$")
def mac(value: Any) -> str:
    """A unicast MAC address, in canonical form."""
    if not isinstance(value, str):
        raise ValueError(f"'{said(value)}' is not a valid MAC address")
    try:
        return canonical_mac(value)
    except ValueError:
        raise ValueError(f"'{said(value)}' is not a valid MAC address") from None


def _unscoped(text: str) -> str:
    """The text, if it names no interface: `fe80::1%eth0` is an address on one machine only.

    Raises:
        ValueError: it does.
    """
    if "%" in text:
        raise ValueError(text)
    return text


@described(**_ADDRESS)
def address(value: Any) -> str:
    """An IP address, in canonical form."""
    if not isinstance(value, str):
        raise ValueError(f"'{said(value)}' is not a valid IP address")
    try:
        return str(ipaddress.ip_address(_unscoped(value)))
    except ValueError:
        raise ValueError(_no_address(value)) from None


_ZEROFILLED = re.compile(r"[0-9]{1,3}(\.[0-9]{1,3}){3}")


def _no_address(word: str) -> str:
    """What is said of a word that is no address; of one of IPv4 with zeros in front, how it is written."""
    plain = ".".join(part.lstrip("0") or "0" for part in word.split("."))
    try:
        ipaddress.ip_address(plain if _ZEROFILLED.fullmatch(word) else "")
    except ValueError:
        return f"'{said(word)}' is not a valid IP address"
    return f"'{word}' is not an accepted IP address, '{plain}' is recommended"


@described(**_PREFIX)
def prefix(value: Any) -> str:
    """A prefix without host bits, in canonical form."""
    if not isinstance(value, str) or "/" not in value:
        raise ValueError(f"'{said(value)}' is not a valid IP subnet")
    try:
        return str(ipaddress.ip_network(_unscoped(value), strict=False))
    except ValueError:
        raise ValueError(f"'{said(value)}' is not a valid IP subnet") from None


@described(**_PREFIX)
def cidr(value: Any) -> str:
    """A prefix without host bits, or an address as the prefix of it alone, in Neutron's words where it is none."""
    try:
        whole = prefix(value) if not isinstance(value, str) or "/" in value else ipaddress.ip_network(_unscoped(value))
        return str(whole)
    except ValueError:
        raise Inconvertible(f"{said(value)} is not in a CIDR format") from None


@described(**_PREFIX)
def destination(value: Any) -> str:
    """Where a route leads: a prefix without host bits that is not a machine's own, in canonical form."""
    try:
        found = ipaddress.ip_network(_unscoped(value) if "/" in value else "")
    except (TypeError, ValueError):
        raise ValueError(f"'{said(value)}' is not a valid CIDR") from None
    if found.is_loopback:
        raise ValueError(f"'{said(value)}' is not a routable CIDR")
    return str(found)


@described(anyOf=[_ADDRESS, _PREFIX])
def address_or_prefix(value: Any) -> str:
    """An address or a prefix."""
    return str(prefix(value) if isinstance(value, str) and "/" in value else address(value))


@described(anyOf=[_ADDRESS, _PREFIX])
def remote_prefix(value: Any) -> str:
    """An address as the prefix of it alone, or a prefix, whose host bits are kept."""
    found = str(address_or_prefix(value))
    if "/" not in found:
        return f"{found}/{128 if ':' in found else 32}"
    return f"{address(value.partition('/')[0])}/{found.rpartition('/')[2]}"


@described(anyOf=[{"type": "integer", "minimum": 0, "maximum": 255}, {"type": "string", "maxLength": 40}])
def protocol(value: Any) -> str:
    """The name of an IP protocol, or its number in ASCII digits; whether there is one, its rule says."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError(f"'{said(value)}' is not a valid protocol")
    word = text()(str(value))
    return str(int(word)) if word.isascii() and word.isdecimal() else str(word)


def items(
    type: Type, unique: bool = True, repeated: str = "Duplicate items in the list:", what: str = "'{}' is not a list"
) -> Type:
    """A list of values of one type; where each is to be there once, `repeated` begins what is said of others.

    `what` is said of what is no list.
    """

    def convert(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise ValueError(what.format(said(value)))
        if len(value) > MOST_ITEMS:
            raise ValueError(f"a list of more than {MOST_ITEMS} items is too long")
        found = tuple(type(item) for item in value)
        if unique and len({repr(item) for item in found}) < len(found):
            given = Counter(map(str, value))
            twice = [item for item, times in given.items() if times > 1]  # none, where two are written differently
            raise ValueError(f"{repeated} '{said(', '.join(twice or given))}'")
        return found

    schema = {"type": "array", "items": schema_of(type), "maxItems": MOST_ITEMS, "uniqueItems": unique}
    return Described(convert, schema)


def distinct(list_type: Type) -> Type:
    """The same list, in which nothing is written twice in the same way."""

    def convert(value: Any) -> Any:
        if isinstance(value, list):
            twice = [item for item, times in Counter(map(str, value)).items() if times > 1]
            if twice:
                raise ValueError(f"Duplicate items in the list: '{said(', '.join(twice))}'")
        return list_type(value)

    return Described(convert, schema_of(list_type))


_FIXED_IP: Mapping[str, Type] = {"subnet_id": uuid, "ip_address": address}


def _fixed_ip(value: Any) -> dict[str, str]:
    """A fixed address as it is asked for: of a subnet, an address, or both. What else is said of it is not read."""
    if not isinstance(value, dict):
        raise ValueError(_NO_FIXED_IP.format(said(value)))
    return {key: type(value[key]) for key, type in _FIXED_IP.items() if key in value}


_NO_FIXED_IP = "Invalid data format for fixed IP: '{}'"
_FIXED_IPS = items(
    described(type="object", properties={key: schema_of(type) for key, type in _FIXED_IP.items()})(_fixed_ip),
    unique=False, what=_NO_FIXED_IP,
)  # fmt: skip


@described(**schema_of(_FIXED_IPS))
def fixed_ips(value: Any) -> tuple[dict[str, str], ...]:
    """Fixed addresses as they are asked for, of which no two are the same."""
    found: tuple[dict[str, str], ...] = _FIXED_IPS(value)
    seen = set[str]()
    for address in [each["ip_address"] for each in found if "ip_address" in each]:
        if address in seen:
            raise ValueError(f"Duplicate IP address '{address}'")
        seen.add(address)
    return found


def _keys(names: Iterable[str]) -> str:
    return f"{{{', '.join(repr(name) for name in sorted(names))}}}" if names else "set()"


def fields(required: dict[str, Type], optional: dict[str, Type] | None = None, empty: bool = False) -> Type:
    """An object with these keys and no others; `empty` where it may have none at all."""
    known = {**required, **(optional or {})}

    def convert(value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise ValueError(
                f"Invalid input. '{said(value)}' must be a dictionary with keys: {list(required)}"
                if required and not optional else f"'{said(value)}' is not a dictionary"
            )  # fmt: skip
        if empty and not value:
            return {}
        if empty and (strange := value.keys() - known.keys()):
            raise ValueError(f"Unexpected keys supplied: {said(joined(map(str, strange)))}")
        if not known.keys() >= value.keys() or not required.keys() <= value.keys():
            raise ValueError(
                f"Validation of dictionary's keys failed. Expected keys: {_keys(required)} "
                f"Provided keys: {said(_keys(map(str, value)) if value else 'set()')}"
            )
        return {key: known[key](item) for key, item in value.items()}

    properties = {key: schema_of(each) for key, each in known.items()}
    schema = {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}
    return Described(convert, schema)


@described(type="object")
def mapping(value: Any) -> dict[str, Any]:
    """An object with any keys."""
    if not isinstance(value, dict):
        raise ValueError(f"'{said(value)}' is not a dictionary")
    return value


def joined(found: Iterable[str]) -> str:
    """Words for a message."""
    return ", ".join(sorted(found))
