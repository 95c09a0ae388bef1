"""An interface of a switch, read from its section of the configuration: what Arista's and Cisco's makes have in common.

A make says in what words: a subclass whose class variables are them.
"""

from __future__ import annotations

import contextlib
import functools
import ipaddress
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, NamedTuple, TypeVar

from cpal.lab.emulate.device import Device, Held, Hop
from cpal.lab.emulate.tree import Node
from cpal.lab.emulate.words import expanded, natural

DEFAULT_VLAN = 1
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True)
class Interface:
    """An interface: its section, and what comes of it."""

    name: str
    section: Node
    enabled: bool
    up: bool
    changed_at: float | None = None
    """When it was last plugged or unplugged."""
    member_of: str = ""
    """The aggregate that it belongs to."""

    PORT: ClassVar[str]
    """How the kind is called that cables are plugged into."""
    AGGREGATE: ClassVar[str]
    """How the kind is called that bundles ports."""
    VRF: ClassVar[tuple[str, ...]]
    """The words before the VRF that it is in."""
    BUILT_IN: ClassVar[tuple[str, ...]]
    """How the kinds are called that a device has or lacks, whatever is configured."""

    @classmethod
    def is_shut(cls, name: str, section: Node) -> bool:
        """Whether its section says that it is switched off."""
        return section.has("shutdown")

    @functools.cached_property
    def kind(self) -> str:
        """`Ethernet`, `Vlan`, ..."""
        return self.name.rstrip("0123456789/.")

    @functools.cached_property
    def switchport(self) -> bool:
        """Whether it is a port of the switch, not of the router."""
        return (
            self.kind in (self.PORT, self.AGGREGATE)
            and "." not in self.name
            and not self.section.has("no", "switchport")
        )

    @property
    def vrf(self) -> str:
        """The VRF that it is in."""
        return self.section.value(*self.VRF) or "default"

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
        return [word for node in self.section.each(family, "address") for word in node.words if "/" in word]

    @property
    def is_trunk(self) -> bool:
        """Whether it carries several VLANs."""
        return self.switchport and self.section.value("switchport", "mode") == "trunk"

    @property
    def access_vlan(self) -> int:
        """The VLAN of frames without a tag, where it is no trunk."""
        return int(self.section.value("switchport", "access", "vlan") or DEFAULT_VLAN)

    def vlans(self, known: set[int]) -> set[int]:
        """The VLANs that it carries, of those there are."""
        if not self.switchport or self.member_of:
            return set()
        if self.is_trunk:
            allowed = self.section.value("switchport", "trunk", "allowed", "vlan")
            return known if allowed is None else known & set(expanded("" if allowed == "none" else allowed))
        return known & {self.access_vlan}


T = TypeVar("T", bound=Interface)


def interfaces_of(device: Device, make: type[T]) -> list[T]:
    """All interfaces of a device, in the order in which people count: an aggregate is up where a member of it is."""
    sections = {node.words[1]: node for node in device.running.each("interface") if len(node.words) == 2}
    there = {name: each for name, each in sections.items() if name != "defaults" and not lacks(device, make, name)}
    made = [_read(device, make, name, section) for name, section in there.items()]
    bundles = {each.member_of for each in made if each.member_of and each.up}
    found = [
        replace(each, up=each.enabled and each.name in bundles) if each.kind == make.AGGREGATE else each
        for each in made
    ]
    return sorted(found, key=lambda each: natural(each.name))


def lacks(device: Device, make: type[Interface], name: str) -> bool:
    """Whether an interface is none that the device's model has."""
    return name.startswith(make.BUILT_IN) and name.partition(".")[0] not in device.ports


def _read(device: Device, make: type[T], name: str, section: Node) -> T:
    enabled = not make.is_shut(name, section)
    parent = name.partition(".")[0]
    up = enabled and (not name.startswith(make.PORT) or parent in device.cables)
    group = section.value("channel-group")
    member_of = f"{make.AGGREGATE}{group.split()[0]}" if group else ""
    return make(name, section, enabled, up, device.changed_at.get(parent), member_of)


def held_by(interfaces: Sequence[Interface]) -> Iterator[Held]:
    """The addresses of interfaces that are up, with the port or the VLAN that they are reached by."""
    for each in interfaces:
        port = each.name if each.kind == each.PORT and "." not in each.name else ""
        vlan = int(each.name.removeprefix("Vlan")) if each.kind == "Vlan" else 0
        for text in (*each.addresses("ip"), *each.addresses("ipv6")) if each.up and not each.switchport else ():
            yield Held(each.vrf, each.name, ipaddress.ip_interface(text), port, vlan)


def hops(found: Iterable[tuple[str, str]]) -> Iterator[Hop]:
    """Static routes whose next hop is an address, of their prefixes and what they lead to."""
    for network, hop in found:
        with contextlib.suppress(ValueError):
            yield Hop(ipaddress.ip_network(network), ipaddress.ip_address(hop))


class Route(NamedTuple):
    """A route: its network, whether it is `connected` or `static`, the next hop ("" where there is none), by what.

    A static one has an administrative distance, and perhaps a tag.
    """

    network: Network
    kind: str
    hop: str
    interface: str
    distance: int = 0
    tag: str = ""


Static = tuple[Network, str, str]
"""A static route: its network, its next hop, and what is said behind that."""
_BEHIND = re.compile(r"\b(name|tag|track) (\S+)")


def routes(interfaces: Sequence[Interface], vrf: str, statics: Sequence[Static]) -> Iterator[Route]:
    """The routes of a VRF: those of its interfaces that are up, and the static ones whose next hop is connected.

    Of several static ones to a network, those of the least distance are routes.
    """
    connected: dict[Network, str] = {}
    for each in interfaces:
        for family in ("ip", "ipv6") if each.up and each.vrf == vrf else ():
            for address in each.addresses(family):
                connected[ipaddress.ip_interface(address).network] = each.name
    for network, name in connected.items():
        yield Route(network, "connected", "", name)
    found = []
    for network, hop, said in statics:
        via = next((name for known, name in connected.items() if _inside(hop, known)), None)
        number = re.search(r"\d+", _BEHIND.sub("", said))
        if via:
            tag = dict(_BEHIND.findall(said)).get("tag", "")
            found.append(Route(network, "static", hop, via, int(number[0]) if number else 1, tag))
    for route in found:
        if route.distance == min(other.distance for other in found if other.network == route.network):
            yield route


def _inside(hop: str, network: Network) -> bool:
    try:
        return ipaddress.ip_address(hop) in network
    except ValueError:
        return False


def highest_address(interfaces: Sequence[Interface], vrf: str, loopback_first: bool) -> str:
    """The IPv4 address by which BGP calls itself in a VRF, unless it is told: the highest, perhaps of a loopback."""
    inside = [each for each in interfaces if each.vrf == vrf]
    loopbacks = [each for each in inside if each.kind.lower() == "loopback"]
    for chosen in (loopbacks if loopback_first else [], inside):
        own = [ipaddress.IPv4Interface(address).ip for each in chosen for address in each.addresses("ip")]
        if own:
            return str(max(own))
    return "0.0.0.0"
