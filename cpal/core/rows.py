"""Rows, the tables they live in, and the ops that change them: what every backend is spoken to in.

A *row* is what a backend holds under (table, name). Its columns are canonical, so that equality is sameness: a set is a
sorted tuple, a reference to another row is its RowKey, and a column at its default is left out. A row may live `within`
another (a port in a switch), which then owns it. Membership in a set or map column is a row of its own, an *edge*: its
table is `Table.column`, it lives within the row that has the column, and its `VALUE` column is the member.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import NamedTuple

from msgspec import field

from cpal.model.record import Key, Part


class RowKey(NamedTuple):
    """Which row: its table and its name there. As a column's value: a reference to that row."""

    table: str
    name: str

    def __str__(self) -> str:
        return f"{self.table} {self.name}"


Scalar = bool | int | float | str | RowKey
Value = Scalar | tuple[Scalar, ...] | Mapping[str, str | int]
VALUE = "value"
"""The column of an edge that holds the member (for a map column: a (key, value) tuple)."""


class Row(Part, frozen=True, gc=False):
    """A row of a backend.

    `because` names the records it was rendered for, the first one first in line; `within` the row that contains it;
    `needs` rows that must be there before it, beyond those in its columns.
    """

    key: RowKey
    columns: dict[str, Value] = field(default_factory=dict)
    because: tuple[Key, ...] = ()
    within: RowKey | None = None
    needs: tuple[RowKey, ...] = ()


class Table(NamedTuple):
    """How a driver keeps one table.

    `columns` are those that a renderer may set; `rank` orders creation (lower first; deletion is the reverse);
    `within` maps each containing table to the column there that holds these rows; `word` is the user's word for a row.
    """

    columns: frozenset[str]
    rank: int
    word: str
    within: Mapping[str, str] = {}
    edge: bool = False


class Action(StrEnum):
    """What an op does to its row."""

    CREATE = "create"
    ADOPT = "adopt"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    RELEASE = "release"


class Op(Part, frozen=True, gc=False):
    """One step: `after` is the row wanted (None for delete and release), `before` the row seen (None for create).

    To adopt a row is to change it and to own it from then on; to release it is to own it no longer, and to leave it.
    """

    action: Action
    before: Row | None
    after: Row | None
    reason: str = ""

    @property
    def row(self) -> Row:
        """The row wanted, or, for a deletion, the one seen."""
        row = self.before if self.after is None else self.after
        if row is None:
            raise ValueError("an op needs a row before or after")
        return row

    @property
    def key(self) -> RowKey:
        """The key of the row that changes."""
        return self.row.key


def references(rows: Iterable[Row]) -> dict[RowKey, None]:
    """Every row that one of the `rows` points to, lives in or needs."""
    found: dict[RowKey, None] = {}
    for row in rows:
        if row.within is not None:
            found[row.within] = None
        for key in row.needs:
            found[key] = None
        for value in row.columns.values():
            kind = type(value)
            if kind is RowKey:
                found[value] = None  # type: ignore[index]  # by its type
            elif kind is tuple:
                for member in value:  # type: ignore[union-attr]  # by its type
                    if type(member) is RowKey:
                        found[member] = None
    return found


def is_same(one: Row | None, other: Row | None) -> bool:
    """Whether both say the same, or there is neither; for which records they are says nothing."""
    if one is None or other is None:
        return one is other
    return one is other or (one.columns == other.columns and one.within == other.within)


def are_the_very(rows: Mapping[RowKey, Row], known: Mapping[RowKey, Row]) -> bool:
    """Whether the rows are those known, the very objects, and no others."""
    return rows.keys() == known.keys() and all(rows[key] is row for key, row in known.items())


class RowsAhead(Mapping[RowKey, Row]):
    """Rows as they will be: those of `ahead` in the place of those known, None where there will be none.

    Neither is copied, so a look-up costs what it costs there; to go through all costs as much as there are.
    """

    __slots__ = ("_ahead", "_rows")

    def __init__(self, rows: Mapping[RowKey, Row], ahead: Mapping[RowKey, Row | None]) -> None:
        self._rows = rows
        self._ahead = ahead

    def __getitem__(self, key: RowKey) -> Row:
        found = self._ahead[key] if key in self._ahead else self._rows[key]
        if found is None:
            raise KeyError(key)
        return found

    def __iter__(self) -> Iterator[RowKey]:
        yield from (key for key, row in self._ahead.items() if row is not None)
        yield from (key for key in self._rows if key not in self._ahead)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def rows_after(rows: Mapping[RowKey, Row], ops: Iterable[Op]) -> dict[RowKey, Row]:
    """The rows, once the ops are done."""
    found = dict(rows)
    for op in ops:
        if op.after is None:
            found.pop(op.key, None)
        else:
            found[op.key] = op.after
    return found
