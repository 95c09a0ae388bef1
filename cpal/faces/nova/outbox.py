"""What Nova must hear, kept until it has: a file beside the store, so that neither a restart nor its absence loses any.

    notices   what it must hear, in the order in which it came about
    told      the ports that it was told are plugged (or will be: the notice is kept in the same transaction)
    revision  how far the store's log was looked at

Notices that a later one outdates are let go, so that there are three of a port at most: plugged or unplugged, changed,
deleted.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from cpal.engine.sqlite import SqliteDatabase
from cpal.faces.identity.database import Database
from cpal.faces.nova.events import CHANGED, DELETED, PLUGGED, UNPLUGGED, Event, Plug

FILE = "nova.db"
SCHEMA = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE notices (
  number INTEGER PRIMARY KEY AUTOINCREMENT, port TEXT NOT NULL, server TEXT NOT NULL, name TEXT NOT NULL,
  at REAL NOT NULL);
CREATE INDEX notices_by_port ON notices (port);
CREATE TABLE told (port TEXT PRIMARY KEY, server TEXT NOT NULL, host TEXT NOT NULL) WITHOUT ROWID;
"""
MOST_KEPT = 100_000
"""How many notices are kept; of more, the oldest are let go."""
MOST_OF_PORT = 3
"""How many notices of one port there are at most."""
OUTDATES = {
    PLUGGED: (PLUGGED, UNPLUGGED),
    UNPLUGGED: (PLUGGED, UNPLUGGED),
    CHANGED: (CHANGED,),
    DELETED: (PLUGGED, UNPLUGGED, CHANGED, DELETED),
}
"""Which notices of its port an event outdates."""

log = logging.getLogger(__name__)


class Notice(NamedTuple):
    """An event that Nova has not heard of; `at` is when it came about, in seconds since the epoch."""

    number: int
    event: Event
    at: float


class Outbox:
    """What is kept in the directory `home` for the store `owner`, whose last accepted revision is `revision`.

    Raises:
        Disk: the file cannot be written.
    """

    def __init__(self, home: Path, owner: str, revision: int) -> None:
        self._database = Database(SqliteDatabase(home / FILE, "outbox"), SCHEMA, "outbox")
        if self._database.meta("owner") != owner or int(self._database.meta("revision")) > revision:
            self._begin(owner, revision)
        self.revision = int(self._database.meta("revision"))
        self.told = {port: Plug(*plug) for port, *plug in self._database.rows("SELECT port, server, host FROM told")}
        """How Nova was told that ports are plugged."""
        self._kept = int((self._database.row("SELECT count(*) FROM notices") or (0,))[0])

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def __len__(self) -> int:
        return self._kept

    def _begin(self, owner: str, revision: int) -> None:
        """Begin with a store that was not looked at before, or that went back: with how it is now."""
        with self._database.writing():
            for table in ("notices", "told", "meta WHERE name IN ('owner', 'revision')"):
                self._database.change(f"DELETE FROM {table}")
            self._database.change_many("INSERT INTO meta VALUES (?, ?)", [("owner", owner), ("revision", revision)])

    def keep(self, events: Collection[Event], plugs: Mapping[str, Plug | None], revision: int) -> None:
        """Keep events and how ports are plugged by now, all or nothing; the log was looked at up to the revision.

        Raises:
            Disk: the file cannot be written.
        """
        if events or plugs:
            with self._database.writing():
                self._add(events)
                self._tell(plugs)
                self._database.change("UPDATE meta SET value = ? WHERE name = 'revision'", revision)
                [[kept]] = self._database.rows("SELECT count(*) FROM notices")
            self._kept = kept
        for port, plug in plugs.items():
            self.told.pop(port, None)
            if plug is not None:
                self.told[port] = plug
        self.revision = revision

    def _add(self, events: Iterable[Event]) -> None:
        now = time.time()
        for event in events:
            outdated = OUTDATES[event.name]
            places = ", ".join("?" * len(outdated))
            self._database.change(f"DELETE FROM notices WHERE port = ? AND name IN ({places})", event.port, *outdated)
            self._database.change("INSERT INTO notices (port, server, name, at) VALUES (?, ?, ?, ?)", *event, now)
        let_go = self._database.change(
            "DELETE FROM notices WHERE number IN (SELECT number FROM notices ORDER BY number DESC LIMIT -1 OFFSET ?)",
            MOST_KEPT,
        )
        if let_go:
            log.warning("Nova has been away too long: the %d oldest of %d notices are let go", let_go, MOST_KEPT)

    def _tell(self, plugs: Mapping[str, Plug | None]) -> None:
        self._database.change_many("DELETE FROM told WHERE port = ?", [(port,) for port in plugs])
        kept = [(port, *plug) for port, plug in plugs.items() if plug is not None]
        self._database.change_many("INSERT INTO told VALUES (?, ?, ?)", kept)

    def next(self, most: int, postponed: Collection[str] = ()) -> list[Notice]:
        """The oldest notices, one a port, without those of ports that are postponed."""
        if not self._kept:
            return []
        query = "SELECT number, port, server, name, at FROM notices ORDER BY number LIMIT ?"
        found: dict[str, Notice] = {}
        for number, *event, at in self._database.rows(query, MOST_OF_PORT * (most + len(postponed))):
            notice = Notice(number, Event(*event), at)
            if notice.event.port not in postponed:
                found.setdefault(notice.event.port, notice)
        return list(found.values())[:most]

    def heard(self, notices: Collection[Notice]) -> None:
        """Let go of notices that Nova heard, or will never take.

        Raises:
            Disk: the file cannot be written; they will be told once more.
        """
        self._database.change_many("DELETE FROM notices WHERE number = ?", [(notice.number,) for notice in notices])
        self._kept = int((self._database.row("SELECT count(*) FROM notices") or (0,))[0])
