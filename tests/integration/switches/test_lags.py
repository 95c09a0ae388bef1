"""LAGs declared on switches one by one: applied, changed, taken over, and what cannot be (emulated)."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.integration.switches.rack import LEAVES, Rack
from tests.support.switch_makes import LINES

USUAL = """
vlans: {users: {vlan_id: 10, devices: [leaf1]}}
lags:
  leaf1/Port-Channel7: {members: [Ethernet1, Ethernet2]}
  leaf2/Port-Channel7: {members: [Ethernet1], lacp_mode: passive}
interfaces:
  leaf1/Port-Channel7: {mode: trunk, vlans: [10], description: to the spines}
"""
MODES = {"active": "channel-group 7 mode active", "passive": "channel-group 7 mode passive",
         "on": "channel-group 7 mode on"}  # fmt: skip


def said(rack: Rack, mode: str) -> str:
    """How a member says its mode, as it is shown."""
    return "channel-group 7" if rack.make.driver == "nxos" and mode == "on" else MODES[mode]


@pytest.mark.parametrize("make", LINES, indirect=True)
def test_a_lag_is_there_changes_and_goes_again(rack: Rack) -> None:
    def look() -> None:
        for port in ("Ethernet1", "Ethernet2"):
            assert said(rack, "active") in rack.section("leaf1", f"interface {port}")
        assert said(rack, "passive") in rack.section("leaf2", "interface Ethernet1")
        assert rack.section("leaf2", "interface Port-Channel7") == []
        assert "switchport mode trunk" in rack.section("leaf1", "interface Port-Channel7")

    changes = (
        USUAL.replace("Ethernet2]}", "Ethernet2], lacp_mode: on}"),
        USUAL.replace("[Ethernet1, Ethernet2]", "[Ethernet2, Ethernet3]"),
        USUAL.replace("leaf1/Port-Channel7", "leaf1/Port-Channel8"),
        USUAL.replace("mode: trunk", "mode: access").replace("vlans: [10]", "vlan: 10"),
    )
    rack.there_and_back(USUAL, changes, look)


@pytest.mark.parametrize("make", LINES, indirect=True)
def test_a_lag_made_by_hand_is_taken_over_and_goes_by_the_document(rack: Rack) -> None:
    before = rack.all_shown()
    for name in LEAVES:
        rack.type(name, "interface Ethernet1", MODES["on"], "interface Ethernet2", MODES["on"])
    held = rack.all_shown()
    path = rack.folder / "taken.yaml"
    named = (word for name in LEAVES for word in ("--device", f"{name}={rack.addresses[name]}"))
    rack.done("import", *named, "--output", str(path), "-y")
    target, document = yaml.safe_load_all(path.read_text(encoding="utf-8"))
    ports = [rack.make.spoken("Ethernet1"), rack.make.spoken("Ethernet2")]
    lags = {rack.make.spoken(f"{leaf}/Port-Channel7"): {"members": ports, "lacp_mode": "on"} for leaf in LEAVES}
    assert document["lags"] == lags
    assert rack.plan(str(path))["ops"] == []
    assert rack.all_shown() == held
    del document["lags"]
    document["interfaces"] = {name: fields for name, fields in document["interfaces"].items() if "hannel7" not in name}
    path.write_text(yaml.safe_dump_all([target, document]), encoding="utf-8")
    rack.done("apply", "-y", str(path))
    assert rack.all_shown() == before


@pytest.mark.parametrize("make", LINES, indirect=True)
def test_of_lags_that_are_owned_what_others_configured_goes(rack: Rack) -> None:
    rack.type("leaf1", "interface Ethernet3", MODES["active"].replace("7", "9"))
    path = Path(rack.declare(USUAL))
    driver = f"    driver: {rack.make.driver}\n"
    text = path.read_text(encoding="utf-8").replace(driver, f"{driver}    owned: [lag]\n")
    path.write_text(text, encoding="utf-8")
    rack.done("apply", "-y", str(path))
    assert rack.plan(str(path))["ops"] == []
    assert not [line for line in rack.section("leaf1", "interface Ethernet3") if "channel-group" in line]


TOO_MANY = {
    "eos": [("Port-Channel1000000", "EOS numbers LAGs from 1 to 999999")],
    "nxos": [("Port-Channel4097", "NX-OS numbers LAGs from 1 to 4096")],
    "ios": [],
}
"""LAGs that a make does not number so far, with its words."""


@pytest.mark.parametrize("make", LINES, indirect=True)
def test_what_cannot_be_is_refused_before_anything_is_touched(rack: Rack) -> None:
    for text, words in (
        ("lags: {leaf1/bond7: {members: [Ethernet1]}}", "is no LAG of"),
        ("lags: {leaf1/Port-Channel0: {members: [Ethernet1]}}", "numbers LAGs from 1"),
        *((f"lags: {{leaf1/{name}: {{members: [Ethernet1]}}}}", words) for name, words in TOO_MANY[rack.make.driver]),
        ("lags: {leaf1/Port-Channel7: {members: [Vlan10]}}", "Vlan10 is no port of"),
        (
            "lags: {leaf1/Port-Channel7: {members: [Ethernet1]}, leaf1/Port-Channel8: {members: [Ethernet1]}}",
            "is taken",
        ),
    ):
        assert words in rack.refused("apply", "-y", rack.declare(text))


@pytest.mark.parametrize("make", ["nxos"], indirect=True)
def test_lacp_needs_the_feature_that_only_its_owner_switches_on(rack: Rack) -> None:
    rack.type("leaf1", "no feature lacp")
    path = rack.declare("lags: {leaf1/Port-Channel7: {members: [Ethernet1]}}")
    assert "needs `feature lacp`" in rack.refused("apply", "-y", path)
    rack.done("apply", "-y", rack.declare("lags: {leaf1/Port-Channel7: {members: [Ethernet1], lacp_mode: on}}"))
    assert "channel-group 7" in rack.section("leaf1", "interface Ethernet1")
