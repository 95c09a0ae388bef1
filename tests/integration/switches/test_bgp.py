"""BGP declared on switches one by one: applied, changed, taken over, beside others' lines and tenants' (emulated)."""

from __future__ import annotations

import copy
import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.integration.switches.rack import LEAVES, Rack

BGP_MAKES = ["eos", "nxos", "ios"]
"""The makes that it is written to."""
VRF_MAKES = ["eos", "nxos"]
"""Those to whose VRFs it is written."""
LEAF_MAKES: dict[str, tuple[str, ...]] = {
    "eos": (),
    "nxos": ("feature nv overlay", "feature vn-segment-vlan-based", "nv overlay evpn"),
}
"""Those that carry tenants' networks, with what somebody types for that."""
USUAL = """
bgp:
  leaf1:
    asn: 65001
    router_id: 10.255.1.1
    maximum_paths: 4
    networks: [10.255.1.1/32, 10.9.0.0/16, "2001:db8::/64"]
    redistribute: [connected]
    neighbors:
    - {address: 192.0.2.1, remote_asn: 65100, description: to spine1}
    - {address: 10.255.0.1, remote_asn: 65100, update_source: Loopback0, ebgp_multihop: 3, families: [evpn]}
    - {address: 10.255.0.2, remote_asn: 65001, update_source: Loopback0, families: [ipv4, evpn],
       route_reflector_client: true, next_hop_self: true}
    - {address: "2001:db8::2", remote_asn: 4200000001, families: [ipv6]}
  leaf2:
    asn: 65002
    neighbors: [{address: 192.0.2.3, remote_asn: 65100}]
"""
SHOWN = {
    "nxos": """
router-id 10.255.1.1
address-family ipv4 unicast
network 10.9.0.0/16
network 10.255.1.1/32
redistribute direct route-map cpal-any
maximum-paths 4
address-family ipv6 unicast
network 2001:db8::/64
redistribute direct route-map cpal-any
maximum-paths 4
neighbor 10.255.0.1
remote-as 65100
update-source loopback0
ebgp-multihop 3
address-family l2vpn evpn
send-community extended
neighbor 10.255.0.2
remote-as 65001
update-source loopback0
address-family ipv4 unicast
route-reflector-client
next-hop-self
address-family l2vpn evpn
send-community extended
route-reflector-client
neighbor 192.0.2.1
remote-as 65100
description to spine1
address-family ipv4 unicast
neighbor 2001:db8::2
remote-as 4200000001
address-family ipv6 unicast
""",
    "ios": """
bgp router-id 10.255.1.1
neighbor 10.255.0.1 remote-as 65100
neighbor 10.255.0.1 update-source Loopback0
neighbor 10.255.0.1 ebgp-multihop 3
neighbor 10.255.0.2 remote-as 65001
neighbor 10.255.0.2 update-source Loopback0
neighbor 192.0.2.1 remote-as 65100
neighbor 192.0.2.1 description to spine1
neighbor 2001:db8::2 remote-as 4200000001
address-family ipv4
no neighbor 10.255.0.1 activate
no neighbor 2001:db8::2 activate
network 10.9.0.0 mask 255.255.0.0
network 10.255.1.1 mask 255.255.255.255
redistribute connected
maximum-paths 4
neighbor 10.255.0.2 activate
neighbor 10.255.0.2 route-reflector-client
neighbor 10.255.0.2 next-hop-self
neighbor 192.0.2.1 activate
exit-address-family
address-family ipv6
network 2001:DB8::/64
redistribute connected
maximum-paths 4
neighbor 2001:db8::2 activate
exit-address-family
address-family l2vpn evpn
neighbor 10.255.0.1 activate
neighbor 10.255.0.1 send-community extended
neighbor 10.255.0.2 activate
neighbor 10.255.0.2 send-community extended
neighbor 10.255.0.2 route-reflector-client
exit-address-family
""",
    "eos": """
router-id 10.255.1.1
maximum-paths 4
neighbor 10.255.0.1 remote-as 65100
neighbor 10.255.0.1 update-source Loopback0
neighbor 10.255.0.1 ebgp-multihop 3
neighbor 10.255.0.1 send-community extended
neighbor 10.255.0.2 remote-as 65001
neighbor 10.255.0.2 update-source Loopback0
neighbor 10.255.0.2 route-reflector-client
neighbor 10.255.0.2 send-community extended
neighbor 192.0.2.1 remote-as 65100
neighbor 192.0.2.1 description to spine1
neighbor 2001:db8::2 remote-as 4200000001
address-family evpn
neighbor 10.255.0.1 activate
neighbor 10.255.0.2 activate
address-family ipv4
no neighbor 10.255.0.1 activate
no neighbor 2001:db8::2 activate
neighbor 10.255.0.2 activate
neighbor 10.255.0.2 next-hop-self
neighbor 192.0.2.1 activate
redistribute connected
network 10.9.0.0/16
network 10.255.1.1/32
address-family ipv6
neighbor 2001:db8::2 activate
redistribute connected
network 2001:db8::/64
""",
}
"""How each make shows BGP of leaf1, by its documentation."""
SPINE = "    - {address: 192.0.2.1, remote_asn: 65100, description: to spine1}\n"
IBGP = "families: [ipv4, evpn],\n       route_reflector_client: true, next_hop_self: true"
CHANGES = {
    "another AS": ("asn: 65002", "asn: 65003"),
    "a neighbour in another AS": (SPINE, SPINE.replace("65100", "65101")),
    "another neighbour": (SPINE, SPINE.replace("192.0.2.1", "192.0.2.7")),
    "one neighbour less": (SPINE, ""),
    "one more": (SPINE, SPINE + SPINE.replace("192.0.2.1", "192.0.2.7")),
    "of another family": ("remote_asn: 65100}", "remote_asn: 65100, families: [ipv4, ipv6]}"),
    "of ipv4 no more": (IBGP, "families: [evpn]"),
    "fewer hops": ("ebgp_multihop: 3", "ebgp_multihop: 2"),
    "no hops": (", ebgp_multihop: 3", ""),
    "another name": ("to spine1", "to spine 2"),
    "other prefixes": ("10.9.0.0/16, ", "10.8.0.0/16, "),
    "told of nothing": ("    redistribute: [connected]\n", ""),
    "told of both": ("[connected]", "[connected, static]"),
    "fewer paths": ("maximum_paths: 4", "maximum_paths: 2"),
    "nothing left to it": ("    router_id: 10.255.1.1\n    maximum_paths: 4\n", ""),
}  # fmt: skip


FEATURES = {"nxos": ("feature bgp", "feature nv overlay", "nv overlay evpn")}


SOURCE = ("interface Loopback0", "description of the underlay")
"""Where sessions begin, which somebody made."""


@pytest.fixture
def rack(rack: Rack) -> Rack:
    """The switches, on which somebody switched on what BGP needs."""
    for name in LEAVES:
        rack.type(name, *FEATURES.get(rack.make.driver, ()), *(SOURCE if rack.make.driver in BGP_MAKES else ()))
    return rack


def of_bgp(rack: Rack, asn: int = 65001) -> list[str]:
    """What leaf1 shows of BGP in an AS."""
    return [line for line in rack.section("leaf1", f"router bgp {asn}") if line]


def taken(rack: Rack, path: Path) -> list[dict[str, Any]]:
    """The documents of what the switches have."""
    named = (word for name in LEAVES for word in ("--device", f"{name}={rack.addresses[name]}"))
    rack.done("import", *named, "--output", str(path), "-y")
    return list(yaml.safe_load_all(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("make", BGP_MAKES, indirect=True)
def test_bgp_is_there_changes_and_goes_again(rack: Rack) -> None:
    def look() -> None:
        assert of_bgp(rack) == SHOWN[rack.make.driver].split("\n")[1:-1]

    for old, _ in CHANGES.values():
        assert old in USUAL
    rack.there_and_back(USUAL, [USUAL.replace(old, new, 1) for old, new in CHANGES.values()], look)


BY_HAND = {
    "nxos": ("router bgp 65001", "log-neighbor-changes", "neighbor 203.0.113.9", "remote-as 65009", "bfd"),
    "ios": ("router bgp 65001", "bgp log-neighbor-changes", "neighbor 203.0.113.9 remote-as 65009",
            "neighbor 203.0.113.9 fall-over bfd"),
    "eos": ("router bgp 65001", "bgp log-neighbor-changes", "neighbor 203.0.113.9 remote-as 65009",
            "neighbor 203.0.113.9 route-map IN in"),
}  # fmt: skip
"""What somebody else configured in the same AS, which no record says."""


@pytest.mark.parametrize("make", BGP_MAKES, indirect=True)
def test_beside_what_others_configured_it_comes_and_goes_alone(rack: Rack) -> None:
    rack.type("leaf1", *BY_HAND[rack.make.driver])
    theirs = of_bgp(rack)
    rack.settle(USUAL)
    both = of_bgp(rack)
    assert set(theirs) <= set(both)
    assert len(both) == len(theirs) + len(SHOWN[rack.make.driver].split("\n")[1:-1])
    rack.settle(USUAL.replace("asn: 65001", "asn: 65005").replace("remote_asn: 65001", "remote_asn: 65005"))
    assert set(theirs) <= set(of_bgp(rack, 65005))
    rack.settle(USUAL)
    assert of_bgp(rack) == both
    rack.settle("")
    assert of_bgp(rack) == theirs


@pytest.mark.parametrize("make", BGP_MAKES, indirect=True)
def test_another_as_than_others_configured_is_refused(rack: Rack) -> None:
    rack.type("leaf1", *BY_HAND[rack.make.driver][:1], *BY_HAND[rack.make.driver][2:3])
    path = rack.declare(USUAL.replace("asn: 65001", "asn: 65005").replace("remote_asn: 65001", "remote_asn: 65005"))
    assert "others configured `router bgp 65001`" in rack.refused("apply", "-y", path)


BROWN = {
    "nxos": """
router bgp 65001
log-neighbor-changes
router-id 10.255.1.1
address-family ipv4 unicast
network 10.255.1.1/32
redistribute static route-map MINE
template peer SPINES
remote-as 65100
neighbor 192.0.2.5
inherit peer SPINES
neighbor 192.0.2.1
remote-as 65100
description to spine1
address-family ipv4 unicast
neighbor 10.255.0.1
remote-as 65001
update-source loopback0
timers 3 9
address-family l2vpn evpn
send-community both
vrf red
router-id 10.255.1.1
address-family ipv4 unicast
advertise l2vpn evpn
redistribute direct route-map MINE
vrf blue
neighbor 198.51.100.1
remote-as 65200
address-family ipv4 unicast
""",
    "ios": """
router bgp 65001
bgp router-id 10.255.1.1
bgp log-neighbor-changes
neighbor SPINES peer-group
neighbor 192.0.2.1 remote-as 65100
neighbor 192.0.2.1 description to spine1
neighbor 10.255.0.1 remote-as 65001
neighbor 10.255.0.1 update-source Loopback0
neighbor 10.255.0.1 fall-over bfd
address-family ipv4
network 10.255.1.1 mask 255.255.255.255
redistribute connected route-map MINE
redistribute static
no neighbor 10.255.0.1 activate
address-family l2vpn evpn
neighbor 10.255.0.1 activate
neighbor 10.255.0.1 send-community both
""",
    "eos": """
ip routing
router bgp 65001
no bgp default ipv4-unicast
bgp log-neighbor-changes
router-id 10.255.1.1
neighbor SPINES peer group
neighbor SPINES remote-as 65100
neighbor 192.0.2.5 peer group SPINES
neighbor 192.0.2.1 remote-as 65100
neighbor 192.0.2.1 description to spine1
neighbor 10.255.0.1 remote-as 65001
neighbor 10.255.0.1 update-source Loopback0
neighbor 10.255.0.1 send-community standard extended
neighbor 10.255.0.1 maximum-routes 0
address-family ipv4
neighbor SPINES activate
neighbor 192.0.2.1 activate
network 10.255.1.1/32
redistribute connected route-map MINE
redistribute static
address-family evpn
neighbor 10.255.0.1 activate
vlan 10
rd 10.255.1.1:10
route-target both 10:10
redistribute learned
vrf red
rd 10.255.1.1:20
route-target import evpn 20:20
router-id 10.255.1.1
redistribute connected
vrf blue
neighbor 198.51.100.1 remote-as 65200
address-family ipv4
neighbor 198.51.100.1 activate
""",
}  # fmt: skip
"""What somebody configured at leaf1, some of which no record says."""
SAID: dict[str, dict[str, Any]] = {
    "leaf1": {
        "asn": 65001,
        "router_id": "10.255.1.1",
        "networks": ["10.255.1.1/32"],
        "redistribute": ["static"],
        "neighbors": [
            {"address": "10.255.0.1", "remote_asn": 65001, "update_source": "Loopback0", "families": ["evpn"]},
            {"address": "192.0.2.1", "remote_asn": 65100, "description": "to spine1"},
        ],
    },
}
BLUE = {"asn": 65001, "neighbors": [{"address": "198.51.100.1", "remote_asn": 65200}]}


@pytest.mark.parametrize("make", BROWN, indirect=True)
def test_what_others_configured_is_taken_over_and_goes_by_the_document(rack: Rack) -> None:
    rack.type("leaf1", *BROWN[rack.make.driver].split("\n")[1:-1])
    held = rack.all_shown()
    path = rack.folder / "taken.yaml"
    target, document = taken(rack, path)
    said = copy.deepcopy(SAID)
    if rack.make.driver == "nxos":
        del said["leaf1"]["redistribute"]
        said["leaf1"]["neighbors"][0]["update_source"] = "loopback0"
    assert document["bgp"] == said | ({} if "vrf blue" not in BROWN[rack.make.driver] else {"leaf1/blue": BLUE})
    assert rack.plan(str(path))["ops"] == []
    assert rack.all_shown() == held
    document["bgp"]["leaf1"]["neighbors"].pop(1)
    path.write_text(yaml.safe_dump_all([target, document]), encoding="utf-8")
    rack.done("apply", "-y", str(path))
    was, now = (text["leaf1"].splitlines() for text in (held, rack.all_shown()))
    usual = [line.strip() for line in was if "192.0.2.1 " in line]
    gone = {"nxos": ["neighbor 192.0.2.1", "description to spine1"]}.get(rack.make.driver, usual)
    assert [line.strip() for line in was if line not in now] == gone
    assert [line for line in now if line not in was] == []


IN_VRF = """
vrfs: {blue: {devices: [leaf1]}}
bgp:
  leaf1: {asn: 65001, router_id: 10.255.1.1}
  leaf1/blue:
    asn: 65001
    router_id: 10.9.9.9
    maximum_paths: 2
    networks: [10.9.0.0/16]
    redistribute: [connected, static]
    neighbors:
    - {address: 198.51.100.1, remote_asn: 65200, families: [ipv4, ipv6], next_hop_self: true, description: of blue}
    - {address: 198.51.100.2, remote_asn: 65001, route_reflector_client: true}
"""


@pytest.mark.parametrize("make", VRF_MAKES, indirect=True)
def test_bgp_in_a_vrf_comes_changes_and_goes_again(rack: Rack) -> None:
    def look() -> None:
        assert "vrf blue" in rack.section("leaf1", "router bgp 65001")

    changes = (
        IN_VRF.replace("65200, families: [ipv4, ipv6]", "65201, families: [ipv4]"),
        IN_VRF.replace("of blue", "of red").replace("maximum_paths: 2", "maximum_paths: 3"),
        IN_VRF[: IN_VRF.index("  leaf1/blue")],
    )
    rack.there_and_back(IN_VRF, changes, look)
    rack.settle(IN_VRF)
    assert_same(taken_anew(rack)["bgp"], yaml.safe_load(rack.make.spoken(IN_VRF))["bgp"])


VRFS_OF_IOS = ("vrf definition blue", "rd 65001:1", "address-family ipv4", "exit-address-family", "address-family ipv6",
               "exit-address-family", "vrf definition bare", "address-family ipv4")  # fmt: skip
OF_IOS = """
bgp:
  leaf1: {asn: 65001, router_id: 10.255.1.1}
  leaf1/blue:
    asn: 65001
    router_id: 10.9.9.9
    maximum_paths: 2
    networks: [10.9.0.0/16, 10.10.1.0/24, "2001:db8:9::/48"]
    redistribute: [connected, static]
    neighbors:
    - {address: 198.51.100.1, remote_asn: 65200, next_hop_self: true, description: of blue, ebgp_multihop: 2}
    - {address: 198.51.100.2, remote_asn: 65001, route_reflector_client: true, update_source: Loopback9}
    - {address: "2001:db8:9::2", remote_asn: 65201, families: [ipv6], description: of blue}
"""
SHOWN_OF_IOS = """
bgp router-id 10.255.1.1
address-family ipv4 vrf blue
bgp router-id 10.9.9.9
network 10.9.0.0 mask 255.255.0.0
network 10.10.1.0 mask 255.255.255.0
redistribute connected
redistribute static
maximum-paths 2
neighbor 198.51.100.1 remote-as 65200
neighbor 198.51.100.1 description of blue
neighbor 198.51.100.1 ebgp-multihop 2
neighbor 198.51.100.1 activate
neighbor 198.51.100.1 next-hop-self
neighbor 198.51.100.2 remote-as 65001
neighbor 198.51.100.2 update-source Loopback9
neighbor 198.51.100.2 activate
neighbor 198.51.100.2 route-reflector-client
exit-address-family
address-family ipv6 vrf blue
network 2001:DB8:9::/48
redistribute connected
redistribute static
maximum-paths 2
neighbor 2001:DB8:9::2 remote-as 65201
neighbor 2001:DB8:9::2 description of blue
neighbor 2001:DB8:9::2 activate
exit-address-family
"""
"""What IOS shows of it. Source: Cisco IOS IP Routing: BGP Command Reference, `address-family ipv4 (BGP)`."""
LOOPBACK = ("interface Loopback9", "vrf forwarding blue", "ip address 10.9.9.1 255.255.255.255")


@pytest.mark.parametrize("make", ["ios"], indirect=True)
def test_bgp_in_a_vrf_of_ios_comes_changes_and_goes_again(rack: Rack) -> None:
    rack.type("leaf1", *VRFS_OF_IOS, *LOOPBACK)

    def look() -> None:
        assert [line.upper() for line in of_bgp(rack)] == SHOWN_OF_IOS.upper().split("\n")[1:-1]

    changes = (
        OF_IOS.replace("remote_asn: 65200", "remote_asn: 65202").replace("65201", "65203"),
        OF_IOS.replace("of blue", "of red").replace("maximum_paths: 2", "maximum_paths: 3"),
        OF_IOS.replace("10.9.9.9", "10.9.9.8").replace("multihop: 2", "multihop: 3"),
        OF_IOS.replace("- {address: 198.51.100.1,", "- {address: 198.51.100.7,"),
        OF_IOS.replace("next_hop_self: true, ", "").replace(", route_reflector_client: true", ""),
        OF_IOS[: OF_IOS.index('    - {address: "2001')],
        OF_IOS[: OF_IOS.index("  leaf1/blue")],
    )
    rack.there_and_back(OF_IOS, changes, look)
    rack.settle(OF_IOS)
    assert_same(taken_anew(rack)["bgp"], yaml.safe_load(rack.make.spoken(OF_IOS))["bgp"])
    shown = json.loads(rack.done("get", "bgp", "--device", rack.addresses["leaf1"], "--format", "json"))
    found = {(each["address"].lower(), each["vrf"]) for each in shown}
    assert found == {(address, "blue") for address in ("198.51.100.1", "198.51.100.2", "2001:db8:9::2")}


@pytest.mark.parametrize("make", ["ios"], indirect=True)
def test_what_ios_does_not_take_in_a_vrf_is_refused_before_anything_is_touched(rack: Rack) -> None:
    rack.type("leaf1", *VRFS_OF_IOS)
    for old, new, words in (
        ("leaf1/blue", "leaf1/red", "has no VRF 'red'"),
        ("address: 198.51.100.2,", "address: 198.51.100.2, families: [ipv4, ipv6],", "the family of its address alone"),
        ("families: [ipv6]", "families: [ipv4]", "write [ipv6]"),
    ):
        assert words in rack.refused("apply", "-y", rack.declare(OF_IOS.replace(old, new))), words


@pytest.mark.parametrize("make", [*VRF_MAKES, "junos"], indirect=True)
def test_bgp_in_a_vrf_that_is_not_there_or_is_to_go_is_refused(rack: Rack) -> None:
    bare = """
bgp:
  leaf1: {asn: 65001}
  leaf1/blue: {asn: 65001, neighbors: [{address: 198.51.100.1, remote_asn: 65200}]}
"""
    assert "leaf1: the switch has no VRF 'blue'" in rack.refused("apply", "-y", rack.declare(bare))
    rack.settle(bare + "vrfs: {blue: {devices: [leaf1]}}\n")
    assert "in VRF 'blue', which is to go" in rack.refused("apply", "-y", rack.declare(bare))
    rack.settle("")


def taken_anew(rack: Rack) -> dict[str, Any]:
    """What the switches have, in the words of documents, when it is another store that asks."""
    home = os.environ["CPAL_HOME"]
    os.environ["CPAL_HOME"] = str(rack.folder / "another")
    try:
        return taken(rack, rack.folder / "anew.yaml")[1]
    finally:
        os.environ["CPAL_HOME"] = home


@pytest.mark.parametrize("make", BGP_MAKES, indirect=True)
def test_what_is_written_is_read_as_it_was_declared(rack: Rack) -> None:
    rack.settle(USUAL)
    assert_same(taken_anew(rack)["bgp"], yaml.safe_load(rack.make.spoken(USUAL))["bgp"])


def assert_same(read: dict[str, Any], declared: dict[str, Any]) -> None:
    """Two sections say the same, in whatever order."""
    for bgp in (declared, read):
        for fields in bgp.values():
            fields.get("neighbors", []).sort(key=lambda each: each["address"])
            fields.get("networks", []).sort()
    assert read == declared


TUNNELS = {"eos": "vxlan source-interface Loopback0", "nxos": "  source-interface loopback0"}
"""How a leaf says where its tunnels begin."""
UNDERLAY = "interfaces: {leaf1/Loopback0: {addresses: [10.255.1.1/32]}}\n"
TENANTS = """
hosts: {leaf1: {target: switches, underlay_address: 10.255.1.1}}
networks:
  web:
    provider: {network_type: vxlan, segmentation_id: 5001}
    fabric_vlan: 2001
    port_security_enabled: false
    subnets: {web: {cidr: 10.0.1.0/24, enable_dhcp: false}}
routers: {edge: {vni: 6001, fabric_vlan: 2101, interfaces: [web]}}
interfaces:
  leaf1/Ethernet1: {mode: access, networks: [web]}
  leaf1/Loopback0: {addresses: [10.255.1.1/32]}
"""


@pytest.mark.parametrize("make", LEAF_MAKES, indirect=True)
def test_tenants_and_bgp_stand_in_one_section_and_neither_takes_the_other_away(rack: Rack) -> None:
    rack.type("leaf1", *LEAF_MAKES[rack.make.driver])
    rack.type("leaf1", "no interface Loopback0")
    before = rack.all_shown()
    rack.settle(USUAL + UNDERLAY)
    alone = rack.all_shown()
    rack.settle(USUAL + TENANTS)
    both = rack.all_shown()
    assert "vrf vrf6001" in rack.section("leaf1", "router bgp 65001")
    rack.settle(USUAL.replace("asn: 65001", "asn: 65005").replace("remote_asn: 65001", "remote_asn: 65005") + TENANTS)
    assert "vrf vrf6001" in rack.section("leaf1", "router bgp 65005")
    rack.settle(USUAL + TENANTS)
    assert rack.all_shown() == both
    assert taken_anew(rack)["bgp"].keys() == {*LEAVES}
    rack.settle(TENANTS)
    left = rack.section("leaf1", "router bgp 65001")
    assert "vrf vrf6001" in left
    assert TUNNELS[rack.make.driver] in rack.shown("leaf1")
    assert not [line for line in left if line.startswith(("neighbor", "address-family evpn"))]
    rack.settle(USUAL + TENANTS)
    assert rack.all_shown() == both
    rack.settle(USUAL + UNDERLAY)
    assert rack.all_shown() == alone
    rack.settle("")
    assert rack.all_shown() == before


@pytest.mark.parametrize("make", BGP_MAKES, indirect=True)
def test_of_bgp_that_is_owned_what_others_configured_of_it_goes(rack: Rack) -> None:
    rack.type("leaf1", *BY_HAND[rack.make.driver])
    path = Path(rack.declare(USUAL))
    driver = f"    driver: {rack.make.driver}\n"
    path.write_text(path.read_text(encoding="utf-8").replace(driver, f"{driver}    owned: [bgp]\n"), encoding="utf-8")
    rack.done("apply", "-y", str(path))
    assert rack.plan(str(path))["ops"] == []
    assert not [line for line in rack.shown("leaf1").splitlines() if "203.0.113.9" in line and "65009" in line]
    assert set(SHOWN[rack.make.driver].split("\n")[1:-1]) <= set(rack.section("leaf1", "router bgp 65001"))


ONE = "bgp: {leaf1: {asn: 65001, neighbors: [{address: 192.0.2.1, remote_asn: 65100MORE}]}}"


@pytest.mark.parametrize("make", BGP_MAKES, indirect=True)
def test_what_cannot_be_is_refused_before_anything_is_touched(rack: Rack) -> None:
    for more, words in (
        (", update_source: lo", "has no interface 'lo'"),
        (", password: secret", "password"),
        (", families: [l2vpn]", "l2vpn"),
        (", route_reflector_client: true", "clients are in AS 65001"),
    ):
        assert words in rack.refused("apply", "-y", rack.declare(ONE.replace("MORE", more)))
    missing = f"leaf1: the switch has no interface '{rack.make.spoken('Loopback5')}'"
    for more, words in ((", update_source: Loopback5", missing), (f", description: {'x' * 81}", "takes 80 characters")):
        if words != "takes 80 characters" or rack.make.driver != "eos":
            assert words in rack.refused("apply", "-y", rack.declare(ONE.replace("MORE", more)))
    many = ONE.replace("MORE", "").replace("asn: 65001,", "asn: 65001, maximum_paths: 200,")
    assert "takes" in rack.refused("apply", "-y", rack.declare(many))


@pytest.mark.parametrize("make", BGP_MAKES, indirect=True)
def test_the_neighbours_that_were_declared_are_those_that_are_shown(rack: Rack) -> None:
    rack.settle(USUAL)
    shown = json.loads(rack.done("get", "bgp", "--device", rack.addresses["leaf1"], "--format", "json"))
    found = {(each["address"], each["peer_as"]) for each in shown}
    declared = yaml.safe_load(USUAL)["bgp"]["leaf1"]["neighbors"]
    assert found == {(each["address"], each["remote_asn"]) for each in declared}
