"""Walking a pcap file in lanes finds what following its one chain finds, whatever the packets look like."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpal.wire import pcap, walk
from cpal.wire.walk import NATIVE

HEAD = struct.Struct(NATIVE + "IIII")
LIKE = HEAD.pack(1 << 16, 0, 8, 8)
"""What looks like a record's header, and may stand in a packet."""


def record(seconds: int, data: bytes, length: int) -> bytes:
    """A record of a file in the machine's byte order."""
    return HEAD.pack(seconds, 0, len(data), max(length, len(data))) + data


seconds = st.integers(1 << 16, (1 << 16) + 99) | st.integers(0, (1 << 32) - 1)
contents = st.binary(max_size=40) | st.integers(0, 9).map(lambda n: (LIKE + bytes(8)) * n) | st.just(bytes(5000))
records = st.lists(st.builds(record, seconds, contents, st.integers(0, 1500)), max_size=80)


@pytest.mark.parametrize(("lane", "lanes"), [(64, 4), (256, 16), (2048, 256)])
@given(found=records, cut=st.integers(0, 60), more=st.binary(max_size=30))
def test_lanes_find_what_one_chain_finds(lane: int, lanes: int, found: list[bytes], cut: int, more: bytes) -> None:
    data = b"".join(found)
    data = data[: max(len(data) - cut, 0)] + more
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"LANE": lane, "LANES": lanes, "WORTHWHILE": 2, "STEPS": 3, "WINDOW": 50}.items():
            patch.setattr(walk, name, value)
        starts = [start for span in walk.walk(data, 0) for start in span.tolist()]
    assert starts == chain(data)


def chain(data: bytes) -> list[int]:
    """Where records begin, followed by hand."""
    found, at = [], 0
    while at + pcap.RECORD <= len(data):
        found.append(at)
        at += pcap.RECORD + HEAD.unpack_from(data, at)[2]
    return found
