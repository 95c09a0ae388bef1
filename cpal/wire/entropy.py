"""Entropy of a tunnel's outer header: packets of one inner flow alike, flows apart, so that paths share the load.

Sources: RFC 8926, section 3.3 (the whole port range); RFC 7348, section 5 (49152-65535); RFC 7637, section 3.2.
"""

from __future__ import annotations

from zlib import crc32

from cpal.errors import WireError
from cpal.wire import ethernet, ip
from cpal.wire.dissect import WITH_PORTS

DYNAMIC = range(49152, 65536)
"""Ports that nobody registers. Source: RFC 6335, section 6."""
WHOLE = range(1, 65536)


def flow(frame: bytes) -> bytes:
    """What tells the flow of an Ethernet frame: of an IP packet its ends, of another its addresses.

    Fragments of a packet are one flow, since only the first has ports: none of them counts with its ports.
    """
    try:
        outer = ethernet.decode(frame)
        packet = ip.decode(outer.payload) if outer.ethertype in (ethernet.IPV4, ethernet.IPV6) else None
    except WireError:
        return frame[:12]
    if packet is None:
        return frame[:12]
    whole = not packet.offset and not packet.more_fragments
    ports = packet.payload[:4] if packet.protocol in WITH_PORTS and whole else b""
    return packet.source.packed + packet.destination.packed + bytes((packet.protocol,)) + ports


def source_port(frame: bytes, ports: range = DYNAMIC) -> int:
    """The outer source port for an inner frame."""
    return ports[crc32(flow(frame)) % len(ports)]


def flow_id(frame: bytes) -> int:
    """NVGRE's FlowID for an inner frame."""
    return crc32(flow(frame)) & 0xFF
