"""The database of a service of its own, such as the identity service's: in a file, or on the server of the store.

Things (users, projects, roles ...) are rows of one table: kind, id, the space that their name is unique in, the name,
and the rest as JSON. What is secret has a table of its own, so that no listing of things can show it. `version` moves
with every change, by this process or another, so that what was worked out before can be kept until then.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cpal.engine.database import Database as Place
from cpal.engine.places import opened
from cpal.errors import Outdated

FILE, SPACE, WHAT = "identity.db", "cpal_identity", "identity database"
"""What the identity service's is called: in the state directory, on a server, and in messages."""
SCHEMA_VERSION = 2
"""The newest schema that is known; a database is of the first until it holds what an older cpal would pass over."""
WITH_ACCESS_RULES = 2
"""The schema of a database in which credentials have access rules."""
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
    """What is kept in one place, with tables as `schema` says; `what` names it in errors.

    Not for use by several threads.
    """

    def __init__(self, place: Place, schema: str = SCHEMA, what: str = WHAT) -> None:
        self._db = place
        self._writes = self._others = 0
        self._is_writing = False
        place.make(schema, lambda: self._set_meta("schema", b"1"))
        if (found := int(self.meta("schema"))) > SCHEMA_VERSION:
            raise Outdated(
                f"the {what} has schema {found}, newer than this cpal's {SCHEMA_VERSION}",
                key=place.place,
                remedy="use the newer cpal; nothing was changed",
            )

    def close(self) -> None:
        """Let go of it."""
        self._db.close()

    def version(self) -> tuple[int, int]:
        """A number that is another one after any change, whoever made it."""
        self._others += self._db.moved()
        return self._writes, self._others

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        return self._db.rows(query, *values)

    def row(self, query: str, *values: object) -> tuple[Any, ...] | None:
        """The first row of a query, if there is one."""
        return next(iter(self._db.rows(query, *values)), None)

    def change(self, statement: str, *values: object) -> int:
        """Run one statement in a transaction (its own, unless one is under way); the number of rows it changed."""
        with self.writing():
            return self._db.change(statement, *values)

    def change_many(self, statement: str, values: Sequence[Sequence[object]]) -> None:
        """Run one statement for each of the values."""
        with self.writing():
            self._db.change_many(statement, values)

    def meta(self, name: str) -> Any:
        """A value kept under a name, or None."""
        row = self.row("SELECT value FROM meta WHERE name = ?", name)
        return row[0] if row else None

    def demand(self, schema: int) -> None:
        """Have the database refused by each cpal that does not know as much, from now on."""
        if int(self.meta("schema")) < schema:
            self.change("UPDATE meta SET value = ? WHERE name = 'schema'", str(schema).encode())

    def _set_meta(self, name: str, value: bytes) -> None:
        self._db.change("INSERT INTO meta VALUES (?, ?)", name, value)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction: all of it or nothing, others' before or after it. Within another it is part of that one.

        Raises:
            Disk, Unreachable: it cannot be written.
        """
        if self._is_writing:
            yield
            return
        with self._db.writing():
            self._is_writing = True
            try:
                yield
                self._writes += 1
            finally:
                self._is_writing = False


def people(home: Path) -> Database:
    """The identity service's database: in the state directory, or on the server that CPAL_STORE names.

    Raises:
        Disk, Unreachable: it cannot be opened.
        Outdated: a newer cpal keeps it.
    """
    return Database(opened(home, FILE, SPACE, WHAT))
