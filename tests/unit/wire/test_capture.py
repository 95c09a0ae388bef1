"""Capture files in every form, read in pieces of any size; cut, damaged, empty, and of something else."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.utils import PcapNgReader, RawPcapReader

from cpal.errors import WireError
from cpal.wire import pcap
from cpal.wire.capture import Capture
from cpal.wire.records import Record
from tests.support import packets

RECORDS = [Record(1_700_000_000_123_456_000 + n, 60 + n, bytes([n]) * (40 + n), 1) for n in range(5)]


def pcap_file(order: str, nanoseconds: bool, records: list[Record] = RECORDS, link_type: int = 1) -> bytes:
    """A pcap file, written here by the description of its format."""
    head = struct.pack(order + "IHHiIII", 0xA1B23C4D if nanoseconds else 0xA1B2C3D4, 2, 4, 0, 0, 65535, link_type)
    body = b""
    for record in records:
        seconds, fraction = divmod(record.time_ns, 10**9)
        part = fraction if nanoseconds else fraction // 1000
        body += struct.pack(order + "IIII", seconds, part, len(record.data), record.length) + record.data
    return head + body


def block(order: str, kind: int, body: bytes) -> bytes:
    """A pcapng block."""
    body += b"\0" * (-len(body) % 4)
    size = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + size + body + size


def pcapng_file(order: str, digits: int, records: list[Record] = RECORDS) -> bytes:
    """A pcapng file whose clock ticks 10^digits times a second, with a block of a kind that nobody knows."""
    section = block(order, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1))
    resolution = struct.pack(order + "HHB3xHH", 9, 1, digits, 0, 0)
    interface = block(order, 1, struct.pack(order + "HHI", 1, 0, 0) + resolution)
    found = section + interface + block(order, 0xBAD, b"unknown")
    for record in records:
        ticks = record.time_ns * 10**digits // 10**9
        head = struct.pack(order + "IIIII", 0, ticks >> 32, ticks & 0xFFFFFFFF, len(record.data), record.length)
        found += block(order, 6, head + record.data)
    return found


def read(data: bytes, size: int = 1 << 20) -> tuple[list[Record], Record | None]:
    """The packets of a file, and the one that is cut."""
    capture = Capture()
    found: list[Record] = []
    for at in range(0, len(data), size):
        piece = capture.feed(data[at : at + size])
        found += piece.found.records(piece.data)
    return found, capture.cut()


def rounded(nanoseconds: bool) -> list[Record]:
    """The records as a file with that clock holds them."""
    return [r if nanoseconds else r._replace(time_ns=r.time_ns // 1000 * 1000) for r in RECORDS]


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("nanoseconds", [True, False])
@pytest.mark.parametrize("size", [1, 7, 64, 1 << 20])
def test_either_byte_order_and_clock_in_pieces_of_any_size(order: str, nanoseconds: bool, size: int) -> None:
    assert read(pcap_file(order, nanoseconds), size) == (rounded(nanoseconds), None)
    assert read(pcapng_file(order, 9 if nanoseconds else 6), size) == (rounded(nanoseconds), None)


def test_scapy_reads_these_files_as_we_do(tmp_path: Path) -> None:
    plain, new = tmp_path / "plain.pcap", tmp_path / "new.pcapng"
    plain.write_bytes(pcap_file(">", False))
    new.write_bytes(pcapng_file("<", 6))
    with RawPcapReader(str(plain)) as reader:
        assert [(data, meta.wirelen) for data, meta in reader] == [(r.data, r.length) for r in RECORDS]
    with PcapNgReader(str(new)) as reader:
        times = [round(float(packet.time) * 10**6) for packet in reader]
    assert times == [r.time_ns // 1000 for r in RECORDS]


def test_sections_of_different_order_with_several_interfaces_and_old_packets() -> None:
    first, order = pcapng_file("<", 6), ">"
    section = block(order, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1))
    offset = struct.pack(order + "HHqHH", 14, 8, 1_700_000_000, 0, 0)
    binary = struct.pack(order + "HHB3xHH", 9, 1, 0x80 | 10, 0, 0)
    interfaces = block(order, 1, struct.pack(order + "HHI", 101, 0, 4) + offset)
    interfaces += block(order, 1, struct.pack(order + "HHI", 113, 0, 0) + binary)
    simple = block(order, 3, struct.pack(order + "I", 9) + b"abcd")
    old = block(order, 2, struct.pack(order + "HHIIII", 1, 0, 0, 1024, 3, 3) + b"xyz")
    found, cut = read(first + section + interfaces + simple + old)
    assert cut is None
    assert found[-2:] == [
        Record(1_700_000_000 * 10**9, 9, b"abcd", 101), Record(1_000_000_000, 3, b"xyz", 113),
    ]  # fmt: skip


@pytest.mark.parametrize("whole", [pcap_file("<", True), pcapng_file("<", 9)], ids=["pcap", "pcapng"])
def test_a_file_cut_anywhere_tells_what_was_whole(whole: bytes) -> None:
    for end in range(len(whole)):
        found, outcome = attempt(whole[:end])
        assert found == RECORDS[: len(found)]
        if isinstance(outcome, Record):
            following = RECORDS[len(found)]
            assert following.data.startswith(outcome.data)
            assert outcome == following._replace(data=outcome.data, is_cut=True)
        elif outcome is not None:
            assert "offset" in str(outcome)


def attempt(data: bytes) -> tuple[list[Record], Record | WireError | None]:
    """The packets, and how the file ends."""
    capture = Capture()
    found: list[Record] = []
    try:
        piece = capture.feed(data)
        found += piece.found.records(piece.data)
        return found, capture.cut()
    except WireError as error:
        return found, error


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        (b"PK\3\4 a zip file", "neither pcap nor pcapng"),
        (b"\xd4\xc3\xb2\xa1", "header has 24 bytes"),
        (pcap_file("<", True)[:24] + struct.pack("<IIII", 0, 0, 1 << 31, 1 << 31), "offset 24 cannot be"),
        (block("<", 0x0A0D0D0A, bytes(16)), "byte-order magic at offset 0"),
        (pcapng_file("<", 9, []) + struct.pack("<III", 6, 5, 0), "a block of 5 bytes"),
        (pcapng_file("<", 9, []) + struct.pack("<III", 6, 1 << 30, 0), "cannot be"),
        (pcapng_file("<", 9, []) + block("<", 6, struct.pack("<IIIII", 7, 0, 0, 0, 0)), "interface 7"),
        (pcapng_file("<", 9, []) + block("<", 6, struct.pack("<IIIII", 0, 0, 0, 99, 99)), "99 bytes"),
    ],
)
def test_what_is_no_capture_is_an_error_with_the_offset(data: bytes, said: str) -> None:
    found, error = attempt(data)
    assert found == []
    assert isinstance(error, WireError)
    assert said in str(error)
    assert "offset" in str(error)


@pytest.mark.parametrize("whole", [pcap_file("<", True), pcapng_file("<", 9)], ids=["pcap", "pcapng"])
def test_packets_before_a_damage_are_told(whole: bytes) -> None:
    found, error = attempt(whole + b"\xff" * 64)
    assert found == RECORDS
    assert isinstance(error, WireError)
    assert f"offset {len(whole)}" in str(error)


@given(st.data())
def test_any_file_is_read_or_refused(data: st.DataObject) -> None:
    whole = data.draw(st.sampled_from([pcap_file("<", True), pcap_file(">", False), pcapng_file(">", 6)]))
    changed = bytearray(whole)
    for at, value in data.draw(st.lists(st.tuples(st.integers(0, len(whole) - 1), st.integers(0, 255)), max_size=8)):
        changed[at] = value
    found, _ = attempt(bytes(changed))
    assert all(len(record.data) <= len(whole) for record in found)


def pieces_of(records: int) -> Iterator[bytes]:
    """A large file in pieces, made as it is read."""
    yield pcap.write_header(1)
    chance = Random(1)
    piece = b"".join(pcap.write(Record(n, 100, packets.mixed(chance), 1)) for n in range(50))
    yield from [piece] * (records // 50)


def test_what_is_kept_between_pieces_is_less_than_a_packet() -> None:
    capture, count = Capture(), 0
    for data in pieces_of(20_000):
        piece = capture.feed(data)
        count += len(piece.found.starts)
        assert len(piece.data) - piece.found.end < 4096
    assert count == 20_000
