"""Rows of ops in the terms of one database: UUIDs for row keys, defaults for what is left out. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from typing import Any

from cpal.core.rows import Op, Row, RowKey, Value
from cpal.drivers.ovn.tables import EDGES, SHARED_COLUMN, SWITCH_PORT, TABLES
from cpal.drivers.ovn.tags import Tags
from cpal.ovsdb.column import Uuid
from cpal.ovsdb.schema import Schema, Table


class Wire:
    """The ops of one apply: `existing` are the UUIDs of the rows there; those of rows made follow from their tags.

    `unowned` are rows that are not ours: those that are adopted, and those that go with it.
    """

    def __init__(
        self,
        schema: Schema,
        tags: Tags,
        existing: Mapping[RowKey, str],
        ops: Sequence[Op],
        unowned: Collection[RowKey] = (),
    ) -> None:
        self.schema = schema
        self.tags = tags
        self.existing = existing
        self.unowned = unowned
        self._ops = ops
        before = [op.before.key for op in ops if op.after is None and op.before is not None]
        after = [op.after.key for op in ops if op.before is None and op.after is not None]
        self.created = {key for key in after if key[0] not in EDGES}
        self.deleted = {key for key in before if key[0] not in EDGES}
        self._references: dict[RowKey, tuple[str, Uuid]] = {}

    def uuid(self, key: RowKey) -> Uuid:
        """The UUID of a row; one that is neither ours nor made is named by its UUID."""
        return self.reference(key)[1]

    def reference(self, key: RowKey) -> tuple[str, Uuid]:
        """The UUID of a row as it travels; known once told, also when the row is gone from `existing`.

        Source: RFC 7047 section 5.1, <uuid>.
        """
        found = self._references.get(key)
        if found is None:
            known = self.existing.get(key) or (self.tags.uuid(key) if key in self.created else key.name)
            found = self._references[key] = ("uuid", Uuid(known))
        return found

    @cached_property
    def touched(self) -> set[str]:
        """The UUIDs of the rows that the ops change, make or delete, and of those that hold or held them."""
        found: set[RowKey | None] = set()
        for op in self._ops:
            for row in (op.before, op.after):
                if row is not None:
                    found.add(row.within)
                    found.add(row.key)
        return {self.uuid(key) for key in found if key is not None and key[0] not in EDGES}

    @cached_property
    def made(self) -> dict[RowKey, str]:
        """The UUIDs of the rows that are made."""
        return {key: self.uuid(key) for key in self.created}

    def work_out(self) -> None:
        """Work out `touched` and `made` now, so that they are there when they are asked for."""
        _ = self.touched, self.made

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
        """The columns of a new row, with its tags, as they travel: ten thousand at once, so without the codecs.

        A port of a workload is said to be down, as northd would say as soon as it has translated it: that spares it,
        and the database, writing each once more, and taking back what it does where nobody says. Source: ovn-nb(5),
        Logical_Switch_Port `up`.
        """
        columns = {name: self.written(value) for name, value in row.columns.items()}
        columns[SHARED_COLUMN] = ("map", [*self.tags.of(row), *self.shared(row).items()])
        if row.key[0] == SWITCH_PORT and "type" not in columns:
            columns["up"] = False
        return columns

    def written(self, value: Value) -> Any:
        """A value's wire form, told from its type. Source: RFC 7047 section 5.1, <value>."""
        kind = type(value)
        if kind is tuple:
            return value[0] if len(value) == 1 else ("set", value)  # type: ignore[arg-type,index]  # by its type
        if kind is RowKey:
            return self.reference(value)  # type: ignore[arg-type]  # by its type
        if kind is dict:
            return "map", [*value.items()]  # type: ignore[union-attr]  # by its type
        return value

    def shared(self, row: Row) -> dict[str, str]:
        """What the renderer set in the shared column of a row."""
        value = row.columns.get(SHARED_COLUMN)
        return value if isinstance(value, dict) else {}
