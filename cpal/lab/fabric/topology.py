"""A fabric's machines, cables and day-0 configuration: what is there before cpal's driver says anything. Pure.

      spine1   spine2         each leaf to each spine; interfaces are called after the neighbour
       | \\  \\  / / |
      leaf1  leaf2 ...        eBGP: a number for all spines, one for each leaf (RFC 7938)
       | p-*                  the border leaf: the hosts outside, one access port for each VLAN
      outside hosts

With hypervisors beside it, the first is a neighbour of leaf2, the second of leaf3, and so on: what it has on the
physical network goes to its leaf, one port for each VLAN. The lab's top-of-rack switch takes the tags off, since not
every kernel has VLANs: a bridge for each hypervisor, which only its leaf leads out of.

Underlay unnumbered: sessions over link-local addresses that router advertisements tell (RFC 5549). Numbered: /31 (RFC
3021). Either way the leaves tell each other their loopbacks, where tunnels end, and speak EVPN (RFC 7432) for what a
driver puts on top; the spines pass it on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from ..layout import PHYSICAL_NETWORK, TOP_OF_RACK, UNDERLAY_MTU, Layout
from ..namespaces import Cable
from ..records import OutsideHost

Underlay = Literal["unnumbered", "numbered"]
MAX_SPINES, MAX_LEAVES = 8, 64
SPINE_AS, FIRST_LEAF_AS = 64600, 64601
CARRIED = ("untagged", "42", "100", "101", "102", "103")
"""The VLANs of the physical network that a leaf has a port for to each hypervisor."""
BORDER = "leaf1"
"""The leaf that the hosts outside are connected to."""


@dataclass(frozen=True)
class Node:
    """A spine or a leaf: `number` counts from 1 among its kind."""

    role: Literal["spine", "leaf"]
    number: int

    @property
    def name(self) -> str:
        """What it is called."""
        return f"{self.role}{self.number}"

    @property
    def loopback(self) -> str:
        """Its own address; of a leaf, where tunnels end."""
        return f"10.255.{0 if self.role == 'spine' else 1}.{self.number}"

    @property
    def asn(self) -> int:
        """The number of its autonomous system. Source: RFC 7938, section 5.2.1."""
        return SPINE_AS if self.role == "spine" else FIRST_LEAF_AS + self.number - 1


@dataclass(frozen=True)
class Fabric:
    """So many spines and leaves, and perhaps emulated switches."""

    spines: int
    leaves: int
    underlay: Underlay = "unnumbered"
    emulated: tuple[str, ...] = ()
    """The makes of which an emulated switch is beside them, which forwards nothing."""
    hypervisors: int = 0
    """How many hypervisors are behind leaves."""

    @property
    def nodes(self) -> tuple[Node, ...]:
        """All machines, the spines first."""
        return self._some("spine", self.spines) + self.leaf_nodes

    @property
    def leaf_nodes(self) -> tuple[Node, ...]:
        """The leaves."""
        return self._some("leaf", self.leaves)

    @property
    def host_names(self) -> tuple[str, ...]:
        """What the leaves and the hypervisors beside them are called."""
        return tuple(leaf.name for leaf in self.leaf_nodes) + tuple(f"hv{each}" for each in self.hypervisor_numbers)

    def _some(self, role: Literal["spine", "leaf"], count: int) -> tuple[Node, ...]:
        return tuple(Node(role, number) for number in range(1, count + 1))

    def neighbours(self, node: Node) -> tuple[Node, ...]:
        """Whom a machine has a cable to."""
        return self.leaf_nodes if node.role == "spine" else self._some("spine", self.spines)

    def cables(self, layout: Layout) -> list[Cable]:
        """The fixed cabling."""
        links = [
            Cable(leaf.name, spine.name, spine.name, leaf.name, UNDERLAY_MTU)
            for leaf in self.leaf_nodes
            for spine in self.neighbours(leaf)
        ]
        links += [
            Cable(host.name, "eth0", BORDER, outside_port(host), 1500, host.mac_address)
            for host in layout.outside_hosts
        ]
        return links + [
            Cable(leaf_of(hypervisor), port, TOP_OF_RACK, rack_port(port), 1500)
            for hypervisor in self.hypervisor_numbers
            for port in hypervisor_ports(hypervisor).values()
        ]

    @property
    def hypervisor_numbers(self) -> range:
        """The hypervisors beside it, from 1."""
        return range(1, self.hypervisors + 1)


def leaf_of(hypervisor: int) -> str:
    """The leaf that a hypervisor is connected to: none has two, and the border has hosts outside."""
    return f"leaf{hypervisor + 1}"


def hypervisor_ports(hypervisor: int) -> dict[str, str]:
    """The ports of its leaf that lead to a hypervisor, by VLAN ("untagged" for none)."""
    return {vlan: f"p-hv{hypervisor}-{vlan.removesuffix('tagged')}" for vlan in CARRIED}


def rack_port(port: str) -> str:
    """The other end of such a port's cable, at the top-of-rack switch."""
    return "v" + port.removeprefix("p")


def outside_port(host: OutsideHost) -> str:
    """The border leaf's port that leads to a host outside."""
    return "p-" + host.name.removeprefix("outside-")


def physical_ports(layout: Layout, fabric: Fabric, node: Node) -> dict[str, dict[str, str]]:
    """The ports of a machine that lead to physical networks: of each network, by VLAN ("untagged" for none)."""
    for hypervisor in fabric.hypervisor_numbers:
        if node.name == leaf_of(hypervisor):
            return {PHYSICAL_NETWORK: hypervisor_ports(hypervisor)}
    if node.name != BORDER:
        return {}
    found: dict[str, dict[str, str]] = {}
    for host in layout.outside_hosts:
        vlan = "untagged" if host.vlan is None else str(host.vlan)
        found.setdefault(host.physical_network, {})[vlan] = outside_port(host)
    return found


def configuration(fabric: Fabric, node: Node) -> str:
    """The configuration that FRR starts with there. Source: FRR's user guide, BGP, "EVPN" and "BGP unnumbered"."""
    return "\n".join(_lines(fabric, node)) + "\n"


def _lines(fabric: Fabric, node: Node) -> Iterator[str]:
    yield "frr defaults datacenter"
    yield f"hostname {node.name}"
    yield "service integrated-vtysh-config"
    yield from ("interface lo", f" ip address {node.loopback}/32", "exit")
    for other in fabric.neighbours(node):
        yield f"interface {other.name}"
        yield f" ip address {link_address(node, other)}/31" if fabric.underlay == "numbered" else _ADVERTISE
        yield "exit"
    yield f"router bgp {node.asn}"
    yield f" bgp router-id {node.loopback}"
    yield from _SESSIONS
    for other in fabric.neighbours(node):
        if fabric.underlay == "numbered":
            yield f" neighbor {link_address(other, node)} peer-group fabric"
        else:
            yield f" neighbor {other.name} interface peer-group fabric"
    yield from (" address-family ipv4 unicast", f"  network {node.loopback}/32", "  neighbor fabric activate")
    yield from (" exit-address-family", " address-family l2vpn evpn", "  neighbor fabric activate")
    if node.role == "leaf":
        yield "  advertise-all-vni"
    yield from (" exit-address-family", "exit")


_ADVERTISE = " ipv6 nd ra-interval msec 500\n no ipv6 nd suppress-ra"
"""An unnumbered session begins when the other end has been heard."""
_SESSIONS = (
    " no bgp default ipv4-unicast",
    " no bgp ebgp-requires-policy",
    " bgp bestpath as-path multipath-relax",
    " neighbor fabric peer-group",
    " neighbor fabric remote-as external",
    " neighbor fabric timers 3 9",
    " neighbor fabric timers connect 1",
    " neighbor fabric advertisement-interval 0",
)


def link_address(node: Node, other: Node) -> str:
    """The address of a machine on its cable to another: the spine's is the even one."""
    spine, leaf = (node, other) if node.role == "spine" else (other, node)
    return f"10.254.{spine.number}.{2 * (leaf.number - 1) + (node.role == 'leaf')}"
