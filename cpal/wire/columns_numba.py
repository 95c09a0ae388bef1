"""The engine of columns that numba compiles: one pass over each packet's headers, and over a pcap file's records.

Loads are unaligned and in the network's byte order, as the machine has them; numba has no word for that, `_load` is it.
Records of a file are a chain, each says where the next is: what lies ahead is asked for early, so that the memory is
never waited for. Compiled code is kept in numba's cache, beside this module or in the user's directory, so that only
the first run after an update waits for the compiler.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, NamedTuple, TypeVar, cast

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic
from numpy.typing import NDArray

from cpal.wire import ethernet, geneve, ip, pcap, stt, vxlan
from cpal.wire.columns import (
    GENEVE,
    INNER_PORTS,
    NVGRE,
    NVGRE_WORD,
    ODD,
    OUTER_PORTS,
    OVN,
    OVN_WORD,
    ROW,
    VXLAN,
    Bytes,
    Engine,
    Rows,
)
from cpal.wire.records import Index

Function = TypeVar("Function", bound=Callable[..., Any])
Each = Callable[..., Iterable[Any]]
"""What calls a function with each of several arguments: `map`, or that of a pool of threads."""
WORTHWHILE = 1 << 18
"""Bytes of a part for which another thread is worth while."""
AHEAD = 2048
"""Bytes that are asked for before they are read."""
LINE = 64
"""Bytes of a line of the processor's memory."""
U = np.uint64
NOT_HERE = 255
"""The number of a tunnel that only `dissect` reads."""
GENEVE_PORT, VXLAN_PORT, LINUX_PORT = map(U, (geneve.PORT, vxlan.PORT, vxlan.LINUX_PORT))
GPE_PORT, STT_PORT = map(U, (vxlan.GPE_PORT, stt.PORT))
EXTENSIONS = tuple(sum(1 << number - first for number in ip.EXTENSIONS if first <= number < first + 64)
                   for first in range(0, 256, 64))  # fmt: skip
"""A bit for each number of an IPv6 extension header."""


def _compiled(function: Function) -> Function:
    return cast(Function, njit(cache=True, nogil=True)(function))


def _load(bits: int, is_network_order: bool = True) -> Any:
    """A function of an address that loads an unsigned number of so many bits."""

    def load(typing: Any, at: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            found = builder.load(builder.inttoptr(arguments[0], ir.IntType(bits).as_pointer()), align=1)
            if bits > 8 and is_network_order:
                found = builder.bswap(found)
            return builder.zext(found, ir.IntType(64)) if bits < 64 else found

        return types.uint64(types.uint64), generate

    return intrinsic(load)


_byte, _half, _word, _long = (_load(bits) for bits in (8, 16, 32, 64))
_little_word = _load(32, is_network_order=False)


def _prefetch_intrinsic(typing: Any, at: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place, number = builder.inttoptr(arguments[0], ir.IntType(8).as_pointer()), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [place.type, number, number, number])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch")  # type: ignore[no-untyped-call]  # numba does not say
        builder.call(function, [place, number(0), number(3), number(1)])
        return context.get_dummy_value()

    return types.void(types.uint64), generate


_prefetch: Any = intrinsic(_prefetch_intrinsic)


def _address_intrinsic(typing: Any, data: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = cgutils.create_struct_proxy(signature.args[0])(context, builder, value=arguments[0])  # type: ignore[no-untyped-call]  # numba does not say
        return builder.ptrtoint(array.data, ir.IntType(64))

    return types.uint64(data), generate


_address: Any = intrinsic(_address_intrinsic)

IPV4, IPV6, TEB, NSH = map(U, (ethernet.IPV4, ethernet.IPV6, ethernet.TEB, ethernet.NSH))
TCP, UDP, GRE, SCTP, IPIP, IN_IPV6 = map(U, (ip.TCP, ip.UDP, ip.GRE, ip.SCTP, ip.IPIP, ip.IPV6))
OVN_FIRST, NVGRE_FIRST = U(OVN_WORD), U(NVGRE_WORD)
ZERO, TWO, FOUR, SIX, EIGHT = U(0), U(2), U(4), U(6), U(8)
READ = U(48)
"""Bytes that are loaded of a header at most: where so many are not in the buffer, the packet is odd."""


@_compiled
def _ethernet(at: Any, captured: Any) -> Any:
    """Whether an Ethernet header and its tags are sound, the EtherType behind them, and where that begins."""
    if at + U(14) > captured:
        return False, ZERO, ZERO
    ethertype = _half(at + U(12))
    at += U(14)
    while ethertype == U(0x8100) or ethertype == U(0x88A8) or ethertype == U(0x9100):
        if at + FOUR > captured:
            return False, ZERO, ZERO
        ethertype = _half(at + TWO)
        at += FOUR
    return (ethertype != TEB) & (ethertype != NSH), ethertype, at


@_compiled
def _is_extension(protocol: Any) -> Any:
    """Whether an IPv6 header is followed by one of the extensions."""
    low = U(EXTENSIONS[0]) if protocol < U(64) else U(EXTENSIONS[2]) if protocol >> U(6) == TWO else ZERO
    return (low >> (protocol & U(63))) & U(1) != ZERO


@_compiled
def _network(at: Any, captured: Any, wire: Any, six: Any) -> Any:
    """Whether an IP header is sound, its protocol, where its payload begins and where both ends are; its addresses.

    Both versions are computed and one is chosen: a processor guesses wrong which of them comes next.
    """
    first, both = _long(at), _long(at + U(12))
    total = (first >> U(16) if six else first >> U(32)) & U(0xFFFF)
    high, low, top, bottom = _long(at + EIGHT), _long(at + U(16)), _long(at + U(24)), _long(at + U(32))
    protocol = (first >> EIGHT if six else high >> U(48)) & U(0xFF)
    header = U(40) if six else U(20)
    end = at + total + (U(40) if six else ZERO)
    sound_4 = (first >> U(56) == U(0x45)) & (first & U(0x3FFF) == ZERO) & (total >= U(20))
    sound_6 = (first >> U(60) == SIX) & (total > ZERO) & (not _is_extension(protocol))
    sound = (sound_6 if six else sound_4) & (at + header <= captured) & (end <= wire)
    addresses = (
        high if six else ZERO,
        low if six else both >> U(32),
        top if six else ZERO,
        bottom if six else both & U(0xFFFFFFFF),
    )
    return sound, protocol, at + header, min(captured, end), end, addresses


@_compiled
def _transport(at: Any, captured: Any, wire: Any, protocol: Any) -> Any:
    """Whether a transport header is sound, and whether it has ports."""
    if protocol == UDP:
        if at + EIGHT > captured:
            return False, False
        length = _half(at + FOUR)
        return (length >= EIGHT) & (at + length <= wire), True
    if protocol == TCP:
        if at + U(20) > captured:
            return False, False
        header = (_byte(at + U(12)) >> FOUR) * FOUR
        return (header >= U(20)) & (at + header <= captured), True
    if protocol == SCTP:
        return at + EIGHT <= captured, True
    return (protocol != IPIP) & (protocol != IN_IPV6), False


@_compiled
def _options(at: Any, end: Any, row: Any) -> Any:
    """Whether Geneve's options sum to their length, and flags; OVN's keys are filled in."""
    flags = ZERO
    while at + FOUR <= end:
        first = _word(at)
        size = FOUR + (first & U(31)) * FOUR
        if first & U(0xFFFFFF1F) == OVN_FIRST and not flags and at + size <= end:
            keys = _word(at + FOUR)
            row.ovn_ingress, row.ovn_egress = keys >> U(16) & U(0x7FFF), keys & U(0xFFFF)
            flags = U(OVN)
        at += size
    return at == end, flags


@_compiled
def _tunnel(at: Any, captured: Any, kind: Any, row: Any, start: Any) -> Any:
    """Whether a tunnel's header is sound, flags, the EtherType of what it carries, and where that begins."""
    if at + EIGHT > captured:
        return False, ZERO, ZERO, ZERO
    first, is_geneve = _long(at), kind == U(GENEVE)
    top = first >> U(56)
    size = (top & U(63)) * FOUR if is_geneve else ZERO
    at += EIGHT
    end = at + size
    other = (top & EIGHT != ZERO) if kind == U(VXLAN) else first >> U(32) == NVGRE_FIRST
    sound = (top < U(64) if is_geneve else other) & (end <= captured)
    ethertype = first >> U(32) & U(0xFFFF) if is_geneve else TEB
    row.tunnel, row.vni, row.payload_type, row.payload_at = kind, first >> EIGHT & U(0xFFFFFF), ethertype, end - start
    if not sound or not size:
        return sound, ZERO, ethertype, end
    row.options_at, row.options_length = at - start, size
    sound, flags = _options(at, end, row)
    return sound, flags, ethertype, end


@_compiled
def _kind(protocol: Any, port: Any) -> Any:
    """The tunnel that a packet announces: 0 for none, `NOT_HERE` for one that is odd."""
    if protocol == UDP:
        if port == GENEVE_PORT:
            return U(GENEVE)
        if (port == VXLAN_PORT) | (port == LINUX_PORT):
            return U(VXLAN)
        return U(NOT_HERE) if port == GPE_PORT else ZERO
    if protocol == GRE:
        return U(NVGRE)
    return U(NOT_HERE) if (protocol == TCP) & (port == STT_PORT) else ZERO


@_compiled
def _packet(start: Any, captured: Any, wire: Any, last: Any, row: Any) -> Any:
    """Fill a packet's row of zeros; its flags."""
    sound, ethertype, at = _ethernet(start, captured)
    if not sound or (ethertype != IPV4) & (ethertype != IPV6):
        return ZERO if sound else U(ODD)
    six = ethertype == IPV6
    if at + READ > last:
        return U(ODD)
    sound, protocol, at, captured, wire, addresses = _network(at, captured, wire, six)
    row.outer_src_high, row.outer_src_low, row.outer_dst_high, row.outer_dst_low = addresses
    row.outer_version, row.outer_proto = SIX if six else FOUR, protocol
    if not sound:
        return U(ODD)
    sound, is_ported = _transport(at, captured, wire, protocol)
    if not sound:
        return U(ODD)
    flags, port = ZERO, ZERO
    if is_ported:
        flags, port = U(OUTER_PORTS), _half(at + TWO)
        row.outer_sport, row.outer_dport = _half(at), port
    kind = _kind(protocol, port)
    if kind == ZERO or kind == U(NOT_HERE):
        return U(ODD) if kind else flags
    if protocol == UDP:
        wire = at + _half(at + FOUR)
        captured = min(captured, wire)
        at += EIGHT
    sound, more, ethertype, at = _tunnel(at, captured, kind, row, start)
    if not sound:
        return U(ODD)
    return _carried(at, captured, wire, last, ethertype, row, flags | more)


@_compiled
def _carried(at: Any, captured: Any, wire: Any, last: Any, ethertype: Any, row: Any, flags: Any) -> Any:
    """Fill the row from what a tunnel carries on; the packet's flags."""
    if ethertype == TEB:
        sound, ethertype, at = _ethernet(at, captured)
        if not sound:
            return U(ODD)
    if (ethertype != IPV4) & (ethertype != IPV6):
        return flags if ethertype != NSH else U(ODD)
    six = ethertype == IPV6
    if at + READ > last:
        return U(ODD)
    sound, protocol, at, captured, wire, addresses = _network(at, captured, wire, six)
    row.inner_src_high, row.inner_src_low, row.inner_dst_high, row.inner_dst_low = addresses
    row.inner_version, row.inner_proto = SIX if six else FOUR, protocol
    if not sound:
        return U(ODD)
    sound, is_ported = _transport(at, captured, wire, protocol)
    if not sound:
        return U(ODD)
    if not is_ported:
        return flags if protocol != GRE else U(ODD)
    port = _half(at + TWO)
    row.inner_sport, row.inner_dport = _half(at), port
    return U(ODD) if _kind(protocol, port) else flags | U(INNER_PORTS)


@_compiled
def _fill(base: Any, last: Any, row: Any) -> None:
    """Fill a row that says where its packet is."""
    start, captured = base + U(row.start), U(row.captured)
    row.flags = _packet(start, start + captured, start + max(U(row.length), captured), last, row)


@_compiled
def _decode(data: Any, rows: Any) -> None:
    base = _address(data)
    for number in range(len(rows)):
        _fill(base, base + U(len(data)), rows[number])


@_compiled
def _walk(data: Any, at: Any, stop: Any, most: Any, is_little: Any, tick_ns: Any, rows: Any, odd: Any) -> Any:
    """Fill rows with the records that begin between two places, until there is no whole one, and the places of those
    that are odd; how many there are of both, where the next is, its length."""
    base, count, marked = _address(data), ZERO, ZERO
    end, stop, asked = base + U(len(data)), base + stop, base + at
    at += base
    while at < stop and at + U(16) <= end and count < U(len(rows)):
        captured, length = _field(at + EIGHT, is_little), _field(at + U(12), is_little)
        following = at + U(16) + captured
        if captured > most or following > end:
            return count, marked, at - base, captured
        while asked < following + U(AHEAD):
            _prefetch(asked)
            asked += U(LINE)
        row = rows[count]
        seconds, fraction = _field(at, is_little), _field(at + FOUR, is_little)
        row.time_ns = seconds * U(1_000_000_000) + fraction * tick_ns
        row.start, row.captured, row.length = at + U(16) - base, captured, length
        _fill(base, end, row)
        odd[marked] = count
        marked += row.flags & U(ODD)
        count += U(1)
        at = following
    return count, marked, at - base, ZERO


@_compiled
def _guess(data: Any, first: Any, at: Any, is_little: Any) -> Any:
    """Where from `at` on a record may begin: it and the next one are of about the time of the first, and not longer
    than their packets were; the buffer's end, if there is no such place."""
    base, size = _address(data), U(len(data))
    like = _field(base + first, is_little) >> U(16)
    while at + U(16) <= size:
        if _is_like(base + at, like, is_little):
            following = at + U(16) + _field(base + at + EIGHT, is_little)
            if following + U(16) <= size and _is_like(base + following, like, is_little):
                return at
        at += U(1)
    return size


@_compiled
def _is_like(at: Any, like: Any, is_little: Any) -> Any:
    if _field(at, is_little) >> U(16) != like:
        return False
    return _field(at + EIGHT, is_little) <= _field(at + U(12), is_little)


@_compiled
def _field(at: Any, is_little: Any) -> Any:
    return _little_word(at) if is_little else _word(at)


def decode(data: Bytes, rows: Rows) -> None:
    """Fill the rows of a buffer's packets."""
    _decode(data, rows.view(np.recarray))


class Walked(NamedTuple):
    """The records of a part of a buffer, the places of odd ones among them, where the next begins, and what that says
    of its length if it is not whole."""

    rows: Rows
    odd: NDArray[np.int64]
    end: int
    size: int


def index(data: bytes, start: int, form: pcap.Form, offset: int = 0, parts: int = 1, each: Each = map) -> Index:
    """Where the whole records in `data` from `start` on are, and what they are.

    So many parts of the buffer are walked by `each`, at once if that is a pool's. Where a part begins is guessed; if
    the one before it does not end there, it is walked again from where that ends.

    Raises:
        WireError: as `pcap.index` does.
    """
    buffer, found, at = np.frombuffer(data, np.uint8), _Found(), start
    walk = partial(_walked, buffer, form)
    begins = _begins(buffer, start, form, parts)
    stops = [*begins[1:], len(data)]
    for begin, stop, told in zip(begins, stops, each(walk, begins, stops), strict=True):
        rows, odd, end, size = told if begin == at else walk(at, stop)
        found.add(rows, odd)
        at = end
        if end < stop:
            break
    whole, odd = found.joined()
    if size > pcap.MOST and not len(whole):
        raise pcap.impossible(size, offset + at)
    return Index(
        whole["start"], whole["captured"], whole["length"], whole["time_ns"], form.link_type, at, whole, odd
    )  # fmt: skip


def _begins(buffer: Bytes, start: int, form: pcap.Form, parts: int) -> list[int]:
    """Where the parts of a buffer begin, if they are worth while."""
    size = (len(buffer) - start) // parts
    if parts == 1 or size < WORTHWHILE:
        return [start]
    guesses = (int(_guess(buffer, U(start), U(start + n * size), form.order == "<")) for n in range(1, parts))
    return [start, *guesses]


def _walked(buffer: Bytes, form: pcap.Form, at: int, stop: int) -> Walked:
    """The records that begin between two places of a buffer."""
    found, size = _Found(), 0
    most, tick_ns = U(pcap.MOST), U(form.tick_ns)
    while True:
        rows = np.zeros(max((stop - at) // 256, 64), ROW)
        odd = np.empty(len(rows), np.int64)
        filled = rows.view(np.recarray)
        told = _walk(buffer, U(at), U(stop), most, form.order == "<", tick_ns, filled, odd)
        count, marked, at, size = map(int, told)
        found.add(rows[:count], odd[:marked])
        if count < len(rows):
            return Walked(*found.joined(), at, size)


class _Found:
    """Rows of several parts, one after another, and the places of odd ones among all."""

    def __init__(self) -> None:
        self._rows: list[Rows] = []
        self._odd: list[NDArray[np.int64]] = []
        self._count = 0

    def add(self, rows: Rows, odd: NDArray[np.int64]) -> None:
        self._rows.append(rows)
        self._odd.append(odd + self._count)
        self._count += len(rows)

    def joined(self) -> tuple[Rows, NDArray[np.int64]]:
        """All, copied as they are instead of field by field where they are several."""
        if len(self._rows) == 1:
            return self._rows[0], self._odd[0]
        rows: Rows = np.concatenate([rows.view(f"V{ROW.itemsize}") for rows in self._rows]).view(ROW)
        return rows, np.concatenate(self._odd)


ENGINE = Engine(index, decode)
"""The engine."""
