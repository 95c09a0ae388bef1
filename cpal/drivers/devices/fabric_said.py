"""The other way round of `render_evpn`: what the leaves of a make say of networks and routers, for whoever takes them
over. Pure.

Theory. A network is a VNI: the leaves that have it under one VLAN and share a route target have one network. It is
routed where the interface of its VLAN has the addresses of a gateway, in a VRF that has a VNI, which is a router. What
comes out may still be told otherwise by the leaves than cpal would write it; whoever takes it over renders it,
compares, and bars what differs. So nothing here need be complete, and all that is left out is named, with why.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import ip_interface
from typing import NamedTuple

from cpal.core.rows import VALUE, Row, RowKey, Value
from cpal.drivers.devices import render_evpn as evpn
from cpal.drivers.devices.render_fabric import ANYCAST_MAC, route_target
from cpal.drivers.devices.render_switch import ADDRESS, INTERFACE_VRF, MTU, VLAN_NAME, device_of, key_of, parts_of

At = tuple[str, ...]
"""What is barred: LEAF and a device, NETWORK with a device and a VNI, GATEWAY with a VNI, or ROUTER with a VRF."""
LEAF, NETWORK, GATEWAY, ROUTER = "leaf", "network", "gateway", "router"
Rows = Mapping[RowKey, Row]
Barred = dict[At, str]
"""What is to be left as it is, with why."""


class FabricWords(NamedTuple):
    """How the leaves of a make say it: how the interface of a VLAN is called before its number, which tables have its
    addresses where it is a gateway, which says the gateway's MAC address (of each interface, or of the leaf), and
    which the policy by which a VRF says its routes, as the row's value or in its name; "" where there is none.

    `trunk_of_all` is whether a trunk of all VLANs carries networks too.
    """

    interface: str = "Vlan"
    addresses: tuple[str, ...] = (evpn.VIRTUAL,)
    mac: str = evpn.VIRTUAL_MAC
    policy: str = ""
    trunk_of_all: bool = True


class Leaf(NamedTuple):
    """A leaf: where its tunnels end, the MAC address of its gateways, "" cpal's, the physical networks it leads to."""

    address: str
    anycast_mac: str
    physical_networks: tuple[str, ...] = ()


class Routed(NamedTuple):
    """How a network is routed: the VRF, the addresses of the gateway, the interface's MTU."""

    vrf: str
    addresses: tuple[str, ...]
    mtu: int


class NetworkSaid(NamedTuple):
    """A network as its leaves have it: its VLAN and its MTU, 0 where they do not say, and the wire that it leads to."""

    vni: int
    vlan: int
    name: str
    route_target: str
    leaves: tuple[str, ...]
    routed: Routed | None
    mtu: int = 0
    physical: tuple[str, str] | None = None
    """The physical network, and its VLAN, or `untagged`."""

    @property
    def ip_mtu(self) -> int:
        """Its MTU, of its own or of its gateway; 0 where neither is said."""
        return self.mtu or (self.routed.mtu if self.routed else 0)


class RouterSaid(NamedTuple):
    """A router as its leaves have it; `vlan` is that of its VNI, 0 where there is none."""

    vrf: str
    vni: int
    vlan: int
    route_target: str
    export_policy: str
    leaves: tuple[str, ...]
    routes: tuple[tuple[str, str], ...] = ()


class FabricSaid(NamedTuple):
    """The leaves by name, the networks by VNI, the routers by VRF."""

    leaves: dict[str, Leaf]
    networks: dict[int, NetworkSaid]
    routers: dict[str, RouterSaid]


class _Held:
    """Rows by their table, and what follows from them."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self._tables: dict[str, list[Told]] = {}
        for key in sorted(rows):
            self._tables.setdefault(key.table, []).append(Told(device_of(key), parts_of(key), rows[key]))
        self._targets = {table: self._both(table) for table in (evpn.MAC_VRF_TARGETS, evpn.BGP_VRF_TARGETS)}

    def of(self, table: str) -> list[Told]:
        """The rows of a table, in order."""
        return self._tables.get(table, [])

    def said(self, table: str, device: str, *parts: object) -> Value | None:
        """What a row says; None where there is none."""
        row = self.rows.get(key_of(table, device, *parts))
        return row.columns[VALUE] if row is not None else None

    def targets(self, table: str, device: str, name: object) -> set[str]:
        """The route targets that an instance of this name both imports and exports."""
        found = self._targets[table].get((device, str(name)), {})
        return found.get("import", set()) & found.get("export", set())

    def _both(self, table: str) -> dict[tuple[str, str], dict[str, set[str]]]:
        found: dict[tuple[str, str], dict[str, set[str]]] = {}
        for device, parts, _ in self.of(table):
            found.setdefault((device, parts[0]), {}).setdefault(parts[-2], set()).add(parts[-1])
        return found


class Told(NamedTuple):
    """A row: its device, what it is about, and itself."""

    device: str
    parts: tuple[str, ...]
    row: Row

    @property
    def value(self) -> Value:
        """What it says."""
        return self.row.columns[VALUE]


def said_by(rows: Rows, mine: Rows, words: FabricWords, barred: Barred) -> FabricSaid:
    """What rows say, of networks whose VNIs are among `mine`; what cannot be said is put to what is `barred`."""
    held = _Held(rows)
    vrfs = _vrfs(held, barred)
    leaves = dict(_leaves(held, words))
    found: dict[int, NetworkSaid] = {}
    of_vrfs = {number for said in vrfs.values() for number in said.values()}
    for vni, at in _vnis(held, mine, of_vrfs).items():
        network = _network(held, vni, at, leaves, barred)
        if network is not None:
            found[vni] = network._replace(routed=_routed(held, words, network, vrfs, barred))
    routers = {}
    for vrf, on in vrfs.items():
        networks = [each for each in found.values() if each.routed and each.routed.vrf == vrf]
        at_leaves = tuple(sorted({leaf for each in networks for leaf in each.leaves}))
        if at_leaves and (router := _router(held, words, vrf, on, at_leaves, barred)):
            routers[vrf] = router
        for network in networks:
            found[network.vni] = network if vrf in routers else network._replace(routed=None)
    used = {leaf for network in found.values() for leaf in network.leaves}
    return FabricSaid({name: leaf for name, leaf in leaves.items() if name in used}, found, routers)


def _leaves(held: _Held, words: FabricWords) -> Iterator[tuple[str, Leaf]]:
    """Those that tell where their tunnels begin."""
    macs: dict[str, str] = {}
    for told in held.of(words.mac):
        macs.setdefault(told.device, str(told.value))
    addresses: dict[tuple[str, str], list[str]] = {}
    for device, (port, address), _ in held.of(ADDRESS):
        if ":" not in address:
            addresses.setdefault((device, port), []).append(address)
    for told in held.of(evpn.TUNNEL_SOURCE):
        ends = addresses.get((told.device, str(told.value)), [])
        if ends:
            mac = macs.get(told.device, "")
            first = min(map(ip_interface, ends), key=lambda each: int(each.ip))
            yield told.device, Leaf(str(first.ip), "" if mac == ANYCAST_MAC else mac)


def _vrfs(held: _Held, barred: Barred) -> dict[str, dict[str, int]]:
    """The VNI of each VRF, at each leaf that has it."""
    found: dict[str, dict[str, int]] = {}
    for told in held.of(evpn.VRF_VNI):
        found.setdefault(told.parts[0], {})[told.device] = int(str(told.value))
    for vrf, at in found.items():
        if len(set(at.values())) > 1:
            barred.setdefault((ROUTER, vrf), f"it has other VNIs on some leaves: {sorted(set(at.values()))}")
    return found


def _vnis(held: _Held, mine: Rows, of_vrfs: set[int]) -> dict[int, dict[str, int]]:
    """The VLAN of each VNI that is among `mine`, at each leaf that has it; not those of VRFs."""
    found: dict[int, dict[str, int]] = {}
    for told in held.of(evpn.VNI):
        vni = int(str(told.value))
        if vni not in of_vrfs and told.row.key in mine:
            found.setdefault(vni, {})[told.device] = int(told.parts[0])
    return found


def _network(
    held: _Held, vni: int, at: Mapping[str, int], leaves: Mapping[str, Leaf], barred: Barred
) -> NetworkSaid | None:
    """A network of the leaves that are not barred, as the first of them has it."""
    first: NetworkSaid | None = None
    shared: set[str] = set()
    for device, vlan in sorted(at.items()):
        if (NETWORK, device, str(vni)) in barred:
            continue
        name = str(held.said(VLAN_NAME, device, vlan) or "")
        targets = held.targets(evpn.MAC_VRF_TARGETS, device, vlan) or held.targets(evpn.MAC_VRF_TARGETS, device, vni)
        why = barred.get((LEAF, device), "")
        if not why and device not in leaves:
            why = "it tells no interface with an IPv4 address at which its tunnels begin"
        elif not why and not targets:
            why = "it has no EVPN instance of its own with a route target that it imports and exports"
        elif not why and not name:
            why = "the VLAN has no name"
        elif not why and first is not None:
            why = _differs(first, NetworkSaid(vni, vlan, name, "", (device,), None), shared & targets)
        if why:
            barred[NETWORK, device, str(vni)] = why
            continue
        shared = shared & targets if first else targets
        first = first or NetworkSaid(vni, vlan, name, "", (), None)
        first = first._replace(leaves=(*first.leaves, device))
    return first._replace(route_target=chosen(shared, vni)) if first is not None else None


def _differs(first: NetworkSaid, other: NetworkSaid, shared: set[str]) -> str:
    """Why what another leaf has is another network, or ""."""
    if (other.vlan, other.name) != (first.vlan, first.name):
        return f"it is VLAN {other.vlan} {other.name} there, and VLAN {first.vlan} {first.name} on {first.leaves[0]}"
    return "" if shared else f"it shares no route target with {first.leaves[0]}"


def chosen(shared: set[str], vni: int) -> str:
    """One of the route targets; "" where it is the one that follows from the VNI."""
    return "" if route_target(vni) in shared else min(shared)


def _routed(
    held: _Held, words: FabricWords, network: NetworkSaid, vrfs: Mapping[str, Mapping[str, int]], barred: Barred
) -> Routed | None:
    """How a network is routed, as its first leaf has it; None where it is not, or as no router does."""
    port, device = f"{words.interface}{network.vlan}", network.leaves[0]
    said = [str(held.said(INTERFACE_VRF, leaf, port) or "") for leaf in network.leaves]
    if vrfs.keys().isdisjoint(said) or (GATEWAY, str(network.vni)) in barred:
        return None
    vrf = said[0]
    found = sorted(told.parts[1] for table in words.addresses for told in held.of(table)
                   if (told.device, told.parts[0]) == (device, port))  # fmt: skip
    prefixes = [ip_interface(address).network for address in found]
    why = barred.get((ROUTER, vrf), "")
    if not why and len(set(said)) > 1:
        why = "its leaves do not all route it in one VRF"
    elif not why and not found:
        why = f"the addresses of {port} are each leaf's own, and not those of a gateway that all leaves are"
    elif (
        not why
        and evpn.VIRTUAL not in words.addresses
        and any(
            (told.device, told.parts[0]) == (leaf, port) for told in held.of(evpn.VIRTUAL) for leaf in network.leaves
        )
    ):
        why = f"{port} has a virtual address beside each leaf's own, which cpal does not write on this make"
    elif not why and len(set(prefixes)) < len(prefixes):
        why = f"{port} has two addresses in one prefix"
    if why:
        barred[GATEWAY, str(network.vni)] = why
        return None
    return Routed(vrf, tuple(found), int(str(held.said(MTU, device, port) or 0)))


def _router(
    held: _Held, words: FabricWords, vrf: str, on: Mapping[str, int], leaves: tuple[str, ...], barred: Barred
) -> RouterSaid | None:
    """The router that a VRF is, of the leaves that have networks in it."""
    if (ROUTER, vrf) in barred:
        return None
    vni = min(on.values())
    shared = set.intersection(*(held.targets(evpn.BGP_VRF_TARGETS, leaf, vrf) for leaf in leaves))
    if not shared:
        barred[ROUTER, vrf] = "its leaves share no route target that they import and export"
        return None
    vlans = {int(told.parts[0]) for told in held.of(evpn.VNI) if told.value == vni and told.device in leaves}
    return RouterSaid(vrf, vni, min(vlans, default=0), chosen(shared, vni), _policy(held, words, vrf, leaves), leaves)


def _policy(held: _Held, words: FabricWords, vrf: str, leaves: tuple[str, ...]) -> str:
    """The policy by which the leaves say the routes of a VRF; "" where it is cpal's, or nobody's."""
    found = [str(told.value) for told in held.of(words.policy) if told.device in leaves and told.parts[0] == vrf]
    return "" if not found or any(each.startswith("cpal-") for each in found) else min(found)
