"""Giving adopted rows back: each as it was before, and nothing left of what we made.

Theory. Before rows are adopted, they are kept as they are (`kept_rows`): whole, in OVSDB's own JSON. To release them,
the columns that we keep get their values back, rows that went are made again under their UUIDs, rows that we made go.
A set of references holds what it held, and what others put there since; so is `external_ids` without our tags. All of
it is one transaction. Pure.

Source: RFC 7047 section 5.1; ovsdb-server(7) section 5.2.1 (chosen UUIDs).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from cpal.drivers.ovn.tables import SHARED_COLUMN, TABLES
from cpal.drivers.ovn.tags import PREFIX
from cpal.ovsdb.ops import Op
from cpal.ovsdb.schema import Schema

Wire = Any
"""A value, or a row, in OVSDB's JSON."""
Rows = dict[str, dict[str, Wire]]
"""Whole rows by table and UUID."""
IMPLICIT = ("_uuid", "_version")


def read_rows(tables: Iterable[str], results: Iterable[msgspec.Raw]) -> Rows:
    """The rows that selects of whole tables returned."""
    found: Rows = {}
    for table, result in zip(tables, results, strict=True):
        found[table] = {row["_uuid"][1]: row for row in msgspec.json.decode(result)}
    return found


def kept_rows(rows: Rows, uuids: Iterable[str]) -> Rows:
    """Those rows that have one of the UUIDs."""
    wanted = frozenset(uuids)
    return {table: {uuid: row for uuid, row in of.items() if uuid in wanted} for table, of in rows.items()}


def merged(older: Rows, newer: Rows) -> Rows:
    """What is kept after a second adoption: of a row that was adopted before, what it was then."""
    return {table: newer.get(table, {}) | older.get(table, {}) for table in (*older, *newer)}


def release_ops(schema: Schema, kept: Rows, now: Rows, owned: Mapping[str, Iterable[str]]) -> list[Op]:
    """What gives the rows back; `now` are all rows as they are, `owned` the UUIDs of ours by table."""
    mine = frozenset(uuid for of in owned.values() for uuid in of) | {uuid for of in kept.values() for uuid in of}
    made: list[Op] = []
    for table, rows in kept.items():
        for uuid, row in rows.items():
            held = now.get(table, {}).get(uuid)
            made.append(
                _made_again(table, uuid, row) if held is None else _put_back(schema, table, uuid, row, held, mine)
            )
    roots = (table for table in owned if schema.table(table).is_root)
    return made + [_gone(table, uuid) for table in roots for uuid in owned[table] if uuid not in kept.get(table, {})]


def _made_again(table: str, uuid: str, row: Wire) -> Op:
    columns = {name: value for name, value in row.items() if name not in IMPLICIT}
    return {"op": "insert", "table": table, "uuid": uuid, "row": columns}


def _put_back(schema: Schema, table: str, uuid: str, row: Wire, held: Wire, mine: frozenset[str]) -> Op:
    columns = {name: row[name] for name in TABLES[table].columns if name in row}
    columns[SHARED_COLUMN] = _shared(row[SHARED_COLUMN], held[SHARED_COLUMN])
    for name in _sets(table):
        is_reference = schema.table(table).column(name).type.key.kind == "uuid"
        columns[name] = _members(row[name], held[name], mine) if is_reference else row[name]
    return {"op": "update", "table": table, "where": [("_uuid", "==", ("uuid", uuid))], "row": columns}


def _gone(table: str, uuid: str) -> Op:
    return {"op": "delete", "table": table, "where": [("_uuid", "==", ("uuid", uuid))]}


def _sets(table: str) -> set[str]:
    """The columns of a table that hold rows or entries of ours."""
    return {spec.within[table] for spec in TABLES.values() if table in spec.within}


def _members(before: Wire, held: Wire, mine: frozenset[str]) -> Wire:
    """The references of before, and those to rows of others that came since."""
    others = [uuid for uuid in _uuids(held) if uuid not in mine]
    return ["set", [["uuid", uuid] for uuid in dict.fromkeys([*_uuids(before), *others])]]


def _uuids(wire: Wire) -> list[str]:
    return [atom[1] for atom in wire[1]] if wire[0] == "set" else [wire[1]]


def _shared(before: Wire, held: Wire) -> Wire:
    others = {key: value for key, value in held[1] if not key.startswith(PREFIX)}
    return ["map", [*{**dict(before[1]), **others}.items()]]
