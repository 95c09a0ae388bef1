"""Records of what switches have, as far as they hold it exactly: what cannot be said so is left out, with why.

Theory. Networks and routers of a fabric give many rows at many leaves. So what was read becomes records, these are
rendered, and a row that is not there as it would be written bars what it is of; then the same once more, until all that
is wanted is there. So a plan of what is taken over is empty.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from ipaddress import ip_interface
from typing import Any, NamedTuple, Protocol
from uuid import uuid4

from msgspec.structs import replace

from cpal.core.driver import Cannot, Capability, Rules
from cpal.core.rows import VALUE, Row, RowKey, is_same
from cpal.core.view import Rendering
from cpal.drivers.devices.fabric_said import (
    GATEWAY,
    LEAF,
    NETWORK,
    ROUTER,
    Barred,
    FabricSaid,
    NetworkSaid,
    Routed,
)
from cpal.drivers.devices.render_evpn import is_anyones
from cpal.drivers.devices.render_fabric import vni_of
from cpal.drivers.devices.render_switch import device_of
from cpal.model.estate import EMPTY, Change, Estate
from cpal.model.network import ROUTER_INTERFACE, FixedIP, HostRoute, Network, Port, Subnet
from cpal.model.record import Record
from cpal.model.router import Router
from cpal.model.switch import Interface
from cpal.model.target import Host, Target

Rows = Mapping[RowKey, Row]


class Taken(NamedTuple):
    """The target of what was read, the records of it, sentences on what they leave out, and what of that is barred."""

    target: Target
    records: list[Record]
    left_out: list[str]
    barred: Barred


class Taking(Protocol):
    """How devices of a kind are taken over. Pure."""

    @property
    def rules(self) -> Rules:
        """What they hold, and how it is rendered."""

    @property
    def of_leaf(self) -> Collection[str]:
        """The tables without whose rows a leaf has no networks."""

    def said(self, held: Rows, mine: Rows, barred: Barred) -> FabricSaid:
        """What rows say of networks and routers, of those that are among `mine`."""

    def add_rest(self, work: Work, mine: Rows) -> None:
        """Add records of what else the rows say."""

    def is_at(self, rows: Rows, leaf: str, network: NetworkSaid) -> bool:
        """Whether a leaf has a network, by its rows."""


def taken(
    how: Taking, target: Target, own: dict[str, Any], mine: Rows, held: Rows, estate: Estate, barred: Barred
) -> Taken:
    """What to declare of the rows that are nobody's, of all that are held; each record has its `own` fields too.

    `barred` is what is left out from the start.
    """
    barred = dict(barred)
    while True:
        work = Work(how, target, own, estate, how.said(held, mine, barred))
        how.add_rest(work, mine)
        work.spread()
        more = {at: why for at, why in work.wrong(held).items() if at not in barred}
        if not more:
            return Taken(work.target, work.records, [*work.left_out, *_sentences(barred)], barred)
        barred |= more


def _wide_enough(target: Target, said: FabricSaid) -> Target:
    """A new target, whose underlay carries all networks with their MTU."""
    mtus = [each.ip_mtu for each in said.networks.values() if each.ip_mtu]
    tunnel = target.underlay_mtu - target.overlay_mtu("vxlan")
    return replace(target, underlay_mtu=max([target.underlay_mtu, *(mtu + tunnel for mtu in mtus)]))


def _segment(said: NetworkSaid) -> dict[str, Any]:
    """The fields that say how a network is tunnelled, or which wire it is."""
    if said.physical is None:
        return {"network_type": "vxlan", "segmentation_id": said.vni}
    name, vlan = said.physical
    if vlan.isdecimal():
        return {"network_type": "vlan", "physical_network": name, "segmentation_id": int(vlan)}
    return {"network_type": "flat", "physical_network": name}


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


class Work:
    """Records of what was read, and where they are."""

    def __init__(self, how: Taking, target: Target, own: dict[str, Any], estate: Estate, said: FabricSaid) -> None:
        self.how, self.own, self.estate, self.said = how, own, estate, said
        self.target = target if estate.by_key(target.key) else _wide_enough(target, said)
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
                         underlay_address=leaf.address, anycast_mac=leaf.anycast_mac,
                         physical_networks=leaf.physical_networks)
                )  # fmt: skip

    def _routers(self) -> None:
        known = {router.vni: router for router in self.estate.all(Router) if router.vni}
        for vrf, said in self.said.routers.items():
            router = known.get(said.vni) or Router(
                id=str(uuid4()), name=vrf, vrf="" if vrf == f"vrf{said.vni}" else vrf, vni=said.vni,
                fabric_vlan=said.vlan, route_target=said.route_target, export_policy=said.export_policy,
                routes=tuple(HostRoute(*route) for route in said.routes), **self.own,
            )  # fmt: skip
            self.routers[vrf] = router
            self.records += [router] if router.vni not in known else []
            self.vlans |= {(leaf, said.vlan): None for leaf in said.leaves if said.vlan}

    def _network(self, said: NetworkSaid) -> None:
        known = {vni_of(each): each for each in self.estate.all(Network)}
        network = known.get(said.vni) or Network(
            id=str(uuid4()), name=said.name, fabric_vlan=said.vlan, route_target=said.route_target,
            mtu=said.ip_mtu, **_segment(said), **self.own,
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
        """Say of each network which leaves have it, with no port in it and no way to its wire."""
        ports = {(each.device, id) for each in self.records if isinstance(each, Interface) for id in each.networks}
        for vni, said in self.said.networks.items():
            network = self.networks[vni]
            led = said.physical[0] if said.physical else ""
            leaves = tuple(
                leaf
                for leaf in said.leaves
                if (leaf, network.id) not in ports and led not in self.said.leaves[leaf].physical_networks
            )
            if network in self.records:
                self.records.remove(network)
                self.networks[vni] = replace(network, leaves=leaves)
                self.records.append(self.networks[vni])
            elif leaves and network.stack == self.own["stack"]:  # first read of another target
                self.records.append(replace(network, leaves=(*network.leaves, *leaves)))

    def wrong(self, held: Rows) -> Barred:
        """What of networks, routers and leaves is not there as it would be written, with why."""
        context = [record for record in (self.target,) if self.estate.by_key(record.key) is None]
        records = (*context, *self.records)
        estate = self.estate.replace([Change(self.estate.by_key(record.key), record) for record in records])
        rendering = Rendering(self.how.rules.render, self.how.rules.singletons)
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
                if not self.how.is_at(rendering.rows, leaf, said):
                    found[NETWORK, leaf, str(vni)] = "no port of it is in the network"
        return found

    def _refused(self, estate: Estate) -> Barred:
        """What of networks and routers the make cannot hold, or is called as another."""
        found: Barred = {}
        capability = self.how.rules.capability
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
        if Host.kind in kinds and row.key.table in self.how.of_leaf:
            return [(LEAF, device)]
        if Host.kind in kinds:
            return [(GATEWAY, str(vni)) for vni, said in self.said.networks.items()
                    if said.routed and device in said.leaves]  # fmt: skip
        if vnis and vrfs:
            return [(GATEWAY, vni) for vni in vnis]
        return [*vrfs, *((NETWORK, device, vni) for vni in vnis)]

    def _why(self, row: Row, there: Row | None) -> str:
        word = self.how.rules.tables[row.key.table].word
        at, wanted = device_of(row.key), row.columns.get(VALUE, "")
        if there is None:
            return f"{at} has no {word}" + (f" {wanted}" if wanted != "" else "")
        for column in sorted(row.columns.keys() | there.columns.keys()):
            if there.columns.get(column) != row.columns.get(column):
                of = "" if column == VALUE else f"{column} of the "
                return f"the {of}{word} is {there.columns.get(column)} on {at}, and not {row.columns.get(column)}"
        return f"the {word} is elsewhere on {at}"
