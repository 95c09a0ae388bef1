"""What is free in a pool, and how many numbers are looked at until one is found."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpal.core.allocate import ANYWHERE, NEAR, first_free
from cpal.model.target import Range

POOL = [Range(10, 9_999), Range(20_000, 40_009)]
SIZE = 30_000


@given(st.sets(st.integers(0, 30)), st.integers(0, 40), st.text(max_size=5))
def test_what_is_found_is_free_and_something_is_found_while_anything_is(taken: set[int], skip: int, seed: str) -> None:
    ranges = [Range(0, 9), Range(12, 11), Range(15, 24)]
    free = {*range(10), *range(15, 25)} - taken
    found = first_free(ranges, taken.__contains__, skip, seed)
    assert found in free if free else found is None


@pytest.mark.parametrize("skip", [0, 7, 9_990, 15_000])
def test_numbers_given_in_order_are_found_at_the_first_look(skip: int) -> None:
    order = [*range(10, 10_000), *range(20_000, 40_010)]
    assert first_free(POOL, set(order[:skip]).__contains__, skip) == order[skip]


@pytest.mark.parametrize("holes", [1_000, 5_000, 10_000], ids="{} became free".format)
def test_where_others_became_free_few_numbers_are_looked_at(holes: int) -> None:
    taken = {*range(10, 10_000), *range(20_000, 35_010)} - set(range(10, 10 + holes))
    looks: list[int] = []
    for port in range(200):
        seen: list[int] = []
        found = first_free(POOL, lambda n, seen=seen: seen.append(n) or n in taken, len(taken), f"port {port}")  # type: ignore[misc]  # append gives None
        assert found is not None
        taken.add(found)
        taken.remove(min(taken))
        looks.append(len(seen))
    found_late = [count for count in looks if count > NEAR + ANYWHERE]
    assert len(found_late) <= 2, found_late
    assert sum(looks) / len(looks) < 2 * NEAR or found_late
