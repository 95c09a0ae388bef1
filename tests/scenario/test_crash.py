"""Killed at any moment: cpal, the databases, northd, a hypervisor's daemons. The next run heals."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from cpal.errors import Unreachable
from cpal.faces.session import Session
from cpal.lab.processes import until
from tests.scenario.stage import Stage, stage

SEED = 20240502
ROUNDS = 6
MOST_KILLS, HITS = 20, 1
"""How often the database is killed at most, and how many of the kills must make an apply fail."""

SPRING = """
project: red
networks: {web: {cidr: 10.0.1.0/24}, db: {cidr: 10.0.2.0/24}}
routers: {edge: {interfaces: [web, db]}}
security_groups: {open: {rules: [{direction: ingress, protocol: icmp}]}}
instances:
  web1: {network: web, ip_address: 10.0.1.11, security_groups: [open], host: hv1}
  db1: {network: db, ip_address: 10.0.2.11, security_groups: [open], host: hv2}
"""
AUTUMN = """
project: red
networks: {web: {cidr: 10.0.1.0/24}, app: {cidr: 10.0.3.0/24}}
routers: {edge: {interfaces: [web, app]}}
security_groups: {open: {rules: [{direction: ingress, protocol: tcp, port: 8080}]}}
instances:
  web1: {network: web, ip_address: 10.0.1.11, security_groups: [open], host: hv2}
  app1: {network: app, ip_address: 10.0.3.11, security_groups: [open], host: hv1}
"""
APPLY = """
import sys
from cpal.faces.session import Session
session = Session()
print("ready", flush=True)
session.apply(session.plan(session.load(sys.argv[1])), "", lambda step: print(step, flush=True))
print("applied", session.estate.revision, flush=True)
"""


@pytest.fixture(scope="module")
def town() -> Iterator[Stage]:
    """A small estate across two hypervisors."""
    with stage() as found:
        found.apply(SPRING)
        yield found


def applying(town: Stage, file: Path) -> subprocess.Popen[str]:
    """A process that applies a file, as `cpal apply` does; it has begun."""
    variables = {**os.environ, "CPAL_HOME": str(town.home), "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    words = [sys.executable, "-c", APPLY, str(file)]
    process = subprocess.Popen(words, env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n", process.communicate()
    return process


def revision_told(out: str) -> int:
    """The revision that a process was told is applied; 0 for none."""
    told = re.search(r"^applied (\d+)$", out, re.MULTILINE)
    return int(told[1]) if told else 0


def healed(town: Stage, text: str) -> None:
    """The next run makes it so, nothing is left to do, and packets go as predicted."""
    with Session(town.home) as session:
        assert session.lab_up(2).state == "up"
    town.apply(text)
    assert town.plan(text).empty
    assert town.session.plan().empty
    assert [revision for revision in town.session.history() if revision.state == "proposed"] == []
    assert town.disagreements() == []


def test_cpal_killed_with_its_workloads_half_plugged(town: Stage, tmp_path: Path) -> None:
    files = {name: tmp_path / f"{name}.yaml" for name in ("autumn", "spring")}
    texts = {"autumn": AUTUMN, "spring": SPRING}
    for name, file in files.items():
        file.write_text(texts[name])
    began = time.monotonic()
    assert "applied" in applying(town, files["autumn"]).communicate(timeout=60)[0]
    duration_s = time.monotonic() - began
    chance, acknowledged = random.Random(SEED), 0
    for number in range(ROUNDS):
        name = ("spring", "autumn")[number % 2]
        process = applying(town, files[name])
        time.sleep(chance.uniform(0, duration_s))
        process.kill()
        out, _ = process.communicate(timeout=60)
        acknowledged = max(acknowledged, revision_told(out))
        again = applying(town, files[name])
        told, error = again.communicate(timeout=60)
        assert "applied" in told, error
        town.session.plan()
        assert town.session.estate.revision >= acknowledged
    healed(town, AUTUMN)


@pytest.mark.parametrize("daemon", ["nb", "sb", "northd", "hv1/ovs-vswitchd", "hv2/ovn-controller"])
def test_a_daemon_killed_and_an_apply_meanwhile(town: Stage, daemon: str) -> None:
    """The error says what is dead. Without the database nothing was accepted; without another, all rows were."""
    town.apply(SPRING)
    before = town.session.history()
    assert daemon in {found.name for found in town.lab.status().daemons}
    town.lab.kill(daemon)
    assert town.lab.status().missing == (daemon,)
    with Session(town.home) as session, pytest.raises(Unreachable, match=r"lab is broken.*cpal lab up") as refused:
        session.apply(session.plan(session.load(written(town, AUTUMN))))
    since = town.session.history()[len(before) :]
    if daemon == "nb":
        assert refused.value.key.endswith("ovnnb_db.sock")
        assert since == []
    else:
        assert f"{daemon} dead" in refused.value.message
        assert [revision.state for revision in since] == ["accepted"]
        assert town.plan(AUTUMN).changes == ()
        assert town.session.plan().empty
    healed(town, AUTUMN)
    assert town.session.history()[: len(before) + len(since)] == before + since


def written(town: Stage, text: str) -> Path:
    """A file with this text."""
    file = town.home / "scenario.yaml"
    file.write_text(text)
    return file


def killed_in(process: subprocess.Popen[str], town: Stage, step: str, after_s: float) -> None:
    """Kill the Northbound database so long after a process has begun a step, and start it again."""
    [pid] = [found.pid for found in town.lab.status().daemons if found.name == "nb"]
    assert pid is not None
    assert process.stdout is not None
    assert any(line.startswith(step) for line in process.stdout), process.communicate()
    time.sleep(after_s)
    os.kill(pid, signal.SIGKILL)
    until(lambda: town.lab.status().missing == ("nb",), 5, "the database's end")
    town.lab.start("nb")


def test_the_database_killed_in_the_middle_of_an_apply(town: Stage) -> None:
    """Again until it was hit often enough: an apply that had begun to commit, and that the kill made to fail."""
    town.apply(AUTUMN)
    chance, ends, text = random.Random(SEED), Counter[str](), AUTUMN
    for text in (SPRING, AUTUMN) * (MOST_KILLS // 2):
        before = town.session.estate.revision
        process = applying(town, written(town, text))
        killed_in(process, town, "applying", chance.uniform(0, 0.002))
        out, error = process.communicate(timeout=120)
        fault = re.search(r"^cpal\.errors\.(\w+): ", error, re.MULTILINE)
        ends[fault[1] if fault else "applied"] += 1
        told = revision_told(out)
        assert bool(told) is not bool(fault), (out, error)
        town.session.plan()
        assert {revision.state for revision in town.session.history()} <= {"accepted", "rejected"}
        assert town.session.estate.revision >= max(told, before)
        town.apply(text)
        if ends.total() - ends["applied"] >= HITS:
            break
    print(ends)
    assert ends.keys() <= {"applied", "Partial", "Unreachable", "TimedOut"}, ends
    assert ends.total() - ends["applied"] >= HITS, ends
    healed(town, text)


def test_two_processes_at_once_take_turns(town: Stage, tmp_path: Path) -> None:
    town.apply(SPRING)
    revision = town.session.estate.revision
    (tmp_path / "red.yaml").write_text(AUTUMN)
    (tmp_path / "blue.yaml").write_text(SPRING.replace("project: red", "project: blue"))
    both = [applying(town, tmp_path / name) for name in ("red.yaml", "blue.yaml")]
    told = [process.communicate(timeout=120) for process in both]
    done = sum("applied" in out for out, _ in told)
    assert done >= 1, told
    assert all("applied" in out or "cpal.errors.Moved" in error for out, error in told), told
    town.session.plan()
    assert town.session.estate.revision == revision + done
    if done == 2:
        assert town.session.stacks().keys() >= {"red", "blue"}
    town.apply(AUTUMN)
    assert town.session.plan().empty
