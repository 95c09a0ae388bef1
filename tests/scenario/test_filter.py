"""Who may talk to a port: security groups, stateful and not, and what a port may say it is."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from scapy.layers.dhcp import BOOTP, DHCP
from scapy.layers.inet import ICMP, IP, UDP
from scapy.layers.l2 import ARP, Ether
from scapy.packet import Packet, Raw

from tests.scenario.stage import Stage, stage
from tests.scenario.traffic import captured, listening, ping, seen_as, send

DOCUMENTS = """
project: red
networks:
  web: {cidr: 10.0.1.0/24}
  wild: {subnets: {wild: {cidr: 10.0.5.0/24, enable_dhcp: false}}}
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
  clients: {rules: [{direction: ingress, protocol: udp, port: 68}]}
  servers: {rules: [{direction: ingress, protocol: udp, port: 67}]}
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
  client1: {network: wild, ip_address: 10.0.5.11, security_groups: [clients], host: hv1}
  closed1: {network: wild, ip_address: 10.0.5.12, security_groups: [pings], host: hv1}
  rogue1: {network: wild, ip_address: 10.0.5.66, security_groups: [servers], host: hv2}
  rogue2: {network: wild, ip_address: 10.0.5.67, port_security_enabled: false, host: hv2}
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


XID = 0xC9A1_2024
"""By which a client knows the answers to what it asked."""
ROGUE = """
import signal, sys
from scapy.layers.dhcp import BOOTP, DHCP
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether
from scapy.sendrecv import sendp, sniff
mac, address, port = sys.argv[1:]
signal.alarm(20)  # so that one whom nobody asks ends

def answer(asked):
    told = BOOTP(op=2, xid=asked[BOOTP].xid, yiaddr="10.0.5.99", siaddr=address, chaddr=asked[BOOTP].chaddr)
    options = DHCP(options=[("message-type", "offer"), ("server_id", address), ("router", address), "end"])
    offer = Ether(src=mac, dst=asked.src) / IP(src=address, dst="255.255.255.255") / UDP(sport=int(port), dport=68)
    sendp(offer / told / options, iface="eth0", verbose=False)
    print("answered", flush=True)

ready = lambda: print("listening", flush=True)
sniff(iface="eth0", filter="udp dst port 67", prn=answer, store=False, started_callback=ready)
"""
"""A DHCP server that offers an address, and itself as the router, to whoever asks; says it is `address` at `port`."""


def offered(town: Stage, client: str, rogue: str, address: str, file: Path, port: int = 67) -> list[str]:
    """Who offers addresses to a client that asks, as it hears it, while a rogue answers; that it did is made sure."""
    own = town.mac("red", client)
    chaddr = bytes.fromhex(own.replace(":", ""))
    ask = Ether(src=own, dst="ff:ff:ff:ff:ff:ff") / IP(src="0.0.0.0", dst="255.255.255.255") / UDP(sport=68, dport=67)
    ask /= BOOTP(xid=XID, chaddr=chaddr, flags=0x8000) / DHCP(options=[("message-type", "discover"), "end"])
    words = [sys.executable, "-c", ROGUE, town.mac("red", rogue), address, str(port)]
    process = subprocess.Popen(town.lab.exec_argv(f"red.{rogue}", words), stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process, process.stdout, captured(town.lab, f"red.{client}", "eth0", "udp dst port 68", file) as heard:
        try:
            assert process.stdout.readline() == "listening\n"
            send(town.lab, f"red.{client}", ask)
            assert process.stdout.readline() == "answered\n"
        finally:
            process.kill()
    return [packet[IP].src for packet in heard if XID.to_bytes(4) in bytes(packet)]


def test_a_rogue_dhcp_server_is_not_heard(town: Stage, tmp_path: Path) -> None:
    """Whether it says who it is or that it is the router; without port security on it, both are heard."""
    for address in ("10.0.5.1", "10.0.5.67"):
        assert offered(town, "client1", "rogue2", address, tmp_path / f"free {address}") == [address]
    for address in ("10.0.5.1", "10.0.5.66"):
        assert offered(town, "client1", "rogue1", address, tmp_path / f"secured {address}") == []


def test_what_stops_it_is_that_it_answers_as_a_server(town: Stage, tmp_path: Path) -> None:
    """The same from another port than a server's is heard, by who has a rule for it."""
    assert offered(town, "client1", "rogue1", "10.0.5.66", tmp_path / "admitted", 1067) == ["10.0.5.66"]
    assert offered(town, "closed1", "rogue1", "10.0.5.66", tmp_path / "no rule", 1067) == []
    assert offered(town, "closed1", "rogue2", "10.0.5.1", tmp_path / "no rule either") == []


def test_where_ovn_serves_dhcp_no_other_server_hears_that_somebody_asks(town: Stage, tmp_path: Path) -> None:
    lease = ["udhcpc", "-f", "-q", "-n", "-t", "3", "-i", "eth0", "-s", "/bin/true"]
    with captured(town.lab, "red.free1", "eth0", "udp port 67", tmp_path / "seen") as seen:
        done = town.lab.run("red.front1", lease)
    assert "10.0.1.1" in done.stdout + done.stderr, done
    assert seen == []


def test_a_second_plan_is_empty(town: Stage) -> None:
    assert town.plan(DOCUMENTS).empty
