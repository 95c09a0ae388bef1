"""Real packets through a lab: addresses by DHCP and router advertisements, tunnels, MTU, the outside."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_interface
from pathlib import Path

import pytest

from cpal.errors import TimedOut
from cpal.lab.lab import Lab
from cpal.lab.processes import until

from .conftest import make_topology, north, workloads

PORTS = {"geneve": "6081", "vxlan": "4789"}


def ping(lab: Lab, source: str, address: str, *words: str) -> bool:
    """Whether a ping from `source` is answered."""
    return lab.run(source, ["ping", "-c", "1", "-w", "5", "-i", "0.2", *words, address]).exit_code == 0


def has(lab: Lab, name: str) -> set[str]:
    """Global addresses of `name`, with prefix length."""
    return {entry.address for entry in lab.addresses(name) if entry.scope == "global"}


@contextmanager
def captured(lab: Lab, name: str, interface: str, wanted: str, directory: Path) -> Iterator[Path]:
    """What tcpdump sees on an interface of the lab while the body runs: a file, complete after it."""
    file = directory / "seen.pcap"
    words = ["tcpdump", "-i", interface, "-w", str(file), "-U", "--immediate-mode", "-s0", wanted]
    argv = lab.exec_argv(name, words)
    process = subprocess.Popen(argv, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    with process, process.stderr:
        assert any("listening on" in line for line in process.stderr)
        yield file
        time.sleep(0.2)
        process.terminate()


def decoded(file: Path, display_filter: str, *fields: str) -> list[list[str]]:
    """The fields of each packet that tshark's filter matches."""
    words = [word for field in fields for word in ("-e", field)]
    argv = ["tshark", "-r", str(file), "-Y", display_filter, "-T", "fields", "-E", "separator=|", *words]
    text = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
    return [line.split("|") for line in text.splitlines()]


def test_dhcp_gives_all_that_the_network_says(wired: Lab) -> None:
    lease = wired.lease("web1")
    assert (lease["ip"], lease["subnet"], lease["router"]) == ("10.0.1.11", "255.255.255.0", "10.0.1.1")
    assert (lease["dns"], lease["domain"]) == ("10.0.1.53 192.0.2.53", "web.example")
    assert (lease["lease"], lease["mtu"]) == ("3600", "1442")
    assert "10.0.1.11/24" in has(wired, "web1")
    routes = wired.run("web1", ["ip", "-4", "route"]).stdout
    assert "default via 10.0.1.1 dev eth0" in routes
    assert "169.254.169.254 via 10.0.1.2 dev eth0" in routes
    assert wired.run("db1", ["ip", "-4", "route", "show", "default"]).stdout.startswith("default via 10.0.2.1")


def test_stateless_dhcpv6_gives_options_only(wired: Lab) -> None:
    def answer() -> dict[str, str]:
        return wired.lease("web2", version=6)

    until(lambda: bool(answer()), 10, "the reply to an information request")
    assert answer()["new_dhcp6_name_servers"] == "fd00:1::53"
    assert "new_ip6_address" not in answer()
    assert "nameserver fd00:1::53\n" in wired.run("web2", ["cat", "/etc/resolv.conf"]).stdout


def test_name_servers_are_the_workloads_own(wired: Lab) -> None:
    machine = Path("/etc/resolv.conf").read_text()
    inside = wired.run("web1", ["cat", "/etc/resolv.conf"]).stdout
    assert inside == "nameserver 10.0.1.53\nnameserver 192.0.2.53\nsearch web.example\n"
    assert wired.run("db1", ["cat", "/etc/resolv.conf"]).stdout == "nameserver fd00:2::53\n"
    assert Path("/etc/resolv.conf").read_text() == machine


def test_router_advertisements_and_dhcpv6_give_addresses_and_a_way_out(wired: Lab) -> None:
    assert "fd00:1::ff:fe00:11/64" in has(wired, "web1")
    assert "fd00:2::21" in {str(ip_interface(address).ip) for address in has(wired, "db1")}
    assert wired.lease("db1", version=6)["new_dhcp6_name_servers"] == "fd00:2::53"
    assert "fd00:1::ff:fe00:12/64" in has(wired, "web2")
    for name in ("web1", "web2", "db1"):
        assert wired.run(name, ["ip", "-6", "route", "show", "default"]).stdout.startswith("default via fe80::")


def test_no_first_packet_between_hypervisors_is_lost(cpal_home: Path) -> None:
    lab = Lab(cpal_home / "lab")
    try:
        lab.up(2)
        make_topology(lab)
        lab.reconcile(workloads())
        assert lab.run("web1", ["ping", "-c", "1", "-W", "5", "10.0.1.12"]).exit_code == 0
        lab.up(3)
        known = {name: lab.run(name, ["ovs-appctl", "tnl/neigh/show"]).stdout for name in ("hv1", "hv2", "hv3")}
    finally:
        lab.down()
    for number in (1, 2, 3):
        mine = f"172.31.0.{10 + number}"
        assert all((mine in shown) == (name != f"hv{number}") for name, shown in known.items()), known


@pytest.mark.parametrize("address", ["10.0.1.12", "10.0.2.21", "fd00:1::ff:fe00:12", "fd00:2::21"])
def test_workloads_meet_across_hypervisors(wired: Lab, address: str) -> None:
    assert ping(wired, "web1", address)


def test_packets_between_hypervisors_are_in_a_tunnel(wired: Lab, tmp_path: Path) -> None:
    kind = wired.status().encapsulation
    with captured(wired, "underlay", "br-ul", f"udp port {PORTS[kind]}", tmp_path) as file:
        assert ping(wired, "web1", "10.0.1.12")
    seen = decoded(file, f"{kind} && icmp.type == 8", "ip.src", "ip.dst", f"{kind}.vni", "eth.src")
    assert seen
    for source, destination, _, mac in seen:
        assert source == "172.31.0.11,10.0.1.11"
        assert destination == "172.31.0.12,10.0.1.12"
        assert mac.endswith(",02:00:00:00:00:11")
    keys = wired.run("central", ["ovn-sbctl", "--bare", "--columns=tunnel_key", "find", "Datapath_Binding",
                                 "external_ids:name=web"]).stdout  # fmt: skip
    network = {int(vni, 0) & 0xFFF for _, _, vni, _ in seen}
    assert network == {int(keys)}


def test_tunnels_to_the_hosts_of_a_gateway_are_waited_for(wired: Lab) -> None:
    """Until BFD is up at its own end, a hypervisor drops what is for the gateway, whoever has claimed it."""
    assert not wired.tunnels_ready(5), "no gateway, no tunnel to watch"
    cable = ["ip", "link", "set", "u-hv2"]
    wired.run("underlay", [*cable, "down"])
    try:
        words = ["lrp-add", "edge", "edge-flat", "02:00:00:00:ff:03", "203.0.113.20/24"]
        for place, host in enumerate(("hv1", "hv2"), start=1):
            words += ["--", "lrp-set-gateway-chassis", "edge-flat", host, str(place)]
        north(wired, "--wait=hv", *words)
        with pytest.raises(TimedOut, match="hv1 to hv2, hv2 to hv1"):
            wired.tunnels_ready(0.3)
        wired.run("underlay", [*cable, "up"])
        assert wired.tunnels_ready(20)
        for host in ("hv1", "hv2"):
            assert "Forwarding: true" in wired.run(host, ["ovs-appctl", "bfd/show"]).stdout
    finally:
        wired.run("underlay", [*cable, "up"])
        north(wired, "--wait=hv", "lrp-del", "edge-flat")


def test_a_gateway_s_next_host_takes_over_only_while_it_sees_a_third(cpal_home: Path) -> None:
    """What the how-to on routers says of OVN: of two, the one that is left takes itself for the one that is cut off."""
    lab = Lab(cpal_home / "lab")

    def south(column: str, *words: str) -> str:
        """What ovn-sbctl prints of a column of what it finds."""
        return lab.run("central", ["ovn-sbctl", "--bare", f"--columns={column}", *words]).stdout.strip()

    def carrier() -> str:
        """The host that claims the gateway."""
        bound = south("chassis", "find", "Port_Binding", "logical_port=cr-edge-flat")
        return south("name", "list", "Chassis", bound) if bound else ""

    def sees(host: str, *lines: str) -> bool:
        """Whether a host watches so many others, and finds them so."""
        shown = lab.run(host, ["ovs-appctl", "bfd/show"]).stdout.splitlines()
        return sorted(line.strip() for line in shown if "Forwarding:" in line) == sorted(lines)

    here, gone = "Forwarding: true", "Forwarding: false"
    try:
        lab.up(3)
        north(lab, "set", "NB_Global", ".", "options:bfd-min-rx=100", "options:bfd-min-tx=100")
        for words in (
            "lr-add edge -- lrp-add edge edge-flat 02:00:00:00:ff:03 203.0.113.20/24",
            "ls-add flat -- lsp-add flat flat-edge",
            "lsp-set-type flat-edge router -- lsp-set-options flat-edge router-port=edge-flat",
            "lrp-set-gateway-chassis edge-flat hv1 3 -- lrp-set-gateway-chassis edge-flat hv2 2",
        ):
            north(lab, *words.split())
        until(lambda: carrier() == "hv1" and sees("hv2", here), 20, "the gateway at hv1")
        lab.run("underlay", ["ip", "link", "set", "u-hv1", "down"])
        until(lambda: sees("hv2", gone), 20, "that hv2 sees hv1 no more")
        north(lab, "--wait=hv", "sync")
        assert carrier() != "hv2"
        lab.run("underlay", ["ip", "link", "set", "u-hv1", "up"])
        north(lab, "lrp-set-gateway-chassis", "edge-flat", "hv3", "1")
        until(lambda: carrier() == "hv1" and sees("hv2", here, here), 20, "the gateway at hv1 again")
        lab.run("underlay", ["ip", "link", "set", "u-hv1", "down"])
        until(lambda: carrier() == "hv2", 20, "the gateway at hv2")
        assert sees("hv2", gone, here)
    finally:
        lab.down()


def test_the_mtu_is_exact(wired: Lab) -> None:
    for address, headers in (("10.0.2.21", 28), ("fd00:2::21", 48)):
        assert ping(wired, "web1", address, "-M", "do", "-s", str(1442 - headers))
        too_long = ["ping", "-c", "1", "-W", "0.2", "-M", "do", "-s", str(1442 - headers + 1), address]
        assert re.search("message too long, mtu[:=] ?1442", wired.run("web1", too_long).stderr)


def test_tcp_passes_with_right_checksums(wired: Lab) -> None:
    serve = (
        "import socket; s = socket.create_server(('', 8000)); c, _ = s.accept(); c.sendall(b'x' * 200000); c.close()"
    )
    ask = (
        "import socket, sys; s = socket.create_connection(('10.0.2.21', 8000), 5);"
        "print(len(b''.join(iter(lambda: s.recv(65536), b''))))"
    )
    with subprocess.Popen(wired.exec_argv("db1", ["python3", "-c", serve])) as server:
        try:
            wired.run("db1", ["sh", "-c", "until ss -ltn | grep -q :8000; do sleep 0.05; done"], timeout_s=5)
            done = wired.run("web1", ["python3", "-c", ask])
        finally:
            server.kill()
    assert done.stdout.strip() == "200000", done.stderr


@pytest.mark.parametrize(
    ("source", "address"),
    [
        ("flat1", "203.0.113.254"),
        ("flat1", "2001:db8:113::fe"),
        ("flat1", "192.0.2.1"),
        ("flat1", "2001:db8:192::1"),
        ("vlan1", "198.51.100.254"),
        ("vlan1", "2001:db8:100::fe"),
        ("outside-flat", "203.0.113.31"),
        ("outside-vlan42", "198.51.100.41"),
    ],
)
def test_the_outside_is_reached_and_reaches_in(wired: Lab, source: str, address: str) -> None:
    assert ping(wired, source, address)


def test_vlans_are_tagged_on_the_trunk_only(wired: Lab, tmp_path: Path) -> None:
    with captured(wired, "tor", "p-hv2", "vlan 42", tmp_path) as file:
        assert ping(wired, "vlan1", "198.51.100.254")
    assert decoded(file, "icmp.type == 8", "vlan.id") == [["42"]]
    with captured(wired, "outside-vlan42", "eth0", "icmp", tmp_path) as file:
        assert ping(wired, "vlan1", "198.51.100.254")
    assert decoded(file, "icmp.type == 8", "vlan.id") == [[""]]
