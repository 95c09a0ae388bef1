"""Router and FloatingIP: the virtual layer 3.

Names and semantics: OpenStack Networking API v2.0, resources `routers` (extensions `ext-gw-mode`, `extraroute`) and
`floatingips`. A router's interfaces and its gateway are Port records with `device_id` of the router, as in Neutron.
"""

from __future__ import annotations

from typing import ClassVar

from cpal.model.network import HostRoute
from cpal.model.record import Part, Record


class ExternalGateway(Part, frozen=True, gc=False):
    """The external network a router leads to, and whether inner sources are translated to the router's address.

    `qos_policy_id` is the QoS policy of what passes; "" is the network's.
    """

    network_id: str
    enable_snat: bool = True
    qos_policy_id: str = ""


class Router(Record, frozen=True, kw_only=True, gc=False, tag="router"):
    """A virtual router. Its addresses are those of its ports; `routes` are static.

    `vni` numbers its VRF on the leaves of a fabric (RFC 9135); 0 where no fabric realises it. `fabric_vlan` is the VLAN
    that the VRF has where leaves bridge by VLANs, likewise. There the VRF is called `vrf`, has the `route_target`, and
    says its routes as the `export_policy` of the leaves does, which is others'; "" is what cpal makes of the VNI, and a
    policy of its own.
    """

    kind: ClassVar[str] = "router"
    admin_state_up: bool = True
    external_gateway_info: ExternalGateway | None = None
    routes: tuple[HostRoute, ...] = ()
    distributed: bool = False
    vni: int = 0
    fabric_vlan: int = 0
    vrf: str = ""
    route_target: str = ""
    export_policy: str = ""
    availability_zone_hints: tuple[str, ...] = ()


class FloatingIP(Record, frozen=True, kw_only=True, gc=False, tag="floating_ip"):
    """An external address translated, one to one, to a port's fixed address.

    Left out: `floating_ip_address` "" (one from the external network), `fixed_ip_address` "" (the port's first IPv4
    address), `router_id` "" (the router between the port's subnet and the external network; of several, the subnet's
    gateway), `qos_policy_id` "" (the external network's). `port_id` "" is a floating IP that is not associated.
    """

    kind: ClassVar[str] = "floating_ip"
    floating_network_id: str
    floating_ip_address: str = ""
    port_id: str = ""
    fixed_ip_address: str = ""
    qos_policy_id: str = ""
    router_id: str = ""
