"""What others have inside what is declared: it goes with that, and an undo brings back all of it (emulated)."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import pytest

from tests.integration.switches.rack import LEAVES, Rack

USUAL = """
vlans: {users: {vlan_id: 10, devices: [leaf1, leaf2]}}
interfaces: {leaf1/Vlan10: {addresses: [198.51.100.1/24]}, leaf1/Ethernet1: {mode: access, vlan: 10}}
"""
ADDRESS = "198.51.100.1/24"
SECRET = "$9$0822455D0A16"
INSIDE = {
    "eos": ("vlan 10", "state suspend", "interface Vlan10", f"ip ospf message-digest-key 1 md5 7 {SECRET}"),
    "nxos": ("vlan 10", "state suspend", "interface Vlan10", f"ip ospf message-digest-key 1 md5 3 {SECRET}"),
    "ios": ("vlan 10", "state suspend", "interface Vlan10", f"ip ospf message-digest-key 1 md5 7 {SECRET}"),
    "junos": ("set vlans users description theirs",
              f'set interfaces irb unit 10 family inet address {ADDRESS} vrrp-group 1 authentication-key "{SECRET}"'),
}  # fmt: skip
"""What an operator adds, who knows nothing of cpal."""
SINCE = {"junos": "set snmp location roof"}
"""What somebody configures elsewhere while it is gone."""


def test_what_others_have_inside_goes_and_an_undo_brings_it_back(rack: Rack) -> None:
    rack.settle(USUAL)
    rack.type("leaf1", *INSIDE[rack.make.driver])
    before = rack.all_shown()
    assert SECRET in before["leaf1"]
    rack.settle("interfaces: {leaf2/Ethernet2: {enabled: false}}")
    assert SECRET not in rack.shown("leaf1")
    since = SINCE.get(rack.make.driver, "ntp server 192.0.2.9")
    rack.type("leaf1", since)

    said = rack.done("undo", "--what-if")
    assert "<removed>" in said
    assert SECRET not in said + rack.done("undo", "-y")
    rack.type("leaf1", since.replace("set ", "delete ") if since.startswith("set ") else f"no {since}")
    assert rack.differences(before) == ""
    assert rack.plan(rack.declare(USUAL))["ops"] == []
    for name in LEAVES:
        assert rack.hands[name].shown("startup") == rack.shown(name) or name == "leaf1"


def test_there_and_back_by_documents_is_the_same(rack: Rack) -> None:
    rack.settle(USUAL)
    rack.type("leaf1", *INSIDE[rack.make.driver])
    before = rack.all_shown()
    rack.settle("")
    rack.settle(USUAL)
    assert rack.differences(before) == ""


def test_it_does_not_come_with_another_record_of_the_same_number(rack: Rack) -> None:
    rack.settle(USUAL)
    rack.type("leaf1", *INSIDE[rack.make.driver])
    rack.settle("")
    rack.settle(USUAL.replace("leaf1/Ethernet1: {mode: access, vlan: 10}", "").replace("users:", "others:"))
    assert "suspend" not in rack.shown("leaf1")
    assert "theirs" not in rack.shown("leaf1")


def test_what_a_switch_will_not_take_back_is_said_without_its_secret(rack: Rack) -> None:
    rack.settle(USUAL)
    rack.type("leaf1", *INSIDE[rack.make.driver])
    rack.settle("")
    rack.running.order("leaf1", "faults", match=re.escape(SECRET), action="refuse", message=f"no such key {SECRET}")
    assert SECRET not in rack.refused("undo", "-y")


def test_a_restored_store_knows_what_is_its_own_and_what_others_had_inside(
    rack: Rack, monkeypatch: pytest.MonkeyPatch
) -> None:
    rack.settle(USUAL)
    rack.type("leaf1", *INSIDE[rack.make.driver])
    before = rack.all_shown()
    left = "interfaces: {leaf2/Ethernet2: {enabled: false}}"
    rack.settle(left)
    backup = str(rack.folder / "backup.db")
    rack.done("backup", backup)
    monkeypatch.setenv("CPAL_HOME", str(rack.folder / "elsewhere"))
    rack.done("restore", backup)
    assert rack.plan(rack.declare(left))["ops"] == []
    rack.done("undo", "-y")
    assert rack.differences(before) == ""


def test_only_its_owner_may_read_what_is_kept(rack: Rack) -> None:
    rack.settle(USUAL)
    rack.type("leaf1", *INSIDE[rack.make.driver])
    rack.settle("")
    files = [path for path in Path(rack.folder, "home").rglob("*") if path.is_file()]
    [kept] = [path for path in files if SECRET.encode() in path.read_bytes()]
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
