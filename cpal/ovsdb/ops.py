"""Builders of transaction operations (RFC 7047 section 5.2). Pure: they return the wire form, in canonical values in.

    ops = [
        wait(table, row(uuid), {"name": "blue"}),
        insert(ports, {"name": "p1", "addresses": ("dynamic",)}, uuid=port),
        mutate(table, row(uuid), include(table, "ports", (port,))),
    ]
    await client.transact(ops)

An insert may choose its row's UUID: ovsdb-server from 2.13 on accepts it (ovsdb-server(7) section 5.2.1). A second
insert with the same UUID fails with Rejected, `seen.error == "duplicate uuid"`, so that repeating a transaction whose
reply was lost creates nothing twice. That holds across restarts, as long as the row is still there; a row deleted in
the same transaction cannot be inserted again. Older servers answer "syntax error".

All builders raise Invalid when a table's schema has no such column or the value is of another type.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import msgspec
from msgspec import Raw

from cpal.errors import Invalid
from cpal.ovsdb.column import Shape, Uuid
from cpal.ovsdb.schema import Table

Op = dict[str, Any]
_encode = msgspec.json.Encoder().encode
Condition = tuple[str, str, Any]
Mutation = tuple[str, str, Any]

Function = Literal["<", "<=", "==", "!=", ">=", ">", "includes", "excludes"]
Mutator = Literal["+=", "-=", "*=", "/=", "%=", "insert", "delete"]


def row(uuid: Uuid) -> list[Condition]:
    """The condition that holds for one row, given its UUID."""
    return [("_uuid", "==", ("uuid", uuid))]


def condition(table: Table, column: str, function: Function, value: object) -> Condition:
    """One condition on a column; several together mean that all hold."""
    return (column, function, table.encode_value(column, value))


def equals(table: Table, **columns: object) -> list[Condition]:
    """The conditions that each of these columns has this value."""
    return [condition(table, column, "==", value) for column, value in columns.items()]


def insert(table: Table, columns: Mapping[str, object], *, uuid: Uuid | None = None, name: str | None = None) -> Op:
    """Add a row, with the UUID given, else one the server chooses; `name` lets other operations refer to it (Named)."""
    op: Op = {"op": "insert", "table": table.name, "row": table.encode(columns)}
    if uuid is not None:
        op["uuid"] = uuid
    if name is not None:
        op["uuid-name"] = name
    return op


def update(table: Table, where: Sequence[Condition], columns: Mapping[str, object]) -> Op:
    """Set these columns in all rows that match."""
    return {"op": "update", "table": table.name, "where": where, "row": table.encode(columns)}


def mutate(table: Table, where: Sequence[Condition], *mutations: Mutation) -> Op:
    """Change columns of all rows that match, relative to what they hold."""
    return {"op": "mutate", "table": table.name, "where": where, "mutations": mutations}


def mutation(table: Table, column: str, mutator: Mutator, value: object) -> Mutation:
    """One change of a column: arithmetic on numbers, `insert` or `delete` of elements."""
    return (column, mutator, table.encode_value(column, value))


def include(table: Table, column: str, elements: object) -> Mutation:
    """The change that adds elements to a set, or those pairs to a map whose keys it has not."""
    return mutation(table, column, "insert", elements)


def exclude(table: Table, column: str, elements: object) -> Mutation:
    """The change that takes elements out of a set, or exactly these pairs out of a map."""
    return mutation(table, column, "delete", elements)


def exclude_keys(table: Table, column: str, keys: Iterable[object]) -> Mutation:
    """The change that takes these keys out of a map, whatever their values."""
    of = table.column(column)
    if of.type.shape is not Shape.MAP:
        raise Invalid("only a map has keys", key=table.name, field=column)
    return (column, "delete", ("set", [of.codec.encode_key(key) for key in keys]))


def delete(table: Table, where: Sequence[Condition]) -> Op:
    """Remove all rows that match."""
    return {"op": "delete", "table": table.name, "where": where}


def wait(
    table: Table,
    where: Sequence[Condition],
    *rows: Mapping[str, object],
    columns: Sequence[str] | None = None,
    until: Literal["==", "!="] = "==",
    timeout_ms: int = 0,
) -> Op:
    """Go on only if (`until` "==") the rows that match hold exactly these values, else fail with Moved.

    `columns` are those compared, by default those of the first row; without rows the condition is that none matches.
    All rows must give all of them. With `timeout_ms` the server waits so long for it to become true.
    """
    compared = list(columns) if columns is not None else list(rows[0]) if rows else ["_uuid"]
    return {
        "op": "wait",
        "timeout": timeout_ms,
        "table": table.name,
        "where": where,
        "columns": compared,
        "until": until,
        "rows": [table.encode(each) for each in rows],
    }


def select(table: Table, where: Sequence[Condition], columns: Sequence[str] | None = None) -> Op:
    """Return the rows that match: these columns of them, by default all."""
    op: Op = {"op": "select", "table": table.name, "where": where}
    if columns is not None:
        op["columns"] = [table.column(column).name for column in columns]
    return op


def encoded(operations: Iterable[Op]) -> list[Raw]:
    """The operations as JSON, so that what is sent later is written while something else is awaited.

    Raises:
        Invalid: JSON cannot say it.
    """
    try:
        return [Raw(_encode(operation)) for operation in operations]
    except (TypeError, ValueError, OverflowError) as fault:
        raise Invalid(f"the operations cannot be written as JSON: {fault}", key="OVSDB") from fault


def comment(text: str) -> Op:
    """Note why, in the server's log of transactions."""
    return {"op": "comment", "comment": text}


def assert_lock(name: str) -> Op:
    """Go on only if this client holds the lock, else fail with Busy."""
    return {"op": "assert", "lock": name}


def commit(*, durable: bool) -> Op:
    """With `durable`, answer only when the transaction is on disk."""
    return {"op": "commit", "durable": durable}


def abort() -> Op:
    """Fail, whatever the operations before did."""
    return {"op": "abort"}
