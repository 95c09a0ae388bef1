"""What FRR's daemons are configured to once ops are done, with what of others went with rows that come back. Pure.

Theory: see `cpal.drivers.devices.lost`. What goes is kept at the leaf, with what it starts with.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from msgspec.structs import replace

from cpal.core.rows import Action, Op, Row, RowKey, rows_after
from cpal.drivers.devices.frr import fabric_lines
from cpal.drivers.devices.frr.configuration import KNOWN
from cpal.drivers.devices.frr.make import MAKE, is_setting, refuse_without_vrf
from cpal.drivers.devices.frr.render.names import PORT, VRF
from cpal.drivers.devices.frr.tables import TABLES
from cpal.drivers.devices.ledger import Lost
from cpal.drivers.devices.lost import left_of, lost, restored
from cpal.drivers.devices.parse.tree import Path, Tree


class Edited(NamedTuple):
    """The tree once ops are done, the same `without` what is put back, and what went and may come back."""

    tree: Tree
    without: Tree
    lost: tuple[Lost, ...]


def edited(name: str, tree: Tree, ops: Sequence[Op], ours: Mapping[RowKey, Row], losses: Sequence[Lost]) -> Edited:
    """The tree of a leaf, whose rows `ours` are before, once the ops are done; `losses` are what went before.

    Raises:
        Rejected, Conflict: as `FrrMake.edited`.
    """
    doing = [op for op in ops if op.action is not Action.RELEASE]
    doing = [_of_one(op) for op in doing if is_setting(op.key) or op.key.table in (VRF, *fabric_lines.TABLES)]
    without = MAKE.edited(tree, doing, ours)
    for op in ops:
        if op.after is not None and op.key.table == PORT and "vrf" in op.row.columns:
            refuse_without_vrf(without, name, str(op.row.columns["vrf"]))
    read = partial(_rows, name)
    after = restored(without, doing, losses, read, _is_default).tree
    edit = partial(MAKE.edited, ours=rows_after(ours, doing))
    gone = [_of_lines(each) for each in lost(name, tree, after, doing, TABLES, edit, read)]
    return Edited(after, without, left_of(losses, doing, [each for each in gone if each.lacking or each.surplus]))


def _of_lines(loss: Lost) -> Lost:
    """What went, without sections of VRFs in which nothing is: they come with VRFs, and go with these."""

    def lines(paths: Iterable[Path]) -> tuple[Path, ...]:
        return tuple(path for path in paths if path[0] != KNOWN and not (len(path) == 2 and path[1].startswith("vrf ")))

    return replace(loss, lacking=lines(loss.lacking), surplus=lines(loss.surplus))


def _of_one(op: Op) -> Op:
    """An op whose rows are for one record: that is all that a leaf keeps of rows of a fabric."""
    before, after = (None if row is None else replace(row, because=row.because[:1]) for row in (op.before, op.after))
    return replace(op, before=before, after=after)


def _rows(name: str, tree: Tree) -> dict[RowKey, Row]:
    return {**MAKE.rows(tree, name), **{key: Row(key, {}) for key in fabric_lines.keys(tree, name)}}


def _is_default(row: Row) -> bool:
    return is_setting(row) and MAKE.is_default(row)
