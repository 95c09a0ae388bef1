"""What must hold for routers and floating IPs. Source: Networking API v2.0; extensions ext-gw-mode, extraroute."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations

from cpal.model.address import contains, number
from cpal.model.checks.network import (
    SEGMENTATION_IDS,
    fabric_vlan_problems,
    overlap,
    route_target_problems,
    zone_problems,
)
from cpal.model.checks.values import (
    MAX_NAME,
    address_problems,
    domain_problems,
    mac_problems,
    outside_hosts,
    prefix_problems,
)
from cpal.model.checks.words import (
    FOREIGN,
    INCOMPLETE,
    INEFFECTIVE,
    Problem,
    called,
    called_fully,
    missing,
    not_completed,
    sure,
)
from cpal.model.estate import Estate, LookUps
from cpal.model.network import ROUTER_GATEWAY, ROUTER_INTERFACE, Network, Port, Subnet
from cpal.model.router import FloatingIP, Router


def _gateways(estate: Estate, router: Router) -> Iterator[Problem]:
    if router.external_gateway_info is not None:
        yield from _gateway(estate, "external_gateway_info", router.external_gateway_info.network_id)
    elif router.more_gateways:
        yield Problem(
            "more_gateways", "there is no first gateway beside them", "make one of them external_gateway_info"
        )
    for network_id in dict.fromkeys(each.network_id for each in router.more_gateways):
        yield from _gateway(estate, "more_gateways", network_id)


def _gateway(estate: Estate, field: str, id: str) -> Iterator[Problem]:
    network = estate.get(Network, id)
    if network is None:
        yield missing(field, "network", id)
        return
    yield from sure(_not_external(estate, field, network))
    if not estate.ids("subnet.network", id):
        what = f"{called_fully(estate, network)} has no subnet"
        yield Problem(field, what, "give it one with room for the gateway", INEFFECTIVE)  # an API may do so later


def _not_external(estate: Estate, field: str, network: Network) -> Iterator[Problem]:
    if not network.external:
        yield Problem(field, f"{called_fully(estate, network)} is not external", "name an external network")


def _gateway_ports(estate: Estate, router: Router) -> Iterator[Problem]:
    """Each gateway has a port of its own, on its network; one on a network without subnets may do without."""
    ports = {port.id: port.network_id for port in _ports(estate, router, ROUTER_GATEWAY)}
    for each in router.more_gateways:
        if ports.pop(each.port_id, "") != each.network_id:
            yield _without_port(estate, router, "more_gateways")
    field, gateway = "external_gateway_info", router.external_gateway_info
    if gateway is None or estate.get(Network, gateway.network_id) is None:
        return
    if not ports and estate.ids("subnet.network", gateway.network_id):
        yield _without_port(estate, router, field)
    elif len(ports) > 1:
        yield Problem(field, "the router's gateway has several ports", "keep one, or say more_gateways of the others")
    elif ports and gateway.network_id not in ports.values():
        yield Problem(field, "the port of the router's gateway is on another network", "keep both on one network")


def _without_port(estate: Estate, router: Router, field: str) -> Problem:
    estate.nothing_more("port.device", router.id)
    words = "the router's gateway has no port"
    return Problem(field, words, "complete the records before they are checked", INCOMPLETE)


def _ports(estate: Estate, router: Router, *roles: str) -> list[Port]:
    return [port for port in estate.find("port.device", router.id) if port.device_owner in roles]


def _connected(estate: Estate, port: Port) -> Iterator[Subnet]:
    for fixed in port.fixed_ips or ():
        subnet = estate.get(Subnet, fixed.subnet_id)
        if subnet is not None:
            yield subnet


def _overlaps(estate: Estate, router: Router) -> Iterator[Problem]:
    """Prefixes that overlap; a gateway may have several addresses in one subnet."""
    inner = [subnet for port in _ports(estate, router, ROUTER_INTERFACE) for subnet in sure(_connected(estate, port))]
    outer = [subnet for port in _ports(estate, router, ROUTER_GATEWAY) for subnet in sure(_connected(estate, port))]
    connected = [*inner, *{subnet.id: subnet for subnet in outer}.values()]
    for one, other in combinations(connected, 2):
        yield from sure(_overlap(estate, one, other))


def _overlap(estate: Estate, one: Subnet, other: Subnet) -> Iterator[Problem]:
    if one.id == other.id:
        yield Problem("interfaces", f"joins {called(estate, one)} twice", "keep one interface")
    elif overlap(one.cidr, other.cidr):
        yield Problem("interfaces", f"joins {called(estate, one)} ({one.cidr}) and {called(estate, other)} "
                      f"({other.cidr}), which overlap", "use another router, or another prefix")  # fmt: skip


def _routes(estate: Estate, router: Router) -> Iterator[Problem]:
    for route in router.routes:
        problems = list(prefix_problems("routes", route.destination))
        version = 6 if ":" in route.destination else 4
        problems += address_problems("routes", route.nexthop, 0 if problems else version)
        yield from problems
        if not problems:
            yield from sure(_next_hop(estate, router, route.nexthop))
    for route in dict.fromkeys(route for route in router.routes if router.routes.count(route) > 1):
        yield Problem("routes", f"{route.destination} via {route.nexthop} is named twice", "keep one")


def _next_hop(estate: Estate, router: Router, ip: str) -> Iterator[Problem]:
    ports = _ports(estate, router, ROUTER_INTERFACE, ROUTER_GATEWAY)
    if any(ip in port.addresses for port in ports):
        yield Problem("routes", f"the next hop {ip} is the router itself", "name the next router")
    elif not any(_holds(subnet, ip) for port in ports for subnet in _connected(estate, port)):
        estate.nothing_more("port.device", router.id)
        yield Problem("routes", f"the next hop {ip} is on none of the router's subnets",
                      "name an address on one of them, or add an interface")  # fmt: skip


def _vni(estate: Estate, router: Router) -> Iterator[Problem]:
    """The VNI of a router's VRF; 0 is none."""
    _, high = SEGMENTATION_IDS["vxlan"]
    if not 0 <= router.vni <= high:
        yield Problem("vni", f"{router.vni} is out of range for vxlan", f"a number from 1 to {high}")


def _fabric_vlan(estate: Estate, router: Router) -> Iterator[Problem]:
    yield from fabric_vlan_problems(router.fabric_vlan)


def _on_leaves(estate: Estate, router: Router) -> Iterator[Problem]:
    yield from route_target_problems(router.route_target)
    for field in ("vrf", "export_policy"):
        text = getattr(router, field)
        if len(text.split()) > 1 or text == "default":
            yield Problem(field, f"{text!r} is no name on a leaf", "one word, other than default")


ROUTER_CHECKS = (_vni, _fabric_vlan, _on_leaves, _gateways, _gateway_ports, _overlaps, _routes, zone_problems)


def _holds(subnet: Subnet, ip: str) -> bool:
    try:
        return contains(subnet.cidr, ip)
    except ValueError:
        return False


def _floating_network(estate: Estate, floating: FloatingIP) -> Iterable[Problem]:
    network = estate.get(Network, floating.floating_network_id)
    if network is None:
        return (missing("floating_network_id", "network", floating.floating_network_id),)
    return _not_external(estate, "floating_network_id", network)


def _floating_ip_address(estate: Estate, floating: FloatingIP) -> Iterable[Problem]:
    network = estate.get(Network, floating.floating_network_id)
    if not floating.floating_ip_address and network is not None and not _has_ipv4(estate, network):
        why = f"{called_fully(estate, network)} has no IPv4 subnet to take an address from"
        return (Problem("floating_ip_address", why, "give it one with room for the address"),)
    if not floating.floating_ip_address:
        return (not_completed("floating_ip_address"),)
    return _floating_address(estate, floating)


def _has_ipv4(estate: Estate, network: Network) -> bool:
    return any(subnet.ip_version == 4 for subnet in estate.find("subnet.network", network.id))


def _port_of_floating_ip(estate: Estate, floating: FloatingIP) -> Iterable[Problem]:
    if floating.port_id:
        return _association(estate, floating)
    if floating.fixed_ip_address:
        return (Problem("fixed_ip_address", "names an address of no port", "name the port, or leave it out"),)
    return ()


def _router_of_floating_ip(estate: Estate, floating: FloatingIP) -> Iterator[Problem]:
    if not floating.router_id:
        return
    router = estate.get(Router, floating.router_id)
    if router is None:
        yield missing("router_id", "router", floating.router_id)
        return
    if router.project_id != floating.project_id:
        why = f"{called_fully(estate, router)} belongs to another project"
        yield Problem("router_id", why, "use a router of its own", FOREIGN)
    if not _leads_to(router, floating.floating_network_id):
        why = f"{called_fully(estate, router)} does not lead to the floating IP's network"
        yield Problem("router_id", why, "give it its gateway on that network, or name a router that has it there")


def _dns_names(estate: Estate, floating: FloatingIP) -> Iterator[Problem]:
    for field in ("dns_name", "dns_domain"):
        if text := getattr(floating, field):
            yield from domain_problems(field, text)


def _floating_port(estate: Estate, floating: FloatingIP) -> Iterator[Problem]:
    called = floating.floating_port
    if called.mac_address:
        yield from mac_problems("floating_port", called.mac_address)
    if max(len(called.name), len(called.description)) > MAX_NAME:
        yield Problem("floating_port", "its name or description is too long", f"write at most {MAX_NAME} characters")


FLOATING_IP_CHECKS = (
    _floating_network, _floating_ip_address, _port_of_floating_ip, _router_of_floating_ip, _floating_port,
    _dns_names,
)  # fmt: skip


def _floating_address(estate: Estate, floating: FloatingIP) -> Iterator[Problem]:
    ip = floating.floating_ip_address
    problems = list(address_problems("floating_ip_address", ip, 4))
    yield from problems
    if problems:
        return
    subnet = next((s for s in estate.find("subnet.network", floating.floating_network_id) if _holds(s, ip)), None)
    if subnet is None:
        estate.nothing_more("subnet.network", floating.floating_network_id)
        yield Problem("floating_ip_address", f"{ip} is in no subnet of its network", "choose one of its addresses")
    elif ip == subnet.gateway_ip:
        yield Problem(
            "floating_ip_address", f"{ip} is the gateway of {called(estate, subnet)}", "choose another address"
        )
    elif reserved := outside_hosts(subnet.cidr, number(ip)):
        yield Problem(
            "floating_ip_address", f"{ip} is the {reserved} address of {subnet.cidr}", "choose another address"
        )


def _association(estate: Estate, floating: FloatingIP) -> Iterator[Problem]:
    port = estate.get(Port, floating.port_id)
    if port is None:
        yield missing("port_id", "port", floating.port_id)
        return
    if port.project_id != floating.project_id:
        yield Problem(
            "port_id", f"{called_fully(estate, port)} belongs to another project", "use a port of its own", FOREIGN
        )
    if not floating.fixed_ip_address:
        if any(":" not in ip for ip in port.addresses):
            yield not_completed("fixed_ip_address")
        else:
            yield Problem("port_id", f"{called_fully(estate, port)} has no IPv4 address", "name a port that has one")
        return
    subnet_id = next((f.subnet_id for f in port.fixed_ips or () if f.ip_address == floating.fixed_ip_address), "")
    if not subnet_id or ":" in floating.fixed_ip_address:
        yield Problem("fixed_ip_address", f"{floating.fixed_ip_address} is not of {called_fully(estate, port)}",
                      "one of " + ", ".join(ip for ip in port.addresses if ":" not in ip))  # fmt: skip
    elif not floating.router_id and router_towards(estate, floating, subnet_id) is None:
        estate.nothing_more("port.routed_subnet", subnet_id)
        yield Problem("port_id", f"no router leads from {called_fully(estate, port)} to the floating IP's network",
                      "give a router an interface on the port's subnet and its gateway on that network")  # fmt: skip


def router_towards(estate: LookUps, floating: FloatingIP, subnet_id: str) -> Router | None:
    """The router that translates a floating IP to an address of a subnet: the one it names, or the one between both."""
    if not floating.router_id:
        return _router_between(estate, subnet_id, floating.floating_network_id)
    router = estate.get(Router, floating.router_id)
    return router if router is not None and _leads_to(router, floating.floating_network_id) else None


def _leads_to(router: Router, network_id: str) -> bool:
    return network_id in router.external_networks


def _router_between(estate: LookUps, subnet_id: str, network_id: str) -> Router | None:
    """The router with an interface on the subnet and its gateway on the network.

    Of several, it is the one that is the subnet's gateway, through which hosts answer; else the first by its port's id.
    """
    subnet = estate.get(Subnet, subnet_id)
    gateway_ip = subnet.gateway_ip if subnet else None
    first = None
    for port in estate.find("port.routed_subnet", subnet_id):
        router = estate.get(Router, port.device_id)
        if router is not None and _leads_to(router, network_id):
            if gateway_ip in port.addresses:
                return router
            first = first or router
    return first
