"""Backups, as they are read again: checked before anything of them is believed.

A backup is a store in one file, with what is kept beside the store in a table of its own. What may be restored is a
SQLite database without damage that has a store's tables, of a schema that this cpal knows, and of which every record
can be read.
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec

from cpal.engine.store import decode, refuse_newer
from cpal.errors import Broken, Invalid, NotFound


class Backup(NamedTuple):
    """A backup that is read: the store's database, its last accepted revision, and what was beside it, by name."""

    database: sqlite3.Connection
    revision: int
    beside: Mapping[str, bytes]


BODIES = "SELECT body FROM records UNION ALL SELECT before FROM changes UNION ALL SELECT after FROM changes"
META = "SELECT name, value FROM meta"
BESIDE = "CREATE TABLE beside (name TEXT PRIMARY KEY, content BLOB NOT NULL) WITHOUT ROWID"
LAST = "SELECT coalesce(max(number), 0) FROM revisions WHERE state = 'accepted'"


@contextmanager
def opened_backup(path: Path) -> Iterator[Backup]:
    """A backup to restore from; nothing is written to it or beside it.

    Raises:
        NotFound: there is no such file.
        Invalid: it is no store of cpal.
        Broken: it is damaged, or of a schema that only a newer cpal knows.
    """
    if not path.is_file():
        raise NotFound("there is no such file", key=str(path), remedy="name what `cpal backup` wrote")
    with closing(sqlite3.connect(_read_only(path), uri=True, isolation_level=None)) as database:
        revision, beside = _check(database, path)
        if not beside:
            yield Backup(database, revision, beside)
            return
        with _alone(database) as store:
            yield Backup(store, revision, beside)


def add(path: Path, beside: Mapping[str, bytes]) -> None:
    """Keep in a backup what is beside the store, in place of what may be in there."""
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("DROP TABLE IF EXISTS beside")
        database.execute(BESIDE)
        database.executemany("INSERT INTO beside VALUES (?, ?)", beside.items())


@contextmanager
def _alone(backup: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """The store of a backup without anything else: what is secret does not come into a store."""
    with (
        tempfile.TemporaryDirectory(prefix="cpal-") as directory,
        closing(sqlite3.connect(Path(directory, "store.db"), isolation_level=None)) as copy,
    ):
        backup.backup(copy)
        copy.execute("DROP TABLE beside")
        copy.execute("VACUUM")
        yield copy


def _read_only(path: Path) -> str:
    """How SQLite is told to open a file: as one that nobody writes, unless somebody does, as to a store in use.

    Source: https://www.sqlite.org/uri.html, `mode` and `immutable`.
    """
    in_use = any(Path(f"{path}-{suffix}").exists() for suffix in ("wal", "journal"))
    return f"{path.absolute().as_uri()}?mode=ro{'' if in_use else '&immutable=1'}"


def _check(database: sqlite3.Connection, path: Path) -> tuple[int, Mapping[str, bytes]]:
    """The last accepted revision of a backup that is sound, and what was beside the store."""
    try:
        meta = dict(database.execute(META).fetchall())
        schema = int(meta["schema"])
    except (sqlite3.DatabaseError, KeyError, ValueError) as error:
        raise Invalid(f"is no store of cpal: {error}", key=str(path), remedy="name what `cpal backup` wrote") from error
    refuse_newer(schema, str(path))
    try:
        [found] = database.execute("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            raise sqlite3.DatabaseError(found)
        for (body,) in database.execute(f"SELECT body FROM ({BODIES}) WHERE body NOT NULL"):
            decode(body)
        has_more = database.execute("SELECT 1 FROM sqlite_master WHERE name = 'beside'").fetchone()
        beside = dict(database.execute("SELECT name, content FROM beside")) if has_more else {}
        return int(database.execute(LAST).fetchone()[0]), beside
    except (sqlite3.DatabaseError, msgspec.ValidationError, msgspec.DecodeError) as error:
        raise Broken(f"the backup is damaged: {error}", key=str(path), remedy="restore an earlier one") from error
