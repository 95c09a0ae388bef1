"""GRE with its checksum, key and sequence number. Sources: RFC 2784, RFC 2890."""

from __future__ import annotations

from typing import NamedTuple

from cpal.wire.checksum import checksum
from cpal.wire.faults import fault, field, need

HEADER = 4
CHECKSUM, ROUTING, KEY, SEQUENCE = 0x8000, 0x4000, 0x2000, 0x1000
VERSION = 0x0007
ONCE_ROUTING, RESERVED = 0x0C00, 0x03F8
"""Bits 4 and 5, which RFC 1701 used: a receiver that does not know it drops a packet with them. Bits 6 to 12, which it
ignores. Source: RFC 2784, section 2.3."""
CISCO_METADATA = 0x8909
"""The EtherType of 8 bytes that hold a security group and go before the packet. Source: Wireshark's dissector."""


class Gre(NamedTuple):
    """A GRE header and what it carries: `protocol` is the EtherType of `payload`; what is None is not in the header.

    `flags` are the reserved bits of the first 16: those that say what is there follow from the fields. `checksum` is
    the 32 bits of the checksum and what is reserved beside it.
    """

    protocol: int
    payload: bytes
    key: int | None = None
    sequence: int | None = None
    checksum: int | None = None
    flags: int = 0


def decode(data: bytes) -> Gre:
    """The GRE packet in the payload of an IP packet.

    Raises:
        WireError: another version than 0, routing (RFC 1701), or a header that is not whole.
    """
    need(data, HEADER, "gre-truncated")
    flags = data[0] << 8 | data[1]
    if flags & VERSION:
        raise fault("gre-version", f"GRE version {flags & VERSION} is not known here")
    if flags & ROUTING:
        raise fault("gre-routing")
    at = HEADER
    words: list[int | None] = []
    for bit in (CHECKSUM, KEY, SEQUENCE):
        if flags & bit:
            need(data, at + 4, "gre-truncated")
            words.append(int.from_bytes(data[at : at + 4], "big"))
            at += 4
        else:
            words.append(None)
    total, key, sequence = words
    reserved = flags & ~(CHECKSUM | KEY | SEQUENCE)
    return Gre(data[2] << 8 | data[3], data[at:], key, sequence, total, reserved)


def encode(packet: Gre) -> bytes:
    """The bytes of a GRE packet.

    Raises:
        WireError: a field does not fit, or reserved bits would say that something else is there.
    """
    if packet.flags & (CHECKSUM | ROUTING | KEY | SEQUENCE | VERSION):
        raise fault("gre-version", "the flags of a GRE header's fields follow from the fields")
    present = ((CHECKSUM, packet.checksum), (KEY, packet.key), (SEQUENCE, packet.sequence))
    flags = packet.flags | sum(bit for bit, value in present if value is not None)
    words = (field(value, 32, "a GRE field").to_bytes(4, "big") for _, value in present if value is not None)
    head = field(flags, 16, "flags").to_bytes(2, "big") + field(packet.protocol, 16, "protocol").to_bytes(2, "big")
    return head + b"".join(words) + packet.payload


def with_checksum(packet: Gre) -> Gre:
    """The same packet with its checksum."""
    return packet._replace(checksum=checksum(encode(packet._replace(checksum=0))) << 16)


def is_right(packet: Gre) -> bool:
    """Whether the checksum of a whole packet is right; none is not judged."""
    return packet.checksum is None or checksum(encode(packet)) == 0


def behind_metadata(data: bytes) -> tuple[int, bytes]:
    """The EtherType and the packet behind Cisco's metadata.

    Raises:
        WireError: the metadata are not whole.
    """
    need(data, 8, "cisco-metadata-truncated")
    return data[0] << 8 | data[1], data[8:]
