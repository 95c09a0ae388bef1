"""Each thing that can be wrong with a record is found, at its field, with words that say what would be right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from cpal.errors import CAUSES, Fault
from cpal.model.acl import Acl, AclEntry
from cpal.model.address_scope import AddressScope
from cpal.model.bgp import Bgp, BgpNeighbor
from cpal.model.check import check, check_changes, every_fault_of, faults_of
from cpal.model.checks.port import is_plain
from cpal.model.claims import claims_of
from cpal.model.classifier import Classifier, ClassifierTerm
from cpal.model.default_rules import PARENT, DefaultSecurityGroupRule
from cpal.model.estate import KINDS, Change
from cpal.model.log import Log
from cpal.model.mlag import Mlag
from cpal.model.network import (
    ROUTER_INTERFACE,
    AddressPair,
    AllocationPool,
    Binding,
    DhcpOption,
    FixedIP,
    HostRoute,
    Network,
    Port,
    Segment,
    Subnet,
)
from cpal.model.ospf import Ospf, OspfInterface
from cpal.model.port_forwarding import PortForwarding
from cpal.model.qos import QosBandwidthLimitRule, QosDscpMarkingRule, QosMinimumBandwidthRule, QosPolicy
from cpal.model.quota import Quota
from cpal.model.rbac import EXTERNAL, RbacPolicy
from cpal.model.record import Record
from cpal.model.router import ExternalGateway, FloatingIP, FloatingPort, MoreGateway, Router
from cpal.model.security import AddressGroup, SecurityGroup, SecurityGroupRule
from cpal.model.subnet_pool import SubnetPool
from cpal.model.switch import ON_DEVICES, Interface, Lag, NtpServer, Route, Stp, SyslogServer, Vlan, Vrf
from cpal.model.target import Host, OutsideHost, Placement, Project, Range, Target
from cpal.model.trunk import Subport, Trunk
from tests.support.world import EGRESS, World, allow, id_of

LAG = "leaf1/Port-Channel7"
SPEAKER = OspfInterface(interface="Ethernet9", area="0.0.0.0")
SPINE = BgpNeighbor(address="192.0.2.1", remote_asn=65100)
SELF = replace(SPINE, families=("evpn",), next_hop_self=True)
TERM = ClassifierTerm(id="WEB", acl="WEB", set_dscp=18)
DROP = AclEntry(sequence_id=10, forwarding_action="drop", protocol="tcp")


def town() -> World:
    """A valid world with one of everything: what the cases below break in one place each."""
    world = World("hv1", "hv2")
    admin, red, blue = (world.project(name) for name in ("admin", "red", "blue"))
    public = world.network(admin, "public", external=True, shared=True, physical_network="physnet1")
    world.subnet(public, "203.0.113.0/24", gateway_ip="203.0.113.254", enable_dhcp=False)
    world.outside("internet", "physnet1", "203.0.113.254/24", loopbacks=("198.51.100.7",))
    web = world.network(red, "web", "10.0.1.0/24")
    web6 = world.subnet(web, "fd00:1::/64", ipv6_address_mode="slaac", ipv6_ra_mode="slaac")
    db = world.network(red, "db", "10.0.2.0/24")
    allowed = world.address_group(red, "office", "192.0.2.0/24", "2001:db8::/32")
    group = world.group(red, "web", *EGRESS, allow("ingress", "tcp", 80))
    world.rule(group, **allow("ingress", "icmp", remote_address_group_id=allowed))
    (web1,) = world.instance(red, "web1", web, groups=(group,))
    world.instance(red, "db1", db, groups=(group,), host="hv2")
    world.router(red, "edge", *world.subnets(web), *world.subnets(db), gateway=public)
    world.floating_ip(red, public, web1)
    app = world.network(blue, "app", "10.0.1.0/24")
    scope = world.address_scope(blue, "scope").id
    pool = world.subnet_pool(blue, "pool", "10.4.0.0/16", "10.8.0.0/16", address_scope_id=scope)
    world.subnet_pool(blue, "other pool", "10.12.0.0/16", address_scope_id=scope)
    world.subnet(app, "10.4.7.0/24", subnetpool_id=pool.id)
    world.group(blue, "app", *EGRESS)
    inner = world.port(red, "inner", db)
    world.port(red, "spare", db)
    world.trunk(red, "carrier", web1, {100: inner})
    world.log(red, "told", target_id=web1.id)
    world.add(Quota(id=id_of("quota", "red"), project_id=red.id, limits={"port": 5}))
    world.granted(app, red)
    gold = world.qos_policy(red, "gold", (QosBandwidthLimitRule, 5000, "egress"), (QosDscpMarkingRule, 26, ""))
    world.add(replace(db, qos_policy_id=gold.id))
    sure = world.qos_policy(blue, "sure", (QosMinimumBandwidthRule, 100, "egress"))
    world.add(replace(sure, is_default=True))
    world.template(**allow("ingress", "icmp", remote_group_id=PARENT))
    world.port(red, "guest", app)
    (db1,) = (port for port in world.every(Port) if port.name == "db1-db")
    world.port_forwarding(world.floating_ip(red, public), db1, 2222, 22)
    (lab,) = world.every(Target)
    world.add(replace(lab, endpoints={"leaf1": "eos://leaf1", "leaf2": "eos://leaf2"}))
    world.add(Vrf(id=id_of("vrf", "red"), name="red", project_id=red.id, devices=("leaf1",)))
    route: dict[str, Any] = {"destination": "0.0.0.0/0", "nexthop": "192.0.2.1"}
    world.add(Route(id=id_of("route", "out"), name="out", project_id=red.id, devices=("leaf1",), **route))
    for kind, name in ((NtpServer, "clock"), (SyslogServer, "log")):
        fields: dict[str, Any] = {"project_id": red.id, "devices": ("leaf1",), "address": "192.0.2.2"}
        world.add(kind(id=id_of(kind.kind, name), name=name, **fields))
    trees: dict[str, Any] = {"project_id": red.id, "devices": ("leaf1",)}
    world.add(Stp(id=id_of("stp", "roots"), name="roots", priority=4096, vlans=(10,), mode="rapid-pvst", **trees))
    world.add(Stp(id=id_of("stp", "others"), name="others", priority=8192, vlans=(11,), **trees))
    marked(world, red)
    paired(world, red)
    spoken: dict[str, Any] = {"device": "leaf1", "interfaces": (SPEAKER,)}
    world.add(Ospf(id=id_of("ospf", "underlay"), name="underlay", project_id=red.id, **spoken))
    _speaking(world, red)
    world.add(Lag(id=id_of("lag", LAG), name=LAG, project_id=red.id, members=("Ethernet2", "Ethernet3")))
    world.add(Vlan(id=id_of("vlan", "users"), name="users", project_id=red.id, vlan_id=10, devices=("leaf1",)))
    rack = world.network(red, "rack", physical_network="physnet2", segmentation_id=20)
    port: dict[str, Any] = {"mode": "trunk", "vlans": (10,), "networks": (rack.id,), "mtu": 9000, "enabled": True}
    world.add(Interface(id=id_of("interface", ETHERNET), name=ETHERNET, project_id=red.id, **port))
    assert web6.ip_version == 6
    return world


def marked(world: World, red: Project) -> None:
    """An access list of a switch, and what marks packets by it."""
    asked = AclEntry(sequence_id=10, forwarding_action="drop", protocol="tcp", source_port=Range(22, 22))
    world.add(Acl(id=id_of("acl", "WEB"), name="WEB", project_id=red.id, devices=("leaf1",), entries=(asked,)))
    terms = (TERM, replace(TERM, id="OLD", acl="", dscp=8))
    fields: dict[str, Any] = {"project_id": red.id, "devices": ("leaf1",), "terms": terms}
    world.add(Classifier(id=id_of("classifier", "EDGE"), name="EDGE", **fields))


def paired(world: World, red: Project) -> None:
    """Two switches to which others make one LAG."""
    pair: dict[str, Any] = {"project_id": red.id, "domain": "rack1"}
    asked_at: dict[str, Any] = {"keepalive_destination": "192.0.2.2", "keepalive_source": "192.0.2.1"}
    for number, name in enumerate(("leaf1", "leaf2"), 1):
        local = f"{name}/Vlan4094"
        here = Interface(
            id=id_of("interface", local), name=local, project_id=red.id, addresses=(f"10.9.9.{number}/30",)
        )
        said = {"local_interface": "Vlan4094", "peer_address": f"10.9.9.{3 - number}"} | (
            {**asked_at, "peer_link": "Port-Channel1"} if name == "leaf1" else {}
        )
        world.add(here)
        world.add(Mlag(id=id_of("mlag", name), name=name, **pair, **said))
        for lag, fields in ((1, {}), (9, {"mlag": 9})):
            called = f"{name}/Port-Channel{lag}"
            made: dict[str, Any] = {"members": (f"Ethernet{lag}",), **fields}
            world.add(Lag(id=id_of("lag", called), name=called, project_id=red.id, **made))


def _speaking(world: World, red: Project) -> None:
    """BGP of a device, and in a VRF of it."""
    for name in ("leaf1", "leaf1/red"):
        world.add(Bgp(id=id_of("bgp", name), name=name, project_id=red.id, asn=65001, neighbors=(SPINE,)))


def test_a_world_with_one_of_everything_is_valid() -> None:
    assert check(town().estate()) == ()


def broken(kind: type[Record], name: str, /, **fields: Any) -> tuple[Fault, ...]:
    """The faults of the world with one record changed, which the check of the change must find as well."""
    world = town()
    before = world.estate()
    record = next(r for r in world.every(kind) if name in (r.name, getattr(r, "floating_ip_address", None)))
    change = Change(record, replace(record, **fields))
    after = before.replace([change])
    faults = check(after)
    assert bool(faults) == bool(check_changes(after, [change]))
    assert all(fault.cause in CAUSES for fault in faults)
    return faults


OFFICE = id_of("address_group", "red", "office")
ETHERNET = "leaf1/Ethernet1"
DB, WEB6, FIP = "db 10.0.2.0/24", "web fd00:1::/64", "203.0.113.11"
GOLD, SURE = id_of("qos_policy", "red", "gold"), id_of("qos_policy", "blue", "sure")
PUBLIC = id_of("network", "admin", "public")
INNER, SPARE, DB1, GATEWAY = (id_of("port", "red", name) for name in ("inner", "spare", "db1-db", "edge-gateway"))

CASES: list[tuple[type[Record], str, dict[str, Any], str, str]] = [
    (Network, "web", {"network_type": ""}, "network_type", "was left out and not completed"),
    (Network, "web", {"network_type": "ethernet"}, "network_type", "one of geneve, vxlan, nvgre, stt, vlan, flat"),
    (Network, "web", {"segmentation_id": None}, "segmentation_id", "was left out and not completed"),
    (Network, "web", {"segmentation_id": 2**24}, "segmentation_id", "16777216 is out of range for geneve"),
    (Network, "web", {"network_type": "nvgre"}, "segmentation_id", "a number from 4096 to 16777214"),
    (Network, "web", {"physical_network": "physnet1"}, "physical_network",
     "a geneve network is on no physical network"),
    (Network, "web", {"network_type": "vlan", "segmentation_id": 7}, "physical_network",
     "needs the name of a physical"),
    (Network, "public", {"network_type": "vlan", "segmentation_id": 4095}, "segmentation_id",
     "a number from 1 to 4094"),
    (Network, "public", {"segmentation_id": 5}, "segmentation_id", "a flat network has none"),
    (Network, "public", {"physical_network": "physnet9"}, "physical_network", "one of physnet1, physnet2"),
    (Network, "web", {"more_segments": (Segment("physnet2", "vlan", 7),)}, "more_segments",
     "a geneve network is one segment, which reaches every host by tunnels"),
    (Network, "public", {"more_segments": (Segment("physnet2", "geneve", 7),)}, "more_segments",
     "a further segment is on a physical network, which 'geneve' is not; one of vlan, flat"),
    (Network, "public", {"more_segments": (Segment("physnet9", "flat"),)}, "more_segments",
     "no host is on a physical network 'physnet9'"),
    (Network, "public", {"more_segments": (Segment("physnet2", "vlan"),)}, "more_segments", "was left out"),
    (Network, "public", {"more_segments": (Segment("physnet2", "flat", 7),)}, "more_segments", "flat network has none"),
    (Network, "public", {"more_segments": (Segment("physnet1", "vlan", 7),)}, "more_segments",
     "2 segments are on 'physnet1', of which a host serves one"),
    (Network, "public", {"more_segments": (Segment("physnet2", "vlan", 7),)}, "more_segments",
     "host hv1 is on physnet1 and physnet2, and serves one segment of a network"),
    (Subnet, DB, {"physical_network": "physnet1"}, "physical_network", "is not on 'physnet1'"),
    (Network, "web", {"mtu": 0}, "mtu", "was left out and not completed"),
    (Network, "rack", {"network_type": "flat", "segmentation_id": None}, "networks", "is no VLAN"),
    (Vlan, "users", {"vlan_id": 4095}, "vlan_id", "a number from 1 to 4094"),
    (Vlan, "users", {"devices": ("leaf9",)}, "devices", "there is no target that has a device leaf9"),
    (Vlan, "users", {"devices": ()}, "devices", "is on no device"),
    (Vlan, "users", {"devices": ("leaf1", "leaf1")}, "devices", "names one device twice"),
    (Vrf, "red", {"name": "default"}, "name", "one word, other than default"),
    (Vrf, "red", {"address_families": ("ipx",)}, "address_families", "of ipv4 and ipv6"),
    (Vrf, "red", {"devices": ()}, "devices", "is on no device"),
    (Route, "out", {"destination": "10.0.0.1/8"}, "destination", "10.0.0.0/8"),
    (Route, "out", {"nexthop": "fd00::1"}, "nexthop", "IPv4"),
    (Route, "out", {"vrf": "of two"}, "vrf", "one word"),
    (NtpServer, "clock", {"address": "clock.example"}, "address", "clock.example"),
    (SyslogServer, "log", {"address": "10.0.0.256"}, "address", "10.0.0.256"),
    (Lag, LAG, {"name": "Port-Channel7"}, "name", "is no interface of a device"),
    (Lag, LAG, {"members": ()}, "members", "name at least one"),
    (Lag, LAG, {"members": ("Ethernet2", "Ethernet2")}, "members", "names one interface twice"),
    (Lag, LAG, {"members": ("Port-Channel7",)}, "members", "is no interface to be in it"),
    (Lag, LAG, {"mlag": 5000}, "mlag", "a number from 1 to 4096"),
    (Lag, "leaf2/Port-Channel9", {"lacp_mode": "on"}, "domain", "leaf2/Port-Channel9, of which one speaks LACP"),
    (Lag, "leaf1/Port-Channel1", {"mlag": 1}, "peer_link", "is MLAG 1, which leads to others"),
    (Interface, "leaf2/Vlan4094", {"addresses": ("10.9.9.9/30",)}, "peer_address", "is in no network of Vlan4094"),
    (Mlag, "leaf2", {"peer_address": "10.9.9.3"}, "peer_address", "names 10.9.9.3, which is none of its own"),
    (Mlag, "leaf1", {"domain": ""}, "domain", "both devices of a pair are of the same"),
    (Mlag, "leaf1", {"domain": "of two"}, "domain", "is not one word"),
    (Mlag, "leaf1", {"name": "leaf9"}, "name", "there is no target that has a device leaf9"),
    (Mlag, "leaf1", {"peer_address": "10.9.9.256"}, "peer_address", "is not an IP address"),
    (Mlag, "leaf1", {"peer_address": "10.9.9.1"}, "peer_address", "is this device's own"),
    (Mlag, "leaf1", {"peer_address": "10.9.8.2"}, "peer_address", "is in no network of Vlan4094"),
    (Mlag, "leaf1", {"keepalive_destination": ""}, "keepalive_source", "a keepalive that goes nowhere"),
    (Mlag, "leaf1", {"keepalive_source": "192.0.2.2"}, "keepalive_source", "is the address that it goes to"),
    (Mlag, "leaf1", {"peer_link": "Port-Channel2"}, "peer_link", "there is no LAG Port-Channel2 on leaf1"),
    (Mlag, "leaf1", {"peer_link": "Port-Channel9"}, "peer_link", "is MLAG 9, which leads to others"),
    (Lag, LAG, {"lacp_mode": "auto"}, "lacp_mode", "one of active, passive, on"),
    (Stp, "roots", {"mode": "pvst"}, "mode", "one of rstp, mstp, rapid-pvst, none"),
    (Stp, "roots", {"mode": "", "priority": None, "vlans": ()}, "mode", "says nothing of spanning trees"),
    (Stp, "roots", {"priority": 4097}, "priority", "4097 is no priority of a bridge"),
    (Stp, "roots", {"priority": 32768}, "priority", "is what the vlans have of themselves"),
    (Stp, "roots", {"priority": None}, "priority", "none is said for the vlans"),
    (Stp, "roots", {"vlans": ()}, "priority", "it is said of no tree"),
    (Stp, "roots", {"mode": "", "vlans": (), "instances": (4095,)}, "instances", "numbers from 0 to 4094"),
    (Stp, "roots", {"vlans": (0,)}, "vlans", "0 is out of range"),
    (Stp, "roots", {"vlans": (10, 11)}, "vlans", "says the priority in 11 of leaf1 already"),
    (Stp, "roots", {"mode": "mstp"}, "vlans", "there are trees of vlans with rapid-pvst, not with mstp"),
    (Stp, "others", {"instances": (1,)}, "instances", "leave vlans or instances out"),
    (Acl, "WEB", {"name": "2nd"}, "name", "begins with a letter"),
    (Acl, "WEB", {"devices": ()}, "devices", "name at least one"),
    (Acl, "WEB", {"entries": ()}, "entries", "write at least one"),
    (Acl, "WEB", {"entries": (DROP, DROP)}, "entries", "has entry 10 twice"),
    (Acl, "WEB", {"entries": (DROP, replace(DROP, sequence_id=9, protocol="6"))}, "entries", "says what entry 10 says"),
    (Acl, "WEB", {"entries": (replace(DROP, sequence_id=0),)}, "entries", "a number from 1 to 2147483647"),
    (Acl, "WEB", {"entries": (replace(DROP, forwarding_action="deny"),)}, "entries", "one of accept, drop"),
    (Acl, "WEB", {"entries": (replace(DROP, protocol="tpc"),)}, "entries", "a name such as tcp"),
    (Acl, "WEB", {"entries": (replace(DROP, source_address="2001:db8::/32"),)}, "entries", "write an IPv4 prefix"),
    (Acl, "WEB", {"entries": (replace(DROP, protocol="", source_port=Range(1, 2)),)}, "entries", "tcp and udp alone"),
    (Acl, "WEB", {"entries": (replace(DROP, source_port=Range(2, 1)),)}, "entries", "from 0 to 65535"),
    (Acl, "WEB", {"entries": (replace(DROP, icmp_type=8),)}, "entries", "of icmp alone"),
    (Acl, "WEB", {"entries": (replace(DROP, protocol="icmp", icmp_code=8),)}, "entries", "write icmp_type too"),
    (Ospf, "underlay", {"device": "leaf9"}, "device", "there is no target that has a device leaf9"),
    (Ospf, "underlay", {"device": ""}, "device", "names no device"),
    (Ospf, "underlay", {"router_id": "0.0.0.0"}, "router_id", "is that of no router"),
    (Ospf, "underlay", {"vrf": "default"}, "vrf", "leave it out for the default one"),
    (Ospf, "underlay", {"process": 0}, "process", "a number from 1 to 65535"),
    (Ospf, "underlay", {"router_id": "2001:db8::1"}, "router_id", "write an IPv4 address"),
    (Ospf, "underlay", {"maximum_paths": 0}, "maximum_paths", "a number from 1 to 128"),
    (Ospf, "underlay", {"redistribute": ("rip",)}, "redistribute", "of connected, static, bgp"),
    (Ospf, "underlay", {"redistribute": ("static", "static")}, "redistribute", "names one twice"),
    (Ospf, "underlay", {"interfaces": (SPEAKER, SPEAKER)}, "interfaces", "names Ethernet9 twice"),
    (Ospf, "underlay", {"interfaces": (replace(SPEAKER, area="4294967296"),)}, "interfaces", "a number, or it dotted"),
    (Ospf, "underlay", {"interfaces": (replace(SPEAKER, cost=65536),)}, "interfaces", "a number from 1 to 65535"),
    (Ospf, "underlay", {"interfaces": (replace(SPEAKER, network_type="ring"),)}, "interfaces", "one of broadcast"),
    (Ospf, "underlay", {"interfaces": (replace(SPEAKER, interface="leaf1/Vlan9"),)}, "interfaces", "leaf1 shows it"),
    (Ospf, "underlay", {"interfaces": (replace(SPEAKER, interface="Ethernet 9"),)}, "interfaces", "leaf1 shows it"),
    (Ospf, "underlay", {"vrf": "red"}, "interfaces", "declare it with vrf: red"),
    (Ospf, "underlay", {"interfaces": (replace(SPEAKER, interface="Ethernet1"),)}, "interfaces", "mode to routed"),
    (Bgp, "leaf1", {"name": "leaf1/"}, "name", "write it as leaf1, or leaf1/VRF"),
    (Bgp, "leaf1", {"name": "leaf9"}, "name", "there is no target that has a device leaf9"),
    (Bgp, "leaf1", {"asn": 0}, "asn", "a number from 1 to 4294967295"),
    (Bgp, "leaf1", {"asn": 65002}, "asn", "says that leaf1 is in AS 65001"),
    (Bgp, "leaf1", {"router_id": "2001:db8::1"}, "router_id", "write an IPv4 address"),
    (Bgp, "leaf1", {"router_id": "0.0.0.0"}, "router_id", "is that of no router"),
    (Bgp, "leaf1", {"maximum_paths": 300}, "maximum_paths", "a number from 1 to 256"),
    (Bgp, "leaf1", {"networks": ("10.0.1.1/24",)}, "networks", "has host bits set"),
    (Bgp, "leaf1", {"networks": ("10.0.1.1",)}, "networks", "write an address and a length"),
    (Bgp, "leaf1", {"networks": ("10.0.1.0/24",) * 2}, "networks", "names 10.0.1.0/24 twice"),
    (Bgp, "leaf1", {"redistribute": ("ospf",)}, "redistribute", "of connected and static"),
    (Bgp, "leaf1", {"neighbors": (SPINE, SPINE)}, "neighbors", "names 192.0.2.1 twice"),
    (Bgp, "leaf1", {"neighbors": (replace(SPINE, address="spine1"),)}, "neighbors", "write an IPv4 address"),
    (Bgp, "leaf1", {"neighbors": (replace(SPINE, address="224.0.0.5"),)}, "neighbors", "is the address of no device"),
    (Bgp, "leaf1", {"neighbors": (replace(SPINE, address="0.0.0.0"),)}, "neighbors", "is the address of no device"),
    (Bgp, "leaf1", {"neighbors": (replace(SPINE, address="10.9.9.1"),)}, "neighbors", "has it itself, at Vlan4094"),
    (Bgp, "leaf1", {"neighbors": (replace(SPINE, address="::1"),)}, "neighbors", "is the address of no device"),
    (Bgp, "leaf1", {"neighbors": (replace(SPINE, remote_asn=2**32),)}, "neighbors", "remote_asn of 192.0.2.1"),
    (Bgp, "leaf1", {"neighbors": (replace(SPINE, description="a  b"),)}, "neighbors", "with single spaces"),
    (Bgp, "leaf1", {"neighbors": (replace(SPINE, update_source="lo 0"),)}, "neighbors", "is no interface"),
    (Bgp, "leaf1", {"neighbors": (replace(SPINE, ebgp_multihop=256),)}, "neighbors", "a number from 1 to 255"),
    (Bgp, "leaf1", {"neighbors": (replace(SPINE, remote_asn=65001, ebgp_multihop=2),)}, "neighbors", "in other ASes"),
    (Bgp, "leaf1", {"neighbors": (replace(SPINE, route_reflector_client=True),)}, "neighbors", "are in AS 65001"),
    (Bgp, "leaf1", {"neighbors": (replace(SPINE, families=()),)}, "neighbors", "name some of ipv4, ipv6, evpn"),
    (Bgp, "leaf1", {"neighbors": (replace(SPINE, families=("vpnv4",)),)}, "neighbors", "there is no family 'vpnv4'"),
    (Bgp, "leaf1", {"neighbors": (replace(SPINE, families=("ipv4",) * 2),)}, "neighbors", "names ipv4 twice"),
    (Bgp, "leaf1", {"neighbors": (SELF,)}, "neighbors", "ipv4 and ipv6"),
    (Bgp, "leaf1/red", {"neighbors": (replace(SPINE, families=("evpn",)),)}, "neighbors", "in the default VRF"),
    (Classifier, "EDGE", {"name": "of two"}, "name", "begins with a letter"),
    (Classifier, "EDGE", {"devices": ()}, "devices", "name at least one"),
    (Classifier, "EDGE", {"terms": ()}, "terms", "and so marks nothing"),
    (Classifier, "EDGE", {"terms": (TERM, TERM)}, "terms", "has a term twice"),
    (Classifier, "EDGE", {"terms": (replace(TERM, id="class-default"),)}, "terms", "is no name of a class"),
    (Classifier, "EDGE", {"terms": (replace(TERM, dscp=0),)}, "terms", "write one of the two"),
    (Classifier, "EDGE", {"terms": (replace(TERM, acl=""),)}, "terms", "write one of the two"),
    (Classifier, "EDGE", {"terms": (replace(TERM, set_dscp=64),)}, "terms", "64 is no DSCP"),
    (Classifier, "EDGE", {"terms": (replace(TERM, acl="SSH"),)}, "terms", "there is no access list SSH on leaf1"),
    (Acl, "WEB", {"name": "SSH"}, "terms", "there is no access list WEB on leaf1"),
    (Interface, ETHERNET, {"ingress_classifier": "CORE"}, "ingress_classifier", "there is no classifier CORE on leaf1"),
    (Interface, ETHERNET, {"egress_acl": "SSH"}, "egress_acl", "there is no access list SSH on leaf1"),
    (
        Interface, ETHERNET, {"mode": "routed", "vlans": (), "networks": (), "edge_port": True}, "edge_port",
        "only a port of the switch is in spanning trees",
    ),
    (Interface, ETHERNET, {"vrf": "red"}, "vrf", "a port of the switch has no vrf"),
    (Interface, ETHERNET, {"name": "Ethernet1"}, "name", "write it as leaf1/Ethernet1"),
    (Interface, ETHERNET, {"name": "leaf9/Ethernet1"}, "name", "there is no target that has a device leaf9"),
    (Interface, ETHERNET, {"mode": "hybrid"}, "mode", "one of access, trunk, routed"),
    (Interface, ETHERNET, {"mode": "access"}, "vlans", "an access port is in one VLAN"),
    (Interface, ETHERNET, {"mode": "access", "vlans": (), "vlan": 7}, "networks", "name one network or one VLAN"),
    (Interface, ETHERNET, {"mode": "routed"}, "vlans", "only a port of the switch is in VLANs"),
    (Interface, ETHERNET, {"addresses": ("10.0.0.1/31",)}, "addresses", "a port of the switch has no addresses"),
    *((Interface, ETHERNET, {"mode": "routed", "vlans": (), "networks": (), "addresses": (address,)}, "addresses", why)
      for address, why in (
          ("10.0.0.0/24", "10.0.0.0/24 is the network address of its prefix"),
          ("10.0.0.255/24", "10.0.0.255/24 is the broadcast address of its prefix"),
          ("224.0.0.1/24", "224.0.0.1 is the address of no interface"), ("::1/64", "is the address of no interface"),
      )),
    (Interface, ETHERNET, {"vlans": (4095,)}, "vlans", "a number from 1 to 4094"),
    (Interface, ETHERNET, {"mtu": 67}, "mtu", "a number from 68 to 9216"),
    (Interface, ETHERNET, {"networks": ("nowhere",)}, "networks", "there is no network nowhere"),
    (Target, "lab", {"endpoints": {}}, "devices", "there is no target that has a device leaf1"),
    (Port, "guest", {"bindings": (Binding(""),)}, "bindings", "one names no host"),
    (Port, "guest", {"host_id": "hv1", "bindings": (Binding("hv1"),)}, "bindings", "names one host twice, or the one"),
    (Port, "guest", {"bindings": (Binding("hv1", "[]"),)}, "bindings", "is no JSON object"),
    (Port, "db1-db", {"bindings": (Binding("hv2"),)}, "bindings", "the port is where its instance runs"),
    (Network, "db", {"mtu": 65536}, "mtu", "a number from 68 to 65535"),
    (Network, "db", {"mtu": 60}, "mtu", "at least 68"),
    (Network, "web", {"mtu": 1000}, "mtu", "at least 1280"),
    (Network, "web", {"mtu": 1443}, "mtu", "at most 1442"),
    (Network, "web", {"dns_domain": "-shop.example."}, "dns_domain", "'-shop' in '-shop.example.'"),
    (Network, "web", {"is_default": True}, "is_default", "the network is not external"),
    (Network, "web", {"availability_zone_hints": ("mars",)}, "availability_zone_hints", "write nova"),
    (Router, "edge", {"availability_zone_hints": ("mars",)}, "availability_zone_hints", "write nova"),
    (Subnet, DB, {"service_types": ("web",)}, "service_types", "'web' is no role of ports"),
    (Subnet, DB, {"service_types": ("compute:nova",) * 2}, "service_types", "names one thing twice"),
    (Port, "db1-db", {"binding_profile": "[]"}, "binding_profile", "is no JSON object"),
    (Port, "db1-db", {"vnic_type": "wire"}, "vnic_type", "'wire' is no kind of interface"),
    (Port, "guest", {"bindings": (Binding("hv1", "", "wire"),)}, "bindings", "'wire' is no kind of interface"),
    (Port, "db1-db", {"dns_domain": "-x.example."}, "dns_domain", "'-x' in '-x.example.'"),
    (FloatingIP, FIP, {"dns_name": "-x"}, "dns_name", "'-x' in '-x'"),
    (FloatingIP, FIP, {"dns_domain": "x..example."}, "dns_domain", "'' in 'x..example.'"),
    (Network, "public", {"external": False}, "external_gateway_info", "is not external"),
    (Subnet, DB, {"cidr": ""}, "cidr", "was left out and not completed"),
    (Subnet, DB, {"cidr": "10.0.2"}, "cidr", "'10.0.2' is not a prefix"),
    (Subnet, DB, {"cidr": "10.0.2.5/24"}, "cidr", "has host bits set; write 10.0.2.0/24"),
    (Subnet, DB, {"cidr": "10.0.2.5"}, "cidr", "has no prefix length"),
    (Subnet, DB, {"cidr": "224.0.1.0/24"}, "cidr", "is multicast"),
    (Subnet, WEB6, {"cidr": "FD00:1::/64"}, "cidr", "is not in canonical form; write fd00:1::/64"),
    (Subnet, DB, {"gateway_ip": ""}, "gateway_ip", "was left out and not completed"),
    (Subnet, DB, {"gateway_ip": "10.0.3.1"}, "gateway_ip", "10.0.3.1 is outside 10.0.2.0/24"),
    (Subnet, DB, {"gateway_ip": "10.0.2.0"}, "gateway_ip", "is the network address"),
    (Subnet, DB, {"gateway_ip": "10.0.2.255"}, "gateway_ip", "is the broadcast address"),
    (Subnet, DB, {"gateway_ip": "fe80::1"}, "gateway_ip", "is not an IPv4 address"),
    (Subnet, DB, {"gateway_ip": "10.0.2.10"}, "fixed_ips", "10.0.2.10 is the gateway of subnet"),
    (Subnet, DB, {"allocation_pools": None}, "allocation_pools", "was left out and not completed"),
    (Subnet, DB, {"allocation_pools": (AllocationPool("10.0.2.9", "10.0.3.9"),)}, "allocation_pools",
     "is not inside 10.0.2.0/24"),
    (Subnet, DB, {"allocation_pools": (AllocationPool("10.0.2.9", "10.0.2.5"),)}, "allocation_pools",
     "ends before it starts"),
    (Subnet, DB, {"allocation_pools": (AllocationPool("10.0.2.1", "10.0.2.9"),)}, "allocation_pools",
     "holds the gateway 10.0.2.1"),
    (Subnet, DB, {"allocation_pools": (AllocationPool("10.0.2.2", "10.0.2.255"),)}, "allocation_pools",
     "holds the broadcast address"),
    (Subnet, DB,
     {"allocation_pools": (AllocationPool("10.0.2.2", "10.0.2.9"), AllocationPool("10.0.2.9", "10.0.2.20"))},
     "allocation_pools", "10.0.2.9-10.0.2.20 overlaps 10.0.2.2-10.0.2.9"),
    (Subnet, DB, {"dns_nameservers": ("fd00::1",)}, "dns_nameservers", "is not an IPv4 address"),
    (Subnet, DB, {"host_routes": (HostRoute("10.9.0.1/8", "10.0.2.2"),)}, "host_routes", "write 10.0.0.0/8"),
    (Subnet, DB, {"ipv6_ra_mode": "slaac"}, "ipv6_ra_mode", "an IPv4 subnet has none"),
    (Subnet, WEB6, {"ipv6_ra_mode": "magic"}, "ipv6_ra_mode", "there is no mode 'magic'"),
    (Subnet, WEB6, {"ipv6_ra_mode": "dhcpv6-stateful"}, "ipv6_address_mode", "make both the same"),
    (Subnet, WEB6, {"enable_dhcp": False}, "ipv6_ra_mode", "switch enable_dhcp on"),
    (Subnet, WEB6, {"cidr": "fd00:1::/80"}, "ipv6_address_mode", "slaac needs a /64"),
    (Subnet, "app 10.0.1.0/24", {"network_id": id_of("network", "red", "web")}, "network_id",
     "belongs to another project"),
    (Subnet, DB, {"network_id": "gone"}, "network_id", "there is no network gone"),
    (Subnet, "app 10.4.7.0/24", {"subnetpool_id": "gone"}, "subnetpool_id", "there is no subnet pool gone"),
    (SubnetPool, "pool", {"prefixes": ("10.8.0.0/16",)}, "subnetpool_id", "does not hold 10.4.7.0/24"),
    (SubnetPool, "pool", {"prefixes": ()}, "prefixes", "the pool has none"),
    (SubnetPool, "pool", {"prefixes": ("10.4.0.0/16", "fd00::/8")}, "prefixes", "is not an IPv6 prefix"),
    (SubnetPool, "pool", {"prefixes": ("10.4.0.0/16", "10.4.0.0/24")}, "prefixes", "overlaps 10.4.0.0/16"),
    (SubnetPool, "pool", {"address_scope_id": "gone"}, "address_scope_id", "there is no address scope gone"),
    (SubnetPool, "pool", {"prefixes": ("10.4.0.0/16", "10.12.7.0/24")}, "prefixes", "in the same address scope"),
    (SubnetPool, "other pool", {"prefixes": ("10.8.0.0/13",)}, "prefixes", "in the same address scope overlaps them"),
    (AddressScope, "scope", {"ip_version": 6}, "address_scope_id", "choose one of IPv4"),
    (Log, "told", {"event": "all"}, "event", "there is no event 'all'"),
    (Log, "told", {"target_id": "gone"}, "target_id", "there is no port gone"),
    (Log, "told", {"resource_id": "gone"}, "resource_id", "there is no security group gone"),
    (AddressScope, "scope", {"ip_version": 5}, "ip_version", "there is no IPv5"),
    (PortForwarding, "", {"floatingip_id": "gone"}, "floatingip_id", "there is no floating IP gone"),
    (PortForwarding, "", {"internal_port_id": "gone"}, "internal_port_id", "there is no port gone"),
    (PortForwarding, "", {"internal_port_id": id_of("port", "red", "web1-web"), "internal_ip_address": "10.0.1.10"},
     "internal_port_id", "10.0.1.10 is translated to 203.0.113.11 as a whole"),
    (PortForwarding, "", {"internal_port_id": id_of("port", "red", "guest"), "internal_ip_address": "10.0.1.10"},
     "internal_port_id", "no router leads from port \"guest\" of project red to the floating IP's network"),
    (PortForwarding, "", {"internal_ip_address": "10.0.2.99"}, "internal_ip_address", "one of 10.0.2.10"),
    (PortForwarding, "", {"internal_ip_address": ""}, "internal_ip_address", "was left out and not completed"),
    (PortForwarding, "", {"protocol": "icmp"}, "protocol", "ports of 'icmp' cannot be forwarded; tcp or udp"),
    (PortForwarding, "", {"external_port_range": Range(0, 0)}, "external_port_range", "was left out"),
    (PortForwarding, "", {"external_port_range": Range(9, 8)}, "external_port_range", "9-8 is no range of ports"),
    (PortForwarding, "", {"internal_port_range": Range(1, 70000)}, "internal_port_range", "within 1 to 65535"),
    (PortForwarding, "", {"internal_port_range": Range(22, 24)}, "internal_port_range", "are not as many"),
    (FloatingIP, "203.0.113.12", {"port_id": id_of("port", "red", "db1-db"), "fixed_ip_address": "10.0.2.10"},
     "port_id", "ports of the floating IP are forwarded"),
    (QosBandwidthLimitRule, "", {"qos_policy_id": "gone"}, "qos_policy_id", "there is no QoS policy gone"),
    (QosBandwidthLimitRule, "", {"direction": "up"}, "direction", "one of egress, ingress"),
    (QosBandwidthLimitRule, "", {"max_kbps": -1}, "max_kbps", "-1 is out of range; a number from 0 to 2147483647"),
    (QosBandwidthLimitRule, "", {"max_burst_kbps": 2**31}, "max_burst_kbps", "2147483648 is out of range"),
    (QosDscpMarkingRule, "", {"dscp_mark": 7}, "dscp_mark", "7 is no mark; one of 0, 8, 10"),
    (QosDscpMarkingRule, "", {"qos_policy_id": "gone"}, "qos_policy_id", "there is no QoS policy gone"),
    (QosMinimumBandwidthRule, "", {"min_kbps": -1}, "min_kbps", "-1 is out of range"),
    (QosMinimumBandwidthRule, "", {"direction": ""}, "direction", "there is no direction ''"),
    (QosMinimumBandwidthRule, "", {"qos_policy_id": GOLD, "min_kbps": 6000}, "min_kbps", "more than the policy"),
    (QosMinimumBandwidthRule, "", {"qos_policy_id": GOLD}, "qos_policy_id", "which a geneve network cannot"),
    (Network, "db", {"qos_policy_id": "gone"}, "qos_policy_id", "there is no QoS policy gone"),
    (Network, "db", {"qos_policy_id": SURE}, "qos_policy_id", "is not shared with project red; use one of its own"),
    (Port, "db1-db", {"qos_policy_id": SURE}, "qos_policy_id", "guarantees bandwidth, which a geneve network cannot"),
    (FloatingIP, FIP, {"qos_policy_id": SURE}, "qos_policy_id", "guarantees bandwidth, which is for ports alone"),
    (Router, "edge", {"more_gateways": (MoreGateway("gone", "gone"),)}, "more_gateways", "there is no network gone"),
    (Router, "edge", {"more_gateways": (MoreGateway(PUBLIC, "gone"),)}, "more_gateways", "gateway has no port"),
    (Router, "edge", {"more_gateways": (MoreGateway(id_of("network", "red", "db"), "gone"),)}, "more_gateways",
     "is not external"),
    (Router, "edge", {"more_gateways": (MoreGateway(PUBLIC, "gone"),), "external_gateway_info": None}, "more_gateways",
     "there is no first gateway"),
    (Placement, "", {"port_id": "gone"}, "port_id", "no further gateway with this port"),
    (Router, "edge", {"external_gateway_info": ExternalGateway(PUBLIC, qos_policy_id="gone")}, "external_gateway_info",
     "there is no QoS policy gone"),
    (RbacPolicy, "", {"object_id": "gone"}, "object_id", "there is no network gone"),
    (RbacPolicy, "", {"object_type": "port"}, "object_type", "nothing is granted on a port"),
    (RbacPolicy, "", {"action": "access"}, "action", "one of access_as_shared, access_as_external"),
    (RbacPolicy, "", {"target_project": ""}, "target_project", "name a project, or * for everyone"),
    (RbacPolicy, "", {"action": EXTERNAL}, "network_id", "is not shared with project red"),
    (SubnetPool, "pool", {"max_prefixlen": 33}, "min_prefixlen", "a range within /0 and /32"),
    (SubnetPool, "pool", {"default_prefixlen": 7}, "default_prefixlen", "a length from /8 to /32"),
    (Subnet, DB, {"cidr": "10.0.0.0/16", "gateway_ip": None}, "interfaces", "which overlap"),
    (Port, "web1-web", {"network_id": "gone"}, "network_id", "there is no network gone"),
    (Port, "web1-web", {"mac_address": ""}, "mac_address", "was left out and not completed"),
    (Port, "web1-web", {"mac_address": "02:00:00:00:00"}, "mac_address", "not a MAC address of six pairs"),
    (Port, "web1-web", {"mac_address": "03:00:00:00:00:01"}, "mac_address", "a multicast MAC address"),
    (Port, "web1-web", {"mac_address": "02-00-00-00-00-0A"}, "mac_address", "write 02:00:00:00:00:0a"),
    (Port, "web1-web", {"fixed_ips": None}, "fixed_ips", "was left out and not completed"),
    (Port, "db1-db", {"security_groups": None}, "security_groups", "was left out and not completed"),
    (Port, "db1-db", {"port_security_enabled": None}, "port_security_enabled", "was left out and not completed"),
    (Port, "db1-db", {"port_security_enabled": False}, "security_groups", "has no effect while port security is off"),
    (Port, "db1-db", {"security_groups": ("gone",)}, "security_groups", "there is no security group gone"),
    (Port, "db1-db", {"security_groups": (id_of("security_group", "blue", "app"),)}, "security_groups",
     'security group "app" of project blue belongs to another project'),
    (Port, "db1-db", {"allowed_address_pairs": (AddressPair("10.0.2.99/24"),)}, "allowed_address_pairs", "host bits"),
    (Port, "db1-db", {"allowed_address_pairs": (AddressPair("10.0.2.9", "x"),)}, "allowed_address_pairs", "not a MAC"),
    (Port, "db1-db", {"device_id": "gone"}, "device_id", "there is no instance gone"),
    (Port, "db1-db", {"host_id": "hv1"}, "host_id", 'hv1 is not where instance "db1" runs; write hv2'),
    (Port, "db1-db", {"dns_name": "db_1"}, "dns_name", "'db_1' in 'db_1'"),
    (Port, "db1-db", {"dns_name": "a" * 64}, "dns_name", "1 to 63 letters"),
    (Port, "db1-db", {"extra_dhcp_opts": (DhcpOption(" ", "x"),)}, "extra_dhcp_opts", "an option has no name"),
    (Port, "db1-db", {"extra_dhcp_opts": (DhcpOption("ntp-server", "x" * 256),)}, "extra_dhcp_opts", "1 to 255 bytes"),
    (Port, "db1-db", {"extra_dhcp_opts": (DhcpOption("ntp-server", "a"),) * 2}, "extra_dhcp_opts", "one option twice"),
    (Port, "web1-web", {"extra_dhcp_opts": (DhcpOption("dns-server", "fd00::1", 6),)}, "extra_dhcp_opts",
     "none of its subnets has DHCP for IPv6"),
    (Port, "db1-db", {"extra_dhcp_opts": (DhcpOption("mtu", "1300"),), "fixed_ips": ()}, "extra_dhcp_opts",
     "nothing tells the port mtu"),
    (Port, "edge on db 10.0.2.0/24", {"extra_dhcp_opts": (DhcpOption("mtu", "1300"),)}, "extra_dhcp_opts",
     "a router's port asks none"),
    (Port, "edge-gateway", {"device_id": "gone"}, "device_id", "there is no router gone"),
    (Port, "edge-gateway", {"fixed_ips": ()}, "fixed_ips", "a router's port needs an address"),
    (Trunk, "carrier", {"port_id": "gone"}, "port_id", "there is no port gone"),
    (Trunk, "carrier", {"port_id": GATEWAY}, "port_id", "is a router's, which has no VLANs"),
    (Trunk, "carrier", {"port_id": INNER}, "sub_ports", 'port "inner" is 2 times in the trunk'),
    (Trunk, "carrier", {"project_id": id_of("project", "blue")}, "sub_ports", "belongs to another project"),
    (Trunk, "carrier", {"sub_ports": (Subport("gone", 1),)}, "sub_ports", "there is no port gone"),
    (Trunk, "carrier", {"sub_ports": (Subport(INNER, 4095),)}, "sub_ports", "a number from 1 to 4094"),
    (Trunk, "carrier", {"sub_ports": (Subport(INNER, 5, "vxlan"),)}, "sub_ports", "not told apart by 'vxlan'"),
    (Trunk, "carrier", {"sub_ports": (Subport(INNER, 5), Subport(SPARE, 5))}, "sub_ports", "2 subports are in VLAN 5"),
    (Trunk, "carrier", {"sub_ports": (Subport(DB1, 5),)}, "sub_ports", "is a device's own"),
    (Port, "inner", {"device_id": "somebody"}, "sub_ports", "is a device's own"),
    (Port, "inner", {"host_id": "hv1"}, "sub_ports", "is where the trunk's port is; leave its host out"),
    (Network, "db", {"mtu": 1401}, "sub_ports", 'the MTU 1401 of network "db" of project red is more than the 1400'),
    (Router, "edge", {"external_gateway_info": None}, "port_id", "no router leads from port"),
    (Router, "edge", {"external_gateway_info": ExternalGateway("gone")}, "external_gateway_info", "no network gone"),
    (Router, "edge", {"external_gateway_info": ExternalGateway(id_of("network", "red", "db"))}, "external_gateway_info",
     "is not external"),
    (Router, "edge", {"routes": (HostRoute("192.0.2.0/24", "10.0.9.1"),)}, "routes",
     "is on none of the router's subnets"),
    (Router, "edge", {"routes": (HostRoute("192.0.2.0/24", "10.0.1.1"),)}, "routes", "is the router itself"),
    (Router, "edge", {"routes": (HostRoute("192.0.2.0/24", "fd00:1::2"),)}, "routes", "is not an IPv4 address"),
    (Router, "edge", {"routes": (HostRoute("192.0.2.1/24", "10.0.1.2"),)}, "routes",
     "host bits set; write 192.0.2.0/24"),
    (Router, "edge", {"routes": (HostRoute("192.0.2.0/24", "10.0.1.2"),) * 2}, "routes",
     "192.0.2.0/24 via 10.0.1.2 is named twice"),
    (FloatingIP, FIP, {"floating_ip_address": ""}, "floating_ip_address", "was left out and not completed"),
    (FloatingIP, FIP, {"floating_ip_address": "198.51.100.1"}, "floating_ip_address", "is in no subnet"),
    (FloatingIP, FIP, {"floating_ip_address": "203.0.113.254"}, "floating_ip_address", "is the gateway"),
    (FloatingIP, FIP, {"floating_network_id": id_of("network", "red", "web")}, "floating_network_id",
     "is not external"),
    (FloatingIP, FIP, {"port_id": "gone"}, "port_id", "there is no port gone"),
    (FloatingIP, FIP, {"port_id": ""}, "fixed_ip_address", "names an address of no port"),
    (FloatingIP, FIP, {"fixed_ip_address": ""}, "fixed_ip_address", "was left out and not completed"),
    (FloatingIP, FIP, {"fixed_ip_address": "10.0.2.10"}, "fixed_ip_address", "one of 10.0.1.10"),
    (FloatingIP, FIP, {"project_id": id_of("project", "blue")}, "port_id", "belongs to another project"),
    (FloatingIP, FIP, {"router_id": "gone"}, "router_id", "there is no router gone"),
    (FloatingIP, FIP, {"floating_port": FloatingPort(mac_address="03:00:00:00:00:01")}, "floating_port", "multicast"),
    (FloatingIP, FIP, {"floating_port": FloatingPort(name="x" * 256)}, "floating_port", "is too long"),
    (FloatingIP, FIP,
     {"router_id": id_of("router", "red", "edge"), "floating_network_id": id_of("network", "red", "web")}, "router_id",
     "does not lead to the floating IP's network"),
    (FloatingIP, FIP, {"project_id": id_of("project", "blue"), "router_id": id_of("router", "red", "edge")},
     "router_id", "router \"edge\" of project red belongs to another project"),
    (AddressGroup, "office", {"addresses": ("192.0.2.1/24",)}, "addresses", "write 192.0.2.0/24"),
    (AddressGroup, "office", {"addresses": ("192.0.2.0/24",) * 2}, "addresses", "names one prefix twice"),
    (DefaultSecurityGroupRule, "", {"protocol": "TCP"}, "protocol", "write tcp"),
    (DefaultSecurityGroupRule, "", {"direction": "in"}, "direction", "ingress or egress"),
    (DefaultSecurityGroupRule, "", {"remote_group_id": "gone"}, "remote_group_id", "there is no security group gone"),
    (DefaultSecurityGroupRule, "", {"remote_group_id": id_of("security_group", "red", "web")}, "remote_group_id",
     "is not shared with every project"),
    (DefaultSecurityGroupRule, "", {"remote_group_id": "", "remote_address_group_id": OFFICE},
     "remote_address_group_id", "is not shared with every project"),
    (DefaultSecurityGroupRule, "", {"used_in_non_default_sg": False}, "used_in_non_default_sg", "is used in no group"),
    (SecurityGroup, "web", {"name": "w" * 256}, "name", "256 characters are too many; write at most 255"),
    (SecurityGroup, "web", {"project_id": "gone"}, "project_id", "there is no project gone"),
    (Target, "lab", {"driver": ""}, "driver", "a target needs a driver"),
    (Target, "lab", {"encap": "gre"}, "encap", "one of geneve, vxlan, nvgre, stt"),
    (Target, "lab", {"vni_range": Range(9, 1)}, "vni_range", "put the lower end first"),
    (Target, "lab", {"vlan_ranges": {"physnet1": Range(1, 4095)}}, "vlan_ranges", "not a range inside 1 to 4094"),
    (Target, "lab", {"underlay_mtu": 1400}, "mtu", "at most 1342"),
    (Target, "lab", {"name": "other"}, "target", "there is no target lab"),
    (Host, "hv1", {"target": "nowhere"}, "target", "there is no target nowhere"),
    (Host, "hv1", {"name": "hv9"}, "host", "there is no host hv1"),
    (Host, "hv1", {"underlay_address": "10.0.0"}, "underlay_address", "is not an IP address"),
    (OutsideHost, "internet", {"addresses": ("203.0.113.254",)}, "addresses", "write it as 203.0.113.9/24"),
    (OutsideHost, "internet", {"addresses": ("203.0.113.11/24",)}, "addresses", "is taken by floating IP 203.0.113.11"),
    (OutsideHost, "internet", {"segmentation_id": 0}, "segmentation_id", "a number from 1 to 4094"),
    (Placement, "", {"hosts": ("hv1", "hv7")}, "hosts", "there is no host hv7"),
    (Placement, "", {"subject_id": "gone"}, "subject_id", "there is no router gone"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "name", "fields", "field", "words"), CASES)
def test_what_is_wrong_is_found_at_its_field(
    kind: type[Record], name: str, fields: dict[str, Any], field: str, words: str
) -> None:
    faults = broken(kind, name, **fields)
    assert [fault for fault in faults if fault.field == field and words in str(fault)], faults


RULES: list[tuple[dict[str, Any], str, str]] = [
    ({"direction": "inbound"}, "direction", "ingress or egress"),
    ({"direction": "ingress", "ethertype": "IPX"}, "ethertype", "IPv4 or IPv6"),
    ({"direction": "ingress", "protocol": "TCP"}, "protocol", "write tcp"),
    ({"direction": "ingress", "protocol": "256"}, "protocol", "a number from 0 to 255"),
    ({"direction": "ingress", "port_range_min": 80, "port_range_max": 80}, "protocol", "names ports but no protocol"),
    (allow("ingress", "gre", 80), "port_range_min", "protocol gre has no ports"),
    (allow("ingress", "tcp", 90, 80), "port_range_min", "90 is above port_range_max 80"),
    (allow("ingress", "tcp", 0, 80), "port_range_min", "there is no port 0"),
    (allow("ingress", "tcp", 1, 65536), "port_range_max", "there is no port 65536"),
    ({"direction": "ingress", "protocol": "udp", "port_range_min": 5}, "port_range_max", "needs both ends"),
    (allow("ingress", "icmp", 256), "port_range_min", "there is no ICMP type 256"),
    (allow("ingress", "icmp", 8, 300), "port_range_max", "there is no ICMP code 300"),
    ({"direction": "ingress", "protocol": "icmp", "port_range_max": 0}, "port_range_max", "ICMP code 0 needs a type"),
    (allow("ingress", "icmpv6"), "protocol", "icmpv6 is not in IPv4"),
    (allow("ingress", remote_ip_prefix="10.0.0/8"), "remote_ip_prefix", "is not a prefix"),
    (allow("ingress", remote_ip_prefix="fd00::/8"), "remote_ip_prefix", "is not an IPv4 prefix"),
    (allow("ingress", remote_group_id="gone"), "remote_group_id", "there is no security group gone"),
    (allow("ingress", remote_address_group_id="gone"), "remote_address_group_id", "there is no address group gone"),
    (allow("ingress", remote_ip_prefix="10.0.0.0/8", remote_group_id=id_of("security_group", "red", "web")),
     "remote_group_id", "more than one remote"),
    (allow("ingress", remote_group_id=id_of("security_group", "blue", "app")), "remote_group_id", "another project"),
    ({"direction": "ingress", "security_group_id": "gone"}, "security_group_id", "there is no security group gone"),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "field", "words"), RULES)
def test_what_is_wrong_with_a_rule_is_found(fields: dict[str, Any], field: str, words: str) -> None:
    world = town()
    group, project = id_of("security_group", "red", "web"), id_of("project", "red")
    rule = SecurityGroupRule(**{"id": "rule", "project_id": project, "security_group_id": group, **fields})
    faults = list(faults_of(world.estate().replace([Change(None, rule)]), rule))
    assert [fault for fault in faults if fault.field == field and words in str(fault)], faults


GOOD_RULES: list[dict[str, Any]] = [
    allow("ingress", "6", 1, 65535),
    allow("egress", "any"),
    allow("ingress", "icmp", 8, 0),
    allow("ingress", "icmp", ethertype="IPv6"),
    allow("ingress", "58", 128, ethertype="IPv6"),
    allow("ingress", "ospf"),
    allow("ingress", "sctp", 5),
    allow("ingress", remote_ip_prefix="10.0.0.1"),
    allow("ingress", ethertype="IPv6", remote_ip_prefix="::/0"),
]


@pytest.mark.parametrize("fields", GOOD_RULES)
def test_a_right_rule_has_no_fault(fields: dict[str, Any]) -> None:
    world = town()
    rule = SecurityGroupRule(
        id="rule", project_id=id_of("project", "red"), security_group_id=id_of("security_group", "red", "web"), **fields
    )
    assert list(faults_of(world.estate().replace([Change(None, rule)]), rule)) == []


def test_slaac_gives_a_port_the_one_address_it_makes_itself() -> None:
    world = town()
    port = next(port for port in world.every(Port) if port.name == "web1-web")
    (fault,) = broken(Port, "web1-web", fixed_ips=(FixedIP(id_of("subnet", "red", "web fd00:1::/64"), "fd00:1::99"),))[
        :1
    ]
    assert fault.remedy == f"leave it out, or write {port.addresses[1]}"


def test_a_port_on_a_subnet_of_another_network_is_at_fault() -> None:
    subnet = id_of("subnet", "red", "db 10.0.2.0/24")
    faults = broken(Port, "web1-web", fixed_ips=(FixedIP(subnet, "10.0.2.77"),))
    assert any("is on another network" in fault.problem for fault in faults)


@pytest.mark.parametrize(
    ("ip", "words"),
    [
        ("10.0.3.5", "10.0.3.5 is outside 10.0.2.0/24"),
        ("10.0.2.0", "10.0.2.0 is the network address"),
        ("10.0.2.255", "10.0.2.255 is the broadcast address"),
        ("10.0.2.1", "10.0.2.1 is the gateway of subnet"),
        ("10.0.2.05", "'10.0.2.05' is not an IP address"),
        ("fd00::1", "fd00::1 is not an IPv4 address"),
    ],
)
def test_a_fixed_address_is_a_host_address_of_its_subnet(ip: str, words: str) -> None:
    faults = broken(Port, "db1-db", fixed_ips=(FixedIP(id_of("subnet", "red", "db 10.0.2.0/24"), ip),))
    assert any(words in fault.problem for fault in faults), faults


def faults_after(world: World, record: Record, **fields: Any) -> tuple[Fault, ...]:
    """The faults that a change of one record of a valid world makes, found by the check of the change."""
    before = world.estate()
    assert check(before) == ()
    change = Change(record, replace(record, **fields))
    return check_changes(before.replace([change]), [change])


def test_options_for_a_port_need_dhcp_as_long_as_they_are_there() -> None:
    world = town()
    (port,) = world.instance(world.project("red"), "told", world.network(world.project("red"), "lone", "10.0.7.0/24"))
    world.add(replace(port, extra_dhcp_opts=(DhcpOption("mtu", "1300"), DhcpOption("dhcp_disabled", "true", 6))))
    (subnet,) = (subnet for subnet in world.every(Subnet) if subnet.cidr == "10.0.7.0/24")
    (fault,) = faults_after(world, subnet, enable_dhcp=False)
    assert (fault.field, fault.record) == ("extra_dhcp_opts", port.key)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"ipv6_ra_mode": "dhcpv6-stateless"}, "differ in ipv6_ra_mode"),
        ({"ipv6_ra_mode": ""}, "differ in ipv6_ra_mode"),
        ({"dns_nameservers": ("fd00::54",)}, "differ in dns_nameservers"),
        ({"description": "the same"}, ""),
    ],
)
def test_one_router_port_sends_one_advertisement(fields: dict[str, Any], words: str) -> None:
    world = World()
    red = world.project("red")
    web = world.network(red, "web")
    one, other = (
        world.subnet(web, f"fd00:{n}::/64", ipv6_ra_mode="slaac", dns_nameservers=("fd00::53",)) for n in (1, 2)
    )
    owner: dict[str, Any] = {"device_id": world.router(red, "edge").id, "device_owner": ROUTER_INTERFACE}
    world.port(red, "both", web, port_security_enabled=False, **owner)
    for subnet in (one, other):
        faults = faults_after(world, subnet, **fields)
        assert bool(faults) == bool(words)
        assert all(words in fault.problem and fault.field == "fixed_ips" for fault in faults), faults


def test_a_router_that_has_a_gateway_needs_its_port() -> None:
    world = town()
    gateway = next(port for port in world.every(Port) if port.name == "edge-gateway")
    faults = check(world.estate().replace([Change(gateway, None)]))
    assert [fault.cause for fault in faults if fault.field == "external_gateway_info"] == ["incomplete"]


def test_a_network_is_used_by_its_project_unless_it_is_shared() -> None:
    world = town()
    blue = world.project("blue")
    red_db = next(network for network in world.every(Network) if network.name == "db")
    world.port(blue, "intruder", red_db)
    (fault,) = check(world.estate())
    assert str(fault) == (
        'port "intruder".network_id: network "db" of project red is not shared with project blue; '
        "use one of its own, or share it"
    )
    world.add(replace(red_db, shared=True))
    assert check(world.estate()) == ()


def test_an_address_is_at_one_interface_of_a_vrf() -> None:
    world = World("leaf1", driver="eos")
    world.project("red")
    for number, address in enumerate(("192.0.2.1/24", "192.0.2.1/25")):
        name, addresses = f"leaf1/Ethernet{number}", (address, "fe80::1/64")
        world.add(Interface(id=id_of("interface", name), name=name, mode="routed", addresses=addresses))
    (fault,) = check(world.estate())
    assert str(fault) == (
        'interface "leaf1/Ethernet1".addresses: 192.0.2.1 is that of Ethernet0 already; leave it out of one of them'
    )


def test_no_physical_network_is_known_where_no_host_is() -> None:
    world = town()
    for host in world.every(Host):
        del world.records[host.key]
    world.records = {key: record for key, record in world.records.items() if key.kind not in ("instance", "placement")}
    faults = check(world.estate())
    assert not [fault for fault in faults if fault.field == "physical_network"]


def test_every_kind_of_record_and_every_claim_has_its_words() -> None:
    world = town()
    estate = world.estate()
    assert {record.kind for record in world.records.values()} == set(KINDS)
    for record in world.records.values():
        assert list(faults_of(estate, record)) == []
        assert isinstance(claims_of(record), list)


Spoil = Callable[[World], Record]


def _second_name(world: World) -> Record:
    red = world.project("red")
    return world.add(replace(world.network(red, "spare"), name="web"))


def _second_address(world: World) -> Record:
    db = next(network for network in world.every(Network) if network.name == "db")
    return world.port(world.project("red"), "thief", db, "10.0.2.10")


def _second_mac(world: World) -> Record:
    db = next(network for network in world.every(Network) if network.name == "db")
    mac = next(port.mac_address for port in world.every(Port) if port.name == "db1-db")
    return world.port(world.project("red"), "thief", db, mac_address=mac)


def _second_vni(world: World) -> Record:
    web = next(network for network in world.every(Network) if network.name == "web")
    return world.network(world.project("blue"), "copy", segmentation_id=web.segmentation_id)


def _second_vlan(world: World) -> Record:
    world.network(world.project("admin"), "one", physical_network="physnet2", segmentation_id=7)
    return world.network(world.project("blue"), "two", physical_network="physnet2", segmentation_id=7)


def _second_flat(world: World) -> Record:
    return world.network(world.project("blue"), "two", physical_network="physnet1")


def _second_grant(world: World) -> Record:
    (policy,) = world.every(RbacPolicy)
    return world.add(replace(policy, id=id_of("rbac_policy", "again")))


def _second_default(world: World) -> Record:
    pool, other = (world.add(replace(each, is_default=True)) for each in world.every(SubnetPool))
    assert pool != other
    return other


def _second_floating_ip(world: World) -> Record:
    web1 = next(port for port in world.every(Port) if port.name == "web1-web")
    public = next(network for network in world.every(Network) if network.name == "public")
    return world.floating_ip(world.project("red"), public, web1)


def _second_dns_name(world: World) -> Record:
    db1 = next(port for port in world.every(Port) if port.name == "db1-db")
    world.add(replace(db1, dns_name="db"))
    (twin,) = world.instance(world.project("red"), "db2", next(n for n in world.every(Network) if n.name == "db"))
    return world.add(replace(twin, dns_name="db"))


def _second_rule(world: World) -> Record:
    group = next(group for group in world.every(SecurityGroup) if group.name == "web")
    rule = next(rule for rule in world.every(SecurityGroupRule) if rule.security_group_id == group.id)
    return world.add(replace(rule, id="again"))


def _second_qos_rule(world: World) -> Record:
    return world.add(replace(world.every(QosDscpMarkingRule)[0], id="again", dscp_mark=0))


def _second_default_policy(world: World) -> Record:
    (sure,) = (policy for policy in world.every(QosPolicy) if policy.is_default)
    return world.add(replace(sure, id="again", name="again"))


def _second_forwarding(world: World) -> Record:
    (forwarding,) = world.every(PortForwarding)
    return world.add(replace(forwarding, id="again", internal_port_range=Range(23, 23)))


def _second_way_in(world: World) -> Record:
    (forwarding,) = world.every(PortForwarding)
    return world.add(replace(forwarding, id="again", external_port_range=Range(23, 23)))


def _second_placement(world: World) -> Record:
    return world.add(replace(world.every(Placement)[0], id="again"))


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (_second_name, 'network "web".name: there are two of this name in project red'),
        (_second_address, 'port "thief".address: the address 10.0.2.10 is taken by port "db1-db" of project red'),
        (_second_mac, 'is taken by port "db1-db" of project red; choose another MAC address, or leave it out'),
        (_second_vni, 'network "copy".segmentation_id: VNI 1001 is taken by network "web" of project red'),
        (_second_vlan, 'network "two".segmentation_id: VLAN 7 of physnet2 is taken by network "one" of project admin'),
        (_second_flat, "the untagged segment of physnet1 is taken by network"),
        (_second_floating_ip, "the address 10.0.1.10 is taken by floating IP 203.0.113.11 of project red"),
        (_second_dns_name, 'the DNS name db is taken by port "db1-db" of project red'),
        (_second_rule, "what the rule says is taken by rule"),
        (_second_grant, "what the policy grants is taken by RBAC policy"),
        (_second_default, "being the default is taken by subnet pool"),
        (_second_qos_rule, 'what the rule is about is taken by QoS dscp marking rule (egress) of QoS policy "gold"'),
        (_second_default_policy, 'being the default is taken by QoS policy "sure" of project blue'),
        (_second_forwarding, "port 2222 of the floating IP is taken by forwarding of tcp port 2222 of floating IP"),
        (_second_way_in, "port 22 of the address is taken by forwarding of tcp port"),
        (_second_placement, "this placement is taken by gateway placement of router"),
    ],
)
def test_what_two_records_claim_is_said_with_both_names(spoil: Spoil, words: str) -> None:
    world = town()
    before = world.estate()
    spoil(world)
    after = world.estate()
    taken = [fault for fault in check(after) if fault.cause == "taken"]
    assert [fault for fault in taken if words in str(fault)], taken
    assert check_changes(after, before.changes_to(after))


@pytest.mark.parametrize(
    ("kind", "name", "words"),
    [
        (Network, "db", 'network "db": is still needed by '),
        (Subnet, "db 10.0.2.0/24", 'port "db1-db" of project red'),
        (SecurityGroup, "web", "and 3 more; delete or change that first"),
        (AddressGroup, "office", 'rule ingress IPv4 icmp of security group "web"'),
        (QosPolicy, "gold", 'network "db" of project red'),
        (Router, "edge", 'port "edge on web 10.0.1.0/24" of project red'),
        (Port, "web1-web", "floating IP 203.0.113.11 of project red"),
        (Host, "hv1", 'instance "web1" of project red'),
        (Target, "lab", 'acl "WEB" of project red, BGP "leaf1" of project red, BGP "leaf1/red" of project red'),
    ],
)
def test_what_others_need_cannot_go(kind: type[Record], name: str, words: str) -> None:
    world = town()
    before = world.estate()
    record = next(record for record in world.every(kind) if record.name == name)
    change = Change(record, None)
    after = before.replace([change])
    faults = check_changes(after, [change])
    needed = [fault for fault in faults if fault.cause == "referenced"]
    assert [fault for fault in needed if words in str(fault)], needed
    assert not [fault for fault in faults if fault.problem.endswith((f" {record.id}", f" {record.name}"))], faults


def test_what_goes_together_with_all_that_need_it_goes() -> None:
    world = town()
    before = world.estate()
    red = {record.key for record in world.records.values() if record.project_id == id_of("project", "red")}
    changes = [Change(before.by_key(key), None) for key in red]
    changes += [Change(placement, None) for placement in before.all(Placement)]
    after = before.replace(changes)
    assert check_changes(after, changes) == ()
    assert check(after) == ()


GLANCED: dict[str, tuple[Any, ...]] = {
    "network_id": ("web", "app", "none"),
    "project_id": ("blue", "", "none"),
    "mac_address": ("03:00:00:00:00:01", "00:00:00:00:00:00", "02:00:00:00:00:0G", "020000000001", ""),
    "fixed_ips": (
        None, (),
        *((FixedIP(DB, text),) for text in (
            "10.0.2.0", "10.0.2.1", "10.0.2.254", "10.0.2.255", "10.0.3.1", "10.0.2.010", "10.0.2", "fd00:1::5", "",
        )),
        (FixedIP("none", "10.0.2.9"),),
        (FixedIP(DB, "10.0.2.8"), FixedIP(DB, "10.0.2.9")),
    ),
    "security_groups": (None, (), ("app",), ("none",)),
    "port_security_enabled": (None, False),
    "allowed_address_pairs": ((AddressPair("10.0.2.7/24"),),),
    "extra_dhcp_opts": ((DhcpOption("", "x"),),),
    "device_owner": (ROUTER_INTERFACE, "compute:cpal", "compute:nova"),
    "dns_name": ("-x",),
    "dns_domain": ("-x.",),
    "vnic_type": ("direct", "wire"),
    "qos_policy_id": ("gold", "sure", "none"),
    "binding_profile": ("[]", '{"a": 1}'),
    "bindings": ((Binding("hv2"),), (Binding(""),)),
    "is_deferred": (True,),
    "trusted": (True, False),
    "name": ("x" * 256,),
    "description": ("x" * 256,),
}  # fmt: skip
"""Values of each field of a plain port, wrong ones and right ones that need a closer look."""


def test_a_glance_at_a_port_finds_no_less_than_every_check() -> None:
    world = town()
    ids = {(record.kind, record.name): record.id for record in world.records.values()}
    red, db, group = world.every(Project)[1], world.every(Network)[2], world.every(SecurityGroup)[0]
    plain = world.port(red, "plain", db, groups=(group,))
    others = {"id", "stack", "admin_state_up", "device_id", "host_id", "tags"}
    assert set(GLANCED) | others == set(Port.__struct_fields__)
    assert is_plain(world.estate(), plain)
    found = 0
    for field, values in GLANCED.items():
        for value in values:
            port = replace(plain, **{field: _with_ids(value, field, ids)})
            estate = world.estate().replace([Change(plain, port)])
            wrong = list(every_fault_of(estate, port))
            assert list(faults_of(estate, port)) == wrong, (field, value)
            found += bool(wrong)
    assert found > len(GLANCED)


def _with_ids(value: Any, field: str, ids: dict[tuple[str, str], str]) -> Any:
    """The value with the ids of the records of the town that it calls by name."""
    kind = {"network_id": "network", "project_id": "project", "security_groups": "security_group",
            "qos_policy_id": "qos_policy"}.get(field)  # fmt: skip
    if kind is None and field == "fixed_ips":
        return value and tuple(replace(each, subnet_id=ids.get(("subnet", each.subnet_id), "none")) for each in value)
    if kind is None or not value:
        return value
    named = tuple(ids.get((kind, each), each) for each in ((value,) if isinstance(value, str) else value))
    return named[0] if isinstance(value, str) else named


@pytest.mark.parametrize("kind", [*ON_DEVICES, Interface.kind])
def test_a_device_that_goes_is_missed_by_whatever_is_declared_on_it(kind: str) -> None:
    on_devices = [record for record in town().records.values() if record.kind in (*ON_DEVICES, Interface.kind)]
    world = town()
    for record in on_devices:
        if record.kind != kind:
            del world.records[record.key]
    (lab,) = world.every(Target)
    change = Change(lab, replace(lab, endpoints={}))
    after = world.estate().replace([change])
    assert check_changes(after, [change]) == check(after) != ()


@pytest.mark.parametrize("cidr", ["", "2001:db8::/64"])
def test_a_floating_ip_needs_an_ipv4_subnet_to_take_its_address_from(cidr: str) -> None:
    world = World("ovn")
    admin = world.project("admin")
    public = world.network(admin, "public", *filter(None, [cidr]), external=True)
    world.add(FloatingIP(id="f", project_id=admin.id, floating_network_id=public.id))
    (fault,) = check(world.estate())
    assert fault.field == "floating_ip_address"
    assert "has no IPv4 subnet" in fault.problem
