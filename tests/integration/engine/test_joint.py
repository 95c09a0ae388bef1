"""One commit over two leaves that run FRR and a database: all of it or nothing, whoever dies at which step."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from cpal.drivers.devices.frr.backend import FrrBackend
from cpal.drivers.devices.frr.make import RULES
from cpal.drivers.ovn.backend import OvnBackend
from cpal.engine.joint import Joint, Rollout, waves
from cpal.engine.run import Engine
from cpal.errors import CpalError, Moved, Partial, Rejected, TimedOut, Unsupported, Unverified
from cpal.lab.lab import Lab
from cpal.lab.processes import until
from tests.integration.engine.campus import DECIDED, LEAVES, ORPHAN_ENDS, UNDECIDED, bring, campus, held
from tests.integration.engine.site import Northbound, northbound, shape, towards
from tests.support.warm import program

PATIENCE_S = 120.0
LATER = ("cpal.drivers.devices.frr.watchdog", "cpal.engine.guard")
"""What runs later, unless it is called off."""
BRIDGE = "$(ip -n layer2 -br link show type bridge | cut -d' ' -f1)"
DRIFT = f"ip -n layer2 link set {BRIDGE} down"
"""What somebody does on a leaf, to a bridge of ours."""


class Ground(NamedTuple):
    """A lab and a database, the store of what is on both, and what they hold in spring."""

    lab: Lab
    nb: Northbound
    home: Path
    spring: dict[str, Any]

    def bring(self, name: str, **how: Any) -> int:
        """Make it so; the revision."""
        return asyncio.run(bring(self.home, campus(self.nb.endpoint, self.lab, name), Rollout(**how)))

    def held(self) -> dict[str, Any]:
        """What both really hold."""
        return held(self.lab, self.nb)

    def is_spring(self) -> bool:
        """Whether both hold what they do in spring."""
        return self.held() == self.spring

    def until_spring(self) -> None:
        """Wait until they do, and nobody has to run cpal for it."""
        deadline = time.monotonic() + PATIENCE_S
        while not self.is_spring():
            assert time.monotonic() < deadline, self.held()
            time.sleep(0.1)

    def settled(self) -> str:
        """The state that the next run finds, with nothing open and nothing to do a second time."""

        async def work() -> str:
            async with Engine(self.home) as engine:
                await engine.catch_up()
                assert engine.store.revisions("proposed") == []
                assert engine.store.confirming() == 0
                assert (await engine.plan()).empty
                assert engine.store.claims() == dict(engine.estate.claims())
                named = {
                    name: shape(campus(self.nb.endpoint, self.lab, name).estate()) for name in ("spring", "autumn")
                }
                return next(name for name, records in named.items() if records == shape(engine.estate))

        return asyncio.run(work())

    def time_passes(self) -> None:
        """What sleeps until the time of leaves and store is over need not sleep longer."""
        for entry in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                told = Path(f"/proc/{parent}/cmdline").read_text()
                if (entry / "comm").read_text() == "sleep\n" and any(m in told for m in LATER) and self.is_ours(told):
                    os.kill(int(entry.name), signal.SIGKILL)

    def is_ours(self, told: str) -> bool:
        """Whether a command is about this lab or store."""
        return str(self.lab.directory) in told or str(self.home) in told

    def killed_at(self, step: str) -> None:
        """A process is killed on its way to autumn."""
        words = [program("tests.integration.engine.campus"), str(self.home), self.nb.endpoint]
        words += [str(self.lab.directory), "autumn", "60", step]
        done = subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE_S)
        assert done.returncode == -signal.SIGKILL, done.stderr


@pytest.fixture(scope="module")
def ground() -> Iterator[Ground]:
    """Two leaves and a spine, an empty Northbound database, and spring on both."""
    if os.geteuid() != 0:
        pytest.skip("leaves are made of network namespaces, which need root")
    if not Path("/usr/lib/frr/zebra").exists():
        pytest.skip("FRR is not installed (package frr)")
    directory = Path(tempfile.mkdtemp(prefix="cpal-joint-"))
    lab = Lab(directory / "lab")
    try:
        with northbound(directory / "nb") as nb:
            lab.up_fabric(1, len(LEAVES))
            found = Ground(lab, nb, directory / "home", {})
            found.bring("spring")
            yield found._replace(spring=found.held())
    finally:
        lab.down()
        shutil.rmtree(directory)


@pytest.fixture
def spring(ground: Ground) -> Ground:
    """The ground in spring."""
    if not ground.is_spring():
        ground.bring("spring")
    assert ground.is_spring()
    return ground


@pytest.mark.parametrize("step", UNDECIDED)
def test_killed_before_the_decision_all_goes_back_unaided(spring: Ground, step: str) -> None:
    """Also with the leaves' links cut; the next run finds the old state."""
    spring.killed_at(step)
    cut = [["ip", "link", "set", "spine1", state] for state in ("down", "up")] if step == "verify" else []
    for words in cut[:1]:
        assert all(spring.lab.run(leaf, words).exit_code == 0 for leaf in LEAVES)
    spring.time_passes()
    spring.until_spring()
    for words in cut[1:]:
        assert all(spring.lab.run(leaf, words).exit_code == 0 for leaf in LEAVES)
    assert spring.settled() == "spring"


def test_what_commands_do_that_outlive_a_killed_process_goes_back_too(spring: Ground) -> None:
    """The leaf's time is over while they are still at it."""
    spring.killed_at("orphan")
    spring.time_passes()
    until(lambda: not any(spring.lab.directory.glob("leaf*/cpal/pending-*.json")), PATIENCE_S, "the watchdogs")
    ended = [spring.lab.directory / leaf / ORPHAN_ENDS for leaf in LEAVES]
    until(lambda: any(file.exists() for file in ended), PATIENCE_S, "the commands")
    for file in ended:
        file.unlink(missing_ok=True)
    assert spring.is_spring()
    assert spring.settled() == "spring"


@pytest.mark.parametrize("step", DECIDED)
def test_killed_after_the_decision_the_next_run_goes_on(spring: Ground, step: str) -> None:
    spring.killed_at(step)
    assert spring.settled() == "autumn"
    assert not spring.is_spring()


def test_what_went_back_after_the_decision_is_done_again(spring: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """Timers were faster than the confirmation."""
    confirm = Joint.confirm

    async def late(joint: Joint) -> None:
        spring.time_passes()
        until(lambda: not any(spring.lab.directory.glob("leaf*/cpal/pending-*.json")), PATIENCE_S, "the watchdogs")
        assert [spring.held()[leaf] for leaf in LEAVES] == [spring.spring[leaf] for leaf in LEAVES]
        await confirm(joint)

    monkeypatch.setattr(Joint, "confirm", late)
    spring.bring("autumn")
    assert spring.settled() == "autumn"


def test_what_leaves_no_margin_is_not_decided(spring: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cpal.engine.joint.MARGIN", 1.0)
    fails(spring, TimedOut, "--within")


def test_a_target_without_a_timer_takes_part_only_where_that_is_allowed(
    spring: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    stepwise = RULES._replace(capability=RULES.capability._replace(commit="stepwise"))
    monkeypatch.setattr(FrrBackend, "rules", stepwise)
    fails(spring, Unsupported, "--allow-unconfirmed")
    spring.bring("autumn", allow_unconfirmed=True)
    assert spring.settled() == "autumn"


def test_rows_are_adopted_where_one_target_changes(spring: Ground) -> None:
    wanted = campus(spring.nb.endpoint, spring.lab, "autumn")

    async def adopt() -> None:
        async with Engine(spring.home) as engine:
            await engine.catch_up()
            plan = await engine.plan(towards(engine.estate, wanted), handover="adopt")
            with pytest.raises(Unsupported, match="one target at a time"):
                await engine.apply(plan, "test", "")
            assert engine.store.revisions("proposed") == []

    asyncio.run(adopt())
    assert spring.is_spring()
    assert spring.settled() == "spring"


def test_a_wave_is_looked_at_before_the_next(spring: Ground) -> None:
    looks: list[tuple[bool, list[str]]] = []

    def look(is_last: bool) -> None:
        now = spring.held()
        looks.append((is_last, [place for place in now if now[place] != spring.spring[place]]))

    spring.bring("autumn", waves=(1, 1), probe=look)
    assert looks == [(False, ["leaf1"]), (False, ["leaf1", "leaf2"]), (True, ["leaf1", "leaf2", "ovn"])]
    assert spring.settled() == "autumn"


def fails(ground: Ground, error: type[CpalError], match: str, **how: Any) -> None:
    """On the way to autumn something fails, and all is as in spring."""
    with pytest.raises(error, match=match):
        ground.bring("autumn", **how)
    assert ground.is_spring()
    assert ground.settled() == "spring"


def test_packets_that_do_otherwise_than_predicted_take_all_back(spring: Ground) -> None:
    def probe(is_last: bool) -> None:
        if is_last:
            raise Unverified("a flow is not as predicted", key="vm7")

    fails(spring, Unverified, "everything is as before", probe=probe)


def test_a_leaf_that_refuses_leaves_the_other_and_the_database(spring: Ground) -> None:
    """Its kernel has the router's VNI already, in a device of somebody else."""
    words = "ip link add theirs type vxlan id 5001 dstport 4789 local 10.255.1.2 nolearning"
    assert spring.lab.run("leaf2", words.split()).exit_code == 0
    try:
        with pytest.raises(Rejected, match="leaf2"):
            spring.bring("autumn")
    finally:
        spring.lab.run("leaf2", ["ip", "link", "delete", "theirs"])
    assert spring.is_spring()
    assert spring.settled() == "spring"


@pytest.mark.usefixtures("impatient")
def test_a_database_that_dies_leaves_the_leaves(spring: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether it holds the change nobody knows: so nothing is decided, until it answers again."""
    commit = OvnBackend.commit_confirmed

    async def dead(backend: OvnBackend, *how: Any) -> None:
        spring.nb.server.kill()
        await commit(backend, *how)

    monkeypatch.setattr(OvnBackend, "commit_confirmed", dead)
    with pytest.raises(Partial, match="lab"):
        spring.bring("autumn")
    spring.nb.server.start()
    assert spring.settled() == "spring"
    assert spring.is_spring()


def test_a_daemon_that_dies_half_way_is_said_and_its_leaf_goes_back_when_it_lives(spring: Ground) -> None:
    def probe(is_last: bool) -> None:
        spring.lab.kill("leaf2/bgpd")
        raise Unverified("no packet arrives", key="leaf2")

    with pytest.raises(Partial, match="leaf2/bgpd"):
        spring.bring("autumn", probe=probe)
    spring.lab.start("leaf2/bgpd")
    spring.time_passes()
    spring.until_spring()
    assert spring.settled() == "spring"


def test_a_leaf_that_starts_anew_has_what_was_confirmed_last(spring: Ground) -> None:
    """In the window the old, after it the new."""

    def probe(is_last: bool) -> None:
        spring.lab.kill("leaf2/holder")
        spring.lab.up_fabric(1, len(LEAVES))
        assert spring.held()["leaf2"] == spring.spring["leaf2"]
        raise Unverified("it started anew", key="leaf2")

    fails(spring, Unverified, "started anew", probe=probe)
    spring.bring("autumn")
    autumn = spring.held()
    spring.lab.kill("leaf2/holder")
    spring.lab.up_fabric(1, len(LEAVES))
    assert spring.held() == autumn
    assert spring.settled() == "autumn"


def test_two_at_once_come_one_after_the_other(spring: Ground) -> None:
    """Whoever planned for what is no longer so is refused, and nothing is changed."""

    async def work() -> None:
        async with Engine(spring.home) as one, Engine(spring.home) as other:
            autumn = campus(spring.nb.endpoint, spring.lab, "autumn")
            plans = [await engine.plan(towards(engine.estate, autumn)) for engine in (one, other)]
            await one.apply(plans[0], "one", "")
            with pytest.raises(Moved):
                await other.apply(plans[1], "other", "")

    asyncio.run(work())
    assert spring.settled() == "autumn"


def test_what_somebody_changed_since_the_plan_is_named(spring: Ground) -> None:
    async def work() -> None:
        async with Engine(spring.home) as engine:
            plan = await engine.plan(towards(engine.estate, campus(spring.nb.endpoint, spring.lab, "autumn")))
            assert spring.lab.run("leaf1", ["sh", "-c", DRIFT]).exit_code == 0
            with pytest.raises(Moved, match="fabric"):
                await engine.apply(plan, "test", "")

    asyncio.run(work())
    spring.bring("spring")
    assert spring.settled() == "spring"


def test_waves_are_as_many_as_are_asked_for_and_the_rest() -> None:
    units: Any = list("abcdefgh")
    assert ["".join(map(str, wave)) for wave in waves(units, (1, 5))] == ["a", "bcdef", "gh"]
    assert ["".join(map(str, wave)) for wave in waves(units, ())] == ["abcdefgh"]
    assert ["".join(map(str, wave)) for wave in waves(units, (20, 3))] == ["abcdefgh"]
