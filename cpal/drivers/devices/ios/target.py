"""IOS as a target: what it can hold, how it writes each setting, and a switch over SSH.

IOS has no candidate: what is typed runs. But it takes back by itself all that was configured since
`configure terminal revert timer`, unless `configure confirm` comes in time. So a change is kept here until it is
committed, and its first line is a mark that says whose it is: an alias of that name, which goes with the change, is
taken away before what runs is saved, and is found by whoever comes after a process that died.

A switch keeps its VLANs in its configuration only where VTP is transparent or off; else they are in `vlan.dat`, which
no timer takes back. So no VLAN is written to a switch whose configuration does not say so.

Source: Cisco IOS Configuration Management Configuration Guide, "Configuration Rollback Confirmed Change"; Catalyst
command reference, `vtp (global configuration)`; openconfig-vlan.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from cpal.core.driver import NO_ROWS, Limit, Render, Rules
from cpal.core.rows import Op, Row, RowKey, Table
from cpal.drivers.devices import acl_lines, ospf_lines, render_bgp, render_device, render_ospf
from cpal.drivers.devices.cli_settings import (
    ACCESS_GROUP,
    MODES,
    edge_choices,
    marking,
    of_acls,
    of_port,
    of_trees_at_cisco,
    settings,
    usual_name,
)
from cpal.drivers.devices.ios import bgp, vrfs
from cpal.drivers.devices.ios.writing import DIALECT, RULES, with_lengths, with_mask, without_edge
from cpal.drivers.devices.make import Make
from cpal.drivers.devices.overlap_limits import OVERLAP, refuse_overlap
from cpal.drivers.devices.parse.tree import Tree, parsed, shown
from cpal.drivers.devices.render_device import NTP, SYSLOG, VRF_NTP, VRF_SYSLOG
from cpal.drivers.devices.render_route import FIELDS
from cpal.drivers.devices.render_switch import (
    EDGE_PORT,
    EDGE_TRUNK,
    MODE,
    TABLES,
    VLAN,
    VLAN_NAME,
    rendering,
)
from cpal.drivers.devices.settings import Setting
from cpal.drivers.devices.switch_limits import both, capability
from cpal.drivers.devices.words import BgpWords, OspfWords, Words
from cpal.errors import Moved, Rejected
from cpal.model.switch import ACCESS, MSTP, RAPID_PVST

DRIVER = "ios"
VERSION = 1
"""To be raised when the same records give other rows than before."""
_LOGICAL = ("Vlan", "Loopback", "Port-channel")
PORTS = ("GigabitEthernet", "FastEthernet", "TenGigabitEthernet", "Ethernet", "Port-channel")
_WRITTEN = ("vrf", "lag", "stp", "acl", "classifier", "ospf", "bgp", "ntp_server", "syslog_server", "route")
"""The kinds of records of devices that are written, beyond VLANs; a target may own all of them."""
WORDS = Words(
    DRIVER,
    "IOS",
    schemes=("ios",),
    kinds=("GigabitEthernet", "FastEthernet", "TenGigabitEthernet", "Ethernet", *_LOGICAL),
    ports=PORTS,
    mtus=(68, 9198),
    logical=_LOGICAL,
    lag="Port-channel",
    own_vlans=(1, 1002, 1003, 1004, 1005),
    refuses_lacking_ports=True,
    own_vrfs=vrfs.OWN_VRFS,
    vrf_name=32,  # Source: Cisco IOS MPLS Command Reference, `vrf definition`
    only_ascii=True,  # `exec-character-bits` is 7. Source: Cisco IOS Terminal Services Command Reference
    acls_of_ports=("ingress_acl", "egress_acl"),
    settings=_WRITTEN,
    of_routes=FIELDS,
    tree_modes=(RAPID_PVST, MSTP),
    ospf=OspfWords(names_as=True, most_paths=32),
    bgp=BgpWords(range(1, 32 + 1), description=80, own_family_in_vrfs=True),
    trust="only some series of Catalyst say it (`mls qos trust`), others trust all",
    owned=("vlan", *_WRITTEN),
)


def _is_ours(vlan: str) -> bool:
    """Whether a VLAN is there by being configured: the first, and those of old media, always are."""
    return int(vlan) not in WORDS.own_vlans


SETTINGS: Mapping[str, Setting] = settings(
    WORDS,
    Setting(VLAN, "vlan {0}", holds=_is_ours),
    Setting(VLAN_NAME, "vlan {0}", "name {value}", absent=usual_name, holds=_is_ours, within=VLAN),
    *of_trees_at_cisco(absent="pvst"),
    of_port(WORDS, EDGE_PORT, choices=edge_choices("spanning-tree portfast", EDGE_TRUNK, "network", "disable")),
    # a port of which nothing is said finds out by itself what it is
    of_port(WORDS, MODE, choices={**MODES, ACCESS: "switchport mode access"}),
    *ospf_lines.at_ios(WORDS),
    *marking(WORDS, "class-map match-any {0}", ACCESS_GROUP, "policy-map {0}", "service-policy input {value}"),
    *of_acls("ip access-list extended {0}", acl_lines.written(acl_lines.with_wildcard)),
    *bgp.SETTINGS,
    *vrfs.settings(WORDS),
    Setting(SYSLOG, "", "logging host {0:ip4} | logging host ipv6 {0:ip6} | logging {0:ip4}"),
    Setting(VRF_SYSLOG, "", "logging host {1:ip4} vrf {0} | logging host ipv6 {1:ip6} vrf {0}"),
)
"""How IOS writes each setting, once addresses have prefix lengths."""

_SOME_ASK = "of a port of the switch, only some series of Catalyst ask it for what goes out; others refuse the line"
"""Source: Catalyst 4500 Series Software Configuration Guide, "Configuring PACLs"; ME 3600X Command Reference."""
_SWITCH = capability(
    WORDS, "an emulator of IOS over SSH, which is built from public documentation and recordings: no device"
)
CAPABILITY = _SWITCH._replace(
    limits=(*_SWITCH.limits, OVERLAP, Limit("interface", "egress_acl", _SOME_ASK)),
    refuse_together={
        **_SWITCH.refuse_together,
        "interface": both(_SWITCH.refuse_together["interface"], refuse_overlap),
    },
)
"""IOS's capability."""


class IosMake(Make):
    """IOS's addresses have masks, where rows have prefix lengths."""

    def tree(self, text: str) -> Tree:
        """The tree of a configuration."""
        return super().tree(with_lengths(without_edge(text)))

    def edited(self, tree: Tree, ops: Sequence[Op], ours: Mapping[RowKey, Row] = NO_ROWS) -> Tree:
        """The tree once the ops are done.

        Raises:
            Rejected: as other makes do, or for a VRF that there is not.
            Conflict: as other makes do, or others' VRF is of the older form, and is to route IPv6.
        """
        vrfs.refuse_other_families(tree, ops)
        wanted = super().edited(tree, ops, ours)
        vrfs.refuse_without_vrf(tree, wanted, ops)
        return wanted

    def shown(self, line: str) -> str:
        """A line of a tree as the device has it."""
        return with_mask(line)

    def lines(self, before: Tree, after: Tree) -> list[str]:
        """What is typed to make one tree into the other."""
        return [with_mask(line) for line in super().lines(_without_areas_of_moved(before, after), after)]


def _without_areas_of_moved(before: Tree, after: Tree) -> Tree:
    """A tree without what interfaces say of OSPF processes that are made anew in another VRF: it is said again."""

    def vrfs_of(tree: Tree) -> dict[str, str]:
        return {line.split()[2]: line for line in tree if line.startswith("router ospf ")}

    held, wanted = vrfs_of(before), vrfs_of(after)
    moved = tuple(f"ip ospf {number} area " for number in held.keys() & wanted.keys() if held[number] != wanted[number])
    again = {(line, each) for line, below in after.items() for each in below if moved and each.startswith(moved)}
    return {
        line: {each: inside for each, inside in below.items() if (line, each) not in again}
        for line, below in before.items()
    }


_HELD_ONCE = (NTP, VRF_NTP)
"""The tables of what the device has once, as preferred or not."""


def _implied(tree: Tree, device: str) -> Iterator[Row]:
    yield from bgp.IMPLIED(tree, device)
    yield from vrfs.implied(tree, device)


_RENDER: Mapping[str, Render] = {
    **rendering(DRIVER, WORDS.is_logical, tells_trunks=True),
    **{kind: render for kind, render in render_device.rendering(DRIVER, WORDS.lag).items() if kind in WORDS.settings},
    **render_ospf.rendering(DRIVER, render_ospf.Manner(names_process=True, names_as=True), WORDS.is_logical),
    **render_bgp.rendering(DRIVER, bgp.SHAPE),
}
_TABLES: Mapping[str, Table] = {**TABLES, **render_device.TABLES}
MAKE = IosMake(
    Rules(DRIVER, CAPABILITY, _TABLES, _RENDER, (), VERSION),
    DIALECT,
    RULES,
    SETTINGS,
    WORDS,
    needs={"vlan ": ("vtp mode transparent", "vtp mode off")},
    implied=_implied,
    lacks_vrf=vrfs.lacking_vrf,
    held_once=_HELD_ONCE,
)
"""All of the make but the way to a device."""

_MARK = "alias exec "
_MEANING = "show clock"
"""What the alias does, which nobody uses."""
_NONE_PENDING = "No Rollback Confirmed Change pending"
"""What IOS says when it is to confirm what was confirmed already, after a percent sign."""
_MINUTE_S, _MOST_MINUTES = 60, 120


class Native(Protocol):
    """A switch that takes commands: `terminal.IosTerminal`."""

    async def run(self, *commands: str) -> list[str]:
        """What the device prints to commands."""

    async def configure(self, lines: Iterable[str]) -> None:
        """Type lines of configuration."""

    async def close(self) -> None:
        """End the connection."""


class IosSwitch:
    """A switch over SSH: see above."""

    def __init__(self, native: Native) -> None:
        self._native = native
        self._prepared: dict[str, tuple[str, ...]] = {}

    async def running(self) -> str:
        """Its running configuration."""
        return shown((await self._native.run("show running-config"))[0], DIALECT)

    async def prepare(self, name: str, commands: Sequence[str]) -> None:
        """Have the commands ready. Raises Rejected: the switch takes nothing back, since it archives nothing."""
        archive = parsed(await self.running(), DIALECT).get("archive", {})
        if not any(line.startswith("path ") for line in archive):
            remedy = "configure `archive`, and in it `path flash:archive`; nothing was changed"
            raise Rejected("the switch has no archive, without which no timer takes a change back", remedy=remedy)
        self._prepared[name] = tuple(commands)

    async def commit(self, name: str, timeout_s: float) -> None:
        """Type what was prepared, behind a timer of whole minutes.

        Raises:
            Rejected: another change waits, or a line is refused; those before it run.
        """
        minutes = min(_MOST_MINUTES, max(1, math.ceil(timeout_s / _MINUTE_S)))
        await self._do(f"configure terminal revert timer {minutes}", "end")
        await self._native.configure((f"{_MARK}{name} {_MEANING}", *self._prepared.pop(name)))

    async def confirm(self, name: str) -> None:
        """Stop the timer, take the mark away, and save what runs; a timer that was stopped before needs no stopping.

        Raises:
            Rejected: the timer goes on, and takes the change back.
            Moved: it has taken the change back already.
        """
        if not await self._do("configure confirm", expected=_NONE_PENDING) and name not in await self._marked():
            why = "its timer had taken the change back before it was confirmed"
            raise Moved(why, key=name, remedy="`cpal apply` brings it in order")
        await self._native.configure((f"no {_MARK}{name}",))
        await self._native.run("write memory")

    async def abort(self, name: str) -> None:
        """Forget what was prepared; take it back where it runs. Raises Rejected: the switch cannot."""
        if self._prepared.pop(name, None) is None and name in await self._marked():
            await self._do("configure revert now")

    async def candidates(self) -> Mapping[str, bool]:
        """What is prepared here, and what runs and waits."""
        return {**dict.fromkeys(self._prepared, False), **dict.fromkeys(await self._marked(), True)}

    async def close(self) -> None:
        """End the connection."""
        await self._native.close()

    async def _marked(self) -> list[str]:
        lines = parsed(await self.running(), DIALECT)
        return [line.split()[2] for line in lines if line.startswith(_MARK) and line.endswith(_MEANING)]

    async def _do(self, *commands: str, expected: str | None = None) -> bool:
        """Type commands; whether it took them. Raises Rejected: it refuses one, in other words than are expected."""
        taken = True
        for command in commands:
            (said,) = await self._native.run(command)
            if said.strip().startswith("%") and said.strip().lstrip("% ") != expected:
                raise Rejected(f"the device refuses {command!r}: {said.strip().lstrip('%')}")
            taken = taken and not said.strip().startswith("%")
        return taken
