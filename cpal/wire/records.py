"""The packets of a capture: as records one by one, and as an index into the bytes of a file."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

Numbers = Any
"""A sequence of numbers: a list, an array, or numpy's."""


class Record(NamedTuple):
    """A captured packet: nanoseconds since the epoch, its length on the wire, the bytes kept, and its link type."""

    time_ns: int
    length: int
    data: bytes
    link_type: int
    is_cut: bool = False
    """Whether the file ends inside it."""


class Index(NamedTuple):
    """Where packets are in a buffer, one entry each in sequences of the same length, and where the next begins (`end`).

    `link_types` is one number where all have the same.
    """

    starts: Numbers
    captured: Numbers
    lengths: Numbers
    times_ns: Numbers
    link_types: Sequence[int] | int
    end: int
    rows: Any = None
    """What the engine of `columns` that made the index knows of the packets already."""
    odd: Any = None
    """The places of the odd ones among these rows."""

    @classmethod
    def empty(cls) -> Index:
        """An index to be filled."""
        return cls(array("q"), array("q"), array("q"), array("q"), array("q"), 0)

    def adders(self) -> tuple[Callable[[int], None], ...]:
        """What appends to starts, captured, lengths and times."""
        sequences = (self.starts, self.captured, self.lengths, self.times_ns)
        return tuple(each.append for each in sequences if isinstance(each, array))

    def records(self, data: bytes) -> Iterator[Record]:
        """The packets as records."""
        links = [self.link_types] * len(self.starts) if isinstance(self.link_types, int) else self.link_types
        rows = zip(self.times_ns, self.lengths, self.starts, self.captured, links, strict=True)
        for time_ns, length, start, captured, link_type in rows:
            yield Record(time_ns, length, bytes(data[start : start + captured]), link_type)
