"""From ops to OVSDB transactions. Pure.

Theory. A transaction is: the lock is ours; guards (see `guards`); inserts; updates; memberships, grouped by the column
they are in; deletions; the cells that say how far we are. It happens to what was seen, or not at all.

Many ops are split into several transactions, in order. What must not part stays together: a contained row and the
reference that keeps it alive, a port and its memberships in groups (a port without its groups is open to all). The
guards of all go into the first as well, so that a row that moved is met before anything is done.

A row that goes leaves the sets that hold it in the same transaction, although the server would see to that: in
ovsdb-server 3.1 a weak reference stays behind when its row changes in the transaction that deletes what it refers to,
and the server then crashes, also when it loads that database again.

A row that moves to another container keeps its UUID, so that what refers to it still does. A container that goes must
be empty by then: what others put into it would go with it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from cpal.core.rows import VALUE, Action, Op, Row, RowKey, Value
from cpal.drivers.ovn.guards import Guard
from cpal.drivers.ovn.tables import EDGE_MEMBERS, SHARED_COLUMN, TABLES
from cpal.drivers.ovn.wire import Wire
from cpal.ovsdb import ops as ovsdb
from cpal.ovsdb.schema import Table

MOST_OPS = 5000
"""How many ops are done at once or not at all. More are split: the server does nothing else meanwhile."""
PART_OPS = 5000
"""How many ops a part has then, about: while the server does one, the next is written. The first are smaller."""
RAMP = 5
"""How many parts it takes to get to that size, so that the server soon has something to do."""

OTHERS_INSIDE = "it holds rows that are not cpal's, which would be deleted with it"

Place = tuple[RowKey, str]
"""A set or map column: the row that has it, and its name."""


def split(ops: Sequence[Op], wire: Wire) -> list[Sequence[Op]]:
    """The ops in order, in one part or, when they are too many, in several that each keep together what must not part.

    A row made or deleted and its memberships must not, where the container was there before the row; a membership in
    a container that comes later stays where it is, since there is nothing to put it into before. What is adopted
    changes hands at once, or not at all.
    """
    if len(ops) <= MOST_OPS or any(op.action is Action.ADOPT for op in ops):
        return [ops]
    attached: defaultdict[Value, list[Op]] = defaultdict(list)
    free: list[tuple[RowKey, Op]] = []
    created, deleted = wire.created, wire.deleted
    for op in ops:
        row = op.before if op.after is None else op.after
        assert row is not None
        key = row.key
        if key[0] in _LATE and (op.before is None or op.after is None):
            member = row.columns[VALUE]
            if member in (created if op.before is None else deleted):
                attached[member].append(op)
                continue
        free.append((key, op))
    part: list[Op] = []
    parts: list[Sequence[Op]] = [part]
    for key, op in free:
        if len(part) >= max(1, PART_OPS * min(len(parts), RAMP) // RAMP):
            parts.append(part := [])
        part.append(op)
        if key in attached:
            part += attached[key]
    return parts


def _late(edge: str, members: str) -> bool:
    """Whether the members of an edge's container are made after it."""
    return all(TABLES[container].rank < TABLES[members].rank for container in TABLES[edge].within)


_LATE = frozenset(edge for edge, members in EDGE_MEMBERS.items() if _late(edge, members))
"""Edges that travel with their member."""


class Batch:
    """One transaction under construction.

    `operations` is what is sent, as JSON once finished; `subjects` says of an operation that can fail, by its place,
    what it is about.
    """

    def __init__(self, wire: Wire) -> None:
        self.operations: list[Any] = [ovsdb.assert_lock(wire.tags.lock)]
        self.subjects: dict[int, Guard] = {}
        self._wire = wire
        self._inserts: dict[RowKey, dict[str, Any]] = {}
        self._updates: list[ovsdb.Op] = []
        self._included: dict[Place, list[Any]] = {}
        self._excluded: dict[Place, list[Any]] = {}
        self._entries: dict[Place, list[Any]] = {}
        self._deleted: list[Row] = []

    def require(self, found: Iterable[Guard]) -> None:
        """Put guards in front."""
        for guard in found:
            self.subjects[len(self.operations)] = guard
            self.operations.append(guard.operation)

    def add(self, op: Op) -> None:
        """Do an op."""
        before, after = op.before, op.after
        row = op.row
        if TABLES[row.key[0]].edge:
            self._edge(op, row)
        elif before is None:
            self._create(row)
        elif after is None:
            self._delete(row)
        else:
            self._change(before, after, self._wire.tags.of(after) if op.action is Action.ADOPT else ())

    def finish(self, cells: Iterable[ovsdb.Op]) -> None:
        """Write everything down, the cells last."""
        self._place_memberships()
        for key, columns in self._inserts.items():
            self.subjects[len(self.operations)] = Guard({}, key, "it is there already")
            self.operations.append({"op": "insert", "table": key.table, "uuid": self._wire.uuid(key), "row": columns})
        self.operations += self._updates
        self.operations += self._mutations()
        for row in self._deleted:
            self._remove(row)
        self.operations += cells
        self.operations = ovsdb.encoded(self.operations)

    def _edge(self, op: Op, row: Row) -> None:
        place, value = self._place(row), row.columns[VALUE]
        if type(value) is tuple:
            self._entry(op, place, value)
        elif op.action is not Action.DELETE:
            self._included.setdefault(place, []).append(self._wire.written(value))
        else:
            self._excluded.setdefault(place, []).append(self._wire.written(value))

    def _entry(self, op: Op, place: Place, pair: tuple[Any, ...]) -> None:
        """An entry of a map: taken out by its key, then put in anew, since an insert leaves a key that is there."""
        if place[0] in self._wire.deleted:
            return
        self._excluded.setdefault(place, []).append(pair[0])
        if op.after is not None:
            self._entries.setdefault(place, []).append(pair)

    def _create(self, row: Row) -> None:
        self._inserts[row.key] = self._wire.row(row)
        if row.within is not None:
            self._included.setdefault(self._place(row), []).append(self._wire.reference(row.key))

    def _change(self, before: Row, after: Row, tags: Iterable[tuple[str, str]]) -> None:
        self._update(before, after, dict(tags))
        if before.within != after.within:
            self._leave(before)
            self._included.setdefault(self._place(after), []).append(self._wire.reference(after.key))

    def _update(self, before: Row, after: Row, tags: dict[str, str]) -> None:
        wire, table = self._wire, self._wire.table(after.key)
        where = ovsdb.row(wire.uuid(after.key))
        changed = sorted(
            name
            for name in before.columns.keys() | after.columns.keys()
            if name != SHARED_COLUMN and before.columns.get(name) != after.columns.get(name)
        )
        if changed:
            columns = {name: wire.value(after.key.table, name, after.columns) for name in changed}
            self._updates.append(ovsdb.update(table, where, columns))
        old, new = wire.shared(before), {**wire.shared(after), **tags}
        if old != new:
            keys = ovsdb.exclude_keys(table, SHARED_COLUMN, sorted(old.keys() | new.keys()))
            self._updates.append(ovsdb.mutate(table, where, keys, ovsdb.include(table, SHARED_COLUMN, new)))

    def _delete(self, row: Row) -> None:
        self._deleted.append(row)
        if TABLES[row.key.table].within and not self._goes_with_container(row):
            self._leave(row)

    def _goes_with_container(self, row: Row) -> bool:
        """Whether a row's container goes too, which cannot be without any: a meter has a band."""
        if row.within is None or row.within not in self._wire.deleted:
            return False
        container, column = self._place(row)
        return self._wire.table(container).columns[column].type.minimum > 0

    def _leave(self, row: Row) -> None:
        """Take a contained row out of its container; of one that others moved, wherever it is."""
        if row.within is not None:
            self._excluded.setdefault(self._place(row), []).append(self._wire.reference(row.key))
            return
        uuid = self._wire.uuid(row.key)
        for container, column in TABLES[row.key.table].within.items():
            table = self._wire.schema.table(container)
            where = [ovsdb.condition(table, column, "includes", (uuid,))]
            self._updates.append(ovsdb.mutate(table, where, ovsdb.exclude(table, column, (uuid,))))

    def _place(self, row: Row) -> Place:
        assert row.within is not None
        return row.within, TABLES[row.key.table].within[row.within.table]

    def _place_memberships(self) -> None:
        """What goes into a row that is made in the same transaction is part of its insert."""
        for place in [place for place in self._included if place[0] in self._inserts]:
            self._inserts[place[0]][place[1]] = ("set", self._included.pop(place))
        for place in [place for place in self._entries if place[0] in self._inserts]:
            self._inserts[place[0]][place[1]] = ("map", self._entries.pop(place))
            del self._excluded[place]

    def _mutations(self) -> list[ovsdb.Op]:
        made = []
        for place in dict.fromkeys([*self._excluded, *self._included, *self._entries]):
            container, column = place
            changes: list[ovsdb.Mutation] = []
            if excluded := self._excluded.get(place):
                changes.append((column, "delete", ("set", excluded)))
            if included := self._included.get(place):
                changes.append((column, "insert", ("set", included)))
            if entries := self._entries.get(place):
                changes.append((column, "insert", ("map", entries)))
            made.append(ovsdb.mutate(self._wire.table(container), ovsdb.row(self._wire.uuid(container)), *changes))
        return made

    def _remove(self, row: Row) -> None:
        """Delete a row, or, where its container already let go of it, make sure that nothing goes with it.

        One that holds others fast lets go of them only when it is deleted itself.
        """
        key = row.key
        table = self._wire.table(key)
        where = ovsdb.row(self._wire.uuid(key))
        contained = _contained_columns(self._wire, table)
        if contained:
            empty = ovsdb.wait(table, where, dict.fromkeys(contained, ()), columns=contained)
            self.require([Guard(empty, key, OTHERS_INSIDE)])
        if table.is_root or any(_holds_fast(table, name) for name, value in row.columns.items() if _refers(value)):
            self.operations.append(ovsdb.delete(table, where))


def _refers(value: Value) -> bool:
    return isinstance(value, RowKey)


def _holds_fast(table: Table, column: str) -> bool:
    """Whether what a column refers to cannot be deleted meanwhile. Source: RFC 7047, section 3.2, strong references."""
    of = table.columns[column].type.key
    return bool(of.ref_table) and of.strong


def _contained_columns(wire: Wire, table: Table) -> list[str]:
    """The columns that hold rows which live only there, and may be empty."""
    found = []
    for name, column in table.columns.items():
        of = column.type.key
        several = column.type.minimum == 0 and column.type.maximum != 1
        if several and of.ref_table and of.strong and not wire.schema.table(of.ref_table).is_root:
            found.append(name)
    return sorted(found)
