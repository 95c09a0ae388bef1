"""The engine of columns that numba compiles: one pass over each packet's headers, and over a pcap file's records.

Loads are unaligned and in the network's byte order, as the machine has them; numba has no word for that, `_load` is it.
Records of a file are a chain, each says where the next is: what lies ahead is asked for early, so that the memory is
never waited for. Compiled code is kept in numba's cache, beside this module or in the user's directory, so that only
the first run after an update waits for the compiler.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

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
AHEAD = 2048
"""Bytes that are asked for before they are read."""
LINE = 64
"""Bytes of a line of the processor's memory."""
U = np.uint64


def _compiled(function: Function) -> Function:
    return cast(Function, njit(cache=True, nogil=True)(function))


def _load(bits: int, is_network_order: bool = True) -> Any:
    """A function of a buffer and an offset that loads an unsigned number of so many bits."""

    def load(typing: Any, data: Any, at: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            array = cgutils.create_struct_proxy(signature.args[0])(context, builder, value=arguments[0])  # type: ignore[no-untyped-call]  # numba does not say
            place = builder.gep(array.data, [arguments[1]])
            found = builder.load(builder.bitcast(place, ir.IntType(bits).as_pointer()), align=1)
            if bits > 8 and is_network_order:
                found = builder.bswap(found)
            return builder.zext(found, ir.IntType(64)) if bits < 64 else found

        return types.uint64(data, types.uint64), generate

    return intrinsic(load)


_byte, _half, _word, _long = (_load(bits) for bits in (8, 16, 32, 64))
_little_word = _load(32, is_network_order=False)


def _prefetch_intrinsic(typing: Any, data: Any, at: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = cgutils.create_struct_proxy(signature.args[0])(context, builder, value=arguments[0])  # type: ignore[no-untyped-call]  # numba does not say
        place, number = builder.gep(array.data, [arguments[1]]), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [ir.IntType(8).as_pointer(), number, number, number])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch")  # type: ignore[no-untyped-call]  # numba does not say
        builder.call(function, [place, number(0), number(3), number(1)])
        return context.get_dummy_value()

    return types.void(data, types.uint64), generate


_prefetch: Any = intrinsic(_prefetch_intrinsic)

IPV4, IPV6, TEB, NSH = map(U, (ethernet.IPV4, ethernet.IPV6, ethernet.TEB, ethernet.NSH))
TCP, UDP, GRE, SCTP, IPIP, IN_IPV6 = map(U, (ip.TCP, ip.UDP, ip.GRE, ip.SCTP, ip.IPIP, ip.IPV6))
GENEVE_PORT, VXLAN_PORT, LINUX_PORT = map(U, (geneve.PORT, vxlan.PORT, vxlan.LINUX_PORT))
GPE_PORT, STT_PORT = map(U, (vxlan.GPE_PORT, stt.PORT))
OVN_FIRST, NVGRE_FIRST = U(OVN_WORD), U(NVGRE_WORD)
ZERO, TWO, FOUR, SIX, EIGHT = U(0), U(2), U(4), U(6), U(8)


@_compiled
def _ethernet(data: Any, at: Any, captured: Any) -> Any:
    """Whether an Ethernet header and its tags are sound, the EtherType behind them, and where that begins."""
    if at + U(14) > captured:
        return False, ZERO, ZERO
    ethertype = _half(data, at + U(12))
    at += U(14)
    while ethertype == U(0x8100) or ethertype == U(0x88A8) or ethertype == U(0x9100):
        if at + FOUR > captured:
            return False, ZERO, ZERO
        ethertype = _half(data, at + TWO)
        at += FOUR
    return ethertype != TEB and ethertype != NSH, ethertype, at


@_compiled
def _network(data: Any, at: Any, captured: Any, wire: Any, ethertype: Any) -> Any:
    """Whether an IP header is sound, its version and protocol, where its payload begins and where both ends are."""
    if ethertype == IPV4:
        if at + U(20) > captured or _byte(data, at) != U(0x45) or _half(data, at + SIX) & U(0x3FFF):
            return False, ZERO, ZERO, ZERO, ZERO, ZERO
        total = _half(data, at + TWO)
        end = at + total
        return total >= U(20) and end <= wire, FOUR, _byte(data, at + U(9)), at + U(20), min(captured, end), end
    if at + U(40) > captured or _byte(data, at) >> FOUR != SIX:
        return False, ZERO, ZERO, ZERO, ZERO, ZERO
    total, protocol = _half(data, at + FOUR), _byte(data, at + SIX)
    end = at + U(40) + total
    is_extension = protocol == U(0) or protocol == U(43) or protocol == U(44) or protocol == U(51)
    is_extension = is_extension or protocol == U(60) or protocol == U(135) or protocol == U(139) or protocol == U(140)
    sound = total > ZERO and end <= wire and not is_extension
    return sound, SIX, protocol, at + U(40), min(captured, end), end


@_compiled
def _transport(data: Any, at: Any, captured: Any, wire: Any, protocol: Any) -> Any:
    """Whether a transport header is sound, and whether it has ports."""
    if protocol == UDP:
        if at + EIGHT > captured:
            return False, False
        length = _half(data, at + FOUR)
        return length >= EIGHT and at + length <= wire, True
    if protocol == TCP:
        if at + U(20) > captured:
            return False, False
        header = (_byte(data, at + U(12)) >> FOUR) * FOUR
        return header >= U(20) and at + header <= captured, True
    if protocol == SCTP:
        return at + EIGHT <= captured, True
    return protocol != IPIP and protocol != IN_IPV6, False


@_compiled
def _options(data: Any, at: Any, end: Any, row: Any) -> Any:
    """Whether Geneve's options sum to their length, and flags; OVN's keys are filled in."""
    flags = ZERO
    while at + FOUR <= end:
        first = _word(data, at)
        size = FOUR + (first & U(31)) * FOUR
        if first & U(0xFFFFFF1F) == OVN_FIRST and not flags and at + size <= end:
            keys = _word(data, at + FOUR)
            row.ovn_ingress, row.ovn_egress = keys >> U(16) & U(0x7FFF), keys & U(0xFFFF)
            flags = U(OVN)
        at += size
    return at == end, flags


@_compiled
def _tunnel(data: Any, at: Any, captured: Any, kind: Any, row: Any) -> Any:
    """Whether a tunnel's header is sound, flags, the EtherType of what it carries, and where that begins."""
    if at + EIGHT > captured:
        return False, ZERO, ZERO, ZERO
    row.vni = _word(data, at + FOUR) >> EIGHT
    first = _byte(data, at)
    if kind == U(GENEVE):
        start, end = at + EIGHT, at + EIGHT + first * FOUR
        if first > U(63) or end > captured:
            return False, ZERO, ZERO, ZERO
        if end == start:
            return True, ZERO, _half(data, at + TWO), end
        row.options_at, row.options_length = start, first * FOUR
        sound, flags = _options(data, start, end, row)
        return sound, flags, _half(data, at + TWO), end
    if kind == U(VXLAN):
        return first & EIGHT != ZERO, ZERO, TEB, at + EIGHT
    return _word(data, at) == NVGRE_FIRST, ZERO, TEB, at + EIGHT


@_compiled
def _kind(protocol: Any, port: Any) -> Any:
    """Whether a packet may be decoded here, and the tunnel that it announces."""
    if protocol == UDP:
        if port == GENEVE_PORT:
            return True, U(GENEVE)
        if port in (VXLAN_PORT, LINUX_PORT):
            return True, U(VXLAN)
        return port != GPE_PORT, ZERO
    if protocol == GRE:
        return True, U(NVGRE)
    return protocol != TCP or port != STT_PORT, ZERO


@_compiled
def _packet(data: Any, start: Any, captured: Any, wire: Any, row: Any) -> Any:
    """Fill a packet's row of zeros; its flags."""
    sound, ethertype, at = _ethernet(data, start, captured)
    if not sound or (ethertype != IPV4 and ethertype != IPV6):
        return ZERO if sound else U(ODD)
    header = at
    sound, version, protocol, at, captured, wire = _network(data, at, captured, wire, ethertype)
    if not sound:
        return U(ODD)
    if version == FOUR:
        row.outer_src_low, row.outer_dst_low = _word(data, header + U(12)), _word(data, header + U(16))
    else:
        row.outer_src_high, row.outer_src_low = _long(data, header + U(8)), _long(data, header + U(16))
        row.outer_dst_high, row.outer_dst_low = _long(data, header + U(24)), _long(data, header + U(32))
    row.outer_version, row.outer_proto = version, protocol
    sound, is_ported = _transport(data, at, captured, wire, protocol)
    if not sound:
        return U(ODD)
    flags, port = ZERO, ZERO
    if is_ported:
        flags, port = U(OUTER_PORTS), _half(data, at + TWO)
        row.outer_sport, row.outer_dport = _half(data, at), port
    known, kind = _kind(protocol, port)
    if not known:
        return U(ODD)
    if kind == ZERO:
        return flags
    if protocol == UDP:
        wire = at + _half(data, at + FOUR)
        captured = min(captured, wire)
        at += EIGHT
    sound, more, ethertype, at = _tunnel(data, at, captured, kind, row)
    if not sound:
        return U(ODD)
    row.tunnel, row.payload_type, row.payload_at = kind, ethertype, at - start
    if row.options_length:
        row.options_at -= start
    return _carried(data, at, captured, wire, ethertype, row, flags | more)


@_compiled
def _carried(data: Any, at: Any, captured: Any, wire: Any, ethertype: Any, row: Any, flags: Any) -> Any:
    """Fill the row from what a tunnel carries on; the packet's flags."""
    if ethertype == TEB:
        sound, ethertype, at = _ethernet(data, at, captured)
        if not sound:
            return U(ODD)
    if ethertype != IPV4 and ethertype != IPV6:
        return flags if ethertype != NSH else U(ODD)
    header = at
    sound, version, protocol, at, captured, wire = _network(data, at, captured, wire, ethertype)
    if not sound:
        return U(ODD)
    if version == FOUR:
        row.inner_src_low, row.inner_dst_low = _word(data, header + U(12)), _word(data, header + U(16))
    else:
        row.inner_src_high, row.inner_src_low = _long(data, header + U(8)), _long(data, header + U(16))
        row.inner_dst_high, row.inner_dst_low = _long(data, header + U(24)), _long(data, header + U(32))
    row.inner_version, row.inner_proto = version, protocol
    sound, is_ported = _transport(data, at, captured, wire, protocol)
    if not sound:
        return U(ODD)
    if not is_ported:
        return flags if protocol != GRE else U(ODD)
    port = _half(data, at + TWO)
    row.inner_sport, row.inner_dport = _half(data, at), port
    known, kind = _kind(protocol, port)
    return flags | U(INNER_PORTS) if known and kind == ZERO else U(ODD)


@_compiled
def _decode(data: Any, rows: Any) -> None:
    for number in range(len(rows)):
        row = rows[number]
        start = U(row.start)
        length = max(row.length, row.captured)
        row.flags = _packet(data, start, start + U(row.captured), start + U(length), row)


@_compiled
def _walk(data: Any, at: Any, most: Any, is_little: Any, tick_ns: Any, rows: Any) -> Any:
    """Fill rows with the records from `at` on until there is no whole one; how many, where the next is, its length."""
    end, count, asked = U(len(data)), ZERO, at
    while at + U(16) <= end and count < U(len(rows)):
        captured, length = _field(data, at + EIGHT, is_little), _field(data, at + U(12), is_little)
        following = at + U(16) + captured
        if captured > most or following > end:
            return count, at, captured
        while asked < following + U(AHEAD):
            _prefetch(data, asked)
            asked += U(LINE)
        row = rows[count]
        seconds, fraction = _field(data, at, is_little), _field(data, at + FOUR, is_little)
        row.time_ns = seconds * U(1_000_000_000) + fraction * tick_ns
        start = at + U(16)
        row.start, row.captured, row.length = start, captured, length
        row.flags = _packet(data, start, following, start + max(captured, length), row)
        count += U(1)
        at = following
    return count, at, ZERO


@_compiled
def _field(data: Any, at: Any, is_little: Any) -> Any:
    return _little_word(data, at) if is_little else _word(data, at)


def decode(data: Bytes, rows: Rows) -> None:
    """Fill the rows of a buffer's packets."""
    _decode(data, rows.view(np.recarray))


def index(data: bytes, start: int, form: pcap.Form, offset: int = 0) -> Index:
    """Where the whole records in `data` from `start` on are, and what they are.

    Raises:
        WireError: as `pcap.index` does.
    """
    buffer, parts = np.frombuffer(data, np.uint8), []
    at: Any = U(start)
    while True:
        rows = np.zeros(max((len(data) - int(at)) // 256, 64), ROW)
        count, at, size = _walk(buffer, at, U(pcap.MOST), form.order == "<", U(form.tick_ns), rows.view(np.recarray))
        parts.append(rows[: int(count)])
        if count < len(rows):
            break
    found = parts[0] if len(parts) == 1 else np.concatenate(parts)
    if size > pcap.MOST and not len(found):
        raise pcap.impossible(int(size), offset + int(at))
    return Index(
        found["start"], found["captured"], found["length"], found["time_ns"], form.link_type, int(at), found
    )  # fmt: skip


ENGINE = Engine(index, decode)
"""The engine."""
