"""NVGRE: GRE whose key is a virtual subnet and a flow. Source: RFC 7637, sections 3.2 and 3.4."""

from __future__ import annotations

from typing import NamedTuple

from cpal.wire import gre
from cpal.wire.ethernet import TEB
from cpal.wire.faults import fault, field

RESERVED_BELOW = 0x1000
"""Virtual subnets below this are reserved (section 3.4)."""
VENDOR_VSID = 0xFFFFFF
"""The virtual subnet that vendors keep for talk between endpoints (section 3.4)."""


class Nvgre(NamedTuple):
    """An NVGRE header and the Ethernet frame it carries; `flow` is entropy, 0 if unused. `flags` are reserved bits."""

    vsid: int
    flow: int
    payload: bytes
    flags: int = 0


def decode(data: bytes) -> Nvgre:
    """The NVGRE packet in the payload of an IP packet.

    Raises:
        WireError: no GRE header, or not one with a key alone and of Ethernet.
    """
    packet = gre.decode(data)
    if not is_nvgre(packet) or packet.key is None:
        raise fault("nvgre-flags")
    return Nvgre(packet.key >> 8, packet.key & 0xFF, packet.payload, packet.flags)


def is_nvgre(packet: gre.Gre) -> bool:
    """Whether a GRE packet is NVGRE: it has a key, no checksum and no sequence number, and carries Ethernet."""
    return (packet.checksum, packet.sequence, packet.protocol) == (None, None, TEB) and packet.key is not None


def encode(packet: Nvgre) -> bytes:
    """The bytes of an NVGRE packet.

    Raises:
        WireError: a field does not fit.
    """
    key = field(packet.vsid, 24, "VSID") << 8 | field(packet.flow, 8, "FlowID")
    return gre.encode(gre.Gre(TEB, packet.payload, key, flags=packet.flags))
