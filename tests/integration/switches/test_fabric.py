"""Tenants' networks and routers on leaves of one make (emulated): VNIs, VRFs, gateways, routes, over an underlay that
somebody else configured."""

from __future__ import annotations

import pytest

from tests.integration.switches.rack import LEAVES, Rack
from tests.support.switch_makes import MAKES, SwitchMake

UNDERLAYS = {
    "eos": (
        "ip routing", "interface Loopback0", "ip address 10.255.1.{n}/32", "interface Vxlan1",
        "vxlan source-interface Loopback0", "router bgp 6460{n}", "router-id 10.255.1.{n}",
        "neighbor 10.255.0.1 remote-as 64500", "address-family evpn", "neighbor 10.255.0.1 activate",
    ),
    "nxos": (
        "feature bgp", "feature nv overlay", "feature vn-segment-vlan-based", "nv overlay evpn", "interface loopback0",
        "ip address 10.255.1.{n}/32", "interface nve1", "no shutdown", "host-reachability protocol bgp",
        "source-interface loopback0", "router bgp 6460{n}", "router-id 10.255.1.{n}", "neighbor 10.255.0.1",
        "remote-as 64500", "address-family l2vpn evpn", "send-community both",
    ),
}  # fmt: skip
"""What an operator types at a leaf before there are tenants."""
TENANTS = """
hosts:
  leaf1: {target: switches, underlay_address: 10.255.1.1}
  leaf2: {target: switches, underlay_address: 10.255.1.2, physical_networks: [dc]}
networks:
  web:
    provider: {network_type: vxlan, segmentation_id: 5001}
    fabric_vlan: 2001
    port_security_enabled: false
    subnets:
      web: {cidr: 10.0.1.0/24, enable_dhcp: false}
      web6: {cidr: "fd00:1::/64", enable_dhcp: false}
  db:
    provider: {network_type: vxlan, segmentation_id: 5002}
    fabric_vlan: 2002
    subnets: {db: {cidr: 10.0.2.0/24, enable_dhcp: false}}
  wire: {provider: {physical_network: dc, network_type: vlan, segmentation_id: 42}}
routers:
  edge:
    vni: 6001
    fabric_vlan: 2101
    interfaces: [web, web6, db]
    routes: [{destination: 192.0.2.0/24, nexthop: 10.0.2.9}, {destination: "2001:db8::/32", nexthop: "fd00:1::9"}]
interfaces:
  leaf1/Ethernet1: {mode: access, networks: [web]}
  leaf2/Ethernet1: {mode: trunk, networks: [web, db]}
"""


@pytest.fixture(scope="module", params=UNDERLAYS)
def make(request: pytest.FixtureRequest) -> SwitchMake:
    """The makes that hold this so far."""
    return MAKES[request.param]


@pytest.fixture
def leaves(rack: Rack) -> Rack:
    """Two leaves with an underlay."""
    for n, name in enumerate(LEAVES, start=1):
        rack.type(name, *(line.format(n=n) for line in UNDERLAYS[rack.make.driver]))
    return rack


def below(rack: Rack, name: str, *lines: str) -> list[str]:
    """What a switch shows directly below lines that are in each other."""
    shown = [line for line in rack.shown(name).splitlines() if line.strip()]
    depth, indent = 0, 2 if rack.make.driver == "nxos" else 3
    for line in lines:
        start = shown.index(" " * depth + line) + 1
        depth += indent
        end = next((n for n, each in enumerate(shown[start:], start) if not each.startswith(" " * depth)), len(shown))
        shown = shown[start:end]
    return [line.strip() for line in shown if not line.startswith(" " * (depth + 1))]


@pytest.mark.parametrize("make", ["eos"], indirect=True)
def test_networks_and_routers_are_vnis_and_vrfs_and_go_again(leaves: Rack) -> None:
    before = leaves.all_shown()
    path = leaves.declare(TENANTS)
    leaves.done("apply", "-y", path)
    assert leaves.plan(path)["ops"] == []
    assert leaves.section("leaf1", "vlan 2001") == ["name web"]
    assert "vlan 2002" not in leaves.shown("leaf1")
    assert leaves.section("leaf1", "interface Vxlan1") == [
        "vxlan source-interface Loopback0", "vxlan vlan 2001 vni 5001", "vxlan vrf vrf6001 vni 6001",
    ]  # fmt: skip
    assert leaves.section("leaf1", "interface Ethernet1") == ["switchport access vlan 2001"]
    assert leaves.section("leaf1", "interface Vlan2001") == [
        "mtu 1450", "vrf vrf6001", "ip address virtual 10.0.1.1/24", "ipv6 address virtual fd00:1::1/64",
    ]  # fmt: skip
    assert sorted(below(leaves, "leaf2", "router bgp 64602", "vlan 2002")) == [
        "rd 10.255.1.2:2002", "redistribute learned", "route-target export 64999:5002",
        "route-target import 64999:5002",
    ]  # fmt: skip
    assert sorted(below(leaves, "leaf1", "router bgp 64601", "vrf vrf6001")) == [
        "rd 10.255.1.1:2101", "redistribute connected", "redistribute static", "route-target export evpn 64999:6001",
        "route-target import evpn 64999:6001", "router-id 10.255.1.1",
    ]  # fmt: skip
    top = leaves.shown("leaf2").splitlines()
    assert {"ip routing vrf vrf6001", "ipv6 unicast-routing vrf vrf6001", "ip route vrf vrf6001 192.0.2.0/24 10.0.2.9",
            "ipv6 route vrf vrf6001 2001:db8::/32 fd00:1::9",
            "ip virtual-router mac-address 02cf.0000.0001"} <= set(top)  # fmt: skip
    assert leaves.section("leaf2", "interface Ethernet1") == [
        "switchport trunk allowed vlan 2001-2002", "switchport mode trunk",
    ]  # fmt: skip
    assert any(line.startswith("vxlan vlan 42 vni ") for line in leaves.section("leaf2", "interface Vxlan1"))
    for name in LEAVES:
        assert set(before[name].splitlines()) <= set(leaves.shown(name).splitlines())

    applied = leaves.all_shown()
    leaves.type("leaf1", "router bgp 64601", "vlan 2001", "no redistribute learned", "no ip routing vrf vrf6001",
                "interface Vxlan1", "vxlan vlan 2001 vni 7")  # fmt: skip
    assert sorted(op["table"] for op in leaves.plan(path)["ops"]) == [
        "mac_vrf.redistributed", "vlan.vni", "vrf.ipv4",
    ]  # fmt: skip
    leaves.done("apply", "-y", path)
    assert leaves.all_shown() == applied
    leaves.done("undo", "-y")
    assert leaves.all_shown() == before


@pytest.mark.parametrize("make", ["nxos"], indirect=True)
def test_on_nxos_they_are_so_by_its_own_words(leaves: Rack) -> None:
    before = leaves.all_shown()
    path = leaves.declare(TENANTS)
    leaves.done("apply", "-y", path)
    assert leaves.plan(path)["ops"] == []
    for at, expected in NXOS.items():
        assert below(leaves, "leaf1", *at) == expected, at
    assert "vlan 2002" not in leaves.shown("leaf1")
    assert "ip route 192.0.2.0/24 10.0.2.9" in below(leaves, "leaf2", "vrf context vrf6001")
    assert {"fabric forwarding anycast-gateway-mac 02cf.0000.0001", "route-map cpal-any permit 10"} <= set(
        leaves.shown("leaf2").splitlines()
    )
    for name in LEAVES:
        assert set(before[name].splitlines()) <= set(leaves.shown(name).splitlines())

    applied = leaves.all_shown()
    leaves.type(
        "leaf1",
        "evpn",
        "vni 5001 l2",
        "no route-target import 64999:5001",
        "interface nve1",
        "no member vni 6001 associate-vrf",
        "interface Vlan2001",
        "no fabric forwarding mode anycast-gateway",
    )
    assert sorted(op["table"] for op in leaves.plan(path)["ops"]) == [
        "interface.anycast_gateway", "interface.virtual_addresses", "interface.virtual_addresses",
        "mac_vrf.route_targets", "tunnelled_vrf",
    ]  # fmt: skip
    leaves.done("apply", "-y", path)
    assert leaves.all_shown() == applied
    leaves.done("undo", "-y")
    assert leaves.all_shown() == before


NXOS = {
    ("vlan 2001",): ["name web", "vn-segment 5001"],
    ("vlan 2101",): ["name vrf6001", "vn-segment 6001"],
    ("interface nve1",): [
        "no shutdown", "host-reachability protocol bgp", "source-interface loopback0", "member vni 5001",
        "member vni 6001 associate-vrf",
    ],
    ("interface nve1", "member vni 5001"): ["ingress-replication protocol bgp"],
    ("interface Vlan2001",): [
        "no shutdown", "mtu 1450", "vrf member vrf6001", "ip address 10.0.1.1/24", "ipv6 address fd00:1::1/64",
        "fabric forwarding mode anycast-gateway",
    ],
    ("interface Vlan2101",): [
        "no shutdown", "vrf member vrf6001", "ip forward", "ipv6 address use-link-local-only",
    ],
    ("interface Ethernet1/1",): ["switchport access vlan 2001"],
    ("evpn", "vni 5001 l2"): ["rd 10.255.1.1:2001", "route-target export 64999:5001", "route-target import 64999:5001"],
    ("vrf context vrf6001",): [
        "vni 6001", "rd 10.255.1.1:2101", "ipv6 route 2001:db8::/32 fd00:1::9", "address-family ipv4 unicast",
        "address-family ipv6 unicast",
    ],
    ("vrf context vrf6001", "address-family ipv6 unicast"): [
        "route-target export 64999:6001 evpn", "route-target import 64999:6001 evpn",
    ],
    ("router bgp 64601", "vrf vrf6001"): [
        "router-id 10.255.1.1", "address-family ipv4 unicast", "address-family ipv6 unicast",
    ],
    ("router bgp 64601", "vrf vrf6001", "address-family ipv4 unicast"): [
        "redistribute direct route-map cpal-any", "redistribute static route-map cpal-any", "advertise l2vpn evpn",
    ],
}  # fmt: skip
"""What leaf1 shows below lines, as somebody would type it who has read Cisco's guide."""


def test_there_and_back_by_each_part(leaves: Rack) -> None:
    path = leaves.declare(TENANTS)
    leaves.done("apply", "-y", path)
    there = leaves.all_shown()
    for change in (
        TENANTS.replace("fabric_vlan: 2001", "fabric_vlan: 2009"),
        TENANTS.replace("interfaces: [web, web6, db]", "interfaces: [web, web6]").replace(
            "{destination: 192.0.2.0/24, nexthop: 10.0.2.9}, ", ""
        ),
        TENANTS.replace("    vni: 6001\n", "    vni: 6002\n"),
        TENANTS.replace("    vni: 6001\n", "    vni: 6001\n    admin_state_up: false\n"),
        TENANTS.replace("    fabric_vlan: 2002\n", "    fabric_vlan: 2002\n    admin_state_up: false\n"),
        TENANTS.replace("networks: [web, db]", "networks: [web]"),
    ):
        leaves.declare(change)
        leaves.done("apply", "-y", path)
        assert leaves.all_shown() != there
        assert leaves.plan(path)["ops"] == []
        leaves.declare(TENANTS)
        leaves.done("apply", "-y", path)
        assert leaves.all_shown() == there


def test_numbers_that_nobody_named_are_chosen_and_kept(leaves: Rack) -> None:
    text = TENANTS.replace("    fabric_vlan: 2001\n", "").replace("    fabric_vlan: 2101\n", "")
    path = leaves.declare(text)
    leaves.done("apply", "-y", path)
    assert "name web" in leaves.section("leaf1", "vlan 2000")
    there = leaves.all_shown()
    leaves.declare(text.replace("  web:\n", "  web:\n    description: for all\n"))
    leaves.done("apply", "-y", path)
    assert leaves.all_shown() == there


def test_a_switch_without_an_underlay_is_left_alone(rack: Rack) -> None:
    told = rack.refused("apply", "-y", rack.declare(TENANTS))
    assert {"eos": "no section 'router bgp'", "nxos": "feature vn-segment-vlan-based"}[rack.make.driver] in told


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("  leaf1: {target: switches, underlay_address: 10.255.1.1}\n", "", "leaf1 is no leaf, and web is tunnelled"),
        ("underlay_address: 10.255.1.1", 'underlay_address: "fd00::1"', "tunnels end at an IPv4 address"),
        ("network_type: vxlan, segmentation_id: 5001", "network_type: geneve, segmentation_id: 5001", "with VXLAN"),
        ("web: {cidr: 10.0.1.0/24, enable_dhcp: false}", "web: {cidr: 10.0.1.0/24}", "no DHCP server"),
        ("fabric_vlan: 2001", "fabric_vlan: 2002", "VLAN 2002 of the fabric is taken"),
        ("fabric_vlan: 2001", "fabric_vlan: 4095", "4094"),
        ("interfaces:\n  leaf1", "interfaces:\n  leaf1/Vlan2001: {mtu: 1500}\n  leaf1", "gateway of network web"),
        ("interfaces:\n  leaf1", "vlans: {x: {vlan_id: 42, devices: [leaf2]}}\ninterfaces:\n  leaf1", "VLAN x already"),
        ("interfaces:\n  leaf1", "instances: {a: {network: db}}\ninterfaces:\n  leaf1", "said by the switch's interf"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_touched(leaves: Rack, old: str, new: str, words: str) -> None:
    assert old in TENANTS
    assert words in leaves.refused("apply", "-y", leaves.declare(TENANTS.replace(old, new)))
