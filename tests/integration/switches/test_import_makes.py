"""Switches of several makes are taken over by one command: one document, all of it or nothing (emulated)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from cpal.errors import CpalError, TimedOut, Unreachable
from cpal.faces.cli.main import program
from cpal.lab.emulate.fleet import PASSWORD, USER, Wanted
from tests.integration.switches.test_import_fabric import NETLAB
from tests.support import netlab
from tests.support.emulated import Running, emulated
from tests.support.switch_makes import MAKES, Hands, let_in

LEAVES = {"leaf1": "eos", "leaf2": "nxos", "leaf3": "ios", "leaf4": "junos"}
BY_HAND = {"leaf1": 80, "leaf2": 81, "leaf3": 80}
"""The port that the access list of each lets pass."""


class Floor:
    """The switches, and the program with a store and a folder of its own."""

    def __init__(self, running: Running, folder: Path) -> None:
        self.folder = folder
        self.addresses = {leaf: MAKES[make].address(running, leaf, USER) for leaf, make in LEAVES.items()}
        self.hands: dict[str, Hands] = {leaf: MAKES[make].hands(running, leaf) for leaf, make in LEAVES.items()}
        for leaf, make in LEAVES.items():
            MAKES[make].as_new(running, leaf, self.hands[leaf])

    def shown(self) -> dict[str, str]:
        """The running configurations."""
        return {leaf: hands.shown() for leaf, hands in self.hands.items()}

    def run(self, *words: str) -> str | CpalError:
        """What the program says to words, or why not."""
        done = CliRunner().invoke(program, words)
        if isinstance(done.exception, CpalError):
            return done.exception
        assert done.exit_code == 0, done.output + str(done.exception)
        return done.output

    def take(self, *leaves: str, **addresses: str) -> str | CpalError:
        """Have switches taken over."""
        named = [f"{leaf}={address}" for leaf, address in addresses.items()] or leaves
        words = [word for each in named for word in ("--device", each)]
        return self.run("import", *words, "-y", "--output", str(self.path))

    @property
    def path(self) -> Path:
        """The document that an import writes."""
        return self.folder / "taken.yaml"

    def told(self) -> list[dict[str, Any]]:
        """The documents of it, after which nothing is left to do."""
        plan = self.run("plan", str(self.path), "--format", "json")
        assert isinstance(plan, str)
        found = json.loads(plan[plan.index("{") :])
        assert (found["ops"], found["changes"]) == ([], [])
        return list(yaml.safe_load_all(self.path.read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    """A switch of each make."""
    makes = {leaf: MAKES[make] for leaf, make in LEAVES.items()}
    with emulated(*(Wanted(make.driver, leaf, plain=make.plain) for leaf, make in makes.items())) as found:
        yield found


@pytest.fixture
def floor(running: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Floor]:
    """The same as new."""
    monkeypatch.setenv("CPAL_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CPAL_DEVICE_PASSWORD", PASSWORD)
    let_in(running, tmp_path, monkeypatch)
    found = Floor(running, tmp_path)
    yield found
    for hands in found.hands.values():
        hands.close()


def configured(floor: Floor) -> None:
    """Have each switch the same VLAN, a VLAN whose name is another's elsewhere, and an access list."""
    for leaf, port in BY_HAND.items():
        acl = "ip access-list extended web" if leaf == "leaf3" else "ip access-list web"
        lines = ["vlan 10", "name users", f"vlan {port}", "name odd", acl, f"permit tcp any any eq {port}"]
        asked = "ip access-group web in"
        floor.hands[leaf].type(*lines, MAKES[LEAVES[leaf]].spoken("interface Ethernet3"), "no switchport", asked)
    floor.hands["leaf4"].type("set vlans users vlan-id 10")


def test_switches_of_four_makes_are_one_document(floor: Floor) -> None:
    configured(floor)
    before = floor.shown()
    said = floor.take(**floor.addresses)
    assert isinstance(said, str)
    for kind, name in (("vlan", "odd"), ("acl", "web")):
        assert f"{kind} {name} of leaf2 is left as it is: its name is that of another" in said
    targets, document = floor.told()
    assert {name: set(each["endpoints"]) for name, each in targets["targets"].items()} == {
        make: {leaf} for leaf, make in LEAVES.items()
    }
    assert document["vlans"]["users"]["vlan_id"] == 10
    assert sorted(document["vlans"]["users"]["devices"]) == sorted(LEAVES)
    assert sorted(document["acls"]["web"]["devices"]) == sorted(document["vlans"]["odd"]["devices"])
    assert sorted(document["acls"]["web"]["devices"]) == ["leaf1", "leaf3"]
    asked = {name.split("/")[0]: each.get("ingress_acl") for name, each in document["interfaces"].items()}
    assert (asked["leaf1"], asked["leaf2"], asked["leaf3"]) == ("web", None, "web")
    assert floor.shown() == before
    assert isinstance(floor.run("release", "--device", "leaf[1-4]", "-y"), str)
    assert floor.run("get", "vlans") == "there are no vlans\n"
    assert floor.shown() == before
    floor.path.unlink()
    assert isinstance(floor.take(*LEAVES), str)
    assert floor.told() == [targets, document]
    assert floor.shown() == before


def test_it_is_all_or_nothing(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    configured(floor)
    before = floor.shown()
    silent = {**floor.addresses, "leaf2": "nxos+http://admin@127.0.0.1:9"}
    why = floor.take(**silent)
    assert isinstance(why, Unreachable)
    assert "leaf2" in str(why)
    with monkeypatch.context() as hurried:
        hurried.setattr("cpal.engine.joint.MARGIN", 2.0)  # no time is enough
        assert isinstance(floor.take(**floor.addresses), TimedOut)
    assert not floor.path.exists()
    assert floor.run("get", "vlans") == "there are no vlans\n"
    assert isinstance(floor.take(**floor.addresses), str)
    floor.told()
    assert floor.shown() == before


def test_the_switches_of_targets_are_named_by_a_pattern(floor: Floor) -> None:
    declared = {make: {"driver": make, "endpoints": {leaf: floor.addresses[leaf]}} for leaf, make in LEAVES.items()}
    places = floor.folder / "places.yaml"
    places.write_text(yaml.safe_dump({"targets": declared}), encoding="utf-8")
    floor.run("apply", "-y", str(places))
    configured(floor)
    assert isinstance(floor.take("leaf[12]", "leaf2", "leaf4"), str)
    (document,) = floor.told()
    assert sorted(document["vlans"]["users"]["devices"]) == ["leaf1", "leaf2", "leaf4"]
    twice = floor.run("import", *(f"--device=x={floor.addresses[leaf]}" for leaf in ("leaf1", "leaf2")))
    assert "x: the device has two addresses" in str(twice)


def test_a_network_of_a_fabric_is_one_on_leaves_of_three_makes(floor: Floor, tmp_path: Path) -> None:
    nodes = {"leaf1": "s1", "leaf2": "s2", "leaf4": "s2"}
    for leaf, node in nodes.items():
        device, more = NETLAB.get(LEAVES[leaf], (LEAVES[leaf], ""))
        (tmp_path / leaf).mkdir()
        floor.hands[leaf].load_texts(netlab.rendered(tmp_path / leaf, device, more=more)[node].values())
    before = floor.shown()
    assert isinstance(floor.take(**{leaf: floor.addresses[leaf] for leaf in nodes}), str)
    _, document = floor.told()
    assert {name: each["provider"]["segmentation_id"] for name, each in document["networks"].items()} == {
        "v10": 101000, "v20": 101001,
    }  # fmt: skip
    on = {name.split("/")[0] for name, each in document["interfaces"].items() if "v10" in each.get("networks", ())}
    assert on | {*document["networks"]["v10"].get("leaves", ())} == {*nodes}
    assert floor.shown() == before
