"""Networks and routers across two hypervisors: who reaches whom, what DHCP tells, how large a packet may be."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from cpal.core.driver import PortStatus
from cpal.faces.tunnel_words import TunnelWords, target_called
from cpal.model.network import Network
from tests.scenario.stage import Stage, stage
from tests.scenario.traffic import captured, decoded, largest_ping, listening, ping, seen_as
from tests.source import ROOT
from tests.support.warm import program

DOCUMENTS = """
project: red
networks:
  web:
    dns_domain: red.example.
    subnets:
      web:
        cidr: 10.0.1.0/24
        dns_nameservers: [10.0.1.53, 192.0.2.53]
        host_routes: [{destination: 172.16.0.0/16, nexthop: 10.0.1.99}]
  db: {cidr: 10.0.2.0/24, mtu: 1300}
  transit: {cidr: 10.0.9.0/24}
  far: {cidr: 10.0.3.0/24}
  lonely: {subnets: {lonely: {cidr: 10.0.4.0/24, gateway_ip: none}}}
routers:
  near:
    interfaces: [web, db, {subnet: transit, ip_address: 10.0.9.1}]
    routes: [{destination: 10.0.3.0/24, nexthop: 10.0.9.2}]
  beyond:
    interfaces: [far, {subnet: transit, ip_address: 10.0.9.2}]
    routes: [{destination: 10.0.0.0/22, nexthop: 10.0.9.1}]
security_groups:
  open:
    rules:
      - {direction: ingress, protocol: icmp}
      - {direction: ingress, protocol: tcp, port: 8080}
instances:
  web1:
    network: web
    ip_address: 10.0.1.11
    security_groups: [open]
    host: hv1
    extra_dhcp_opts:
      - {opt_name: ntp-server, opt_value: 192.0.2.123}
      - {opt_name: mtu, opt_value: "1400"}
  web2: {network: web, ip_address: 10.0.1.12, security_groups: [open], host: hv2}
  db1: {network: db, ip_address: 10.0.2.11, security_groups: [open], host: hv2}
  far1: {network: far, ip_address: 10.0.3.11, security_groups: [open], host: hv2}
  both1:
    host: hv1
    ports:
      lonely: {network: lonely, ip_address: 10.0.4.11, security_groups: [open]}
      web: {network: web, ip_address: 10.0.1.13, security_groups: [open]}
  lonely2: {network: lonely, ip_address: 10.0.4.12, security_groups: [open], host: hv2}
  off1:
    host: hv2
    ports:
      web: {network: web, ip_address: 10.0.1.14, security_groups: [open], admin_state_up: false}
---
project: blue
networks:
  app: {cidr: 10.0.1.0/24}
security_groups:
  open:
    rules: [{direction: ingress}]
instances:
  app1: {network: app, ip_address: 10.0.1.21, security_groups: [open], host: hv1}
  app2: {network: app, ip_address: 10.0.1.12, security_groups: [open], host: hv2}
"""


@pytest.fixture(scope="module")
def town() -> Iterator[Stage]:
    """Two projects with the same prefix, applied."""
    with stage() as found:
        found.apply(DOCUMENTS)
        yield found


def test_packets_do_what_is_predicted(town: Stage) -> None:
    assert town.disagreements() == []


def test_neighbours_on_two_hypervisors_reach_each_other(town: Stage) -> None:
    assert ping(town.lab, "red.web1", "10.0.1.12")
    assert town.run("red.web1", "ip", "neigh", "show", "10.0.1.12").split()[4] == town.mac("red", "web2")
    with listening(town.lab, "red.web2", 8080):
        assert seen_as(town.lab, "red.web1", "10.0.1.12", 8080) == "10.0.1.11"
    with listening(town.lab, "red.web2", 8081):
        assert seen_as(town.lab, "red.web1", "10.0.1.12", 8081, tries=1) == ""


def test_a_router_joins_networks_on_two_hypervisors(town: Stage) -> None:
    assert ping(town.lab, "red.web1", "10.0.2.11")
    with listening(town.lab, "red.db1", 8080):
        assert seen_as(town.lab, "red.web1", "10.0.2.11", 8080) == "10.0.1.11"


def test_static_routes_lead_through_two_routers_there_and_back(town: Stage) -> None:
    done = town.lab.run("red.web1", ["ping", "-c", "2", "-W", "2", "10.0.3.11"])
    assert "ttl=62" in done.stdout
    assert ping(town.lab, "red.far1", "10.0.1.11")
    assert not ping(town.lab, "red.web1", "10.0.4.12")


def test_projects_with_the_same_addresses_never_meet(town: Stage) -> None:
    assert town.port("red", "web2").addresses == town.port("blue", "app2").addresses
    with listening(town.lab, "red.web2", 8080):
        assert seen_as(town.lab, "red.web1", "10.0.1.12", 8080) == "10.0.1.11"
        assert seen_as(town.lab, "blue.app1", "10.0.1.12", 8080, tries=1) == ""
    with listening(town.lab, "blue.app2", 8080):
        assert seen_as(town.lab, "blue.app1", "10.0.1.12", 8080) == "10.0.1.21"
        assert seen_as(town.lab, "red.web1", "10.0.1.12", 8080, tries=1) == ""
    assert not ping(town.lab, "blue.app1", "10.0.1.11")


def test_dhcp_tells_what_the_subnet_and_the_port_say(town: Stage) -> None:
    lease = town.lab.lease("red.web2")
    assert (lease["ip"], lease["mask"], lease["router"]) == ("10.0.1.12", "24", "10.0.1.1")
    assert lease["dns"] == "10.0.1.53 192.0.2.53"
    assert lease["domain"] == "red.example"
    assert (lease["mtu"], lease["lease"]) == ("1442", "43200")
    assert "172.16.0.0/16 via 10.0.1.99" in town.run("red.web2", "ip", "route")
    assert "default via 10.0.1.1" in town.run("red.web2", "ip", "route")
    assert town.lab.lease("red.db1")["mtu"] == "1300"
    assert "10.0.3.11/24" in town.run("red.far1", "ip", "-4", "-o", "addr", "show", "eth0")


def test_a_ports_own_dhcp_options_override_the_subnets(town: Stage) -> None:
    lease = town.lab.lease("red.web1")
    assert (lease["ntpsrv"], lease["mtu"]) == ("192.0.2.123", "1400")
    assert lease["dns"] == "10.0.1.53 192.0.2.53"


def test_the_largest_packet_fits_the_tunnel_exactly(town: Stage, tmp_path: Path) -> None:
    [network] = [found for found in town.session.estate.all(Network) if found.name == "lonely"]
    assert network.mtu == 1442
    assert largest_ping(town.lab, "red.both1", "10.0.4.12", 1442)
    assert not largest_ping(town.lab, "red.both1", "10.0.4.12", 1443)
    file = tmp_path / "seen.pcap"
    with captured(town.lab, "hv1", "eth0", "udp port 6081", file):
        assert largest_ping(town.lab, "red.both1", "10.0.4.12", 1442)
    frames = decoded(file, "icmp.type == 8", "ip.len", "geneve.vni", "ip.src")
    assert frames
    for lengths, vni, sources in frames:
        assert lengths == "1500,1442"
        assert int(vni, 0) == network.segmentation_id
        assert sources == "172.31.0.11,10.0.4.11"


def test_an_instance_with_two_ports_is_on_both_networks_and_routes_between_none(town: Stage) -> None:
    assert ping(town.lab, "red.both1", "10.0.4.12")
    assert ping(town.lab, "red.both1", "10.0.1.12")
    addresses = {(a.interface, a.address) for a in town.lab.addresses("red.both1") if a.scope == "global"}
    assert addresses == {("eth0", "10.0.4.11/24"), ("eth1", "10.0.1.13/24")}


def test_a_port_that_is_administratively_down_passes_nothing(town: Stage) -> None:
    assert not ping(town.lab, "red.web1", "10.0.1.14")
    assert town.session.observe()[town.port("red", "web1").id] == PortStatus("ACTIVE", "hv1")


def test_names_resolve_in_their_own_network_only(town: Stage) -> None:
    assert town.run("red.web1", "getent", "ahostsv4", "web2.red.example").split()[0] == "10.0.1.12"
    assert town.lab.run("blue.app1", ["timeout", "3", "getent", "ahostsv4", "web2.red.example"]).exit_code != 0


def test_ovn_trace_agrees(town: Stage) -> None:
    web1, web2 = town.port("red", "web1"), town.port("red", "web2")
    switch = f"cpal-{web1.network_id}"

    def traced(port: int) -> str:
        flow = (
            f'inport=="{web1.id}" && eth.src=={web1.mac_address} && eth.dst=={web2.mac_address} && ip4.src==10.0.1.11'
            f" && ip4.dst==10.0.1.12 && ip.ttl==64 && tcp && tcp.dst=={port} && tcp.src==40000"
        )
        return town.run("central", "ovn-trace", "--minimal", "--ct=new", switch, flow)

    assert f'output("{web2.id[:6]}' in traced(8080)
    assert "output" not in traced(8081)


def test_a_second_plan_is_empty(town: Stage) -> None:
    assert town.session.plan().empty
    assert town.plan(DOCUMENTS).empty


def test_a_capture_of_the_underlay_is_told_in_names(town: Stage, tmp_path: Path) -> None:
    file = tmp_path / "named.pcap"
    with captured(town.lab, "hv1", "eth0", "udp port 6081", file):
        assert ping(town.lab, "red.web1", "10.0.1.12")
    words = ["decode", str(file), "--target", "lab", "--where", "inner.proto == icmp", "--format"]
    printed = {form: cpal(town.home, *words, form) for form in ("jsonl", "csv", "table")}
    told = [json.loads(line) for line in printed["jsonl"].splitlines()]
    asked, answered = told[0], told[-1]
    assert (asked["outer"]["src_host"], asked["outer"]["dst_host"]) == ("hv1", "hv2")
    assert [asked["tunnels"][0][key] for key in ("network", "from", "to")] == ["red/web", "red/web1", "red/web2"]
    assert [answered["tunnels"][0][key] for key in ("from", "to")] == ["red/web2", "red/web1"]
    assert ",hv1,hv2,red/web,red/web1,red/web2\n" in printed["csv"]
    assert f"{asked['tunnels'][0]['vni']} red/web red/web1 > red/web2" in printed["table"]
    counts = json.loads(cpal(town.home, "decode", str(file), "--target", "lab", "--stats", "--format", "jsonl"))
    assert {network["network"] for network in counts["networks"]} >= {"red/web"}
    assert {pair["src_host"] for pair in counts["pairs"]} <= {"hv1", "hv2"}
    sizes = json.loads(cpal(town.home, "decode", str(file), "--target", "lab", "--mtu", "--format", "jsonl"))
    assert {(pair["src_host"], pair["dst_host"]) for pair in sizes["pairs"]} == {("hv1", "hv2"), ("hv2", "hv1")}
    named_elsewhere(town.home, file, tmp_path)


def named_elsewhere(home: Path, file: Path, folder: Path) -> None:
    """Assert that names are in columns, comments and expressions too."""
    words = ("decode", str(file), "--target", "lab")
    rows = folder / "rows.parquet"
    cpal(
        home,
        *words,
        "--where",
        'network == "web" and from == web1 and host == hv2',
        "--format",
        "parquet",
        "-o",
        str(rows),
    )
    told = pq.read_table(rows).select(["src_host", "dst_host", "network", "from", "to"]).to_pylist()
    assert told
    assert {tuple(row.values()) for row in told} == {("hv1", "hv2", "red/web", "red/web1", "red/web2")}
    stripped = folder / "inner.pcapng"
    cpal(home, *words, "--where", "port == web1 and inner.proto == icmp", "--strip", str(stripped))
    argv = ["tshark", "-r", str(stripped), "-T", "fields", "-e", "ip.src", "-e", "frame.comment"]
    shown = subprocess.run(argv, capture_output=True, text=True, check=True).stdout.splitlines()
    assert {line.partition("\t")[2] for line in shown} == {
        f"network: red/web, from: red/{a}, to: red/{b}" for a, b in (("web1", "web2"), ("web2", "web1"))
    }


def cpal(home: Path, *words: str) -> str:
    """What the program prints beside the session that is open."""
    environment = {**os.environ, "CPAL_HOME": str(home), "PYTHONPATH": str(ROOT)}
    return subprocess.run([program("cpal"), *words], env=environment, capture_output=True, text=True, check=True).stdout


def test_what_others_made_is_told_as_they_call_it(town: Stage) -> None:
    made = ("ls-add neutron-77 -- set Logical_Switch neutron-77 external_ids:neutron\\:network_name=their-net "
            "-- lsp-add neutron-77 port-78 -- set Logical_Switch_Port port-78 "
            "external_ids:neutron\\:port_name=theirs external_ids:neutron\\:project_id=0123abcd")  # fmt: skip
    town.nbctl("--wait=sb", *made.split())
    try:
        lab = target_called("lab", town.session.estate)
        words = TunnelWords(town.session.estate, lab, *town.session.tunnels_of(lab))
        vni = int(southbound(town, "Datapath_Binding", "external_ids:name=neutron-77"))
        key = int(southbound(town, "Port_Binding", "logical_port=port-78"))
        assert words.network(vni) == "their-net"
        assert words.port(vni, key) == "0123abcd/theirs"
        assert words.port(vni, 0x8000).startswith("_MC_")
        assert words.network(0) == words.port(vni, 999) == words.host("192.0.2.1") == ""
    finally:
        town.nbctl("ls-del", "neutron-77")


def southbound(town: Stage, table: str, condition: str) -> str:
    """The tunnel key of a row of the Southbound database."""
    return town.run("central", "ovn-sbctl", "--bare", "--columns=tunnel_key", "find", table, condition)
