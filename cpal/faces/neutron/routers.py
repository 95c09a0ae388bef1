"""Routers with their gateways and routes. Source: Networking API v2.0, routers; ext-gw-mode, extraroute-atomic."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from ipaddress import ip_address, ip_network
from typing import Any

from msgspec.structs import replace

from cpal.faces.drawn_id import drawn_id
from cpal.faces.neutron.allowance import refuse_beyond
from cpal.faces.neutron.fault import ApiFault, bad_request, conflict, inconvertible, invalid, not_found
from cpal.faces.neutron.networks import refuse_zones
from cpal.faces.neutron.ports import fixed_ip
from cpal.faces.neutron.qos_use import asked_policy, network_policy
from cpal.faces.neutron.resource import Bulk, Dropped, LostMarker, Resource, Values, sent
from cpal.faces.neutron.scene import Scene, owner, owning, standard
from cpal.faces.neutron.tables import ROUTER
from cpal.faces.neutron.value_lists import ROUTES
from cpal.faces.neutron.values import said
from cpal.model.estate import Estate
from cpal.model.network import ROUTER_GATEWAY, ROUTER_INTERFACE, ZONE, FixedIP, HostRoute, Network, Port, Subnet
from cpal.model.port_forwarding import PortForwarding
from cpal.model.record import Record
from cpal.model.router import (
    ExternalGateway,
    FloatingIP,
    MoreGateway,
    Router,
    first_gateway,
    gateway_ports,
    placements_gone,
)
from cpal.reach.routing import router_of


def show_router(scene: Scene, router: Router) -> dict[str, Any]:
    """A router as the API shows it."""
    return {
        "id": router.id,
        "name": router.name,
        **owner(router),
        "admin_state_up": router.admin_state_up,
        "status": "ACTIVE",
        "external_gateway_info": _gateway(scene, router),
        "external_gateways": [_outer(port) for port in outer_ports(scene.estate, router)],
        "enable_snat": router.external_gateway_info is None or router.external_gateway_info.enable_snat,
        "routes": [{"destination": route.destination, "nexthop": route.nexthop} for route in router.routes],
        "enable_default_route_ecmp": router.enable_default_route_ecmp,
        "enable_default_route_bfd": router.enable_default_route_bfd,
        "ha": True,
        "distributed": router.distributed,
        "availability_zone_hints": list(router.availability_zone_hints),
        "availability_zones": [ZONE],
        **standard(scene, router),
    }


def _gateway(scene: Scene, router: Router) -> dict[str, Any] | None:
    info = router.external_gateway_info
    if info is None:
        return None
    port = first_port(scene.estate, router)
    limited = info.qos_policy_id or network_policy(scene.estate, info.network_id)
    return {
        **({"qos_policy_id": info.qos_policy_id or None} if limited else {}),
        "network_id": info.network_id,
        "enable_snat": info.enable_snat,
        "external_fixed_ips": _outer(port)["external_fixed_ips"] if port else [],
    }


def _outer(port: Port) -> dict[str, Any]:
    """One of several gateways, as the API shows it."""
    fixed = [{"subnet_id": each.subnet_id, "ip_address": each.ip_address} for each in port.fixed_ips or ()]
    return {"network_id": port.network_id, "external_fixed_ips": fixed}


def first_port(estate: Estate, router: Router) -> Port | None:
    """The port of a router's first gateway."""
    return first_gateway(router, estate.find("port.device", router.id))


def outer_ports(estate: Estate, router: Router) -> list[Port]:
    """The ports of a router's gateways, that of the first before the others."""
    return gateway_ports(router, estate.find("port.device", router.id))


def interfaces(estate: Estate, router_id: str) -> list[Port]:
    """The ports by which a router is on networks inside."""
    return [port for port in estate.find("port.device", router_id) if port.device_owner == ROUTER_INTERFACE]


def make_router(scene: Scene, id: str, values: Values) -> Iterator[Record]:
    """The records of a new router."""
    refuse_zones(values)
    _refuse_without_ha(values)
    router = Router(
        id=id,
        project_id=values["project_id"],
        **sent(values, "name", "description", "admin_state_up", "tags", "distributed", "availability_zone_hints"),
        **_default_routes(values),
    )
    yield from _with_gateway(scene, router, None, values["external_gateway_info"])
    yield from owning(scene, values["project_id"])


def _default_routes(values: Values) -> dict[str, Any]:
    """What is asked of routes to everywhere; null asks for nothing."""
    asked = sent(values, "enable_default_route_ecmp", "enable_default_route_bfd")
    return {name: value for name, value in asked.items() if value is not None}


def _refuse_without_ha(values: Values) -> None:
    """Refuse a router whose gateway would stand by nowhere: those of OVN have several hosts always."""
    if values.get("ha") is False:
        raise inconvertible("Provider ovn does not support ha=False.")


def _with_gateway(scene: Scene, router: Router, port: Port | None, info: Mapping[str, Any] | None) -> Iterator[Record]:
    """The router with its gateway as asked, and the gateway's port."""
    if not info:
        yield replace(router, external_gateway_info=None)
        return
    network = outside_network(scene, info)
    before = router.external_gateway_info.qos_policy_id if router.external_gateway_info else ""
    policy = {"qos_policy_id": before, **asked_policy(scene, info, before)}
    gateway = ExternalGateway(network.id, info.get("enable_snat", True), **policy)
    yield replace(router, external_gateway_info=gateway)
    yield outer_port(scene, router, port, network, info)


def outside_network(scene: Scene, info: Mapping[str, Any]) -> Network:
    """The external network that a gateway is to be on.

    Raises:
        ApiFault: there is none, or it is no external one.
    """
    network = scene.estate.get(Network, info.get("network_id", "")) if "network_id" in info else None
    if network is None or not scene.may("get_network", network):
        raise not_found("Network", str(info.get("network_id")))
    if not network.external:
        raise _bad_router(f"Network {network.id} is not an external network")
    return network


def outer_port(scene: Scene, router: Router, port: Port | None, network: Network, info: Mapping[str, Any]) -> Port:
    """The port of a gateway with the addresses asked for: another one where it is to be on another network."""
    if port is None or port.network_id != network.id:
        port = Port(
            id=drawn_id(),
            network_id=network.id,
            device_id=router.id,
            device_owner=ROUTER_GATEWAY,
            security_groups=(),
            port_security_enabled=False,
        )
    wanted = info.get("external_fixed_ips")
    if wanted is not None:
        port = replace(port, fixed_ips=tuple(_outside(scene, port, network, each) for each in wanted) or None)
    if not scene.estate.ids("subnet.network", network.id):
        port = replace(port, fixed_ips=())
    return port


def _outside(scene: Scene, port: Port, network: Network, given: Mapping[str, str]) -> FixedIP:
    subnets: list[Subnet] = scene.estate.find("subnet.network", network.id)
    text = given.get("ip_address", "")
    if text and any(subnet.gateway_ip == text for subnet in subnets):
        raise _bad_router(f"External IP {text} is the same as the gateway IP")
    return fixed_ip(scene, port, given, subnets)


def _bad_router(why: str) -> ApiFault:
    return bad_request(f"Bad router request: {why}.", "BadRequest")


def change_router(scene: Scene, router: Router, values: Values) -> Iterator[Record]:
    """The records of a changed router. A gateway that goes, goes by `left_by`."""
    _refuse_without_ha(values)
    names = ("name", "description", "admin_state_up", "tags", "distributed")
    changed = replace(router, **sent(values, *names), **_default_routes(values))
    if "routes" in values:
        changed = replace(changed, routes=_routes(scene, router, values["routes"]))
    if "external_gateway_info" not in values:
        yield changed
        return
    info = values["external_gateway_info"]
    port = first_port(scene.estate, router)
    if port is not None and (not info or info.get("network_id") != port.network_id):
        refuse_without_way(scene, router, {port.id})
    if info or not router.more_gateways:
        yield from _with_gateway(scene, changed, port, info)
    else:
        yield with_gateways(changed, outer_ports(scene.estate, router)[1:])


def with_gateways(router: Router, ports: Sequence[Port]) -> Router:
    """The router with the gateways whose ports these are, the first one first."""
    info, first = router.external_gateway_info, next(iter(ports), None)
    if first is None:
        return replace(router, external_gateway_info=None, more_gateways=())
    was = {each.port_id for each in router.more_gateways}
    if info is None or first.id in was or first.network_id != info.network_id:
        info = ExternalGateway(first.network_id, info.enable_snat if info else True)
    more = tuple(MoreGateway(port.network_id, port.id) for port in ports[1:])
    return replace(router, external_gateway_info=info, more_gateways=more)


def left_by(scene: Scene, router: Router, values: Values) -> list[Record]:
    """The records that go when a router changes so: the port of a gateway that it had, and where that was placed."""
    ports = outer_ports(scene.estate, router)
    if not ports or "external_gateway_info" not in values:
        return []
    info, port = values["external_gateway_info"], ports[0]
    if info and info.get("network_id", port.network_id) == port.network_id:
        return []
    after = router if info else with_gateways(router, ports[1:])
    return [port, *placements_gone(after, scene.estate.find("placement.subject", router.id))]


def refuse_without_way(scene: Scene, router: Router, leaving: Collection[str]) -> None:
    """Refuse to take gateways, by their ports, from a router: the first if any floating IP leads through the router, of
    the others the last one on a network of which some do.
    """
    before = outer_ports(scene.estate, router)
    staying = {port.network_id for port in before if port.id not in leaving}
    for place, port in enumerate(before):
        needed = (port.network_id,) if place else router.external_networks
        lost = port.id in leaving and (not place or port.network_id not in staying)
        if lost and any(has_floating(scene, router, network_id) for network_id in needed):
            message = (
                f"Gateway cannot be updated for router {router.id}, since a gateway to external network "
                f"{port.network_id} is required by one or more floating IPs."
            )
            raise conflict("RouterExternalGatewayInUseByFloatingIp", message)


def has_floating(scene: Scene, router: Router, network_id: str, subnets: Collection[str] | None = None) -> bool:
    """Whether floating IPs of the network lead through the router; to one of the subnets, where they are given."""
    floating: list[FloatingIP] = scene.estate.find("floating_ip.network", network_id)
    for each in floating:
        inside = (fixed.subnet_id for port in _led_to(scene, each) for fixed in port.fixed_ips or ())
        if subnets is None or any(id in subnets for id in inside):
            through = router_of(scene.estate, each)
            if through is not None and through.id == router.id:
                return True
    return False


def _led_to(scene: Scene, floating: FloatingIP) -> Iterator[Port]:
    """The port that a floating IP leads to, or those that ports of it are forwarded to."""
    forwardings: list[PortForwarding] = scene.estate.find("port_forwarding.floating_ip", floating.id)
    for id in (floating.port_id, *(each.internal_port_id for each in forwardings)):
        if (port := scene.estate.get(Port, id)) is not None:
            yield port


def _routes(scene: Scene, router: Router, given: Iterable[Mapping[str, str]]) -> tuple[HostRoute, ...]:
    routes = tuple(HostRoute(each["destination"], each["nexthop"]) for each in given)
    ports = [*interfaces(scene.estate, router.id), *outer_ports(scene.estate, router)]
    own = [fixed for port in ports for fixed in port.fixed_ips or ()]
    subnets = [scene.estate.get(Subnet, fixed.subnet_id) for fixed in own]
    for route in routes:
        if not any(subnet is not None and ip_address(route.nexthop) in ip_network(subnet.cidr) for subnet in subnets):
            raise _invalid_routes(routes, "the nexthop is not connected with router")
        if any(fixed.ip_address == route.nexthop for fixed in own):
            raise _invalid_routes(routes, "the nexthop is used by router")
    return _not_too_many(scene, router, routes)


def _invalid_routes(routes: Iterable[HostRoute], why: str) -> ApiFault:
    told = said(str([{"destination": each.destination, "nexthop": each.nexthop} for each in routes]))
    return bad_request(f"Invalid format for routes: {told}, {why}", "InvalidRoutes")


def _not_too_many(scene: Scene, router: Router, routes: tuple[HostRoute, ...]) -> tuple[HostRoute, ...]:
    """The routes, if a router may have so many."""
    refuse_beyond(scene, "router_route", router.project_id, len(routes))
    return routes


def drop_router(scene: Scene, router: Router) -> Dropped:
    """The router with its gateways' ports, if it has no interface left."""
    if held := sorted(port.id for port in interfaces(scene.estate, router.id)):
        raise conflict("RouterInUse", f"Router {router.id} has ports still attached: {', '.join(held)}")
    ports = outer_ports(scene.estate, router)
    refuse_without_way(scene, router, {port.id for port in ports})
    return Dropped((router, *ports, *scene.estate.find("placement.subject", router.id)))


def added_routes(scene: Scene, router: Router, body: Any) -> Router:
    """The router with more routes."""
    more = _routes(scene, router, _given_routes(body))
    return replace(router, routes=_not_too_many(scene, router, tuple(dict.fromkeys((*router.routes, *more)))))


def removed_routes(scene: Scene, router: Router, body: Any) -> Router:
    """The router without some routes."""
    less = {HostRoute(each["destination"], each["nexthop"]) for each in _given_routes(body)}
    return replace(router, routes=tuple(route for route in router.routes if route not in less))


def _given_routes(body: Any) -> Iterable[Mapping[str, str]]:
    given = (
        body.get("router", {}).get("routes")
        if isinstance(body, dict) and isinstance(body.get("router"), dict)
        else None
    )
    try:
        found: Iterable[Mapping[str, str]] = ROUTES(given)
    except ValueError as error:
        raise invalid("routes", f"{error}.") from None
    return found


ROUTERS = Resource(
    "router", "routers", "Router", Router, ROUTER, show_router, make_router, change_router, drop_router, left=left_by,
    lost_marker=LostMarker.EMPTY, bulk=Bulk.REFUSED,
)  # fmt: skip
