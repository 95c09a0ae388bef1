"""Rows of ops in the terms of one database: UUIDs for row keys, defaults for what is left out. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from cpal.core.rows import Action, Op, Row, RowKey, Value
from cpal.drivers.ovn.tables import SHARED_COLUMN, TABLES
from cpal.drivers.ovn.tags import Tags
from cpal.ovsdb.column import Uuid
from cpal.ovsdb.schema import Schema, Table


class Wire:
    """The ops of one apply: `existing` are the UUIDs of the rows there, `created` of those that the ops make."""

    def __init__(self, schema: Schema, tags: Tags, existing: Mapping[RowKey, str], ops: Sequence[Op]) -> None:
        self.schema = schema
        self.tags = tags
        self.existing = existing
        rows = [op for op in ops if not TABLES[op.key.table].edge]
        self.created = {op.key: tags.uuid(op.key) for op in rows if op.action is Action.CREATE}
        self.deleted = {op.key for op in rows if op.action is Action.DELETE}

    def uuid(self, key: RowKey) -> Uuid:
        """The UUID of a row; one that is neither ours nor made is named by its UUID."""
        return Uuid(self.created.get(key) or self.existing.get(key) or key.name)

    def table(self, key: RowKey) -> Table:
        """The schema of the table that a row is in."""
        return self.schema.table(key.table)

    def columns(self, table: str) -> tuple[str, ...]:
        """The columns of a table that are wholly ours and that this database has."""
        return self._columns[table]

    @cached_property
    def _columns(self) -> dict[str, tuple[str, ...]]:
        return {
            name: tuple(sorted(spec.columns & self.schema.table(name).columns.keys() - {SHARED_COLUMN}))
            for name, spec in TABLES.items()
            if not spec.edge
        }

    def value(self, table: str, column: str, columns: Mapping[str, Value]) -> Any:
        """A column's canonical value in the database, its default where it is left out."""
        value = columns.get(column)
        if value is None:
            return self.schema.table(table).column(column).codec.default
        return self.uuid(value) if isinstance(value, RowKey) else value

    def row(self, row: Row) -> dict[str, Any]:
        """The columns of a new row, with its tags."""
        columns: dict[str, Any] = {
            name: self.uuid(value) if type(value) is RowKey else value for name, value in row.columns.items()
        }
        columns[SHARED_COLUMN] = {**columns.get(SHARED_COLUMN, {}), **self.tags.of(row)}
        return columns

    def shared(self, row: Row) -> dict[str, str]:
        """What the renderer set in the shared column of a row."""
        value = row.columns.get(SHARED_COLUMN)
        return value if isinstance(value, dict) else {}
