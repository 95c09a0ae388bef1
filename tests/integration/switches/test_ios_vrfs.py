"""VRFs, routes and servers of IOS where it is particular: its older VRFs, lines that say more, addresses (emulated)."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from tests.integration.switches.rack import LEAVES, Rack
from tests.support.switch_makes import MAKES, SwitchMake

BY_HAND = (
    "vrf definition red", "rd 65000:1", "address-family ipv4", "exit", "address-family ipv6", "exit", "exit",
    "ntp server 192.0.2.9", "ntp server vrf red 192.0.2.9 prefer", "ntp server 2001:db8::9",
    "logging 192.0.2.8", "logging host 192.0.2.8 transport udp port 5140", "logging host ipv6 2001:db8::8 vrf red",
    "ip route vrf red 198.51.100.0 255.255.255.0 10.0.0.8 1",
    "ip route 198.51.100.0 255.255.255.0 10.0.0.8 200 name old",
    "ip route 203.0.113.0 255.255.255.0 null0", "ipv6 route 2001:db8:9::/48 2001:db8::9",
)  # fmt: skip
USUAL = """
ntp_servers:
  six: {address: "2001:db8::1", devices: [leaf1]}
  clock of red: {address: 192.0.2.1, vrf: red, devices: [leaf1]}
syslog_servers:
  log of six: {address: "2001:db8::3", devices: [leaf1]}
  log of red: {address: 192.0.2.3, vrf: red, devices: [leaf1]}
routes:
  six in red: {destination: "2001:db8::/32", nexthop: "2001:db8:1::9", vrf: red, devices: [leaf1]}
"""
CHANGES = (
    USUAL.replace("192.0.2.3, vrf: red", "192.0.2.5").replace("1::9", "1::7"),
    USUAL.replace('"2001:db8::3"', "192.0.2.4").replace("192.0.2.1, vrf: red", "192.0.2.1"),
)
APPLIED = {
    "ntp server 2001:DB8::1", "ntp server vrf red 192.0.2.1", "logging host ipv6 2001:DB8::3",
    "logging host 192.0.2.3 vrf red", "ipv6 route vrf red 2001:DB8::/32 2001:DB8:1::9",
}  # fmt: skip
"""What leaf1 shows more. Source: Cisco IOS command references, `ntp server`, `logging host`, `ipv6 route`."""


@pytest.fixture(scope="module", params=["ios"])
def make(request: pytest.FixtureRequest) -> SwitchMake:
    """IOS."""
    return MAKES[request.param]


def test_servers_and_routes_are_in_a_vrf_of_others_and_go_again(rack: Rack) -> None:
    rack.type("leaf1", *BY_HAND)
    before = rack.shown("leaf1").splitlines()

    def look() -> None:
        shown = rack.shown("leaf1").splitlines()
        assert set(shown) - set(before) == APPLIED
        assert set(before) <= set(shown)

    rack.there_and_back(USUAL, CHANGES, look)


def taken(rack: Rack) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """What is taken over of both switches, which stay as they are: the file, its target, and the rest."""
    before = rack.all_shown()
    path = rack.folder / "taken.yaml"
    named = (word for name in LEAVES for word in ("--device", f"{name}={rack.addresses[name]}"))
    rack.done("import", *named, "--output", str(path), "-y")
    assert rack.all_shown() == before
    assert rack.plan(str(path))["ops"] == []
    target, document = yaml.safe_load_all(path.read_text(encoding="utf-8"))
    return str(path), target, document


def test_what_says_no_more_than_records_do_is_taken_over(rack: Rack) -> None:
    for name in LEAVES:
        rack.type(name, *BY_HAND)
    _, _, document = taken(rack)
    on: dict[str, Any] = {"devices": list(LEAVES)}
    assert document["vrfs"] == {"red": {"address_families": ["ipv4", "ipv6"], **on}}
    assert document["ntp_servers"] == {each: {"address": each, **on} for each in ("192.0.2.9", "2001:db8::9")}
    assert document["syslog_servers"] == {
        "192.0.2.8": {"address": "192.0.2.8", **on},
        "red 2001:db8::8": {"address": "2001:db8::8", "vrf": "red", **on},
    }
    assert document["routes"] == {
        "2001:db8:9::/48 2001:db8::9": {"destination": "2001:db8:9::/48", "nexthop": "2001:db8::9", **on},
        "red 198.51.100.0/24 10.0.0.8": {
            "destination": "198.51.100.0/24", "nexthop": "10.0.0.8", "vrf": "red", **on,
        },
        "198.51.100.0/24 10.0.0.8": {
            "destination": "198.51.100.0/24", "nexthop": "10.0.0.8", "preference": 200, "label": "old", **on,
        },
    }  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "ntp_servers: {a: {address: 192.0.2.1, vrf: blue, devices: [leaf1]}}",
        "syslog_servers: {a: {address: 192.0.2.1, vrf: blue, devices: [leaf1]}}",
        "interfaces: {leaf1/Ethernet3: {mode: routed, vrf: blue}}",
    ],
)
def test_a_vrf_that_there_is_not_is_refused_before_anything_is_touched(rack: Rack, text: str) -> None:
    assert "the switch has no VRF 'blue'; declare it" in rack.refused("apply", "-y", rack.declare(text))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("routes: {a: {destination: 198.51.100.0/24, nexthop: 10.0.0.8, devices: [leaf1]}}",
         "route leaf1 198.51.100.0/24 10.0.0.8: it exists at the target and is not cpal's"),
        ("ntp_servers: {a: {address: 192.0.2.9, vrf: red, devices: [leaf1]}}",
         "others configured `ntp server vrf red 192.0.2.9 prefer` there"),
    ],
)  # fmt: skip
def test_what_others_say_more_of_is_not_overwritten(rack: Rack, text: str, why: str) -> None:
    rack.type("leaf1", *BY_HAND)
    assert why in rack.refused("apply", "-y", rack.declare(text))


def test_what_somebody_added_to_a_line_of_cpal_goes_again(rack: Rack) -> None:
    text = """
ntp_servers: {clock: {address: 192.0.2.1, devices: [leaf1]}}
routes: {way out: {destination: 0.0.0.0/0, nexthop: 10.0.0.9, devices: [leaf1]}}
"""
    rack.settle(text)
    applied = rack.all_shown()
    rack.type("leaf1", "ip route 0.0.0.0 0.0.0.0 10.0.0.9 200", "ntp server 192.0.2.1 prefer")
    rack.settle(text)
    assert rack.all_shown() == applied


IN_RED = """
vrfs:
  red: {address_families: [ipv4, ipv6], devices: [leaf1]}
  blue: {address_families: [ipv6, ipv4], devices: [leaf1]}
interfaces:
  leaf1/Ethernet3: {mode: routed, vrf: red, addresses: [10.0.1.1/24]}
  leaf1/Loopback7: {vrf: red, addresses: [10.0.7.1/32]}
  leaf1/Ethernet6: {mode: routed, addresses: [10.0.8.1/24]}
"""
BLUE = "  blue: {address_families: [ipv6, ipv4], devices: [leaf1]}\n"
MOVED = (
    IN_RED.replace("Ethernet3: {mode: routed, vrf: red", "Ethernet3: {mode: routed, vrf: blue"),
    IN_RED.replace("Loopback7: {vrf: red, ", "Loopback7: {").replace("Ethernet6: {", "Ethernet6: {vrf: red, "),
    IN_RED.replace("vrf: red, addresses: [10.0.1.1/24]", "vrf: blue, addresses: [10.0.3.1/24]"),
    IN_RED.replace(BLUE, ""),
)
SHOWN = {
    "vrf definition red": ["address-family ipv4", "exit-address-family", "address-family ipv6", "exit-address-family"],
    "interface Ethernet3": ["no switchport", "vrf forwarding red", "ip address 10.0.1.1 255.255.255.0",
                            "ipv6 address 2001:DB8:7::1/64", "ipv6 enable"],
}  # fmt: skip
"""Source: Cisco IOS Interface and Hardware Component Command Reference, `vrf definition`, `vrf forwarding`."""


def test_an_interface_keeps_its_addresses_from_vrf_to_vrf(rack: Rack) -> None:
    """IOS takes them away as it moves, those of others too."""
    rack.type("leaf1", "interface Ethernet3", "ipv6 address 2001:db8:7::1/64", "ipv6 enable",
              "interface Ethernet6", "ipv6 address 2001:db8:8::1/64")  # fmt: skip

    def look() -> None:
        for line, lines in SHOWN.items():
            assert [each for each in rack.section("leaf1", line) if each != "!"] == lines

    rack.there_and_back(IN_RED, MOVED, look)


def test_others_addresses_and_interfaces_are_not_lost_with_a_vrf(rack: Rack) -> None:
    """IOS would take them away: of a family that the VRF does not route, or as the VRF goes."""
    rack.settle(IN_RED)
    rack.type("leaf1", "interface Ethernet3", "ipv6 address 2001:db8:7::1/64")
    to_blue = IN_RED.replace("vrf: red, addresses: [10.0.1.1/24]", "vrf: blue, addresses: [10.0.1.1/24]")
    for text in (to_blue.replace("[ipv6, ipv4]", "[ipv4]"), IN_RED.replace("[ipv4, ipv6]", "[ipv4]")):
        said = rack.refused("apply", "-y", rack.declare(text))
        assert "GigabitEthernet0/3 has addresses of a family that VRF" in said
        assert "with ipv6, or take its `ipv6 address ` lines away" in said
    rack.type("leaf1", "interface Ethernet4", "no switchport", "vrf forwarding blue", "ip address 10.0.9.1/24")
    text = IN_RED.replace(BLUE, "")
    said = rack.refused("apply", "-y", rack.declare(text))
    assert "others put GigabitEthernet0/4 into VRF 'blue', which is to go; take GigabitEthernet0/4 out" in said


OLDER = ("ip vrf OLD", "rd 65000:9", "route-target both 65000:9", "interface Ethernet3", "no switchport",
         "ip vrf forwarding OLD", "ip address 10.0.1.1/24")  # fmt: skip
IN_OLDER = """
interfaces:
  leaf1/Ethernet4: {mode: routed, vrf: OLD, addresses: [10.0.4.1/24]}
  leaf1/Ethernet5: {mode: routed, addresses: [10.0.5.1/24]}
ospf_processes:
  of OLD: {device: leaf1, vrf: OLD, process: 3, interfaces: [{interface: Ethernet4, area: 0}]}
bgp:
  leaf1: {asn: 65001}
  leaf1/OLD: {asn: 65001, neighbors: [{address: 10.0.4.9, remote_asn: 65009}]}
routes: {way out: {destination: 0.0.0.0/0, nexthop: 10.0.4.9, vrf: OLD, devices: [leaf1]}}
"""


def test_a_vrf_of_the_older_form_is_respected(rack: Rack) -> None:
    rack.type("leaf1", *OLDER)

    def look() -> None:
        assert rack.section("leaf1", "interface Ethernet4")[1] == "ip vrf forwarding OLD"
        assert rack.section("leaf1", "ip vrf OLD") == ["rd 65000:9", "route-target both 65000:9"]

    changes = (
        IN_OLDER.replace("Ethernet4: {mode: routed, vrf: OLD", "Ethernet4: {mode: routed, vrf: red").replace(
            "ospf_processes:", "vrfs: {red: {devices: [leaf1]}}\nospf_processes:"
        ).replace("vrf: OLD, process", "vrf: red, process"),
        IN_OLDER.replace("Ethernet5: {mode: routed,", "Ethernet5: {mode: routed, vrf: OLD,"),
        IN_OLDER[: IN_OLDER.index("ospf_processes")],
    )  # fmt: skip
    rack.there_and_back(IN_OLDER, changes, look)


def test_a_vrf_of_the_older_form_is_taken_over_and_routes_no_ipv6(rack: Rack) -> None:
    for name in LEAVES:
        rack.type(name, *OLDER)
    before = rack.all_shown()
    path, target, document = taken(rack)
    assert document["vrfs"] == {"OLD": {"devices": list(LEAVES)}}
    assert document["interfaces"]["leaf1/GigabitEthernet0/3"]["vrf"] == "OLD"
    whole = yaml.safe_dump_all([target, document])

    def write(text: str) -> str:
        (rack.folder / "taken.yaml").write_text(text, encoding="utf-8")
        return path

    document["vrfs"]["OLD"]["address_families"] = ["ipv4", "ipv6"]
    said = rack.refused("apply", "-y", write(yaml.safe_dump_all([target, document])))
    assert "`ip vrf OLD` there, which routes IPv4 and nothing else" in said
    del document["vrfs"]
    for name in LEAVES:
        document["interfaces"][f"{name}/GigabitEthernet0/3"].pop("vrf")
    rack.done("apply", "-y", write(yaml.safe_dump_all([target, document])))
    assert "OLD" not in rack.shown("leaf1")
    assert rack.section("leaf1", "interface Ethernet3") == ["no switchport", "ip address 10.0.1.1 255.255.255.0"]
    rack.done("undo", "-y")
    assert rack.all_shown() == before
    assert rack.plan(write(whole))["ops"] == []


def test_bgp_gives_a_vrf_the_route_distinguisher_that_ios_asks_for(rack: Rack) -> None:
    text = """
vrfs: {red: {devices: [leaf1]}}
bgp:
  leaf1: {asn: 4200000001}
  leaf1/red: {asn: 4200000001, neighbors: [{address: 10.0.4.9, remote_asn: 65009}]}
"""
    changes = [text.replace("4200000001", "65001"), text[: text.index("  leaf1/red")]]

    def look() -> None:
        [said] = [line for line in rack.section("leaf1", "vrf definition red") if line.startswith("rd ")]
        assert said.startswith("rd 23456:")  # AS_TRANS: one of type 0 has 16 bits for the AS

    rack.there_and_back(text, changes, look)
    rack.type("leaf1", "vrf definition blue", "rd 65000:7", "vrf definition none")
    in_theirs = text.replace("leaf1/red", "leaf1/blue")
    before = rack.shown("leaf1")
    rack.settle(in_theirs)
    assert "rd 65000:7" in rack.section("leaf1", "vrf definition blue")
    rack.settle(text.replace("leaf1/red", "leaf1/none"))
    rack.settle("")
    assert rack.shown("leaf1") == before
