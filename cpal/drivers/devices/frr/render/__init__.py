"""From the estate to the rows that leaves running FRR should hold.

One bridge for a network: this needs no VLANs in the kernel. A routed network's bridge is in the namespace of its VRF
and has the gateway's addresses itself, so that FRR knows which VRF its neighbours are in. A layer-3 VNI has a bridge of
its own, whose MAC address is the leaf's. Source: FRR's user guide, "EVPN", with `zebra --vrfwnetns`.
"""

from __future__ import annotations

from collections.abc import Mapping

from cpal.core.driver import Render
from cpal.core.rows import VALUE, Row, RowKey, Value
from cpal.core.view import View
from cpal.drivers.devices import render_fabric as fabric
from cpal.drivers.devices.frr.render import acl, filters, routed
from cpal.drivers.devices.frr.render.names import (
    ADDRESS,
    BGP_VRF,
    DRIVER,
    EVPN,
    ROUTE,
    bridge_key,
    port_key,
    port_name,
    uplink_key,
    uplink_name,
    vrf_key,
    vxlan_key,
)
from cpal.drivers.devices.render_fabric import LAYER_2, Leaf
from cpal.model.network import Network, Port
from cpal.model.record import Key
from cpal.model.router import Router
from cpal.model.switch import Interface
from cpal.model.target import Host


def host(view: View, record: Host) -> list[Row]:
    """What each leaf has: where networks are that nobody routes."""
    leaf = fabric.leaf_of(view, record, DRIVER)
    return [Row(vrf_key(leaf.name, LAYER_2), {"forwarding": False}, (record.key,))] if leaf else []


def network(view: View, record: Network) -> list[Row]:
    """A network at each of its leaves."""
    vni = fabric.vni_of(record)
    return [row for leaf in fabric.leaves_of(view, record, DRIVER) for row in _at_leaf(view, record, vni, leaf)]


def _at_leaf(view: View, record: Network, vni: int | None, leaf: Leaf) -> list[Row]:
    gateway = fabric.gateway_of(view, record)
    because: tuple[Key, ...] = (record.key,)
    vrf, mac = LAYER_2, {}
    addresses: tuple[str, ...] = ()
    if gateway:
        vrf, mac, addresses = fabric.vrf_name(gateway.router), {"mac": leaf.anycast_mac}, gateway.addresses
        because = (record.key, gateway.router.key)
    bridge = bridge_key(leaf.name, vrf, f"br{vni or record.id[:8]}")
    rows = [Row(bridge, {**mac}, because, vrf_key(leaf.name, vrf))]
    rows += [Row(RowKey(ADDRESS, f"{bridge.name} {ip}"), {VALUE: ip}, because, bridge) for ip in addresses]
    if vni is not None:
        device = vxlan_key(leaf.name, f"vx{vni}")
        columns = _vxlan(vni, leaf, record.mtu, bridge)
        rows.append(Row(device, columns, because))
        rows.append(
            Row(RowKey(EVPN, f"{leaf.name} {vni}"), {"route_target": fabric.target_of(record, vni)}, because, device)
        )
    if record.physical_network in leaf.physical_networks:
        vlan = "untagged" if record.segmentation_id is None else str(record.segmentation_id)
        key = uplink_key(leaf.name, uplink_name(record.physical_network, vlan))
        rows.append(Row(key, {"bridge": bridge, "up": record.admin_state_up}, because))
    return rows


def _vxlan(vni: int, leaf: Leaf, mtu: int, bridge: RowKey) -> dict[str, Value]:
    return {"vni": vni, "local": leaf.address, "mtu": mtu, "bridge": bridge}


def router(view: View, record: Router) -> list[Row]:
    """A router's VRF at each leaf that has one of its networks."""
    rows = []
    name, because = fabric.vrf_name(record), (record.key,)
    mtu = max((network.mtu for network in fabric.routed_networks(view, record)), default=0)
    for leaf, networks in fabric.vrf_leaves(view, record, DRIVER).items():
        vrf = vrf_key(leaf.name, name)
        rows.append(Row(vrf, {"forwarding": True}, because))
        columns: dict[str, Value] = {"router_id": leaf.address}
        if record.vni:
            columns |= {"vni": record.vni, "route_target": fabric.target_of(record, record.vni)}
            bridge = bridge_key(leaf.name, name, f"br{record.vni}")
            rows.append(Row(bridge, {"mac": leaf.mac_address}, because, vrf))
            device = vxlan_key(leaf.name, f"vx{record.vni}")
            rows.append(Row(device, _vxlan(record.vni, leaf, mtu, bridge), because))
        rows.append(Row(RowKey(BGP_VRF, vrf.name), columns, because, vrf))
        for prefix, nexthop in fabric.routes_at(view, record, networks):
            key = RowKey(ROUTE, f"{vrf.name} {prefix} {nexthop}")
            rows.append(Row(key, {"prefix": prefix, "nexthop": nexthop}, because, vrf))
    return rows


def port(view: View, record: Port) -> list[Row]:
    """An access port in the bridge of its network."""
    leaf = fabric.leaf_named(view, record.host_id, DRIVER) if fabric.is_access(record) else None
    network = view.get(Network, record.network_id) if leaf else None
    if leaf is None or network is None:
        return []
    plugged = _plugged(view, leaf, port_name(record.id), record, network, record.admin_state_up)
    return [plugged, *filters.of_port(view, leaf, record, network)]


def interface(view: View, record: Interface) -> list[Row]:
    """What is plugged in at a leaf, whatever Linux calls it, in the bridge of its network; or in none."""
    if not record.networks:
        return list(routed.of_interface(view, record))
    leaf = fabric.leaf_named(view, record.device, DRIVER)
    networks = [network for id in record.networks if (network := view.get(Network, id))] if leaf else []
    if leaf is None or not networks:
        return []
    plugged = _plugged(view, leaf, record.port, record, networks[0], record.enabled is not False)
    described = routed.described(record, fabric.vrf_of(view, networks[0]))
    return [plugged, *described, *acl.of_interface(view, leaf, record, networks[0])]


def _plugged(
    view: View, leaf: Leaf, name: str, record: Port | Interface, network: Network, enabled: bool
) -> Row:  # fmt: skip
    vrf = fabric.vrf_of(view, network)
    bridge = bridge_key(leaf.name, vrf, f"br{fabric.vni_of(network) or network.id[:8]}")
    columns: dict[str, Value] = {"bridge": bridge, "up": enabled and network.admin_state_up}
    if isinstance(record, Interface):
        columns |= routed.mtu_of(record)
    return Row(port_key(leaf.name, name), columns, (record.key, network.key))


RENDER: Mapping[str, Render] = {
    "host": host, "network": network, "router": router, "port": port, "interface": interface,
    "security_group": filters.group, "address_group": filters.address_group,
    "acl": acl.acl, "vrf": routed.vrf,
}  # fmt: skip
"""What each kind of record gives."""
