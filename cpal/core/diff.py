"""The one diff: rows wanted against rows seen gives ops in a safe order.

Order. Creation follows the rank of tables, so that what is needed exists first; deletion is the reverse and comes
last; so nothing dangles and, where a backend commits in several steps, filters are in place before what they filter.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from cpal.core.rows import Action, Op, Row, RowKey, Table, references
from cpal.errors import Broken

Wanted = Mapping[RowKey, Row]
NOTHING: Wanted = {}
LEFT_OVER = "nothing that is taken over needs it"
"""Why a row of others goes that could not be adopted."""
Why = Callable[[Row | None, Row | None], str]
"""Gives the reason for an op from the row seen and the row wanted."""


def no_reason(before: Row | None, after: Row | None) -> str:
    """No words."""
    return ""


def diff(
    wanted: Wanted, seen: Wanted, tables: Mapping[str, Table], why: Why = no_reason, unowned: Wanted = NOTHING
) -> list[Op]:
    """What makes `seen` into `wanted`, in a safe order. No ops when they are the same.

    `unowned` are rows that are not ours: those wanted are adopted, others go.
    """
    held = seen.get
    changed: dict[str, list[Op]] = {}
    for key, row in wanted.items():
        before = held(key)
        if before is None:
            before = unowned.get(key) if unowned else None
            op = Op(_CREATE if before is None else Action.ADOPT, before, row, why(before, row))
        elif before is not row and (before.columns != row.columns or before.within != row.within):
            op = _changed(before, row, why)
        else:
            continue
        changed.setdefault(key[0], []).append(op)
    deleted: dict[str, list[Op]] = {}
    for key, row in seen.items():
        if key not in wanted:
            deleted.setdefault(key[0], []).append(Op(_DELETE, row, None, why(row, None)))
    for key, row in unowned.items():
        if key not in wanted:
            deleted.setdefault(key[0], []).append(Op(_DELETE, row, None, LEFT_OVER))

    def rank(table: str) -> int:
        return tables[table].rank if table in tables else 0

    ops = [op for table in sorted(changed, key=rank) for op in changed[table]]
    return ops + [op for table in sorted(deleted, key=rank, reverse=True) for op in deleted[table]]


def _changed(before: Row, after: Row, why: Why) -> Op:
    return Op(Action.UPDATE if before.within == after.within else Action.REPLACE, before, after, why(before, after))


_CREATE, _DELETE = Action.CREATE, Action.DELETE


def check_rows(
    rows: Sequence[Row], wanted: Wanted, tables: Mapping[str, Table], stays: Callable[[RowKey], bool] = lambda _: False
) -> dict[RowKey, None]:
    """Hold a driver to its contract; the rows that `rows` need: they are `wanted`, or one that `stays` as it is.

    Raises:
        Broken: a row in an unknown table, with an unknown column, without a reason, or that needs a row nobody wants.
    """
    for row in rows:
        table, within = tables.get(row.key[0]), row.within
        if (
            table is None
            or not row.because
            or not table.columns.issuperset(row.columns)
            or (within is not None and within[0] not in table.within)
        ):
            raise Broken(f"the driver rendered {_fault(row, table)}", key=str(row.key), seen=sorted(row.columns))
    needed = references(rows)
    missing = [key for key in needed.keys() - wanted.keys() if not stays(key)]
    if missing:
        raise Broken("the driver rendered rows that need a row which nobody wants", key=str(min(missing)))
    return needed


def _fault(row: Row, table: Table | None) -> str:
    if table is None:
        return "a row in a table it does not declare"
    if not row.because:
        return "a row without saying for which record"
    if not table.columns.issuperset(row.columns):
        return "columns it does not declare"
    return "a row in a place it does not declare"
