"""Capture files on this machine: read in pieces, each packet told as an object whose keys scripts rely on."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from cpal.errors import NotFound, WireError
from cpal.wire import geneve, stt
from cpal.wire.capture import Capture
from cpal.wire.dissect import Ends, Packet, Tunnel, dissect
from cpal.wire.records import Record
from cpal.wire.rules import broken_by_packet

Object = dict[str, Any]
PIECE = 1 << 20
"""Bytes of a file that are read at once."""
STDIN = "-"


class Row(NamedTuple):
    """A packet of a file: its number from 1, what the file says of it, what it is."""

    frame: int
    record: Record
    packet: Packet
    is_strict: bool = False

    @property
    def faults(self) -> tuple[str, ...]:
        """Everything that is wrong with it; strictly, the rules that it breaks too."""
        faults = (*self.packet.faults, "record-cut") if self.record.is_cut else self.packet.faults
        rules = broken_by_packet(self.packet) if self.is_strict else ()
        return (*faults, *(rule.name for rule in rules if rule.name not in faults))


def rows(path: Path, strict: bool = False, moved: Callable[[int], None] = lambda _: None) -> Iterator[Row]:
    """The packets of a capture file; `moved` is told how many bytes have been read.

    Raises:
        NotFound: no such file.
        WireError: no capture, or a damaged one, after the packets before the damage.
    """
    for frame, record in enumerate(_records(path, moved), 1):
        yield Row(frame, record, dissect(record.data, record.link_type, record.length), strict)


def _records(path: Path, moved: Callable[[int], None]) -> Iterator[Record]:
    capture = Capture()
    try:
        for data in pieces(path, moved):
            piece = capture.feed(data)
            yield from piece.found.records(piece.data)
        if (rest := capture.cut()) is not None:
            yield rest
    except WireError as error:
        raise WireError(error.message, key=str(path)) from error


def pieces(path: Path, moved: Callable[[int], None] = lambda _: None) -> Iterator[bytes]:
    """A file in pieces; `-` is standard input.

    Raises:
        NotFound: no such file, or one that cannot be read.
    """
    try:
        with _opened(path) as file:
            done = 0
            while data := file.read(PIECE):
                yield data
                done += len(data)
                moved(done)
    except OSError as error:
        raise NotFound(f"cannot be read: {error.strerror}", key=str(path)) from error


def _opened(path: Path) -> BinaryIO:
    return sys.stdin.buffer if str(path) == STDIN else path.open("rb")


def described(row: Row) -> Object:
    """A packet as an object. Time is a number in seconds, as exact as the file has it, in text."""
    record, packet = row.record, row.packet
    return {
        "frame": row.frame,
        "time": seconds(record.time_ns),
        "length": record.length,
        "captured": len(record.data),
        "outer": _ends(packet.outer),
        "tunnels": [_tunnel(tunnel) for tunnel in packet.tunnels],
        "inner": _ends(packet.inner),
        "faults": list(row.faults),
    }


def seconds(time_ns: int) -> str:
    """Seconds since the epoch with microseconds, or with nanoseconds where there are any."""
    whole, fraction = divmod(time_ns, 1_000_000_000)
    return f"{whole}.{fraction:09}" if fraction % 1000 else f"{whole}.{fraction // 1000:06}"


def _ends(ends: Ends | None) -> Object | None:
    if ends is None:
        return None
    return {
        "src": str(ends.source), "dst": str(ends.destination), "sport": ends.source_port,
        "dport": ends.destination_port, "proto": ends.protocol,
    }  # fmt: skip


def _tunnel(tunnel: Tunnel) -> Object:
    told: Object = {"type": tunnel.type, "vni": tunnel.vni, "options": [_option(option) for option in tunnel.options]}
    header = tunnel.header
    if isinstance(header, stt.Stt):
        told["context"] = header.context
    keys = geneve.ovn_keys(header) if isinstance(header, geneve.Geneve) else None
    if keys is not None:
        told["ovn"] = {"ingress": keys.ingress, "egress": keys.egress}
    return told


def _option(option: geneve.Option) -> Object:
    return {"class": option.option_class, "type": option.type, "data": option.data.hex()}
