"""Whether rows of chosen tables changed, without holding them: which rows, by UUID, since it was last cleared.

The server is asked for no initial rows, only for what changes from then on, and of a row that is made for one column
alone: that it is new is enough, and the contents of ten thousand ports are megabytes. It tells a client of the changes
of its own transaction before that transaction's result, so that after `await client.transact(...)` they are known here,
and can be told from those of others. While the connection is lost anything may happen, so then all of it counts as
changed.

No I/O here: `request` says what to ask for, `replied` and `updated` take what came.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Raw

from cpal.errors import Invalid
from cpal.ovsdb.column import Shape
from cpal.ovsdb.ops import Condition
from cpal.ovsdb.schema import Schema

NO_TRANSACTION = "00000000-0000-0000-0000-000000000000"

_updates = msgspec.json.Decoder(dict[str, dict[str, Raw]])
_ANY = {"initial": False, "insert": True, "delete": True, "modify": True}
_OF_OLD = {**_ANY, "insert": False}
_BY_WEIGHT = (Shape.OPTIONAL, Shape.SET, Shape.MAP, Shape.SCALAR)
"""Columns that a new row often leaves at their default, which is not sent, come first."""


class Tripwire:
    """Made by `Client.trip`. `columns` are looked at, by table; `where` limits a table to rows for which any holds.

    A server before OVS 2.6 cannot select rows: then changes of any row count.
    """

    def __init__(
        self, name: str, columns: Mapping[str, Sequence[str]], where: Mapping[str, Sequence[Condition]]
    ) -> None:
        self.name = name
        self.live = False
        self._columns = columns
        self._where = where
        self._changed: set[str] = set()
        self._lost = False
        self._lightest: dict[str, str] = {}

    @property
    def tripped(self) -> bool:
        """Whether a row changed, or may have."""
        return self._lost or not self.live or bool(self._changed)

    def clear(self) -> None:
        """Begin anew: what is read from now on is at least as new as this."""
        self._changed.clear()
        self._lost = False

    def forgive(self, uuids: Iterable[str]) -> None:
        """Take out rows that the caller itself changed."""
        self._changed.difference_update(uuids)

    # ------------------------------------------------------------------------------------------ protocol

    def bind(self, schema: Schema) -> None:
        """Take the schema of a server.

        Raises: Invalid when it lacks a table or column.
        """
        for name, columns in self._columns.items():
            table = schema.table(name)
            self._lightest[name] = min(columns, key=lambda column: _BY_WEIGHT.index(table.column(column).type.shape))

    def request(self, database: str, method: str) -> list[Any]:
        """The params of a monitor request. Source: RFC 7047 section 4.1.5; ovsdb-server(7) sections 4.1.12, 4.1.15."""
        tables: dict[str, Any] = {}
        for table, columns in self._columns.items():
            light = self._lightest[table]
            limit = {"where": self._where[table]} if table in self._where and method != "monitor" else {}
            others = [column for column in columns if column != light]
            tables[table] = [
                {"columns": [light], "select": _ANY, **limit},
                {"columns": others, "select": _OF_OLD, **limit},
            ]
        params = [database, self.name, tables]
        return [*params, NO_TRANSACTION] if method == "monitor_cond_since" else params

    def replied(self, method: str, result: Raw) -> None:
        """Take the result of a monitor request: from now on changes are told."""
        self.live = True

    def updated(self, updates: Raw, txn: str = NO_TRANSACTION) -> None:
        """Take a notification's updates.

        Raises: Invalid when they are malformed.
        """
        try:
            parsed = _updates.decode(updates)
        except ValueError as fault:
            raise Invalid(f"not an update: {fault}") from fault
        for rows in parsed.values():
            self._changed.update(rows)

    def lost(self) -> None:
        """Note that the connection is lost."""
        self.live = False
        self._lost = True
