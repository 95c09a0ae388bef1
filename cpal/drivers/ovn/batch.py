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

from collections.abc import Iterable, Sequence
from typing import Any

from cpal.core.rows import VALUE, Action, Op, Row, RowKey
from cpal.drivers.ovn.guards import Guard
from cpal.drivers.ovn.tables import SHARED_COLUMN, TABLES
from cpal.drivers.ovn.wire import Wire
from cpal.ovsdb import ops as ovsdb
from cpal.ovsdb.schema import Table

MOST_OPS = 5000
"""How many ops one transaction holds at most, about: the server does nothing else meanwhile."""

OTHERS_INSIDE = "it holds rows that are not cpal's, which would be deleted with it"

Place = tuple[RowKey, str]
"""A set or map column: the row that has it, and its name."""


def split(ops: Sequence[Op], most: int = MOST_OPS) -> list[list[Op]]:
    """The ops in order, in parts of about `most`; one empty part when there are none."""
    parts: list[list[Op]] = [[]]
    for unit in _units(ops):
        if parts[-1] and len(parts[-1]) + len(unit) > most:
            parts.append([])
        parts[-1] += unit
    return parts


def _units(ops: Sequence[Op]) -> list[list[Op]]:
    """The ops in order, those together that must not part: a row made or deleted, and its memberships.

    A membership in a container that comes after its members stays where it is: before, there is nothing to put it into.
    """
    action_of = {op.key: op.action for op in ops if op.action in (Action.CREATE, Action.DELETE)}
    attached: dict[RowKey, list[Op]] = {}
    free = []
    for op in ops:
        member = _late_member(op)
        if member is not None and action_of.get(member) is op.action:
            attached.setdefault(member, []).append(op)
        else:
            free.append(op)
    return [[op, *attached.get(op.key, ())] for op in free]


def _late_member(op: Op) -> RowKey | None:
    """The row whose membership the op is, where its container is made before it."""
    member, container = op.row.columns.get(VALUE), op.row.within
    if isinstance(member, RowKey) and container and TABLES[container.table].rank < TABLES[member.table].rank:
        return member
    return None


class Batch:
    """One transaction under construction.

    `operations` is what is sent; `subjects` says of an operation that can fail, by its place, what it is about.
    """

    def __init__(self, wire: Wire) -> None:
        self.operations: list[ovsdb.Op] = [ovsdb.assert_lock(wire.tags.lock)]
        self.subjects: dict[int, Guard] = {}
        self._wire = wire
        self._inserts: dict[RowKey, dict[str, Any]] = {}
        self._updates: list[ovsdb.Op] = []
        self._included: dict[Place, list[Any]] = {}
        self._excluded: dict[Place, list[Any]] = {}
        self._entries: dict[Place, dict[str, str]] = {}
        self._deleted: list[RowKey] = []

    def require(self, found: Iterable[Guard]) -> None:
        """Put guards in front."""
        for guard in found:
            self.subjects[len(self.operations)] = guard
            self.operations.append(guard.operation)

    def add(self, op: Op) -> None:
        """Do an op."""
        spec = TABLES[op.key.table]
        if spec.edge:
            self._edge(op)
        elif op.before is None:
            self._create(op.row)
        elif op.after is None:
            self._delete(op.before)
        else:
            self._change(op.before, op.after)

    def finish(self, cells: Iterable[ovsdb.Op]) -> None:
        """Write everything down, the cells last."""
        self._place_memberships()
        for key, columns in self._inserts.items():
            self.subjects[len(self.operations)] = Guard({}, key, "it is there already")
            self.operations.append(ovsdb.insert(self._wire.table(key), columns, uuid=self._wire.uuid(key)))
        self.operations += self._updates
        self.operations += self._mutations()
        for key in self._deleted:
            self._remove(key)
        self.operations += cells

    def _edge(self, op: Op) -> None:
        row = op.row
        place, value = self._place(row), row.columns[VALUE]
        if type(value) is tuple:
            self._entry(op, place)
        elif op.action is not Action.DELETE:
            self._included.setdefault(place, []).append(self._value(value))
        else:
            self._excluded.setdefault(place, []).append(self._value(value))

    def _entry(self, op: Op, place: Place) -> None:
        """An entry of a map: taken out by its key, then put in anew, since an insert leaves a key that is there."""
        if place[0] in self._wire.deleted:
            return
        pair: Any = op.row.columns[VALUE]
        self._excluded.setdefault(place, []).append(pair[0])
        if op.after is not None:
            self._entries.setdefault(place, {}).update([pair])

    def _create(self, row: Row) -> None:
        self._inserts[row.key] = self._wire.row(row)
        if row.within is not None:
            self._included.setdefault(self._place(row), []).append(self._wire.uuid(row.key))

    def _change(self, before: Row, after: Row) -> None:
        self._update(before, after)
        if before.within != after.within:
            self._leave(before)
            self._included.setdefault(self._place(after), []).append(self._wire.uuid(after.key))

    def _update(self, before: Row, after: Row) -> None:
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
        old, new = wire.shared(before), wire.shared(after)
        if old != new:
            keys = ovsdb.exclude_keys(table, SHARED_COLUMN, sorted(old.keys() | new.keys()))
            self._updates.append(ovsdb.mutate(table, where, keys, ovsdb.include(table, SHARED_COLUMN, new)))

    def _delete(self, row: Row) -> None:
        self._deleted.append(row.key)
        if TABLES[row.key.table].within:
            self._leave(row)

    def _leave(self, row: Row) -> None:
        """Take a contained row out of its container; of one that others moved, wherever it is."""
        uuid = self._wire.uuid(row.key)
        if row.within is not None:
            self._excluded.setdefault(self._place(row), []).append(uuid)
            return
        for container, column in TABLES[row.key.table].within.items():
            table = self._wire.schema.table(container)
            where = [ovsdb.condition(table, column, "includes", (uuid,))]
            self._updates.append(ovsdb.mutate(table, where, ovsdb.exclude(table, column, (uuid,))))

    def _place(self, row: Row) -> Place:
        assert row.within is not None
        return row.within, TABLES[row.key.table].within[row.within.table]

    def _value(self, value: Any) -> Any:
        return self._wire.uuid(value) if isinstance(value, RowKey) else value

    def _place_memberships(self) -> None:
        """What goes into a row that is made in the same transaction is part of its insert."""
        for place in [place for place in self._included if place[0] in self._inserts]:
            self._inserts[place[0]][place[1]] = self._included.pop(place)
        for place in [place for place in self._entries if place[0] in self._inserts]:
            self._inserts[place[0]][place[1]] = self._entries.pop(place)
            del self._excluded[place]

    def _mutations(self) -> list[ovsdb.Op]:
        made = []
        for container, column in dict.fromkeys([*self._excluded, *self._included, *self._entries]):
            place = (container, column)
            table = self._wire.table(container)
            changes = []
            if excluded := self._excluded.get(place):
                changes.append(_without(table, column, excluded))
            if included := self._included.get(place) or self._entries.get(place):
                changes.append(ovsdb.include(table, column, included))
            made.append(ovsdb.mutate(table, ovsdb.row(self._wire.uuid(container)), *changes))
        return made

    def _remove(self, key: RowKey) -> None:
        """Delete a row, or, where its container already let go of it, make sure that nothing goes with it."""
        table = self._wire.table(key)
        where = ovsdb.row(self._wire.uuid(key))
        contained = _contained_columns(self._wire, table)
        if contained:
            empty = ovsdb.wait(table, where, dict.fromkeys(contained, ()), columns=contained)
            self.require([Guard(empty, key, OTHERS_INSIDE)])
        if table.is_root:
            self.operations.append(ovsdb.delete(table, where))


def _without(table: Table, column: str, values: list[Any]) -> ovsdb.Mutation:
    if table.column(column).type.value is not None:
        return ovsdb.exclude_keys(table, column, values)
    return ovsdb.exclude(table, column, values)


def _contained_columns(wire: Wire, table: Table) -> list[str]:
    """The columns that hold rows which live only there."""
    found = []
    for name, column in table.columns.items():
        of = column.type.key
        if of.ref_table and of.strong and not wire.schema.table(of.ref_table).is_root and column.type.maximum != 1:
            found.append(name)
    return sorted(found)
