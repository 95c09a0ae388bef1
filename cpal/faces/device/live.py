"""A device as one meets it in Python: what it is and holds, as it says itself at this moment.

>>> from cpal import device
>>> leaf1 = device("eos://admin@leaf1")
>>> leaf1.facts.os_version, leaf1.interfaces["Ethernet1"].oper_status
>>> leaf1.native.run("show version")
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from cpal.engine.blocking import wait
from cpal.engine.devices import Connection, connect, entry_of
from cpal.model.device.bgp import BgpConfig, BgpInstance
from cpal.model.device.entry import Entry
from cpal.model.device.environment import Environment
from cpal.model.device.facts import Facts
from cpal.model.device.interface import Counters, Interface, IpInterface
from cpal.model.device.lag import Lag, Mlag
from cpal.model.device.neighbor import LldpNeighbor, MacEntry, Neighbor
from cpal.model.device.network_instance import NetworkInstance
from cpal.model.device.optics import Transceiver
from cpal.model.device.overlay import Overlay
from cpal.model.device.ping import COUNT, WAIT_S, Ping
from cpal.model.device.qos import QosInterface
from cpal.model.device.route import Route
from cpal.model.device.spanning_tree import SpanningTree
from cpal.model.device.system import Config, NtpAssociation, NtpServer, Snmp, User
from cpal.model.device.vlan import Vlan


def device(address: str | Entry, *, timeout_s: float | None = None, home: Path | None = None) -> Device:
    """The device at `driver://user@host:port`, as `eos://admin@leaf1`; `eos+http` asks it without TLS.

    The password is in the environment, as CPAL_DEVICE_PASSWORD; over SSH a key will do. Nothing is asked yet. A device
    is given 30 s for an answer, unless `timeout_s` says otherwise; what no parser knows is kept in `home`, if given.

    Raises:
        Invalid, NotFound, Unsupported, Unauthenticated: what is wrong with the address, or what is missing for it.
    """
    return Device(connect(entry_of(address) if isinstance(address, str) else address, timeout_s, home))


class Native:
    """What speaks to a device in its own words, for callers that wait."""

    def __init__(self, speaks: Any) -> None:
        self._speaks = speaks

    def __repr__(self) -> str:
        return f"<native {type(self).__name__}: {', '.join(dir(self))}>"

    def __dir__(self) -> list[str]:
        return [name for name in dir(type(self)) if not name.startswith("_")]


def native_of(speaks: Any) -> Native:
    """A transport for callers that wait: its class has its name, its help, and what it can do."""
    found = inspect.getmembers(type(speaks), inspect.iscoroutinefunction)
    own = {name: _waiting(method) for name, method in found if not name.startswith("_") and name not in OURS}
    made: type[Native] = type(type(speaks).__name__, (Native,), {**own, "__doc__": type(speaks).__doc__})
    return made(speaks)


OURS = ("answers", "close")
"""What a transport does for getters and for connections."""


def with_tags(facts: Facts, entry: Entry) -> Facts:
    """Facts with what the inventory says of the device."""
    return msgspec.structs.replace(facts, tags=dict(entry.tags)) if entry.tags else facts


def _waiting(method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def call(self: Native, *args: Any, **words: Any) -> Any:
        return wait(method(self._speaks, *args, **words))

    return call


class Device:
    """A device. Each attribute asks it anew, and raises what went wrong, as `cpal.errors` has it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.entry = connection.entry

    def __repr__(self) -> str:
        return f"<device {self._connection.name}: {self._connection.driver.make}>"

    def __enter__(self) -> Device:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the connection."""
        wait(self._connection.close())

    def tell(self, getter: str, **words: Any) -> Any:
        """What one of its driver's getters makes of its answers now: each attribute is one."""
        return wait(self._connection.tell(getter, **words))

    @property
    def native(self) -> Any:
        """What speaks to the device in its own words: of EOS, `native.run("show version")`."""
        return native_of(self._connection.native)

    @property
    def facts(self) -> Facts:
        """Its name, make, model, serial number and software."""
        return with_tags(self.tell("facts"), self._connection.entry)

    @property
    def interfaces(self) -> dict[str, Interface]:
        """Its interfaces by name."""
        return {each.name: each for each in self.tell("interfaces")}

    @property
    def counters(self) -> dict[str, Counters]:
        """What its interfaces counted, by name."""
        return {each.interface: each for each in self.tell("interfaces_counters")}

    @property
    def addresses(self) -> dict[str, IpInterface]:
        """The addresses and VRF of its interfaces, by name."""
        return {each.name: each for each in self.tell("interfaces_ip")}

    @property
    def evpn(self) -> Overlay:
        """Its VNIs, the other ends of its tunnels, and its Ethernet segments."""
        overlay: Overlay = self.tell("evpn")
        return overlay

    @property
    def lags(self) -> dict[str, Lag]:
        """Its aggregated links by name."""
        return {each.name: each for each in self.tell("lags")}

    @property
    def mlag(self) -> Mlag | None:
        """The pair of switches that it is one of; None for none."""
        pair: Mlag | None = self.tell("mlag")
        return pair

    @property
    def spanning_trees(self) -> dict[str, SpanningTree]:
        """Its spanning trees by name."""
        return {each.name: each for each in self.tell("spanning_tree")}

    @property
    def qos(self) -> dict[str, QosInterface]:
        """The queues of its interfaces, by name."""
        return {each.interface: each for each in self.tell("qos")}

    @property
    def vlans(self) -> dict[int | None, Vlan]:
        """Its VLANs by tag, each with its ports."""
        return {each.id: each for each in self.tell("vlans")}

    @property
    def network_instances(self) -> dict[str, NetworkInstance]:
        """Its VRFs by name, the default one too."""
        return {each.name: each for each in self.tell("network_instances")}

    @property
    def arp(self) -> tuple[Neighbor, ...]:
        """Its IPv4 neighbours."""
        return tuple(self.tell("arp_table"))

    @property
    def nd(self) -> tuple[Neighbor, ...]:
        """Its IPv6 neighbours, of neighbour discovery (RFC 4861)."""
        return tuple(self.tell("ipv6_neighbors_table"))

    @property
    def macs(self) -> tuple[MacEntry, ...]:
        """The MAC addresses that it knows."""
        return tuple(self.tell("mac_address_table"))

    @property
    def neighbors(self) -> dict[str, tuple[LldpNeighbor, ...]]:
        """Its LLDP neighbours by interface."""
        found: dict[str, tuple[LldpNeighbor, ...]] = {}
        for each in self.tell("lldp_neighbors_detail"):
            found[each.interface] = (*found.get(each.interface, ()), each)
        return found

    @property
    def bgp(self) -> tuple[BgpInstance, ...]:
        """Its BGP sessions, by VRF."""
        return tuple(self.tell("bgp_neighbors"))

    @property
    def bgp_config(self) -> BgpConfig:
        """BGP as it is configured."""
        config: BgpConfig = self.tell("bgp_config")
        return config

    def routes(self, prefix: str = "", protocol: str = "", *, longer: bool = False) -> tuple[Route, ...]:
        """Its routes to a prefix in every VRF, or with `longer` to those within it; of a protocol or of all.

        Without a prefix, all of IPv4 and of IPv6.
        """
        wanted = [prefix] if prefix else ["0.0.0.0/0", "::/0"]
        tables = [
            self.tell("route_to", protocol=protocol, destination=each, longer=longer or not prefix) for each in wanted
        ]
        return tuple(route for table in tables for route in table)

    def ping(
        self, destination: str, *, source: str | None = None, vrf: str | None = None, count: int = COUNT,
        wait_s: int = WAIT_S,
    ) -> Ping:  # fmt: skip
        """What comes back of so many echoes that it sends to an address, each waited for so many seconds.

        They leave from its own address `source` in `vrf`, or from where it chooses in the default one.
        """
        words = {"source": source, "vrf": vrf, "count": count, "wait_s": wait_s}
        found: Ping = self.tell("ping", destination=destination, **words)
        return found

    @property
    def optics(self) -> dict[str, Transceiver]:
        """Its transceivers by interface."""
        return {each.interface: each for each in self.tell("optics")}

    @property
    def environment(self) -> Environment:
        """Its fans, temperatures, power supplies, processors and memory."""
        environment: Environment = self.tell("environment")
        return environment

    @property
    def users(self) -> dict[str, User]:
        """Who may log in, by name."""
        return {each.name: each for each in self.tell("users")}

    @property
    def ntp_servers(self) -> dict[str, NtpServer]:
        """The servers of its clock, as configured, by address."""
        return {each.address: each for each in self.tell("ntp_servers")}

    @property
    def ntp(self) -> tuple[NtpAssociation, ...]:
        """How its clock does with each server."""
        return tuple(self.tell("ntp_stats"))

    @property
    def snmp(self) -> Snmp:
        """Where it says it is, and its communities."""
        snmp: Snmp = self.tell("snmp_information")
        return snmp

    @property
    def config(self) -> Config:
        """Its configurations, in its own words. They hold secrets."""
        config: Config = self.tell("config")
        return config
