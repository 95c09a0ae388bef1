"""Columns are what `dissect` says, with either engine: on captures of others, generated packets, and broken ones."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpal.errors import WireError
from cpal.wire import columns, columns_numba, columns_numpy, ethernet, geneve, ip, pcap
from cpal.wire.capture import Capture
from cpal.wire.columns import INNER_PORTS, ODD, OUTER_PORTS, OVN, ROW, Batch, Engine
from cpal.wire.dissect import TUNNELS, Ends, Packet, dissect
from cpal.wire.geneve import ovn_keys
from cpal.wire.records import Record
from tests.support import packets

ENGINES = {"numpy": columns_numpy.ENGINE, "numba": columns_numba.ENGINE}
each_engine = pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES)


def batches(data: bytes, engine: Engine, size: int = 1 << 16) -> list[Batch]:
    """The packets of a file, read in pieces."""
    capture, found = Capture(engine.walk), []
    for at in range(0, len(data), size):
        piece = capture.feed(data[at : at + size])
        found.append(columns.batch(piece.data, piece.found, engine))
    return found


def ends(row: np.void, side: str, has_ports: int) -> Ends | None:
    """The ends that columns say."""
    version = int(row[f"{side}_version"])
    if not version:
        return None
    numbers = [int(row[f"{side}_{name}_{half}"]) for name in ("src", "dst") for half in ("high", "low")]
    ported = bool(row["flags"] & has_ports)
    ports = [int(row[f"{side}_{name}"]) if ported else None for name in ("sport", "dport")]
    source, destination = (columns.address(version, *numbers[at : at + 2]) for at in (0, 2))
    return Ends(source, destination, int(row[f"{side}_proto"]), *ports)


def agrees(batch: Batch, number: int, packet: Packet) -> None:
    """Assert that a row says what `dissect` says."""
    row = batch.rows[number]
    odd = batch.odd.get(number)
    assert bool(row["flags"] & ODD) == (odd is not None)
    assert (ends(row, "outer", OUTER_PORTS), ends(row, "inner", INNER_PORTS)) == (packet.outer, packet.inner)
    if odd is not None:
        assert odd == packet
        return
    assert packet.faults == ()
    assert [TUNNELS[int(row["tunnel"]) - 1]] * bool(row["tunnel"]) == [tunnel.type for tunnel in packet.tunnels]
    for tunnel in packet.tunnels:
        header = tunnel.header
        assert int(row["vni"]) == tunnel.vni
        start = int(row["start"] + row["options_at"])
        raw = batch.data[start : start + int(row["options_length"])]
        assert raw == b"".join(geneve.encode_option(option) for option in tunnel.options)
        keys = ovn_keys(header) if isinstance(header, geneve.Geneve) else None
        seen = (int(row["ovn_ingress"]), int(row["ovn_egress"])) if row["flags"] & OVN else None
        assert seen == (keys and keys[1:])
        assert int(row["payload_type"]) == packet.ethertype
        assert batch.data[int(row["start"] + row["payload_at"]) :].startswith(packet.payload)


def agree(data: bytes, engine: Engine, size: int = 1 << 16) -> float:
    """Assert that columns of a file are what `dissect` says of each packet; the share of those that were odd."""
    total = odd = 0
    for batch in batches(data, engine, size):
        odd += len(batch.odd)
        for number, row in enumerate(batch.rows):
            start, captured = int(row["start"]), int(row["captured"])
            packet = dissect(batch.data[start : start + captured], 1, int(row["length"]))
            agrees(batch, number, packet)
            total += 1
    return odd / max(total, 1)


def merged(corpora: Path) -> bytes:
    """Every pcap of the corpora as one file."""
    found = [record for file in sorted((corpora / "captures").glob("*/*.pcap"))
             for record in pcap.records(file.read_bytes())]  # fmt: skip
    return pcap.write_header(1) + b"".join(map(pcap.write, found))


@each_engine
def test_on_captures_of_others(corpora: Path, engine: Engine) -> None:
    assert agree(merged(corpora), engine) < 0.7  # much of GRE without Ethernet, and lengths of 0


@each_engine
@pytest.mark.parametrize("size", [997, 1 << 20])
def test_on_generated_packets(engine: Engine, size: int) -> None:
    chance = Random(1)
    data = packets.capture([packets.mixed(chance) for _ in range(600)])
    assert agree(data, engine, size) < 1


@each_engine
def test_the_usual_shapes_are_not_odd(engine: Engine) -> None:
    chance = Random(2)
    frames = [packets.mixed(chance, ("geneve", "vxlan", "vxlan-linux", "nvgre"), 1) for _ in range(600)]
    plain = [frame for frame in frames if not has_extensions(frame)]
    assert len(plain) > 100
    fill = [bytes(60)] * 10  # what is near the end of a buffer is odd to numpy
    assert agree(packets.capture(plain + fill), engine) < 0.05


def has_extensions(frame: bytes) -> bool:
    """Whether any of a frame's IP headers is longer than usual."""
    packet = dissect(frame)
    inner = ethernet.decode(packet.payload if packet.tunnels else frame)
    last = ip.decode(inner.payload) if inner.ethertype in (0x800, 0x86DD) else None
    headers = [tunnel.packet for tunnel in packet.tunnels] + [last] * bool(last)
    return any(each and each.header_length > (20 if each.source.version == 4 else 40) for each in headers)


@pytest.mark.parametrize("order", ["<", ">"])
def test_parts_at_once_say_what_one_walk_says(order: str) -> None:
    chance = Random(5)
    lure = pcap.write(Record(packets.START_NS, 4, bytes(4), 1)) * 2  # looks like records where none begin
    frames = [packets.mixed(chance)[:120] + lure * chance.randrange(3) + bytes(800) for _ in range(1500)]
    data = in_order(packets.capture(frames), order)
    form = pcap.form(data)
    whole = columns_numba.index(data, pcap.HEADER, form)
    with ThreadPoolExecutor(4) as pool:
        for end in (len(data), len(data) - 9, len(data) * 5 // 8):
            found = columns_numba.index(data[:end], pcap.HEADER, form, parts=4, each=pool.map)
            alone = columns_numba.index(data[:end], pcap.HEADER, form)
            assert found.end == alone.end
            assert found.rows.tobytes() == alone.rows.tobytes() == whole.rows[: len(alone.rows)].tobytes()
        damaged = data[: len(data) // 3] + b"\xff" * (len(data) // 2)
        assert columns_numba.index(damaged, pcap.HEADER, form, parts=4, each=pool.map).end == (
            columns_numba.index(damaged, pcap.HEADER, form).end
        )


CHANCE = Random(3)
SOME = [packets.mixed(CHANCE, depth=2, most=30) for _ in range(60)]
changes = st.lists(st.tuples(st.integers(0, 59), st.integers(0, 150), st.integers(0, 255)), min_size=1, max_size=80)
cuts = st.lists(st.tuples(st.integers(0, 59), st.integers(0, 160)), max_size=20)


def broken_capture(changes: list[tuple[int, int, int]], cuts: list[tuple[int, int]]) -> bytes:
    """A file of packets with bytes changed, of which some are cut: by the capture, or already on the wire."""
    broken = [bytearray(frame) for frame in SOME]
    lengths = [len(frame) for frame in SOME]
    for number, at, value in changes:
        broken[number][at % len(broken[number])] = value
    for number, end in cuts:
        del broken[number][end:]
        lengths[number] = lengths[number] if end % 2 else len(broken[number])
    records = (Record(n, lengths[n], bytes(data), 1) for n, data in enumerate(broken))
    return pcap.write_header(1) + b"".join(map(pcap.write, records))


@each_engine
@given(changes=changes, cuts=cuts)
def test_on_broken_packets(engine: Engine, changes: list[tuple[int, int, int]], cuts: list[tuple[int, int]]) -> None:
    agree(broken_capture(changes, cuts), engine)


@given(changes=changes, cuts=cuts)
def test_engines_fill_the_same_rows(changes: list[tuple[int, int, int]], cuts: list[tuple[int, int]]) -> None:
    data = broken_capture(changes, cuts)
    (one,), (other,) = (batches(data, engine, len(data)) for engine in ENGINES.values())
    assert other.odd.keys() <= one.odd.keys()
    assert all(number >= len(SOME) - 3 for number in one.odd.keys() - other.odd.keys())  # near the end of the buffer
    both = [number for number in range(len(SOME)) if number not in one.odd]
    assert (one.rows[both] == other.rows[both]).all()


def in_order(data: bytes, order: str) -> bytes:
    """A file in little-endian order in one of both."""
    swapped, at = np.frombuffer(data[:24], "<u4").astype(f"{order}u4").tobytes(), 24
    while at < len(data):
        head = np.frombuffer(data[at : at + 16], "<u4")
        swapped += head.astype(f"{order}u4").tobytes() + data[at + 16 : at + 16 + int(head[2])]
        at += 16 + int(head[2])
    return swapped


@each_engine
@pytest.mark.parametrize("order", ["<", ">"])
def test_files_in_either_byte_order(engine: Engine, order: str) -> None:
    frames = [packets.mixed(CHANCE) for _ in range(20)]
    data = packets.capture(frames)
    (batch,) = batches(data, engine, len(data))
    (other,) = batches(in_order(data, order), engine, len(data))
    names = [name for name in ROW.names or () if name != "start"]
    assert [other.rows[name].tolist() for name in names] == [batch.rows[name].tolist() for name in names]
    assert batch.rows["time_ns"].tolist() == [packets.START_NS + n * 1001 for n in range(20)]


@each_engine
def test_other_link_layers_are_read_one_by_one(engine: Engine) -> None:
    data = ethernet.decode(packets.innermost(CHANCE, 4, 9)).payload
    raw = pcap.write_header(101) + pcap.write(Record(0, len(data), data, 101))
    (batch,) = batches(raw, engine)
    assert list(batch.odd) == [0]
    assert ends(batch.rows[0], "outer", OUTER_PORTS) == dissect(data, 101).outer


@each_engine
def test_a_damaged_file_is_damaged_with_either_engine(engine: Engine) -> None:
    frames = [packets.mixed(CHANCE) for _ in range(9)]
    data = packets.capture(frames) + b"\xff" * 30
    capture = Capture(engine.walk)
    piece = capture.feed(data)
    assert len(columns.batch(piece.data, piece.found, engine).rows) == 9
    with pytest.raises(WireError, match=f"offset {len(data) - 30}"):
        capture.feed(b"")
