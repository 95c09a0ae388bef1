"""Ethernet, IPv4, IPv6 and UDP headers as frozen values, as far as finding a tunnel and naming its ends needs.

Sources: IEEE 802.3 and 802.1Q, RFC 791, RFC 8200, RFC 768.
"""

from __future__ import annotations

import ipaddress
from typing import NamedTuple

from cpal.errors import WireError

IPV4, IPV6, VLAN = 0x0800, 0x86DD, 0x8100
UDP_PROTOCOL = 17


class Ethernet(NamedTuple):
    """An Ethernet frame: addresses as text, `vlan` id if tagged, the EtherType of `payload`."""

    destination: str
    source: str
    vlan: int | None
    ethertype: int
    payload: bytes


class Ip(NamedTuple):
    """An IP packet: `protocol` of `payload`; `ttl` is the hop limit in version 6."""

    version: int
    source: str
    destination: str
    protocol: int
    ttl: int
    payload: bytes


class Udp(NamedTuple):
    """A UDP datagram."""

    source_port: int
    destination_port: int
    payload: bytes


def ethernet(data: bytes) -> Ethernet:
    """The frame in `data`, one 802.1Q tag taken off.

    Raises:
        WireError: shorter than its headers.
    """
    _need(data, 14, "Ethernet")
    ethertype, offset, vlan = int.from_bytes(data[12:14], "big"), 14, None
    if ethertype == VLAN:
        _need(data, 18, "802.1Q")
        vlan, ethertype, offset = int.from_bytes(data[14:16], "big") & 0xFFF, int.from_bytes(data[16:18], "big"), 18
    return Ethernet(data[:6].hex(":"), data[6:12].hex(":"), vlan, ethertype, data[offset:])


def ip(data: bytes) -> Ip:
    """The IPv4 or IPv6 packet in `data`; IPv6 extension headers stay in the payload.

    Raises:
        WireError: not IP, or shorter than its headers say.
    """
    _need(data, 1, "IP")
    version = data[0] >> 4
    if version == 4:
        return _ipv4(data)
    if version == 6:
        _need(data, 40, "IPv6")
        length = int.from_bytes(data[4:6], "big")
        _need(data, 40 + length, "IPv6 payload")
        source, destination = (str(ipaddress.IPv6Address(data[at : at + 16])) for at in (8, 24))
        return Ip(6, source, destination, data[6], data[7], data[40 : 40 + length])
    raise WireError(f"IP version {version} is neither 4 nor 6")


def _ipv4(data: bytes) -> Ip:
    header, total = (data[0] & 15) * 4, int.from_bytes(data[2:4], "big")
    _need(data, 20, "IPv4")
    if header < 20 or total < header:
        raise WireError(f"an IPv4 header of {header} bytes in a packet of {total} cannot be")
    _need(data, total, "IPv4 packet")
    source, destination = (str(ipaddress.IPv4Address(data[at : at + 4])) for at in (12, 16))
    return Ip(4, source, destination, data[9], data[8], data[header:total])


def udp(data: bytes) -> Udp:
    """The datagram in `data`.

    Raises:
        WireError: shorter than it says.
    """
    _need(data, 8, "UDP")
    length = int.from_bytes(data[4:6], "big")
    if length < 8:
        raise WireError(f"a UDP datagram of {length} bytes cannot be")
    _need(data, length, "UDP datagram")
    return Udp(int.from_bytes(data[:2], "big"), int.from_bytes(data[2:4], "big"), data[8:length])


def _need(data: bytes, length: int, what: str) -> None:
    if len(data) < length:
        raise WireError(f"{what} needs {length} bytes, there are {len(data)}")
