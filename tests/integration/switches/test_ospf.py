"""OSPF declared on switches one by one: applied, changed, taken over, and what cannot be (emulated)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from tests.integration.switches.rack import LEAVES, Rack
from tests.support.switch_makes import LINES

ROUTED = """
interfaces:
  leaf1/Ethernet1: {mode: routed, addresses: [192.0.2.0/31]}
  leaf1/Ethernet2: {mode: routed, addresses: [192.0.2.2/31]}
  leaf1/Loopback0: {addresses: [192.0.2.9/32]}
"""
USUAL = f"""
ospf_processes:
  underlay:
    device: leaf1
    process: 7
    router_id: 192.0.2.9
    maximum_paths: 4
    interfaces:
    - {{interface: Ethernet1, area: 0, cost: 10, network_type: point-to-point}}
    - {{interface: Ethernet2, area: 0.0.0.1, network_type: broadcast, passive: false}}
    - {{interface: Loopback0, area: 0, passive: true}}
{ROUTED}"""
SHOWN = {
    "eos": {
        "router ospf 7": ["router-id 192.0.2.9", "passive-interface Loopback0", "maximum-paths 4"],
        "interface Ethernet1": ["ip ospf area 0.0.0.0", "ip ospf cost 10", "ip ospf network point-to-point"],
        "interface Ethernet2": ["ip ospf area 0.0.0.1"],
        "interface Loopback0": ["ip ospf area 0.0.0.0"],
    },
    "nxos": {
        "router ospf 7": ["router-id 192.0.2.9", "maximum-paths 4"],
        "interface Ethernet1": ["ip ospf cost 10", "ip ospf network point-to-point", "ip router ospf 7 area 0.0.0.0"],
        "interface Ethernet2": ["ip router ospf 7 area 0.0.0.1"],
        "interface Loopback0": ["ip ospf passive-interface", "ip router ospf 7 area 0.0.0.0"],
    },
    "ios": {
        "router ospf 7": ["router-id 192.0.2.9", "passive-interface Loopback0", "maximum-paths 4"],
        "interface Ethernet1": ["ip ospf cost 10", "ip ospf network point-to-point", "ip ospf 7 area 0.0.0.0"],
        "interface Ethernet2": ["ip ospf 7 area 0.0.0.1"],
        "interface Loopback0": ["ip ospf 7 area 0.0.0.0"],
    },
}
"""What each make shows of it, by its documentation."""
SECOND = "    - {interface: Ethernet2, area: 0.0.0.1, network_type: broadcast, passive: false}\n"
CHANGES = {
    "another number": ("process: 7", "process: 8"),
    "another router ID": ("router_id: 192.0.2.9", "router_id: 192.0.2.8"),
    "as many paths as it likes": ("    maximum_paths: 4\n", ""),
    "passive by default": ("    maximum_paths", "    passive_default: true\n    maximum_paths"),
    "another area": ("area: 0,", "area: 10,"),
    "no cost": ("cost: 10, ", ""),
    "another kind of network": (", network_type: point-to-point", ""),
    "passive": ("network_type: point-to-point", "network_type: point-to-point, passive: true"),
    "one speaks that did not": (", passive: true", ""),
    "one interface less": (SECOND, ""),
}


def said_of(rack: Rack, line: str) -> list[str]:
    """What the first switch says of OSPF in a section."""
    found = rack.section("leaf1", line)
    return found if line.startswith("router") else [each for each in found if "ospf" in each]


@pytest.mark.parametrize("make", LINES, indirect=True)
def test_a_process_is_there_changes_and_goes_again(rack: Rack) -> None:
    def look() -> None:
        for line, lines in SHOWN[rack.make.driver].items():
            assert sorted(said_of(rack, line)) == sorted(map(rack.make.spoken, lines)), line

    for old, _ in CHANGES.values():
        assert old in USUAL, old
    rack.there_and_back(USUAL, [USUAL.replace(old, new, 1) for old, new in CHANGES.values()], look)


@pytest.mark.parametrize("make", ["eos"], indirect=True)
@pytest.mark.parametrize("before", [(), ("ip routing",)])
def test_a_switch_routes_as_long_as_a_process_needs_it(rack: Rack, before: tuple[str, ...]) -> None:
    by_hand = ("interface Ethernet5", "no switchport", "ip address 192.0.2.20/31", *before)
    rack.type("leaf1", *by_hand)
    shown = rack.shown("leaf1")
    bgp = "bgp: {leaf1: {asn: 65001, router_id: 192.0.2.9}}\n"
    for text in (USUAL, USUAL + bgp, USUAL, bgp):
        rack.settle(text)
        assert "\nip routing\n" in rack.shown("leaf1")
    rack.settle("")
    assert rack.shown("leaf1") == shown


IN_VRF = f"""{USUAL}
  leaf1/Ethernet3: {{mode: routed, vrf: red, addresses: [192.0.2.4/31]}}
vrfs: {{red: {{devices: [leaf1]}}}}
"""
OF_RED = """ospf_processes:
  of red:
    device: leaf1
    vrf: red
    process: 9
    router_id: 192.0.2.4
    interfaces: [{interface: Ethernet3, area: 0}]
"""
BOTH = IN_VRF.replace("ospf_processes:\n", OF_RED)


AREA_IN_VRF = {"eos": "ip ospf area 0.0.0.0", "nxos": "ip router ospf 9 area 0.0.0.0", "ios": "ip ospf 9 area 0.0.0.0"}


@pytest.mark.parametrize("make", LINES, indirect=True)
def test_a_process_in_a_vrf_is_there_beside_that_of_the_default_one(rack: Rack) -> None:
    nests = rack.make.driver == "nxos"

    def look() -> None:
        assert ("router ospf 9\n  vrf red\n" if nests else "router ospf 9 vrf red\n") in rack.shown("leaf1")
        assert said_of(rack, "interface Ethernet3") == [AREA_IN_VRF[rack.make.driver]]

    there, passive = "router_id: 192.0.2.4", "router_id: 192.0.2.4\n    passive_default: true"
    swapped = (
        BOTH.replace("process: 9", "process: 0").replace("process: 7", "process: 9").replace("process: 0", "process: 7")
    )
    changes = [BOTH.replace("process: 9", "process: 10"), BOTH.replace(there, passive), IN_VRF, swapped]
    if nests:
        changes.append(BOTH.replace("process: 9", "process: 7"))
    rack.there_and_back(BOTH, changes, look)


REDISTRIBUTED = (
    BOTH.replace("    process: 9\n", "    process: 9\n    redistribute: [static, bgp]\n").replace(
        "    process: 7\n", "    process: 7\n    redistribute: [connected, bgp]\n"
    )
    + "bgp: {leaf1: {asn: 65001}}\n"
)
LEARNED = {
    "eos": ["redistribute connected", "redistribute bgp"],
    "nxos": ["redistribute direct route-map cpal-any", "redistribute bgp 65001 route-map cpal-any"],
    "ios": ["redistribute connected subnets", "redistribute bgp 65001 subnets"],
}
"""Source: the makes' references, `redistribute (OSPF)`; NX-OS takes nothing without a route map."""


@pytest.mark.parametrize("make", LINES, indirect=True)
def test_others_routes_are_redistributed_and_no_more(rack: Rack) -> None:
    nxos = rack.make.driver == "nxos"
    if nxos:
        rack.type("leaf1", "feature bgp")

    def look() -> None:
        assert set(LEARNED[rack.make.driver]) <= set(rack.section("leaf1", "router ospf 7"))
        assert (rack.section("leaf1", "route-map cpal-any permit 10") == []) if nxos else True

    told = REDISTRIBUTED.replace("{asn: 65001}", "{asn: 65001, redistribute: [connected]}")
    changes = (
        REDISTRIBUTED.replace("65001", "65002"),
        REDISTRIBUTED.replace("[connected, bgp]", "[static, bgp]"),
        REDISTRIBUTED.replace("    redistribute: [connected, bgp]\n", ""),
        told,
        told.replace("    redistribute: [static, bgp]\n", ""),
        BOTH,
    )
    rack.there_and_back(REDISTRIBUTED, changes, look)


@pytest.mark.parametrize("make", ["nxos"], indirect=True)
def test_a_leaf_without_routers_has_the_route_map_that_its_protocols_name(rack: Rack) -> None:
    rack.type("leaf1", *rack.make.underlay, "interface loopback0", "ip address 192.0.2.9/32")
    hosts = "hosts: {leaf1: {target: switches, underlay_address: 192.0.2.9}}\n"
    for text in ("bgp: {leaf1: {asn: 64601, redistribute: [connected]}}\n", REDISTRIBUTED.replace("65001", "64601")):
        rack.settle(hosts + text.replace("  leaf1/Loopback0: {addresses: [192.0.2.9/32]}\n", "").replace(
            "    - {interface: Loopback0, area: 0, passive: true}\n", ""))  # fmt: skip
        assert "route-map cpal-any permit 10" in rack.shown("leaf1").splitlines()


@pytest.mark.parametrize("make", LINES, indirect=True)
def test_what_is_redistributed_is_taken_over(rack: Rack) -> None:
    if rack.make.driver == "nxos":
        rack.type("leaf1", "feature bgp")
    rack.settle(REDISTRIBUTED)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CPAL_HOME", str(rack.folder / "another"))
        path = rack.folder / "anew.yaml"
        rack.done("import", "--device", f"leaf1={rack.addresses['leaf1']}", "--output", str(path), "-y")
        assert rack.plan(str(path))["ops"] == []
    _, document = yaml.safe_load_all(path.read_text(encoding="utf-8"))
    read = {each.get("vrf", ""): {*each["redistribute"]} for each in document["ospf_processes"].values()}
    assert read == {"": {"connected", "bgp"}, "red": {"static", "bgp"}}


BY_HAND: Mapping[str, tuple[str, ...]] = {
    "eos": (
        "ip routing", "router ospf 7", "router-id 192.0.2.9", "passive-interface default",
        "no passive-interface Ethernet1",
        "redistribute connected", "redistribute static route-map LAN", "max-lsa 12000",
        "interface Ethernet1", "no switchport", "ip ospf area 10", "ip ospf cost 5", "ip ospf hello-interval 3",
        "interface Ethernet2", "no switchport", "ip ospf area 0.0.0.0", "ip ospf network point-to-point",
    ),
    "nxos": (
        "router ospf 7", "router-id 192.0.2.9", "passive-interface default", "log-adjacency-changes",
        "redistribute direct route-map LAN",
        "interface Ethernet1", "no switchport", "ip router ospf 7 area 10", "no ip ospf passive-interface",
        "ip ospf cost 5", "ip ospf hello-interval 3",
        "interface Ethernet2", "no switchport", "ip router ospf 7 area 0.0.0.0", "ip ospf network point-to-point",
        "router ospf UNDERLAY", "interface Ethernet4", "no switchport", "ip router ospf UNDERLAY area 0",
    ),
    "ios": (
        "router ospf 7", "router-id 192.0.2.9", "passive-interface default", "no passive-interface Ethernet1",
        "redistribute connected subnets", "redistribute static subnets route-map LAN",
        "interface Ethernet1", "no switchport", "ip ospf 7 area 10", "ip ospf cost 5", "ip ospf hello-interval 3",
        "interface Ethernet2", "no switchport", "ip ospf 7 area 0", "ip ospf network point-to-point",
    ),
}  # fmt: skip


@pytest.mark.parametrize("make", LINES, indirect=True)
def test_a_process_is_taken_over_as_it_is(rack: Rack) -> None:
    rack.type("leaf1", *BY_HAND[rack.make.driver], "interface Ethernet3", "ip ospf cost 9")
    held = rack.all_shown()
    path = rack.folder / "taken.yaml"
    named = (word for name in LEAVES for word in ("--device", f"{name}={rack.addresses[name]}"))
    told = rack.done("import", *named, "--output", str(path), "-y")
    assert told.count("left as it is") == (4 if rack.make.driver == "nxos" else 2), told
    target, document = yaml.safe_load_all(path.read_text(encoding="utf-8"))
    one, two = (rack.make.spoken(name) for name in ("Ethernet1", "Ethernet2"))
    redistributed = {} if rack.make.driver == "nxos" else {"redistribute": ["connected"]}
    assert document["ospf_processes"] == {
        "leaf1": {
            "device": "leaf1", "process": 7, "router_id": "192.0.2.9", "passive_default": True, **redistributed,
            "interfaces": [
                {"interface": one, "area": "0.0.0.10", "cost": 5, "passive": False},
                {"interface": two, "area": "0.0.0.0", "network_type": "point-to-point"},
            ],
        }
    }  # fmt: skip
    assert rack.plan(str(path))["ops"] == []
    assert rack.all_shown() == held
    document["ospf_processes"]["leaf1"]["interfaces"][0]["cost"] = 6
    path.write_text(yaml.safe_dump_all([target, document]), encoding="utf-8")
    rack.done("apply", "-y", str(path))
    assert rack.shown("leaf1") == held["leaf1"].replace("ip ospf cost 5", "ip ospf cost 6")
    del document["ospf_processes"]
    path.write_text(yaml.safe_dump_all([target, document]), encoding="utf-8")
    rack.done("apply", "-y", str(path))
    assert "router ospf 7" not in rack.shown("leaf1")
    assert said_of(rack, "interface Ethernet1") == ["ip ospf hello-interval 3"]
    assert rack.shown("leaf2") == held["leaf2"]


@pytest.mark.parametrize("make", LINES, indirect=True)
def test_what_somebody_changed_comes_back(rack: Rack) -> None:
    path = rack.declare(USUAL)
    rack.done("apply", "-y", path)
    applied = rack.all_shown()
    rack.type("leaf1", "router ospf 7", "passive-interface default", "interface Ethernet1", "ip ospf cost 99")
    assert len(rack.plan(path)["ops"]) > 1
    rack.done("apply", "-y", path)
    assert rack.all_shown() == applied


@pytest.mark.parametrize("make", LINES, indirect=True)
def test_what_cannot_be_is_refused_before_anything_is_touched(rack: Rack) -> None:
    for old, new, words in (
        ("device: leaf1", "device: leaf9", "there is no target that has a device leaf9"),
        ("process: 7", "process: 65536", "out of range"),
        ("area: 0,", "area: east,", '"east" is not an area'),
        ("interface: Ethernet2,", "interface: Ethernet1,", "twice"),
        ("interface: Ethernet2,", "interface: leaf1/Ethernet2,", "write it as leaf1 shows it"),
        ("interface: Ethernet2,", "interface: Serial2,", "has no interface 'Serial2'"),
        ("interface: Loopback0,", "interface: Loopback1,", "is there only by being configured"),
        ("cost: 10", "cost: 0", "out of range"),
        ("cost: 10", "cost: low", "is not a whole number"),
        ("point-to-point", "ring", "is not known"),
        ("leaf1/Ethernet1: {mode: routed, addresses: [192.0.2.0/31]}", "leaf1/Ethernet1: {mode: access, vlan: 10}",
         "is declared as a port of the switch"),
        ("process: 7", "process: 7\n    vrf: red", "is not declared in VRF red"),
        ("ospf_processes:\n", "ospf_processes:\n  other: {device: leaf1}\n", "is taken by OSPF process"),
    ):  # fmt: skip
        assert old in USUAL
        assert words in rack.refused("apply", "-y", rack.declare(USUAL.replace(old, new))), new


LIMITS = {
    "eos": (
        ("    vrf: red\n", "", "is declared in VRF red, and the process is in the default VRF"),
        ("process: 9", "process: 7", "process 7 of leaf1 is in the default VRF already"),
    ),
    "nxos": (
        ("process: 9", "process: 9\n    redistribute: [bgp]", "by the number of its AS"),
        ("process: 9", "process: 9\n    maximum_paths: 65", "takes at most 64"),
    ),
    "ios": (
        ("process: 7", "process: 7\n    redistribute: [bgp]", "by the number of its AS"),
        ("maximum_paths: 4", "maximum_paths: 33", "takes at most 32"),
        ("process: 9", "process: 7", "process 7 of leaf1 is in the default VRF already"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("make", LINES, indirect=True)
def test_what_a_make_cannot_hold_it_says(rack: Rack) -> None:
    for old, new, words in LIMITS[rack.make.driver]:
        assert old in BOTH
        assert words in rack.refused("apply", "-y", rack.declare(BOTH.replace(old, new)))


@pytest.mark.parametrize("make", ["nxos"], indirect=True)
def test_a_switch_without_the_feature_is_left_alone(rack: Rack) -> None:
    rack.type("leaf1", "no feature ospf")
    assert "it needs `feature ospf`" in rack.refused("apply", "-y", rack.declare(USUAL))


@pytest.mark.parametrize("make", ["nxos"], indirect=True)
def test_a_process_that_is_in_a_vrf_alone_is_taken_over_as_that(rack: Rack) -> None:
    rack.type("leaf1", "vrf context red", "interface Ethernet1", "no switchport", "ip router ospf 7 area 0",
              "interface Ethernet2", "no switchport", "vrf member red", "ip router ospf 5 area 0",
              "router ospf 5", "vrf red", "router-id 192.0.2.5", "router ospf 7", "router-id 192.0.2.7")  # fmt: skip
    held = rack.all_shown()
    path = rack.folder / "taken.yaml"
    named = (word for name in LEAVES for word in ("--device", f"{name}={rack.addresses[name]}"))
    rack.done("import", *named, "--output", str(path), "-y")
    _, document = yaml.safe_load_all(path.read_text(encoding="utf-8"))
    assert {name: (each["process"], len(each["interfaces"])) for name, each in document["ospf_processes"].items()} == {
        "leaf1": (7, 1),
        "leaf1 red": (5, 1),
    }
    assert rack.plan(str(path))["ops"] == []
    assert rack.all_shown() == held


@pytest.mark.parametrize("make", LINES, indirect=True)
def test_of_processes_that_are_owned_what_others_configured_goes(rack: Rack) -> None:
    path = Path(rack.declare(USUAL))
    rack.done("apply", "-y", str(path))
    applied = rack.all_shown()
    rack.type("leaf1", "router ospf 7", "passive-interface default", "interface Ethernet2", "ip ospf cost 9")
    rack.type("leaf1", "interface Ethernet4", "no switchport", *BY_HAND[rack.make.driver][-2:-1])
    driver = f"    driver: {rack.make.driver}\n"
    path.write_text(path.read_text(encoding="utf-8").replace(driver, f"{driver}    owned: [ospf]\n"), encoding="utf-8")
    rack.done("apply", "-y", str(path))
    assert rack.plan(str(path))["ops"] == []
    rack.type("leaf1", "interface Ethernet4", "switchport")
    assert rack.all_shown() == applied
