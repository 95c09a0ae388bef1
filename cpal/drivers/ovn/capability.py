"""What OVN can hold: for each kind of record, what of it the target cannot, in a sentence, and the way out.

Source: ovn-nb(5); ovn-architecture(7), Tunnel Encapsulations; OVN 25.09 NEWS (STT removed).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from cpal.core.driver import Cannot, Capability
from cpal.drivers.ovn.render.dhcp import DISABLED, OPTIONS_OF, is_one_label
from cpal.model.network import OVERLAY_TYPES, Network, Port
from cpal.model.router import FloatingIP
from cpal.model.security import PROTOCOLS_WITH_PORTS, SCTP, TCP, UDP, SecurityGroupRule, protocol_number
from cpal.model.target import Target

MOST_VXLAN = 4095
"""The highest datapath key that OVN's use of the VXLAN header holds: 12 bits, the other 12 carry the port."""
MOST_GENEVE = 16_777_215

_WHY_NOT = {
    "stt": "OVN removed STT in 25.09 and Open vSwitch in 3.6, and the userspace datapath never had it",
    "nvgre": "OVN has no NVGRE encapsulation: its tunnels are Geneve and VXLAN",
}
_HOST_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*\.?")
_UNSAFE = re.compile(r'["\\{}\x00-\x1f]')


def _network(target: Target, record: Network) -> Iterator[Cannot]:
    if record.network_type in OVERLAY_TYPES:
        yield from _overlay(target, record)
    if record.dns_domain and not _HOST_NAME.fullmatch(record.dns_domain):
        yield Cannot("dns_domain", "OVN's DHCP can announce only a plain DNS name", "write it like example.org.")


def _overlay(target: Target, record: Network) -> Iterator[Cannot]:
    kind = record.network_type
    if kind in _WHY_NOT:
        yield Cannot("network_type", _WHY_NOT[kind], f"use {target.encap}, or leave network_type out")
    elif kind != target.encap:
        why = f"the hypervisors of this target tunnel with {target.encap}, which carries all its overlay networks"
        yield Cannot("network_type", why, f"use {target.encap}, or leave network_type out")
    most = MOST_VXLAN if kind == "vxlan" else MOST_GENEVE
    if record.segmentation_id is not None and not 1 <= record.segmentation_id <= most:
        why = f"OVN over {kind} numbers networks from 1 to {most}"
        yield Cannot("segmentation_id", why, "choose another, or leave it out")


def _port(target: Target, record: Port) -> Iterator[Cannot]:
    for option in record.extra_dhcp_opts:
        known = OPTIONS_OF[option.ip_version]
        if option.opt_name == DISABLED:
            continue
        if option.opt_name not in known:
            words = ", ".join(name for name in known if not name.isdecimal())
            why = f"OVN's DHCPv{option.ip_version} server has no option {option.opt_name}"
            yield Cannot("extra_dhcp_opts", why, f"it has: {words}")
        elif _UNSAFE.search(option.opt_value.strip('"')):
            why = f"OVN cannot write quotes, braces and control characters into option {option.opt_name}"
            yield Cannot("extra_dhcp_opts", why, "leave them out")
        elif known[option.opt_name] == "domain_search" and not _can_search(option.opt_value.strip('"')):
            why = "OVN's DHCPv6 server writes a domain of several labels as a single one, which clients discard"
            yield Cannot("extra_dhcp_opts", why, "set the network's dns_domain, which router advertisements tell")
    if "," in record.host_id:
        yield Cannot("host_id", "OVN reads a comma as a list of hosts", "name one host")
    if record.dns_name and ("." in record.dns_name.rstrip(".") or not _HOST_NAME.fullmatch(record.dns_name)):
        yield Cannot("dns_name", "OVN answers for one label in the network's dns_domain", "write it without a domain")


def _can_search(domains: str) -> bool:
    """Whether DHCPv6 can tell to search in them."""
    return is_one_label(domains) and "," not in domains


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


def _anything(target: Target, record: Any) -> Iterable[Cannot]:
    """Whatever such a record says can be held."""
    return ()


CAPABILITY = Capability(
    refuse={
        "network": _network,
        "subnet": _anything,
        "port": _port,
        "router": _anything,
        "floating_ip": _floating_ip,
        "security_group": _anything,
        "security_group_rule": _rule,
        "address_group": _anything,
        "placement": _anything,
    },
    commit="transaction",
    evidence="round trips through ovsdb-server of five schema versions; ovn-northd and ovn-trace 23.03; the lab",
)
"""OVN's capability."""
