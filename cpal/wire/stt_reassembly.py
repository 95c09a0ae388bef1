"""STT's receiver: segments in, in any order, frames out. Source: draft-davie-stt-08, section 3.2.

Theory. A frame's segments have the same addresses, source port and acknowledgement (its id), and each says how long the
frame is and where its piece belongs. There is no retransmission: what is not whole in time is dropped. A piece that is
there already with the same bytes is a duplicate and harmless; one that says other bytes, or another length, makes the
frame untrue: it is dropped, with what comes of it until its time is over. Memory is bounded: pieces are kept as they
came, never as a frame that a lying length would make large, and the oldest frame gives way to a new piece.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import NamedTuple

from cpal.wire import ecn, stt
from cpal.wire.checksum import Address
from cpal.wire.tcp import Tcp

TIMEOUT_NS = 500_000_000
MOST_BYTES = 16 << 20
PIECE_COST = 128
"""Bytes that a piece costs beside its own, and a frame without any."""


class Key(NamedTuple):
    """What the segments of a frame have in common."""

    source: Address
    destination: Address
    source_port: int
    id: int


class Whole(NamedTuple):
    """A frame, encoded, and the congestion mark of its segments together."""

    data: bytes
    ecn: int


class Counters(NamedTuple):
    """What became of segments and frames."""

    frames: int = 0
    duplicates: int = 0
    """Segments that were there already."""
    timed_out: int = 0
    crowded_out: int = 0
    """Frames that gave way to others."""
    untrue: int = 0
    """Frames whose segments contradict each other, and segments that cannot be."""


class _Frame:
    def __init__(self, length: int, since_ns: int, mark: int) -> None:
        self.length = length
        self.since_ns = since_ns
        self.ecn = mark
        self.pieces: list[tuple[int, bytes]] = []
        self.cost = PIECE_COST
        self.is_untrue = False

    def missing(self, start: int, data: bytes) -> list[tuple[int, bytes]] | None:
        """The parts of a piece that are not there yet; None where it contradicts what is."""
        parts = []
        for at, known in self.pieces:
            if at >= start + len(data):
                break
            end = at + len(known)
            if end <= start:
                continue
            if start < at:
                parts.append((start, data[: at - start]))
                data, start = data[at - start :], at
            if known[start - at :][: len(data)] != data[: end - start]:
                return None
            data, start = data[end - start :], end
        return [*parts, (start, data)] if data else parts

    def add(self, parts: list[tuple[int, bytes]]) -> None:
        self.pieces = sorted(self.pieces + parts)
        self.cost += sum(len(data) + PIECE_COST for _, data in parts)

    @property
    def is_whole(self) -> bool:
        return sum(len(data) for _, data in self.pieces) == self.length


class Reassembler:
    """The frames that are not whole yet. It has no clock: who adds says what time it is, in nanoseconds."""

    def __init__(self, most_bytes: int = MOST_BYTES, timeout_ns: int = TIMEOUT_NS) -> None:
        self.counters = Counters()
        self._most = most_bytes
        self._timeout_ns = timeout_ns
        self._frames: OrderedDict[Key, _Frame] = OrderedDict()
        self._held = 0

    @property
    def held_bytes(self) -> int:
        """Bytes that are held, never more than the most."""
        return self._held

    def add(
        self, source: Address, destination: Address, segment: Tcp, now_ns: int, mark: int = ecn.NOT_ECT
    ) -> Whole | None:
        """The frame that is whole with this segment; None while something is missing. `mark` is the segment's ECN."""
        self.expire(now_ns)
        place, key = stt.place(segment), Key(source, destination, segment.source_port, segment.acknowledgement)
        if not segment.payload or place.offset + len(segment.payload) > place.length:
            self._count(untrue=1)
            return None
        frame = self._frames.get(key)
        if frame is None:
            if PIECE_COST * 2 + len(segment.payload) > self._most:
                self._count(crowded_out=1)
                return None
            frame = self._frames[key] = _Frame(place.length, now_ns, mark)
            self._held += frame.cost
        if frame.is_untrue:
            return None
        parts = frame.missing(place.offset, segment.payload) if frame.length == place.length else None
        if parts is None:
            self._give_up(frame)
            return None
        frame.ecn = ecn.together(frame.ecn, mark)
        return self._grow(key, frame, parts)

    def _give_up(self, frame: _Frame) -> None:
        self._count(untrue=1)
        self._held -= frame.cost - PIECE_COST
        frame.pieces, frame.cost, frame.is_untrue = [], PIECE_COST, True

    def _grow(self, key: Key, frame: _Frame, parts: list[tuple[int, bytes]]) -> Whole | None:
        if not parts:
            self._count(duplicates=1)
            return None
        before = frame.cost
        frame.add(parts)
        self._held += frame.cost - before
        if frame.is_whole:
            self._drop(key)
            self._count(frames=1)
            return Whole(b"".join(data for _, data in frame.pieces), frame.ecn)
        while self._held > self._most:
            self._drop(next(iter(self._frames)))
            self._count(crowded_out=1)
        return None

    def expire(self, now_ns: int) -> None:
        """Drop what waited too long. Frames wait in the order in which they began."""
        while self._frames:
            key, oldest = next(iter(self._frames.items()))
            if now_ns - oldest.since_ns < self._timeout_ns:
                return
            self._drop(key)
            if not oldest.is_untrue:
                self._count(timed_out=1)

    def _drop(self, key: Key) -> None:
        self._held -= self._frames.pop(key).cost

    def _count(self, **more: int) -> None:
        self.counters = self.counters._replace(**{n: getattr(self.counters, n) + more[n] for n in more})
