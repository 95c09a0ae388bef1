"""One connection to one server that holds the wanted database, in a role that can commit to it.

A clustered database is served by several servers of which one leads. The server's own database `_Server` says, for
each database, how it is kept, whether this server leads, and whether it is connected to its cluster; the session ends
when it no longer does. A standalone database needs nothing of this, and servers before OVS 2.9 have no `_Server`.

Source: ovsdb-server(5), "Database" table; RFC 7047 section 4.1.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any, Protocol

import msgspec
from msgspec import Raw

from cpal.errors import CpalError, Invalid, NotFound, Rejected, Unreachable
from cpal.ovsdb.connection import Connection, open_connection
from cpal.ovsdb.endpoint import Endpoint, Tls
from cpal.ovsdb.lock import Lock
from cpal.ovsdb.replica import METHODS, Replica
from cpal.ovsdb.schema import Schema, parse_schema

CONNECT_TIMEOUT_S = 5.0
FOLLOWER = "follower"
"""What `seen` says in the fault of a server that does not lead its cluster."""

_SERVER = "_Server"
_ROLE = ("name", "model", "leader", "connected")

_two = msgspec.json.Decoder(tuple[str, Raw])
_three = msgspec.json.Decoder(tuple[str, str, Raw])
_one = msgspec.json.Decoder(tuple[str])
_databases = msgspec.json.Decoder(list[str])
_lock_result = msgspec.json.Decoder(dict[str, bool])

cached_schema = lru_cache(maxsize=16)(parse_schema)
"""`parse_schema`, giving the same object for the same document, so that a reconnection need not compile again."""


class Monitor(Protocol):
    """What follows a database: a replica, or a tripwire."""

    name: str
    live: bool

    def bind(self, schema: Schema) -> None:
        """Take the schema of a server. Raises: Invalid when it lacks what is followed."""

    def request(self, database: str, method: str) -> list[Any]:
        """The params of a monitor request."""

    def replied(self, method: str, result: Raw) -> None:
        """Take the result of a monitor request."""

    def updated(self, updates: Raw, txn: str = ...) -> None:
        """Take a notification's updates, and the transaction they end with where the server says so."""

    def lost(self) -> None:
        """Note that the connection is lost."""


class Session:
    """An open session; it ends with its connection. Made by `open_session`."""

    schema: Schema
    connection: Connection

    def __init__(self, database: str) -> None:
        self.database = database
        self._monitors: dict[str, Monitor] = {}
        self._locks: dict[str, Lock] = {}
        self._methods: tuple[str, ...] = METHODS
        self._role = Replica("role", {"Database": _ROLE})

    @property
    def open(self) -> bool:
        """Whether it can still be used."""
        return self.connection.fault is None

    async def call(self, method: str, params: Any, deliver: Callable[[Raw], None] | None = None) -> Raw:
        """The result of one request; raises as `Connection.request`."""
        return await self.connection.request(method, msgspec.json.encode(params), deliver)

    # ------------------------------------------------------------------------------------------ opening

    async def start(self) -> None:
        """Check the server's role and read the schema.

        Raises: NotFound when the server does not hold the database; Unreachable when another server leads.
        """
        databases = _parsed(_databases, await self.call("list_dbs", []))
        if self.database not in databases:
            raise NotFound(
                "the server does not hold this database",
                key=str(self.connection.endpoint),
                wanted=self.database,
                seen=databases,
            )
        if _SERVER in databases:
            await self._follow_role()
        self.schema = cached_schema(bytes(await self.call("get_schema", [self.database])))

    async def _follow_role(self) -> None:
        self._role.bind(cached_schema(bytes(await self.call("get_schema", [_SERVER]))))
        await self._monitor(_SERVER, self._role)
        self._check_role()
        self._role.watch(lambda _changes: self._check_role())

    def _check_role(self) -> None:
        for row in self._role.tables["Database"].values():
            if (
                row["name"] == self.database
                and row["model"] == "clustered"
                and not (row["leader"] and row["connected"])
            ):
                raise Unreachable(
                    "this server does not lead its cluster",
                    key=str(self.connection.endpoint),
                    seen=FOLLOWER,
                    remedy="give the endpoints of all servers of the cluster",
                )

    # ------------------------------------------------------------------------------------------ monitors

    async def monitor(self, monitor: Monitor) -> None:
        """Fill a replica, or set a tripwire, and keep it live.

        Raises: Invalid when the schema lacks what it wants; Unsupported when the server cannot select rows.
        """
        monitor.bind(self.schema)
        await self._monitor(self.database, monitor)

    async def _monitor(self, database: str, monitor: Monitor) -> None:
        """Try each way to monitor. After a fault nothing more is delivered."""
        self._monitors[monitor.name] = monitor
        try:
            await self._monitor_somehow(database, monitor)
        except (CpalError, asyncio.CancelledError):
            del self._monitors[monitor.name]
            self.connection.post("monitor_cancel", msgspec.json.encode([monitor.name]))
            monitor.lost()
            raise

    async def _monitor_somehow(self, database: str, monitor: Monitor) -> None:
        """A server that does not know a method says so, and the next is tried."""
        while self._methods:
            method = self._methods[0]
            params = monitor.request(database, method)
            try:
                await self.call(method, params, partial(monitor.replied, method))
                return
            except Rejected as fault:
                if fault.seen != "unknown method":
                    raise
                self._methods = tuple(known for known in self._methods if known != method)
        raise Unreachable("it cannot be monitored in any way known", key=str(self.connection.endpoint))

    async def forget(self, monitor: Monitor) -> None:
        """Stop the server from sending changes; a replica stays as it is."""
        monitor.lost()
        if self._monitors.pop(monitor.name, None) is not None:
            await self.call("monitor_cancel", [monitor.name])

    # ------------------------------------------------------------------------------------------ locks

    async def lock(self, lock: Lock, *, steal: bool = False) -> None:
        """Ask for a lock, unless it was asked for already; whether it is granted at once shows in it."""
        if self._locks.get(lock.name) is lock:
            if not steal:
                return
            await self.call("unlock", [lock.name])
        self._locks[lock.name] = lock

        def granted(result: Raw) -> None:
            lock.note(steal or _parsed(_lock_result, result).get("locked", False))

        await self.call("steal" if steal else "lock", [lock.name], granted)

    async def unlock(self, lock: Lock) -> None:
        """Give a lock back, or leave the queue for it."""
        if self._locks.pop(lock.name, None) is not None:
            await self.call("unlock", [lock.name])
        lock.note(False)

    # ------------------------------------------------------------------------------------------ arrivals

    def notified(self, method: str, params: Raw) -> None:
        """Take a notification. One that is for nobody any more is passed over, as are methods not known."""
        if method in ("update", "update2"):
            name, updates = _parsed(_two, params)
            if name in self._monitors:
                self._monitors[name].updated(updates)
        elif method == "update3":
            name, txn, updates = _parsed(_three, params)
            if name in self._monitors:
                self._monitors[name].updated(updates, txn)
        elif method in ("locked", "stolen"):
            (name,) = _parsed(_one, params)
            if name in self._locks:
                self._locks[name].note(method == "locked")

    def ended(self) -> None:
        """Tell monitors and locks that the connection is lost."""
        for monitor in self._monitors.values():
            monitor.lost()
        for lock in self._locks.values():
            lock.note(False)


def _parsed(decoder: msgspec.json.Decoder[Any], params: Raw) -> Any:
    try:
        return decoder.decode(params)
    except ValueError as fault:
        raise Invalid(f"a malformed notification or result: {fault}") from fault


async def open_session(endpoint: Endpoint, tls: Tls | None, database: str, probe_s: float) -> Session:
    """A session with the server at an endpoint.

    Raises: as `open_connection` and `Session.start`; nothing is left open then.
    """
    session = Session(database)
    try:
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            session.connection = await open_connection(endpoint, tls, session.notified, session.ended, probe_s)
    except TimeoutError as fault:
        raise Unreachable(
            f"nothing answered within {CONNECT_TIMEOUT_S:.0f} s",
            key=str(endpoint),
            remedy="see whether a firewall drops it",
        ) from fault
    try:
        await session.start()
    except Invalid as fault:
        session.connection.close()
        raise Unreachable(f"it speaks something other than OVSDB ({fault})", key=str(endpoint)) from fault
    except (CpalError, asyncio.CancelledError):
        session.connection.close()
        raise
    return session
