"""The engine of columns that needs numpy alone: a few thousand packets at a time go through the headers together.

Theory. Packets are sorted by their layout: the version of IP, and what is behind it. In a layout every field is at the
same place, so that a column of it is a plain view of a table of bytes, which holds the first bytes of each packet, and
costs a tenth of looking up many offsets. What a packet has, and how, is the same for the outer and the inner headers,
and written once: the inner ones are sorted in the same way by theirs. What is not sound or of no layout is marked odd,
and read at a harmless place until the end.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cpal.wire import ethernet, geneve, ip, pcap, stt, tcp, udp, vxlan
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
from cpal.wire.walk import NATIVE, walk

CHUNK = 8192
"""Packets that go together: their numbers fit in the processor's nearest memory."""
READ = 76
"""Bytes that are read of each packet, and again of what its tunnel carries: Ethernet, IPv6, and TCP or UDP and a
tunnel. Where so many are not in the buffer, the packet is odd."""
NETWORK = ethernet.HEADER
"""Where IP's header is in what is read: tags before it are skipped."""

Array = NDArray[Any]
ANOTHER, IS_ODD, PORTLESS, PLAIN_UDP, PLAIN_TCP, PLAIN_SCTP, TUNNEL = range(7)
"""Layouts of IPv4 packets, from `TUNNEL` on with a tunnel's number added; those of IPv6 are `SIX` further."""
SIX = 16
_TUNNELS = {TUNNEL + kind: kind for kind in (GENEVE, VXLAN, NVGRE)}
_PORTS = (PLAIN_UDP, PLAIN_TCP, PLAIN_SCTP, TUNNEL + GENEVE, TUNNEL + VXLAN)
_FRAGMENT = 0x3FFF
"""Bits of IPv4's fragment word that make it one: more fragments, and the offset."""
_IS_TAG = np.isin(np.arange(1 << 16), list(ethernet.TAGS))
_BY_PORT = np.full(1 << 16, PLAIN_UDP, np.uint8)
_BY_PORT[[geneve.PORT, vxlan.PORT, vxlan.LINUX_PORT]] = TUNNEL + GENEVE, TUNNEL + VXLAN, TUNNEL + VXLAN
_BY_PORT[vxlan.GPE_PORT] = IS_ODD


def _by_protocol() -> Array:
    """Layouts by protocol, of IPv4 and of IPv6 behind it; UDP's are by port."""
    found = np.full((2, 256), PORTLESS, np.uint8)
    found[:, [ip.TCP, ip.SCTP, ip.GRE, ip.IPIP, ip.IPV6]] = PLAIN_TCP, PLAIN_SCTP, TUNNEL + NVGRE, IS_ODD, IS_ODD
    found[1, found[1] > IS_ODD] += SIX
    found[1, list(ip.EXTENSIONS)] = IS_ODD
    return found.ravel()


_BY_PROTOCOL = _by_protocol()


class Loads:
    """A buffer as numbers and as pieces that begin at every byte, the numbers in the network's order."""

    def __init__(self, data: Bytes) -> None:
        self.bytes = data
        self.last = len(data) - READ
        self.halves, self.words, self.pieces = (
            np.ndarray((max(len(data) - np.dtype(kind).itemsize + 1, 0),), kind, data, strides=(1,))
            for kind in (">u2", ">u4", f"V{READ}")
        )


class Headers(NamedTuple):
    """Headers of packets, one each: their first bytes, where these begin, the end of what was captured, the end of
    what there was, and whether all is sound so far."""

    table: Bytes
    at: Array
    captured: Array
    wire: Array
    sound: Array

    def part(self, those: Any) -> Headers:
        """Some of the packets."""
        return Headers(*(each[those] for each in self))

    def field(self, offset: int, size: int) -> Array:
        """A field of every packet: a number of 1, 2, 4 or 8 bytes."""
        if size == 1:
            return self.table[:, offset].copy()
        return np.ndarray(len(self.table), f">u{size}", self.table, offset, (READ,)).astype(f"u{size}")

    def ordered(self, order: Array) -> Headers:
        """The packets in another order."""
        table = self.table.view(f"V{READ}")[:, 0][order].view(np.uint8).reshape(-1, READ)
        return Headers(table, *(each[order] for each in self[1:]))


def _read(loads: Loads, at: Array, captured: Array, wire: Array, ethertype: Array | None = None) -> tuple[Headers, Any]:
    """The headers from Ethernet's on, whose tags are skipped, and what follows by EtherType.

    Where that is known and not Ethernet, what precedes IP counts for its header.
    """
    is_frame: Any = True if ethertype is None else ethertype == ethernet.TEB
    at = at if ethertype is None else at - np.where(is_frame, 0, NETWORK)
    sound = (at <= loads.last) & (~np.asarray(is_frame) | (at + NETWORK <= captured))
    at = np.where(sound, at, 0)
    pieces = loads.pieces[at]
    found = Headers(pieces.view(np.uint8).reshape(-1, READ), at, captured, wire, sound)
    seen = found.field(12, 2) if ethertype is None else np.where(is_frame, found.field(12, 2), ethertype)
    if not (_IS_TAG[seen] & is_frame).any():
        return found, seen
    seen = seen.copy()
    while len(those := np.flatnonzero(_IS_TAG[seen] & is_frame & sound)):
        at[those] += ethernet.TAG
        sound[those] = (at[those] <= loads.last) & (at[those] + NETWORK <= captured[those])
        those = those[sound[those]]
        pieces[those] = loads.pieces[at[those]]
        seen[those] = loads.halves[at[those] + 12]
    return found, seen


def _layouts(headers: Headers, ethertype: Array) -> Array:
    """The layout of each packet."""
    six = ethertype == ethernet.IPV6
    protocol = np.where(six, headers.field(NETWORK + 6, 1), headers.field(NETWORK + 9, 1))
    port = np.where(six, headers.field(NETWORK + 42, 2), headers.field(NETWORK + 22, 2))
    by_port = _BY_PORT[port]
    by_port += np.where(six & (by_port > IS_ODD), np.uint8(SIX), np.uint8(0))
    found = np.where(protocol == ip.UDP, by_port, _BY_PROTOCOL[protocol + six * np.uint16(256)])
    found[~six & (ethertype != ethernet.IPV4)] = ANOTHER
    found[~headers.sound | (ethertype == ethernet.TEB) | (ethertype == ethernet.NSH)] = IS_ODD
    return found


def _groups(layouts: Array) -> Iterator[tuple[int, slice]]:
    """Where each layout is among packets sorted by it."""
    end = 0
    for layout, count in enumerate(np.bincount(layouts).tolist()):
        if count:
            yield layout, slice(end, end + count)
        end += count


class Ends(NamedTuple):
    """What IP and transport headers of a layout say: addresses as four numbers, ports, and what is behind them."""

    version: int
    addresses: tuple[Any, ...]
    ports: tuple[Any, Any]
    behind: int
    """Where the transport's payload is, or the IP packet's where it has no ports."""
    headers: Headers


def _ends(headers: Headers, layout: int) -> Ends:
    """IP's and the transport's headers of packets of one layout."""
    at = headers.at
    if layout < SIX:
        version, transport, total = 4, NETWORK + ip.IPV4_HEADER, headers.field(NETWORK + 2, 2)
        sound = (headers.field(NETWORK, 1) == 0x45) & (headers.field(NETWORK + 6, 2) & _FRAGMENT == 0)
        sound &= total >= ip.IPV4_HEADER
        end = at + (total + np.int64(NETWORK))
        addresses: tuple[Any, ...] = (0, headers.field(NETWORK + 12, 4), 0, headers.field(NETWORK + 16, 4))
    else:
        version, transport, total = 6, NETWORK + ip.IPV6_HEADER, headers.field(NETWORK + 4, 2)
        sound = (headers.field(NETWORK, 1) >> 4 == 6) & (total > 0)
        end = at + (total + np.int64(transport))
        addresses = tuple(headers.field(NETWORK + offset, 8) for offset in (8, 16, 24, 32))
    sound &= headers.sound & (end <= headers.wire) & (at + transport <= headers.captured)
    found = Headers(headers.table, at, np.minimum(headers.captured, end), end, sound)
    return _transport(Ends(version, addresses, (0, 0), transport, found), layout % SIX)


def _transport(ends: Ends, layout: int) -> Ends:
    """With the transport's header, by a layout's number without its version."""
    headers, behind = ends.headers, ends.behind
    _, at, captured, wire, sound = headers
    if layout not in _PORTS:
        return ends
    size = tcp.HEADER if layout == PLAIN_TCP else udp.HEADER
    sound &= at + (behind + size) <= captured
    ports = headers.field(behind, 2), headers.field(behind + 2, 2)
    if layout == PLAIN_TCP:
        header = (headers.field(behind + 12, 1) >> 4) * np.int64(4)
        sound &= (header >= tcp.HEADER) & (at + header + behind <= captured) & (ports[1] != stt.PORT)
    elif layout != PLAIN_SCTP:
        length = headers.field(behind + 4, 2)
        wire = at + (length + np.int64(behind))
        sound &= (length >= udp.HEADER) & (wire <= headers.wire)
        captured = np.minimum(captured, wire)
    return ends._replace(
        ports=ports, behind=behind + udp.HEADER, headers=Headers(headers.table, at, captured, wire, sound)
    )


def _write(rows: Rows, side: str, places: Any, ends: Ends, protocol: Any) -> None:
    """Write ends into rows; numbers that are 0 are there already."""
    names = ("src_high", "src_low", "dst_high", "dst_low", "sport", "dport", "version", "proto")
    for name, values in zip(names, (*ends.addresses, *ends.ports, ends.version, protocol), strict=True):
        if not isinstance(values, int) or values:
            rows[f"{side}_{name}"][places] = values


def decode(data: Bytes, rows: Rows) -> None:
    """Fill the rows of a buffer's packets, which are zeros but for where those are."""
    loads = Loads(data)
    for first in range(0, len(rows), CHUNK):
        _decode(loads, rows[first : first + CHUNK])


def _decode(loads: Loads, rows: Rows) -> None:
    if loads.last < 0 or not len(rows):
        rows["flags"] = ODD
        return
    start = rows["start"]
    captured, wire = start + rows["captured"], start + np.maximum(rows["length"], rows["captured"])
    headers, ethertype = _read(loads, start, captured, wire)
    layouts = _layouts(headers, ethertype)
    order = np.argsort(layouts, kind="stable")
    headers, found = headers.ordered(order), rows.view(f"V{ROW.itemsize}")[order].view(ROW)
    inside = [_outer(headers.part(those), found[those], layout, those.start) for layout, those in _groups(layouts)]
    carried = [each for each in inside if each is not None]
    if any(len(each[0]) for each in carried):
        _carried(loads, found, [np.concatenate(each) for each in zip(*carried, strict=True)])
    rows.view(f"V{ROW.itemsize}")[order] = found.view(f"V{ROW.itemsize}")


def _outer(headers: Headers, rows: Rows, layout: int, first: int) -> tuple[Array, ...] | None:
    """Fill rows of one layout; of sound packets in a tunnel their places from the first on, where what is carried
    begins, the ends of what was captured and of what there was, its EtherType, and the bytes of options before it."""
    if layout <= IS_ODD:
        rows["flags"] = ODD if layout == IS_ODD else 0
        return None
    ends = _ends(headers, layout)
    protocol = headers.field(NETWORK + (9 if layout < SIX else 6), 1)
    _write(rows, "outer", slice(None), ends, protocol)
    ported, kind = layout % SIX in _PORTS, _TUNNELS.get(layout % SIX)
    flags = np.uint8(OUTER_PORTS if ported else 0)
    if kind is None:
        rows["flags"] = np.where(ends.headers.sound, flags, np.uint8(ODD))
        return None
    carried, ethertype, size = _tunnel(ends, rows, kind)
    rows["flags"] = np.where(carried.sound, flags, np.uint8(ODD))
    those = np.flatnonzero(carried.sound)
    return those + first, *(each[those] for each in (carried.at, carried.captured, carried.wire, ethertype, size))


def _tunnel(ends: Ends, rows: Rows, kind: int) -> tuple[Headers, Array, Array]:
    """Fill rows from headers of tunnels of one kind: where what they carry is, its EtherType, and bytes of options."""
    headers, behind = ends.headers, ends.behind
    top = headers.field(behind, 1)
    ethertype, size = np.full(len(rows), ethernet.TEB, np.uint16), np.zeros(len(rows), np.int64)
    if kind == GENEVE:
        valid, ethertype, size = top < 0x40, headers.field(behind + 2, 2), top * np.int64(4)
    elif kind == VXLAN:
        valid = top & vxlan.VALID > 0
    else:
        valid = headers.field(behind, 4) == NVGRE_WORD
    at = headers.at + behind + geneve.HEADER + size
    sound = headers.sound & valid & (at <= headers.captured)
    payload_at = at - rows["start"]
    rows["tunnel"], rows["payload_type"], rows["payload_at"] = kind, ethertype, payload_at
    rows["vni"] = headers.field(behind + 4, 4) >> 8
    if kind == GENEVE:
        rows["options_length"] = size
        rows["options_at"] = np.where(size > 0, payload_at - size, 0)
    return headers._replace(at=at, sound=sound), ethertype, size


def _options(loads: Loads, rows: Rows, those: Array, at: Array, end: Array) -> tuple[Array, Array]:
    """Whether Geneve's options sum to their length, and flags; OVN's keys are filled in."""
    flags = np.zeros(len(those), np.uint8)
    at, left = at.copy(), np.arange(len(those))
    while len(left):
        here = at[left]
        first = loads.words[here].astype(np.uint32)
        following = here + (geneve.OPTION + (first & np.uint32(0x1F)) * np.int64(4))
        is_ovn = np.flatnonzero(
            (first & np.uint32(~0xE0 & 0xFFFFFFFF) == OVN_WORD) & (flags[left] == 0) & (following <= end[left])
        )
        ovn = left[is_ovn]
        keys = loads.words[here[is_ovn] + geneve.OPTION]
        rows["ovn_ingress"][those[ovn]], rows["ovn_egress"][those[ovn]] = keys >> 16 & 0x7FFF, keys & 0xFFFF
        flags[ovn] = OVN
        at[left] = following
        left = left[following < end[left]]
    return at == end, flags


def _carried(loads: Loads, rows: Rows, inside: list[Array]) -> None:
    """Fill the rows of packets in tunnels from what these carry on."""
    places, at, captured, wire, ethertype, size = inside
    flags = np.zeros(len(places), np.uint8)
    optioned = np.flatnonzero(size)
    if len(optioned):
        end = at[optioned]
        whole, said = _options(loads, rows, places[optioned], end - size[optioned], end)
        flags[optioned] = np.where(whole, said, np.uint8(ODD))
    headers, ethertype = _read(loads, at, captured, wire, ethertype)
    layouts = _layouts(headers, ethertype)
    order = np.argsort(layouts, kind="stable")
    headers, places, flags = headers.ordered(order), places[order], flags[order]
    for layout, those in _groups(layouts):
        kind = layout % SIX
        if layout == IS_ODD or kind > TUNNEL:
            flags[those] |= np.uint8(ODD)
        elif layout != ANOTHER:
            part = headers.part(those)
            ends = _ends(part, layout)
            _write(rows, "inner", places[those], ends, part.field(NETWORK + (9 if layout < SIX else 6), 1))
            ported = np.uint8(INNER_PORTS if kind in _PORTS else 0)
            flags[those] |= np.where(ends.headers.sound, ported, np.uint8(ODD))
    rows["flags"][places] |= flags


def index(data: bytes, start: int, form: pcap.Form, offset: int = 0) -> Index:
    """Where the whole records in `data` from `start` on are, and what they are.

    Raises:
        WireError: as `pcap.index` does.
    """
    if form.order != NATIVE:
        return pcap.index(data, start, form, offset)
    loads, starts = Loads(np.frombuffer(data, np.uint8)), walk(data, start)
    rows, at = np.zeros(len(starts), ROW), start
    for first in range(0, len(rows), CHUNK):
        part = rows[first : first + CHUNK]
        count, captured = _records(data, starts[first : first + CHUNK], form.tick_ns, part)
        if not first and not count and captured > pcap.MOST:
            raise pcap.impossible(captured, offset + at)
        _decode(loads, part[:count])
        if count:
            at = int(part["start"][count - 1]) + int(part["captured"][count - 1])
        if count < len(part):
            rows = rows[: first + count]
            break
    return Index(rows["start"], rows["captured"], rows["length"], rows["time_ns"], form.link_type, at, rows)


def _records(data: bytes, starts: Array, tick_ns: int, rows: Rows) -> tuple[int, int]:
    """Fill rows of records up to the first that is not whole: how many, and the bytes that the first says it has."""
    heads = np.ndarray((len(data) - pcap.RECORD + 1,), f"V{pcap.RECORD}", data, strides=(1,))
    seconds, fraction, captured, length = heads[starts].view("u4").reshape(-1, 4).T
    at = starts + pcap.RECORD
    whole = (captured <= pcap.MOST) & (at + captured <= len(data))
    rows["time_ns"] = seconds * np.int64(1_000_000_000) + fraction * np.int64(tick_ns)
    rows["start"], rows["captured"], rows["length"] = at, captured, length
    return len(at) if whole.all() else int(np.argmin(whole)), int(captured[0])


ENGINE = Engine(index, decode)
"""The engine."""
