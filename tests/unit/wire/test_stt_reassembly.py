"""STT's segments come back as frames, in any order, with loss, duplicates and lies; and tshark puts ours together."""

from __future__ import annotations

from ipaddress import IPv4Address
from pathlib import Path
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from cpal.wire import ecn, ip, stt, tcp
from cpal.wire.stt_reassembly import PIECE_COST, Counters, Reassembler
from cpal.wire.tcp import Tcp
from tests.support import packets, tshark

ENDS = IPv4Address("192.0.2.1"), IPv4Address("192.0.2.2")
frames = st.binary(min_size=19, max_size=2000)


def piece(frame: bytes, start: int, end: int, id: int = 1, length: int | None = None) -> Tcp:
    """A segment of any part of a frame."""
    whole = len(frame) if length is None else length
    return Tcp(50000, stt.PORT, whole << 16 | start, id, 16, frame[start:end])


def put_together(segments: list[Tcp], reassembler: Reassembler | None = None) -> list[bytes]:
    """The frames that segments give."""
    into = reassembler or Reassembler()
    found = (into.add(*ENDS, segment, now) for now, segment in enumerate(segments))
    return [frame.data for frame in found if frame is not None]


@given(frames, st.integers(18, 700), st.randoms())
def test_segments_in_any_order_give_the_frame_once(frame: bytes, size: int, chance: Random) -> None:
    segments = list(stt.segments(frame, size, 50000, 7))
    chance.shuffle(segments)
    into = Reassembler()
    assert put_together(segments, into) == [frame]
    assert (into.held_bytes, into.counters) == (0, Counters(frames=1))


@given(frames, st.lists(st.tuples(st.integers(0, 2000), st.integers(1, 900)), max_size=30), st.randoms())
def test_pieces_that_overlap_and_repeat_give_the_frame(
    frame: bytes, cuts: list[tuple[int, int]], chance: Random
) -> None:
    some = [piece(frame, at % len(frame), at % len(frame) + size) for at, size in cuts]
    segments = some + list(stt.segments(frame, 100, 50000, 1))
    chance.shuffle(segments)
    into = Reassembler()
    first = put_together(segments, into)
    assert first[0] == frame
    assert all(found == frame for found in first)


@given(frames, st.integers(18, 200), st.data())
def test_a_lost_segment_is_a_lost_frame_and_no_memory(frame: bytes, size: int, data: st.DataObject) -> None:
    segments = list(stt.segments(frame, size, 50000, 7))
    del segments[data.draw(st.integers(0, len(segments) - 1))]
    into = Reassembler(timeout_ns=1000)
    assert put_together(segments, into) == []
    into.expire(10_000)
    assert into.held_bytes == 0
    assert into.counters.timed_out == (1 if segments else 0)


def test_frames_of_other_ends_ports_and_ids_are_apart() -> None:
    one, two = bytes(100), bytes([1]) * 100
    into = Reassembler()
    assert into.add(*ENDS, piece(one, 0, 50), 0) is None
    assert into.add(*ENDS, piece(two, 50, 100, id=2), 0) is None
    assert into.add(ENDS[1], ENDS[0], piece(two, 50, 100), 0) is None
    assert into.add(*ENDS, piece(two, 50, 100)._replace(source_port=1), 0) is None
    assert into.add(*ENDS, piece(one, 50, 100), 0) == (one, ecn.NOT_ECT)


def test_contradicting_pieces_drop_the_frame_and_what_comes_of_it() -> None:
    frame, lie = bytes(100), bytes([9]) * 100
    into = Reassembler(timeout_ns=1000)
    parts = [piece(frame, 0, 60), piece(lie, 50, 100), piece(frame, 50, 100), piece(frame, 0, 60)]
    assert put_together(parts, into) == []
    assert into.counters == Counters(untrue=1)
    assert into.held_bytes == PIECE_COST
    into.expire(2000)
    assert (into.held_bytes, into.counters.timed_out) == (0, 0)


def test_another_length_or_a_piece_beyond_the_end_is_untrue() -> None:
    frame = bytes(100)
    other, beyond = piece(frame, 50, 100, length=101), piece(frame, 0, 100, length=99)
    assert put_together([piece(frame, 0, 50), other, piece(frame, 50, 100)]) == []
    assert put_together([beyond]) == []
    assert put_together([piece(frame, 0, 0)]) == []


@given(st.integers(1, 1 << 30), st.lists(st.integers(1, 900), min_size=1, max_size=200))
def test_memory_never_exceeds_its_bound(seed: int, sizes: list[int]) -> None:
    chance, most = Random(seed), 4000
    into = Reassembler(most_bytes=most, timeout_ns=1 << 60)
    for now, size in enumerate(sizes):
        start = chance.randrange(60_000)
        segment = Tcp(chance.randrange(3), stt.PORT, 65535 << 16 | start, chance.randrange(9), 16, bytes(size))
        into.add(*ENDS, segment, now)
        assert into.held_bytes <= most
    assert put_together(list(stt.segments(bytes(800), 400, 50000, 77)), into) == [bytes(800)]


def test_tshark_puts_our_segments_together(tmp_path: Path) -> None:
    chance = Random(7471)
    inner = packets.innermost(chance, 4, 3000)
    frame = stt.encode(stt.Stt(0x123456, inner, stt.IS_IPV4, tag=stt.VLAN_PRESENT | 5))
    segments = list(stt.segments(frame, 1400, 50000, 7))
    chance.shuffle(segments)
    path = tmp_path / "stt.pcap"
    frames = [packets.frame(chance, ip.encode(ip.Ipv4(*ENDS, ip.TCP, tcp.encode(s, *ENDS))), 4)
              for s in segments]  # fmt: skip
    path.write_bytes(packets.capture(frames))
    *_, last = tshark.layers(path, [*tshark.OPTIONS, "-o", "stt.reassemble:TRUE"])
    (layer,) = (layer for layer in last if layer.name == "stt")
    assert int(layer.fields["stt.pkt_len"]) == len(frame)
    assert int(layer.fields["stt.reassembled.length"]) == len(frame) + tcp.HEADER  # it counts the first one's
    assert int(layer.fields["stt.context_id"], 0) == 0x123456
    assert int(layer.fields["stt.flags.ipv4"]) == 1
    assert int(layer.fields["stt.flags.csum_verified"]) == 0
    assert layer.fields["stt.vlan.id"] == "5"
    assert [each.name for each in last][-1] != "stt"


@given(st.lists(st.sampled_from((ecn.ECT_0, ecn.CE)), min_size=2, max_size=5), st.randoms())
def test_congestion_that_any_segment_met_is_not_forgotten(marks: list[int], chance: Random) -> None:
    size = 30
    segments = list(zip(stt.segments(bytes(size * len(marks)), size, 50000, 1), marks, strict=True))
    chance.shuffle(segments)
    into = Reassembler()
    *missing, whole = [into.add(*ENDS, segment, now, mark) for now, (segment, mark) in enumerate(segments)]
    assert not any(missing)
    assert whole is not None
    assert whole.ecn == (ecn.CE if ecn.CE in marks else ecn.ECT_0)
