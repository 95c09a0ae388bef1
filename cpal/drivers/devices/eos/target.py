"""EOS as a target: what it can hold, how it writes each setting, and a switch over eAPI.

Source: Arista EOS user manual, "Configuration sessions", "VLANs", "Ethernet ports"; openconfig-vlan.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from cpal.core.driver import Render, Rules
from cpal.core.rows import Table
from cpal.drivers.devices import cli_settings, ospf_lines, render_bgp, render_device, render_evpn, render_ospf
from cpal.drivers.devices.eos import bgp, evpn
from cpal.drivers.devices.eos.writing import DIALECT, RULES
from cpal.drivers.devices.fabric_limits import of_switches
from cpal.drivers.devices.fabric_said import FabricWords
from cpal.drivers.devices.make import Make, lacking_section
from cpal.drivers.devices.parse.tree import shown
from cpal.drivers.devices.render_route import FIELDS
from cpal.drivers.devices.render_switch import TABLES, rendering
from cpal.drivers.devices.settings import Setting
from cpal.drivers.devices.switch_limits import capability
from cpal.drivers.devices.words import BgpWords, Pairing, Words
from cpal.errors import Rejected, Unreadable
from cpal.model.checks.switch import DEFAULT_VRF
from cpal.model.switch import ON_DEVICES, TREE_MODES

DRIVER = "eos"
VERSION = 4
"""To be raised when the same records give other rows than before."""
_LOGICAL = ("Vlan", "Loopback", "Port-Channel")
PAIRING = Pairing(
    r"\S+",
    "a word",
    largest=2000,
    keepalive_vrf=DEFAULT_VRF,
    lacks=(("keepalive_source", "EOS is told no address that its heartbeat comes from"),),
    ipv6=("peer_address",),
)
WORDS = Words(
    DRIVER,
    "EOS",
    schemes=("eos", "eos+http"),
    kinds=("Ethernet", "Management", *_LOGICAL),
    ports=("Ethernet", "Port-Channel"),
    mtus=(68, 9214),
    logical=_LOGICAL,
    lag="Port-Channel",
    most_lag=999_999,
    settings=("vrf", "route", "ntp_server", "syslog_server", "lag", "mlag", "stp", "acl", "classifier", "ospf", "bgp"),
    of_routes=FIELDS,
    tree_modes=TREE_MODES,
    acls_of_ports=("ingress_acl", "egress_acl"),
    pairing=PAIRING,
    bgp=BgpWords(range(1, 128 + 1)),
    trust="EOS goes back to what a port trusts by itself by `default qos trust`, for `no` has it trust none",
    owned=ON_DEVICES,
)

SETTINGS: Mapping[str, Setting] = cli_settings.settings(WORDS, *ospf_lines.at_eos(WORDS), *evpn.SETTINGS, *bgp.SETTINGS)
"""How EOS writes each setting."""

CAPABILITY = of_switches(
    capability(
        WORDS, "an emulator of EOS over eAPI, which is built from public documentation and recordings: no device"
    )
)
"""EOS's capability."""

_RENDER: Mapping[str, Render] = {
    **rendering(DRIVER, WORDS.is_logical),
    **render_device.rendering(DRIVER, WORDS.lag, PAIRING.keepalive_vrf),
    **render_ospf.rendering(DRIVER, render_ospf.Manner(routes_when_told=True), WORDS.is_logical),
    **render_bgp.rendering(DRIVER, bgp.SHAPE),
    **render_evpn.rendering(DRIVER, render_evpn.SHAPE),
}
_TABLES: Mapping[str, Table] = {**TABLES, **render_device.TABLES, **render_evpn.TABLES}
MAKE = Make(
    Rules(DRIVER, CAPABILITY, _TABLES, _RENDER, (), VERSION),
    DIALECT,
    RULES,
    SETTINGS,
    WORDS,
    hollow=("mlag configuration",),
    implied=bgp.IMPLIED,
    lacks_vrf=lacking_section("vrf instance {}"),
    fabric=FabricWords(),
)
"""All of the make but the way to a device."""


class Native(Protocol):
    """A switch that answers commands: `eapi.Eapi`."""

    async def run(self, *commands: str, form: str = "json") -> list[Any]:
        """What the device answers to commands."""

    async def close(self) -> None:
        """End the connection."""


class EosSwitch:
    """A switch over eAPI; a candidate is a configuration session."""

    def __init__(self, native: Native) -> None:
        self._native = native

    async def running(self) -> str:
        """Its running configuration."""
        return shown(str((await self._native.run("show running-config", form="text"))[0]), DIALECT)

    async def prepare(self, name: str, commands: Sequence[str]) -> None:
        """Have a session in which the commands were done. Raises Rejected: a command, and the session is gone."""
        try:
            await self._native.run(f"configure session {name}", *commands, "end")
        except Rejected:
            await self.abort(name)
            raise

    async def commit(self, name: str, timeout_s: float) -> None:
        """Run a session, until it is confirmed or its timer ends."""
        minutes, seconds = divmod(max(1, math.ceil(timeout_s)), 60)
        timer = f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}"
        await self._native.run(f"configure session {name} commit timer {timer}")

    async def confirm(self, name: str) -> None:
        """End a session's timer, and save what runs."""
        await self._native.run(f"configure session {name} commit", "write memory")

    async def abort(self, name: str) -> None:
        """Forget a session; take it back where its timer runs."""
        await self._native.run(f"configure session {name} abort")

    async def candidates(self) -> Mapping[str, bool]:
        """The sessions that are not ended, with whether a timer runs."""
        answer = (await self._native.run("show configuration sessions"))[0]
        try:
            states = {str(name): str(each["state"]) for name, each in answer["sessions"].items()}
        except (KeyError, TypeError, AttributeError) as error:
            raise Unreadable("this is no list of sessions", key="show configuration sessions") from error
        return {name: state == _TIMER for name, state in states.items() if state in (_PENDING, _TIMER)}

    async def close(self) -> None:
        """End the connection."""
        await self._native.close()


_PENDING, _TIMER = "pending", "pendingCommitTimer"
