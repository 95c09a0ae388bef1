"""A database schema, parsed from what the server's `get_schema` returns or from a schema file.

Source: RFC 7047 section 3.2, <database-schema>, <table-schema>, <column-schema>.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from cpal.errors import Invalid
from cpal.ovsdb.column import Atom, BaseType, ColumnType, Kind
from cpal.ovsdb.values import Codec, codec


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, type, codec, and whether it may change after insertion and survives a restart."""

    name: str
    type: ColumnType
    codec: Codec
    mutable: bool = True
    ephemeral: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """One table. Rows of a table that is not `is_root` live only while another row refers to them strongly.

    `columns` includes `_uuid` and `_version`, which every table has; `indexes` are the groups of columns whose
    values are unique together; `max_rows` None means any number.
    """

    name: str
    columns: Mapping[str, Column]
    is_root: bool
    indexes: tuple[tuple[str, ...], ...] = ()
    max_rows: int | None = None

    def column(self, name: str) -> Column:
        """The column of that name.

        Raises: Invalid when the schema has none; its message says which there are.
        """
        try:
            return self.columns[name]
        except KeyError:
            raise Invalid(
                "no such column in this schema", key=self.name, field=name, wanted=sorted(self.columns)
            ) from None

    def encode(self, row: Mapping[str, object]) -> dict[str, Any]:
        """The wire form of canonical column values.

        Raises: Invalid with table and column when a column is unknown or its value is of another type.
        """
        columns = self.columns
        try:
            return {name: columns[name].codec.encode(value) for name, value in row.items()}
        except (Invalid, KeyError):
            return {name: self.encode_value(name, value) for name, value in row.items()}

    def encode_value(self, name: str, value: object) -> Any:
        """The wire form of one column's canonical value; raises as `encode` does."""
        column = self.column(name)
        try:
            return column.codec.encode(value)
        except Invalid as fault:
            raise Invalid(fault.message, key=self.name, field=name, wanted=fault.wanted, seen=fault.seen) from None


@dataclass(frozen=True, slots=True)
class Schema:
    """A database's name, version (`x.y.z`) and tables."""

    name: str
    version: str
    tables: Mapping[str, Table]

    def table(self, name: str) -> Table:
        """The table of that name.

        Raises: Invalid when the schema has none.
        """
        try:
            return self.tables[name]
        except KeyError:
            raise Invalid(
                "no such table in this schema", key=self.name, field=name, wanted=sorted(self.tables)
            ) from None


def parse_schema(document: bytes | str) -> Schema:
    """The schema in a JSON document.

    Raises: Invalid when it is not a <database-schema>.
    """
    try:
        body = msgspec.json.decode(document, type=_Schema)
    except (ValueError, RecursionError) as fault:
        raise Invalid(f"not an OVSDB schema: {fault}") from fault
    rooted = any(table.isRoot for table in body.tables.values())
    tables = {name: _table(name, table, rooted) for name, table in body.tables.items()}
    return Schema(name=body.name, version=body.version, tables=tables)


class _BaseType(msgspec.Struct):
    type: Kind
    enum: Any = None
    minInteger: int | None = None
    maxInteger: int | None = None
    minReal: float | None = None
    maxReal: float | None = None
    minLength: int | None = None
    maxLength: int | None = None
    refTable: str | None = None
    refType: str = "strong"


class _Type(msgspec.Struct):
    key: _BaseType | Kind
    value: _BaseType | Kind | None = None
    min: int = 1
    max: int | str = 1


class _Column(msgspec.Struct):
    type: _Type | Kind
    mutable: bool = True
    ephemeral: bool = False


class _Table(msgspec.Struct):
    columns: dict[str, _Column]
    isRoot: bool = False
    indexes: list[tuple[str, ...]] = []
    maxRows: int | None = None


class _Schema(msgspec.Struct):
    name: str
    tables: dict[str, _Table]
    version: str = ""


_UUID = ColumnType(BaseType("uuid"))
_IMPLICIT = {name: Column(name, _UUID, codec(_UUID), mutable=False) for name in ("_uuid", "_version")}


def _table(name: str, body: _Table, rooted: bool) -> Table:
    """Where no table of a schema says isRoot, all are roots (RFC 7047 section 3.2, <table-schema>)."""
    columns = {column: _column(column, each) for column, each in body.columns.items()}
    return Table(
        name=name,
        columns=columns | _IMPLICIT,
        is_root=body.isRoot or not rooted,
        indexes=tuple(body.indexes),
        max_rows=body.maxRows,
    )


def _column(name: str, body: _Column) -> Column:
    column_type = _column_type(body.type if isinstance(body.type, _Type) else _Type(key=body.type))
    return Column(name, column_type, codec(column_type), body.mutable, body.ephemeral)


def _column_type(body: _Type) -> ColumnType:
    if isinstance(body.max, str) and body.max != "unlimited":
        raise Invalid("not an OVSDB schema: max is neither a number nor unlimited", seen=body.max)
    maximum = body.max if isinstance(body.max, int) else None
    if body.min not in (0, 1) or (maximum is not None and maximum < max(1, body.min)):
        raise Invalid("not an OVSDB schema: a column's min is 0 or 1, its max no less", seen=(body.min, body.max))
    value = None if body.value is None else _base_type(body.value)
    return ColumnType(_base_type(body.key), value, body.min, maximum)


def _base_type(body: _BaseType | Kind) -> BaseType:
    if isinstance(body, str):
        return BaseType(body)
    return BaseType(
        kind=body.type,
        enum=None if body.enum is None else _enum(body.enum),
        lowest=_first(body.minInteger, body.minReal, body.minLength),
        highest=_first(body.maxInteger, body.maxReal, body.maxLength),
        ref_table=body.refTable,
        strong=body.refType != "weak",
    )


def _first(*bounds: int | float | None) -> int | float | None:
    return next((bound for bound in bounds if bound is not None), None)


def _enum(wire: Any) -> tuple[Atom, ...]:
    """An enumeration is a <set> of at least one atom."""
    atoms = wire[1] if isinstance(wire, list) and len(wire) == 2 and wire[0] == "set" else [wire]
    if not isinstance(atoms, list) or not all(isinstance(atom, int | float | str) for atom in atoms):
        raise Invalid("not an OVSDB schema: an enum is a set of atoms", seen=wire)
    return tuple(sorted(atoms, key=lambda atom: (str(type(atom)), atom)))
