"""Inventories: ours, Ansible's and NetBox's lead to the same devices; they are chosen, asked together, and listed."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keyring
import pytest

import cpal
from cpal.engine.credentials import PASSWORD as VARIABLE
from cpal.errors import EXIT_CODES, CpalError, Faults, Invalid, Missing, NotFound, Unauthenticated, Unreachable
from cpal.faces.cli.main import run
from cpal.faces.cli.shell import Completer, namespace
from cpal.faces.device.devices import INVENTORY
from cpal.faces.device.inventory import read
from cpal.lab.emulate.fleet import PASSWORD, Wanted
from tests.source import ROOT
from tests.support.emulated import Running, emulated
from tests.support.terminal import TIMEOUT_S, Terminal

OURS = """
defaults: {user: admin, password: env:SWITCHES, tags: {region: east}}
groups:
  leaves: {driver: eos, way: http, timeout_s: 20}
  south: {tags: {region: south}}
devices:
  leaf1: {host: 127.0.0.1, port: PORT1, groups: [leaves], tags: {rack: 7}}
  leaf2: {host: 127.0.0.1, port: PORT2, groups: [south, leaves]}
  gone: {address: "eos+http://127.0.0.1:1", groups: [south]}
"""


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    """Two switches."""
    with emulated(Wanted("eos", "leaf1", plain=True), Wanted("eos", "leaf2", plain=True)) as found:
        yield found


@pytest.fixture
def inventory(running: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An inventory of both, and of a third that is not there; its passwords are in a variable of their own."""
    file = tmp_path / "inventory.yaml"
    text = OURS
    for number in (1, 2):
        text = text.replace(f"PORT{number}", str(running[f"leaf{number}"].port))
    file.write_text(text)
    monkeypatch.setenv("SWITCHES", PASSWORD)
    monkeypatch.setenv(INVENTORY, str(file))
    monkeypatch.delenv(VARIABLE, raising=False)
    return file


def test_devices_are_chosen_and_told_together_and_failures_are_named(inventory: Path) -> None:
    with cpal.devices(inventory) as devices:
        assert list(devices) == ["leaf1", "leaf2", "gone"]
        assert list(devices.where(tags__region="east", vendor="arista")) == ["leaf1"]
        assert list(devices.where(groups="south")) == ["leaf2", "gone"]
        assert list(devices.match("leaf*").where(facts__os_version="4.*")) == ["leaf1", "leaf2"]
        assert list(devices.match("@leaves").where(vendor="cisco")) == []
        assert devices["leaf1"].facts.tags == {"region": "east", "rack": "7"}
        answers = devices.tell("facts")
        assert [each.hostname for each in answers.values.values()] == ["leaf1", "leaf2"]
        assert {name: type(fault) for name, fault in answers.failures.items()} == {"gone": Unreachable}
        with pytest.raises(Invalid, match="by name, driver, vendor"):
            devices.where(colour="red")
        with pytest.raises(KeyError):
            _ = devices["leaf9"]


def test_the_shell_lists_by_name_group_and_condition_with_the_columns_that_are_wanted(
    inventory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["get", "facts", "--device", "leaf*", "--columns", "device,hostname,tags.region,tags.rack", "--quiet"]
    assert run(words) == 0
    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [
        ["device", "hostname", "tags.region", "tags.rack"],
        ["leaf1", "leaf1", "east", "7"], ["leaf2", "leaf2", "south"],
    ]  # fmt: skip
    assert (
        run(
            [
                "get",
                "interfaces",
                "Ethernet1",
                "--device",
                "@leaves",
                "--where",
                "tags.region=south",
                "--format",
                "json",
            ]
        )
        == 0
    )
    assert [each["device"] for each in json.loads(capsys.readouterr().out)] == ["leaf2"]
    assert run(["get", "facts", "--device", "*", "--format", "json"]) == EXIT_CODES[Unreachable]
    told = capsys.readouterr()
    assert [each["device"] for each in json.loads(told.out)] == ["leaf1", "leaf2"]
    assert "127.0.0.1:1: the device does not answer" in told.err
    assert run(["get", "facts", "--device", "spine*"]) == EXIT_CODES[NotFound]
    assert "it has leaf1, leaf2, gone" in capsys.readouterr().err
    assert run(["get", "facts", "--device", "leaf1", "--columns", "weather"]) == EXIT_CODES[Invalid]
    assert run(["get", "facts", "--device", "leaf1", "--where", "rack"]) == EXIT_CODES[Invalid]
    assert run(["get", "networks", "--columns", "name"]) == EXIT_CODES[Invalid]


def test_the_shell_holds_the_devices_and_completes_by_what_there_is_now(
    inventory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["shell", "-c", "table('facts', 'device', 'tags.region'); print(leaf1.vlans[1].name)"]) == 0
    told = capsys.readouterr()
    assert [line.split() for line in told.out.splitlines()] == [
        ["device", "tags.region"], ["leaf1", "east"], ["leaf2", "south"], ["default"],
    ]  # fmt: skip
    assert "127.0.0.1:1: the device does not answer" in told.err
    with cpal.devices(inventory) as devices:
        completer = Completer(namespace(devices))
        leaf1_ports = sorted(devices["leaf1"].interfaces)
        assert list(completer.of("lea")) == ["leaf1", "leaf2"]
        assert list(completer.of("leaf1.fac")) == ["leaf1.facts"]
        assert "leaf1.facts.os_version" in completer.of("leaf1.facts.")
        assert list(completer.of('leaf1.interfaces["Ethernet2')) == ['leaf1.interfaces["Ethernet2"]']
        assert list(completer.of("leaf1.vlans[")) == ["leaf1.vlans[1]"]
        assert list(completer.of("leaf1.vlans[2")) == list(completer.of('leaf1.vlans["')) == []
        assert list(completer.of("leaf1.interfaces[")) == [f'leaf1.interfaces["{name}"]' for name in leaf1_ports]
        assert list(completer.of('devices["g')) == ['devices["gone"]']
        assert list(completer.of('gone.interfaces["')) == []
        assert list(completer.of('leaf1.interfaces["Ethernet2"].oper')) == ['leaf1.interfaces["Ethernet2"].oper_status']
        assert list(completer.of('exit()["')) == []
    assert run(["shell", "nobody"]) == EXIT_CODES[NotFound]


def test_what_is_typed_wrong_in_the_shell_is_told_and_no_fault_of_cpals(inventory: Path) -> None:
    typed = "leaf1.nope\ngone.facts\n1 +\nprint(leaf1.facts.vendor)\n"
    words = [sys.executable, "-m", "cpal.faces.cli.main", "shell"]
    done = subprocess.run(words, input=typed, text=True, capture_output=True, timeout=60, check=True)
    assert "AttributeError: 'Device' object has no attribute 'nope'" in done.stderr
    assert "error: gone at http://127.0.0.1:1: the device does not answer" in done.stderr
    assert "SyntaxError" in done.stderr
    assert "fault of cpal" not in done.stderr
    assert "Arista" in done.stdout
    assert run(["shell", "-c", "leaf1.nope"]) == 1


def test_what_a_line_of_the_shell_comes_to_can_be_read_and_a_wait_broken_off(inventory: Path, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"eos+http://admin@127.0.0.1:{silent.getsockname()[1]}"
        words = [sys.executable, "-m", "cpal.faces.cli.main", "shell"]
        terminal = Terminal(words, {**os.environ, "TERM": "dumb", VARIABLE: PASSWORD}, tmp_path)
        try:
            terminal.expect(">>> ")
            terminal.type("leaf1.facts\r")
            terminal.expect(r"\nvendor +'Arista'\r\nhostname +'leaf1'\r\n(?s:.*)\ntags +.*\r\n>>> ")
            terminal.type("_.vendor\r")
            terminal.expect(r"'Arista'\r\n>>> ")
            terminal.type("leaf1.vlans\r")
            terminal.expect(r"\n1 +Vlan\(id=1, .*\r\n>>> ")
            terminal.type(f"device({address!r}).facts\r")
            silent.settimeout(TIMEOUT_S)
            with silent.accept()[0]:
                terminal.type("\x03")
                assert "Traceback" not in terminal.expect(r"interrupted\r\n>>> ")
            terminal.type("leaf1.facts.vendor\r")
            terminal.expect(r"'Arista'\r\n>>> ")
        finally:
            terminal.close()


def test_a_device_whose_password_leads_nowhere_is_named_and_the_others_tell(
    inventory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = inventory.read_text() + '  lost: {address: "eos+http://127.0.0.1:1", password: env:NOWHERE_TO_BE_FOUND}\n'
    inventory.write_text(lines)
    assert run(["get", "facts", "--device", "leaf1", "--device", "lost"]) == EXIT_CODES[NotFound]
    told = capsys.readouterr()
    assert "error: lost: NOWHERE_TO_BE_FOUND: the environment has no such variable" in told.err
    assert "Arista" in told.out


def test_each_device_has_its_own_time(running: Running, inventory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    running.order("leaf1", "faults", match="show vlan", action="hang")
    with cpal.devices(inventory) as devices:
        answers = devices.match("leaf*").tell("vlans", timeout_s=5)
    assert (list(answers.values), list(answers.failures)) == (["leaf2"], ["leaf1"])
    assert "5 s" in str(answers.failures["leaf1"]) or "in time" in str(answers.failures["leaf1"])


FAULTS = {
    "devices: {leaf1: {driver: vms}}": "inventory.yaml:1:27: devices.leaf1.driver: no live driver is called 'vms'",
    "devices: {leaf1: {host: a}}": "inventory.yaml:1:11: devices.leaf1.driver: nobody says what it speaks",
    "devices:\n  leaf1: {driver: eos, port: 70000}": "inventory.yaml:2:30: devices.leaf1.port: is not a whole number",
    "devices:\n  leaf1: {driver: eos, timeout_s: soon}": "inventory.yaml:2:35: devices.leaf1.timeout_s: is not",
    "devices:\n  leaf1: {driver: eos, colour: red}": "inventory.yaml:2:24: devices.leaf1.colour: no field is called so",
    "devices:\n  leaf1: {driver: eos, groups: [x]}": "inventory.yaml:2:3: devices.leaf1.groups: there is no group 'x'",
    "devices:\n  leaf1: {driver: eos, password: hunter2}": "inventory.yaml:2:34: devices.leaf1.password: is no",
    "devices:\n  leaf1: eos://admin:hunter2@leaf1": "inventory.yaml:2:10: devices.leaf1.address: a password",
    "devices: [leaf1]": "inventory.yaml:1:10: devices: is a list",
    "devices: {}\nweather: {}": "inventory.yaml:2:1: weather: no section is called so",
    "devices: {leaf1: eos://leaf1": "inventory.yaml:2:1: while parsing a flow mapping",
    "all: {hosts: {leaf1: {}}}": "inventory.yaml:1:15: leaf1.ansible_network_os: nobody says what it speaks",
    "all: {hosts: {leaf1: {ansible_password: hunter2}}}": "inventory.yaml:1:41: leaf1.ansible_password: a secret",
    "all: {guests: {}}": "inventory.yaml:1:7: all.guests: that is no part of a group",
    "[leaves]\nleaf1 ansible_password=hunter2 ansible_network_os=eos": "inventory.yaml:2:1: ansible_password: a secret",
    "[leaves\nleaf1": "inventory.yaml:1:1: that is no section",
    '[{"name": "leaf1", "platform": {"slug": "vms"}, "primary_ip4": null}]': "none of its 1 devices has",
}


@pytest.mark.parametrize("text", FAULTS)
def test_what_is_wrong_is_told_with_its_place_and_no_secret(text: str, tmp_path: Path) -> None:
    file = tmp_path / "inventory.yaml"
    file.write_text(text)
    with pytest.raises(Faults) as told:
        read(file)
    assert FAULTS[text] in str(told.value)
    assert "hunter2" not in str(told.value)


ANSIBLE = """
all:
  vars: {region: east, ansible_user: admin}
  children:
    fabric:
      vars: {ansible_network_os: arista.eos.eos}
      children:
        leaves:
          hosts:
            leaf1: {ansible_host: 192.0.2.1, rack: 7, ansible_password: "{{ vault_password }}"}
    nexus:
      vars: {ansible_network_os: cisco.nxos.nxos, ansible_connection: ansible.netcommon.network_cli}
      hosts: {leaf2: {ansible_host: 192.0.2.2, ansible_port: 2222}}
"""
ANSIBLE_INI = """
[all:vars]
region=east
ansible_user=admin
[leaves]
leaf1 ansible_host=192.0.2.1 rack=7 ansible_password="{{ vault_password }}"
[fabric:children]
leaves
[fabric:vars]
ansible_network_os=arista.eos.eos
[nexus]
leaf2 ansible_host=192.0.2.2 ansible_port=2222  # the other
[nexus:vars]
ansible_network_os=cisco.nxos.nxos
ansible_connection=ansible.netcommon.network_cli
"""
NETBOX = json.dumps(
    {
        "results": [
            {
                "name": name, "platform": {"slug": platform}, "primary_ip4": {"address": f"{address}/24"},
                "site": {"slug": "east"}, "role": {"slug": "leaf"}, "tags": [{"slug": "fabric"}],
                "custom_fields": {"rack": "7"}, "config_context": None,
            }
            for name, platform, address in (
                ("leaf1", "arista-eos", "192.0.2.1"), ("leaf2", "cisco-nx-os", "192.0.2.2"),
                ("leaf3", "ios-xe", "192.0.2.3"), ("leaf4", "dell-sonic", "192.0.2.4"),
                ("leaf5", "cumulus-nvue", "192.0.2.5"),
            )
        ]
    }
)  # fmt: skip


def test_inventories_of_ansible_lead_to_the_same_devices(tmp_path: Path) -> None:
    found = []
    for name, text in (("hosts.yml", ANSIBLE), ("hosts.ini", ANSIBLE_INI)):
        (tmp_path / name).write_text(text)
        found.append(
            [(e.name, e.driver, e.host, e.port, e.user, set(e.groups), dict(e.tags)) for e in read(tmp_path / name)]
        )
    assert found[0] == found[1]
    assert found[0] == [
        ("leaf1", "eos", "192.0.2.1", None, "admin", {"fabric", "leaves"}, {"region": "east", "rack": "7"}),
        ("leaf2", "nxos_ssh", "192.0.2.2", 2222, "admin", {"nexus"}, {"region": "east"}),
    ]
    (tmp_path / "ranges.ini").write_text("[leaves]\nleaf[08:10] ansible_network_os=eos\n")
    assert [each.name for each in read(tmp_path / "ranges.ini")] == ["leaf08", "leaf09", "leaf10"]


def test_devices_exported_from_netbox(tmp_path: Path) -> None:
    (tmp_path / "netbox.json").write_text(NETBOX)
    found = read(tmp_path / "netbox.json")
    assert [(e.name, e.driver, e.host) for e in found] == [
        ("leaf1", "eos", "192.0.2.1"), ("leaf2", "nxos", "192.0.2.2"), ("leaf3", "ios", "192.0.2.3"),
        ("leaf4", "gnmi", "192.0.2.4"), ("leaf5", "nvue", "192.0.2.5"),
    ]  # fmt: skip
    assert dict(found[0].tags) == {"site": "east", "role": "leaf", "fabric": True, "rack": "7"}


def test_what_netbox_has_beside_devices_that_are_asked_stands_in_nobodys_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, PASSWORD)
    told: dict[str, Any] = json.loads(NETBOX)
    told["results"] += [
        {"name": "pdu1", "platform": None, "primary_ip": None}, {"name": None, "platform": {"slug": "eos"}},
        {"name": "leaf9", "platform": {"slug": "eos"}, "primary_ip": None},
    ]  # fmt: skip
    file = tmp_path / "netbox.json"
    file.write_text(json.dumps(told))
    found = read(file)
    assert [each.name for each in found] == ["leaf1", "leaf2", "leaf3", "leaf4", "leaf5", "leaf9"]
    with cpal.devices(found[-1:]) as devices:
        fault = devices.tell("facts").failures["leaf9"]
    assert str(fault) == "leaf9: the inventory has no address of it; give it one, as host or address"
    for wrong, why in (
        (told | {"next": "...", "count": 99}, "it is one page, of 8 devices out of 99; export .*limit=0"),
        (told["results"][5:6], "none of its 1 devices has a name and a platform that is known: ''"),
    ):
        file.write_text(json.dumps(wrong))
        with pytest.raises(Faults, match=why):
            read(file)


VAULT = """$ANSIBLE_VAULT;1.1;AES256
31346236333964623135396431633535353062373139353862333939376366393538656535653230
6235313033623834656431363663373531643131366230660a343433353137383761323631323066
38653836386131336261333166616436626164653832346363393564363532316433356133666532
3031336266633535350a613862613062383035643465366633626665613631333961353230336535
62653735356639356334373339646239666530386361353430316564666162643039
"""
"""What ansible-vault (ansible-core) made of `switches: admin` and `other: 1`, with the password `open sesame`."""


def test_secrets_are_found_where_references_lead(
    inventory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret").write_text(f"{PASSWORD}\n")
    (tmp_path / "vault.yml").write_text(VAULT)
    (tmp_path / "key").write_text("open sesame\n")
    monkeypatch.setenv("ANSIBLE_VAULT_PASSWORD_FILE", str(tmp_path / "key"))
    text = inventory.read_text()

    def asked(reference: str) -> Any:
        inventory.write_text(text.replace("env:SWITCHES", reference))
        with cpal.devices(inventory) as devices:
            answers = devices.match("leaf1").tell("facts")
        return answers.values["leaf1"].hostname if answers.values else answers.failures["leaf1"]

    assert asked(f"file:{tmp_path}/secret") == "leaf1"
    assert asked(f"vault:{tmp_path}/vault.yml#switches") == "leaf1"
    faults: list[CpalError] = [
        asked(f"file:{tmp_path}/nothing"), asked("env:NOTHING"), asked(f"vault:{tmp_path}/vault.yml#nothing"),
    ]  # fmt: skip
    assert {type(each) for each in faults} == {NotFound}
    (tmp_path / "key").write_text("wrong\n")
    assert isinstance(asked(f"vault:{tmp_path}/vault.yml#switches"), Unauthenticated)


def test_passwords_are_found_in_the_keyring(
    inventory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ring = tmp_path / "ring.json"
    for name, value in (("PYTHON_KEYRING_BACKEND", "tests.support.kept_keyring.KeptKeyring"),
                        ("PYTHONPATH", str(ROOT)), ("CPAL_TEST_KEYRING", str(ring))):  # fmt: skip
        monkeypatch.setenv(name, value)
    keyring.core.init_backend()
    inventory.write_text(inventory.read_text().replace("env:SWITCHES", "keyring:switches/admin"))

    def asked() -> Any:
        with cpal.devices(inventory) as devices:
            answers = devices.match("leaf1").tell("facts")
        return answers.values["leaf1"].hostname if answers.values else answers.failures["leaf1"]

    locked = asked()
    assert isinstance(locked, Missing)
    assert "the keyring does not open: nobody unlocked it" in str(locked)
    ring.write_text("{}")
    unknown = asked()
    assert isinstance(unknown, NotFound)
    _, _, command = str(unknown).partition("run: ")
    program = [sys.executable, "-m", *command.split()]
    subprocess.run(program, input=f"{PASSWORD}\n", text=True, check=True, capture_output=True)
    assert asked() == "leaf1", "what it says to run lets it in"
    subprocess.run(program, input="hunter2\n", text=True, check=True, capture_output=True)
    refused = asked()
    assert isinstance(refused, Unauthenticated)
    assert "hunter2" not in str(refused)
