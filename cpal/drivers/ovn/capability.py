"""What OVN can hold: for each kind of record, what of it the target cannot, in a sentence, and the way out.

Source: ovn-nb(5); ovn-architecture(7), Tunnel Encapsulations; OVN 25.09 NEWS (STT removed); RFC 4191 and RFC 8415 for
what IPv6 hosts can be told of routes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from cpal.core import no_switch
from cpal.core.driver import Cannot, Capability, Limit
from cpal.drivers.ovn.render.dhcp import OPTIONS_OF, disables, is_one_label
from cpal.model.checks.port_forwarding import forwarding_router
from cpal.model.estate import Estate
from cpal.model.instance import NAMESPACE, Instance
from cpal.model.network import (
    DHCP_DISABLED,
    MIGRATING_TO,
    OVERLAY_TYPES,
    ROUTER_GATEWAY,
    ROUTER_INTERFACE,
    DhcpOption,
    Network,
    Port,
    Subnet,
)
from cpal.model.port_forwarding import PortForwarding
from cpal.model.qos import INGRESS, QosBandwidthLimitRule, QosMinimumBandwidthRule
from cpal.model.router import FloatingIP, Router
from cpal.model.security import PROTOCOLS_WITH_PORTS, SCTP, TCP, UDP, SecurityGroupRule, protocol_number
from cpal.model.target import Target

MOST_VXLAN = 4095
"""The highest datapath key that OVN's use of the VXLAN header holds: 12 bits, the other 12 carry the port."""
MOST_GENEVE = 16_777_215

MOST_FORWARDED = 1000
"""How many ports one range may have."""

_WHY_NOT = {
    "stt": "OVN removed STT in 25.09 and Open vSwitch in 3.6, and the userspace datapath never had it",
    "nvgre": "OVN has no NVGRE encapsulation: its tunnels are Geneve and VXLAN",
}
_HOST_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*\.?")
_NESTING = frozenset(("parent_name", "tag", "vtep-physical-switch", "vtep-logical-switch"))
"""What Neutron takes out of a binding's profile to place a port elsewhere."""
_COMMA = "OVN reads a comma as a list of hosts"
_ROUTER_PORTS = (ROUTER_INTERFACE, ROUTER_GATEWAY)
_UNSAFE = re.compile(r'["\\{}\x00-\x1f]')


def _target(target: Target, record: Target) -> Iterator[Cannot]:
    """Of another target, that one's driver speaks."""
    if record.id == target.id and record.encap in _WHY_NOT:
        yield Cannot("encap", _WHY_NOT[record.encap], "use geneve or vxlan")
    yield from no_switch.refuse_owned(target, record)


def _instance(target: Target, record: Instance) -> Iterator[Cannot]:
    if record.image != NAMESPACE:
        why = "an instance here is a network namespace of its hypervisor, which runs no image"
        yield Cannot("image", why, "leave it out")


def _network(target: Target, record: Network) -> Iterator[Cannot]:
    if record.network_type in OVERLAY_TYPES:
        yield from _overlay(target, record)
    if record.dns_domain and not _HOST_NAME.fullmatch(record.dns_domain):
        yield Cannot("dns_domain", "OVN's DHCP can announce only a plain DNS name", "write it like example.org.")


def _overlay(target: Target, record: Network) -> Iterator[Cannot]:
    kind = record.network_type
    tunnel = f"use {target.encap}, or leave network_type out"
    if kind in _WHY_NOT:
        yield Cannot("network_type", _WHY_NOT[kind], "use geneve" if target.encap in _WHY_NOT else tunnel)
    elif kind != target.encap and target.encap not in _WHY_NOT:
        why = f"the hypervisors of this target tunnel with {target.encap}, which carries all its overlay networks"
        yield Cannot("network_type", why, tunnel)
    most = MOST_VXLAN if kind == "vxlan" else MOST_GENEVE
    if record.segmentation_id is not None and not 1 <= record.segmentation_id <= most:
        why = f"OVN over {kind} numbers networks from 1 to {most}"
        yield Cannot("segmentation_id", why, "choose another, or leave it out")


def _subnet(target: Target, record: Subnet) -> Iterator[Cannot]:
    if record.ip_version == 4:
        return
    if record.host_routes:
        why = "DHCPv6 has no option for routes, and a router can advertise only routes through itself"
        yield Cannot("host_routes", why, "give the route to the router that the hosts use", True)
    if len(record.dns_nameservers) > 1 and record.ipv6_ra_mode and not record.serves_dhcp:
        why = "OVN's router advertisements tell of one name server, and no DHCP server of its own tells the others"
        yield Cannot(
            "dns_nameservers", why, "name one, or make ipv6_address_mode dhcpv6-stateless or dhcpv6-stateful", True
        )


def _port(target: Target, record: Port) -> Iterator[Cannot]:
    if record.extra_dhcp_opts:
        yield from _dhcp_options(record.extra_dhcp_opts)
    if record.device_owner in _ROUTER_PORTS:
        yield from _router_port(record)
    if record.binding_profile or record.bindings:
        yield from _profiles(record)
    if record.is_handed_through and record.port_security_enabled:
        why = "hardware hands its packets past OVN, which filters none of them"
        yield Cannot("vnic_type", why, "set port_security_enabled to false, and filter in the machine or outside", True)
    if "," in record.host_id:
        yield Cannot("host_id", _COMMA, "name one host")
    if record.dns_name and ("." in record.dns_name.rstrip(".") or not _HOST_NAME.fullmatch(record.dns_name)):
        yield Cannot("dns_name", "OVN answers for one label in the network's dns_domain", "write it without a domain")


def _profile(text: str) -> dict[str, Any]:
    """What a profile says; nothing of one that is none, which the model's checks tell."""
    try:
        found = msgspec.json.decode(text) if text else {}
    except msgspec.DecodeError:
        found = {}
    return found if isinstance(found, dict) else {}


def _profiles(record: Port) -> Iterator[Cannot]:
    for field, text in (
        ("binding_profile", record.binding_profile),
        *(("bindings", b.profile) for b in record.bindings),
    ):
        profile = _profile(text)
        told = _NESTING.intersection(profile)
        if told:
            why = f"OVN is told of ports inside others, or behind switches, otherwise than by {', '.join(sorted(told))}"
            yield Cannot(field, why, "make a trunk, of which the port is a subport")
        coming = profile.get(MIGRATING_TO) or ""
        if not isinstance(coming, str) or "," in coming:
            yield Cannot(field, f"{MIGRATING_TO} is the name of a host, and {_COMMA}", "name one host")
    if any("," in binding.host for binding in record.bindings):
        yield Cannot("bindings", _COMMA, "name one host in each")


def _router_port(record: Port) -> Iterator[Cannot]:
    if record.port_security_enabled:
        yield Cannot(
            "port_security_enabled", "OVN filters nothing at a router's port", "filter at the instances' ports"
        )
    if record.qos_policy_id:
        why = "OVN limits a router at its gateway alone"
        yield Cannot("qos_policy_id", why, "give the policy to external_gateway_info, or to the ports")
    if record.host_id:
        why = "OVN has a router's port on every host, and its gateway where that is placed"
        yield Cannot("host_id", why, "leave it out", True)


def _dhcp_options(options: tuple[DhcpOption, ...]) -> Iterator[Cannot]:
    for option in options:
        for why, remedy, harmless in _option(option):
            yield Cannot("extra_dhcp_opts", why, remedy, harmless)
    silent = {option.ip_version for option in options if disables(option)}
    said: dict[tuple[int, str], str] = {}
    for option in options:
        version, name = option.ip_version, option.opt_name
        if name == DHCP_DISABLED:
            continue
        first = said.setdefault((version, OPTIONS_OF[version].get(name, name)), name)
        if version in silent:
            yield Cannot(
                "extra_dhcp_opts", f"{DHCP_DISABLED} lets nothing tell the port {name}", "keep one of both", True
            )
        elif first != name:
            yield Cannot("extra_dhcp_opts", f"{first} and {name} are one option of OVN's", "keep one of them", True)


def _option(option: DhcpOption) -> Iterator[tuple[str, str, bool]]:
    """Why OVN cannot say the option, what it could, and whether it is harmless to leave the option out."""
    known = OPTIONS_OF[option.ip_version]
    if option.opt_name == DHCP_DISABLED:
        if option.opt_value.lower() not in ("true", "false"):
            yield f"{DHCP_DISABLED} is true or false, not {option.opt_value}", "write true or false", False
    elif option.opt_name not in known:
        words = ", ".join(name for name in known if not name.isdecimal())
        yield f"OVN's DHCPv{option.ip_version} server has no option {option.opt_name}", f"it has: {words}", True
    elif _UNSAFE.search(option.opt_value.strip('"')):
        yield (
            f"OVN cannot write quotes, braces and control characters into option {option.opt_name}",
            "leave them out",
            False,
        )
    elif known[option.opt_name] == "domain_search" and not _can_search(option.opt_value.strip('"')):
        why = "OVN's DHCPv6 server writes a domain of several labels as a single one, which clients discard"
        yield why, "set the network's dns_domain, which router advertisements tell", True


def _can_search(domains: str) -> bool:
    """Whether DHCPv6 can tell to search in them."""
    return is_one_label(domains) and "," not in domains


def _router(target: Target, record: Router) -> Iterator[Cannot]:
    most = MOST_VXLAN if target.encap == "vxlan" else MOST_GENEVE
    if record.vni > most:
        yield Cannot(
            "vni", f"OVN over {target.encap} numbers routers from 1 to {most}", "choose another, or leave it out"
        )


def _floating_ip(target: Target, record: FloatingIP) -> Iterator[Cannot]:
    versions = {":" in ip for ip in (record.floating_ip_address, record.fixed_ip_address) if ip}
    if len(versions) == 2:
        yield Cannot("fixed_ip_address", "OVN translates within one IP version", "choose an address of the other's")


def _rule(target: Target, record: SecurityGroupRule) -> Iterator[Cannot]:
    number = protocol_number(record.protocol, record.ip_version)
    ports = record.port_range_min is not None or record.port_range_max is not None
    if ports and number in PROTOCOLS_WITH_PORTS - {TCP, UDP, SCTP}:
        why = f"OVN matches ports of TCP, UDP and SCTP, not of {record.protocol}"
        yield Cannot("port_range_min", why, "allow the protocol as a whole")


def _limit(target: Target, record: QosBandwidthLimitRule) -> Iterator[Cannot]:
    if not record.max_kbps:
        yield Cannot(
            "max_kbps", "OVN's meters let 1 kbit/s through at least", "write 1, or set admin_state_up to false"
        )


def _guarantee(target: Target, record: QosMinimumBandwidthRule) -> Iterator[Cannot]:
    if record.direction == INGRESS:
        why = "OVN has queues for what ports send to a physical network, not for what they get"
        yield Cannot("direction", why, "guarantee egress")
    if not record.min_kbps:
        yield Cannot("min_kbps", "a guarantee of nothing is none", "leave the rule out", True)


def _port_forwarding(target: Target, record: PortForwarding) -> Iterator[Cannot]:
    ports = record.external_port_range
    if ports.end - ports.start >= MOST_FORWARDED:
        why = f"OVN has an entry for each port: a range of more than {MOST_FORWARDED} would burden every hypervisor"
        yield Cannot("external_port_range", why, "give the port a floating IP of its own")


_FORWARDED_AT_ONE = "OVN forwards no ports at a router with several gateways"


def _forwarded_by_several(target: Target, record: PortForwarding, estate: Estate) -> Iterator[Cannot]:
    floating = estate.get(FloatingIP, record.floatingip_id)
    router = forwarding_router(estate, record, floating) if floating else None
    if router is not None and router.more_gateways:
        yield Cannot("floatingip_id", _FORWARDED_AT_ONE, "give the port a floating IP of its own", True)


def _several_forward(target: Target, record: Router, estate: Estate) -> Iterator[Cannot]:
    for network_id in record.external_networks if record.more_gateways else ():
        for floating in estate.find("floating_ip.network", network_id):
            for forwarding in estate.find("port_forwarding.floating_ip", floating.id):
                if forwarding_router(estate, forwarding, floating) == record:
                    yield Cannot("more_gateways", _FORWARDED_AT_ONE, "give those ports floating IPs of their own", True)
                    return


def _anything(target: Target, record: Any) -> Iterable[Cannot]:
    """Whatever such a record says can be held."""
    return ()


LIMITS = (
    Limit("target", "encap", "OVN's tunnels are Geneve and VXLAN: it has no NVGRE, and removed STT in 25.09"),
    Limit("network", "network_type", "all overlay networks of a target are in the tunnel that its hypervisors use"),
    Limit("network", "segmentation_id", f"over VXLAN, OVN numbers networks from 1 to {MOST_VXLAN}"),
    Limit("network", "dns_domain", "OVN's DHCP can announce only a plain DNS name"),
    Limit("subnet", "host_routes", "DHCPv6 has no option for routes"),
    Limit("subnet", "dns_nameservers", "router advertisements tell of one name server"),
    Limit("port", "host_id", "OVN reads a comma as a list of hosts, and has a router's port on every host"),
    Limit("port", "bindings", "OVN reads a comma as a list of hosts"),
    Limit("port", "binding_profile", "OVN is told of ports inside others by trunks"),
    Limit("port", "vnic_type", "OVN filters nothing of what hardware hands past it"),
    Limit("port", "port_security_enabled", "OVN filters nothing at a router's port"),
    Limit("port", "qos_policy_id", "OVN limits a router at its gateway alone"),
    Limit("port", "extra_dhcp_opts", "OVN's DHCP servers have the options that they have"),
    Limit("port", "dns_name", "OVN answers for one label in the network's dns_domain"),
    Limit("router", "more_gateways", _FORWARDED_AT_ONE),
    Limit("router", "vni", f"over VXLAN, OVN numbers routers from 1 to {MOST_VXLAN}"),
    Limit("instance", "image", "an instance here is a network namespace, which runs no image"),
    Limit("floating_ip", "fixed_ip_address", "OVN translates within one IP version"),
    Limit("port_forwarding", "floatingip_id", _FORWARDED_AT_ONE),
    Limit("port_forwarding", "external_port_range", f"OVN has an entry for each port: at most {MOST_FORWARDED}"),
    Limit("security_group_rule", "port_range_min", "OVN matches ports of TCP, UDP and SCTP"),
    Limit("qos_bandwidth_limit_rule", "max_kbps", "OVN's meters let 1 kbit/s through at least"),
    Limit("qos_minimum_bandwidth_rule", "direction", "OVN has queues for what ports send to a physical network alone"),
    Limit("qos_minimum_bandwidth_rule", "min_kbps", "a guarantee of nothing is none"),
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
        "trunk": _anything,
        "router": _router,
        "instance": _instance,
        "floating_ip": _floating_ip,
        "port_forwarding": _port_forwarding,
        "security_group": _anything,
        "security_group_rule": _rule,
        "address_group": _anything,
        "log": _anything,
        "qos_policy": _anything,
        "qos_bandwidth_limit_rule": _limit,
        "qos_dscp_marking_rule": _anything,
        "qos_minimum_bandwidth_rule": _guarantee,
        "placement": _anything,
    },
    refuse_together={"port_forwarding": _forwarded_by_several, "router": _several_forward},
    limits=LIMITS,
    commit="transaction",
    keeps_unbound=True,
    evidence="round trips through ovsdb-server of five schema versions; ovn-northd and ovn-trace 23.03; the lab",
)
"""OVN's capability."""
