"""Who reaches whom: every flow asked, one by one, of the estate alone.

Theory. A flow is there when its first packet travels from the source to the destination (`path`), each port with
security at either end lets it pass (`filter`), and, for a service that needs one, the reply travels back, passes, and
arrives from the address that was asked. Flows that differ in service alone share their way; nothing else is kept, and
nothing is shared with how a backend does it: this is the plain evaluator that faster ones and real packets are compared
with. Each port of an instance stands for itself: it sends from its own addresses and through itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import NamedTuple

from cpal.errors import NotFound
from cpal.model.address import contains, version_of
from cpal.model.carrying import beside
from cpal.model.estate import Estate
from cpal.model.network import Port, Subnet
from cpal.model.port_forwarding import FORWARDED, PortForwarding
from cpal.model.router import FloatingIP
from cpal.model.security import SecurityGroup
from cpal.model.target import OutsideHost
from cpal.reach.filter import judge, judge_reply
from cpal.reach.flow import Endpoint, Flow, Service, Verdict
from cpal.reach.names import endpoints, name_of, own_addresses
from cpal.reach.path import Arrival, Node, travel
from cpal.reach.routing import connected_by
from cpal.reach.services import needs_reply
from cpal.reach.services import services as services_of

Asked = tuple[str, Service]
"""An address, and what is asked for there."""


def predict(estate: Estate, services: Iterable[Service] | None = None) -> list[Verdict]:
    """The verdict on every flow of the estate, for these services (default: those worth asking)."""
    return judge_flows(estate, nodes_of(estate), flows(estate, services))


def judge_flows(estate: Estate, nodes: Mapping[str, Node], flows: Iterable[Flow]) -> list[Verdict]:
    """The verdicts on these flows; those that differ in service alone, side by side, share their way.

    To an address of which ports are forwarded, each service has its own.
    """
    found = []
    forwarding = forwarding_addresses(estate)

    def way(flow: Flow) -> tuple[str, str, str, Service | None]:
        return flow.source, flow.destination, flow.address, flow.service if flow.address in forwarding else None

    for (source, destination, address, service), group in groupby(flows, way):
        trip = round_trip(estate, nodes[source], nodes[destination], address, service)
        found += [judge_trip(estate, trip, flow) for flow in group]
    return found


def flows(estate: Estate, services: Iterable[Service] | None = None) -> Iterator[Flow]:
    """Every flow: between each ordered pair of endpoints, at each address of the destination, for each service.

    Forwarded ports are asked for whatever the services are.
    """
    ends = endpoints(estate)
    asked = tuple(services_of(estate) if services is None else services)
    for source in ends:
        for destination in ends:
            yield from flows_between(estate, source, destination, asked)
            yield from forwarded_between(estate, source, destination)


def flows_between(
    estate: Estate, source: Endpoint, destination: Endpoint, services: Iterable[Service]
) -> Iterator[Flow]:
    """The flows from one endpoint to another; none within an instance, and none between two that are outside."""
    if source.instance_id == destination.instance_id:
        return
    families = {version_of(address) for address in source.addresses}
    addresses = [ip for ip in addresses_of(estate, destination) if version_of(ip) in families]
    for address in addresses:
        for service in services:
            if service.ip_version == version_of(address):
                yield Flow(source.name, destination.name, address, service)


def forwarded_between(estate: Estate, source: Endpoint, destination: Endpoint) -> Iterator[Flow]:
    """The flows from one endpoint to another by forwarded ports: of a range, its first and its last."""
    if source.instance_id != destination.instance_id and any(version_of(address) == 4 for address in source.addresses):
        for address, service in forwarded_to(estate, destination):
            yield Flow(source.name, destination.name, address, service)


def forwarded_to(estate: Estate, endpoint: Endpoint) -> list[tuple[str, Service]]:
    """The addresses and services at which an endpoint is asked because they are forwarded to it."""
    found: list[PortForwarding] = estate.find("port_forwarding.port", endpoint.port_id) if endpoint.port_id else []
    return list(dict(_forwarded(estate, found)))


def forwarded_services(estate: Estate) -> dict[Asked, Asked]:
    """Where what is asked for at an address comes to, that of a forwarded port inside: of a range, its ends."""
    return dict(_forwarded(estate, estate.all(PortForwarding)))


def _forwarded(estate: Estate, forwardings: Iterable[PortForwarding]) -> Iterator[tuple[Asked, Asked]]:
    for forwarding in forwardings:
        floating = estate.get(FloatingIP, forwarding.floatingip_id)
        if floating is None:
            continue
        outer, inner = forwarding.external_port_range, forwarding.internal_port_range
        for ports in ((outer.start, inner.start), (outer.end, inner.end)):
            asked, led = (Service(4, FORWARDED[forwarding.protocol], port) for port in ports)
            yield (floating.floating_ip_address, asked), (forwarding.internal_ip_address, led)


def forwarding_addresses(estate: Estate) -> frozenset[str]:
    """The addresses of which ports are forwarded."""
    floating = (estate.get(FloatingIP, forwarding.floatingip_id) for forwarding in estate.all(PortForwarding))
    return frozenset(each.floating_ip_address for each in floating if each)


def addresses_of(estate: Estate, endpoint: Endpoint) -> tuple[str, ...]:
    """The addresses at which an endpoint may be asked: its own, then the floating IPs that lead to it."""
    floating = estate.find("floating_ip.port", endpoint.port_id) if endpoint.port_id else ()
    return (*endpoint.addresses, *(each.floating_ip_address for each in floating))


def verdict(estate: Estate, flow: Flow) -> Verdict:
    """What is predicted for one flow.

    Raises:
        NotFound: the estate has no such source or destination.
    """
    return judge_trip(estate, _trip(estate, flow), flow)


def explain(estate: Estate, flow: Flow) -> tuple[str, ...]:
    """How the flow goes, step by step in words, and last what decides it."""
    trip = _trip(estate, flow)
    return (*trip.there.steps, judge_trip(estate, trip, flow).reason)


def _trip(estate: Estate, flow: Flow) -> Trip:
    nodes = nodes_of(estate)
    for name in (flow.source, flow.destination):
        if name not in nodes:
            raise NotFound(f"there is no endpoint {name}", remedy="name one as project/instance, or a host outside")
    service = flow.service if flow.address in forwarding_addresses(estate) else None
    return round_trip(estate, nodes[flow.source], nodes[flow.destination], flow.address, service)


def nodes_of(estate: Estate) -> dict[str, Node]:
    """The records behind the endpoints, by the endpoint's name."""
    nodes: dict[str, Node] = {host.name: host for host in estate.all(OutsideHost)}
    for end in endpoints(estate):
        port = estate.get(Port, end.port_id) if end.port_id else None
        if port is not None:
            nodes[end.name] = port
    return nodes


class Trip(NamedTuple):
    """The way there, and the way back of the reply, between two nodes: the same for every service."""

    source: Node
    destination: Node
    address: str
    own: str
    there: Arrival
    back: Arrival


def round_trip(estate: Estate, source: Node, destination: Node, address: str, service: Service | None = None) -> Trip:
    """How a packet to `address` travels and its reply does, filters apart; the `service` where the way hangs on it."""
    own = _source_address(estate, source, address)
    fault = "" if own else f"{called(estate, source)} has no IPv{version_of(address)} address"
    if address in _local_addresses(estate, source):
        fault = f"{address} is an address of {called(estate, source)} itself"
    there = Arrival(None, own, address, fault) if fault else travel(estate, source, own, address, service)
    if there.node is None:
        return Trip(source, destination, address, own, there, there)
    back = travel(estate, there.node, there.destination, there.source, reply_to=there)
    return Trip(source, destination, address, own, there, _as_asked(back))


def _as_asked(back: Arrival) -> Arrival:
    """The reply as the asker's switch makes it: from the address that was asked, where it forwarded what was asked."""
    for by, asked, inner in back.forwarded:
        if not by and back.source == inner:
            return back._replace(source=asked)
    return back


def _source_address(estate: Estate, source: Node, destination: str) -> str:
    """The address a sender sends from: one on the destination's prefix, else the first of the family, else "".

    Source: RFC 6724, section 5, rule 8, for what differs among a workload's addresses.
    """
    version = version_of(destination)
    if isinstance(source, OutsideHost):
        mine = [ip for ip in own_addresses(source) if version_of(ip) == version]
        return connected_by(source, destination) or (mine or [""])[0]
    mine = [ip for ip in source.addresses if version_of(ip) == version]
    for fixed in source.fixed_ips or ():
        subnet = estate.get(Subnet, fixed.subnet_id)
        if subnet is not None and fixed.ip_address in mine and contains(subnet.cidr, destination):
            return fixed.ip_address
    return (mine or [""])[0]


def _local_addresses(estate: Estate, node: Node) -> set[str]:
    """What a sender would keep to itself: the addresses of all its interfaces."""
    if isinstance(node, OutsideHost):
        return set(own_addresses(node))
    return {ip for sibling in beside(estate, node) for ip in sibling.addresses}


def judge_trip(estate: Estate, trip: Trip, flow: Flow) -> Verdict:
    """The verdict on a flow whose way is known: the filters at both ends, there and back."""
    there, service = trip.there, flow.service
    if there.node is None:
        return Verdict(flow, False, there.stop)
    if there.node != trip.destination:
        return Verdict(flow, False, f"{trip.address} leads to {called(estate, there.node)}, not to {flow.destination}")
    out = _Pass(estate, trip.source, "egress", trip.address, service)
    into = _Pass(estate, there.node, "ingress", there.source, there.service or service)
    for passing in (out, into):
        if not passing.allowed:
            return Verdict(flow, False, passing.denial())
    if needs_reply(service):
        fault = _reply_fault(estate, trip, out, into)
        if fault:
            return Verdict(flow, False, fault)
    return Verdict(flow, True, _allowance(out, into))


def _reply_fault(estate: Estate, trip: Trip, out: _Pass, into: _Pass) -> str:
    """Why the reply does not come back, or ""."""
    back = trip.back
    if back.node is None:
        return f"the reply gets lost: {back.stop}"
    for passing, direction, remote in ((into, "egress", trip.there.source), (out, "ingress", back.source)):
        fault = passing.reply_denial(direction, remote)
        if fault:
            return fault
    if back.node != trip.source or back.destination != trip.own:
        return f"the reply goes to {called(estate, back.node)}"
    if back.source != trip.address:
        return f"the reply comes from {back.source}, not from {trip.address} that was asked"
    return ""


class _Pass:
    """A packet at one end's filter. Hosts outside have none."""

    def __init__(self, estate: Estate, node: Node, direction: str, remote: str, service: Service) -> None:
        self.estate, self.node, self.direction, self.remote, self.service = estate, node, direction, remote, service
        self.allowed, self.tracked, self.group = True, True, None
        if isinstance(node, Port):
            self.allowed, self.tracked, self.group = judge(estate, node, direction, remote, service)

    def denial(self) -> str:
        """Why it does not pass."""
        groups = _groups(self.estate, self.node)
        if not groups:
            return f"{called(self.estate, self.node)} has port security and no security group"
        word = "from" if self.direction == "ingress" else "to"
        return f"no {self.direction} rule of {groups} allows {self.service} {word} {self.remote}"

    def reply_denial(self, direction: str, remote: str) -> str:
        """Why the reply does not pass, or ""."""
        if not isinstance(self.node, Port):
            return ""
        if judge_reply(self.estate, self.node, direction, remote, self.service, self.tracked).allowed:
            return ""
        groups = _groups(self.estate, self.node)
        return f"{groups} is stateless, and no {direction} rule allows the reply of {self.service}"


def _groups(estate: Estate, node: Node) -> str:
    ids = (node.security_groups or ()) if isinstance(node, Port) else ()
    found = (estate.get(SecurityGroup, id) for id in ids)
    names = sorted(group.name or group.id for group in found if group is not None)
    if not names:
        return ""
    return f"security group{'s' if len(names) > 1 else ''} {', '.join(names)}"


def _allowance(out: _Pass, into: _Pass) -> str:
    given = [(way.group, way.direction) for way in (out, into) if way.group is not None]
    if not given:
        return "nothing filters it"
    return "allowed by " + " and ".join(f"{direction} rules of {group.name or group.id}" for group, direction in given)


def called(estate: Estate, node: Node) -> str:
    """What the user calls a node."""
    return node.name if isinstance(node, OutsideHost) else name_of(estate, node)
