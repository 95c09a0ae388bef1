"""Packets out of a pcap file: either byte order, micro- or nanoseconds. Source: draft-ietf-opsawg-pcap."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from cpal.errors import WireError

ETHERNET = 1
_MAGICS = {
    b"\xd4\xc3\xb2\xa1": ("<", 1e-6),
    b"\xa1\xb2\xc3\xd4": (">", 1e-6),
    b"\x4d\x3c\xb2\xa1": ("<", 1e-9),
    b"\xa1\xb2\x3c\x4d": (">", 1e-9),
}


class Packet(NamedTuple):
    """One captured packet: seconds since the epoch, its length on the wire, the bytes kept of it."""

    time_s: float
    length: int
    data: bytes


def packets(data: bytes) -> Iterator[Packet]:
    """The packets of an Ethernet capture; one that was cut off at the end of the file is left out.

    Raises:
        WireError: not a pcap file, or not of Ethernet.
    """
    if data[:4] not in _MAGICS or len(data) < 24:
        raise WireError("not a pcap file")
    order, tick_s = _MAGICS[data[:4]]
    if struct.unpack_from(order + "I", data, 20)[0] & 0xFFFF != ETHERNET:
        raise WireError("not a capture of Ethernet")
    at = 24
    while at + 16 <= len(data):
        seconds, fraction, kept, length = struct.unpack_from(order + "IIII", data, at)
        if at + 16 + kept > len(data):
            return
        yield Packet(seconds + fraction * tick_s, length, data[at + 16 : at + 16 + kept])
        at += 16 + kept
