"""Link layers of captures: what is behind each one's header. Source: the registry of link types at tcpdump.org."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from cpal.wire.ethernet import IPV4, IPV6, TEB
from cpal.wire.faults import need

ETHERNET = 1


class Payload(NamedTuple):
    """What a link layer carries: its EtherType (`TEB`: a whole Ethernet frame), and where it begins; 0 for unknown."""

    ethertype: int
    start: int


_FAMILIES = {2: IPV4, 10: IPV6, 24: IPV6, 28: IPV6, 30: IPV6}
"""Address families of BSD's loopback header: AF_INET, and AF_INET6 of Linux, NetBSD, FreeBSD and macOS."""


def _ethernet(data: bytes) -> Payload:
    return Payload(TEB, 0)


def _null(data: bytes) -> Payload:
    """In the byte order of who captured: families are small, so the other order is told by its size."""
    need(data, 4, "link-truncated")
    family = int.from_bytes(data[:4], "little")
    return Payload(_FAMILIES.get(family if family < 1 << 16 else int.from_bytes(data[:4], "big"), 0), 4)


def _raw(data: bytes) -> Payload:
    need(data, 1, "link-truncated")
    return Payload({4: IPV4, 6: IPV6}.get(data[0] >> 4, IPV4), 0)


def _cooked(data: bytes) -> Payload:
    need(data, 16, "link-truncated")
    return Payload(data[14] << 8 | data[15], 16)


def _cooked_2(data: bytes) -> Payload:
    need(data, 20, "link-truncated")
    return Payload(data[0] << 8 | data[1], 20)


LINKS: dict[int, Callable[[bytes], Payload]] = {
    ETHERNET: _ethernet,
    0: _null,
    108: _null,
    12: _raw,
    14: _raw,
    101: _raw,
    228: lambda data: Payload(IPV4, 0),
    229: lambda data: Payload(IPV6, 0),
    113: _cooked,
    276: _cooked_2,
}
"""Link types: Ethernet, BSD and OpenBSD loopback, raw IP (three numbers), IPv4, IPv6, Linux cooked in two versions."""
