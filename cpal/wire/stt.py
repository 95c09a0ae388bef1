"""STT: an Ethernet frame behind an 18-byte header, cut into segments that look like TCP's.

The draft draws the flags of the frame header from the left, most significant bit first: checksum verified 0x80,
checksum partial 0x40, IPv4 0x20, TCP 0x10. Open vSwitch's implementation and Wireshark read them from the right: 0x01,
0x02, 0x04, 0x08. Here they are as those two have them, since that is what was on wires.
Source: draft-davie-stt-08, sections 3.1 and 3.2; the 64-bit context as OVN had it: ovn-architecture(7).
"""

from __future__ import annotations

from typing import NamedTuple

from cpal.wire.faults import fault, field, need
from cpal.wire.tcp import ACK, PSH, Tcp

PORT = 7471
HEADER = 18
MOST = 0xFFFF
"""Bytes of a frame with its header at most: its length has 16 bits."""
CHECKSUM_VERIFIED, CHECKSUM_PARTIAL, IS_IPV4, IS_TCP = 0x01, 0x02, 0x04, 0x08
VLAN_PRESENT = 0x1000
"""In the tag of the frame header, the bit between priority and VLAN."""


class Stt(NamedTuple):
    """An STT frame: its header and the untagged Ethernet frame it carries.

    `l4_offset` and `segment_size` (MSS) serve segmentation offload; `tag` holds priority, `VLAN_PRESENT` and the VLAN.
    """

    context: int
    payload: bytes
    flags: int = 0
    l4_offset: int = 0
    segment_size: int = 0
    tag: int = 0
    reserved: int = 0
    padding: int = 0


class OvnContext(NamedTuple):
    """A context as OVN wrote it: keys of the logical datapath, the ingress and the egress port."""

    datapath: int
    ingress: int
    egress: int


def decode(data: bytes) -> Stt:
    """The frame in `data`, which is the payload of all its segments.

    Raises:
        WireError: its header is not whole, or its version is not 0.
    """
    need(data, HEADER, "stt-truncated")
    if data[0]:
        raise fault("stt-version", f"STT version {data[0]} is not known: such frames are dropped")
    return Stt(
        int.from_bytes(data[8:16], "big"), data[HEADER:], data[1], data[2], data[4] << 8 | data[5],
        data[6] << 8 | data[7], data[3], data[16] << 8 | data[17],
    )  # fmt: skip


def encode(frame: Stt) -> bytes:
    """The bytes of a frame, before it is cut into segments.

    Raises:
        WireError: a field does not fit, or the frame is longer than segments can say.
    """
    head = bytes((0, field(frame.flags, 8, "flags"), field(frame.l4_offset, 8, "L4 offset")))
    head += bytes((field(frame.reserved, 8, "reserved bits"),))
    head += field(frame.segment_size, 16, "MSS").to_bytes(2, "big") + field(frame.tag, 16, "tag").to_bytes(2, "big")
    head += field(frame.context, 64, "context").to_bytes(8, "big") + field(frame.padding, 16, "padding").to_bytes(
        2, "big"
    )
    if len(head) + len(frame.payload) > MOST:
        raise fault("stt-length", f"an STT frame has at most {MOST} bytes with its header")
    return head + frame.payload


def ovn_context(context: int) -> OvnContext:
    """A context read as OVN wrote it."""
    return OvnContext(context & 0xFFFFFF, context >> 40 & 0x7FFF, context >> 24 & 0xFFFF)


class Place(NamedTuple):
    """Where a segment's payload belongs: frame's length, offset in it, and the frame's id."""

    length: int
    offset: int
    id: int


def place(segment: Tcp) -> Place:
    """Where the payload of a segment belongs."""
    return Place(segment.sequence >> 16, segment.sequence & 0xFFFF, segment.acknowledgement)


def segments(data: bytes, size: int, source_port: int, id: int) -> tuple[Tcp, ...]:
    """The segments of an encoded frame, each with at most `size` bytes of it.

    Raises:
        WireError: the frame is longer than segments can say.
    """
    if not 0 < len(data) <= MOST or size < HEADER:
        raise fault("stt-length", f"a frame of 1 to {MOST} bytes, in segments of at least {HEADER}")
    cuts = range(0, len(data), size)
    return tuple(
        Tcp(
            source_port, PORT, len(data) << 16 | at, id, ACK | (PSH if at + size >= len(data) else 0),
            data[at : at + size],
        )
        for at in cuts
    )  # fmt: skip
