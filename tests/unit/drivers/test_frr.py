"""FRR's pure half: what is read of a running configuration, what leaves are to hold, and what they cannot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from cpal.core.plan import refuse_unsupported
from cpal.core.rows import Row, RowKey
from cpal.drivers.devices.frr.configuration import forest, running
from cpal.drivers.devices.frr.kept import Pending, store
from cpal.drivers.devices.frr.leaf import LeafConnection
from cpal.drivers.devices.frr.make import RULES
from cpal.drivers.devices.render_fabric import first_vni
from cpal.model.acl import Acl, AclEntry
from cpal.model.network import DhcpOption, Network, Port, Segment, Subnet
from cpal.model.record import Record
from cpal.model.router import Router
from cpal.model.switch import Interface
from cpal.model.target import Host, Range, Target
from tests.conformance.wanted import wanted
from tests.support.world import World, allow

ZEBRA = """\
frr version 8.4.4
hostname leaf1
!
vrf layer2
 netns /run/netns/layer2
exit-vrf
!
vrf vrf1006
 vni 1006
 netns /run/netns/vrf1006
exit-vrf
!
interface lo
 ip address 10.255.1.1/32
exit
"""
BGPD = """\
router bgp 64601
 bgp router-id 10.255.1.1
 neighbor fabric peer-group
 !
 address-family l2vpn evpn
  neighbor fabric activate
  advertise-all-vni
  vni 1003
   route-target import 64999:1003
   route-target export 64999:1003
  exit-vni
  vni 1004
   route-target import 64999:1004
   route-target export 1:1
  exit-vni
 exit-address-family
exit
!
router bgp 64601 vrf vrf1006
 bgp router-id 10.255.1.1
 !
 address-family ipv4 unicast
  redistribute connected
  redistribute static
 exit-address-family
 !
 address-family ipv6 unicast
  redistribute connected
  redistribute static
 exit-address-family
 !
 address-family l2vpn evpn
  advertise ipv4 unicast
  advertise ipv6 unicast
  route-target import 64999:1006
  route-target export 64999:1006
 exit-address-family
exit
"""
STATICD = """\
vrf vrf1006
 ip route 10.99.0.0/16 10.0.1.2
 ipv6 route fd99::/16 fd00:1::2
exit-vrf
"""


def test_what_a_leaf_is_configured_to_is_read() -> None:
    found = running(forest({"zebra": ZEBRA, "bgpd": BGPD, "staticd": STATICD}))
    assert found.asn == "64601"
    assert found.vnis == {"vrf1006": 1006}
    assert found.targets == {1003: "64999:1003", 1004: "64999:1004/1:1"}
    vrf = found.vrfs["vrf1006"]
    assert vrf.columns == {"vni": 1006, "router_id": "10.255.1.1", "route_target": "64999:1006"}
    assert vrf.routes == (("10.99.0.0/16", "10.0.1.2"), ("fd99::/16", "fd00:1::2"))
    assert not found.vrfs["layer2"].has_bgp


def test_an_instance_that_does_not_tell_all_is_not_as_it_should_be() -> None:
    shy = BGPD.replace("  advertise ipv6 unicast\n", "")
    assert running(forest({"zebra": ZEBRA, "bgpd": shy, "staticd": STATICD})).vrfs["vrf1006"].columns["silent"] is True


@pytest.fixture
def town() -> World:
    """Two leaves with a port each on one network, which a router joins with another at one of them."""
    world = World("leaf1", "leaf2", driver="frr")
    red = world.project("red")
    web, db = (world.network(red, name, network_type="vxlan") for name in ("web", "db"))
    subnets = [world.subnet(web, "10.0.1.0/24", enable_dhcp=False), world.subnet(db, "10.0.2.0/24", enable_dhcp=False)]
    for name, network, host in (("web1", web, "leaf1"), ("web2", web, "leaf2"), ("db1", db, "leaf2")):
        world.instance(red, name, network, host=host, port_security_enabled=False)
    world.router(red, "edge", *subnets)
    return world


def rows(world: World, table: str) -> dict[str, Row]:
    """The rows of a table by name."""
    return {key.name: row for key, row in wanted(RULES, world.estate()).items() if key.table == table}


def test_a_network_is_where_its_ports_are_with_the_same_gateway(town: World) -> None:
    bridges = rows(town, "bridge")
    vrf = f"vrf{town.every(Router)[0].vni}"
    web, db = (network.segmentation_id for network in town.every(Network))
    expected = {(leaf, f"br{vni}") for leaf, vni in (("leaf1", web), ("leaf2", web), ("leaf2", db))}
    assert {(name.split()[0], name.split()[2]) for name in bridges} >= expected
    assert {name.split()[1] for name in bridges} == {vrf}
    assert bridges[f"leaf1 {vrf} br{web}"].columns == bridges[f"leaf2 {vrf} br{web}"].columns
    own = {bridges[f"{leaf} {vrf} br{vrf[3:]}"].columns["mac"] for leaf in ("leaf1", "leaf2")}
    assert len(own) == 2
    addresses = {name.rpartition(" ")[2] for name in rows(town, "bridge.addresses") if name.startswith("leaf1 ")}
    assert addresses == {"10.0.1.1/24"}


def test_without_a_router_a_network_is_where_nothing_is_routed(town: World) -> None:
    router = town.every(Router)[0]
    town.add(replace(router, admin_state_up=False))
    assert {name.split()[1] for name in rows(town, "bridge")} == {"layer2"}
    assert rows(town, "bridge.addresses") == {}
    assert {name.split()[1] for name in rows(town, "vrf")} == {"layer2"}


def test_a_provider_network_leads_to_its_wire_at_each_leaf_that_has_it(town: World) -> None:
    wire = town.network(town.project("red"), "wire", physical_network="physnet1", segmentation_id=42)
    assert set(rows(town, "uplink")) == {"leaf1 physnet1@42", "leaf2 physnet1@42"}
    assert f"leaf1 vx{first_vni('physnet1') + 42}" in rows(town, "vxlan")
    assert wire.key in rows(town, "uplink")["leaf1 physnet1@42"].because


def test_a_host_of_another_driver_is_no_leaf() -> None:
    world = World("hv1")
    network = world.network(world.project("red"), "web", "10.0.1.0/24")
    world.instance(world.project("red"), "web1", network)
    assert wanted(RULES, world.estate()) == {}


def test_a_port_that_is_down_is_down(town: World) -> None:
    port = next(port for port in town.every(Port) if port.host_id == "leaf1")
    before = rows(town, "port")
    town.add(replace(port, admin_state_up=False))
    after = rows(town, "port")
    [changed] = [name for name in after if after[name] != before[name]]
    assert (before[changed].columns["up"], after[changed].columns["up"]) == (True, False)
    assert isinstance(after[changed].columns["bridge"], RowKey)


REFUSED: tuple[tuple[type[Record], dict[str, Any], str, str], ...] = (
    (Network, {"network_type": "geneve"}, "network_type", "VXLAN"),
    (Network, {"segmentation_id": 1 << 23}, "segmentation_id", "VLANs"),
    (Network, {"qos_policy_id": "gold"}, "qos_policy_id", "limits"),
    (Network, {"more_segments": (Segment("physnet2", "flat"),)}, "more_segments", "one VNI"),
    (Network, {"dns_domain": "example."}, "dns_domain", "names"),
    (Subnet, {"enable_dhcp": True}, "enable_dhcp", "DHCP"),
    (Subnet, {"ipv6_ra_mode": "slaac"}, "ipv6_ra_mode", "advertisements"),
    (Port, {"extra_dhcp_opts": (DhcpOption("mtu", "1300"),)}, "extra_dhcp_opts", "DHCP"),
    (Port, {"dns_name": "web"}, "dns_name", "names"),
    (Port, {"qos_policy_id": "gold"}, "qos_policy_id", "limits"),
    (Router, {"vni": 0}, "vni", "VRF"),
    (Router, {"vni": 1 << 23}, "vni", "VLANs"),
    (Interface, {"mode": "trunk"}, "mode", "one network"),
    (Interface, {"networks": ()}, "networks", "one network"),
    (Interface, {"vlan": 7}, "vlan", "no such setting"),
    (Interface, {"addresses": ("10.0.0.1/24",)}, "addresses", "bridge"),
    (Interface, {"networks": (), "mode": "", "ingress_acl": "x"}, "ingress_acl", "in a network"),
    (Host, {"name": "leaf9"}, "name", "reached"),
    (Host, {"underlay_address": ""}, "underlay_address", "IPv4"),
    (Target, {"encap": "geneve"}, "encap", "VXLAN"),
)
"""A change of a record that can be held, and what is then refused, with a word of the sentence."""


@pytest.mark.parametrize(("kind", "change", "field", "word"), REFUSED, ids=lambda value: str(value)[:30])
def test_what_cannot_be_held_is_refused_with_the_reason(
    town: World, kind: type[Record], change: dict[str, Any], field: str, word: str
) -> None:
    [target] = town.every(Target)
    town.add(replace(target, encap="vxlan"))
    town.add(Interface(id="i", name="leaf1/eth2", mode="access", networks=(town.every(Network)[0].id,)))
    [target] = town.every(Target)
    assert refuse_unsupported(town.records.values(), target, RULES, town.estate()) == ()
    changed = replace(town.every(kind)[0], **change)
    faults = refuse_unsupported([changed], target, RULES, town.estate())
    assert [fault.field for fault in faults] == [field]
    assert word in faults[0].problem


def test_a_group_at_a_leaf_is_stateless(town: World) -> None:
    [target] = town.every(Target)
    town.add(replace(target, encap="vxlan"))
    [target] = town.every(Target)
    keeps = town.group(town.project("red"), "keeps")
    port = replace(next(port for port in town.every(Port) if port.host_id == "leaf1"), port_security_enabled=True)
    town.add(replace(port, security_groups=(keeps.id,)))
    faults = refuse_unsupported(town.records.values(), target, RULES, town.estate())
    assert {fault.field for fault in faults} == {"security_groups", "stateful"}
    assert all("keeps is stateful, and a leaf keeps no connections" in fault.problem for fault in faults)
    town.add(replace(keeps, stateful=False))
    assert refuse_unsupported(town.records.values(), target, RULES, town.estate()) == ()


def test_a_group_is_at_a_leaf_once_and_its_addresses_where_a_rule_names_them(town: World) -> None:
    """The rules, in nft's words, are written by hand after nft(8)."""
    red = town.project("red")
    group = town.group(red, "web", stateful=False)
    town.rule(group, **allow("ingress", "tcp", 80, remote_group_id=group))
    town.rule(group, **allow("egress", "icmp", 8, remote_ip_prefix="10.0.0.0/8"))
    for port in [port for port in town.every(Port) if port.host_id]:
        town.add(replace(port, port_security_enabled=True, security_groups=(group.id,)))
    [at_leaf1] = [name for name in rows(town, "group") if name.startswith("leaf1 vrf")]
    said = {
        row.columns["rule"] for row in rows(town, "group.rules").values() if row.within == RowKey("group", at_leaf1)
    }
    named = f"a4_{group.id.replace('-', '_')}"
    assert said == {f"ip saddr @{named} tcp dport 80 accept", "ip daddr 10.0.0.0/8 icmp type 8 accept"}
    members = {ip for port in town.every(Port) if port.security_groups for ip in port.addresses if ":" not in ip}
    set_name = at_leaf1.replace(at_leaf1.split()[2], named)
    assert {row.columns["value"] for row in rows(town, "address_set.addresses").values()
            if row.within == RowKey("address_set", set_name)} == members  # fmt: skip


def test_an_access_list_is_where_an_interface_asks_it(town: World) -> None:
    """The rules, in nft's words, are written by hand after nft(8)."""
    entries = (
        AclEntry(sequence_id=10, forwarding_action="accept", protocol="tcp", destination_port=Range(80, 90)),
        AclEntry(sequence_id=20, forwarding_action="drop", protocol="47", source_address="10.0.0.0/8"),
        AclEntry(sequence_id=30, forwarding_action="accept", protocol="icmp", icmp_type=8, icmp_code=0),
        AclEntry(sequence_id=40, forwarding_action="accept", protocol="udp", source_port=Range(53, 53),
                 source_address="10.0.1.1", destination_address="10.0.1.7/32"),
    )  # fmt: skip
    town.add(Acl(id="a-1", name="camera", entries=entries, devices=("leaf1", "leaf2")))
    assert rows(town, "access_list") == {}
    web = town.every(Network)[0]
    town.add(Interface(id="i", name="leaf1/eth2", mode="access", networks=(web.id,), egress_acl="camera"))
    vrf = f"vrf{town.every(Router)[0].vni}"
    assert set(rows(town, "access_list")) == {f"leaf1 {vrf} l_a_1"}
    assert {row.columns["value"] for row in rows(town, "access_list.ports").values()} == {"egress eth2"}
    said = {name.split()[3]: row.columns["value"] for name, row in rows(town, "access_list.entries").items()}
    assert said == {
        "10": "tcp dport 80-90 return",
        "20": "ip saddr 10.0.0.0/8 meta l4proto 47 drop",
        "30": "icmp type 8 icmp code 0 return",
        "40": "ip saddr 10.0.1.1 ip daddr 10.0.1.7 udp sport 53 return",
    }


def test_a_network_is_in_the_vrf_of_one_router(town: World) -> None:
    [target] = town.every(Target)
    subnet = town.every(Subnet)[0]
    second = town.router(town.project("red"), "second")
    town.interface(second, subnet)
    faults = refuse_unsupported(town.every(Port), target, RULES, town.estate())
    assert [fault.field for fault in faults] == ["device_id"]
    assert "one router" in faults[0].problem


def test_physical_networks_whose_vnis_would_meet_are_refused(town: World) -> None:
    name = next(f"p{n}" for n in range(100_000) if first_vni(f"p{n}") == first_vni("physnet1"))
    host = town.every(Host)[0]
    town.add(replace(host, physical_networks=("physnet1", name)))
    [target] = town.every(Target)
    wire = town.network(town.project("red"), "wire", physical_network="physnet1", segmentation_id=42)
    faults = refuse_unsupported([wire], target, RULES, town.estate())
    assert [fault.field for fault in faults] == ["physical_network"]


def test_a_change_of_another_store_that_waits_at_a_leaf_is_seen(tmp_path: Path) -> None:
    mine, theirs = (LeafConnection("leaf1", tmp_path, owner) for owner in ("mine", "theirs"))
    assert not mine.waits_for_another()
    store(tmp_path / "cpal" / "pending-theirs.json", Pending(1, "word", ()))
    assert (mine.waits_for_another(), theirs.waits_for_another()) == (True, False)


def test_what_is_plugged_into_a_leaf_is_in_the_bridge_of_its_network(town: World) -> None:
    web = town.every(Network)[0]
    town.add(Interface(id="i", name="leaf1/eth2", mode="access", networks=(web.id,)))
    vrf = f"vrf{town.every(Router)[0].vni}"
    plugged = rows(town, "port")["leaf1 eth2"]
    assert plugged.columns == {"bridge": RowKey("bridge", f"leaf1 {vrf} br{web.segmentation_id}"), "up": True}
    town.add(Interface(id="i", name="leaf1/eth2", mode="access", networks=(web.id,), enabled=False))
    assert rows(town, "port")["leaf1 eth2"].columns["up"] is False
