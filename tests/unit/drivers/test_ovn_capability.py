"""What OVN cannot hold is said in a sentence, with the way out."""

from __future__ import annotations

import pytest

from cpal.core.driver import Cannot
from cpal.drivers.ovn.capability import CAPABILITY
from cpal.drivers.ovn.render import RENDER, SINGLETONS
from cpal.drivers.ovn.render.dhcp import LISTS, OPTIONS_OF, STRINGS
from cpal.drivers.ovn.tables import TABLES
from cpal.model.network import OVERLAY_TYPES, DhcpOption, Network, Port
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
    assert set(RENDER) - singletons == set(CAPABILITY.refuse) - {"placement"}


def test_containers_and_edges_name_columns_of_declared_tables() -> None:
    for table in TABLES.values():
        assert set(table.within) <= set(TABLES)
