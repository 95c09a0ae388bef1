"""What the leaves of a VXLAN fabric need to realise an estate, in no make's words. Pure.

A host is a leaf where its target's driver is a device's, and the target has an endpoint of its name. A port that is
bound to it is one of its access ports, and so is an interface of it with a network. From there all follows:

    network   a VLAN, stretched by a layer-2 VNI (RFC 8365), at each leaf that has a port or an interface in it, or
              leads to its wire
    router    a VRF with a layer-3 VNI (symmetric routing, RFC 9135) at each leaf that has one of its networks; its
              interfaces are anycast gateways: the same MAC and IP address at each of these leaves
    port      an access port

Route targets are the fabric's number and the VNI, whatever the leaf's own AS: two leaves agree without being told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import blake2s
from ipaddress import IPv4Address
from typing import NamedTuple

from cpal.core.allocate import VNI_IN_FABRIC
from cpal.core.view import View
from cpal.model.address import contains
from cpal.model.network import OVERLAY_TYPES, ROUTER_INTERFACE, Network, Port, Subnet
from cpal.model.router import Router
from cpal.model.switch import Interface
from cpal.model.target import Host, Target

FABRIC_AS = 64999
"""The first half of each route target. Source: RFC 4360, section 3.1."""
ANYCAST_MAC = "02:cf:00:00:00:01"
"""The MAC address of every gateway: one for all, as switches have one for all their virtual addresses. It is
locally administered, and none of a leaf's, which end in an address. Source: RFC 9135, section 4.1; IEEE 802-2014."""
LAYER_2 = "layer2"
"""The VRF in which nothing is routed: of networks without a router."""


class Leaf(NamedTuple):
    """A leaf: its name, where its tunnels end, the physical networks that it leads to, the MAC address of gateways."""

    name: str
    address: str
    physical_networks: tuple[str, ...]
    anycast_mac: str

    @property
    def mac_address(self) -> str:
        """The MAC address by which other leaves route to it. Source: RFC 9135, section 3.2.1."""
        return "02:cf:" + IPv4Address(self.address).packed.hex(":")


class Gateway(NamedTuple):
    """The anycast gateway of a network: the same at every leaf."""

    router: Router
    addresses: tuple[str, ...]


def leaf_of(view: View, host: Host, driver: str) -> Leaf | None:
    """The host as a leaf, if it is one of that driver's, and its target says how it is reached."""
    targets: list[Target] = view.find("target.name", host.target)
    mine = [target for target in targets if target.driver == driver and host.name in target.endpoints]
    if not mine or leaf_problem(host):
        return None
    return Leaf(host.name, host.underlay_address, host.physical_networks, host.anycast_mac or ANYCAST_MAC)


def leaf_problem(host: Host) -> str:
    """Why a host can be no leaf, or ""."""
    if not host.underlay_address or ":" in host.underlay_address:
        return "tunnels end at an IPv4 address of the leaf"
    return "a leaf's name is one word" if len(host.name.split()) != 1 else ""


def tunnel_source(view: View, leaf: Leaf) -> str:
    """The declared interface that has the address at which a leaf's tunnels end, where its BGP is declared; or ""."""
    if not any(not bgp.vrf for bgp in view.find("bgp.device", leaf.name)):
        return ""
    interfaces: list[Interface] = view.find("interface.device", leaf.name)
    named = [each.port for each in interfaces if any(a.partition("/")[0] == leaf.address for a in each.addresses)]
    return min(named, default="")


def leaf_named(view: View, name: str, driver: str) -> Leaf | None:
    """The leaf of this name, if there is one."""
    hosts: list[Host] = view.find("host.name", name) if name else []
    return next((leaf for host in hosts if (leaf := leaf_of(view, host, driver))), None)


def leaves_of(view: View, network: Network, driver: str) -> list[Leaf]:
    """The leaves that a network is at: with a port or an interface in it, said to have it, or leading to its wire."""
    names = {port.host_id for port in view.find("port.network", network.id) if is_access(port)}
    names |= {*network.leaves, *(interface.device for interface in view.find("interface.network", network.id))}
    found = {leaf.name: leaf for name in names if (leaf := leaf_named(view, name, driver))}
    if network.physical_network:
        hosts: list[Host] = view.find("host.physical_network", network.physical_network)
        found |= {leaf.name: leaf for host in hosts if (leaf := leaf_of(view, host, driver))}
    return [found[name] for name in sorted(found)]


def is_access(port: Port) -> bool:
    """Whether a port is plugged in somewhere, and not a router's or a service's."""
    return not port.device_owner.startswith("network:")


def vni_of(network: Network) -> int | None:
    """The layer-2 VNI of a network; None for one that has no number yet."""
    if network.network_type in OVERLAY_TYPES:
        return network.segmentation_id
    return first_vni(network.physical_network) + (network.segmentation_id or 0)


def first_vni(physical_network: str) -> int:
    """The VNI of a physical network untagged; that of a VLAN is so much higher.

    It is in the upper half of all VNIs, of which there is room for 2048 physical networks with their VLANs: which part
    is a network's follows from its name alone, so that two names may mean one part (`capability`).
    """
    digest = blake2s(physical_network.encode(), digest_size=2).digest()
    return VNI_IN_FABRIC.end + 1 + ((int.from_bytes(digest, "big") & 0x7FF) << 12)


def route_target(vni: int) -> str:
    """The route target of a VNI of which nobody says another."""
    return f"{FABRIC_AS}:{vni}"


def target_of(record: Network | Router, vni: int) -> str:
    """The route target of a network or a router, which has this VNI."""
    return record.route_target or route_target(vni)


def vrf_name(router: Router) -> str:
    """What leaves call the VRF of a router."""
    return router.vrf or (f"vrf{router.vni}" if router.vni else f"vrf-{router.id[:8]}")


def gateway_of(view: View, network: Network) -> Gateway | None:
    """The gateway of a network that is routed: by one router, as a VLAN is in one VRF."""
    ports: list[Port] = [
        port for port in view.find("port.network", network.id) if port.device_owner == ROUTER_INTERFACE
    ]
    ports = sorted((port for port in ports if port.admin_state_up), key=lambda port: port.id)
    routers = [router for port in ports if (router := view.get(Router, port.device_id)) and router.admin_state_up]
    if not network.admin_state_up or not routers:
        return None
    mine = [port for port in ports if port.device_id == routers[0].id]
    addresses = tuple(sorted(address for port in mine for address in _with_lengths(view, port)))
    return Gateway(routers[0], addresses)


def vrf_of(view: View, network: Network) -> str:
    """The VRF that a network is in."""
    gateway = gateway_of(view, network)
    return vrf_name(gateway.router) if gateway else LAYER_2


def _with_lengths(view: View, port: Port) -> Iterator[str]:
    for fixed in port.fixed_ips or ():
        subnet = view.get(Subnet, fixed.subnet_id)
        if subnet is not None:
            yield f"{fixed.ip_address}/{subnet.cidr.partition('/')[2]}"


def route_distinguisher(leaf: Leaf, vlan: int) -> str:
    """What tells the routes of a leaf's VLAN or VRF from those of other leaves. Source: RFC 7432, section 7.9."""
    return f"{leaf.address}:{vlan}"


def routed_networks(view: View, router: Router) -> list[Network]:
    """The networks that are in the VRF of a router."""
    ids = {port.network_id for port in view.find("port.device", router.id) if port.device_owner == ROUTER_INTERFACE}
    networks = [network for id in sorted(ids) if (network := view.get(Network, id))]
    return [each for each in networks if (gateway := gateway_of(view, each)) and gateway.router.id == router.id]


def vrf_leaves(view: View, router: Router, driver: str) -> dict[Leaf, list[Network]]:
    """The leaves that have the VRF of a router, each with the networks that it has in it."""
    found: dict[Leaf, list[Network]] = {}
    for network in routed_networks(view, router):
        for leaf in leaves_of(view, network, driver):
            found.setdefault(leaf, []).append(network)
    return found


def routers_at(view: View, leaf: Leaf) -> Iterator[Router]:
    """The router of each network that a leaf has, but those of machines' ports; one may come several times."""
    ids = [id for interface in view.find("interface.device", leaf.name) for id in interface.networks]
    found = [network for id in dict.fromkeys(ids) if (network := view.get(Network, id))]
    found += view.find("network.leaf", leaf.name)
    wires = (network for name in leaf.physical_networks for network in view.find("network.physical_network", name))
    for network in (*found, *wires):
        if gateway := gateway_of(view, network):
            yield gateway.router


def routes_at(view: View, router: Router, networks: Iterable[Network]) -> list[tuple[str, str]]:
    """The static routes whose next hop is on one of these networks: other leaves learn them from whoever has it."""
    subnets: list[Subnet] = [subnet for network in networks for subnet in view.find("subnet.network", network.id)]
    return [
        (route.destination, route.nexthop)
        for route in router.routes
        if any(contains(subnet.cidr, route.nexthop) for subnet in subnets)
    ]
