"""Schemas are read as RFC 7047 section 3.2 says."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cpal.errors import Invalid
from cpal.ovsdb.column import BaseType, ColumnType, Shape
from cpal.ovsdb.schema import Schema, parse_schema


def schema_of(tables: dict[str, Any]) -> Schema:
    return parse_schema(json.dumps({"name": "Test", "version": "1.2.3", "tables": tables}))


def column_of(written: Any) -> ColumnType:
    return schema_of({"T": {"columns": {"c": {"type": written}}}}).table("T").column("c").type


REFERENCE = {"type": "uuid", "refTable": "Port", "refType": "weak"}
KINDS = {"type": "string", "enum": ["set", ["b", "a"]]}


@pytest.mark.parametrize(
    ("written", "read", "shape"),
    [
        ("string", ColumnType(BaseType("string")), Shape.SCALAR),
        ({"key": "integer", "min": 0}, ColumnType(BaseType("integer"), None, 0, 1), Shape.OPTIONAL),
        ({"key": "integer", "min": 0, "max": 1}, ColumnType(BaseType("integer"), None, 0, 1), Shape.OPTIONAL),
        (
            {"key": REFERENCE, "min": 0, "max": "unlimited"},
            ColumnType(BaseType("uuid", ref_table="Port", strong=False), None, 0, None),
            Shape.SET,
        ),
        ({"key": "real", "min": 1, "max": 3}, ColumnType(BaseType("real"), None, 1, 3), Shape.SET),
        (
            {"key": "string", "value": "boolean", "min": 0, "max": "unlimited"},
            ColumnType(BaseType("string"), BaseType("boolean"), 0, None),
            Shape.MAP,
        ),
        ({"key": KINDS}, ColumnType(BaseType("string", enum=("a", "b"))), Shape.SCALAR),
        ({"key": {"type": "string", "enum": "a"}}, ColumnType(BaseType("string", enum=("a",))), Shape.SCALAR),
        (
            {"key": {"type": "integer", "minInteger": 0, "maxInteger": 65535}},
            ColumnType(BaseType("integer", lowest=0, highest=65535)),
            Shape.SCALAR,
        ),
        ({"key": {"type": "string", "maxLength": 15}}, ColumnType(BaseType("string", highest=15)), Shape.SCALAR),
    ],
)
def test_a_column_type_is_read(written: Any, read: ColumnType, shape: Shape) -> None:
    assert column_of(written) == read
    assert column_of(written).shape is shape


def test_tables_say_their_indexes_and_limits() -> None:
    columns = {"name": {"type": "string", "mutable": False}, "up": {"type": "boolean", "ephemeral": True}}
    table = schema_of({"T": {"columns": columns, "indexes": [["name"]], "maxRows": 1, "isRoot": True}}).table("T")
    assert (table.indexes, table.max_rows, table.is_root) == ((("name",),), 1, True)
    assert not table.column("name").mutable
    assert table.column("up").ephemeral
    assert table.column("_uuid").type == ColumnType(BaseType("uuid"))


def test_all_tables_are_roots_where_none_says_so() -> None:
    plain: dict[str, Any] = {"columns": {}}
    assert schema_of({"A": plain, "B": plain}).table("B").is_root
    assert not schema_of({"A": {"columns": {}, "isRoot": True}, "B": plain}).table("B").is_root


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"\xff",
        b"[]",
        b'{"name": "x"}',
        b'{"name": "x", "tables": {"T": {"columns": {"c": {"type": "text"}}}}}',
        b'{"name": "x", "tables": {"T": {"columns": {"c": {"type": {"key": "string", "min": 2, "max": 2}}}}}}',
        b'{"name": "x", "tables": {"T": {"columns": {"c": {"type": {"key": "string", "max": 0}}}}}}',
        b'{"name": "x", "tables": {"T": {"columns": {"c": {"type": {"key": "string", "max": "many"}}}}}}',
        b'{"name": "x", "tables": {"T": {"columns": {"c": {"type": {"key": {"type": "string", "enum": {}}}}}}}}',
    ],
)
def test_what_is_no_schema_is_refused(document: bytes) -> None:
    with pytest.raises(Invalid, match="not an OVSDB schema"):
        parse_schema(document)


def test_an_unknown_table_or_column_says_which_there_are() -> None:
    schema = schema_of({"T": {"columns": {"c": {"type": "string"}}}})
    with pytest.raises(Invalid) as no_table:
        schema.table("U")
    assert (no_table.value.field, no_table.value.wanted) == ("U", ["T"])
    with pytest.raises(Invalid) as no_column:
        schema.table("T").encode({"d": "x"})
    assert (no_column.value.key, no_column.value.field) == ("T", "d")
    assert no_column.value.wanted == ["_uuid", "_version", "c"]
