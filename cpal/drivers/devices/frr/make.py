"""FRR as a make: what core needs of it, and how its daemons are told of settings. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from cpal.core.driver import NO_ROWS, Rules
from cpal.core.rows import VALUE, Action, Op, Row, RowKey, rows_after
from cpal.drivers.devices import render_bgp, render_device, render_ospf
from cpal.drivers.devices.frr import bgp, fabric_lines, ospf
from cpal.drivers.devices.frr.capability import CAPABILITY
from cpal.drivers.devices.frr.configuration import BGPD, DAEMONS, HERE, KNOWN, STATICD, ZEBRA, told
from cpal.drivers.devices.frr.render import RENDER
from cpal.drivers.devices.frr.render.names import BGP_VRF, DRIVER, VRF, VRF_ADDRESS, VRF_DESCRIPTION
from cpal.drivers.devices.frr.settings import SETTINGS, WORDS
from cpal.drivers.devices.frr.tables import TABLES, VERSION
from cpal.drivers.devices.frr.writing import DIALECT
from cpal.drivers.devices.frr.writing import RULES as COMMANDS
from cpal.drivers.devices.make import Lacking, Make, refuse_left_without_vrf
from cpal.drivers.devices.parse.tree import Tree, copied, put
from cpal.drivers.devices.render_bgp import NEIGHBORS, ROUTER_ID, in_vrf
from cpal.drivers.devices.render_bgp import vrf_of as vrf_of_protocol
from cpal.drivers.devices.render_device import VRF_ROUTES
from cpal.drivers.devices.render_switch import device_of, parts_of
from cpal.errors import Conflict, Rejected

_OF_DEVICES = {
    **render_device.rendering(DRIVER),
    **render_bgp.rendering(DRIVER, bgp.SHAPE),
    **render_ospf.rendering(DRIVER, ospf.MANNER, lambda name: False),
}
_WRITTEN = {kind: render for kind, render in _OF_DEVICES.items() if kind in WORDS.settings}
RULES = Rules(DRIVER, CAPABILITY, TABLES, {**RENDER, **_WRITTEN}, (), VERSION)
"""What core needs."""


class FrrMake(Make):
    """FRR, whose tree is that of all its daemons (`configuration.forest`); of a fabric it is told by lines as well."""

    def edited(self, tree: Tree, ops: Sequence[Op], ours: Mapping[RowKey, Row] = NO_ROWS) -> Tree:
        """The tree once the ops are done.

        Raises:
            Rejected: a VRF is not there, or goes while something is declared in it; BGP of others tells nothing.
            Conflict: the fabric says a router ID.
        """
        asn, ops = _asn(tree), [op for op in ops if op.action is not Action.RELEASE]
        _refuse_without_daemons(tree, ops)
        wanted = copied(tree)
        of_fabric = [op for op in ops if op.key.table in fabric_lines.TABLES]
        for op in of_fabric:
            if op.before is not None:
                fabric_lines.erase(wanted, op.before, asn, changes=op.after is not None)
        for op in (op for op in ops if op.key.table == VRF and op.after is not None):
            put(wanted, (KNOWN, f"vrf {parts_of(op.key)[0]}"))
        settings = [op for op in ops if op.key.table in SETTINGS]
        refuse_left_without_vrf([op for op in ops if op.key.table == VRF or op in settings], ours)
        for op in settings:
            if op.after is not None:
                _refuse(wanted, op, rows_after(ours, of_fabric))
        wanted = super().edited(wanted, settings, ours)
        for op in of_fabric:
            if op.after is not None:
                fabric_lines.write(wanted, op.after, asn)
        fabric_lines.keep(tree, wanted, rows_after(ours, of_fabric).values(), asn)
        bgp.settle(tree, wanted)
        return wanted

    def has_interface(self, tree: Tree, name: str) -> bool:
        """Whether a device has a network interface of that name, as far as is known."""
        known = [line for line in tree.get(KNOWN, {}) if line.startswith("interface ")]
        return not known or f"interface {name}" in known

    def told(self, before: Tree, after: Tree) -> list[tuple[str, list[str]]]:
        """The daemons that are told something to make one tree into the other, each with its lines, in order."""
        first, held = _forgotten(before, after)
        held = {**held, BGPD: bgp.with_gone(before.get(BGPD, {}), after.get(BGPD, {}))}
        lines = {daemon: self.lines(held.get(daemon, {}), after.get(daemon, {})) for daemon in DAEMONS}
        lines[ZEBRA] = [_typed(line) for line in first + lines[ZEBRA]]
        return [(daemon, [told(line) for line in each]) for daemon, each in lines.items() if each]


def _forgotten(before: Tree, after: Tree) -> tuple[list[str], Tree]:
    """What has zebra forget interfaces that are not there, and the tree then: it takes no line of theirs away alone."""
    held, wanted, known = before.get(ZEBRA, {}), after.get(ZEBRA, {}), before.get(KNOWN, {})
    gone = [line for line in held if line.startswith("interface ") and f"{HERE}{line}" not in known
            and not held[line].keys() <= wanted.get(line, {}).keys()]  # fmt: skip
    left = {line: below for line, below in held.items() if line not in gone}
    return [f"no {line}" for line in gone], {**before, ZEBRA: left}


def _typed(line: str) -> str:
    """A line as zebra takes it: by its name alone, an interface would be one of that name in whatever VRF.

    Source: FRR, lib/if.c, `interface IFNAME [vrf NAME]`.
    """
    return f"{line} vrf default" if re.fullmatch(r"(?:no )?interface \S+", line) else line


def _refuse(wanted: Tree, op: Op, ours: Mapping[RowKey, Row]) -> None:
    """Refuse what FRR would take and not do, or what a fabric says otherwise."""
    vrf, device = vrf_of(op.key), device_of(op.key)
    if op.key.table in (*_VRF_AT, *ospf.OF_INTERFACES) and vrf:
        refuse_without_vrf(wanted, device, vrf)
    if op.key.table in ospf.OF_INTERFACES and vrf and not _is_namespace(wanted, vrf):
        why = f"VRF {vrf!r} is no network namespace, and cpal tells FRR of OSPF in such VRFs alone"
        raise Rejected(why, key=device, remedy="leave it out; nothing was changed")
    is_new = op.action is not Action.ADOPT
    if op.key.table == in_vrf(ROUTER_ID) and RowKey(BGP_VRF, f"{device} {vrf}") in ours:
        why = f"the router whose VRF {vrf!r} is says its router ID, which is the leaf's address"
        raise Conflict(why, key=str(op.key), remedy="leave router_id out; nothing was changed")
    if is_new and op.key.table in (NEIGHBORS, in_vrf(NEIGHBORS)) and bgp.is_shut(wanted, vrf, op.row.columns[VALUE]):
        why = f"BGP of others there tells neighbours in other ASes, as {parts_of(op.key)[-1]}, nothing without a policy"
        raise Rejected(why, key=device, remedy=f"configure `{bgp.OPEN}` there; nothing was changed")


def _refuse_without_daemons(tree: Tree, ops: Sequence[Op]) -> None:
    for op in ops:
        missing = sorted(told_of(op.key.table) - tree.keys()) if op.after is not None else []
        if missing:
            why = f"FRR's {missing[0]} does not run there, which is told of it"
            remedy = f"start it: {missing[0]}=yes in /etc/frr/daemons; nothing was changed"
            raise Rejected(why, key=str(op.key), remedy=remedy)


def _is_namespace(tree: Tree, vrf: str) -> bool:
    """Whether a VRF is a network namespace, or will be."""
    held = tree.get(ZEBRA, {}).get(f"vrf {vrf}")
    return held is None or any(line.startswith("netns ") for line in held)


def _lacking(tree: Tree, vrf: str) -> Lacking | None:
    if f"vrf {vrf}" in tree.get(KNOWN, {}):
        return None
    remedy = "declare it, or a router whose VRF it is, or make it there; nothing was changed"
    return Lacking(f"the device has no VRF {vrf!r}", remedy)


def refuse_without_vrf(tree: Tree, device: str, vrf: str) -> None:
    """Raise Rejected where a device has no such VRF."""
    if lacking := _lacking(tree, vrf):
        raise Rejected(lacking.why, key=device, remedy=lacking.remedy)


_VRF_AT = {VRF_ROUTES: 0, VRF_DESCRIPTION: 1, VRF_ADDRESS: 1}
"""Of the tables of what is in a VRF, which word of a row's name that is."""


def vrf_of(key: RowKey) -> str:
    """The VRF in which a setting is; "" the default one."""
    parts = parts_of(key)
    if key.table in ospf.OF_INTERFACES:
        return "".join(parts[1:])
    return parts[_VRF_AT[key.table]] if key.table in _VRF_AT else vrf_of_protocol(key)


def _asn(tree: Tree) -> str:
    """The AS of a device; "" of one that speaks no BGP."""
    return next((line.split()[2] for line in tree.get(BGPD, {}) if line.startswith("router bgp ")), "")


MAKE = FrrMake(RULES, DIALECT, COMMANDS, SETTINGS, WORDS, implied=bgp.implied, lacks_vrf=_lacking)
"""How it is written."""


def told_of(table: str) -> frozenset[str]:
    """The daemons that are told of the rows of a table, besides zebra."""
    return frozenset({SETTINGS[table].levels[0]} if table in SETTINGS else {BGPD, STATICD})


def is_setting(row: Row | RowKey) -> bool:
    """Whether a row is of what is declared of devices one by one."""
    key = row.key if isinstance(row, Row) else row
    return key.table in SETTINGS
