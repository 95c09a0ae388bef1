"""Router and FloatingIP: the virtual layer 3.

Names and semantics: OpenStack Networking API v2.0, resources `routers` (extensions `ext-gw-mode`, `extraroute`,
`external-gateway-multihoming`) and `floatingips`. A router's interfaces and its gateways are Port records with
`device_id` of the router, as in Neutron.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar
from uuid import NAMESPACE_OID, uuid5

from cpal.model.address import derived_mac
from cpal.model.network import ROUTER_GATEWAY, HostRoute, Port
from cpal.model.record import Part, Record
from cpal.model.target import GATEWAY, Placement


class ExternalGateway(Part, frozen=True, gc=False):
    """The external network a router leads to, and whether inner sources are translated to the router's address.

    `qos_policy_id` is the QoS policy of what passes; "" is the network's.
    """

    network_id: str
    enable_snat: bool = True
    qos_policy_id: str = ""


class MoreGateway(Part, frozen=True, gc=False):
    """A further external gateway of a router: `port_id` is its port, since several may be on one network."""

    network_id: str
    port_id: str


class Router(Record, frozen=True, kw_only=True, gc=False, tag="router"):
    """A virtual router. Its addresses are those of its ports; `routes` are static.

    Where it has several external gateways, `external_gateway_info` is the first, by which it sends what no other route
    leads to, and `more_gateways` are the others. With `enable_default_route_ecmp` it sends by all of them in turn; with
    `enable_default_route_bfd` by those whose next hop answers (RFC 5880).

    `vni` numbers its VRF on the leaves of a fabric (RFC 9135); 0 where no fabric realises it. `fabric_vlan` is the VLAN
    that the VRF has where leaves bridge by VLANs, likewise. There the VRF is called `vrf`, has the `route_target`, and
    says its routes as the `export_policy` of the leaves does, which is others'; "" is what cpal makes of the VNI, and a
    policy of its own.
    """

    kind: ClassVar[str] = "router"
    admin_state_up: bool = True
    external_gateway_info: ExternalGateway | None = None
    more_gateways: tuple[MoreGateway, ...] = ()
    enable_default_route_ecmp: bool = False
    enable_default_route_bfd: bool = False
    routes: tuple[HostRoute, ...] = ()
    distributed: bool = False
    vni: int = 0
    fabric_vlan: int = 0
    vrf: str = ""
    route_target: str = ""
    export_policy: str = ""
    availability_zone_hints: tuple[str, ...] = ()

    @property
    def gateway_networks(self) -> dict[str, str]:
        """The id of the network that each of its gateways is on, by the gateway's port; "" is the first's."""
        first = {"": self.external_gateway_info.network_id} if self.external_gateway_info else {}
        return first | {each.port_id: each.network_id for each in self.more_gateways}

    @property
    def external_networks(self) -> tuple[str, ...]:
        """The ids of the networks that its gateways are on, each once, that of the first before the others."""
        return tuple(dict.fromkeys(self.gateway_networks.values()))


def gateway_ports(router: Router, ports: Iterable[Port]) -> list[Port]:
    """Those of a router's ports that are its gateways, the first gateway's first, then as `more_gateways` has them."""
    order = {each.port_id: place for place, each in enumerate(router.more_gateways)}
    found = [port for port in ports if port.device_owner == ROUTER_GATEWAY]
    return sorted(found, key=lambda port: order.get(port.id, -1)) if order else found


def first_gateway(router: Router, ports: Iterable[Port]) -> Port | None:
    """The port, among a router's, of which its `external_gateway_info` speaks."""
    more = {each.port_id for each in router.more_gateways}
    return next((port for port in ports if port.device_owner == ROUTER_GATEWAY and port.id not in more), None)


def gateway_on(router: Router, ports: Iterable[Port], network_id: str) -> Port | None:
    """The port, among a router's, of its first gateway on a network: the one that translates its floating IPs."""
    return next((port for port in gateway_ports(router, ports) if port.network_id == network_id), None)


def placements_gone(router: Router, placed: Iterable[Placement]) -> list[Placement]:
    """Those of a router's placements that are of no gateway that it has now."""
    return [each for each in placed if each.role == GATEWAY and each.port_id not in router.gateway_networks]


def is_placed(router: Router, gateway: Port, placement: Placement) -> bool:
    """Whether a placement of the router is that of this gateway."""
    more = {each.port_id for each in router.more_gateways}
    return placement.role == GATEWAY and placement.port_id == (gateway.id if gateway.id in more else "")


class FloatingPort(Part, frozen=True, gc=False):
    """What a floating IP's own port is called in the API, where nothing is plugged: the address is the floating IP's.

    Left out: `id` and `mac_address` "" (those that follow from the floating IP's id).
    """

    id: str = ""
    mac_address: str = ""
    name: str = ""
    description: str = ""
    admin_state_up: bool = True
    tags: tuple[str, ...] = ()


class FloatingIP(Record, frozen=True, kw_only=True, gc=False, tag="floating_ip"):
    """An external address translated, one to one, to a port's fixed address.

    Left out: `floating_ip_address` "" (one from the external network), `fixed_ip_address` "" (the port's first IPv4
    address), `router_id` "" (the router between the port's subnet and the external network; of several, the subnet's
    gateway), `qos_policy_id` "" (the external network's). `port_id` "" is a floating IP that is not associated;
    `floating_port` is no port that it leads to, but what stands for it on the external network. `dns_name` and
    `dns_domain` are the name that a DNS service outside may know it by; cpal tells none.
    """

    kind: ClassVar[str] = "floating_ip"
    floating_network_id: str
    floating_ip_address: str = ""
    port_id: str = ""
    fixed_ip_address: str = ""
    qos_policy_id: str = ""
    router_id: str = ""
    floating_port: FloatingPort = FloatingPort()
    dns_name: str = ""
    dns_domain: str = ""

    @property
    def floating_port_id(self) -> str:
        """The id of its own port."""
        return self.floating_port.id or str(uuid5(NAMESPACE_OID, f"floating port {self.id}"))

    @property
    def mac_address(self) -> str:
        """The MAC address of its own port: who asks for the floating IP hears it where hosts translate themselves."""
        return self.floating_port.mac_address or derived_mac(self.id)
