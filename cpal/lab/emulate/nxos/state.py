"""What an NX-OS device is doing, read from its running configuration, its cables and what it learned."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

from cpal.lab.emulate.device import Cable, Device
from cpal.lab.emulate.tree import Node
from cpal.lab.emulate.words import expanded, natural


@dataclass(frozen=True)
class Interface:
    """An interface: its section, and what comes of it."""

    name: str
    section: Node
    enabled: bool
    up: bool
    member_of: str = ""

    @property
    def kind(self) -> str:
        """`Ethernet`, `Vlan`, ..."""
        return self.name.rstrip("0123456789/.")

    @property
    def switchport(self) -> bool:
        """Whether it is a port of the switch, not of the router."""
        return (
            self.kind in ("Ethernet", "port-channel")
            and "." not in self.name
            and not self.section.has("no", "switchport")
        )

    @property
    def vrf(self) -> str:
        """The VRF that it is in."""
        return self.section.value("vrf", "member") or ("management" if self.kind == "mgmt" else "default")

    @property
    def description(self) -> str:
        """Its description, or nothing."""
        return self.section.value("description") or ""

    @property
    def mtu(self) -> int:
        """Its MTU, in bytes."""
        return int(self.section.value("mtu") or 1500)

    def addresses(self, family: str) -> list[str]:
        """Its addresses with their prefix length, the first one first; `ip` or `ipv6`."""
        return [node.words[2] for node in self.section.each(family, "address") if "/" in node.words[2]]

    def vlans(self, known: set[int]) -> set[int]:
        """The VLANs that it carries, of those there are."""
        if not self.switchport or self.member_of:
            return set()
        if self.section.value("switchport", "mode") == "trunk":
            allowed = self.section.value("switchport", "trunk", "allowed", "vlan")
            return known if allowed is None else known & set(expanded("" if allowed == "none" else allowed))
        return known & {int(self.section.value("switchport", "access", "vlan") or 1)}


def interfaces(device: Device) -> list[Interface]:
    """All interfaces, in the order in which people count."""
    made = [_interface(device, node) for node in device.running.each("interface")]
    bundles = {each.member_of for each in made if each.member_of and each.up}
    found = [
        Interface(each.name, each.section, each.enabled, each.enabled and each.name in bundles)
        if each.kind == "port-channel" else each for each in made
    ]  # fmt: skip
    return sorted(found, key=lambda each: natural(each.name))


def _interface(device: Device, section: Node) -> Interface:
    name = section.words[1]
    shut = section.has("shutdown") or (name.startswith(("Vlan", "nve")) and not section.has("no", "shutdown"))
    pluggable = name.startswith("Ethernet")
    up = not shut and (not pluggable or name.partition(".")[0] in device.cables)
    group = section.value("channel-group")
    return Interface(name, section, not shut, up, f"port-channel{group.split()[0]}" if group else "")


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
    own = [address for each in interfaces(device) if each.vrf == vrf for address in each.addresses("ip")]
    return given or (str(max(ipaddress.ip_interface(each).ip for each in own)) if own else "0.0.0.0")


def routes(device: Device, vrf: str) -> Iterator[tuple[str, str, str, str]]:
    """The IPv4 routes of a VRF: prefix, protocol, next hop ("" where there is none), interface."""
    connected: dict[ipaddress.IPv4Network | ipaddress.IPv6Network, str] = {}
    for each in interfaces(device):
        for address in each.addresses("ip") if each.up and each.vrf == vrf else ():
            connected[ipaddress.ip_interface(address).network] = each.name
    for network, name in connected.items():
        yield str(network), "direct", "", name
    section = device.running if vrf == "default" else device.running.find("vrf", "context", vrf)
    for node in section.each("ip", "route") if section else ():
        hop = node.words[3].split()[0]
        via = next((name for network, name in connected.items() if _inside(hop, network)), None)
        if via:
            yield node.words[2], "static", hop, via


def _inside(hop: str, network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> bool:
    try:
        return ipaddress.ip_address(hop) in network
    except ValueError:
        return False
