"""Capture files on this machine: read in pieces, each packet told as an object whose keys scripts rely on."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cpal.errors import NotFound, WireError
from cpal.wire import columns, columns_numpy, geneve, stt
from cpal.wire.capture import Capture
from cpal.wire.columns import INNER_PORTS, ODD, OUTER_PORTS, OVN, Batch, Engine
from cpal.wire.dissect import TUNNELS, Ends, Packet, Tunnel
from cpal.wire.filters import Filter
from cpal.wire.records import Index, Record
from cpal.wire.rules import broken_by_packet

Object = dict[str, Any]
PIECE = 1 << 21
"""Bytes of a file that are read at once; as many for each processor where several decode."""
LARGE = 64 << 20
"""Bytes of a file from which on it is worth while to load the compiled engine."""
MOST_THREADS = 4
"""Threads that decode at most: the memory has no more for them, and what is read at once stays small."""
TOGETHER = 4096
"""Packets that are told together, so that those of a whole piece need not be objects at once."""
STDIN = "-"


class Part(NamedTuple):
    """Packets of a file, of which the first has this number (from 1)."""

    first: int
    batch: Batch


def parts(path: Path, strict: bool = False, moved: Callable[[int], None] = lambda _: None) -> Iterator[Part]:
    """The packets of a capture file; `moved` is told how many bytes have been read.

    Strictly, the rules that a packet breaks are among its faults.

    Raises:
        NotFound: no such file.
        WireError: no capture, or a damaged one, after the packets before the damage.
    """
    read, first = _strictly if strict else None, 1
    with ExitStack() as stack:
        engine, size = _engine(path, stack)
        capture = Capture(engine.walk)
        try:
            for data in _pieces(path, size, moved):
                piece = capture.feed(data)
                yield Part(first, columns.batch(piece.data, piece.found, engine, read))
                first += len(piece.found.starts)
            if (rest := capture.cut()) is not None:
                yield Part(first, _cut(rest, engine, read))
        except WireError as error:
            raise WireError(error.message, key=str(path)) from error


def _engine(path: Path, stack: ExitStack) -> tuple[Engine, int]:
    """The engine for a file and how much it takes at once: for a large one the compiled engine, if it is installed, on
    every processor."""
    if not path.is_file() or path.stat().st_size < LARGE:
        return columns_numpy.ENGINE, PIECE
    try:
        # lazy: it takes longer to load than most files take to read, and need not be installed
        from cpal.wire import columns_numba
    except (ImportError, RuntimeError):  # RuntimeError: numba finds no place for its cache
        return columns_numpy.ENGINE, PIECE
    threads = min(len(os.sched_getaffinity(0)), MOST_THREADS)
    pool = stack.enter_context(ThreadPoolExecutor(threads))
    walk = partial(columns_numba.index, parts=threads, each=pool.map)
    return columns_numba.ENGINE._replace(walk=walk), PIECE * threads


def _strictly(packet: Packet) -> Packet:
    rules = (rule.name for rule in broken_by_packet(packet))
    return packet._replace(faults=tuple(dict.fromkeys((*packet.faults, *rules))))


def _cut(record: Record, engine: Engine, read: Callable[[Packet], Packet] | None) -> Batch:
    """The packet that the file's end cuts."""
    index = Index([0], [len(record.data)], [record.length], [record.time_ns], record.link_type, len(record.data))
    return columns.batch(record.data, index, engine, read)._replace(is_cut=True)


def _pieces(path: Path, size: int, moved: Callable[[int], None]) -> Iterator[bytes]:
    try:
        with _opened(path) as file:
            done = 0
            while data := file.read(size):
                yield data
                done += len(data)
                moved(done)
    except OSError as error:
        raise NotFound(f"cannot be read: {error.strerror}", key=str(path)) from error


def _opened(path: Path) -> BinaryIO:
    return sys.stdin.buffer if str(path) == STDIN else path.open("rb")


def objects(part: Part, where: Filter | None = None) -> Iterator[Object]:
    """The packets as objects, those that are wanted.

    Time is seconds since the epoch in text, as exact as the file has it.
    """
    wanted = np.flatnonzero(where(part.batch)) if where else np.arange(len(part.batch.rows))
    for at in range(0, len(wanted), TOGETHER):
        yield from _objects(part, wanted[at : at + TOGETHER])


def _objects(part: Part, numbers: NDArray[np.intp]) -> Iterator[Object]:
    rows = part.batch.rows[numbers]
    fields = {name: rows[name].tolist() for name in columns.ROW.names or ()}
    for place, number in enumerate(numbers.tolist()):
        row = {name: values[place] for name, values in fields.items()}
        yield {
            "frame": part.first + number,
            "time": seconds(row["time_ns"]),
            "length": row["length"],
            "captured": row["captured"],
            **(_read(part.batch, number) if row["flags"] & ODD else _decoded(part.batch, row)),
        }


def _decoded(batch: Batch, row: dict[str, int]) -> Object:
    """A packet as its columns have it."""
    tunnels = []
    if row["tunnel"]:
        start = row["start"] + row["options_at"]
        options = geneve.options(batch.data[start : start + row["options_length"]]) if row["options_length"] else ()
        keys = (row["ovn_ingress"], row["ovn_egress"]) if row["flags"] & OVN else None
        tunnels.append(_tunnel(TUNNELS[row["tunnel"] - 1], row["vni"], options, keys))
    outer = _ends_of(row, "outer", OUTER_PORTS)
    return {"outer": outer, "tunnels": tunnels, "inner": _ends_of(row, "inner", INNER_PORTS), "faults": []}


def _ends_of(row: dict[str, int], side: str, has_ports: int) -> Object | None:
    version = row[f"{side}_version"]
    if not version:
        return None
    ports = bool(row["flags"] & has_ports)
    return {
        "src": text_of(version, row[f"{side}_src_high"], row[f"{side}_src_low"]),
        "dst": text_of(version, row[f"{side}_dst_high"], row[f"{side}_dst_low"]),
        "sport": row[f"{side}_sport"] if ports else None,
        "dport": row[f"{side}_dport"] if ports else None,
        "proto": row[f"{side}_proto"],
    }


_TEXTS: dict[tuple[int, int, int], str] = {}
_MOST_TEXTS = 1 << 16


def text_of(version: int, high: int, low: int) -> str:
    """An address in text, remembered since captures have few."""
    key = (version, high, low)
    found = _TEXTS.get(key)
    if found is None:
        if len(_TEXTS) >= _MOST_TEXTS:
            _TEXTS.clear()
        found = _TEXTS[key] = str(columns.address(version, high, low))
    return found


def _read(batch: Batch, number: int) -> Object:
    """A packet as `dissect` has it."""
    packet = batch.odd[number]
    is_cut = batch.is_cut and number == len(batch.rows) - 1
    return {
        "outer": _ends(packet.outer),
        "tunnels": [told_tunnel(tunnel) for tunnel in packet.tunnels],
        "inner": _ends(packet.inner),
        "faults": [*packet.faults, *["record-cut"] * is_cut],
    }


def seconds(time_ns: int) -> str:
    """Seconds since the epoch with microseconds, or with nanoseconds where there are any."""
    whole, fraction = divmod(abs(time_ns), 1_000_000_000)
    sign = "-" if time_ns < 0 else ""
    return f"{sign}{whole}.{fraction:09}" if fraction % 1000 else f"{sign}{whole}.{fraction // 1000:06}"


def _ends(ends: Ends | None) -> Object | None:
    if ends is None:
        return None
    return {
        "src": str(ends.source), "dst": str(ends.destination), "sport": ends.source_port,
        "dport": ends.destination_port, "proto": ends.protocol,
    }  # fmt: skip


def told_tunnel(tunnel: Tunnel) -> Object:
    """A tunnel of a packet as an object."""
    header = tunnel.header
    keys = geneve.ovn_keys(header) if isinstance(header, geneve.Geneve) else None
    told = _tunnel(tunnel.type, tunnel.vni, tunnel.options, keys and keys[1:])
    return {**told, "context": header.context} if isinstance(header, stt.Stt) else told


def _tunnel(kind: str, vni: int | None, options: tuple[geneve.Option, ...], keys: tuple[int, int] | None) -> Object:
    told: Object = {"type": kind, "vni": vni, "options": [_option(option) for option in options]}
    return {**told, "ovn": {"ingress": keys[0], "egress": keys[1]}} if keys else told


def _option(option: geneve.Option) -> Object:
    return {"class": option.option_class, "type": option.type, "data": option.data.hex()}
