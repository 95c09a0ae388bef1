"""Switches are handed back as they are: nothing is sent to them, and the next import takes over the same (emulated)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from cpal.engine.joint import Joint
from tests.integration.switches.rack import LEAVES, Rack
from tests.integration.switches.test_import import BY_HAND, Killed, words
from tests.integration.switches.test_lost import INSIDE, SECRET, USUAL

THEIRS = {
    "junos": (
        "set vlans users vlan-id 10", "set vlans db vlan-id 12", "set interfaces ge-0/0/1 description h1",
        "set system ntp server 192.0.2.9",
    ),
}  # fmt: skip


@pytest.fixture
def taken(rack: Rack) -> Rack:
    """The switches, which somebody configured, taken over into `rack.yaml`."""
    for name in LEAVES:
        rack.type(name, *THEIRS.get(rack.make.driver, BY_HAND))
    rack.done(*words(rack, "-y"))
    return rack


def ledgers(rack: Rack) -> str:
    """All that is kept beside the store of what is cpal's at the switches."""
    return "".join(path.read_text() for path in Path(rack.folder, "home", "ledger").iterdir())


def all_of(rack: Rack) -> dict[str, Any]:
    """The plan of everything that is declared."""
    told: dict[str, Any] = json.loads(rack.done("plan", "--format", "json"))
    return told


def is_taken_over_again(rack: Rack) -> None:
    """The next import writes the same again, of which nothing is left to do."""
    path = rack.folder / "rack.yaml"
    before, former = rack.all_shown(), path.read_text()
    path.unlink()
    rack.done("import", "--device", "leaf*", "--output", str(path), "-y")
    assert rack.all_shown() == before
    assert rack.plan(str(path))["ops"] == []
    assert list(yaml.safe_load_all(path.read_text())) == list(yaml.safe_load_all(former))


def test_devices_are_handed_back_and_taken_over_again(taken: Rack) -> None:
    before, known = taken.all_shown(), ledgers(taken)
    assert "leaf1" in known
    said = taken.done("release", "--device", "leaf*", "--what-if")
    assert "sent nothing" in said
    assert ledgers(taken) == known
    taken.done("release", "--device", "leaf*", "-y")
    assert taken.all_shown() == before
    assert "leaf1" not in ledgers(taken)
    assert taken.run("get", "vlans").output == "there are no vlans\n"
    assert all_of(taken)["ops"] == []
    assert "is not cpal's" in taken.refused("apply", "-y", str(taken.folder / "rack.yaml"))
    assert "nothing is declared there" in taken.refused("release", "--device", "leaf1", "-y")
    is_taken_over_again(taken)


def test_one_device_is_handed_back_and_the_other_stays(taken: Rack) -> None:
    before = taken.all_shown()
    taken.done("release", "--device", "leaf2", "-y")
    assert taken.all_shown() == before
    assert "leaf1" in ledgers(taken)
    assert "leaf2" not in ledgers(taken)
    taken.type("leaf2", *(["delete vlans db"] if taken.make.driver == "junos" else ["no vlan 12"]))
    assert all_of(taken)["ops"] == []


def test_undo_of_an_import_hands_back_and_undo_of_that_takes_over(taken: Rack) -> None:
    before = taken.all_shown()
    assert "sent nothing" in taken.done("undo", "--what-if")
    taken.done("undo", "-y")
    assert taken.all_shown() == before
    assert "leaf1" not in ledgers(taken)
    assert all_of(taken)["ops"] == []
    taken.done("undo", "-y")
    assert taken.all_shown() == before
    assert taken.plan(str(taken.folder / "rack.yaml"))["ops"] == []


def test_what_cpal_made_is_handed_back_as_well(rack: Rack) -> None:
    rack.settle(USUAL)
    rack.type("leaf1", *INSIDE[rack.make.driver])
    before = rack.all_shown()
    rack.settle("interfaces: {leaf2/Ethernet2: {enabled: false}}")
    rack.done("undo", "-y")
    assert rack.all_shown() == before
    rack.settle("interfaces: {leaf1/Ethernet2: {enabled: false}}")
    assert SECRET in ledgers(rack)
    rack.done("release", "--device", "leaf*", "-y")
    assert SECRET not in ledgers(rack)
    assert all_of(rack)["ops"] == []


@pytest.mark.parametrize(("entered", "is_decided"), [("run", False), ("confirm", True)])
def test_killed_while_it_hands_back_either_nothing_or_all_is(
    taken: Rack, monkeypatch: pytest.MonkeyPatch, entered: str, is_decided: bool
) -> None:
    before = taken.all_shown()

    async def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as here:
        here.setattr(Joint, entered, die)
        with pytest.raises(Killed):
            taken.run("release", "--device", "leaf*", "-y")
    assert all_of(taken)["ops"] == []
    assert taken.all_shown() == before
    assert ("there are no vlans" in taken.done("get", "vlans")) == is_decided
    assert ("leaf1" not in ledgers(taken)) == is_decided


def test_nothing_else_changes_with_it(taken: Rack) -> None:
    taken.type("leaf1", *(["delete vlans db"] if taken.make.driver == "junos" else ["no vlan 12"]))
    assert "is not as declared" in taken.refused("release", "--device", "leaf2", "-y")
    taken.done("release", "--device", "leaf1", "-y")
    before = taken.all_shown()
    taken.done("release", "--device", "leaf2", "-y")
    assert taken.all_shown() == before


@pytest.mark.parametrize("make", ["eos"], indirect=True)
def test_a_section_that_is_owned_is_not_handed_back(taken: Rack) -> None:
    path = taken.folder / "rack.yaml"
    path.write_text(path.read_text().replace("driver: eos", "driver: eos\n    owned: [vlan]"))
    taken.done("apply", "-y", str(path))
    assert "take `owned` out" in taken.refused("release", "--device", "leaf1", "-y")
