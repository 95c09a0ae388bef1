"""Routers with several ways out: which way packets take, as whom, and where floating IPs of each network lead in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cpal.model.router import Router
from cpal.model.target import Placement
from tests.scenario.stage import Stage, stage
from tests.scenario.traffic import listening, ping, seen_as

OUTSIDE = """
project: admin
networks:
  public:
    external: true
    provider: {network_type: flat, physical_network: physnet1}
    subnets:
      public:
        cidr: 203.0.113.0/24
        gateway_ip: 203.0.113.254
        enable_dhcp: false
        allocation_pools: [203.0.113.10-203.0.113.99]
  other:
    external: true
    provider: {network_type: vlan, physical_network: physnet1, segmentation_id: 42}
    subnets:
      other:
        cidr: 198.51.100.0/24
        gateway_ip: 198.51.100.254
        enable_dhcp: false
        allocation_pools: [198.51.100.10-198.51.100.99]
"""
INSIDE = """
project: red
networks:
  web: {cidr: 10.0.1.0/24}
routers:
  edge:
    interfaces: [web]
    external_gateway: {network: public, ip_address: 203.0.113.20}
    more_gateways:
      - {network: other, ip_address: 198.51.100.20}
    enable_default_route_ecmp: ECMP
security_groups:
  open: {rules: [{direction: ingress, protocol: icmp}, {direction: ingress, protocol: tcp, port: 8080}]}
instances:
  web1:
    network: web
    security_groups: [open]
    host: hv1
    floating_ip: {network: public, floating_ip_address: 203.0.113.31}
  web2:
    network: web
    ip_address: 10.0.1.12
    security_groups: [open]
    host: hv2
    floating_ip: {network: other, floating_ip_address: 198.51.100.32}
  web3: {network: web, security_groups: [open], host: hv1}
"""
FIRST, OTHER, INTERNET = "203.0.113.254", "198.51.100.254", "192.0.2.1"


@pytest.fixture(scope="module")
def town() -> Iterator[Stage]:
    """A router that leads out by two networks."""
    with stage() as found:
        found.apply(OUTSIDE, INSIDE.replace("ECMP", "false"))
        yield found


def test_packets_do_what_is_predicted(town: Stage) -> None:
    assert town.disagreements() == []


def test_each_network_is_reached_by_the_gateway_there_and_all_else_by_the_first(town: Stage) -> None:
    with listening(town.lab, "outside-flat", 8080), listening(town.lab, "outside-vlan42", 8080):
        assert seen_as(town.lab, "red.web3", INTERNET, 8080) == "203.0.113.20"
        assert seen_as(town.lab, "red.web3", FIRST, 8080) == "203.0.113.20"
        assert seen_as(town.lab, "red.web3", OTHER, 8080) == "198.51.100.20"
        assert seen_as(town.lab, "red.web1", FIRST, 8080) == "203.0.113.31"
        assert seen_as(town.lab, "red.web1", OTHER, 8080) == "198.51.100.20"
        assert seen_as(town.lab, "red.web2", OTHER, 8080) == "198.51.100.32"
        assert seen_as(town.lab, "red.web2", FIRST, 8080) == "203.0.113.20"


def test_floating_ips_of_each_network_lead_in(town: Stage) -> None:
    with listening(town.lab, "red.web1", 8080), listening(town.lab, "red.web2", 8080):
        assert seen_as(town.lab, "outside-flat", "203.0.113.31", 8080) == FIRST
        assert seen_as(town.lab, "outside-vlan42", "198.51.100.32", 8080) == OTHER


def test_every_gateway_answers_where_it_is_placed(town: Stage) -> None:
    placed = [each.hosts for each in town.session.estate.all(Placement)]
    assert len(placed) == 2
    assert {hosts[0] for hosts in placed} == {"hv1", "hv2"}, "they share the hosts"
    assert ping(town.lab, "outside-vlan42", "198.51.100.20")
    assert ping(town.lab, "outside-flat", "203.0.113.20")


def test_with_ecmp_what_is_sent_goes_by_all_of_them(town: Stage) -> None:
    town.apply(OUTSIDE, INSIDE.replace("ECMP", "true"))
    try:
        one_way = "of the two next hops one alone leads to the Internet"
        assert {each.address for each in town.disagreements()} <= {INTERNET}, one_way
        [router] = town.session.estate.all(Router)
        assert town.nbctl("lr-route-list", f"cpal-{router.id}").count("ecmp") == 2
    finally:
        town.apply(OUTSIDE, INSIDE.replace("ECMP", "false"))
    assert town.plan("\n---\n".join((OUTSIDE, INSIDE.replace("ECMP", "false")))).empty
