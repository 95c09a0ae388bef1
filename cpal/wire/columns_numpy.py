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
from cpal.wire.columns_layouts import (
    ANOTHER,
    IS_ODD,
    LAYOUTS,
    LOOKED_UP,
    NETWORK,
    PLACES,
    TUNNELED,
    Layout,
    numbers,
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
FAR = 1 << 30
"""What stands for any length beyond it: no header can say so much."""

Array = NDArray[Any]


_IS_TAG = np.isin(np.arange(1 << 16), list(ethernet.TAGS))
_FRAGMENT = 0x3FFF
"""Bits of IPv4's fragment word that make it one: more fragments, and the offset."""


def _in_order(value: int) -> Array:
    """A number of 16 bits as it looks to who reads it in the machine's order."""
    return np.array(value, ">u2").view("=u2")[()]


class Loads:
    """A buffer as numbers and as pieces that begin at every byte, the numbers in the network's order."""

    def __init__(self, data: Bytes) -> None:
        self.last = len(data) - READ + BEFORE
        """The last place where what is read of a packet is in the buffer."""
        self.halves, self.words, self.pieces = (
            np.ndarray((max(len(data) - np.dtype(kind).itemsize + 1, 0),), kind, data, strides=(1,))
            for kind in (">u2", ">u4", f"V{READ}")
        )

    def table(self, at: Array) -> Bytes:
        """The bytes that are read of what begins there, a line each."""
        found: Bytes = self.pieces[at - BEFORE].view(np.uint8).reshape(-1, READ)
        return found


class Headers(NamedTuple):
    """Headers of packets, one each: their first bytes, where in the buffer these begin, how many bytes from there were
    captured, how many there were, and whether all is sound so far."""

    table: Bytes
    at: Array
    captured: Array
    wire: Array
    sound: Array

    def part(self, those: slice) -> Headers:
        """Some of the packets."""
        return Headers(*(each[those] for each in self))

    def field(self, offset: int, size: int) -> Array:
        """A field of every packet: a number of 1, 2, 4 or 8 bytes."""
        return self.raw(offset, size).astype(f"u{size}")

    def raw(self, offset: int, size: int, order: str = ">") -> Array:
        """The same where it is and in the network's order, or another: for what is only written to rows, or looked
        up."""
        return np.ndarray(len(self.table), f"{order}u{size}", self.table, BEFORE + offset, (READ,))

    def ordered(self, order: Array) -> Headers:
        """The packets in another order."""
        table = self.table.view(f"V{READ}")[:, 0].take(order).view(np.uint8).reshape(-1, READ)
        return Headers(table, *(each.take(order) for each in self[1:]))


def _read(loads: Loads, rows: Rows, table: Bytes | None) -> tuple[Headers, Array]:
    """The headers of packets from Ethernet's on, whose tags are skipped, and what follows by EtherType.

    `table` is what there is to read, where it was read already.
    """
    at = rows["start"].copy()
    captured = np.minimum(rows["captured"], FAR).astype(np.int32)
    wire = np.maximum(np.minimum(rows["length"], FAR).astype(np.int32), captured)
    sound = (at >= BEFORE) & (at <= loads.last) & (captured >= NETWORK)
    at = at if sound.all() else np.where(sound, at, BEFORE)
    headers = Headers(loads.table(at) if table is None else table, at, captured, wire, sound)
    return headers, _untagged(loads, headers, headers.field(12, 2), np.True_)


class Carried(NamedTuple):
    """What tunnels carry, one each: where it begins, how many bytes of it were captured, how many there were, its
    EtherType, and whether all is sound so far."""

    at: Array
    captured: Array
    wire: Array
    ethertype: Array
    sound: Array

    @classmethod
    def of(cls, count: int) -> Carried:
        """Room for what so many tunnels carry."""
        return cls(*(np.empty(count, kind) for kind in (np.int64, np.int32, np.int32, np.uint16, bool)))


def _read_carried(loads: Loads, carried: Carried) -> tuple[Headers, Array]:
    """The headers of what tunnels carry, and what follows by EtherType. Where that is not Ethernet, what precedes IP
    counts for its header."""
    at, captured, wire, ethertype, sound = carried
    is_frame = ethertype == ethernet.TEB
    if not (are_frames := is_frame.all()):
        before = np.where(is_frame, np.int32(0), np.int32(NETWORK))
        at, captured, wire = at - before, captured + before, wire + before
    sound = sound & (at <= loads.last) & (captured >= NETWORK)
    at = at if sound.all() else np.where(sound, at, BEFORE)
    headers = Headers(loads.table(at), at, captured, wire, sound)
    seen = headers.field(12, 2)
    return headers, _untagged(loads, headers, seen if are_frames else np.where(is_frame, seen, ethertype), is_frame)


def _is_ip(ethertype: Array) -> Any:
    return (ethertype == ethernet.IPV4) | (ethertype == ethernet.IPV6)


def _untagged(loads: Loads, headers: Headers, seen: Array, is_frame: Any) -> Array:
    """The EtherTypes behind tags, which are skipped in place."""
    if _is_ip(seen).all():
        return seen
    table, at, captured, wire, sound = headers
    while len(those := np.flatnonzero(_IS_TAG[seen] & is_frame & sound)):
        at[those] += ethernet.TAG
        captured[those] -= ethernet.TAG
        wire[those] -= ethernet.TAG
        sound[those] = (at[those] <= loads.last) & (captured[those] >= NETWORK)
        those = those[sound[those]]
        table[those] = loads.table(at[those])
        seen[those] = loads.halves[at[those] + 12]
    return seen


def _layouts(headers: Headers, ethertype: Array) -> Array:
    """The number of each packet's layout."""
    found = numbers(4, *(headers.raw(*place) for place in LOOKED_UP[4]))
    six = np.flatnonzero(ethertype == ethernet.IPV6)
    if len(six):
        found[six] = numbers(6, *(headers.raw(*place)[six] for place in LOOKED_UP[6]))
    if not (known := _is_ip(ethertype)).all():
        is_read = (ethertype == ethernet.TEB) | (ethertype == ethernet.NSH)
        found[~known] = np.where(is_read[~known], np.uint8(IS_ODD), np.uint8(ANOTHER))
    if not headers.sound.all():
        found[~headers.sound] = IS_ODD
    return found


def _groups(layouts: Array) -> Iterator[tuple[int, slice]]:
    """Where each layout is among packets sorted by it."""
    end = 0
    for layout, count in enumerate(np.bincount(layouts).tolist()):
        if count:
            yield layout, slice(end, end + count)
        end += count


def _ends(headers: Headers, rows: Rows, side: str, layout: Layout) -> Headers:
    """Fill rows with the ends in headers of one layout. Of these the bytes captured and there end where IP's and UDP's
    headers say, and they are sound if what is said fits."""
    protocol, behind = PLACES[layout.version]
    rows[f"{side}_version"], rows[f"{side}_proto"] = layout.version, headers.raw(protocol, 1)
    if layout.version == 4:
        end = headers.field(NETWORK + 2, 2) + np.int32(NETWORK)
        sound = headers.sound & (headers.raw(NETWORK, 1) == 0x45)
        sound &= headers.raw(NETWORK + 6, 2, "=") & _in_order(_FRAGMENT) == 0
        sound &= end >= behind
    else:
        end = headers.field(NETWORK + 4, 2) + np.int32(behind)
        sound = headers.sound & (headers.raw(NETWORK, 1) & 0xF0 == 0x60) & (end > behind)
    for name, place, size in _ADDRESSES[layout.version]:
        rows[f"{side}_{name}"] = headers.raw(place, size)
    sound &= (end <= headers.wire) & (headers.captured >= behind)
    captured = np.minimum(headers.captured, end)
    found = headers._replace(captured=captured, wire=end, sound=sound)
    return _transport(found, rows, side, layout) if layout.transport else found


_ADDRESSES = {
    4: (("src_low", NETWORK + 12, 4), ("dst_low", NETWORK + 16, 4)),
    6: tuple((name, NETWORK + 8 + 8 * n, 8) for n, name in enumerate(("src_high", "src_low", "dst_high", "dst_low"))),
}
"""Columns of addresses with where they are and their size, by version."""


def _transport(headers: Headers, rows: Rows, side: str, layout: Layout) -> Headers:
    """The same of headers with ports."""
    _, behind = PLACES[layout.version]
    captured, wire, sound = headers.captured, headers.wire, headers.sound
    for name, place in (("sport", behind), ("dport", behind + 2)):
        rows[f"{side}_{name}"] = headers.raw(place, 2)
    if layout.transport == ip.TCP:
        header = (headers.raw(behind + 12, 1) >> 4).astype(np.int32)
        sound &= (header >= tcp.HEADER // 4) & (header * 4 + behind <= captured)
        sound &= (captured >= behind + tcp.HEADER) & (headers.raw(behind + 2, 2, "=") != _in_order(stt.PORT))
        return headers
    sound &= captured >= behind + udp.HEADER
    if layout.transport == ip.UDP:
        said = headers.field(behind + 4, 2) + np.int32(behind)
        sound &= (said >= behind + udp.HEADER) & (said <= wire)
        captured, wire = np.minimum(captured, said), said
    return headers._replace(captured=captured, wire=wire)


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
    headers, ethertype = _read(loads, rows, table)
    layouts = _layouts(headers, ethertype)
    order = np.argsort(layouts, kind="stable")
    headers, found = headers.ordered(order), _whole(rows).take(order).view(ROW)
    plain = int(np.count_nonzero(layouts < TUNNELED))
    carried = Carried.of(len(rows) - plain)
    for number, those in _groups(layouts):
        if number < TUNNELED:
            _plain(headers.part(those), found[those], "outer", number)
        else:
            _tunnel(loads, headers.part(those), found[those], LAYOUTS[number], carried, those.start - plain)
    _whole(rows)[order[:plain]] = _whole(found[:plain])
    if plain < len(rows):
        _carried(loads, rows, found[plain:], order[plain:], carried)


def _whole(rows: Rows) -> Array:
    """Rows as pieces, which are moved faster."""
    return rows.view(f"V{ROW.itemsize}")


_PORTS = {"outer": OUTER_PORTS, "inner": INNER_PORTS}


def _odd_unless(sound: Array) -> Array:
    """Flags by what is sound."""
    return np.logical_not(sound).view(np.uint8) * np.uint8(ODD)


def _plain(headers: Headers, rows: Rows, side: str, number: int) -> None:
    """Fill rows of packets of one layout without a tunnel."""
    if number == IS_ODD:
        rows["flags"] |= ODD
    elif number != ANOTHER:
        layout = LAYOUTS[number]
        ends = _ends(headers, rows, side, layout)
        rows["flags"] |= _odd_unless(ends.sound) | np.uint8(_PORTS[side] if layout.transport else 0)


def _tunnel(loads: Loads, headers: Headers, rows: Rows, layout: Layout, carried: Carried, first: int) -> None:
    """Fill rows of packets in tunnels of one kind, and from the first on what these carry."""
    ends = _ends(headers, rows, "outer", layout)
    at = PLACES[layout.version][1] + (udp.HEADER if layout.transport else 0)
    payload: Any = at + geneve.HEADER
    ethertype: Any = ethernet.TEB
    flags: Any = np.uint8(OUTER_PORTS if layout.transport else 0)
    sound = ends.sound
    if layout.tunnel == GENEVE:
        words = headers.raw(at, 1)
        payload, ethertype = words * np.int32(4) + np.int32(payload), headers.field(at + 2, 2)
        sound &= words < 0x40
    elif layout.tunnel == VXLAN:
        sound &= headers.raw(at, 1) & vxlan.VALID > 0
    else:
        sound &= headers.field(at, 4) == NVGRE_WORD
    sound &= payload <= ends.captured
    begin = ends.at + payload
    payload_at = begin - rows["start"]
    rows["tunnel"], rows["payload_type"], rows["payload_at"] = layout.tunnel, ethertype, payload_at
    rows["vni"] = headers.field(at + 4, 4) >> 8
    if layout.tunnel == GENEVE:
        size = words * np.uint8(4)
        options_at = payload_at - size
        np.putmask(options_at, size == 0, 0)
        rows["options_length"], rows["options_at"] = size, options_at
        flags = _options(loads, ends, rows, at + geneve.HEADER, payload) | flags
    rows["flags"] = _odd_unless(sound) | flags
    values = (begin, ends.captured - payload, ends.wire - payload, ethertype, sound)
    for each, found in zip(carried, values, strict=True):
        each[first : first + len(rows)] = found


def _length(last: Array) -> Any:
    """Bytes of options by the last bytes of their first words."""
    return (last & 0x1F) * np.uint8(4) + np.uint8(geneve.OPTION)


def _is_ovns(word: Array) -> Any:
    return word & np.uint32(~0xE0 & 0xFFFFFFFF) == OVN_WORD


def _options(loads: Loads, headers: Headers, rows: Rows, at: int, end: Array) -> Array:
    """Flags of rows by Geneve's options between two places: whether OVN's is there, whose keys are filled in; odd where
    they do not sum to their length."""
    word = headers.field(at, 4)
    following = _length(headers.raw(at + 3, 1)) + np.int32(at)
    is_ovn = _is_ovns(word) & (following <= end)
    keys = headers.field(at + geneve.OPTION, 4)
    np.putmask(keys, ~is_ovn, 0)
    rows["ovn_ingress"], rows["ovn_egress"] = keys >> 16 & 0x7FFF, keys & 0xFFFF
    flags: Array = is_ovn.view(np.uint8) * np.uint8(OVN)
    flags |= _odd_unless((following <= end) | (end == at))
    left = np.flatnonzero((following < end) & headers.sound)
    start = headers.at.take(left)
    here, stop = start + following.take(left), start + end.take(left)
    while len(left):
        word = loads.words[here].astype(np.uint32)
        following = here + _length(word.astype(np.uint8))
        if (is_ovn := _is_ovns(word) & (following <= stop)).any():
            _late_keys(loads, rows, flags, left[is_ovn], here[is_ovn])
        flags[left[following > stop]] |= ODD
        more = following < stop
        left, here, stop = left[more], following[more], stop[more]
    return flags


def _late_keys(loads: Loads, rows: Rows, flags: Array, those: Array, at: Array) -> None:
    """Fill in the keys of OVN's options that are not the first, but for those of a second one."""
    first = flags[those] & OVN == 0
    those, keys = those[first], loads.words[at[first] + geneve.OPTION]
    rows["ovn_ingress"][those], rows["ovn_egress"][those] = keys >> 16 & 0x7FFF, keys & 0xFFFF
    flags[those] |= OVN


def _carried(loads: Loads, rows: Rows, found: Rows, order: Array, carried: Carried) -> None:
    """Fill rows of packets in tunnels from what these carry on, and put them where they belong."""
    headers, ethertype = _read_carried(loads, carried)
    layouts = _layouts(headers, ethertype)
    inner = np.argsort(layouts, kind="stable")
    headers, found = headers.ordered(inner), _whole(found).take(inner).view(ROW)
    for number, those in _groups(layouts):
        _plain(headers.part(those), found[those], "inner", number if number < TUNNELED else IS_ODD)
    _whole(rows)[order.take(inner)] = _whole(found)


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
        table = loads.table(np.minimum(starts + BEFORE, loads.last))
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
