"""What leaves that run FRR can hold: what any leaf can, and what is about the ports of machines behind them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cpal.core import no_switch
from cpal.core.driver import Cannot, Capability, Limit
from cpal.drivers.devices import fabric_limits
from cpal.drivers.devices.device_limits import limits_on_devices, refuse_on_devices
from cpal.drivers.devices.fabric_limits import refuse_qos, refuse_second_router
from cpal.drivers.devices.frr.configuration import PROCESS
from cpal.drivers.devices.frr.settings import WORDS
from cpal.drivers.devices.ospf_limits import refuse_ospf
from cpal.drivers.devices.render_fabric import LAYER_2
from cpal.drivers.devices.switch_limits import both
from cpal.model.estate import Estate
from cpal.model.instance import NAMESPACE, Instance
from cpal.model.network import Port
from cpal.model.of_device import IPV4, IPV6
from cpal.model.ospf import Ospf
from cpal.model.security import SecurityGroup
from cpal.model.switch import ACCESS, ROUTED, Interface, Vrf
from cpal.model.target import Host, Target

_HELD = (*WORDS.settings, "acl", "vrf")
"""The kinds of what is declared of devices one by one that are held."""
_STATELESS = (
    "set stateful to false on the group, with rules for replies; or port_security_enabled on the network or the port"
)


def _target(target: Target, record: Target) -> Iterator[Cannot]:
    if record.id == target.id and record.encap != "vxlan":
        yield Cannot("encap", "the leaves of a fabric tunnel with VXLAN, which EVPN is spoken for here", "use vxlan")
    yield from no_switch.refuse_owned(target, record)


def _instance(target: Target, record: Instance) -> Iterator[Cannot]:
    if record.image != NAMESPACE:
        why = "an instance here is a network namespace behind a leaf, which runs no image"
        yield Cannot("image", why, "leave it out")


def _interface(target: Target, record: Interface) -> Iterator[Cannot]:
    """In a network, of which a leaf is told more than of others; or routed by itself, in a VRF."""
    if record.device not in target.endpoints:
        return
    if not re.fullmatch(_NAME, f"{record.port}"):
        yield Cannot("name", _NAMES, "call it as Linux does")
    if record.mode not in _MODES[bool(record.networks)]:
        yield Cannot("mode", _ONE_NETWORK, "set it to access, or routed without a network")
    elif len(record.networks) > 1 or (record.mode == ACCESS and not record.networks):
        yield Cannot("networks", _ONE_NETWORK, "name one")
    plain = Interface(id=record.id, name=record.name)
    for field in (*_NOT_TOLD, *(_ROUTED if record.networks else _BRIDGED)):
        if getattr(record, field) != getattr(plain, field):
            yield Cannot(field, _WHY.get(field, _NOT_HELD), "leave it out")


def _vrf(target: Target, record: Vrf) -> Iterator[Cannot]:
    if not {*record.devices} & target.endpoints.keys():
        return
    if not re.fullmatch(_NAME, f"{record.name}") or record.name == LAYER_2:
        yield Cannot("name", _VRF_NAMES, "call it otherwise")
    if {*record.address_families} != {IPV4, IPV6}:
        yield Cannot("address_families", _BOTH, f"write [{IPV4}, {IPV6}]")


def _refuse_interface(target: Target, record: Interface, estate: Estate) -> Iterator[Cannot]:
    """Networks are at leaves."""
    hosts: list[Host] = estate.find("host.name", record.device)
    if record.networks and record.device in target.endpoints and not any(host.target == target.name for host in hosts):
        why = f"{record.device} is no leaf"
        yield Cannot("networks", why, f"declare a host {record.device} with the underlay_address of its tunnels")


_ONE_NETWORK = "an interface of a leaf is in the bridge of one network"
_NOT_HELD = "a leaf has no such setting of an interface"
_NOT_TOLD = ("vlan", "vlans", "ingress_classifier", "edge_port", "bpdu_guard")
_ROUTED, _BRIDGED = ("vrf", "addresses"), ("ingress_acl", "egress_acl")
"""What is of interfaces in no network, and what of those in one."""
_WHY = {
    "vrf": "an interface in a network is in the VRF of that",
    "addresses": "an interface in a network is in its bridge, which has the addresses",
    **dict.fromkeys(_BRIDGED, "an access list is asked at an interface in a network"),
}
_MODES = {True: ("", ACCESS), False: ("", ACCESS, ROUTED)}
"""The modes of an interface in a network or in none."""
_NAME = r"[A-Za-z0-9_][A-Za-z0-9_.:@-]{0,14}"
"""What an interface or a namespace is called: what Linux takes and a shell does not."""
_NAMES = "an interface of Linux has a name of up to 15 letters, digits and _.:@-"
_VRF_NAMES = f"a VRF has a name of up to 15 letters, digits and _.:@-, which is not {LAYER_2}"
_BOTH = "a VRF of a leaf routes IPv4 and IPv6 alike"


def _stateful(group: SecurityGroup) -> str:
    return f"security group {group.name} is stateful, and a leaf keeps no connections; it holds one that is stateless"


def _refuse_port(target: Target, record: Port, estate: Estate) -> Iterator[Cannot]:
    """The groups of a port that a leaf filters are stateless."""
    for id in record.security_groups or ():
        group = estate.get(SecurityGroup, id)
        if group is not None and group.stateful:
            yield Cannot("security_groups", _stateful(group), _STATELESS)


def _refuse_group(target: Target, record: SecurityGroup, estate: Estate) -> Iterator[Cannot]:
    """A group stays stateless while a leaf has a port of it."""
    hosts = {port.host_id for port in estate.find("port.security_group", record.id)}
    if record.stateful and any(each.target == target.name for name in hosts for each in estate.find("host.name", name)):
        yield Cannot("stateful", _stateful(record), _STATELESS)


def _port(target: Target, record: Port) -> Iterator[Cannot]:
    if record.extra_dhcp_opts:
        yield Cannot("extra_dhcp_opts", "a leaf has no DHCP server", "leave them out", True)
    if record.dns_name:
        yield Cannot("dns_name", "a leaf answers for no names", "leave it out", True)
    if record.qos_policy_id:
        yield refuse_qos()


_NO_CONNECTIONS = "a leaf keeps no connections: it holds groups that are stateless"


def _ospf(target: Target, record: Ospf) -> Iterator[Cannot]:
    yield from refuse_ospf(WORDS, target, record)
    if record.device in target.endpoints and record.process != PROCESS:
        yield Cannot("process", _NO_NUMBERS, "leave it out")


_NO_NUMBERS = "FRR has no numbers of processes"
LIMITS = (
    Limit("ospf", "process", _NO_NUMBERS),
    Limit("target", "encap", "the leaves of a fabric tunnel with VXLAN"),
    *fabric_limits.LIMITS,
    Limit("port", "security_groups", _NO_CONNECTIONS),
    Limit("security_group", "stateful", _NO_CONNECTIONS),
    Limit("port", "extra_dhcp_opts", "a leaf has no DHCP server"),
    Limit("port", "dns_name", "a leaf answers for no names"),
    Limit("port", "qos_policy_id", "a leaf neither limits nor marks what passes a port"),
    Limit("instance", "image", "an instance here is a network namespace behind a leaf, which runs no image"),
    *(limit for limit in no_switch.LIMITS if limit.kind not in ("interface", *_HELD)),
    *limits_on_devices(WORDS),
    Limit("interface", "mode", _ONE_NETWORK),
    Limit("interface", "networks", _ONE_NETWORK),
    *(Limit("interface", field, _WHY.get(field, _NOT_HELD)) for field in (*_NOT_TOLD, *_ROUTED, *_BRIDGED)),
    Limit("interface", "name", _NAMES),
    Limit("vrf", "name", f"{_VRF_NAMES}, nor a router's"),
    Limit("vrf", "address_families", _BOTH),
)
"""In general what the functions above refuse, each in particular."""

CAPABILITY = Capability(
    refuse={
        **{kind: refuse for kind, refuse in no_switch.REFUSE.items() if kind not in _HELD},
        **refuse_on_devices(WORDS),
        "ospf": _ospf,
        **fabric_limits.REFUSE,
        "target": _target,
        "port": _port,
        "instance": _instance,
        "interface": _interface,
        "vrf": _vrf,
    },
    limits=LIMITS,
    commit="confirmed",
    evidence="FRR 8.4 and Linux in network namespaces: spines, leaves, and packets between hosts behind them",
    refuse_together={
        **fabric_limits.REFUSE_TOGETHER,
        "port": both(refuse_second_router, _refuse_port),
        "security_group": _refuse_group,
        "interface": _refuse_interface,
        "vrf": fabric_limits.refuse_taken_vrf,
    },
)
"""FRR's capability."""
