"""The Network Service Header, as far as finding what is behind it needs. Source: RFC 8300, section 2."""

from __future__ import annotations

from typing import NamedTuple

from cpal.wire.faults import fault, field, need

HEADER = 8
LENGTH = 0x3F
"""The bits of the first 16 that hold the length in words."""


class Nsh(NamedTuple):
    """A service header: `next` is the protocol of `payload`, numbered as in VXLAN's protocol extension.

    `flags` are the first 10 bits (version, O, TTL), `metadata` its type with reserved bits, `path` the service path
    and index, `context` all behind them.
    """

    next: int
    payload: bytes
    flags: int
    metadata: int
    path: int
    context: bytes


def decode(data: bytes) -> Nsh:
    """The packet that begins with a service header.

    Raises:
        WireError: its header is not whole.
    """
    need(data, HEADER, "nsh-truncated")
    first = data[0] << 8 | data[1]
    end = (first & LENGTH) * 4
    if end < HEADER:
        raise fault("nsh-length", f"a service header of {end} bytes cannot be")
    need(data, end, "nsh-truncated")
    return Nsh(data[3], data[end:], first >> 6, data[2], int.from_bytes(data[4:8], "big"), data[8:end])


def encode(packet: Nsh) -> bytes:
    """The bytes of a packet with a service header.

    Raises:
        WireError: a field does not fit.
    """
    words, rest = divmod(HEADER + len(packet.context), 4)
    if rest:
        raise fault("nsh-length", "context is whole words of 4 bytes")
    first = field(packet.flags, 10, "flags") << 6 | field(words, 6, "length")
    head = first.to_bytes(2, "big") + bytes((field(packet.metadata, 8, "metadata"), field(packet.next, 8, "protocol")))
    return head + field(packet.path, 32, "service path").to_bytes(4, "big") + packet.context + packet.payload
