"""EOS as a target: what it can hold, how it writes each setting, and a switch over eAPI.

Source: Arista EOS user manual, "Configuration sessions", "VLANs", "Ethernet ports"; openconfig-vlan.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from cpal.core.driver import Render, Rules
from cpal.core.rows import Table
from cpal.drivers.devices import render_device, render_evpn
from cpal.drivers.devices.eos import evpn, settings
from cpal.drivers.devices.eos.writing import DIALECT, RULES
from cpal.drivers.devices.fabric_limits import of_switches
from cpal.drivers.devices.render_switch import (
    ACCESS_VLAN,
    ADDRESS,
    ALL,
    DESCRIPTION,
    ENABLED,
    INTERFACE,
    INTERFACE_VRF,
    MODE,
    MTU,
    NATIVE_VLAN,
    TABLES,
    TRUNK_VLANS,
    VLAN,
    VLAN_NAME,
    rendering,
)
from cpal.drivers.devices.settings import Setting, vlans, whole
from cpal.drivers.devices.switch import Make
from cpal.drivers.devices.switch_limits import Words, capability
from cpal.errors import Rejected, Unreadable
from cpal.model.switch import ACCESS, ON_DEVICES, ROUTED, TRUNK

DRIVER = "eos"
VERSION = 2
"""To be raised when the same records give other rows than before."""
LOGICAL = ("Vlan", "Loopback", "Port-Channel")
WORDS = Words(
    DRIVER,
    "EOS",
    schemes=("eos", "eos+http"),
    kinds=("Ethernet", "Management", *LOGICAL),
    ports=("Ethernet", "Port-Channel"),
    mtus=(68, 9214),
    settings=("vrf", "route", "ntp_server", "syslog_server"),
    owned=ON_DEVICES,
)


def is_logical(name: str) -> bool:
    """Whether an interface is there only by being configured."""
    return name.startswith(LOGICAL)


def _usual_name(parts: Sequence[str]) -> str:
    """What a VLAN is called that has no name."""
    return f"VLAN{int(parts[0]):04}"


def _of(table: str, line: str = "", **how: Any) -> Setting:
    return Setting(table, "interface {0}", line, within="" if table == INTERFACE else INTERFACE, **how)


_SWITCH: Mapping[str, Setting] = {
    each.table: each
    for each in (
        Setting(VLAN, "vlan {0}"),
        Setting(VLAN_NAME, "vlan {0}", "name {value}", absent=_usual_name, within=VLAN),
        _of(INTERFACE, holds=is_logical),
        _of(DESCRIPTION, "description {value}"),
        _of(ENABLED, choices={False: "shutdown", True: None}),
        _of(MTU, "mtu {value}", convert=whole),
        _of(MODE, choices={ROUTED: "no switchport", TRUNK: "switchport mode trunk", ACCESS: None}, holds=WORDS.is_port),
        _of(ACCESS_VLAN, "switchport access vlan {value}", convert=whole, absent=1, holds=WORDS.is_port),
        _of(NATIVE_VLAN, "switchport trunk native vlan {value}", convert=whole, absent=1, holds=WORDS.is_port),
        _of(TRUNK_VLANS, "switchport trunk allowed vlan {value}", convert=vlans, absent=ALL, holds=WORDS.is_port),
        _of(INTERFACE_VRF, "vrf {value}"),
        _of(ADDRESS, "ip address {1:prefix4}"),
    )
}
SETTINGS: Mapping[str, Setting] = {**_SWITCH, **settings.SETTINGS, **evpn.SETTINGS}
"""How EOS writes each setting."""

CAPABILITY = of_switches(
    capability(
        WORDS, "an emulator of EOS over eAPI, which is built from public documentation and recordings: no device"
    )
)
"""EOS's capability."""

_RENDER: Mapping[str, Render] = {
    **rendering(DRIVER, is_logical),
    **render_device.rendering(DRIVER),
    **render_evpn.rendering(DRIVER),
}
_TABLES: Mapping[str, Table] = {**TABLES, **render_device.TABLES, **render_evpn.TABLES}
MAKE = Make(Rules(DRIVER, CAPABILITY, _TABLES, _RENDER, (), VERSION), DIALECT, RULES, SETTINGS)
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
        return str((await self._native.run("show running-config", form="text"))[0])

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
