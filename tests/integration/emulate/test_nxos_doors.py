"""Two drivers of one make on one box: NX-OS by NX-API and by its command line, and NAPALM beside the latter."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from napalm import get_network_driver

import cpal
from cpal.drivers.devices.nxos.driver import DRIVER as API
from cpal.drivers.devices.nxos.ssh import DRIVER as SSH
from cpal.engine.credentials import PASSWORD as VARIABLE
from cpal.engine.ssh import CONFIGURATION
from cpal.errors import Invalid, Rejected, Unreachable
from cpal.faces.device.live import Device
from cpal.faces.device.napalm import FORMS, normal_form
from cpal.lab.emulate.fleet import PASSWORD, USER, Wanted
from tests.support.emulated import Running, emulated, until

SET_UP = (
    "configure terminal", "hostname core", "ip domain-name example.net", "feature bgp", "feature interface-vlan",
    "feature lldp", "vlan 10", "name red", "interface Ethernet1/2", "switchport access vlan 10",
    "interface Ethernet1/3", "shutdown", "interface Ethernet1/1", "no switchport", "ip address 192.0.2.1/24",
    "description up", "no shutdown", "vrf context red", "rd 65001:10", "exit", "interface Vlan10", "vrf member red",
    "ip address 10.1.0.1/24", "ip address 10.2.0.1/24 secondary", "ipv6 address 2001:db8::1/64", "no shutdown",
    "interface loopback0", "ip address 192.0.2.9/32", "exit", "ip route 198.51.100.0/24 192.0.2.2",
    "router bgp 65001", "neighbor 192.0.2.2", "remote-as 65002", "neighbor 192.0.2.3", "remote-as 65003", "shutdown",
    "end", "snmp-server location Here", "ntp server 192.0.2.123",
)  # fmt: skip
WORDS: dict[str, dict[str, Any]] = {
    "ping": {"destination": "192.0.2.1"},
    "route_to": {"destination": "198.51.100.0/24"},
}
MOVING = {"facts": ("uptime_s",)}
"""What is another value a moment later."""
NOT_COMPARED = {
    "interfaces_counters": "NAPALM has no such getter",
    "ntp_stats": "as above",
    "ipv6_neighbors_table": "as above",
    "route_to": "NAPALM's driver asks for the BGP process of a route that is not BGP's",
}


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    """A switch with both doors, a neighbour and a machine."""
    with emulated(Wanted("nxos", "core", plain=True, ssh_port=0, boot_s=0.1)) as found:
        found.order("core", "cables", port="Ethernet1/1", device="spine1", neighbour="Ethernet7")
        yield found


def ssh_port(running: Running) -> int:
    """Where the command line listens."""
    line = running["core"].command_line
    assert line
    return line.port


@pytest.fixture(autouse=True)
def let_in(running: Running, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """The password is where it belongs, and the switch's key is known."""
    folder = tmp_path_factory.mktemp("ssh")
    scan = ["ssh-keyscan", "-p", str(ssh_port(running)), "127.0.0.1"]
    (folder / "known").write_text(subprocess.run(scan, capture_output=True, text=True, check=True).stdout)
    (folder / "config").write_text(f"Host *\n  UserKnownHostsFile {folder / 'known'}\n  IdentitiesOnly yes\n")
    monkeypatch.setenv(VARIABLE, PASSWORD)
    monkeypatch.setenv(CONFIGURATION, str(folder / "config"))


@pytest.fixture
def doors(running: Running, let_in: None) -> Iterator[tuple[Device, Device]]:
    """The switch by NX-API, and by its command line."""
    api = f"nxos+http://{USER}@127.0.0.1:{running['core'].port}"
    with cpal.device(api) as one, cpal.device(f"nxos-ssh://{USER}@127.0.0.1:{ssh_port(running)}") as other:
        if not running.do("core", lambda device: device.stations):
            one.native.run(*SET_UP, form="text")
            running.order("core", "stations", mac="02:00:00:00:00:09", vlan=10, port="Ethernet1/2", ip="10.1.0.9")
            running.order("core", "stations", mac="02:00:00:00:00:0a", vlan=10, port="Ethernet1/2", ip="2001:db8::a")
        yield one, other


@pytest.mark.parametrize("getter", sorted(API.getters.keys() & SSH.getters.keys()))
def test_both_tell_the_same(getter: str, doors: tuple[Device, Device]) -> None:
    told = [msgspec.to_builtins(door.tell(getter, **WORDS.get(getter, {}))) for door in doors]
    for field in MOVING.get(getter, ()):
        for each in told:
            each.pop(field)
    if getter == "environment":  # each names a sensor as its command does: with a number, or with a module behind
        told[0]["memories"] = told[0]["memories"][:-1]  # without what is shared, of which NX-API alone tells
        for each in told:
            for sensor in each["temperatures"]:
                sensor["name"] = sensor["name"].removesuffix("-1").rpartition(" ")[2]
    assert told[0] == told[1]
    assert told[0] or getter in ("lags", "mlag", "ntp_stats", "qos", "spanning_tree"), "there is something to tell"


@pytest.mark.parametrize("getter", [name for name in FORMS if name in SSH.getters and name not in NOT_COMPARED])
def test_the_command_line_says_what_napalm_says(getter: str, doors: tuple[Device, Device], running: Running) -> None:
    napalm = get_network_driver("nxos_ssh")("127.0.0.1", USER, PASSWORD, optional_args={"port": ssh_port(running)})
    napalm.open()
    try:
        name = getter if getter == "ping" else f"get_{getter}"
        theirs = json.loads(json.dumps(getattr(napalm, name)(**WORDS.get(getter, {}))))
    finally:
        napalm.close()
    value = doors[1].tell(getter, **WORDS.get(getter, {}))
    ours = json.loads(json.dumps(normal_form(value, "nxos_ssh", getter)))
    for told in (ours, theirs):
        told.pop("uptime", None) if isinstance(told, dict) else None
    assert ours == theirs


def test_what_one_configures_the_other_shows(doors: tuple[Device, Device]) -> None:
    api, line = doors
    line.native.configure(("vlan 77", "name typed"))
    assert api.vlans[77].name == "typed"
    api.native.run("configure terminal", "no vlan 77", form="text")
    assert 77 not in line.vlans
    with pytest.raises(Rejected, match="'hostname other'"):
        line.native.run("hostname other")
    with pytest.raises(Rejected, match="'vlan 5000'"):
        line.native.configure(("vlan 5000",))
    assert api.facts.hostname == line.facts.hostname == "core"


def test_the_command_line_goes_down_with_the_switch(doors: tuple[Device, Device], running: Running) -> None:
    api, line = doors
    api.native.run("copy running-config startup-config", form="text")
    assert line.facts.hostname == "core"
    running.order("core", "reboot")
    with pytest.raises(Unreachable):
        _ = line.facts

    def answers() -> bool:
        try:
            return line.facts.hostname == "core"
        except Unreachable:
            return False

    assert until(answers)


def test_a_make_without_a_second_door_says_so() -> None:
    with pytest.raises(Invalid, match="no command line beside eAPI"), emulated(Wanted("eos", "one", ssh_port=0)):
        pass
