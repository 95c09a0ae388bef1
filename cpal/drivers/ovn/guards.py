"""What must still be so for ops to be right: `wait` operations that hold at once or end the transaction. Pure.

    a row that is changed, moved or deleted    its columns are as seen, and its tags say that it is ours
    a row that is contained                    its container still holds it
    an entry of a map that is changed          it is as seen
    a row that is needed                       it is still there and ours

Source: RFC 7047 section 5.2.6.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from cpal.core.rows import VALUE, Op, Row, RowKey, references
from cpal.drivers.ovn.tables import EDGES, SHARED_COLUMN, TABLES
from cpal.drivers.ovn.tags import OWNER
from cpal.drivers.ovn.wire import Wire
from cpal.errors import Moved
from cpal.ovsdb import ops as ovsdb
from cpal.ovsdb.column import Uuid

GONE = "it is gone from the target"
"""What is wrong when a row that is needed is not there."""


class Guard(NamedTuple):
    """A `wait`, the row it is about, and what is wrong when it does not hold."""

    operation: ovsdb.Op
    row: RowKey
    problem: str


def guards(parts: Sequence[Sequence[Op]], wire: Wire) -> list[list[Guard]]:
    """What must hold for each part of the ops; for the first, what must hold for any, and that what is needed is there.

    Raises:
        Moved: a row that an op changes or needs is not there.
    """
    own = [_guards_of(part, wire) for part in parts]
    changed = {op.before.key for part in parts for op in part if op.before is not None}
    needed = references([op.after for part in parts for op in part if op.after is not None])
    present = [_present(key, wire) for key in needed if key not in wire.created and key not in changed]
    return [[guard for part in own for guard in part] + present, *own[1:]]


def _guards_of(ops: Sequence[Op], wire: Wire) -> list[Guard]:
    """What must hold for ops that change what is there already."""
    changing = [op for op in ops if op.before is not None]
    rows = [op.before for op in changing if op.before is not None and op.before.key.table not in EDGES]
    return [*(_as_seen(row, wire) for row in rows), *_contained(changing, wire)]


def held(ops: Sequence[Op], wire: Wire) -> Iterator[Guard]:
    """What holds when the ops are done and nothing came after: rows as wanted, in their places, and others gone."""
    for op in ops:
        if op.key.table in EDGES:
            continue
        if op.after is not None:
            yield _unchanged(op.after, wire)._replace(problem="it is not as applied")
        else:
            table = wire.table(op.key)
            gone = ovsdb.wait(table, ovsdb.row(wire.uuid(op.key)), columns=("_uuid",))
            yield Guard(gone, op.key, "it is there again")
    yield from _memberships((op.after for op in ops if op.after is not None), "includes", wire)
    yield from _memberships((op.before for op in ops if op.before is not None and _leaves(op)), "excludes", wire)


def _leaves(op: Op) -> bool:
    """Whether a row is no longer where it was."""
    return op.before is not None and (op.after is None or op.after.within != op.before.within)


def _memberships(rows: Iterable[Row], function: Literal["includes", "excludes"], wire: Wire) -> Iterator[Guard]:
    """One guard for each column that has, or has no longer, these rows or values."""
    members: dict[tuple[RowKey, str], list[Any]] = {}
    for row in rows:
        if row.within is not None and row.within not in wire.deleted:
            place = (row.within, TABLES[row.key.table].within[row.within.table])
            value = row.columns[VALUE] if row.key.table in EDGES else row.key
            members.setdefault(place, []).append(wire.uuid(value) if isinstance(value, RowKey) else value)
    for (container, column), values in members.items():
        table = wire.table(container)
        elements = dict(values) if isinstance(values[0], tuple) else values
        where = [*ovsdb.row(wire.uuid(container)), ovsdb.condition(table, column, function, elements)]
        operation = ovsdb.wait(table, where, {"_uuid": wire.uuid(container)})
        yield Guard(operation, container, f"its {column} is not as applied")


def _as_seen(row: Row, wire: Wire) -> Guard:
    if row.key not in wire.unowned:
        return _unchanged(row, wire)
    table = wire.table(row.key)
    nobodys = ovsdb.condition(table, SHARED_COLUMN, "excludes", {OWNER: wire.tags.owner})
    return _guarded(row, wire, [*ovsdb.row(wire.uuid(row.key)), nobodys])


def _unchanged(row: Row, wire: Wire) -> Guard:
    return _guarded(row, wire, _where(row.key, wire, wire.shared(row)))


def _guarded(row: Row, wire: Wire, where: list[ovsdb.Condition]) -> Guard:
    table = wire.table(row.key)
    columns = wire.columns(row.key.table)
    expected = {name: wire.value(row.key.table, name, row.columns) for name in columns}
    return Guard(ovsdb.wait(table, where, expected, columns=columns), row.key, "it changed at the target")


def _present(key: RowKey, wire: Wire) -> Guard:
    _demand_there(key, wire)
    return _presence(key, wire.uuid(key), wire.tags.owner)


@lru_cache(maxsize=10_000)
def _presence(key: RowKey, uuid: Uuid, owner: str) -> Guard:
    """That a row is there and the owner's: one write after the other needs the same few, so it is written once."""
    expected = ("uuid", uuid)
    where = [("_uuid", "==", expected), (SHARED_COLUMN, "includes", ("map", [(OWNER, owner)]))]
    operation = {"op": "wait", "timeout": 0, "table": key.table, "where": where, "columns": ["_uuid"], "until": "==",
                 "rows": [{"_uuid": expected}]}  # fmt: skip
    return Guard(operation, key, GONE)


def _demand_there(key: RowKey, wire: Wire) -> None:
    if key not in wire.existing:
        raise Moved(GONE, key=str(key), remedy="plan again; nothing was changed")


def _where(key: RowKey, wire: Wire, more: dict[str, str]) -> list[ovsdb.Condition]:
    _demand_there(key, wire)
    tags = {OWNER: wire.tags.owner, **more}
    return [*ovsdb.row(wire.uuid(key)), ovsdb.condition(wire.table(key), SHARED_COLUMN, "includes", tags)]


def _contained(ops: Iterable[Op], wire: Wire) -> Iterator[Guard]:
    """One guard for each column that holds rows or entries which change."""
    members: dict[tuple[RowKey, str], Any] = {}
    for op in ops:
        before = op.before
        if before is None or before.within is None:
            continue
        spec = TABLES[before.key.table]
        place = (before.within, spec.within[before.within.table])
        value = before.columns.get(VALUE)
        if not spec.edge:
            members.setdefault(place, []).append(wire.uuid(before.key))
        elif type(value) is tuple and before.within not in wire.deleted:
            members.setdefault(place, {}).update([value])
    for (container, column), held in members.items():
        table = wire.table(container)
        where = [*ovsdb.row(wire.uuid(container)), ovsdb.condition(table, column, "includes", held)]
        operation = ovsdb.wait(table, where, {"_uuid": wire.uuid(container)})
        yield Guard(operation, container, f"its {column} changed at the target")
