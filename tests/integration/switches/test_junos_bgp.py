"""BGP declared on Junos switches: applied, changed, taken over, beside others' groups and tenants (emulated)."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.integration.switches.rack import LEAVES, Rack
from tests.support.switch_makes import MAKES, SwitchMake

USUAL = """
bgp:
  leaf1:
    asn: 65001
    router_id: 10.255.1.1
    networks: [10.255.1.1/32, "2001:db8:1::/48"]
    redistribute: [connected]
    maximum_paths: 16
    neighbors:
    - {address: 192.0.2.1, remote_asn: 65100, description: to spine1}
    - {address: 10.255.0.1, remote_asn: 65100, update_source: lo0.0, ebgp_multihop: 3, families: [evpn]}
    - {address: 10.255.0.2, remote_asn: 65001, update_source: lo0.0, families: [ipv4, evpn],
       route_reflector_client: true, next_hop_self: true}
    - {address: "2001:db8::2", remote_asn: 4200000001, families: [ipv6]}
  leaf1/red:
    asn: 65001
    router_id: 10.9.9.9
    redistribute: [static]
    neighbors: [{address: 198.51.100.1, remote_asn: 65200, families: [ipv4, ipv6]}]
  leaf2:
    asn: 65002
    neighbors: [{address: 192.0.2.3, remote_asn: 65100}]
interfaces:
  leaf1/lo0.0: {addresses: [10.255.1.1/32, 10.255.1.9/32, "2001:db8::1/128"]}
vrfs: {red: {devices: [leaf1], address_families: [ipv4, ipv6]}}
"""
INTERNAL, EXTERNAL = (f"set protocols bgp group cpal-{kind}" for kind in ("internal", "external"))
IN_RED = "set routing-instances red protocols bgp group cpal-external"
TOLD = "set policy-options policy-statement cpal-bgp"
OWN_HOP = "set policy-options policy-statement cpal-next-hop-self"
WRITTEN = {
    "set routing-options autonomous-system 65001",
    "set routing-options router-id 10.255.1.1",
    f"{EXTERNAL} type external",
    f"{EXTERNAL} neighbor 192.0.2.1 peer-as 65100",
    f'{EXTERNAL} neighbor 192.0.2.1 description "to spine1"',
    f"{EXTERNAL} neighbor 192.0.2.1 family inet unicast",
    f"{EXTERNAL} neighbor 10.255.0.1 peer-as 65100",
    f"{EXTERNAL} neighbor 10.255.0.1 local-address 10.255.1.1",
    f"{EXTERNAL} neighbor 10.255.0.1 multihop ttl 3",
    f"{EXTERNAL} neighbor 10.255.0.1 family evpn signaling",
    f"{EXTERNAL} neighbor 2001:db8::2 peer-as 4200000001",
    f"{EXTERNAL} neighbor 2001:db8::2 family inet6 unicast",
    f"{INTERNAL} type internal",
    f"{INTERNAL} neighbor 10.255.0.2 peer-as 65001",
    f"{INTERNAL} neighbor 10.255.0.2 local-address 10.255.1.1",
    f"{INTERNAL} neighbor 10.255.0.2 cluster 10.255.1.1",
    f"{INTERNAL} neighbor 10.255.0.2 family inet unicast",
    f"{INTERNAL} neighbor 10.255.0.2 family evpn signaling",
    "set routing-instances red routing-options router-id 10.9.9.9",
    f"{IN_RED} type external",
    f"{IN_RED} neighbor 198.51.100.1 peer-as 65200",
    f"{IN_RED} neighbor 198.51.100.1 family inet unicast",
    f"{IN_RED} neighbor 198.51.100.1 family inet6 unicast",
    "set protocols bgp export cpal-bgp",
    "set protocols bgp multipath multiple-as",
    f"{TOLD} term ipv4-networks from route-filter 10.255.1.1/32 exact",
    f"{TOLD} term ipv4-networks then accept",
    f"{TOLD} term ipv6-networks from route-filter 2001:db8:1::/48 exact",
    f"{TOLD} term ipv6-networks then accept",
    *(f"{TOLD} term {family}-direct from {asked}" for family, inet in (("ipv4", "inet"), ("ipv6", "inet6"))
      for asked in (f"family {inet}", "protocol direct")),
    f"{TOLD} term ipv4-direct then accept",
    f"{TOLD} term ipv6-direct then accept",
    f"{INTERNAL} neighbor 10.255.0.2 export cpal-next-hop-self",
    f"{INTERNAL} neighbor 10.255.0.2 export cpal-bgp",
    f"{OWN_HOP} term ipv4 from family inet",
    f"{OWN_HOP} term ipv4 then next-hop self",
    f"{OWN_HOP} term ipv6 from family inet6",
    f"{OWN_HOP} term ipv6 then next-hop self",
    "set policy-options policy-statement cpal-load-balance then load-balance per-packet",
    "set routing-options forwarding-table export cpal-load-balance",
    "set routing-instances red protocols bgp export cpal-bgp-red",
    *(f"{TOLD}-red term {family}-static from {asked}" for family, inet in (("ipv4", "inet"), ("ipv6", "inet6"))
      for asked in (f"family {inet}", "protocol static")),
    f"{TOLD}-red term ipv4-static then accept",
    f"{TOLD}-red term ipv6-static then accept",
}  # fmt: skip
"""What the usual says of BGP at leaf1, by Junos's manual."""
SPINE = "    - {address: 192.0.2.1, remote_asn: 65100, description: to spine1}\n"
OF_RED = USUAL[USUAL.index("  leaf1/red") : USUAL.index("  leaf2")]
REFLECTED = "families: [ipv4, evpn],\n       route_reflector_client: true, next_hop_self: true"
NETWORKS = '    networks: [10.255.1.1/32, "2001:db8:1::/48"]\n'
ALL_PATHS = "    maximum_paths: 16\n"
CHANGES = {
    "another AS": ("asn: 65002", "asn: 65003"),
    "the AS of a neighbour": ("asn: 65002", "asn: 65100"),
    "another router ID": ("router_id: 10.255.1.1", "router_id: 10.255.1.7"),
    "a neighbour in another AS": (SPINE, SPINE.replace("65100", "65101")),
    "a neighbour in the same AS": (SPINE, SPINE.replace("65100", "65001")),
    "another neighbour": (SPINE, SPINE.replace("192.0.2.1", "192.0.2.7")),
    "one neighbour less": (SPINE, ""),
    "one more": (SPINE, SPINE + SPINE.replace("192.0.2.1", "192.0.2.7")),
    "of another family": ("remote_asn: 65100}", "remote_asn: 65100, families: [ipv4, ipv6]}"),
    "of ipv4 no more": (REFLECTED, "families: [evpn]"),
    "of ipv6 too": (REFLECTED, REFLECTED.replace("ipv4", "ipv4, ipv6")),
    "another next hop": (", next_hop_self: true", ""),
    "the next hop for more": ("description: to spine1", "description: to spine1, next_hop_self: true"),
    "no prefix": (NETWORKS, ""),
    "one prefix less": (', "2001:db8:1::/48"', ""),
    "one prefix more": ("networks: [", "networks: [10.8.0.0/16, "),
    "no others' routes": ("    redistribute: [connected]\n", ""),
    "more of others' routes": ("redistribute: [connected]", "redistribute: [connected, static]"),
    "others of others' routes": ("redistribute: [connected]", "redistribute: [static]"),
    "one path": (ALL_PATHS, ""),
    "paths in the VRF": (OF_RED, OF_RED.replace("    redistribute", ALL_PATHS + "    redistribute")),
    "a prefix in the VRF": ("redistribute: [static]\n", "networks: [10.9.0.0/16]\n"),
    "fewer hops": ("ebgp_multihop: 3", "ebgp_multihop: 2"),
    "no hops": (", ebgp_multihop: 3", ""),
    "no end": ("update_source: lo0.0, ebgp", "ebgp"),
    "another end": ("10.255.1.1/32, ", "10.255.1.2/32, "),
    "another name": ("to spine1", "to spine 2"),
    "none in the VRF": (OF_RED, ""),
    "another in the VRF": ("65200, families: [ipv4, ipv6]", "65201"),
}  # fmt: skip


@pytest.fixture(scope="module")
def make() -> SwitchMake:
    """Junos alone."""
    return MAKES["junos"]


def taken(rack: Rack, path: Path) -> list[dict[str, Any]]:
    """The documents of what the switches have."""
    named = (word for name in LEAVES for word in ("--device", f"{name}={rack.addresses[name]}"))
    rack.done("import", *named, "--output", str(path), "-y")
    return list(yaml.safe_load_all(path.read_text(encoding="utf-8")))


def statements(rack: Rack, *beginning: str) -> set[str]:
    """The lines that leaf1 shows, without how they are nested."""
    return {line.strip() for line in rack.shown("leaf1").splitlines() if line.strip().startswith(beginning)}


def test_bgp_is_there_changes_and_goes_again(rack: Rack) -> None:
    said = rack.plan(rack.declare(USUAL))["commands"]["leaf1"]
    assert {line for line in said if "interfaces" not in line and "instance-type" not in line} == WRITTEN

    def look() -> None:
        assert {"peer-as 65100;", "cluster 10.255.1.1;", "ttl 3;"} <= statements(rack, "")

    for old, _ in CHANGES.values():
        assert old in USUAL
    rack.there_and_back(USUAL, [USUAL.replace(old, new, 1) for old, new in CHANGES.values()], look)


def in_another_as(text: str) -> str:
    """The document in which leaf1 is in another AS, and with it whom it reflects to."""
    return text.replace("asn: 65001", "asn: 65005")


BY_HAND = (
    "set routing-options autonomous-system 65001",
    "set protocols bgp log-updown",
    "set protocols bgp group theirs type external",
    "set protocols bgp group theirs neighbor 203.0.113.9 peer-as 65009",
    "set protocols bgp group theirs neighbor 203.0.113.9 hold-time 9",
)
"""What somebody else configured in the same AS, some of which no record says."""


def test_beside_what_others_configured_it_comes_and_goes_alone(rack: Rack) -> None:
    rack.type("leaf1", *BY_HAND)
    theirs = rack.shown("leaf1")
    rack.settle(USUAL)
    both = rack.shown("leaf1")
    assert {*theirs.splitlines()} <= {*both.splitlines()}
    rack.settle(in_another_as(USUAL))
    assert statements(rack, "autonomous-system") == {"autonomous-system 65005;"}
    rack.settle(USUAL)
    assert rack.shown("leaf1") == both
    rack.settle("")
    assert rack.shown("leaf1") == theirs


def test_what_is_others_is_refused(rack: Rack) -> None:
    rack.type("leaf1", *BY_HAND)
    path = rack.declare(in_another_as(USUAL))
    assert "others configured `autonomous-system 65001`" in rack.refused("apply", "-y", path)
    rack.type("leaf1", "set protocols bgp group bare neighbor 192.0.2.1 hold-time 9")
    assert "in `group bare`, in no AS" in rack.refused("apply", "-y", rack.declare(USUAL))
    rack.type("leaf1", "delete protocols bgp group bare", "set routing-options router-id 192.0.2.1")
    assert "not cpal's" in rack.refused("apply", "-y", rack.declare(USUAL))


BROWN = (
    "set routing-options autonomous-system 65001",
    "set routing-options router-id 10.255.1.1",
    "set interfaces lo0 unit 0 family inet address 10.255.1.1/32",
    "set protocols bgp family inet unicast",
    "set protocols bgp group spines type external",
    "set protocols bgp group spines peer-as 65100",
    "set protocols bgp group spines export MINE",
    "set protocols bgp group spines multihop",
    "set protocols bgp group spines neighbor 192.0.2.1 description spine1",
    "set protocols bgp group spines neighbor 192.0.2.5 peer-as 65101",
    "set protocols bgp group reflected type internal",
    "set protocols bgp group reflected local-address 10.255.1.1",
    "set protocols bgp group reflected cluster 10.255.1.1",
    "set protocols bgp group reflected family evpn signaling",
    "set protocols bgp group reflected neighbor 10.255.0.2 hold-time 9",
    "set protocols bgp group unnumbered neighbor ge-0/0/1.0 peer-as 65100",
    "set protocols bgp group plain neighbor 2001:db8::2 peer-as 65100",
    "set protocols bgp group plain neighbor 2001:db8::2 local-address 2001:db8::9",
    "set policy-options policy-statement MINE then accept",
    "set routing-instances blue instance-type virtual-router",
    "set routing-instances blue protocols bgp group all neighbor 198.51.100.1 peer-as 65200",
)
"""What somebody configured at leaf1, some of which no record says."""
TAKEN = {
    "leaf1": {
        "asn": 65001,
        "router_id": "10.255.1.1",
        "neighbors": [
            {"address": "10.255.0.2", "remote_asn": 65001, "update_source": "lo0.0", "families": ["evpn"],
             "route_reflector_client": True},
            {"address": "192.0.2.1", "remote_asn": 65100, "description": "spine1", "ebgp_multihop": 64},
            {"address": "192.0.2.5", "remote_asn": 65101, "ebgp_multihop": 64},
            {"address": "2001:db8::2", "remote_asn": 65100},
        ],
    },
    "leaf1/blue": {"asn": 65001, "neighbors": [{"address": "198.51.100.1", "remote_asn": 65200}]},
}  # fmt: skip


def test_what_others_configured_is_taken_over_and_goes_by_the_document(rack: Rack) -> None:
    rack.type("leaf1", *BROWN)
    held = rack.all_shown()
    path = rack.folder / "taken.yaml"
    target, document = taken(rack, path)
    assert document["bgp"] == TAKEN
    assert rack.plan(str(path))["ops"] == []
    assert rack.all_shown() == held

    def settled(said: dict[str, Any], *words: str) -> str:
        path.write_text(yaml.safe_dump_all([target, {**document, "bgp": said}]), encoding="utf-8")
        return rack.refused("apply", "-y", str(path)) if words else rack.done("apply", "-y", str(path))

    fewer = copy.deepcopy(TAKEN)
    del fewer["leaf1"]["neighbors"][2]["ebgp_multihop"]  # type: ignore[index]  # a list of neighbours
    assert "others say otherwise of all neighbours in `group spines`" in settled(fewer, "others")
    del fewer["leaf1"]["neighbors"][2]  # type: ignore[attr-defined]  # a list of neighbours
    fewer["leaf1"]["neighbors"][0]["families"] = ["ipv4", "evpn"]  # type: ignore[index]  # a list of neighbours
    settled(fewer)
    was, now = (text["leaf1"].splitlines() for text in (held, rack.all_shown()))
    assert [line.strip() for line in was if line not in now] == ["neighbor 192.0.2.5 {", "peer-as 65101;"]
    new = {line.strip() for line in now if line not in was}
    assert new == {"family evpn {", "signaling;", "family inet {", "unicast;"}


def test_what_is_written_is_read_as_it_was_declared(rack: Rack, monkeypatch: pytest.MonkeyPatch) -> None:
    rack.settle(USUAL)
    monkeypatch.setenv("CPAL_HOME", str(rack.folder / "another"))
    read, declared = taken(rack, rack.folder / "anew.yaml")[1]["bgp"], yaml.safe_load(USUAL)["bgp"]
    for each in (*read.values(), *declared.values()):
        each["neighbors"].sort(key=lambda neighbor: neighbor["address"])
    assert read == declared


OSPF = """
ospf_processes:
  underlay: {device: leaf1, router_id: 10.255.1.1, interfaces: [{interface: lo0.0, area: 0, passive: true}]}
"""


def test_ospf_and_bgp_have_one_router_id_and_either_may_go(rack: Rack) -> None:
    rack.settle(USUAL + OSPF)
    both = rack.all_shown()
    rack.settle(USUAL)
    alone = rack.all_shown()
    assert {*both["leaf1"].splitlines()} - {*alone["leaf1"].splitlines()}
    plain = USUAL.replace("    router_id: 10.255.1.1\n", "").replace(REFLECTED, "families: [ipv4, evpn]")
    rack.settle(plain + OSPF)
    assert "router-id 10.255.1.1;" in rack.shown("leaf1")
    rack.settle(USUAL + OSPF)
    assert rack.all_shown() == both
    other = OSPF.replace("router_id: 10.255.1.1", "router_id: 10.255.1.2")
    assert "one router ID for all protocols" in rack.refused("apply", "-y", rack.declare(USUAL + other))
    rack.settle("")


TENANTS = """
hosts: {leaf1: {target: switches, underlay_address: 10.255.1.1}}
networks:
  web:
    provider: {network_type: vxlan, segmentation_id: 5001}
    fabric_vlan: 2001
    port_security_enabled: false
    subnets: {web: {cidr: 10.0.1.0/24, enable_dhcp: false}}
routers: {edge: {vni: 6001, fabric_vlan: 2101, interfaces: [web]}}
"""
PORT = "interfaces:\n  leaf1/ge-0/0/1: {mode: access, networks: [web]}\n"


def test_tenants_stand_on_declared_bgp_and_neither_takes_the_other_away(rack: Rack) -> None:
    options = "set switch-options"
    rack.type("leaf1", f"{options} vtep-source-interface lo0.0", f"{options} route-distinguisher 10.255.1.1:1")
    before = rack.all_shown()
    rack.settle(USUAL)
    alone = rack.all_shown()
    both_said = USUAL.replace("interfaces:\n", PORT) + TENANTS
    rack.settle(both_said)
    both = rack.all_shown()
    assert {"vni 5001;", "vni 6001;"} <= statements(rack, "vni")
    rack.settle(in_another_as(both_said))
    rack.settle(both_said)
    assert rack.all_shown() == both
    rack.settle(USUAL)
    assert rack.all_shown() == alone
    rack.settle("")
    assert rack.all_shown() == before
    rack.settle(both_said)
    assert rack.all_shown() == both


def test_where_tunnels_begin_is_declared_with_the_underlay_and_follows_it(rack: Rack) -> None:
    host = TENANTS[TENANTS.index("hosts") : TENANTS.index("networks")]
    moved = "interfaces:\n  leaf1/lo0.1: {addresses: [10.255.1.1/32]}\n"
    elsewhere = USUAL.replace("10.255.1.1/32, 10.255.1.9", "10.255.1.9").replace("interfaces:\n", moved)
    both = USUAL.replace("interfaces:\n", PORT) + TENANTS

    def look() -> None:
        assert statements(rack, "vtep-source-interface") == {"vtep-source-interface lo0.0;"}

    rack.there_and_back(USUAL + host, [elsewhere + host, both], look)
    rack.settle(both)
    rack.settle(elsewhere.replace("interfaces:\n", PORT) + TENANTS)
    assert statements(rack, "vtep-source-interface") == {"vtep-source-interface lo0.1;"}
    rack.settle("")
    rack.type("leaf1", "set switch-options vtep-source-interface lo0.7")
    said = rack.refused("apply", "-y", rack.declare(USUAL + host))
    assert "others configured `vtep-source-interface lo0.7` there" in said


THEIR_POLICIES = (
    "set routing-options autonomous-system 65001",
    "set protocols bgp export THEIRS",
    "set protocols bgp group theirs export [ MINE THEIRS ]",
    "set protocols bgp group theirs neighbor 192.0.2.1 peer-as 65100",
    "set protocols bgp group theirs neighbor 192.0.2.9 peer-as 65100",
    "set policy-options policy-statement THEIRS term 1 from protocol static",
    "set policy-options policy-statement THEIRS term 1 then accept",
    "set policy-options policy-statement MINE then reject",
)
BARE = """
bgp:
  leaf1:
    asn: 65001
    neighbors:
    - {address: 192.0.2.5, remote_asn: 65100}
"""
TELLS = BARE.replace("    neighbors", "    networks: [10.8.0.0/16]\n    neighbors")
HOP = BARE + "    - {address: 192.0.2.1, remote_asn: 65100, next_hop_self: true}\n"


def exported(rack: Rack) -> list[str]:
    """The policies that leaf1 shows where it tells by some, in its order."""
    lines = (line.strip() for line in rack.shown("leaf1").splitlines())
    return [line.removeprefix("export ") for line in lines if line.startswith("export ")]


def test_others_policies_stay_and_are_asked_behind_those_of_cpal(rack: Rack) -> None:
    rack.type("leaf1", *THEIR_POLICIES)
    before = rack.all_shown()
    rack.settle(TELLS)
    assert exported(rack) == ["[ cpal-bgp THEIRS ];", "[ MINE THEIRS ];"]
    rack.type("leaf1", "set protocols bgp export MORE", "set policy-options policy-statement MORE then accept")
    rack.settle("")
    assert exported(rack) == ["[ THEIRS MORE ];", "[ MINE THEIRS ];"]
    rack.type("leaf1", "delete protocols bgp export MORE", "delete policy-options policy-statement MORE")
    assert rack.all_shown() == before


def test_a_next_hop_is_said_before_what_others_say_of_a_group(rack: Rack) -> None:
    rack.type("leaf1", *THEIR_POLICIES)
    path = Path(rack.declare(HOP))
    driver = "    driver: junos\n"
    path.write_text(path.read_text(encoding="utf-8").replace(driver, f"{driver}    owned: [bgp]\n"), encoding="utf-8")
    rack.done("apply", "-y", str(path))
    assert exported(rack) == ["THEIRS;", "[ MINE THEIRS ];", "[ cpal-next-hop-self MINE THEIRS ];"]
    without = path.read_text(encoding="utf-8").replace(", next_hop_self: true", "")
    path.write_text(without, encoding="utf-8")
    rack.done("apply", "-y", str(path))
    assert exported(rack) == ["THEIRS;", "[ MINE THEIRS ];"]


def test_a_neighbour_that_would_not_hear_what_is_declared_is_refused(rack: Rack) -> None:
    rack.type("leaf1", *THEIR_POLICIES)
    path = rack.folder / "taken.yaml"
    target, document = taken(rack, path)
    assert rack.plan(str(path))["ops"] == []
    document["bgp"]["leaf1"]["networks"] = ["10.8.0.0/16"]
    path.write_text(yaml.safe_dump_all([target, document]), encoding="utf-8")
    said = rack.refused("apply", "-y", str(path))
    assert "others say what 192.0.2.1 is told, by `export MINE THEIRS` in `group theirs`" in said
    rack.type("leaf1", "delete protocols bgp group theirs export")
    rack.done("apply", "-y", str(path))


def test_a_policy_of_cpals_that_others_changed_is_put_right_or_refused(rack: Rack) -> None:
    rack.settle(USUAL)
    held = rack.shown("leaf1")
    term = "policy-options policy-statement cpal-bgp term ipv4-networks"
    rack.type("leaf1", f"delete {term}", "delete protocols bgp export", "delete protocols bgp multipath")
    rack.settle(USUAL)
    assert rack.shown("leaf1") == held
    rack.type("leaf1", f"set {term} from metric 7")
    assert "others say more in `policy-statement cpal-bgp`" in rack.refused("apply", "-y", rack.declare(USUAL))


def test_of_bgp_that_is_owned_what_others_configured_of_it_goes(rack: Rack) -> None:
    rack.type("leaf1", *BY_HAND)
    path = Path(rack.declare(USUAL))
    driver = "    driver: junos\n"
    path.write_text(path.read_text(encoding="utf-8").replace(driver, f"{driver}    owned: [bgp]\n"), encoding="utf-8")
    rack.done("apply", "-y", str(path))
    assert rack.plan(str(path))["ops"] == []
    assert "203.0.113.9" not in rack.shown("leaf1")
    assert "log-updown;" in rack.shown("leaf1")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("maximum_paths: 16", "maximum_paths: 4", "Junos takes 16, 32, 64 or 128"),
        ("maximum_paths: 16", "maximum_paths: 32", "write `chassis maximum-ecmp 32` there"),
        ("    router_id: 10.255.1.1\n", "", "for which the router ID is taken"),
        ("update_source: lo0.0, ebgp", "update_source: lo0, ebgp", "has no interface 'lo0'"),
        ("update_source: lo0.0, ebgp", "update_source: irb.9, ebgp", "irb.9 has none of IPv4"),
        ('"2001:db8::2",', '"2001:db8::2", update_source: ge-0/0/1,', "ge-0/0/1 has none of IPv6"),
        ("vrfs: {red:", "vrfs: {blue:", "has no VRF 'red'"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_touched(rack: Rack, old: str, new: str, words: str) -> None:
    assert old in USUAL
    before = rack.all_shown()
    assert words in rack.refused("apply", "-y", rack.declare(USUAL.replace(old, new, 1)))
    assert rack.all_shown() == before


def test_the_neighbours_that_were_declared_are_those_that_are_shown(rack: Rack) -> None:
    rack.settle(USUAL)
    shown = json.loads(rack.done("get", "bgp", "--device", rack.addresses["leaf1"], "--format", "json"))
    declared = yaml.safe_load(USUAL)["bgp"]
    neighbors = [*declared["leaf1"]["neighbors"], *declared["leaf1/red"]["neighbors"]]
    assert {(each["address"], each["peer_as"]) for each in shown} == {
        (each["address"], each["remote_asn"]) for each in neighbors
    }
