"""Strategies that are made once, for to make one costs many times what it costs to draw from it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import chain, permutations
from typing import TypeVar

from hypothesis import strategies as st

Drawn = TypeVar("Drawn")

among = cache(st.sampled_from)
_below = cache(lambda end: st.integers(0, end - 1))


def one(draw: st.DrawFn, values: Sequence[Drawn]) -> Drawn:
    """One of the values, which were drawn before."""
    return values[draw(_below(len(values)))]


@cache
def some(values: tuple[Drawn, ...], least: int = 0, most: int = 3) -> st.SearchStrategy[tuple[Drawn, ...]]:
    """A few of the values, each at most once and in any order: all at once, which costs no more than one."""
    sizes = range(least, min(most, len(values)) + 1)
    return st.sampled_from([*chain(*(permutations(values, size) for size in sizes))])


@cache
def many(values: tuple[Drawn, ...]) -> st.SearchStrategy[tuple[Drawn, ...]]:
    """Some of the values, or all, each at most once and in any order."""
    return st.lists(st.sampled_from(values), unique=True).map(tuple)
