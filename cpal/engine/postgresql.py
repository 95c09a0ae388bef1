"""A database on a PostgreSQL server, for several processes on several machines with one store.

Theory. Everything is in one schema of the database, so that a store and the identity service can share one. Each
writing transaction first moves the one row of `writes` on, which it so holds until its end: writers come one after
another, whoever reads a revision has all before it, and one number tells everybody whether somebody wrote. A turn is an
advisory lock of the session: it is free when the session ends. A connection that was lost is opened again when needed.
Where it was lost while a transaction was to end, the server says whether it did: what is durable is not told as failed.

The address is libpq's (`postgresql://user@host/database`); a password comes from PGPASSWORD or ~/.pgpass.

Source: https://www.postgresql.org/docs/current/explicit-locking.html, transaction-iso.html, libpq-connect.html
"""

from __future__ import annotations

import os
import socket
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.pq import TransactionStatus

from cpal.engine.database import Values
from cpal.engine.turn import POLL_S
from cpal.errors import Broken, Busy, CpalError, Disk, Invalid, Unreachable

TYPES = {" WITHOUT ROWID": "", "BLOB": "BYTEA", "REAL": "DOUBLE PRECISION", "INTEGER": "BIGINT"}
"""What SQLite's words are here. Source: https://www.postgresql.org/docs/current/datatype.html"""
TURN, WAITING = 0, 1
"""Which advisory lock of the schema is the turn, and which one those who wait hold together."""
LOCKS = {
    "try": "SELECT pg_try_advisory_lock(hashtextextended(current_schema(), ?))",
    "give": "SELECT pg_advisory_unlock(hashtextextended(current_schema(), ?))",
    "share": "SELECT pg_advisory_lock_shared(hashtextextended(current_schema(), ?))",
    "give shared": "SELECT pg_advisory_unlock_shared(hashtextextended(current_schema(), ?))",
}
"""Source: https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-ADVISORY-LOCKS"""
BEGIN_WRITING = "UPDATE writes SET number = number + 1 RETURNING number, pg_current_xact_id()::text"
SETTLE_S = 2.0
"""How long a server may take to end a transaction whose connection was lost, until it is not known what became of it.

Source: https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-PG-SNAPSHOT, `pg_xact_status`
"""
HOLDER = """SELECT application_name FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE locktype = 'advisory' AND granted
    AND (classid::bigint << 32) | objid::bigint = hashtextextended(current_schema(), ?)"""


class PostgresqlDatabase:
    """One schema of a database on a server, made when it is not there; `what` names it in errors."""

    def __init__(self, address: str, schema: str, what: str = "store") -> None:
        self._what = what
        self._address = address
        self._schema = schema
        self.place = _without_secrets(address)
        self.turns = self
        self._seen: int | None = None
        self._open: psycopg.Connection[tuple[Any, ...]] | None = None
        self._turn_of: psycopg.Connection[tuple[Any, ...]] | None = None
        with self._faults():
            self._db()

    def close(self) -> None:
        """Let go of the connection."""
        if self._open is not None:
            self._open.close()

    def _db(self) -> psycopg.Connection[tuple[Any, ...]]:
        """The connection, opened again when it was lost."""
        if self._open is None or self._open.closed:
            name = f"cpal, process {os.getpid()} on {socket.gethostname()}"
            fresh = psycopg.connect(
                self._address, autocommit=True, connect_timeout=5, application_name=name, keepalives_idle=10
            )
            schema = sql.Identifier(self._schema)
            with fresh.transaction():
                fresh.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 2))", [self._schema])
                if not fresh.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [self._schema]).fetchone():
                    fresh.execute(sql.SQL("CREATE SCHEMA {}").format(schema))
                    fresh.execute(sql.SQL("CREATE TABLE {}.writes (number BIGINT NOT NULL)").format(schema))
                    fresh.execute(sql.SQL("INSERT INTO {}.writes VALUES (0)").format(schema))
            fresh.execute(sql.SQL("SET search_path TO {}").format(schema))
            self._open = fresh
        return self._open

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """All rows of a query. It is asked again where the connection ended while nobody asked anything."""
        with self._faults():
            session = self._db()
            rests_on_session = session.info.transaction_status != TransactionStatus.IDLE or self._turn_of is not None
            try:
                return session.execute(_here(query), values).fetchall()
            except psycopg.OperationalError:
                if rests_on_session or not session.closed:
                    raise
            return self._db().execute(_here(query), values).fetchall()

    def change(self, statement: str, *values: object) -> int:
        """Run a statement; the number of rows it changed."""
        with self._faults():
            return self._db().execute(_here(statement), values).rowcount

    def change_many(self, statement: str, values: Iterable[Values]) -> int:
        """Run a statement for each of the values; the number of rows changed in all."""
        given = list(values)
        if not given:
            return 0
        with self._faults(), self._db().cursor() as cursor:
            cursor.executemany(_here(statement), given)
            return cursor.rowcount

    @contextmanager
    def reading(self) -> Iterator[None]:
        """One snapshot, however many queries."""
        with self._faults():
            self._db().execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        try:
            yield
        finally:
            self._roll_back()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction: all of it or nothing; others' come before or after it.

        Raises:
            Disk, Unreachable: it cannot be written.
        """
        with self._faults():
            self._refuse_lost_turn(self._db())
            self._db().execute("BEGIN")
            found = self._db().execute(BEGIN_WRITING).fetchone()
        number, transaction = found or (0, "")
        try:
            yield
            with self._faults():
                self._commit(transaction)
        except BaseException:
            self._roll_back()
            raise
        if self._seen == number - 1:
            self._seen = number

    def _commit(self, transaction: str) -> None:
        """End the transaction. Where the connection ends meanwhile, the server is asked what became of it."""
        session = self._db()
        try:
            session.execute("COMMIT")
        except psycopg.OperationalError:
            if not session.closed or not self._is_committed(transaction):
                raise

    def _is_committed(self, transaction: str) -> bool:
        deadline = time.monotonic() + SETTLE_S
        while True:
            found = self._db().execute("SELECT pg_xact_status(%s::xid8)", [transaction]).fetchone()
            if found != ("in progress",) or time.monotonic() > deadline:
                return found == ("committed",)
            time.sleep(POLL_S)

    def _refuse_lost_turn(self, session: psycopg.Connection[tuple[Any, ...]]) -> None:
        """What was decided in a turn that ended with its session may be wrong by now."""
        if self._turn_of not in (None, session):
            remedy = "try again; nothing was changed"
            raise Unreachable("the connection to the store was lost meanwhile", key=self.place, remedy=remedy)

    def _roll_back(self) -> None:
        """End a transaction that may have ended with its connection."""
        if self._open is not None and not self._open.closed:
            with suppress(psycopg.Error):
                self._open.execute("ROLLBACK")

    def make(self, schema: str, fill: Callable[[], None]) -> None:
        """Make the tables of the schema and `fill` them in the same transaction, unless they are there."""
        if self.is_made():
            return
        with self.writing():
            if not self.is_made():
                for word, here in TYPES.items():
                    schema = schema.replace(word, here)
                for statement in schema.split(";")[:-1]:
                    self.change(statement)
                fill()

    def is_made(self) -> bool:
        """Whether the tables are there."""
        return bool(self.rows("SELECT 1 FROM pg_tables WHERE schemaname = ? AND tablename = 'meta'", self._schema))

    def moved(self) -> bool:
        """Whether somebody else wrote since this was last asked; true the first time."""
        [(seen,)] = self.rows("SELECT number FROM writes")
        moved, self._seen = seen != self._seen, seen
        return bool(moved)

    @contextmanager
    def turn(self, timeout_s: float = 60) -> Iterator[None]:
        """The turn to write, which the server gives to one session at a time.

        Raises:
            Busy: another process kept it for so many seconds; says which.
            Unreachable: the server does not answer.
        """
        if not self._lock("try", TURN):
            with self.waiting():
                self._await_turn(timeout_s)
        self._turn_of = self._open
        try:
            yield
        finally:
            held, self._turn_of = self._turn_of, None
            if held is self._open:
                with suppress(CpalError):  # a session that is gone holds nothing
                    self._lock("give", TURN)

    def _await_turn(self, timeout_s: float) -> None:
        deadline = time.monotonic() + timeout_s
        while not self._lock("try", TURN):
            if time.monotonic() > deadline:
                holder = next((name for (name,) in self.rows(HOLDER, TURN)), "another process")
                raise Busy(f"{holder} has been writing all the time", key=self.place, remedy="wait, then try again")
            time.sleep(POLL_S)

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Show meanwhile that somebody waits for the turn."""
        self._lock("share", WAITING)
        session = self._open
        try:
            yield
        finally:
            if session is self._open:
                with suppress(CpalError):  # a session that is gone waits no more
                    self._lock("give shared", WAITING)

    def is_awaited(self) -> bool:
        """Whether somebody waits for the turn."""
        alone = self._lock("try", WAITING)
        if alone:
            self._lock("give", WAITING)
        return not alone

    def _lock(self, what: str, which: int) -> bool:
        [(found,)] = self.rows(LOCKS[what], which)
        return bool(found)

    def backup(self, path: Path, schema: str) -> None:
        """Write a consistent copy of the tables of the schema into a new SQLite file."""
        with closing(sqlite3.connect(path)) as copy, self.reading():
            copy.executescript(schema)
            for table in _tables(copy):
                if not (rows := self.rows(f"SELECT * FROM {table}")):
                    continue
                marks = ", ".join("?" * len(rows[0]))
                copy.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)
            copy.commit()

    def restore(self, source: sqlite3.Connection) -> None:
        """Become what a backup holds, all at once."""
        with self.writing():
            tables = _tables(source)
            for table in reversed(tables):
                self.change(f"DELETE FROM {table}")
            for table in tables:
                rows = source.execute(f"SELECT * FROM {table}").fetchall()
                marks = ", ".join("?" * len(rows[0])) if rows else ""
                self.change_many(f"INSERT INTO {table} VALUES ({marks})", rows)

    @contextmanager
    def _faults(self) -> Iterator[None]:
        """PostgreSQL's errors in our words."""
        try:
            yield
        except psycopg.Error as error:
            raise self._worded(error) from error

    def _worded(self, error: psycopg.Error) -> CpalError:
        said = " ".join(str(error).split())
        if isinstance(error, psycopg.errors.DiskFull | psycopg.errors.ReadOnlySqlTransaction):
            return Disk(
                f"the {self._what} cannot be written: {said}", key=self.place, remedy="mend the database server"
            )
        if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
            remedy = "see whether the server runs and lets you in; the next run settles what was under way"
            return Unreachable(f"the {self._what}'s server does not answer: {said}", key=self.place, remedy=remedy)
        if isinstance(error, psycopg.DataError):
            return Invalid(f"the {self._what} cannot hold it: {said}", key=self.place, remedy="leave such signs out")
        if isinstance(error, psycopg.errors.InsufficientPrivilege):
            remedy = "let the user create a schema there"
            return Disk(f"the {self._what} cannot be used: {said}", key=self.place, remedy=remedy)
        return Broken(f"the {self._what} is damaged: {said}", key=self.place, remedy="restore it from a backup")


@lru_cache(maxsize=256)
def _here(statement: str) -> bytes:
    """A statement as psycopg wants it, with its mark for values."""
    return statement.replace("?", "%s").encode()


def _tables(database: sqlite3.Connection) -> list[str]:
    """The tables of a SQLite database, in the order in which they were made: those referred to first."""
    query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY rowid"
    return [name for (name,) in database.execute(query)]


def _without_secrets(address: str) -> str:
    """The address as it may be shown."""
    try:
        found = psycopg.conninfo.conninfo_to_dict(address)
    except psycopg.ProgrammingError:
        return "postgresql://"
    where = ",".join(str(found.get(key)) for key in ("host", "hostaddr") if found.get(key))
    port = f":{found['port']}" if found.get("port") else ""
    return f"postgresql://{where}{port}/{found.get('dbname') or found.get('user') or ''}"
