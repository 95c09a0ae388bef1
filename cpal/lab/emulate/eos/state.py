"""What an EOS device is doing, read from its running configuration, its cables and what it learned."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass

from cpal.lab.emulate.device import Device
from cpal.lab.emulate.tree import Node
from cpal.lab.emulate.words import expanded, natural

DEFAULT_VLAN = 1


@dataclass(frozen=True)
class Interface:
    """An interface: its section, and what comes of it."""

    name: str
    section: Node
    enabled: bool
    up: bool
    changed_at: float | None
    member_of: str = ""

    @property
    def kind(self) -> str:
        """`Ethernet`, `Vlan`, ..."""
        return self.name.rstrip("0123456789/.")

    @property
    def switchport(self) -> bool:
        """Whether it is a port of the switch, not of the router."""
        return (
            self.kind in ("Ethernet", "Port-Channel")
            and "." not in self.name
            and not self.section.has("no", "switchport")
        )

    @property
    def vrf(self) -> str:
        """The VRF that it is in."""
        return self.section.value("vrf") or "default"

    @property
    def description(self) -> str:
        """Its description, or nothing."""
        return self.section.value("description") or ""

    @property
    def mtu(self) -> int:
        """Its MTU, in bytes."""
        return int(
            self.section.value("mtu") or (65535 if self.kind == "Loopback" else 9214 if self.switchport else 1500)
        )

    def addresses(self, family: str) -> list[str]:
        """Its addresses with their prefix length, the first one first; `ip` or `ipv6`."""
        found = [
            node.words[-1] if "secondary" not in node.words else node.words[2]
            for node in self.section.each(family, "address")
        ]
        return [each for each in found if "/" in each]

    def vlans(self, known: set[int]) -> set[int]:
        """The VLANs that it carries, of those there are."""
        if not self.switchport or self.member_of:
            return set()
        if self.section.value("switchport", "mode") == "trunk":
            allowed = self.section.value("switchport", "trunk", "allowed", "vlan")
            return known if allowed is None else known & set(expanded("" if allowed == "none" else allowed))
        return known & {int(self.section.value("switchport", "access", "vlan") or DEFAULT_VLAN)}


def interfaces(device: Device) -> list[Interface]:
    """All interfaces, in the order in which people count."""
    sections = {node.words[1]: node for node in device.running.each("interface") if len(node.words) == 2}
    sections.pop("defaults", None)
    made = {name: _interface(device, name, section) for name, section in sections.items()}
    bundles = {each.member_of for each in made.values() if each.member_of and each.up}
    found = []
    for each in made.values():
        up = each.enabled and each.name in bundles if each.kind == "Port-Channel" else each.up
        found.append(Interface(each.name, each.section, each.enabled, up, each.changed_at, each.member_of))
    return sorted(found, key=lambda each: natural(each.name))


def _interface(device: Device, name: str, section: Node) -> Interface:
    enabled = not section.has("shutdown")
    parent = name.partition(".")[0]
    pluggable = name.startswith("Ethernet")
    up = enabled and (not pluggable or parent in device.cables)
    group = section.value("channel-group")
    member_of = f"Port-Channel{group.split()[0]}" if group else ""
    return Interface(name, section, enabled, up, device.changed_at.get(parent), member_of)


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
    inside = [each for each in interfaces(device) if each.vrf == vrf]
    for loopback in (True, False):
        own = [a for each in inside if (each.kind == "Loopback") is loopback for a in each.addresses("ip")]
        if own and not given:
            given = str(max(ipaddress.ip_interface(each).ip for each in own))
    return given or "0.0.0.0"
