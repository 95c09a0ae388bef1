"""What an IOS device is doing, read from its running configuration, its cables and what it learned."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from hashlib import sha256
from typing import NamedTuple

from cpal.lab.emulate.device import Cable, Device, Hop, Routing
from cpal.lab.emulate.interface import DEFAULT_VLAN, Route, held_by, highest_address, hops, interfaces_of, routes
from cpal.lab.emulate.interface import Interface as SwitchInterface
from cpal.lab.emulate.ios import vrfs as forms
from cpal.lab.emulate.tree import Node
from cpal.lab.emulate.words import dotted, expanded

SHORT = {"GigabitEthernet": "Gi", "FastEthernet": "Fa", "TenGigabitEthernet": "Te", "Loopback": "Lo",
         "Port-channel": "Po", "Vlan": "Vl", "Tunnel": "Tu", "BDI": "BDI", "nve": "nv"}  # fmt: skip
"""To what tables cut the kinds of interfaces."""


class Interface(SwitchInterface):
    """An interface, in the words of IOS."""

    PORT = "GigabitEthernet"
    AGGREGATE = "Port-channel"
    BUILT_IN = ("GigabitEthernet", "FastEthernet", "TenGigabitEthernet")

    @property
    def vrf(self) -> str:
        """The VRF that it is in."""
        return forms.vrf_of(self.section) or "default"

    @property
    def short(self) -> str:
        """Its name as tables have it: `Gi0/1`."""
        return SHORT[self.kind] + self.name[len(self.kind) :]

    @property
    def status(self) -> str:
        """`up`, `down` or `administratively down`."""
        return "up" if self.up else "down" if self.enabled else "administratively down"

    def addresses(self, family: str) -> list[str]:
        """Its addresses with their prefix length, the first one first; `ip` or `ipv6`."""
        if family == "ipv6":
            return super().addresses(family)
        words = [node.words for node in self.section.each("ip", "address") if len(node.words) > 3]
        ordered = sorted(words, key=lambda each: "secondary" in each)
        return [str(ipaddress.ip_interface(f"{each[2]}/{each[3]}")) for each in ordered]

    @property
    def has_ipv6(self) -> bool:
        """Whether it speaks IPv6."""
        return self.section.has("ipv6", "address") or self.section.has("ipv6", "enable")


def interfaces(device: Device) -> list[Interface]:
    """All interfaces, in the order in which people count."""
    return interfaces_of(device, Interface)


def mac_of(device: Device, interface: Interface) -> str:
    """The MAC address of an interface, as IOS writes it."""
    given = interface.section.value("mac-address")
    return given or dotted(device.identity.mac.replace(":", "")[:8] + sha256(interface.name.encode()).hexdigest()[:4])


def vlans(device: Device) -> dict[int, tuple[str, str]]:
    """The name and the state of each VLAN."""
    found = {DEFAULT_VLAN: ("default", "active")}
    for node in device.running.each("vlan"):
        for number in expanded(node.words[1]) if node.words[1][0].isdigit() else ():
            state = (
                "act/lshut" if node.has("shutdown") else "suspended" if node.value("state") == "suspend" else "active"
            )
            found[number] = (node.value("name") or f"VLAN{number:04}", state)
    return dict(sorted(found.items()))


class Vrf(NamedTuple):
    """A VRF: its name, its route distinguisher ("" where it has none), its address families, its interfaces."""

    name: str
    rd: str
    families: tuple[str, ...]
    interfaces: tuple[Interface, ...]


def vrfs(device: Device) -> list[Vrf]:
    """The VRFs that are defined."""
    every = interfaces(device)
    return [
        Vrf(
            node.words[2], node.value("rd") or "", forms.families_of(device.running, node.words[2]),
            tuple(each for each in every if each.vrf == node.words[2]),
        )
        for start in (forms.DEFINED, forms.OLDER) for node in device.running.each(*start)
    ]  # fmt: skip


def heard(device: Device) -> dict[Interface, Cable]:
    """What LLDP hears, by interface."""
    if not device.running.has("lldp", "run"):
        return {}
    return {
        each: device.cables[each.name] for each in interfaces(device)
        if each.up and each.name in device.cables and not each.section.has("no", "lldp", "receive")
    }  # fmt: skip


class Peer(NamedTuple):
    """A BGP neighbour in an address family: `ipv4 unicast`, `vpnv4 unicast` for one of a VRF, `l2vpn evpn`."""

    family: str
    vrf: str
    address: str
    values: dict[str, str]
    shut: bool
    established: bool

    @property
    def state(self) -> str:
        """What the session is doing."""
        return "Established" if self.established else "Idle" if self.shut else "Active"


def peers(device: Device) -> Iterator[Peer]:
    """All BGP neighbours that have an address and an AS, in each family in which they are active."""
    bgp = device.running.find("router", "bgp")
    if bgp is None:
        return
    named = _sessions(bgp, bgp)
    if not bgp.has("no", "bgp", "default", "ipv4-unicast"):
        yield from _active(device, "ipv4 unicast", "", {a: v for a, v in named.items() if ":" not in a})
    for section in bgp.each("address-family"):
        vrf = section.value("address-family") or section.words[-1] if "vrf" in section.words else ""
        own = _sessions(bgp, section)
        if vrf:
            family = "vpnv6 unicast" if section.words[1] == "ipv6" else "vpnv4 unicast"
            yield from _active(device, family, vrf, {a: v for a, v in own.items() if "remote-as" in v})
            continue
        family = " ".join(section.words[1:]) + ("" if len(section.words) > 2 else " unicast")
        both = {a: {**named.get(a, {}), **v} for a, v in own.items() if section.has("neighbor", a, "activate")}
        if family != "ipv4 unicast" or bgp.has("no", "bgp", "default", "ipv4-unicast"):
            yield from _active(device, family, "", both)


def _active(device: Device, family: str, vrf: str, found: dict[str, dict[str, str]]) -> Iterator[Peer]:
    for address, values in found.items():
        if "remote-as" in values:
            shut = "shutdown" in values
            up = not shut and address.lower() in {each.lower() for each in device.established}
            yield Peer(family, vrf, address, values, shut, up)


def _sessions(bgp: Node, section: Node) -> dict[str, dict[str, str]]:
    """What is said of each neighbour that has an address, with what its peer group gives it."""
    found: dict[str, dict[str, str]] = {}
    for node in section.each("neighbor"):
        found.setdefault(node.words[1], {})[node.words[2]] = " ".join(node.words[3:])
    for values in list(found.values()):
        group = values.get("peer-group")
        inherited = {node.words[2]: " ".join(node.words[3:]) for node in bgp.each("neighbor", group)} if group else {}
        values.update({key: value for key, value in inherited.items() if key not in values})
    return {address: values for address, values in found.items() if _is_address(address)}


def _is_address(word: str) -> bool:
    try:
        ipaddress.ip_address(word)
    except ValueError:
        return False
    return True


def router_id(device: Device) -> str:
    """The router id of BGP."""
    bgp = device.running.find("router", "bgp")
    given = bgp.value("bgp", "router-id") if bgp else None
    return given or highest_address(interfaces(device), "default", loopback_first=True)


def _ipv4_statics(device: Device, vrf: str) -> Iterator[tuple[str, str, str]]:
    """Network, next hop and what is said behind that of each route."""
    for node in device.running.each("ip", "route"):
        words = " ".join(node.words[2:]).split()
        of_vrf, words = (words[1], words[2:]) if words[0] == "vrf" else ("default", words)
        if of_vrf == vrf:
            yield f"{words[0]}/{words[1]}", words[2], " ".join(words[3:])


def _ipv6_statics(device: Device, vrf: str) -> Iterator[tuple[str, str, str]]:
    for node in device.running.each("ipv6", "route"):
        words = " ".join(node.words[2:]).split()
        of_vrf, words = (words[1], words[2:]) if words[0] == "vrf" else ("default", words)
        if of_vrf == vrf:
            yield words[0], words[1], " ".join(words[2:])


def _statics(device: Device, vrf: str) -> Iterator[Hop]:
    found = (*_ipv4_statics(device, vrf), *_ipv6_statics(device, vrf))
    yield from hops((network, hop) for network, hop, _ in found)


def routes_of(device: Device, vrf: str, version: int) -> list[Route]:
    """The routes of IPv4 or IPv6 of a VRF, in order."""
    words = _ipv4_statics(device, vrf) if version == 4 else _ipv6_statics(device, vrf)
    statics = [(ipaddress.ip_network(network), hop, said) for network, hop, said in words]
    found = [each for each in routes(interfaces(device), vrf, statics) if each.network.version == version]
    return sorted(found, key=lambda each: (int(each.network.network_address), each.network.prefixlen))


ROUTING = Routing(
    "default", lambda device: [each.name for each in vrfs(device)], lambda device: held_by(interfaces(device)), _statics
)
"""How echoes find their way."""
