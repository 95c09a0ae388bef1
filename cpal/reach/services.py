"""What is worth asking: every protocol and port that a rule names, and some that none names.

Each port range counts with both its ends; a rule that names no port with a port that no rule names; and TCP on such a
port and ICMP echo are always asked, so that what rules do not allow is asked for too. Only what can begin a connection
is asked: no ICMP errors and replies (RFC 792, RFC 4443), no IPv6 extension headers (RFC 8200).
"""

from __future__ import annotations

from collections.abc import Iterator

from cpal.model.address import version_of
from cpal.model.estate import Estate
from cpal.model.security import (
    ICMP,
    ICMPV6,
    PROTOCOLS_WITH_PORTS,
    TCP,
    UDP,
    SecurityGroupRule,
    protocol_number,
)
from cpal.reach.flow import Service
from cpal.reach.names import endpoints

ECHO_REQUEST = {4: 8, 6: 128}
ICMP_OF = {4: ICMP, 6: ICMPV6}
ICMP_REQUESTS = {4: (8, 13, 15, 17), 6: (128,)}
"""ICMP types that begin something and that connection tracking takes for new. Source: RFC 792, RFC 950, RFC 4443."""
IPV6_EXTENSION_HEADERS = frozenset({0, 43, 44, 50, 51, 59, 60, 135, 139, 140, 253, 254})
"""Source: IANA, IPv6 Extension Header Types; 59 is no next header."""
UNNAMED_PORTS = (7777, 65_000)
"""Where the search for a port that no rule names starts and ends."""


def services(*estates: Estate) -> tuple[Service, ...]:
    """The services to ask for in these estates, in order."""
    rules = [rule for estate in estates for rule in estate.all(SecurityGroupRule)]
    unnamed = _unnamed_port(rules)
    found = {service for rule in rules for service in _named(rule, unnamed)}
    for version in _families(estates):
        found |= {echo(version), Service(version, TCP, unnamed)}
    return tuple(sorted(found, key=_order))


def echo(version: int) -> Service:
    """ICMP echo of an IP version."""
    return Service(version, ICMP_OF[version], ECHO_REQUEST[version])


def needs_reply(service: Service) -> bool:
    """Whether the service is there only when the reply comes back: TCP, UDP and ICMP echo; others just arrive."""
    if service.protocol in (TCP, UDP):
        return True
    return service.protocol == ICMP_OF[service.ip_version] and service == echo(service.ip_version)


def _order(service: Service) -> tuple[int, int, int, int]:
    return service.ip_version, service.protocol, service.port or -1, service.icmp_code or -1


def _families(estates: tuple[Estate, ...]) -> set[int]:
    return {version_of(ip) for estate in estates for endpoint in endpoints(estate) for ip in endpoint.addresses}


def _unnamed_port(rules: list[SecurityGroupRule]) -> int:
    """A port that is in no rule's range, or the first candidate where rules name all."""
    ranges = {(rule.port_range_min or 0, rule.port_range_max or 0) for rule in rules}
    first, last = UNNAMED_PORTS
    return next((port for port in range(first, last) if not any(low <= port <= high for low, high in ranges)), first)


def _named(rule: SecurityGroupRule, unnamed: int) -> Iterator[Service]:
    version = rule.ip_version
    protocol = protocol_number(rule.protocol, version)
    if protocol is None:
        yield from (echo(version), Service(version, TCP, unnamed), Service(version, UDP, unnamed))
    elif protocol == ICMP_OF[version]:
        yield from _icmp(rule)
    elif protocol in PROTOCOLS_WITH_PORTS:
        yield from (Service(version, protocol, port or unnamed) for port in {rule.port_range_min, rule.port_range_max})
    elif version == 4 or protocol not in IPV6_EXTENSION_HEADERS:
        yield Service(version, protocol)


def _icmp(rule: SecurityGroupRule) -> Iterator[Service]:
    version, type = rule.ip_version, rule.port_range_min
    if type is None:
        yield echo(version)
    elif type in ICMP_REQUESTS[version]:
        yield Service(version, ICMP_OF[version], type, rule.port_range_max or None)
