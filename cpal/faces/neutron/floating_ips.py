"""Floating IPs. Source: Networking API v2.0, floatingips; extension fip-port-details."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from cpal.core.allocate import first_free, pool_ranges
from cpal.faces.neutron.fault import ApiFault, bad_request, conflict
from cpal.faces.neutron.ports import fixed_ip
from cpal.faces.neutron.qos_use import asked_policy, network_policy
from cpal.faces.neutron.resource import Bulk, Dropped, LostMarker, Resource, Values, sent
from cpal.faces.neutron.scene import Scene, owner, owning, standard
from cpal.faces.neutron.tables import FLOATING_IP
from cpal.faces.neutron.trunks import role_of
from cpal.model.address import text_of
from cpal.model.claims import address_claim
from cpal.model.network import Network, Port, Subnet
from cpal.model.port_forwarding import PortForwarding
from cpal.model.record import Record
from cpal.model.router import FloatingIP, Router
from cpal.model.target import Range
from cpal.reach.routing import router_of


def show_floating_ip(scene: Scene, floating: FloatingIP) -> dict[str, Any]:
    """A floating IP as the API shows it."""
    port = scene.estate.get(Port, floating.port_id)
    forwardings: list[PortForwarding] = scene.estate.find("port_forwarding.floating_ip", floating.id)
    router = router_of(scene.estate, floating)
    return {
        "id": floating.id,
        **owner(floating),
        "floating_ip_address": floating.floating_ip_address,
        "floating_network_id": floating.floating_network_id,
        "router_id": router.id if router else None,
        "port_id": floating.port_id or None,
        "fixed_ip_address": floating.fixed_ip_address or None,
        "status": "ACTIVE" if port is not None or forwardings else "DOWN",
        "port_details": _details(scene, port),
        "port_forwardings": [_shown_forwarding(each) for each in forwardings],
        "dns_name": floating.dns_name,
        "dns_domain": floating.dns_domain,
        "qos_policy_id": floating.qos_policy_id or None,
        "qos_network_policy_id": network_policy(scene.estate, floating.floating_network_id),
        **standard(scene, floating),
    }


def _shown_forwarding(forwarding: PortForwarding) -> dict[str, Any]:
    """A port forwarding as its floating IP shows it. Source: extension expose-port-forwarding-in-fip."""
    shown: dict[str, Any] = {"id": forwarding.id, "protocol": forwarding.protocol,
                             "internal_ip_address": forwarding.internal_ip_address,
                             "internal_port_id": forwarding.internal_port_id}  # fmt: skip
    for side in ("external", "internal"):
        ports: Range = getattr(forwarding, f"{side}_port_range")
        shown |= {f"{side}_port": ports.start} if ports.start == ports.end else {}
    return shown


def _details(scene: Scene, port: Port | None) -> dict[str, Any] | None:
    if port is None:
        return None
    status = scene.statuses.get(port.id)
    return {"name": port.name, "network_id": port.network_id, "mac_address": port.mac_address,
            "admin_state_up": port.admin_state_up, "status": status.status if status else "DOWN",
            "device_id": port.device_id, "device_owner": role_of(scene.estate, port)}  # fmt: skip


def make_floating_ip(scene: Scene, id: str, values: Values) -> Iterator[Record]:
    """The records of a new floating IP."""
    network = scene.seen(Network, values["floating_network_id"], "Network")
    if not network.external:
        raise _bad_floating(f"Network {network.id} is not a valid external network")
    subnets = scene.estate.find("subnet.network", network.id)
    text = _asked_address(scene, id, network, subnets, values)
    if not any(subnet.ip_version == 4 for subnet in subnets):
        raise _bad_floating(f"Network {network.id} does not contain any IPv4 subnet")
    floating = FloatingIP(
        id=id, project_id=values["project_id"], floating_network_id=network.id, floating_ip_address=text,
        **sent(values, "description", "tags", "dns_name", "dns_domain"), **asked_policy(scene, values),
    )  # fmt: skip
    yield _led(scene, floating, values)
    yield from owning(scene, values["project_id"])


def _bad_floating(why: str) -> ApiFault:
    return bad_request(f"Bad floatingip request: {why}.", "BadRequest")


def _asked_address(scene: Scene, id: str, network: Network, subnets: list[Subnet], values: Values) -> str:
    asked = {"ip_address": values["floating_ip_address"], "subnet_id": values["subnet_id"]}
    asked = {key: value for key, value in asked.items() if value is not None}
    if not asked:
        return ""
    fixed = fixed_ip(scene, Port(id=id, network_id=network.id), asked, subnets)
    if fixed.ip_address:
        return fixed.ip_address
    return _free_address(scene, next(subnet for subnet in subnets if subnet.id == fixed.subnet_id), id)


def _free_address(scene: Scene, subnet: Subnet, id: str) -> str:
    """An address of a subnet that nobody has, for the floating IP of this id."""
    if subnet.ip_version != 4:
        raise _bad_floating(f"Subnet {subnet.id} is no IPv4 subnet")

    def is_taken(value: int) -> bool:
        return scene.estate.holder(address_claim(subnet.network_id, text_of(value, 4))) is not None

    held = len(scene.estate.ids("floating_ip.network", subnet.network_id))
    found = first_free(pool_ranges(subnet), is_taken, held, id)
    if found is None:
        message = f"No more IP addresses available on subnet {subnet.id}."
        raise conflict("IpAddressGenerationFailure", message)
    return text_of(found, 4)


def _led(scene: Scene, floating: FloatingIP, values: Values) -> FloatingIP:
    """The floating IP leading to a port, or to none, which then goes through no router either."""
    port_id, fixed = values["port_id"], values.get("fixed_ip_address")
    if port_id is None:
        if fixed is not None:
            raise _bad_floating("fixed_ip_address cannot be specified without a port_id")
        return replace(floating, port_id="", fixed_ip_address="", router_id="")
    port = scene.seen(Port, port_id, "Port")
    _refuse_other_project(scene, floating, port)
    four = [address for address in port.addresses if ":" not in address]
    if fixed is not None and ":" in fixed:
        raise _bad_floating(f"Cannot process floating IP association with {fixed}, since that is not an IPv4 address")
    if fixed is not None and fixed not in port.addresses:
        raise _bad_floating(f"Port {port.id} does not have fixed ip {fixed}")
    if fixed is None and len(four) > 1:
        raise _bad_floating(f"Port {port.id} has multiple fixed IPv4 addresses.  Must provide a specific IPv4 address "
                            "when assigning a floating IP")  # fmt: skip
    if not four:
        raise _bad_floating(f"Cannot add floating IP to port {port.id} that has no fixed IPv4 addresses")
    router_id = _asked_router(scene, floating, values.get("router_id"))
    leading = replace(floating, port_id=port.id, fixed_ip_address=fixed or four[0], router_id=router_id)
    _refuse_second(scene, leading, port)
    if router_of(scene.estate, leading) is None:
        [subnet_id, *_] = [
            each.subnet_id for each in port.fixed_ips or () if each.ip_address == leading.fixed_ip_address
        ]
        message = (
            f"External network {floating.floating_network_id} is not reachable from subnet {subnet_id}.  "
            f"Therefore, cannot associate Port {port.id} with a Floating IP."
        )
        raise ApiFault(404, "ExternalGatewayForFloatingIPNotFound", message)
    return leading


def _asked_router(scene: Scene, floating: FloatingIP, router_id: str | None) -> str:
    """The router asked for, which need not join the port's subnet. Source: extension floating-ip-router-writable."""
    if router_id is None:
        return ""
    router = scene.seen(Router, router_id, "Router")
    if floating.floating_network_id not in router.external_networks:
        message = f"Router {router_id} has no external gateway on network {floating.floating_network_id}"
        raise conflict("Conflict", message)
    return router_id


def _refuse_other_project(scene: Scene, floating: FloatingIP, port: Port) -> None:
    """Refuse to lead to another project's port, which who asks may see since it is on their network."""
    if port.project_id != floating.project_id and not scene.context.is_admin:
        raise _bad_floating(
            f"Cannot process floating IP association with Port {port.id}, "
            "since that port is owned by a different project"
        )


def _refuse_second(scene: Scene, floating: FloatingIP, port: Port) -> None:
    for other in scene.estate.find("floating_ip.port", port.id):
        if other.id != floating.id and other.fixed_ip_address == floating.fixed_ip_address:
            message = (
                f"Cannot associate floating IP {floating.floating_ip_address} ({floating.id}) with port {port.id} "
                f"using fixed IP {floating.fixed_ip_address}, as that fixed IP already has a floating IP on external "
                f"network {floating.floating_network_id}."
            )
            raise conflict("FloatingIPPortAlreadyAssociated", message)


def change_floating_ip(scene: Scene, floating: FloatingIP, values: Values) -> Iterator[Record]:
    """The records of a changed floating IP."""
    policy = asked_policy(scene, values)  # whoever may change it may also take away one that is another's
    changed = replace(floating, **sent(values, "description", "tags"), **policy)
    if not values or values.keys() & {"port_id", "fixed_ip_address", "router_id"}:
        # an empty body takes the association away: it was all that could be changed once
        if values.get("fixed_ip_address") is not None and "port_id" not in values:
            raise _bad_floating("fixed_ip_address cannot be specified without a port_id")
        port_id = values.get("port_id", floating.port_id or None) if values else None
        if port_id:
            _refuse_forwarding(scene, floating)
        changed = _led(scene, changed, {**values, "port_id": port_id})
    yield changed


def drop_floating_ip(scene: Scene, floating: FloatingIP) -> Dropped:
    """The floating IP, unless ports of it are forwarded."""
    _refuse_forwarding(scene, floating)
    return Dropped((floating,))


def _refuse_forwarding(scene: Scene, floating: FloatingIP) -> None:
    if scene.estate.ids("port_forwarding.floating_ip", floating.id):
        raise conflict("FipInUseByPortForwarding", f"Floating IP {floating.id} in use by Port Forwarding resources.")


FLOATING_IPS = Resource(
    "floatingip", "floatingips", "Floating IP", FloatingIP, FLOATING_IP, show_floating_ip, make_floating_ip,
    change_floating_ip, drop_floating_ip, lost_marker=LostMarker.EMPTY, bulk=Bulk.REFUSED,
)  # fmt: skip
