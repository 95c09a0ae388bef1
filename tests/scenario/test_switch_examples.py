"""The example scripts for switches, run against an emulator of each make: one VLAN on all, and a hardware swap."""

from __future__ import annotations

import json
import pydoc
import runpy
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

import cpal
from cpal.engine.credentials import PASSWORD as VARIABLE
from cpal.engine.ssh import CONFIGURATION
from cpal.errors import Rejected
from cpal.faces.cli.main import program
from cpal.lab.emulate.fleet import PASSWORD, USER, Wanted
from cpal.lab.emulate.tree import Node
from tests.source import ROOT
from tests.support.emulated import Eapi, Nxapi, Running, emulated
from tests.support.switch_makes import IosHands

EXAMPLES = ROOT / "examples"
SCHEMES = {"leaf1": "eos+http", "leaf2": "nxos+http", "leaf3": "junos", "leaf4": "ios", "spare": "eos+http"}


class Rack:
    """A switch of each make, and one in reserve."""

    def __init__(self, running: Running, folder: Path) -> None:
        self.running, self.folder = running, folder

    def address(self, name: str) -> str:
        """The address of a switch."""
        return f"{SCHEMES[name]}://{USER}@127.0.0.1:{self.running[name].port}"

    def bare(self, name: str) -> str:
        """The same, without who comes."""
        return self.address(name).replace(f"{USER}@", "")

    def written(self, name: str, content: object) -> Path:
        """A file with a document in it."""
        path = self.folder / name
        path.write_text(yaml.safe_dump(content), encoding="utf-8")
        return path

    def shown(self) -> tuple[str, ...]:
        """The running configurations, without when they were shown."""
        eos, nxos = Eapi(self.running["leaf1"].url), Nxapi(self.running["leaf2"].url)
        texts = (eos.text("show running-config"), nxos.text("show running-config").partition("\nversion")[2])
        eos.close()
        nxos.close()
        others = (self.running.do(name, lambda device: lines_of(device.running)) for name in ("leaf3", "leaf4"))
        return (*texts, *map(repr, others))


def lines_of(node: Node) -> list[object]:
    """All lines of a configuration."""
    return [(each.line, lines_of(each)) for each in node.children()]


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    """The emulators."""
    with emulated(
        Wanted("eos", "leaf1", plain=True), Wanted("nxos", "leaf2", plain=True), Wanted("junos", "leaf3"),
        Wanted("ios", "leaf4"), Wanted("eos", "spare", plain=True),
    ) as found:  # fmt: skip
        IosHands(found, "leaf4").type("vtp mode transparent")
        yield found


@pytest.fixture
def rack(running: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Rack:
    """The switches, a store of its own, and an SSH that knows the one that is reached by it."""
    ports = [str(running[name].port) for name in ("leaf3", "leaf4")]
    asked = [("ssh-keyscan", "-p", port, "127.0.0.1") for port in ports]
    scans = [subprocess.run(words, capture_output=True, text=True, check=True).stdout for words in asked]
    (tmp_path / "known").write_text("".join(scans))
    (tmp_path / "ssh").write_text(f"Host *\n  UserKnownHostsFile {tmp_path / 'known'}\n  IdentitiesOnly yes\n")
    monkeypatch.setenv(CONFIGURATION, str(tmp_path / "ssh"))
    monkeypatch.setenv("CPAL_HOME", str(tmp_path / "home"))
    monkeypatch.setenv(VARIABLE, PASSWORD)
    return Rack(running, tmp_path)


def run(script: str, path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """What a script prints, given a file."""
    monkeypatch.setattr("sys.argv", [script, str(path)])
    runpy.run_path(str(EXAMPLES / script), run_name="__main__")
    return capsys.readouterr().out.splitlines()


def one_vlan(rack: Rack) -> Path:
    """The example's document, with the emulators' addresses."""
    document = yaml.safe_load((EXAMPLES / "one-vlan.yaml").read_text(encoding="utf-8"))
    for target in document["targets"].values():
        target["endpoints"] = {name: rack.address(name) for name in target["endpoints"]}
    return rack.written("rack.yaml", document)


def test_one_vlan_on_every_make_is_planned_committed_and_undone_as_one(
    rack: Rack, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = rack.shown()
    said = run("one_vlan.py", one_vlan(rack), monkeypatch, capsys)
    told = dict(line.split(" is to be told: ") for line in said[:4])
    assert sorted(told) == ["leaf1", "leaf2", "leaf3", "leaf4"]
    assert all("vlan 10" in told[leaf] for leaf in ("leaf1", "leaf2", "leaf4"))
    assert "set vlans users vlan-id 10" in told["leaf3"]
    assert sorted(said[4:]) == [
        "Arista has VLAN 10 on Ethernet1", "Cisco has VLAN 10 on Ethernet1/1",
        "Cisco has VLAN 10 on GigabitEthernet0/1", "Juniper has VLAN 10 on ge-0/0/1.0",
    ]  # fmt: skip
    assert rack.shown() == before


def test_each_make_is_spoken_to_in_its_own_words(
    rack: Rack, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    entries = {leaf: {"address": rack.bare(leaf)} for leaf in ("leaf1", "leaf2", "leaf3", "leaf4")}
    inventory = rack.written(
        "inventory.yaml", {"defaults": {"user": USER, "password": f"env:{VARIABLE}"}, "devices": entries}
    )
    said = run("native.py", inventory, monkeypatch, capsys)
    for line, name in zip(said[1::2], entries, strict=True):
        assert line.startswith(f"{name} says ")
        assert rack.running[name].device.identity.version in line
    assert [line.split(" speaks ")[1] for line in said[::2]] == [
        "Eapi, which can run", "Nxapi, which can run", "JunosNetconf, which can run",
        "IosTerminal, which can configure, run",
    ]  # fmt: skip
    with cpal.devices(inventory) as switches:
        helped = pydoc.plain(pydoc.render_doc(switches["leaf4"].native))
        assert "configure(self, lines: 'Iterable[str]')" in helped
        assert "Type lines of configuration; each is in effect at once." in helped
        assert "answers" not in helped
        switches["leaf4"].native.configure(("interface GigabitEthernet0/3", "description told natively"))
        assert switches["leaf4"].interfaces["GigabitEthernet0/3"].description == "told natively"
        switches["leaf4"].native.configure(("interface GigabitEthernet0/3", "no description"))
        assert switches["leaf4"].interfaces["GigabitEthernet0/3"].description is None
        with pytest.raises(Rejected, match="'show weather'"):
            switches["leaf2"].native.run("show weather")


@pytest.mark.parametrize(
    ("leaf", "command"),
    [
        ("leaf1", "commit timer"),
        ("leaf2", "^scheduler schedule"),
        ("leaf2", "^switchport access"),
        ("leaf3", "confirm-timeout"),
        ("leaf4", "^configure terminal revert"),
        ("leaf4", "^switchport access"),
    ],
)
def test_where_one_make_refuses_none_has_the_vlan(
    rack: Rack, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], leaf: str, command: str
) -> None:
    before = rack.shown()
    rack.running.order(leaf, "faults", match=command, action="refuse", message="told to refuse")
    with pytest.raises(Rejected) as refused:
        run("one_vlan.py", one_vlan(rack), monkeypatch, capsys)
    assert refused.value.key.startswith(leaf)
    assert "everything is as before" in refused.value.remedy
    assert rack.shown() == before


def test_a_switch_of_another_make_takes_the_place_of_one_and_no_line_of_the_script_changes(
    rack: Rack, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    spare = Eapi(rack.running["spare"].url)
    for hand, port in ((Nxapi(rack.running["leaf2"].url), "Ethernet1/1"), (None, "Ethernet1")):
        lines = ("vlan 10", "name users", f"interface {port}", "switchport access vlan 10")
        if hand is not None:
            hand.configure(*lines)
            hand.close()
        else:
            spare.run("enable", "configure", "hostname leaf2", *lines)
    spare.close()
    said = []
    for second in ("leaf2", "spare"):
        entries = {
            "leaf1": {"address": rack.bare("leaf1")},
            "leaf2": {"address": rack.bare(second), "tags": {"rack": 7}},
        }
        inventory = {"defaults": {"user": USER, "password": f"env:{VARIABLE}"}, "devices": entries}
        said.append(run("switches.py", rack.written("inventory.yaml", inventory), monkeypatch, capsys))
    assert said[0] == said[1]
    assert said[0][1] == "leaf2 is leaf2"
    assert said[0][3] == "leaf2 users: 1 ports"
    assert said[0][4] == "1 in rack 7: leaf2"


BOXES = {"eos1": "leaf1", "nxos1": "leaf2", "junos1": "leaf3", "ios1": "leaf4"}
"""Which emulator is the switch that an example calls so."""
FEATURES = ("bgp", "nv overlay", "vn-segment-vlan-based", "interface-vlan")
TENANTS = {
    "stack": "tenants",
    "networks": {
        "web": {
            "provider": {"network_type": "vxlan", "segmentation_id": 5001},
            "port_security_enabled": False,
            "subnets": {"web": {"cidr": "10.0.1.0/24", "enable_dhcp": False}},
        }
    },
    "routers": {"edge": {"interfaces": ["web"], "vni": 6001}},
    "interfaces": {
        "eos1/Ethernet5": {"mode": "access", "networks": ["web"]},
        "nxos1/Ethernet1/5": {"mode": "access", "networks": ["web"]},
        "junos1/ge-0/0/5": {"mode": "access", "networks": ["web"]},
    },
}


def test_an_underlay_is_declared_and_then_carries_what_tenants_have(rack: Rack) -> None:
    nxos = Nxapi(rack.running["leaf2"].url)
    nxos.configure(*(f"feature {each}" for each in FEATURES), "nv overlay evpn")
    before = rack.shown()
    document = yaml.safe_load((EXAMPLES / "underlay.yaml").read_text(encoding="utf-8"))
    for target in document["targets"].values():
        target["endpoints"] = {name: rack.address(BOXES[name]) for name in target["endpoints"]}
    underlay, tenants = rack.written("underlay.yaml", document), rack.written("tenants.yaml", TENANTS)
    cpal_does("apply", "-y", underlay)
    assert peers(rack) == {
        "leaf1": {("192.0.2.0", 64700), ("10.255.2.2", 64702), ("10.255.2.3", 64703)},
        "leaf2": {("192.0.2.2", 64700), ("10.255.2.1", 64701), ("10.255.2.3", 64703)},
        "leaf3": {("192.0.2.4", 64700), ("10.255.2.1", 64701), ("10.255.2.2", 64702)},
        "leaf4": {("192.0.2.1", 64701), ("192.0.2.3", 64702), ("192.0.2.5", 64703)},
    }
    under = rack.shown()
    cpal_does("apply", "-y", tenants)
    eos, nexus, junos, _ = rack.shown()
    assert "vxlan source-interface Loopback0" in eos
    assert "vxlan vlan 2000 vni 5001" in eos
    assert "source-interface loopback0" in nexus
    assert "member vni 5001" in nexus
    assert junos.count("'vtep-source-interface lo0.0'") == 2
    assert "'vni 5001'" in junos
    assert "everything is as declared" in cpal_does("plan", underlay)
    assert "everything is as declared" in cpal_does("plan", tenants)
    cpal_does("destroy", "-y", tenants)
    assert rack.shown() == under
    cpal_does("destroy", "-y", underlay)
    assert rack.shown() == before
    nxos.configure("no nv overlay evpn", *(f"no feature {each}" for each in FEATURES))
    nxos.close()


def peers(rack: Rack) -> dict[str, set[tuple[str, int]]]:
    """The neighbours that switches show, with their ASes."""
    found = {}
    for leaf in BOXES.values():
        told = json.loads(cpal_does("get", "bgp", "--device", rack.address(leaf), "--format", "json"))
        found[leaf] = {(each["address"], each["peer_as"]) for each in told}
    return found


def cpal_does(*words: object) -> str:
    """What the program says to words that are done."""
    found = CliRunner().invoke(program, [str(word) for word in words])
    assert found.exit_code == 0, found.output + str(found.exception)
    return found.stdout
