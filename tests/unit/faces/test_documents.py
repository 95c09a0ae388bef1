"""What documents declare: every form of saying a thing, ids that stay, and names that resolve."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID, uuid5

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from cpal.core.complete import default_group
from cpal.core.stack import stack_changes
from cpal.errors import Fault
from cpal.faces.documents.declaring import Declaration, declare
from cpal.faces.documents.json_schema import schema
from cpal.faces.documents.reading import load, parse
from cpal.faces.documents.shapes import Either, ListOf, MapOf, Nested, PortsOf, Shape, Type
from cpal.faces.documents.table import DOCUMENT
from cpal.faces.documents.telling import locate
from cpal.faces.documents.writing import dump
from cpal.model.address_scope import AddressScope
from cpal.model.check import check
from cpal.model.estate import EMPTY, RECORD_TYPES, Change, Estate
from cpal.model.network import (
    INSTANCE_OWNER,
    ROUTER_GATEWAY,
    ROUTER_INTERFACE,
    AddressPair,
    AllocationPool,
    DhcpOption,
    FixedIP,
    HostRoute,
    Network,
    Port,
    Subnet,
)
from cpal.model.quota import Quota
from cpal.model.rbac import RbacPolicy
from cpal.model.record import IMPLIED, Record
from cpal.model.router import ExternalGateway, FloatingIP, MoreGateway, Router
from cpal.model.security import AddressGroup, SecurityGroup, SecurityGroupRule
from cpal.model.subnet_pool import SubnetPool
from cpal.model.target import Host, OutsideHost, Placement, Project, Range, Target
from cpal.model.unknown import is_known
from tests.source import ROOT
from tests.support.plain_yaml import plain_documents
from tests.support.telling import faults_of_documents
from tests.support.world import NAMESPACE, World

EXAMPLES = sorted((ROOT / "examples").glob("*.yaml"))
R = TypeVar("R", bound=Record)


def lab() -> Estate:
    """A lab of two hypervisors."""
    return World("hv1", "hv2", physical_networks=("physnet1",)).estate()


LAB = lab()


def declared(*texts: str, estate: Estate | None = None) -> Declaration:
    """What the texts declare, in the lab."""
    documents = parse({f"{number}.yaml": text for number, text in enumerate(texts)})
    return declare(documents, estate or LAB, NAMESPACE)


def applied(*texts: str, estate: Estate | None = None) -> Estate:
    """The estate after applying the texts to it, or to the lab; nothing is wrong with it."""
    before = estate or LAB
    declaration = declared(*texts, estate=before)
    after = before.replace(stack_changes(declaration.records, declaration.stacks, before))
    assert check(after) == ()
    return after


def only(kind: type[R], found: Declaration | Estate, name: str | None = None) -> R:
    """The one record of a type, or of a type and name."""
    records = found.records if isinstance(found, Declaration) else found.records()
    [record] = [each for each in records if isinstance(each, kind) and name in (None, each.name)]
    return record


def faults_of(*texts: str, estate: Estate | None = None) -> tuple[Fault, ...]:
    """What is wrong with the texts, in any step."""
    found = faults_of_documents({f"{number}.yaml": text for number, text in enumerate(texts)}, estate or LAB)
    assert found
    return found


# Forms


def test_every_field_of_a_network_and_its_subnets() -> None:
    found = declared("""
project: {name: shop, description: What we sell from}
networks:
  web:
    description: "two\\nlines"
    provider: {network_type: vlan, physical_network: physnet1, segmentation_id: 7}
    router:external: true
    shared: yes
    mtu: 1400
    port_security_enabled: false
    dns_domain: shop.example
    admin_state_up: off
    subnets:
      web:
        cidr: 10.0.1.0/24
        gateway_ip: none
        allocation_pools: [10.0.1.10-10.0.1.20, {start: 10.0.1.30, end: 10.0.1.40}]
        enable_dhcp: false
        dns_nameservers: [10.0.1.1]
        host_routes: [{destination: 10.9.0.0/16, nexthop: 10.0.1.9}]
      six: {cidr: "FD00:1::/64", gateway_ip: "fd00:1:0::1", ipv6_ra_mode: slaac, ipv6_address_mode: SLAAC}
""")
    project = only(Project, found)
    assert (project.name, project.description, project.stack) == ("shop", "What we sell from", IMPLIED)
    network = only(Network, found)
    assert network == Network(
        id=network.id, name="web", project_id=project.id, stack="shop", description="two\nlines", network_type="vlan",
        physical_network="physnet1", segmentation_id=7, external=True, shared=True, mtu=1400,
        port_security_enabled=False, dns_domain="shop.example", admin_state_up=False,
    )  # fmt: skip
    web = only(Subnet, found, "web")
    assert web == Subnet(
        id=web.id, name="web", project_id=project.id, stack="shop", network_id=network.id, cidr="10.0.1.0/24",
        gateway_ip=None, enable_dhcp=False, dns_nameservers=("10.0.1.1",),
        allocation_pools=(AllocationPool("10.0.1.10", "10.0.1.20"), AllocationPool("10.0.1.30", "10.0.1.40")),
        host_routes=(HostRoute("10.9.0.0/16", "10.0.1.9"),),
    )  # fmt: skip
    six = only(Subnet, found, "web/six")
    assert (six.cidr, six.gateway_ip, six.ipv6_ra_mode, six.ipv6_address_mode) == (
        "fd00:1::/64", "fd00:1::1", "slaac", "slaac",
    )  # fmt: skip


def test_a_network_says_how_it_is_carried_flat_too() -> None:
    flat = '{"provider:network_type": flat, "provider:physical_network": physnet1}'
    nested = "{provider: {network_type: flat, physical_network: physnet1}}"
    first, second = (only(Network, declared(f"networks: {{web: {said}}}")) for said in (flat, nested))
    assert first == second
    assert (first.network_type, first.physical_network) == ("flat", "physnet1")


@pytest.mark.parametrize(
    ("said", "subnets"),
    [
        ("", [("web", "")]),
        ("{cidr: 10.0.1.0/24}", [("web", "10.0.1.0/24")]),
        ("{subnets: {}}", []),
        ("{external: true}", []),
        ("{provider: {physical_network: physnet1}}", []),
        ("{cidr: 10.0.1.0/24, subnets: {b: {cidr: 10.0.2.0/24}}}", [("web", "10.0.1.0/24"), ("web/b", "10.0.2.0/24")]),
    ],
)
def test_the_subnets_of_a_network(said: str, subnets: list[tuple[str, str]]) -> None:
    records = declared(f"networks: {{web: {said}}}").records
    assert [(each.name, each.cidr) for each in records if isinstance(each, Subnet)] == subnets


def test_networks_and_instances_may_be_lists_of_names() -> None:
    found = declared("project: shop\nnetworks: [web]\ninstances: [web1, web2]")
    network = only(Network, found)
    ports = [each for each in found.records if isinstance(each, Port)]
    assert [(each.name, each.network_id) for each in ports] == [("web1", network.id), ("web2", network.id)]


def test_every_field_of_a_port() -> None:
    found = declared("""
networks: {web: {subnets: {web: {cidr: 10.0.1.0/24}, six: {cidr: "fd00:1::/64"}}}}
security_groups: {web: {stateful: false}}
instances:
  web1:
    host: hv1
    ports:
      eth0:
        network: web
        description: the first
        mac_address: 52-54-00-12-34-56
        fixed_ips: [{subnet: six}, 10.0.1.5, {subnet_id: web/six, ip_address: "fd00:1::5"}, web]
        allowed_address_pairs: [10.0.1.9, {ip_address: 10.0.2.0/24, mac_address: "02:00:00:00:00:09"}]
        security_groups: [web]
        port_security_enabled: true
        dns_name: www
        extra_dhcp_opts: [{opt_name: 42, opt_value: 10.0.1.1}, {opt_name: ntp, opt_value: x, ip_version: 6}]
        admin_state_up: false
""")
    web, six = only(Subnet, found, "web").id, only(Subnet, found, "web/six").id
    port = only(Port, found)
    fixed = (FixedIP(six), FixedIP(web, "10.0.1.5"), FixedIP(six, "fd00:1::5"), FixedIP(web))
    assert port == Port(
        id=port.id, name="web1", project_id=port.project_id, stack="default", description="the first",
        network_id=only(Network, found).id, mac_address="52:54:00:12:34:56", fixed_ips=fixed,
        allowed_address_pairs=(AddressPair("10.0.1.9"), AddressPair("10.0.2.0/24", "02:00:00:00:00:09")),
        security_groups=(only(SecurityGroup, found).id,), port_security_enabled=True, dns_name="www",
        extra_dhcp_opts=(DhcpOption("42", "10.0.1.1"), DhcpOption("ntp", "x", 6)), admin_state_up=False,
        device_id=port.device_id, device_owner=INSTANCE_OWNER,
    )  # fmt: skip


def test_ports_of_an_instance_with_several_share_what_it_says_for_all() -> None:
    found = declared("""
networks: [web, db]
security_groups: {g: }
instances:
  two: {networks: [web, {network: db, port_security_enabled: true}], port_security_enabled: false, security_groups: [g]}
  named: {ports: [{network: web, name: a}, {network: web, name: b}]}
  none: {networks: []}
""")
    ports = {each.name: each for each in found.records if isinstance(each, Port)}
    assert sorted(ports) == ["named:a", "named:b", "two:db", "two:web"]
    assert [ports[name].port_security_enabled for name in ("two:web", "two:db")] == [False, True]
    group = only(SecurityGroup, found).id
    assert ports["two:web"].security_groups == ports["two:db"].security_groups == (group,)


def test_a_router_has_a_port_for_each_subnet_it_joins_and_one_for_its_gateway() -> None:
    found = declared("""
networks:
  web: {subnets: {web: {cidr: 10.0.1.0/24, gateway_ip: 10.0.1.254}, six: {cidr: "fd00:1::/64"}}}
  dual: {subnets: {a: {cidr: 10.0.2.0/24}, b: {cidr: 10.0.3.0/24}}}
  public: {external: true, subnets: {p: {cidr: 203.0.113.0/24}}}
routers:
  edge:
    interfaces: [web, {subnet: six, ip_address: "fd00:1::9", mac_address: "02:00:00:00:00:09"}, dual]
    external_gateway: {network: public, enable_snat: false, ip_address: 203.0.113.7}
    routes: [{destination: 0.0.0.0/0, nexthop: 203.0.113.254}]
    distributed: true
    admin_state_up: false
""")
    router = only(Router, found)
    assert router.external_gateway_info == ExternalGateway(only(Network, found, "public").id, enable_snat=False)
    assert (router.routes, router.distributed) == ((HostRoute("0.0.0.0/0", "203.0.113.254"),), True)
    ports = [each for each in found.records if isinstance(each, Port)]
    assert {(each.name, each.device_owner, each.addresses) for each in ports} == {
        ("edge:web", ROUTER_INTERFACE, ("10.0.1.254",)),
        ("edge:web/six", ROUTER_INTERFACE, ("fd00:1::9",)),
        ("edge:dual/a", ROUTER_INTERFACE, ("",)),
        ("edge:dual/b", ROUTER_INTERFACE, ("",)),
        ("edge:gateway", ROUTER_GATEWAY, ("203.0.113.7",)),
    }
    assert {each.device_id for each in ports} == {router.id}
    assert {(each.port_security_enabled, each.security_groups) for each in ports} == {(False, ())}


def test_a_router_has_a_port_for_each_further_gateway_its_own_or_one_written_apart() -> None:
    found = declared("""
networks:
  public: {external: true, subnets: {p: {cidr: 203.0.113.0/24}}}
  other: {external: true, subnets: {o: {cidr: 198.51.100.0/24}}}
routers:
  edge:
    external_gateway: public
    more_gateways: [other, {network: public, ip_address: 203.0.113.7}, {network: other, port: apart}]
    enable_default_route_ecmp: true
ports:
  apart: {network: other, router: edge, device_owner: "network:router_gateway", fixed_ips: [{ip_address: 198.51.100.9}]}
""")
    router = only(Router, found)
    networks = {each.name: each.id for each in found.records if isinstance(each, Network)}
    ports = {each.name: each for each in found.records if isinstance(each, Port)}
    assert sorted(ports) == ["apart", "edge:gateway", "edge:gateway-2", "edge:gateway-3"]
    assert {each.device_owner for each in ports.values()} == {ROUTER_GATEWAY}
    assert router.more_gateways == tuple(
        MoreGateway(networks[network], ports[name].id)
        for network, name in (("other", "edge:gateway-2"), ("public", "edge:gateway-3"), ("other", "apart"))
    )
    assert [ports[f"edge:gateway-{place}"].addresses for place in (2, 3)] == [(), ("203.0.113.7",)]
    assert (router.enable_default_route_ecmp, router.enable_default_route_bfd) == (True, False)


def test_floating_ips_beside_their_port_and_apart() -> None:
    found = declared("""
networks: {web: {cidr: 10.0.1.0/24}, public: {external: true, subnets: {p: {cidr: 203.0.113.0/24}}}}
instances:
  web1: {network: web, floating_ip: public}
  web2: {ports: [{network: web, floating_ip: {network: public, floating_ip_address: 203.0.113.9}}]}
  web3: {network: web}
floating_ips:
  spare: {network: public}
  third: {network: public, port: web3, fixed_ip_address: 10.0.1.7}
""")
    ports = {each.id: each.name for each in found.records if isinstance(each, Port)}
    floating = {each.name: each for each in found.records if isinstance(each, FloatingIP)}
    leads_to = {name: ports.get(each.port_id, "") for name, each in floating.items()}
    assert leads_to == {"web1": "web1", "web2": "web2", "spare": "", "third": "web3"}
    assert floating["web2"].floating_ip_address == "203.0.113.9"
    assert floating["third"].fixed_ip_address == "10.0.1.7"


RULE_FORMS = [
    ("protocol: tcp, port: 80", {"protocol": "tcp", "port_range_min": 80, "port_range_max": 80}),
    ("protocol: TCP, ports: 8000-8100", {"protocol": "tcp", "port_range_min": 8000, "port_range_max": 8100}),
    ("protocol: 6, port_range_min: 22", {"protocol": "6", "port_range_min": 22, "port_range_max": 22}),
    ("protocol: udp, port_range_min: 1, port_range_max: 9",
     {"protocol": "udp", "port_range_min": 1, "port_range_max": 9}),
    ("protocol: icmp, icmp_type: 8", {"protocol": "icmp", "port_range_min": 8}),
    ("protocol: icmp, icmp_type: 3, icmp_code: 4", {"protocol": "icmp", "port_range_min": 3, "port_range_max": 4}),
    ("protocol: icmp, port_range_min: 8", {"protocol": "icmp", "port_range_min": 8}),
    ("protocol: icmpv6", {"protocol": "icmpv6", "ethertype": "IPv6"}),
    ("protocol: any", {}),
    ("remote: any", {}),
    ("remote: 192.0.2.0/24", {"remote_ip_prefix": "192.0.2.0/24"}),
    ("remote: 'fd00::/8'", {"remote_ip_prefix": "fd00::/8", "ethertype": "IPv6"}),
    ("remote_ip_prefix: 192.0.2.1", {"remote_ip_prefix": "192.0.2.1"}),
    ("remote: web", {"remote_group_id": "web"}),
    ("remote_group: web", {"remote_group_id": "web"}),
    ("remote: offices", {"remote_address_group_id": "offices"}),
    ("remote_address_group_id: offices", {"remote_address_group_id": "offices"}),
    ("ethertype: ipv6", {"ethertype": "IPv6"}),
]  # fmt: skip


@pytest.mark.parametrize(("said", "meant"), RULE_FORMS, ids=[said for said, _ in RULE_FORMS])
def test_forms_of_a_rule(said: str, meant: dict[str, Any]) -> None:
    found = declared(f"""
address_groups: {{offices: {{addresses: [192.0.2.0/24, 198.51.100.1]}}}}
security_groups: {{web: {{default_egress: false, rules: [{{direction: ingress, {said}}}]}}}}
""")
    ids = {"web": only(SecurityGroup, found).id, "offices": only(AddressGroup, found).id}
    rule = only(SecurityGroupRule, found)
    meant = {field: ids.get(value, value) for field, value in meant.items()}
    assert rule == SecurityGroupRule(
        id=rule.id, project_id=rule.project_id, stack="default", security_group_id=ids["web"], direction="ingress",
        **meant,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("said", "egress"),
    [
        ("", {"IPv4", "IPv6"}),
        ("rules: [{direction: ingress}]", {"IPv4", "IPv6"}),
        ("default_egress: false", set()),
        ("rules: [{direction: egress}]", {"IPv4"}),
        ("rules: [{direction: egress}], default_egress: true", {"IPv4", "IPv6"}),
    ],
)
def test_a_group_lets_everything_out_unless_it_says_what(said: str, egress: set[str]) -> None:
    found = declared(f"security_groups: {{web: {{{said}}}}}")
    rules = [each for each in found.records if isinstance(each, SecurityGroupRule)]
    assert {each.ethertype for each in rules if each.direction == "egress"} == egress


def test_targets_and_hosts() -> None:
    found = declared("""
stack: lab
targets:
  dc1:
    driver: ovn
    endpoints: {northbound: [tcp:a:6641, tcp:b:6641], southbound: "tcp:a:6642"}
    credential: keyring:dc1
    encap: vxlan
    underlay_mtu: 9000
    underlay_ip_version: 6
    vni_range: 5-9
    vlan_ranges: {physnet1: 100-199, physnet2: {start: 7, end: 9}}
hosts: {n1: {target: dc1, physical_networks: [physnet1], gateway: false, underlay_address: 192.0.2.1}}
outside_hosts:
  www: {target: dc1, physical_network: physnet1, segmentation_id: 42, addresses: [203.0.113.9/24],
        loopbacks: [198.51.100.7], mac_address: "02:00:00:00:00:09"}
""")
    target, host, www = only(Target, found), only(Host, found), only(OutsideHost, found)
    assert target == Target(
        id=target.id, name="dc1", stack="lab", driver="ovn", credential="keyring:dc1", encap="vxlan",
        endpoints={"northbound": "tcp:a:6641,tcp:b:6641", "southbound": "tcp:a:6642"}, underlay_mtu=9000,
        underlay_ip_version=6, vni_range=Range(5, 9),
        vlan_ranges={"physnet1": Range(100, 199), "physnet2": Range(7, 9)},
    )  # fmt: skip
    assert host == Host(
        id=host.id, name="n1", stack="lab", target="dc1", physical_networks=("physnet1",), gateway=False,
        underlay_address="192.0.2.1",
    )  # fmt: skip
    assert www == OutsideHost(
        id=www.id, name="www", stack="lab", target="dc1", physical_network="physnet1", segmentation_id=42,
        addresses=("203.0.113.9/24",), loopbacks=("198.51.100.7",), mac_address="02:00:00:00:00:09",
    )  # fmt: skip
    assert not [each for each in found.records if isinstance(each, Project)]


SET_BY_CPAL = {"id", "project_id", "stack", "name", "is_deferred"}
"""Fields that follow from where a record is written, and from what it leaves out."""


OF_THE_API = (AddressScope, Quota, RbacPolicy, SubnetPool)
"""Kinds that documents do not speak of: prefixes and rights that the API shares out, a document states where it uses
them (`cidr`, `shared`)."""
SET_BY_API = {"subnetpool_id", "is_default"}
"""Fields that refer to them, or say what they are for."""


@pytest.mark.parametrize("kind", [kind for kind in RECORD_TYPES if kind not in (Project, Placement, *OF_THE_API)])
def test_every_field_of_every_record_can_be_written(kind: type[Record]) -> None:
    keys = {key for shape in schema()["$defs"].values() for key in shape["properties"]}
    assert set(kind.__struct_fields__) - SET_BY_CPAL - SET_BY_API <= keys | {
        key.removeprefix("provider:") for key in keys
    }


def test_interfaces_of_switches_and_of_routers_are_two_shapes() -> None:
    keys = {name: set(shape["properties"]) for name, shape in schema()["$defs"].items()}
    assert "edge_port" in keys["device_interface"]
    assert "ip_address" in keys["interface"]


# Words


@pytest.mark.parametrize(
    "word", ["on", "no", "y", "22:22", "1.10", "1e3", "010", "true", "2024-01-01", "0x1F", "=", "~x"]
)
def test_a_name_is_what_was_written_whatever_yaml_makes_of_it(word: str) -> None:
    network = f"networks:\n  {word}: {{description: {word}}}"
    found = declared(f"project: {word}\n{network}\ninstances: {{i: {{network: {word}}}}}")
    assert only(Network, found).name == only(Project, found).name == only(Network, found).description == word


@pytest.mark.parametrize(("word", "truth"), [("true", 1), ("Yes", 1), ("on", 1), ("FALSE", 0), ("no", 0), ("Off", 0)])
def test_words_for_true_and_false(word: str, truth: int) -> None:
    assert only(Network, declared(f"networks: {{web: {{shared: {word}}}}}")).shared is bool(truth)


def test_a_mac_address_needs_no_quotes() -> None:
    found = declared("networks: [web]\ninstances:\n  a: {network: web, mac_address: 52:54:00:11:22:33}")
    assert only(Port, found).mac_address == "52:54:00:11:22:33"


def test_anchors_and_merge_keys() -> None:
    found = declared("""
networks: [web]
security_groups: {g: }
instances:
  a: &like {network: web, host: hv1, security_groups: [g]}
  b: {<<: *like, host: hv2}
  c: {<<: [{host: hv2}, *like]}
""")
    hosts = {each.name: each.host for each in found.records if hasattr(each, "host")}
    assert hosts == {"a": "hv1", "b": "hv2", "c": "hv2"}
    assert all(each.security_groups for each in found.records if isinstance(each, Port))


@pytest.mark.parametrize("text", ["", "---", "# nothing\n", "---\n---\nnull\n", "{}", "project: shop", "networks:"])
def test_documents_that_declare_nothing(text: str) -> None:
    assert declared(text).records == ()


def test_an_emptied_document_still_is_the_whole_of_its_stack() -> None:
    assert declared("project: shop\nnetworks:").stacks == ("shop",)
    assert declared("project: shop\nstack: tools\n---\nproject: shop").stacks == ("shop", "tools")


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? "])
def test_nesting_is_bounded(opening: str) -> None:
    [fault] = faults_of(opening * 20_000)
    assert "nested deeper" in fault.problem


def test_a_circle_of_anchors_is_refused() -> None:
    [fault] = faults_of("networks: &a {web: *a}")
    assert "&a" in fault.problem


# Files


def test_files_and_directories(tmp_path: Path) -> None:
    (tmp_path / "b.yaml").write_text("\ufeffproject: shop\ninstances: [one]", encoding="utf-8")
    (tmp_path / "a.yml").write_text("project: shop\nnetworks: [web]")
    (tmp_path / "notes.txt").write_text("{")
    found = declare(load([tmp_path]), lab(), NAMESPACE)
    assert only(Port, found).network_id == only(Network, found).id
    assert found.places[only(Network, found).key, ""] == f"{tmp_path / 'a.yml'}:2:12"


def test_files_that_cannot_be_read_are_faults_all_at_once(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "latin.yaml").write_bytes(b"project: caf\xe9\n")
    (tmp_path / "read.yaml").write_text("instances: {a: {network: nowhere}}\nnetworks: {web: {mtu: 3}}")
    names = ("empty", "latin.yaml", "missing.yaml", "read.yaml")
    faults = faults_of_documents(load([tmp_path / name for name in names]), lab())
    places = [f"{tmp_path}/{place}" for place in ("empty:1:1", "latin.yaml:1:1", "missing.yaml:1:1", "read.yaml:2:23")]
    assert [fault.place for fault in faults] == places, "what a file that was not read declares cannot be missed"


# Names


def test_names_of_the_own_project_come_first() -> None:
    public = "networks: {public: {shared: true, external: true, subnets: {p: {cidr: 203.0.113.0/24}}}}"
    admin, mine = f"project: admin\n{public}", f"project: shop\n{public}"
    use = "project: shop\ninstances: {a: {network: public}, b: {network: admin/public}}"
    found = declared(admin, mine, use)
    projects = {each.id: each.name for each in found.records if isinstance(each, Project)}
    networks = {each.id: projects[each.project_id] for each in found.records if isinstance(each, Network)}
    used = {each.name: networks[each.network_id] for each in found.records if isinstance(each, Port)}
    assert used == {"a": "shop", "b": "admin"}
    assert {networks[each.network_id] for each in declared(admin, use).records if isinstance(each, Port)} == {"admin"}


def test_what_is_stored_is_found_by_name_by_project_and_by_id() -> None:
    estate = applied("project: admin\nnetworks: {lan: {shared: true, cidr: 10.5.0.0/24}}")
    lan = only(Network, estate)
    for said in ("lan", "admin/lan", lan.id):
        found = declared(f"project: shop\ninstances: {{a: {{network: {said}, fixed_ips: [10.5.0.9]}}}}", estate=estate)
        assert only(Port, found).network_id == lan.id
        assert only(Port, found).fixed_ips == (FixedIP(only(Subnet, estate).id, "10.5.0.9"),)


def test_what_the_stack_no_longer_declares_is_not_found() -> None:
    estate = applied("project: shop\nnetworks: [web]\ninstances: [a]")
    [fault] = faults_of("project: shop\ninstances: {a: {network: web}}", estate=estate)
    assert fault.problem == 'there is no network "web"'
    found = declared("project: shop\nstack: more\ninstances: {b: {network: web}}", estate=estate)
    assert only(Port, found).network_id == only(Network, estate).id


def test_the_default_group_can_be_named_before_it_is_there() -> None:
    text = "project: shop\nnetworks: [web]\ninstances: {a: {network: web, security_groups: [default]}}"
    found = declared(text)
    group = default_group(only(Project, found).id)
    assert only(Port, found).security_groups == (group.id,)
    estate = applied(text)
    assert only(SecurityGroup, estate) == group
    assert dump(estate, project="shop") == dump(
        applied(text.replace(", security_groups: [default]", "")), project="shop"
    )


def test_a_group_called_default_says_all_its_rules() -> None:
    found = declared(
        "project: shop\nnetworks: [web]\nsecurity_groups: {default: {default_egress: false}}\ninstances: [a]"
    )
    assert not [each for each in found.records if isinstance(each, SecurityGroupRule)]
    assert only(SecurityGroup, found).stack == "shop"


# Ids


def test_ids_follow_from_kind_project_and_name_in_the_namespace() -> None:
    found = declared("project: shop\nnetworks: {web: {subnets: {six: {}}}}\ninstances: [a]")
    assert only(Network, found).id == str(uuid5(NAMESPACE, "network/shop/web"))
    assert only(Subnet, found).id == str(uuid5(NAMESPACE, "subnet/shop/web/six"))
    assert only(Port, found).id == str(uuid5(NAMESPACE, "port/shop/a"))
    other = declare(parse({"a": "project: shop\nnetworks: [web]"}), lab(), UUID(int=7))
    assert only(Network, other).id == str(uuid5(UUID(int=7), "network/shop/web"))


WHOLE = """
project: shop
networks: {NET: {subnets: {main: {cidr: 10.0.1.0/24}, SUB: {cidr: "fd00:1::/64"}}}, db: {cidr: 10.0.2.0/24},
           EXT: {external: true, subnets: {p: {cidr: 203.0.113.0/24}}}}
security_groups: {GROUP: {rules: [{direction: ingress, remote_group: @GROUP}]}}
routers: {ROUTER: {interfaces: [main, "@SUB", db], external_gateway: @EXT}}
instances: {INSTANCE: {networks: [@NET, db], floating_ip: @EXT, security_groups: [@GROUP]}}
"""
"""Documents in which a name in capitals is declared, and one after @ refers to it."""
NAMES = ("NET", "SUB", "EXT", "GROUP", "ROUTER", "INSTANCE")


def renamed(*which: str) -> str:
    """The documents with their names as they are, or, for some, renamed."""
    text = WHOLE
    for name in NAMES:
        called = "fresh-" + name.lower() if name in which else name.lower()
        was = f"was: {name.lower()}, " if name in which else ""
        text = text.replace(f"@{name}", called).replace(f"{name}: {{", f"{called}: {{{was}")
    return text


@pytest.mark.parametrize("which", [*((name,) for name in NAMES), NAMES])
def test_a_renamed_record_keeps_its_id_and_so_does_all_that_is_called_after_it(which: tuple[str, ...]) -> None:
    estate = applied(renamed())
    after = applied(renamed(*which), estate=estate)
    assert {each.key for each in after.records()} == {each.key for each in estate.records()}
    called = " ".join(each.name for each in after.records())
    assert all(f"fresh-{name.lower()}" in called for name in which)
    assert {p.id: p.mac_address for p in after.all(Port)} == {p.id: p.mac_address for p in estate.all(Port)}
    assert applied(renamed(*which), estate=after).changes_to(after) == []


def test_a_name_given_up_can_be_given_to_another() -> None:
    estate = applied("project: shop\nnetworks: {web: {cidr: 10.0.1.0/24}}")
    words = "project: shop\nnetworks: {web: {cidr: 10.0.2.0/24}, old: {was: web, cidr: 10.0.1.0/24}}"
    after = applied(words, estate=estate)
    assert only(Network, after, "old").id == only(Network, estate).id != only(Network, after, "web").id
    assert only(Subnet, after, "old").id == only(Subnet, estate).id
    assert applied(words, estate=after).changes_to(after) == []


def test_a_second_port_leaves_the_first_alone() -> None:
    one = "project: shop\nnetworks: [web, db]\ninstances: {a: {network: web}}"
    estate = applied(one)
    two = applied(one.replace("network: web", "networks: [web, db]"), estate=estate)
    before, after = only(Port, estate, "a"), only(Port, two, "a:web")
    assert (before.id, before.mac_address, before.fixed_ips) == (after.id, after.mac_address, after.fixed_ips)
    assert applied(one, estate=two).get(Port, before.id) == before


def test_a_port_on_another_network_is_another_port() -> None:
    text = "project: shop\nnetworks: [web, db]\ninstances: {a: {network: web}}"
    estate = applied(text)
    moved = applied(text.replace("network: web", "network: db"), estate=estate)
    assert only(Port, moved).id != only(Port, estate).id
    assert applied(text, estate=moved).changes_to(estate) == []


def test_the_order_of_rules_changes_nothing() -> None:
    rules = ["{direction: ingress, protocol: tcp, port: 80}", "{direction: ingress}", "{direction: egress}"]
    ids = [
        {each.key for each in declared(f"security_groups: {{g: {{rules: [{', '.join(order)}]}}}}").records}
        for order in permutations(rules)
    ]
    assert all(each == ids[0] for each in ids)


def test_a_stack_can_be_named_for_documents_that_name_none() -> None:
    documents = parse({"a": "project: shop\nnetworks: [web]", "b": "project: shop\nstack: own\nnetworks: [db]"})
    found = declare(documents, LAB, NAMESPACE, stack="given")
    assert {each.name: each.stack for each in found.records if isinstance(each, Network)} == {
        "web": "given",
        "db": "own",
    }
    assert found.stacks == ("given", "own")


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.stem)
def test_what_was_written_of_an_applied_example_is_that_example(example: Path) -> None:
    leaves = World("leaf1", "leaf2", "leaf3").every(Host)
    estate = applied(example.read_text(), estate=LAB.replace(Change(None, leaf) for leaf in leaves))
    for project in estate.all(Project):
        again = declared(dump(estate, project=project.name), estate=estate)
        changes = stack_changes(again.records, again.stacks, estate)
        of_nobody = (Target.kind, Host.kind)
        assert [change for change in changes if change.key.kind not in of_nobody] == [], "these are no project's"


# Properties


def shuffled(value: Any, data: st.DataObject) -> Any:
    """The same data with the keys of every mapping in another order."""
    if isinstance(value, dict):
        keys = data.draw(st.permutations(sorted(value, key=str)))
        return {key: shuffled(value[key], data) for key in keys}
    return [shuffled(each, data) for each in value] if isinstance(value, list) else value


@given(st.data(), st.sampled_from(EXAMPLES))
@settings(max_examples=40)
def test_neither_the_order_of_keys_nor_of_documents_matters(data: st.DataObject, example: Path) -> None:
    text = example.read_text()
    documents = [shuffled(each, data) for each in plain_documents(text)]
    order = data.draw(st.permutations(documents))
    again = declared(*(yaml.dump(each, sort_keys=False) for each in order))
    assert again.records == declared(text).records


WORDS = st.sampled_from(
    ["web", "db", "g", "a", "b", "edge", "default", "hv1", "lab", "any", "none", "", "~", "yes", "tcp", "icmp", "ovn",
     "10.0.1.0/24", "10.0.2.0/24", "10.0.1.5", "fd00:1::/64", "fd00:1::5", "10.0.1.9-10.0.1.20", "80", "5-9", "ingress",
     "egress", "IPv6", "slaac", "vlan", "geneve", "physnet1", "network:router_gateway", "02:00:00:00:00:01"]
)  # fmt: skip
NAMES_OF_THINGS = st.sampled_from(["web", "db", "g", "a", "b", "a:web", "web/db", "edge", "default", str(UUID(int=5))])


def values_of(type_: Type) -> st.SearchStrategy[Any]:
    """Data of the form that a type of the table takes, right or nearly so."""
    if isinstance(type_, Nested | PortsOf):
        inner = st.deferred(lambda: mappings_of(type_.shape))
        many = st.lists(inner, max_size=2) | st.dictionaries(NAMES_OF_THINGS, inner, max_size=2)
        return many if isinstance(type_, PortsOf) else (inner | WORDS if type_.shape.word else inner)
    if isinstance(type_, ListOf):
        return st.lists(values_of(type_.of), max_size=3)
    if isinstance(type_, MapOf):
        return st.dictionaries(NAMES_OF_THINGS, values_of(type_.of), max_size=3)
    if isinstance(type_, Either):
        return values_of(type_.single) | values_of(type_.other)
    enum = getattr(type_, "json", {}).get("enum")
    return st.sampled_from(enum) if enum else NAMES_OF_THINGS | WORDS | st.integers(0, 300) | st.booleans()


def mappings_of(shape: Shape) -> st.SearchStrategy[dict[str, Any]]:
    """Data of the form of a shape, with what it must have and some of the rest."""
    fields = {each.written: values_of(each.type) for each in shape.fields if each.name not in ("was", "description")}
    needed = {each.written for each in shape.required}
    few = st.sets(st.sampled_from(sorted(fields)), max_size=6 if shape is DOCUMENT else 3)
    return few.flatmap(lambda keys: st.fixed_dictionaries({key: fields[key] for key in sorted(keys | needed)}))


def read(text: str) -> None:
    """Read any text: it declares records of its stacks, or has faults, each with a place; it raises nothing else."""
    found = declare(parse({"any.yaml": text}), LAB, NAMESPACE)
    faults = faults_of_documents({"any.yaml": text}, LAB)
    assert all(fault.place.startswith("any.yaml:") for fault in faults)
    assert set(map(str, found.faults)) <= set(map(str, faults))
    assert set(found.stacks) >= {each.stack for each in found.records} - {IMPLIED}
    if not found.faults:
        assert not found.unread
        assert all(map(is_known, found.records))


@given(st.text() | st.text(alphabet="{}[]:-,&*!|>'\"%@# \n\tab0?<~"))
def test_any_text_declares_something_or_has_faults(text: str) -> None:
    read(text)


@given(st.lists(mappings_of(DOCUMENT), min_size=1, max_size=2))
@settings(max_examples=200)
def test_anything_like_a_document_declares_something_or_has_faults(documents: list[dict[str, Any]]) -> None:
    read(yaml.dump_all(documents))


@pytest.mark.parametrize(
    "what",
    [
        "networks: {db: {cidr: 10.1.0.0/24}}",
        "routers: {edge: {}}",
        "instances: {web: {}}",
        "hosts: {leaf1: {target: web}}",
        "vlans: {v: {vlan_id: 5, devices: [leaf1]}}",
    ],
)
def test_what_is_at_a_target_of_which_two_are_declared_has_faults_too(what: str) -> None:
    target = "targets:\n  web: {driver: %s, endpoints: {leaf1: 'x://leaf1'}}\n"
    for one, other in (("eos", "frr"), ("web", "web"), ("[]", "eos")):
        read(f"{target % one}---\n{target % other}{what}\n")


@given(st.sampled_from(EXAMPLES), st.data())
@settings(max_examples=200)
def test_an_example_with_a_piece_replaced_declares_something_or_has_faults(example: Path, data: st.DataObject) -> None:
    text = example.read_text()
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 12)))
    read(text[:start] + data.draw(WORDS | st.text(max_size=3)) + text[end:])


# Places


def test_a_fault_of_a_record_is_found_where_its_field_was_written() -> None:
    text = "project: shop\nnetworks:\n  web: {cidr: 10.0.1.0/24}\ninstances: {a: {network: web, ip_address: 10.0.1.9}}"
    found = declared(text)
    port, subnet = only(Port, found), only(Subnet, found)
    for record, field, place in (
        (subnet, "cidr", "0.yaml:3:15"),
        (port, "fixed_ips", "0.yaml:4:43"),
        (port, "address", "0.yaml:4:43"),
        (port, "mac_address", "0.yaml:4:16"),
    ):
        fault = Fault("is wrong", field=field, record=(record.kind, record.id))
        assert locate(fault, found).place == place
    assert locate(Fault("is wrong", key='network "web"'), found).place == "0.yaml:3:8"
    assert locate(Fault("is wrong", record=("port", "another")), found).place == ""


def test_declaring_twice_gives_the_same_faults_once() -> None:
    documents = parse({"a.yaml": "instances: {a: {network: web, hosts: x}}"})
    said = [faults_of_documents(documents, EMPTY) for _ in range(2)]
    assert said[0] == said[1]
    assert len(said[0]) == 2
