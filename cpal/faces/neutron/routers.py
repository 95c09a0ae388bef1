"""Routers, their interfaces and gateways, and floating IPs.

Source: Networking API v2.0, routers, floatingips; extensions ext-gw-mode, extraroute, extraroute-atomic.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from ipaddress import ip_address, ip_network
from typing import Any
from uuid import uuid4

from msgspec.structs import replace

from cpal.faces.neutron.fault import ApiFault, bad_request, conflict, invalid, not_found
from cpal.faces.neutron.networks import ZONE
from cpal.faces.neutron.resource import Dropped, Resource, Values, sent
from cpal.faces.neutron.scene import Scene, owner, owning, standard
from cpal.faces.neutron.tables import FLOATING_IP, ROUTER, ROUTES
from cpal.faces.neutron.values import uuid
from cpal.model.claims import address_claim
from cpal.model.estate import Estate
from cpal.model.network import ROUTER_GATEWAY, ROUTER_INTERFACE, FixedIP, HostRoute, Network, Port, Subnet
from cpal.model.record import Record
from cpal.model.router import ExternalGateway, FloatingIP, Router

FLOATING_OWNER = "network:floatingip"


def show_router(scene: Scene, router: Router) -> dict[str, Any]:
    """A router as the API shows it."""
    return {
        "id": router.id,
        "name": router.name,
        **owner(router),
        "admin_state_up": router.admin_state_up,
        "status": "ACTIVE",
        "external_gateway_info": _gateway(scene, router),
        "routes": [{"destination": route.destination, "nexthop": route.nexthop} for route in router.routes],
        "ha": True,
        "distributed": router.distributed,
        "availability_zone_hints": [],
        "availability_zones": [ZONE],
        "flavor_id": None,
        **standard(scene, router),
    }


def _gateway(scene: Scene, router: Router) -> dict[str, Any] | None:
    info = router.external_gateway_info
    if info is None:
        return None
    port = gateway_port(scene.estate, router)
    return {
        "network_id": info.network_id,
        "enable_snat": info.enable_snat,
        "external_fixed_ips": [
            {"subnet_id": fixed.subnet_id, "ip_address": fixed.ip_address}
            for fixed in (port.fixed_ips or () if port else ())
        ],
    }


def gateway_port(estate: Estate, router: Router) -> Port | None:
    """The port by which a router is on its external network."""
    return next((port for port in estate.find("port.device", router.id) if port.device_owner == ROUTER_GATEWAY), None)


def interfaces(estate: Estate, router_id: str) -> list[Port]:
    """The ports by which a router is on networks inside."""
    return [port for port in estate.find("port.device", router_id) if port.device_owner == ROUTER_INTERFACE]


def make_router(scene: Scene, id: str, values: Values) -> Iterator[Record]:
    """The records of a new router."""
    router = Router(
        id=id,
        project_id=values["project_id"],
        **sent(values, "name", "description", "admin_state_up", "tags", "distributed"),
    )
    yield from _with_gateway(scene, router, None, values["external_gateway_info"])
    yield from owning(scene, values["project_id"])


def _with_gateway(scene: Scene, router: Router, port: Port | None, info: Mapping[str, Any] | None) -> Iterator[Record]:
    """The router with its gateway as asked, and the gateway's port."""
    if not info:
        yield replace(router, external_gateway_info=None)
        return
    network = scene.estate.get(Network, info.get("network_id", "")) if "network_id" in info else None
    if network is None or not (network.external or scene.may("get_network", network)):
        raise not_found("Network", str(info.get("network_id")))
    if not network.external:
        raise bad_request(f"Bad router request: Network {network.id} is not an external network.", "BadRequest")
    yield replace(router, external_gateway_info=ExternalGateway(network.id, info.get("enable_snat", True)))
    moved = port is None or port.network_id != network.id
    if port is None or moved:
        port = Port(
            id=str(uuid4()),
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
    yield port


def _outside(scene: Scene, port: Port, network: Network, given: Mapping[str, str]) -> FixedIP:
    subnets: list[Subnet] = scene.estate.find("subnet.network", network.id)
    text, id = given.get("ip_address", ""), given.get("subnet_id")
    fits = [
        each
        for each in subnets
        if (id is None or each.id == id) and (not text or ip_address(text) in ip_network(each.cidr))
    ]
    if not fits:
        raise bad_request(
            f"IP address {text} is not a valid IP for any of the subnets on the specified network.",
            "InvalidIpForNetwork",
        )
    if text and scene.estate.holder(address_claim(network.id, text)) not in (None, port.key):
        raise conflict("IpAddressAlreadyAllocated", f"IP address {text} already allocated in subnet {fits[0].id}")
    return FixedIP(fits[0].id, text)


def change_router(scene: Scene, router: Router, values: Values) -> Iterator[Record]:
    """The records of a changed router. A gateway that goes, goes by `drop_gateway`."""
    changed = replace(router, **sent(values, "name", "description", "admin_state_up", "tags", "distributed"))
    if "routes" in values:
        changed = replace(changed, routes=_routes(scene, router, values["routes"]))
    if "external_gateway_info" not in values:
        yield changed
        return
    info = values["external_gateway_info"]
    port = gateway_port(scene.estate, router)
    if info and "network_id" not in info and router.external_gateway_info:
        info = {**info, "network_id": router.external_gateway_info.network_id}
    if port is not None and (not info or info.get("network_id") != port.network_id):
        _refuse_floating(scene, router)
    yield from _with_gateway(scene, changed, port, info)


def left_by(scene: Scene, router: Router, values: Values) -> list[Record]:
    """The records that go when a router changes so: the port of a gateway that it had, and where that was placed."""
    port = gateway_port(scene.estate, router)
    if port is None or "external_gateway_info" not in values:
        return []
    info = values["external_gateway_info"]
    if info and info.get("network_id", port.network_id) == port.network_id:
        return []
    return [port, *([] if info else scene.estate.find("placement.subject", router.id))]


def _refuse_floating(scene: Scene, router: Router) -> None:
    inside = {fixed.subnet_id for port in interfaces(scene.estate, router.id) for fixed in port.fixed_ips or ()}
    info = router.external_gateway_info
    for floating in scene.estate.find("floating_ip.network", info.network_id) if info else ():
        port = scene.estate.get(Port, floating.port_id)
        if port is not None and any(fixed.subnet_id in inside for fixed in port.fixed_ips or ()):
            raise conflict("RouterExternalGatewayInUseByFloatingIp", f"Gateway cannot be updated for router {router.id}, "
                           "since a gateway to external network is required by one or more floating IPs.")  # fmt: skip


def _routes(scene: Scene, router: Router, given: Iterable[Mapping[str, str]]) -> tuple[HostRoute, ...]:
    routes = tuple(HostRoute(each["destination"], each["nexthop"]) for each in given)
    ports = [*interfaces(scene.estate, router.id)]
    gateway = gateway_port(scene.estate, router)
    subnets = [
        scene.estate.get(Subnet, fixed.subnet_id)
        for port in [*ports, *([gateway] if gateway else [])]
        for fixed in port.fixed_ips or ()
    ]
    for route in routes:
        if not any(subnet is not None and ip_address(route.nexthop) in ip_network(subnet.cidr) for subnet in subnets):
            raise bad_request(
                f"Invalid format for routes: {route.destination} via {route.nexthop}, the nexthop is not connected with router.",
                "InvalidRoutes",
            )
    return routes


def drop_router(scene: Scene, router: Router) -> Dropped:
    """The router with its gateway's port, if it has no interface left."""
    if interfaces(scene.estate, router.id):
        raise conflict("RouterInUse", f"Router {router.id} still has ports")
    port = gateway_port(scene.estate, router)
    placed = scene.estate.find("placement.subject", router.id)
    return Dropped((router, *([port] if port else []), *placed))


# Interfaces


def _one_of(body: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Which subnet or port an interface request names."""
    unknown = set(body) - {"subnet_id", "port_id"}
    if unknown:
        raise bad_request(f"Unrecognized attribute(s) '{', '.join(sorted(unknown))}'")
    found = []
    for key in ("subnet_id", "port_id"):
        value = body.get(key)
        try:
            found.append(None if value is None else uuid(value))
        except ValueError as error:
            raise invalid(key, f"{error}.") from None
    if found == [None, None]:
        raise bad_request("Bad router request: Either subnet_id or port_id must be specified.", "BadRequest")
    return found[0], found[1]


def added_interface(scene: Scene, router: Router, body: Mapping[str, Any]) -> Port:
    """The port by which the router joins a subnet."""
    subnet_id, port_id = _one_of(body)
    if port_id is not None:
        if subnet_id is not None:
            raise bad_request("Bad router request: Cannot specify both subnet-id and port-id.", "BadRequest")
        return _joined_by_port(scene, router, scene.seen(Port, port_id, "Port"))
    subnet = scene.seen(Subnet, subnet_id or "", "Subnet")
    if not subnet.gateway_ip:
        raise bad_request("Bad router request: Subnet for router interface must have a gateway IP.", "BadRequest")
    _refuse_overlap(scene, router, [subnet])
    taken = scene.estate.holder(address_claim(subnet.network_id, subnet.gateway_ip))
    if taken is not None:
        raise conflict(
            "IpAddressAlreadyAllocated", f"IP address {subnet.gateway_ip} already allocated in subnet {subnet.id}"
        )
    six = _joined_v6(scene, router, subnet)
    if six is not None:
        return replace(six, fixed_ips=(*(six.fixed_ips or ()), FixedIP(subnet.id, subnet.gateway_ip)))
    return Port(
        id=str(uuid4()), network_id=subnet.network_id, project_id=router.project_id, device_id=router.id,
        device_owner=ROUTER_INTERFACE, fixed_ips=(FixedIP(subnet.id, subnet.gateway_ip),), security_groups=(),
        port_security_enabled=False,
    )  # fmt: skip


def _joined_v6(scene: Scene, router: Router, subnet: Subnet) -> Port | None:
    """The router's port with the other IPv6 subnets of the network, which this one joins."""
    if subnet.ip_version == 4:
        return None
    ports = (port for port in interfaces(scene.estate, router.id) if port.network_id == subnet.network_id)
    return next((port for port in ports if any(":" in fixed.ip_address for fixed in port.fixed_ips or ())), None)


def _joined_by_port(scene: Scene, router: Router, port: Port) -> Port:
    if port.device_id:
        raise conflict("PortInUse", f"Unable to complete operation on port {port.id} for network {port.network_id}. "
                       f"Port already has an attached device {port.device_id}.")  # fmt: skip
    if not port.fixed_ips:
        raise bad_request("Bad router request: Router port must have at least one fixed IP.", "BadRequest")
    subnets = [found for fixed in port.fixed_ips if (found := scene.estate.get(Subnet, fixed.subnet_id))]
    if len([subnet for subnet in subnets if subnet.ip_version == 4]) > 1:
        raise bad_request("Bad router request: Cannot have multiple IPv4 subnets on router port.", "BadRequest")
    _refuse_overlap(scene, router, subnets)
    return replace(port, device_id=router.id, device_owner=ROUTER_INTERFACE, security_groups=(), port_security_enabled=False,
                   allowed_address_pairs=(), host_id="")  # fmt: skip


def _refuse_overlap(scene: Scene, router: Router, subnets: Iterable[Subnet]) -> None:
    estate = scene.estate
    for port in estate.find("port.device", router.id):
        for other in (estate.get(Subnet, fixed.subnet_id) for fixed in port.fixed_ips or ()):
            for subnet in subnets:
                if other is None or other.ip_version != subnet.ip_version:
                    continue
                if other.id == subnet.id:
                    raise bad_request(
                        f"Bad router request: Router already has a port on subnet {subnet.id}.", "BadRequest"
                    )
                if ip_network(other.cidr).overlaps(ip_network(subnet.cidr)):
                    raise bad_request(f"Bad router request: Cidr {subnet.cidr} of subnet {subnet.id} overlaps with cidr "
                                      f"{other.cidr} of subnet {other.id}.", "BadRequest")  # fmt: skip


def removed_interface(scene: Scene, router: Router, body: Mapping[str, Any]) -> tuple[Port, Dropped]:
    """The port by which the router leaves, and what goes with it or changes."""
    subnet_id, port_id = _one_of(body)
    ports = interfaces(scene.estate, router.id)
    port = next((each for each in ports if _is_it(each, subnet_id, port_id)), None)
    if port is None:
        if port_id is not None and subnet_id is not None and any(each.id == port_id for each in ports):
            raise conflict(
                "SubnetMismatchForPort", f"Subnet on port {port_id} does not match the requested subnet {subnet_id}."
            )
        if port_id is None:
            scene.seen(Subnet, subnet_id or "", "Subnet")
            raise ApiFault(
                404, "RouterInterfaceNotFoundForSubnet", f"Router {router.id} has no interface on subnet {subnet_id}."
            )
        raise ApiFault(
            404, "RouterInterfaceNotFound", f"Router {router.id} does not have an interface with id {port_id}."
        )
    leaving = {fixed.subnet_id for fixed in port.fixed_ips or () if subnet_id in (None, fixed.subnet_id)}
    _refuse_needed(scene, router, leaving)
    kept = tuple(fixed for fixed in port.fixed_ips or () if fixed.subnet_id not in leaving)
    return port, Dropped((), (replace(port, fixed_ips=kept),)) if kept else Dropped((port,))


def _is_it(port: Port, subnet_id: str | None, port_id: str | None) -> bool:
    on = subnet_id is None or any(fixed.subnet_id == subnet_id for fixed in port.fixed_ips or ())
    return on and port_id in (None, port.id)


def _refuse_needed(scene: Scene, router: Router, leaving: set[str]) -> None:
    """Refuse to leave a subnet that floating IPs or routes go through."""
    info = router.external_gateway_info
    for floating in scene.estate.find("floating_ip.network", info.network_id) if info else ():
        port = scene.estate.get(Port, floating.port_id)
        if port is not None and any(fixed.subnet_id in leaving for fixed in port.fixed_ips or ()):
            raise conflict("RouterInterfaceInUseByFloatingIP", f"Router interface for subnet {sorted(leaving)[0]} on router {router.id} "
                           "cannot be deleted, as it is required by one or more floating IPs.")  # fmt: skip
    for id in leaving:
        subnet = scene.estate.get(Subnet, id)
        if subnet is not None and any(ip_address(route.nexthop) in ip_network(subnet.cidr) for route in router.routes):
            raise conflict("RouterInterfaceInUseByRoute", f"Router interface for subnet {id} on router {router.id} "
                           "cannot be deleted, as it is required by one or more routes.")  # fmt: skip


def interface_shown(scene: Scene, router: Router, port: Port, subnet_id: str | None) -> dict[str, Any]:
    """What the API says of an interface that came or went."""
    subnets = [fixed.subnet_id for fixed in port.fixed_ips or ()]
    chosen = subnet_id or (subnets[0] if subnets else "")
    return {"id": router.id, **owner(router), "port_id": port.id, "network_id": port.network_id, "subnet_id": chosen,
            "subnet_ids": [chosen], "tags": list(router.tags)}  # fmt: skip


def added_routes(scene: Scene, router: Router, body: Any) -> Router:
    """The router with more routes."""
    more = _routes(scene, router, _given_routes(body))
    return replace(router, routes=tuple(dict.fromkeys((*router.routes, *more))))


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


# Floating IPs


def show_floating_ip(scene: Scene, floating: FloatingIP) -> dict[str, Any]:
    """A floating IP as the API shows it."""
    port = scene.estate.get(Port, floating.port_id)
    router = router_to(scene.estate, floating, port)
    return {
        "id": floating.id,
        **owner(floating),
        "floating_ip_address": floating.floating_ip_address,
        "floating_network_id": floating.floating_network_id,
        "router_id": router.id if router else None,
        "port_id": floating.port_id or None,
        "fixed_ip_address": floating.fixed_ip_address or None,
        "status": "ACTIVE" if port is not None else "DOWN",
        "port_details": _details(scene, port),
        "port_forwardings": [],
        "dns_name": "",
        "dns_domain": "",
        "qos_policy_id": None,
        **standard(scene, floating),
    }


def _details(scene: Scene, port: Port | None) -> dict[str, Any] | None:
    if port is None:
        return None
    status = scene.statuses.get(port.id)
    return {"name": port.name, "network_id": port.network_id, "mac_address": port.mac_address,
            "admin_state_up": port.admin_state_up, "status": status.status if status else "DOWN",
            "device_id": port.device_id, "device_owner": port.device_owner}  # fmt: skip


def router_to(estate: Estate, floating: FloatingIP, port: Port | None) -> Router | None:
    """The router through which a floating IP leads to a port."""
    wanted = next(
        (
            fixed.subnet_id
            for fixed in (port.fixed_ips or () if port else ())
            if fixed.ip_address == floating.fixed_ip_address
        ),
        "",
    )
    for id in estate.ids("port.routed_subnet", wanted):
        interface = estate.get(Port, id)
        router = estate.get(Router, interface.device_id) if interface else None
        info = router.external_gateway_info if router else None
        if info is not None and info.network_id == floating.floating_network_id:
            return router
    return None


def make_floating_ip(scene: Scene, id: str, values: Values) -> Iterator[Record]:
    """The records of a new floating IP."""
    network = scene.seen(Network, values["floating_network_id"], "Network")
    if not network.external:
        raise bad_request(
            f"Bad floatingip request: Network {network.id} is not a valid external network.", "BadRequest"
        )
    subnets = scene.estate.find("subnet.network", network.id)
    text = _asked_address(scene, network, subnets, values)
    if not any(subnet.ip_version == 4 for subnet in subnets):
        raise bad_request(
            f"Bad floatingip request: Network {network.id} does not contain any IPv4 subnet.", "BadRequest"
        )
    floating = FloatingIP(
        id=id, project_id=values["project_id"], floating_network_id=network.id, floating_ip_address=text,
        **sent(values, "description", "tags"),
    )  # fmt: skip
    yield _led(scene, floating, values["port_id"], values["fixed_ip_address"])
    yield from owning(scene, values["project_id"])


def _asked_address(scene: Scene, network: Network, subnets: list[Subnet], values: Values) -> str:
    text, id = values["floating_ip_address"], values["subnet_id"]
    if id is not None and all(subnet.id != id for subnet in subnets):
        scene.seen(Subnet, id, "Subnet")
        raise bad_request("Bad floatingip request: the subnet is not on the external network.", "BadRequest")
    if text is None:
        return ""
    if not any(ip_address(text) in ip_network(subnet.cidr) for subnet in subnets):
        raise bad_request(
            f"IP address {text} is not a valid IP for any of the subnets on the specified network.",
            "InvalidIpForNetwork",
        )
    if scene.estate.holder(address_claim(network.id, text)) is not None:
        raise conflict("IpAddressAlreadyAllocated", f"IP address {text} already allocated in subnet {subnets[0].id}")
    return str(text)


def _led(scene: Scene, floating: FloatingIP, port_id: str | None, fixed: str | None) -> FloatingIP:
    """The floating IP leading to a port, or to none."""
    if port_id is None:
        if fixed is not None:
            raise bad_request("Bad floatingip request: cannot specify fixed_ip_address without port_id.", "BadRequest")
        return replace(floating, port_id="", fixed_ip_address="")
    port = scene.seen(Port, port_id, "Port")
    four = [address for address in port.addresses if ":" not in address]
    if fixed is not None and fixed not in port.addresses:
        raise bad_request(f"Bad floatingip request: Port {port.id} does not have fixed ip {fixed}.", "BadRequest")
    if fixed is None and len(four) > 1:
        raise bad_request(f"Bad floatingip request: Port {port.id} has multiple fixed IPv4 addresses. Must provide a "
                          "specific IPv4 address when assigning a floating IP.", "BadRequest")  # fmt: skip
    if not four or (fixed is not None and ":" in fixed):
        raise bad_request(
            f"Bad floatingip request: Cannot add floating IP to port {port.id} that has no fixed IPv4 addresses.",
            "BadRequest",
        )
    leading = replace(floating, port_id=port.id, fixed_ip_address=fixed or four[0])
    _refuse_second(scene, leading, port)
    if router_to(scene.estate, leading, port) is None:
        raise ApiFault(404, "ExternalGatewayForFloatingIPNotFound", f"External network {floating.floating_network_id} is not reachable from "
                       f"subnet of port {port.id}. Therefore, cannot associate Port {port.id} with a Floating IP.")  # fmt: skip
    return leading


def _refuse_second(scene: Scene, floating: FloatingIP, port: Port) -> None:
    for other in scene.estate.find("floating_ip.port", port.id):
        if other.id != floating.id and other.fixed_ip_address == floating.fixed_ip_address:
            raise conflict("FloatingIPPortAlreadyAssociated", f"Cannot associate floating IP {floating.floating_ip_address} "
                           f"with port {port.id} using fixed IP {floating.fixed_ip_address}, as that fixed IP already has a floating IP.")  # fmt: skip


def change_floating_ip(scene: Scene, floating: FloatingIP, values: Values) -> Iterator[Record]:
    """The records of a changed floating IP."""
    changed = replace(floating, **sent(values, "description", "tags"))
    if "port_id" in values or "fixed_ip_address" in values:
        port_id = values.get("port_id", floating.port_id or None)
        changed = _led(scene, changed, port_id, values.get("fixed_ip_address"))
    yield changed


def drop_floating_ip(scene: Scene, floating: FloatingIP) -> Dropped:
    """The floating IP."""
    return Dropped((floating,))


ROUTERS = Resource("router", "routers", "Router", Router, ROUTER, show_router, make_router, change_router, drop_router)
FLOATING_IPS = Resource(
    "floatingip", "floatingips", "Floating IP", FloatingIP, FLOATING_IP, show_floating_ip, make_floating_ip,
    change_floating_ip, drop_floating_ip,
)  # fmt: skip
