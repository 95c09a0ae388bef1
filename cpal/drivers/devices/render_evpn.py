"""From the estate to what a leaf holds that bridges by VLANs, in no make's words: EVPN over VXLAN. Pure.

What is derived of a fabric (VNIs, route targets, MAC addresses, who is where) is `render_fabric`'s, so that leaves of
several makes agree. Here it becomes settings of a switch (`render_switch`):

    network   a VLAN, its VNI, and a MAC-VRF of it in BGP (RFC 7432, VLAN-based service); if it is
              routed, the gateway's interface
    router    a VRF, its VNI, its instance in BGP (RFC 9136, interface-less), and static routes
    leaf      the MAC address of all gateways, where it has one

What a make has otherwise is in a `Shape` of its own, which is made of the same parts.

The underlay is others': tunnels' source, the AS and its neighbours are there already, and only added to. Where it is
declared as well, by records of BGP and of the interface that has the leaf's address, tunnels begin at that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import NamedTuple

from cpal.core.driver import Render
from cpal.core.rows import VALUE, Row, RowKey, Table, Value
from cpal.core.view import View
from cpal.drivers.devices import render_fabric as fabric
from cpal.drivers.devices.render_bgp import VRF_RD
from cpal.drivers.devices.render_device import VRF, VRF_IPV4, VRF_IPV6, VRF_ROUTES, edge_table
from cpal.drivers.devices.render_fabric import Gateway, Leaf
from cpal.drivers.devices.render_switch import (
    INTERFACE,
    INTERFACE_VRF,
    MTU,
    VLAN,
    VLAN_NAME,
    is_at,
    key_of,
    setting_table,
    vlan_name_of,
    vlan_rows,
)
from cpal.model.network import OVERLAY_TYPES, Network
from cpal.model.record import Key
from cpal.model.router import Router
from cpal.model.switch import Interface, Route
from cpal.model.target import Host

VNI, VLAN_STATE = "vlan.vni", "vlan.state"
MAC_VRF, MAC_VRF_RD = "mac_vrf", "mac_vrf.route_distinguisher"
MAC_VRF_TARGETS, MAC_VRF_LEARNED = "mac_vrf.route_targets", "mac_vrf.redistributed"
VRF_VNI = "vrf.vni"
BGP_VRF, BGP_VRF_RD, BGP_VRF_ID = "bgp_vrf", "bgp_vrf.route_distinguisher", "bgp_vrf.router_id"
BGP_VRF_TARGETS, BGP_VRF_REDISTRIBUTED = "bgp_vrf.route_targets", "bgp_vrf.redistributed"
VIRTUAL = "interface.virtual_addresses"
VIRTUAL_MAC = "virtual_mac"
TUNNEL_SOURCE = "tunnels.source"
SUSPEND, ACTIVE = "suspend", "active"
BOTH = ("import", "export")
"""The directions of a route target."""
_ANYONES = frozenset({MAC_VRF_RD, BGP_VRF_RD, BGP_VRF_ID, VRF_RD})


def is_anyones(row: Row) -> bool:
    """Whether what a row says only has to be something: what others configured there does as well.

    A route distinguisher and a router ID are that, and what the VLAN of a router's VNI is called.
    """
    is_of_router = any(key.kind == Router.kind for key in row.because)
    return row.key.table in _ANYONES or (row.key.table == VLAN_NAME and is_of_router)


TABLES: Mapping[str, Table] = {
    VIRTUAL_MAC: Table(frozenset({VALUE}), 9, "MAC address of the gateways"),
    TUNNEL_SOURCE: Table(frozenset({VALUE}), 30, "interface at which tunnels begin"),
    VLAN_STATE: setting_table(VLAN_STATE, 12, "state of a VLAN"),
    VIRTUAL: edge_table(VIRTUAL, 30, "gateway address"),
    VNI: setting_table(VNI, 31, "VNI of a VLAN"),
    VRF_VNI: setting_table(VRF_VNI, 31, "VNI of a VRF"),
    MAC_VRF: Table(frozenset(), 40, "EVPN instance of a VLAN"),
    MAC_VRF_RD: setting_table(MAC_VRF_RD, 41, "route distinguisher of a VLAN"),
    MAC_VRF_TARGETS: edge_table(MAC_VRF_TARGETS, 42, "route target of a VLAN"),
    MAC_VRF_LEARNED: edge_table(MAC_VRF_LEARNED, 43, "what is advertised of a VLAN"),
    BGP_VRF: Table(frozenset(), 50, "BGP instance of a VRF"),
    BGP_VRF_RD: setting_table(BGP_VRF_RD, 51, "route distinguisher of a VRF"),
    BGP_VRF_ID: setting_table(BGP_VRF_ID, 51, "router ID of a VRF"),
    BGP_VRF_TARGETS: edge_table(BGP_VRF_TARGETS, 52, "route target of a VRF"),
    BGP_VRF_REDISTRIBUTED: edge_table(BGP_VRF_REDISTRIBUTED, 53, "what is advertised of a VRF"),
}
"""The tables of a leaf, beyond those of any switch."""


class Vrf(NamedTuple):
    """What the VRF of a router has at a leaf: whether it routes IPv6, and whether there are static routes in it."""

    has_ipv6: bool
    has_routes: bool

    def says(self, connected: str) -> tuple[str, ...]:
        """The kinds of routes that it says; those to what is connected are called so."""
        return (connected, "static") if self.has_routes else (connected,)


class Shape(NamedTuple):
    """What the leaves of a make have, where makes differ."""

    leaf: Callable[[Host, Leaf, Iterable[Router]], Iterable[Row]]
    """Of each leaf, with the routers of its networks."""
    stretched: Callable[[Network, int, Leaf, int], Iterable[Row]]
    """Of a VLAN as one of several leaves, with its VNI."""
    gateway: Callable[[Network, int, Leaf, Gateway], Iterable[Row]]
    """Of the interface that routes a VLAN."""
    vrf: Callable[[Router, Leaf, Vrf], Iterable[Row]]
    """Of a router."""
    tunnels: Callable[[Host, Leaf, str], Iterable[Row]] = lambda host, leaf, interface: ()
    """Of each leaf whose underlay is declared, with the interface at which its tunnels begin."""


def rendering(driver: str, shape: Shape) -> Mapping[str, Render]:
    """What each kind of record gives at the leaves of a make."""

    def host(view: View, record: Host) -> list[Row]:
        leaf = fabric.leaf_of(view, record, driver)
        if leaf is None:
            return []
        source = fabric.tunnel_source(view, leaf)
        rows = [*shape.leaf(record, leaf, fabric.routers_at(view, leaf))]
        return [*rows, *shape.tunnels(record, leaf, source)] if source else rows

    def network(view: View, record: Network) -> list[Row]:
        vlan = record.switch_vlan
        if vlan is None:
            return []
        leaves = {leaf.name: leaf for leaf in fabric.leaves_of(view, record, driver)}
        interfaces: list[Interface] = view.find("interface.network", record.id)
        names = {each.device for each in interfaces if is_at(view, each.device, driver)}
        if record.network_type in OVERLAY_TYPES:
            names = set()
        gateway = fabric.gateway_of(view, record)
        rows: list[Row] = []
        for name in sorted(names | leaves.keys()):
            rows += vlan_rows(name, vlan, vlan_name_of(record), (record.key,))
            if not record.admin_state_up:
                state = key_of(VLAN_STATE, name, vlan)
                rows.append(Row(state, {VALUE: SUSPEND}, (record.key,), key_of(VLAN, name, vlan)))
            if leaf := leaves.get(name):
                vni = fabric.vni_of(record)
                rows += shape.stretched(record, vlan, leaf, vni) if vni is not None else ()
                rows += shape.gateway(record, vlan, leaf, gateway) if gateway else ()
        return rows

    def router(view: View, record: Router) -> list[Row]:
        if not record.vni:
            return []
        gateways = [fabric.gateway_of(view, network) for network in fabric.routed_networks(view, record)]
        has_ipv6 = any(":" in address for gateway in gateways if gateway for address in gateway.addresses)
        rows: list[Row] = []
        for leaf, networks in fabric.vrf_leaves(view, record, driver).items():
            routes = fabric.routes_at(view, record, networks)
            declared: list[Route] = view.find("route.device", leaf.name)
            is_declared = any(each.vrf == fabric.vrf_name(record) for each in declared)
            rows += shape.vrf(record, leaf, Vrf(has_ipv6, bool(routes) or is_declared))
            rows += _routes(leaf, record, routes)
        return rows

    return {"host": host, "network": network, "router": router}


def virtual_mac(record: Host, leaf: Leaf, routers: Iterable[Router]) -> Iterator[Row]:
    """The MAC address of a leaf's gateways, where it has one, and a make has one for all of them."""
    for _ in islice(routers, 1):
        yield Row(key_of(VIRTUAL_MAC, leaf.name), {VALUE: leaf.anycast_mac}, (record.key,))


def tunnel_source(record: Host, leaf: Leaf, interface: str) -> Iterator[Row]:
    """The interface at which a leaf's tunnels begin."""
    yield Row(key_of(TUNNEL_SOURCE, leaf.name), {VALUE: interface}, (record.key,))


def _stretched(record: Network, vlan: int, leaf: Leaf, vni: int) -> Iterator[Row]:
    because = (record.key,)
    yield Row(key_of(VNI, leaf.name, vlan), {VALUE: vni}, because, key_of(VLAN, leaf.name, vlan))
    yield from mac_vrf(leaf, vlan, vlan, fabric.target_of(record, vni), because)
    yield member(MAC_VRF_LEARNED, key_of(MAC_VRF, leaf.name, vlan), ("learned",), because)


def mac_vrf(leaf: Leaf, name: int, vlan: int, target: str, because: tuple[Key, ...]) -> Iterator[Row]:
    """The EVPN instance of a VLAN, which the make calls by one number or the other."""
    within = key_of(MAC_VRF, leaf.name, name)
    yield Row(within, {}, because)
    yield setting(MAC_VRF_RD, within, fabric.route_distinguisher(leaf, vlan), because)
    yield from targets(MAC_VRF_TARGETS, within, target, because)


def routing_interface(record: Network, vlan: int, leaf: Leaf, gateway: Gateway) -> Iterator[Row]:
    """The interface that routes a VLAN, without addresses."""
    within, because = key_of(INTERFACE, leaf.name, f"Vlan{vlan}"), (record.key, gateway.router.key)
    yield Row(within, {}, because)
    yield setting(INTERFACE_VRF, within, fabric.vrf_name(gateway.router), because)
    if record.mtu:
        yield setting(MTU, within, record.mtu, because)


def _gateway(record: Network, vlan: int, leaf: Leaf, gateway: Gateway) -> Iterator[Row]:
    yield from routing_interface(record, vlan, leaf, gateway)
    within = key_of(INTERFACE, leaf.name, f"Vlan{vlan}")
    for address in gateway.addresses:
        yield member(VIRTUAL, within, (address,), (record.key, gateway.router.key))


def vrf(record: Router, leaf: Leaf, has_ipv6: bool) -> Iterator[Row]:
    """A VRF with its VNI, and its instance in BGP."""
    name, because = fabric.vrf_name(record), (record.key,)
    vrf, bgp = key_of(VRF, leaf.name, name), key_of(BGP_VRF, leaf.name, name)
    yield Row(vrf, {}, because)
    for table in (VRF_IPV4, VRF_IPV6) if has_ipv6 else (VRF_IPV4,):
        yield Row(RowKey(table, vrf.name), {VALUE: name}, because, vrf)
    yield setting(VRF_VNI, vrf, record.vni, because)
    yield Row(bgp, {}, because)
    yield setting(BGP_VRF_RD, bgp, fabric.route_distinguisher(leaf, record.fabric_vlan), because)
    yield setting(BGP_VRF_ID, bgp, leaf.address, because)


def _vrf(record: Router, leaf: Leaf, has: Vrf) -> Iterator[Row]:
    yield from vrf(record, leaf, has.has_ipv6)
    bgp, because = key_of(BGP_VRF, leaf.name, fabric.vrf_name(record)), (record.key,)
    yield from targets(BGP_VRF_TARGETS, bgp, fabric.target_of(record, record.vni), because)
    for what in has.says("connected"):
        yield member(BGP_VRF_REDISTRIBUTED, bgp, (what,), because)


SHAPE = Shape(virtual_mac, _stretched, _gateway, _vrf, tunnel_source)
"""That of EOS."""


def _routes(leaf: Leaf, record: Router, routes: Iterable[tuple[str, str]]) -> Iterator[Row]:
    vrf = key_of(VRF, leaf.name, fabric.vrf_name(record))
    for prefix, nexthop in routes:
        yield Row(RowKey(VRF_ROUTES, f"{vrf.name} {prefix} {nexthop}"), {VALUE: nexthop}, (record.key,))


def setting(table: str, within: RowKey, value: Value, because: tuple[Key, ...]) -> Row:
    """A setting of a row that contains it."""
    return Row(RowKey(table, within.name), {VALUE: value}, because, within)


def member(table: str, within: RowKey, words: tuple[str, ...], because: tuple[Key, ...]) -> Row:
    """One of several of a row that contains it, which the last of the words is."""
    return Row(RowKey(table, " ".join((within.name, *words))), {VALUE: words[-1]}, because, within)


def targets(table: str, within: RowKey, target: str, because: tuple[Key, ...], *before: str) -> Iterator[Row]:
    """A route target, in both directions; `before` are words of its rows."""
    for direction in BOTH:
        yield member(table, within, (*before, direction, target), because)
