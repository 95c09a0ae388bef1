"""pcap files: either byte order, micro- or nanoseconds. Source: draft-ietf-opsawg-pcap-04, sections 4 and 5."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from cpal.errors import WireError
from cpal.wire.records import Index, Record

HEADER, RECORD = 24, 16
MOST = 1 << 22
"""Bytes of a packet at most: programs that capture keep 262,144, and the largest packet of segmentation offload is
524,288. A file that says more is damaged."""
LINK_TYPE = 0xFFFF
"""The bits of a file's link type that are the type; others tell of check sequences."""
_MAGICS = {
    b"\xd4\xc3\xb2\xa1": ("<", 1000),
    b"\xa1\xb2\xc3\xd4": (">", 1000),
    b"\x4d\x3c\xb2\xa1": ("<", 1),
    b"\xa1\xb2\x3c\x4d": (">", 1),
}
"""Byte order and nanoseconds of a tick, by the first bytes."""


class Form(NamedTuple):
    """How a file writes its records: byte order as `struct` has it, nanoseconds of a tick, and of which link type."""

    order: str
    tick_ns: int
    link_type: int


def is_pcap(data: bytes) -> bool:
    """Whether a file that begins so is pcap."""
    return data[:4] in _MAGICS


def form(data: bytes) -> Form:
    """The form of a file's records, from its header.

    Raises:
        WireError: the header is not whole.
    """
    if len(data) < HEADER:
        raise WireError(f"a pcap file's header has {HEADER} bytes, there are {len(data)} (offset 0)")
    order, tick_ns = _MAGICS[bytes(data[:4])]
    return Form(order, tick_ns, struct.unpack_from(order + "I", data, 20)[0] & LINK_TYPE)


def index(data: bytes, start: int, form: Form, offset: int = 0) -> Index:
    """Where the whole records in `data` from `start` on are; `offset` is where in the file `data` begins.

    Raises:
        WireError: the first record has an impossible length; a later one ends the index before it.
    """
    found, end = Index.empty(), len(data) - RECORD
    read = struct.Struct(form.order + "IIII").unpack_from
    add_start, add_captured, add_length, add_time = found.adders()
    tick_ns = form.tick_ns
    while start <= end:
        seconds, fraction, captured, length = read(data, start)
        if captured > MOST:
            if found.starts:
                break
            raise impossible(captured, offset + start)
        following = start + RECORD + captured
        if following > end + RECORD:
            break
        add_start(start + RECORD)
        add_captured(captured)
        add_length(length)
        add_time(seconds * 1_000_000_000 + fraction * tick_ns)
        start = following
    return found._replace(end=start, link_types=form.link_type)


def impossible(captured: int, offset: int) -> WireError:
    """The error of a record whose length cannot be."""
    return WireError(f"a record of {captured} bytes at offset {offset} cannot be: the file is damaged from there on")


def cut(data: bytes, start: int, form: Form, offset: int) -> Record | None:
    """The record that the end of the file cuts, if `data` from `start` on holds its header; None for nothing left.

    Raises:
        WireError: not even the record's header is whole, or it has an impossible length.
    """
    if start == len(data):
        return None
    if len(data) - start < RECORD:
        raise WireError(f"the file ends inside the header of a record, at offset {offset + start}")
    seconds, fraction, captured, length = struct.unpack_from(form.order + "IIII", data, start)
    if captured > MOST:
        raise impossible(captured, offset + start)
    time_ns = seconds * 1_000_000_000 + fraction * form.tick_ns
    return Record(time_ns, length, bytes(data[start + RECORD :]), form.link_type, is_cut=True)


def write_header(link_type: int) -> bytes:
    """The header of a file with nanoseconds."""
    return struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 1 << 18, link_type)


def write(record: Record) -> bytes:
    """A record of such a file."""
    seconds, fraction = divmod(record.time_ns, 1_000_000_000)
    return struct.pack("<IIII", seconds & 0xFFFFFFFF, fraction, len(record.data), record.length) + record.data


def records(data: bytes) -> Iterator[Record]:
    """The whole records of a file that is at hand.

    Raises:
        WireError: not a pcap file, or a damaged one.
    """
    if not is_pcap(data):
        raise WireError("not a pcap file")
    told = form(data)
    yield from index(data, HEADER, told).records(data)
