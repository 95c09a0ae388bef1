"""A witness: a packet socket that sees what leaves an interface and what reaches it.

It takes packets without their link-layer header (SOCK_DGRAM), so that offsets are those of the IP header. A filter in
the kernel keeps of TCP only SYNs, which leaves room in the buffer on a busy interface. Source: packet(7),
linux/Documentation/networking/filter.rst.
"""

from __future__ import annotations

import ctypes
import socket
import struct
from collections.abc import Iterator
from contextlib import suppress

from .namespace import Namespaces
from .packet import token
from .place import Place
from .sighting import ETHERTYPE_CONTROL, Sighting, sighting

_ETH_P_ALL = 0x0003
_SO_ATTACH_FILTER, _SO_RCVBUFFORCE = 26, 33
_SOL_PACKET, _PACKET_STATISTICS = 263, 6
_PACKET_HOST, _PACKET_OUTGOING = 0, 4
_SNAPSHOT = 512
_BUFFER = 4 << 20
_BATCH = 256

_LOAD_HALF, _LOAD_BYTE, _LOAD_BYTE_AT_X, _LOAD_X_HEADER_LENGTH = 0x28, 0x30, 0x50, 0xB1
_JUMP, _JUMP_IF_EQUAL, _AND, _RETURN = 0x05, 0x15, 0x54, 0x06
_ETHERTYPE = 0xFFFFF000
"""SKF_AD_OFF + SKF_AD_PROTOCOL."""

_FILTER: tuple[tuple[int, int, int, int], ...] = (
    (_LOAD_HALF, 0, 0, _ETHERTYPE),
    (_JUMP_IF_EQUAL, 0, 5, 0x0800),  # IPv4, else to 7
    (_LOAD_BYTE, 0, 0, 9),
    (_JUMP_IF_EQUAL, 0, 9, 6),  # TCP, else keep
    (_LOAD_X_HEADER_LENGTH, 0, 0, 0),
    (_LOAD_BYTE_AT_X, 0, 0, 13),
    (_JUMP, 0, 0, 4),  # to 11
    (_JUMP_IF_EQUAL, 0, 5, 0x86DD),  # IPv6, else keep
    (_LOAD_BYTE, 0, 0, 6),
    (_JUMP_IF_EQUAL, 0, 3, 6),  # TCP, else keep
    (_LOAD_BYTE, 0, 0, 53),
    (_AND, 0, 0, 0x12),
    (_JUMP_IF_EQUAL, 0, 1, 0x02),  # SYN without ACK, else drop
    (_RETURN, 0, 0, _SNAPSHOT),
    (_RETURN, 0, 0, 0),
)
"""Instructions: code, steps forward if true, if false, operand. Other EtherTypes than IP are few and kept."""


class Witness:
    """What sees the traffic of one place. It holds two sockets: a packet socket does not see what it sends itself."""

    def __init__(self, spaces: Namespaces, place: Place, hardware_address: bytes) -> None:
        self._place = place
        self._hardware_address = hardware_address
        self._lost = 0
        self.socket = spaces.socket(place.namespace, socket.AF_PACKET, socket.SOCK_DGRAM)
        self._sender = spaces.socket(place.namespace, socket.AF_PACKET, socket.SOCK_DGRAM)
        _attach_filter(self.socket)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        with suppress(PermissionError):  # root of a user namespace only: the system's limit holds
            self.socket.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _BUFFER)
        self.socket.bind((place.interface, _ETH_P_ALL))

    def control(self, prefix: bytes, number: int) -> None:
        """Send a frame that this witness must see leave. It goes to its sender, so a switch sends it nowhere."""
        address = (self._place.interface, ETHERTYPE_CONTROL, 0, 0, self._hardware_address)
        self._sender.sendto(token(prefix, number), address)

    def seen(self, prefix: bytes) -> Iterator[tuple[bool, Sighting]]:
        """Up to a batch of what was seen since the last call: whether it left (else it arrived, for us), and what."""
        for _ in range(_BATCH):
            try:
                data, (_, ethertype, direction, *_) = self.socket.recvfrom(_SNAPSHOT)
            except BlockingIOError:
                return
            if direction in (_PACKET_HOST, _PACKET_OUTGOING) and (found := sighting(ethertype, data, prefix)):
                yield direction == _PACKET_OUTGOING, found

    def lost(self) -> int:
        """How many packets the kernel has dropped so far for want of room. Source: PACKET_STATISTICS, which resets."""
        statistics = self.socket.getsockopt(_SOL_PACKET, _PACKET_STATISTICS, 8)
        self._lost += int(struct.unpack("II", statistics)[1])
        return self._lost

    def close(self) -> None:
        """Look away."""
        self.socket.close()
        self._sender.close()


def _attach_filter(sock: socket.socket) -> None:
    """Source: struct sock_fprog of linux/filter.h: a count and a pointer, read during the call."""
    program = b"".join(struct.pack("HBBI", *instruction) for instruction in _FILTER)
    kept = ctypes.create_string_buffer(program)
    sock.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("HL", len(_FILTER), ctypes.addressof(kept)))
