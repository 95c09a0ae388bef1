"""What must hold for security groups' rules and for address groups. Source: Networking API v2.0."""

from __future__ import annotations

from collections.abc import Iterator

from cpal.model.checks.values import prefix_problems
from cpal.model.checks.words import FOREIGN, Problem, called, called_fully, missing
from cpal.model.estate import Estate, R
from cpal.model.security import (
    ICMP,
    ICMPV6,
    PROTOCOL_NUMBERS,
    PROTOCOLS_WITH_PORTS,
    AddressGroup,
    SecurityGroup,
    SecurityGroupRule,
    protocol_number,
)
from cpal.model.sharing import is_shared

IPV6_ONLY = ("icmpv6", "ipv6-icmp", "ipv6-encap", "ipv6-frag", "ipv6-nonxt", "ipv6-opts", "ipv6-route")
"""Protocol names that an IPv4 rule cannot have. Source: Networking API, SecurityGroupEthertypeConflictWithProtocol."""


def rule_problems(estate: Estate, rule: SecurityGroupRule) -> Iterator[Problem]:
    """What is wrong with a rule: group, direction, family, protocol, ports, remote."""
    group = estate.get(SecurityGroup, rule.security_group_id)
    if group is None:
        yield missing("security_group_id", "security_group", rule.security_group_id)
    elif group.project_id != rule.project_id:
        yield Problem(
            "security_group_id",
            f"{called_fully(estate, group)} belongs to another project",
            "use one of its own",
            FOREIGN,
        )
    yield from said_problems(rule)
    yield from _usable(estate, rule, "remote_group_id", SecurityGroup, rule.remote_group_id)
    yield from _usable(estate, rule, "remote_address_group_id", AddressGroup, rule.remote_address_group_id)


def said_problems(rule: SecurityGroupRule) -> Iterator[Problem]:
    """What is wrong with what a rule says, whatever else there is: direction, family, protocol, ports, remote."""
    if rule.direction not in ("ingress", "egress"):
        yield Problem("direction", f"there is no direction {rule.direction!r}", "ingress or egress")
    if rule.ethertype not in ("IPv4", "IPv6"):
        yield Problem("ethertype", f"there is no ethertype {rule.ethertype!r}", "IPv4 or IPv6")
    yield from _protocol(rule)
    yield from _remote(rule)


def _protocol(rule: SecurityGroupRule) -> Iterator[Problem]:
    try:
        number = protocol_number(rule.protocol, rule.ip_version)
    except ValueError:
        near = rule.protocol.lower()
        known = f"write {near}" if near in PROTOCOL_NUMBERS else "a name such as tcp, or a number from 0 to 255"
        yield Problem("protocol", f"there is no protocol {rule.protocol!r}", known)
        return
    if rule.protocol in IPV6_ONLY and rule.ip_version == 4:
        yield Problem("protocol", f"{rule.protocol} is not in IPv4", "make the rule's ethertype IPv6")
    low, high = rule.port_range_min, rule.port_range_max
    if low is None and high is None:
        return
    if number is None:
        yield Problem("protocol", "the rule names ports but no protocol", "write the protocol, such as tcp")
    elif number in (ICMP, ICMPV6):
        yield from _icmp(low, high)
    elif number in PROTOCOLS_WITH_PORTS:
        yield from _ports(low, high)
    else:
        yield Problem("port_range_min", f"protocol {rule.protocol} has no ports", "leave the ports out")


def _icmp(type: int | None, code: int | None) -> Iterator[Problem]:
    if type is None:
        yield Problem("port_range_max", f"ICMP code {code} needs a type", "write the type as port_range_min")
    for field, what, value in (("port_range_min", "type", type), ("port_range_max", "code", code)):
        if value is not None and not 0 <= value <= 255:
            yield Problem(field, f"there is no ICMP {what} {value}", "a number from 0 to 255")


def _ports(low: int | None, high: int | None) -> Iterator[Problem]:
    if low is None or high is None:
        field = "port_range_min" if low is None else "port_range_max"
        yield Problem(field, "a range of ports needs both ends", "write both; for one port, write it twice")
        return
    for field, port in (("port_range_min", low), ("port_range_max", high)):
        if not 1 <= port <= 65535:
            yield Problem(field, f"there is no port {port}", "a number from 1 to 65535")
    if low > high:
        yield Problem("port_range_min", f"{low} is above port_range_max {high}", "write the lower port first")


def _remote(rule: SecurityGroupRule) -> Iterator[Problem]:
    remotes = (rule.remote_ip_prefix, rule.remote_group_id, rule.remote_address_group_id)
    if sum(1 for remote in remotes if remote) > 1:
        yield Problem("remote_group_id", "the rule has more than one remote", "make a rule for each remote")
    if rule.remote_ip_prefix:
        try:
            prefix = rule.normalized_cidr
        except ValueError:
            prefix = rule.remote_ip_prefix
        yield from prefix_problems("remote_ip_prefix", prefix, rule.ip_version)


def _usable(estate: Estate, rule: SecurityGroupRule, field: str, record_type: type[R], id: str) -> Iterator[Problem]:
    found = estate.get(record_type, id) if id else None
    if id and found is None:
        yield missing(field, record_type.kind, id)
    elif found is not None and found.project_id != rule.project_id and not is_shared(estate, found, rule.project_id):
        yield Problem(field, f"{called_fully(estate, found)} belongs to another project", "use one of its own", FOREIGN)


def address_group_problems(estate: Estate, group: AddressGroup) -> Iterator[Problem]:
    """What is wrong with an address group: its prefixes."""
    for text in group.addresses:
        yield from prefix_problems("addresses", text)
    if len(set(group.addresses)) < len(group.addresses):
        yield Problem("addresses", f"{called(estate, group)} names one prefix twice", "leave the repetition out")
