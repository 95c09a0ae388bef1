"""IP and MAC addresses as text and as integers: parse, canonicalise, contain, count.

Parsed prefixes are cached, since an estate holds few prefixes and many addresses.
"""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from hashlib import blake2s
from typing import NamedTuple

_OCTETS = {str(octet): octet for octet in range(256)}

IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network
IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


@lru_cache(maxsize=65536)
def prefix(text: str) -> IPNetwork:
    """The prefix `text` names; a bare address is a host prefix.

    Raises:
        ValueError: not a prefix, or host bits are set.
    """
    return ipaddress.ip_network(text, strict=True)


@lru_cache(maxsize=65536)
def masked(text: str) -> str:
    """The prefix without host bits that holds `text`, a prefix with them or without; a bare address as it is.

    Raises:
        ValueError: not a prefix.
    """
    return str(ipaddress.ip_network(text, strict=False)) if "/" in text else text


class Span(NamedTuple):
    """The addresses of a prefix as integers, `first` to `last`, both included."""

    version: int
    length: int
    first: int
    last: int


@lru_cache(maxsize=65536)
def span(cidr: str) -> Span:
    """The addresses that the prefix `cidr` holds.

    Raises:
        ValueError: not a prefix, or host bits are set.
    """
    network = prefix(cidr)
    return Span(network.version, network.prefixlen, int(network.network_address), int(network.broadcast_address))


def address(text: str) -> IPAddress:
    """The address `text` names.

    Raises:
        ValueError: not an IPv4 or IPv6 address.
    """
    return ipaddress.ip_address(text)


def version_of(text: str) -> int:
    """4 or 6, from the form of an address or prefix alone."""
    return 6 if ":" in text else 4


def ipv4_number(text: str) -> int | None:
    """An IPv4 address, four decimal numbers up to 255 without leading zeros, as an integer; None for other text."""
    try:
        first, second, third, fourth = text.split(".")
        return _OCTETS[first] << 24 | _OCTETS[second] << 16 | _OCTETS[third] << 8 | _OCTETS[fourth]
    except (KeyError, ValueError):
        return None


def number(text: str) -> int:
    """The address as an integer in host order (32 bits, or 128 for IPv6).

    Raises:
        ValueError: not an address.
    """
    value = ipv4_number(text)
    return int(ipaddress.ip_address(text)) if value is None else value


def text_of(value: int, version: int) -> str:
    """The canonical text of an address given as an integer (RFC 5952 for IPv6)."""
    if version == 4:
        return f"{value >> 24}.{value >> 16 & 255}.{value >> 8 & 255}.{value & 255}"
    return str(ipaddress.IPv6Address(value))


def contains(cidr: str, ip: str) -> bool:
    """Whether the prefix `cidr` holds the address `ip`; both must be valid."""
    inside = span(cidr)
    return (inside.version == 6) == (":" in ip) and inside.first <= number(ip) <= inside.last


def mac(text: str) -> str:
    """The canonical form of a unicast MAC address: six lower-case pairs with colons.

    Raises:
        ValueError: not a MAC address, or multicast (IEEE 802-2014, 8.2.2: the I/G bit), or all zero.
    """
    digits = text.replace(":", "").replace("-", "").replace(".", "").lower()
    if len(digits) != 12 or any(digit not in "0123456789abcdef" for digit in digits):
        raise ValueError("not a MAC address of six pairs of hexadecimal digits")
    if int(digits[:2], 16) & 1:
        raise ValueError("a multicast MAC address cannot belong to a port")
    if digits == "000000000000":
        raise ValueError("the all-zero MAC address cannot belong to a port")
    return ":".join(digits[i : i + 2] for i in range(0, 12, 2))


def derived_mac(text: str) -> str:
    """A locally administered unicast MAC address that depends on `text` alone. Source: IEEE 802-2014, 8.2.2."""
    digits = blake2s(text.encode(), digest_size=5).hexdigest()
    return "02:" + ":".join(digits[i : i + 2] for i in range(0, 10, 2))


def eui64(cidr: str, mac_address: str) -> str:
    """The address that SLAAC derives from a /64 prefix and a MAC address. Source: RFC 4291, appendix A."""
    octets = bytes.fromhex(mac_address.replace(":", ""))
    interface = bytes((octets[0] ^ 2, *octets[1:3], 0xFF, 0xFE, *octets[3:]))
    return text_of(int(prefix(cidr).network_address) | int.from_bytes(interface, "big"), 6)
