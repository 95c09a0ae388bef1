"""`cpal decode` as scripts rely on it: its form, and what it says of files that are damaged."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cpal.errors import EXIT_CODES, CpalError, Disk, Invalid, NotFound, WireError
from cpal.faces.cli.main import run
from cpal.wire import ethernet, geneve, ip, pcap, stt, udp
from cpal.wire.records import Record
from tests.support import packets

Said = tuple[int, bytes, str]


@pytest.fixture
def told(capfdbinary: pytest.CaptureFixture[bytes]) -> Any:
    """What a run of `cpal decode` says: exit code, output, errors."""

    def tell(*words: str | Path) -> Said:
        code = run(["decode", *map(str, words)])
        out, err = capfdbinary.readouterr()
        return code, out, err.decode()

    return tell


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A capture of one Geneve packet with OVN's option, and of one that is in no tunnel."""
    chance = Random(6081)
    inner = packets.innermost(chance, 4, 10)
    header = geneve.Geneve(False, True, ethernet.TEB, 5, (geneve.ovn_option(3, 0x8001),), inner)
    datagram = udp.Udp(50000, geneve.PORT, geneve.encode(header))
    frames = [packets.frame(chance, packets.packet(chance, ip.UDP, 6, datagram), 6), inner]
    path = tmp_path / "two.pcap"
    path.write_bytes(packets.capture(frames))
    return path


def test_json_lines_have_the_fixed_form(told: Any, file: Path) -> None:
    code, out, _ = told(file, "--format", "jsonl")
    first, second = map(json.loads, out.splitlines())
    assert code == 0
    assert (first["frame"], second["frame"]) == (1, 2)
    assert b'"time":1700000000.000001001,' in out
    assert set(first["outer"]) == set(first["inner"]) == {"src", "dst", "sport", "dport", "proto"}
    assert first["outer"]["dport"] == geneve.PORT
    option = {"class": 0x0102, "type": 0x80, "data": "00038001"}
    keys = {"ingress": 3, "egress": 0x8001}
    assert first["tunnels"] == [{"type": "geneve", "vni": 5, "options": [option], "ovn": keys}]
    assert (second["tunnels"], second["inner"], second["faults"]) == ([], None, [])
    assert second["outer"] == first["inner"]


def test_csv_has_a_cell_for_each(told: Any, file: Path) -> None:
    _, out, _ = told(file, "--format", "csv")
    first, second = csv.DictReader(io.StringIO(out.decode()))
    assert (first["tunnels"], first["vni"], first["options"]) == ("geneve", "5", "0102:80:00038001")
    assert (first["ovn_ingress"], first["ovn_egress"]) == ("3", str(0x8001))
    assert (second["tunnels"], second["inner_src"]) == ("", "")


def test_a_table_is_for_people(told: Any, file: Path) -> None:
    _, out, _ = told(file)
    heading, first, second = out.decode().splitlines()
    assert heading.split() == ["frame", "time", "outer", "tunnel", "vni", "inner", "faults"]
    assert "geneve  5" in first
    assert "geneve" not in second


def test_several_files_are_told_apart(told: Any, file: Path) -> None:
    _, out, _ = told(file, file, "--format", "jsonl")
    rows = [json.loads(line) for line in out.splitlines()]
    assert [(row["file"], row["frame"]) for row in rows] == [(str(file), n) for n in (1, 2, 1, 2)]


def test_a_packet_that_the_file_cuts_is_a_row_with_its_faults(told: Any, file: Path) -> None:
    whole = file.read_bytes()
    for cut, faults in ((1, ["record-cut"]), (45, ["ipv4-truncated", "record-cut"])):
        file.write_bytes(whole[:-cut])
        code, out, _ = told(file, "--format", "jsonl")
        assert code == 0
        assert json.loads(out.splitlines()[-1])["faults"] == faults


def test_of_a_damaged_file_the_rows_before_come_out_and_then_the_offset(told: Any, file: Path) -> None:
    whole = file.read_bytes()
    file.write_bytes(whole + b"\xff" * 20)
    code, out, err = told(file, "--format", "jsonl")
    assert (code, len(out.splitlines())) == (EXIT_CODES[WireError], 2)
    assert str(file) in err
    assert f"offset {len(whole)}" in err


def test_a_link_type_that_nobody_knows_is_a_fault_of_its_packets(told: Any, tmp_path: Path) -> None:
    path = tmp_path / "usb.pcap"
    path.write_bytes(pcap.write_header(189) + pcap.write(Record(0, 4, b"abcd", 189)))
    _, out, _ = told(path, "--format", "jsonl")
    assert json.loads(out)["faults"] == ["link-type-unknown"]


@pytest.mark.parametrize(("content", "error"), [(b"", WireError), (b"no capture", WireError), (None, NotFound)])
def test_what_is_no_capture_ends_with_its_exit_code(
    told: Any, tmp_path: Path, content: bytes | None, error: type[CpalError]
) -> None:
    path = tmp_path / "odd"
    if content is not None:
        path.write_bytes(content)
    code, out, err = told(path)
    assert (code, out) == (EXIT_CODES[error], b"")
    assert str(path) in err


def test_of_stt_only_the_first_segment_knows_its_network(told: Any, tmp_path: Path) -> None:
    chance = Random(7471)
    context = 3 << 40 | 4 << 24 | 5
    data = stt.encode(stt.Stt(context, packets.innermost(chance, 4, 600)))
    segments = stt.segments(data, 300, 50000, 1)
    frames = [packets.frame(chance, packets.packet(chance, ip.TCP, 4, segment), 4) for segment in segments]
    path = tmp_path / "stt.pcap"
    path.write_bytes(packets.capture(frames))
    _, out, _ = told(path, "--format", "jsonl")
    first, *later = (json.loads(line) for line in out.splitlines())
    assert first["tunnels"] == [{"type": "stt", "vni": 5, "options": [], "context": context}]
    assert first["inner"] is not None
    assert [row["tunnels"] for row in later] == [[{"type": "stt", "vni": None, "options": []}]] * len(later)
    assert all(not row["faults"] for row in (first, *later))


def test_strictly_the_rules_that_a_packet_breaks_are_faults(told: Any, tmp_path: Path) -> None:
    header = geneve.Geneve(
        False, False, ethernet.TEB, 5, (geneve.ovn_option(3, 4),), packets.innermost(Random(1), 4, 9)
    )
    datagram = udp.Udp(50000, geneve.PORT, geneve.encode(header))
    path = tmp_path / "broken.pcap"
    frame = packets.frame(Random(1), packets.packet(Random(1), ip.UDP, 4, datagram), 4)
    path.write_bytes(packets.capture([frame]))
    faults = [json.loads(told(path, "--format", "jsonl", *words)[1])["faults"] for words in ((), ("--strict",))]
    assert faults == [[], ["geneve-critical-flag"]]


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    """A capture of packets in tunnels of every kind, one in another."""
    chance = Random(12)
    path = tmp_path / "mixed.pcap"
    path.write_bytes(packets.capture([packets.mixed(chance) for _ in range(60)]))
    return path


def test_arrow_and_parquet_say_what_json_lines_say(told: Any, mixed: Path, tmp_path: Path) -> None:
    rows = [json.loads(line) for line in told(mixed, "--format", "jsonl")[1].splitlines()]
    assert told(mixed, "--format", "parquet", "--output", tmp_path / "rows.parquet")[0] == 0
    code, out, _ = told(mixed, "--format", "arrow")
    assert code == 0
    tables = (pq.read_table(tmp_path / "rows.parquet"), pa.ipc.open_file(pa.py_buffer(out)).read_all())
    for table in tables:
        found = table.drop_columns("time").to_pylist()
        assert [row["frame"] for row in found] == [row["frame"] for row in rows]
        assert [row["faults"] for row in found] == [row["faults"] for row in rows]
        tunnels = [[{key: tunnel[key] for key in ("type", "vni")} for tunnel in row["tunnels"]] for row in rows]
        assert [row["tunnels"] for row in found] == tunnels
        for side in ("outer", "inner"):
            ends = [{key: row[f"{side}_{key}"] for key in ("src", "dst", "sport", "dport", "proto")} for row in found]
            assert [end if end["src"] else None for end in ends] == [row[side] for row in rows]
        raw = ["".join(f"{o['class']:04x}{o['type']:02x}{len(o['data']) // 8:02x}{o['data']}" for o in
               (row["tunnels"] or [{"options": []}])[0]["options"]) for row in rows]  # fmt: skip
        single = [n for n, row in enumerate(rows) if len(row["tunnels"]) < 2]
        assert [(found[n]["options"] or b"").hex() for n in single] == [raw[n] for n in single]
        assert table["time"].cast(pa.int64()).to_pylist() == [packets.START_NS + n * 1001 for n in range(60)]


def test_a_filter_chooses_in_every_form(told: Any, mixed: Path) -> None:
    where = ("--where", "tunnel == geneve and inner.proto == tcp")
    rows = [json.loads(line) for line in told(mixed, "--format", "jsonl", *where)[1].splitlines()]
    assert 0 < len(rows) < 60
    assert all(any(t["type"] == "geneve" for t in row["tunnels"]) and row["inner"]["proto"] == 6 for row in rows)
    assert len(told(mixed, "--format", "csv", *where)[1].splitlines()) == len(rows) + 1
    assert pa.ipc.open_file(pa.py_buffer(told(mixed, "--format", "arrow", *where)[1])).read_all().num_rows == len(rows)
    assert json.loads(told(mixed, "--format", "jsonl", "--stats", *where)[1])["packets"] == len(rows)


def test_an_expression_that_is_none_is_refused(told: Any, mixed: Path) -> None:
    code, out, err = told(mixed, "--where", "vni is five")
    assert (code, out) == (EXIT_CODES[Invalid], b"")
    assert "not understood at 'is'" in err


def test_what_tunnels_carry_is_a_capture_of_its_own(told: Any, mixed: Path, tmp_path: Path) -> None:
    rows = [json.loads(line) for line in told(mixed, "--format", "jsonl")[1].splitlines()]
    inner = tmp_path / "inner.pcap"
    code, _, err = told(mixed, "--strip", inner)
    assert code == 0
    stripped = [json.loads(line) for line in told(inner, "--format", "jsonl")[1].splitlines()]
    assert [row["outer"] for row in stripped] == [row["inner"] for row in rows if row["tunnels"]]
    assert all(not row["tunnels"] and not row["faults"] for row in stripped)
    assert err == f"{len(stripped)} packets were in tunnels\n"
    assert told(mixed, "--strip")[1] == inner.read_bytes()


def test_stt_is_put_together_before_it_is_stripped(told: Any, tmp_path: Path) -> None:
    chance = Random(7471)
    inner = packets.innermost(chance, 4, 3000)
    segments = stt.segments(stt.encode(stt.Stt(5, inner)), 1000, 50000, 1)
    frames = [packets.frame(chance, packets.packet(Random(1), ip.TCP, 4, segment), 4) for segment in segments[::-1]]
    path = tmp_path / "stt.pcap"
    path.write_bytes(packets.capture(frames))
    (record,) = pcap.records(told(path, "--strip")[1])
    assert record.data == inner


def test_ip_in_geneve_is_stripped_to_a_frame_of_nobody(told: Any, tmp_path: Path) -> None:
    packet = ethernet.decode(packets.innermost(Random(1), 4, 9)).payload
    header = geneve.Geneve(False, False, ethernet.IPV4, 5, (), packet)
    frame = packets.frame(Random(1), packets.packet(Random(1), ip.UDP, 4, udp.Udp(5, 6081, geneve.encode(header))), 4)
    path = tmp_path / "ip.pcap"
    path.write_bytes(packets.capture([frame]))
    (record,) = pcap.records(told(path, "--strip")[1])
    assert record.data == bytes(12) + b"\x08\0" + packet


def test_counts_are_printed_for_people_and_programs(told: Any, mixed: Path) -> None:
    counts = json.loads(told(mixed, "--stats", "--format", "jsonl")[1])
    assert counts["packets"] == 60
    assert sum(network["packets"] for network in counts["networks"]) == sum(p["packets"] for p in counts["pairs"])
    assert b"networks\n" in told(mixed, "--stats")[1]
    sizes = json.loads(told(mixed, "--mtu", "600", "--format", "jsonl")[1])
    assert (sizes["mtu"], {"largest", "near", "over", "inner_mtu"} <= set(sizes["pairs"][0])) == (600, True)
    assert told(mixed, "--stats", "--mtu")[0] == 64


def test_of_a_damaged_file_what_is_before_the_damage_is_counted(told: Any, mixed: Path) -> None:
    mixed.write_bytes(mixed.read_bytes() + b"\xff" * 20)
    code, out, err = told(mixed, "--stats", "--format", "jsonl")
    assert (code, json.loads(out)["packets"]) == (EXIT_CODES[WireError], 60)
    assert "offset" in err


def test_a_place_that_cannot_be_written_is_told(told: Any, mixed: Path, tmp_path: Path) -> None:
    assert told(mixed, "--strip", tmp_path / "none" / "x.pcap")[0] == EXIT_CODES[Disk]
