"""Random and legal rows for any OVSDB schema, and what outside tools say a database holds."""

from __future__ import annotations

import json
import random
import subprocess
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from cpal.ovsdb import Replica, Row, Schema, Table
from cpal.ovsdb.column import BaseType, ColumnType, Shape

Form = list[Any]
"""A column's content as a sorted list of atoms or pairs, whatever its type: the form for comparisons."""


def form_of_value(value: Any) -> Form:
    """The form of a canonical value."""
    if value is None:
        return []
    if isinstance(value, Mapping):
        return sorted([key, atom] for key, atom in value.items())
    return sorted(value) if isinstance(value, tuple) else [value]


def form_of_wire(wire: Any) -> Form:
    """The form of a <value> as any server or tool writes it (RFC 7047 section 5.1)."""
    if not isinstance(wire, list):
        return [wire]
    tag, body = wire
    if tag == "uuid":
        return [body]
    if tag == "map":
        return sorted([form_of_wire(key)[0], form_of_wire(atom)[0]] for key, atom in body)
    return sorted(form_of_wire(atom)[0] for atom in body)


Dump = dict[str, dict[str, dict[str, Form]]]
"""table, uuid, column to form."""


def dump_of(replica: Replica) -> Dump:
    """What a replica holds."""
    return {
        table: {str(uuid): dump_of_row(row) for uuid, row in rows.items()} for table, rows in replica.tables.items()
    }


def dump_of_row(row: Row) -> dict[str, Form]:
    """What a row holds."""
    return {column: form_of_value(row[column]) for column in row.__struct_fields__}


def dump_by_ovsdb_client(endpoint: str, database: str) -> Dump:
    """What `ovsdb-client dump` says that the database holds."""
    command = ["ovsdb-client", "--format=json", "dump", endpoint, database]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return {table["caption"].removesuffix(" table"): _rows(table) for table in map(json.loads, text.splitlines())}


def _rows(table: dict[str, Any]) -> dict[str, dict[str, Form]]:
    rows = [dict(zip(table["headings"], map(form_of_wire, row), strict=True)) for row in table["data"]]
    return {row["_uuid"][0]: row for row in rows}


def every_column(schema: Schema) -> dict[str, list[str]]:
    """All columns of all tables, to monitor."""
    return {name: [c for c in table.columns if not c.startswith("_")] for name, table in schema.tables.items()}


class RowMaker:
    """Makes rows that a schema allows. References go to `known`, the rows of each table that are there."""

    def __init__(self, schema: Schema, seed: int) -> None:
        self.schema = schema
        self.random = random.Random(seed)
        self.known: dict[str, list[str]] = {table: [] for table in schema.tables}

    def uuid(self) -> str:
        """A new row's UUID."""
        return str(UUID(int=self.random.getrandbits(128), version=4))

    def row(self, table: Table, *, full: bool = False) -> dict[str, Any]:
        """Values for those columns that must not stay at their defaults, and for some or all others."""
        return {
            name: self.value(column.type)
            for name, column in table.columns.items()
            if not name.startswith("_") and (full or must_be_set(column.type) or self.random.random() < 0.5)
        }

    def value(self, of: ColumnType) -> Any:
        """A value of a column."""
        if of.shape is Shape.SCALAR:
            return self.atom(of.key)
        most = min(of.maximum or 3, 3)
        count = 0 if self._dangling(of) else self.random.randint(of.minimum, most)
        keys = sorted({self.atom(of.key) for _ in range(count)})
        if of.shape is Shape.OPTIONAL:
            return keys[0] if keys else None
        return tuple(keys) if of.value is None else {key: self.atom(of.value) for key in keys}

    def _dangling(self, of: ColumnType) -> bool:
        bases = [base for base in (of.key, of.value) if base is not None and base.ref_table is not None]
        return any(not self.known[base.ref_table or ""] for base in bases)

    def atom(self, of: BaseType) -> Any:
        """An atom of a type, within its bounds."""
        if of.enum is not None:
            return self.random.choice(of.enum)
        match of.kind:
            case "integer":
                return self.random.randint(int(of.lowest or 0), int(of.highest if of.highest is not None else 2**40))
            case "real":
                return self.random.choice([0.0, 0.5, -1e-3, 1e20])
            case "boolean":
                return self.random.random() < 0.5
            case "string":
                text = self.random.choice(["", "a", 'say "}{" \\', "b\n\t\u00e9\U0001f600", "x" * 200]) + self.uuid()
                return text[: None if of.highest is None else int(of.highest)]
        return self.random.choice(self.known[of.ref_table]) if of.ref_table else self.uuid()


def must_be_set(of: ColumnType) -> bool:
    """Whether the default is not allowed, for it is not in the enum or out of bounds."""
    base = of.key
    return of.minimum == 1 and (base.enum is not None or bool(base.lowest and base.lowest > 0) or base.kind == "uuid")
