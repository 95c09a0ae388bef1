"""What a witness saw in a packet, from its bytes after the link-layer header. Pure; any bytes will do."""

from __future__ import annotations

import socket
import struct
from typing import NamedTuple

from cpal.model.security import ICMP, ICMPV6, PROTOCOLS_WITH_PORTS, TCP

from .attempt import ECHO_REPLY
from .packet import icmp_number, token_number

ETHERTYPE_ARP, ETHERTYPE_CONTROL = 0x0806, 0x88B5
"""ARP, and the first local experimental EtherType (IEEE 802-2014 table 5)."""

ETHERTYPES = {4: 0x0800, 6: 0x86DD}
"""By IP version. Source: IEEE 802 Numbers, IANA."""

_NEIGHBOUR_SOLICITATION, _NEIGHBOUR_ADVERTISEMENT = 135, 136
_SYN, _ACK = 0x02, 0x10

_SAID = {
    (4, 3, 0): "network unreachable",
    (4, 3, 1): "host unreachable",
    (4, 3, 2): "protocol unreachable",
    (4, 3, 3): "port unreachable",
    (4, 3, 9): "network prohibited",
    (4, 3, 10): "host prohibited",
    (4, 3, 13): "administratively prohibited",
    (6, 1, 0): "no route to destination",
    (6, 1, 1): "administratively prohibited",
    (6, 1, 3): "address unreachable",
    (6, 1, 4): "port unreachable",
    (6, 1, 5): "source address failed policy",
    (6, 1, 6): "reject route",
}
_DENYING = {4: frozenset({3, 11}), 6: frozenset({1, 3, 4})}
"""Types of ICMP errors that end an attempt. Source: RFC 792, RFC 4443 section 3."""

_FRAGMENTATION_NEEDED = (4, 3, 4)


class Control(NamedTuple):
    """A frame by which the prober proves that a witness sees."""

    number: int


class Asked(NamedTuple):
    """An ARP request or neighbour solicitation for an address."""

    target: str


class Told(NamedTuple):
    """An ARP reply or neighbour advertisement for an address."""

    target: str


class Began(NamedTuple):
    """A TCP SYN: its sequence number stays the same through address translation."""

    version: int
    source_port: int
    sequence: int
    destination: str


class Carried(NamedTuple):
    """A packet with the token of attempt `number`; `reply` when it is the answer to an ICMP echo request.

    `turn` is which of an attempt's ICMP messages it is, counted from 0.
    """

    number: int
    source: str
    destination: str
    reply: bool
    turn: int = 0


class Refused(NamedTuple):
    """An ICMP error: what it said, who sent it, and of the packet it quotes the protocol and the first octets."""

    version: int
    protocol: int
    quoted: bytes
    said: str
    sender: str

    @property
    def source_port(self) -> int | None:
        """The source port of the quoted packet, None for a protocol without ports."""
        return int.from_bytes(self.quoted[:2], "big") if self.protocol in PROTOCOLS_WITH_PORTS else None

    @property
    def number(self) -> int:
        """The attempt, for a packet built by `packet` without ports."""
        if self.protocol in (ICMP, ICMPV6):
            return _icmp_identity(self.quoted)[0]
        return int.from_bytes(self.quoted[4:8], "big")


Sighting = Control | Asked | Told | Began | Carried | Refused


class _Packet(NamedTuple):
    version: int
    protocol: int
    source: str
    destination: str
    body: bytes


def sighting(ethertype: int, data: bytes, prefix: bytes) -> Sighting | None:
    """What `data` shows, if it concerns a probe whose packets carry `prefix`."""
    if ethertype == ETHERTYPE_CONTROL:
        number = token_number(data, prefix)
        return None if number is None else Control(number)
    if ethertype == ETHERTYPE_ARP:
        return _arp(data)
    packet = _ip(data)
    return _of_packet(packet, prefix) if packet else None


def _arp(data: bytes) -> Asked | Told | None:
    """Source: RFC 826: hardware addresses of 6 octets, protocol addresses of 4; operation 1 asks, 2 tells."""
    if len(data) < 28 or data[4:7] != b"\x06\x04\x00":
        return None
    if data[7] == 1:
        return Asked(socket.inet_ntop(socket.AF_INET, data[24:28]))
    return Told(socket.inet_ntop(socket.AF_INET, data[14:18])) if data[7] == 2 else None


def _neighbour_discovery(body: bytes) -> Asked | Told | None:
    """Source: RFC 4861 sections 4.3 and 4.4."""
    kinds: dict[int, type[Asked] | type[Told]] = {_NEIGHBOUR_SOLICITATION: Asked, _NEIGHBOUR_ADVERTISEMENT: Told}
    kind = kinds.get(body[0])
    return kind(socket.inet_ntop(socket.AF_INET6, body[8:24])) if kind and len(body) >= 24 else None


def _of_packet(packet: _Packet, prefix: bytes) -> Sighting | None:
    body = packet.body
    if packet.protocol == TCP:
        return _syn(packet) if len(body) >= 14 else None
    icmp = packet.protocol == (ICMPV6 if packet.version == 6 else ICMP) and len(body) >= 8
    if icmp and packet.version == 6 and (found := _neighbour_discovery(body)):
        return found
    if icmp and body[0] in _DENYING[packet.version]:
        return _refusal(packet)
    number = token_number(body, prefix)
    if number is None:
        return None
    reply = icmp and body[0] == ECHO_REPLY[packet.protocol]
    turn = _icmp_identity(body)[1] if icmp else 0
    return Carried(number, packet.source, packet.destination, reply, turn)


def _icmp_identity(message: bytes) -> tuple[int, int]:
    """The attempt's number and the turn, from an ICMP message with an identifier and a sequence number."""
    return icmp_number(int.from_bytes(message[4:6], "big"), int.from_bytes(message[6:8], "big"))


def _syn(packet: _Packet) -> Began | None:
    """Source: RFC 9293 section 3.1."""
    sport, _, sequence = struct.unpack("!HHI", packet.body[:8])
    return (
        Began(packet.version, sport, sequence, packet.destination) if packet.body[13] & (_SYN | _ACK) == _SYN else None
    )


def _refusal(packet: _Packet) -> Refused | None:
    quoted = _ip(packet.body[8:])
    kind = (packet.version, packet.body[0], packet.body[1])
    if quoted is None or len(quoted.body) < 8 or kind == _FRAGMENTATION_NEEDED:
        return None
    said = _SAID.get(kind, f"ICMP type {kind[1]} code {kind[2]}")
    return Refused(quoted.version, quoted.protocol, quoted.body[:8], said, packet.source)


def _ip(data: bytes) -> _Packet | None:
    """The packet's ends and what follows its header; None for a later fragment and what is no IP packet."""
    version = data[0] >> 4 if data else 0
    if version == 4 and len(data) >= 20:
        return _ipv4(data)
    if version == 6 and len(data) >= 40:
        source = socket.inet_ntop(socket.AF_INET6, data[8:24])
        return _Packet(6, data[6], source, socket.inet_ntop(socket.AF_INET6, data[24:40]), data[40:])
    return None


def _ipv4(data: bytes) -> _Packet | None:
    if int.from_bytes(data[6:8], "big") & 0x1FFF:
        return None
    source, destination = socket.inet_ntop(socket.AF_INET, data[12:16]), socket.inet_ntop(socket.AF_INET, data[16:20])
    return _Packet(4, data[9], source, destination, data[(data[0] & 15) * 4 :])
