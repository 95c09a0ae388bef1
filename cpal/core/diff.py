"""The one diff: rows wanted against rows seen gives ops in a safe order.

Order. Creation follows the rank of tables, so that what is needed exists first; deletion is the reverse and comes
last; so nothing dangles and, where a backend commits in several steps, filters are in place before what they filter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from cpal.core.rows import Action, Op, Row, RowKey, Table, add_references
from cpal.errors import Broken

Wanted = Mapping[RowKey, Row]
Why = Callable[[Row | None, Row | None], str]
"""Gives the reason for an op from the row seen and the row wanted."""


def no_reason(before: Row | None, after: Row | None) -> str:
    """No words."""
    return ""


def diff(wanted: Wanted, seen: Wanted, tables: Mapping[str, Table], why: Why = no_reason) -> list[Op]:
    """What makes `seen` into `wanted`, in a safe order. No ops when they are the same."""
    held = seen.get
    ops = []
    for key, row in wanted.items():
        before = held(key)
        if before is None:
            ops.append(Op(_CREATE, None, row, why(None, row)))
        elif before is not row and (before.columns != row.columns or before.within != row.within):
            ops.append(_changed(before, row, why))
    ops += [Op(_DELETE, row, None, why(row, None)) for key, row in seen.items() if key not in wanted]
    return ordered(ops, tables)


def _changed(before: Row, after: Row, why: Why) -> Op:
    return Op(Action.UPDATE if before.within == after.within else Action.REPLACE, before, after, why(before, after))


_CREATE, _DELETE = Action.CREATE, Action.DELETE


def ordered(ops: list[Op], tables: Mapping[str, Table]) -> list[Op]:
    """The ops with creations and updates by rank of their table, then deletions in the reverse order."""
    places: dict[int, list[Op]] = {}
    for op in ops:
        row = op.after
        rank = DELETIONS - tables[op.key.table].rank if row is None else tables[row.key[0]].rank
        place = places.get(rank)
        if place is None:
            places[rank] = [op]
        else:
            place.append(op)
    return [op for rank in sorted(places) for op in places[rank]]


DELETIONS = 2000
"""A number that no rank of a table comes near: the deletion of what was made first has this rank."""


def check_rows(
    rows: Iterable[Row], is_wanted: Callable[[RowKey], bool], tables: Mapping[str, Table]
) -> dict[RowKey, None]:
    """Hold a driver to its contract; the rows that `rows` need.

    Raises:
        Broken: a row in an unknown table, with an unknown column, without a reason, or that needs a row nobody wants.
    """
    needed: dict[RowKey, None] = {}
    for row in rows:
        fault = _contract_fault(row, tables.get(row.key[0]))
        if fault:
            raise Broken(f"the driver rendered {fault}", key=str(row.key), seen=sorted(row.columns))
        add_references(row, needed)
    for key in needed:
        if not is_wanted(key):
            raise Broken("the driver rendered rows that need a row which nobody wants", key=str(key))
    return needed


def _contract_fault(row: Row, table: Table | None) -> str:
    if table is None:
        return "a row in a table it does not declare"
    if not row.because:
        return "a row without saying for which record"
    if not table.columns.issuperset(row.columns):
        return "columns it does not declare"
    if row.within is not None and row.within[0] not in table.within:
        return "a row in a place it does not declare"
    return ""
