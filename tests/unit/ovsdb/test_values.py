"""Values that the wire or the schema cannot hold are refused with table and column; equal defaults are shared."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Any

import msgspec
import pytest

from cpal.errors import Invalid
from cpal.ovsdb.column import BaseType, ColumnType, Kind, Named
from cpal.ovsdb.schema import Table, parse_schema
from cpal.ovsdb.values import EMPTY_MAP, codec

UUID = "00000000-0000-4000-8000-00000000000a"


class Colour(StrEnum):
    RED = "red"


def many(kind: Kind, value: Kind | None = None, minimum: int = 0, maximum: int | None = None) -> ColumnType:
    return ColumnType(BaseType(kind), None if value is None else BaseType(value), minimum, maximum)


@pytest.mark.parametrize(
    ("column_type", "canonical", "wire"),
    [
        (many("string", maximum=1), None, ["set", []]),
        (many("string", maximum=1), "x", "x"),
        (many("string", minimum=1, maximum=1), "x", "x"),
        (many("string"), (), ["set", []]),
        (many("string"), ("x",), ["set", ["x"]]),
        (many("uuid"), (UUID,), ["set", [["uuid", UUID]]]),
        (many("uuid", maximum=1), Named("new"), ["named-uuid", "new"]),
        (many("string", maximum=1), Colour.RED, "red"),
        (many("string", "integer"), {"a": 1}, ["map", [["a", 1]]]),
        (many("string", "uuid"), {"a": UUID}, ["map", [["a", ["uuid", UUID]]]]),
        (many("integer", "string"), {}, ["map", []]),
        (many("real", minimum=1, maximum=1), 1, 1.0),
    ],
)
def test_the_wire_form_is_that_of_the_rfc(column_type: ColumnType, canonical: Any, wire: Any) -> None:
    assert json.loads(msgspec.json.encode(codec(column_type).encode(canonical))) == wire


@pytest.mark.parametrize(
    ("column_type", "value"),
    [
        (many("string"), "abc"),
        (many("string"), {"a": "b"}),
        (many("string"), 3),
        (many("string"), (3,)),
        (many("string", "string"), ("a", "b")),
        (many("string", "string"), {"a": 1}),
        (many("string", maximum=2), ("a", "b", "c")),
        (many("string", minimum=1, maximum=2), ()),
        (many("string", minimum=1, maximum=1), None),
        (many("integer", maximum=1), True),
        (many("integer", maximum=1), 2**63),
        (many("integer", maximum=1), 1.0),
        (many("real", maximum=1), float("nan")),
        (many("real", maximum=1), float("inf")),
        (many("boolean", maximum=1), 1),
        (many("uuid", maximum=1), 7),
    ],
)
def test_a_value_of_another_type_is_refused(column_type: ColumnType, value: Any) -> None:
    with pytest.raises(Invalid):
        codec(column_type).encode(value)


def table() -> Table:
    columns = {"ports": {"type": {"key": "string", "min": 0, "max": "unlimited"}}, "name": {"type": "string"}}
    return parse_schema(json.dumps({"name": "T", "tables": {"Switch": {"columns": columns}}})).table("Switch")


def test_a_fault_names_table_and_column() -> None:
    with pytest.raises(Invalid) as caught:
        table().encode({"name": "x", "ports": "abc"})
    assert (caught.value.key, caught.value.field, caught.value.seen) == ("Switch", "ports", "abc")


def test_the_empty_map_is_shared_and_read_only() -> None:
    column = codec(many("string", "string"))
    assert column.decode is not None
    assert column.decode(("map", ())) is column.default is EMPTY_MAP
    assert EMPTY_MAP == {}
    with pytest.raises(TypeError):
        EMPTY_MAP["a"] = "b"


def test_equal_strings_of_maps_and_references_are_one_object() -> None:
    maps = codec(many("string", "string")).decode
    sets = codec(many("uuid")).decode
    assert maps is not None
    assert sets is not None
    first, second = (maps(json.loads('["map", [["owner id", "blue net"]]]')) for _ in range(2))
    assert first["owner id"] is second["owner id"]
    assert sets(("uuid", "".join(UUID)))[0] is sets(("set", (("uuid", UUID[:9] + UUID[9:]),)))[0]
