"""pcapng files: sections in either byte order, interfaces with their own link type and clock.

Source: draft-ietf-opsawg-pcapng-02, sections 3 and 4.
"""

from __future__ import annotations

import struct
from array import array
from typing import NamedTuple

from cpal.errors import WireError
from cpal.wire.pcap import MOST, impossible
from cpal.wire.records import Index, Record

MAGIC = b"\x0a\x0d\x0d\x0a"
SECTION, INTERFACE, OLD_PACKET, SIMPLE, PACKET = 0x0A0D0D0A, 1, 2, 3, 6
_ORDERS = {b"\x4d\x3c\x2b\x1a": "<", b"\x1a\x2b\x3c\x4d": ">"}
SMALLEST = 12
OPTION_COMMENT, OPTION_NAME, OPTION_RESOLUTION, OPTION_OFFSET = 1, 2, 9, 14
LATEST_NS = (1 << 63) - 1
MOST_BLOCK = MOST + (1 << 16)
"""Bytes of a block at most: a packet's, its options, and a reserve; names and secrets need less."""


class Interface(NamedTuple):
    """What a section says of an interface: link type, bytes kept of a packet, ticks in a second, from when."""

    link_type: int
    kept: int
    ticks: int = 1_000_000
    offset_s: int = 0

    def time_ns(self, high: int, low: int) -> int:
        """Nanoseconds since the epoch of a time in ticks, up to what 64 bits hold (the year 2262)."""
        exact = self.offset_s * 1_000_000_000 + (high << 32 | low) * 1_000_000_000 // self.ticks
        return max(min(exact, LATEST_NS), -LATEST_NS)


class Section(NamedTuple):
    """The section that is read: its byte order, and the interfaces described so far."""

    order: str
    interfaces: list[Interface]


def is_pcapng(data: bytes) -> bool:
    """Whether a file that begins so is pcapng."""
    return data[:4] == MAGIC


class Reader:
    """Reads blocks; what it knows of the section stays from one buffer to the next."""

    def __init__(self) -> None:
        self.section = Section("<", [])

    def index(self, data: bytes, start: int, offset: int = 0) -> Index:
        """Where the packets of the whole blocks in `data` from `start` on are.

        Raises:
            WireError: before any packet, a block that cannot be, or one of an interface that the section does not
                describe; behind a packet it ends the index.
        """
        found = Index.empty()
        try:
            while (size := self._size(data, start, offset)) and start + size <= len(data):
                self._block(data, start, size, offset, found)
                start += size
        except WireError:
            if not found.starts:
                raise
        return found._replace(end=start)

    def cut(self, data: bytes, start: int, offset: int) -> Record | None:
        """The packet that the end of the file cuts, if that much of its block is there; None for nothing left.

        Raises:
            WireError: what is cut is no packet, or too little of one.
        """
        self.index(data, start, offset)
        if start == len(data):
            return None
        kind = struct.unpack_from(self.section.order + "I", data, start)[0] if len(data) >= start + 4 else 0
        if kind != PACKET or len(data) < start + 28:
            raise WireError(f"the file ends inside a block, at offset {offset + start}")
        interface, high, low, captured, length = struct.unpack_from(self.section.order + "IIIII", data, start + 8)
        found = self._interface(interface, offset + start)
        return Record(
            found.time_ns(high, low), length, bytes(data[start + 28 :][:captured]), found.link_type, is_cut=True
        )

    def _size(self, data: bytes, start: int, offset: int) -> int:
        """Bytes of the block at `start`; 0 where too few are there to know. A new section begins another order."""
        if len(data) < start + SMALLEST:
            return 0
        if data[start : start + 4] == MAGIC:
            order = _ORDERS.get(bytes(data[start + 8 : start + 12]))
            if order is None:
                raise WireError(f"a section without its byte-order magic at offset {offset + start}")
            self.section = Section(order, [])
        size: int = struct.unpack_from(self.section.order + "I", data, start + 4)[0]
        if size < SMALLEST or size % 4 or size > MOST_BLOCK:
            raise WireError(f"a block of {size} bytes at offset {offset + start} cannot be: the file is damaged")
        return size

    def _block(self, data: bytes, start: int, size: int, offset: int, found: Index) -> None:
        order = self.section.order
        kind = struct.unpack_from(order + "I", data, start)[0]
        if kind == INTERFACE:
            self._need(size, 20, offset + start)
            self.section.interfaces.append(_described(data[start : start + size], order))
        elif kind == PACKET:
            self._need(size, 32, offset + start)
            interface, high, low, captured, length = struct.unpack_from(order + "IIIII", data, start + 8)
            self._add(found, interface, (high, low), captured, length, start + 28, start + size, offset + start)
        elif kind == OLD_PACKET:
            self._need(size, 32, offset + start)
            interface, _, high, low, captured, length = struct.unpack_from(order + "HHIIII", data, start + 8)
            self._add(found, interface, (high, low), captured, length, start + 28, start + size, offset + start)
        elif kind == SIMPLE:
            self._need(size, 16, offset + start)
            length = struct.unpack_from(order + "I", data, start + 8)[0]
            captured = min(length, self._interface(0, offset + start).kept or length, size - 16)
            self._add(found, 0, (0, 0), captured, length, start + 12, start + size, offset + start)

    def _add(
        self,
        found: Index,
        interface: int,
        ticks: tuple[int, int],
        captured: int,
        length: int,
        at: int,
        end: int,
        offset: int,
    ) -> None:
        if captured > end - 4 - at:
            raise impossible(captured, offset)
        described = self._interface(interface, offset)
        values = (at, captured, length, described.time_ns(*ticks))
        for add, value in zip(found.adders(), values, strict=True):
            add(value)
        if isinstance(found.link_types, array):
            found.link_types.append(described.link_type)

    def _interface(self, number: int, offset: int) -> Interface:
        if number >= len(self.section.interfaces):
            raise WireError(f"a packet of interface {number}, which is not described, at offset {offset}")
        return self.section.interfaces[number]

    @staticmethod
    def _need(size: int, least: int, offset: int) -> None:
        if size < least:
            raise WireError(f"a block of {size} bytes at offset {offset}, where {least} are needed")


def _described(block: bytes, order: str) -> Interface:
    """The interface that a block describes."""
    link_type, _, kept = struct.unpack_from(order + "HHI", block, 8)
    found = Interface(link_type, kept)
    at = 16
    while at + 4 <= len(block) - 4:
        code, size = struct.unpack_from(order + "HH", block, at)
        value = block[at + 4 : at + 4 + size]
        if code == OPTION_RESOLUTION and len(value) == 1:
            found = found._replace(ticks=1 << (value[0] & 0x7F) if value[0] & 0x80 else 10 ** (value[0] & 0x7F))
        elif code == OPTION_OFFSET and len(value) == 8:
            found = found._replace(offset_s=struct.unpack(order + "q", value)[0])
        elif code == 0:
            break
        at += 4 + (size + 3) // 4 * 4
    return found


def _block(kind: int, body: bytes) -> bytes:
    size = struct.pack("<I", len(body) + SMALLEST)
    return struct.pack("<I", kind) + size + body + size


def _option(code: int, value: bytes) -> bytes:
    return struct.pack("<HH", code, len(value)) + value + bytes(-len(value) % 4)


def write_section() -> bytes:
    """The block that begins a file."""
    return _block(SECTION, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))


def write_interface(name: str, link_type: int) -> bytes:
    """The block that describes the next interface, whose clock counts nanoseconds."""
    options = _option(OPTION_NAME, name.encode()) + _option(OPTION_RESOLUTION, b"\x09") + _option(0, b"")
    return _block(INTERFACE, struct.pack("<HHI", link_type, 0, 0) + options)


def write_packet(interface: int, record: Record, comment: str = "") -> bytes:
    """The block of a packet of an interface, by its number; Wireshark shows the comment."""
    high, low = divmod(record.time_ns, 1 << 32)
    head = struct.pack("<IIIII", interface, high, low, len(record.data), record.length)
    options = _option(OPTION_COMMENT, comment.encode()[:0xFFFF]) + _option(0, b"") if comment else b""
    return _block(PACKET, head + record.data + bytes(-len(record.data) % 4) + options)
