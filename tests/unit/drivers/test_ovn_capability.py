"""What OVN cannot hold is said in a sentence, with the way out."""

from __future__ import annotations

import pytest

from cpal.core.driver import Cannot
from cpal.drivers.ovn.capability import CAPABILITY
from cpal.drivers.ovn.render import RENDER, SINGLETONS
from cpal.drivers.ovn.render.dhcp import LISTS, OPTIONS_OF, STRINGS
from cpal.drivers.ovn.tables import TABLES
from cpal.model.instance import Instance
from cpal.model.network import (
    OVERLAY_TYPES,
    ROUTER_GATEWAY,
    ROUTER_INTERFACE,
    DhcpOption,
    HostRoute,
    Network,
    Port,
    Subnet,
)
from cpal.model.qos import QOS_RULES
from cpal.model.record import Record
from cpal.model.router import FloatingIP
from cpal.model.security import SecurityGroupRule
from cpal.model.target import Target


def refused(record: Record, encap: str = "geneve") -> list[Cannot]:
    """What a target with this tunnel cannot hold of a record."""
    target = Target(id="t", name="t", driver="ovn", encap=encap)
    return list(CAPABILITY.refuse[record.kind](target, record))


@pytest.mark.parametrize("encap", ["geneve", "vxlan"])
@pytest.mark.parametrize("kind", OVERLAY_TYPES)
def test_an_overlay_is_what_the_hypervisors_tunnel_with(kind: str, encap: str) -> None:
    found = refused(Network(id="n", network_type=kind, segmentation_id=7), encap)
    assert [cannot.field for cannot in found] == ([] if kind == encap else ["network_type"])
    assert all(f"use {encap}" in cannot.remedy for cannot in found)


def test_stt_is_refused_with_its_history() -> None:
    assert "25.09" in refused(Network(id="n", network_type="stt"))[0].why


@pytest.mark.parametrize("encap", OVERLAY_TYPES)
def test_a_target_tunnels_with_what_ovn_has(encap: str) -> None:
    target = Target(id="t", name="t", driver="ovn", encap=encap)
    refuse = CAPABILITY.refuse["target"]
    found = list(refuse(target, target))
    assert [cannot.field for cannot in found] == ([] if encap in ("geneve", "vxlan") else ["encap"])
    assert not list(refuse(Target(id="other", name="o", driver="ovn"), target)), "another target's driver speaks of it"


@pytest.mark.parametrize("encap", OVERLAY_TYPES)
@pytest.mark.parametrize("kind", OVERLAY_TYPES)
def test_no_remedy_names_a_tunnel_that_is_refused(kind: str, encap: str) -> None:
    for cannot in refused(Network(id="n", network_type=kind, segmentation_id=7), encap):
        assert not {"stt", "nvgre"} & set(cannot.remedy.replace(",", "").split())


def test_an_instance_is_a_namespace() -> None:
    assert not refused(Instance(id="i"))
    assert [cannot.field for cannot in refused(Instance(id="i", image="debian-12"))] == ["image"]


@pytest.mark.parametrize(
    ("cidr", "nexthop", "fits"), [("10.0.1.0/24", "10.0.1.9", True), ("fd00:1::/64", "fd00:1::9", False)]
)
def test_host_routes_are_told_where_dhcp_has_an_option_for_them(cidr: str, nexthop: str, fits: bool) -> None:
    route = HostRoute("192.0.2.0/24" if fits else "2001:db8::/32", nexthop)
    found = refused(
        Subnet(id="s", network_id="n", cidr=cidr, ipv6_ra_mode="" if fits else "slaac", host_routes=(route,))
    )
    assert [cannot.field for cannot in found] == ([] if fits else ["host_routes"])


@pytest.mark.parametrize(
    ("ra_mode", "address_mode", "servers", "fits"),
    [
        ("slaac", "slaac", 1, True),
        ("slaac", "slaac", 2, False),
        ("slaac", "", 2, False),
        ("dhcpv6-stateful", "", 2, False),
        ("dhcpv6-stateful", "dhcpv6-stateful", 3, True),
        ("dhcpv6-stateless", "dhcpv6-stateless", 2, True),
        ("", "dhcpv6-stateful", 2, True),
    ],
)
def test_name_servers_are_told_by_dhcp_or_one_by_router_advertisements(
    ra_mode: str, address_mode: str, servers: int, fits: bool
) -> None:
    names = tuple(f"fd00::{number}" for number in range(servers))
    subnet = Subnet(
        id="s", network_id="n", cidr="fd00:1::/64", ipv6_ra_mode=ra_mode, ipv6_address_mode=address_mode,
        dns_nameservers=names,
    )  # fmt: skip
    assert [cannot.field for cannot in refused(subnet)] == ([] if fits else ["dns_nameservers"])


@pytest.mark.parametrize(("encap", "vni", "fits"), [("geneve", 16_777_215, True), ("geneve", 16_777_216, False),
                                                    ("vxlan", 4095, True), ("vxlan", 4096, False)])  # fmt: skip
def test_a_vni_has_to_fit_into_what_ovn_makes_of_the_header(encap: str, vni: int, fits: bool) -> None:
    found = refused(Network(id="n", network_type=encap, segmentation_id=vni), encap)
    assert (found == []) is fits
    assert all(cannot.field == "segmentation_id" for cannot in found)


def test_provider_networks_are_held_whatever_the_tunnel() -> None:
    assert not refused(Network(id="n", network_type="flat", physical_network="p"), "vxlan")
    assert not refused(Network(id="n", network_type="vlan", physical_network="p", segmentation_id=4094), "vxlan")


@pytest.mark.parametrize(
    ("option", "fits"),
    [
        (DhcpOption("ntp-server", "10.0.0.1"), True),
        (DhcpOption("42", "10.0.0.1"), True),
        (DhcpOption("bootfile-name", '"x"'), True),
        (DhcpOption("dhcp_disabled", "true"), True),
        (DhcpOption("dhcp_disabled", "False"), True),
        (DhcpOption("dhcp_disabled", "perhaps"), False),
        (DhcpOption("dns-server", "fd00::1", ip_version=6), True),
        (DhcpOption("domain-search", "a.example,b.example"), True),
        (DhcpOption("domain-search", "corp", ip_version=6), True),
        (DhcpOption("domain-search", "corp.example", ip_version=6), False),
        (DhcpOption("24", '"corp.example"', ip_version=6), False),
        (DhcpOption("24", "corp,example", ip_version=6), False),
        (DhcpOption("43", "01:02"), False),
        (DhcpOption("ntp-server", "fd00::1", ip_version=6), False),
        (DhcpOption("bootfile-name", 'x"); next; ("'), False),
        (DhcpOption("router", "10.0.0.1}; drop; {"), False),
    ],
)
def test_dhcp_options_are_those_that_ovn_can_send(option: DhcpOption, fits: bool) -> None:
    found = refused(Port(id="p", network_id="n", extra_dhcp_opts=(option,)))
    assert (found == []) is fits
    assert all(cannot.field == "extra_dhcp_opts" for cannot in found)


@pytest.mark.parametrize(
    ("options", "fits"),
    [
        ((DhcpOption("mtu", "1300"), DhcpOption("26", "1400")), False),
        ((DhcpOption("dns-server", "10.0.0.1"), DhcpOption("dns-server", "fd00::1", ip_version=6)), True),
        ((DhcpOption("dhcp_disabled", "true"), DhcpOption("mtu", "1300")), False),
        ((DhcpOption("dhcp_disabled", "false"), DhcpOption("mtu", "1300")), True),
        ((DhcpOption("dhcp_disabled", "true"), DhcpOption("domain-search", "corp", ip_version=6)), True),
    ],
)
def test_no_dhcp_option_silences_another(options: tuple[DhcpOption, ...], fits: bool) -> None:
    found = refused(Port(id="p", network_id="n", extra_dhcp_opts=options))
    assert [cannot.field for cannot in found] == ([] if fits else ["extra_dhcp_opts"])


@pytest.mark.parametrize("owner", [ROUTER_INTERFACE, ROUTER_GATEWAY])
def test_a_routers_port_is_neither_filtered_nor_bound(owner: str) -> None:
    port = Port(id="p", network_id="n", device_owner=owner, port_security_enabled=False)
    assert not refused(port)
    found = refused(Port(id="p", network_id="n", device_owner=owner, port_security_enabled=True, host_id="hv1"))
    assert [cannot.field for cannot in found] == ["port_security_enabled", "host_id"]


def test_an_unknown_dhcp_option_is_answered_with_those_there_are() -> None:
    [cannot] = refused(Port(id="p", network_id="n", extra_dhcp_opts=(DhcpOption("vendor-class", "x"),)))
    assert "tftp-server" in cannot.remedy


def test_every_dhcp_option_has_a_way_of_writing() -> None:
    words = {word for known in OPTIONS_OF.values() for word in known.values()}
    assert words >= STRINGS
    assert words >= LISTS
    assert not STRINGS & LISTS


@pytest.mark.parametrize(
    ("protocol", "port", "fits"), [("tcp", 80, True), ("sctp", 80, True), ("dccp", 80, False), ("136", 80, False),
                                   ("dccp", None, True), ("gre", None, True)],
)  # fmt: skip
def test_ports_are_matched_where_ovn_knows_them(protocol: str, port: int | None, fits: bool) -> None:
    rule = SecurityGroupRule(
        id="r", security_group_id="g", direction="ingress", protocol=protocol, port_range_min=port, port_range_max=port
    )
    assert (refused(rule) == []) is fits


def test_a_floating_ip_stays_in_its_ip_version() -> None:
    floating = FloatingIP(
        id="f", floating_network_id="n", floating_ip_address="203.0.113.5", fixed_ip_address="fd00::5"
    )
    assert [cannot.field for cannot in refused(floating)] == ["fixed_ip_address"]


@pytest.mark.parametrize(("field", "value"), [("host_id", "hv1,hv2"), ("dns_name", "a.b"), ("dns_name", "a b")])
def test_words_that_ovn_would_misread_are_refused(field: str, value: str) -> None:
    port = Port(id="p", network_id="n", **{field: value})  # type: ignore[arg-type]  # the field is a parameter
    assert [cannot.field for cannot in refused(port)] == [field]


def test_what_is_rendered_is_declared() -> None:
    singletons = {key.kind for key in SINGLETONS}
    told_by_others = {
        "placement", "target", "instance", "trunk", "port_forwarding", "log", "qos_policy",
        *(kind.kind for kind in QOS_RULES),
    }  # fmt: skip
    never = {limit.kind for limit in CAPABILITY.limits if limit.never}
    assert set(RENDER) - singletons == set(CAPABILITY.refuse) - told_by_others - never


def test_containers_and_edges_name_columns_of_declared_tables() -> None:
    for table in TABLES.values():
        assert set(table.within) <= set(TABLES)
