"""What an EOS device is doing, read from its running configuration, its cables and what it learned."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass

from cpal.lab.emulate.device import Device, Hop, Routing
from cpal.lab.emulate.interface import DEFAULT_VLAN, held_by, highest_address, hops, interfaces_of
from cpal.lab.emulate.interface import Interface as SwitchInterface
from cpal.lab.emulate.tree import Node
from cpal.lab.emulate.words import expanded


class Interface(SwitchInterface):
    """An interface, in the words of EOS."""

    PORT = "Ethernet"
    AGGREGATE = "Port-Channel"
    VRF = ("vrf",)
    BUILT_IN = ("Ethernet", "Management")

    @property
    def mtu(self) -> int:
        """Its MTU, in bytes."""
        return int(
            self.section.value("mtu") or (65535 if self.kind == "Loopback" else 9214 if self.switchport else 1500)
        )


def interfaces(device: Device) -> list[Interface]:
    """All interfaces, in the order in which people count."""
    return interfaces_of(device, Interface)


def vlans(device: Device) -> dict[int, str]:
    """The name of each VLAN."""
    found = {DEFAULT_VLAN: "default"}
    for node in device.running.each("vlan"):
        for number in expanded(node.words[1]):
            found[number] = (node.value("name") or f"VLAN{number:04}").strip('"')
    return dict(sorted(found.items()))


def vrfs(device: Device) -> list[str]:
    """The VRFs, the default one first."""
    return ["default", *(node.words[2] for node in device.running.each("vrf", "instance"))]


def route_distinguisher(device: Device, vrf: str) -> str:
    """The route distinguisher of a VRF, from its definition or from BGP; "" where it has none."""
    instance = device.running.find("vrf", "instance", vrf)
    bgp = device.running.find("router", "bgp")
    inside = bgp.find("vrf", vrf) if bgp else None
    return (inside.value("rd") if inside else None) or (instance.value("rd") if instance else None) or ""


@dataclass(frozen=True)
class Peer:
    """A BGP neighbour, with what its peer group gives it."""

    address: str
    vrf: str
    local_as: str
    router_id: str
    values: dict[str, str]
    shut: bool
    established: bool

    @property
    def version(self) -> int:
        """4 or 6."""
        return ipaddress.ip_address(self.address).version


def peers(device: Device) -> Iterator[Peer]:
    """All BGP neighbours that have an address and an AS."""
    bgp = device.running.find("router", "bgp")
    if bgp is None:
        return
    for vrf, section in [("default", bgp), *((node.words[1], node) for node in bgp.each("vrf"))]:
        local_as = (section.value("local-as") or bgp.words[2]).split()[0]
        for address in dict.fromkeys(node.words[1] for node in section.each("neighbor")):
            try:
                ipaddress.ip_address(address)
            except ValueError:
                continue
            values = _neighbour(bgp, section, address)
            if "remote-as" in values:
                shut = section.has("neighbor", address, "shutdown")
                up = not shut and address in device.established
                yield Peer(address, vrf, local_as, router_id(device, vrf), values, shut, up)


def _neighbour(bgp: Node, section: Node, address: str) -> dict[str, str]:
    own = {node.words[2]: " ".join(node.words[3:]) for node in section.each("neighbor", address)}
    group = section.value("neighbor", address, "peer", "group")
    inherited = _neighbour(bgp, bgp, group) if group else {}
    return {**inherited, **own}


def router_id(device: Device, vrf: str) -> str:
    """The router id of BGP in a VRF: the one that is set, else the highest address of a loopback, else any."""
    bgp = device.running.find("router", "bgp")
    section = bgp.find("vrf", vrf) if bgp and vrf != "default" else bgp
    given = section.value("router-id") if section else None
    return given or highest_address(interfaces(device), vrf, loopback_first=True)


def _statics(device: Device, vrf: str) -> Iterator[Hop]:
    for node in (*device.running.each("ip", "route"), *device.running.each("ipv6", "route")):
        words = " ".join(node.words[2:]).split()
        of_vrf, words = (words[1], words[2:]) if words[0] == "vrf" else ("default", words)
        if of_vrf == vrf:
            yield from hops([(words[0], words[1])])


ROUTING = Routing("default", vrfs, lambda device: held_by(interfaces(device)), _statics)
"""How echoes find their way."""
