"""One document on switches of two makes: both have all of it or neither, whichever fails at which step (emulated)."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cpal.engine import devices
from cpal.errors import CpalError
from cpal.faces.cli.main import program
from cpal.lab.emulate.fleet import PASSWORD, USER, Wanted
from tests.support.emulated import Running, emulated, until
from tests.support.switch_makes import MAKES, SwitchMake, let_in
from tests.support.warm import program as warm_program

DOCUMENT = """
targets:
  one: {{driver: {one.driver}, endpoints: {{leaf1: '{leaf1}'}}}}
  two: {{driver: {two.driver}, endpoints: {{leaf2: '{leaf2}'}}}}
vlans:
  users: {{vlan_id: 10, devices: [leaf1, leaf2]}}
interfaces:
  leaf1/{one_port}: {{mode: access, vlan: 10, description: to h1}}
  leaf2/{two_port}: {{mode: trunk, vlans: [10], description: to h2}}
"""
LEAVES = ("leaf1", "leaf2")
WITHIN_S = 2
"""How long a switch waits for its confirmation where a test waits for that."""


class Pair:
    """A switch of one make and one of another, and the program with a store of its own."""

    def __init__(self, makes: tuple[SwitchMake, SwitchMake], running: Running) -> None:
        self.makes = dict(zip(LEAVES, makes, strict=True))
        self.running = running
        self.hands = {leaf: make.hands(running, leaf) for leaf, make in self.makes.items()}
        self.path = Path()

    def begin(self, folder: Path) -> None:
        """Make both as new, and write the document."""
        one, two = self.makes.values()
        for leaf, make in self.makes.items():
            make.as_new(self.running, leaf, self.hands[leaf])
        addresses = {leaf: make.address(self.running, leaf, USER) for leaf, make in self.makes.items()}
        ports = {"one_port": one.spoken("Ethernet1"), "two_port": two.spoken("Ethernet1")}
        self.path = folder / "both.yaml"
        self.path.write_text(DOCUMENT.format(one=one, two=two, **addresses, **ports), encoding="utf-8")

    def shown(self) -> dict[str, str]:
        """Both running configurations."""
        return {leaf: hands.shown() for leaf, hands in self.hands.items()}

    def left(self) -> dict[str, list[str]]:
        """What both have of changes that are not at their end."""
        return {leaf: hands.left() for leaf, hands in self.hands.items()}

    def fail(self, leaf: str, step: str, action: str, when: str = "before") -> None:
        """Have a switch fail at a step."""
        match = getattr(self.makes[leaf], step)
        self.running.order(leaf, "faults", match=match, action=action, when=when)

    def apply(self, *words: str) -> CpalError | None:
        """Apply the document; why it is not done."""
        done = CliRunner().invoke(program, ("apply", "-y", str(self.path), *words))
        assert isinstance(done.exception, CpalError | None) or done.exit_code == 0, done.output
        return done.exception if isinstance(done.exception, CpalError) else None

    def ops(self) -> list[dict[str, Any]]:
        """What there is to do."""
        done = CliRunner().invoke(program, ("plan", str(self.path), "--format", "json"))
        assert done.exit_code == 0, done.output + str(done.exception)
        found: list[dict[str, Any]] = json.loads(done.stdout)["ops"]
        return found

    def killed_at(self, step: str) -> None:
        """A process is killed on its way."""
        words = [warm_program("tests.integration.switches.child"), step, "apply", "-y", str(self.path)]
        done = subprocess.run([*words, "--within", str(WITHIN_S)], capture_output=True, text=True, check=False)
        assert done.returncode == -signal.SIGKILL, done.stderr


@pytest.fixture(scope="module", params=[make for make in MAKES if make != "eos"])
def both(request: pytest.FixtureRequest) -> Iterator[Pair]:
    """A switch that runs EOS and one of each other make."""
    makes = (MAKES["eos"], MAKES[request.param])
    wanted = [Wanted(make.driver, leaf, plain=make.plain, boot_s=0.2) for leaf, make in zip(LEAVES, makes, strict=True)]
    with emulated(*wanted) as running:
        found = Pair(makes, running)
        yield found
        for hands in found.hands.values():
            hands.close()


@pytest.fixture
def pair(both: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pair:
    """Both as new, with a store of their own."""
    monkeypatch.setenv("CPAL_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CPAL_DEVICE_PASSWORD", PASSWORD)
    if not all(make.plain for make in both.makes.values()):
        until(lambda: not any(each.device.down for each in both.running.fleet.devices.values()))
        let_in(both.running, tmp_path, monkeypatch)
    both.begin(tmp_path)
    return both


def test_one_document_is_on_both_and_goes_from_both(pair: Pair) -> None:
    before = pair.shown()
    assert {op["name"].split()[0] for op in pair.ops()} == set(LEAVES)
    assert pair.apply() is None
    after = pair.shown()
    assert all(after[leaf] != before[leaf] for leaf in LEAVES)
    assert pair.ops() == []
    assert CliRunner().invoke(program, ("undo", "-y")).exit_code == 0
    assert pair.shown() == before


@pytest.mark.parametrize("leaf", LEAVES)
@pytest.mark.parametrize(
    ("step", "action", "when"),
    [
        ("prepare", "refuse", "before"),
        ("prepare", "drop", "after"),
        ("commit", "refuse", "before"),
        ("commit", "drop", "before"),
        ("commit", "drop", "after"),
        ("commit", "hang", "before"),
        ("commit", "reboot", "before"),
        ("commit", "reboot", "after"),
    ],
)
def test_what_fails_on_one_side_leaves_both_as_before(
    pair: Pair, monkeypatch: pytest.MonkeyPatch, leaf: str, step: str, action: str, when: str
) -> None:
    before = pair.shown()
    if action == "hang":
        monkeypatch.setattr(devices, "TIMEOUT_S", 2.0)
    for name, make in pair.makes.items():
        make.hasten(pair.running, name)
    pair.fail(leaf, step, action, when)
    why = pair.apply("--within", str(WITHIN_S))
    assert why is not None
    assert leaf in str(why)
    until(lambda: pair.shown() == before)
    until(lambda: not any(pair.left().values()))
    monkeypatch.undo()


@pytest.mark.parametrize("leaf", LEAVES)
@pytest.mark.parametrize(("action", "when"), [("refuse", "before"), ("drop", "after"), ("reboot", "before")])
def test_what_fails_once_it_is_decided_is_done_by_the_next_run(pair: Pair, leaf: str, action: str, when: str) -> None:
    pair.fail(leaf, "confirm", action, when)
    pair.apply()
    until(lambda: not pair.running[leaf].device.down)
    assert pair.apply() is None
    assert pair.ops() == []
    assert not any(pair.left().values())
    assert all("to h1" in text or "to h2" in text for text in pair.shown().values())


@pytest.mark.parametrize("step", ["commit", "verify"])
def test_killed_before_the_decision_both_go_back_unaided(pair: Pair, step: str) -> None:
    before = pair.shown()
    for name, make in pair.makes.items():
        make.hasten(pair.running, name)
    pair.killed_at(step)
    until(lambda: pair.shown() == before)
    assert pair.apply() is None
    assert pair.ops() == []


def test_killed_after_the_decision_the_next_run_goes_on(pair: Pair) -> None:
    pair.killed_at("confirm")
    assert pair.apply() is None
    assert pair.ops() == []
    assert not any(pair.left().values())
