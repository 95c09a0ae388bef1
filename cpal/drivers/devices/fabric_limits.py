"""What the leaves of a VXLAN fabric cannot hold, of whatever make: the sentence why not, and the way out. Pure.

A leaf switches and routes. It keeps no connections, gives no addresses and answers for no names: these are a
hypervisor's or a firewall's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from cpal.core.allocate import VNI_IN_FABRIC
from cpal.core.driver import Cannot, Capability, Limit
from cpal.drivers.devices.render_fabric import first_vni, is_access, leaf_problem, vrf_name
from cpal.drivers.devices.switch_limits import Together, both, refuse_same_vlan
from cpal.model.bgp import Bgp
from cpal.model.estate import Estate
from cpal.model.instance import Instance
from cpal.model.log import Log
from cpal.model.network import AUTO, OVERLAY_TYPES, ROUTER_INTERFACE, Network, Port, Subnet
from cpal.model.port_forwarding import PortForwarding
from cpal.model.router import FloatingIP, Router
from cpal.model.switch import Interface, Vrf
from cpal.model.target import Host, Target
from cpal.model.trunk import Trunk

_MAKE_TARGETS = ("nxos",)
"""Drivers of leaves that make route targets of their AS and a VNI."""
_AUTO = "leaves of this make are told route targets, and make none of an AS and a VNI"
_ONE_TAG = "a leaf takes the tag of a frame for the VLAN that it is in"
_NO_LOG = "a leaf tells nobody of what it filters"
_NO_QOS = "a leaf neither limits nor marks what passes a port"


def refuse_host(target: Target, record: Host) -> Iterator[Cannot]:
    """A leaf has a name that is reached, and an address; of another target, that one's driver speaks."""
    if record.target != target.name:
        return
    if record.name not in target.endpoints:
        yield Cannot("name", "the target does not say how this leaf is reached", "name it among the target's endpoints")
    elif why := leaf_problem(record):
        field = "underlay_address" if record.name.split() == [record.name] else "name"
        yield Cannot(field, why, "give it one")


def refuse_network(target: Target, record: Network) -> Iterator[Cannot]:
    """A network is a VLAN or a VXLAN."""
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
    yield from refuse_auto(target, record)
    if record.qos_policy_id:
        yield refuse_qos()
    if record.vlan_transparent:
        yield Cannot("vlan_transparent", _ONE_TAG, "leave it out")
    if record.dns_domain:
        yield Cannot("dns_domain", "a leaf answers for no names", "leave it out", True)


def refuse_auto(target: Target, record: Network | Router) -> Iterator[Cannot]:
    """Of a network or a router, which leaves of several makes may have."""
    if record.route_target == AUTO and target.driver not in _MAKE_TARGETS:
        yield Cannot("route_target", _AUTO, "write the route target")


def refuse_alike(target: Target, record: Network, estate: Estate) -> Iterator[Cannot]:
    """The VNIs of a physical network's VLANs follow from its name."""
    mine = record.physical_network
    others = {name for host in estate.all(Host) for name in host.physical_networks} - {mine}
    if alike := sorted(name for name in others if mine and first_vni(name) == first_vni(mine)):
        why = f"its VLANs would have the VNIs of those of {alike[0]}, by a coincidence of their names"
        yield Cannot("physical_network", why, "call one of them otherwise at the hosts")


def refuse_qos() -> Cannot:
    """Of a network or a port."""
    return Cannot("qos_policy_id", _NO_QOS, "leave it out")


def refuse_subnet(target: Target, record: Subnet) -> Iterator[Cannot]:
    """Nobody is told anything."""
    if record.serves_dhcp:
        why = "a leaf has no DHCP server"
        yield Cannot("enable_dhcp", why, "set enable_dhcp to false: the instances are told their addresses")
    if record.ipv6_ra_mode:
        yield Cannot("ipv6_ra_mode", "the leaves' gateways send no router advertisements", "leave it out")


def refuse_second_router(target: Target, record: Port, estate: Estate) -> Iterator[Cannot]:
    """A VLAN is in one VRF."""
    if record.device_owner != ROUTER_INTERFACE:
        return
    others: list[Port] = estate.find("port.network", record.network_id)
    routers = {port.device_id for port in others if port.device_owner == ROUTER_INTERFACE}
    if len(routers) > 1 and record.device_id != min(routers):
        why = "a network is a VLAN of the fabric, which is in the VRF of one router"
        yield Cannot("device_id", why, "join the networks by one router")


def refuse_router(target: Target, record: Router) -> Iterator[Cannot]:
    """A VRF has a VNI, and leads nowhere else."""
    if record.external_gateway_info is not None:
        why = "leaves translate no addresses, and the way out of a fabric is its border's"
        yield Cannot("external_gateway_info", why, "leave it out, and route to a router on a provider network")
    yield from refuse_auto(target, record)
    if record.vni > VNI_IN_FABRIC.end:
        yield Cannot("vni", f"VNIs above {VNI_IN_FABRIC.end} stand for VLANs of physical networks", "choose another")
    if not record.vni:
        yield Cannot("vni", "it has no VNI yet, which its VRF needs", "apply its document again")


def refuse_floating_ip(target: Target, record: FloatingIP) -> Iterator[Cannot]:
    """Nothing is translated."""
    yield Cannot("floating_ip_address", "a leaf translates no addresses", "route to the instance instead")


def refuse_port_forwarding(target: Target, record: PortForwarding) -> Iterator[Cannot]:
    """Nothing is translated."""
    yield Cannot("external_port_range", "a leaf translates no addresses", "route to the instance instead")


def refuse_log(target: Target, record: Log) -> Iterator[Cannot]:
    """Nothing is told."""
    yield Cannot("event", _NO_LOG, "delete it")


def refuse_trunk(target: Target, record: Trunk) -> Iterator[Cannot]:
    """A port has one network."""
    yield Cannot("port_id", "an access port of a leaf has one network", "give the instance an interface for each")


REFUSE: Mapping[str, Callable[[Target, Any], Iterable[Cannot]]] = {
    "host": refuse_host,
    "network": refuse_network,
    "subnet": refuse_subnet,
    "router": refuse_router,
    "floating_ip": refuse_floating_ip,
    "port_forwarding": refuse_port_forwarding,
    "trunk": refuse_trunk,
    "log": refuse_log,
}
"""For `Capability.refuse`."""
REFUSE_TOGETHER: Mapping[str, Together] = {"network": refuse_alike, "port": refuse_second_router}
"""For `Capability.refuse_together`."""
LIMITS = (
    Limit("host", "name", "a leaf is one word, and the target says how it is reached"),
    Limit("host", "underlay_address", "tunnels end at an IPv4 address of the leaf"),
    Limit("network", "network_type", "the leaves of a fabric tunnel with VXLAN"),
    Limit("network", "segmentation_id", f"VNIs above {VNI_IN_FABRIC.end} stand for VLANs of physical networks"),
    Limit("network", "physical_network", "the VNIs of its VLANs follow from its name, and may be those of another"),
    *(Limit(kind, "route_target", "auto is of leaves that run NX-OS") for kind in ("network", "router")),
    Limit("network", "more_segments", "a network is one VLAN of the fabric, with one VNI"),
    Limit("network", "qos_policy_id", _NO_QOS),
    Limit("network", "vlan_transparent", _ONE_TAG),
    Limit("network", "dns_domain", "a leaf answers for no names"),
    Limit("subnet", "enable_dhcp", "a leaf has no DHCP server"),
    Limit("subnet", "ipv6_ra_mode", "the leaves' gateways send no router advertisements"),
    Limit("port", "device_id", "a network is a VLAN of the fabric, which is in the VRF of one router"),
    Limit("router", "external_gateway_info", "leaves translate no addresses, and the way out is the border's"),
    Limit("router", "vni", f"a router's VRF needs a VNI, of at most {VNI_IN_FABRIC.end}"),
    Limit("floating_ip", "floating_ip_address", "a leaf translates no addresses", never=True),
    Limit("port_forwarding", "external_port_range", "a leaf translates no addresses", never=True),
    Limit("log", "event", _NO_LOG, never=True),
    Limit("trunk", "port_id", "an access port of a leaf has one network", never=True),
)
"""For `Capability.limits`."""


def of_switches(base: Capability) -> Capability:
    """The capability of switches that are leaves of a fabric as well, from what they can hold as plain switches."""
    mine: Mapping[str, Callable[[Target, Any], Iterable[Cannot]]] = {
        **REFUSE,
        "port": _refuse_plugged,
        "instance": _refuse_instance,
    }
    kept = tuple(limit for limit in base.limits if limit.kind not in mine)
    together = {**base.refuse_together, **REFUSE_TOGETHER}
    return base._replace(
        refuse={**base.refuse, **mine},
        limits=(*kept, *LIMITS, *_SWITCH_LIMITS),
        refuse_together={
            **together,
            "interface": both(refuse_same_vlan, _refuse_interface),
            "vrf": refuse_taken_vrf,
            "bgp": refuse_taken_vrf,
            "network": both(refuse_alike, _refuse_same_vlan),
        },
    )


_PLUGGED = "what is plugged into a switch is said by the switch's interface"
_INSTEAD = "declare interface records with the networks of what is plugged in"


def refuse_taken_vrf(target: Target, record: Vrf | Bgp, estate: Estate) -> Iterator[Cannot]:
    """The VRFs of routers are theirs, with BGP in them."""
    vrf = record.vrf if isinstance(record, Bgp) else record.name
    if vrf and any(vrf_name(router) == vrf for router in estate.all(Router)):
        yield Cannot("name", f"a router has the VRF {vrf} on leaves", "call it otherwise")


def _refuse_plugged(target: Target, record: Port) -> Iterator[Cannot]:
    if is_access(record):
        yield Cannot("host_id", _PLUGGED, _INSTEAD)


def _refuse_instance(target: Target, record: Instance) -> Iterator[Cannot]:
    yield Cannot("host", "a switch runs no instance, and " + _PLUGGED, _INSTEAD)


def _refuse_interface(target: Target, record: Interface, estate: Estate) -> Iterator[Cannot]:
    """An overlay network is at leaves alone; a gateway's interface is the network's."""
    if record.device not in target.endpoints:
        return
    networks = [network for id in record.networks if (network := estate.get(Network, id))]
    overlays = [network for network in networks if network.network_type in OVERLAY_TYPES]
    if overlays and not any(host.target == target.name for host in estate.find("host.name", record.device)):
        why = f"{record.device} is no leaf, and {overlays[0].name} is tunnelled"
        yield Cannot("networks", why, f"declare a host {record.device} with the underlay_address of its tunnels")
    for network in networks_at(estate, record.device):
        routed = any(port.device_owner == ROUTER_INTERFACE for port in estate.find("port.network", network.id))
        if routed and record.port in (f"Vlan{network.switch_vlan}", f"irb.{network.switch_vlan}"):
            yield Cannot("name", f"it is the gateway of network {network.name} already", "leave it out")


def _refuse_same_vlan(target: Target, record: Network, estate: Estate) -> Iterator[Cannot]:
    """A leaf has every VLAN of its physical networks; two by one number are one."""
    hosts: list[Host] = estate.find("host.physical_network", record.physical_network) if record.physical_network else []
    for host in hosts:
        if host.name not in target.endpoints or record.switch_vlan is None:
            continue
        names = [f"VLAN {each.name}" for each in estate.find("vlan.device", host.name)
                 if each.vlan_id == record.switch_vlan]  # fmt: skip
        names += [f"network {each.name}" for each in networks_at(estate, host.name)
                  if each.switch_vlan == record.switch_vlan and each.id != record.id]  # fmt: skip
        if names:
            why = f"VLAN {record.switch_vlan} of {host.name} is {names[0]} already"
            yield Cannot("segmentation_id", why, "give one of them another number")


def networks_at(estate: Estate, device: str) -> list[Network]:
    """The networks that a leaf has."""
    ids = {id for each in estate.find("interface.device", device) for id in each.networks}
    ids |= {*estate.ids("network.leaf", device)}
    wires = {name for host in estate.find("host.name", device) for name in host.physical_networks}
    found = [network for id in sorted(ids) if (network := estate.get(Network, id))]
    return found + [each for each in estate.all(Network) if each.physical_network in wires and each.id not in ids]


_SWITCH_LIMITS = (
    *(Limit(kind, "name", "a router has the VRF of its VNI on leaves") for kind in ("vrf", "bgp")),
    Limit("port", "host_id", _PLUGGED),
    Limit("instance", "host", "a switch runs no instance, and " + _PLUGGED, never=True),
)
