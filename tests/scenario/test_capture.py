"""`cpal capture` on a lab: both ends at once, in names, and what vanishes between them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from cpal.engine import ssh
from cpal.errors import EXIT_CODES, NotFound, Unverified
from cpal.faces import live_capture
from cpal.wire import ip
from tests.scenario.stage import Stage, stage
from tests.scenario.test_doctor import ssh_servers
from tests.scenario.traffic import largest_ping, ping
from tests.support.warm import program

DOCUMENTS = """
project: red
networks:
  web: {cidr: 10.0.1.0/24}
  db: {cidr: 10.0.2.0/24}
security_groups:
  open: {rules: [{direction: ingress, protocol: icmp}]}
instances:
  web1: {network: web, host: hv1, ip_address: 10.0.1.11, security_groups: [open]}
  web2: {network: web, host: hv2, ip_address: 10.0.1.12, security_groups: [open]}
  db1: {network: db, host: hv1, ip_address: 10.0.2.11, security_groups: [open]}
  db2: {network: db, host: hv2, ip_address: 10.0.2.12, security_groups: [open]}
"""
END_S = 60
PATIENCE_S = 30.0


@pytest.fixture(scope="module")
def town() -> Iterator[Stage]:
    """Two networks across two hypervisors."""
    with stage() as found:
        found.apply(DOCUMENTS)
        yield found


class Shown:
    """What a capture showed, after its end."""

    code: int | None = None
    rows: list[dict[str, Any]]


@contextmanager
def capturing(town: Stage, *words: str) -> Iterator[Shown]:
    """The program runs while the block does, from when it listens; then Ctrl-C."""
    environment = {**os.environ, "CPAL_HOME": str(town.home)}
    argv = [program("cpal"), "capture", "--format", "jsonl", *words]
    process = subprocess.Popen(argv, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    shown = Shown()
    with process:
        try:
            assert any("listening" in line for line in process.stderr)
            yield shown
        finally:
            process.send_signal(signal.SIGINT)
            out, _ = process.communicate(timeout=END_S)
    shown.code, shown.rows = process.returncode, [json.loads(line) for line in out.splitlines()]


def told(row: dict[str, Any]) -> tuple[Any, ...]:
    """Where a row was seen, and between which ports it goes."""
    tunnel = row["tunnels"][0]
    return row["host"], tunnel["network"], tunnel.get("from"), tunnel.get("to")


def test_a_network_is_seen_at_both_ends_and_nothing_else_is(town: Stage, tmp_path: Path) -> None:
    file = tmp_path / "web.pcapng"
    with capturing(town, "--network", "web", "--output", str(file)) as shown:
        assert ping(town.lab, "red.web1", "10.0.1.12")
        assert ping(town.lab, "red.db1", "10.0.2.12")
        settle(file, 4)
    pings = [told(row) for row in shown.rows if row["inner"] and row["inner"]["proto"] == 1]
    asked, answered = ("red/web", "red/web1", "red/web2"), ("red/web", "red/web2", "red/web1")
    assert set(pings) == {(host, *way) for host in ("hv1", "hv2") for way in (asked, answered)}
    assert {row["tunnels"][0]["network"] for row in shown.rows} == {"red/web"}
    assert not [row for row in shown.rows if row.get("vanished")]
    assert shown.code == 0
    assert left_behind(town) == []
    comments = tshark(file, "icmp", "frame.interface_name", "frame.comment")
    assert {tuple(line) for line in comments} == {
        (host, f"network: {n}, from: {a}, to: {b}") for host in ("hv1", "hv2") for n, a, b in (asked, answered)
    }


def left_behind(town: Stage) -> list[str]:
    """Programs named tcpdump on the hypervisors; those that were told to end may take a moment."""
    deadline = time.monotonic() + PATIENCE_S
    while found := [name for host in town.lab.hypervisors for name in programs(host.namespace)]:
        if time.monotonic() > deadline:
            break
    return found


def programs(namespace: str) -> Iterator[str]:
    """Processes of tcpdump in a network namespace."""
    pids = subprocess.run(["ip", "netns", "pids", namespace], capture_output=True, text=True, check=True).stdout.split()
    for pid in pids:
        with suppress(OSError):
            if Path(f"/proc/{pid}/comm").read_text() == "tcpdump\n":
                yield pid


def test_by_ssh_the_same_is_seen_and_nothing_is_left(
    town: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ssh_servers(town, tmp_path) as configuration:
        monkeypatch.setenv(ssh.CONFIGURATION, str(configuration))
        public = " ".join((tmp_path / "host.pub").read_text().split()[:2])
        (tmp_path / "known").write_text(f"hv1 {public}\nhv2 {public}\n")
        places = live_capture.links(("hv1", "hv2"), ssh.run)
        passing = live_capture.listening(places, ssh.words, live_capture.after(5))
        assert next(passing) is None
        assert ping(town.lab, "red.web1", "10.0.1.12")
        seen = [each for each in passing if each is not None]
        assert left_behind(town) == []
    pings = [each.host for each in seen if each.packet.inner and each.packet.inner.protocol == ip.ICMP]
    assert set(pings) == {"hv1", "hv2"}


def settle(file: Path, packets: int) -> None:
    """Return when the capture holds so many pings."""
    deadline = time.monotonic() + PATIENCE_S
    while len(tshark(file, "icmp", "frame.number")) < packets:
        assert time.monotonic() < deadline, f"{file} never held {packets} pings"


def tshark(file: Path, wanted: str, *fields: str) -> list[list[str]]:
    """Fields of the packets of a capture that may still grow."""
    argv = ["tshark", "-r", str(file), "-Y", wanted, "-T", "fields", "-E", "separator=|"]
    done = subprocess.run([*argv, *(w for f in fields for w in ("-e", f))], capture_output=True, text=True, check=False)
    return [line.split("|") for line in done.stdout.splitlines()]


def test_what_is_too_large_for_the_underlay_is_seen_to_vanish(town: Stage) -> None:
    town.run("underlay", "ip", "link", "set", "u-hv2", "mtu", "1400")
    try:
        with capturing(town, "--port", "web1", "--seconds", "8") as shown:
            assert not largest_ping(town.lab, "red.web1", "10.0.1.12", 1400)
            assert ping(town.lab, "red.web1", "10.0.1.12")
            town.run("hv1", "sleep", "3")
    finally:
        town.run("underlay", "ip", "link", "set", "u-hv2", "mtu", "9000")
    lost = [row for row in shown.rows if row.get("vanished")]
    assert lost
    assert {told(row) for row in lost} == {("hv1", "red/web", "red/web1", "red/web2")}
    assert all(row["length"] > 1400 for row in lost)
    assert shown.code == EXIT_CODES[Unverified]


def test_a_name_that_nothing_has_is_refused_with_what_comes_near(town: Stage) -> None:
    environment = {**os.environ, "CPAL_HOME": str(town.home)}
    argv = [program("cpal"), "capture", "--network", "red/wep"]
    done = subprocess.run(argv, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == EXIT_CODES[NotFound]
    assert "did you mean red/web?" in done.stderr
