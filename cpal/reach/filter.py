"""Security groups as they meet one packet: which rule admits it, and whether its replies are then known.

Theory. A port with port security passes what a rule of its groups allows and nothing else; without groups, nothing. A
rule of a stateful group has the connection tracked, and the reply to a tracked connection passes. A stateless rule
that matches as well wins: the packet is not tracked then (ovn-nb(5), ACL, `allow-stateless`), and its reply needs a
rule like any packet. A reply that is not tracked and comes to a stateful rule counts as a new connection, which TCP's
SYN-ACK and an ICMP echo reply cannot begin.

Remotes match by address, as seen at the port: after translation on ingress, before it on egress. A remote group is the
set of its members' fixed addresses.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from cpal.model.address import contains
from cpal.model.estate import Estate
from cpal.model.network import Port
from cpal.model.security import (
    ICMP,
    ICMPV6,
    PROTOCOLS_WITH_PORTS,
    UDP,
    AddressGroup,
    SecurityGroup,
    SecurityGroupRule,
    protocol_number,
)
from cpal.reach.flow import Service

EPHEMERAL = (32768, 60999)
"""Ports that replies go to. A rule admits a reply only when it names all of them. Source: Linux ip_local_port_range."""
ECHO_REPLY = {4: 0, 6: 129}
"""Source: RFC 792, RFC 4443."""


class Passing(NamedTuple):
    """How a packet fares at a port: admitted or not, whether its connection is then tracked, and the rule's group."""

    allowed: bool
    tracked: bool = False
    group: SecurityGroup | None = None


def judge(estate: Estate, port: Port, direction: str, remote: str, service: Service) -> Passing:
    """How the first packet of a connection fares at a port; `remote` is the other end's address as seen there."""
    if not port.is_filtered:
        return Passing(True, tracked=True)
    matching = [group for group, rule in rules_of(estate, port) if _admits(estate, rule, direction, remote, service)]
    if not matching:
        return Passing(False)
    stateless = next((group for group in matching if not group.stateful), None)
    return Passing(True, tracked=stateless is None, group=stateless or matching[0])


def judge_reply(estate: Estate, port: Port, direction: str, remote: str, service: Service, tracked: bool) -> Passing:
    """How the reply fares at a port that `tracked` its connection or did not."""
    if tracked or not port.is_filtered:
        return Passing(True, tracked=True)
    for group, rule in rules_of(estate, port):
        begins = not group.stateful or service.protocol == UDP
        if begins and _admits(estate, rule, direction, remote, service, reply=True):
            return Passing(True, group=group)
    return Passing(False)


def rules_of(estate: Estate, port: Port) -> Iterator[tuple[SecurityGroup, SecurityGroupRule]]:
    """The rules of a port's groups, each with its group."""
    for id in port.security_groups or ():
        group = estate.get(SecurityGroup, id)
        if group is not None:
            for rule in estate.find("rule.group", id):
                yield group, rule


def _admits(
    estate: Estate, rule: SecurityGroupRule, direction: str, remote: str, service: Service, reply: bool = False
) -> bool:
    return (
        rule.direction == direction
        and rule.ip_version == service.ip_version
        and _names(rule, service, reply)
        and remote_matches(estate, rule, remote)
    )


def _names(rule: SecurityGroupRule, service: Service, reply: bool) -> bool:
    """Whether the rule's protocol, ports and ICMP type hold for the service, or for its reply."""
    protocol = protocol_number(rule.protocol, rule.ip_version)
    if protocol is None:
        return True
    if protocol != service.protocol:
        return False
    low, high = rule.port_range_min, rule.port_range_max
    if protocol in (ICMP, ICMPV6):
        type, code = (ECHO_REPLY[service.ip_version], 0) if reply else (service.port, service.icmp_code or 0)
        return low in (None, type) and high in (None, code)
    if protocol not in PROTOCOLS_WITH_PORTS or low is None or high is None:
        return True
    first, last = EPHEMERAL if reply else (service.port or 0, service.port or 0)
    return low <= first and last <= high


def remote_matches(estate: Estate, rule: SecurityGroupRule, remote: str) -> bool:
    """Whether the rule's remote holds the address."""
    if rule.remote_ip_prefix:
        return contains(rule.normalized_cidr, remote)
    if rule.remote_group_id:
        return is_member(estate, rule.remote_group_id, remote)
    if rule.remote_address_group_id:
        group = estate.get(AddressGroup, rule.remote_address_group_id)
        return group is not None and any(contains(prefix, remote) for prefix in group.addresses)
    return True


def is_member(estate: Estate, group_id: str, address: str) -> bool:
    """Whether a port with this fixed address is a member of the group, whichever network it is on."""
    return any(address in port.addresses for port in estate.find("port.security_group", group_id))
