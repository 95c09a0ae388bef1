"""What the prober claims is on the wire: tcpdump and tshark say so too; and nothing of a run remains."""

from __future__ import annotations

import os
import resource
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cpal.engine.probe import probe
from cpal.errors import Denied
from cpal.reach.flow import Service
from tests.integration.probe.ground import ECHO, ECHO6, Ground, run, tcp, udp

RAW = [Service(version, protocol, 80) for version in (4, 6) for protocol in (132, 33, 136)]
CHECKSUMS = ("ip", "sctp", "dccp", "udp", "icmp", "icmpv6")
PREFERENCES = ("ip.check_checksum:TRUE", "udplite.check_checksum:TRUE", "sctp.checksum:CRC-32c")


@contextmanager
def captured(ground: Ground, name: str, interface: str, file: Path) -> Iterator[None]:
    """Write to `file` what tcpdump sees on an interface."""
    words = ["ip", "netns", "exec", ground.namespace(name), "tcpdump", "-i", interface, "-w", str(file), "-U"]
    with subprocess.Popen([*words, "--immediate-mode", "-Z", "root"], stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert any("listening on" in line for line in process.stderr)
        yield
        time.sleep(0.2)
        process.terminate()


def decoded(file: Path, display_filter: str, *fields: str) -> list[list[str]]:
    """The fields of each packet that tshark's filter matches, checksums verified."""
    words = ["tshark", "-r", str(file), "-Y", display_filter, "-T", "fields", "-E", "separator=|", "-E", "occurrence=f"]
    words += [word for field in fields for word in ("-e", field)]
    words += [word for each in PREFERENCES for word in ("-o", each)]
    return [line.split("|") for line in run(*words).splitlines()]


def test_the_packets_that_left_are_on_the_wire(ground: Ground, tmp_path: Path) -> None:
    ground.forward("meta l4proto { tcp, udp, sctp } th dport 81 drop", "ip protocol gre drop")
    services = {"tcp.dstport": tcp(81), "udp.dstport": udp(81), "sctp.dstport": Service(4, 132, 81)}
    with captured(ground, "fw", "a", tmp_path / "seen"):
        found = probe([ground.flow("a", "b", each) for each in (*services.values(), Service(4, 47))], ground.places())
    counts = [
        *(len(decoded(tmp_path / "seen", f"{field} == 81 && ip.src == 10.91.1.2", field)) for field in services),
        len(decoded(tmp_path / "seen", "ip.proto == 47 && !icmp", "ip.proto")),
    ]
    assert min(counts) >= 3
    assert [each.evidence for each in found] == [f"{count} packets left a; none arrived at b" for count in counts]


def test_an_exchange_is_on_the_wire_with_its_token(ground: Ground, tmp_path: Path) -> None:
    with captured(ground, "fw", "b", tmp_path / "seen"):
        found = probe([ground.flow("a", "b", each) for each in (tcp(80), udp(80), ECHO, ECHO6)], ground.places())
    assert [each.observed for each in found] == [True] * 4
    datagrams = [row[0] for row in decoded(tmp_path / "seen", "udp.port == 80", "data.data")]
    streams = [row[0] for row in decoded(tmp_path / "seen", "tcp.port == 80 && tcp.len > 0", "tcp.payload")]
    for question, answer in (datagrams, streams):
        assert bytes.fromhex(question)[:4] == b"cpal"
        assert bytes.fromhex(answer) == b"CPAL" + bytes.fromhex(question)[4:] + b"b"
    assert datagrams[0] != streams[0]
    kinds = [row[0] for row in decoded(tmp_path / "seen", "icmp", "icmp.type")]
    assert kinds == ["8", "0"]


def test_tshark_finds_no_fault_in_the_packets(ground: Ground, tmp_path: Path) -> None:
    services = [*RAW, ECHO, ECHO6, Service(4, 1, 13, 0), Service(4, 47), Service(6, 47)]
    with captured(ground, "fw", "a", tmp_path / "seen"):
        found = probe([ground.flow("a", "b", each) for each in services], ground.places())
    assert [each.observed for each in found] == [True] * len(services), found
    sent = (
        "(ip.src == 10.91.1.2 || ipv6.src == fd91:1::2) && !icmp.type in {3} && !icmpv6.type in {1, 4, 135, 136, 143}"
    )
    rows = decoded(tmp_path / "seen", sent, *(f"{each}.checksum.status" for each in CHECKSUMS))
    good = Counter(name for row in rows for name, status in zip(CHECKSUMS, row, strict=True) if status == "1")
    assert good == {"ip": 6, "sctp": 2, "dccp": 2, "udp": 2, "icmp": 2, "icmpv6": 1}
    assert not any(status == "0" for row in rows for status in row), rows
    assert decoded(tmp_path / "seen", f"{sent} && _ws.malformed", "frame.number") == []


def open_files() -> list[Path]:
    """What this process has open."""
    return list(Path("/proc/self/fd").iterdir())


def test_nothing_remains(ground: Ground) -> None:
    before = threading.active_count(), len(open_files()), resource.getrlimit(resource.RLIMIT_NOFILE)
    here = Path("/proc/self/ns/net").readlink()
    told: list[tuple[int, int]] = []
    found = probe(
        [ground.flow("a", "b", each) for each in (tcp(80), udp(80), ECHO)],
        ground.places(),
        report=lambda done, total: told.append((done, total)),
    )
    assert [each.observed for each in found] == [True] * 3
    assert (threading.active_count(), len(open_files()), resource.getrlimit(resource.RLIMIT_NOFILE)) == before
    assert Path("/proc/self/ns/net").readlink() == here
    assert told[-1] == (7, 7)
    for name in ground.hosts:
        assert "LISTEN" not in run("ip", "netns", "exec", ground.namespace(name), "ss", "-tunaH")


def test_an_interrupted_run_ends_and_leaves_nothing(ground: Ground) -> None:
    ground.forward("tcp dport 81 drop")
    before = threading.active_count(), len(open_files())

    def interrupt(done: int, total: int) -> None:
        if done:
            raise KeyboardInterrupt

    flows = [ground.flow("a", "b", tcp(81))]
    with pytest.raises(KeyboardInterrupt):
        probe(flows, ground.places(), report=interrupt, timeout_s=60)
    assert (threading.active_count(), len(open_files())) == before


def test_nothing_asked_is_nothing_observed(ground: Ground) -> None:
    assert probe([], ground.places()) == []
    assert probe([], {}) == []


def test_without_privileges_it_is_denied(ground: Ground) -> None:
    flows, places = [ground.flow("a", "b", tcp(80))], ground.places()
    child = os.fork()
    if not child:
        os.setuid(65534)
        try:
            probe(flows, places)
        except Denied as fault:
            os._exit(0 if "run as root" in str(fault) else 2)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
