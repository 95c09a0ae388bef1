"""Attempts: how each flow is tried. Pure.

A service is tried in one of four ways through the source's kernel. STREAM (TCP) and DATAGRAM (UDP) ask a listener of
ours, which answers with the name of its endpoint. ECHO (ICMP echo request) is answered by the destination's kernel.
ONEWAY is every other protocol: one packet, and the destination's witness says whether it arrived.

FRAME goes below the kernel, which would keep a packet for an address that the source has itself (two projects may use
one prefix): the service's first packet in an Ethernet frame to a MAC address of our choice, from the source's own MAC
and IP address, and the destination's witness says whether it arrived.
"""

from __future__ import annotations

import enum
from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import zip_longest
from typing import NamedTuple

from cpal.model.address import version_of
from cpal.model.security import ICMP, ICMPV6, PROTOCOLS_WITH_PORTS, TCP, UDP
from cpal.reach.flow import Flow, Service

IPV6_EXTENSION_HEADERS = frozenset({0, 43, 44, 51, 60, 135, 139, 140})
"""Next-header values that stand before a protocol and are none. Source: RFC 8200 section 4, RFC 7045 section 4."""

ICMP_ERRORS = frozenset({3, 4, 5, 11, 12})
"""ICMP types that report on another connection, and so begin none. Source: RFC 792, RFC 1122 section 3.2.2."""

ICMPV6_ERRORS = frozenset(range(128))
"""ICMPv6 error messages. Source: RFC 4443 section 2.1."""

ECHO_REQUEST = {ICMP: 8, ICMPV6: 128}
ECHO_REPLY = {ICMP: 0, ICMPV6: 129}


class Way(enum.Enum):
    """How a service is tried."""

    STREAM = "stream"
    DATAGRAM = "datagram"
    ECHO = "echo"
    ONEWAY = "one way"
    FRAME = "frame"


class Hop(NamedTuple):
    """Where a frame is addressed to: a MAC address, and whose it is, in words."""

    hardware_address: bytes
    owner: str


class Landing(NamedTuple):
    """Where a flow comes to whose port is forwarded: another address, and there another port."""

    address: str
    service: Service


Landings = Mapping[Flow, Landing]


class Attempt(NamedTuple):
    """One flow to be tried from `source_address`, by the name `number` that its packets carry.

    A `control` goes to a listener from within its own namespace, to prove that it is up. `hop` is for a FRAME.
    """

    number: int
    flow: Flow
    way: Way
    source_address: str
    control: bool = False
    hop: Hop = Hop(b"", "")


class Spot(NamedTuple):
    """Where a listener listens: one service at one address of an endpoint."""

    endpoint: str
    address: str
    service: Service


def way_of(service: Service) -> Way:
    """How the service is tried."""
    if service.protocol == TCP:
        return Way.STREAM
    if service.protocol == UDP:
        return Way.DATAGRAM
    request = ECHO_REQUEST.get(service.protocol)
    if request is not None and service.port in (None, request) and not service.icmp_code:
        return Way.ECHO
    return Way.ONEWAY


def unspeakable(flow: Flow) -> str:
    """Why no packet can begin this flow; "" if one can."""
    service = flow.service
    if service.ip_version != version_of(flow.address):
        return f"an IPv{service.ip_version} service cannot be asked for at {flow.address}"
    if service.protocol in PROTOCOLS_WITH_PORTS and not service.port:
        return f"{service} names no port"
    if service.ip_version == 6 and service.protocol in IPV6_EXTENSION_HEADERS:
        return f"{service.protocol} is an IPv6 extension header, which no packet can end with"
    errors = {ICMP: ICMP_ERRORS, ICMPV6: ICMPV6_ERRORS}.get(service.protocol, frozenset())
    if service.port in errors:
        return f"{service} is an error message about another connection"
    return ""


def spots(services: Iterable[Service], addresses: Mapping[str, tuple[str, ...]]) -> list[Spot]:
    """Every listener wanted: each TCP and UDP service at each address (by endpoint) of its IP version."""
    asked = sorted({service for service in services if way_of(service) in (Way.STREAM, Way.DATAGRAM)})
    return [
        Spot(endpoint, address, service)
        for endpoint, own in addresses.items()
        for address in own
        for service in asked
        if service.port and service.ip_version == version_of(address)
    ]


def interleave(attempts: Iterable[Attempt]) -> list[Attempt]:
    """The attempts in an order in which sources take turns, so that none of them bursts."""
    by_source = defaultdict(list)
    for attempt in attempts:
        by_source[attempt.flow.source].append(attempt)
    rounds = zip_longest(*by_source.values())
    return [attempt for each in rounds for attempt in each if attempt is not None]
