"""What is declared of spanning trees of Junos switches: applied, changed, taken over, and what cannot be (emulated)."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from ncclient.operations import RPCError

from tests.integration.switches.rack import Rack
from tests.support.switch_makes import MAKES, SwitchMake

USUAL = """
spanning_trees:
  all: {mode: rapid-pvst, devices: [leaf1, leaf2]}
  roots: {priority: 4096, vlans: [10, 20, 21], devices: [leaf1, leaf2]}
  seconds: {priority: 8192, vlans: [30], devices: [leaf1]}
interfaces:
  leaf1/ge-0/0/1: {mode: access, vlan: 10, edge_port: true, bpdu_guard: true}
  leaf1/ge-0/0/2: {mode: trunk, edge_port: true}
"""
VSTP, SWITCHED = "set protocols vstp", "unit 0 family ethernet-switching"
WRITTEN = {
    f"{VSTP} interface all", f"{VSTP} vlan all", f"{VSTP} vlan 10 bridge-priority 4096",
    f"{VSTP} vlan 20 bridge-priority 4096", f"{VSTP} vlan 21 bridge-priority 4096",
    f"{VSTP} vlan 30 bridge-priority 8192", f"{VSTP} interface ge-0/0/1 edge", f"{VSTP} interface ge-0/0/2 edge",
    "set protocols layer2-control bpdu-block interface ge-0/0/1",
    f"set interfaces ge-0/0/1 {SWITCHED} interface-mode access", f"set interfaces ge-0/0/1 {SWITCHED} vlan members 10",
    f"set interfaces ge-0/0/2 {SWITCHED} interface-mode trunk", f"set interfaces ge-0/0/2 {SWITCHED} vlan members all",
}  # fmt: skip
"""What the usual is on leaf1, by Junos's manual."""
TREES = USUAL[USUAL.index("  roots") : USUAL.index("interfaces:")]


@pytest.fixture(scope="module")
def make() -> SwitchMake:
    """Junos alone."""
    return MAKES["junos"]


def with_mode(mode: str, more: str = "") -> str:
    """The usual, of another protocol."""
    return USUAL.replace("rapid-pvst", mode).replace(TREES, more)


def test_trees_and_edge_ports_are_there_change_and_go_again(rack: Rack) -> None:
    assert set(rack.plan(rack.declare(USUAL))["commands"]["leaf1"]) == WRITTEN
    instances = """  roots: {priority: 4096, instances: [0, 2], devices: [leaf1]}
  seconds: {priority: 8192, instances: [1], devices: [leaf1, leaf2]}
"""
    changes = (
        USUAL.replace("[10, 20, 21]", "[10]").replace("[30]", "[20, 30]"),
        USUAL.replace("4096", "12288").replace("roots: {priority: 12288, vlans: [10, 20, 21], devices: [leaf1, leaf2]",
                                               "roots: {priority: 12288, vlans: [10, 20, 21], devices: [leaf2]"),
        with_mode("mstp", instances),
        with_mode("rstp").replace("mode: rstp,", "mode: rstp, priority: 4096,"),
        with_mode("none").replace("edge_port: true", "edge_port: false"),
        USUAL.replace(", bpdu_guard: true", ", bpdu_guard: false"),
        USUAL.replace("bpdu_guard: true", "").replace("mode: trunk, edge_port: true", "mode: trunk, bpdu_guard: true"),
    )  # fmt: skip

    def look() -> None:
        assert "vstp {" in rack.shown("leaf2")

    rack.there_and_back(USUAL, changes, look)


def test_what_others_configured_is_taken_over_and_goes_by_the_document(rack: Rack) -> None:
    before = rack.all_shown()
    rack.type("leaf1", "set protocols rstp interface all", "set protocols rstp bridge-priority 8k",
              "set protocols rstp interface ge-0/0/1.0 edge",
              f"set interfaces ge-0/0/1 {SWITCHED} vlan members 10")  # fmt: skip
    rack.type("leaf2", f"{VSTP} interface all", f"{VSTP} vlan all", "set vlans red vlan-id 12",
              f"{VSTP} vlan red bridge-priority 4k", f"{VSTP} vlan 11 bridge-priority 4096")  # fmt: skip
    held = rack.all_shown()
    path = rack.folder / "taken.yaml"
    named = (word for name in rack.addresses for word in ("--device", f"{name}={rack.addresses[name]}"))
    rack.done("import", *named, "--output", str(path), "-y")
    target, document = yaml.safe_load_all(path.read_text(encoding="utf-8"))
    assert document["spanning_trees"] == {
        "rstp priority 8192": {"mode": "rstp", "priority": 8192, "devices": ["leaf1"]},
        "rapid-pvst": {"mode": "rapid-pvst", "devices": ["leaf2"]},
        "vlans 11-12 priority 4096": {"priority": 4096, "vlans": [11, 12], "devices": ["leaf2"]},
    }
    assert document["interfaces"]["leaf1/ge-0/0/1"] == {"mode": "access", "vlan": 10, "edge_port": True}
    assert rack.plan(str(path))["ops"] == []
    assert rack.all_shown() == held
    for gone in ("spanning_trees", "interfaces", "vlans"):
        document.pop(gone, None)
    path.write_text(yaml.safe_dump_all([target, document]), encoding="utf-8")
    rack.done("apply", "-y", str(path))
    assert rack.all_shown() == before


def test_protocols_of_some_ports_are_no_mode_and_are_left_as_they_are(rack: Rack) -> None:
    rack.type("leaf1", "set protocols rstp interface ge-0/0/1 edge", f"set interfaces ge-0/0/1 {SWITCHED}")
    path = rack.folder / "taken.yaml"
    rack.done("import", "--device", f"leaf1={rack.addresses['leaf1']}", "--output", str(path), "-y")
    document = list(yaml.safe_load_all(path.read_text(encoding="utf-8")))[-1]
    assert "spanning_trees" not in document
    assert "edge_port" not in str(document)
    assert rack.plan(str(path))["ops"] == []


def test_a_protocol_of_others_is_not_taken(rack: Rack) -> None:
    rack.type("leaf1", "set protocols rstp interface ge-0/0/1 edge", f"set interfaces ge-0/0/1 {SWITCHED}")
    assert "not cpal's" in rack.refused("apply", "-y", rack.declare(USUAL))


def test_of_trees_that_are_owned_what_others_configured_goes(rack: Rack) -> None:
    rack.type("leaf1", f"{VSTP} interface all", f"{VSTP} vlan all", f"{VSTP} vlan 40 bridge-priority 4k",
              "set protocols layer2-control bpdu-block interface ge-0/0/9")  # fmt: skip
    path = Path(rack.declare(USUAL))
    text = path.read_text(encoding="utf-8").replace("    driver: junos\n", "    driver: junos\n    owned: [stp]\n")
    path.write_text(text, encoding="utf-8")
    rack.done("apply", "-y", str(path))
    assert rack.plan(str(path))["ops"] == []
    assert "vlan 40" not in rack.shown("leaf1")


def test_what_cannot_be_is_refused_before_anything_is_touched(rack: Rack) -> None:
    for text, words in (
        (USUAL.replace("mode: rapid-pvst", "mode: rstp"), "not declared to speak rapid-pvst"),
        (with_mode("none"), "not declared to speak in spanning trees"),
        (USUAL.replace("mode: trunk, edge_port", "edge_port"), "only where it is one of the switch"),
        (with_mode("mstp", "  roots: {priority: 4096, instances: [65], devices: [leaf1]}\n"), "instances up to 64"),
        ("interfaces: {leaf1/irb.10: {edge_port: true}}", "is no port of the switch"),
    ):
        assert words in rack.refused("apply", "-y", rack.declare(text))
    path = rack.declare(USUAL)
    rack.done("apply", "-y", path)
    rack.type("leaf1", f"{VSTP} forward-delay 20")
    rack.declare(with_mode("rstp"))
    assert "others configured 'forward-delay 20' of its vstp" in rack.refused("apply", "-y", path)
    hands = rack.hands["leaf1"]
    hands.load("delete interfaces ge-0/0/1 unit 0")  # type: ignore[attr-defined]  # of Junos
    with pytest.raises(RPCError, match="XSTP : Interface ge-0/0/1 is not enabled for Ethernet Switching"):
        hands.ask("<commit-configuration/>")  # type: ignore[attr-defined]  # of Junos
