"""What a leaf that runs NX-OS has otherwise than others (`render_evpn`). Pure.

    network   its EVPN instance is called by the VNI, which is a member of the tunnels' interface too
    gateway   the interface's own addresses, told to be the same everywhere
    router    its VNI is that of a VLAN with an interface that only forwards; families stand apart
    leaf      a route map that lets all pass, without which BGP takes nothing from others

Source: Cisco Nexus 9000 Series NX-OS VXLAN Configuration Guide, "Configuring VXLAN BGP EVPN".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from cpal.core.rows import VALUE, Row, RowKey, Table
from cpal.drivers.devices import render_evpn as evpn
from cpal.drivers.devices import render_fabric as fabric
from cpal.drivers.devices.render_device import edge_table
from cpal.drivers.devices.render_evpn import BGP_VRF, BGP_VRF_TARGETS, VIRTUAL, VNI, Shape, Vrf
from cpal.drivers.devices.render_fabric import Gateway, Leaf
from cpal.drivers.devices.render_switch import (
    ENABLED,
    INTERFACE,
    INTERFACE_VRF,
    VLAN,
    key_of,
    setting_table,
    vlan_rows,
)
from cpal.model.network import Network
from cpal.model.router import Router
from cpal.model.target import Host

ANYCAST, FORWARDS = "interface.anycast_gateway", "interface.forwards"
LINK_LOCAL, SECONDARY = "interface.link_local_only", "interface.more_virtual_addresses"
TUNNELLED, REPLICATION, TUNNELLED_VRF = "tunnelled_vni", "tunnelled_vni.replication", "tunnelled_vrf"
ROUTE_MAP = "route_map"
TUNNELS_ENABLED, REACHABILITY = "tunnels.enabled", "tunnels.reachability"
FAMILY, FAMILY_EVPN = "bgp_family", "bgp_vrf.advertised_families"
FAMILY_REDISTRIBUTED = "bgp_vrf.redistributed_by_family"
ANY = "cpal-any"
"""The route map that lets all pass."""

TABLES: Mapping[str, Table] = {
    ROUTE_MAP: Table(frozenset(), 14, "route map"),
    TUNNELS_ENABLED: Table(frozenset({VALUE}), 30, "state of the tunnels' interface"),
    REACHABILITY: Table(frozenset({VALUE}), 30, "how what is behind tunnels is learned"),
    ANYCAST: setting_table(ANYCAST, 31, "gateway that is the same at every leaf"),
    FORWARDS: setting_table(FORWARDS, 31, "forwarding without an address"),
    LINK_LOCAL: setting_table(LINK_LOCAL, 31, "forwarding of IPv6 without an address"),
    SECONDARY: edge_table(SECONDARY, 32, "secondary gateway address"),
    TUNNELLED: Table(frozenset(), 33, "tunnelled VNI of a VLAN"),
    REPLICATION: setting_table(REPLICATION, 34, "how what is for many goes through tunnels"),
    TUNNELLED_VRF: Table(frozenset({VALUE}), 34, "tunnelled VNI of a VRF"),
    FAMILY: Table(frozenset(), 52, "address family of a VRF in BGP", {BGP_VRF: "families"}),
    FAMILY_EVPN: edge_table(FAMILY_EVPN, 53, "advertising of a VRF's family in EVPN"),
    FAMILY_REDISTRIBUTED: edge_table(FAMILY_REDISTRIBUTED, 53, "what is advertised of a VRF's family"),
}
"""The tables of a leaf, beyond those of `render_evpn`."""


def _leaf(record: Host, leaf: Leaf, routers: Iterable[Router]) -> Iterator[Row]:
    here = list(routers)
    yield from evpn.virtual_mac(record, leaf, here)
    if not all(router.export_policy for router in here):
        yield Row(key_of(ROUTE_MAP, leaf.name, ANY), {}, (record.key,))


def _tunnels(record: Host, leaf: Leaf, interface: str) -> Iterator[Row]:
    yield from evpn.tunnel_source(record, leaf, interface)
    for table, value in ((REACHABILITY, "bgp"), (TUNNELS_ENABLED, True)):
        yield Row(key_of(table, leaf.name), {VALUE: value}, (record.key,))


def _stretched(record: Network, vlan: int, leaf: Leaf, vni: int) -> Iterator[Row]:
    because = (record.key,)
    yield evpn.setting(VNI, key_of(VLAN, leaf.name, vlan), vni, because)
    tunnelled = key_of(TUNNELLED, leaf.name, vni)
    yield Row(tunnelled, {}, because)
    yield evpn.setting(REPLICATION, tunnelled, "bgp", because)
    yield from evpn.mac_vrf(leaf, vni, vlan, fabric.target_of(record, vni), because)


def _gateway(record: Network, vlan: int, leaf: Leaf, gateway: Gateway) -> Iterator[Row]:
    within, because = key_of(INTERFACE, leaf.name, f"Vlan{vlan}"), (record.key, gateway.router.key)
    yield from evpn.routing_interface(record, vlan, leaf, gateway)
    yield evpn.setting(ENABLED, within, True, because)
    yield evpn.setting(ANYCAST, within, True, because)
    first = next((address for address in gateway.addresses if ":" not in address), "")
    for address in gateway.addresses:
        is_more = ":" not in address and address != first
        yield evpn.member(SECONDARY if is_more else VIRTUAL, within, (address,), because)


def _vrf(record: Router, leaf: Leaf, has: Vrf) -> Iterator[Row]:
    name, because = fabric.vrf_name(record), (record.key,)
    bgp = key_of(BGP_VRF, leaf.name, name)
    yield from evpn.vrf(record, leaf, has.has_ipv6)
    yield from _transit(record, leaf, has.has_ipv6)
    for family in ("ipv4", "ipv6") if has.has_ipv6 else ("ipv4",):
        yield from evpn.targets(BGP_VRF_TARGETS, bgp, fabric.target_of(record, record.vni), because, family)
        within = RowKey(FAMILY, f"{bgp.name} {family}")
        yield Row(within, {}, because, bgp)
        yield Row(RowKey(FAMILY_EVPN, within.name), {VALUE: True}, because, bgp)
        for what in has.says("direct"):
            yield Row(
                RowKey(FAMILY_REDISTRIBUTED, f"{within.name} {what}"),
                {VALUE: record.export_policy or ANY},
                because,
                bgp,
            )


def _transit(record: Router, leaf: Leaf, has_ipv6: bool) -> Iterator[Row]:
    """The VLAN that a router's VNI is of, and its interface."""
    name, vlan, because = fabric.vrf_name(record), record.fabric_vlan, (record.key,)
    yield from vlan_rows(leaf.name, vlan, name, because)
    yield evpn.setting(VNI, key_of(VLAN, leaf.name, vlan), record.vni, because)
    interface = key_of(INTERFACE, leaf.name, f"Vlan{vlan}")
    yield Row(interface, {}, because)
    yield evpn.setting(INTERFACE_VRF, interface, name, because)
    for table in (ENABLED, FORWARDS, LINK_LOCAL) if has_ipv6 else (ENABLED, FORWARDS):
        yield evpn.setting(table, interface, True, because)
    yield Row(key_of(TUNNELLED_VRF, leaf.name, record.vni), {VALUE: str(record.vni)}, because)


SHAPE = Shape(_leaf, _stretched, _gateway, _vrf, _tunnels)
"""What NX-OS has where makes differ."""
