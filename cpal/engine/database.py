"""What a store asks of a database: statements, transactions, whether somebody else wrote, and turns.

Statements are written in the SQL that SQLite and PostgreSQL share, with `?` for values; the schema in SQLite's words
for types. A value is text, a number, bytes or None.

    engine.sqlite      one file: for one machine, without anything to install
    engine.postgresql  a server: for several processes on several machines
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

from cpal.engine.turn import Turns

Values = Sequence[object]


class Database(Protocol):
    """One database that a store is in. For use by one thread at a time."""

    @property
    def place(self) -> str:
        """Where it is, for messages: a path or an address, without any secret."""

    @property
    def turns(self) -> Turns:
        """What the processes that write take turns by."""

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """All rows of a query."""

    def change(self, statement: str, *values: object) -> int:
        """Run a statement; the number of rows it changed."""

    def change_many(self, statement: str, values: Iterable[Values]) -> int:
        """Run a statement for each of the values; the number of rows changed in all."""

    def reading(self) -> AbstractContextManager[None]:
        """One snapshot, however many queries."""

    def writing(self) -> AbstractContextManager[None]:
        """One transaction: all of it, durable at its end, or nothing. Others' transactions come before or after it.

        It may end in another thread than it began.

        Raises:
            Disk, Unreachable: it cannot be written; where the connection was lost at the very end, it may have been.
        """

    def make(self, schema: str, fill: Callable[[], None]) -> None:
        """Make the tables of the schema and `fill` them in the same transaction, unless they are there."""

    def is_made(self) -> bool:
        """Whether the tables are there."""

    def moved(self) -> bool:
        """Whether somebody else wrote since this was last asked; true the first time."""

    def backup(self, path: Path, schema: str) -> None:
        """Write a consistent copy of the tables of the schema into a new SQLite file."""

    def restore(self, source: sqlite3.Connection) -> None:
        """Become what a backup holds, all at once."""

    def close(self) -> None:
        """Let go of it."""
