"""Packets as columns: what `dissect` says of each, a million at a time.

Theory. Captures hold millions of packets of a few shapes: IP over Ethernet, with one tunnel or none. Those are decoded
many at once by one of two engines that share this form: `columns_numpy` always, `columns_numba` where numba is
installed. Neither knows a fault. Whatever is not sound and of such a shape (a fault, a fragment, an option of IPv4, an
IPv6 extension header, a tunnel within a tunnel, STT, another link layer) is marked *odd*, and `dissect` reads it, the
one place where faults have names. So columns are what `dissect` says by construction, and a property test holds them
to it. Of an odd packet the columns have the outermost and innermost ends and the outermost tunnel, like of any other;
what they have no place for stays beside them.
"""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cpal.wire import ethernet, geneve, gre, link, pcap
from cpal.wire.checksum import Address
from cpal.wire.dissect import TUNNELS, Ends, Packet, dissect
from cpal.wire.records import Index

Bytes = NDArray[np.uint8]
Rows = NDArray[Any]
"""An array of `ROW`: a column is `rows["vni"]`."""

ODD, OUTER_PORTS, INNER_PORTS, OVN = 1, 2, 4, 8
"""Bits of `flags`: `dissect` reads it; ports are there; OVN's option is there."""
GENEVE, VXLAN, VXLAN_GPE, NVGRE, STT = range(1, 6)
"""Numbers of tunnels, in the order of `dissect.TUNNELS`; 0 is none."""
OVN_WORD = geneve.OVN_CLASS << 16 | geneve.OVN_TYPE << 8 | 1
"""The first word of OVN's option."""
NVGRE_WORD = gre.KEY << 16 | ethernet.TEB
"""The first word of NVGRE's header."""
NO_VNI = 0xFFFFFFFF
"""The VNI of a segment that does not say it."""

ROW = np.dtype(
    [
        ("time_ns", "i8"), ("start", "i8"),
        ("outer_src_high", "u8"), ("outer_src_low", "u8"), ("outer_dst_high", "u8"), ("outer_dst_low", "u8"),
        ("inner_src_high", "u8"), ("inner_src_low", "u8"), ("inner_dst_high", "u8"), ("inner_dst_low", "u8"),
        ("length", "u4"), ("captured", "u4"), ("vni", "u4"), ("options_at", "u4"), ("payload_at", "u4"),
        ("outer_sport", "u2"), ("outer_dport", "u2"), ("inner_sport", "u2"), ("inner_dport", "u2"),
        ("ovn_ingress", "u2"), ("ovn_egress", "u2"), ("payload_type", "u2"),
        ("options_length", "u1"), ("tunnel", "u1"), ("flags", "u1"), ("outer_version", "u1"), ("outer_proto", "u1"),
        ("inner_version", "u1"), ("inner_proto", "u1"),
    ],
    align=True,
)  # fmt: skip
"""A packet. An address is two numbers, IPv4's in the lower; version 0 is no packet. `options_at` and `payload_at` say
where Geneve's options and what the tunnel carries begin, counted from the packet's start, which is in the buffer."""


class Engine(NamedTuple):
    """What decodes: `walk` finds the records of a pcap file and may decode them on its way, `decode` fills rows."""

    walk: Callable[[bytes, int, pcap.Form, int], Index]
    decode: Callable[[Bytes, Rows], None]


class Batch(NamedTuple):
    """Packets of a buffer: a row each, and by their place those that `dissect` read."""

    data: bytes
    rows: Rows
    odd: dict[int, Packet]
    link_types: NDArray[Any]
    is_cut: bool = False
    """Whether the file ends inside the last packet."""

    def captured(self, number: int) -> bytes:
        """The bytes of a packet."""
        start = int(self.rows["start"][number])
        return self.data[start : start + int(self.rows["captured"][number])]

    def packet(self, number: int) -> Packet:
        """What `dissect` says of a packet."""
        known = self.odd.get(number)
        if known is not None:
            return known
        return dissect(self.captured(number), int(self.link_types[number]), int(self.rows["length"][number]))


def batch(data: bytes, index: Index, engine: Engine, read: Callable[[Packet], Packet] | None = None) -> Batch:
    """The packets of a buffer. With `read` every packet is odd, and what `dissect` says of it goes through `read`."""
    if index.rows is not None:
        rows = index.rows
    else:
        rows = np.zeros(len(index.starts), ROW)
        pairs = zip(("start", "captured", "length", "time_ns"), index[:4], strict=True)
        for name, values in pairs:
            rows[name] = values
        engine.decode(np.frombuffer(data, np.uint8), rows)
    links = np.broadcast_to(np.asarray(index.link_types), (len(rows),))
    if read is not None:
        rows["flags"] |= ODD
    elif index.link_types != link.ETHERNET:
        rows["flags"][links != link.ETHERNET] |= ODD
    known = index.odd if read is None and index.link_types == link.ETHERNET else None
    places = np.flatnonzero((rows["flags"] & ODD).astype(bool)) if known is None else known
    odd = _odd(data, rows, links, places.tolist())
    return Batch(data, rows, {n: read(packet) for n, packet in odd.items()} if read else odd, links)


def _odd(data: bytes, rows: Rows, link_types: NDArray[Any], places: list[int]) -> dict[int, Packet]:
    """Read the odd packets, which are at these places, and fill their rows."""
    found: dict[int, Packet] = {}
    for number in places:
        start, captured, length = (int(rows[name][number]) for name in ("start", "captured", "length"))
        packet = dissect(data[start : start + captured], int(link_types[number]), length)
        found[number] = packet
        fill(rows, number, packet)
    return found


def fill(rows: Rows, number: int, packet: Packet) -> None:
    """Write what a packet is into its row, which stays marked odd."""
    kept = {name: rows[name][number] for name in ("time_ns", "start", "length", "captured")}
    rows[number] = np.zeros((), ROW)
    row = rows[number]
    for name, value in kept.items():
        row[name] = value
    row["flags"] = ODD
    _fill_ends(row, "outer", packet.outer, OUTER_PORTS)
    _fill_ends(row, "inner", packet.inner, INNER_PORTS)
    if packet.tunnels:
        first = packet.tunnels[0]
        row["tunnel"] = TUNNELS.index(first.type) + 1
        row["vni"] = NO_VNI if first.vni is None else first.vni
        keys = geneve.ovn_keys(first.header) if isinstance(first.header, geneve.Geneve) else None
        if keys is not None:
            row["flags"] |= OVN
            row["ovn_ingress"], row["ovn_egress"] = keys.ingress, keys.egress


def _fill_ends(row: Any, side: str, ends: Ends | None, has_ports: int) -> None:
    if ends is None:
        return
    row[f"{side}_version"], row[f"{side}_proto"] = ends.source.version, ends.protocol
    for name, address in (("src", ends.source), ("dst", ends.destination)):
        row[f"{side}_{name}_high"], row[f"{side}_{name}_low"] = divmod(int(address), 1 << 64)
    if ends.source_port is not None and ends.destination_port is not None:
        row["flags"] |= has_ports
        row[f"{side}_sport"], row[f"{side}_dport"] = ends.source_port, ends.destination_port


def address(version: int, high: int, low: int) -> Address:
    """The address that two numbers are."""
    return IPv4Address(low) if version == 4 else IPv6Address(high << 64 | low)
