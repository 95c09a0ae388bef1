"""What tunnels carry, as a capture of its own. Packets of STT are put together first."""

from __future__ import annotations

from collections.abc import Iterable
from typing import BinaryIO

import numpy as np

from cpal.faces.captures import Part
from cpal.wire import ethernet, pcap, stt
from cpal.wire.dissect import STT, Packet
from cpal.wire.filters import Filter
from cpal.wire.records import Record
from cpal.wire.stt_reassembly import Reassembler

NOBODY = bytes(12)
"""The Ethernet addresses of a packet that came without: a capture has one link layer."""


def write(found: Iterable[tuple[str, Part]], where: Filter | None, out: BinaryIO) -> int:
    """Write what the innermost tunnel of each packet carries, if it is wanted; how many there were."""
    reassembler, count = Reassembler(), 0
    out.write(pcap.write_header(1))
    for _, part in found:
        batch = part.batch
        wanted = (where(batch) if where else True) & (batch.rows["tunnel"] != 0)
        for number in np.flatnonzero(wanted).tolist():
            time_ns = int(batch.rows["time_ns"][number])
            frame, left = _carried(batch.packet(number), reassembler, time_ns)
            if frame is not None:
                out.write(pcap.write(Record(time_ns, len(frame) + left, frame, 1)))
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
