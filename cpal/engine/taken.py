"""Records of what switches have, as far as they hold it exactly: what cannot be said so is left out, with why.

Theory. Networks and routers of a fabric give many rows at many leaves. So what was read becomes records, these are
rendered, and a row that is not there as it would be written bars what it is of; then the same once more, until all that
is wanted is there. So a plan of what is taken over is empty.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import ip_interface
from typing import Any, NamedTuple
from uuid import uuid4

from msgspec.structs import replace

from cpal.core.driver import Cannot, Capability
from cpal.core.rows import VALUE, Row, RowKey, is_same
from cpal.core.view import Rendering
from cpal.drivers.devices import render_bgp
from cpal.drivers.devices.fabric_said import (
    GATEWAY,
    LEAF,
    NETWORK,
    ROUTER,
    Barred,
    FabricSaid,
    FabricWords,
    NetworkSaid,
    Routed,
)
from cpal.drivers.devices.fabric_said import said_by as said_of_fabric
from cpal.drivers.devices.render_device import kind_of
from cpal.drivers.devices.render_device import said_by as said_of_device
from cpal.drivers.devices.render_evpn import TUNNEL_SOURCE, is_anyones
from cpal.drivers.devices.render_switch import VLAN, VLAN_NAME, device_of, key_of, parts_of, said_by
from cpal.drivers.devices.switch import Writing
from cpal.model.estate import EMPTY, KINDS, Change, Estate
from cpal.model.network import OVERLAY_TYPES, ROUTER_INTERFACE, FixedIP, Network, Port, Subnet
from cpal.model.record import Record
from cpal.model.router import Router
from cpal.model.switch import ACCESS, TRUNK, Interface, Vlan
from cpal.model.target import Host, Target

Rows = Mapping[RowKey, Row]


class Taken(NamedTuple):
    """The target of what was read, the records of it, and sentences on what they leave out."""

    target: Target
    records: list[Record]
    left_out: list[str]


def taken(make: Writing, target: Target, own: dict[str, Any], mine: Rows, held: Rows, estate: Estate) -> Taken:
    """What to declare of the rows that are nobody's, of all that are held; each record has its `own` fields too."""
    barred: Barred = {}
    while True:
        said = said_of_fabric(held, mine, make.fabric, barred) if make.fabric else FabricSaid({}, {}, {})
        work = _Work(make, target, own, estate, said)
        work.add_rest(mine)
        work.spread()
        more = {at: why for at, why in work.wrong(held).items() if at not in barred}
        if not more:
            return Taken(work.target, work.records, [*work.left_out, *_sentences(barred)])
        barred |= more


def _wide_enough(target: Target, said: FabricSaid) -> Target:
    """A new target, whose underlay carries all networks with their MTU."""
    mtus = [each.routed.mtu for each in said.networks.values() if each.routed]
    tunnel = target.underlay_mtu - target.overlay_mtu("vxlan")
    return replace(target, underlay_mtu=max([target.underlay_mtu, *(mtu + tunnel for mtu in mtus)]))


def _sentences(barred: Barred) -> Iterator[str]:
    """What is barred, with why."""
    for at, why in barred.items():
        yield f"{_SENTENCES[at[0]].format(*at)}: {why}"


_SENTENCES = {
    LEAF: "the fabric on {1} is left as it is",
    NETWORK: "VNI {2} of {1} is left as it is",
    GATEWAY: "the gateway of VNI {1} is left as it is",
    ROUTER: "the VNI of VRF {1} is left as it is",
}
_OF_TUNNELS = frozenset({TUNNEL_SOURCE, "tunnels.enabled", "tunnels.reachability"})
"""Without which a leaf has no networks."""


class _Work:
    """Records of what was read, and where they are."""

    def __init__(self, make: Writing, target: Target, own: dict[str, Any], estate: Estate, said: FabricSaid) -> None:
        self.make, self.own, self.estate, self.said = make, own, estate, said
        self.target = target if estate.by_key(target.key) else _wide_enough(target, said)
        self.words = make.fabric or FabricWords()
        self.records: list[Record] = []
        self.left_out: list[str] = []
        self.networks: dict[int, Network] = {}
        self.routers: dict[str, Router] = {}
        self.vlans: dict[tuple[str, int], Network | None] = {}
        """The VLANs of networks and of routers' VNIs, by device."""
        self._leaves()
        self._routers()
        for network in said.networks.values():
            self._network(network)

    def _leaves(self) -> None:
        hosts = {host.name for host in self.estate.all(Host)}
        for name, leaf in self.said.leaves.items():
            if name not in hosts:
                self.records.append(
                    Host(id=str(uuid4()), name=name, stack=self.own["stack"], target=self.target.name,
                         underlay_address=leaf.address, anycast_mac=leaf.anycast_mac)
                )  # fmt: skip

    def _routers(self) -> None:
        known = {router.vni: router for router in self.estate.all(Router) if router.vni}
        for vrf, said in self.said.routers.items():
            router = known.get(said.vni) or Router(
                id=str(uuid4()), name=vrf, vrf="" if vrf == f"vrf{said.vni}" else vrf, vni=said.vni,
                fabric_vlan=said.vlan, route_target=said.route_target, export_policy=said.export_policy, **self.own,
            )  # fmt: skip
            self.routers[vrf] = router
            self.records += [router] if router.vni not in known else []
            self.vlans |= {(leaf, said.vlan): None for leaf in said.leaves if said.vlan}

    def _network(self, said: NetworkSaid) -> None:
        known = {each.segmentation_id: each for each in self.estate.all(Network) if each.network_type in OVERLAY_TYPES}
        network = known.get(said.vni) or Network(
            id=str(uuid4()), name=said.name, network_type="vxlan", segmentation_id=said.vni, fabric_vlan=said.vlan,
            route_target=said.route_target, mtu=said.routed.mtu if said.routed else 0, **self.own,
        )  # fmt: skip
        self.networks[said.vni] = network
        self.vlans |= {(leaf, said.vlan): network for leaf in said.leaves}
        if said.vni not in known:
            self.records += [network, *(self._interfaces(network, said.routed) if said.routed else ())]

    def _interfaces(self, network: Network, routed: Routed) -> Iterator[Record]:
        """The subnets of a network, each with the router's interface in it."""
        router = self.routers[routed.vrf]
        for n, address in enumerate(routed.addresses, start=1):
            interface = ip_interface(address)
            name = network.name if len(routed.addresses) == 1 else f"{network.name}/{n}"
            gateway = str(interface.ip)
            subnet = Subnet(id=str(uuid4()), name=name, network_id=network.id, cidr=str(interface.network),
                            gateway_ip=gateway, enable_dhcp=False, **self.own)  # fmt: skip
            yield subnet
            yield Port(id=str(uuid4()), name=f"{router.name}:{name}", network_id=network.id, device_id=router.id,
                       device_owner=ROUTER_INTERFACE, fixed_ips=(FixedIP(subnet.id, gateway),), security_groups=(),
                       port_security_enabled=False, **self.own)  # fmt: skip

    def spread(self) -> None:
        """Say of each network which leaves have it with no port in it."""
        ports = {(each.device, id) for each in self.records if isinstance(each, Interface) for id in each.networks}
        for vni, said in self.said.networks.items():
            network = self.networks[vni]
            leaves = tuple(leaf for leaf in said.leaves if (leaf, network.id) not in ports)
            if network in self.records:
                self.records.remove(network)
                self.networks[vni] = replace(network, leaves=leaves)
                self.records.append(self.networks[vni])

    def add_rest(self, mine: Rows) -> None:
        """What else the rows say."""
        rest = {key: row for key, row in mine.items() if not self._is_covered(key)}
        further = said_of_device(rest, self.make.is_default, self.make.lag)
        rest = {key: row for key, row in rest.items() if key not in further.left_out}
        said = said_by(rest, self.make.is_default, self.make.tells_trunks)
        self.records += [Vlan(id=str(uuid4()), **self.own, **fields) for fields in said.vlans]
        for fields in said.interfaces:
            carrying = self._carrying(fields)
            is_bare = len(carrying) == 1 < len(fields)
            self.records += [] if is_bare else [Interface(id=str(uuid4()), **self.own, **carrying)]
        self.records += [KINDS[kind](id=str(uuid4()), **self.own, **fields) for kind, fields in further.found]
        named = "its name is that of another, or it has none"
        self.left_out += [f"{key} is left as it is: {named}" for key in (*said.left_out, *further.left_out)]

    def _is_covered(self, key: RowKey) -> bool:
        """Whether a row is one of a network or a router."""
        device, parts = device_of(key), parts_of(key)
        if key.table in (VLAN, VLAN_NAME):
            return (device, int(parts[0])) in self.vlans
        if key.table.startswith("interface"):
            vlan = parts[0].removeprefix(self.words.interface)
            return parts[0] != vlan and self._is_gateway(device, int(vlan))
        of_vrf = kind_of(key.table) == "vrf" or (render_bgp.is_of_bgp(key.table) and key.table.endswith(".in_vrf"))
        return of_vrf and parts[0] in self.routers

    def _is_gateway(self, device: str, vlan: int) -> bool:
        if (device, vlan) not in self.vlans:
            return False
        network = self.vlans[device, vlan]
        said = self.said.networks.get(network.segmentation_id or 0) if network else None
        return network is None or (said is not None and said.routed is not None)

    def _carrying(self, fields: dict[str, Any]) -> dict[str, Any]:
        """The fields of an interface, with networks in the place of their VLANs."""
        device = fields["name"].partition("/")[0]
        here = {vlan: network for (at, vlan), network in self.vlans.items() if at == device and network}
        if fields.get("mode") == ACCESS and (network := here.get(fields["vlan"])):
            return {**{key: said for key, said in fields.items() if key != "vlan"}, "networks": (network.id,)}
        if fields.get("mode") != TRUNK or not here:
            return fields
        carried = [vlan for vlan in fields.get("vlans", ()) if vlan in here]
        if not self.words.trunks and (carried or "vlans" not in fields):
            why = "it carries networks of the fabric, which cpal writes otherwise on this make"
            self.left_out.append(f"the trunk {fields['name']} is left as it is: {why}")
            return {key: said for key, said in fields.items() if key not in ("mode", "vlan", "vlans")}
        vlans = tuple(vlan for vlan in fields.get("vlans", ()) if vlan not in here)
        networks = tuple(here[vlan].id for vlan in carried)
        return {**fields, **({"vlans": vlans} if "vlans" in fields else {}), "networks": networks}

    def wrong(self, held: Rows) -> Barred:
        """What of networks, routers and leaves is not there as it would be written, with why."""
        context = [record for record in (self.target,) if self.estate.by_key(record.key) is None]
        estate = self.estate.replace([Change(None, record) for record in (*context, *self.records)])
        rendering = Rendering(self.make.rules.render, self.make.rules.singletons)
        rendering.accept(rendering.propose(estate, EMPTY.changes_to(estate)))
        found = self._refused(estate)
        keys = {record.key for record in (*self.networks.values(), *self.routers.values())}
        keys |= {host.key for host in estate.all(Host) if host.name in self.said.leaves}
        for row in rendering.rows.values():
            there = held.get(row.key)
            if keys.isdisjoint(row.because) or is_same(there, row) or (there is not None and is_anyones(row)):
                continue
            for at in self._at(row):
                found.setdefault(at, self._why(row, there))
        for vni, said in self.said.networks.items():
            for leaf in said.leaves:
                if key_of(VLAN, leaf, said.vlan) not in rendering.rows:
                    found[NETWORK, leaf, str(vni)] = "no port of it is in the network"
        return found

    def _refused(self, estate: Estate) -> Barred:
        """What of networks and routers the make cannot hold, or is called as another."""
        found: Barred = {}
        capability = self.make.rules.capability
        first: dict[str, int] = {}
        for vni, network in self.networks.items():
            why = next((each.why for each in self._cannot(capability, network, estate)), "")
            if network.mtu > self.target.overlay_mtu("vxlan"):
                found[GATEWAY, str(vni)] = f"its MTU {network.mtu} needs a greater underlay_mtu of {self.target.name}"
            other = first.setdefault(network.name, vni)
            others = [each for each in self.estate.all(Network) if each.name == network.name and each.id != network.id]
            if other != vni or others:
                why = f"its VLAN is called {network.name}, as that of " + (
                    f"VNI {other}" if other != vni else "a network"
                )
            found |= {(NETWORK, leaf, str(vni)): why for leaf in self.said.networks[vni].leaves if why}
        for vrf, router in self.routers.items():
            if any(each.name == router.name and each.id != router.id for each in self.estate.all(Router)):
                found[ROUTER, vrf] = f"there is a router {router.name}, which is another"
            for cannot in self._cannot(capability, router, estate):
                found[ROUTER, vrf] = cannot.why
        return found

    def _cannot(self, capability: Capability, record: Network | Router, estate: Estate) -> Iterator[Cannot]:
        yield from capability.refuse[record.kind](self.target, record) if record.kind in capability.refuse else ()
        if record.kind in capability.refuse_together:
            yield from capability.refuse_together[record.kind](self.target, record, estate)

    def _at(self, row: Row) -> list[tuple[str, ...]]:
        """What a row is of."""
        device, kinds = device_of(row.key), {key.kind for key in row.because}
        vnis = [str(vni) for vni, network in self.networks.items() if network.key in row.because]
        vrfs = [(ROUTER, vrf) for vrf, router in self.routers.items() if router.key in row.because]
        if Host.kind in kinds and row.key.table in _OF_TUNNELS:
            return [(LEAF, device)]
        if Host.kind in kinds:
            return [(GATEWAY, str(vni)) for vni, said in self.said.networks.items()
                    if said.routed and device in said.leaves]  # fmt: skip
        if vnis and vrfs:
            return [(GATEWAY, vni) for vni in vnis]
        return [*vrfs, *((NETWORK, device, vni) for vni in vnis)]

    def _why(self, row: Row, there: Row | None) -> str:
        word = self.make.rules.tables[row.key.table].word
        at, wanted = device_of(row.key), row.columns.get(VALUE, "")
        if there is None:
            return f"{at} has no {word}" + (f" {wanted}" if wanted != "" else "")
        return f"the {word} is {there.columns.get(VALUE)} on {at}, and not {wanted}"
