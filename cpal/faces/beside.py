"""What is kept beside a store, as a backup takes it along: people, whose things are, what Nova has not heard yet.

    identity.db        the identity service's people and the key that signs its tokens, from a file or from the server
    admin-openrc.json  how the administrator of the first start signs in
    adopted/...        what an import took over, as it was before
    ledger/...         which settings of switches are cpal's, and what others had inside those that went
    nova.db            what Nova must hear

It is put back only where there is nothing of the kind yet, or the same: so a restore that was killed is begun again.
"""

from __future__ import annotations

import os
import re
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from cpal.engine.database import Database
from cpal.engine.places import VARIABLE, opened
from cpal.engine.sqlite import SqliteDatabase
from cpal.errors import Broken, Conflict
from cpal.faces.identity import database as identity
from cpal.faces.identity import openrc
from cpal.faces.nova import outbox
from cpal.whole_file import write_private

FOLDERS = ("adopted", "ledger")
KEPT = re.compile(
    rf"{re.escape(identity.FILE)}|{re.escape(openrc.FILE)}|{re.escape(outbox.FILE)}|({'|'.join(FOLDERS)})/[\w-]+\.json"
)
"""The names of what is kept."""


def taken(home: Path) -> dict[str, bytes]:
    """All that is there, by its name.

    Raises:
        Disk, Unreachable: it cannot be read.
    """
    found = {}
    for name in (identity.FILE, outbox.FILE):
        with _database(home, name, making=False) as place:
            if place is not None:
                found[name] = _copied(place, name)
    files = [home / openrc.FILE, *(file for each in FOLDERS for file in sorted((home / each).glob("*.json")))]
    return found | {str(path.relative_to(home)): path.read_bytes() for path in files if path.is_file()}


def check_free(home: Path, kept: Mapping[str, bytes]) -> None:
    """Raise where something else is there of what was kept, or where that is nothing that is kept.

    Raises:
        Conflict, Broken: it is so; nothing was changed.
    """
    there = taken(home)
    for name, content in kept.items():
        if not KEPT.fullmatch(name):
            raise Broken("the backup holds what cpal does not keep", key=name, remedy="restore another one")
        if name in there and not _same(name, there[name], content):
            raise Conflict(
                "there is another one already",
                key=str(home / name),
                remedy="name an empty directory with CPAL_HOME, or move it away; nothing was changed",
            )


def put_back(home: Path, kept: Mapping[str, bytes]) -> None:
    """Put back what was kept.

    Raises:
        Disk, Unreachable: it cannot be written.
    """
    for name, content in kept.items():
        if name not in SCHEMAS:
            write_private(home / name, content, "it")
            continue
        with _database(home, name, making=True) as place, _read(name, content) as source:
            assert place is not None, "it is made"
            place.make(SCHEMAS[name], lambda: None)
            place.restore(source)


SCHEMAS = {identity.FILE: identity.SCHEMA, outbox.FILE: outbox.SCHEMA}
"""The databases beside the store."""


@contextmanager
def _database(home: Path, name: str, making: bool) -> Iterator[Database | None]:
    """A database beside the store; None where there is none and none is to be made."""
    on_server = name == identity.FILE and bool(os.environ.get(VARIABLE))
    if not making and not on_server and not (home / name).exists():
        yield None
        return
    place = opened(home, name, identity.SPACE, identity.WHAT) if on_server else SqliteDatabase(home / name, name)
    with closing(place):
        yield place if making or place.is_made() else None


def _copied(place: Database, name: str) -> bytes:
    with tempfile.TemporaryDirectory(prefix="cpal-") as directory:
        path = Path(directory, name)
        path.touch(0o600)
        place.backup(path, SCHEMAS[name])
        return path.read_bytes()


@contextmanager
def _read(name: str, content: bytes) -> Iterator[sqlite3.Connection]:
    """A copy as a database, in memory."""
    with closing(sqlite3.connect(":memory:")) as database:
        try:
            database.deserialize(content)
            database.execute("SELECT 1 FROM meta")
        except sqlite3.DatabaseError as error:
            raise Broken(f"the backup is damaged: {error}", key=name, remedy="restore an earlier one") from error
        yield database


def _same(name: str, one: bytes, other: bytes) -> bool:
    if name not in SCHEMAS or one == other:
        return one == other
    with _read(name, one) as here, _read(name, other) as there:
        return list(here.iterdump()) == list(there.iterdump())
