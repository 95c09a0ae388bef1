"""VRFs, static routes, time and log servers, declared on switches one by one: applied, taken over (emulated)."""

from __future__ import annotations

import re
import runpy
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from cpal.lab.emulate.junos.text import as_set, load_text
from cpal.lab.emulate.tree import Node
from tests.integration.switches.rack import LEAVES, Rack
from tests.support.switch_makes import LINES, MAKES, SwitchMake

ROOT = Path(__file__).parents[3]
USUAL = """
vrfs:
  red: {devices: [leaf1, leaf2]}
routes:
  way out: {destination: 0.0.0.0/0, nexthop: 10.0.0.9, devices: [leaf1]}
  six: {destination: "2001:db8::/32", nexthop: "2001:db8:1::9", devices: [leaf1]}
  in red: {destination: 192.0.2.0/24, nexthop: 10.0.1.9, vrf: red, devices: [leaf1, leaf2]}
ntp_servers:
  clock: {address: 192.0.2.1, devices: [leaf1, leaf2]}
  clock of red: {address: 192.0.2.2, vrf: red, devices: [leaf2]}
syslog_servers:
  log: {address: 192.0.2.3, devices: [leaf1]}
  log of red: {address: 192.0.2.4, vrf: red, devices: [leaf1]}
interfaces:
  leaf1/Ethernet3: {mode: routed, vrf: red, addresses: [10.0.1.1/24]}
"""


class Said(NamedTuple):
    """How a make says it."""

    leaf1: frozenset[str]
    """The new lines at the top of leaf1; of Junos, statements."""
    leaf2: frozenset[str]
    by_hand: tuple[str, ...]
    """What somebody configured before."""
    taken_away: tuple[str, ...]
    """How somebody takes away a time server, a route, and the VRF's routing where that is written."""
    route: tuple[str, ...]
    """How somebody writes a route in his VRF."""
    vlans: tuple[str, ...]
    """How somebody makes VLANs 7 and 12."""
    vrf: tuple[str, ...] = ()
    """What is below the VRF's line on leaf1."""
    interface: tuple[str, ...] = ()
    """What is below the interface that is in it."""
    lost: tuple[str, ...] = ("vlan 7", "name byhand", "ntp server 192.0.2.9")
    """What is shown no more once VLANs and time servers are cpal's, the last of it once time servers are."""
    foreign: tuple[str, str] = ("ntp server 192.0.2.77", "snmp-server location hall 7")
    """A time server by hand, and something else."""
    delete: tuple[str, str] = ("no vlan 7", "no ntp server 192.0.2.9")
    families: Mapping[str, list[str]] = {"address_families": []}
    """What the VRF routes that he made, as a document says it."""
    tables: tuple[str, ...] = ("ntp_server", "route", "vrf.ipv4")
    """Of what rows those are that he takes away."""
    no_vrf: str = "no section 'vrf context x'"
    """How it is refused that a route is in a VRF that there is not."""


VLANS = ("vlan 7", "name byhand", "vlan 12", "name kept", "interface Ethernet1")
OF = {
    "eos": Said(
        frozenset({
            "vrf instance red", "ip routing vrf red", "ip route 0.0.0.0/0 10.0.0.9",
            "ipv6 route 2001:db8::/32 2001:db8:1::9", "ip route vrf red 192.0.2.0/24 10.0.1.9", "ntp server 192.0.2.1",
            "logging host 192.0.2.3", "logging vrf red host 192.0.2.4",
        }),
        frozenset({
            "vrf instance red", "ip routing vrf red", "ip route vrf red 192.0.2.0/24 10.0.1.9", "ntp server 192.0.2.1",
            "ntp server vrf red 192.0.2.2",
        }),
        ("ntp server 192.0.2.9", "ip route 198.51.100.0/24 10.0.0.8", "logging host 192.0.2.8", "vrf instance blue"),
        ("no ntp server 192.0.2.1", "no ip route 0.0.0.0/0 10.0.0.9", "no ip routing vrf red"),
        ("ip route vrf blue 0.0.0.0/0 10.0.0.7",), VLANS,
        interface=("no switchport", "vrf red", "ip address 10.0.1.1/24"),
    ),
    "nxos": Said(
        frozenset({
            "vrf context red", "ip route 0.0.0.0/0 10.0.0.9", "ipv6 route 2001:db8::/32 2001:db8:1::9",
            "ntp server 192.0.2.1", "logging server 192.0.2.3", "logging server 192.0.2.4 use-vrf red",
        }),
        frozenset({"vrf context red", "ntp server 192.0.2.1", "ntp server 192.0.2.2 use-vrf red"}),
        ("ntp server 192.0.2.9", "ip route 198.51.100.0/24 10.0.0.8", "logging server 192.0.2.8", "vrf context blue"),
        ("no ntp server 192.0.2.1", "no ip route 0.0.0.0/0 10.0.0.9", "vrf context red",
         "no address-family ipv4 unicast"),
        ("vrf context blue", "ip route 0.0.0.0/0 10.0.0.7"), VLANS,
        vrf=("ip route 192.0.2.0/24 10.0.1.9", "address-family ipv4 unicast"),
        interface=("no switchport", "vrf member red", "ip address 10.0.1.1/24"),
    ),
    "junos": Said(
        frozenset({
            "set routing-instances red instance-type virtual-router", "set routing-instances red interface ge-0/0/3.0",
            "set routing-instances red routing-options static route 192.0.2.0/24 next-hop 10.0.1.9",
            "set routing-options static route 0.0.0.0/0 next-hop 10.0.0.9",
            "set routing-options rib inet6.0 static route 2001:db8::/32 next-hop 2001:db8:1::9",
            "set system ntp server 192.0.2.1", "set system syslog host 192.0.2.3 any any",
            "set system syslog host 192.0.2.4 any any", "set system syslog host 192.0.2.4 routing-instance red",
            "set interfaces ge-0/0/3 unit 0 family inet address 10.0.1.1/24",
        }),
        frozenset({
            "set routing-instances red instance-type virtual-router", "set system ntp server 192.0.2.1",
            "set routing-instances red routing-options static route 192.0.2.0/24 next-hop 10.0.1.9",
            "set system ntp server 192.0.2.2 routing-instance red",
        }),
        ("set system ntp server 192.0.2.9", "set routing-options static route 198.51.100.0/24 next-hop 10.0.0.8",
         "set system syslog host 192.0.2.8 any notice", "set routing-instances blue instance-type virtual-router"),
        ("delete system ntp server 192.0.2.1", "delete routing-options static route 0.0.0.0/0"),
        ("set routing-instances blue routing-options static route 0.0.0.0/0 next-hop 10.0.0.7",),
        ("set vlans byhand vlan-id 7", "set vlans kept vlan-id 12"),
        lost=("set vlans byhand vlan-id 7", "set system ntp server 192.0.2.9"),
        foreign=("set system ntp server 192.0.2.77", "set snmp location hall"),
        delete=("delete vlans byhand", "delete system ntp server 192.0.2.9"),
        tables=("ntp_server", "route"),
    ),
    "ios": Said(
        frozenset({
            "vrf definition red", "ip route 0.0.0.0 0.0.0.0 10.0.0.9", "ipv6 route 2001:DB8::/32 2001:DB8:1::9",
            "ip route vrf red 192.0.2.0 255.255.255.0 10.0.1.9", "ntp server 192.0.2.1", "logging host 192.0.2.3",
            "logging host 192.0.2.4 vrf red",
        }),
        frozenset({
            "vrf definition red", "ip route vrf red 192.0.2.0 255.255.255.0 10.0.1.9", "ntp server 192.0.2.1",
            "ntp server vrf red 192.0.2.2",
        }),
        ("ntp server 192.0.2.9", "ip route 198.51.100.0 255.255.255.0 10.0.0.8", "logging 192.0.2.8",
         "vrf definition blue", "address-family ipv4"),
        ("no ntp server 192.0.2.1", "no ip route 0.0.0.0 0.0.0.0 10.0.0.9"),
        ("ip route vrf blue 0.0.0.0 0.0.0.0 10.0.0.7",), VLANS,
        vrf=("address-family ipv4", "exit-address-family"),
        interface=("no switchport", "vrf forwarding red", "ip address 10.0.1.1 255.255.255.0"),
        families={}, tables=("ntp_server", "route"), no_vrf="the switch has no VRF 'x'",
    ),
}  # fmt: skip


@pytest.fixture(scope="module", params=OF)
def make(request: pytest.FixtureRequest) -> SwitchMake:
    """The makes that hold this so far."""
    return MAKES[request.param]


@pytest.fixture
def said(make: SwitchMake) -> Said:
    """How this make says it."""
    return OF[make.driver]


def stated(rack: Rack, text: str) -> set[str]:
    """What is in a configuration, in no order: lines, or statements of Junos."""
    if rack.make.has_lines:
        return {line.strip() for line in text.splitlines() if line.strip()}
    root = Node()
    assert load_text(root, text) == []
    return set(as_set(root))


def all_stated(rack: Rack) -> dict[str, set[str]]:
    """The same of what each switch shows: Junos shows servers in the order in which they came."""
    return {name: stated(rack, text) for name, text in rack.all_shown().items()}


def new(rack: Rack, name: str, before: dict[str, str]) -> set[str]:
    """The lines that a switch shows at the top, or the statements, and did not before."""
    if not rack.make.has_lines:
        return stated(rack, rack.shown(name)) - stated(rack, before[name])
    shown = {line for line in rack.shown(name).splitlines() if line and not line.startswith((" ", "!"))}
    return shown - set(before[name].splitlines())


def test_what_is_declared_is_there_is_kept_there_and_goes_again(rack: Rack, said: Said) -> None:
    for name in LEAVES:
        rack.type(name, *said.by_hand)
    before = rack.all_shown()
    path = rack.declare(USUAL)
    rack.done("apply", "-y", path)
    assert rack.plan(path)["ops"] == []
    assert new(rack, "leaf1", before) == said.leaf1
    assert new(rack, "leaf2", before) == said.leaf2
    if rack.make.has_lines:
        [vrf] = [line for line in said.leaf1 if line.startswith("vrf ")]
        assert [line for line in rack.section("leaf1", vrf) if line] == list(said.vrf)
        assert rack.section("leaf1", "interface Ethernet3") == list(said.interface)
    assert set(before["leaf1"].splitlines()) - set(rack.shown("leaf1").splitlines()) <= {"no ip routing vrf red"}

    applied = all_stated(rack)
    rack.type("leaf1", *said.taken_away)
    assert sorted(op["table"] for op in rack.plan(path)["ops"]) == [*said.tables]
    rack.done("apply", "-y", path)
    assert all_stated(rack) == applied
    for change in (
        USUAL.replace("nexthop: 10.0.0.9", "nexthop: 10.0.0.7"),
        USUAL.replace("address: 192.0.2.1, devices: [leaf1, leaf2]", "address: 192.0.2.1, vrf: red, devices: [leaf1]"),
        USUAL.replace("vrf: red, addresses: [10.0.1.1/24]", "addresses: [10.0.1.1/24]"),
    ):
        rack.declare(change)
        rack.done("apply", "-y", path)
        assert all_stated(rack) != applied
        rack.declare(USUAL)
        rack.done("apply", "-y", path)
        assert all_stated(rack) == applied
    rack.declare("")
    rack.done("apply", "-y", path)
    assert rack.all_shown() == before


def test_what_somebody_configured_is_taken_over_and_goes_by_the_document(rack: Rack, said: Said) -> None:
    for name in LEAVES:
        rack.type(name, *said.by_hand, *said.route)
    before = rack.all_shown()
    path = rack.folder / "taken.yaml"
    named = (word for name in LEAVES for word in ("--device", f"{name}={rack.addresses[name]}"))
    rack.done("import", *named, "--output", str(path), "-y")
    assert rack.all_shown() == before
    target, document = yaml.safe_load_all(path.read_text(encoding="utf-8"))
    both = list(LEAVES)
    assert document["vrfs"] == {"blue": {**said.families, "devices": both}}
    assert document["ntp_servers"] == {"192.0.2.9": {"address": "192.0.2.9", "devices": both}}
    assert document["syslog_servers"] == {"192.0.2.8": {"address": "192.0.2.8", "devices": both}}
    assert document["routes"]["blue 0.0.0.0/0 10.0.0.7"] == {
        "destination": "0.0.0.0/0", "nexthop": "10.0.0.7", "vrf": "blue", "devices": both,
    }  # fmt: skip
    assert rack.plan(str(path))["ops"] == []
    del document["ntp_servers"]
    path.write_text(yaml.safe_dump_all([target, document]), encoding="utf-8")
    rack.done("apply", "-y", str(path))
    for name in LEAVES:
        assert stated(rack, before[name]) - stated(rack, rack.shown(name)) == {said.lost[-1]}


@pytest.mark.parametrize("make", LINES, indirect=True)
def test_a_vrf_that_others_put_an_interface_into_stays(rack: Rack, said: Said) -> None:
    """The device would take the interface's addresses away."""
    rack.settle("vrfs: {red: {devices: [leaf1]}}")
    rack.type("leaf1", "interface Ethernet4", "no switchport", said.interface[1], "ip address 10.0.9.1/24")
    refused = rack.refused("apply", "-y", rack.declare(""))
    assert f"others put {rack.make.spoken('Ethernet4')} into VRF 'red', which is to go; take" in refused


@pytest.mark.parametrize("make", OF, indirect=True)
def test_of_vrfs_that_are_owned_those_of_others_go(rack: Rack, said: Said) -> None:
    for name in LEAVES:
        rack.type(name, *said.by_hand, *said.route)
    path = Path(rack.declare("vrfs: {red: {devices: [leaf1]}}\n"))
    driver = f"    driver: {rack.make.driver}\n"
    text = path.read_text(encoding="utf-8").replace(driver, f"{driver}    owned: [vrf, route, syslog_server]\n")
    path.write_text(text.replace("devices: [leaf1]", "devices: [leaf2]"), encoding="utf-8")
    rack.done("apply", "-y", str(path))
    assert rack.plan(str(path))["ops"] == []
    for name in LEAVES:
        assert "blue" not in rack.shown(name)
        assert not {"192.0.2.8", "198.51.100.0"} & {*re.findall(r"[\d.]+", rack.shown(name))}


OWNED = """
vlans: {users: {vlan_id: 10, devices: [leaf1]}, kept: {vlan_id: 12, devices: [leaf1, leaf2]}}
ntp_servers: {clock: {address: 192.0.2.1, devices: [leaf1, leaf2]}}
"""


def test_of_a_section_that_is_owned_what_others_configured_goes(rack: Rack, said: Said) -> None:
    for name in LEAVES:
        rack.type(name, *said.by_hand, *said.vlans)
    path = Path(rack.declare(OWNED))
    assert "not cpal's" in rack.refused("apply", "-y", str(path))
    driver = f"    driver: {rack.make.driver}\n"
    text = path.read_text(encoding="utf-8").replace(driver, f"{driver}    owned: [vlan, ntp_server]\n")
    path.write_text(text, encoding="utf-8")
    before = rack.all_shown()
    plan = rack.plan(str(path))
    gone = {(op["table"], op["name"]) for op in plan["ops"] if op["action"] == "delete"}
    assert gone == {(table, f"{leaf} {what}") for leaf in LEAVES
                    for table, what in (("vlan", 7), ("vlan.name", 7), ("ntp_server", "192.0.2.9"))}  # fmt: skip
    assert {*said.delete} <= set(plan["commands"]["leaf2"])
    assert rack.all_shown() == before
    rack.done("apply", "-y", str(path))
    assert rack.plan(str(path))["ops"] == []
    for name in LEAVES:
        assert stated(rack, before[name]) - stated(rack, rack.shown(name)) == {*said.lost}
    rack.type("leaf2", *said.foreign)
    assert rack.plan(str(path))["commands"] == {"leaf2": [said.delete[-1].replace(".9", ".77")]}


@pytest.mark.parametrize("make", ["eos"], indirect=True)
def test_a_route_is_added_by_one_dict(rack: Rack, capsys: pytest.CaptureFixture[str]) -> None:
    rack.done("apply", "-y", rack.declare(""))
    runpy.run_path(str(ROOT / "examples" / "add_a_route.py"))
    assert "ip route 192.0.2.0/24 10.0.0.9" in rack.shown("leaf1").splitlines()
    assert capsys.readouterr().out == "leaf1\n  ip route 192.0.2.0/24 10.0.0.9\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("vrfs: {default: {devices: [leaf1]}}", "'default' is no name of a VRF"),
        ("vrfs: {of two words: {devices: [leaf1]}}", "is no name of a VRF"),
        ("vrfs: {red: {devices: [leaf9]}}", "there is no target that has a device leaf9"),
        ("routes: {a: {destination: 10.0.0.0/8, nexthop: \"fd00::1\", devices: [leaf1]}}", "nexthop"),
        ("ntp_servers: {a: {address: 192.0.2.1}}", "is on no device"),
        ("ntp_servers: {a: {address: 192.0.2.1, devices: [leaf1]}, b: {address: 192.0.2.1, devices: [leaf1]}}",
         "192.0.2.1 on leaf1 is taken"),
        ("interfaces: {leaf1/Ethernet1: {mode: access, vlan: 7, vrf: red}}", "has no vrf"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_before_anything_is_touched(rack: Rack, text: str, words: str) -> None:
    assert words in rack.refused("apply", "-y", rack.declare(text))


@pytest.mark.parametrize("make", ["nxos", "ios"], indirect=True)
def test_a_route_in_a_vrf_that_there_is_not_is_refused(rack: Rack, said: Said) -> None:
    text = "routes: {a: {destination: 10.0.0.0/8, nexthop: 10.0.0.1, vrf: x, devices: [leaf1]}}"
    assert said.no_vrf in rack.refused("apply", "-y", rack.declare(text))


@pytest.mark.parametrize("make", ["nxos"], indirect=True)
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("vrfs: {management: {devices: [leaf1]}}", "has the VRF management by itself"),
        ("ntp_servers: {a: {address: 192.0.2.1, devices: [leaf1]}, b: {address: 192.0.2.1, vrf: x, devices: [leaf1]}}",
         "leaf1 has 192.0.2.1 already, by a"),
    ],
)  # fmt: skip
def test_what_one_make_cannot_is_refused_too(rack: Rack, text: str, words: str) -> None:
    assert words in rack.refused("apply", "-y", rack.declare(text))
