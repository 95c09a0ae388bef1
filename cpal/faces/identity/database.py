"""A file of a service's own, such as the identity service's: one SQLite database, for its owner alone.

Things (users, projects, roles ...) are rows of one table: kind, id, the space that their name is unique in, the name,
and the rest as JSON. What is secret has a table of its own, so that no listing of things can show it. `version` moves
with every change, by this process or another, so that what was worked out before can be kept until then.

Source: https://www.sqlite.org/wal.html, https://www.sqlite.org/pragma.html#pragma_data_version
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cpal.errors import Broken, Disk, Outdated

SCHEMA_VERSION = 1
SCHEMA = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE entities (
  number INTEGER PRIMARY KEY, kind TEXT NOT NULL, id TEXT NOT NULL, space TEXT NOT NULL, name TEXT NOT NULL,
  body TEXT NOT NULL, UNIQUE (kind, id), UNIQUE (kind, space, name));
CREATE TABLE secrets (owner TEXT PRIMARY KEY, hash TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE grants (
  actor TEXT NOT NULL, actor_id TEXT NOT NULL, target TEXT NOT NULL, target_id TEXT NOT NULL, role_id TEXT NOT NULL,
  inherited INTEGER NOT NULL, PRIMARY KEY (actor_id, target_id, role_id, inherited, actor, target)) WITHOUT ROWID;
CREATE INDEX grants_by_target ON grants (target_id);
CREATE TABLE members (group_id TEXT NOT NULL, user_id TEXT NOT NULL, PRIMARY KEY (user_id, group_id)) WITHOUT ROWID;
CREATE TABLE implications (
  prior_id TEXT NOT NULL, implied_id TEXT NOT NULL, PRIMARY KEY (prior_id, implied_id)) WITHOUT ROWID;
CREATE TABLE ended (subject TEXT PRIMARY KEY, at REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE revoked (audit_id TEXT PRIMARY KEY, expires_at REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE own_services (type TEXT PRIMARY KEY, service_id TEXT NOT NULL) WITHOUT ROWID;
"""


class Database:
    """One file, made when it is not there, with tables as `schema` says; `what` names it in errors.

    Not for use by several threads.
    """

    def __init__(self, path: Path, schema: str = SCHEMA, what: str = "identity database") -> None:
        self._path = path
        self._schema = schema
        self._what = what
        self._writes = 0
        with self._faults():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.touch(0o600)
            path.chmod(0o600)
            self._db = sqlite3.connect(path, isolation_level=None, timeout=30)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            self._migrate()

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def version(self) -> tuple[int, int]:
        """A number that is another one after any change, whoever made it."""
        with self._faults():
            return self._writes, int(self._db.execute("PRAGMA data_version").fetchone()[0])

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        with self._faults():
            return self._db.execute(query, values).fetchall()

    def row(self, query: str, *values: object) -> tuple[Any, ...] | None:
        """The first row of a query, if there is one."""
        with self._faults():
            found: tuple[Any, ...] | None = self._db.execute(query, values).fetchone()
        return found

    def change(self, statement: str, *values: object) -> int:
        """Run one statement in a transaction (its own, unless one is under way); the number of rows it changed."""
        with self.writing():
            return self._db.execute(statement, values).rowcount

    def change_many(self, statement: str, values: Sequence[Sequence[object]]) -> None:
        """Run one statement for each of the values."""
        with self.writing():
            self._db.executemany(statement, values)

    def meta(self, name: str) -> Any:
        """A value kept under a name, or None."""
        row = self.row("SELECT value FROM meta WHERE name = ?", name)
        return row[0] if row else None

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction: all of it or nothing. Within another it is part of that one.

        Raises:
            Disk: the file cannot be written.
        """
        if self._db.in_transaction:
            yield
            return
        with self._faults():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._writes += 1
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def _migrate(self) -> None:
        with self.writing():
            if not self.row("SELECT 1 FROM sqlite_master WHERE name = 'meta'"):
                for statement in self._schema.split(";")[:-1]:
                    self._db.execute(statement)
                self._db.execute("INSERT INTO meta VALUES ('schema', ?)", (SCHEMA_VERSION,))
        if (schema := int(self.meta("schema"))) > SCHEMA_VERSION:
            raise Outdated(
                f"the {self._what} has schema {schema}, newer than this cpal's {SCHEMA_VERSION}",
                key=str(self._path),
                remedy="use the newer cpal; nothing was changed",
            )

    @contextmanager
    def _faults(self) -> Iterator[None]:
        """SQLite's and the file system's errors in our words; a breach of uniqueness is the caller's to word."""
        try:
            yield
        except sqlite3.IntegrityError:
            raise
        except (sqlite3.OperationalError, OSError) as error:
            remedy = "free space or mend permissions"
            raise Disk(f"the {self._what} cannot be used: {error}", key=str(self._path), remedy=remedy) from error
        except sqlite3.DatabaseError as error:
            message = f"the {self._what} is damaged: {error}"
            raise Broken(message, key=str(self._path), remedy="restore it from a backup") from error
