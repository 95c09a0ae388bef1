"""What a capture holds, counted: by tunnel and network, between whom, faults, and who comes near the path's MTU.

Memory is bounded: those that count least are forgotten when there are too many of a kind, and `is_exact` then says that
others were there too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cpal.wire import ip, mtu
from cpal.wire.columns import NO_VNI, Batch, address
from cpal.wire.dissect import TUNNELS

MOST = 50_000
NEAR = 64
"""Bytes below the MTU from which on a packet is near it: an option or a tag more would not fit."""

Ends = tuple[int, int, int, int, int]
"""IP version, and the numbers of source and destination."""


class Count(NamedTuple):
    """Packets, and their bytes on the wire."""

    packets: int
    bytes: int


class Tally:
    """Counts of what was added."""

    def __init__(self, path_mtu: int = 1500, most: int = MOST) -> None:
        self.path_mtu = path_mtu
        self._most = most
        self.packets = 0
        self.bytes = 0
        self.is_exact = True
        self.faults: Counter[str] = Counter()
        self._networks: dict[tuple[int, int], list[int]] = {}
        self._pairs: dict[tuple[Any, ...], list[int]] = {}
        self._talkers: dict[tuple[Any, ...], list[int]] = {}
        self._sizes: dict[tuple[Any, ...], list[int]] = {}

    def add(self, batch: Batch, wanted: NDArray[np.bool_]) -> None:
        """Count the packets of a batch that are wanted."""
        rows = batch.rows[wanted]
        self.packets += len(rows)
        self.bytes += int(rows["length"].sum())
        for number, packet in batch.odd.items():
            if wanted[number]:
                self.faults.update(packet.faults)
        if batch.is_cut and wanted[-1]:
            self.faults["record-cut"] += 1
        tunnelled = rows[rows["tunnel"] != 0]
        if len(tunnelled):
            _count(self._networks, tunnelled, ("tunnel", "vni"))
            _count(self._pairs, tunnelled, ("tunnel", *_names("outer")))
            self._measure(tunnelled)
        _count(self._talkers, rows[rows["inner_version"] != 0], _names("inner"))
        for counts in (self._networks, self._pairs, self._talkers, self._sizes):
            self._forget(counts)

    def _forget(self, counts: dict[Any, list[int]]) -> None:
        """Keep those with most bytes of too many; of sizes, the largest."""
        if len(counts) > 2 * self._most:
            place = 0 if counts is self._sizes else 1
            for key, _ in sorted(counts.items(), key=lambda item: item[1][place])[: -self._most]:
                del counts[key]
            self.is_exact = False

    def _measure(self, rows: Any) -> None:
        """Sizes of outer IP packets, as far as the frame's length says them."""
        size = rows["length"].astype(np.int64) - _link_header(rows)
        near, over = size > self.path_mtu - NEAR, size > self.path_mtu
        groups = _groups(rows, ("tunnel", *_names("outer")))
        columns = ((np.maximum, size), (np.add, near & ~over), (np.add, over), (np.maximum, rows["options_length"]))
        found = [groups.each(reduce, values.astype(np.int64)) for reduce, values in columns]
        for key, largest, close, beyond, options in zip(groups.keys, *found, strict=True):
            known = self._sizes.setdefault(key, [0, 0, 0, 0])
            known[:] = max(known[0], largest), known[1] + close, known[2] + beyond, max(known[3], options)

    def networks(self) -> list[tuple[str, int | None, Count]]:
        """By tunnel and VNI, those with most bytes first."""
        found = sorted(self._networks.items(), key=lambda item: -item[1][1])
        return [(TUNNELS[kind - 1], None if vni == NO_VNI else vni, Count(*count)) for (kind, vni), count in found]

    def pairs(self) -> list[tuple[str, str, str, Count]]:
        """By tunnel and between whom its outer packets go."""
        found = sorted(self._pairs.items(), key=lambda item: -item[1][1])
        return [(TUNNELS[key[0] - 1], *_texts(key[1:]), Count(*count)) for key, count in found]

    def talkers(self, most: int) -> list[tuple[str, str, Count]]:
        """Between whom most inner bytes go."""
        found = sorted(self._talkers.items(), key=lambda item: -item[1][1])[:most]
        return [(*_texts(key), Count(*count)) for key, count in found]

    def sizes(self) -> list[dict[str, Any]]:
        """For each pair: the largest outer packet, how many are near the MTU and over it, what fits inside."""
        return [self._size(key, *found) for key, found in sorted(self._sizes.items(), key=lambda item: -item[1][0])]

    def _size(self, key: tuple[Any, ...], largest: int, near: int, over: int, options: int) -> dict[str, Any]:
        kind, (source, destination) = TUNNELS[key[0] - 1], _texts(key[1:])
        fits = mtu.inner_mtu(self.path_mtu, kind, key[1], options)
        return {
            "tunnel": kind, "src": source, "dst": destination, "largest": largest, "near": near, "over": over,
            "inner_mtu": fits,
        }  # fmt: skip


def _names(side: str) -> tuple[str, ...]:
    return (f"{side}_version", *(f"{side}_{name}_{half}" for name in ("src", "dst") for half in ("high", "low")))


def _texts(key: Iterable[int]) -> tuple[str, str]:
    version, *numbers = key
    return str(address(version, numbers[0], numbers[1])), str(address(version, numbers[2], numbers[3]))


def _link_header(rows: Any) -> Any:
    """Bytes before the outer IP header: what is carried begins behind it, the IP header, UDP's and the tunnel's."""
    outer = np.where(rows["outer_version"] == 4, ip.IPV4_HEADER, ip.IPV6_HEADER)
    tunnel = np.array([0, *(mtu.headers(kind) for kind in TUNNELS)])[rows["tunnel"]]
    seen = rows["payload_at"].astype(np.int64) - outer - tunnel - rows["options_length"]
    return np.where(rows["payload_at"] > 0, np.maximum(seen, 0), 14)


class Groups(NamedTuple):
    """Rows that are the same in some columns: what these say, the rows' order, and where each group begins in it."""

    keys: list[tuple[Any, ...]]
    order: Any
    starts: Any

    def each(self, reduce: np.ufunc, values: Any) -> list[int]:
        """What becomes of the values of each group."""
        found: list[int] = reduce.reduceat(values[self.order], self.starts).tolist()
        return found


def _groups(rows: Any, names: tuple[str, ...]) -> Groups:
    """The groups of rows, of which there is at least one."""
    order = np.lexsort([rows[name] for name in names])
    changes = np.zeros(len(rows), bool)
    changes[0] = True
    for name in names:
        column = rows[name][order]
        changes[1:] |= column[1:] != column[:-1]
    starts = np.flatnonzero(changes)
    first = order[starts]
    return Groups(list(zip(*(rows[name][first].tolist() for name in names), strict=True)), order, starts)


def _count(counts: dict[Any, list[int]], rows: Any, names: tuple[str, ...]) -> None:
    if not len(rows):
        return
    groups = _groups(rows, names)
    packets, octets = (
        groups.each(np.add, values) for values in (np.ones(len(rows), np.int64), rows["length"].astype(np.int64))
    )
    for key, more, size in zip(groups.keys, packets, octets, strict=True):
        found = counts.setdefault(key, [0, 0])
        found[0] += more
        found[1] += size
