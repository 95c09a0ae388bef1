"""The Internet checksum and the pseudo-headers that go into it. Sources: RFC 1071; RFC 768; RFC 8200, section 8.1."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

Address = IPv4Address | IPv6Address


def ones_complement_sum(data: bytes, start: int = 0) -> int:
    """The 16-bit one's complement sum of the data's words, an odd last byte padded with zero, on top of `start`.

    The number that the bytes spell is congruent to the sum of its words modulo 65535, since 65536 is 1 there; the sum
    is 0 only if all words are.
    """
    total = int.from_bytes(data + b"\0" * (len(data) & 1), "big") + start
    return (total - 1) % 0xFFFF + 1 if total else 0


def checksum(data: bytes, start: int = 0) -> int:
    """The checksum of data: over data that holds its right checksum it is 0."""
    return 0xFFFF - ones_complement_sum(data, start)


def pseudo_header(source: Address, destination: Address, protocol: int, length: int) -> int:
    """The sum of the pseudo-header of either version."""
    return ones_complement_sum(source.packed + destination.packed, protocol + (length >> 16) + (length & 0xFFFF))
