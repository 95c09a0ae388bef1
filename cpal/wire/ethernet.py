"""Ethernet frames with their 802.1Q tags, one in another (QinQ) too. Sources: IEEE 802.3, IEEE 802.1Q, clause 9."""

from __future__ import annotations

from typing import NamedTuple

from cpal.wire.faults import fault, field, need

IPV4, IPV6, TEB, NSH = 0x0800, 0x86DD, 0x6558, 0x894F
"""EtherTypes. TEB is an Ethernet frame inside something else."""
TAGS = frozenset((0x8100, 0x88A8, 0x9100))
"""Tag protocol identifiers: customer, service, and the one that came before it."""
HEADER, TAG = 14, 4


class Tag(NamedTuple):
    """An 802.1Q tag: which kind, priority (PCP), whether it may be dropped first (DEI), and the VLAN."""

    protocol: int
    priority: int
    drop_eligible: bool
    vlan: int


class Ethernet(NamedTuple):
    """An Ethernet frame: addresses in 6 bytes, tags from the outside in, the EtherType (or length) of `payload`."""

    destination: bytes
    source: bytes
    tags: tuple[Tag, ...]
    ethertype: int
    payload: bytes


def decode(data: bytes) -> Ethernet:
    """The frame in `data`, all tags taken off.

    Raises:
        WireError: shorter than its headers.
    """
    need(data, HEADER, "ethernet-truncated")
    at = 12
    tags: tuple[Tag, ...] = ()
    while (kind := data[at] << 8 | data[at + 1]) in TAGS:
        need(data, at + TAG + 2, "vlan-truncated")
        control = data[at + 2] << 8 | data[at + 3]
        tags += (Tag(kind, control >> 13, bool(control & 0x1000), control & 0xFFF),)
        at += TAG
    return Ethernet(data[:6], data[6:12], tags, kind, data[at + 2 :])


def encode(frame: Ethernet) -> bytes:
    """The bytes of a frame, without padding and check sequence.

    Raises:
        WireError: a field does not fit, or an EtherType is that of a tag.
    """
    if len(frame.destination) != 6 or len(frame.source) != 6:
        raise fault("ethernet-truncated", "an Ethernet address has 6 bytes")
    if frame.ethertype in TAGS or not all(tag.protocol in TAGS for tag in frame.tags):
        raise fault("vlan-truncated", "tags are those of `tags`, and only they have an EtherType of tags")
    tags = b"".join(map(_encode_tag, frame.tags))
    ethertype = field(frame.ethertype, 16, "EtherType").to_bytes(2, "big")
    return frame.destination + frame.source + tags + ethertype + frame.payload


def _encode_tag(tag: Tag) -> bytes:
    priority, vlan = field(tag.priority, 3, "priority"), field(tag.vlan, 12, "VLAN")
    control = priority << 13 | tag.drop_eligible << 12 | vlan
    return tag.protocol.to_bytes(2, "big") + control.to_bytes(2, "big")
