"""What a Junos device is doing, read from its running configuration, its cables and what it learned."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import sha256

from cpal.lab.emulate.device import Device, Held, Hop, Routing
from cpal.lab.emulate.interface import hops
from cpal.lab.emulate.junos.checks import lag_of
from cpal.lab.emulate.junos.configuration import below
from cpal.lab.emulate.tree import Node
from cpal.lab.emulate.words import natural

ALWAYS = ("lo0", "irb", "em0")
"""Interfaces that every device has."""
DEFAULT_VLAN = ("default", "1")
MAIN = "master"
"""The routing instance of what is in no other."""


@dataclass(frozen=True)
class Logical:
    """A unit of an interface."""

    name: str
    section: Node
    enabled: bool

    @property
    def description(self) -> str:
        """Its description, or nothing."""
        return self.section.value("description") or ""

    def addresses(self, family: str) -> list[str]:
        """Its addresses with their prefix length; `inet` or `inet6`."""
        found = self.section.find("family", family)
        return [node.words[1] for node in found.each("address")] if found else []


@dataclass(frozen=True)
class Physical:
    """An interface."""

    name: str
    section: Node | None
    enabled: bool
    up: bool
    mac: str
    changed_at: float
    units: tuple[Logical, ...]

    @property
    def description(self) -> str:
        """Its description, or nothing."""
        return (self.section.value("description") if self.section else None) or ""

    @property
    def mtu(self) -> int:
        """Its MTU, in bytes."""
        return int((self.section.value("mtu") if self.section else None) or 1514)


def interfaces(device: Device) -> list[Physical]:
    """All interfaces, in the order in which people count."""
    held = device.running.find("interfaces")
    sections = {node.words[0]: node for node in held.children()} if held else {}
    bundles = [f"ae{number}" for number in range(room(device.running))]
    named = [name for name in sections if not name.startswith("ae") or name in bundles]
    found = {
        name: _physical(device, name, sections.get(name))
        for name in sorted({*device.ports, *ALWAYS, *bundles, *named}, key=natural)
    }
    up = {lag_of(each.section) for each in found.values() if each.up and each.section is not None}
    return [replace(each, up=each.enabled and name in up) if name in bundles else each for name, each in found.items()]


def room(root: Node) -> int:
    """How many aggregated interfaces there are, numbered from 0: none of itself."""
    chassis = below(root, ("chassis",), ("aggregated-devices",), ("ethernet",))
    return int((chassis.value("device-count") if chassis else None) or 0)


def _physical(device: Device, name: str, section: Node | None) -> Physical:
    enabled = section is None or not section.has("disable")
    pluggable = name in device.ports and name != device.ports[-1]
    up = enabled and (not pluggable or name in device.cables)
    digest = sha256(name.encode()).hexdigest()
    mac = (section.value("mac") if section else None) or f"{device.identity.mac[:12]}{digest[:2]}:{digest[2:4]}"
    units = tuple(
        Logical(f"{name}.{node.words[1]}", node, enabled and not node.has("disable"))
        for node in (section.each("unit") if section else ())
    )
    return Physical(name, section, enabled, up, mac, device.changed_at.get(name, device.booted_at), units)


def vlans(device: Device) -> Iterator[tuple[str, str, list[str]]]:
    """Each VLAN: its name, its number, the logical interfaces that carry it."""
    at = {each.words[1]: name for name, _, node in instances(device) if name != MAIN for each in node.each("interface")}
    for instance, _, node in instances(device):
        section = node.find("vlans")
        held = [*section.children()] if section else []
        known = {DEFAULT_VLAN[0]: DEFAULT_VLAN[1]} if instance == MAIN else {}
        known |= {each.words[0]: each.value("vlan-id") or "" for each in held}
        named = {each.words[0]: {unit.words[1] for unit in each.each("interface")} for each in held}
        members: dict[str, list[str]] = {name: [] for name in known}
        for unit in (unit for port in interfaces(device) for unit in port.units):
            of_list = set(_carried(unit, known)) if at.get(unit.name, MAIN) == instance else set[str]()
            for name in known:
                if name in of_list or unit.name in named.get(name, ()):
                    members[name].append(unit.name)
        for name, number in known.items():
            yield name, number, members[name]


def _carried(unit: Logical, known: dict[str, str]) -> Iterator[str]:
    family = unit.section.find("family", "ethernet-switching")
    if family is None:
        return
    chosen = below(family, ("vlan",))
    named = {node.words[1] for node in chosen.each("members")} if chosen else set()
    if not named and DEFAULT_VLAN[0] in known:
        yield DEFAULT_VLAN[0]
    yield from (
        name
        for name, number in known.items()
        if named & {name, number, "all"} and (name != "default" or "all" not in named)
    )


def instances(device: Device) -> Iterator[tuple[str, str, Node]]:
    """Each routing instance with its type, the main one first."""
    yield MAIN, "forwarding", device.running
    held = device.running.find("routing-instances")
    for node in held.children() if held else ():
        yield node.words[0], node.value("instance-type") or "", node


@dataclass(frozen=True)
class Peer:
    """A BGP neighbour."""

    address: str
    group: str
    peer_as: str
    local_as: str
    local_id: str
    description: str
    shut: bool
    established: bool
    kind: str
    exported: str
    imported: str


def peers(device: Device, instance: str) -> Iterator[Peer]:
    """The BGP neighbours of an instance."""
    section = next((node for name, _, node in instances(device) if name == instance), None)
    bgp = below(section, ("protocols",), ("bgp",)) if section else None
    options = section.find("routing-options") if section else None
    main = device.running.find("routing-options")
    own = (
        (options.value("autonomous-system") if options else None)
        or (main.value("autonomous-system") if main else None)
        or "0"
    )
    local_id = (
        (options.value("router-id") if options else None) or (main.value("router-id") if main else None) or "0.0.0.0"
    )
    for group in bgp.each("group") if bgp else ():
        for node in group.each("neighbor"):
            address = node.words[1]
            internal = group.value("type") == "internal"
            local_as = node.value("local-as") or group.value("local-as") or own
            peer_as = node.value("peer-as") or group.value("peer-as") or (own if internal else "0")
            shut = node.has("shutdown") or group.has("shutdown")
            yield Peer(
                address, group.words[1], peer_as, local_as, local_id,
                node.value("description") or group.value("description") or "", shut,
                not shut and address in device.established, "Internal" if internal else "External",
                *(_policies(word, node, group, bgp) for word in ("export", "import")),
            )  # fmt: skip


def _policies(word: str, *levels: Node | None) -> str:
    """The policies that count for a neighbour: those of the innermost section that has some."""
    named = (" ".join(each.words[1] for each in level.each(word)) for level in levels if level)
    return next(filter(None, named), "")


def routes(device: Device, instance: str) -> Iterator[tuple[str, str, str, str]]:
    """The routes of an instance: prefix, protocol, next hop ("" where there is none), interface."""
    section = next((node for name, _, node in instances(device) if name == instance), None)
    if section is None:
        return
    taken = {each.words[1] for name, _, node in instances(device) if name != MAIN for each in node.each("interface")}
    own = {node.words[1] for node in section.each("interface")} if instance != MAIN else None
    connected: dict[ipaddress.IPv4Network | ipaddress.IPv6Network, str] = {}
    for port in interfaces(device):
        for unit in port.units:
            if port.up and unit.enabled and (unit.name in own if own is not None else unit.name not in taken):
                for family in ("inet", "inet6"):
                    for address in unit.addresses(family):
                        network = ipaddress.ip_interface(address).network
                        connected[network] = unit.name
                        yield str(network), "Direct", "", unit.name
    static = below(section, ("routing-options",), ("static",))
    for node in static.each("route") if static else ():
        for hop in node.each("next-hop"):
            via = next((name for network, name in connected.items() if _inside(hop.words[1], network)), None)
            if via:
                yield node.words[1], "Static", hop.words[1], via


def _inside(hop: str, network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> bool:
    try:
        return ipaddress.ip_address(hop) in network
    except ValueError:
        return False


def _held(device: Device) -> Iterator[Held]:
    of = {each.words[1]: name for name, _, node in instances(device) if name != MAIN for each in node.each("interface")}
    gateways = _gateways(device)
    for port in interfaces(device):
        for unit in port.units if port.up else ():
            untagged = port.name if unit.name.endswith(".0") and not unit.section.has("vlan-id") else ""
            for address in (*unit.addresses("inet"), *unit.addresses("inet6")) if unit.enabled else ():
                vlan = gateways.get(unit.name, 0)
                yield Held(of.get(unit.name, MAIN), unit.name, ipaddress.ip_interface(address), untagged, vlan)


def _gateways(device: Device) -> dict[str, int]:
    """The VLAN that each interface is the gateway of."""
    sections = [node.find("vlans") for _, _, node in instances(device)]
    vlans = [node for section in sections if section for node in section.children()]
    return {
        node.value("l3-interface") or "": int(number)
        for node in vlans if (number := node.value("vlan-id") or "").isdecimal()
    }  # fmt: skip


def _statics(device: Device, vrf: str) -> Iterator[Hop]:
    section = next((node for name, _, node in instances(device) if name == vrf), None)
    static = below(section, ("routing-options",), ("static",)) if section else None
    if static is not None:
        yield from hops((node.words[1], hop.words[1]) for node in static.each("route") for hop in node.each("next-hop"))


ROUTING = Routing(MAIN, lambda device: [name for name, _, _ in instances(device)], _held, _statics)
"""How echoes find their way."""
