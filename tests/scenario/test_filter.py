"""Who may talk to a port: security groups, stateful and not, and what a port may say it is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from scapy.layers.inet import ICMP, IP
from scapy.layers.l2 import ARP, Ether
from scapy.packet import Packet, Raw

from tests.scenario.stage import Stage, stage
from tests.scenario.traffic import captured, listening, ping, seen_as, send

DOCUMENTS = """
project: red
networks:
  web: {cidr: 10.0.1.0/24}
address_groups:
  trusted: {addresses: [10.0.1.21, 10.0.1.64/28]}
security_groups:
  front:
    rules:
      - {direction: ingress, protocol: tcp, port: 8080}
  back:
    rules:
      - {direction: ingress, protocol: tcp, port: 5432, remote_group: front}
      - {direction: ingress, protocol: udp, port: 5353, remote_address_group: trusted}
      - {direction: ingress, protocol: tcp, port: 7000-7010, remote_ip_prefix: 10.0.1.21/32}
  quiet:
    default_egress: false
    rules:
      - {direction: egress, protocol: tcp, port: 8080}
  stateless:
    stateful: false
    rules:
      - {direction: ingress, protocol: tcp, port: 8080}
      - {direction: egress, protocol: icmp}
  pings: {rules: [{direction: ingress, protocol: icmp}]}
instances:
  front1: {network: web, ip_address: 10.0.1.11, security_groups: [front], host: hv1}
  back1: {network: web, ip_address: 10.0.1.12, security_groups: [back], host: hv2}
  trusted1: {network: web, ip_address: 10.0.1.21, security_groups: [pings], host: hv1}
  quiet1: {network: web, ip_address: 10.0.1.13, security_groups: [quiet], host: hv2}
  stateless1: {network: web, ip_address: 10.0.1.14, security_groups: [stateless], host: hv2}
  pinged1: {network: web, ip_address: 10.0.1.15, security_groups: [pings], host: hv2}
  paired1:
    network: web
    ip_address: 10.0.1.16
    security_groups: [pings]
    host: hv1
    allowed_address_pairs: [10.0.1.200, {ip_address: 10.0.1.201, mac_address: "02:00:00:00:00:99"}]
  free1: {network: web, ip_address: 10.0.1.17, port_security_enabled: false, host: hv1}
"""
OTHER_MAC, OTHER_IP = "02:00:00:00:00:66", "10.0.1.66"


@pytest.fixture(scope="module")
def town() -> Iterator[Stage]:
    """One network with groups of every sort."""
    with stage() as found:
        found.apply(DOCUMENTS)
        yield found


def test_packets_do_what_is_predicted(town: Stage) -> None:
    assert town.disagreements() == []


def test_a_remote_group_admits_its_members_only(town: Stage) -> None:
    with listening(town.lab, "red.back1", 5432):
        assert seen_as(town.lab, "red.front1", "10.0.1.12", 5432) == "10.0.1.11"
        assert seen_as(town.lab, "red.trusted1", "10.0.1.12", 5432, tries=1) == ""
    with listening(town.lab, "red.front1", 8080):
        assert seen_as(town.lab, "red.trusted1", "10.0.1.11", 8080) == "10.0.1.21"


def test_an_address_group_and_a_prefix_admit_their_addresses_only(town: Stage) -> None:
    with listening(town.lab, "red.back1", 5353, "udp"):
        assert seen_as(town.lab, "red.trusted1", "10.0.1.12", 5353, "udp") == "10.0.1.21"
        assert seen_as(town.lab, "red.front1", "10.0.1.12", 5353, "udp", tries=1) == ""
    for port, admitted in ((7000, True), (7010, True), (7011, False)):
        with listening(town.lab, "red.back1", port):
            assert bool(seen_as(town.lab, "red.trusted1", "10.0.1.12", port, tries=1)) is admitted
            assert seen_as(town.lab, "red.front1", "10.0.1.12", port, tries=1) == ""


def test_egress_rules_hold_at_the_sender(town: Stage) -> None:
    with listening(town.lab, "red.front1", 8080):
        assert seen_as(town.lab, "red.quiet1", "10.0.1.11", 8080) == "10.0.1.13"
    assert not ping(town.lab, "red.quiet1", "10.0.1.15")
    assert ping(town.lab, "red.front1", "10.0.1.15")


def test_a_stateful_group_admits_replies_and_a_stateless_one_does_not(town: Stage) -> None:
    assert ping(town.lab, "red.trusted1", "10.0.1.15")
    assert not ping(town.lab, "red.stateless1", "10.0.1.15")
    with listening(town.lab, "red.stateless1", 8080):
        assert seen_as(town.lab, "red.front1", "10.0.1.14", 8080, tries=1) == ""
    town.apply(DOCUMENTS.replace("{direction: egress, protocol: icmp}", "{direction: egress}"))
    with listening(town.lab, "red.stateless1", 8080):
        assert seen_as(town.lab, "red.front1", "10.0.1.14", 8080) == "10.0.1.11"
    town.apply(DOCUMENTS)


def test_a_group_that_grows_admits_the_new_member_at_once(town: Stage) -> None:
    grown = DOCUMENTS.replace("10.0.1.21, security_groups: [pings]", "10.0.1.21, security_groups: [pings, front]")
    with listening(town.lab, "red.back1", 5432):
        town.apply(grown)
        assert seen_as(town.lab, "red.trusted1", "10.0.1.12", 5432) == "10.0.1.21"
        town.apply(DOCUMENTS)
        assert seen_as(town.lab, "red.trusted1", "10.0.1.12", 5432, tries=1) == ""


def spoofs(town: Stage, sender: str, mac: str) -> dict[str, Packet]:
    """Frames that say what their sender is not, each with words of its own inside."""
    own_ip = town.port("red", sender).addresses[0]
    own_mac, to = town.mac("red", sender), town.mac("red", "pinged1")

    def echo(source_mac: str, source_ip: str, mark: str) -> Packet:
        return Ether(src=source_mac, dst=to) / IP(src=source_ip, dst="10.0.1.15") / ICMP() / Raw(mark.encode())

    def reply(source_mac: str, says_mac: str, says_ip: str) -> Packet:
        arp = ARP(op=2, hwsrc=says_mac, psrc=says_ip, hwdst=to, pdst="10.0.1.15")
        return Ether(src=source_mac, dst=to) / arp

    return {
        "honest": echo(own_mac, own_ip, f"{sender} honest"),
        "mac": echo(mac, own_ip, f"{sender} mac"),
        "address": echo(own_mac, OTHER_IP, f"{sender} address"),
        "arp of another address": reply(own_mac, own_mac, OTHER_IP),
        "arp of another mac": reply(own_mac, mac, own_ip),
    }


def arrivals(town: Stage, sender: str, frames: dict[str, Packet], file: Path) -> set[str]:
    """Which of the frames get to pinged1."""
    with captured(town.lab, "red.pinged1", "eth0", "icmp[icmptype]=8 or arp[6:2]=2", file) as seen:
        for frame in frames.values():
            send(town.lab, sender, frame)
    got = {bytes(packet)[: len(bytes(frame))]: None for packet in seen for frame in frames.values()}
    return {name for name, frame in frames.items() if bytes(frame) in got}


def test_port_security_admits_only_what_is_honest(town: Stage, tmp_path: Path) -> None:
    assert arrivals(town, "red.front1", spoofs(town, "front1", OTHER_MAC), tmp_path / "seen") == {"honest"}


def test_without_port_security_all_of_it_gets_through(town: Stage, tmp_path: Path) -> None:
    frames = spoofs(town, "free1", "02:00:00:00:00:67")
    assert arrivals(town, "red.free1", frames, tmp_path / "seen") == set(frames)


def test_allowed_address_pairs_are_admitted_and_no_others(town: Stage, tmp_path: Path) -> None:
    own, to = town.mac("red", "paired1"), town.mac("red", "pinged1")
    names = {
        "pair": (own, "10.0.1.200"),
        "pair with its mac": ("02:00:00:00:00:99", "10.0.1.201"),
        "pair with another mac": (own, "10.0.1.201"),
        "no pair": (own, "10.0.1.202"),
    }
    frames: dict[str, Packet] = {
        name: Ether(src=mac, dst=to) / IP(src=ip, dst="10.0.1.15") / ICMP() / Raw(name.encode())
        for name, (mac, ip) in names.items()
    }
    assert arrivals(town, "red.paired1", frames, tmp_path / "seen") == {"pair", "pair with its mac"}


def test_a_rogue_dhcp_server_is_not_heard(town: Stage) -> None:
    """Nobody but OVN answers, and a port without a group for it gets no answer's packets through."""
    lease = town.lab.lease("red.front1")
    assert lease["serverid"] == "10.0.1.1"


def test_a_second_plan_is_empty(town: Stage) -> None:
    assert town.plan(DOCUMENTS).empty
