"""What an NX-OS device is doing, read from its running configuration, its cables and what it learned."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from hashlib import sha256

from cpal.lab.emulate.device import Cable, Device, Hop, Routing
from cpal.lab.emulate.interface import Interface as SwitchInterface
from cpal.lab.emulate.interface import Route, held_by, highest_address, hops, interfaces_of
from cpal.lab.emulate.interface import routes as routes_of
from cpal.lab.emulate.tree import Node


def is_shut_by_itself(name: str) -> bool:
    """Whether an interface is off until it is switched on: those of VLANs are, and the tunnels' end."""
    return name.startswith(("Vlan", "nve"))


class Interface(SwitchInterface):
    """An interface, in the words of NX-OS."""

    PORT = "Ethernet"
    AGGREGATE = "port-channel"
    VRF = ("vrf", "member")
    BUILT_IN = ("Ethernet", "mgmt")

    @classmethod
    def is_shut(cls, name: str, section: Node) -> bool:
        """Whether it is off."""
        return section.has("shutdown") or (is_shut_by_itself(name) and not section.has("no", "shutdown"))

    @property
    def vrf(self) -> str:
        """The VRF that it is in."""
        return "management" if self.kind == "mgmt" else super().vrf


def interfaces(device: Device) -> list[Interface]:
    """All interfaces, in the order in which people count."""
    return interfaces_of(device, Interface)


def mac_of(device: Device, interface: Interface) -> str:
    """The MAC address of an interface, as NX-OS writes it."""
    given = interface.section.value("mac-address")
    if given:
        return given
    own = device.identity.mac.replace(":", "")[:8] + sha256(interface.name.encode()).hexdigest()[:4]
    return ".".join(own[n : n + 4] for n in (0, 4, 8))


def vlans(device: Device) -> dict[int, tuple[str, str]]:
    """The name and the state of each VLAN."""
    found = {1: ("default", "active")}
    for node in device.running.each("vlan"):
        state = node.value("state") or "active"
        found[int(node.words[1])] = (node.value("name") or f"VLAN{int(node.words[1]):04}", state)
    return dict(sorted(found.items()))


def vrfs(device: Device) -> dict[str, str]:
    """The route distinguisher of each VRF, the default one first."""
    named = {node.words[2]: node.value("rd") or "0:0" for node in device.running.each("vrf", "context")}
    return {"default": "0:0", **named}


def heard(device: Device) -> dict[str, Cable]:
    """What LLDP hears, by port."""
    if not device.running.has("feature", "lldp"):
        return {}
    up = {each.name for each in interfaces(device) if each.up and not each.section.has("no", "lldp", "receive")}
    return {port: cable for port, cable in device.cables.items() if port in up}


def peers(device: Device) -> Iterator[tuple[str, str, str, str]]:
    """The BGP neighbours: VRF, address, AS, state."""
    bgp = device.running.find("router", "bgp")
    if bgp is None:
        return
    for vrf, section in [("default", bgp), *((node.words[1], node) for node in bgp.each("vrf"))]:
        for node in section.each("neighbor"):
            template = node.value("inherit", "peer")
            inherited = bgp.find("template", "peer", template) if template else None
            remote = node.value("remote-as") or (inherited.value("remote-as") if inherited else None)
            if remote and "/" not in node.words[1]:
                shut = node.has("shutdown")
                up = not shut and node.words[1] in device.established
                yield vrf, node.words[1], remote, "Established" if up else "Shutdown" if shut else "Idle"


def router_id(device: Device, vrf: str) -> str:
    """The router id of BGP in a VRF."""
    bgp = device.running.find("router", "bgp")
    section = bgp.find("vrf", vrf) if bgp and vrf != "default" else bgp
    given = section.value("router-id") if section else None
    return given or highest_address(interfaces(device), vrf, loopback_first=False)


def routes(device: Device, vrf: str, version: int = 4) -> Iterator[Route]:
    """The routes of IPv4 or IPv6 of a VRF."""
    section = device.running if vrf == "default" else device.running.find("vrf", "context", vrf)
    statics = [
        (ipaddress.ip_network(node.words[2]), *" ".join(node.words[3:]).partition(" ")[::2])
        for node in (section.each("ip" if version == 4 else "ipv6", "route") if section else ())
    ]
    return (each for each in routes_of(interfaces(device), vrf, statics) if each.network.version == version)


def _statics(device: Device, vrf: str) -> Iterator[Hop]:
    section = device.running if vrf == "default" else device.running.find("vrf", "context", vrf)
    for node in (*section.each("ip", "route"), *section.each("ipv6", "route")) if section else ():
        yield from hops([(node.words[2], node.words[3].split()[0])])


ROUTING = Routing(
    "default", lambda device: (*vrfs(device), "management"), lambda device: held_by(interfaces(device)), _statics
)
"""How echoes find their way."""
