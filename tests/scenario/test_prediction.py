"""What is predicted, against real packets: nothing disagrees, and nothing cannot be told.

Estates at random, of a few fixed seeds by default; `CPAL_PREDICTION_SEEDS=100-160` tries others, for long hunts. And
what such hunts found, each as the smallest estate that shows it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import pytest

from cpal.faces.verify import AGAIN
from cpal.model.target import Placement
from tests.scenario.chance import STACKS, changes_for, draw
from tests.scenario.stage import Stage, stage
from tests.scenario.traffic import listening, ping

INTERNET, OUTSIDE = "192.0.2.1", "203.0.113.254"
SEEDS = (2, 74)
"""Estates of many flows, of which many get through."""

PUBLIC = """
project: admin
networks:
  public:
    external: true
    provider: {network_type: flat, physical_network: physnet1}
    subnets: {public: {cidr: 203.0.113.0/24, gateway_ip: 203.0.113.254, enable_dhcp: false}}
"""

ROUTER_DOWN = """
project: red
networks:
  web:
    subnets:
      web: {cidr: 10.0.1.0/24}
      web6: {cidr: "fd00:1::/64", ipv6_ra_mode: slaac, ipv6_address_mode: slaac}
routers:
  edge: {admin_state_up: false, interfaces: [web, web6], external_gateway: {network: public}}
security_groups:
  open: {rules: [{direction: ingress}, {direction: ingress, ethertype: IPv6}]}
instances:
  web1: {network: web, security_groups: [open], host: hv1}
  web2: {network: web, security_groups: [open], host: hv2}
"""

TWO_INTERFACES = """
project: red
networks:
  db: {subnets: {db: {cidr: 10.0.2.0/24, enable_dhcp: false}}}
  web: {cidr: 10.0.1.0/24}
routers:
  edge: {interfaces: [web, db]}
security_groups:
  open: {rules: [{direction: ingress}]}
instances:
  both1:
    host: hv1
    ports:
      db: {network: db, security_groups: [open]}
      web: {network: web, security_groups: [open]}
  web1: {network: web, security_groups: [open], host: hv2}
  db1: {network: db, security_groups: [open], host: hv2}
"""

HAIRPIN = """
project: red
networks:
  web: {cidr: 10.0.1.0/24}
  db: {cidr: 10.0.2.0/24}
routers:
  edge: {interfaces: [web, db], external_gateway: {network: public}}
security_groups:
  open: {rules: [{direction: ingress}]}
  near: {rules: [{direction: ingress, remote_ip_prefix: 10.0.0.0/8}]}
instances:
  web1: {network: web, security_groups: [open], host: hv1, floating_ip: public}
  web2: {network: web, security_groups: [near], host: hv2, floating_ip: public}
  db1: {network: db, security_groups: [open], host: hv2}
  both1:
    host: hv1
    ports:
      db: {network: db, security_groups: [open]}
      web: {network: web, security_groups: [open]}
"""

INNER = """
project: red
networks:
  web: {cidr: 10.0.1.0/24}
routers:
  edge: {interfaces: [web]}
instances:
  web1: {network: web, host: hv1}
  web2: {network: web, host: hv2}
"""
ACROSS = """
project: red
networks:
  web: {cidr: 10.0.1.0/24}
security_groups:
  open: {rules: [{direction: ingress, protocol: icmp}, {direction: ingress, protocol: tcp, port: 80}]}
instances:
  web1: {network: web, security_groups: [open], host: hv1}
  web2: {network: web, host: hv2}
"""
TUNNEL_LOSES = """add table netdev late {
  chain out { type filter hook egress device "eth0" priority 0; udp dport 6081 drop; };
}"""
"""Rules of nft(8) for a hypervisor, whichever datapath it has."""
OUTWARD = INNER.replace("interfaces: [web]", "interfaces: [web], external_gateway: {network: public}")
ECHOES = """
import socket, struct, sys, time
sender = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
for identifier in range(43690):
    echo = struct.pack("!BBHHH", 8, 0, 65535 - (0x0800 + identifier) % 65535, identifier, 0)
    sender.sendto(echo, (sys.argv[1], 0))
    if identifier % 64 == 0:
        time.sleep(0.004)
"""
"""Sends an echo request with each of two thirds of all identifiers, no faster than the switches forward them."""

TWO_WAYS = """
project: red
networks:
  web: {cidr: 10.0.1.0/24}
  transit: {cidr: 10.0.9.0/24}
  far: {cidr: 10.0.3.0/24}
routers:
  edge:
    interfaces: [web, {subnet: transit, ip_address: 10.0.9.1}]
    routes: [{destination: 10.0.3.0/24, nexthop: 10.0.9.2}, {destination: 10.0.3.0/24, nexthop: 10.0.9.3}]
  left:
    interfaces: [far, {subnet: transit, ip_address: 10.0.9.2}]
    routes: [{destination: 10.0.1.0/24, nexthop: 10.0.9.1}]
  right:
    interfaces: [{subnet: far, ip_address: 10.0.3.3}, {subnet: transit, ip_address: 10.0.9.3}]
security_groups:
  open: {rules: [{direction: ingress}]}
instances:
  web1: {network: web, security_groups: [open], host: hv1}
  far1: {network: far, security_groups: [open], host: hv2, ip_address: 10.0.3.11}
"""
MANY_CONNECTIONS = """
import select, socket, sys
asked = [socket.socket() for _ in range(24)]
for each in asked:
    each.setblocking(False)
    each.connect_ex((sys.argv[1], int(sys.argv[2])))
waiting, made, rest_s = set(asked), 0, 30
while waiting and (ready := select.select([], waiting, [], rest_s)[1]):
    made += sum(each.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0 for each in ready)
    waiting -= set(ready)
    rest_s = float(sys.argv[3])
print(made)
"""
"""Asks for 24 connections at once; how many were made. It waits for more as long as its last argument says."""

VLAN_BESIDE_OVERLAY = """
project: red
networks:
  web:
    provider: {network_type: vlan, physical_network: physnet1, segmentation_id: 100}
    cidr: 10.0.1.0/24
  db: {cidr: 10.0.2.0/24}
routers:
  edge: {interfaces: [web, db], external_gateway: {network: public, enable_snat: false}}
security_groups:
  open: {rules: [{direction: ingress}]}
instances:
  web1: {network: web, security_groups: [open], host: hv1}
  web2: {network: web, security_groups: [open], host: hv2}
"""
FAR_FROM_THE_GATEWAY = """
  db1: {network: db, security_groups: [open], host: HOST}
"""

WITHOUT_PORTS = """
project: red
networks:
  web: {cidr: 10.0.1.0/24}
  db: {cidr: 10.0.2.0/24}
routers:
  edge: {interfaces: [web, db], external_gateway: {network: public}}
security_groups:
  shy:
    rules:
      - {direction: ingress, protocol: gre, remote_ip_prefix: 198.18.0.0/15}
      - {direction: ingress, protocol: sctp, port: 36412, remote_ip_prefix: 203.0.113.0/24}
instances:
  web1: {network: web, ip_address: 10.0.1.11, security_groups: [shy], host: hv1}
  web2: {network: web, ip_address: 10.0.1.12, security_groups: [shy], host: hv2}
  db1: {network: db, security_groups: [shy], host: hv1, floating_ip: public}
---
project: blue
networks:
  web: {cidr: 10.0.1.0/24}
instances:
  web1: {network: web, ip_address: 10.0.1.12, host: hv2}
  web2: {network: web, ip_address: 10.0.1.11, host: hv2}
"""


def seeds() -> list[int]:
    """The seeds to try: those named by the environment, else the fixed ones."""
    first, _, last = os.environ.get("CPAL_PREDICTION_SEEDS", "").partition("-")
    return list(range(int(first), int(last or first) + 1)) if first else list(SEEDS)


@pytest.fixture(scope="module")
def empty_town() -> Iterator[Stage]:
    """A lab that every estate of this module comes to in turn."""
    with stage() as found:
        yield found


@pytest.fixture
def town(empty_town: Stage) -> Iterator[Stage]:
    """The lab; nothing that a test declares there stays."""
    yield empty_town
    session = empty_town.session
    empty_town.destroy(*(set(STACKS) & session.stacks().keys()))


def reached(town: Stage) -> set[tuple[str, str, str]]:
    """Who reaches whom with which protocol, in packets as predicted."""
    results = town.session.verify()
    assert [result for result in results if not result.agrees] == []
    return {
        (result.source, result.destination, result.protocol.partition("/")[0]) for result in results if result.observed
    }


@pytest.mark.parametrize("seed", seeds())
def test_an_estate_at_random_is_as_predicted(town: Stage, seed: int) -> None:
    session = town.session
    session.apply(session.plan_changes(changes_for(draw(seed), session.estate), prove=False))
    reached(town)
    assert session.plan().empty


def test_behind_a_router_that_is_down_neighbours_still_reach_each_other(town: Stage) -> None:
    """Nobody claims its gateway, and no advertisement tells an IPv6 address: neither is waited for."""
    town.apply(PUBLIC, ROUTER_DOWN)
    assert ("red/web1", "red/web2", "icmpv6") in reached(town)


def test_packets_that_come_too_late_are_looked_for_a_second_time(town: Stage) -> None:
    """The tunnel loses all packets until the prober tries again; what is denied is not tried twice."""
    town.apply(ACROSS)
    hypervisors = [hypervisor.name for hypervisor in town.lab.hypervisors]
    for name in hypervisors:
        town.run(name, "nft", TUNNEL_LOSES)
    told: list[str] = []

    def pass_on_again(words: str) -> None:
        told.append(words)
        if words.startswith(AGAIN) and not any(each.startswith(AGAIN) for each in told[:-1]):
            for name in hypervisors:
                town.run(name, "nft", "delete table netdev late")

    results = [each for each in town.session.verify(pass_on_again) if each.source.startswith("red/")]
    assert [each for each in results if not each.agrees] == []
    late = {each.protocol for each in results if each.evidence.endswith("at the second try")}
    assert {"icmp", "tcp/80"} <= late
    assert not [each for each in results if not each.predicted and each.evidence.endswith("at the second try")]


def test_each_interface_of_an_instance_stands_for_itself(town: Stage) -> None:
    """It answers who asks across the router by the interface that was asked, and finds its neighbours meanwhile."""
    town.apply(TWO_INTERFACES)
    assert {("red/web1", "red/both1:db", "icmp"), ("red/db1", "red/both1:web", "tcp")} <= reached(town)


def test_floating_ips_are_reached_from_behind_the_same_router(town: Stage) -> None:
    """Who is on the same network as the answer gets it from another address than asked: that is no answer."""
    town.apply(PUBLIC, HAIRPIN)
    assert ("red/db1", "red/web1", "icmp") in reached(town)


def test_a_new_gateway_carries_packets_from_every_hypervisor_at_once(town: Stage) -> None:
    """As soon as it is applied: its host has claimed it, and the other hypervisor may send there."""
    for _ in range(4):
        town.apply(PUBLIC, INNER)
        town.apply(PUBLIC, OUTWARD)
        shown = {host: town.run(host, "ovs-appctl", "bfd/show") for host in ("hv1", "hv2")}
        assert all("Forwarding: true" in text for text in shown.values()), shown
        for machine in ("red.web2", "red.web1"):
            assert ping(town.lab, machine, INTERNET), machine


def test_an_echo_gets_out_though_its_identifier_is_still_another_s(town: Stage) -> None:
    """A router that translates carries an identifier for one sender at a time, and remembers whom it was."""
    town.apply(PUBLIC, OUTWARD)
    town.run("red.web1", sys.executable, "-c", ECHOES, OUTSIDE)
    assert ("red/web2", "outside-flat", "icmp") in reached(town)


def test_routes_that_differ_in_the_next_hop_alone_share_the_connections(town: Stage) -> None:
    """All are made while both routers lead there; when one is down some are, and some are not."""
    town.apply(PUBLIC, TWO_WAYS)
    assert {("red/web1", "red/far1", "tcp"), ("red/far1", "red/web1", "tcp")} <= reached(town)
    with listening(town.lab, "red.far1", 8080):

        def made(rest_s: int) -> int:
            return int(town.run("red.web1", sys.executable, "-c", MANY_CONNECTIONS, "10.0.3.11", "8080", str(rest_s)))

        assert made(rest_s=30) == 24
        town.apply(PUBLIC, TWO_WAYS.replace("  right:\n", "  right:\n    admin_state_up: false\n"))
        assert 0 < made(rest_s=1) < 24


def test_a_router_between_a_vlan_and_an_overlay_is_found_by_switches(town: Stage) -> None:
    """Each hypervisor routes into the VLAN; the switch must not learn the router where its gateway is not."""
    town.apply(PUBLIC, VLAN_BESIDE_OVERLAY)
    [placement] = town.session.estate.all(Placement)
    town.apply(PUBLIC, VLAN_BESIDE_OVERLAY + FAR_FROM_THE_GATEWAY.replace("HOST", placement.hosts[-1]))
    for _ in range(2):
        assert {("red/web1", "red/db1", "icmp"), ("red/web2", "red/db1", "icmp")} <= reached(town)


def test_protocols_without_ports_are_judged_each_way_by_themselves(town: Stage) -> None:
    """What goes one way would let the other in as its reply, in a project with the same addresses too."""
    town.apply(PUBLIC, WITHOUT_PORTS)
    seen = reached(town)
    assert ("blue/web1", "blue/web2", "47") in seen
    assert not {(one, other) for one, other, protocol in seen if protocol == "47" and other.startswith("red/")}
