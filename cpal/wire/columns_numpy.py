"""The engine of columns that needs numpy alone: a few thousand packets at a time go through the headers together.

Theory. The file's bytes are seen as numbers that begin at every byte; one look-up with many offsets loads a field of
many packets. `alive` packets are those that were sound and of a known shape so far; the others are marked odd at the
end, and until then are read at a harmless place, their start. What a packet has, and how, is the same for the outer
and the inner headers, and written once.
"""

from __future__ import annotations

import sys
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
    VXLAN,
    Bytes,
    Engine,
    Rows,
)
from cpal.wire.records import Index

NATIVE = "<" if sys.byteorder == "little" else ">"
CHUNK = 4096
"""Packets that go together: their numbers fit in the processor's nearest memory."""
SLACK = 512
"""Bytes of a buffer's end in which no packet is read here: more than all headers are long."""

Array = NDArray[Any]
Selection = NDArray[Any] | slice
"""Some packets by their places, or all of them, which costs less."""
ALL = slice(None)
_IS_TAG = np.isin(np.arange(1 << 16), list(ethernet.TAGS))
_FRAGMENT = 0x3FFF
"""Bits of IPv4's fragment word that make it one: more fragments, and the offset."""
_ODD_IN_IPV6 = np.isin(np.arange(256), list(ip.EXTENSIONS))
_ODD_PROTOCOLS = np.isin(np.arange(256), [ip.IPIP, ip.IPV6])
_PORTED = np.isin(np.arange(256), [ip.TCP, ip.UDP, ip.SCTP])
_KIND_BY_PORT = np.zeros(1 << 16, np.int8)
_KIND_BY_PORT[[geneve.PORT, vxlan.PORT, vxlan.LINUX_PORT, vxlan.GPE_PORT]] = GENEVE, VXLAN, VXLAN, -1


class Loads:
    """A buffer as numbers that begin at every byte, in the network's order."""

    def __init__(self, data: Bytes) -> None:
        self.bytes = data
        self.halves, self.words, self.longs = (
            np.ndarray((max(len(data) - size + 1, 0),), f">u{size}", data, strides=(1,)) for size in (2, 4, 8)
        )

    def byte(self, at: Array) -> Array:
        """Bytes at offsets."""
        return self.bytes[at].astype(np.int64)

    def half(self, at: Array) -> Array:
        """Numbers of 16 bits."""
        return self.halves[at].astype(np.int64)

    def word(self, at: Array) -> Array:
        """Numbers of 32 bits."""
        return self.words[at].astype(np.int64)

    def long(self, at: Array) -> Array:
        """Numbers of 64 bits, in signed ones since those are what offsets are made of."""
        return self.longs[at].astype(np.uint64).view(np.int64)


class Cursor(NamedTuple):
    """Where reading is in each packet: the next header, the end of what was captured, the end of what there was."""

    alive: Array
    at: Array
    captured: Array
    wire: Array

    def only(self, those: Selection) -> Cursor:
        """Some of the packets."""
        return Cursor(*(each[those] for each in self))


def _where(truths: Array) -> Selection:
    """The packets of which something is true."""
    return ALL if truths.all() else np.flatnonzero(truths)


def _among(those: Selection, inside: Selection) -> Selection:
    """Some packets of some."""
    if isinstance(inside, slice):
        return those
    return inside if isinstance(those, slice) else those[inside]


def _is_none(those: Selection) -> bool:
    return not isinstance(those, slice) and not len(those)


def decode(data: Bytes, rows: Rows) -> None:
    """Fill the rows of a buffer's packets."""
    loads, limit = Loads(data), len(data) - SLACK
    for first in range(0, len(rows), CHUNK):
        chunk = rows[first : first + CHUNK]
        near_end = chunk["start"] > limit
        if near_end.any():
            chunk["flags"][near_end] = ODD
            chunk = chunk[: int(np.argmax(near_end))]
        if len(chunk):
            _decode(loads, chunk)


def _decode(loads: Loads, rows: Rows) -> None:
    start = rows["start"].copy()
    captured = start + rows["captured"]
    wire = start + np.maximum(rows["length"], rows["captured"])
    cursor = Cursor(np.ones(len(rows), bool), start, captured, wire)
    cursor, ethertype = _ethernet(loads, cursor)
    flags = np.zeros(len(rows), np.uint8)
    those = _where(_is_ip(ethertype) & cursor.alive)
    flags[~cursor.alive] = ODD
    if not _is_none(those):
        flags[those] = _outer(loads, rows, those, cursor.only(those), ethertype[those], start[those])
    rows["flags"] = flags


def _is_ip(ethertype: Array) -> Array:
    found: Array = (ethertype == ethernet.IPV4) | (ethertype == ethernet.IPV6)
    return found


def _ethernet(loads: Loads, cursor: Cursor) -> tuple[Cursor, Array]:
    """Behind Ethernet headers and their tags; what is there by EtherType."""
    alive, at = cursor.alive & (cursor.at + ethernet.HEADER <= cursor.captured), cursor.at + ethernet.HEADER
    ethertype = loads.half(at - 2)
    while len(those := np.flatnonzero(alive & _IS_TAG[ethertype])):
        at[those] += ethernet.TAG
        alive[those] = at[those] <= cursor.captured[those]
        ethertype[those] = np.where(alive[those], loads.half(np.where(alive[those], at[those] - 2, 0)), 0)
    alive &= (ethertype != ethernet.TEB) & (ethertype != ethernet.NSH)
    return cursor._replace(alive=alive, at=at), ethertype


class Network(NamedTuple):
    """IP headers: version, protocol, and the numbers of source and destination."""

    version: Array
    protocol: Array
    addresses: tuple[Array, Array, Array, Array]


def _network(loads: Loads, cursor: Cursor, ethertype: Array) -> tuple[Cursor, Network]:
    """Behind IP headers, which end what is captured and what there was where they say."""
    six = ethertype == ethernet.IPV6
    header = np.where(six, ip.IPV6_HEADER, ip.IPV4_HEADER)
    alive = cursor.alive & (cursor.at + header <= cursor.captured)
    at = cursor.at if alive.all() else np.where(alive, cursor.at, 0)
    first = loads.long(at)
    total = first >> np.where(six, 16, 32) & 0xFFFF
    protocol = np.where(six, first >> 8 & 0xFF, loads.byte(at + 9))
    sound_4 = (first >> 56 == 0x45) & (total >= ip.IPV4_HEADER) & (first & _FRAGMENT == 0)
    sound_6 = (first >> 60 == 6) & (total > 0) & ~_ODD_IN_IPV6[protocol]
    end = at + total + np.where(six, ip.IPV6_HEADER, 0)
    alive &= np.where(six, sound_6, sound_4) & (end <= cursor.wire)
    behind = Cursor(alive, at + header, np.minimum(cursor.captured, end), end)
    return behind, Network(np.where(six, np.uint8(6), np.uint8(4)), protocol, _addresses(loads, at, six))


def _addresses(loads: Loads, at: Array, six: Array) -> tuple[Array, Array, Array, Array]:
    those = np.flatnonzero(six)
    both = loads.long(at + 12)
    found = np.zeros((4, len(at)), np.uint64)
    found[1], found[3] = both >> 32 & 0xFFFFFFFF, both & 0xFFFFFFFF
    for number, offset in enumerate((8, 16, 24, 32)):
        found[number, those] = loads.long(at[those] + offset).view(np.uint64)
    return found[0], found[1], found[2], found[3]


class Transport(NamedTuple):
    """UDP, TCP and SCTP headers: whether there are ports, the ports, and UDP's length."""

    is_ported: Array
    source_port: Array
    destination_port: Array
    length: Array


def _transport(loads: Loads, cursor: Cursor, protocol: Array) -> tuple[Array, Transport]:
    """Which packets stay alive, and their transport headers."""
    is_ported = _PORTED[protocol] & cursor.alive
    alive = cursor.alive & ~_ODD_PROTOCOLS[protocol] & (~is_ported | (cursor.at + udp.HEADER <= cursor.captured))
    first = loads.long(np.where(alive & is_ported, cursor.at, 0))
    ports = first >> 32 & 0xFFFFFFFF
    length = first >> 16 & 0xFFFF
    alive &= (protocol != ip.UDP) | ((length >= udp.HEADER) & (cursor.at + length <= cursor.wire))
    those = np.flatnonzero(alive & (protocol == ip.TCP))
    alive[those] = cursor.at[those] + tcp.HEADER <= cursor.captured[those]
    those = those[alive[those]]
    header = (loads.byte(cursor.at[those] + 12) >> 4) * 4
    alive[those] = (header >= tcp.HEADER) & (cursor.at[those] + header <= cursor.captured[those])
    return alive, Transport(is_ported, ports >> 16, ports & 0xFFFF, length)


def _outer(loads: Loads, rows: Rows, those: Selection, cursor: Cursor, ethertype: Array, start: Array) -> Array:
    """Fill the rows of IP packets from the outermost on; their flags."""
    cursor, network = _network(loads, cursor, ethertype)
    alive, transport = _transport(loads, cursor, network.protocol)
    kind = _kind(network.protocol, transport)
    _write(rows, "outer", those, network, transport)
    flags = np.where(alive & (kind >= 0), transport.is_ported * np.uint8(OUTER_PORTS), np.uint8(ODD))
    inside = _where(alive & (kind > 0))
    if not _is_none(inside):
        is_udp = network.protocol[inside] == ip.UDP
        within = cursor.only(inside)._replace(alive=alive[inside])
        end = np.where(is_udp, within.at + transport.length[inside], within.wire)
        within = within._replace(
            at=within.at + np.where(is_udp, udp.HEADER, 0), captured=np.minimum(within.captured, end), wire=end
        )
        flags[inside] |= _tunnel(loads, rows, _among(those, inside), within, kind[inside], start[inside])
    return flags


def _kind(protocol: Array, transport: Transport) -> Array:
    """The tunnel that each packet announces: 0 for none, -1 for one that is odd."""
    kind = np.where(protocol == ip.UDP, _KIND_BY_PORT[transport.destination_port], 0)
    kind[protocol == ip.GRE] = NVGRE
    kind[(protocol == ip.TCP) & (transport.destination_port == stt.PORT)] = -1
    return kind


def _write(rows: Rows, side: str, those: Selection, network: Network, transport: Transport) -> None:
    rows[f"{side}_version"][those], rows[f"{side}_proto"][those] = network.version, network.protocol
    names = ("src_high", "src_low", "dst_high", "dst_low")
    for name, values in zip(names, network.addresses, strict=True):
        rows[f"{side}_{name}"][those] = values
    rows[f"{side}_sport"][those] = np.where(transport.is_ported, transport.source_port, 0)
    rows[f"{side}_dport"][those] = np.where(transport.is_ported, transport.destination_port, 0)


def _tunnel(loads: Loads, rows: Rows, those: Selection, cursor: Cursor, kind: Array, start: Array) -> Array:
    """Fill the rows of packets in a tunnel from its header on; more of their flags."""
    alive = cursor.alive & (cursor.at + geneve.HEADER <= cursor.captured)
    first = loads.long(np.where(alive, cursor.at, 0))
    is_geneve, top = kind == GENEVE, first >> 56 & 0xFF
    size = np.where(is_geneve, (top & 0x3F) * 4, 0)
    at = cursor.at + geneve.HEADER + size
    alive &= np.where(is_geneve, top < 0x40, np.where(kind == VXLAN, top & vxlan.VALID > 0, True))
    alive &= (kind != NVGRE) | (first >> 32 & 0xFFFFFFFF == NVGRE_WORD)
    alive &= at <= cursor.captured
    ethertype = np.where(is_geneve, first >> 32 & 0xFFFF, ethernet.TEB)
    flags = np.zeros(len(alive), np.uint8)
    optioned = np.flatnonzero(alive & (size > 0))
    if len(optioned):
        places, end = np.arange(len(rows))[those][optioned], at[optioned]
        alive[optioned], flags[optioned] = _options(loads, rows, places, end - size[optioned], end)
    for name, values in (
        ("tunnel", kind), ("vni", first >> 8 & 0xFFFFFF), ("options_length", size), ("payload_type", ethertype),
        ("options_at", np.where(size > 0, at - size - start, 0)), ("payload_at", at - start),
    ):  # fmt: skip
        rows[name][those] = values
    return flags | _carried(loads, rows, those, cursor._replace(alive=alive, at=at), ethertype)


def _options(loads: Loads, rows: Rows, those: Array, at: Array, end: Array) -> tuple[Array, Array]:
    """Whether Geneve's options sum to their length, and flags; OVN's keys are filled in."""
    flags = np.zeros(len(those), np.uint8)
    at, left = at.copy(), np.arange(len(those))
    while len(left):
        first = loads.word(at[left])
        size = geneve.OPTION + (first & 0x1F) * 4
        is_ovn = (first & ~0xE0 == OVN_WORD) & (flags[left] == 0) & (at[left] + size <= end[left])
        ovn = left[is_ovn]
        keys = loads.word(at[ovn] + geneve.OPTION)
        rows["ovn_ingress"][those[ovn]], rows["ovn_egress"][those[ovn]] = keys >> 16 & 0x7FFF, keys & 0xFFFF
        flags[ovn] = OVN
        at[left] += size
        left = left[at[left] < end[left]]
    return at == end, flags


def _carried(loads: Loads, rows: Rows, those: Selection, cursor: Cursor, ethertype: Array) -> Array:
    """Fill the rows of packets in a tunnel from what it carries on; more of their flags."""
    alive, found = cursor.alive, ethertype.copy()
    frames = _where(alive & (ethertype == ethernet.TEB))
    at = cursor.at.copy()
    if not _is_none(frames):
        inner, found[frames] = _frames(loads, cursor.only(frames))
        alive[frames], at[frames] = inner.alive, inner.at
    alive &= found != ethernet.NSH
    flags = np.where(alive, 0, ODD).astype(np.uint8)
    packets = _where(alive & _is_ip(found))
    if not _is_none(packets):
        within = Cursor(alive, at, cursor.captured, cursor.wire).only(packets)
        within, network = _network(loads, within, found[packets])
        sound, transport = _transport(loads, within, network.protocol)
        again = ((network.protocol == ip.UDP) & (_KIND_BY_PORT[transport.destination_port] != 0)) | (
            network.protocol == ip.GRE
        )
        again |= (network.protocol == ip.TCP) & (transport.destination_port == stt.PORT)
        _write(rows, "inner", _among(those, packets), network, transport)
        flags[packets] = np.where(sound & ~again, transport.is_ported * np.uint8(INNER_PORTS), np.uint8(ODD))
    return flags


def _frames(loads: Loads, cursor: Cursor) -> tuple[Cursor, Array]:
    """As `_ethernet`, where a header may be beyond the buffer."""
    alive = cursor.alive & (cursor.at + ethernet.HEADER <= cursor.captured)
    behind, ethertype = _ethernet(loads, cursor._replace(alive=alive, at=np.where(alive, cursor.at, 0)))
    return behind._replace(alive=behind.alive & alive), ethertype


def index(data: bytes, start: int, form: pcap.Form, offset: int = 0) -> Index:
    """Where the whole records in `data` from `start` on are.

    Records are a chain that only a loop can follow. It does nothing but that: on numbers of four bytes as the machine
    has them, seen from each of the four bytes where they may begin. All else is loaded together afterwards.

    Raises:
        WireError: as `pcap.index` does.
    """
    if form.order != NATIVE:
        return pcap.index(data, start, form, offset)
    starts = np.array(_chain(data, start), np.int64)
    longs = np.ndarray((max(len(data) - 7, 0),), "u8", data, strides=(1,))
    moment, sizes = (longs[starts + at].view(np.int64) for at in (0, 8))
    (seconds, fraction), (captured, length) = (_halves(each) for each in (moment, sizes))
    whole = (captured <= pcap.MOST) & (starts + pcap.RECORD + captured <= len(data))
    count = len(starts) if whole.all() else int(np.argmin(whole))
    if count < len(starts) and not count and captured[0] > pcap.MOST:
        raise pcap.impossible(int(captured[0]), offset + start)
    end = int(starts[count - 1] + pcap.RECORD + captured[count - 1]) if count else start
    times = seconds * 1_000_000_000 + fraction * form.tick_ns
    return Index(
        starts[:count] + pcap.RECORD, captured[:count], length[:count], times[:count], form.link_type, end
    )  # fmt: skip


def _halves(numbers: Array) -> tuple[Array, Array]:
    """Both numbers of 32 bits in those of 64, in the order in which the machine has them in memory."""
    halves = numbers & 0xFFFFFFFF, numbers >> 32 & 0xFFFFFFFF
    return halves if NATIVE == "<" else halves[::-1]


def _chain(data: bytes, at: int) -> list[int]:
    """Where records begin, if each is as long as it says."""
    found: list[int] = []
    last = len(data) - pcap.RECORD
    view = memoryview(data)
    numbers = [view[n : n + (len(data) - n) // 4 * 4].cast("I") for n in range(min(4, len(data)))]
    add = found.append
    while at <= last:
        add(at)
        at += pcap.RECORD + numbers[at & 3][(at >> 2) + 2]
    return found


ENGINE = Engine(index, decode)
"""The engine."""
