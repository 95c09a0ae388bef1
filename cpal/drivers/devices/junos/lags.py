"""What a Junos configuration says of LAGs, as rows, and how that is written. Pure.

A LAG is an aggregated interface, `ae` with its number. Its members name it among their Ethernet options, and have no
unit. How they speak LACP is a statement of the aggregated interface, so that all say it alike: `active`, `passive`,
which holds too where LACP is there and says neither, or nothing of LACP.

A switch has as many aggregated interfaces as its `device-count` says, numbered from 0. It is raised where it is too
small, and goes back where it was just what the aggregated interfaces need; another number is others', and stays.

Members name their LAG in `ether-options`, as switches have it; where ports of the device have `gigether-options`, as
routers have it, in those.

Source: Junos OS Interfaces User Guide for Switches, "Configuring an Aggregated Ethernet Interface"; CLI Reference,
"802.3ad", "lacp (Aggregated Ethernet)", "device-count".
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from cpal.core.rows import VALUE, Op, Row, RowKey
from cpal.drivers.devices.junos.reading import BUNDLE
from cpal.drivers.devices.junos.text import value
from cpal.drivers.devices.junos.vlans import INTERFACES
from cpal.drivers.devices.parse.tree import Path, Tree, drop, put, section
from cpal.drivers.devices.render_device import MEMBERS
from cpal.drivers.devices.render_switch import device_of, key_of, parts_of
from cpal.errors import Conflict
from cpal.model.switch import ACTIVE, PASSIVE, WITHOUT_LACP

LAG = "ae"
"""How an aggregated interface is called, before its number."""
_OPTIONS = ("ether-options", "gigether-options")
_MEMBER = "802.3ad"
_SPEAKS = ("aggregated-ether-options", "lacp")
_ROOM, _COUNT = ("chassis", "aggregated-devices", "ethernet"), "device-count"


def rows_of(tree: Tree, device: str) -> dict[RowKey, Row]:
    """Every row that a configuration says of members of LAGs of a device."""
    rows = (Row(key_of(MEMBERS, device, port, number), {VALUE: _mode(tree, number)}) for port, number in _members(tree))
    return {row.key: row for row in rows}


def _members(tree: Tree) -> Iterator[tuple[str, str]]:
    """Each member, with the number of its LAG."""
    for port, below in tree.get(INTERFACES, {}).items():
        for options in _OPTIONS:
            lag = value(below.get(options, {}), _MEMBER)
            if lag is not None and BUNDLE.fullmatch(lag):
                yield port, lag.removeprefix(LAG)


def _speaking(number: str) -> Path:
    """Where a LAG says how its members speak LACP."""
    return (INTERFACES, f"{LAG}{number}", *_SPEAKS)


def _mode(tree: Tree, number: str) -> str:
    said = section(tree, _speaking(number))
    if said is None:
        return WITHOUT_LACP
    return ACTIVE if ACTIVE in said else PASSIVE


def write(tree: Tree, row: Row) -> None:
    """Have a tree say what a row says.

    Raises:
        Conflict: it is to be without LACP, of which others configured more.
    """
    port, number = parts_of(row.key)
    _erase_member(tree, port)
    put(tree, (INTERFACES, port, _options(tree), f"{_MEMBER} {LAG}{number}"))
    mode = str(row.columns[VALUE])
    if mode == _mode(tree, number):
        return
    _erase_mode(tree, number)
    if mode != WITHOUT_LACP:
        put(tree, (*_speaking(number), mode))
    elif left := section(tree, _speaking(number)):
        raise Conflict(f"others configured {next(iter(left))!r} of its LACP", key=f"{device_of(row.key)} {LAG}{number}",
                       remedy="take it away there first, or let it speak LACP")  # fmt: skip


def erase(tree: Tree, row: Row) -> None:
    """Have a tree say nothing of a row; with its last member a LAG says no more how they speak."""
    port, number = parts_of(row.key)
    _erase_member(tree, port)
    if number not in dict(_members(tree)).values():
        _erase_mode(tree, number)


def _options(tree: Tree) -> str:
    """In what ports of the device say of which LAG they are."""
    used = {each for below in tree.get(INTERFACES, {}).values() for each in _OPTIONS if each in below}
    return next((each for each in _OPTIONS if each in used), _OPTIONS[0])


def _erase_member(tree: Tree, port: str) -> None:
    for options in _OPTIONS:
        path = (INTERFACES, port, options)
        below = section(tree, path) or {}
        for line in [line for line in below if line.startswith(f"{_MEMBER} ")]:
            del below[line]
            if not below:
                drop(tree, path)


def _erase_mode(tree: Tree, number: str) -> None:
    path = _speaking(number)
    for mode in (ACTIVE, PASSIVE):
        drop(tree, (*path, mode))
    for depth in (len(path), len(path) - 1):
        if section(tree, path[:depth]) == {}:
            drop(tree, path[:depth])


def settle(tree: Tree, before: Tree, ops: Sequence[Op], ours: Collection[RowKey]) -> None:
    """Have the switch have room for its LAGs, once all else is written; `ops` are what was, of one device.

    Raises:
        Conflict: members that others configured would speak otherwise, or a new one has a unit.
    """
    _make_room(tree, before)
    changed = {op.key for op in ops}
    device = device_of(ops[0].key)
    held = rows_of(before, device)
    for key, row in rows_of(tree, device).items():
        port, number = parts_of(key)
        if key in held and key not in changed and key not in ours and row != held[key]:
            raise Conflict(f"others have {port} in it, which speaks otherwise", key=f"{device} {LAG}{number}",
                           remedy="adopt that, or let the LAG speak as it does")  # fmt: skip
        units = [line for line in tree[INTERFACES][port] if line.startswith("unit ")]
        if key not in held and units:
            raise Conflict(f"a port in a LAG has no unit, and others configured {units[0]!r}", key=f"{device} {port}",
                           remedy="take it away there first")  # fmt: skip


def _make_room(tree: Tree, before: Tree) -> None:
    needed, was_needed = _needed(tree), _needed(before)
    held = section(tree, _ROOM) or {}
    has = int(value(held, _COUNT) or 0)
    if needed == was_needed or (has >= needed and has != was_needed):
        return
    held.pop(f"{_COUNT} {has}", None)
    if needed:
        put(tree, (*_ROOM, f"{_COUNT} {needed}"))
    for depth in range(len(_ROOM), 0, -1):
        if section(tree, _ROOM[:depth]) == {}:
            drop(tree, _ROOM[:depth])


def _needed(tree: Tree) -> int:
    """How many aggregated interfaces there must be for those that are configured."""
    lags = (name for name in tree.get(INTERFACES, {}) if BUNDLE.fullmatch(name))
    return max((int(name.removeprefix(LAG)) + 1 for name in lags), default=0)
