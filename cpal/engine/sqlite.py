"""A database in one SQLite file: WAL with synchronous=FULL, so that what was acknowledged survives a power cut.

Source: https://www.sqlite.org/wal.html, https://www.sqlite.org/pragma.html#pragma_synchronous,
https://www.sqlite.org/pragma.html#pragma_wal_autocheckpoint
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from cpal.engine.database import Values
from cpal.engine.turn import FileTurns
from cpal.errors import Broken, Disk

PAGES_OF_LOG = 8000
"""How many pages of 4 KiB the log holds before a commit carries over into the file what is not there yet. To carry over
all of them takes as long as many commits, and whoever writes then would wait."""
COMMITS = 32
"""After how many commits the log is carried over meanwhile, by a thread of its own. A command's process makes fewer."""


class SqliteDatabase:
    """One file, for its owner alone, made when it is not there; `what` names it in errors."""

    def __init__(self, path: Path, what: str = "store") -> None:
        self.place = str(path)
        self._faults = _Faults(what, self.place)
        self.turns = FileTurns(path.parent)
        self._data_version: int | None = None
        with self._faults:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.touch(0o600)
            self._db = sqlite3.connect(path, isolation_level=None, timeout=30, check_same_thread=False)
            path.chmod(0o600)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.execute(f"PRAGMA wal_autocheckpoint={PAGES_OF_LOG}")
            self._db.execute("PRAGMA foreign_keys=ON")
        self._path = path
        self._commits = 0
        self._carrier: ThreadPoolExecutor | None = None
        self._carried: Future[None] | None = None

    def close(self) -> None:
        """Let go of the file."""
        if self._carrier is not None:
            self._carrier.shutdown()
        self.turns.close()
        self._db.close()

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        with self._faults:
            return self._db.execute(query, values).fetchall()

    def change(self, statement: str, *values: object) -> int:
        """Run a statement; the number of rows it changed."""
        with self._faults:
            return self._db.execute(statement, values).rowcount

    def change_many(self, statement: str, values: Iterable[Values]) -> int:
        """Run a statement for each of the values; the number of rows changed in all."""
        given = list(values)
        if not given:
            return 0
        with self._faults:
            return self._db.executemany(statement, given).rowcount

    @contextmanager
    def reading(self) -> Iterator[None]:
        """One snapshot of the file, however many queries."""
        with self._faults:
            self._db.execute("BEGIN")
            try:
                yield
            finally:
                self._db.execute("ROLLBACK")

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction: all of it or nothing.

        Raises:
            Disk: the file cannot be written.
        """
        with self._faults:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise
        self._commits += 1
        if self._commits % COMMITS == 0 and (self._carried is None or self._carried.done()):
            self._carrier = self._carrier or ThreadPoolExecutor(1, "checkpoint")
            self._carried = self._carrier.submit(self._carry_over)

    def _carry_over(self) -> None:
        """Carry the log over into the file, as far as it is now; where that fails, a commit will, and says so."""
        there = f"{self._path.absolute().as_uri()}?mode=rw"
        with suppress(sqlite3.Error), closing(sqlite3.connect(there, uri=True)) as beside:
            beside.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def make(self, schema: str, fill: Callable[[], None]) -> None:
        """Make the tables of the schema and `fill` them in the same transaction, unless they are there."""
        if self.is_made():
            return
        with self.writing():
            if not self.is_made():
                for statement in schema.split(";")[:-1]:
                    self._db.execute(statement)
                fill()

    def is_made(self) -> bool:
        """Whether the tables are there."""
        return bool(self.rows("SELECT 1 FROM sqlite_master WHERE name = 'meta'"))

    def moved(self) -> bool:
        """Whether another process wrote to the file since this was last asked; true the first time.

        Source: https://www.sqlite.org/pragma.html#pragma_data_version
        """
        [(seen,)] = self.rows("PRAGMA data_version")
        moved, self._data_version = seen != self._data_version, seen
        return bool(moved)

    def backup(self, path: Path, schema: str) -> None:
        """Write a consistent copy into a new file."""
        with closing(sqlite3.connect(path)) as copy:
            self._db.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")

    def restore(self, source: sqlite3.Connection) -> None:
        """Become what a backup holds, all at once."""
        with self._faults:
            source.backup(self._db)


class _Faults:
    """SQLite's and the file system's errors in our words, as a context: one for all statements."""

    def __init__(self, what: str, place: str) -> None:
        self._what = what
        self._place = place

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, sqlite3.OperationalError | OSError):
            raise Disk(
                f"the {self._what} cannot be used: {error}",
                key=self._place,
                remedy="free space or mend permissions; the next run settles what was under way",
            ) from error
        if isinstance(error, sqlite3.DatabaseError):
            raise Broken(
                f"the {self._what} is damaged: {error}", key=self._place, remedy="restore it from a backup"
            ) from error
