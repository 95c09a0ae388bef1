"""What is declared of spanning trees of switches: applied, changed, taken over, and what cannot be (emulated)."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.integration.switches.rack import LEAVES, Rack
from tests.support.switch_makes import LINES

USUAL = """
spanning_trees:
  roots: {priority: 4096, vlans: [10, 20, 21], devices: [leaf1, leaf2]}
  seconds: {priority: 8192, vlans: [30], devices: [leaf1]}
"""
INSTANCES = """
spanning_trees:
  roots: {mode: mstp, priority: 4096, instances: [0, 2], devices: [leaf1]}
  seconds: {priority: 8192, instances: [1], devices: [leaf1, leaf2]}
"""
ALWAYS = ("spanning-tree mode mstp", "spanning-tree mode pvst")
"""What EOS and IOS show of themselves."""


def line(rack: Rack, trees: str, priority: int) -> str:
    """How a make says the priority in the trees of VLANs."""
    return f"spanning-tree {'vlan-id' if rack.make.driver == 'eos' else 'vlan'} {trees} priority {priority}"


def said(rack: Rack, leaf: str) -> list[str]:
    """What a switch shows of spanning trees, but for what it always shows."""
    lines = rack.shown(leaf).splitlines()
    return [each for each in lines if each.startswith("spanning-tree ") and each not in ALWAYS]


@pytest.mark.parametrize("make", LINES, indirect=True)
def test_priorities_are_there_change_and_go_again(rack: Rack) -> None:
    def look() -> None:
        assert said(rack, "leaf1") == [line(rack, "10,20-21", 4096), line(rack, "30", 8192)]
        assert said(rack, "leaf2") == [line(rack, "10,20-21", 4096)]

    changes = (
        USUAL.replace("[10, 20, 21]", "[10]").replace("[30]", "[20, 30]"),
        USUAL.replace("4096", "12288").replace("[leaf1, leaf2]", "[leaf2]"),
        INSTANCES,
    )
    rack.there_and_back(USUAL, changes, look)


@pytest.mark.parametrize("make", LINES, indirect=True)
def test_a_mode_is_said_in_the_words_of_the_make_and_what_was_there_comes_back(rack: Rack) -> None:
    before = rack.all_shown()
    words = {"mstp": "mst", "rapid-pvst": "rapid-pvst"}
    if rack.make.driver == "eos":
        words = {"rstp": "rstp", "none": "none", "mstp": "mstp", "rapid-pvst": "rapid-pvst"}
    for mode, shown in words.items():
        path = rack.declare(f"spanning_trees: {{all: {{mode: {mode}, devices: [leaf1, leaf2]}}}}")
        rack.done("apply", "-y", path)
        assert rack.plan(path)["ops"] == []
        is_usual = (rack.make.driver, mode) == ("nxos", "rapid-pvst")
        for leaf in LEAVES:
            assert (f"spanning-tree mode {shown}" in rack.shown(leaf).splitlines()) is not is_usual
        rack.declare("")
        rack.done("apply", "-y", path)
        assert rack.all_shown() == before


EDGE = {"eos": ("spanning-tree portfast",) * 2,
        "nxos": ("spanning-tree port type edge", "spanning-tree port type edge trunk"),
        "ios": ("spanning-tree portfast", "spanning-tree portfast trunk")}  # fmt: skip
"""An edge port, and one that is a trunk."""


@pytest.mark.parametrize("make", LINES, indirect=True)
def test_edge_ports_are_written_as_what_they_are_and_taken_over(rack: Rack) -> None:
    before = rack.all_shown()
    access, trunk = "access, vlan: 10", "trunk, vlans: [10]"
    usual = "interfaces: {{leaf1/Ethernet1: {{mode: {}, edge_port: true, bpdu_guard: {}}}}}"
    path = rack.declare(usual.format(access, "true"))
    for mode, guard, edge in ((access, "true", 0), (trunk, "false", 1), (access, "true", 0)):
        rack.declare(usual.format(mode, guard))
        rack.done("apply", "-y", path)
        assert rack.plan(path)["ops"] == []
        guarded = f"spanning-tree bpduguard {'enable' if guard == 'true' else 'disable'}"
        held = [each for each in rack.section("leaf1", "interface Ethernet1") if each.startswith("spanning-tree")]
        assert sorted(held) == sorted([EDGE[rack.make.driver][edge], guarded])
    rack.declare("")
    rack.done("apply", "-y", path)
    assert rack.all_shown() == before
    one, several = EDGE[rack.make.driver]
    rack.type("leaf1", "interface Ethernet1", "switchport mode access", "switchport access vlan 10", one)
    rack.type("leaf1", "interface Ethernet2", "switchport mode trunk", several, "spanning-tree bpduguard disable")
    taken = str(rack.folder / "taken.yaml")
    rack.done("import", "--device", f"leaf1={rack.addresses['leaf1']}", "--output", taken, "-y")
    found = yaml.safe_load(Path(taken).read_text(encoding="utf-8"))["interfaces"]
    fields = {"mode": "access", "vlan": 10, "edge_port": True}
    assert found[rack.make.spoken("leaf1/Ethernet1")] == fields
    assert found[rack.make.spoken("leaf1/Ethernet2")] == {"mode": "trunk", "edge_port": True, "bpdu_guard": False}
    assert rack.plan(taken)["ops"] == []
    refused = rack.refused("apply", "-y", rack.declare("interfaces: {leaf1/Vlan10: {edge_port: true}}"))
    assert "Vlan10 is no port of the switch" in refused


@pytest.mark.parametrize("make", ["eos"], indirect=True)
def test_the_one_tree_of_rstp_has_a_priority_too(rack: Rack) -> None:
    before = rack.all_shown()
    path = rack.declare("spanning_trees: {all: {mode: rstp, priority: 4096, devices: [leaf1]}}")
    rack.done("apply", "-y", path)
    assert said(rack, "leaf1") == ["spanning-tree mode rstp", "spanning-tree priority 4096"]
    rack.declare("")
    rack.done("apply", "-y", path)
    assert rack.all_shown() == before
    rack.type("leaf1", "spanning-tree mode rstp", "spanning-tree priority 8192")
    taken = str(rack.folder / "taken.yaml")
    rack.done("import", "--device", f"leaf1={rack.addresses['leaf1']}", "--output", taken, "-y")
    document = yaml.safe_load(Path(taken).read_text(encoding="utf-8"))
    trees = {"rstp priority 8192": {"mode": "rstp", "priority": 8192, "devices": ["leaf1"]}}
    assert document["spanning_trees"] == trees
    assert rack.plan(taken)["ops"] == []


@pytest.mark.parametrize("make", LINES, indirect=True)
def test_spanning_trees_configured_by_hand_are_taken_over_and_go_by_the_document(rack: Rack) -> None:
    before = rack.all_shown()
    for each in (line(rack, "10-11", 4096), line(rack, "12", 4096), line(rack, "30", 8192)):
        rack.type("leaf1", each)
    rack.type("leaf1", "spanning-tree mst 0 priority 0")
    rack.type("leaf2", line(rack, "10-12", 4096))
    held = rack.all_shown()
    path = rack.folder / "taken.yaml"
    named = (word for name in LEAVES for word in ("--device", f"{name}={rack.addresses[name]}"))
    rack.done("import", *named, "--output", str(path), "-y")
    target, document = yaml.safe_load_all(path.read_text(encoding="utf-8"))
    assert document["spanning_trees"] == {
        "vlans 10-12 priority 4096": {"priority": 4096, "vlans": [10, 11, 12], "devices": ["leaf1", "leaf2"]},
        "vlans 30 priority 8192": {"priority": 8192, "vlans": [30], "devices": ["leaf1"]},
        "instances 0 priority 0": {"priority": 0, "instances": [0], "devices": ["leaf1"]},
    }
    assert rack.plan(str(path))["ops"] == []
    assert rack.all_shown() == held
    del document["spanning_trees"]
    path.write_text(yaml.safe_dump_all([target, document]), encoding="utf-8")
    rack.done("apply", "-y", str(path))
    assert rack.all_shown() == before


@pytest.mark.parametrize("make", LINES, indirect=True)
def test_of_spanning_trees_that_are_owned_what_others_configured_goes(rack: Rack) -> None:
    rack.type("leaf1", line(rack, "20,40", 4096), "spanning-tree mode rapid-pvst")
    path = Path(rack.declare(USUAL))
    driver = f"    driver: {rack.make.driver}\n"
    text = path.read_text(encoding="utf-8").replace(driver, f"{driver}    owned: [stp]\n")
    path.write_text(text, encoding="utf-8")
    rack.done("apply", "-y", str(path))
    assert rack.plan(str(path))["ops"] == []
    assert said(rack, "leaf1") == [line(rack, "10,20-21", 4096), line(rack, "30", 8192)]


@pytest.mark.parametrize("make", LINES, indirect=True)
def test_what_cannot_be_is_refused_before_anything_is_touched(rack: Rack) -> None:
    both = "spanning_trees: {{a: {{{}, devices: [leaf1]}}, b: {{{}, devices: [leaf1]}}}}"
    for text, words in (
        (both.format("mode: mstp", "mode: mstp"), "the mode of spanning trees of leaf1 is taken"),
        (both.format("priority: 4096, vlans: [1]", "priority: 8192, vlans: [1]"), "in 1 of leaf1 already"),
        (
            both.format("priority: 4096, vlans: [1]", "priority: 4096, vlans: [2]"),
            "priority 4096 in spanning trees of",
        ),
    ):
        assert words in rack.refused("apply", "-y", rack.declare(text))
    if rack.make.driver != "eos":
        told = rack.refused("apply", "-y", rack.declare("spanning_trees: {a: {mode: rstp, devices: [leaf1]}}"))
        assert "has no spanning tree mode rstp" in told
        assert "rapid-pvst or mstp" in told
