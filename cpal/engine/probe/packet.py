"""Packets that no socket type of the kernel makes for us, as bytes from the IP header on. Pure.

Every packet carries a token: a prefix that is random for the run, then the attempt's number. The first eight octets
after the IP header also tell attempts apart, since an ICMP error may quote no more than that.
"""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Callable

from cpal.model.security import ICMP, ICMPV6, SCTP, TCP, UDP
from cpal.reach.flow import Service

from .attempt import ECHO_REQUEST

DCCP, UDPLITE = 33, 136
PREFIX_LENGTH = 12
TOKEN_LENGTH = PREFIX_LENGTH + 4
FIRST_SOURCE_PORT = 49152
"""Source: RFC 6335 section 6, dynamic ports."""
FIRST_FRAME_PORT = 61000
"""Above the ports that Linux gives to sockets, which send beside our frames. Source: ip_local_port_range."""

_QUESTION, _ANSWER = b"cpal", b"CPAL"

_HOPS = 64
_TURN_AT = 14
"""Where the turn stands in the sequence number of an ICMP message, above the high bits of the attempt's number."""
_APART = 21845
"""How far apart the identifiers of an attempt's turns are: a third of all."""
NUMBERS = 1 << 29
"""Where the first number of a run may be: numbers stay below 1 << 30, so that two bits are left for the turn."""


def new_prefix(random: bytes) -> bytes:
    """The prefix of a run, from eight random octets."""
    return _QUESTION + random


def answer_prefix(prefix: bytes) -> bytes:
    """What answers of listeners carry in place of the prefix, so that no witness takes them for questions."""
    return _ANSWER + prefix[len(_ANSWER) :]


def token(prefix: bytes, number: int) -> bytes:
    """What a packet of attempt `number` carries."""
    return prefix + struct.pack("!I", number)


def token_number(data: bytes, prefix: bytes) -> int | None:
    """The attempt whose token is in `data`, or None."""
    at = data.find(prefix)
    if at < 0 or at + TOKEN_LENGTH > len(data):
        return None
    return int.from_bytes(data[at + PREFIX_LENGTH : at + TOKEN_LENGTH], "big")


def source_port(number: int) -> int:
    """The source port of a packet of attempt `number` that is sent without a socket of its own."""
    return FIRST_SOURCE_PORT + number % (65536 - FIRST_SOURCE_PORT)


def frame_port(number: int) -> int:
    """The source port of TCP and UDP of attempt `number` that is sent without a socket."""
    return FIRST_FRAME_PORT + number % (65536 - FIRST_FRAME_PORT)


def icmp_identity(number: int, turn: int) -> tuple[int, int]:
    """The identifier and sequence number of an ICMP message for attempt `number`, made for the `turn`th time (0 to 3).

    A router that translates many senders to one address cannot carry an identifier for two of them, and remembers for
    half a minute whom it was, in an earlier run too; so each turn has an identifier far from the others.
    """
    return (number + turn * _APART) & 0xFFFF, turn << _TURN_AT | number >> 16


def icmp_number(identifier: int, sequence: int) -> tuple[int, int]:
    """The attempt's number and the turn, from what `icmp_identity` made of them."""
    turn, high = sequence >> _TURN_AT, sequence & (1 << _TURN_AT) - 1
    return high << 16 | (identifier - turn * _APART) & 0xFFFF, turn


def packet(service: Service, source: str, destination: str, prefix: bytes, number: int, turn: int = 0) -> bytes:
    """An IP packet of the service from `source` to `destination` for attempt `number`, made for the `turn`th time."""
    pseudo = _pseudo_header(source, destination, service.protocol)
    body = _body(service, pseudo, token(prefix, number), number, turn)
    header = _ipv6_header if service.ip_version == 6 else _ipv4_header
    return header(source, destination, service.protocol, len(body), number) + body


def _body(service: Service, pseudo: bytes, mark: bytes, number: int, turn: int) -> bytes:
    if service.protocol in (ICMP, ICMPV6):
        return _icmp(service, pseudo if service.protocol == ICMPV6 else b"", mark, icmp_identity(number, turn))
    if service.protocol in _WITH_PORTS and service.port:
        given = frame_port if service.protocol in (TCP, UDP) else source_port
        return _WITH_PORTS[service.protocol](given(number), service.port, pseudo, mark, number)
    return struct.pack("!II", 0, number) + mark


def _ipv4_header(source: str, destination: str, protocol: int, length: int, number: int) -> bytes:
    """Source: RFC 791 section 3.1."""
    start = struct.pack("!BBHHHBB", 0x45, 0, 20 + length, number & 0xFFFF, 0, _HOPS, protocol)
    ends = ipaddress.IPv4Address(source).packed + ipaddress.IPv4Address(destination).packed
    return start + struct.pack("!H", checksum(start + ends)) + ends


def _ipv6_header(source: str, destination: str, protocol: int, length: int, number: int) -> bytes:
    """Source: RFC 8200 section 3."""
    ends = ipaddress.IPv6Address(source).packed + ipaddress.IPv6Address(destination).packed
    return struct.pack("!IHBB", 6 << 28, length, protocol, _HOPS) + ends


def _pseudo_header(source: str, destination: str, protocol: int) -> bytes:
    """All of the pseudo-header but the length; both forms sum alike. Source: RFC 768, RFC 8200 section 8.1."""
    return ipaddress.ip_address(source).packed + ipaddress.ip_address(destination).packed + bytes((0, protocol))


def _icmp(service: Service, pseudo: bytes, mark: bytes, identity: tuple[int, int]) -> bytes:
    """An ICMP message; identifier and sequence number tell the attempt. Source: RFC 792, RFC 4443 section 4.1."""
    kind = ECHO_REQUEST[service.protocol] if service.port is None else service.port
    rest = struct.pack("!HH", *identity) + mark
    start = struct.pack("!BB", kind, service.icmp_code or 0)
    length = struct.pack("!H", len(start) + 2 + len(rest)) if pseudo else b""
    return start + struct.pack("!H", checksum(pseudo + length + start + rest)) + rest


def _tcp(sport: int, dport: int, pseudo: bytes, mark: bytes, number: int) -> bytes:
    """A SYN, whose sequence number is that of the attempt. Source: RFC 9293 section 3.1."""
    start = struct.pack("!HHIIBBH", sport, dport, number, 0, 0x50, 0x02, 65535)
    length = struct.pack("!H", len(start) + 4)
    return start + struct.pack("!HH", checksum(pseudo + length + start), 0)


def _udp(sport: int, dport: int, pseudo: bytes, mark: bytes, number: int) -> bytes:
    """A datagram with the token. Source: RFC 768."""
    length = struct.pack("!H", 8 + len(mark))
    start = struct.pack("!HH", sport, dport) + length
    return start + struct.pack("!H", checksum(pseudo + length + start + mark) or 0xFFFF) + mark


def _sctp(sport: int, dport: int, pseudo: bytes, mark: bytes, number: int) -> bytes:
    """An INIT with the token in a parameter that receivers skip in silence. Source: RFC 9260 sections 3.1, 3.3.2."""
    parameter = struct.pack("!HH", 0x8FFF, 4 + len(mark)) + mark
    chunk = struct.pack("!BBHIIHHI", 1, 0, 20 + len(parameter), number or 1, 65536, 1, 1, number) + parameter
    start = struct.pack("!HHI", sport, dport, 0)
    return start + struct.pack("<I", crc32c(start + bytes(4) + chunk)) + chunk


def _udplite(sport: int, dport: int, pseudo: bytes, mark: bytes, number: int) -> bytes:
    """A datagram whose checksum covers all of it. Source: RFC 3828 section 3.1."""
    ports = struct.pack("!HHH", sport, dport, 0)
    length = struct.pack("!H", len(ports) + 2 + len(mark))
    return ports + struct.pack("!H", checksum(pseudo + length + ports + mark) or 0xFFFF) + mark


def _dccp(sport: int, dport: int, pseudo: bytes, mark: bytes, number: int) -> bytes:
    """A DCCP-Request with the token as its data. Source: RFC 4340 sections 5.1, 9.1, 13.1."""
    start = struct.pack("!HHBB", sport, dport, 5, 0)
    rest = struct.pack("!BBHII", 1, 0, 0, number, 0) + mark
    length = struct.pack("!H", len(start) + 2 + len(rest))
    return start + struct.pack("!H", checksum(pseudo + length + start + rest)) + rest


_WITH_PORTS: dict[int, Callable[[int, int, bytes, bytes, int], bytes]] = {
    TCP: _tcp,
    UDP: _udp,
    SCTP: _sctp,
    DCCP: _dccp,
    UDPLITE: _udplite,
}


def checksum(data: bytes) -> int:
    """The Internet checksum. Source: RFC 1071."""
    padded = data + bytes(len(data) % 2)
    total: int = sum(struct.unpack(f"!{len(padded) // 2}H", padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def _crc32c_table() -> tuple[int, ...]:
    table = []
    for octet in range(256):
        value = octet
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return tuple(table)


_CRC32C = _crc32c_table()


def crc32c(data: bytes) -> int:
    """The checksum of SCTP. Source: RFC 9260 appendix A."""
    value = 0xFFFFFFFF
    for octet in data:
        value = value >> 8 ^ _CRC32C[(value ^ octet) & 0xFF]
    return value ^ 0xFFFFFFFF
