"""A machine reaches the networks of its trunk in VLANs, with real packets: by its interfaces, and by what it tags."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cpal.core.driver import PortStatus
from cpal.model.network import Port
from tests.scenario.stage import Stage, stage

OFFICE = (Path(__file__).resolve().parents[2] / "examples" / "trunk.yaml").read_text()
TAGGED_PING = """
import json, sys
from scapy.all import ARP, ICMP, IP, Dot1Q, Ether, Raw, conf, sniff
conf.verb, conf.ipv6_enabled = 0, False
vlan, mac, own, other = int(sys.argv[1]), *sys.argv[2:5]
wire = conf.L2socket(iface="eth0")
def asked(frame, answers):
    for _ in range(10):
        wire.send(frame)
        for found in sniff(opened_socket=wire, timeout=1, count=1, lfilter=answers):
            return found
def mine(frame):
    return Dot1Q in frame and frame[Dot1Q].vlan == vlan
head = Ether(src=mac, dst="ff:ff:ff:ff:ff:ff") / Dot1Q(vlan=vlan)
said = asked(head / ARP(op=1, hwsrc=mac, psrc=own, pdst=other), lambda f: mine(f) and ARP in f and f[ARP].psrc == other)
head = Ether(src=mac, dst=said[ARP].hwsrc) / Dot1Q(vlan=vlan)
ping = head / IP(src=own, dst=other) / ICMP(id=7, seq=1) / Raw(b"0123456789" * 4)
back = asked(ping, lambda f: mine(f) and ICMP in f and f[ICMP].type == 0)
print(json.dumps([said[ARP].hwsrc, back and back[IP].src]))
"""
"""Asks for a neighbour and pings it, in frames that it tags itself; prints the neighbour's MAC and who answered."""


@pytest.fixture(scope="module")
def office() -> Iterator[Stage]:
    """The example, running."""
    with stage() as found:
        found.apply(OFFICE)
        yield found


def port(office: Stage, name: str) -> Port:
    """The port of this name."""
    [found] = [each for each in office.session.estate.all(Port) if each.name == name]
    return found


def answers(office: Stage, machine: str, address: str, patience_s: float = 15) -> bool:
    """Whether a ping from a machine is answered; asked for a while."""
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        if office.lab.run(machine, ["ping", "-c", "1", "-W", "1", address]).exit_code == 0:
            return True
    return False


def test_the_machine_has_an_interface_in_each_vlan_and_speaks_through_it(office: Stage) -> None:
    here = {each.interface: each.address for each in office.lab.addresses("office.firewall") if each.scope == "global"}
    assert here == {
        "eth0": f"{port(office, 'firewall').addresses[0]}/24",
        "eth0.100": f"{port(office, 'in-servers').addresses[0]}/24",
        "eth0.200": f"{port(office, 'in-clients').addresses[0]}/24",
    }
    for machine in ("router1", "server1", "client1"):
        assert answers(office, "office.firewall", port(office, machine).addresses[0]), machine
        assert answers(office, f"office.{machine}", port(office, _inner(machine)).addresses[0]), machine


def _inner(machine: str) -> str:
    return {"router1": "firewall", "server1": "in-servers", "client1": "in-clients"}[machine]


def test_frames_that_the_machine_tags_itself_are_its_subports(office: Stage) -> None:
    inner, server = port(office, "in-servers"), port(office, "server1")
    words = ["100", inner.mac_address, inner.addresses[0], server.addresses[0]]
    seen = office.run("office.firewall", sys.executable, "-c", TAGGED_PING, *words)
    assert json.loads(seen) == [server.mac_address, server.addresses[0]]


def all_on(office: Stage, host: str) -> bool:
    """Whether all ports of the trunk come to be claimed on a host."""
    ports = [port(office, name).id for name in ("firewall", "in-servers", "in-clients")]
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        statuses = office.session.observe()
        if all(statuses[id] == PortStatus("ACTIVE", host) for id in ports):
            return True
        time.sleep(0.05)
    return False


def test_subports_are_where_the_trunk_s_port_is_and_follow_it(office: Stage) -> None:
    here = "firewall: {network: uplink, security_groups: [pingable], host: hv1}"
    assert here in OFFICE
    assert all_on(office, "hv1")
    office.apply(OFFICE.replace(here, here.replace("hv1", "hv2")))
    assert all_on(office, "hv2")
    assert answers(office, "office.firewall", port(office, "client1").addresses[0])
    office.apply(OFFICE)


def test_a_subport_that_leaves_the_trunk_is_reached_no_more(office: Stage) -> None:
    client = port(office, "client1").addresses[0]
    assert answers(office, "office.firewall", client)
    office.apply(OFFICE.replace("      - {port: in-clients, vlan: 200}\n", ""))
    left = {each.interface for each in office.lab.addresses("office.firewall")}
    assert "eth0.100" in left
    assert "eth0.200" not in left
    assert not answers(office, "office.firewall", client, 1)
    assert answers(office, "office.firewall", port(office, "server1").addresses[0])
    office.apply(OFFICE.replace("vlan: 200", "vlan: 300"))
    assert answers(office, "office.firewall", client)
    assert office.plan(OFFICE.replace("vlan: 200", "vlan: 300")).empty
