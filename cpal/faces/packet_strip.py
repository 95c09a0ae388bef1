"""What tunnels carry, as a capture of its own. Packets of STT are put together first."""

from __future__ import annotations

from collections.abc import Iterable
from typing import BinaryIO, Protocol

import numpy as np

from cpal.faces.captures import Object, Part
from cpal.faces.tunnel_words import TunnelWords
from cpal.wire import ethernet, link, pcap, pcapng, stt
from cpal.wire.dissect import STT, Packet
from cpal.wire.filters import Filter
from cpal.wire.records import Record
from cpal.wire.stt_reassembly import Reassembler

NOBODY = bytes(12)
"""The Ethernet addresses of a packet that came without: a capture has one link layer."""


class Capture(Protocol):
    """A capture that is written."""

    def add(self, record: Record, tunnels: Iterable[Object]) -> None:
        """Write a packet that tunnels of these words carried."""


class Pcap:
    """A pcap, which has no place for names."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        out.write(pcap.write_header(link.ETHERNET))

    def add(self, record: Record, tunnels: Iterable[Object]) -> None:
        """Write a packet."""
        self._out.write(pcap.write(record))


class Pcapng:
    """A pcapng with names as comments, which Wireshark shows."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        out.write(pcapng.write_section() + pcapng.write_interface("stripped", link.ETHERNET))

    def add(self, record: Record, tunnels: Iterable[Object]) -> None:
        """Write a packet with the names of its tunnels."""
        self._out.write(pcapng.write_packet(0, record, "; ".join(filter(None, map(comment, tunnels)))))


def comment(tunnel: Object) -> str:
    """The names of a tunnel, as a capture's comment has them."""
    return ", ".join(f"{key}: {tunnel[key]}" for key in ("network", "from", "to") if key in tunnel)


def write(found: Iterable[tuple[str, Part]], where: Filter | None, words: TunnelWords | None, into: Capture) -> int:
    """Write what the innermost tunnel of each packet carries, if it is wanted; how many there were."""
    reassembler, count = Reassembler(), 0
    for _, part in found:
        batch = part.batch
        wanted = np.flatnonzero((where(batch) if where else True) & (batch.rows["tunnel"] != 0))
        told = words.of_rows(batch, wanted) if words else [()] * len(wanted)
        for number, tunnels in zip(wanted.tolist(), told, strict=True):
            time_ns = int(batch.rows["time_ns"][number])
            frame, left = _carried(batch.packet(number), reassembler, time_ns)
            if frame is not None:
                into.add(Record(time_ns, len(frame) + left, frame, link.ETHERNET), tunnels)
                count += 1
    return count


def _carried(packet: Packet, reassembler: Reassembler, time_ns: int) -> tuple[bytes | None, int]:
    """The frame that the innermost tunnel carries, and how many bytes of it were not captured."""
    last = packet.tunnels[-1]
    if last.type == STT and last.segment is not None:
        ends = last.packet.source, last.packet.destination
        whole = reassembler.add(*ends, last.segment, time_ns)
        return (None, 0) if whole is None else (stt.decode(whole.data).payload, 0)
    if packet.ethertype == ethernet.TEB:
        return packet.payload, _known(packet.left)
    header = NOBODY + packet.ethertype.to_bytes(2, "big")
    return header + packet.payload, _known(packet.left)


def _known(left: int) -> int:
    """Bytes that are missing; of the first fragment of a packet nobody knows."""
    return left if left < 1 << 32 else 0
