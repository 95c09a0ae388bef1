"""Stateless groups at the ports of leaves that run FRR: who may talk to a port, and what a port may say it is."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from scapy.layers.dhcp import BOOTP, DHCP
from scapy.layers.inet import ICMP, IP, UDP
from scapy.layers.inet6 import (
    ICMPv6EchoRequest,
    ICMPv6ND_NA,
    ICMPv6ND_RA,
    ICMPv6NDOptDstLLAddr,
    IPv6,
)
from scapy.layers.l2 import ARP, Dot1Q, Ether
from scapy.packet import Packet, Raw

from cpal.core.diff import diff
from cpal.drivers.devices.frr.backend import FrrBackend
from cpal.drivers.devices.frr.tables import TABLES
from cpal.errors import Faults, Unsupported
from cpal.faces.cli.main import program
from cpal.model.target import Target
from tests.scenario.stage import Stage, fabric_stage
from tests.scenario.traffic import captured, listening, ping, seen_as, send

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = (ROOT / "examples" / "stateless-groups.yaml").read_text()
LEAVES = ("leaf1", "leaf2")
DOCUMENTS = """
project: red
networks:
  web:
    subnets:
      web: {cidr: 10.0.1.0/24, enable_dhcp: false}
      web6: {cidr: "fd00:1::/64", enable_dhcp: false}
address_groups:
  trusted: {addresses: [10.0.1.21, 10.0.1.64/28]}
security_groups:
  all:
    stateful: false
    default_egress: false
    rules:
      - {direction: ingress}
      - {direction: egress}
      - {direction: ingress, ethertype: IPv6}
      - {direction: egress, ethertype: IPv6}
  back:
    stateful: false
    default_egress: false
    rules:
      - {direction: egress}
      - {direction: ingress, protocol: tcp, port: 5432, remote_group: all}
      - {direction: ingress, protocol: tcp, ports: 7000-7010, remote_address_group: trusted}
      - {direction: ingress, protocol: icmp, icmp_type: 0}
instances:
  all1: {network: web, fixed_ips: [10.0.1.11, "fd00:1::11"], security_groups: [all], host: leaf1}
  all2: {network: web, fixed_ips: [10.0.1.12, "fd00:1::12"], security_groups: [all], host: leaf2}
  back1: {network: web, fixed_ips: [10.0.1.13, "fd00:1::13"], security_groups: [back], host: leaf2}
  back2: {network: web, fixed_ips: [10.0.1.22, "fd00:1::22"], security_groups: [back], host: leaf1}
  trusted1: {network: web, fixed_ips: [10.0.1.21, "fd00:1::21"], security_groups: [all], host: leaf1}
  free1: {network: web, fixed_ips: [10.0.1.17, "fd00:1::17"], port_security_enabled: false, host: leaf1}
  paired1:
    network: web
    fixed_ips: [10.0.1.16, "fd00:1::16"]
    security_groups: [all]
    host: leaf1
    allowed_address_pairs: [10.0.1.192/29, {ip_address: 10.0.1.201, mac_address: "02:00:00:00:00:99"}]
"""
ROUTED = DOCUMENTS + "routers:\n  gate: {interfaces: [web, web6]}\n"
OTHER_MAC, OTHER_IP, OTHER_IP6 = "02:00:00:00:00:66", "10.0.1.66", "fd00:1::66"
RUNNING = """
vtysh -c 'show running-config'
for name in $(ls /run/netns); do
  echo in $name; ip -n $name -br address | sed 's/@if[0-9]*//' | tr -s ' ' | cut -d' ' -f1,3- | sort
done
"""
"""What a leaf's daemons and its kernel are configured to, but for packet filters."""


@pytest.fixture(scope="module")
def fabric() -> Iterator[Stage]:
    """A spine and two leaves, and one network with groups."""
    if os.geteuid() != 0:
        pytest.skip("a fabric is made of network namespaces, which need root")
    if not Path("/usr/lib/frr/zebra").exists():
        pytest.skip("FRR is not installed (package frr)")
    if shutil.which("nft") is None:
        pytest.skip("nft is not installed (package nftables)")
    with fabric_stage(1, len(LEAVES)) as found:
        found.apply(DOCUMENTS)
        yield found


def rules(fabric: Stage) -> list[tuple[str, dict[str, Any]]]:
    """What the leaves are configured to."""
    return [(fabric.run(leaf, "sh", "-c", RUNNING), dict(filters(fabric, leaf))) for leaf in LEAVES]


def filters(fabric: Stage, leaf: str) -> Iterator[tuple[str, list[Any]]]:
    """What nft lists in each namespace of a leaf, by its name: of chains the rules in order, without handles."""
    for space in ("", *fabric.run(leaf, "ls", "/run/netns").split()):
        inside = ["nsenter", f"--net=/run/netns/{space}"] if space else []
        for entry in json.loads(fabric.run(leaf, *inside, "nft", "-j", "list", "ruleset"))["nftables"]:
            [(kind, said)] = entry.items()
            of = said.get("chain", said.get("name", ""))
            found = json.dumps({key: value for key, value in said.items() if key != "handle"}, sort_keys=True)
            yield f"{space} {kind} {said.get('table')} {of} {said.get('comment', '')}", [found]


def nft(fabric: Stage, leaf: str, space: str, command: str) -> str:
    """What nft prints in a namespace of a leaf."""
    return fabric.run(leaf, "nsenter", f"--net=/run/netns/{space}", "nft", "-a", command)


def test_packets_do_what_is_predicted(fabric: Stage) -> None:
    assert fabric.plan(DOCUMENTS).empty
    assert fabric.disagreements() == []


def test_packets_do_what_is_predicted_of_the_example(fabric: Stage) -> None:
    fabric.apply(EXAMPLE)
    assert fabric.plan(EXAMPLE).empty
    assert fabric.disagreements() == []
    fabric.destroy("shop")


def test_remote_groups_and_address_groups_admit_their_addresses_only(fabric: Stage) -> None:
    with listening(fabric.lab, "red.back1", 5432):
        assert seen_as(fabric.lab, "red.all1", "10.0.1.13", 5432) == "10.0.1.11"
        assert seen_as(fabric.lab, "red.free1", "10.0.1.13", 5432, tries=1) == ""
    for port, admitted in ((7000, True), (7010, True), (7011, False)):
        with listening(fabric.lab, "red.back1", port):
            assert bool(seen_as(fabric.lab, "red.trusted1", "10.0.1.13", port, tries=1)) is admitted
            assert seen_as(fabric.lab, "red.all1", "10.0.1.13", port, tries=1) == ""


def test_a_reply_needs_a_rule_of_its_own(fabric: Stage) -> None:
    assert ping(fabric.lab, "red.back2", "10.0.1.11")
    assert not ping(fabric.lab, "red.all1", "10.0.1.22")
    with listening(fabric.lab, "red.all1", 8080):
        assert seen_as(fabric.lab, "red.trusted1", "10.0.1.11", 8080) == "10.0.1.21"
        assert seen_as(fabric.lab, "red.back2", "10.0.1.11", 8080, tries=1) == ""


def frames_of(fabric: Stage, sender: str, mac: str) -> dict[str, Packet]:
    """Frames that say what their sender is or is not, each with words of its own inside."""
    [own_ip, own_ip6] = fabric.port("red", sender).addresses
    own_mac, to = fabric.mac("red", sender), fabric.mac("red", "all2")

    def echo(source_mac: str, source_ip: str, mark: str) -> Packet:
        return Ether(src=source_mac, dst=to) / IP(src=source_ip, dst="10.0.1.12") / ICMP() / Raw(mark.encode())

    def echo6(source_mac: str, source_ip: str, mark: str) -> Packet:
        ip = IPv6(src=source_ip, dst="fd00:1::12")
        return Ether(src=source_mac, dst=to) / ip / ICMPv6EchoRequest(data=mark.encode())

    def reply(source_mac: str, says_mac: str, says_ip: str) -> Packet:
        arp = ARP(op=2, hwsrc=says_mac, psrc=says_ip, hwdst=to, pdst="10.0.1.12")
        return Ether(src=source_mac, dst=to) / arp

    def advert(target: str) -> Packet:
        told = ICMPv6ND_NA(R=0, S=0, tgt=target) / ICMPv6NDOptDstLLAddr(lladdr=own_mac)
        return Ether(src=own_mac, dst=to) / IPv6(src=own_ip6, dst="fd00:1::12", hlim=255) / told

    offer = IP(src=own_ip, dst="10.0.1.12") / UDP(sport=67, dport=68) / BOOTP(op=2) / DHCP(options=["end"])
    router = IPv6(src=own_ip6, dst="fd00:1::12", hlim=255) / ICMPv6ND_RA()
    tagged = Ether(src=own_mac, dst=to) / Dot1Q(vlan=7) / IP(src=own_ip, dst="10.0.1.12") / ICMP() / Raw(b"tagged")
    return {
        "honest": echo(own_mac, own_ip, f"{sender} honest"),
        "honest6": echo6(own_mac, own_ip6, f"{sender} honest6"),
        "honest arp": reply(own_mac, own_mac, own_ip),
        "honest advert": advert(own_ip6),
        "mac": echo(mac, own_ip, f"{sender} mac"),
        "address": echo(own_mac, OTHER_IP, f"{sender} address"),
        "mac6": echo6(mac, own_ip6, f"{sender} mac6"),
        "address6": echo6(own_mac, OTHER_IP6, f"{sender} address6"),
        "arp of another address": reply(own_mac, own_mac, OTHER_IP),
        "arp of another mac": reply(own_mac, mac, own_ip),
        "advert of another address": advert(OTHER_IP6),
        "offer of addresses": Ether(src=own_mac, dst=to) / offer,
        "router": Ether(src=own_mac, dst=to) / router,
        "tagged": tagged,
    }


def arrivals(fabric: Stage, sender: str, frames: dict[str, Packet], file: Path) -> set[str]:
    """Which of the frames get to all2."""
    with captured(fabric.lab, "red.all2", "eth0", "", file) as seen:
        for frame in frames.values():
            send(fabric.lab, f"red.{sender}", frame)
    got = {bytes(packet)[: len(bytes(frame))]: None for packet in seen for frame in frames.values()}
    return {name for name, frame in frames.items() if bytes(frame) in got}


def test_a_port_says_only_what_is_honest(fabric: Stage, tmp_path: Path) -> None:
    honest = {"honest", "honest6", "honest arp", "honest advert"}
    assert arrivals(fabric, "all1", frames_of(fabric, "all1", OTHER_MAC), tmp_path / "seen") == honest


def test_without_port_security_all_of_it_gets_through(fabric: Stage, tmp_path: Path) -> None:
    frames = frames_of(fabric, "free1", "02:00:00:00:00:67")
    assert arrivals(fabric, "free1", frames, tmp_path / "seen") == set(frames)


def test_allowed_address_pairs_are_admitted_and_no_others(fabric: Stage, tmp_path: Path) -> None:
    own, to = fabric.mac("red", "paired1"), fabric.mac("red", "all2")
    names = {
        "pair": (own, "10.0.1.193"),
        "pair with its mac": ("02:00:00:00:00:99", "10.0.1.201"),
        "pair with another mac": (own, "10.0.1.201"),
        "no pair": (own, "10.0.1.202"),
        "own address from the mac of a pair": ("02:00:00:00:00:99", "10.0.1.16"),
    }
    frames: dict[str, Packet] = {
        name: Ether(src=mac, dst=to) / IP(src=ip, dst="10.0.1.12") / ICMP() / Raw(name.encode())
        for name, (mac, ip) in names.items()
    }
    assert arrivals(fabric, "paired1", frames, tmp_path / "seen") == {"pair", "pair with its mac"}


def test_a_filter_changes_while_packets_pass_and_at_no_moment_is_there_none(fabric: Stage, tmp_path: Path) -> None:
    """Echoes that are admitted all come back, and of those that are not none arrives, whatever else changes."""
    closed = DOCUMENTS.replace("fixed_ips: [10.0.1.13,", "allowed_address_pairs: [10.0.1.129], fixed_ips: [10.0.1.13,")
    grown = DOCUMENTS.replace("port: 5432, remote_group: all", "port: 5433, remote_group: back")
    fewer = DOCUMENTS.replace("  free1", "  more1: {network: web, security_groups: [all], host: leaf2}\n  free1")
    admitted = fabric.lab.exec_argv("red.all1", ["ping", "-i", "0.005", "-c", "3000", "-W", "9", "10.0.1.12"])
    refused = fabric.lab.exec_argv("red.all1", ["ping", "-i", "0.005", "-c", "3000", "-W", "1", "10.0.1.13"])
    from_all1 = "icmp[icmptype]=8 and src 10.0.1.11"
    with (
        captured(fabric.lab, "red.back1", "eth0", from_all1, tmp_path / "seen") as arrived,
        subprocess.Popen(admitted, stdout=subprocess.PIPE, text=True) as passing,
        subprocess.Popen(refused, stdout=subprocess.DEVNULL) as stopped,
    ):
        for text in (closed, grown, fewer, DOCUMENTS):
            fabric.apply(text)
        assert passing.poll() is None, "the echoes are over before the changes"
        said, _ = passing.communicate()
        stopped.wait()
    assert "3000 packets transmitted, 3000 received" in said
    assert arrived == []


def test_a_port_that_comes_to_be_routed_is_filtered_there_too(fabric: Stage) -> None:
    """It moves to the namespace of a VRF, and back."""
    before = rules(fabric)
    fabric.apply(ROUTED)
    assert ping(fabric.lab, "red.all1", "10.0.1.12")
    assert ping(fabric.lab, "red.all1", "10.0.1.1")
    assert not ping(fabric.lab, "red.all1", "10.0.1.13")
    assert fabric.disagreements() == []
    fabric.apply(DOCUMENTS)
    assert rules(fabric) == before


def test_there_and_back_restores_what_the_leaves_were_configured_to(fabric: Stage) -> None:
    fabric.apply(DOCUMENTS)
    before = rules(fabric)
    fabric.apply(EXAMPLE)
    assert rules(fabric) != before
    fabric.destroy("shop")
    assert rules(fabric) == before
    closed = DOCUMENTS.replace("- {direction: ingress}", "- {direction: ingress, protocol: udp}", 1)
    fabric.apply(closed)
    assert not ping(fabric.lab, "red.back2", "10.0.1.11")
    last = fabric.session.history()[-1]
    fabric.session.apply(fabric.session.plan_undo(last.number))
    assert rules(fabric) == before
    assert ping(fabric.lab, "red.back2", "10.0.1.11")


HANDS = (
    "flush chain bridge cpal from_port",
    "delete table bridge cpal",
    "flush set bridge cpal secured",
    "insert rule bridge cpal prerouting accept",
)


@pytest.mark.parametrize("command", HANDS)
def test_what_somebody_changes_is_put_right_and_tables_of_others_stay(fabric: Stage, command: str) -> None:
    space = "layer2"
    nft(fabric, "leaf1", space, "add table bridge theirs { chain watch { counter; }; }")
    before = rules(fabric)
    nft(fabric, "leaf1", space, command)
    assert rules(fabric) != before
    plan = fabric.session.plan()
    assert plan.targets[0].ops
    fabric.session.apply(plan)
    assert rules(fabric) == before
    assert fabric.session.plan().empty
    nft(fabric, "leaf1", space, "delete table bridge theirs")


def test_a_rule_that_somebody_changed_under_the_same_comment_is_put_right(fabric: Stage) -> None:
    before = rules(fabric)
    listing = nft(fabric, "leaf2", "layer2", "list table bridge cpal")
    [line] = [each.strip() for each in listing.splitlines() if "tcp dport 5432 accept" in each]
    chain = listing.partition(line)[0].rpartition("chain ")[2].split()[0]
    text, _, handle = line.partition(" # handle ")
    wider = text.replace("tcp dport 5432", "tcp dport 5000-6000")
    nft(fabric, "leaf2", "layer2", f"replace rule bridge cpal {chain} handle {handle} {wider}")
    fabric.session.apply(fabric.session.plan())
    assert rules(fabric) == before


def test_what_nobody_confirms_a_leaf_takes_back_by_itself(fabric: Stage) -> None:
    """Whoever changed it is gone; its watchdog is not."""
    before = rules(fabric)
    [target] = fabric.session.estate.all(Target)
    [owner] = {file.stem.partition("-")[2] for file in fabric.lab.directory.glob("leaf*/cpal/startup-*.json")}

    async def changed_and_left() -> None:
        backend = await FrrBackend.connect(target, owner)
        seen = await backend.observe()
        kept = {key: row for key, row in seen.rows.items() if key.table not in ("group.rules", "filter.sources")}
        await backend.prepare(diff(kept, seen.rows, TABLES), seen, fabric.session.estate.revision + 1)
        await backend.commit_confirmed(LEAVES, 20.0)
        assert sorted(await backend.unconfirmed()) == list(LEAVES)
        assert rules(fabric) != before

    asyncio.run(changed_and_left())
    while any(fabric.lab.directory.glob("leaf*/cpal/pending-*.json")):
        time.sleep(0.1)
    assert rules(fabric) == before
    assert fabric.session.plan().empty


def test_what_is_stateful_is_refused_before_anything_is_touched(fabric: Stage) -> None:
    before = rules(fabric), fabric.session.estate.revision
    with pytest.raises(Faults) as refused:
        fabric.plan(DOCUMENTS.replace("stateful: false", "stateful: true", 1))
    [said] = {fault.problem for fault in refused.value.faults}
    assert "all is stateful" in said
    assert "it holds one that is stateless" in said
    assert (rules(fabric), fabric.session.estate.revision) == before


def test_a_leaf_without_nft_is_refused_before_anything_is_touched(fabric: Stage) -> None:
    """Where nothing is filtered it goes on as ever."""
    other = EXAMPLE.replace("fd00:2::41", "fd00:2::42")
    program = fabric.run("leaf1", "sh", "-c", "command -v nft")
    fabric.apply("project: red\n")
    before = rules(fabric), fabric.session.estate.revision
    fabric.run("leaf1", "mount", "--bind", "/dev/null", program)
    try:
        with pytest.raises(Unsupported, match="leaf1: it has no nft") as refused:
            fabric.apply(other)
        assert "install nftables" in refused.value.remedy
        open_ = "project: red\nnetworks: {web: {port_security_enabled: false, subnets: {w: {cidr: 10.0.1.0/24, "
        open_ += (
            "enable_dhcp: false}}}}\ninstances: {a1: {network: web, host: leaf1}, a2: {network: web, host: leaf2}}\n"
        )
        fabric.apply(open_)
        assert ping(fabric.lab, "red.a1", fabric.port("red", "a2").addresses[0])
        fabric.apply("project: red\n")
    finally:
        fabric.run("leaf1", "umount", program)
    assert rules(fabric) == before[0]
    fabric.apply(DOCUMENTS)


def test_a_network_that_another_store_filters_is_not_taken_over(
    fabric: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CPAL_HOME", str(tmp_path / "home"))
    before = rules(fabric)
    taken = tmp_path / "taken.yaml"
    devices = [word for leaf in LEAVES
               for word in ("--device", f"{leaf}=frr+file://{fabric.lab.directory / leaf}")]  # fmt: skip
    done = CliRunner().invoke(program, ["import", *devices, "--output", str(taken), "-y"])
    assert "security groups filter its ports" in done.output, done.output
    written = yaml.safe_load_all(taken.read_text()) if taken.exists() else ()
    assert not [each for each in written if "networks" in each]
    assert rules(fabric) == before


LISTED = (
    DOCUMENTS
    + """
acls:
  camera:
    devices: [leaf1]
    entries:
      - {sequence_id: 5, forwarding_action: drop, protocol: tcp, destination_port: 8081, source_address: 10.0.1.50}
      - {sequence_id: 10, forwarding_action: accept, protocol: tcp, destination_port: 8080-8090}
      - {sequence_id: 100, forwarding_action: accept, protocol: icmp, icmp_type: 8, destination_address: 10.0.1.8/29}
  to-camera:
    devices: [leaf1]
    entries:
      - {sequence_id: 10, forwarding_action: accept, protocol: tcp, source_port: 8080-8090}
      - {sequence_id: 20, forwarding_action: accept, protocol: icmp, icmp_type: 0}
interfaces:
  leaf1/swp9: {mode: access, networks: [web], ingress_acl: camera, egress_acl: to-camera}
"""
)
FROM_CAMERA = """
import socket, sys
client = socket.socket(); client.settimeout(1.2)
try:
    client.connect((sys.argv[1], int(sys.argv[2]))); print(client.recv(99).decode())
except OSError as error:
    print("none:", error)
"""


@pytest.fixture
def camera(fabric: Stage) -> Iterator[Callable[..., str]]:
    """A machine behind an interface of leaf1 that is nobody's, with an address of the network; runs commands there."""
    holder = subprocess.Popen(fabric.lab.exec_argv("leaf1", ["unshare", "--net", "sleep", "600"]))
    while Path(f"/proc/{holder.pid}/comm").read_text() != "sleep\n":
        continue
    fabric.run("leaf1", "ip", "link", "add", "swp9", "type", "veth", "peer", "name", "eth0", "netns", str(holder.pid))

    def run(*argv: str) -> str:
        words = ["nsenter", f"--target={holder.pid}", "--net", "--", *argv]
        return subprocess.run(words, capture_output=True, text=True, check=False).stdout.strip()

    run("ip", "address", "add", "10.0.1.50/24", "dev", "eth0")
    run("ip", "link", "set", "eth0", "up")
    yield run
    holder.kill()
    holder.wait()


def test_an_access_list_is_asked_at_an_interface_of_a_leaf(fabric: Stage, camera: Callable[..., str]) -> None:
    before = rules(fabric)
    open_ = LISTED.replace(", ingress_acl: camera, egress_acl: to-camera", "")
    fabric.apply(open_)
    assert "1 received" in camera("ping", "-c", "1", "-w", "5", "10.0.1.17")
    fabric.apply(LISTED)
    assert fabric.plan(LISTED).empty
    assert "1 received" in camera("ping", "-c", "1", "-w", "5", "10.0.1.11")
    assert "0 received" in camera("ping", "-c", "2", "-i", "0.2", "-W", "1", "10.0.1.17")
    assert "1 received" not in fabric.lab.run("red.all1", ["ping", "-c", "1", "-W", "1", "10.0.1.50"]).stdout

    def tells(port: int) -> str:
        with listening(fabric.lab, "red.all2", port):
            return camera(sys.executable, "-c", FROM_CAMERA, "10.0.1.12", str(port))

    assert tells(8080) == "10.0.1.50"
    assert tells(8081).startswith("none")
    assert tells(8091).startswith("none")
    fabric.apply(LISTED.replace("sequence_id: 5,", "sequence_id: 15,"))
    assert tells(8081) == "10.0.1.50", "the entry before it decides now"
    nft(fabric, "leaf1", "layer2", "flush chain bridge cpal prerouting")
    fabric.session.apply(fabric.session.plan())
    assert tells(8091).startswith("none")
    fabric.apply(DOCUMENTS)
    assert rules(fabric) == before
