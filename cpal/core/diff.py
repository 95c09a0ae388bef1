"""The one diff: rows wanted against rows seen gives ops in a safe order.

Order. Creation follows the rank of tables, so that what is needed exists first; deletion is the reverse and comes
last; so nothing dangles and, where a backend commits in several steps, filters are in place before what they filter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from cpal.core.rows import Action, Op, Row, RowKey, Table, references
from cpal.errors import Broken

Wanted = Mapping[RowKey, Row]
Why = Callable[[Row | None, Row | None], str]
"""Gives the reason for an op from the row seen and the row wanted."""


def no_reason(before: Row | None, after: Row | None) -> str:
    """No words."""
    return ""


def diff(wanted: Wanted, seen: Wanted, tables: Mapping[str, Table], why: Why = no_reason) -> list[Op]:
    """What makes `seen` into `wanted`, in a safe order. No ops when they are the same."""
    ops = [op for key, row in wanted.items() if (op := _op(seen.get(key), row, why))]
    ops += [Op(Action.DELETE, row, None, why(row, None)) for key, row in seen.items() if key not in wanted]
    return ordered(ops, tables)


def diff_of(
    keys: Iterable[RowKey], wanted: Wanted, seen: Wanted, tables: Mapping[str, Table], why: Why = no_reason
) -> list[Op]:
    """As `diff`, for these rows alone: what an incremental plan costs."""
    pairs = ((seen.get(key), wanted.get(key)) for key in keys)
    return ordered([op for before, after in pairs if (op := _op(before, after, why))], tables)


def _op(before: Row | None, after: Row | None, why: Why) -> Op | None:
    if after is None:
        return None if before is None else Op(Action.DELETE, before, None, why(before, None))
    if before is None:
        return Op(Action.CREATE, None, after, why(None, after))
    if before.columns == after.columns and before.within == after.within:
        return None
    return Op(Action.UPDATE if before.within == after.within else Action.REPLACE, before, after, why(before, after))


def ordered(ops: list[Op], tables: Mapping[str, Table]) -> list[Op]:
    """The ops with creations and updates by rank of their table, then deletions in the reverse order."""
    ranks = {name: table.rank for name, table in tables.items()}

    def rank(op: Op) -> int:
        row = op.after
        return DELETIONS - ranks[op.key.table] if row is None else ranks[row.key[0]]

    ops.sort(key=rank)
    return ops


DELETIONS = 2000
"""A number that no rank of a table comes near: the deletion of what was made first has this rank."""


def check_rows(rows: Iterable[Row], wanted: Wanted, tables: Mapping[str, Table]) -> set[RowKey]:
    """Hold a driver to its contract; the rows that `rows` need.

    Raises:
        Broken: a row in an unknown table, with an unknown column, without a reason, or that needs a row nobody wants.
    """
    needed: set[RowKey] = set()
    for row in rows:
        fault = _contract_fault(row, tables.get(row.key[0]))
        if fault:
            raise Broken(f"the driver rendered {fault}", key=str(row.key), seen=sorted(row.columns))
        needed.update(references(row))
    for key in needed:
        if key not in wanted:
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
