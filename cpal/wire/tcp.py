"""TCP segments. Sources: RFC 9293, section 3.1; RFC 8200, section 8.1."""

from __future__ import annotations

from typing import NamedTuple

from cpal.wire.checksum import Address, checksum, pseudo_header
from cpal.wire.faults import fault, field, need
from cpal.wire.ip import TCP, Ip

HEADER = 20
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16


class Tcp(NamedTuple):
    """A TCP segment; `flags` are the 12 bits behind the header's length, four of them reserved."""

    source_port: int
    destination_port: int
    sequence: int
    acknowledgement: int
    flags: int
    payload: bytes
    window: int = 0
    urgent: int = 0
    options: bytes = b""
    checksum: int | None = None


def decode(data: bytes) -> Tcp:
    """The segment in `data`.

    Raises:
        WireError: its header is not whole.
    """
    need(data, HEADER, "tcp-truncated")
    header = (data[12] >> 4) * 4
    if header < HEADER:
        raise fault("tcp-header-length", f"a TCP header of {header} bytes cannot be")
    need(data, header, "tcp-truncated")
    return Tcp(
        data[0] << 8 | data[1], data[2] << 8 | data[3], int.from_bytes(data[4:8], "big"),
        int.from_bytes(data[8:12], "big"), (data[12] & 15) << 8 | data[13], data[header:], data[14] << 8 | data[15],
        data[18] << 8 | data[19], data[HEADER:header], data[16] << 8 | data[17],
    )  # fmt: skip


def encode(segment: Tcp, source: Address | None = None, destination: Address | None = None) -> bytes:
    """The bytes of a segment; its checksum, unless it says one, is computed between two addresses, without them 0.

    Raises:
        WireError: a field does not fit.
    """
    words, rest = divmod(HEADER + len(segment.options), 4)
    if rest:
        raise fault("tcp-header-length", "TCP options are whole words of 4 bytes")
    head = bytearray(field(segment.source_port, 16, "port").to_bytes(2, "big"))
    head += field(segment.destination_port, 16, "port").to_bytes(2, "big")
    head += field(segment.sequence, 32, "sequence").to_bytes(4, "big")
    head += field(segment.acknowledgement, 32, "acknowledgement").to_bytes(4, "big")
    head += (field(words, 4, "header length") << 12 | field(segment.flags, 12, "flags")).to_bytes(2, "big")
    head += field(segment.window, 16, "window").to_bytes(2, "big") + b"\0\0"
    head += field(segment.urgent, 16, "urgent pointer").to_bytes(2, "big") + segment.options
    right = segment.checksum
    if right is None:
        data = bytes(head) + segment.payload
        sums = source and destination and pseudo_header(source, destination, TCP, len(data))
        right = checksum(data, sums) if sums else 0
    head[16:18] = field(right, 16, "checksum").to_bytes(2, "big")
    return bytes(head) + segment.payload


def is_right(segment: Tcp, packet: Ip) -> bool:
    """Whether the segment's checksum is the right one in this packet."""
    data = encode(segment)
    return checksum(data, pseudo_header(packet.source, packet.destination, TCP, len(data))) == 0
