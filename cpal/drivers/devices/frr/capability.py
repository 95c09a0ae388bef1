"""What leaves that run FRR can hold: for each kind of record, what of it they cannot, in a sentence, and the way out.

A leaf switches and routes. It keeps no connections, gives no addresses and answers for no names: these are a
hypervisor's or a firewall's.
"""

from __future__ import annotations

from collections.abc import Iterator

from cpal.core import no_switch
from cpal.core.allocate import VNI_IN_FABRIC
from cpal.core.driver import Cannot, Capability, Limit
from cpal.drivers.devices.render_fabric import first_vni, leaf_problem
from cpal.model.estate import Estate
from cpal.model.instance import NAMESPACE, Instance
from cpal.model.network import OVERLAY_TYPES, ROUTER_INTERFACE, Network, Port, Subnet
from cpal.model.port_forwarding import PortForwarding
from cpal.model.router import FloatingIP, Router
from cpal.model.target import Host, Target
from cpal.model.trunk import Trunk

_UNSECURED = "set port_security_enabled to false, on the network or the port"


def _target(target: Target, record: Target) -> Iterator[Cannot]:
    if record.id == target.id and record.encap != "vxlan":
        yield Cannot("encap", "the leaves of a fabric tunnel with VXLAN, which EVPN is spoken for here", "use vxlan")


def _instance(target: Target, record: Instance) -> Iterator[Cannot]:
    if record.image != NAMESPACE:
        why = "an instance here is a network namespace behind a leaf, which runs no image"
        yield Cannot("image", why, "leave it out")


def _host(target: Target, record: Host) -> Iterator[Cannot]:
    """Of another target, that one's driver speaks."""
    if record.target != target.name:
        return
    if record.name not in target.endpoints:
        yield Cannot("name", "the target does not say how this leaf is reached", "name it among the target's endpoints")
    elif why := leaf_problem(record):
        field = "underlay_address" if record.name.split() == [record.name] else "name"
        yield Cannot(field, why, "give it one")


def _network(target: Target, record: Network) -> Iterator[Cannot]:
    number = record.segmentation_id
    if record.network_type in OVERLAY_TYPES and record.network_type != "vxlan":
        why = f"the leaves of a fabric tunnel with VXLAN, not with {record.network_type}"
        yield Cannot("network_type", why, "use vxlan, or leave it out")
    elif record.network_type == "vxlan" and number is not None and number > VNI_IN_FABRIC.end:
        why = f"VNIs above {VNI_IN_FABRIC.end} stand for VLANs of physical networks"
        yield Cannot("segmentation_id", why, "choose another, or leave it out")
    if record.more_segments:
        why = "a network is one VLAN of the fabric, with one VNI"
        yield Cannot("more_segments", why, "make a network for each, and join them outside")
    if record.qos_policy_id:
        yield _qos()
    if record.dns_domain:
        yield Cannot("dns_domain", "a leaf answers for no names", "leave it out", True)


def _told_apart(target: Target, record: Network, estate: Estate) -> Iterator[Cannot]:
    """The VNIs of a physical network's VLANs follow from its name."""
    mine = record.physical_network
    others = {name for host in estate.all(Host) for name in host.physical_networks} - {mine}
    if alike := sorted(name for name in others if mine and first_vni(name) == first_vni(mine)):
        why = f"its VLANs would have the VNIs of those of {alike[0]}, by a coincidence of their names"
        yield Cannot("physical_network", why, "call one of them otherwise at the hosts")


def _qos() -> Cannot:
    return Cannot("qos_policy_id", "FRR neither limits nor marks what passes a port", "leave it out")


def _subnet(target: Target, record: Subnet) -> Iterator[Cannot]:
    if record.serves_dhcp:
        why = "a leaf has no DHCP server"
        yield Cannot("enable_dhcp", why, "set enable_dhcp to false: the instances are told their addresses")
    if record.ipv6_ra_mode:
        yield Cannot("ipv6_ra_mode", "the leaves' gateways send no router advertisements", "leave it out")


def _port(target: Target, record: Port) -> Iterator[Cannot]:
    if record.security_groups:
        why = "security groups are stateful, and a leaf keeps no connections"
        yield Cannot("security_groups", why, _UNSECURED)
    elif record.port_security_enabled and not record.device_owner.startswith("network:"):
        why = "a leaf does not compare what a port sends from with its addresses"
        yield Cannot("port_security_enabled", why, _UNSECURED)
    if record.extra_dhcp_opts:
        yield Cannot("extra_dhcp_opts", "a leaf has no DHCP server", "leave them out", True)
    if record.dns_name:
        yield Cannot("dns_name", "a leaf answers for no names", "leave it out", True)
    if record.qos_policy_id:
        yield _qos()


def _routed_once(target: Target, record: Port, estate: Estate) -> Iterator[Cannot]:
    """A VLAN is in one VRF."""
    if record.device_owner != ROUTER_INTERFACE:
        return
    others: list[Port] = estate.find("port.network", record.network_id)
    routers = {port.device_id for port in others if port.device_owner == ROUTER_INTERFACE}
    if len(routers) > 1 and record.device_id != min(routers):
        why = "a network is a VLAN of the fabric, which is in the VRF of one router"
        yield Cannot("device_id", why, "join the networks by one router")


def _router(target: Target, record: Router) -> Iterator[Cannot]:
    if record.external_gateway_info is not None:
        why = "leaves translate no addresses, and the way out of a fabric is its border's"
        yield Cannot("external_gateway_info", why, "leave it out, and route to a router on a provider network")
    if record.vni > VNI_IN_FABRIC.end:
        yield Cannot("vni", f"VNIs above {VNI_IN_FABRIC.end} stand for VLANs of physical networks", "choose another")
    if not record.vni:
        yield Cannot("vni", "it has no VNI yet, which its VRF needs", "apply its document again")


def _floating_ip(target: Target, record: FloatingIP) -> Iterator[Cannot]:
    yield Cannot("floating_ip_address", "a leaf translates no addresses", "route to the instance instead")


def _port_forwarding(target: Target, record: PortForwarding) -> Iterator[Cannot]:
    yield Cannot("external_port_range", "a leaf translates no addresses", "route to the instance instead")


def _trunk(target: Target, record: Trunk) -> Iterator[Cannot]:
    yield Cannot("port_id", "an access port of a leaf has one network", "give the instance an interface for each")


LIMITS = (
    Limit("target", "encap", "the leaves of a fabric tunnel with VXLAN"),
    Limit("host", "name", "a leaf is one word, and the target says how it is reached"),
    Limit("host", "underlay_address", "tunnels end at an IPv4 address of the leaf"),
    Limit("network", "network_type", "the leaves of a fabric tunnel with VXLAN"),
    Limit("network", "segmentation_id", f"VNIs above {VNI_IN_FABRIC.end} stand for VLANs of physical networks"),
    Limit("network", "physical_network", "the VNIs of its VLANs follow from its name, and may be those of another"),
    Limit("network", "more_segments", "a network is one VLAN of the fabric, with one VNI"),
    Limit("network", "qos_policy_id", "FRR neither limits nor marks what passes a port"),
    Limit("network", "dns_domain", "a leaf answers for no names"),
    Limit("subnet", "enable_dhcp", "a leaf has no DHCP server"),
    Limit("subnet", "ipv6_ra_mode", "the leaves' gateways send no router advertisements"),
    Limit("port", "security_groups", "security groups are stateful, and a leaf keeps no connections"),
    Limit("port", "port_security_enabled", "a leaf does not compare what a port sends from with its addresses"),
    Limit("port", "extra_dhcp_opts", "a leaf has no DHCP server"),
    Limit("port", "dns_name", "a leaf answers for no names"),
    Limit("port", "qos_policy_id", "FRR neither limits nor marks what passes a port"),
    Limit("port", "device_id", "a network is a VLAN of the fabric, which is in the VRF of one router"),
    Limit("router", "external_gateway_info", "leaves translate no addresses, and the way out is the border's"),
    Limit("router", "vni", f"a router's VRF needs a VNI, of at most {VNI_IN_FABRIC.end}"),
    Limit("instance", "image", "an instance here is a network namespace behind a leaf, which runs no image"),
    Limit("floating_ip", "floating_ip_address", "a leaf translates no addresses", never=True),
    Limit("port_forwarding", "external_port_range", "a leaf translates no addresses", never=True),
    Limit("trunk", "port_id", "an access port of a leaf has one network", never=True),
    *no_switch.LIMITS,
)
"""In general what the functions above refuse, each in particular."""

CAPABILITY = Capability(
    refuse={
        **no_switch.REFUSE,
        "target": _target,
        "network": _network,
        "subnet": _subnet,
        "port": _port,
        "router": _router,
        "instance": _instance,
        "floating_ip": _floating_ip,
        "port_forwarding": _port_forwarding,
        "trunk": _trunk,
        "host": _host,
    },
    limits=LIMITS,
    commit="confirmed",
    evidence="FRR 8.4 and Linux in network namespaces: spines, leaves, and packets between hosts behind them",
    refuse_together={"network": _told_apart, "port": _routed_once},
)
"""FRR's capability."""
