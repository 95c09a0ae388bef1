"""VLANs, interfaces and networks declared on switches: planned, applied, repaired and undone (emulated)."""

from __future__ import annotations

import pytest

from tests.integration.switches.rack import LEAVES, Rack
from tests.support.switch_makes import LINES

USUAL = """
networks:
  web: {provider: {physical_network: dc, network_type: vlan, segmentation_id: 20}}
vlans:
  users: {vlan_id: 10, devices: [leaf1, leaf2]}
interfaces:
  leaf1/Ethernet1: {mode: access, networks: [web], description: to h1?}
  leaf1/Ethernet2: {mode: trunk, vlans: [10], networks: [web], mtu: 9000}
  leaf1/Ethernet3: {mode: routed, addresses: [192.0.2.1/31], enabled: true}
  leaf1/Vlan10: {addresses: [198.51.100.1/24], enabled: false}
  leaf2/Ethernet1: {mode: access, vlan: 10}
"""
HANDS = (
    "vlan 7", "name byhand", "interface Ethernet8", "description printer", "switchport access vlan 7",
    "interface Ethernet2", "description by hand", "ntp server 192.0.2.9", "ip route 0.0.0.0/0 192.0.2.254",
)  # fmt: skip


_PORTS = {
    "interface Ethernet1": ["description to h1?", "switchport access vlan 20"],
    "interface Ethernet3": ["no switchport", "ip address 192.0.2.1/31"],
}
WRITTEN = {
    "eos": {
        **_PORTS,
        "interface Ethernet2": [
            "description by hand", "mtu 9000", "switchport trunk allowed vlan 10,20", "switchport mode trunk",
        ],
        "interface Vlan10": ["shutdown", "ip address 198.51.100.1/24"],
    },
    "ios": {
        **_PORTS,
        "interface Ethernet1": ["description to h1?", "switchport access vlan 20", "switchport mode access"],
        "interface Ethernet2": [
            "description by hand", "switchport trunk allowed vlan 10,20", "switchport mode trunk", "mtu 9000",
        ],
        "interface Vlan10": ["ip address 198.51.100.1/24", "shutdown"],
    },
    "nxos": {
        **_PORTS,
        "interface Ethernet2": [
            "description by hand", "switchport mode trunk", "switchport trunk allowed vlan 10,20", "mtu 9000",
        ],
        "interface Vlan10": ["ip address 198.51.100.1/24"],
    },
}  # fmt: skip
"""What each make shows of the usual, below each line; on NX-OS the interface of a VLAN is off by itself."""


@pytest.mark.parametrize("make", LINES, indirect=True)
def test_what_is_declared_is_there_is_kept_there_and_goes_again(rack: Rack) -> None:
    for name in LEAVES:
        rack.type(name, *HANDS)
    before = rack.all_shown()
    path = rack.declare(USUAL)
    planned = rack.plan(path)
    assert "switchport trunk allowed vlan 10,20" in planned["commands"]["leaf1"]
    assert {op["record"] for op in planned["ops"] if op["name"] == "leaf1 20"} == {"network default/web"}
    assert rack.all_shown() == before

    told = rack.done("apply", "-y", path)
    assert "commands at leaf2" in told
    assert rack.section("leaf1", "vlan 10") == ["name users"]
    assert rack.section("leaf1", "vlan 20") == ["name web"]
    for line, below in WRITTEN[rack.make.driver].items():
        assert rack.section("leaf1", line) == [rack.make.spoken(each) for each in below], line
    assert "switchport access vlan 10" in rack.section("leaf2", "interface Ethernet1")
    for name in LEAVES:
        assert set(before[name].splitlines()) <= set(rack.shown(name).splitlines())
        assert rack.section(name, "vlan 7") == ["name byhand"]
        assert rack.hands[name].left() == []
        assert rack.hands[name].shown("startup") == rack.shown(name)
    assert rack.plan(path)["ops"] == []

    applied = rack.all_shown()
    rack.type(
        "leaf1", "interface Ethernet1", "switchport access vlan 7", "no vlan 10", "interface Ethernet3", "shutdown"
    )
    drift = rack.plan(path)
    assert sorted(op["table"] for op in drift["ops"]) == [
        "interface.access_vlan", "interface.enabled", "vlan", "vlan.name",
    ]  # fmt: skip
    rack.done("apply", "-y", path)
    assert rack.all_shown() == applied

    rack.done("undo", "-y")
    assert rack.all_shown() == before


def test_there_and_back_by_each_part(rack: Rack) -> None:
    path = rack.declare(USUAL)
    rack.done("apply", "-y", path)
    there = rack.all_shown()
    for change in (
        USUAL.replace("vlan_id: 10", "vlan_id: 11").replace("[10]", "[11]").replace("vlan: 10", "vlan: 11"),
        USUAL.replace("mode: trunk, vlans: [10], networks: [web], mtu: 9000", "mode: routed, mtu: 1600"),
        USUAL.replace("segmentation_id: 20", "segmentation_id: 21"),
        USUAL.replace("  leaf1/Vlan10: {addresses: [198.51.100.1/24], enabled: false}\n", ""),
        USUAL.replace("mode: access, networks: [web], description: to h1?", "enabled: false"),
        "vlans: {only: {vlan_id: 99, devices: [leaf2]}}",
    ):
        rack.declare(change)
        rack.done("apply", "-y", path)
        assert rack.all_shown() != there
        assert rack.plan(path)["ops"] == []
        rack.declare(USUAL)
        rack.done("apply", "-y", path)
        assert rack.all_shown() == there


@pytest.mark.parametrize("make", LINES, indirect=True)
def test_what_others_configured_is_not_taken(rack: Rack) -> None:
    rack.type("leaf2", "vlan 10", "name theirs")
    told = rack.refused("apply", "-y", rack.declare(USUAL))
    assert "vlan leaf2 10" in told
    assert "not cpal's" in told


def test_a_switch_that_refuses_leaves_all_as_before(rack: Rack) -> None:
    path = rack.declare(USUAL)
    rack.running.order("leaf2", "faults", match=rack.make.commit, action="refuse", message="told to refuse")
    assert "as before" in rack.refused("apply", "-y", path)
    rack.done("apply", "-y", path)
    assert rack.plan(path)["ops"] == []


TWICE = """
networks: {web: {provider: {physical_network: dc, network_type: vlan, segmentation_id: 5}}}
vlans: {a: {vlan_id: 5, devices: [leaf1]}}
interfaces: {leaf1/Ethernet1: {mode: access, networks: [web]}}
"""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "interfaces: {leaf1/Serial1: {mode: access, vlan: 1}}",
            "{title} has no interface 'Serial1'",
        ),
        ("interfaces: {leaf1/Loopback0: {mode: access, vlan: 7}}", "0 is no port of the switch"),
        ("interfaces: {leaf1/Ethernet1: {mtu: {mtu}}}", "{title} takes "),
        ("interfaces: {leaf9/Ethernet1: {mtu: 9000}}", "there is no target that has a device leaf9"),
        ("vlans: {a: {vlan_id: 5, devices: [leaf1]}, b: {vlan_id: 5, devices: [leaf1]}}", "VLAN 5 of leaf1 is taken"),
        (TWICE, "VLAN 5 of leaf1 is VLAN a already"),
        ("networks: [web]\ninterfaces: {leaf1/Ethernet1: {mode: access, networks: [web]}}", "is no VLAN"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_touched(rack: Rack, text: str, words: str) -> None:
    path = rack.declare(text.replace("{mtu}", rack.make.wrong_mtu))
    assert words.replace("{title}", rack.make.title) in rack.refused("apply", "-y", path)


LACKING = {"nxos": "Ethernet1/19", "ios": "GigabitEthernet0/19"}
"""Ports that the emulated models have not: Ethernet1 to 8 and one of management, as each calls them."""


@pytest.mark.parametrize("make", [*LACKING], indirect=True)
@pytest.mark.parametrize(
    "text",
    [
        "interfaces: {leaf1/Ethernet99: {description: to nowhere}}",
        "lags: {leaf1/Port-Channel7: {members: [Ethernet99]}}",
    ],
)
def test_a_port_that_the_device_lacks_is_refused_with_names_of_those_that_are_like_it(rack: Rack, text: str) -> None:
    path = rack.declare(text.replace("Ethernet99", LACKING[rack.make.driver]))
    for verb in (("plan",), ("apply", "-y")):
        said = rack.refused(*verb, path)
        assert f"leaf1: the switch has no interface '{LACKING[rack.make.driver]}' (near: " in said
        assert rack.make.spoken("Ethernet1") in said.partition("(near: ")[2].partition(")")[0]
        assert f"it has {rack.make.spoken('Ethernet1')} to " in said or rack.make.driver == "ios"


@pytest.mark.parametrize("make", ["eos"], indirect=True)
def test_a_port_that_comes_with_a_module_is_configured_before(rack: Rack) -> None:
    """EOS says that the configuration takes effect once the module is inserted, and keeps it."""
    rack.settle("interfaces: {leaf1/Ethernet19: {description: to come}}")
    assert rack.section("leaf1", "interface Ethernet19") == ["description to come"]
