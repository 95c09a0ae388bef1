"""Codecs between a column's wire form and its canonical value in Python.

    shape      canonical                         on the wire
    scalar     int, float, bool, str             the atom; a uuid is ["uuid", "..."]
    optional   None or the scalar                ["set", []] or the atom
    set        sorted tuple without repeats      the atom when there is exactly one, else ["set", [atoms]]
    map        dict                              ["map", [[key, value], ...]]

Equal contents have equal canonical values, so that `==` is the whole comparison. Each codec is compiled once for its
column type. `wire` is a type for msgspec, which checks the shape while it parses; `decode` then gets only well-formed
input. Uuids and the strings in maps are interned, and empty values are shared: in a replica of 100,000 ports most
strings occur more than once.

Source: RFC 7047 section 5.1, <value>, <atom>, <set>, <map>; ovsdb-server(7) section 4.1.14 for differences.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from sys import intern
from typing import Any, Literal, NoReturn

from cpal.errors import Invalid
from cpal.ovsdb.column import Atom, ColumnType, Kind, Named, Shape

UuidAtom = tuple[Literal["uuid"], str]


class _SharedMap(dict[Any, Any]):
    """A default that all rows share; a dict so that it compares and encodes as one, but read-only."""

    __slots__ = ()

    def _refuse(self, *_args: object, **_kwargs: object) -> NoReturn:
        raise TypeError("the values of a replica are read-only")

    __setitem__ = __delitem__ = __ior__ = update = setdefault = clear = pop = popitem = _refuse


EMPTY_MAP: Mapping[Any, Any] = _SharedMap()

Decode = Callable[[Any], Any]
Encode = Callable[[Any], Any]
Merge = Callable[[Any, Any], Any]


@dataclass(frozen=True, slots=True)
class Codec:
    """The conversions of one column type.

    `wire` is the msgspec type of the wire form; `default` the canonical value of a column that was never set;
    `decode` makes the canonical value from an instance of `wire`, or is None where they are the same;
    `encode` makes the wire form from a canonical value (any iterable for a set), or raises Invalid;
    `encode_key` does so for one key; `merge` applies a difference, decoded by `decode`, to an old canonical value.
    """

    wire: Any
    default: Any
    decode: Decode | None
    encode: Encode
    encode_key: Encode
    merge: Merge


@cache
def codec(column_type: ColumnType) -> Codec:
    """The codec of a column type."""
    return Codec(
        wire=_wire(column_type),
        default=_default(column_type),
        decode=_decoder(column_type),
        encode=_encoder(column_type),
        encode_key=_ATOM_ENCODER[column_type.key.kind],
        merge=_merger(column_type),
    )


_DEFAULT_ATOM: dict[Kind, Atom] = {
    "integer": 0,
    "real": 0.0,
    "boolean": False,
    "string": "",
    "uuid": "00000000-0000-0000-0000-000000000000",
}


def _default(of: ColumnType) -> Any:
    """The value of an unset column (RFC 7047 section 5.2.1), whatever the enum says."""
    key = _DEFAULT_ATOM[of.key.kind]
    match of.shape:
        case Shape.SCALAR:
            return key
        case Shape.OPTIONAL:
            return None
        case Shape.SET:
            return (key,) if of.minimum else ()
    assert of.value is not None
    return _SharedMap({key: _DEFAULT_ATOM[of.value.kind]}) if of.minimum else EMPTY_MAP


# ---------------------------------------------------------------------------------------------- wire to canonical

_TUPLE: Any = tuple
_WIRE_ATOM: dict[Kind, Any] = {"integer": int, "real": float, "boolean": bool, "string": str, "uuid": UuidAtom}


def _wire(of: ColumnType) -> Any:
    """A type made of types: not one that a type checker can follow, hence the `Any`s."""
    atom = _WIRE_ATOM[of.key.kind]
    if of.shape is Shape.SCALAR:
        return atom
    if of.value is not None:
        pair = _TUPLE[atom, _WIRE_ATOM[of.value.kind]]
        return _TUPLE[Literal["map"], _TUPLE[pair, ...]]
    if of.key.kind == "uuid":
        return tuple[Literal["set", "uuid"], str | tuple[UuidAtom, ...]]
    return atom | _TUPLE[Literal["set"], _TUPLE[atom, ...]]


def _decoder(of: ColumnType) -> Decode | None:
    if of.value is not None:
        return _map_decoder(of.key.kind, of.value.kind)
    uuids = of.key.kind == "uuid"
    match of.shape:
        case Shape.SCALAR:
            return _uuid if uuids else None
        case Shape.OPTIONAL:
            return _optional_uuid if uuids else _optional
        case _:
            return _uuid_set if uuids else _set


def _uuid(wire: UuidAtom) -> str:
    return intern(wire[1])


def _optional(wire: Any) -> Any:
    if type(wire) is not tuple:
        return wire
    atoms = wire[1]
    return atoms[0] if atoms else None


def _optional_uuid(wire: tuple[str, Any]) -> str | None:
    payload = wire[1]
    if type(payload) is str:
        return intern(payload)
    return intern(payload[0][1]) if payload else None


def _set(wire: Any) -> tuple[Any, ...]:
    return tuple(sorted(wire[1])) if type(wire) is tuple else (wire,)


def _uuid_set(wire: tuple[str, Any]) -> tuple[str, ...]:
    payload = wire[1]
    if type(payload) is str:
        return (intern(payload),)
    return tuple(sorted([intern(atom[1]) for atom in payload]))


def _map_decoder(key: Kind, value: Kind) -> Decode:
    """Maps of two strings are nearly all there are; the others go through one general function."""
    if key == value == "string":
        return _string_map
    key_atom, value_atom = _ATOM_DECODER[key], _ATOM_DECODER[value]

    def decode(wire: tuple[str, tuple[tuple[Any, Any], ...]]) -> Mapping[Any, Any]:
        return {key_atom(k): value_atom(v) for k, v in wire[1]} or EMPTY_MAP

    return decode


def _string_map(wire: tuple[str, tuple[tuple[str, str], ...]]) -> Mapping[str, str]:
    return {intern(k): intern(v) for k, v in wire[1]} or EMPTY_MAP


def _same(atom: Any) -> Any:
    return atom


_ATOM_DECODER: dict[Kind, Decode] = {
    "integer": _same,
    "real": _same,
    "boolean": _same,
    "string": intern,
    "uuid": _uuid,
}


# ---------------------------------------------------------------------------------------------- differences


def _merger(of: ColumnType) -> Merge:
    """Only a column of more than one element is sent as a difference; the others are sent as they became."""
    if of.maximum == 1:
        return _replaced
    return _merged_set if of.value is None else _merged_map


def _replaced(_old: Any, new: Any) -> Any:
    return new


def _merged_set(old: tuple[Any, ...], difference: tuple[Any, ...]) -> tuple[Any, ...]:
    """The elements of exactly one of the two. A short difference does not rebuild a long set."""
    if len(difference) * 8 > len(old):
        return tuple(sorted(set(old).symmetric_difference(difference)))
    elements = list(old)
    for element in difference:
        at = bisect_left(elements, element)
        if at < len(elements) and elements[at] == element:
            del elements[at]
        else:
            elements.insert(at, element)
    return tuple(elements)


def _merged_map(old: Mapping[Any, Any], difference: Mapping[Any, Any]) -> Mapping[Any, Any]:
    """A pair that `old` holds is removed; any other is set."""
    new = dict(old)
    for key, value in difference.items():
        if key in new and new[key] == value:
            del new[key]
        else:
            new[key] = value
    return new or EMPTY_MAP


# ---------------------------------------------------------------------------------------------- canonical to wire


def _encoder(of: ColumnType) -> Encode:
    key = _ATOM_ENCODER[of.key.kind]
    match of.shape:
        case Shape.SCALAR:
            return key
        case Shape.OPTIONAL:
            return lambda value: ("set", ()) if value is None else key(value)
        case Shape.SET:
            return _set_encoder(key, of)
    assert of.value is not None
    return _map_encoder(key, _ATOM_ENCODER[of.value.kind], of)


def _set_encoder(key: Encode, of: ColumnType) -> Encode:
    def encode(value: Iterable[Any]) -> Any:
        if isinstance(value, str | Mapping) or not isinstance(value, Iterable):
            raise Invalid("a set is wanted", wanted="tuple, list, set", seen=value)
        atoms = [key(atom) for atom in value]
        _check_count(len(atoms), of)
        return ("set", atoms)

    return encode


def _map_encoder(key: Encode, value: Encode, of: ColumnType) -> Encode:
    def encode(pairs: Mapping[Any, Any]) -> Any:
        if not isinstance(pairs, Mapping):
            raise Invalid("a map is wanted", wanted="mapping", seen=pairs)
        _check_count(len(pairs), of)
        return ("map", [(key(k), value(v)) for k, v in pairs.items()])

    return encode


def _check_count(count: int, of: ColumnType) -> None:
    if count < of.minimum or (of.maximum is not None and count > of.maximum):
        most = "any number" if of.maximum is None else of.maximum
        raise Invalid("too many or too few elements", wanted=f"{of.minimum} to {most}", seen=count)


def _encode_integer(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and -(2**63) <= value < 2**63:
        return value
    raise Invalid("an integer of 64 bits is wanted", wanted="integer", seen=value)


def _encode_real(value: Any) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    raise Invalid("a finite number is wanted", wanted="real", seen=value)


def _encode_boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise Invalid("true or false is wanted", wanted="boolean", seen=value)


def _encode_string(value: Any) -> str:
    if isinstance(value, str):
        return _exact(value)
    raise Invalid("a string is wanted", wanted="string", seen=value)


def _exact(text: str) -> str:
    """The text of an instance of a subclass, such as an enumeration's, which msgspec would refuse."""
    return text if type(text) is str else str.__str__(text)


def _encode_uuid(value: Any) -> tuple[str, str]:
    if isinstance(value, str):
        return ("named-uuid" if type(value) is Named else "uuid", _exact(value))
    raise Invalid("a row's UUID is wanted", wanted="uuid", seen=value)


_ATOM_ENCODER: dict[Kind, Encode] = {
    "integer": _encode_integer,
    "real": _encode_real,
    "boolean": _encode_boolean,
    "string": _encode_string,
    "uuid": _encode_uuid,
}
