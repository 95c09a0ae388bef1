"""OSPF declared on Junos switches: applied, changed, taken over, and what cannot be (emulated)."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.integration.switches.rack import LEAVES, Rack
from tests.support.switch_makes import MAKES, SwitchMake

USUAL = """
ospf_processes:
  underlay:
    device: leaf1
    router_id: 192.0.2.9
    redistribute: [connected, bgp]
    interfaces:
    - {interface: ge-0/0/1, area: 0, cost: 10, network_type: point-to-point}
    - {interface: ge-0/0/2, area: 0.0.0.1, network_type: broadcast}
    - {interface: lo0.0, area: 0, passive: true}
  of red:
    device: leaf1
    vrf: red
    router_id: 192.0.2.4
    redistribute: [static]
    interfaces: [{interface: ge-0/0/3, area: 0, cost: 7}]
vrfs: {red: {devices: [leaf1], address_families: [ipv4, ipv6]}}
interfaces:
  leaf1/ge-0/0/1: {mode: routed, addresses: [192.0.2.0/31]}
  leaf1/ge-0/0/2: {mode: routed, addresses: [192.0.2.2/31]}
  leaf1/ge-0/0/3: {mode: routed, vrf: red, addresses: [192.0.2.4/31]}
  leaf1/lo0.0: {addresses: [192.0.2.9/32]}
"""
WRITTEN = {
    "set routing-options router-id 192.0.2.9",
    "set protocols ospf area 0.0.0.0 interface ge-0/0/1.0 metric 10",
    "set protocols ospf area 0.0.0.0 interface ge-0/0/1.0 interface-type p2p",
    "set protocols ospf area 0.0.0.1 interface ge-0/0/2.0",
    "set protocols ospf area 0.0.0.0 interface lo0.0 passive",
    "set routing-instances red routing-options router-id 192.0.2.4",
    "set routing-instances red protocols ospf area 0.0.0.0 interface ge-0/0/3.0 metric 7",
    "set protocols ospf export cpal-ospf",
    "set policy-options policy-statement cpal-ospf term direct from protocol direct",
    "set policy-options policy-statement cpal-ospf term direct then accept",
    "set policy-options policy-statement cpal-ospf term bgp from protocol bgp",
    "set policy-options policy-statement cpal-ospf term bgp then accept",
    "set routing-instances red protocols ospf export cpal-ospf-red",
    "set policy-options policy-statement cpal-ospf-red term static from protocol static",
    "set policy-options policy-statement cpal-ospf-red term static then accept",
}
"""What the usual says of OSPF, by Junos's manual."""
OF_RED = USUAL[USUAL.index("  of red") : USUAL.index("vrfs:")]
BROADCAST = "    - {interface: ge-0/0/2, area: 0.0.0.1, network_type: broadcast}\n"


@pytest.fixture(scope="module")
def make() -> SwitchMake:
    """Junos alone."""
    return MAKES["junos"]


def test_a_process_is_there_changes_and_goes_again(rack: Rack) -> None:
    said = rack.plan(rack.declare(USUAL))["commands"]["leaf1"]
    assert {line for line in said if "ospf" in line or "router-id" in line} == WRITTEN

    def look() -> None:
        assert "interface-type p2p;" in rack.shown("leaf1")

    changes = {
        "another router ID": USUAL.replace("router_id: 192.0.2.9", "router_id: 192.0.2.8"),
        "none": USUAL.replace("    router_id: 192.0.2.4\n", ""),
        "another area": USUAL.replace("area: 0,", "area: 10,", 1),
        "no cost": USUAL.replace("cost: 10, ", ""),
        "another kind of network": USUAL.replace(", network_type: point-to-point", ""),
        "passive": USUAL.replace("point-to-point", "point-to-point, passive: true"),
        "one speaks that did not": USUAL.replace(", passive: true", ""),
        "no others' routes": USUAL.replace("    redistribute: [connected, bgp]\n", ""),
        "more of others' routes": USUAL.replace("[connected, bgp]", "[static, connected, bgp]"),
        "fewer of others' routes": USUAL.replace("[connected, bgp]", "[bgp]"),
        "others of others' routes": USUAL.replace("redistribute: [static]", "redistribute: [connected]"),
        "no others' routes in the VRF": USUAL.replace("    redistribute: [static]\n", ""),
        "at another interface, others of others' routes in the VRF": USUAL.replace(
            "redistribute: [static]", "redistribute: [bgp]"
        ).replace("ge-0/0/3", "ge-0/0/4"),
        "one interface less": USUAL.replace(BROADCAST, ""),
        "one process less": USUAL.replace(OF_RED, ""),
        "in another VRF": USUAL.replace("vrfs: {red:", "vrfs: {blue:").replace("vrf: red", "vrf: blue"),
        "in no VRF": USUAL.replace(OF_RED, "")
        .replace(", vrf: red", "")
        .replace(BROADCAST, "    - {interface: ge-0/0/3, area: 0, cost: 7}\n"),
    }
    rack.there_and_back(USUAL, changes.values(), look)


def test_a_process_made_by_hand_is_taken_over_and_goes_by_the_document(rack: Rack) -> None:
    before = rack.all_shown()
    area = "set protocols ospf area"
    rack.type("leaf1", "set interfaces ge-0/0/1 unit 0 family inet address 192.0.2.0/31",
              "set interfaces ge-0/0/2 unit 0 family inet address 192.0.2.2/31",
              f"{area} 0 interface ge-0/0/1.0 metric 5", f"{area} 0 interface ge-0/0/1.0 hello-interval 3",
              f"{area} 0.0.0.1 interface ge-0/0/2.0 interface-type nbma", f"{area} 1 interface ge-0/0/2.5")  # fmt: skip
    held = rack.all_shown()
    path = rack.folder / "taken.yaml"
    named = (word for name in LEAVES for word in ("--device", f"{name}={rack.addresses[name]}"))
    rack.done("import", *named, "--output", str(path), "-y")
    target, document = yaml.safe_load_all(path.read_text(encoding="utf-8"))
    assert document["ospf_processes"] == {
        "leaf1": {
            "device": "leaf1",
            "interfaces": [
                {"interface": "ge-0/0/1", "area": "0.0.0.0", "cost": 5},
                {"interface": "ge-0/0/2", "area": "0.0.0.1"},
            ],
        }
    }
    assert rack.plan(str(path))["ops"] == []
    assert rack.all_shown() == held
    document["ospf_processes"]["leaf1"]["interfaces"][0]["area"] = "0.0.0.1"
    path.write_text(yaml.safe_dump_all([target, document]), encoding="utf-8")
    rack.done("apply", "-y", str(path))
    moved = rack.shown("leaf1")
    assert "area 0.0.0.0" not in moved
    assert "hello-interval 3;" in moved
    del document["ospf_processes"], document["interfaces"]
    path.write_text(yaml.safe_dump_all([target, document]), encoding="utf-8")
    rack.done("apply", "-y", str(path))
    assert rack.all_shown() == before


def test_the_router_id_of_others_is_not_taken(rack: Rack) -> None:
    rack.type("leaf1", "set routing-options router-id 192.0.2.1")
    said = rack.refused("apply", "-y", rack.declare(USUAL))
    assert "not cpal's" in said
    rack.settle(USUAL.replace("    router_id: 192.0.2.9\n", ""))
    rack.settle("")
    assert "router-id 192.0.2.1;" in rack.shown("leaf1")


OTHERS = (
    "set policy-options policy-statement LAN term lan from protocol static",
    "set policy-options policy-statement LAN term lan then reject",
    "set protocols ospf export LAN",
)
"""A policy of others', by the examples of Junos's manual."""


def test_a_policy_of_others_is_asked_after_cpals_and_stays(rack: Rack) -> None:
    without = "".join(line for line in USUAL.splitlines(keepends=True) if "redistribute" not in line)

    rack.settle(without)
    rack.type("leaf1", *OTHERS)
    beside = rack.all_shown()
    assert "export LAN;" in beside["leaf1"]
    rack.settle(USUAL)
    assert "export [ cpal-ospf LAN ];" in rack.shown("leaf1")
    rack.settle(without)
    assert rack.all_shown() == beside


def test_what_others_change_in_the_policy_is_seen_and_made_good(rack: Rack) -> None:
    rack.settle(USUAL)
    applied = rack.all_shown()
    ours = "policy-options policy-statement cpal-ospf"
    for lines in (
        (f"set {ours} term direct then metric 7",),
        (f"set {ours} term direct from interface lo0.0",),
        (f"delete {ours} term direct then accept",),
        (f"delete {ours} term bgp",),
        (f"delete {ours}", "delete protocols ospf export"),
        ("delete protocols ospf export",),
    ):
        rack.type("leaf1", *lines)
        assert rack.all_shown() != applied
        rack.settle(USUAL)
        assert rack.all_shown() == applied, lines


def test_what_is_redistributed_is_taken_over_where_no_term_picks_some(rack: Rack) -> None:
    before = rack.all_shown()
    ours = "set policy-options policy-statement cpal-ospf term"
    rack.type("leaf1", *OTHERS, "set interfaces ge-0/0/1 unit 0 family inet address 192.0.2.0/31",
              "set protocols ospf area 0 interface ge-0/0/1.0",
              "set protocols ospf export cpal-ospf",
              f"{ours} direct from protocol direct", f"{ours} direct then accept",
              f"{ours} bgp from protocol bgp", f"{ours} bgp then metric 7", f"{ours} bgp then accept")  # fmt: skip
    held = rack.all_shown()
    path = rack.folder / "taken.yaml"
    named = (word for name in LEAVES for word in ("--device", f"{name}={rack.addresses[name]}"))
    assert "ospf.redistribute leaf1 1 bgp" in rack.done("import", *named, "--output", str(path), "-y")
    target, document = yaml.safe_load_all(path.read_text(encoding="utf-8"))
    assert document["ospf_processes"]["leaf1"]["redistribute"] == ["connected"]
    assert rack.plan(str(path))["ops"] == []
    assert rack.all_shown() == held
    document["ospf_processes"]["leaf1"]["redistribute"] = ["static"]
    path.write_text(yaml.safe_dump_all([target, document]), encoding="utf-8")
    rack.done("apply", "-y", str(path))
    assert rack.plan(str(path))["ops"] == []
    assert "term direct" not in rack.shown("leaf1")
    assert "metric 7;" in rack.shown("leaf1")
    del document["ospf_processes"], document["interfaces"]
    path.write_text(yaml.safe_dump_all([target, document]), encoding="utf-8")
    rack.done("apply", "-y", str(path))
    rack.type("leaf1", "delete policy-options")
    assert rack.all_shown() == before


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("device: leaf1\n    router_id", "device: leaf1\n    process: 2\n    router_id", "no numbers of processes"),
        ("    router_id: 192.0.2.9", "    passive_default: true", "write passive at each interface"),
        ("    router_id: 192.0.2.9", "    maximum_paths: 4", "exports routes to its forwarding table"),
        ("interface: ge-0/0/1,", "interface: ge-0/0/1.0,", "has no interface 'ge-0/0/1.0'"),
        ("interface: lo0.0,", "interface: irb.9,", "is there only by being configured"),
        ("interfaces: [{interface: ge-0/0/3, area: 0, cost: 7}]", "interfaces: []", "only with an interface"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_touched(rack: Rack, old: str, new: str, words: str) -> None:
    assert old in USUAL
    assert words in rack.refused("apply", "-y", rack.declare(USUAL.replace(old, new, 1)))


def test_of_processes_that_are_owned_what_others_configured_goes_but_the_router_id_of_all(rack: Rack) -> None:
    path = Path(rack.declare(USUAL))
    rack.done("apply", "-y", str(path))
    applied = rack.all_shown()
    ours = "set protocols ospf area 0.0.0.0 interface"
    rack.type("leaf1", f"{ours} ge-0/0/1.0 passive", f"{ours} ge-0/0/8.0 metric 4")
    rack.type("leaf2", "set routing-options router-id 192.0.2.1", f"{ours} ge-0/0/8.0 metric 4")
    driver = f"    driver: {rack.make.driver}\n"
    path.write_text(path.read_text(encoding="utf-8").replace(driver, f"{driver}    owned: [ospf]\n"), encoding="utf-8")
    rack.done("apply", "-y", str(path))
    assert rack.plan(str(path))["ops"] == []
    assert rack.shown("leaf1") == applied["leaf1"]
    assert "ospf" not in rack.shown("leaf2")
    assert "router-id 192.0.2.1;" in rack.shown("leaf2")
