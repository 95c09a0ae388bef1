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
BEFORE = pcap.RECORD
"""Bytes that are read before each packet, where a pcap file says of it what is not in it."""
READ = BEFORE + 88
"""Bytes that are read of each packet with those before it, and again of what its tunnel carries: Ethernet, IPv6, and
TCP or UDP, a tunnel and an option. Where so many are not in the buffer, the packet is odd."""
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
        self.last = len(data) - READ + BEFORE
        """The last place where what is read of a packet is in the buffer."""
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
        return self.raw(offset, size).astype(f"u{size}")

    def raw(self, offset: int, size: int) -> Array:
        """The same where it is and in the network's order: for what is only written to rows."""
        return np.ndarray(len(self.table), f">u{size}", self.table, BEFORE + offset, (READ,))

    def ordered(self, order: Array) -> Headers:
        """The packets in another order."""
        table = self.table.view(f"V{READ}")[:, 0].take(order).view(np.uint8).reshape(-1, READ)
        return Headers(table, *(each.take(order) for each in self[1:]))


def _read(loads: Loads, at: Array, captured: Array, wire: Array, table: Bytes | None = None) -> tuple[Headers, Array]:
    """The headers of packets from Ethernet's on, whose tags are skipped, and what follows by EtherType.

    `table` is what there is to read, where it was read already.
    """
    sound = (at >= BEFORE) & (at <= loads.last) & (at + NETWORK <= captured)
    at = np.where(sound, at, BEFORE)
    if table is None:
        table = _table(loads.pieces[at - BEFORE])
    found = Headers(table, at, captured, wire, sound)
    return found, _untagged(loads, found, found.field(12, 2), True)


def _read_inner(loads: Loads, at: Array, captured: Array, wire: Array, ethertype: Array) -> tuple[Headers, Array]:
    """The same of what tunnels carry. Where that is not Ethernet, what precedes IP counts for its header."""
    is_frame = ethertype == ethernet.TEB
    at = at - np.where(is_frame, 0, NETWORK)
    sound = (at <= loads.last) & (~is_frame | (at + NETWORK <= captured))
    at = np.where(sound, at, BEFORE)
    found = Headers(_table(loads.pieces[at - BEFORE]), at, captured, wire, sound)
    return found, _untagged(loads, found, np.where(is_frame, found.field(12, 2), ethertype), is_frame)


def _table(pieces: Array) -> Bytes:
    return pieces.view(np.uint8).reshape(-1, READ)


def _untagged(loads: Loads, headers: Headers, seen: Array, is_frame: Any) -> Array:
    """The EtherTypes behind tags, which are skipped in place."""
    if not (_IS_TAG[seen] & is_frame).any():
        return seen
    table, at, captured, _, sound = headers
    seen = seen.copy()
    while len(those := np.flatnonzero(_IS_TAG[seen] & is_frame & sound)):
        at[those] += ethernet.TAG
        sound[those] = (at[those] <= loads.last) & (at[those] + NETWORK <= captured[those])
        those = those[sound[those]]
        table[those] = _table(loads.pieces[at[those] - BEFORE])
        seen[those] = loads.halves[at[those] + 12]
    return seen


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
        addresses: tuple[Any, ...] = (0, headers.raw(NETWORK + 12, 4), 0, headers.raw(NETWORK + 16, 4))
    else:
        version, transport, total = 6, NETWORK + ip.IPV6_HEADER, headers.field(NETWORK + 4, 2)
        sound = (headers.field(NETWORK, 1) >> 4 == 6) & (total > 0)
        end = at + (total + np.int64(transport))
        addresses = tuple(headers.raw(NETWORK + offset, 8) for offset in (8, 16, 24, 32))
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
    ports = headers.raw(behind, 2), headers.raw(behind + 2, 2)
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


def _decode(loads: Loads, rows: Rows, table: Bytes | None = None) -> None:
    """Fill rows. `table` is what was read of the packets, where it was."""
    if loads.last < BEFORE or not len(rows):
        rows["flags"] = ODD
        return
    start = rows["start"].copy()
    captured, wire = start + rows["captured"], start + np.maximum(rows["length"], rows["captured"])
    headers, ethertype = _read(loads, start, captured, wire, table)
    layouts = _layouts(headers, ethertype)
    order = np.argsort(layouts, kind="stable")
    headers, found = headers.ordered(order), rows.view(f"V{ROW.itemsize}").take(order).view(ROW)
    inside = [_outer(headers.part(those), found[those], layout, those.start) for layout, those in _groups(layouts)]
    carried = [each for each in inside if each is not None]
    if any(len(each[0]) for each in carried):
        _carried(loads, found, [np.concatenate(each) for each in zip(*carried, strict=True)])
    rows.view(f"V{ROW.itemsize}")[order] = found.view(f"V{ROW.itemsize}")


def _outer(headers: Headers, rows: Rows, layout: int, first: int) -> tuple[Array, ...] | None:
    """Fill rows of one layout; of sound packets in a tunnel their places from the first on, where what is carried
    begins, the ends of what was captured and of what there was, its EtherType, and where options that are not read yet
    begin, if before it."""
    if layout <= IS_ODD:
        rows["flags"] = ODD if layout == IS_ODD else 0
        return None
    ends = _ends(headers, layout)
    protocol = headers.raw(NETWORK + (9 if layout < SIX else 6), 1)
    _write(rows, "outer", slice(None), ends, protocol)
    ported, kind = layout % SIX in _PORTS, _TUNNELS.get(layout % SIX)
    flags: Any = np.uint8(OUTER_PORTS if ported else 0)
    if kind is None:
        rows["flags"] = np.where(ends.headers.sound, flags, np.uint8(ODD))
        return None
    carried, ethertype = _tunnel(ends, rows, kind)
    option = carried.at
    if kind == GENEVE:
        option, is_ovn = _first_option(ends, rows, carried.at)
        flags = np.where(is_ovn, np.uint8(OVN) | flags, flags)
    rows["flags"] = np.where(carried.sound, flags, np.uint8(ODD))
    those = np.flatnonzero(carried.sound)
    return those + first, *(
        each.take(those) for each in (carried.at, carried.captured, carried.wire, ethertype, option)
    )


def _tunnel(ends: Ends, rows: Rows, kind: int) -> tuple[Headers, Array]:
    """Fill rows from headers of tunnels of one kind: where what they carry is, and its EtherType."""
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
    return headers._replace(at=at, sound=sound), ethertype


def _first_option(ends: Ends, rows: Rows, end: Array) -> tuple[Array, Array]:
    """Where the second of Geneve's options begins, and whether the first is OVN's; its keys are filled in."""
    at = ends.behind + geneve.HEADER
    word = ends.headers.field(at, 4)
    here = ends.headers.at + at
    following = here + _length(word)
    is_ovn = _is_ovns(word) & (following <= end)
    keys = np.where(is_ovn, ends.headers.field(at + geneve.OPTION, 4), np.uint32(0))
    rows["ovn_ingress"], rows["ovn_egress"] = keys >> 16 & 0x7FFF, keys & 0xFFFF
    return np.where(here < end, following, end), is_ovn


def _length(word: Array) -> Any:
    """Bytes of options by their first words."""
    return (word & np.uint32(0x1F)) * np.int64(4) + geneve.OPTION


def _is_ovns(word: Array) -> Any:
    return word & np.uint32(~0xE0 & 0xFFFFFFFF) == OVN_WORD


def _options(loads: Loads, rows: Rows, those: Array, at: Array, end: Array) -> Any:
    """Whether Geneve's options sum to their length, by where those begin that are not read yet. OVN's is filled in."""
    at, left = at.copy(), np.flatnonzero(at < end)
    while len(left):
        here = at[left]
        word = loads.words[here].astype(np.uint32)
        following = here + _length(word)
        ovn = left[np.flatnonzero(_is_ovns(word) & (following <= end[left]))]
        ovn = ovn[rows["flags"][those[ovn]] & OVN == 0]
        keys = loads.words[at[ovn] + geneve.OPTION]
        rows["ovn_ingress"][those[ovn]], rows["ovn_egress"][those[ovn]] = keys >> 16 & 0x7FFF, keys & 0xFFFF
        rows["flags"][those[ovn]] |= OVN
        at[left] = following
        left = left[following < end[left]]
    return at == end


def _carried(loads: Loads, rows: Rows, inside: list[Array]) -> None:
    """Fill the rows of packets in tunnels from what these carry on."""
    places, at, captured, wire, ethertype, option = inside
    flags = np.where(_options(loads, rows, places, option, at), np.uint8(0), np.uint8(ODD))
    headers, ethertype = _read_inner(loads, at, captured, wire, ethertype)
    layouts = _layouts(headers, ethertype)
    order = np.argsort(layouts, kind="stable")
    headers, places, flags = headers.ordered(order), places.take(order), flags.take(order)
    for layout, those in _groups(layouts):
        kind = layout % SIX
        if layout == IS_ODD or kind > TUNNEL:
            flags[those] |= np.uint8(ODD)
        elif layout != ANOTHER:
            part = headers.part(those)
            ends = _ends(part, layout)
            _write(rows, "inner", places[those], ends, part.raw(NETWORK + (9 if layout < SIX else 6), 1))
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
    loads, rows, count, at = Loads(np.frombuffer(data, np.uint8)), np.zeros(0, ROW), 0, start
    for starts in walk(data, start):
        rows = _roomy(rows, count, starts, start, len(data))
        for first in range(0, len(starts), CHUNK):
            places = starts[first : first + CHUNK]
            part = rows[count : count + len(places)]
            table = _heads(loads, data, places)
            whole, captured = _records(table, places, len(data), form.tick_ns, part)
            if not count and not whole and captured > pcap.MOST:
                raise pcap.impossible(captured, offset + at)
            _decode(loads, part[:whole], table[:whole])
            count += whole
            if whole:
                at = int(part["start"][whole - 1]) + int(part["captured"][whole - 1])
            if whole < len(places):
                return _index(rows[:count], form, at)
    return _index(rows[:count], form, at)


def _index(rows: Rows, form: pcap.Form, at: int) -> Index:
    return Index(rows["start"], rows["captured"], rows["length"], rows["time_ns"], form.link_type, at, rows)


def _roomy(rows: Rows, count: int, starts: Array, start: int, size: int) -> Rows:
    """The rows, of which so many are filled, with room for these records too: at once for as many as a file of that
    size will have if they go on like this."""
    wanted = count + len(starts)
    if wanted <= len(rows):
        return rows
    likely = wanted * (size - start) // (int(starts[-1]) + pcap.RECORD - start)
    larger = np.zeros(max(wanted, likely + likely // 16), ROW)
    larger[:count] = rows[:count]
    return larger


def _heads(loads: Loads, data: bytes, starts: Array) -> Bytes:
    """What is read of packets, after the heads of their records; of those at the end of the data the heads alone."""
    if loads.last < BEFORE:
        table = np.zeros((len(starts), READ), np.uint8)
    else:
        table = _table(loads.pieces[np.minimum(starts, loads.last - BEFORE)])
    for late in np.flatnonzero(starts > loads.last - BEFORE).tolist():
        at = int(starts[late])
        table[late, : pcap.RECORD] = np.frombuffer(data, np.uint8, pcap.RECORD, at)
    return table


def _records(table: Bytes, starts: Array, size: int, tick_ns: int, rows: Rows) -> tuple[int, int]:
    """Fill rows of records up to the first that is not whole: how many, and the bytes that the first says it has."""
    seconds, fraction, captured, length = (
        np.ndarray(len(table), "u4", table, offset, (READ,)) for offset in (0, 4, 8, 12)
    )
    at = starts + pcap.RECORD
    whole = (captured <= pcap.MOST) & (at + captured <= size)
    rows["time_ns"] = seconds * np.int64(1_000_000_000) + fraction * np.int64(tick_ns)
    rows["start"], rows["captured"], rows["length"] = at, captured, length
    return len(at) if whole.all() else int(np.argmin(whole)), int(captured[0])


ENGINE = Engine(index, decode)
"""The engine."""
