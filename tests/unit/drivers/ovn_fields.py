"""What OVN makes of each field of each record: rows, a refusal, or nothing, with the reason.

`city()` is a valid estate in which every field that is rendered has something to show for it. An account names the
record there that the field belongs to (`of`), and what else to set first (`given`), so that the value alone makes the
difference; the estate with the value is valid, the one before need not be.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from msgspec.structs import replace

from cpal.model.acl import AclEntry
from cpal.model.address_scope import AddressScope
from cpal.model.bgp import BgpNeighbor
from cpal.model.classifier import ClassifierTerm
from cpal.model.default_rules import PARENT, DefaultSecurityGroupRule
from cpal.model.instance import Instance
from cpal.model.log import Log
from cpal.model.network import (
    AddressPair,
    AllocationPool,
    Binding,
    DhcpOption,
    FixedIP,
    HostRoute,
    Network,
    Port,
    Segment,
    SegmentNotes,
    Subnet,
)
from cpal.model.ospf import OspfInterface
from cpal.model.port_forwarding import PortForwarding
from cpal.model.qos import (
    QOS_RULES,
    QosBandwidthLimitRule,
    QosDscpMarkingRule,
    QosMinimumBandwidthRule,
    QosPolicy,
)
from cpal.model.quota import Quota
from cpal.model.rbac import EVERYONE, EXTERNAL, RbacPolicy
from cpal.model.record import Part, Record
from cpal.model.router import ExternalGateway, FloatingIP, FloatingPort, MoreGateway, Router
from cpal.model.security import AddressGroup, SecurityGroup, SecurityGroupRule
from cpal.model.subnet_pool import SubnetPool
from cpal.model.target import Host, OutsideHost, Placement, Project, Range, Target
from cpal.model.trunk import Subport, Trunk
from tests.support.world import EGRESS, World, allow, id_of

OUTSIDE = "it is for a DNS service outside"
OF_HOSTS = "hosts answer with its MAC address where they translate themselves, as in the case distributed_router"


class Rendered(NamedTuple):
    """With the value the record wants other rows. Of a part: `within` is the record's field that holds it."""

    value: Any
    of: str = ""
    given: Mapping[str, Any] = {}
    within: str = ""
    kind: type[Record] | None = None


class Refused(NamedTuple):
    """OVN's capability refuses the value, at this field."""

    value: Any
    of: str = ""
    given: Mapping[str, Any] = {}


class NoRows(NamedTuple):
    """With the value the record wants the same rows, for this reason."""

    value: Any
    reason: str
    of: str = ""


Account = Rendered | Refused | NoRows


def city() -> World:
    """Two external networks, a VLAN, networks with all that can be set, and a router on each way out."""
    world = World("hv1", "hv2")
    admin, red = world.project("admin"), world.project("red")
    world.project("blue")
    publics = []
    for number, name in ((113, "public"), (112, "elsewhere")):
        public = world.network(admin, name, external=True, physical_network=f"physnet{number - 111}")
        world.subnet(public, f"203.0.{number}.0/24", gateway_ip=f"203.0.{number}.254", enable_dhcp=False)
        publics.append(public)
    world.outside("internet", "physnet2", "203.0.113.254/24")
    for rack in ("rack2", "rack3"):
        world.host(f"{rack}-hv", rack)
    world.network(admin, "legacy", "192.0.2.0/24", physical_network="physnet2", segmentation_id=42)
    web = world.network(red, "web", "10.0.1.0/24", dns_domain="red.example.")
    world.subnet(web, "fd00:1::/64", ipv6_address_mode="dhcpv6-stateful", ipv6_ra_mode="dhcpv6-stateful")
    slaac = world.network(red, "slaac")
    world.subnet(slaac, "fd00:2::/64", ipv6_address_mode="slaac", ipv6_ra_mode="slaac")
    spare = world.network(red, "spare", "10.0.3.0/24", "10.0.4.0/24", "10.0.5.0/24", mtu=1300)
    world.address_group(red, "office", "192.0.2.0/24")
    front, back = world.group(red, "front", *EGRESS), world.group(red, "back")
    world.add(replace(world.rule(front, **allow("ingress", "tcp", 80, 90)), name="ports"))
    world.add(replace(world.rule(back, **allow("ingress")), name="all"))
    (vm,) = world.instance(red, "vm", web, groups=(front,))
    bare = world.port(red, "bare", spare, fixed_ips=())
    world.port(red, "loose", spare, "10.0.3.20", port_security_enabled=False)
    inner = [world.port(red, name, spare, f"10.0.3.{30 + i}") for i, name in enumerate(("inner", "free"))]
    world.trunk(red, "carrier", bare, {100: inner[0]})
    for name, public, subnets in (
        ("edge", publics[0], [*world.subnets(web), *world.subnets(slaac)]),
        ("west", publics[1], world.subnets(spare)[1:2]),
    ):
        router = world.router(red, name, *subnets, gateway=public)
        placement = next(found for found in world.every(Placement) if found.subject_id == router.id)
        world.add(replace(placement, name=name))
        if name == "west":
            more = world.more_gateway(router, publics[0])
            placement = next(found for found in world.every(Placement) if found.port_id == more.id)
            world.add(replace(placement, name="west more"))
    world.add(replace(world.floating_ip(red, publics[0], vm), name="outer"))
    (far,) = world.instance(red, "far", spare)
    world.add(replace(far, fixed_ips=(FixedIP(world.subnets(spare)[1].id, "10.0.4.30"),)))
    world.floating_ip(red, publics[1], world.every(Port)[-1])
    world.router(red, "idle")
    world.add(replace(world.template(**allow("ingress", "icmp")), name="pings"))
    world.add(Quota(id=id_of("quota", "red"), project_id=red.id, limits={"port": 50}))
    world.address_scope(red, "scope")
    world.log(red, "told", resource_id=front.id)
    world.log(red, "all", event="DROP", enabled=False)
    world.granted(slaac, world.project("blue"))
    world.subnet_pool(red, "pool", "10.0.0.0/16", "10.8.0.0/16")
    shared = world.add(replace(world.floating_ip(red, publics[0]), name="shared"))
    (desk,) = world.instance(red, "desk", web)
    world.add(replace(world.port_forwarding(shared, desk, 2222, 22), name="ssh"))
    _with_qos(world, admin, red)
    return world


def _with_qos(world: World, admin: Project, red: Project) -> None:
    """A policy with each rule, on a port of the VLAN; others with one, on nothing."""
    every = (
        (QosBandwidthLimitRule, 5000, "egress"), (QosDscpMarkingRule, 26, ""), (QosMinimumBandwidthRule, 100, "egress"),
    )  # fmt: skip
    gold = world.qos_policy(admin, "gold", *every)
    silver = world.qos_policy(red, "silver", (QosBandwidthLimitRule, 900, "ingress"), (QosDscpMarkingRule, 10, ""))
    bronze = world.qos_policy(admin, "bronze")
    for rule in (
        world.qos_rule(bronze, QosBandwidthLimitRule, max_kbps=100),
        world.qos_rule(bronze, QosDscpMarkingRule, dscp_mark=8),
    ):
        world.add(replace(rule, name="of bronze"))
    for rule in (found for kind in QOS_RULES for found in world.every(kind) if found.qos_policy_id == gold.id):
        world.add(replace(rule, name="of gold"))
    legacy = next(network for network in world.every(Network) if network.name == "legacy")
    (terminal,) = world.instance(admin, "terminal", legacy)
    world.add(replace(terminal, qos_policy_id=gold.id))
    assert silver.id == SILVER


def _id(kind: str, name: str, project: str = "red") -> str:
    return id_of(kind, project, name)


def _id_of_floating(address: str) -> str:
    return id_of("floating_ip", "red", "public", address)


ROUTE = HostRoute("172.16.0.0/12", "10.0.1.9")
MTU = DhcpOption("mtu", "1300")
SEARCH = DhcpOption("domain-search", "corp")
PAIR = AddressPair("10.9.0.0/24")
SPARE3, SPARE4 = _id("subnet", "spare 10.0.3.0/24"), _id("subnet", "spare 10.0.4.0/24")
SILVER = _id("qos_policy", "silver")
GOLD, BRONZE = (_id("qos_policy", name, "admin") for name in ("gold", "bronze"))
PUBLIC = id_of("network", "admin", "public")
SECOND_WAY = MoreGateway(PUBLIC, _id("port", "west-gateway-2"))
UNBOUND = "nothing is plugged there until the binding is active"
RACK2 = Segment("rack2", "vlan", 43)
MORE = {"more_segments": (RACK2,)}
IN_USE = {"device_id": _id("router", "idle")}
BY_COMPLETION = "completion reads it, and what it decides is stored in the records completed"
BY_CHECKS = "checks read it: who may use what"
OF_LEAVES = "what a leaf of a fabric has, which a hypervisor is not"
BY_HYPERVISOR = "the hypervisor's own Open vSwitch database holds it"
BY_FACES = "an API asks it before it makes anything"
BY_ENGINE = "the engine reads it: which driver to ask, where, and as whom"
BY_API = "the Networking API reads it, and what it decides is stored in the records that it makes"
BEYOND = "it lies beyond OVN; predictions and probes read it"

EVERYWHERE: Mapping[str, NoRows] = {
    "project_id": NoRows(id_of("project", "blue"), "OVN knows no projects; " + BY_CHECKS),
    "stack": NoRows("another", "which documents declared it"),
    "description": NoRows("something else", "words for people"),
    "tags": NoRows(("red",), "words of the owner's"),
}
"""The fields of every record, less `id` (another id is another record) and `name`."""
UNNAMED = NoRows("other", "no row stands for the record alone, or none has a place for a name")

FIELDS: Mapping[type[Part], Mapping[str, Account | tuple[Account, ...]]] = {
    Project: {"name": UNNAMED},
    Target: {
        "name": UNNAMED,
        "driver": NoRows("linux", BY_ENGINE),
        "endpoints": NoRows({"northbound": "tcp:192.0.2.1:6641"}, BY_ENGINE),
        "credential": NoRows("file:keys", BY_ENGINE),
        "encap": (NoRows("vxlan", f"{BY_HYPERVISOR}; {BY_COMPLETION}"), Refused("stt"), Refused("nvgre")),
        "underlay_mtu": NoRows(9000, BY_COMPLETION),
        "underlay_ip_version": NoRows(6, BY_COMPLETION),
        "vni_range": NoRows(Range(5000, 6000), BY_COMPLETION),
        "vlan_ranges": NoRows({"physnet1": Range(100, 200)}, BY_COMPLETION),
        "owned": Refused(("vlan",)),
    },
    Host: {
        "name": UNNAMED,
        "target": NoRows("other", BY_ENGINE, of="hv1"),
        "physical_networks": NoRows((), f"{BY_HYPERVISOR}; {BY_COMPLETION}", of="hv1"),
        "gateway": NoRows(False, BY_COMPLETION, of="hv1"),
        "underlay_address": NoRows("192.0.2.9", BY_HYPERVISOR, of="hv1"),
        "anycast_mac": NoRows("02:00:ca:fe:00:ff", OF_LEAVES, of="hv1"),
    },
    OutsideHost: {
        "name": UNNAMED,
        "target": NoRows("other", BEYOND),
        "physical_network": NoRows("physnet1", BEYOND),
        "segmentation_id": NoRows(7, BEYOND),
        "addresses": NoRows((), BEYOND),
        "loopbacks": NoRows(("198.51.100.7",), BEYOND),
        "mac_address": NoRows("02:00:00:00:00:77", BEYOND),
    },
    Network: {
        "name": Rendered("other", "web"),
        "admin_state_up": Rendered(False, "web"),
        "network_type": (
            Rendered("vlan", "web", {"physical_network": "physnet1"}),
            Refused("vxlan", "web"),
            Refused("stt", "web"),
        ),
        "physical_network": Rendered("physnet1", "legacy"),
        "segmentation_id": Rendered(4000, "web"),
        "shared": NoRows(True, BY_CHECKS, of="web"),
        "external": NoRows(True, BY_CHECKS, of="web"),
        "is_default": NoRows(True, BY_API, of="public"),
        "mtu": Rendered(1280, "web"),
        "port_security_enabled": NoRows(False, BY_COMPLETION, of="web"),
        "dns_domain": Rendered("other.example.", "web"),
        "availability_zone_hints": NoRows(("nova",), "there is one zone, and it holds every host", of="web"),
        "qos_policy_id": Rendered(SILVER, "web"),
        "more_segments": Rendered((RACK2,), "legacy"),
        "fabric_vlan": NoRows(2001, OF_LEAVES, of="web"),
        "leaves": NoRows(("hv1",), OF_LEAVES, of="web"),
        "route_target": NoRows("65000:1", OF_LEAVES, of="web"),
        "vlan_transparent": Rendered(True, "web"),
        "segment_notes": NoRows(SegmentNotes(name="rack 1"), "words for people; no row has its id", of="legacy"),
    },
    Subnet: {
        "name": Rendered("other", "web 10.0.1.0/24"),
        "network_id": Rendered(
            _id("network", "web"), "spare 10.0.5.0/24", {"network_id": _id("network", "slaac")}
        ),
        "cidr": Rendered("10.0.2.0/23", "spare 10.0.3.0/24"),
        "gateway_ip": Rendered(None, "web 10.0.1.0/24"),
        "allocation_pools": NoRows((), BY_COMPLETION, of="web 10.0.1.0/24"),
        "enable_dhcp": Rendered(False, "web 10.0.1.0/24"),
        "dns_nameservers": (
            Rendered(("10.0.1.2",), "web 10.0.1.0/24"),
            Rendered(("fd00::53", "fd00::54"), "web fd00:1::/64"),
            Rendered(("fd00::53",), "slaac fd00:2::/64"),
            Refused(("fd00::53", "fd00::54"), "slaac fd00:2::/64"),
        ),
        "host_routes": (
            Rendered((ROUTE,), "web 10.0.1.0/24"),
            Refused((HostRoute("2001:db8::/32", "fd00:1::9"),), "web fd00:1::/64"),
        ),
        "ipv6_address_mode": Rendered("", "web fd00:1::/64"),
        "ipv6_ra_mode": Rendered("", "web fd00:1::/64"),
        "service_types": NoRows(("network:floatingip",), BY_COMPLETION, of="spare 10.0.5.0/24"),
        "subnetpool_id": NoRows(_id("subnet_pool", "pool"), "where the prefix came from", of="web 10.0.1.0/24"),
        "physical_network": NoRows("physnet2", BY_COMPLETION, of="legacy 192.0.2.0/24"),
    },
    Log: {
        "name": UNNAMED,
        "event": Rendered("DROP", "told"),
        "resource_id": Rendered(_id("security_group", "back"), "told"),
        "target_id": Rendered(_id("port", "vm-web"), "told", {"resource_id": ""}),
        "enabled": (Rendered(False, "told"), Rendered(True, "all")),
    },
    AddressScope: {
        "name": UNNAMED,
        "ip_version": NoRows(6, BY_API),
        "shared": NoRows(True, BY_API),
    },
    RbacPolicy: {
        "name": UNNAMED,
        "object_type": NoRows("router", BY_CHECKS),
        "object_id": NoRows(_id("network", "web"), BY_CHECKS),
        "action": NoRows(EXTERNAL, BY_CHECKS),
        "target_project": NoRows(EVERYONE, BY_CHECKS),
    },
    SubnetPool: {
        "name": UNNAMED,
        "prefixes": NoRows(("10.0.0.0/16",), BY_API),
        "min_prefixlen": NoRows(9, BY_API),
        "max_prefixlen": NoRows(30, BY_API),
        "default_prefixlen": NoRows(25, BY_API),
        "default_quota": NoRows(1024, BY_API),
        "address_scope_id": NoRows(_id("address_scope", "scope"), BY_API),
        "shared": NoRows(True, BY_CHECKS),
        "is_default": NoRows(True, BY_API),
    },
    QosPolicy: {
        "name": UNNAMED,
        "shared": NoRows(True, BY_CHECKS),
        "is_default": NoRows(True, BY_API),
    },
    QosBandwidthLimitRule: {
        "name": UNNAMED,
        "qos_policy_id": Rendered(GOLD, "of bronze", {"qos_policy_id": BRONZE, "direction": "ingress"}),
        "max_kbps": (Rendered(6000, "of gold"), Refused(0, "of gold")),
        "max_burst_kbps": Rendered(4000, "of gold"),
        "direction": Rendered("ingress", "of gold"),
    },
    QosDscpMarkingRule: {
        "name": UNNAMED,
        "qos_policy_id": Rendered(GOLD, "of gold", {"qos_policy_id": BRONZE}),
        "dscp_mark": Rendered(0, "of gold"),
    },
    QosMinimumBandwidthRule: {
        "name": UNNAMED,
        "qos_policy_id": Rendered(GOLD, "of gold", {"qos_policy_id": BRONZE}),
        "min_kbps": (Rendered(200, "of gold"), Refused(0, "of gold")),
        "direction": (Rendered("egress", "of gold", {"direction": "ingress"}), Refused("ingress", "of gold")),
    },
    Port: {
        "name": Rendered("other", "vm-web"),
        "qos_policy_id": (Rendered(SILVER, "vm-web"), Refused(SILVER, "edge on web 10.0.1.0/24")),
        "network_id": Rendered(_id("network", "web"), "bare"),
        "mac_address": Rendered("02:00:00:00:00:77", "vm-web"),
        "fixed_ips": Rendered((FixedIP(SPARE3, "10.0.3.9"),), "bare"),
        "allowed_address_pairs": Rendered((PAIR,), "vm-web"),
        "security_groups": Rendered((), "vm-web"),
        "port_security_enabled": (Rendered(False, "bare"), Refused(True, "edge on web 10.0.1.0/24")),
        "admin_state_up": Rendered(False, "vm-web"),
        "device_id": Rendered(_id("router", "idle"), "edge on web fd00:1::/64"),
        "device_owner": Rendered("network:router_interface", "loose", IN_USE),
        "host_id": (Rendered("hv2", "bare"), Refused("hv1", "edge on web 10.0.1.0/24"), Refused("hv1,hv2", "bare")),
        "dns_name": (
            Rendered("vm", "vm-web"),
            Rendered("gateway", "edge on web 10.0.1.0/24"),
            Refused("vm.red.example", "vm-web"),
        ),
        "binding_profile": (
            NoRows('{"a": 1}', "it is for whoever plugs the port", of="bare"),
            Rendered('{"migrating_to": "hv2"}', "vm-web"),
            Refused('{"parent_name": "vm", "tag": 7}', "bare"),
            Refused('{"migrating_to": "hv1,hv2"}', "bare"),
            Refused('{"migrating_to": 7}', "bare"),
        ),
        "is_deferred": NoRows(True, BY_COMPLETION, of="bare"),
        "dns_domain": NoRows("example.org.", OUTSIDE, of="bare"),
        "vnic_type": (Rendered("macvtap", "bare", {"port_security_enabled": False}), Refused("macvtap", "vm-web")),
        "trusted": NoRows(True, "it is for whoever plugs the port", of="bare"),
        "bindings": (
            NoRows((Binding("hv2", '{"a": 1}'),), UNBOUND, of="bare"),
            Refused((Binding("hv2,hv1"),), "bare"),
            Refused((Binding("hv2", '{"parent_name": "vm"}'),), "bare"),
        ),
        "extra_dhcp_opts": (Rendered((MTU,), "vm-web"), Refused((DhcpOption("43", "01"),), "vm-web")),
    },
    Trunk: {
        "name": UNNAMED,
        "port_id": Rendered(_id("port", "free"), "carrier"),
        "sub_ports": Rendered((), "carrier"),
        "admin_state_up": NoRows(False, BY_API, of="carrier"),
    },
    Router: {
        "name": Rendered("other", "edge"),
        "admin_state_up": Rendered(False, "edge"),
        "external_gateway_info": Rendered(
            ExternalGateway(id_of("network", "admin", "public")), "edge", {"external_gateway_info": None}
        ),
        "more_gateways": Rendered((SECOND_WAY,), "west", {"more_gateways": ()}),
        "enable_default_route_ecmp": Rendered(True, "west"),
        "enable_default_route_bfd": Rendered(True, "west"),
        "routes": Rendered((ROUTE,), "edge"),
        "distributed": Rendered(True, "edge"),
        "vni": Rendered(4001, "edge"),
        "fabric_vlan": NoRows(2101, OF_LEAVES, of="edge"),
        "vrf": NoRows("red", OF_LEAVES, of="edge"),
        "route_target": NoRows("65000:1", OF_LEAVES, of="edge"),
        "export_policy": NoRows("own", OF_LEAVES, of="edge"),
        "availability_zone_hints": NoRows(("nova",), "there is one zone, and it holds every host", of="edge"),
    },
    FloatingIP: {
        "name": UNNAMED,
        "floating_network_id": Rendered(
            id_of("network", "admin", "public"), "outer",
            {"floating_network_id": id_of("network", "admin", "elsewhere")},
        ),
        "floating_ip_address": Rendered("203.0.113.77", "outer"),
        "port_id": Rendered(_id("port", "vm-web"), "outer", {"port_id": ""}),
        "fixed_ip_address": Rendered("10.0.1.10", "outer", {"fixed_ip_address": "10.0.1.99"}),
        "qos_policy_id": Rendered(SILVER, "outer"),
        "router_id": Rendered(
            _id("router", "west"), "outer",
            {"floating_network_id": id_of("network", "admin", "elsewhere"), "floating_ip_address": "203.0.112.77"},
        ),
        "dns_name": NoRows("www", OUTSIDE, of="outer"),
        "dns_domain": NoRows("example.org.", OUTSIDE, of="outer"),
        "floating_port": NoRows(FloatingPort(mac_address="02:00:00:00:00:99"), OF_HOSTS, of="outer"),
    },
    PortForwarding: {
        "name": UNNAMED,
        "floatingip_id": Rendered(_id_of_floating("203.0.113.13"), "ssh", {"floatingip_id": "none"}),
        "protocol": Rendered("udp", "ssh"),
        "external_port_range": (Rendered(Range(2022, 2022), "ssh"), Refused(Range(1000, 2000), "ssh")),
        "internal_port_id": Rendered(_id("port", "desk-web"), "ssh", {"internal_port_id": _id("port", "vm-web")}),
        "internal_port_range": Rendered(Range(2200, 2200), "ssh"),
        "internal_ip_address": Rendered("10.0.1.11", "ssh", {"internal_ip_address": "10.0.1.99"}),
    },
    SecurityGroup: {"name": Rendered("other", "front"), "stateful": Rendered(False, "front")},
    SecurityGroupRule: {
        "name": UNNAMED,
        "security_group_id": Rendered(_id("security_group", "back"), "ports"),
        "direction": Rendered("egress", "ports"),
        "ethertype": Rendered("IPv6", "ports"),
        "protocol": Rendered("udp", "ports"),
        "port_range_min": (Rendered(85, "ports"), Refused(85, "ports", {"protocol": "dccp"})),
        "port_range_max": Rendered(85, "ports"),
        "remote_ip_prefix": Rendered("10.0.0.0/8", "ports"),
        "remote_group_id": Rendered(_id("security_group", "back"), "ports"),
        "remote_address_group_id": Rendered(_id("address_group", "office"), "ports"),
    },
    DefaultSecurityGroupRule: {
        "name": UNNAMED,
        **{
            field: NoRows(value, BY_COMPLETION)
            for field, value in (
                ("direction", "egress"), ("ethertype", "IPv6"), ("protocol", "tcp"), ("port_range_min", 8),
                ("port_range_max", 0), ("remote_ip_prefix", "10.0.0.0/8"), ("remote_group_id", PARENT),
                ("remote_address_group_id", _id("address_group", "office")), ("used_in_default_sg", True),
                ("used_in_non_default_sg", False),
            )
        },
    },
    AddressGroup: {"name": Rendered("other", "office"), "addresses": Rendered(("2001:db8::/32",), "office")},
    Instance: {
        "name": UNNAMED,
        "host": NoRows("hv2", "its ports say it: host_id", of="vm"),
        "image": Refused("debian-12", "vm"),
    },
    Placement: {
        "name": UNNAMED,
        "role": Rendered("gateway", "edge", {"role": "spectator"}),
        "subject_id": Rendered(_id("router", "edge"), "edge", {"subject_id": _id("router", "idle")}),
        "hosts": Rendered(("hv2",), "edge"),
        "port_id": Rendered(SECOND_WAY.port_id, "west more", {"port_id": "none"}),
    },
    Quota: {"name": UNNAMED, "limits": NoRows({"port": 5}, BY_FACES)},
    FixedIP: {
        "subnet_id": Rendered(
            (FixedIP(SPARE4, "10.0.4.9"),), "bare", {"fixed_ips": (FixedIP(SPARE3, "10.0.4.9"),)}, "fixed_ips", Port
        ),
        "ip_address": Rendered(
            (FixedIP(SPARE4, "10.0.4.9"),), "bare", {"fixed_ips": (FixedIP(SPARE4, "10.0.4.8"),)}, "fixed_ips", Port
        ),
    },
    AddressPair: {
        "ip_address": Rendered(
            (AddressPair("10.9.1.0/24"),), "vm-web", {"allowed_address_pairs": (PAIR,)}, "allowed_address_pairs", Port
        ),
        "mac_address": Rendered(
            (replace(PAIR, mac_address="02:00:00:00:00:77"),), "vm-web", {"allowed_address_pairs": (PAIR,)},
            "allowed_address_pairs", Port,
        ),
    },
    DhcpOption: {
        "opt_name": Rendered(
            (DhcpOption("lease-time", "1300"),), "vm-web", {"extra_dhcp_opts": (MTU,)}, "extra_dhcp_opts", Port
        ),
        "opt_value": Rendered(
            (DhcpOption("mtu", "1299"),), "vm-web", {"extra_dhcp_opts": (MTU,)}, "extra_dhcp_opts", Port
        ),
        "ip_version": Rendered(
            (replace(SEARCH, ip_version=6),), "vm-web", {"extra_dhcp_opts": (SEARCH,)}, "extra_dhcp_opts", Port
        ),
    },
    Segment: {
        "physical_network": Rendered(
            (replace(RACK2, physical_network="rack3"),), "legacy", MORE, "more_segments", Network
        ),
        "network_type": NoRows(None, "a VLAN is a segment with a number"),
        "segmentation_id": Rendered((replace(RACK2, segmentation_id=44),), "legacy", MORE, "more_segments", Network),
        "id": Rendered((replace(RACK2, id=GOLD),), "legacy", MORE, "more_segments", Network),
        "name": NoRows(None, "words for people"),
        "description": NoRows(None, "words for people"),
    },
    FloatingPort: {
        **dict.fromkeys(("id", "name", "description", "admin_state_up", "tags"), NoRows(None, "words of the API")),
        "mac_address": NoRows(None, OF_HOSTS),
    },
    SegmentNotes: {
        "id": NoRows(None, "the way to the first physical network is named after the network"),
        "name": NoRows(None, "words for people"),
        "description": NoRows(None, "words for people"),
    },
    Subport: {
        "port_id": Rendered((Subport(_id("port", "free"), 100),), "carrier", {}, "sub_ports", Trunk),
        "segmentation_id": Rendered((Subport(_id("port", "inner"), 101),), "carrier", {}, "sub_ports", Trunk),
        "segmentation_type": NoRows(None, "there is one"),
    },
    Binding: {
        "host": NoRows(None, UNBOUND),
        "profile": NoRows(None, UNBOUND),
        "vnic_type": NoRows(None, UNBOUND),
    },
    HostRoute: {
        "destination": Rendered(
            (HostRoute("172.16.0.0/13", "10.0.1.9"),), "edge", {"routes": (ROUTE,)}, "routes", Router
        ),
        "nexthop": Rendered((HostRoute("172.16.0.0/12", "10.0.1.8"),), "edge", {"routes": (ROUTE,)}, "routes", Router),
    },
    MoreGateway: {
        "network_id": NoRows(None, "the network is that of its port, which is rendered there"),
        "port_id": Rendered((SECOND_WAY,), "west", {"more_gateways": (replace(SECOND_WAY, port_id="none"),)},
                            "more_gateways", Router),
    },
    ExternalGateway: {
        "network_id": Rendered(
            ExternalGateway(id_of("network", "admin", "elsewhere")), "west",
            {"external_gateway_info": ExternalGateway(id_of("network", "admin", "public"))},
            "external_gateway_info", Router,
        ),
        "enable_snat": Rendered(
            ExternalGateway(id_of("network", "admin", "public"), enable_snat=False), "edge", {},
            "external_gateway_info", Router,
        ),
        "qos_policy_id": Rendered(
            ExternalGateway(PUBLIC, qos_policy_id=SILVER), "edge", {"external_gateway_info": ExternalGateway(PUBLIC)},
            "external_gateway_info", Router,
        ),
    },
    AclEntry: dict.fromkeys(AclEntry.__struct_fields__, NoRows(None, "of access lists of devices, which OVN refuses")),
    OspfInterface: dict.fromkeys(OspfInterface.__struct_fields__, NoRows(None, "OSPF of devices, which OVN refuses")),
    BgpNeighbor: dict.fromkeys(BgpNeighbor.__struct_fields__, NoRows(None, "of BGP of devices, which OVN refuses")),
    ClassifierTerm: dict.fromkeys(
        ClassifierTerm.__struct_fields__, NoRows(None, "of what marks packets on devices, which OVN refuses")
    ),
    AllocationPool: {"start": NoRows(None, BY_COMPLETION), "end": NoRows(None, BY_COMPLETION)},
    Range: {"start": NoRows(None, BY_COMPLETION), "end": NoRows(None, BY_COMPLETION)},
}  # fmt: skip
"""Every field of every type of record and of the parts in them, `EVERYWHERE` and `id` apart."""
