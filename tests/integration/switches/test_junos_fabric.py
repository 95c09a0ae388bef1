"""Tenants' networks and routers on leaves that run Junos (emulated), as `test_fabric` has them on other makes."""

from __future__ import annotations

import pytest

from tests.integration.switches.rack import LEAVES, Rack
from tests.integration.switches.test_fabric import TENANTS
from tests.integration.switches.test_junos import statements
from tests.support.switch_makes import MAKES, SwitchMake

UNDERLAY = (
    "set interfaces lo0 unit 0 family inet address 10.255.1.{n}/32", "set routing-options router-id 10.255.1.{n}",
    "set routing-options autonomous-system 6460{n}", "set switch-options vtep-source-interface lo0.0",
    "set protocols bgp group spines type external", "set protocols bgp group spines peer-as 64500",
    "set protocols bgp group spines family evpn signaling", "set protocols bgp group spines neighbor 10.255.0.1",
)  # fmt: skip
"""What an operator types at a leaf before there are tenants."""
TRUNK = "leaf2/Ethernet1: {mode: trunk, networks: [web, db]}"
ACCESS = "leaf2/Ethernet1: {mode: access, networks: [web]}\n  leaf2/Ethernet2: {mode: access, networks: [db]}"
AT_LEAF1 = {
    *(f"set routing-instances vlan2001 {line}" for line in (
        "instance-type mac-vrf", "service-type vlan-based", "vtep-source-interface lo0.0",
        "route-distinguisher 10.255.1.1:2001", "vrf-target import target:64999:5001",
        "vrf-target export target:64999:5001", "protocols evpn encapsulation vxlan",
        "protocols evpn extended-vni-list all", "protocols evpn default-gateway do-not-advertise",
        "interface ge-0/0/1.0", "vlans web vlan-id 2001", "vlans web l3-interface irb.2001", "vlans web vxlan vni 5001",
    )),
    *(f"set routing-instances vrf6001 {line}" for line in (
        "instance-type vrf", "interface irb.2001", "route-distinguisher 10.255.1.1:2101",
        "vrf-target import target:64999:6001", "vrf-target export target:64999:6001",
        "protocols evpn irb-symmetric-routing vni 6001", "protocols evpn ip-prefix-routes advertise direct-nexthop",
        "protocols evpn ip-prefix-routes encapsulation vxlan", "protocols evpn ip-prefix-routes vni 6001",
        "protocols evpn ip-prefix-routes export cpal-connected-and-static",
        "routing-options rib vrf6001.inet6.0 static route 2001:db8::/32 next-hop fd00:1::9",
    )),
    *(f"set interfaces irb unit 2001 {line}" for line in (
        "mac 02:cf:00:00:00:01", "family inet mtu 1450", "family inet address 10.0.1.1/24",
        "family inet6 address fd00:1::1/64",
    )),
    *(f"set policy-options policy-statement cpal-connected-and-static term routes {line}" for line in (
        "from protocol direct", "from protocol static", "then accept",
    )),
    *(f"set interfaces ge-0/0/1 unit 0 family ethernet-switching {line}" for line in (
        "interface-mode access", "vlan members web",
    )),
}  # fmt: skip
"""What leaf1 has of it, as somebody would type it who has read Juniper's guide."""
OF_TRUNK = {
    *(f"set interfaces ge-0/0/1 {line}" for line in (
        "flexible-vlan-tagging", "encapsulation flexible-ethernet-services",
        "unit 2001 encapsulation vlan-bridge", "unit 2001 vlan-id 2001",
        "unit 2002 encapsulation vlan-bridge", "unit 2002 vlan-id 2002",
    )),
    "set routing-instances vlan2001 vlans web interface ge-0/0/1.2001",
    "set routing-instances vlan2002 vlans db interface ge-0/0/1.2002",
}  # fmt: skip
"""What leaf2 has of its trunk, as Juniper's validated designs have it on QFX5120."""


@pytest.fixture(scope="module")
def make() -> SwitchMake:
    """Junos alone."""
    return MAKES["junos"]


@pytest.fixture
def leaves(rack: Rack) -> Rack:
    """Two leaves with an underlay."""
    for n, name in enumerate(LEAVES, start=1):
        rack.type(name, *(line.format(n=n) for line in UNDERLAY))
    return rack


def test_networks_and_routers_are_instances_and_go_again(leaves: Rack) -> None:
    before = leaves.all_shown()
    path = leaves.declare(TENANTS)
    leaves.done("apply", "-y", path)
    assert leaves.plan(path)["ops"] == []
    assert statements(leaves.shown("leaf1")) == AT_LEAF1 | statements(before["leaf1"])
    at_leaf2 = statements(leaves.shown("leaf2"))
    assert at_leaf2 > statements(before["leaf2"])
    assert at_leaf2 > OF_TRUNK | {
        "set routing-instances vlan2002 vlans db vxlan vni 5002", "set routing-instances vlan42 vlans wire vlan-id 42",
        "set routing-instances vrf6001 routing-options static route 192.0.2.0/24 next-hop 10.0.2.9",
        "set interfaces irb unit 2001 mac 02:cf:00:00:00:01", "set interfaces irb unit 2002 mac 02:cf:00:00:00:01",
    }  # fmt: skip

    applied = leaves.all_shown()
    leaves.type(
        "leaf1", "delete routing-instances vlan2001 vrf-target import target:64999:5001",
        "delete routing-instances vlan2001 interface ge-0/0/1.0",
        "delete routing-instances vrf6001 protocols evpn irb-symmetric-routing",
        "set routing-instances vlan2001 vlans web vxlan vni 7", "delete interfaces irb unit 2001 mac",
        "delete policy-options policy-statement cpal-connected-and-static term routes from protocol static",
    )  # fmt: skip
    assert sorted(op["table"] for op in leaves.plan(path)["ops"]) == [
        "interface.mac_address", "mac_vrf.interfaces", "mac_vrf.route_targets", "policy", "vlan.vni",
        "vrf.symmetric_vni",
    ]  # fmt: skip
    leaves.done("apply", "-y", path)
    assert leaves.all_shown() == applied
    leaves.type("leaf1", "delete routing-instances vlan2001", "delete routing-instances vrf6001")
    leaves.done("apply", "-y", path)
    assert leaves.all_shown() == applied
    leaves.done("undo", "-y")
    assert leaves.all_shown() == before


def test_there_and_back_by_each_part(leaves: Rack) -> None:
    path = leaves.declare(TENANTS)
    leaves.done("apply", "-y", path)
    there = leaves.all_shown()
    for old, new in (
        ("fabric_vlan: 2001", "fabric_vlan: 2009"),
        ("segmentation_id: 5001", "segmentation_id: 5009"),
        ("{destination: 192.0.2.0/24, nexthop: 10.0.2.9}, ", ""),
        (
            "interfaces: [web, web6, db]\n    routes: [{destination: 192.0.2.0/24, nexthop: 10.0.2.9}, ",
            "interfaces: [web, web6]\n    routes: [",
        ),
        ("    vni: 6001\n", "    vni: 6002\n"),
        ("    vni: 6001\n", "    vni: 6001\n    admin_state_up: false\n"),
        (TRUNK, ACCESS),
        (f"\n  {TRUNK}", ""),
        ("trunk, networks: [web, db]}", "trunk, networks: [db]}"),
        ("trunk, networks: [web, db]}", "trunk, networks: [web, db], vlans: [7], vlan: 7, mtu: 9000}"),
        ("trunk, networks: [web, db]}", "trunk, vlans: [7, 2002], description: by number, bpdu_guard: true}"),
        ("trunk, networks: [web, db]}", "trunk, vlans: [7, 8]}"),
        ("trunk, networks: [web, db]}", "routed, addresses: [192.0.2.1/31]}"),
        ("underlay_address: 10.255.1.1}", "underlay_address: 10.255.1.1, physical_networks: [dc]}"),
    ):
        assert old in TENANTS
        leaves.declare(TENANTS.replace(old, new))
        leaves.done("apply", "-y", path)
        assert leaves.all_shown() != there
        assert leaves.plan(path)["ops"] == []
        leaves.declare(TENANTS)
        leaves.done("apply", "-y", path)
        assert leaves.all_shown() == there


def test_a_trunk_of_the_switch_gets_units_as_one_of_its_vlans_is_tunnelled_and_back(leaves: Rack) -> None:
    """No row of the trunk changes: what it carries is the same, in another instance."""
    trunk = "leaf1/Ethernet3: {mode: trunk, vlans: [7, 42], vlan: 7, mtu: 9000, edge_port: true}"
    plain = f"""
vlans: {{own: {{vlan_id: 7, devices: [leaf1]}}, wire: {{vlan_id: 42, devices: [leaf1]}}}}
spanning_trees: {{all: {{mode: rstp, devices: [leaf1]}}}}
interfaces: {{{trunk}}}
"""
    tunnelled = (
        plain.replace(", wire: {vlan_id: 42, devices: [leaf1]}", "")
        + """
hosts: {leaf1: {target: switches, underlay_address: 10.255.1.1, physical_networks: [dc]}}
networks: {wire: {provider: {physical_network: dc, network_type: vlan, segmentation_id: 42}}}
"""
    )
    path = leaves.declare(plain)
    leaves.done("apply", "-y", path)
    before = leaves.shown("leaf1")
    assert statements(before) > {
        "set interfaces ge-0/0/3 mtu 9014", "set protocols rstp interface ge-0/0/3 edge",
        "set interfaces ge-0/0/3 unit 0 family ethernet-switching vlan members own",
        "set interfaces ge-0/0/3 unit 0 family ethernet-switching vlan members wire",
    }  # fmt: skip
    leaves.declare(tunnelled)
    assert not {op["table"] for op in leaves.plan(path)["ops"]} & {"interface.trunk_vlans", "interface.mode"}
    leaves.done("apply", "-y", path)
    there = statements(leaves.shown("leaf1"))
    assert there > {
        "set interfaces ge-0/0/3 mtu 9022", "set interfaces ge-0/0/3 native-vlan-id 7",
        "set interfaces ge-0/0/3 unit 7 vlan-id 7", "set interfaces ge-0/0/3 unit 42 vlan-id 42",
        "set vlans own interface ge-0/0/3.7", "set routing-instances vlan42 vlans wire interface ge-0/0/3.42",
        "set protocols rstp interface ge-0/0/3 edge",
    }  # fmt: skip
    assert not [line for line in there if "ge-0/0/3 unit 0" in line]
    assert leaves.plan(path)["ops"] == []
    leaves.declare(plain)
    leaves.done("apply", "-y", path)
    assert leaves.shown("leaf1") == before


def test_what_hands_do_to_a_trunk_is_seen_and_mended(leaves: Rack) -> None:
    path = leaves.declare(TENANTS)
    leaves.done("apply", "-y", path)
    there = leaves.all_shown()
    for lines in (
        ("delete routing-instances vlan2002 vlans db interface ge-0/0/1.2002",),
        ("delete interfaces ge-0/0/1 unit 2002", "delete routing-instances vlan2002 vlans db interface ge-0/0/1.2002"),
        ("set interfaces ge-0/0/1 unit 9 encapsulation vlan-bridge", "set interfaces ge-0/0/1 unit 9 vlan-id 9"),
        (
            "delete interfaces ge-0/0/1", "delete routing-instances vlan2002 vlans db interface ge-0/0/1.2002",
            "delete routing-instances vlan2001 vlans web interface ge-0/0/1.2001",
            "set interfaces ge-0/0/1 unit 0 family ethernet-switching interface-mode trunk",
            "set interfaces ge-0/0/1 unit 0 family ethernet-switching vlan members [ web db ]",
        ),
    ):  # fmt: skip
        leaves.type("leaf2", *lines)
        assert [op["table"] for op in leaves.plan(path)["ops"]] == ["interface.trunk_vlans"]
        leaves.done("apply", "-y", path)
        assert leaves.all_shown() == there


def test_a_vlan_that_hands_take_out_of_its_instance_has_its_unit_again(leaves: Rack) -> None:
    path = leaves.declare(TENANTS)
    leaves.done("apply", "-y", path)
    there = leaves.all_shown()
    for gone in ("vlans db", ""):
        leaves.type("leaf2", f"delete routing-instances vlan2002 {gone}".strip())
        leaves.done("apply", "-y", path)
        assert leaves.all_shown() == there


@pytest.mark.parametrize("line", ["vlan-tagging", "unit 0 description theirs", "unit 2002 vlan-id 9"])
def test_what_others_have_at_a_port_is_in_the_way_of_its_units(leaves: Rack, line: str) -> None:
    tagging = [] if line == "vlan-tagging" or "unit 0" in line else ["set interfaces ge-0/0/1 flexible-vlan-tagging"]
    leaves.type("leaf2", f"set interfaces ge-0/0/1 {line}", *tagging)
    told = leaves.refused("apply", "-y", leaves.declare(TENANTS))
    assert "a unit for each of its VLANs, and others configured" in told


def test_a_port_in_a_network_by_its_number_is_in_its_instance(leaves: Rack) -> None:
    port = "interfaces:\n  leaf1/Ethernet5: {mode: access, vlan: 2001}\n"
    leaves.done("apply", "-y", leaves.declare(TENANTS.replace("interfaces:\n", port)))
    assert "set routing-instances vlan2001 interface ge-0/0/5.0" in statements(leaves.shown("leaf1"))


def test_a_vlan_moves_into_an_instance_and_back_as_its_switch_becomes_a_leaf(leaves: Rack) -> None:
    head, _, rest = TENANTS.partition("  web:")
    wire = "  wire: {provider:" + rest.partition("  wire: {provider:")[2].partition("routers:")[0]
    text = f"{head}{wire}interfaces: {{leaf1/Ethernet1: {{mode: access, networks: [wire]}}}}\n"
    plain = text.replace("  leaf1: {target: switches, underlay_address: 10.255.1.1}\n", "")
    path = leaves.declare(plain)
    leaves.done("apply", "-y", path)
    shown = leaves.shown("leaf1")
    assert "set vlans wire vlan-id 42" in statements(shown)
    leaves.declare(text)
    leaves.done("apply", "-y", path)
    there = statements(leaves.shown("leaf1"))
    assert "set routing-instances vlan42 vlans wire vlan-id 42" in there
    assert "set vlans wire vlan-id 42" not in there
    leaves.declare(plain)
    leaves.done("apply", "-y", path)
    assert leaves.shown("leaf1") == shown


@pytest.mark.parametrize(("lacking", "words"), [
    ("switch-options", "no statement 'switch-options vtep-source-interface'"),
    ("protocols bgp group spines family evpn", "no statement 'protocols bgp ... family evpn'"),
])  # fmt: skip
def test_a_switch_without_an_underlay_is_left_alone(leaves: Rack, lacking: str, words: str) -> None:
    leaves.type("leaf2", f"delete {lacking}")
    assert words in leaves.refused("apply", "-y", leaves.declare(TENANTS))


def test_an_instance_of_that_name_is_not_taken(leaves: Rack) -> None:
    leaves.type("leaf1", "set routing-instances vlan2001 instance-type virtual-router")
    assert "an instance of that name, a virtual-router" in leaves.refused("apply", "-y", leaves.declare(TENANTS))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("trunk, networks: [web, db]}", "trunk, networks: [web, db], mtu: 9200}", "at most 9194 bytes"),
        ("interfaces:\n  leaf1", "interfaces:\n  leaf1/Ethernet5: {mode: trunk}\n  leaf1", "a trunk of all VLANs"),
        ("    fabric_vlan: 2002\n", "    fabric_vlan: 2002\n    admin_state_up: false\n", "no VLAN that is suspended"),
        ("interfaces:\n  leaf1", "interfaces:\n  leaf1/irb.2001: {mtu: 1500}\n  leaf1", "gateway of network web"),
        ("  leaf1: {target: switches, underlay_address: 10.255.1.1}\n", "", "leaf1 is no leaf, and web is tunnelled"),
        ("interfaces:\n  leaf1", "vrfs: {vrf6001: {devices: [leaf1]}}\ninterfaces:\n  leaf1", "a router has the VRF"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_touched(leaves: Rack, old: str, new: str, words: str) -> None:
    assert old in TENANTS
    assert words in leaves.refused("apply", "-y", leaves.declare(TENANTS.replace(old, new)))
