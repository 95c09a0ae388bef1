"""EOS as a target: what it can hold, how it writes each setting, and a switch over eAPI.

Source: Arista EOS user manual, "Configuration sessions", "VLANs", "Ethernet ports"; openconfig-vlan.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from cpal.core.driver import Cannot, Capability, Limit, Rules
from cpal.drivers.devices.eos.writing import DIALECT, RULES
from cpal.drivers.devices.render_switch import (
    ACCESS_VLAN,
    ADDRESS,
    ALL,
    DESCRIPTION,
    ENABLED,
    INTERFACE,
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
from cpal.errors import Rejected, Unreadable
from cpal.model.estate import Estate
from cpal.model.network import Network
from cpal.model.record import Record
from cpal.model.switch import ACCESS, ROUTED, TRUNK, Interface
from cpal.model.target import Target

DRIVER = "eos"
VERSION = 1
"""To be raised when the same records give other rows than before."""
ETHERNET, BUNDLE, LOGICAL = "Ethernet", "Port-Channel", ("Vlan", "Loopback", "Port-Channel")
KINDS = (ETHERNET, "Management", *LOGICAL)
MTUS = (68, 9214)
_SECTION = "interface {0}"
_NOT_YET = "only VLANs, interfaces and the networks on them are written to EOS yet"
_INSTEAD = "declare vlan, interface and network records"
_NEVER = {
    "port": "network_id", "router": "name", "instance": "name", "floating_ip": "floating_ip_address",
    "port_forwarding": "external_port_range", "trunk": "port_id",
}  # fmt: skip
"""Kinds of which nothing can be held, and the field at which to say so."""


def is_logical(name: str) -> bool:
    """Whether an interface is there only by being configured."""
    return name.startswith(LOGICAL)


def _is_port(name: str) -> bool:
    """Whether an interface may be a port of the switch."""
    return name.startswith((ETHERNET, BUNDLE)) and "." not in name


def _usual_name(parts: Sequence[str]) -> str:
    """What a VLAN is called that has no name."""
    return f"VLAN{int(parts[0]):04}"


def _of(table: str, line: str = "", **how: Any) -> Setting:
    return Setting(table, _SECTION, line, within="" if table == INTERFACE else INTERFACE, **how)


SETTINGS: Mapping[str, Setting] = {
    each.table: each
    for each in (
        Setting(VLAN, "vlan {0}"),
        Setting(VLAN_NAME, "vlan {0}", "name {value}", absent=_usual_name, within=VLAN),
        _of(INTERFACE, holds=is_logical),
        _of(DESCRIPTION, "description {value}"),
        _of(ENABLED, choices={False: "shutdown", True: None}),
        _of(MTU, "mtu {value}", convert=whole),
        _of(MODE, choices={ROUTED: "no switchport", TRUNK: "switchport mode trunk", ACCESS: None}, holds=_is_port),
        _of(ACCESS_VLAN, "switchport access vlan {value}", convert=whole, absent=1, holds=_is_port),
        _of(NATIVE_VLAN, "switchport trunk native vlan {value}", convert=whole, absent=1, holds=_is_port),
        _of(TRUNK_VLANS, "switchport trunk allowed vlan {value}", convert=vlans, absent=ALL, holds=_is_port),
        _of(ADDRESS, "ip address {1:prefix4}"),
    )
}
"""How EOS writes each setting."""


def _target(target: Target) -> Iterator[Cannot]:
    if not target.endpoints:
        yield Cannot("endpoints", "it names no switch", "write SWITCH: eos://USER@ADDRESS for each")
    for name, address in target.endpoints.items():
        if not address.startswith((f"{DRIVER}://", f"{DRIVER}+http://")):
            yield Cannot(
                "endpoints", f"{address!r} leads to no switch of this make", f"write {name}: eos://USER@ADDRESS"
            )
        if len(name.split()) != 1 or "/" in name:
            yield Cannot("endpoints", "a switch's name is one word without a slash", "call it otherwise")


def _interface(target: Target, record: Interface) -> Iterator[Cannot]:
    if record.device not in target.endpoints:
        return
    port = record.port
    if not port.startswith(KINDS) or not port[-1].isdecimal():
        why = f"EOS has no interface {port!r}"
        yield Cannot("name", why, f"write it as EOS shows it, beginning with {', '.join(KINDS)}")
    if record.mode and not _is_port(port):
        yield Cannot("mode", f"{port} is no port of the switch", "leave it out")
    if record.mtu > MTUS[1]:
        yield Cannot("mtu", f"EOS takes at most {MTUS[1]}", "choose a smaller one")
    if any(":" in address for address in record.addresses):
        yield Cannot("addresses", "only IPv4 addresses are written to EOS yet", "leave IPv6 addresses out")
    if len(record.addresses) > 1:
        yield Cannot("addresses", "only one address is written to EOS yet, the primary one", "leave the others out")
    if record.description != " ".join(record.description.split()):
        yield Cannot("description", "EOS keeps one line, with single spaces", "write it so")


def _never(field: str) -> Callable[[Target, Record], Iterator[Cannot]]:
    def refuse(target: Target, record: Record) -> Iterator[Cannot]:
        yield Cannot(field, _NOT_YET, _INSTEAD)

    return refuse


def _same_vlan(target: Target, record: Interface, estate: Estate) -> Iterator[Cannot]:
    """A network's VLAN is on the device under the network's name."""
    if record.device not in target.endpoints:
        return
    numbers: dict[int, str] = {vlan.vlan_id: f"VLAN {vlan.name}" for vlan in estate.find("vlan.device", record.device)}
    for other in sorted(estate.find("interface.device", record.device), key=lambda each: each.name):
        for id in other.networks:
            network = estate.get(Network, id)
            number = network.segmentation_id if network else None
            if number is not None and numbers.setdefault(number, id) != id and other.id == record.id:
                why = f"VLAN {number} of {record.device} is {numbers[number]} already"
                yield Cannot("networks", why, "give one of them another number")


LIMITS = (
    Limit("target", "endpoints", "a switch is one word, and reached by eos://USER@ADDRESS"),
    Limit("interface", "name", "as EOS shows it: Ethernet, Port-Channel, Vlan, Loopback or Management with its number"),
    Limit("interface", "mode", "only Ethernet and Port-Channel are ports of the switch"),
    Limit("interface", "mtu", f"EOS takes at most {MTUS[1]} bytes"),
    Limit("interface", "addresses", "one IPv4 address, the primary one"),
    Limit("interface", "description", "EOS keeps one line, with single spaces"),
    Limit("interface", "networks", "a VLAN of a switch is one network"),
    *(Limit(kind, field, _NOT_YET, never=True) for kind, field in _NEVER.items()),
)
"""In general what the functions above refuse, each in particular."""

CAPABILITY = Capability(
    refuse={
        "target": lambda target, _: _target(target),
        "interface": _interface,
        **{kind: _never(field) for kind, field in _NEVER.items()},
    },
    limits=LIMITS,
    commit="confirmed",
    evidence="an emulator of EOS over eAPI, which is built from public documentation and recordings: no device",
    refuse_together={"interface": _same_vlan},
)
"""EOS's capability."""

MAKE = Make(Rules(DRIVER, CAPABILITY, TABLES, rendering(DRIVER, is_logical), (), VERSION), DIALECT, RULES, SETTINGS)
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
