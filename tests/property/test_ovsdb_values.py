"""Codecs over random column types, with Open vSwitch's own Python library as the outside oracle."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import msgspec
import ovs.db.data
import ovs.db.types
from hypothesis import given
from hypothesis import strategies as st

from cpal.errors import CpalError, Invalid
from cpal.ovsdb.column import BaseType, ColumnType, Kind, Shape
from cpal.ovsdb.endpoint import parse_endpoint
from cpal.ovsdb.replica import METHODS, Replica
from cpal.ovsdb.results import read_results
from cpal.ovsdb.rows import RowCodec
from cpal.ovsdb.schema import parse_schema
from cpal.ovsdb.values import codec

KINDS: list[Kind] = ["integer", "real", "boolean", "string", "uuid"]
ATOMS: dict[Kind, st.SearchStrategy[Any]] = {
    "integer": st.integers(-(2**63), 2**63 - 1),
    "real": st.floats(allow_nan=False, allow_infinity=False),
    "boolean": st.booleans(),
    "string": st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0"), max_size=6),
    "uuid": st.uuids().map(str),
}
LIMITS = st.sampled_from([(1, 1), (0, 1), (0, None), (1, None), (0, 3), (1, 3)])


@st.composite
def column_types(draw: st.DrawFn) -> ColumnType:
    minimum, maximum = draw(LIMITS)
    value = draw(st.none() | st.sampled_from(KINDS))
    return ColumnType(
        BaseType(draw(st.sampled_from(KINDS))), None if value is None else BaseType(value), minimum, maximum
    )


def canonical_values(of: ColumnType) -> st.SearchStrategy[Any]:
    """All values of a column type, in canonical form."""
    key, most = ATOMS[of.key.kind], 3 if of.maximum is None else of.maximum
    if of.value is not None:
        return st.dictionaries(key, ATOMS[of.value.kind], min_size=of.minimum, max_size=most)
    match of.shape:
        case Shape.SCALAR:
            return key
        case Shape.OPTIONAL:
            return st.none() | key
        case _:
            return st.sets(key, min_size=of.minimum, max_size=most).map(lambda atoms: tuple(sorted(atoms)))


TYPED_VALUES = column_types().flatmap(lambda of: st.tuples(st.just(of), canonical_values(of)))
TYPED_PAIRS = column_types().flatmap(lambda of: st.tuples(st.just(of), canonical_values(of), canonical_values(of)))


def decoded(of: ColumnType, text: bytes | str) -> Any:
    wire = msgspec.json.decode(text, type=codec(of).wire)
    decode = codec(of).decode
    return wire if decode is None else decode(wire)


def ovs_type(of: ColumnType) -> Any:
    maximum = "unlimited" if of.maximum is None else of.maximum
    written = {"key": of.key.kind, "min": of.minimum, "max": maximum}
    return ovs.db.types.Type.from_json(written if of.value is None else written | {"value": of.value.kind})


@given(TYPED_VALUES)
def test_decoding_undoes_encoding(typed: tuple[ColumnType, Any]) -> None:
    of, value = typed
    again = decoded(of, msgspec.json.encode(codec(of).encode(value)))
    assert again == value
    assert type(again) is type(value) or value == {}


@given(TYPED_VALUES)
def test_the_ovs_library_reads_what_we_write_and_we_what_it_writes(typed: tuple[ColumnType, Any]) -> None:
    of, value = typed
    wire = json.loads(msgspec.json.encode(codec(of).encode(value)))
    datum = ovs.db.data.Datum.from_json(ovs_type(of), wire)
    assert decoded(of, json.dumps(datum.to_json())) == value


def difference(of: ColumnType, old: Any, new: Any) -> Any:
    """What an update2 says, by the words of ovsdb-server(7) section 4.1.14."""
    if of.maximum == 1:
        return new
    if of.value is None:
        return tuple(sorted(set(old) ^ set(new)))
    gone = {key: old[key] for key in old.keys() - new.keys()}
    return gone | {key: new[key] for key in new if key not in old or old[key] != new[key]}


@given(TYPED_PAIRS)
def test_a_difference_leads_from_the_old_value_to_the_new(typed: tuple[ColumnType, Any, Any]) -> None:
    of, old, new = typed
    assert codec(of).merge(old, difference(of, old, new)) == new


@given(st.sets(st.integers(0, 200), min_size=20), st.sets(st.integers(0, 200), max_size=2))
def test_a_short_difference_of_a_long_set_is_merged_too(old: set[int], new: set[int]) -> None:
    of = ColumnType(BaseType("integer"), None, 0, None)
    assert codec(of).merge(tuple(sorted(old)), tuple(sorted(new))) == tuple(sorted(old ^ new))


COLUMNS = {
    "name": {"type": "string"},
    "tag": {"type": {"key": "integer", "min": 0, "max": 1}},
    "ports": {"type": {"key": "uuid", "min": 0, "max": "unlimited"}},
    "queue": {"type": {"key": {"type": "uuid"}, "min": 0, "max": 1}},
    "ids": {"type": {"key": "string", "value": "string", "min": 0, "max": "unlimited"}},
}
SCHEMA = parse_schema(json.dumps({"name": "D", "tables": {"T": {"columns": COLUMNS}}}))
WORDS = st.sampled_from(["set", "map", "uuid", "named-uuid", "initial", "insert", "modify", "delete", "new", "T"])
NAMES = WORDS | st.sampled_from([*COLUMNS, "_uuid", "error", "count"])
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | NAMES | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=15,
)


@given(JUNK, JUNK)
def test_any_json_is_read_or_raises_our_error(first: Any, second: Any) -> None:
    """Whatever a broken server sends where rows, updates, results or schemas are due."""
    raw = msgspec.Raw(json.dumps(first).encode())
    rows = RowCodec(SCHEMA.table("T"))
    replica = Replica("r", {"T": tuple(COLUMNS)})
    replica.bind(SCHEMA)
    updates = msgspec.Raw(json.dumps({"T": {"a": first, "b": second}}).encode())
    row = rows.rows(msgspec.Raw(b"[{}]"))[0]
    with suppress(CpalError):
        read_results(raw, [{}], "D")
    for attempt in (
        lambda: rows.rows(raw),
        lambda: rows.updated("a", row, raw),
        lambda: rows.updated("a", None, raw),
        lambda: rows.replaced("a", raw),
        lambda: replica.updated(updates),
        lambda: replica.replied(METHODS[0], msgspec.Raw(json.dumps([False, "", {"T": {"a": first}}]).encode())),
        lambda: replica.replied(METHODS[1], updates),
        lambda: replica.replied(METHODS[2], updates),
        lambda: replica.replied(METHODS[0], raw),
    ):
        with suppress(Invalid):
            attempt()


@given(st.binary() | JUNK.map(lambda junk: json.dumps(junk).encode()))
def test_any_bytes_are_a_schema_or_raise_our_error(data: bytes) -> None:
    with suppress(Invalid):
        parse_schema(data)


@given(st.text() | st.text(alphabet="tcpslunix:[]0123456789.%a", max_size=20))
def test_any_text_is_an_endpoint_or_raises_our_error(text: str) -> None:
    with suppress(Invalid):
        endpoint = parse_endpoint(text)
        assert parse_endpoint(str(endpoint)) == endpoint
