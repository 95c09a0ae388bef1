"""QoS policies by real packets: marks are in the headers, and what is limited carries a fraction of what is not."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from scapy.layers.inet import IP

from cpal.lab.lab import Lab
from tests.scenario.stage import Stage, stage
from tests.scenario.traffic import captured, ping

PROVIDERS = """
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
"""
TENANT = """
project: red
qos_policies:
  class-10: {dscp_marking_rules: [10]}
  class-18: {dscp_marking_rules: [18]}
  class-26: {dscp_marking_rules: [26]}
  class-34: {dscp_marking_rules: [34]}
  slow:
    bandwidth_limit_rules:
      - {max_kbps: 1000, max_burst_kbps: 400}
      - {max_kbps: 1000, max_burst_kbps: 400, direction: ingress}
networks:
  web: {cidr: 10.0.1.0/24, qos_policy: class-10}
routers:
  edge:
    interfaces: [web]
    external_gateway: {network: public, ip_address: 203.0.113.20, qos_policy: class-26}
security_groups:
  open:
    rules: [{direction: ingress}]
instances:
  plain: {network: web, ip_address: 10.0.1.11, security_groups: [open], host: hv1}
  other: {network: web, ip_address: 10.0.1.12, security_groups: [open], host: hv2}
  own:
    network: web
    ip_address: 10.0.1.13
    security_groups: [open]
    host: hv1
    qos_policy: class-18
    floating_ip: {network: public, floating_ip_address: 203.0.113.31, qos_policy: class-34}
  slow: {network: web, ip_address: 10.0.1.14, security_groups: [open], host: hv1, qos_policy: slow}
"""
INTERNET = "192.0.2.1"
SEND_S = 2.0
"""How long bytes are sent for, to be counted at the other end."""

SINK = """
import socket, sys
server = socket.create_server(("", int(sys.argv[1])))
print("listening", flush=True)
client, _ = server.accept()
got = 0
while chunk := client.recv(65536):
    got += len(chunk)
print(got, flush=True)
"""
SOURCE = """
import socket, sys, time
client = socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=30)
until = time.monotonic() + float(sys.argv[3])
client.settimeout(0.2)
while time.monotonic() < until:
    try:
        client.send(bytes(16384))
    except TimeoutError:
        pass
"""


@pytest.fixture(scope="module")
def town() -> Iterator[Stage]:
    """A network whose policy marks, with ports that have others, behind a gateway that marks in its turn."""
    with stage() as found:
        found.apply(PROVIDERS, TENANT)
        yield found


def marks(town: Stage, source: str, destination: str, at: str, file: Path) -> set[int]:
    """The marks of the echo requests that arrive at a machine."""
    with captured(town.lab, at, "eth0", "icmp[icmptype] == icmp-echo", file) as packets:
        assert ping(town.lab, source, destination)
    return {packet[IP].tos >> 2 for packet in packets if IP in packet}


@pytest.mark.parametrize(("source", "mark"), [("plain", 10), ("own", 18), ("slow", 0)])
def test_a_port_is_marked_by_its_own_policy_else_by_its_networks(
    town: Stage, source: str, mark: int, tmp_path: Path
) -> None:
    assert marks(town, f"red.{source}", "10.0.1.12", "red.other", tmp_path / "seen.pcap") == {mark}


@pytest.mark.parametrize(("source", "mark"), [("plain", 26), ("own", 34)])
def test_the_gateway_marks_and_a_floating_ip_is_marked_by_its_own_policy(
    town: Stage, source: str, mark: int, tmp_path: Path
) -> None:
    assert marks(town, f"red.{source}", INTERNET, "outside-flat", tmp_path / "seen.pcap") == {mark}


def carried(lab: Lab, source: str, destination: str, address: str, port: int) -> int:
    """How many bytes arrive of what is sent for a while, as much as the way takes."""
    argv = lab.exec_argv(destination, [sys.executable, "-c", SINK, str(port)])
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as sink:
        assert sink.stdout is not None
        try:
            assert sink.stdout.readline() == "listening\n"
            done = lab.run(source, [sys.executable, "-c", SOURCE, address, str(port), str(SEND_S)])
            assert done.exit_code == 0, done
            return int(sink.stdout.readline())
        finally:
            sink.kill()


def test_what_is_limited_carries_a_fraction_both_ways(town: Stage) -> None:
    free = carried(town.lab, "red.plain", "red.other", "10.0.1.12", 5001)
    out = carried(town.lab, "red.slow", "red.other", "10.0.1.12", 5002)
    back = carried(town.lab, "red.other", "red.slow", "10.0.1.14", 5003)
    assert 0 < 3 * out < free
    assert 0 < 3 * back < free


def test_a_rule_that_is_changed_and_one_that_goes_take_effect(town: Stage, tmp_path: Path) -> None:
    town.apply(PROVIDERS, TENANT.replace("[18]", "[46]"))
    assert marks(town, "red.own", "10.0.1.12", "red.other", tmp_path / "changed.pcap") == {46}
    town.apply(PROVIDERS, TENANT.replace("{dscp_marking_rules: [18]}", ""))
    assert marks(town, "red.own", "10.0.1.12", "red.other", tmp_path / "gone.pcap") == {0}
