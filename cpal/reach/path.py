"""The way of a packet through the virtual network: who gets it, and from which address.

Theory. A sender chooses the next hop as a host does: on-link, a host route, the gateway. On a wire the next hop is an
instance, a host outside or a router. A router looks up the longest prefix among its connected subnets, static routes
and its external gateway; connected wins. Where several next hops are as good, the backend shares what is sent among
them by a hash that nobody outside knows: then a packet arrives only if it would by each of them. Translation happens at
the gateway alone: a packet that leaves by it gets the sender's floating IP or, with SNAT and from a subnet of the
router, the router's address; one that comes in by it goes from floating IP to fixed address. A packet from inside for
one of the router's own translated addresses leaves and comes in again on the spot. Forwarded ports are translated there
too, and on networks that the router joins already by the sender's switch; who translated makes the reply come from the
address that was asked. What else comes from an IPv4 address of the router itself it drops (RFC 1812, 5.3.7;
ovn-northd(8), IP Input). Instances and hosts outside do not forward, and a host outside knows only the prefixes it is
connected to.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from cpal.model.address import contains, version_of
from cpal.model.carrying import carrier
from cpal.model.claims import address_claim
from cpal.model.estate import Estate, places_of, segment
from cpal.model.network import ROUTER_GATEWAY, ROUTER_INTERFACE, Network, Port, Subnet
from cpal.model.port_forwarding import FORWARDED
from cpal.model.record import Claim
from cpal.model.router import FloatingIP, Router
from cpal.model.target import OutsideHost
from cpal.reach.flow import Service
from cpal.reach.names import name_of, own_addresses
from cpal.reach.routing import (
    connected_by,
    gateway_host,
    gateway_towards,
    is_attached,
    next_hop,
    next_hops,
    router_of,
    router_ports,
    subnets_of,
)

Node = Port | OutsideHost
MOST_HOPS = 16


class Arrival(NamedTuple):
    """Where a packet ended: at `node` with the addresses it then bore, or nowhere, and why.

    `translated` says, for each router and address it gave a sender, whose it was; `steps` is the way in words.
    """

    node: Node | None
    source: str
    destination: str
    stop: str = ""
    translated: tuple[tuple[str, str, str], ...] = ()
    steps: tuple[str, ...] = ()
    service: Service | None = None
    """What it asks for as it arrives, where it was said what it asks for."""
    forwarded: tuple[tuple[str, str, str], ...] = ()
    """Of each forwarding, the router that knows of it ("" is the sender's switch), the address asked, the inner one."""


class _Packet(NamedTuple):
    """A packet under way: its addresses now, the host it is on ("" is outside), what became of it so far."""

    source: str
    destination: str
    host: str
    translated: tuple[tuple[str, str, str], ...] = ()
    steps: tuple[str, ...] = ()
    service: Service | None = None
    forwarded: tuple[tuple[str, str, str], ...] = ()

    def said(self, words: str) -> _Packet:
        return self._replace(steps=(*self.steps, words))

    def stopped(self, reason: str) -> Arrival:
        return self._arrival(None, reason)

    def arrived(self, node: Node) -> Arrival:
        return self._arrival(node, "")

    def _arrival(self, node: Node | None, stop: str) -> Arrival:
        return Arrival(
            node, self.source, self.destination, stop, self.translated, self.steps, self.service, self.forwarded
        )


class _Wire(NamedTuple):
    """A packet on a layer 2, for the holder of `next_hop`."""

    network: Network | None
    segments: tuple[str, ...]
    next_hop: str


class _Routed(NamedTuple):
    """A packet in a router, come in from outside by a `gateway` or not; `again` when it never really left."""

    router: Router
    gateway: Port | None
    again: bool = False


class _Shared(NamedTuple):
    """A packet that a router sends one of several ways: `by` is the router's id."""

    by: str
    ways: tuple[_Way, ...]


_Way = tuple[_Packet, _Wire | _Routed | Arrival]
_Place = _Wire | _Routed | _Shared | Arrival
_Step = tuple[_Packet, _Place]


def travel(
    estate: Estate, sender: Node, source: str, destination: str, service: Service | None = None,
    reply_to: Arrival | None = None,
) -> Arrival:  # fmt: skip
    """The way of a packet from `sender`; what routers remember of the one that it replies to is known.

    Where ports are forwarded, it depends on the `service` that is asked for.
    """
    host = carrier(estate, sender).host_id if isinstance(sender, Port) else ""
    packet = _Packet(source, destination, host, service=service)
    if reply_to is not None:
        packet = packet._replace(translated=reply_to.translated, forwarded=reply_to.forwarded)
    fault = _unusable(estate, sender)
    if fault:
        return packet.stopped(fault)
    if service is not None and isinstance(sender, Port):
        packet = _forwarded_at_switch(estate, sender, packet)
    return _follow(estate, *_send(estate, sender, packet), {})


def _follow(estate: Estate, packet: _Packet, place: _Place, known: dict[_Packet, Arrival]) -> Arrival:
    """Where a packet ends from here on; `known` is where those ended, or are still under way, that were shared before.

    Of those that go several ways, the first that stops.
    """
    for _ in range(MOST_HOPS):
        if isinstance(place, Arrival):
            return place
        if isinstance(place, _Shared):
            before = packet._replace(steps=(place.by,))
            if before not in known:
                known[before] = packet.stopped(f"{packet.destination} goes round in circles between routers")
                ends = [_follow(estate, *way, known) for way in place.ways]
                known[before] = next((end for end in ends if end.node is None), ends[0])
            return known[before]
        if isinstance(place, _Wire):
            packet, place = _on_wire(estate, packet, place)
        else:
            packet, place = _in_router(estate, packet, place)
    return packet.stopped(f"{packet.destination} goes round in circles between routers")


def _unusable(estate: Estate, node: Node) -> str:
    """Why nothing can leave or reach a node, or ""."""
    if isinstance(node, OutsideHost):
        return ""
    network = estate.get(Network, node.network_id)
    if not node.admin_state_up:
        return f"{name_of(estate, node)} is administratively down"
    if network is None or not network.admin_state_up:
        return f"network {network.name if network else node.network_id} is administratively down"
    if not carrier(estate, node).host_id and node.device_owner not in (ROUTER_INTERFACE, ROUTER_GATEWAY):
        return f"{name_of(estate, node)} is on no host"
    return ""


def _send(estate: Estate, sender: Node, packet: _Packet) -> _Step:
    if isinstance(sender, OutsideHost):
        return _send_from_outside(estate, sender, packet)
    network = estate.get(Network, sender.network_id)
    subnets = [estate.get(Subnet, fixed.subnet_id) for fixed in sender.fixed_ips or ()]
    hop = next_hop(estate, [subnet for subnet in subnets if subnet is not None], packet.source, packet.destination)
    if network is None or not hop:
        return packet, packet.stopped(
            f"no route: {name_of(estate, sender)} has no gateway towards {packet.destination}"
        )
    via = "directly" if hop == packet.destination else f"to its gateway {hop}"
    return packet.said(f"{name_of(estate, sender)} sends {via}"), _wire(network, hop)


def _send_from_outside(estate: Estate, sender: OutsideHost, packet: _Packet) -> _Step:
    if not connected_by(sender, packet.destination):
        return packet, packet.stopped(f"no route: {sender.name} outside knows no way to {packet.destination}")
    vlan = sender.segmentation_id
    claim = (
        Claim("flat", sender.physical_network) if vlan is None else Claim("vlan", f"{sender.physical_network} {vlan}")
    )
    holder = estate.holder(claim)
    network = estate.get(Network, holder.id) if holder else None
    places = places_of(network) if network else (segment(sender.physical_network, vlan),)
    wire = _Wire(network, places, packet.destination)
    return packet.said(f"{sender.name} sends directly"), wire


def _wire(network: Network, hop: str) -> _Wire:
    return _Wire(network, places_of(network), hop)


def _on_wire(estate: Estate, packet: _Packet, wire: _Wire) -> _Step:
    if wire.network is not None and not wire.network.admin_state_up:
        return packet, packet.stopped(f"network {wire.network.name} is administratively down")
    holder = estate.holder(address_claim(wire.network.id, wire.next_hop)) if wire.network else None
    record = estate.by_key(holder) if holder else None
    if isinstance(record, Port):
        return _to_port(estate, packet, wire, record)
    if isinstance(record, FloatingIP):
        return _to_floating_ip(estate, packet, wire, record)
    for host in (each for place in wire.segments for each in estate.find("outside_host.segment", place)):
        if wire.next_hop in own_addresses(host)[: len(host.addresses)]:
            return _to_outside(estate, packet, wire, host)
    where = f"on network {wire.network.name}" if wire.network else f"on {wire.segments[0]}"
    if wire.next_hop != packet.destination:
        return packet, packet.stopped(
            f"no route to {packet.destination}: there is no router at {wire.next_hop} {where}"
        )
    return packet, packet.stopped(f"nobody has {wire.next_hop} {where}")


def _to_outside(estate: Estate, packet: _Packet, wire: _Wire, host: OutsideHost) -> _Step:
    gap = _gap(estate, wire, packet.host, "")
    if gap:
        return packet, packet.stopped(gap)
    if packet.destination not in own_addresses(host):
        return packet, packet.stopped(f"no route: {host.name} outside does not lead to {packet.destination}")
    return packet, packet.said(f"{host.name} gets it").arrived(host)


def _to_port(estate: Estate, packet: _Packet, wire: _Wire, port: Port) -> _Step:
    if port.device_owner in (ROUTER_INTERFACE, ROUTER_GATEWAY):
        return _to_router(estate, packet, wire, port)
    fault = _unusable(estate, port) or _gap(estate, wire, packet.host, carrier(estate, port).host_id)
    if not fault and packet.destination != wire.next_hop:
        fault = f"no route: {wire.next_hop} is {name_of(estate, port)}, which does not forward"
    if fault:
        return packet, packet.stopped(fault)
    return packet, packet.said(f"{name_of(estate, port)} gets it").arrived(port)


def _to_router(estate: Estate, packet: _Packet, wire: _Wire, port: Port) -> _Step:
    router = estate.get(Router, port.device_id)
    if router is None:
        return packet, packet.stopped(f"no route: {wire.next_hop} belongs to no router")
    gateway = port if port.device_owner == ROUTER_GATEWAY else None
    host = gateway_host(estate, router, gateway) if gateway else packet.host or _any_host(estate, wire)
    fault = _router_fault(router, port) or (_no_gateway_host(router) if gateway and not host else "")
    fault = fault or _gap(estate, wire, packet.host, host)
    if fault:
        return packet, packet.stopped(fault)
    return packet._replace(host=host), _Routed(router, gateway)


def _to_floating_ip(estate: Estate, packet: _Packet, wire: _Wire, floating: FloatingIP) -> _Step:
    router = router_of(estate, floating)
    gateway = gateway_towards(estate, router, floating.floating_network_id) if router else None
    if router is None or gateway is None:
        return packet, packet.stopped(f"floating IP {floating.floating_ip_address} leads to no port")
    host = gateway_host(estate, router, gateway)
    fault = _router_fault(router, None) or ("" if host else _no_gateway_host(router))
    fault = fault or _gap(estate, wire, packet.host, host)
    if fault:
        return packet, packet.stopped(fault)
    return packet._replace(host=host), _Routed(router, gateway)


def _router_fault(router: Router, port: Port | None) -> str:
    if not router.admin_state_up:
        return f"router {router.name} is administratively down"
    return f"an interface of router {router.name} is administratively down" if port and not port.admin_state_up else ""


def _no_gateway_host(router: Router) -> str:
    return f"no host carries the gateway of router {router.name}"


def _any_host(estate: Estate, wire: _Wire) -> str:
    physical = wire.network.physical_networks if wire.network else ()
    hosts = (host.name for name in physical for host in estate.find("host.physical_network", name))
    return next(hosts, "")


def _gap(estate: Estate, wire: _Wire, one: str, other: str) -> str:
    """Why a frame cannot cross the physical networks between two hosts ("" is outside), or "".

    Those of several segments of a network are joined outside, by whoever made them one network.
    """
    network = wire.network
    if network is None or not network.physical_network or one == other:
        return ""
    for host in (one, other):
        if host and not is_attached(estate, host, network):
            return f"host {host} is not on physical network {' or '.join(network.physical_networks)}"
    return ""


def _in_router(estate: Estate, packet: _Packet, place: _Routed) -> _Step:
    router = place.router
    ports = router_ports(estate, router)
    if not place.again and any(packet.source in port.addresses for port in ports) and version_of(packet.source) == 4:
        words = f"{packet.source} is an address of router {router.name} itself, which takes the packet for forged"
        return packet, packet.stopped(words)
    if place.gateway is not None:
        packet = _translate_in(estate, packet, router, place.gateway)
        floating = _floating_at(estate, router, packet.destination, place.gateway)
        if floating is not None and not floating.port_id:
            return packet, packet.stopped(f"floating IP {packet.destination} does not forward what is asked for")
    if any(
        packet.destination in port.addresses for port in ports if port.device_owner == ROUTER_INTERFACE or place.gateway
    ):
        return packet, packet.stopped(f"{packet.destination} is router {router.name} itself")
    hops = next_hops(estate, router, ports, packet.destination)
    if not hops:
        return packet, packet.stopped(f"no route: router {router.name} knows no way to {packet.destination}")
    ways = tuple(_sent(estate, packet, router, out, hop) for hop, out in hops)
    return ways[0] if len(ways) == 1 else (packet, _Shared(router.id, ways))


def _sent(estate: Estate, packet: _Packet, router: Router, out: Port | None, hop: str) -> _Way:
    """A packet that a router sends to a next hop by one of its ports."""
    network = estate.get(Network, out.network_id) if out else None
    if out is None or network is None:
        return packet, packet.stopped(f"no route: router {router.name} knows no way to {packet.destination}")
    if not out.admin_state_up:
        return packet, packet.stopped(_router_fault(router, out))
    if out.device_owner == ROUTER_GATEWAY:
        return _leave(estate, packet, router, out, network, hop)
    return packet.said(f"router {router.name} sends it to network {network.name}"), _wire(network, hop)


def _leave(estate: Estate, packet: _Packet, router: Router, out: Port, network: Network, hop: str) -> _Way:
    """Out by the gateway: translate the source; what is for the router's own translated addresses comes in again."""
    host = gateway_host(estate, router, out)
    if not host:
        return packet, packet.stopped(_no_gateway_host(router))
    packet = _translate_out(estate, packet, router, out)._replace(host=host)
    if hop == packet.destination and _is_own(estate, router, out, hop):
        return packet.said(f"router {router.name} takes it back in"), _Routed(router, out, again=True)
    return packet.said(f"router {router.name} sends it out to network {network.name}"), _wire(network, hop)


def _is_own(estate: Estate, router: Router, gateway: Port, address: str) -> bool:
    if address in gateway.addresses:
        return True
    return _floating_at(estate, router, address, gateway) is not None


def _translate_out(estate: Estate, packet: _Packet, router: Router, out: Port) -> _Packet:
    if version_of(packet.source) == 6:
        return packet
    for by, asked, fixed in packet.forwarded:
        if by == router.id and fixed == packet.source:
            return packet._replace(source=asked)
    floating = floating_of(estate, router, packet.source)
    if floating is not None and gateway_towards(estate, router, floating.floating_network_id) == out:
        return packet._replace(source=floating.floating_ip_address)
    info = router.external_gateway_info
    address = next((ip for ip in out.addresses if version_of(ip) == 4), "")
    inner = (port for port in router_ports(estate, router) if port.device_owner == ROUTER_INTERFACE)
    covered = any(contains(subnet.cidr, packet.source) for port in inner for subnet in subnets_of(estate, port))
    if info is None or not info.enable_snat or not address or not covered:
        return packet
    known = (router.id, address, packet.source)
    return packet._replace(source=address, translated=(*packet.translated, known))


def floating_of(estate: Estate, router: Router, fixed_address: str) -> FloatingIP | None:
    """The floating IP with which a router translates a fixed address of a port on one of its subnets."""
    for port in router_ports(estate, router):
        holder = estate.holder(address_claim(port.network_id, fixed_address))
        if port.device_owner == ROUTER_INTERFACE and holder and holder.kind == "port":
            for floating in estate.find("floating_ip.port", holder.id):
                there = router_of(estate, floating)
                if floating.fixed_ip_address == fixed_address and there is not None and there.id == router.id:
                    return floating  # type: ignore[no-any-return]  # the index holds floating IPs
    return None


def _floating_at(estate: Estate, router: Router, address: str, gateway: Port | None = None) -> FloatingIP | None:
    """The floating IP with this address that a router translates, at this gateway or any, or forwards ports of.

    A router with several gateways forwards none. Source: northd, "Load-balancer is not supported yet when there is more
    than one distributed gateway port on the router".
    """
    for network_id in router.external_networks:
        holder = estate.holder(address_claim(network_id, address))
        floating = estate.get(FloatingIP, holder.id) if holder and holder.kind == "floating_ip" else None
        there = router_of(estate, floating) if floating else None
        if floating is not None and there is not None and there.id == router.id:
            here = gateway is None or gateway == gateway_towards(estate, router, network_id)
            return floating if here else None
    return None


def _forwarded(estate: Estate, packet: _Packet, floating: FloatingIP, by: str) -> _Packet:
    """The packet on its way inside, if the port that it asks for is forwarded; `by` is who remembers."""
    asked = packet.service
    for forwarding in estate.find("port_forwarding.floating_ip", floating.id) if asked else ():
        ports = dict(forwarding.pairs) if asked and FORWARDED[forwarding.protocol] == asked.protocol else {}
        if asked and asked.port in ports:
            inner = forwarding.internal_ip_address
            words = f"{floating.floating_ip_address}:{asked.port} is forwarded to {inner}:{ports[asked.port]}"
            known = (by, packet.destination, inner)
            return packet._replace(
                destination=inner, service=msgspec.structs.replace(asked, port=ports[asked.port]),
                forwarded=(*packet.forwarded, known),
            ).said(words)  # fmt: skip
    return packet


def _forwarded_at_switch(estate: Estate, sender: Port, packet: _Packet) -> _Packet:
    """The packet as the sender's switch makes it: it forwards what routers that join it forward."""
    for subnet in estate.find("subnet.network", sender.network_id):
        for interface in estate.find("port.routed_subnet", subnet.id):
            router = estate.get(Router, interface.device_id)
            floating = _floating_at(estate, router, packet.destination) if router else None
            if floating is not None and not floating.port_id:
                return _forwarded(estate, packet, floating, "")
    return packet


def _translate_in(estate: Estate, packet: _Packet, router: Router, gateway: Port) -> _Packet:
    for id, address, source in reversed(packet.translated):
        if id == router.id and address == packet.destination:
            return packet._replace(destination=source)
    floating = _floating_at(estate, router, packet.destination, gateway)
    if floating is None:
        return packet
    if not floating.port_id:
        return packet if router.more_gateways else _forwarded(estate, packet, floating, router.id)
    words = f"router {router.name} translates {floating.floating_ip_address} to {floating.fixed_ip_address}"
    return packet._replace(destination=floating.fixed_ip_address).said(words)
