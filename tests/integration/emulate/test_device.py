"""A device in three lines, against the emulator of EOS: what it says is what NAPALM says of it in the same run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from napalm import get_network_driver

import cpal
from cpal.drivers.devices.eos.driver import DRIVER
from cpal.engine.credentials import PASSWORD as VARIABLE
from cpal.errors import EXIT_CODES, Invalid, Rejected, TimedOut, Unauthenticated, Unreachable, Unsupported
from cpal.faces.cli.device_words import DEVICE_WORDS
from cpal.faces.cli.main import BAD_USAGE, run
from cpal.faces.device.live import Device
from cpal.faces.device.napalm import FORMS, normal_form
from cpal.lab.emulate.fleet import PASSWORD, USER, Wanted
from cpal.model.device.state import Status
from tests.support.emulated import Eapi, Running, emulated

ARGUMENTS: dict[str, dict[str, Any]] = {
    "route_to": {"destination": "198.51.100.0/24", "protocol": ""},
    "ping": {"destination": "192.0.2.1"},
}
MOVING = {"facts": ("uptime",)}
"""What is another value a moment later."""
NOT_NAPALM = {"ipv6_neighbors_table"}
"""What NAPALM's driver for EOS does not tell."""
SET_UP = (
    "configure", "hostname core", "dns domain example.net", "ntp server 192.0.2.123 prefer", "vlan 10", "name red",
    "interface Ethernet2", "switchport access vlan 10", "interface Ethernet1", "no switchport",
    "ip address 192.0.2.1/24",
    "description to the world", "interface Loopback0", "ip address 203.0.113.1/32", "exit",
    "ip route 198.51.100.0/24 192.0.2.2", "snmp-server community secret ro", "snmp-server location Here",
    "router bgp 65001", "neighbor LEAVES peer group", "neighbor LEAVES remote-as 65002",
    "neighbor 192.0.2.2 remote-as 65002", "neighbor 192.0.2.2 peer group LEAVES", "neighbor 192.0.2.2 description leaf",
)  # fmt: skip


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    """Two switches, one without TLS, cabled to each other, and one of them set up."""
    with emulated(Wanted("eos", "leaf1", plain=True), Wanted("eos", "leaf2")) as found:
        found.order("leaf1", "cables", port="Ethernet1", device="leaf2", neighbour="Ethernet7")
        client = Eapi(found["leaf1"].url)
        client.run(*SET_UP)
        client.close()
        yield found


@pytest.fixture
def password(monkeypatch: pytest.MonkeyPatch) -> None:
    """The password is where it belongs."""
    monkeypatch.setenv(VARIABLE, PASSWORD)


@pytest.fixture
def leaf1(running: Running, password: None) -> Iterator[Device]:
    """The switch without TLS."""
    with cpal.device(address(running, "leaf1")) as found:
        yield found


def address(running: Running, name: str) -> str:
    """The address of an emulated switch, as one writes it."""
    return f"eos+http://{USER}@127.0.0.1:{running[name].port}"


def test_a_device_tells_what_it_is_and_holds(leaf1: Device) -> None:
    assert (leaf1.facts.hostname, leaf1.facts.fqdn, leaf1.facts.vendor) == ("core", "core.example.net", "Arista")
    assert leaf1.interfaces["Ethernet1"].description == "to the world"
    assert leaf1.interfaces["Ethernet1"].oper_status is Status.UP
    assert leaf1.vlans[10].name == "red"
    assert leaf1.vlans[10].interfaces == ("Ethernet2",)
    assert [each.ip for each in leaf1.addresses["Ethernet1"].ipv4 or ()] == ["192.0.2.1"]
    assert [each.system_name for each in leaf1.neighbors["Ethernet1"]] == ["leaf2"]
    assert [(each.next_hop, each.interface) for each in leaf1.routes("198.51.100.0/24")] == [("192.0.2.2", "Ethernet1")]
    assert leaf1.native.run("show hostname") == [{"hostname": "core", "fqdn": "core.example.net"}]
    assert repr(leaf1) == "<device 127.0.0.1: Arista EOS>"


@pytest.mark.parametrize("getter", [name for name in FORMS if name in DRIVER.getters.keys() - NOT_NAPALM])
def test_it_says_what_napalm_says_in_the_same_run(getter: str, leaf1: Device, running: Running) -> None:
    options = {"transport": "http", "port": running["leaf1"].port}
    driver = get_network_driver("eos")("127.0.0.1", USER, PASSWORD, optional_args=options)
    driver.open()
    try:
        name = getter if getter == "ping" else f"get_{getter}"
        theirs = json.loads(json.dumps(getattr(driver, name)(**ARGUMENTS.get(getter, {}))))
    finally:
        driver.close()
    value = leaf1.tell(getter, **ARGUMENTS.get(getter, {}))
    ours = json.loads(json.dumps(normal_form(value, "eos", getter)))
    for field in MOVING.get(getter, ()):
        ours.pop(field)
        theirs.pop(field)
    assert ours == theirs


def test_the_shell_lists_what_devices_say(running: Running, password: None, capsys: pytest.CaptureFixture[str]) -> None:
    leaf1 = address(running, "leaf1")
    assert run(["get", "vlans", "10", "--device", leaf1, "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == [
        {"device": "127.0.0.1", "id": 10, "name": "red", "interfaces": ["Ethernet2"]}
    ]
    assert run(["get", "routes", "198.51.100.0/24", "--device", leaf1]) == 0
    assert [line.split()[:2] for line in capsys.readouterr().out.splitlines()] == [
        ["device", "prefix"], ["127.0.0.1", "198.51.100.0/24"],
    ]  # fmt: skip
    for word in (word for word, of in DEVICE_WORDS.items() if of.getter in DRIVER.getters):
        named = {"routes": ["198.51.100.0/24"], "ping": ["192.0.2.1"]}.get(word, [])
        assert run(["get", word, *named, "--device", leaf1]) == 0


def test_the_shell_names_the_devices_that_fail_and_lists_the_others(
    running: Running, password: None, capsys: pytest.CaptureFixture[str]
) -> None:
    nobody = "eos+http://admin@127.0.0.1:1"
    words = ["get", "facts", "--device", nobody, "--device", address(running, "leaf1"), "--format", "json"]
    assert run(words) == EXIT_CODES[Unreachable]
    told = capsys.readouterr()
    assert [each["hostname"] for each in json.loads(told.out)] == ["core"]
    assert "http://127.0.0.1:1: the device does not answer" in told.err
    assert run(["get", "weather", "--device", nobody]) == BAD_USAGE
    assert run(["get", "ping", "--device", nobody]) == EXIT_CODES[Invalid]
    capsys.readouterr()
    assert run(["get", "routes", "--device", nobody]) == EXIT_CODES[Unreachable]
    assert "there are no routes" not in capsys.readouterr().err
    assert run(["get", "facts", "--device", nobody, "--stack", "x"]) == EXIT_CODES[Invalid]


def test_faults_say_what_is_wrong(leaf1: Device, running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Rejected, match="invalid command"):
        leaf1.native.run("show weather")
    monkeypatch.setenv(VARIABLE, "wrong")
    with cpal.device(address(running, "leaf1")) as stranger, pytest.raises(Unauthenticated):
        _ = stranger.facts
    monkeypatch.delenv(VARIABLE)
    with pytest.raises(Unauthenticated, match=VARIABLE):
        cpal.device("eos://admin@leaf1")


def test_a_device_that_hangs_or_is_not_there(running: Running, password: None) -> None:
    running.order("leaf1", "faults", match="show vlan", action="hang")
    with cpal.device(address(running, "leaf1"), timeout_s=0.5) as slow, pytest.raises(TimedOut):
        _ = slow.vlans
    with cpal.device("eos+http://admin@127.0.0.1:1") as nobody, pytest.raises(Unreachable, match="is eAPI on"):
        _ = nobody.facts


def test_a_certificate_that_nobody_vouches_for_is_refused(running: Running, password: None) -> None:
    where = f"eos://{USER}@127.0.0.1:{running['leaf2'].port}"
    with cpal.device(where) as unknown, pytest.raises(Unreachable, match="SSL_CERT_FILE"):
        _ = unknown.facts


def test_an_address_holds_no_password_and_names_a_driver_that_is_live(password: None) -> None:
    with pytest.raises(Invalid, match="does not belong") as told:
        cpal.device("eos://admin:hunter2@leaf1")
    assert "hunter2" not in str(told.value)
    with pytest.raises(Invalid) as told:
        cpal.device("eos://admin:hunter2@leaf1/vlans?")
    assert "hunter2" not in str(told.value)
    with pytest.raises(Unsupported, match="recordings only"):
        cpal.device("iosxr://admin@leaf1")
    with pytest.raises(Unsupported, match=r"eos, eos\+http"):
        cpal.device("eos+netns://admin@leaf1")
    for wrong in ("leaf1", "eos://", "eos://leaf1:ssh", "eos://[leaf1", "eos://leaf1/vlans", "eos://leaf1?x"):
        with pytest.raises(Invalid, match="eos://admin@leaf1"):
            cpal.device(wrong)


def test_an_address_may_be_of_ipv6_and_of_a_port(password: None) -> None:
    for address, named in (("eos://admin@[::1]:1", r"https://\[::1\]:1"), ("eos+http://[::1]:1", r"http://\[::1\]:1")):
        with pytest.raises(Unreachable, match=named):
            _ = cpal.device(address).facts
