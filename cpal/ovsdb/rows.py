"""Rows as compact records, made straight from JSON.

For each table and selection of columns one class is generated: a frozen msgspec Struct with a slot per column, which
the cyclic collector does not track. msgspec parses a row into it, checking shapes, and leaves a column that was not
sent at its canonical default; then only the columns that were sent and are sets, maps or references are turned into
canonical values in place. A second class, whose columns default to "not sent", reads differences.

A row of 17 columns takes 152 bytes and its contents; a dict would take 650.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from copy import copy
from typing import Any

import msgspec
from msgspec import UNSET, Raw, UnsetType
from msgspec.structs import force_setattr

from cpal.errors import Invalid
from cpal.ovsdb.column import Uuid
from cpal.ovsdb.schema import Column, Table
from cpal.ovsdb.values import Codec


class Row(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One row: each column an attribute and an item, in canonical form (see `values`). Read-only.

    `_uuid` is always there. `msgspec.structs.asdict(row)` gives all columns.
    """

    _uuid: Uuid = Uuid("")

    def __getitem__(self, column: str) -> Any:
        try:
            return getattr(self, column)
        except AttributeError:
            raise KeyError(column) from None

    def __contains__(self, column: object) -> bool:
        return column in self.__struct_fields__


_raws = msgspec.json.Decoder(list[Raw])


class RowCodec:
    """Reads the rows of one table, limited to some of its columns.

    Raises: Invalid, from its constructor for an unknown column, from its methods for input of another form.
    """

    def __init__(self, table: Table, columns: Iterable[str] | None = None) -> None:
        chosen = [name for name in table.columns if name != "_version"] if columns is None else list(columns)
        self.table = table
        self.columns = tuple(dict.fromkeys(name for name in chosen if name != "_uuid"))
        fields = [table.column(name) for name in ("_uuid", *self.columns)]
        self.row_type = _row_type(table.name, fields)
        difference = _difference_type(table.name, fields)
        self._converted = [(c.name, _default(c), c.codec.decode) for c in fields if c.codec.decode is not None]
        self._codecs = {column.name: column.codec for column in fields}
        self._row: msgspec.json.Decoder[Row] = msgspec.json.Decoder(self.row_type)
        self._update: msgspec.json.Decoder[Any] = msgspec.json.Decoder(_update_type(self.row_type, difference))
        self._old_new: msgspec.json.Decoder[Any] = msgspec.json.Decoder(_old_new_type(self.row_type))

    def rows(self, wire: Raw) -> list[Row]:
        """The rows that a select returned (`Result.rows`), each with the `_uuid` it says."""
        return list(self.each(wire))

    def each(self, wire: Raw) -> Iterator[Row]:
        """The rows that a select returned, one after another: a hundred thousand need not be held at once."""
        try:
            for one in _raws.decode(wire):
                row = self._row.decode(one)
                self._canonicalise(row)
                yield row
        except ValueError as fault:
            raise self._malformed(fault) from fault

    def updated(self, uuid: str, old: Row | None, wire: Raw) -> Row | None:
        """The row after a <row-update2>, None when it is deleted.

        Source: ovsdb-server(7) section 4.1.14.
        """
        try:
            update = self._update.decode(wire)
        except ValueError as fault:
            raise self._malformed(fault) from fault
        whole = update.initial if update.initial is not UNSET else update.insert
        if whole is not UNSET:
            return self._named(whole, uuid)
        if update.modify is not UNSET:
            return self._modified(uuid, old, update.modify)
        return None

    def replaced(self, uuid: str, wire: Raw) -> Row | None:
        """The row after a <row-update>, which holds all columns as they became, None when it is deleted.

        Source: RFC 7047 section 4.1.6.
        """
        try:
            new = self._old_new.decode(wire).new
        except ValueError as fault:
            raise self._malformed(fault) from fault
        return None if new is UNSET else self._named(new, uuid)

    def _named(self, row: Row, uuid: str) -> Row:
        self._canonicalise(row)
        force_setattr(row, "_uuid", uuid)
        return row

    def _canonicalise(self, row: Row) -> None:
        for name, default, decode in self._converted:
            wire = getattr(row, name)
            if wire is not default:
                force_setattr(row, name, decode(wire))

    def _modified(self, uuid: str, old: Row | None, difference: Any) -> Row:
        if old is None:
            raise Invalid("a change of a row that was never sent", key=f"{self.table.name} {uuid}")
        new = copy(old)
        for name, codec in self._codecs.items():
            wire = getattr(difference, name)
            if wire is not UNSET:
                force_setattr(new, name, _merged(codec, getattr(old, name), wire))
        return new

    def _malformed(self, fault: ValueError) -> Invalid:
        return Invalid(f"not a row of this table: {fault}", key=self.table.name)


def _merged(codec: Codec, old: Any, wire: Any) -> Any:
    return codec.merge(old, wire if codec.decode is None else codec.decode(wire))


def _row_type(table: str, columns: list[Column]) -> type[Row]:
    fields = [(column.name, column.codec.wire, _default(column)) for column in columns]
    made = msgspec.defstruct(table, fields, bases=(Row,), frozen=True, gc=False, kw_only=True)
    assert issubclass(made, Row)
    return made


def _default(column: Column) -> Any:
    return "" if column.name == "_uuid" else column.codec.default


def _difference_type(table: str, columns: list[Column]) -> type[msgspec.Struct]:
    fields = [(column.name, column.codec.wire | UnsetType, UNSET) for column in columns]
    return msgspec.defstruct(f"{table}Difference", fields, gc=False, kw_only=True)


def _update_type(row: type[Row], difference: type[msgspec.Struct]) -> type[msgspec.Struct]:
    """The type of a <row-update2>."""
    kinds: dict[str, Any] = {"initial": row, "insert": row, "modify": difference, "delete": type(None)}
    fields = [(name, kind | UnsetType, UNSET) for name, kind in kinds.items()]
    return msgspec.defstruct("RowUpdate2", fields, gc=False)


def _old_new_type(row: type[Row]) -> type[msgspec.Struct]:
    """The type of a <row-update>, whose "old" nobody needs."""
    return msgspec.defstruct("RowUpdate", [("new", row | UnsetType, UNSET)], gc=False)
