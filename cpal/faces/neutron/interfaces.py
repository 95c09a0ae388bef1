"""Interfaces of routers. Source: Networking API v2.0, routers, "Add interface to router"."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from ipaddress import ip_address, ip_network
from typing import Any

from msgspec.structs import replace

from cpal.faces.drawn_id import drawn_id
from cpal.faces.neutron.fault import ApiFault, bad_request, conflict
from cpal.faces.neutron.floating_ports import seen_port
from cpal.faces.neutron.resource import Dropped
from cpal.faces.neutron.routers import has_floating, interfaces
from cpal.faces.neutron.scene import Scene
from cpal.faces.neutron.trunks import refuse_trunked
from cpal.faces.neutron.values import uuid
from cpal.model.claims import address_claim
from cpal.model.network import ROUTER_INTERFACE, FixedIP, Port, Subnet
from cpal.model.router import Router


def _one_of(body: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Which subnet or port an interface request names."""
    found: dict[str, str] = {}
    for key in ("subnet_id", "port_id"):
        if key in body:
            try:
                found[key] = uuid(body[key])
            except ValueError as error:
                raise bad_request(f"Bad router request: {error}.", "BadRequest") from None
    if not found:
        raise bad_request("Bad router request: Either subnet_id or port_id must be specified.", "BadRequest")
    return found.get("subnet_id"), found.get("port_id")


def added_interface(scene: Scene, router: Router, body: Mapping[str, Any]) -> Port:
    """The port by which the router joins a subnet."""
    subnet_id, port_id = _one_of(body)
    if port_id is not None:
        if subnet_id is not None:
            raise bad_request("Bad router request: Cannot specify both subnet-id and port-id.", "BadRequest")
        return _joined_by_port(scene, router, seen_port(scene, port_id))
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
        id=drawn_id(), network_id=subnet.network_id, project_id=router.project_id, device_id=router.id,
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
    refuse_trunked(scene.estate, port)
    if not port.fixed_ips:
        raise bad_request("Bad router request: Router port must have at least one fixed IP.", "BadRequest")
    subnets = [found for fixed in port.fixed_ips if (found := scene.estate.get(Subnet, fixed.subnet_id))]
    _refuse_overlap(scene, router, subnets)
    if len([subnet for subnet in subnets if subnet.ip_version == 4]) > 1:
        raise bad_request("Bad router request: Cannot have multiple IPv4 subnets on router port.", "BadRequest")
    return replace(
        port, device_id=router.id, device_owner=ROUTER_INTERFACE, security_groups=(), port_security_enabled=False,
        allowed_address_pairs=(), host_id="",
    )  # fmt: skip


def _refuse_overlap(scene: Scene, router: Router, subnets: Iterable[Subnet]) -> None:
    estate = scene.estate
    for port in estate.find("port.device", router.id):
        for other in (estate.get(Subnet, fixed.subnet_id) for fixed in port.fixed_ips or ()):
            for subnet in subnets:
                if other is None or other.ip_version != subnet.ip_version:
                    continue
                if ip_network(other.cidr).overlaps(ip_network(subnet.cidr)):
                    message = (
                        f"Bad router request: Cidr {subnet.cidr} of subnet {subnet.id} overlaps with cidr "
                        f"{other.cidr} of subnet {other.id}."
                    )
                    raise bad_request(message, "BadRequest")


def removed_interface(scene: Scene, router: Router, body: Mapping[str, Any]) -> tuple[Port, Dropped]:
    """The port by which the router leaves, and what goes with it or changes."""
    subnet_id, port_id = _one_of(body)
    ports = interfaces(scene.estate, router.id)
    port = next((each for each in ports if _is_it(each, subnet_id, port_id)), None)
    if port is None:
        if port_id is not None and subnet_id is not None and any(each.id == port_id for each in ports):
            message = f"Subnet on port {port_id} does not match the requested subnet {subnet_id}."
            raise bad_request(message, "SubnetMismatchForPort")
        if port_id is None:
            scene.seen(Subnet, subnet_id or "", "Subnet")
            raise ApiFault(
                404, "RouterInterfaceNotFoundForSubnet", f"Router {router.id} has no interface on subnet {subnet_id}"
            )
        raise ApiFault(
            404, "RouterInterfaceNotFound", f"Router {router.id} does not have an interface with id {port_id}"
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
    if any(has_floating(scene, router, network_id, leaving) for network_id in router.external_networks):
        message = (
            f"Router interface for subnet {sorted(leaving)[0]} on router {router.id} "
            "cannot be deleted, as it is required by one or more floating IPs."
        )
        raise conflict("RouterInterfaceInUseByFloatingIP", message)
    for id in leaving:
        subnet = scene.estate.get(Subnet, id)
        if subnet is not None and any(ip_address(route.nexthop) in ip_network(subnet.cidr) for route in router.routes):
            raise conflict("RouterInterfaceInUseByRoute", f"Router interface for subnet {id} on router {router.id} "
                           "cannot be deleted, as it is required by one or more routes.")  # fmt: skip


def interface_shown(scene: Scene, router: Router, port: Port, subnet_id: str | None) -> dict[str, Any]:
    """What the API says of an interface that came or went."""
    subnets = [fixed.subnet_id for fixed in port.fixed_ips or ()]
    chosen = subnet_id or (subnets[0] if subnets else "")
    return {"id": router.id, "project_id": router.project_id, "port_id": port.id, "network_id": port.network_id,
            "subnet_id": chosen, "subnet_ids": [chosen]}  # fmt: skip
