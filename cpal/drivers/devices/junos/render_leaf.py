"""What a leaf that runs Junos has otherwise than others (`render_evpn`). Pure.

    network   a MAC-VRF of its own, of the VLAN-based service, with the ports that are in the network
    gateway   an `irb` interface's own addresses and MAC address: the same at every leaf
    router    a VRF that says its prefixes in EVPN, and routes by its VNI what hosts say too
    leaf      a policy that has VRFs say connected and static routes, which they do not by themselves

Why not the switch's default instance, with a route target for each VNI: that is a VLAN-aware bundle, whose routes have
the VNI as their Ethernet tag. Leaves of other makes offer the VLAN-based service, in which the tag is zero and part of
a route's key: EOS does not take routes with another (netlab's issue 2086). A unit is in one instance, so that a trunk
of networks has a unit for each (`tagged`).

Source: RFC 7432, sections 6.1 and 7.2; RFC 8365, section 5.1.3; Junos OS EVPN User Guide, "MAC-VRF Routing Instance
Type Overview", "Symmetric Integrated Routing and Bridging with EVPN Type 2 Routes", "Anycast Gateways".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from cpal.core.driver import Render
from cpal.core.rows import Row, Table
from cpal.core.view import View
from cpal.drivers.devices import render_evpn as evpn
from cpal.drivers.devices import render_fabric as fabric
from cpal.drivers.devices.render_device import VRF, edge_table
from cpal.drivers.devices.render_evpn import (
    BGP_VRF,
    BGP_VRF_RD,
    BGP_VRF_REDISTRIBUTED,
    BGP_VRF_TARGETS,
    MAC_VRF,
    MAC_VRF_RD,
    MAC_VRF_TARGETS,
    TUNNEL_SOURCE,
    VIRTUAL,
    VLAN_STATE,
    VNI,
    VRF_VNI,
    Shape,
    Vrf,
)
from cpal.drivers.devices.render_fabric import Gateway, Leaf
from cpal.drivers.devices.render_switch import ADDRESS, INTERFACE, INTERFACE_VRF, MTU, VLAN, key_of, setting_table
from cpal.model.network import Network
from cpal.model.router import Router
from cpal.model.switch import ACCESS, Interface
from cpal.model.target import Host

MAC = "interface.mac_address"
MAC_VRF_PORTS = "mac_vrf.interfaces"
VRF_SYMMETRIC = "vrf.symmetric_vni"
POLICY = "policy"
SAID = "cpal-connected-and-static"
"""The policy that has a VRF say its connected and static routes."""

_SHARED = (VNI, MAC_VRF, MAC_VRF_RD, MAC_VRF_TARGETS, VRF_VNI, BGP_VRF, BGP_VRF_RD, BGP_VRF_TARGETS,
           BGP_VRF_REDISTRIBUTED, TUNNEL_SOURCE, VIRTUAL)  # fmt: skip
TABLES: Mapping[str, Table] = {
    **{table: evpn.TABLES[table] for table in _SHARED},
    POLICY: Table(frozenset(), 14, "policy"),
    MAC: setting_table(MAC, 30, "MAC address of an interface"),
    VRF_SYMMETRIC: setting_table(VRF_SYMMETRIC, 32, "VNI by which a VRF routes to hosts"),
    MAC_VRF_PORTS: edge_table(MAC_VRF_PORTS, 44, "port of a VLAN's EVPN instance"),
}
"""The tables of a leaf, beyond those of any switch that runs Junos."""


def _leaf(record: Host, leaf: Leaf, routers: Iterable[Router]) -> Iterator[Row]:
    if not all(router.export_policy for router in routers):
        yield Row(key_of(POLICY, leaf.name, SAID), {}, (record.key,))


def _stretched(record: Network, vlan: int, leaf: Leaf, vni: int) -> Iterator[Row]:
    because = (record.key,)
    yield evpn.setting(VNI, key_of(VLAN, leaf.name, vlan), vni, because)
    yield from evpn.mac_vrf(leaf, vlan, vlan, fabric.target_of(record, vni), because)


def _gateway(record: Network, vlan: int, leaf: Leaf, gateway: Gateway) -> Iterator[Row]:
    within, because = key_of(INTERFACE, leaf.name, f"irb.{vlan}"), (record.key, gateway.router.key)
    yield Row(within, {}, because)
    yield evpn.setting(INTERFACE_VRF, within, fabric.vrf_name(gateway.router), because)
    yield evpn.setting(MAC, within, leaf.anycast_mac, because)
    if record.mtu:
        yield evpn.setting(MTU, within, record.mtu, because)
    for address in gateway.addresses:
        yield evpn.member(ADDRESS, within, (address,), because)


def _vrf(record: Router, leaf: Leaf, has: Vrf) -> Iterator[Row]:
    """A VRF, which routes both families."""
    name, because = fabric.vrf_name(record), (record.key,)
    vrf, bgp = key_of(VRF, leaf.name, name), key_of(BGP_VRF, leaf.name, name)
    yield Row(vrf, {}, because)
    yield evpn.setting(VRF_VNI, vrf, record.vni, because)
    yield evpn.setting(VRF_SYMMETRIC, vrf, record.vni, because)
    yield Row(bgp, {}, because)
    yield evpn.setting(BGP_VRF_RD, bgp, fabric.route_distinguisher(leaf, record.fabric_vlan), because)
    yield from evpn.targets(BGP_VRF_TARGETS, bgp, fabric.target_of(record, record.vni), because)
    yield evpn.member(BGP_VRF_REDISTRIBUTED, bgp, (record.export_policy or SAID,), because)


SHAPE = Shape(_leaf, _stretched, _gateway, _vrf, evpn.tunnel_source)
"""What Junos has where makes differ."""


def rendering(driver: str) -> Mapping[str, Render]:
    """What each kind of record gives at leaves that run Junos."""
    shared = evpn.rendering(driver, SHAPE)

    def network(view: View, record: Network) -> list[Row]:
        """A VLAN has no state here; its instance has its ports."""
        rows = [row for row in shared["network"](view, record) if row.key.table != VLAN_STATE]
        instances = {row.key for row in rows if row.key.table == MAC_VRF}
        interfaces: list[Interface] = view.find("interface.network", record.id)
        for each in interfaces:
            within = key_of(MAC_VRF, each.device, record.switch_vlan or 0)
            if each.mode == ACCESS and within in instances:
                rows.append(evpn.member(MAC_VRF_PORTS, within, (each.port,), (record.key, each.key)))
        return rows

    return {**shared, "network": network}


def plugged(driver: str) -> Render:
    """What an access port gives at a leaf where its VLAN is a network's, beyond what it gives at any switch."""

    def interface(view: View, record: Interface) -> list[Row]:
        networks: list[Network] = view.find("network.vlan", str(record.vlan)) if record.mode == ACCESS else []
        within = key_of(MAC_VRF, record.device, record.vlan)
        return [
            evpn.member(MAC_VRF_PORTS, within, (record.port,), (network.key, record.key))
            for network in networks
            if fabric.vni_of(network) is not None
            and any(leaf.name == record.device for leaf in fabric.leaves_of(view, network, driver))
        ]

    return interface
