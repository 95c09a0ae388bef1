"""Rows as they will be are those that a copy would have once the ops are done."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cpal.core.rows import Action, Op, Row, RowKey, RowsAhead, rows_after

names = st.sampled_from("abcdef")


def row(name: str, value: int) -> Row:
    """A row of the one table."""
    return Row(RowKey("table", name), {"value": value})


@given(held=st.dictionaries(names, st.integers(0, 3)), ahead=st.dictionaries(names, st.none() | st.integers(4, 7)))
def test_rows_ahead_are_the_rows_after_the_ops(held: dict[str, int], ahead: dict[str, int | None]) -> None:
    rows = {each.key: each for each in (row(name, value) for name, value in held.items())}
    after = {RowKey("table", name): None if value is None else row(name, value) for name, value in ahead.items()}
    ops = [
        Op(Action.DELETE, row(key.name, 0), None) if each is None else Op(Action.UPDATE, each, each)
        for key, each in after.items()
    ]
    found, expected = RowsAhead(rows, after), rows_after(rows, ops)
    assert dict(found) == expected
    assert len(found) == len(expected)
    assert [found.get(key) for key in after] == [expected.get(key) for key in after]
    assert [key in found for key in (*rows, *after)] == [key in expected for key in (*rows, *after)]
