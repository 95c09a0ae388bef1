"""Which endpoints are alike: what a verdict can depend on at one end of a flow, as one comparable value.

Theory. The verdict on a flow depends on its two ends alone: on their own records, on the prefixes and remote groups
that hold their addresses (all that rules, routes and subnets ever ask of an address), on the rules of their groups, and
on the layer 3 around them. So endpoints of one `Likeness` may stand for each other, and two whose likeness a change
leaves as it was still reach each other as before. Two things are of the pair, and left to whoever pairs them: an
address that both have, and ports of one instance.

The layer 3 around a network is the networks and routers joined to it by interfaces. An external network ends it,
unless some route leads to a router's address on it: whoever is behind another router is met there at a floating IP.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable

from cpal.model.address import number, span, version_of
from cpal.model.carrying import beside, carrier
from cpal.model.estate import Estate, places_of, segment
from cpal.model.network import ROUTER_GATEWAY, ROUTER_INTERFACE, Network, Port, Subnet
from cpal.model.record import Claim
from cpal.model.router import Router
from cpal.model.security import AddressGroup, SecurityGroup, SecurityGroupRule
from cpal.model.target import Host, OutsideHost
from cpal.reach.flow import Endpoint

Likeness = Hashable
_ROUTER_PORTS = (ROUTER_INTERFACE, ROUTER_GATEWAY)


class Classes:
    """The likeness of each endpoint of one estate. What many ask for is worked out once."""

    def __init__(self, estate: Estate) -> None:
        self.estate = estate
        self.prefixes = _prefixes(estate)
        self.groups_of = _remote_groups(estate)
        self.rules: dict[str, Hashable] = {}
        self.around: dict[str, Hashable] = {}
        self.crossed = _crossed(estate)
        self.physical = {name for network in estate.all(Network) for name in network.physical_networks}

    def likeness(self, endpoint: Endpoint) -> Likeness:
        """All that verdicts depend on at this endpoint."""
        port = self.estate.get(Port, endpoint.port_id) if endpoint.port_id else None
        return self._of_port(port) if port else self._of_outside_host(endpoint)

    def _of_port(self, port: Port) -> Likeness:
        floating = self.estate.find("floating_ip.port", port.id)
        siblings = beside(self.estate, port)
        return (
            port.network_id,
            tuple((fixed.subnet_id, self.marks(fixed.ip_address)) for fixed in port.fixed_ips or ()),
            tuple((f.floating_network_id, f.fixed_ip_address, self.marks(f.floating_ip_address)) for f in floating),
            self._forwarded(port),
            port.admin_state_up,
            self._security(port),
            self._host(carrier(self.estate, port).host_id),
            tuple(sorted((s.id, s.addresses) for s in siblings)) if len(siblings) > 1 else (),
            self._around(port.network_id),
        )

    def _forwarded(self, port: Port) -> Hashable:
        """The ports of floating IPs that lead to a port: by each it is met in its own way."""
        found = self.estate.find("port_forwarding.port", port.id)
        return tuple(
            (each.floatingip_id, each.protocol, each.external_port_range, each.internal_port_range,
             each.internal_ip_address) for each in found
        )  # fmt: skip

    def _of_outside_host(self, endpoint: Endpoint) -> Likeness:
        """A host outside is like no other."""
        key = self.estate.holder(Claim("name", f"outside_host {endpoint.name}"))
        host = self.estate.get(OutsideHost, key.id) if key else None
        vlan = host.segmentation_id if host else None
        networks = [n for n in self.estate.all(Network) if host and _on_segment(n, host)]
        marks = tuple(self.marks(ip) for ip in endpoint.addresses)
        around = tuple(self._around(network.id) for network in networks)
        return (endpoint.name, host and host.physical_network, vlan, host and host.addresses, marks, around)

    def marks(self, address: str) -> Hashable:
        """The prefixes and remote groups of the estate that hold an address."""
        value, version = number(address), version_of(address)
        bits = 32 if version == 4 else 128
        held = tuple(
            (version, length)
            for (family, length), starts in self.prefixes.items()
            if family == version and value >> (bits - length) in starts
        )
        starts = tuple(value >> (bits - length) for _, length in held)
        return held, starts, tuple(sorted(self.groups_of.get(address, ())))

    def _security(self, port: Port) -> Hashable:
        if not port.is_filtered:
            return None
        return tuple((id, self._rules(id)) for id in sorted(port.security_groups or ()))

    def _rules(self, group_id: str) -> Hashable:
        if group_id not in self.rules:
            group = self.estate.get(SecurityGroup, group_id)
            said = {_said(self.estate, rule) for rule in self.estate.find("rule.group", group_id)}
            self.rules[group_id] = (group is not None and group.stateful, frozenset(said))
        return self.rules[group_id]

    def _host(self, name: str) -> Hashable:
        """Which physical networks the host is on; a host that lacks some stands for itself."""
        key = self.estate.holder(Claim("name", f"host {name}")) if name else None
        host = self.estate.get(Host, key.id) if key else None
        on = frozenset(host.physical_networks) & self.physical if host else frozenset()
        return (bool(name), on) if on == self.physical else (bool(name), on, name)

    def _around(self, network_id: str) -> Hashable:
        if network_id not in self.around:
            networks, routers = _joined(self.estate, network_id, self.crossed)
            beyond = {id for router in routers for id in router.external_networks} - networks
            content = (
                frozenset(_network(self.estate, id) for id in networks | beyond),
                frozenset(self._router(router) for router in routers),
            )
            self.around |= dict.fromkeys(networks - self.around.keys() if network_id in networks else (), content)
            self.around[network_id] = content
        return self.around[network_id]

    def _router(self, router: Router) -> Hashable:
        ports = [
            p
            for p in self.estate.find("port.device", router.id)
            if p.device_owner in (ROUTER_INTERFACE, ROUTER_GATEWAY)
        ]
        outer = tuple(self.marks(ip) for port in ports if port.device_owner == ROUTER_GATEWAY for ip in port.addresses)
        faces = tuple((p.device_owner, p.network_id, p.fixed_ips, p.admin_state_up) for p in ports)
        more = (router.more_gateways, router.enable_default_route_ecmp)
        places = tuple((p.role, p.port_id, p.hosts) for p in self.estate.find("placement.subject", router.id))
        hosts = tuple(self._host(name) for *_, names in places for name in names)
        return (
            router.id,
            router.admin_state_up,
            router.external_gateway_info,
            more,
            router.routes,
            faces,
            outer,
            places,
            hosts,
        )


def _on_segment(network: Network, host: OutsideHost) -> bool:
    return segment(host.physical_network, host.segmentation_id) in places_of(network)


def _prefixes(estate: Estate) -> dict[tuple[int, int], set[int]]:
    """Every prefix that rules, address groups, routes and subnets name, and each address of a router, which takes what
    comes from there for forged: by family and length, without the host bits."""
    texts = {rule.normalized_cidr for rule in estate.all(SecurityGroupRule)} - {""}
    texts |= {text for group in estate.all(AddressGroup) for text in group.addresses}
    for subnet in estate.all(Subnet):
        texts |= {subnet.cidr, *(route.destination for route in subnet.host_routes)}
    texts |= {route.destination for router in estate.all(Router) for route in router.routes}
    ports = (port for router in estate.all(Router) for port in estate.find("port.device", router.id))
    texts |= {address for port in ports if port.device_owner in _ROUTER_PORTS for address in port.addresses}
    found: dict[tuple[int, int], set[int]] = defaultdict(set)
    for text in texts:
        inside = span(text)
        bits = 32 if inside.version == 4 else 128
        found[inside.version, inside.length].add(inside.first >> (bits - inside.length))
    return found


def _remote_groups(estate: Estate) -> dict[str, set[str]]:
    """The groups that rules have as remote, by the addresses of their members."""
    used = {rule.remote_group_id for rule in estate.all(SecurityGroupRule)} - {""}
    found: dict[str, set[str]] = defaultdict(set)
    for group in used:
        for port in estate.find("port.security_group", group):
            for address in port.addresses:
                found[address].add(group)
    return found


def _said(estate: Estate, rule: SecurityGroupRule) -> Hashable:
    group = estate.get(AddressGroup, rule.remote_address_group_id) if rule.remote_address_group_id else None
    return (
        rule.direction, rule.ethertype, rule.protocol, rule.port_range_min, rule.port_range_max, rule.remote_ip_prefix,
        rule.remote_group_id, rule.remote_address_group_id, frozenset(group.addresses) if group else None,
    )  # fmt: skip


def _network(estate: Estate, id: str) -> Hashable:
    network = estate.get(Network, id)
    if network is None:
        return id
    subnets = estate.find("subnet.network", id)
    places = places_of(network)
    outside = [host for place in places for host in estate.find("outside_host.segment", place)]
    return (
        id,
        network.admin_state_up,
        places,
        tuple((s.id, s.cidr, s.gateway_ip, s.host_routes, s.ipv6_ra_mode) for s in subnets),
        tuple((host.name, host.addresses, host.loopbacks) for host in outside),
    )


def _crossed(estate: Estate) -> set[str]:
    """The networks on which some route leads to a router's gateway, so that packets cross them into that router."""
    hops = {route.nexthop for router in estate.all(Router) for route in router.routes}
    for subnet in estate.all(Subnet):
        hops |= {subnet.gateway_ip or "", *(route.nexthop for route in subnet.host_routes)}
    gateways = (p for router in estate.all(Router) for p in estate.find("port.device", router.id))
    return {p.network_id for p in gateways if p.device_owner == ROUTER_GATEWAY and hops.intersection(p.addresses)}


def _joined(estate: Estate, network_id: str, crossed: set[str]) -> tuple[set[str], list[Router]]:
    """The networks joined to one by router interfaces (and by gateways on crossed networks), and their routers."""
    networks, routers, todo = {network_id}, {}, [network_id]
    while todo:
        for router in _attached(estate, todo.pop(), crossed):
            if router.id not in routers:
                routers[router.id] = router
                new = set(_faces(estate, router, crossed)) - networks
                networks |= new
                todo += new
    return networks, list(routers.values())


def _attached(estate: Estate, network_id: str, crossed: set[str]) -> Iterable[Router]:
    ids = {
        port.device_id
        for subnet in estate.find("subnet.network", network_id)
        for port in estate.find("port.routed_subnet", subnet.id)
    }
    if network_id in crossed:
        ids |= {router.id for router in estate.find("router.gateway", network_id)}
    return (router for id in sorted(ids) if (router := estate.get(Router, id)) is not None)


def _faces(estate: Estate, router: Router, crossed: set[str]) -> Iterable[str]:
    for port in estate.find("port.device", router.id):
        if port.device_owner == ROUTER_INTERFACE or (
            port.device_owner == ROUTER_GATEWAY and port.network_id in crossed
        ):
            yield port.network_id
