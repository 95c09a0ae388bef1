"""IPv6: addresses by router advertisement and by DHCPv6, and routers between them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from scapy.layers.inet6 import ICMPv6ND_RS, ICMPv6NDOptSrcLLAddr, IPv6
from scapy.layers.l2 import Ether

from tests.scenario.stage import Stage, stage
from tests.scenario.traffic import captured, decoded, largest_ping, listening, ping, seen_as, send

DOCUMENTS = """
project: red
networks:
  auto:
    subnets:
      auto4: {cidr: 10.0.1.0/24}
      auto6: {cidr: "fd00:1::/64", ipv6_ra_mode: slaac, ipv6_address_mode: slaac}
  told:
    dns_domain: corp
    subnets:
      told6:
        {cidr: "fd00:2::/64", ipv6_ra_mode: dhcpv6-stateful, ipv6_address_mode: dhcpv6-stateful,
         dns_nameservers: ["fd00:2::53"]}
  mixed:
    dns_domain: red.example
    subnets:
      mixed6:
        {cidr: "fd00:3::/64", ipv6_ra_mode: dhcpv6-stateless, ipv6_address_mode: dhcpv6-stateless,
         dns_nameservers: ["fd00:3::53"]}
  byhand:
    subnets:
      byhand6: {cidr: "fd00:4::/64"}
routers:
  edge: {interfaces: [auto4, auto6, told, mixed, byhand]}
security_groups:
  open:
    rules:
      - {direction: ingress, ethertype: IPv6, protocol: icmp}
      - {direction: ingress, ethertype: IPv6, protocol: tcp, port: 8080}
instances:
  auto1: {network: auto, security_groups: [open], host: hv1}
  auto2: {network: auto, security_groups: [open], host: hv2}
  told1: {network: told, ip_address: "fd00:2::11", security_groups: [open], host: hv2}
  mixed1: {network: mixed, security_groups: [open], host: hv1}
  byhand1: {network: byhand, ip_address: "fd00:4::11", security_groups: [open], host: hv2}
"""


@pytest.fixture(scope="module")
def town() -> Iterator[Stage]:
    """Four networks with IPv6, each handing out addresses in its own way."""
    with stage() as found:
        found.apply(DOCUMENTS)
        yield found


def six(town: Stage, instance: str) -> str:
    """The IPv6 address that the estate gives an instance."""
    [found] = [ip for ip in town.port("red", instance).addresses if ":" in ip]
    return found


def held(town: Stage, name: str) -> set[str]:
    """The global IPv6 addresses that a machine really has."""
    words = town.run(name, "ip", "-6", "-o", "addr", "show", "scope", "global").split()
    return {address.partition("/")[0] for key, address in pairwise(words) if key == "inet6"}


def test_packets_do_what_is_predicted(town: Stage) -> None:
    assert town.disagreements() == []


@pytest.mark.parametrize("instance", ["auto1", "auto2", "told1", "mixed1", "byhand1"])
def test_every_machine_has_the_address_that_was_chosen(town: Stage, instance: str) -> None:
    assert held(town, f"red.{instance}") == {six(town, instance)}


def test_machines_reach_each_other_on_a_network_and_across_the_router(town: Stage) -> None:
    assert ping(town.lab, "red.auto1", six(town, "auto2"))
    for destination in ("told1", "mixed1", "byhand1"):
        assert ping(town.lab, "red.auto1", six(town, destination)), destination
    with listening(town.lab, "red.told1", 8080):
        assert seen_as(town.lab, "red.auto1", "fd00:2::11", 8080) == six(town, "auto1")
    with listening(town.lab, "red.told1", 8081):
        assert seen_as(town.lab, "red.auto1", "fd00:2::11", 8081, tries=1) == ""


def advertised(town: Stage, instance: str, file: Path, *fields: str) -> list[str]:
    """The fields of what the router answers a machine that solicits it."""
    machine, mac = f"red.{instance}", town.mac("red", instance)
    [local] = [a.address for a in town.lab.addresses(machine) if a.scope == "link" and ":" in a.address]
    asked = Ether(src=mac, dst="33:33:00:00:00:02") / IPv6(src=local.partition("/")[0], dst="ff02::2", hlim=255)
    with captured(town.lab, machine, "eth0", "icmp6", file):
        send(town.lab, machine, asked / ICMPv6ND_RS() / ICMPv6NDOptSrcLLAddr(lladdr=mac))
    [answer, *_] = decoded(file, "icmpv6.type == 134", *fields)
    return answer


def test_the_router_advertises_prefix_and_mtu(town: Stage, tmp_path: Path) -> None:
    fields = ("icmpv6.opt.prefix", "icmpv6.opt.mtu", "icmpv6.nd.ra.flag.m")
    answer = advertised(town, "auto1", tmp_path / "seen.pcap", *fields)
    assert answer[:2] == ["fd00:1::", "1442"]
    assert answer[2] in ("0", "False")


def test_a_domain_is_told_by_dhcpv6_or_else_by_the_router(town: Stage, tmp_path: Path) -> None:
    """OVN's DHCPv6 server garbles a domain of several labels, and clients discard what they got."""
    assert town.lab.lease("red.told1", version=6)["new_dhcp6_domain_search"] == "corp."
    assert "search corp." in town.run("red.told1", "cat", "/etc/resolv.conf")
    assert advertised(town, "mixed1", tmp_path / "seen.pcap", "icmpv6.opt.dnssl") == ["red.example"]


def test_dhcpv6_tells_name_servers(town: Stage) -> None:
    assert "fd00:2::53" in town.lab.lease("red.told1", version=6).values()
    assert "fd00:3::53" in town.lab.lease("red.mixed1", version=6).values()


def test_the_largest_packet_fits_the_tunnel_exactly(town: Stage) -> None:
    assert largest_ping(town.lab, "red.auto1", six(town, "auto2"), 1442)
    assert not largest_ping(town.lab, "red.auto1", six(town, "auto2"), 1443)
