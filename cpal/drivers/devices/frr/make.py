"""FRR as a make: what core needs of it, and how its daemons are told of settings. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from cpal.core.driver import Rules
from cpal.core.rows import Action, Op, Row, RowKey
from cpal.drivers.devices import render_device
from cpal.drivers.devices.frr import fabric_lines
from cpal.drivers.devices.frr.capability import CAPABILITY
from cpal.drivers.devices.frr.configuration import BGPD, DAEMONS, DIALECT, KNOWN
from cpal.drivers.devices.frr.render import RENDER
from cpal.drivers.devices.frr.render.names import DRIVER, VRF
from cpal.drivers.devices.frr.settings import RULES as COMMANDS
from cpal.drivers.devices.frr.settings import SETTINGS, WORDS
from cpal.drivers.devices.frr.tables import TABLES, VERSION
from cpal.drivers.devices.make import Make, refuse_left_without_vrf
from cpal.drivers.devices.parse.tree import Tree, copied, put
from cpal.drivers.devices.render_bgp import vrf_of as vrf_of_protocol
from cpal.drivers.devices.render_device import VRF_ROUTES
from cpal.drivers.devices.render_switch import device_of, parts_of
from cpal.errors import Rejected

_SETTINGS = {kind: each for kind, each in render_device.rendering(DRIVER).items() if kind in WORDS.settings}
RULES = Rules(DRIVER, CAPABILITY, TABLES, {**RENDER, **_SETTINGS}, (), VERSION)
"""What core needs."""


class FrrMake(Make):
    """FRR, whose tree is that of all its daemons (`configuration.forest`); of a fabric it is told by lines as well."""

    def edited(self, tree: Tree, ops: Sequence[Op], ours: Collection[RowKey] = ()) -> Tree:
        """The tree once the ops are done.

        Raises:
            Rejected: a VRF is not there, or goes while something is declared in it.
        """
        asn, ops = _asn(tree), [op for op in ops if op.action is not Action.RELEASE]
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
            if op.after is not None and op.key.table == VRF_ROUTES:
                _refuse_without_vrf(wanted, op)
        wanted = super().edited(wanted, settings, ours)
        for op in of_fabric:
            if op.after is not None:
                fabric_lines.write(wanted, op.after, asn)
        return wanted

    def told(self, before: Tree, after: Tree) -> list[tuple[str, list[str]]]:
        """The daemons that are told something to make one tree into the other, each with its lines, in order."""
        lines = ((daemon, self.lines(before.get(daemon, {}), after.get(daemon, {}))) for daemon in DAEMONS)
        return [(daemon, each) for daemon, each in lines if each]


def _refuse_without_vrf(wanted: Tree, op: Op) -> None:
    vrf = parts_of(op.key)[0]
    if f"vrf {vrf}" not in wanted.get(KNOWN, {}):
        remedy = "declare a router whose VRF it is, or make it there; nothing was changed"
        raise Rejected(f"the device has no VRF {vrf!r}", key=device_of(op.key), remedy=remedy)


def vrf_of(key: RowKey) -> str:
    """The VRF in which a setting is; "" the default one."""
    return parts_of(key)[0] if key.table == VRF_ROUTES else vrf_of_protocol(key)


def _asn(tree: Tree) -> str:
    """The AS of a device; "" of one that speaks no BGP."""
    return next((line.split()[2] for line in tree.get(BGPD, {}) if line.startswith("router bgp ")), "")


MAKE = FrrMake(RULES, DIALECT, COMMANDS, SETTINGS, WORDS.lag)
"""How it is written."""


def is_setting(row: Row | RowKey) -> bool:
    """Whether a row is of what is declared of devices one by one."""
    key = row.key if isinstance(row, Row) else row
    return key.table in SETTINGS
