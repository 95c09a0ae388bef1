"""Prefixes out of a pool of prefixes: which one is next, and whether one is free. Pure functions of pool and taken.

Theory. What is taken cuts the pool into stretches of free addresses, and each stretch is a few aligned blocks whose
sizes are powers of two. A prefix goes to the start of the smallest block that has room for it (best fit), so that large
blocks stay whole for those who will want one. It costs one pass over what is taken.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator

from cpal.model.address import span, text_of
from cpal.model.subnet_pool import ADDRESS_BITS


def free_prefix(pool: Iterable[str], taken: Iterable[str], length: int) -> str | None:
    """The prefix of this length to take next from the pool's prefixes, or None when there is no room for it."""
    prefixes = [*pool]
    version = span(prefixes[0]).version if prefixes else 4
    wanted = 1 << (ADDRESS_BITS[version] - length)
    blocks = (block for gap in _gaps(prefixes, taken) for block in _blocks(*gap))
    best = min((block for block in blocks if block[0] >= wanted), default=None)
    return None if best is None else f"{text_of(best[1], version)}/{length}"


def is_free_prefix(cidr: str, pool: Iterable[str], taken: Iterable[str]) -> bool:
    """Whether the prefix is in one of the pool's, and overlaps none of those taken; all are of one version of IP."""
    asked = span(cidr)
    return any(first <= asked.first and asked.last <= last for first, last in _gaps(pool, taken))


def _gaps(pool: Iterable[str], taken: Iterable[str]) -> Iterator[tuple[int, int]]:
    """The first and the last address of each stretch of the pool's prefixes that is free."""
    used = _stretches(taken)
    for _, _, low, high in sorted(map(span, pool)):
        start = low
        for first, last in used[max(bisect_left(used, (low, 0)) - 1, 0) :]:
            if first > high:
                break
            if first > start:
                yield start, first - 1
            start = max(start, last + 1)
        if start <= high:
            yield start, high


def _stretches(prefixes: Iterable[str]) -> list[tuple[int, int]]:
    """The first and the last address of each stretch that the prefixes cover, in order; what lies inside is joined."""
    found: list[tuple[int, int]] = []
    for first, last in sorted((each.first, each.last) for each in map(span, prefixes)):
        if not found or last > found[-1][1]:
            found.append((first, last))
    return found


def _blocks(first: int, last: int) -> Iterator[tuple[int, int]]:
    """The size and start of each of the fewest prefixes that are all addresses from `first` to `last`."""
    while first <= last:
        fits = 1 << (last - first + 1).bit_length() - 1
        size = min(first & -first or fits, fits)
        yield size, first
        first += size
