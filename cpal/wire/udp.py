"""UDP datagrams, and their checksum over either version of IP. Sources: RFC 768; RFC 8200, section 8.1; RFC 6936."""

from __future__ import annotations

from typing import NamedTuple

from cpal.wire.checksum import Address, checksum, pseudo_header
from cpal.wire.faults import fault, field, need
from cpal.wire.ip import UDP, Ip

HEADER = 8


class Udp(NamedTuple):
    """A UDP datagram; `payload` ends where `length` says, or where the data does. A `checksum` of 0 is none."""

    source_port: int
    destination_port: int
    payload: bytes
    length: int | None = None
    checksum: int | None = None


def decode(data: bytes) -> Udp:
    """The datagram in `data`; one of length 0 is all that is there (RFC 2675, section 4).

    Raises:
        WireError: its header is not whole, or it says less than a header's length.
    """
    need(data, HEADER, "udp-truncated")
    length = data[4] << 8 | data[5]
    if 0 < length < HEADER:
        raise fault("udp-length", f"a UDP datagram of {length} bytes cannot be")
    payload = data[HEADER : length or len(data)]
    return Udp(data[0] << 8 | data[1], data[2] << 8 | data[3], payload, length, data[6] << 8 | data[7])


def encode(datagram: Udp, source: Address | None = None, destination: Address | None = None) -> bytes:
    """The bytes of a datagram; its checksum, unless it says one, is computed between two addresses, without them 0.

    Raises:
        WireError: a field does not fit.
    """
    length = HEADER + len(datagram.payload) if datagram.length is None else datagram.length
    head = field(datagram.source_port, 16, "port").to_bytes(2, "big")
    head += field(datagram.destination_port, 16, "port").to_bytes(2, "big")
    head += field(length, 16, "UDP length").to_bytes(2, "big")
    right = datagram.checksum
    if right is None:
        right = _computed(head + b"\0\0" + datagram.payload, source, destination) if source and destination else 0
    return head + field(right, 16, "checksum").to_bytes(2, "big") + datagram.payload


def _computed(data: bytes, source: Address, destination: Address) -> int:
    """The checksum to send: a computed 0 goes as 0xffff, since 0 is none."""
    return checksum(data, pseudo_header(source, destination, UDP, len(data))) or 0xFFFF


def is_right(datagram: Udp, packet: Ip) -> bool:
    """Whether the datagram's checksum is the right one in this packet; one of 0 is no checksum, and not judged."""
    if not datagram.checksum:
        return True
    data = encode(datagram)
    return checksum(data, pseudo_header(packet.source, packet.destination, UDP, len(data))) == 0
