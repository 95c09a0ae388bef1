"""What goes along with what is cpal's, though others wrote it, or wrote it otherwise: to be put back with it. Pure.

Theory. A section goes with all that is in it, and a setting comes back in cpal's words. So of a change that is kept
which its inverse would not bring back: the ops are done to a tree, then their inverse, and what the tree before differs
in from that is lost. It belongs to a section that goes, or else to the change as a whole. It is put back when all that
went of the section, or of the change, is wanted again for the same records; but only where what it stood in is there
again, and nothing that is wanted is said otherwise by it. Where the order of lines counts, that is lost with them: what
is put back, and what cpal writes again, stands where it stood among what is there.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from cpal.core.diff import diff
from cpal.core.rows import Action, Op, Row, RowKey, Table, is_same
from cpal.drivers.devices.ledger import Entry, Lost, entry, row_of
from cpal.drivers.devices.parse.tree import Path, Tree, copied, drop, lines_of, put, section
from cpal.drivers.devices.render_evpn import is_anyones
from cpal.errors import CpalError

Edit = Callable[[Tree, Sequence[Op]], Tree]
"""A tree once ops are done to it."""
Read = Callable[[Tree], Mapping[RowKey, Row]]
"""The rows that a tree says."""
Counts = Callable[[str], bool]
"""Whether the order of a line among others of its kind counts."""


def _no_order(line: str) -> bool:
    return False


def lost(
    device: str, before: Tree, after: Tree, ops: Sequence[Op], tables: Mapping[str, Table], edit: Edit, read: Read,
    counts: Counts = _no_order,
) -> list[Lost]:  # fmt: skip
    """What undoing the ops, which lead from one tree to the other, would not bring back."""
    done = [op for op in ops if op.action is not Action.ADOPT]
    changed = {op.key: op.before for op in done if op.before is not None}
    if not changed:
        return []
    inverse = diff(changed, {op.key: op.after for op in done if op.after is not None}, tables)
    try:
        again = edit(after, inverse)
    except CpalError:  # others have to mend something before it can be undone: then all that goes is lost
        again = after
    parts = (
        *_parts(before, again, after, changed, read),
        *_parts(again, before, after, changed, read, surplus=True),
        *_orders(before, again, changed, read, counts),
    )
    return [
        Lost(device, _entries(changed, part.keys), (*part.lacking,), (*part.surplus,), (*part.orders,))
        for part in _joined(parts)
    ]


def _entries(changed: Mapping[RowKey, Row], keys: Collection[RowKey]) -> tuple[Entry, ...]:
    return tuple(entry(row) for key, row in changed.items() if key in keys)


class _Part(NamedTuple):
    """Lines that are lost, or too many, with the rows that change of what they stand in."""

    keys: set[RowKey]
    lacking: list[Path]
    surplus: list[Path]
    orders: list[tuple[Path, tuple[str, ...]]]


def _orders(tree: Tree, other: Tree, changed: Collection[RowKey], read: Read, counts: Counts) -> Iterator[_Part]:
    """The sections of a tree whose lines stand in another order in the other, or are not all there."""
    for path in lines_of(tree):
        held, found = ([line for line in section(of, path) or {} if counts(line)] for of in (tree, other))
        if len(held) > 1 and held != found:
            yield _Part({*changed} & {*read(_alone(tree, path))} or {*changed}, [], [], [(path, tuple(held))])


def _parts(
    tree: Tree, other: Tree, after: Tree, changed: Collection[RowKey], read: Read, surplus: bool = False
) -> Iterator[_Part]:
    """What of a tree another lacks, or of the other is `surplus`, by the outermost section that goes."""
    found: dict[Path, list[Path]] = {}
    for path in lines_of(tree):
        if section(other, path) is None and (not surplus or section(other, path[:-1]) is not None):
            found.setdefault(_gone(path, after), []).append(path)
    for at, paths in found.items():
        keys = {*changed} & {*read(_alone(tree, at))} or {*changed}
        yield _Part(keys, [], paths, []) if surplus else _Part(keys, paths, [], [])


def _joined(parts: Iterable[_Part]) -> list[_Part]:
    """Those that have rows in common as one."""
    found: list[_Part] = []
    for part in parts:
        others = [each for each in found if not each.keys.isdisjoint(part.keys)]
        found = [each for each in found if each not in others]
        found.append(_Part(
            part.keys.union(*(each.keys for each in others)),
            [path for each in (*others, part) for path in each.lacking],
            [path for each in (*others, part) for path in each.surplus],
            [order for each in (*others, part) for order in each.orders],
        ))  # fmt: skip
    return found


def _gone(path: Path, after: Tree) -> Path:
    """The outermost section of a line that goes, or the line."""
    return next((path[:n] for n in range(1, len(path)) if section(after, path[:n]) is None), path)


def _alone(tree: Tree, path: Path) -> Tree:
    """A tree with nothing in it but a section."""
    alone: Tree = {}
    put(alone, path).update(section(tree, path) or {})
    return alone


class Restored(NamedTuple):
    """A tree in which is put back what was lost, the same without that, and what is put back.

    `theirs` are the rows in whose place it has what others wrote.
    """

    tree: Tree
    without: Tree
    back: tuple[Path, ...] = ()
    theirs: frozenset[RowKey] = frozenset()


def restored(
    tree: Tree, ops: Iterable[Op], losses: Iterable[Lost], read: Read, is_default: Callable[[Row], bool]
) -> Restored:
    """The tree, in which the ops are done, with what was lost with the same rows."""
    wanted = {op.key: op.after for op in ops if op.after is not None}
    due = [loss for loss in losses if all(_is_again(wanted.get(each.key), row_of(each)) for each in loss.entries)]
    if not due:
        return Restored(tree, tree)
    held = read(tree)
    found, back, theirs = tree, list[Path](), set[RowKey]()
    for loss in due:
        candidate, lines = _with(found, loss)
        said = read(candidate)
        differ = {key for key, row in held.items() if not is_same(said.get(key), row)}
        others = {key for key in differ if key in wanted or not is_default(held[key])}
        if all(key in said and key in wanted and is_anyones(wanted[key]) for key in others):
            found, back, theirs = candidate, [*back, *lines], others
    return Restored(found, tree, tuple(back), frozenset(theirs))


def _is_again(row: Row | None, gone: Row) -> bool:
    return row is not None and row.columns == gone.columns and {*row.because} == {*gone.because}


def _with(tree: Tree, loss: Lost) -> tuple[Tree, list[Path]]:
    """A tree with what was lost, as far as what that stood in is there, and the lines of it."""
    found, lines = copied(tree), []
    for path in loss.surplus:
        drop(found, path)
    for path in loss.lacking:
        if section(found, path[:-1]) is not None and section(found, path) is None:
            put(found, path)
            lines.append(path)
    for path, order in loss.orders:
        _arrange(section(found, path) or {}, order)
    return found, lines


def _arrange(below: Tree, order: Sequence[str]) -> None:
    """Have lines of a section stand in an order, in the places of them all; others stand as they did behind them."""
    held = [line for line in below if line in order]
    places = dict(zip(held, sorted(held, key=order.index), strict=True))
    lines = [(places.get(line, line), below[places.get(line, line)]) for line in below]
    below.clear()
    below.update(lines)


def left_of(losses: Iterable[Lost], ops: Iterable[Op], more: Sequence[Lost]) -> tuple[Lost, ...]:
    """What is lost once the ops are done, by which `more` is: what was made anew is lost no longer."""
    made = {op.key for op in ops if op.action is Action.CREATE}
    anew = {(loss.device, *(each.key for each in loss.entries)) for loss in more}
    return (*_still(losses, made, anew), *more)


def _still(losses: Iterable[Lost], made: set[RowKey], anew: Collection[tuple[object, ...]]) -> Iterator[Lost]:
    for loss in losses:
        keys = [each.key for each in loss.entries]
        if made.isdisjoint(keys) and (loss.device, *keys) not in anew:
            yield loss
