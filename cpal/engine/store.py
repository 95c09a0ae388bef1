"""The store: an ordered log of revisions, the current records and their claims, in one database.

A revision is *proposed* (its changes written, its new claims reserved), then *accepted* (its records are the estate,
the claims it gave up are free) or *rejected* (its claims are free again, nothing else changed). Each is one
database transaction, durable at its end. Only one process writes at a time (`engine.turn`); any number may read, and
follow the log. Bodies are JSON, so that a store can be read with sqlite3 or psql.

Records lie in the order in which they were made: in that of their ids, which are random, each new body would divide a
page and write its neighbours anew. That takes a fifth off a commit.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import msgspec

from cpal.core.plan import Handover
from cpal.engine.database import Database
from cpal.engine.turn import Turns
from cpal.errors import AlreadyTaken, Broken, Conflict, Disk, NotFound, Outdated
from cpal.model.claims import claims_of
from cpal.model.estate import EMPTY, AnyRecord, Change, Estate
from cpal.model.record import Claim, Key, Part, Record
from cpal.whole_file import put_in_place

SCHEMA_VERSION = 1
SCHEMA = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE revisions (
  number INTEGER PRIMARY KEY, state TEXT NOT NULL, proposed_at REAL NOT NULL, actor TEXT NOT NULL,
  words TEXT NOT NULL, schema INTEGER NOT NULL);
CREATE TABLE changes (
  revision INTEGER NOT NULL REFERENCES revisions, kind TEXT NOT NULL, id TEXT NOT NULL, before BLOB, after BLOB,
  PRIMARY KEY (revision, kind, id)) WITHOUT ROWID;
CREATE TABLE records (kind TEXT NOT NULL, id TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (kind, id));
CREATE TABLE claims (
  space TEXT NOT NULL, value TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL,
  PRIMARY KEY (space, value)) WITHOUT ROWID;
CREATE INDEX open_revisions ON revisions (state) WHERE state = 'proposed';
"""
KEEP = "INSERT INTO records VALUES (?, ?, ?) ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body"
DROP = "DELETE FROM records WHERE kind = ? AND id = ?"
NOTE = "INSERT INTO meta VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
RESERVE = "INSERT INTO claims VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
PASS_ON = "UPDATE claims SET kind = ?, id = ? WHERE space = ? AND value = ?"
RELEASE = "DELETE FROM claims WHERE space = ? AND value = ?"

_encode = msgspec.json.Encoder().encode
decode = msgspec.json.Decoder(AnyRecord).decode
"""A record from the bytes that a store holds."""


class Revision(Part, frozen=True):
    """One entry of the log. `proposed_at` is seconds since the epoch; `state` proposed, accepted or rejected."""

    number: int
    state: str
    proposed_at: float
    actor: str
    words: str


class Entry(NamedTuple):
    """A revision to be: its changes, who made it with which words, and when (seconds since the epoch)."""

    changes: Sequence[Change]
    actor: str
    words: str
    at: float


class Age(NamedTuple):
    """When a record was made and last changed, in seconds since the epoch, and in how many revisions it changed."""

    created_at: float
    updated_at: float
    changes: int


class Store:
    """The store in a database, made there when it is not. For use by one thread at a time."""

    def __init__(self, database: Database) -> None:
        self._db = database
        database.make(SCHEMA, self._begin)
        refuse_newer(int(self._meta("schema")), database.place)

    def _begin(self) -> None:
        meta = {"schema": str(SCHEMA_VERSION), "owner": str(uuid4()), "namespace": str(uuid4())}
        self._db.change_many("INSERT INTO meta VALUES (?, ?)", meta.items())

    def close(self) -> None:
        """Let go of the database."""
        self._db.close()

    @property
    def turns(self) -> Turns:
        """What the processes that write to the store take turns by."""
        return self._db.turns

    @property
    def owner(self) -> str:
        """What marks this store's rows at targets: a UUID drawn when the store was made."""
        return self._meta("owner")

    @property
    def namespace(self) -> UUID:
        """The secret namespace that ids of declared records are drawn in."""
        return UUID(self._meta("namespace"))

    def estate(self) -> Estate:
        """The accepted records at the last accepted revision."""
        with self._db.reading():
            number = self._last_accepted()
            bodies = self._db.rows("SELECT body FROM records")
        return EMPTY.replace((Change(None, self._decoded(body)) for (body,) in bodies), number)

    def since(self, number: int) -> list[tuple[int, Entry]]:
        """The revisions accepted after `number`, oldest first, each with its number."""
        query = """SELECT number, actor, words, proposed_at, before, after
            FROM revisions LEFT JOIN changes ON revision = number
            WHERE state = 'accepted' AND number > ? ORDER BY number, kind, id"""
        found: dict[int, tuple[list[Change], str, str, float]] = {}
        for each, actor, words, at, *bodies in self._db.rows(query, number):
            changes, *_ = found.setdefault(each, ([], actor, words, at))
            if bodies != [None, None]:
                changes.append(self._change(bodies))
        return [(each, Entry(*entry)) for each, entry in found.items()]

    def changed_elsewhere(self) -> bool:
        """Whether another process wrote to the store since this was last asked."""
        return self._db.moved()

    def last_accepted(self) -> int:
        """The number of the last accepted revision, 0 when there is none."""
        return self._last_accepted()

    def estate_at(self, number: int) -> Estate:
        """The estate as it was when revision `number` had been accepted.

        Raises:
            NotFound: there is no such accepted revision.
        """
        if number and self.revision(number).state != "accepted":
            raise NotFound(f"revision {number} was never accepted", remedy="see `cpal history`")
        estate = self.estate()
        later = [r.number for r in self.revisions(state="accepted") if r.number > number]
        for revision in sorted(later, reverse=True):
            estate = estate.replace([Change(after, before) for before, after in self.changes(revision)], number)
        return estate

    def revisions(self, state: str = "") -> list[Revision]:
        """The log, oldest first; only those in `state` if it is given."""
        query = "SELECT number, state, proposed_at, actor, words FROM revisions WHERE ? IN ('', state) ORDER BY number"
        return [Revision(*row) for row in self._db.rows(query, state)]

    def revision(self, number: int) -> Revision:
        """One entry of the log.

        Raises:
            NotFound: no such revision.
        """
        query = "SELECT number, state, proposed_at, actor, words FROM revisions WHERE number = ?"
        rows = self._db.rows(query, number)
        if not rows:
            raise NotFound(f"there is no revision {number}", remedy="see `cpal history`")
        return Revision(*rows[0])

    def changes(self, number: int) -> list[Change]:
        """What a revision changes."""
        query = "SELECT before, after FROM changes WHERE revision = ? ORDER BY kind, id"
        return [self._change(row) for row in self._db.rows(query, number)]

    def changes_between(self, number: int, until: int, kinds: Sequence[str]) -> list[Change]:
        """What accepted revisions after `number`, `until` and with one, changed of records of these kinds, in order."""
        query = f"""SELECT before, after FROM changes JOIN revisions ON number = revision
            WHERE revision > ? AND revision <= ? AND state = 'accepted' AND kind IN ({", ".join("?" * len(kinds))})
            ORDER BY revision"""
        return [self._change(row) for row in self._db.rows(query, number, until, *kinds)]

    def propose(
        self, changes: Sequence[Change], now: float, actor: str, words: str, joint: bool = False,
        handover: Handover = "",
    ) -> int:  # fmt: skip
        """Write a revision and reserve what it newly claims; its number.

        Of a `joint` one no target knows what becomes of it: until it is accepted here, it is not decided. Of a
        `handover` it is kept that it is one.

        Raises:
            AlreadyTaken: another record holds something it claims; nothing is written.
            Disk: the store cannot be written.
        """
        fresh, _, _ = _claim_changes(changes)
        with self._db.writing():
            number = int(self._value("SELECT coalesce(max(number), 0) + 1 FROM revisions") or 1)
            self._write_revisions(number, "proposed", [Entry(changes, actor, words, now)])
            self._reserve(fresh)
            if joint:
                self._db.change(NOTE, "joint", str(number))
            if handover:
                self._db.change(NOTE, f"handover {number}", handover)
        return number

    def handover(self, number: int) -> Handover:
        """Whether rows changed hands by a revision."""
        found: Handover = self._value(f"SELECT value FROM meta WHERE name = 'handover {number:d}'") or ""
        return found

    def is_joint(self, number: int) -> bool:
        """Whether a proposed revision is joint."""
        return bool(self._value("SELECT value FROM meta WHERE name = 'joint'") == str(number))

    def confirming(self) -> int:
        """The accepted revision that is not known to be confirmed at all targets; 0 for none."""
        return int(self._value("SELECT value FROM meta WHERE name = 'confirming'") or 0)

    def confirmed(self) -> None:
        """Note that it is. Raises Disk: the store cannot be written."""
        with self._db.writing():
            self._db.change("DELETE FROM meta WHERE name = 'confirming'")

    def accept(self, number: int, changes: Sequence[Change] | None = None, confirming: bool = False) -> None:
        """Make a proposed revision's records the estate's; `changes` are those it was proposed with, if at hand.

        `confirming` has it noted, in the same transaction, that targets are to be told that it is decided.

        Raises:
            Disk: the store cannot be written.
        """
        changes = self.changes(number) if changes is None else changes
        _, passed_on, released = _claim_changes(changes)
        with self._db.writing():
            self._keep({change.key: _body(change.after) for change in changes}, passed_on)
            self._release(released)
            self._settle(number, "accepted")
            if confirming:
                self._db.change(NOTE, "confirming", str(number))

    def reject(self, number: int) -> None:
        """Give up a proposed revision and what it reserved.

        Raises:
            Disk: the store cannot be written.
        """
        fresh, _, _ = _claim_changes(self.changes(number))
        with self._db.writing():
            self._release(fresh)
            self._settle(number, "rejected")

    @contextmanager
    def recording(self, entries: Sequence[Entry]) -> Iterator[int]:
        """Write revisions that are accepted as they come, all of them or none; the number of the last.

        They are durable when this ends. It may end in another thread, while nothing else is asked of the store.

        Raises:
            AlreadyTaken: another record holds something that one of them claims.
            Disk: the store cannot be written; that may show at the end.
        """
        fresh, passed_on, released = _claims_of_all(entries)
        with self._db.writing():
            number = int(self._value("SELECT coalesce(max(number), 0) FROM revisions") or 0)
            kept = self._write_revisions(number + 1, "accepted", entries)
            self._release(released)
            self._reserve(fresh)
            self._keep(kept, passed_on)
            yield number + len(entries)

    def record(self, entries: Sequence[Entry]) -> int:
        """The same, at once. Raises as `recording`."""
        with self.recording(entries) as number:
            return number

    def ages(self) -> dict[Key, Age]:
        """How old each record is that an accepted revision changed."""
        query = """SELECT kind, id, min(proposed_at), max(proposed_at), count(*) FROM changes
            JOIN revisions ON number = revision WHERE state = 'accepted' GROUP BY kind, id"""
        return {Key(kind, id): Age(*rest) for kind, id, *rest in self._db.rows(query)}

    def claims(self) -> dict[Claim, Key]:
        """Every claim with its holder, reservations included."""
        rows = self._db.rows("SELECT space, value, kind, id FROM claims")
        return {Claim(space, value): Key(kind, id) for space, value, kind, id in rows}

    def backup(self, path: Path, also: Callable[[Path], None] = lambda _: None) -> None:
        """Write a consistent copy of the store to `path`: one file, for its owner alone, whole or not there.

        `also` may add to the file before it is in its place.

        Raises:
            Disk: it cannot be written.
        """
        fresh = path.with_name(f"{path.name}.new")
        try:
            fresh.unlink(missing_ok=True)
            fresh.touch(0o600, exist_ok=False)
            self._db.backup(fresh, SCHEMA)
            also(fresh)
            put_in_place(fresh, path)
        except (sqlite3.OperationalError, OSError) as error:
            with suppress(OSError):
                fresh.unlink(missing_ok=True)
            remedy = "free space or mend permissions"
            raise Disk(f"the backup cannot be written: {error}", key=str(path), remedy=remedy) from error

    def restore(self, source: sqlite3.Connection) -> None:
        """Become what a checked backup is (`engine.backup`), all at once. The caller holds the turn.

        Raises:
            Conflict: there are revisions here, which would be lost.
            Disk: the store cannot be written; it stays as it is.
        """
        self.check_empty()
        self._db.restore(source)

    def check_empty(self) -> None:
        """Raise Conflict where there are revisions."""
        if self.revisions():
            raise Conflict(
                f"there is a store already, at revision {self.last_accepted()}",
                key=self._db.place,
                remedy="name an empty directory with CPAL_HOME, or move that store away; nothing was changed",
            )

    def _write_revisions(self, first: int, state: str, entries: Sequence[Entry]) -> dict[Key, bytes | None]:
        """Write revisions, numbered from `first`; the bodies that the records which they change have after them."""
        after: dict[Key, bytes | None] = {}
        changes: list[tuple[object, ...]] = []
        for number, entry in enumerate(entries, first):
            for change in entry.changes:
                key = change.key
                body = after[key] = _body(change.after)
                changes.append((number, *key, _body(change.before), body))
        revisions = ((n, state, e.at, e.actor, e.words, SCHEMA_VERSION) for n, e in enumerate(entries, first))
        self._db.change_many("INSERT INTO revisions VALUES (?, ?, ?, ?, ?, ?)", revisions)
        self._db.change_many("INSERT INTO changes VALUES (?, ?, ?, ?, ?)", changes)
        return after

    def _keep(self, bodies: Mapping[Key, bytes | None], passed_on: Mapping[Claim, Key]) -> None:
        """Make these the estate's records (None is none), and claims that pass from one to another theirs."""
        self._db.change_many(DROP, [key for key, body in bodies.items() if body is None])
        self._db.change_many(KEEP, [(*key, body) for key, body in bodies.items() if body is not None])
        self._db.change_many(PASS_ON, [(*key, *claim) for claim, key in passed_on.items()])

    def _release(self, claims: Iterable[Claim]) -> None:
        self._db.change_many(RELEASE, claims)

    def _reserve(self, fresh: Mapping[Claim, Key]) -> None:
        """Note who claims what, all of it or nothing."""
        if self._db.change_many(RESERVE, ((*claim, *key) for claim, key in fresh.items())) == len(fresh):
            return
        for claim, key in fresh.items():
            [holder] = self._db.rows("SELECT kind, id FROM claims WHERE space = ? AND value = ?", *claim)
            if holder != key:
                raise _taken(claim, Key(*holder), key)

    def _settle(self, number: int, state: str) -> None:
        query = "UPDATE revisions SET state = ? WHERE number = ? AND state = 'proposed'"
        if self._db.change(query, state, number) != 1:
            raise Broken(f"revision {number} is not open, so it cannot be {state}", key=self._db.place)

    def _last_accepted(self) -> int:
        return int(self._value("SELECT max(number) FROM revisions WHERE state = 'accepted'") or 0)

    def _meta(self, name: str) -> str:
        return str(self._value("SELECT value FROM meta WHERE name = ?", name))

    def _value(self, query: str, *values: object) -> Any:
        rows = self._db.rows(query, *values)
        return rows[0][0] if rows else None

    def _change(self, bodies: Sequence[bytes | None]) -> Change:
        before, after = (None if body is None else self._decoded(body) for body in bodies)
        return Change(before, after)

    def _decoded(self, body: bytes) -> Record:
        try:
            found: Record = decode(body)
        except (msgspec.ValidationError, msgspec.DecodeError) as error:
            message = f"the store is damaged: {error}"
            raise Broken(message, key=self._db.place, remedy="restore it from a backup") from error
        return found


def refuse_newer(schema: int, place: str) -> None:
    """Raise Outdated for a store of a schema that only a newer cpal knows."""
    if schema > SCHEMA_VERSION:
        raise Outdated(
            f"the store has schema {schema}, newer than this cpal's {SCHEMA_VERSION}",
            key=place,
            remedy="use the newer cpal; nothing was changed",
        )


def _body(record: Record | None) -> bytes | None:
    return None if record is None else _encode(record)


def _taken(claim: Claim, holder: Key, key: Key) -> AlreadyTaken:
    what = f"{claim.space} {claim.value} is held by {holder}"
    return AlreadyTaken(what, key=str(key), field=claim.space, seen=str(holder))


def _claims_of_all(entries: Iterable[Entry]) -> tuple[dict[Claim, Key], dict[Claim, Key], dict[Claim, None]]:
    """What entries that follow one another come to: claims that are new, that pass on, and that become free.

    Raises:
        AlreadyTaken: two of them claim one thing.
    """
    fresh: dict[Claim, Key] = {}
    passed_on: dict[Claim, Key] = {}
    released: dict[Claim, None] = {}
    for entry in entries:
        new, moved, freed = _claim_changes(entry.changes)
        for claim in freed:
            passed_on.pop(claim, None)
            if fresh.pop(claim, None) is None:
                released[claim] = None
        for claim, key in new.items():
            if claim in fresh:
                raise _taken(claim, fresh[claim], key)
            if claim in released:
                del released[claim]
                passed_on[claim] = key
            else:
                fresh[claim] = key
        for claim, key in moved.items():
            (fresh if claim in fresh else passed_on)[claim] = key
    return fresh, passed_on, released


def _claim_changes(changes: Iterable[Change]) -> tuple[dict[Claim, Key], dict[Claim, Key], list[Claim]]:
    """Claims that are new (with their holders), that pass from one changed record to another, and that become free."""
    had: dict[Claim, Key] = {}
    wanted: dict[Claim, Key] = {}
    for change in changes:
        if change.before is not None:
            had.update(dict.fromkeys(claims_of(change.before), change.key))
        if change.after is not None:
            wanted.update(dict.fromkeys(claims_of(change.after), change.key))
    fresh = {claim: key for claim, key in wanted.items() if claim not in had}
    passed_on = {claim: key for claim, key in wanted.items() if claim in had and had[claim] != key}
    return fresh, passed_on, [claim for claim in had if claim not in wanted]
