"""Where the records of a pcap file begin, by numpy.

Theory. Records are a chain: only the length in one tells where the next begins. One chain can only be followed by a
loop, a packet at a time; so a span of the file is cut into lanes, whose chains go on together. Where a lane begins is
guessed. That the lane before it ends just there proves the guess: then all is as if the one chain had been followed. If
it does not, the rest is followed by the loop. A span is so small that what is done with its records finds them in the
processor's memory.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpal.wire import pcap

NATIVE = "<" if sys.byteorder == "little" else ">"
"""The byte order of the machine, which is that of the files that are walked here."""
LANE = 1 << 16
"""Bytes of a lane: so many that its guess costs little, so few that a span stays small."""
LANES = 256
"""Lanes that go on together."""
WORTHWHILE = 24
"""Fewer lanes are slower than the loop."""
STEPS = 16
"""Steps between two looks at whether all lanes are through."""
WINDOW = 2048
"""Bytes at the start of a lane in which a record is looked for."""
_UPPER = 2 if sys.byteorder == "little" else 0
"""Where the upper half of a time in seconds is."""

Array = NDArray[Any]


def walk(data: bytes, start: int) -> Iterator[Array]:
    """Where records begin from `start` on, if each is as long as it says: those of a span at a time."""
    last, at, is_proved = len(data) - pcap.RECORD, start, True
    words = np.ndarray((max(len(data) - 3, 0),), "u4", data, strides=(1,))
    while is_proved and last - at >= WORTHWHILE * LANE:
        stop = min(at + LANES * LANE, last)
        starts, at, is_proved = _together(words[8:], _begins(data, words, at, stop), stop, last + 1)
        yield starts
    yield _one_by_one(data, at)


def _begins(data: bytes, words: Array, start: int, stop: int) -> Array:
    """Where lanes of a span may begin, the first for sure: where a record and the next are of about the time of the
    first, and not longer than their packets were."""
    first = start + LANE
    lanes = max(0, (min(stop, len(data) - WINDOW - 4) - first - 1) // LANE + 1)
    upper = data[start + _UPPER : start + _UPPER + 2]
    is_near = np.ones((lanes, WINDOW), bool)
    for n, byte in enumerate(upper):
        is_near &= np.ndarray((lanes, WINDOW), np.uint8, data, first + _UPPER + n, (LANE, 1)) == byte
    lane, offset = np.divmod(np.flatnonzero(is_near), WINDOW)
    at = first + lane * LANE + offset
    like = words[start] >> 16
    good = (at < stop) & _are_like(words, at, like)
    at, lane = at[good], lane[good]
    good = _are_like(words, at + pcap.RECORD + words[at + 8], like)
    at, lane = at[good], lane[good]
    return np.append(start, at[np.flatnonzero(np.diff(lane, prepend=-1))])


def _are_like(words: Array, at: Array, like: Any) -> Any:
    """Whether records seem to begin there: of about that time, and not longer than their packets were."""
    inside = at + 12 < len(words)
    at = np.where(inside, at, 0)
    return inside & (words[at] >> 16 == like) & (words[at + 8] <= words[at + 12])


def _together(lengths: Array, begins: Array, stop: int, end: int) -> tuple[Array, int, bool]:
    """The records of the lanes that are proved, where the next begins, and whether that is all lanes.

    `lengths` are those of records by their place; `end` is a place where none begins.
    """
    at, stops = begins, np.append(begins[1:], stop)
    passed: list[Array] = []
    while (at < stops).any():
        for _ in range(STEPS):
            passed.append(at)
            at = np.minimum(lengths[at] + (at + pcap.RECORD), end)
    table = np.array([*passed, at]).T
    inside = table < stops[:, None]
    ends = table[np.arange(len(begins)), inside.sum(1)]
    wrong = np.flatnonzero(ends[:-1] != begins[1:])
    proved = int(wrong[0]) + 1 if len(wrong) else len(begins)
    return table[:proved][inside[:proved]], int(ends[proved - 1]), not len(wrong)


def _one_by_one(data: bytes, at: int) -> Array:
    """The same as `walk` by following the one chain."""
    view = memoryview(data)
    numbers = [view[n : n + (len(data) - n) // 4 * 4].cast("I") for n in range(min(4, len(data)))]
    found = array("q")
    add, length_at, last = found.append, at + 8, len(data) - pcap.RECORD + 8
    while length_at <= last:
        add(length_at)
        length_at += pcap.RECORD + numbers[length_at & 3][length_at >> 2]
    return np.frombuffer(found, np.int64) - 8
