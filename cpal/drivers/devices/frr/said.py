"""The other way round of `render`: what leaves that run FRR have of networks and routers, for whoever takes them over.
Pure.

A network is a VNI of which FRR is told a route target, in one bridge at each leaf; a router is a VRF with a VNI.
Whoever takes them over renders them and compares: so nothing here need be complete (`fabric_said`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from cpal.core.rows import VALUE, Row, RowKey, Value
from cpal.drivers.devices.fabric_said import (
    GATEWAY,
    LEAF,
    NETWORK,
    ROUTER,
    Barred,
    FabricSaid,
    Leaf,
    NetworkSaid,
    Routed,
    RouterSaid,
    chosen,
)
from cpal.drivers.devices.frr.leaf_port import uplink_words
from cpal.drivers.devices.frr.render.names import (
    ADDRESS,
    BGP_VRF,
    EVPN,
    FILTER,
    ROUTE,
    UPLINK,
    VXLAN,
    port_key,
    vxlan_key,
)
from cpal.drivers.devices.render_fabric import ANYCAST_MAC, LAYER_2

Rows = Mapping[RowKey, Row]


class _There(NamedTuple):
    """A network as one leaf has it: its bridge, its VXLAN device, its route target, where it leads to outside."""

    leaf: str
    bridge: RowKey
    device: Row
    route_target: str
    physical: tuple[str, str] | None


class _Held:
    """Rows by their table."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self._tables: dict[str, list[Row]] = {}
        for key in sorted(rows):
            self._tables.setdefault(key.table, []).append(rows[key])

    def of(self, table: str) -> list[Row]:
        """The rows of a table, in order."""
        return self._tables.get(table, [])

    def addresses(self, bridge: RowKey) -> tuple[str, ...]:
        """Those of a bridge."""
        return tuple(sorted(str(row.columns[VALUE]) for row in self.of(ADDRESS) if row.within == bridge))


def said_by(rows: Rows, mine: Rows, names: Mapping[RowKey, str], barred: Barred) -> FabricSaid:
    """What rows say, of networks whose VNIs are among `mine`; what cannot be said is put to what is `barred`.

    `names` are those that others gave to bridges.
    """
    held = _Held(rows)
    leaves = dict(_leaves(held, barred))
    vrfs = {row.key.name: row for row in held.of(BGP_VRF) if "vni" in row.columns}
    networks: dict[int, NetworkSaid] = {}
    for vni, there in _networks(held, mine, barred).items():
        at = [each for each in there if each.leaf in leaves]
        if at:
            networks[vni] = _network(held, vni, at, names, vrfs, barred)
    routers: dict[str, RouterSaid] = {}
    for vrf in sorted({each.routed.vrf for each in networks.values() if each.routed}):
        of_vrf = [each for each in networks.values() if each.routed and each.routed.vrf == vrf]
        router = _router(held, vrf, tuple(sorted({leaf for each in of_vrf for leaf in each.leaves})), vrfs, barred)
        routers |= {vrf: router} if router else {}
        for each in of_vrf:
            networks[each.vni] = each if router else each._replace(routed=None)
    used = {leaf for network in networks.values() for leaf in network.leaves}
    return FabricSaid({name: leaf for name, leaf in leaves.items() if name in used}, networks, routers)


def _leaves(held: _Held, barred: Barred) -> Iterator[tuple[str, Leaf]]:
    """Those whose tunnels all end at one address."""
    ends: dict[str, set[str]] = {}
    for row in held.of(VXLAN):
        ends.setdefault(_leaf(row.key), set()).add(str(row.columns.get("local", "")))
    for leaf, found in ends.items():
        if (LEAF, leaf) in barred:
            continue
        if len(found) > 1 or "" in found:
            barred[LEAF, leaf] = f"its tunnels end at {', '.join(sorted(filter(None, found))) or 'no address'}"
            continue
        macs = {str(held.rows[row.within].columns.get("mac", "")) for row in held.of(ADDRESS)
                if row.within in held.rows and _leaf(row.key) == leaf and row.within}  # fmt: skip
        mac = min(macs, default="")
        physical = {words[0] for row in held.of(UPLINK) if _leaf(row.key) == leaf if (words := _outside(row))}
        yield leaf, Leaf(min(found), "" if mac == ANYCAST_MAC else mac, tuple(sorted(physical)))


def _networks(held: _Held, mine: Rows, barred: Barred) -> dict[int, list[_There]]:
    """What leaves have that are not barred, by VNI."""
    outside = {row.columns["bridge"]: words for row in held.of(UPLINK)
               if "bridge" in row.columns if (words := _outside(row))}  # fmt: skip
    filtered = _filtered(held, mine)
    found: dict[int, list[_There]] = {}
    for row in held.of(EVPN):
        leaf, vni = row.key.name.split()
        device = held.rows[vxlan_key(leaf, f"vx{vni}")]
        if device.key not in mine or (NETWORK, leaf, vni) in barred or (LEAF, leaf) in barred:
            continue
        bridge = device.columns.get("bridge")
        why = "" if isinstance(bridge, RowKey) and bridge in held.rows else "it is in no bridge"
        target = str(row.columns["route_target"])
        others = found.get(int(vni), [])
        if not why and others and target != others[0].route_target:
            why = f"its route target is {target}, and {others[0].route_target} on {others[0].leaf}"
        elif not why and bridge in filtered:
            why = "security groups filter its ports, and a leaf does not have all that they say"
        if why:
            barred[NETWORK, leaf, vni] = why
            continue
        assert isinstance(bridge, RowKey)
        found.setdefault(int(vni), []).append(_There(leaf, bridge, device, target, outside.get(bridge)))
    return found


def _filtered(held: _Held, mine: Rows) -> set[Value]:
    """The bridges with ports that are filtered."""
    ports = (held.rows.get(port_key(*_at(row.key))) for row in held.of(FILTER) if row.key in mine)
    return {port.columns["bridge"] for port in ports if port is not None and "bridge" in port.columns}


def _at(key: RowKey) -> tuple[str, str]:
    """The leaf and the port of a filter."""
    leaf, _, port = key.name.split()
    return leaf, port


def _network(
    held: _Held, vni: int, at: list[_There], names: Mapping[RowKey, str], vrfs: Mapping[str, Row], barred: Barred
) -> NetworkSaid:
    first = at[0]
    name = next((names[each.bridge] for each in at if each.bridge in names), f"vni{vni}")
    mtu = int(str(first.device.columns["mtu"]))
    physical = next((each.physical for each in at if each.physical), None)
    leaves = tuple(each.leaf for each in at)
    said = NetworkSaid(vni, 0, name, chosen({first.route_target}, vni), leaves, None, mtu, physical)
    vrf = _vrf(first.bridge)
    if vrf == LAYER_2 or (GATEWAY, str(vni)) in barred:
        return said
    addresses = held.addresses(first.bridge)
    why = barred.get((ROUTER, vrf), "")
    if not why and len({_vrf(each.bridge) for each in at}) > 1:
        why = "its leaves do not all route it in one VRF"
    elif not why and f"{first.leaf} {vrf}" not in vrfs:
        why = f"the VRF {vrf} has no VNI"
    elif not why and not addresses:
        why = "it has no gateway"
    if why:
        barred[GATEWAY, str(vni)] = why
        return said
    return said._replace(routed=Routed(vrf, addresses, mtu))


def _router(
    held: _Held, vrf: str, leaves: tuple[str, ...], vrfs: Mapping[str, Row], barred: Barred
) -> RouterSaid | None:
    """The router that a VRF is, as the first of the leaves has it that have networks in it."""
    if (ROUTER, vrf) in barred:
        return None
    row = vrfs[f"{leaves[0]} {vrf}"]
    target, vni = str(row.columns.get("route_target", "")), int(str(row.columns["vni"]))
    routes = {(str(each.columns["prefix"]), str(each.columns["nexthop"])) for each in held.of(ROUTE)
              if _vrf(each.key) == vrf and _leaf(each.key) in leaves}  # fmt: skip
    return RouterSaid(vrf, vni, 0, chosen({target}, vni), "", leaves, tuple(sorted(routes)))


def _outside(row: Row) -> tuple[str, str] | None:
    return uplink_words(row.key.name.split()[1])


def _leaf(key: RowKey) -> str:
    return key.name.split()[0]


def _vrf(key: RowKey) -> str:
    return key.name.split()[1]
