"""What Junos alone has: one candidate for all, its lock, commits that wait, lists that name VLANs (emulated)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import yaml

from cpal.drivers.devices.junos.candidate import JunosSwitch
from cpal.engine.devices import connect, entry_of
from cpal.errors import Busy, Moved, Rejected, Unreachable
from cpal.lab.emulate.junos.text import as_set, load_text
from cpal.lab.emulate.tree import Node
from tests.integration.switches.rack import LEAVES, Rack
from tests.support import netlab
from tests.support.junos_hands import COMMIT
from tests.support.switch_makes import MAKES, SwitchMake

VLAN = ("set vlans users vlan-id 10",)


@pytest.fixture(scope="module")
def make() -> SwitchMake:
    """Junos alone."""
    return MAKES["junos"]


def at(rack: Rack, work: Callable[[JunosSwitch], Awaitable[None]]) -> None:
    """Do something with a session of its own at a switch that was read."""

    async def run() -> None:
        switch = JunosSwitch(connect(entry_of(rack.addresses["leaf1"])).native)  # type: ignore[arg-type]  # NETCONF
        try:
            await switch.running()
            await work(switch)
        finally:
            await switch.close()

    asyncio.run(run())


def test_a_candidate_that_somebody_changed_is_left_to_them(rack: Rack) -> None:
    hands = rack.hands["leaf1"]
    hands.load("set system domain-name theirs")  # type: ignore[attr-defined]  # of Junos
    told = rack.refused("apply", "-y", rack.declare("vlans: {users: {vlan_id: 10, devices: [leaf1, leaf2]}}"))
    assert "configuration database modified (by admin)" in told
    assert any("domain-name theirs" in line for line in hands.left())
    assert rack.hands["leaf2"].left() == []


def test_what_others_do_meanwhile_is_theirs(rack: Rack) -> None:
    hands = rack.hands["leaf1"]

    async def locked(switch: JunosSwitch) -> None:
        hands.ask("<lock-configuration/>")  # type: ignore[attr-defined]  # of Junos
        with pytest.raises(Busy, match="locked by"):
            await switch.prepare("cpal-x-1", VLAN)
        hands.ask("<unlock-configuration/>")  # type: ignore[attr-defined]  # of Junos

    async def changed(switch: JunosSwitch) -> None:
        hands.type("set system domain-name theirs")
        with pytest.raises(Moved, match="changed since"):
            await switch.prepare("cpal-x-1", VLAN)

    async def waiting(switch: JunosSwitch) -> None:
        hands.load("set system domain-name other")  # type: ignore[attr-defined]  # of Junos
        hands.ask("<commit-configuration><confirmed/></commit-configuration>")  # type: ignore[attr-defined]  # of Junos
        with pytest.raises(Busy, match="a commit of admin waits"):
            await switch.prepare("cpal-x-1", VLAN)
        assert await switch.candidates() == {}
        assert hands.left() == ["rollback pending"]

    for work in (locked, changed, waiting):
        at(rack, work)
    hands.ask("<commit-configuration/>")  # type: ignore[attr-defined]  # of Junos
    assert "domain-name other;" in rack.shown("leaf1")


def test_a_candidate_is_nobody_elses_and_goes_with_its_session(rack: Rack) -> None:
    before = rack.shown("leaf1")

    async def refused(switch: JunosSwitch) -> None:
        with pytest.raises(Rejected, match="syntax error"):
            await switch.prepare("cpal-x-1", (*VLAN, "set vlans nonsense of no kind"))
        assert rack.hands["leaf1"].left() == []

    async def lost(switch: JunosSwitch) -> None:
        await switch.prepare("cpal-x-1", VLAN)
        assert await switch.candidates() == {"cpal-x-1": False}
        rack.running.order("leaf1", "faults", match="get-commit-information", action="drop")
        with pytest.raises(Unreachable):
            await switch.candidates()
        rack.hands["leaf1"].load("set system domain-name theirs")  # type: ignore[attr-defined]  # of Junos
        with pytest.raises(Unreachable, match="lost"):
            await switch.commit("cpal-x-1", 60)
        assert await switch.candidates() == {}

    at(rack, refused)
    at(rack, lost)
    assert rack.shown("leaf1") == before


def test_what_went_back_is_not_confirmed(rack: Rack) -> None:
    before = rack.shown("leaf1")

    async def work(switch: JunosSwitch) -> None:
        await switch.prepare("cpal-x-1", VLAN)
        await switch.commit("cpal-x-1", 60)
        assert await switch.candidates() == {"cpal-x-1": True}
        await switch.abort("cpal-x-1")
        assert rack.shown("leaf1") == before
        with pytest.raises(Moved):
            await switch.confirm("cpal-x-1")
        assert rack.hands["leaf1"].left() == []

    at(rack, work)


HANDS = (
    "set vlans byhand vlan-id 7", "set interfaces ge-0/0/8 description printer",
    "set interfaces ge-0/0/8 unit 0 family ethernet-switching vlan members byhand",
    "set interfaces ge-0/0/2 description \"by hand\"", "set interfaces ge-0/0/2 hold-time up 5",
    "set system ntp server 192.0.2.9", "set routing-options static route 0.0.0.0/0 next-hop 192.0.2.254",
)  # fmt: skip
USUAL = """
networks:
  web: {provider: {physical_network: dc, network_type: vlan, segmentation_id: 20}}
vlans:
  users: {vlan_id: 10, devices: [leaf1, leaf2]}
interfaces:
  leaf1/ge-0/0/1: {mode: access, networks: [web], description: to h1}
  leaf1/ge-0/0/2: {mode: trunk, vlans: [10], networks: [web], mtu: 9000}
  leaf1/ge-0/0/3: {mode: routed, addresses: [192.0.2.1/31], enabled: true}
  leaf1/irb.10: {addresses: [198.51.100.1/24], enabled: false}
  leaf2/ge-0/0/1: {mode: access, vlan: 10}
"""
WRITTEN = {
    "set vlans users vlan-id 10", "set vlans users l3-interface irb.10", "set vlans web vlan-id 20",
    "set interfaces ge-0/0/1 description \"to h1\"",
    "set interfaces ge-0/0/1 unit 0 family ethernet-switching interface-mode access",
    "set interfaces ge-0/0/1 unit 0 family ethernet-switching vlan members web",
    "set interfaces ge-0/0/2 mtu 9014",
    "set interfaces ge-0/0/2 unit 0 family ethernet-switching interface-mode trunk",
    "set interfaces ge-0/0/2 unit 0 family ethernet-switching vlan members users",
    "set interfaces ge-0/0/2 unit 0 family ethernet-switching vlan members web",
    "set interfaces ge-0/0/3 unit 0 family inet address 192.0.2.1/31",
    "set interfaces irb unit 10 disable", "set interfaces irb unit 10 family inet address 198.51.100.1/24",
}  # fmt: skip
"""What the usual is on leaf1, as somebody would type it who has read Junos's manual."""


def test_what_is_declared_is_there_is_kept_there_and_goes_again(rack: Rack) -> None:
    for leaf in LEAVES:
        rack.type(leaf, *HANDS)
    before = rack.all_shown()
    path = rack.declare(USUAL)
    planned = rack.plan(path)
    assert set(planned["commands"]["leaf1"]) == WRITTEN
    assert {op["record"] for op in planned["ops"] if op["name"] == "leaf1 20"} == {"network default/web"}
    assert rack.all_shown() == before
    rack.done("apply", "-y", path)
    assert statements(rack.shown("leaf1")) == WRITTEN | statements(before["leaf1"])
    assert rack.plan(path)["ops"] == []
    assert rack.hands["leaf1"].left() == []

    applied = rack.all_shown()
    rack.type(
        "leaf1", "delete interfaces ge-0/0/1 unit 0 family ethernet-switching vlan",
        "set interfaces ge-0/0/1 unit 0 family ethernet-switching vlan members byhand", "delete vlans users",
        "set interfaces ge-0/0/3 disable",
    )  # fmt: skip
    assert sorted(op["table"] for op in rack.plan(path)["ops"]) == [
        "interface.access_vlan", "interface.enabled", "interface.trunk_vlans", "vlan", "vlan.name",
    ]  # fmt: skip
    rack.done("apply", "-y", path)
    assert rack.all_shown() == applied

    rack.done("undo", "-y")
    assert rack.all_shown() == before


def test_what_others_configured_is_not_taken(rack: Rack) -> None:
    rack.type("leaf2", "set vlans theirs vlan-id 10")
    assert "not cpal's" in rack.refused("apply", "-y", rack.declare(USUAL))
    rack.type("leaf2", "delete vlans theirs", "set vlans users vlan-id 11")
    assert "another VLAN of that name" in rack.refused("apply", "-y", rack.declare(USUAL))


def statements(text: str) -> set[str]:
    """A configuration as `set` commands."""
    root = Node()
    assert load_text(root, text) == []
    return set(as_set(root))


def test_switches_of_netlab_are_taken_over_and_one_vlan_goes_and_comes_back(rack: Rack, tmp_path: Path) -> None:
    parts = netlab.rendered(tmp_path, "vjunos-switch", "vlan, vrf, bgp, ospf, routing")
    for leaf, node in zip(LEAVES, ("s1", "s2"), strict=True):
        for text in parts[node].values():
            rack.hands[leaf].load_text(text)  # type: ignore[attr-defined]  # of Junos
            rack.hands[leaf].ask(COMMIT)  # type: ignore[attr-defined]  # of Junos
    before = rack.all_shown()
    path = rack.folder / "rack.yaml"
    named = (word for name in LEAVES for word in ("--device", f"{name}={rack.addresses[name]}"))
    rack.done("import", *named, "--output", str(path), "-y")
    assert rack.all_shown() == before
    assert rack.plan(str(path))["ops"] == []
    target, document = yaml.safe_load_all(path.read_text(encoding="utf-8"))
    assert {name: each["vlan_id"] for name, each in document["vlans"].items()} == {"v10": 1000, "v20": 1001}
    assert document["interfaces"]["leaf1/ge-0/0/2"] == {"mtu": 1500, "mode": "trunk", "vlans": [1000, 1001]}
    assert {each["device"] for each in document["ospf_processes"].values()} == {*LEAVES}
    assert all(each["interfaces"] for each in document["ospf_processes"].values())
    of_s1 = {"address": "10.0.0.2", "remote_asn": 65000, "description": "s2", "update_source": "lo0.0"}
    assert document["bgp"].keys() == {*LEAVES}
    assert document["bgp"]["leaf1"] == {"asn": 65000, "router_id": "10.0.0.1", "neighbors": [of_s1]}
    del document["vlans"]["v20"]
    path.write_text(yaml.safe_dump_all([target, document]), encoding="utf-8")
    assert {op["name"].split()[1] for op in rack.plan(str(path))["ops"]} == {"1001"}
    rack.done("apply", "-y", str(path))
    for leaf in LEAVES:
        was, now = statements(before[leaf]), statements(rack.shown(leaf))
        assert {line.replace("members v20", "members 1001") for line in was} >= now
        assert was - now == {line for line in was if "members v20" in line or "vlans v20" in line}
    rack.done("undo", "-y")
    assert rack.all_shown() == before


CARRIED = """
vlans: {{users: {{vlan_id: 10, devices: [leaf1]}}{more}}}
interfaces:
  leaf1/ge-0/0/1: {{mode: trunk, vlans: [10, 20]}}
  leaf1/irb.10: {{addresses: [198.51.100.1/24, "2001:db8::1/64"]}}
"""


def test_lists_of_ports_follow_their_vlans(rack: Rack) -> None:
    others_list = "set interfaces ge-0/0/7 unit 0 family ethernet-switching vlan members"
    path = rack.declare(CARRIED.format(more=", web: {vlan_id: 20, devices: [leaf1]}"))
    rack.done("apply", "-y", path)
    rack.type("leaf1", f"{others_list} web")
    there = rack.shown("leaf1")
    assert "members [ users web ];" in there
    assert "l3-interface irb.10;" in there
    for more, ours, others in (
        (", api: {vlan_id: 20, devices: [leaf1]}", "members [ users api ];", "members api;"),
        ("", "members [ users 20 ];", "members 20;"),
    ):
        rack.declare(CARRIED.format(more=more))
        planned = rack.plan(path)
        assert {op["table"] for op in planned["ops"]} <= {"vlan", "vlan.name"}
        rack.done("apply", "-y", path)
        assert ours in rack.shown("leaf1")
        assert others in rack.shown("leaf1")
        rack.declare(CARRIED.format(more=", web: {vlan_id: 20, devices: [leaf1]}"))
        rack.done("apply", "-y", path)
        assert rack.shown("leaf1").replace("members 20;", "members web;") == there


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("interfaces: {leaf1/ge-0/0/1.7: {enabled: true}}", "Junos has no interface 'ge-0/0/1.7'"),
        ("interfaces: {leaf1/lo0.0: {mtu: 1500}}", "no MTU of lo0"),
        ("interfaces: {leaf1/ge-0/0/1: {addresses: [192.0.2.1/31]}}", "write mode: routed"),
        ("vlans: {'10': {vlan_id: 5, devices: [leaf1]}}", "not digits alone"),
        ("vlans: {a b: {vlan_id: 5, devices: [leaf1]}, a_b: {vlan_id: 6, devices: [leaf1]}}", "another VLAN a_b"),
    ],
)
def test_what_junos_cannot_get_is_refused(rack: Rack, text: str, words: str) -> None:
    assert words in rack.refused("apply", "-y", rack.declare(text))
