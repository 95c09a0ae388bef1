"""Switches of four makes find out whom they reach: the example script, and what each says of a path that is cut."""

from __future__ import annotations

import runpy
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from ncclient import manager

import cpal
from cpal.engine.credentials import PASSWORD as VARIABLE
from cpal.engine.ssh import CONFIGURATION
from cpal.errors import CpalError, Invalid, Rejected
from cpal.faces.device.devices import Devices
from cpal.lab.emulate.fleet import PASSWORD, USER, Wanted
from cpal.model.device.ping import Ping
from tests.source import ROOT
from tests.support.emulated import Running, emulated

SCHEMES = {"leaf1": "eos+http", "leaf2": "nxos+http", "leaf3": "junos", "leaf4": "ios"}
CABLES = (
    ("leaf1", "Ethernet1", "leaf2", "Ethernet1/1"),
    ("leaf2", "Ethernet1/2", "leaf3", "ge-0/0/1"),
    ("leaf3", "ge-0/0/2", "leaf4", "GigabitEthernet0/2"),
)
LOOPBACKS = {f"leaf{number}": f"192.0.2.{number}" for number in range(1, 5)}
EOS = (
    "configure", "vrf instance red", "interface Ethernet1", "no switchport", "ip address 10.0.0.0/31",
    "interface Loopback0", "ip address 192.0.2.1/32", "interface Vlan10", "vrf red", "ip address 10.1.0.1/24", "exit",
    "ip route 0.0.0.0/0 10.0.0.1", "vlan 10",
)  # fmt: skip
NXOS = (
    "configure terminal", "interface Ethernet1/1", "no switchport", "ip address 10.0.0.1/31", "no shutdown",
    "interface Ethernet1/2", "no switchport", "ip address 10.0.0.2/31", "no shutdown", "interface loopback0",
    "ip address 192.0.2.2/32", "ip route 192.0.2.1/32 10.0.0.0", "ip route 192.0.2.3/32 10.0.0.3",
    "ip route 192.0.2.4/32 10.0.0.3", "ip route 10.0.0.4/31 10.0.0.3",
)  # fmt: skip
JUNOS = (
    "set interfaces ge-0/0/1 unit 0 family inet address 10.0.0.3/31",
    "set interfaces ge-0/0/2 unit 0 family inet address 10.0.0.4/31",
    "set interfaces lo0 unit 0 family inet address 192.0.2.3/32",
    "set routing-options static route 192.0.2.4/32 next-hop 10.0.0.5",
    "set routing-options static route 0.0.0.0/0 next-hop 10.0.0.2",
)
IOS = (
    "interface GigabitEthernet0/2", "no switchport", "ip address 10.0.0.5 255.255.255.254", "no shutdown",
    "interface Loopback0", "ip address 192.0.2.4 255.255.255.255", "exit", "ip route 192.0.2.0 255.255.255.0 10.0.0.4",
    "ip route 10.0.0.0 255.255.255.0 10.0.0.4",
)  # fmt: skip


def plug(running: Running, first: str, port: str, second: str, other: str, *, into: bool = True) -> None:
    """Plug a cable into both its ends, or take it out."""
    for name, own, device, neighbour in ((first, port, second, other), (second, other, first, port)):
        running.order(name, "cables", port=own, **({"device": device, "neighbour": neighbour} if into else {}))


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    """A chain of four switches, with routes to each other's loopback addresses."""
    with emulated(
        Wanted("eos", "leaf1", plain=True), Wanted("nxos", "leaf2", plain=True), Wanted("junos", "leaf3"),
        Wanted("ios", "leaf4"),
    ) as found:  # fmt: skip
        for cable in CABLES:
            plug(found, *cable)
        yield found


@pytest.fixture(scope="module")
def inventory(running: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The inventory of the chain, set up by each make's own means."""
    folder = tmp_path_factory.mktemp("chain")
    asked = [("ssh-keyscan", "-p", str(running[name].port), "127.0.0.1") for name in ("leaf3", "leaf4")]
    scans = [subprocess.run(words, capture_output=True, text=True, check=True).stdout for words in asked]
    (folder / "known").write_text("".join(scans))
    (folder / "ssh").write_text(f"Host *\n  UserKnownHostsFile {folder / 'known'}\n  IdentitiesOnly yes\n")
    entries = {name: {"address": f"{SCHEMES[name]}://127.0.0.1:{running[name].port}"} for name in SCHEMES}
    file = folder / "inventory.yaml"
    defaults = {"user": USER, "password": f"env:{VARIABLE}"}
    file.write_text(yaml.safe_dump({"defaults": defaults, "devices": entries}))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, PASSWORD)
        patch.setenv(CONFIGURATION, str(folder / "ssh"))
        with cpal.devices(file) as rack:
            rack["leaf1"].native.run(*EOS)
            rack["leaf2"].native.run(*NXOS, form="text")
            rack["leaf4"].native.configure(IOS)
        with manager.connect(
            host="127.0.0.1", port=running["leaf3"].port, username=USER, password=PASSWORD, hostkey_verify=False,
            allow_agent=False, look_for_keys=False, device_params={"name": "junos"},
        ) as session:  # fmt: skip
            session.load_configuration(action="set", config=list(JUNOS))
            session.commit()
        yield file


@pytest.fixture
def rack(inventory: Path) -> Iterator[Devices]:
    """The devices of the chain."""
    with cpal.devices(inventory) as found:
        yield found


def script(inventory: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """What the example prints."""
    monkeypatch.setattr("sys.argv", ["reachability.py", str(inventory)])
    runpy.run_path(str(ROOT / "examples" / "reachability.py"), run_name="__main__")
    return capsys.readouterr().out.splitlines()


def test_each_reaches_all_until_a_cable_is_cut(
    inventory: Path, running: Running, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said = script(inventory, monkeypatch, capsys)
    assert [line.split() for line in said] == [[*LOOPBACKS], *([name, *["1.00", "ms"] * 4] for name in LOOPBACKS)]
    plug(running, *CABLES[1], into=False)
    try:
        said = script(inventory, monkeypatch, capsys)
    finally:
        plug(running, *CABLES[1])
    near = [{"leaf1", "leaf2"}, {"leaf3", "leaf4"}]
    apart = {(a, b) for side in near for a in side for b in LOOPBACKS if b not in side}
    assert {tuple(line.split(" does not reach ")) for line in said[5:]} == apart
    assert said[1].split() == ["leaf1", "1.00", "ms", "1.00", "ms", "lost", "lost"]


@pytest.mark.parametrize("name", SCHEMES)
def test_every_make_tells_alike(name: str, rack: Devices) -> None:
    number = int(name[-1])
    other = f"192.0.2.{number % 4 + 1}"
    found = rack[name].ping(other, source=LOOPBACKS[name], count=3)
    assert (found.destination, found.source, found.vrf) == (other, LOOPBACKS[name], None)
    assert (found.sent, found.received, found.loss_percent, found.error) == (3, 3, 0.0, None)
    assert (found.rtt_min_ms, found.rtt_avg_ms, found.rtt_max_ms) == (1.0, 1.0, 1.0)
    assert {each.address for each in found.answers} <= {other}
    silent = rack[name].ping("10.0.0.99" if name == "leaf4" else "203.0.113.9", count=1)
    assert (silent.received, silent.rtt_avg_ms, silent.reachable) == (0, None, False)
    foreign = rack[name].ping(other, source="203.0.113.1")
    assert (foreign.sent, foreign.loss_percent) == (0, None)
    assert foreign.error
    with pytest.raises(Invalid, match="no address and no name"):
        rack[name].ping("192.0.2.1; reload")
    with pytest.raises(Invalid, match="not between"):
        rack[name].ping("192.0.2.1", count=0)


def test_echoes_leave_from_a_vrf(rack: Devices, running: Running) -> None:
    leaf1 = rack["leaf1"]
    assert leaf1.ping("10.1.0.1", vrf="red", count=1).reachable
    assert not leaf1.ping("10.1.0.1", count=1).reachable, "it is in another VRF"
    assert not leaf1.ping("10.1.0.9", vrf="red", count=1).reachable
    running.order("leaf1", "stations", mac="02:00:00:00:00:09", vlan=10, port="Ethernet5", ip="10.1.0.9")
    assert leaf1.ping("10.1.0.9", vrf="red", count=1).reachable, "it was heard there"
    with pytest.raises(Rejected):
        leaf1.ping("10.1.0.1", vrf="nowhere")


def test_what_goes_wrong_at_one_is_a_cell_of_the_table(rack: Devices, running: Running) -> None:
    running.order("leaf2", "faults", match="^ping 192.0.2.1", action="refuse", message="told to refuse", times=1)
    found = rack.reach(LOOPBACKS, count=1)
    assert list(found.failures) == [("leaf2", "leaf1")]
    assert isinstance(found["leaf2", "leaf1"], CpalError)
    assert isinstance(found["leaf2", "leaf3"], Ping), "the others are told nevertheless"
    assert "not asked" in str(found)
