"""The way out and in: source and destination translation, flat and VLAN provider networks, with hosts beyond."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cpal.model.security import TCP
from cpal.reach.flow import Flow, Service
from cpal.reach.predict import verdict
from tests.scenario.stage import Stage, stage
from tests.scenario.traffic import listening, ping, seen_as

PROVIDERS = """
project: admin
networks:
  public:
    external: true
    shared: true
    provider: {network_type: flat, physical_network: physnet1}
    subnets:
      public:
        cidr: 203.0.113.0/24
        gateway_ip: 203.0.113.254
        enable_dhcp: false
        allocation_pools: [203.0.113.10-203.0.113.99]
  legacy:
    shared: true
    provider: {network_type: vlan, physical_network: physnet1, segmentation_id: 42}
    subnets:
      legacy: {cidr: 198.51.100.0/24, gateway_ip: 198.51.100.254, allocation_pools: [198.51.100.10-198.51.100.99]}
"""
TENANT = """
project: red
networks:
  web: {cidr: 10.0.1.0/24}
  db: {cidr: 10.0.2.0/24}
  closed: {cidr: 10.0.3.0/24}
routers:
  edge:
    interfaces: [web]
    external_gateway: {network: public, ip_address: 203.0.113.20}
  spread:
    distributed: true
    interfaces: [db]
    external_gateway: {network: public, ip_address: 203.0.113.21}
  plain:
    interfaces: [closed]
    external_gateway: {network: public, ip_address: 203.0.113.22, enable_snat: false}
security_groups:
  open:
    rules:
      - {direction: ingress, protocol: icmp}
      - {direction: ingress, protocol: tcp, port: 8080}
      - {direction: ingress, protocol: udp, port: 8081}
instances:
  web1:
    network: web
    ip_address: 10.0.1.11
    security_groups: [open]
    host: hv1
    floating_ip: {network: public, floating_ip_address: 203.0.113.31}
  web2: {network: web, ip_address: 10.0.1.12, security_groups: [open], host: hv2}
  db1:
    network: db
    ip_address: 10.0.2.11
    security_groups: [open]
    host: hv1
    floating_ip: {network: public, floating_ip_address: 203.0.113.41}
  db2:
    network: db
    ip_address: 10.0.2.12
    security_groups: [open]
    host: hv2
    floating_ip: {network: public, floating_ip_address: 203.0.113.42}
  db3: {network: db, ip_address: 10.0.2.13, security_groups: [open], host: hv2}
  closed1: {network: closed, ip_address: 10.0.3.11, security_groups: [open], host: hv1}
  flat1: {network: public, ip_address: 203.0.113.51, security_groups: [open], host: hv2}
  vlan1: {network: legacy, ip_address: 198.51.100.51, security_groups: [open], host: hv1}
  vlan2: {network: legacy, ip_address: 198.51.100.52, security_groups: [open], host: hv2}
floating_ips:
  shared:
    network: public
    floating_ip_address: 203.0.113.61
    port_forwardings:
      - {protocol: tcp, external_port: 2080, port: web2, internal_port: 8080}
      - {protocol: udp, external_port: 2080, port: web2, internal_port: 8081}
  spread:
    network: public
    floating_ip_address: 203.0.113.62
    port_forwardings:
      - {protocol: tcp, external_port: 3000-3001, port: db3, internal_port: 8079-8080}
"""
INTERNET = "192.0.2.1"


@pytest.fixture(scope="module")
def town() -> Iterator[Stage]:
    """A tenant behind three routers, and machines on the provider networks."""
    with stage() as found:
        found.apply(PROVIDERS, TENANT)
        yield found


def test_packets_do_what_is_predicted(town: Stage) -> None:
    assert town.disagreements() == []


def test_machines_without_floating_ip_go_out_as_their_router(town: Stage) -> None:
    with listening(town.lab, "outside-flat", 8080):
        assert seen_as(town.lab, "red.web2", INTERNET, 8080) == "203.0.113.20"
        assert seen_as(town.lab, "red.web2", "203.0.113.254", 8080) == "203.0.113.20"


def test_forwarded_ports_lead_in_from_outside_and_inside_and_others_nowhere(town: Stage) -> None:
    with listening(town.lab, "red.web2", 8080):
        assert seen_as(town.lab, "outside-flat", "203.0.113.61", 2080) == "203.0.113.254"
        assert seen_as(town.lab, "red.web1", "203.0.113.61", 2080) == "10.0.1.11"
        assert seen_as(town.lab, "red.db1", "203.0.113.61", 2080) == "203.0.113.41"
        assert seen_as(town.lab, "outside-flat", "203.0.113.61", 8080, tries=1) == ""
    with listening(town.lab, "red.web2", 8081, "udp"):
        assert seen_as(town.lab, "outside-flat", "203.0.113.61", 2080, "udp") == "203.0.113.254"
    with listening(town.lab, "red.db3", 8080):
        assert seen_as(town.lab, "outside-flat", "203.0.113.62", 3001) == "203.0.113.254"
        assert seen_as(town.lab, "red.web2", "203.0.113.62", 3001) == "203.0.113.20"


@pytest.mark.parametrize(
    ("source", "machine", "address", "port"),
    [
        *((source, machine, address, port) for source in ("outside-flat", "red/web1", "red/db1", "red/closed1")
          for machine, address, port in (("red/web2", "203.0.113.61", 2080), ("red/db3", "203.0.113.62", 3001))),
        ("red/web1", "red/web2", "203.0.113.61", 8080),
    ],
)  # fmt: skip
def test_forwarded_ports_do_what_is_predicted(town: Stage, source: str, machine: str, address: str, port: int) -> None:
    flow = Flow(source, machine, address, Service(4, TCP, port))
    predicted = verdict(town.session.estate, flow)
    with listening(town.lab, machine.replace("/", "."), 8080):
        seen = seen_as(town.lab, source.replace("/", "."), address, port, tries=2 if predicted.reachable else 1)
    assert bool(seen) == predicted.reachable, (predicted, seen)
    assert predicted.reachable == (port != 8080 and source != "red/closed1"), predicted


def test_forwarded_ports_are_probed_with_the_rest_and_one_that_is_gone_is_seen(town: Stage) -> None:
    forwarded = {"203.0.113.61": "red/web2", "203.0.113.62": "red/db3"}
    results = [each for each in town.session.verify() if each.address in forwarded]
    assert all(each.agrees and each.destination == forwarded[each.address] for each in results)
    seen = {(each.address, each.protocol) for each in results if each.observed}
    assert seen == {("203.0.113.61", "tcp/2080"), ("203.0.113.61", "udp/2080"), ("203.0.113.62", "tcp/3001")}
    assert "tcp/3000" in {each.protocol for each in results}, "it leads to a port that no rule lets in"
    assert {each.observed for each in results if each.source == "red/closed1"} == {False}
    [balancer] = town.nbctl("--bare", "--columns=name", "find", "Load_Balancer", "protocol=udp").split()
    town.nbctl("lb-del", balancer, "203.0.113.61:2080")
    town.session.settled(30)
    wrong = {(each.address, each.protocol, each.observed) for each in town.disagreements()}
    assert wrong == {("203.0.113.61", "udp/2080", False)}
    town.repair()
    assert town.disagreements() == []


def test_without_translation_no_reply_finds_the_way_back(town: Stage) -> None:
    with listening(town.lab, "outside-flat", 8080):
        assert seen_as(town.lab, "red.closed1", INTERNET, 8080, tries=1) == ""


@pytest.mark.parametrize(
    ("machine", "inner", "outer"),
    [
        ("red.web1", "10.0.1.11", "203.0.113.31"),
        ("red.db1", "10.0.2.11", "203.0.113.41"),
        ("red.db2", "10.0.2.12", "203.0.113.42"),
    ],
    ids=["centralised", "distributed on hv1", "distributed on hv2"],
)
def test_a_floating_ip_leads_in_and_out(town: Stage, machine: str, inner: str, outer: str) -> None:
    with listening(town.lab, machine, 8080):
        assert seen_as(town.lab, "outside-flat", outer, 8080) == "203.0.113.254"
    with listening(town.lab, "outside-flat", 8080):
        assert seen_as(town.lab, machine, INTERNET, 8080) == outer
    assert ping(town.lab, "outside-flat", outer)
    assert not ping(town.lab, "outside-flat", inner)


def test_floating_ips_of_two_machines_meet_in_the_middle(town: Stage) -> None:
    with listening(town.lab, "red.db2", 8080):
        assert seen_as(town.lab, "red.web1", "203.0.113.42", 8080) == "203.0.113.31"
        assert seen_as(town.lab, "red.web2", "203.0.113.42", 8080) == "203.0.113.20"
        assert seen_as(town.lab, "red.web1", "10.0.2.12", 8080, tries=1) == ""


def test_distributed_floating_ips_answer_from_the_machines_own_hypervisor(town: Stage) -> None:
    """Each has a MAC address of its own outside; the centralised ones have their router's."""
    for address in ("203.0.113.31", "203.0.113.20", "203.0.113.41", "203.0.113.42"):
        ping(town.lab, "outside-flat", address)
    lines = [line.split() for line in town.run("outside-flat", "ip", "-4", "neigh").splitlines()]
    macs = {line[0]: line[4] for line in lines if "lladdr" in line}
    assert macs["203.0.113.31"] == macs["203.0.113.20"]
    assert len({macs[ip] for ip in ("203.0.113.20", "203.0.113.41", "203.0.113.42")}) == 3


def test_flat_and_vlan_provider_networks_reach_the_machines_beyond(town: Stage) -> None:
    with listening(town.lab, "outside-flat", 8080):
        assert seen_as(town.lab, "red.flat1", "203.0.113.254", 8080) == "203.0.113.51"
    with listening(town.lab, "outside-vlan42", 8080):
        assert seen_as(town.lab, "red.vlan1", "198.51.100.254", 8080) == "198.51.100.51"
        assert seen_as(town.lab, "red.vlan2", "198.51.100.254", 8080) == "198.51.100.52"
    with listening(town.lab, "red.vlan2", 8080):
        assert seen_as(town.lab, "red.vlan1", "198.51.100.52", 8080) == "198.51.100.51"
        assert seen_as(town.lab, "outside-vlan42", "198.51.100.52", 8080) == "198.51.100.254"
    assert not ping(town.lab, "red.flat1", "198.51.100.52")


def test_an_unbound_floating_ip_leads_nowhere_any_more(town: Stage) -> None:
    without = TENANT.replace("    floating_ip: {network: public, floating_ip_address: 203.0.113.31}\n", "")
    town.apply(PROVIDERS, without)
    assert not ping(town.lab, "outside-flat", "203.0.113.31")
    with listening(town.lab, "outside-flat", 8080):
        assert seen_as(town.lab, "red.web1", INTERNET, 8080) == "203.0.113.20"
    town.apply(PROVIDERS, TENANT)
    assert ping(town.lab, "outside-flat", "203.0.113.31")
