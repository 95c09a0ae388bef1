"""Where the records of a pcap file begin, by numpy.

Theory. Records are a chain: only the length in one tells where the next begins. One chain can only be followed by a
loop, a packet at a time; so a span of the file is cut into lanes, whose chains go on together. Where a lane begins is
guessed. That the lane before it ends just there proves the guess: then all is as if the one chain had been followed. If
it does not, the rest is followed by the loop.
"""

from __future__ import annotations

import sys
from array import array
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpal.wire import pcap

NATIVE = "<" if sys.byteorder == "little" else ">"
"""The byte order of the machine, which is that of the files that are walked here."""
LANE = 1 << 18
"""Bytes of a lane: so many that its guess costs little, so few that a span stays small."""
LANES = 256
"""Lanes that go on together."""
WORTHWHILE = 24
"""Fewer lanes are slower than the loop."""
STEPS = 32
"""Steps between two looks at whether all lanes are through."""
WINDOW = 1024
"""Bytes in which a beginning is looked for at once."""

Array = NDArray[Any]


def walk(data: bytes, start: int) -> Array:
    """Where records begin from `start` on, if each is as long as it says."""
    last, at, is_proved = len(data) - pcap.RECORD, start, True
    words = np.ndarray((max(len(data) - 3, 0),), "u4", data, strides=(1,))
    found = []
    while is_proved and last - at >= WORTHWHILE * LANE:
        stop = min(at + LANES * LANE, last)
        starts, at, is_proved = _together(words[8:], _begins(words, at, stop), stop, last + 1)
        found.append(starts)
    return np.concatenate([*found, _one_by_one(data, at)])


def _begins(words: Array, start: int, stop: int) -> Array:
    """Where lanes of a span may begin, the first for sure."""
    like = words[start] >> 16
    guesses = (_guess(words, at, min(at + LANE, stop), like) for at in range(start + LANE, stop, LANE))
    return np.array([start, *(guess for guess in guesses if guess is not None)])


def _guess(words: Array, at: int, stop: int, like: Any) -> int | None:
    """Where between two places a record may begin: it and the next are of about a time, and not longer than their
    packets were."""
    for first in range(at, stop, WINDOW):
        likely = np.flatnonzero(words[first : min(first + WINDOW, stop)] >> 16 == like)
        for place in (likely + first).tolist():
            following = place + pcap.RECORD + int(words[place + 8])
            if _is_like(words, place, like) and _is_like(words, following, like):
                return int(place)
    return None


def _is_like(words: Array, at: int, like: Any) -> bool:
    return at + 12 < len(words) and bool(words[at] >> 16 == like and words[at + 8] <= words[at + 12])


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
