"""Completing records: whatever a person left out is decided here, once, and stored.

Theory. Completion is a pure function of the records declared and of the estate they go into. What is asked for
explicitly comes first, of all records; then what a record already had, so that nothing changes by itself; then the
next that is free. Records are taken by kind (each after what it refers to), name and id, so that the order in which
they were written does not matter. A record whose reference dangles is left as it is: the estate's checks say so.

Each decision stands by itself (`Work.decide`): where a pool has nothing left, that is a fault, what was to come from it
is not known, and neither is what follows from that; all else is decided as ever. Nor does anything follow from a
prefix, a pool or a range that is wrong in itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from functools import cached_property, lru_cache
from typing import NamedTuple, TypeVar
from uuid import NAMESPACE_OID, UUID, uuid5

from msgspec.structs import replace

from cpal.core.allocate import (
    FABRICS,
    VLAN_FABRICS,
    VLANS_IN_FABRIC,
    default_gateway,
    default_pools,
    free_cidr,
    vni_range,
)
from cpal.core.complete_port import complete_floating_ip, complete_port, led_to_first, same_ports
from cpal.core.reserve import Work
from cpal.errors import Exhausted, Fault, Faults
from cpal.model.address import prefix
from cpal.model.checks.network import address_plan_problems
from cpal.model.checks.target import underlay_problems
from cpal.model.checks.words import sure
from cpal.model.claims import FABRIC_VLAN, claims_of, vlan_claim
from cpal.model.default_rules import DefaultSecurityGroupRule, rules_of_default
from cpal.model.doubts import Unread
from cpal.model.estate import Estate
from cpal.model.instance import Instance
from cpal.model.network import OVERLAY_TYPES, Network, Port, Segment, Subnet
from cpal.model.port_forwarding import PortForwarding
from cpal.model.record import IMPLIED, Claim, Key, Record
from cpal.model.router import FloatingIP, Router
from cpal.model.security import SecurityGroup
from cpal.model.target import ANSWERING, GATEWAY, Host, Placement, Range, Target
from cpal.model.unknown import UNKNOWN, NotKnown, filled, is_known, left_out, without

DEFAULT_GROUP = "default"
"""The name of each project's default security group, which no other one of the project has."""
GATEWAY_HOSTS = 5
"""How many hosts a gateway is placed on at most: one active, the others stand by."""


class Completion(NamedTuple):
    """The completed records, and the faults of those that a pool had nothing left for.

    `partly` are those of which not all is known, as far as it is; what `records` has for the rest means nothing.
    """

    records: list[Record]
    faults: tuple[Fault, ...]
    partly: dict[Key, Record]


def complete(declared: Iterable[Record], estate: Estate, dropped: Collection[Key] = ()) -> list[Record]:
    """The declared records with all that was left out filled in, and those that they imply.

    `dropped` are records of the estate that go at the same time: what they hold is free.

    Raises:
        Faults: a pool (VNIs, VLANs, addresses, CIDRs) has nothing left, for each record that wants of it.
    """
    done = complete_known(declared, estate, dropped)
    if done.faults:
        raise Faults(done.faults)
    return done.records


def complete_known(
    declared: Iterable[Record],
    estate: Estate,
    dropped: Collection[Key] = (),
    unread: Unread | None = None,
    vnis_of_others: Collection[int] = (),
) -> Completion:
    """The same, as far as it is known what is declared; what is not is UNKNOWN in a declared record.

    `vnis_of_others` are not drawn: somebody else has them at a target.
    """
    work = Work(declared, estate, dropped, unread, vnis_of_others)
    segmenting = _segmenting(work) if work.declares(Network) else {}
    for network in work.declared(Network):
        work.records[network.key] = work.decide(network, ("network_type",), _typed, segmenting[network.id])
    for record in list(work.records.values()):
        work.put(record)
    _networks(work, segmenting)
    for subnet in work.declared(Subnet):
        subnet = work.decide(subnet, ("cidr",), _prefixed)
        subnet = work.decide(subnet, ("gateway_ip",), _gatewayed)
        subnet = work.decide(subnet, ("allocation_pools",), _pooled)
        work.put(subnet)
        work.blur(subnet, *(problem.field for problem in sure(address_plan_problems(subnet))))
    if work.declares(Router, Instance, Host):
        hosts = sorted(work.every(Host), key=lambda host: host.name)
        _routers(work, hosts)
        _instances(work, hosts)
    groups = _DefaultGroups(work)
    for port in work.declared(Port):
        completed = complete_port(work, port, groups.of_project)
        work.put(completed)
        if is_known(completed) and completed.is_handed_through:
            _place_answering(work, completed, sorted(work.every(Host), key=lambda host: host.name))
    for floating in work.declared(FloatingIP):
        work.put(complete_floating_ip(work, floating))
    for forwarding in work.declared(PortForwarding):
        forwarding = work.decide(forwarding, ("internal_port_range",), same_ports)
        work.put(work.decide(forwarding, ("internal_ip_address",), led_to_first))
    partly = {key: record for key, record in work.records.items() if not is_known(record)}
    records = [filled(record) if key in partly else record for key, record in work.records.items()]
    return Completion(records, tuple(work.faults), partly)


def _networks(work: Work, segmenting: Mapping[str, Target]) -> None:
    """Complete the networks; their types are decided."""
    by_vlans = work.declares(Network) and _target_of(work, VLAN_FABRICS) is not None
    for network in work.declared(Network):
        target = segmenting[network.id]
        network = work.decide(network, ("segmentation_id", "physical_network"), _segmented, target)
        network = work.decide(network, ("more_segments",), _segmented_more, target)
        network = work.decide(network, ("mtu",), _sized, target)
        work.put(work.decide(network, ("fabric_vlan",), _with_fabric_vlan, by_vlans))


NO_TARGET = Target(id="", driver="")


def _segmenting(work: Work) -> dict[str, Target]:
    """The target that says how each declared network is segmented, by its id; what is wrong with one is not known.

    It is one whose hosts have ports of the network, else the first by name.
    """
    targets = {
        target.name: without(target, *(problem.field for problem in underlay_problems(target)))
        for target in sorted(work.every(Target), key=lambda found: found.name)
    }
    first = next(iter(targets.values()), NO_TARGET)
    found = {network.id: first for network in work.declared(Network)}
    for port in work.declared(Port) if len(targets) > 1 else ():
        name = _host_of(work, port)
        host = work.host(name) if name is not UNKNOWN and name else None
        if host is not None and port.network_id in found and host.target in targets:
            found[port.network_id] = targets[host.target]
    return found


def _host_of(work: Work, port: Port) -> str:
    """Where a port is said to be: itself, or by the instance that it is of."""
    instance = work.get(Instance, port.device_id) if port.device_id is not UNKNOWN and port.device_id else None
    if port.host_id is UNKNOWN or port.host_id:
        return port.host_id
    return instance.host if instance else ""


def _typed(work: Work, network: Network, target: Target) -> Network:
    if network.network_type:
        return network
    before = work.before(network)
    if network.physical_network:
        return replace(network, network_type="flat" if left_out(network.segmentation_id) else "vlan")
    kept = before.network_type if before and before.network_type in OVERLAY_TYPES else target.encap
    return replace(network, network_type=kept)


def _segmented(work: Work, network: Network, target: Target) -> Network:
    if network.segmentation_id is not None:
        return network
    return _kept_segment(work, network) or _new_segment(work, network, target)


def _sized(work: Work, network: Network, target: Target) -> Network:
    return replace(network, mtu=network.mtu or target.overlay_mtu(network.network_type))


def _kept_segment(work: Work, network: Network) -> Network | None:
    before = work.before(network)
    if before is None or before.segmentation_id is None or before.network_type != network.network_type:
        return None
    if network.physical_network not in ("", before.physical_network):
        return None
    kept = replace(network, segmentation_id=before.segmentation_id, physical_network=before.physical_network)
    segment = [claim for claim in claims_of(replace(kept, more_segments=())) if claim.space in ("vni", "vlan")]
    return kept if all(work.take(claim, network.key) for claim in segment) else None


def _new_segment(work: Work, network: Network, target: Target) -> Network:
    kind = network.network_type
    if kind in OVERLAY_TYPES:
        span = vni_range(kind, target)
        vni = work.draw("vni", "", span, network.key)
        if vni is None:
            raise Exhausted(
                f"no VNI is left from {span.start} to {span.end}",
                key=f'network "{network.name}"',
                field="segmentation_id",
                remedy="delete a network or widen the target's vni_range",
            )
        return replace(network, segmentation_id=vni)
    return _vlan(work, network, target) if kind == "vlan" else network


def _vlan(work: Work, network: Network, target: Target) -> Network:
    named = [network.physical_network] if network.physical_network else sorted(target.vlan_ranges)
    for physical_network in named:
        vlan = _draw_vlan(work, network, physical_network, target)
        if vlan is not None:
            return replace(network, physical_network=physical_network, segmentation_id=vlan)
    if not named:
        return network
    raise _no_vlan(network, named, "segmentation_id")


def _draw_vlan(work: Work, network: Network, physical_network: str, target: Target) -> int | None:
    span = target.vlan_ranges.get(physical_network, Range(1, 4094))
    return work.draw("vlan", physical_network, span, network.key)


def _no_vlan(network: Network, named: list[str], field: str) -> Exhausted:
    return Exhausted(
        f"no VLAN id is left on {', '.join(named)}",
        key=f'network "{network.name}"',
        field=field,
        remedy="delete a network or widen the target's vlan_ranges",
    )


def _segmented_more(work: Work, network: Network, target: Target) -> Network:
    """The network with what is left out of its further segments; a VLAN that one had stays."""
    if not network.more_segments:
        return network
    before = work.before(network)
    had = {each.physical_network: each for each in before.more_segments} if before else {}
    found = (_numbered(work, network, each, had, target) for each in network.more_segments)
    return replace(network, more_segments=tuple(found))


def _numbered(work: Work, network: Network, segment: Segment, had: dict[str, Segment], target: Target) -> Segment:
    number = segment.segmentation_id
    kind = segment.network_type or ("flat" if number is None else "vlan")
    if kind == "vlan" and number is None:
        physical = segment.physical_network
        before = had.get(physical)
        kept = before.segmentation_id if before else None
        number = kept if kept is not None and work.take(vlan_claim(physical, kept), network.key) else None
        number = _draw_vlan(work, network, physical, target) if number is None else number
        if number is None:
            raise _no_vlan(network, [physical], "more_segments")
    return replace(segment, network_type=kind, segmentation_id=number)


def _prefixed(work: Work, subnet: Subnet) -> Subnet:
    before = work.before(subnet)
    return subnet if subnet.cidr else replace(subnet, cidr=before.cidr if before else _cidr(work, subnet))


def _gatewayed(work: Work, subnet: Subnet) -> Subnet:
    return replace(subnet, gateway_ip=default_gateway(subnet.cidr)) if subnet.gateway_ip == "" else subnet


def _pooled(work: Work, subnet: Subnet) -> Subnet:
    if subnet.allocation_pools is not None:
        return subnet
    return replace(subnet, allocation_pools=default_pools(subnet.cidr, subnet.gateway_ip))


def _cidr(work: Work, subnet: Subnet) -> str:
    others = [other.cidr for other in work.every(Subnet) if other.project_id == subnet.project_id]
    before = [old.cidr for old in map(work.before, work.declared(Subnet)) if old]
    cidr = free_cidr(prefix(other) for other in [*others, *before] if other)
    if cidr is None:
        raise Exhausted("no /24 is left for it", key=f'subnet "{subnet.name}"', field="cidr", remedy="name a cidr")
    return cidr


def _instances(work: Work, hosts: list[Host]) -> None:
    """Give each instance without a host the one with the fewest instances; one that had a host keeps it."""
    load = {host.name: 0 for host in hosts}
    undecided = []
    for instance in work.every(Instance):
        if instance.host is UNKNOWN:
            continue
        before = work.before(instance)
        if not instance.host and before and before.host in load:
            instance = replace(instance, host=before.host)
            work.put(instance)
        if instance.host in load:
            load[instance.host] += 1
        elif not instance.host:
            undecided.append(instance)
    for instance in undecided if load else ():
        host = min(load, key=lambda name: load[name])
        load[host] += 1
        work.put(replace(instance, host=host))


def _routers(work: Work, hosts: list[Host]) -> None:
    """Place the external gateways of declared routers; of what else was placed on a host that goes, all anew."""
    names = {host.name for host in hosts}
    homeless = [placed.subject_id for placed in work.every(Placement) if not names.issuperset(placed.hosts)]
    others = [router for id in homeless if (router := work.get(Router, id)) and router.key not in work.records]
    by_vlans, fabric = _target_of(work, VLAN_FABRICS) is not None, _target_of(work, FABRICS)
    for router in work.declared(Router) if fabric else ():
        router = work.decide(router, ("vni",), _with_vni, fabric)
        work.put(work.decide(router, ("fabric_vlan",), _with_fabric_vlan, by_vlans))
    for router in [*work.declared(Router), *others]:
        with suppress(NotKnown):
            _place_gateways(work, router, hosts)
    for port in [port for id in homeless if (port := work.get(Port, id)) and port.key not in work.records]:
        with suppress(NotKnown):
            _place_answering(work, port, hosts)


def _target_of(work: Work, drivers: Collection[str]) -> Target | None:
    """A target that is known to have one of these drivers."""
    for target in work.every(Target):
        with suppress(NotKnown):
            if target.driver in drivers:
                return target
    return None


def _with_vni(work: Work, router: Router, fabric: Target) -> Router:
    """The router with the VNI that it had, else with the next that is free."""
    if router.vni:
        return router
    before = work.before(router)
    if before and before.vni and work.take(Claim("vni", str(before.vni)), router.key):
        return replace(router, vni=before.vni)
    vni = work.draw("vni", "", vni_range("vxlan", fabric), router.key)
    if vni is None:
        raise Exhausted(
            "no VNI is left for its VRF",
            key=f'router "{router.name}"',
            field="vni",
            remedy="delete a network or a router, or widen the target's vni_range",
        )
    return replace(router, vni=vni)


OfFabric = TypeVar("OfFabric", Network, Router)


def _with_fabric_vlan(work: Work, record: OfFabric, by_vlans: bool) -> OfFabric:
    """The record with the VLAN that it had on leaves that bridge by VLANs, else with the next that is free."""
    if record.fabric_vlan or not by_vlans or (isinstance(record, Network) and record.network_type != "vxlan"):
        return record
    before = work.before(record)
    if before and before.fabric_vlan and work.take(Claim(FABRIC_VLAN, str(before.fabric_vlan)), record.key):
        return replace(record, fabric_vlan=before.fabric_vlan)
    vlan = work.draw(FABRIC_VLAN, "", VLANS_IN_FABRIC, record.key)
    if vlan is None:
        raise Exhausted(
            "no VLAN is left for it on the leaves of the fabric",
            key=f'{record.kind} "{record.name}"',
            field="fabric_vlan",
            remedy="delete a network or a router, or name a VLAN",
        )
    return replace(record, fabric_vlan=vlan)


def _place_gateways(work: Work, router: Router, hosts: list[Host]) -> None:
    """Place a router's external gateways: each on the hosts it had, then on others in turn, no two alike."""
    for place, (port_id, network_id) in enumerate(router.gateway_networks.items()):
        network = work.get(Network, network_id)
        if network is None:
            continue
        chosen = _in_turn(network, hosts, _hosts_before(work, router, port_id), sum(UUID(router.id).bytes) + place)
        work.put(replace(_placement(router, port_id), hosts=chosen))


def _place_answering(work: Work, port: Port, hosts: list[Host]) -> None:
    """Place what answers a port: those of one network are answered by the same hosts, as far as these stay."""
    network = work.get(Network, port.network_id)
    if network is None:
        return
    placement = Placement(
        id=str(uuid5(UUID(port.id), ANSWERING)),
        role=ANSWERING,
        subject_id=port.id,
        project_id=port.project_id,
        stack=port.stack,
    )
    before = work.before(placement)
    chosen = _in_turn(network, hosts, before.hosts if before else (), sum(UUID(network.id).bytes))
    work.put(replace(placement, hosts=chosen))


def _in_turn(network: Network, hosts: list[Host], before: Iterable[str], turn: int) -> tuple[str, ...]:
    """The hosts for gateways that are on a network: those of before, then others, from one in turn on."""
    on = set(network.physical_networks)
    able = [h.name for h in hosts if h.gateway and (not on or not on.isdisjoint(h.physical_networks))]
    kept = [name for name in before if name in able]
    turn = turn % len(able) if able else 0
    more = [name for name in able[turn:] + able[:turn] if name not in kept]
    return tuple((kept + more)[:GATEWAY_HOSTS])


def _placement(router: Router, port_id: str) -> Placement:
    """Where a gateway of a router is, still without hosts; the first has no port_id."""
    return Placement(
        id=str(uuid5(UUID(port_id or router.id), GATEWAY)),
        role=GATEWAY,
        subject_id=router.id,
        port_id=port_id,
        project_id=router.project_id,
        stack=router.stack,
    )


def _hosts_before(work: Work, router: Router, port_id: str) -> tuple[str, ...]:
    """Where a gateway was, be it that it is the first now, or was until now."""
    before = work.before(router)
    if before is None:
        return ()
    known = {each.port_id for each in before.more_gateways}
    if not port_id:
        gone = known - {each.port_id for each in router.more_gateways}
        port_id = next((id for id in sorted(gone) if work.get(Port, id) is not None), "")
    elif port_id not in known:
        port = work.get(Port, port_id)
        if port is None or work.before(port) is None:
            return ()
        port_id = ""
    placed = work.before(_placement(router, port_id))
    return placed.hosts if placed else ()


class _DefaultGroups:
    """The default security group of each project, made when a port first needs it."""

    def __init__(self, work: Work) -> None:
        self._work = work

    @cached_property
    def _ids(self) -> dict[str, str]:
        groups = self._work.every(SecurityGroup)
        return {group.project_id: group.id for group in groups if group.name == DEFAULT_GROUP}

    def of_project(self, project_id: str) -> str:
        if project_id not in self._ids:
            group = default_group(project_id)
            for record in (group, *rules_of_default(self._work.every(DefaultSecurityGroupRule), group)):
                self._work.put(record)
            self._ids[project_id] = group.id
        return self._ids[project_id]


@lru_cache(maxsize=10_000)
def default_group(project_id: str) -> SecurityGroup:
    """A project's default security group. Source: Networking API v2.0, security groups."""
    id = str(uuid5(_uuid_of(project_id), "default security group"))
    return SecurityGroup(id=id, name=DEFAULT_GROUP, project_id=project_id, stack=IMPLIED)


def default_group_of(estate: Estate, project_id: str) -> SecurityGroup | None:
    """The default security group that a project has: ours, or the one of that name, as an import brought it."""
    found = estate.get(SecurityGroup, default_group(project_id).id)
    if found is not None:
        return found
    groups = estate.find("security_group.project", project_id)
    return next((group for group in groups if group.name == DEFAULT_GROUP), None)


def _uuid_of(project_id: str) -> UUID:
    """The UUID that the id is; one that follows from an id that is none, as an identity service may give."""
    try:
        return UUID(project_id)
    except ValueError:
        return uuid5(NAMESPACE_OID, project_id)
