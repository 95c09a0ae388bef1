"""Expressions over packets, as `cpal decode --where` takes them.

    expression   = conjunction { "or" conjunction }
    conjunction  = term { "and" term }
    term         = "not" term | "(" expression ")" | field [ operator value ]
    operator     = "==" | "!=" | "<" | "<=" | ">" | ">=" | "in"
    value        = number | address | prefix | word | text in quotes | "(" value { "," value } ")"

A field alone asks whether there is one. Of a packet in several tunnels a tunnel's field is that of any of them. Fields
that are names (a network, a port) are known to whoever knows a target, and are handed in. An expression becomes a
function from a batch to a column of truths, so that packets that nobody wants cost next to nothing.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from functools import reduce
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cpal.errors import Invalid
from cpal.wire import geneve
from cpal.wire.columns import INNER_PORTS, NO_VNI, OUTER_PORTS, OVN, Batch
from cpal.wire.dissect import TUNNELS, Tunnel
from cpal.wire.faults import FAULTS
from cpal.wire.rules import STRICT_NAMES

Truths = NDArray[np.bool_]
Filter = Callable[[Batch], Truths]
Prefix = IPv4Network | IPv6Network
Names = Mapping[str, Callable[[str | None], Filter]]
"""What makes a filter of a name, by field: of `None` one that says where there is any. It raises `NotFound` for a name
that nothing has."""

_TOKEN = re.compile(r"""\s*(==|!=|<=|>=|[()<>,]|"[^"]*"|'[^']*'|[\w.:/-]+)""")
_COMPARES: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
_PROTOCOLS = {"icmp": 1, "igmp": 2, "tcp": 6, "udp": 17, "gre": 47, "icmp6": 58, "sctp": 132}


class Field(NamedTuple):
    """A field: its column, which words stand for numbers, where it is there, and what a tunnel says of it."""

    column: str
    words: dict[str, int]
    is_there: Callable[[Batch], Truths]
    of_tunnel: Callable[[Tunnel], int | None] | None = None


def _always(batch: Batch) -> Truths:
    return np.ones(len(batch.rows), bool)


def _nonzero(column: str) -> Callable[[Batch], Truths]:
    return lambda batch: batch.rows[column] != 0


def _flagged(flag: int) -> Callable[[Batch], Truths]:
    return lambda batch: (batch.rows["flags"] & flag) != 0


def _key(number: int) -> Callable[[Tunnel], int | None]:
    def key(tunnel: Tunnel) -> int | None:
        keys = geneve.ovn_keys(tunnel.header) if isinstance(tunnel.header, geneve.Geneve) else None
        return None if keys is None else keys[number]

    return key


def _of_ends(side: str, ports: int) -> dict[str, Field]:
    there = _nonzero(f"{side}_version")
    return {
        f"{side}.sport": Field(f"{side}_sport", {}, _flagged(ports)),
        f"{side}.dport": Field(f"{side}_dport", {}, _flagged(ports)),
        f"{side}.proto": Field(f"{side}_proto", _PROTOCOLS, there),
        f"{side}.version": Field(f"{side}_version", {}, there),
    }


FIELDS: dict[str, Field] = {
    "vni": Field("vni", {}, lambda batch: (batch.rows["tunnel"] != 0) & (batch.rows["vni"] != NO_VNI), lambda t: t.vni),
    "tunnel": Field("tunnel", {name: number for number, name in enumerate(TUNNELS, 1)}, _nonzero("tunnel"),
                    lambda tunnel: TUNNELS.index(tunnel.type) + 1),
    "ovn.ingress": Field("ovn_ingress", {}, _flagged(OVN), _key(1)),
    "ovn.egress": Field("ovn_egress", {}, _flagged(OVN), _key(2)),
    "length": Field("length", {}, _always),
    "captured": Field("captured", {}, _always),
    **_of_ends("outer", OUTER_PORTS),
    **_of_ends("inner", INNER_PORTS),
}  # fmt: skip
"""Fields that are numbers."""
ADDRESSES = ("outer.src", "outer.dst", "inner.src", "inner.dst")
FAULT = "fault"


NAMED = ("network", "port", "from", "to", "project", "host")
"""Fields that are names: of a network or router, of a port at either end or at one, of a project, of a hypervisor."""


def names() -> tuple[str, ...]:
    """Every field that needs no target."""
    return (*FIELDS, *ADDRESSES, FAULT)


def parse(text: str, named: Names | None = None) -> Filter:
    """The function of an expression; `named` knows the fields that are names.

    Raises:
        Invalid: it is none; says where.
        NotFound: nothing is called so.
    """
    reader = _Reader(text, named or {})
    found = reader.either()
    if reader.word:
        raise reader.wrong("nothing more is expected")
    return found


class _Reader:
    """Reads words from left to right; `word` is the next, empty at the end."""

    def __init__(self, text: str, named: Names) -> None:
        self._text = text
        self._named = named
        self._at = 0
        self.word = ""
        self.take()

    def take(self) -> str:
        """The next word; the one behind it comes next."""
        taken, match = self.word, _TOKEN.match(self._text, self._at)
        if match is None and self._text[self._at :].strip():
            raise self.wrong("this cannot be read")
        self.word, self._at = (match[1], match.end()) if match else ("", len(self._text))
        return taken

    def wrong(self, why: str) -> Invalid:
        """The error of what is next."""
        place = f"at {self.word!r}" if self.word else "at the end"
        return Invalid(f"the expression {self._text!r} is not understood {place}: {why}", field="where")

    def either(self) -> Filter:
        """Terms joined by `or`."""
        return self._joined("or", self._both, operator.or_)

    def _both(self) -> Filter:
        return self._joined("and", self._term, operator.and_)

    def _joined(self, word: str, read: Callable[[], Filter], join: Callable[[Any, Any], Any]) -> Filter:
        found = [read()]
        while self.word == word:
            self.take()
            found.append(read())
        return found[0] if len(found) == 1 else lambda batch: reduce(join, (each(batch) for each in found))

    def _term(self) -> Filter:
        if self.word == "not":
            self.take()
            inner = self._term()
            return lambda batch: ~inner(batch)
        if self.word == "(":
            self.take()
            inner = self.either()
            self._expect(")")
            return inner
        return self._comparison()

    def _comparison(self) -> Filter:
        known = (*names(), *self._named)
        if self.word not in known:
            if self.word in NAMED:
                raise self.wrong("names are those of a target: --target NAME")
            raise self.wrong(f"a field is expected: {', '.join(known)}")
        name = self.take()
        if self.word not in (*_COMPARES, "in"):
            return self._presence(name)
        compare = self.take()
        values = self._values() if compare == "in" and self.word == "(" else [self._value()]
        try:
            found = [self._compared(name, "==" if compare == "in" else compare, value) for value in values]
        except ValueError as error:
            raise Invalid(f"{name} {compare}: {error}", field="where") from error
        return lambda batch: reduce(operator.or_, (each(batch) for each in found))

    def _compared(self, name: str, compare: str, value: str) -> Filter:
        if name not in self._named:
            return _compared(name, compare, value)
        if compare not in ("==", "!="):
            raise ValueError("a name is compared by ==, != and in")
        return _negated(self._named[name](value), self._named[name](None), compare)

    def _presence(self, name: str) -> Filter:
        if name in self._named:
            return self._named[name](None)
        if name == FAULT:
            return lambda batch: _with_fault(batch, None)
        return FIELDS[name].is_there if name in FIELDS else _nonzero(f"{name.partition('.')[0]}_version")

    def _values(self) -> list[str]:
        self._expect("(")
        found = [self._value()]
        while self.word == ",":
            self.take()
            found.append(self._value())
        self._expect(")")
        return found

    def _value(self) -> str:
        if not self.word or self.word in ("(", ")", ",", *_COMPARES):
            raise self.wrong("a value is expected")
        return self.take().strip("\"'")

    def _expect(self, word: str) -> None:
        if self.word != word:
            raise self.wrong(f"{word!r} is expected")
        self.take()


def _compared(name: str, compare: str, value: str) -> Filter:
    """The filter of one comparison.

    Raises:
        ValueError: the field has no such value, or is not compared like that.
    """
    if name in FIELDS:
        return _number(FIELDS[name], compare, value)
    if compare not in ("==", "!="):
        raise ValueError("it is compared by ==, != and in")
    if name == FAULT:
        if value not in FAULTS and value not in STRICT_NAMES:
            raise ValueError(f"there is no fault {value}")
        return _negated(lambda batch: _with_fault(batch, value), _always, compare)
    there = _nonzero(f"{name.partition('.')[0]}_version")
    prefix = ip_network(value, strict=False)
    return _negated(lambda batch: _within(batch, name.replace(".", "_"), prefix), there, compare)


def _negated(same: Filter, there: Filter, compare: str) -> Filter:
    return same if compare == "==" else lambda batch: there(batch) & ~same(batch)


def _number(field: Field, compare: str, value: str) -> Filter:
    number = field.words[value] if value in field.words else int(value, 0)
    if not 0 <= number < 1 << 63:
        raise ValueError(f"{value} is out of range")
    holds = _COMPARES[compare]

    def found(batch: Batch) -> Truths:
        truths: Truths = field.is_there(batch) & holds(batch.rows[field.column].astype(np.int64), number)
        for place, packet in batch.odd.items():
            if field.of_tunnel is not None and len(packet.tunnels) > 1:
                said = [value for value in map(field.of_tunnel, packet.tunnels) if value is not None]
                among = [holds(value, number) for value in said]
                truths[place] = bool(said) and (all(among) if compare == "!=" else any(among))
        return truths

    return found


def _within(batch: Batch, column: str, prefix: Prefix) -> Truths:
    """Which addresses are in a prefix."""
    version = batch.rows[f"{column.partition('_')[0]}_version"]
    first, mask = divmod(int(prefix.network_address), 1 << 64), divmod(int(prefix.netmask), 1 << 64)
    high = (batch.rows[f"{column}_high"] & np.uint64(mask[0])) == np.uint64(first[0])
    low = (batch.rows[f"{column}_low"] & np.uint64(mask[1])) == np.uint64(first[1])
    truths: Truths = (version == prefix.version) & high & low
    return truths


def _with_fault(batch: Batch, name: str | None) -> Truths:
    """Which packets have a fault, or any."""
    truths = np.zeros(len(batch.rows), bool)
    for place, packet in batch.odd.items():
        truths[place] = name in packet.faults if name else bool(packet.faults)
    if batch.is_cut and name in (None, "record-cut"):
        truths[-1] = True
    return truths
