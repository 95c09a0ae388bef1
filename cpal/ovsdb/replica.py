"""A live copy of chosen tables and columns of a database.

The server sends the rows once and from then on every change; `tables` always holds one whole committed state. The
server sends a client the changes of its own transaction before that transaction's result (ovsdb-server(7) section
4.1.5), so that after `await client.transact(...)` the replica already shows them.

After a lost connection the client asks for what changed since the last transaction seen. A server that no longer knows
(it restarted) sends all rows again; then the replica compares, and reports exactly the rows that differ.

No I/O here: `request` says what to ask for, `replied` and `updated` take what came.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from sys import intern
from typing import Any, NamedTuple

import msgspec
from msgspec import Raw

from cpal.errors import Invalid, Unsupported
from cpal.ovsdb.column import Uuid
from cpal.ovsdb.ops import Condition
from cpal.ovsdb.rows import Row, RowCodec
from cpal.ovsdb.schema import Schema
from cpal.ovsdb.signal import Signal

ZERO = "00000000-0000-0000-0000-000000000000"

METHODS = ("monitor_cond_since", "monitor_cond", "monitor")
"""Ways to monitor, best first: OVS 2.12, OVS 2.6, RFC 7047."""


class Change(NamedTuple):
    """One row that changed: `old` is None when it is new, `new` is None when it is gone."""

    table: str
    uuid: Uuid
    old: Row | None
    new: Row | None


Changes = Sequence[Change]
Watcher = Callable[[Changes], None]

_Updates = dict[str, dict[str, Raw]]
_updates = msgspec.json.Decoder(_Updates)
_since = msgspec.json.Decoder(tuple[bool, str, _Updates])


class Replica:
    """The rows of the monitored tables: `tables[table][uuid][column]`. Read-only for all but the client.

    `version` grows by one with every change; `live` is False while the connection is lost, when the rows are those
    last heard of.
    """

    def __init__(
        self,
        name: str,
        columns: Mapping[str, Sequence[str]],
        where: Mapping[str, Sequence[Condition | bool]] | None = None,
    ) -> None:
        self.name = name
        self.version = 0
        self.live = False
        self._columns = dict(columns)
        self._where = dict(where or {})
        self._rows: dict[str, dict[Uuid, Row]] = {table: {} for table in columns}
        self.tables: Mapping[str, Mapping[Uuid, Row]] = self._rows
        self._schema: Schema | None = None
        self._codecs: dict[str, RowCodec] = {}
        self._last_txn = ZERO
        self._loaded = False
        self._whole_rows = False
        self._changed = Signal()
        self._watchers: list[Watcher] = []

    # ------------------------------------------------------------------------------------------ use

    async def changed(self, since: int | None = None) -> int:
        """Wait until `version` differs from `since` (by default from what it is now); the new version."""
        before = self.version if since is None else since
        while self.version == before:
            await self._changed.wait()
        return self.version

    def watch(self, watcher: Watcher) -> Callable[[], None]:
        """Call `watcher` with the changes of each update from now on, in order; the result ends that.

        It is called when `tables` already shows them, and must not raise. The initial rows are no changes.
        """
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher)

    # ------------------------------------------------------------------------------------------ protocol

    def bind(self, schema: Schema) -> None:
        """Take the schema of a server. Rows kept from another schema are compared as a whole at the next reply.

        Raises: Invalid when it lacks a monitored table or column.
        """
        if schema is self._schema:
            return
        self._codecs = {table: RowCodec(schema.table(table), columns) for table, columns in self._columns.items()}
        self._schema = schema
        self._last_txn = ZERO

    def request(self, database: str, method: str) -> list[Any]:
        """The params of a monitor request.

        Raises: Unsupported for conditions where the server knows only `monitor`.
        """
        if method == "monitor" and self._where:
            raise Unsupported("this server cannot monitor by condition", key=database, wanted=self._where)
        requests = {table: [self._table_request(table)] for table in self._columns}
        params = [database, self.name, requests]
        return [*params, self._last_txn] if method == "monitor_cond_since" else params

    def _table_request(self, table: str) -> dict[str, Any]:
        request: dict[str, Any] = {"columns": self._codecs[table].columns}
        if table in self._where:
            request["where"] = self._where[table]
        return request

    def replied(self, method: str, result: Raw) -> None:
        """Take the result of a monitor request.

        Raises: Invalid when it is malformed; the replica then loads all rows at the next reply.
        """
        self._whole_rows = method == "monitor"
        try:
            found, txn, updates = (
                _since.decode(result) if method == METHODS[0] else (False, ZERO, _updates.decode(result))
            )
        except ValueError as fault:
            raise Invalid(f"not the result of a monitor: {fault}") from fault
        self._last_txn = ZERO
        changes = self._apply(updates) if found else self._reload(updates)
        self._last_txn = txn
        self.live = True
        self._loaded = True
        self._publish(changes)

    def updated(self, updates: Raw, txn: str = ZERO) -> None:
        """Take a notification's updates, and the transaction they end with where the server says so.

        Raises: Invalid, as `replied`.
        """
        try:
            parsed = _updates.decode(updates)
        except ValueError as fault:
            raise Invalid(f"not an update: {fault}") from fault
        self._last_txn = ZERO
        changes = self._apply(parsed)
        self._last_txn = txn
        self._publish(changes)

    def lost(self) -> None:
        """Note that the connection is lost."""
        self.live = False

    def _apply(self, updates: _Updates) -> list[Change]:
        """Take changed rows: all of them, or none when one is malformed."""
        changes = []
        for table, of_table in updates.items():
            rows = self._rows.get(table)
            if rows is None:
                raise Invalid("an update of a table that is not monitored", key=table)
            for key, wire in of_table.items():
                uuid = Uuid(intern(key))
                old = rows.get(uuid)
                changes.append(Change(table, uuid, old, self._read(table, uuid, old, wire)))
        for table, uuid, _, new in changes:
            if new is None:
                self._rows[table].pop(uuid, None)
            else:
                self._rows[table][uuid] = new
        return changes

    def _reload(self, updates: _Updates) -> list[Change]:
        """Take all rows anew, or none when one is malformed; the changes are the rows that differ."""
        fresh = {table: self._fresh(table, updates.get(table, {})) for table in self._rows}
        changes = [change for table, rows in fresh.items() for change in self._differing(table, rows)]
        for table, rows in fresh.items():
            self._rows[table].clear()
            self._rows[table].update(rows)
        return changes

    def _fresh(self, table: str, updates: dict[str, Raw]) -> dict[Uuid, Row]:
        """The rows of a table as sent; one that is as we know it is the one we know."""
        known, rows = self._rows[table], {}
        for key, wire in updates.items():
            uuid = Uuid(intern(key))
            new = self._read(table, uuid, None, wire)
            if new is not None:
                old = known.get(uuid)
                rows[uuid] = old if old == new and old is not None else new
        return rows

    def _differing(self, table: str, rows: dict[Uuid, Row]) -> Iterator[Change]:
        """The changes from the rows we know to these; none when we knew nothing yet."""
        known = self._rows[table]
        for uuid, old in known.items():
            if uuid not in rows:
                yield Change(table, uuid, old, None)
        for uuid, new in rows.items() if self._loaded else ():
            if known.get(uuid) is not new:
                yield Change(table, uuid, known.get(uuid), new)

    def _read(self, table: str, uuid: Uuid, old: Row | None, wire: Raw) -> Row | None:
        codec = self._codecs[table]
        return codec.replaced(uuid, wire) if self._whole_rows else codec.updated(uuid, old, wire)

    def _publish(self, changes: list[Change]) -> None:
        self.version += 1
        self._changed.fire()
        if changes:
            for watcher in tuple(self._watchers):
                watcher(changes)
