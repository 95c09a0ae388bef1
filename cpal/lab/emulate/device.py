"""One emulated device: what it is, what it holds, what is plugged into it, and its going down and coming up."""

from __future__ import annotations

import asyncio
import ipaddress
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import NamedTuple

import msgspec

from cpal.lab.emulate.faults import Faults
from cpal.lab.emulate.tree import Node

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
BOOT_S = 1.0
"""How long a reboot takes, in seconds, unless a test says otherwise."""


@dataclass(frozen=True)
class Identity:
    """What is written on the box, and the release that runs on it."""

    name: str
    make: str
    model: str
    version: str
    serial: str
    mac: str


def identity_of(name: str, make: str, model: str, version: str) -> Identity:
    """The identity of a device, with a serial number and a MAC address that its name alone decides."""
    digest = sha256(f"{make}/{name}".encode()).hexdigest()
    octets = ["02", "c0", *(digest[n : n + 2] for n in range(0, 8, 2))]
    return Identity(name, make, model, version, f"EMU{digest[:8].upper()}", ":".join(octets))


def _nothing() -> None:
    """What is called while nobody wants to know."""


@dataclass(frozen=True)
class Cable:
    """What a port is plugged into: a device and its port."""

    device: str
    port: str


class Station(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a switch has learned of a machine: its MAC address, VLAN and port, and its IP address where it has one."""

    mac: str
    vlan: int
    port: str
    ip: str = ""


class Held(NamedTuple):
    """An address that an interface has while it is up; `port` is where its cable is, `vlan` whose gateway it is."""

    vrf: str
    interface: str
    address: ipaddress.IPv4Interface | ipaddress.IPv6Interface
    port: str = ""
    vlan: int = 0


class Hop(NamedTuple):
    """A static route: its network and the next hop."""

    network: ipaddress.IPv4Network | ipaddress.IPv6Network
    next: Address


class Routing(NamedTuple):
    """How a make is read: its VRFs, the addresses that are up, the static routes of a VRF."""

    default: str = "default"
    vrfs: Callable[[Device], Iterable[str]] = lambda device: ()
    held: Callable[[Device], Iterable[Held]] = lambda device: ()
    statics: Callable[[Device, str], Iterable[Hop]] = lambda device, vrf: ()


@dataclass
class Device:
    """A device. `factory` makes the configuration that a new one has; a reboot loads the startup configuration.

    Nothing is forwarded: cables and stations are what a test says there are, and `show` commands and `ping` tell of
    them.
    """

    identity: Identity
    ports: tuple[str, ...]
    factory: Callable[[Device], Node]
    user: str = "admin"
    password: str = "admin"
    boot_s: float = BOOT_S
    delay_s: float = 0.0
    """What the network adds to each answer, in seconds."""
    minute_s: float = 60.0
    """How long a minute of its timers takes, in seconds: less, where a test will not wait."""
    running: Node = field(init=False)
    startup: Node | None = field(init=False, default=None)
    files: dict[str, Node] = field(init=False, default_factory=dict)
    cables: dict[str, Cable] = field(init=False, default_factory=dict)
    stations: list[Station] = field(init=False, default_factory=list)
    established: set[str] = field(init=False, default_factory=set)
    """The BGP peers whose session is up."""
    routing: Routing = field(init=False, default=Routing())
    beside: Mapping[str, Device] = field(init=False, default_factory=dict)
    """The devices of its fleet by name, itself too: where cables lead."""
    faults: Faults = field(init=False, default_factory=Faults)
    booted_at: float = field(init=False, default_factory=time.time)
    leaving: set[str] = field(init=False, default_factory=set)
    """What was deleted, and is not to be made anew at once."""
    changed_at: dict[str, float] = field(init=False, default_factory=dict)
    """When each port was last plugged or unplugged."""
    boots: int = field(init=False, default=1)
    down: bool = field(init=False, default=False)
    on_change: Callable[[], None] = field(init=False, default_factory=lambda: _nothing)
    """Called when the running configuration became another one, or the device went down or came up."""
    on_boot: Callable[[], None] = field(init=False, default_factory=lambda: _nothing)
    """Called when all that does not survive a reboot must be forgotten."""
    _boot: asyncio.Task[None] | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.running = self.factory(self)
        self.startup = self.running.copy()

    def run(self, configuration: Node) -> None:
        """Make a configuration the running one."""
        self.running = configuration
        self.leaving.clear()
        self.on_change()

    def save(self) -> None:
        """Copy the running configuration to the startup one."""
        self.startup = self.running.copy()

    def uptime_s(self) -> float:
        """Seconds since it came up."""
        return time.time() - self.booted_at

    def plug(self, port: str, cable: Cable | None) -> None:
        """Plug a cable into a port, or take it out."""
        self.cables.pop(port, None)
        if cable:
            self.cables[port] = cable
        self.changed_at[port] = time.time()

    def reboot(self) -> None:
        """Go down now, and come up with the startup configuration; what was not saved is lost."""
        self.down = True
        self.faults.release()
        self.on_boot()
        self.running = self.startup.copy() if self.startup else self.factory(self)
        self.stations.clear()
        self.established.clear()
        self.on_change()
        self._boot = asyncio.get_running_loop().create_task(self._come_up())

    async def _come_up(self) -> None:
        await asyncio.sleep(self.boot_s)
        self.booted_at = time.time()
        self.changed_at.clear()
        self.boots += 1
        self.down = False
        self.on_change()
