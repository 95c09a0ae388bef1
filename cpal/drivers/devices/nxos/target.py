"""NX-OS as a target: what it can hold, how it writes each setting, and a switch over NX-API.

NX-OS has no candidate: what is typed runs. So a change is kept here until it is committed; a checkpoint is made before
it, and a job of the scheduler, which the switch runs by itself, goes back to it. Before that the job and its schedule
are configured, and the checkpoint is made with them in it: so a rollback does not take away the job that does it, and
the job takes itself away at its end. All a dead process leaves is on the switch: a checkpoint, and while the change
waits a job, each with the change's name.

Source: Cisco Nexus 9000 Series NX-OS System Management Configuration Guide, "Configuring the Scheduler", "Configuring
Rollback"; "Configuring VLANs"; openconfig-vlan.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from cpal.core.driver import NO_ROWS, Render, Rules
from cpal.core.rows import Op, Row, RowKey, Table
from cpal.drivers.devices import ospf_lines, render_bgp, render_device, render_evpn, render_ospf
from cpal.drivers.devices.cli_settings import settings
from cpal.drivers.devices.fabric_limits import of_switches
from cpal.drivers.devices.make import Make, lacking_section
from cpal.drivers.devices.nxos import bgp, evpn, render_leaf
from cpal.drivers.devices.nxos.limits import of_nxos
from cpal.drivers.devices.nxos.settings import MANAGEMENT, PAIRING, otherwise, with_lists_of_ports
from cpal.drivers.devices.nxos.writing import DIALECT, RULES
from cpal.drivers.devices.parse.asking import JSON, TEXT
from cpal.drivers.devices.parse.tree import Tree, parsed, shown
from cpal.drivers.devices.render_route import FIELDS
from cpal.drivers.devices.render_switch import TABLES, rendering
from cpal.drivers.devices.settings import Setting
from cpal.drivers.devices.switch_limits import capability
from cpal.drivers.devices.words import BgpWords, OspfWords, Words
from cpal.errors import Rejected
from cpal.model.switch import MSTP, ON_DEVICES, RAPID_PVST

DRIVER = "nxos"
VERSION = 3
"""To be raised when the same records give other rows than before."""
_LOGICAL = ("Vlan", "loopback", "port-channel")
_OSPF = render_ospf.Manner(
    names_process=True,
    tells_passive=True,
    nests_vrfs=True,
    connected=render_ospf.DIRECT,
    names_as=True,
    route_map=bgp.route_map_of_ospf,
)
WORDS = Words(
    DRIVER,
    "NX-OS",
    schemes=("nxos", "nxos+http"),
    kinds=("Ethernet", "mgmt", *_LOGICAL),
    ports=("Ethernet", "port-channel"),
    mtus=(576, 9216),
    logical=_LOGICAL,
    lag="port-channel",
    most_lag=4096,
    acls_of_ports=("ingress_acl",),
    refuses_lacking_ports=True,
    own_vrfs=(MANAGEMENT,),
    vrf_name=32,  # Source: Nexus 9000 Series NX-OS Unicast Routing Configuration Guide, "Creating a VRF"
    settings=("vrf", "route", "ntp_server", "syslog_server", "lag", "mlag", "stp", "acl", "classifier", "ospf", "bgp"),
    of_routes=FIELDS,
    tree_modes=(RAPID_PVST, MSTP),
    pairing=PAIRING,
    ospf=OspfWords(names_as=True, most_paths=64, numbers_once=False),
    bgp=BgpWords(range(1, 64 + 1), description=80),
    trust="NX-OS trusts all, and has no line for it",
    owned=ON_DEVICES,
)

SETTINGS: Mapping[str, Setting] = settings(
    WORDS, *otherwise(WORDS), *ospf_lines.at_nxos(WORDS, render_bgp.ANY), *evpn.SETTINGS, *bgp.SETTINGS
)
"""How NX-OS writes each setting."""

CAPABILITY = of_nxos(
    of_switches(
        capability(
            WORDS,
            "an emulator of NX-OS over NX-API, which is built from public documentation and recordings: no device",
        )
    )
)
"""NX-OS's capability."""

_RENDER: Mapping[str, Render] = {
    **rendering(DRIVER, WORDS.is_logical, tells_trunks=True),
    **render_device.rendering(DRIVER, WORDS.lag, PAIRING.keepalive_vrf),
    **render_ospf.rendering(DRIVER, _OSPF, WORDS.is_logical),
    **render_bgp.rendering(DRIVER, bgp.SHAPE, render_leaf.ROUTE_MAP),
    **render_evpn.rendering(DRIVER, render_leaf.SHAPE),
}
_TABLES: Mapping[str, Table] = {**TABLES, **render_device.TABLES, **render_evpn.TABLES, **render_leaf.TABLES}


class NxosMake(Make):
    """NX-OS asks the access list of a port of the switch by a command of its own."""

    def edited(self, tree: Tree, ops: Sequence[Op], ours: Mapping[RowKey, Row] = NO_ROWS) -> Tree:
        """The tree once the ops are done. Raises Rejected, Conflict: as other makes."""
        return with_lists_of_ports(WORDS, tree, super().edited(tree, ops, ours))


MAKE = NxosMake(
    Rules(DRIVER, CAPABILITY, _TABLES, _RENDER, (), VERSION),
    DIALECT,
    RULES,
    SETTINGS,
    WORDS,
    lacks_vrf=lacking_section("vrf context {}"),
    implied=evpn.implied,
    fabric=evpn.FABRIC,
    needs={
        "interface Vlan": ("feature interface-vlan",),
        "vlan / vn-segment": ("feature vn-segment-vlan-based",),
        "evpn": ("nv overlay evpn",),
        "vpc domain": ("feature vpc",),
        "interface / vpc": ("feature vpc",),
        "router ospf ": ("feature ospf",),
        "interface nve": ("feature nv overlay",),
        "router bgp": ("feature bgp",),
        "router bgp / neighbor / address-family l2vpn evpn": ("nv overlay evpn",),
        r"interface / channel-group \d+ mode": ("feature lacp",),
    },
)
"""All of the make but the way to a device."""

SCHEDULER = "feature scheduler"
OFF, ON = "the scheduler was off", "the scheduler was on"
"""What a checkpoint's description says of the switch before a change."""
_CHECKPOINT = re.compile(r"^\d+\) (\S+):(?:\n(?!\d+\)).*)*?\nDescription: (.*)", re.MULTILINE)
"""A checkpoint in `show checkpoint summary`, with its description."""
_MINUTE_S = 60


class Native(Protocol):
    """A switch that answers commands: `nxapi.Nxapi`."""

    async def run(self, *commands: str, form: str = JSON) -> list[Any]:
        """What the device answers to commands."""

    async def close(self) -> None:
        """End the connection."""


class NxosSwitch:
    """A switch over NX-API: see above."""

    def __init__(self, native: Native) -> None:
        self._native = native
        self._prepared: dict[str, tuple[str, tuple[str, ...]]] = {}

    async def running(self) -> str:
        """Its running configuration."""
        return shown(str((await self._native.run("show running-config", form=TEXT))[0]), DIALECT)

    async def prepare(self, name: str, commands: Sequence[str]) -> None:
        """Have the commands ready, and see that the switch makes a checkpoint. Raises Rejected: it makes none."""
        before = ON if SCHEDULER in await self._tree() else OFF
        await self._native.run(f"checkpoint {name} description {before}", form=TEXT)
        self._prepared[name] = (before, tuple(commands))

    async def commit(self, name: str, timeout_s: float) -> None:
        """Type what was prepared, once a job waits that goes back before it; the time is in whole minutes.

        Raises:
            Rejected: a command; those before it run.
        """
        before, commands = self._prepared.pop(name)
        await self._native.run(
            "configure terminal", SCHEDULER, f"scheduler job name {name}", *_job(name, before), "exit",
            f"scheduler schedule name {name}", f"job name {name}", f"time start {_delay(timeout_s)}", "end",
            f"no checkpoint {name}", f"checkpoint {name} description {before}", form=TEXT,
        )  # fmt: skip
        await self._native.run("configure terminal", *commands, "end")

    async def confirm(self, name: str) -> None:
        """Call the job off, and save what runs."""
        undoing = _undoing(name, await self._tree())
        await self._native.run(*undoing[1:], "end", f"no checkpoint {name}", "copy running-config startup-config",
                               form=TEXT)  # fmt: skip

    async def abort(self, name: str) -> None:
        """Forget what was prepared; go back to the checkpoint where it runs. Raises Rejected: the switch cannot."""
        self._prepared.pop(name, None)
        told, running = await self._told()
        tree = parsed(running, DIALECT)
        others = [line for line in tree if line.startswith("scheduler ") and line.split()[-1] != name]
        undoing: tuple[str, ...] = ()
        if f"scheduler job name {name}" in tree:  # also one that was cut off before all of it was typed
            undoing = _job(name, OFF if told.get(name) == OFF and not others else ON)
            (said,) = await self._native.run(undoing[0], form=TEXT)
            if "success" not in str(said).lower():
                last = str(said).strip().splitlines()[-1:] or ["nothing said"]
                raise Rejected(f"the switch cannot go back to checkpoint {name}: {last[0]}")
        elif told.get(name) == OFF and not others:
            undoing = _job(name, OFF)
        await self._native.run(*undoing[1:], "end", f"no checkpoint {name}", form=TEXT)

    async def candidates(self) -> Mapping[str, bool]:
        """The checkpoints there are, with whether a job waits to go back to one."""
        told, running = await self._told()
        tree = parsed(running, DIALECT)
        return {name: bool(_undoing(name, tree)) for name in told}

    async def _told(self) -> tuple[dict[str, str], str]:
        """The checkpoints with their descriptions, and the running configuration."""
        told, running = await self._native.run("show checkpoint summary", "show running-config", form=TEXT)
        return dict(_CHECKPOINT.findall(str(told))), shown(str(running), DIALECT)

    async def close(self) -> None:
        """End the connection."""
        await self._native.close()

    async def _tree(self) -> Tree:
        return parsed(await self.running(), DIALECT)


def _job(name: str, before: str) -> tuple[str, ...]:
    """What takes a change back, and then itself away; with the scheduler, where that was off before."""
    return (
        f"rollback running-config checkpoint {name}",
        "configure terminal",
        f"no scheduler schedule name {name}",
        f"no scheduler job name {name}",
        *((f"no {SCHEDULER}",) if before == OFF else ()),
    )


def _undoing(name: str, tree: Tree) -> tuple[str, ...]:
    """The commands of the job of that name; none, where there is none."""
    return tuple(tree.get(f"scheduler job name {name}", {}))


def _delay(timeout_s: float) -> str:
    """So many seconds from now, as the scheduler has it: days, hours and minutes, and no less than asked."""
    hours, minutes = divmod(max(1, math.ceil(timeout_s / _MINUTE_S)), 60)
    return f"+{hours // 24:02}:{hours % 24:02}:{minutes:02}"
