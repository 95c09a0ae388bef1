"""Labs for tests, and a look at the machine that does not ask the lab's own code what it left there."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from cpal.lab.lab import Lab
from cpal.lab.records import Interface, Workload

NORTH_WORDS = """
ls-add web -- ls-add db -- ls-add flat -- ls-add vlan -- lr-add edge
-- lrp-add edge edge-web 02:00:00:00:ff:01 10.0.1.1/24 fd00:1::1/64
-- lsp-add web web-edge -- lsp-set-type web-edge router -- lsp-set-addresses web-edge router
-- lsp-set-options web-edge router-port=edge-web
-- set Logical_Router_Port edge-web ipv6_ra_configs:address_mode=dhcpv6_stateless ipv6_ra_configs:mtu=1442
-- lrp-add edge edge-db 02:00:00:00:ff:02 10.0.2.1/24 fd00:2::1/64
-- lsp-add db db-edge -- lsp-set-type db-edge router -- lsp-set-addresses db-edge router
-- lsp-set-options db-edge router-port=edge-db
-- set Logical_Router_Port edge-db ipv6_ra_configs:address_mode=dhcpv6_stateful
-- lsp-add flat flat-out -- lsp-set-type flat-out localnet -- lsp-set-addresses flat-out unknown
-- lsp-set-options flat-out network_name=physnet1
-- lsp-add vlan vlan-out "" 42 -- lsp-set-type vlan-out localnet -- lsp-set-addresses vlan-out unknown
-- lsp-set-options vlan-out network_name=physnet1
"""
"""Two networks behind a router, one with SLAAC and stateless DHCPv6, one with stateful, and two provider networks."""

DHCP = {
    "web": {
        "server_id": "10.0.1.1",
        "server_mac": "02:00:00:00:ff:01",
        "lease_time": "3600",
        "router": "10.0.1.1",
        "mtu": "1442",
        "dns_server": "{10.0.1.53, 192.0.2.53}",
        "domain_name": '\\"web.example\\"',
        "classless_static_route": "{169.254.169.254/32,10.0.1.2, 0.0.0.0/0,10.0.1.1}",
    },
    "db": {
        "server_id": "10.0.2.1",
        "server_mac": "02:00:00:00:ff:02",
        "lease_time": "3600",
        "router": "10.0.2.1",
        "mtu": "1442",
    },
}
DHCP6 = {
    "web": {"server_id": "02:00:00:00:ff:01", "dns_server": "fd00:1::53", "dhcpv6_stateless": "true"},
    "db": {"server_id": "02:00:00:00:ff:02", "dns_server": "fd00:2::53"},
}

PORTS = {
    "web1": ("web", "02:00:00:00:00:11", "10.0.1.11 fd00:1::ff:fe00:11"),
    "web2": ("web", "02:00:00:00:00:12", "10.0.1.12 fd00:1::ff:fe00:12"),
    "db1": ("db", "02:00:00:00:00:21", "10.0.2.21 fd00:2::21"),
    "flat1": ("flat", "02:00:00:00:00:31", "203.0.113.31 2001:db8:113::31"),
    "vlan1": ("vlan", "02:00:00:00:00:41", "198.51.100.41 2001:db8:100::41"),
}
"""Port, which is also its workload's name -> its network, MAC address, addresses."""


def north(lab: Lab, *words: str) -> str:
    """What ovn-nbctl prints."""
    done = lab.run("central", ["ovn-nbctl", *words])
    assert done.exit_code == 0, done.stderr
    return done.stdout.strip()


def make_topology(lab: Lab) -> None:
    """Put the networks and ports into the Northbound database, with OVN's own tool."""
    north(lab, *(word.strip('"') for word in NORTH_WORDS.split()))
    options = {network: _dhcp_options(lab, DHCP[network], f"10.0.{n}.0/24") for n, network in enumerate(DHCP, 1)}
    options6 = {network: _dhcp_options(lab, DHCP6[network], f"fd00:{n}::/64") for n, network in enumerate(DHCP6, 1)}
    for port, (network, mac, addresses) in PORTS.items():
        words = ["lsp-add", network, port, "--", "lsp-set-addresses", port, f"{mac} {addresses}"]
        words += ["--", "lsp-set-port-security", port, f"{mac} {addresses}"]
        if network in options:
            words += ["--", "lsp-set-dhcpv4-options", port, options[network]]
            words += ["--", "lsp-set-dhcpv6-options", port, options6[network]]
        north(lab, *words)


def _dhcp_options(lab: Lab, options: dict[str, str], cidr: str) -> str:
    words = ",".join(f'"{key}"="{value}"' for key, value in options.items())
    return north(lab, "create", "DHCP_Options", f'cidr="{cidr}"', f"options={words}")


def workload(name: str, hypervisor: str, **interface: object) -> Workload:
    """The workload of port `name`."""
    _, mac, _ = PORTS[name]
    return Workload(
        name=name,
        hypervisor=hypervisor,
        interfaces=(Interface(port_id=name, mac_address=mac, **interface),),  # type: ignore[arg-type]  # by keyword
    )


def workloads() -> tuple[Workload, ...]:
    """One workload for each port, on both hypervisors, getting addresses in every way there is."""
    return (
        workload("web1", "hv1", mtu=1442, dhcp4=True, slaac=True),
        workload("web2", "hv2", mtu=1442, dhcp4=True, slaac=True, dhcp6=True),
        workload("db1", "hv2", mtu=1442, dhcp4=True, dhcp6=True),
        workload(
            "flat1",
            "hv1",
            addresses=("203.0.113.31/24", "2001:db8:113::31/64"),
            gateways=("203.0.113.254", "2001:db8:113::fe"),
        ),
        workload("vlan1", "hv2", addresses=("198.51.100.41/24", "2001:db8:100::41/64")),
    )


def left_behind(directory: Path, prefix: str) -> list[str]:
    """What of the lab is still on the machine: its directory, namespaces by prefix, processes that know its path."""
    names = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=True).stdout.split("\n")
    left = [name for name in names if name.startswith(prefix)]
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid() and _knows(entry, bytes(directory)):
            left.append(f"process {entry.name}")
    return left + ([str(directory)] if directory.exists() else [])


def _knows(process: Path, path: bytes) -> bool:
    try:
        text = (process / "cmdline").read_bytes() + b"\0" + (process / "environ").read_bytes()
    except OSError:  # it has just ended
        return False
    return path + b"/" in text or path + b"\0" in text


def prefix_of(lab: Lab) -> str:
    """What the names of the lab's namespaces start with."""
    return lab.outside_hosts[0].namespace.removesuffix(lab.outside_hosts[0].name)


@pytest.fixture
def lab(cpal_home: Path) -> Iterator[Lab]:
    """A lab that is down, and that must leave nothing behind when it is taken down."""
    found = Lab(cpal_home / "lab")
    yield found
    found.down()
    assert left_behind(found.directory, prefix_of(found)) == []


@pytest.fixture(scope="module", params=["geneve", "vxlan"])
def wired(request: pytest.FixtureRequest) -> Iterator[Lab]:
    """A lab with the topology and its workloads plugged, shared by a module's tests, once for each encapsulation."""
    home = Path(tempfile.mkdtemp(prefix="cpal-"))
    found = Lab(home / "lab")
    try:
        found.up(2, request.param)
        make_topology(found)
        found.reconcile(workloads())
        yield found
    finally:
        found.down()
        assert left_behind(found.directory, prefix_of(found)) == []
        shutil.rmtree(home)
