"""LAGs declared on Junos switches: applied, changed, taken over, and what cannot be (emulated)."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from cpal import device
from cpal.model.device.lag import LagMode
from tests.integration.switches.rack import LEAVES, Rack
from tests.support.switch_makes import MAKES, SwitchMake

USUAL = """
vlans: {users: {vlan_id: 10, devices: [leaf1]}}
lags:
  leaf1/ae1: {members: [ge-0/0/1, ge-0/0/2]}
  leaf2/ae0: {members: [ge-0/0/1], lacp_mode: passive}
interfaces:
  leaf1/ae1: {mode: trunk, vlans: [10], description: to the spines}
"""
WRITTEN = {
    "set chassis aggregated-devices ethernet device-count 2",
    "set interfaces ge-0/0/1 ether-options 802.3ad ae1",
    "set interfaces ge-0/0/2 ether-options 802.3ad ae1",
    "set interfaces ae1 aggregated-ether-options lacp active",
    'set interfaces ae1 description "to the spines"',
    "set interfaces ae1 unit 0 family ethernet-switching interface-mode trunk",
    "set interfaces ae1 unit 0 family ethernet-switching vlan members users",
    "set vlans users vlan-id 10",
}
"""What the usual is on leaf1, by Junos's manual."""
ROOM = "chassis aggregated-devices ethernet device-count"


@pytest.fixture(scope="module")
def make() -> SwitchMake:
    """Junos alone."""
    return MAKES["junos"]


def test_a_lag_is_there_changes_and_goes_again(rack: Rack) -> None:
    assert set(rack.plan(rack.declare(USUAL))["commands"]["leaf1"]) == WRITTEN

    def look() -> None:
        assert "device-count 2;" in rack.shown("leaf1")
        assert "device-count 1;" in rack.shown("leaf2")
        assert "passive;" in rack.shown("leaf2")
        with device(rack.addresses["leaf1"]) as leaf1, device(rack.addresses["leaf2"]) as leaf2:
            lag, other = leaf1.lags["ae1"], leaf2.lags["ae0"]
        assert (lag.mode, other.mode) == (LagMode.ACTIVE, LagMode.PASSIVE)
        assert [(each.interface, each.bundled) for each in lag.members] == [("ge-0/0/1", False), ("ge-0/0/2", False)]

    changes = (
        USUAL.replace("ge-0/0/2]}", "ge-0/0/2], lacp_mode: on}"),
        USUAL.replace("[ge-0/0/1, ge-0/0/2]", "[ge-0/0/2, ge-0/0/3]"),
        USUAL.replace("leaf1/ae1", "leaf1/ae12"),
        USUAL.replace("leaf1/ae1", "leaf1/ae0"),
        USUAL.replace("mode: trunk", "mode: access").replace("vlans: [10]", "vlan: 10"),
        USUAL.replace("  leaf1/ae1: {mode: trunk, vlans: [10], description: to the spines}\n", "  {}\n"),
    )
    rack.there_and_back(USUAL, changes, look)


def test_a_lag_made_by_hand_is_taken_over_and_goes_by_the_document(rack: Rack) -> None:
    before = rack.all_shown()
    for name in LEAVES:
        rack.type(name, f"set {ROOM} 8", *(f"set interfaces ge-0/0/{n} gigether-options 802.3ad ae7" for n in (1, 2)),
                  "set interfaces ae7 aggregated-ether-options lacp periodic fast",
                  "set interfaces ae7 unit 0 family inet address 192.0.2.1/31")  # fmt: skip
    held = rack.all_shown()
    path = rack.folder / "taken.yaml"
    named = (word for name in LEAVES for word in ("--device", f"{name}={rack.addresses[name]}"))
    rack.done("import", *named, "--output", str(path), "-y")
    target, document = yaml.safe_load_all(path.read_text(encoding="utf-8"))
    lag = {"members": ["ge-0/0/1", "ge-0/0/2"], "lacp_mode": "passive"}
    assert document["lags"] == {f"{leaf}/ae7": lag for leaf in LEAVES}
    assert document["interfaces"]["leaf1/ae7"] == {"mode": "routed", "addresses": ["192.0.2.1/31"]}
    assert rack.plan(str(path))["ops"] == []
    assert rack.all_shown() == held
    document["lags"]["leaf1/ae7"]["members"].append("ge-0/0/3")
    path.write_text(yaml.safe_dump_all([target, document]), encoding="utf-8")
    assert rack.plan(str(path))["commands"] == {"leaf1": ["set interfaces ge-0/0/3 gigether-options 802.3ad ae7"]}
    del document["lags"], document["interfaces"]
    path.write_text(yaml.safe_dump_all([target, document]), encoding="utf-8")
    rack.done("apply", "-y", str(path))
    assert rack.all_shown() == before


def test_the_room_that_others_made_is_theirs(rack: Rack) -> None:
    rack.type("leaf1", f"set {ROOM} 24", "set interfaces ae3 description theirs")
    before = rack.all_shown()
    path = rack.declare(USUAL)
    rack.done("apply", "-y", path)
    assert "device-count 24;" in rack.shown("leaf1")
    rack.declare("")
    rack.done("apply", "-y", path)
    assert rack.all_shown() == before


def test_of_lags_that_are_owned_what_others_configured_goes(rack: Rack) -> None:
    rack.type("leaf1", "set interfaces ge-0/0/3 ether-options 802.3ad ae9")
    path = Path(rack.declare(USUAL))
    text = path.read_text(encoding="utf-8").replace("    driver: junos\n", "    driver: junos\n    owned: [lag]\n")
    path.write_text(text, encoding="utf-8")
    rack.done("apply", "-y", str(path))
    assert rack.plan(str(path))["ops"] == []
    assert "ae9" not in rack.shown("leaf1")


def test_what_cannot_be_is_refused_before_anything_is_touched(rack: Rack) -> None:
    for text, words in (
        ("lags: {leaf1/bond7: {members: [ge-0/0/1]}}", "is no LAG of"),
        ("lags: {leaf1/ae7: {members: [irb.10]}}", "irb.10 is no port of"),
        ("lags: {leaf1/ae7: {members: [ae3]}}", "ae3 is no port of"),
        ("lags: {leaf1/ae7: {members: [ge-0/0/1]}, leaf1/ae8: {members: [ge-0/0/1]}}", "is taken"),
        (USUAL + "  leaf1/ge-0/0/2: {mode: access, vlan: 10}\n", "neither MTU nor unit"),
    ):
        assert words in rack.refused("apply", "-y", rack.declare(text))
    path = rack.declare(USUAL)
    rack.type("leaf1", "set interfaces ge-0/0/2 unit 0 family inet")
    assert "others configured 'unit 0'" in rack.refused("apply", "-y", path)
    rack.type("leaf1", "delete interfaces ge-0/0/2", "set interfaces ge-0/0/5 ether-options 802.3ad ae1")
    assert "others have ge-0/0/5 in it" in rack.refused("apply", "-y", path)
    rack.type("leaf1", "delete interfaces ge-0/0/5")
    rack.done("apply", "-y", path)
    rack.type("leaf2", "set interfaces ae0 aggregated-ether-options lacp periodic slow")
    rack.declare(USUAL.replace("passive", "on"))
    assert "others configured 'periodic slow'" in rack.refused("apply", "-y", path)


def test_a_port_that_becomes_a_member_loses_what_was_declared_of_it(rack: Rack) -> None:
    path = rack.declare("interfaces: {leaf1/ge-0/0/1: {mode: routed, addresses: [192.0.2.1/31], description: x}}")
    rack.done("apply", "-y", path)
    applied = rack.all_shown()
    rack.declare("lags: {leaf1/ae0: {members: [ge-0/0/1]}}\ninterfaces: {leaf1/ge-0/0/1: {description: x}}")
    rack.done("apply", "-y", path)
    assert rack.plan(path)["ops"] == []
    rack.done("undo", "-y")
    assert rack.all_shown() == applied
