"""Which way hosts and routers send: next hops, and the hosts that carry gateways."""

from __future__ import annotations

from cpal.model.address import contains, span, text_of, version_of
from cpal.model.checks.port_forwarding import forwarding_router
from cpal.model.checks.router import router_towards
from cpal.model.estate import Estate
from cpal.model.network import ROUTER_INTERFACE, Network, Port, Subnet
from cpal.model.record import Claim
from cpal.model.router import FloatingIP, Router, gateway_on, gateway_ports, is_placed
from cpal.model.target import Host, OutsideHost, Placement


def next_hop(estate: Estate, subnets: list[Subnet], source: str, destination: str) -> str:
    """Where a host in the subnets sends to: on-link, by the longest host route, to the gateway, or ""."""
    version = version_of(destination)
    mine = [subnet for subnet in subnets if subnet.ip_version == version]
    if any(contains(subnet.cidr, destination) for subnet in mine):
        return destination
    mine.sort(key=lambda subnet: not contains(subnet.cidr, source))
    given = [route for subnet in mine if version == 4 for route in subnet.host_routes]
    routes = [route for route in given if contains(route.destination, destination)]
    if routes:
        return max(routes, key=lambda route: span(route.destination).length).nexthop
    return next((gateway for subnet in mine if (gateway := default_gateway(estate, subnet))), "")


def default_gateway(estate: Estate, subnet: Subnet) -> str:
    """Where hosts send what no other route leads to: the gateway that DHCP tells, or the router that advertises itself.

    Source: RFC 2132, 3.5; RFC 4861, 6.3.4: in IPv6, whoever advertises is the gateway.
    """
    gateway = subnet.gateway_ip or ""
    if not subnet.ipv6_ra_mode:
        return gateway
    ports = estate.find("port.routed_subnet", subnet.id)
    there = [f.ip_address for port in ports for f in port.fixed_ips or () if f.subnet_id == subnet.id]
    return gateway if gateway in there or not there else there[0]


def connected_by(host: OutsideHost, address: str) -> str:
    """The interface address, without prefix length, whose prefix holds an address; "" where none does."""
    return next((text.partition("/")[0] for text in host.addresses if contains(_prefix(text), address)), "")


def _prefix(interface: str) -> str:
    from_text, _, length = interface.partition("/")
    inside = span(from_text)
    shift = (32 if inside.version == 4 else 128) - int(length)
    return f"{text_of(inside.first >> shift << shift, inside.version)}/{length}"


def router_ports(estate: Estate, router: Router) -> list[Port]:
    """A router's interfaces and then its gateways, the first one first."""
    ports: list[Port] = estate.find("port.device", router.id)
    inner = [port for port in ports if port.device_owner == ROUTER_INTERFACE]
    return [*inner, *gateway_ports(router, ports)]


def next_hops(estate: Estate, router: Router, ports: list[Port], destination: str) -> list[tuple[str, Port | None]]:
    """The next hops towards a destination that are equally good: the longest prefix, connected before static.

    Beside each is the port that leads there, None where there is none: of several gateways on one network each may.
    """
    version = version_of(destination)
    connected = [
        (port, subnet) for port in ports for subnet in subnets_of(estate, port) if subnet.ip_version == version
    ]
    found: list[tuple[tuple[int, int], str, Port | None]] = [
        ((span(subnet.cidr).length, 1), destination, port)
        for port, subnet in connected
        if contains(subnet.cidr, destination)
    ]
    for route in router.routes:
        if contains(route.destination, destination):
            rank, hop = (span(route.destination).length, 0), route.nexthop
            towards = [port for port, subnet in connected if contains(subnet.cidr, hop)]
            found += [(rank, hop, port) for port in towards or (None,)]
    outer = gateway_ports(router, ports)
    for port in outer if router.enable_default_route_ecmp else outer[:1]:
        subnets = (subnet for subnet in subnets_of(estate, port) if subnet.ip_version == version)
        found += [((-1, 0), subnet.gateway_ip, port) for subnet in subnets if subnet.gateway_ip]
    best = max((rank for rank, *_ in found), default=None)
    return list(dict.fromkeys((hop, out) for rank, hop, out in found if rank == best))


def subnets_of(estate: Estate, port: Port) -> list[Subnet]:
    """The subnets that a port has addresses in."""
    found = (estate.get(Subnet, fixed.subnet_id) for fixed in port.fixed_ips or ())
    return [subnet for subnet in found if subnet is not None]


def router_of(estate: Estate, floating: FloatingIP) -> Router | None:
    """The router that translates a floating IP, or forwards ports of it; None where it leads nowhere."""
    for forwarding in () if floating.port_id else estate.find("port_forwarding.floating_ip", floating.id):
        router = forwarding_router(estate, forwarding, floating)
        if router is not None:
            return router
    port = estate.get(Port, floating.port_id) if floating.port_id else None
    for fixed in (port.fixed_ips or ()) if port else ():
        if fixed.ip_address == floating.fixed_ip_address:
            return router_towards(estate, floating, fixed.subnet_id)
    return None


def gateway_towards(estate: Estate, router: Router, network_id: str) -> Port | None:
    """The port of the first of a router's gateways on a network: the one that translates its floating IPs."""
    return gateway_on(router, estate.find("port.device", router.id), network_id)


def gateway_host(estate: Estate, router: Router, gateway: Port) -> str:
    """The host that carries a router's gateway: the first of its placement that is on the network's segment, or ""."""
    network = estate.get(Network, gateway.network_id)
    for placement in estate.find("placement.subject", router.id):
        if isinstance(placement, Placement) and network is not None and is_placed(router, gateway, placement):
            for name in placement.hosts:
                if is_attached(estate, name, network):
                    return name
    return ""


def is_attached(estate: Estate, host: str, network: Network) -> bool:
    """Whether a host, by name, is there and on the network: on one of its physical networks, or reached by tunnels."""
    key = estate.holder(Claim("name", f"host {host}"))
    record = estate.get(Host, key.id) if key else None
    return record is not None and (
        not network.physical_network or not set(network.physical_networks).isdisjoint(record.physical_networks)
    )
