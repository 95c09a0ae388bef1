"""What a Junos configuration says of spanning trees, as rows, and how that is written. Pure.

A protocol runs because its section is there, and only among the interfaces that it names. So a mode is a protocol among
all of them: `interface all`, of VSTP also `vlan all`; no section is the mode `none`. What is set of a protocol stands
in its section: priorities, and which ports are edge ports, which move with the mode. Where protocols run otherwise, the
switch has a mode that no record can say, and nothing of its trees is told.

A guard of a port against bridges stands elsewhere, in `layer2-control bpdu-block`; `bpdu-block-on-edge`, which others
may have set of a protocol, guards all its edge ports.

Source: Junos OS Spanning-Tree Protocols User Guide; CLI Reference, "rstp", "mstp", "vstp", "bridge-priority",
"bpdu-block", "bpdu-block-on-edge".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from cpal.core.rows import VALUE, Row, RowKey, Value
from cpal.drivers.devices.junos.reading import is_logical, is_port
from cpal.drivers.devices.junos.text import unquoted, value
from cpal.drivers.devices.junos.vlans import Vlans
from cpal.drivers.devices.parse.tree import Path, Tree, drop, numbers, put, section, spans
from cpal.drivers.devices.render_device import TREE_INSTANCES, TREE_MODE, TREE_PRIORITY, TREE_VLANS
from cpal.drivers.devices.render_switch import BPDU_GUARD, EDGE_PORT, INTERFACE, device_of, key_of, parts_of
from cpal.errors import Conflict, Rejected
from cpal.model.switch import BRIDGE_PRIORITY, MSTP, NO_TREE, RAPID_PVST, RSTP

TREES = frozenset({TREE_MODE, TREE_PRIORITY, TREE_VLANS, TREE_INSTANCES, EDGE_PORT, BPDU_GUARD})
"""The tables that are read and written here."""
MODES = (RSTP, MSTP, RAPID_PVST, NO_TREE)
MOST_INSTANCE = 64
"""The greatest number of an instance. Source: CLI Reference, "msti"."""
_PROTOCOLS = {RSTP: "rstp", MSTP: "mstp", RAPID_PVST: "vstp"}
_ALL = {mode: ("interface all", "vlan all") if mode == RAPID_PVST else ("interface all",) for mode in _PROTOCOLS}
"""What says that a protocol runs everywhere."""
_PRIORITY, _EDGE, _ON_EDGE = "bridge-priority", "edge", "bpdu-block-on-edge"
_GUARDED = ("protocols", "layer2-control", "bpdu-block")
_UNIT = re.compile(r"\.0$")
"""A port may be named by its unit."""


def rows_of(tree: Tree, device: str) -> dict[RowKey, Row]:
    """Every row that a configuration says of these of a device."""
    mode = _mode(tree)
    found = [] if mode == NO_TREE else [Row(key_of(TREE_MODE, device), {VALUE: mode})]
    if mode in _PROTOCOLS:
        found += _priorities(tree, device, mode)
        found += (_of_port(EDGE_PORT, device, port) for port in _edges(tree, mode))
    guarded = dict.fromkeys((*_guarded(tree), *(_edges(tree, mode) if _guards_edges(tree, mode) else ())))
    found += (_of_port(BPDU_GUARD, device, port) for port in guarded)
    return {row.key: row for row in found}


def _of_port(table: str, device: str, port: str) -> Row:
    within = key_of(INTERFACE, device, port) if is_logical(port) else None
    return Row(key_of(table, device, port), {VALUE: True}, (), within)


def is_default(row: Row) -> bool:
    """Whether a setting is what it is without being configured."""
    usual: dict[str, Value] = {TREE_MODE: NO_TREE, TREE_PRIORITY: BRIDGE_PRIORITY, EDGE_PORT: False, BPDU_GUARD: False}
    return row.key.table in usual and row.columns.get(VALUE) == usual[row.key.table]


def _mode(tree: Tree) -> str:
    """The mode of a switch; what its protocols say where no mode says it."""
    held = {mode: tree.get("protocols", {}).get(word) for mode, word in _PROTOCOLS.items()}
    running = {mode: below for mode, below in held.items() if below is not None}
    if not running:
        return NO_TREE
    [(mode, below), *others] = running.items()
    plain = all(line in below for line in _ALL[mode]) and "disable" not in below
    return mode if plain and not others else " and ".join(f"{_PROTOCOLS[each]} of some ports" for each in running)


def _path(mode: str) -> Path:
    return "protocols", _PROTOCOLS[mode]


def _edges(tree: Tree, mode: str) -> Iterator[str]:
    for line, below in (section(tree, _path(mode)) or {}).items() if mode in _PROTOCOLS else ():
        port = _UNIT.sub("", line.removeprefix("interface "))
        if line.startswith("interface ") and _EDGE in below and is_port(port):
            yield port


def _guarded(tree: Tree) -> Iterator[str]:
    for line, below in (section(tree, _GUARDED) or {}).items():
        port = _UNIT.sub("", line.removeprefix("interface "))
        if line.startswith("interface ") and "disable" not in below and is_port(port):
            yield port


def _guards_edges(tree: Tree, mode: str) -> bool:
    return mode in _PROTOCOLS and _ON_EDGE in (section(tree, _path(mode)) or {})


def _priorities(tree: Tree, device: str, mode: str) -> Iterator[Row]:
    below = section(tree, _path(mode)) or {}
    if mode == RSTP and (said := _priority(below)) is not None:
        yield Row(key_of(TREE_PRIORITY, device), {VALUE: said})
        return
    by_priority: dict[int, list[int]] = {}
    for number, path in _trees(tree, mode, Vlans(tree)):
        if (said := _priority(section(tree, path) or {})) is not None:
            by_priority.setdefault(said, []).append(number)
    for priority, trees in by_priority.items():
        yield Row(key_of(_TABLES[mode], device, priority), {VALUE: spans(tuple(trees))})


_TABLES = {MSTP: TREE_INSTANCES, RAPID_PVST: TREE_VLANS}


def _priority(below: Tree) -> int | None:
    """A priority of a bridge, which may be said in units of 1024: `8k`."""
    said = value(below, _PRIORITY)
    if said is None or not said.removesuffix("k").isdecimal():
        return None
    return int(said.removesuffix("k")) * (1024 if said.endswith("k") else 1)


def _trees(tree: Tree, mode: str, known: Vlans) -> Iterator[tuple[int, Path]]:
    """The trees of instances or of VLANs, each by its number, and where it stands."""
    if mode == MSTP:
        yield 0, _path(mode)
    word = "msti " if mode == MSTP else "vlan "
    for line in (section(tree, _path(mode)) or {}) if mode in _TABLES else ():
        number = known.number(unquoted(line.removeprefix(word))) if line.startswith(word) else None
        if number is not None:
            yield number, (*_path(mode), line)


def write(tree: Tree, row: Row) -> None:
    """Have a tree say what a row says.

    Raises:
        Conflict: another protocol runs, of which others configured more.
        Rejected: it is of a protocol that does not run.
    """
    table, said = row.key.table, row.columns[VALUE]
    if table == TREE_MODE:
        _write_mode(tree, row)
    elif table == BPDU_GUARD:
        _write_guard(tree, parts_of(row.key)[0], said is True)
    elif table == EDGE_PORT:
        _erase_edge(tree, parts_of(row.key)[0])
        if said is True:
            put(tree, (*_running(tree, row), f"interface {parts_of(row.key)[0]}", _EDGE))
    else:
        _erase_priority(tree, row, Vlans(tree))
        _write_priority(tree, row)


def _running(tree: Tree, row: Row, mode: str = "") -> Path:
    """The section of the protocol that runs, or of that of a mode. Raises Rejected: it does not."""
    running = _mode(tree)
    if running not in _PROTOCOLS or mode not in ("", running):
        why = f"the switch runs no {_PROTOCOLS[mode]}" if mode else "the switch runs no spanning tree among all ports"
        raise Rejected(why, key=device_of(row.key), remedy="declare the mode of its spanning trees")
    return _path(running)


def _write_mode(tree: Tree, row: Row) -> None:
    """Have one protocol run; edge ports, and whether they are guarded, are those of the one that ran."""
    mode, moved = str(row.columns[VALUE]), Tree()
    for other in _PROTOCOLS:
        if other != mode:
            below = section(tree, _path(other)) or {}
            moved |= {line: each for line, each in below.items() if line == _ON_EDGE or _EDGE in each}
            left = [line for line in below if line not in moved and line not in _ALL[other]]
            if left:
                why = f"others configured {left[0]!r} of its {_PROTOCOLS[other]}"
                raise Conflict(why, key=device_of(row.key), remedy="take it away there first")
            drop(tree, _path(other))
    if mode in _PROTOCOLS:
        put(tree, _path(mode)).update(moved)
        for line in _ALL[mode]:
            put(tree, (*_path(mode), line))


def _write_guard(tree: Tree, port: str, guarded: bool) -> None:
    lines = _lines(tree, _GUARDED, port)
    for line in lines:
        drop(tree, (*_GUARDED, line))
    if guarded:
        put(tree, (*_GUARDED, f"interface {port}"))
    for path in (_GUARDED, _GUARDED[:2], _GUARDED[:1]) if lines else ():
        if section(tree, path) == {}:
            drop(tree, path)


def _lines(tree: Tree, path: Path, port: str) -> list[str]:
    """How a section names a port."""
    return [line for line in (section(tree, path) or {}) if _UNIT.sub("", line) == f"interface {port}"]


def _erase_edge(tree: Tree, port: str) -> None:
    for mode in _PROTOCOLS:
        for line in _lines(tree, _path(mode), port):
            below = put(tree, (*_path(mode), line))
            below.pop(_EDGE, None)
            if not below:
                drop(tree, (*_path(mode), line))
            if section(tree, _path(mode)) == {}:
                drop(tree, _path(mode))


def _write_priority(tree: Tree, row: Row) -> None:
    if row.key.table == TREE_PRIORITY:
        if not is_default(row):
            put(tree, (*_running(tree, row, RSTP), f"{_PRIORITY} {row.columns[VALUE]}"))
        return
    mode = MSTP if row.key.table == TREE_INSTANCES else RAPID_PVST
    above, held = _running(tree, row, mode), dict(_trees(tree, mode, Vlans(tree)))
    for number in numbers(str(row.columns[VALUE])):
        path = held.get(number, (*above, f"{'msti' if mode == MSTP else 'vlan'} {number}"))
        _erase_value(tree, path)
        put(tree, (*path, f"{_PRIORITY} {parts_of(row.key)[0]}"))


def _erase_value(tree: Tree, path: Path) -> None:
    below = section(tree, path) or {}
    for line in [line for line in below if line.startswith(f"{_PRIORITY} ")]:
        del below[line]


def _erase_priority(tree: Tree, row: Row, known: Vlans) -> None:
    """Have no tree have the priority of a row; a tree of which no more is said goes."""
    if row.key.table == TREE_PRIORITY:
        _erase_value(tree, _path(RSTP))
        return
    mode = MSTP if row.key.table == TREE_INSTANCES else RAPID_PVST
    for _, path in list(_trees(tree, mode, known)):
        below = section(tree, path) or {}
        if _priority(below) == int(parts_of(row.key)[0]):
            _erase_value(tree, path)
            if not below and path != _path(mode):
                drop(tree, path)


def erase(tree: Tree, before: Tree, row: Row) -> None:
    """Have a tree say nothing of a row, with the sections that are empty without it and were not `before`."""
    table = row.key.table
    if table == TREE_MODE:
        for mode in _PROTOCOLS:
            for line in _ALL[mode]:
                drop(tree, (*_path(mode), line))
    elif table == BPDU_GUARD:
        _write_guard(tree, parts_of(row.key)[0], False)
    elif table == EDGE_PORT:
        _erase_edge(tree, parts_of(row.key)[0])
    else:
        _erase_priority(tree, row, Vlans(before))
    for path in (*map(_path, _PROTOCOLS), ("protocols",)):
        if section(tree, path) == {} and section(before, path) != {}:
            drop(tree, path)
