"""Single values: how each is read from a word, what is said when it cannot be, and its JSON schema."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from cpal.errors import Invalid
from cpal.faces.documents.source import WORDS, Node, Scalar, Source
from cpal.model import address
from cpal.model.network import AllocationPool
from cpal.model.ospf import area_id
from cpal.model.security import PROTOCOL_NUMBERS
from cpal.model.target import Range

Schema = dict[str, Any]

_TRUTH = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,19})", re.ASCII)
_SPAN = re.compile(r"([0-9]{1,19})\s*-\s*([0-9]{1,19})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Single:
    """A type of single values: `what` names it, `convert` reads a word, or raises Invalid with what would be right."""

    what: str
    convert: Callable[[str], Any]
    json: Schema = field(default_factory=dict)
    quotable: bool = True
    """Whether quotes make no difference; where they do, a quoted word is a fault."""
    nothing: str = ""
    """The word that, as an empty value does, stands for None; "" where a value is needed."""

    def read(self, source: Source, node: Node, key: str) -> Any:
        """The value of a node.

        Raises:
            Invalid: it is not such a value.
        """
        if not isinstance(node, Scalar):
            raise Invalid(f"is {WORDS[type(node)]}", remedy=f"write {self.what}")
        text, plain = node.text, node.plain
        if self.nothing and (node.is_null or text == self.nothing):
            return None
        if plain and node.is_null:
            raise Invalid("has no value", remedy=f"write {self.what}, or leave the key out")
        if not plain and not self.quotable:
            raise Invalid(f'"{text}" is a text because of its quotes', remedy=f"write {self.what} without quotes")
        return self.convert(text)

    def schema(self) -> Schema:
        """Its JSON schema."""
        if not self.nothing:
            return dict(self.json)
        return {"anyOf": [dict(self.json), {"const": self.nothing}, {"type": "null"}]}


def text(what: str = "a text", longest: int = 255, lines: bool = False) -> Single:
    """Any text up to a length in characters, on one line or on several."""

    def convert(word: str) -> str:
        if len(word) > longest:
            raise Invalid(f"has {len(word)} characters", remedy=f"at most {longest} are allowed")
        if not (word.replace("\n", "").replace("\t", "") if lines else word).isprintable():
            raise Invalid("holds a control character or a line break", remedy="write printable text")
        return word

    return Single(what, convert, {"type": "string", "maxLength": longest})


def truth() -> Single:
    """True or false."""

    def convert(word: str) -> bool:
        if word.lower() not in _TRUTH:
            raise Invalid(f'"{word}" is neither true nor false', remedy="write true or false")
        return _TRUTH[word.lower()]

    return Single("true or false", convert, {"type": "boolean"}, quotable=False)


def integer(low: int, high: int, what: str = "") -> Single:
    """A whole number from `low` to `high`, in decimal."""
    what = what or f"a whole number from {low} to {high}"

    def convert(word: str) -> int:
        number = _whole(word, what)
        if not low <= number <= high:
            raise Invalid(f"{number} is out of range", remedy=f"write {what}")
        return number

    return Single(what, convert, {"type": "integer", "minimum": low, "maximum": high}, quotable=False)


def _whole(word: str, what: str) -> int:
    if _DECIMAL.fullmatch(word):
        return int(word)
    raise Invalid(f'"{word}" is not a whole number', remedy=_meant(word) or f"write {what}")


def _meant(word: str) -> str:
    """What a number in a notation that YAML's versions disagree about was meant to be."""
    if re.fullmatch(r"0[0-9]+", word):
        return f"YAML's versions disagree about a leading zero: write {int(word)}"
    if re.fullmatch(r"0[xob][0-9a-fA-F]+", word):
        try:
            return f"write it in decimal: {int(word, 0)}"
        except ValueError:
            return ""
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?[eE]\+?[0-9]{1,2}|[0-9]+\.0+", word) and float(word).is_integer():
        return f"write it in full: {int(float(word))}"
    return ""


def choice(*values: str) -> Single:
    """One of a few words, in any case."""
    listed = " or ".join(filter(None, (", ".join(values[:-1]), values[-1])))
    known = {value.lower(): value for value in values}

    def convert(word: str) -> str:
        if word.lower() not in known:
            raise Invalid(f'"{word}" is not known', remedy=f"write {listed}")
        return known[word.lower()]

    return Single(listed, convert, {"enum": list(values)})


def number_choice(*values: int) -> Single:
    """One of a few numbers."""
    listed = " or ".join(map(str, values))

    def convert(word: str) -> int:
        if word not in map(str, values):
            raise Invalid(f'"{word}" is not possible', remedy=f"write {listed}")
        return int(word)

    return Single(listed, convert, {"enum": list(values)}, quotable=False)


def _mac(word: str) -> str:
    try:
        return address.mac(word)
    except ValueError as wrong:
        said = f'"{word}" is {wrong}' if str(wrong).startswith("not") else f'"{word}" is no good: {wrong}'
        raise Invalid(said, remedy="write six pairs such as 02:00:00:00:00:01") from None


def _address(word: str) -> str:
    if "/" in word:
        raise Invalid(f'"{word}" has a prefix length', remedy=f"write the address alone: {word.partition('/')[0]}")
    try:
        if "%" in word:
            raise ValueError
        return str(ipaddress.ip_address(word))
    except ValueError:
        raise Invalid(f'"{word}" is not an IP address', remedy="write one such as 10.0.1.5 or fd00:1::5") from None


def _prefix(word: str) -> str:
    if "/" not in word and is_address(word):
        raise Invalid(f'"{word}" has no prefix length', remedy=f"write one such as {word}/{64 if ':' in word else 24}")
    return _network(word)


def _network(word: str) -> str:
    try:
        if "%" in word or "/" not in word:
            raise ValueError
        loose = ipaddress.ip_network(word, strict=False)
    except ValueError:
        raise Invalid(f'"{word}" is not a prefix', remedy="write one such as 10.0.1.0/24 or fd00:1::/64") from None
    if ipaddress.ip_interface(word).ip != loose.network_address:
        raise Invalid(f'"{word}" has host bits set', remedy=f"the network is {loose}")
    return str(loose)


def _address_or_prefix(word: str) -> str:
    return _network(word) if "/" in word else _address(word)


def _interface(word: str) -> str:
    if "/" not in word:
        _address(word)
        raise Invalid(f'"{word}" has no prefix length', remedy=f"write one such as {word}/{64 if ':' in word else 24}")
    try:
        if "%" in word:
            raise ValueError
        return str(ipaddress.ip_interface(word))
    except ValueError:
        raise Invalid(f'"{word}" is not an address with prefix length', remedy="write 203.0.113.254/24") from None


def _protocol(word: str) -> str:
    word = word.lower()
    if word in ("any", *PROTOCOL_NUMBERS) or (_DECIMAL.fullmatch(word) and 0 <= int(word) <= 255):
        return "" if word == "any" else word
    raise Invalid(
        f'"{word}" is not a protocol', remedy="write tcp, udp, icmp, another IANA name, a number from 0 to 255, or any"
    )


def _area(word: str) -> str:
    try:
        return area_id(word)
    except ValueError:
        raise Invalid(f'"{word}" is not an area', remedy="write a number such as 0, or it dotted: 0.0.0.0") from None


def _ports(word: str) -> Range:
    span = _span(word, "a port such as 80 or a range such as 8000-8100")
    if not 0 <= span.start <= span.end <= 65535:
        raise Invalid(f'"{word}" is out of range', remedy="ports go from 0 to 65535")
    return span


def _span(word: str, what: str) -> Range:
    matched = _SPAN.fullmatch(word)
    if matched is None:
        number = _whole(word, what)
        return Range(number, number)
    start, end = int(matched[1]), int(matched[2])
    if start > end:
        raise Invalid(f'"{word}" ends before it starts', remedy=f"write {end}-{start}")
    return Range(start, end)


def span(low: int, high: int) -> Single:
    """Numbers from one to another, as `1001-2000`."""
    what = f"a range such as {low}-{high}"

    def convert(word: str) -> Range:
        found = _span(word, what)
        if not low <= found.start <= found.end <= high:
            raise Invalid(f'"{word}" is out of range', remedy=f"stay within {low}-{high}")
        return found

    return Single(what, convert, {"type": ["string", "integer"], "pattern": "^[0-9]+ *(- *[0-9]+)?$"})


def _pool(word: str) -> AllocationPool:
    start, dash, end = word.partition("-")
    first = _address(start.strip())
    last = _address(end.strip()) if dash else first
    if address.version_of(first) != address.version_of(last):
        raise Invalid(f'"{word}" mixes IPv4 and IPv6', remedy="write two addresses of one family")
    if address.number(first) > address.number(last):
        raise Invalid(f'"{word}" ends before it starts', remedy=f"write {last}-{first}")
    return AllocationPool(first, last)


def _remote(word: str) -> str:
    return _address_or_prefix(word) if _looks_numeric(word) else word


def _looks_numeric(word: str) -> bool:
    return bool(re.fullmatch(r"[0-9.]+(/.*)?|[0-9a-fA-F]*:[0-9a-fA-F:.]*(/.*)?", word)) and ("." in word or ":" in word)


def is_address(word: str) -> bool:
    """Whether a word is an IP address and not a name."""
    try:
        _address(word)
    except Invalid:
        return False
    return True


def is_prefix(word: str) -> bool:
    """Whether a word is an IP address or prefix and not a name."""
    try:
        _address_or_prefix(word)
    except Invalid:
        return False
    return True


_PREFIX_PATTERN = "^[0-9A-Fa-f.:]+/[0-9.]+$"

MAC = Single("a MAC address", _mac, {"type": "string", "pattern": "^[0-9A-Fa-f]{2}([:-]?[0-9A-Fa-f]{2}){5}$|\\."})
ADDRESS = Single("an IP address", _address, {"type": "string", "pattern": "^[0-9A-Fa-f.:]+$"})
GATEWAY = Single("an IP address, or none", _address, {"type": "string", "pattern": "^[0-9A-Fa-f.:]+$"}, nothing="none")
PREFIX = Single("a prefix such as 10.0.1.0/24", _prefix, {"type": "string", "pattern": _PREFIX_PATTERN})
ADDRESS_OR_PREFIX = Single(
    "an address or prefix", _address_or_prefix, {"type": "string", "pattern": "^[0-9A-Fa-f.:]+(/[0-9.]+)?$"}
)
INTERFACE = Single(
    "an address with prefix length", _interface, {"type": "string", "pattern": "^[0-9A-Fa-f.:]+/[0-9]+$"}
)
POOL = Single(
    "a range such as 10.0.1.10-10.0.1.99",
    _pool,
    {"type": "string", "pattern": "^[0-9A-Fa-f.:]+( *- *[0-9A-Fa-f.:]+)?$"},
)
PROTOCOL = Single("a protocol", _protocol, {"type": ["string", "integer"], "minimum": 0, "maximum": 255})
AREA = Single("an area", _area, {"type": ["string", "integer"], "minimum": 0, "maximum": 2**32 - 1})
PORTS = Single(
    "a port or a range of ports",
    _ports,
    {"type": ["string", "integer"], "pattern": "^[0-9]+ *(- *[0-9]+)?$", "minimum": 0, "maximum": 65535},
)
REMOTE = Single("any, a prefix or the name of a group", _remote, {"type": "string", "minLength": 1})
