"""Junos over NETCONF and NX-OS over NX-API, live on emulators: what cpal says is what NAPALM says in the same run."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jnpr.junos.exception import RpcError
from napalm import get_network_driver
from napalm.nxapi_plumbing.errors import NXAPICommandError
from ncclient import manager

import cpal
from cpal.drivers.devices.ios.driver import DRIVER as IOS
from cpal.drivers.devices.junos.driver import DRIVER as JUNOS
from cpal.drivers.devices.nxos.driver import DRIVER as NXOS
from cpal.engine.blocking import wait
from cpal.engine.credentials import PASSWORD as VARIABLE
from cpal.engine.devices import Connection
from cpal.engine.ssh import CONFIGURATION
from cpal.errors import NotFound, Rejected, TimedOut, Unauthenticated, Unreachable, Unreadable
from cpal.faces.cli.main import run
from cpal.faces.device.live import Device
from cpal.faces.device.napalm import FORMS, normal_form
from cpal.lab.emulate.fleet import PASSWORD, USER, Wanted
from tests.support.emulated import Running, emulated, until

ARGUMENTS: dict[str, dict[str, Any]] = {
    "route_to": {"destination": "198.51.100.0/24", "protocol": ""},
    "ping": {"destination": "192.0.2.1"},
}
OTHERWISE = {
    ("junos", "environment"): "NAPALM names power supplies also where there are none",
    ("junos", "snmp_information"): "PyEZ's table of it comes out empty",
    ("nxos", "interfaces_counters"): "NAPALM has no such getter",
    ("nxos", "route_to"): "NAPALM has no such getter",
    ("nxos", "ipv6_neighbors_table"): "NAPALM has no such getter",
    ("nxos", "optics"): "NAPALM has no such getter",
    ("ios", "bgp_neighbors_detail"): "NAPALM's driver stumbles over a session that never was up",
}
"""What is not compared, and why."""
MOVING = {"facts": ("uptime",), "interfaces": ("last_flapped",)}
"""What is another value a moment later."""
JUNOS_SET_UP = (
    "set system host-name core", "set system domain-name example.net", "set system ntp server 192.0.2.123",
    "set vlans red vlan-id 10", "set interfaces ge-0/0/1 unit 0 family ethernet-switching vlan members red",
    "set interfaces ge-0/0/0 unit 0 family inet address 192.0.2.1/24",
    "set interfaces ge-0/0/0 unit 0 family inet6 address 2001:db8::1/64", "set interfaces ge-0/0/0 description up",
    "set snmp location Here", "set snmp community secret authorization read-only",
    "set routing-options static route 198.51.100.0/24 next-hop 192.0.2.2",
    "set interfaces ge-0/0/2 unit 0 family inet address 203.0.113.1/24", "set routing-instances blue instance-type vrf",
    "set routing-instances blue interface ge-0/0/2.0", "set routing-instances blue route-distinguisher 1:1",
    "set routing-instances blue vrf-target target:1:1",
)  # fmt: skip
NXOS_SET_UP = (
    "configure terminal", "hostname core", "feature bgp", "vlan 10", "name red", "interface Ethernet1/2",
    "switchport access vlan 10", "interface Ethernet1/1", "no switchport", "ip address 192.0.2.1/24",
    "ipv6 address 2001:db8::1/64", "description up", "no shutdown", "ipv6 route 2001:db8:1::/48 2001:db8::2",
    "router bgp 65001", "neighbor 192.0.2.2", "remote-as 65002", "end",
    "snmp-server location Here", "ntp server 192.0.2.123",
)  # fmt: skip
IOS_SET_UP = (
    "hostname core", "ip domain name example.net", "lldp run", "vrf definition red", "rd 1:1", "address-family ipv4",
    "exit", "vlan 10", "name red", "interface GigabitEthernet0/2", "switchport access vlan 10",
    "interface GigabitEthernet0/1", "no switchport", "ip address 192.0.2.1 255.255.255.0",
    "ipv6 address 2001:db8::1/64", "description up", "interface Vlan10", "vrf forwarding red",
    "ip address 198.51.100.1 255.255.255.0", "ipv6 route 2001:db8:1::/48 2001:db8::2",
    "router bgp 65001", "neighbor 192.0.2.2 remote-as 65002", "snmp-server location Here", "snmp-server contact Me",
    "snmp-server community secret RO", "ntp server 192.0.2.123",
)  # fmt: skip


class Ground:
    """The emulators, and a configuration of SSH that knows their keys."""

    def __init__(self, running: Running, directory: Path) -> None:
        self.running = running
        self.known = directory / "known_hosts"
        self.config = directory / "config"
        self.config.write_text(f"Host *\n  UserKnownHostsFile {self.known}\n  IdentitiesOnly yes\n")
        self.known.write_text(scanned(self.port("junos")) + scanned(self.port("ios")))

    def port(self, name: str) -> int:
        """Where a device listens."""
        return self.running[name].port

    def address(self, name: str) -> str:
        """The address of a device, as one writes it."""
        return f"{'nxos+http' if name == 'nxos' else name}://{USER}@127.0.0.1:{self.port(name)}"


def scanned(port: int) -> str:
    """The line of known_hosts for what listens there, as ssh-keyscan writes it."""
    return subprocess.run(
        ["ssh-keyscan", "-p", str(port), "127.0.0.1"], capture_output=True, text=True, check=True
    ).stdout


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """A switch of each make, set up with a VLAN, an address, a route."""
    with emulated(Wanted("junos", "junos"), Wanted("nxos", "nxos", plain=True), Wanted("ios", "ios")) as running:
        running.order("ios", "cables", port="GigabitEthernet0/1", device="spine1", neighbour="Ethernet7")
        found = Ground(running, tmp_path_factory.mktemp("ssh"))
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(VARIABLE, PASSWORD)
            patch.setenv(CONFIGURATION, str(found.config))
            with cpal.device(found.address("nxos")) as nxos:
                nxos.native.run(*NXOS_SET_UP, form="text")
            with cpal.device(found.address("ios")) as ios:
                ios.native.configure(IOS_SET_UP)
        with manager.connect(
            host="127.0.0.1", port=found.port("junos"), username=USER, password=PASSWORD, hostkey_verify=False,
            allow_agent=False, look_for_keys=False, device_params={"name": "junos"},
        ) as session:  # fmt: skip
            session.load_configuration(action="set", config=list(JUNOS_SET_UP))
            session.commit()
        yield found


@pytest.fixture(autouse=True)
def ours(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """The password and the configuration of SSH are where they belong."""
    monkeypatch.setenv(VARIABLE, PASSWORD)
    monkeypatch.setenv(CONFIGURATION, str(ground.config))


@pytest.fixture
def junos(ground: Ground) -> Iterator[Device]:
    """The Junos switch."""
    with cpal.device(ground.address("junos")) as found:
        yield found


def test_a_junos_switch_tells_what_it_is_and_holds(junos: Device) -> None:
    assert (junos.facts.hostname, junos.facts.vendor, junos.facts.os_version) == ("core", "Juniper", "21.4R3.15")
    assert junos.interfaces["ge-0/0/0"].description == "up"
    assert junos.vlans[10].name == "red"
    assert [each.ip for each in junos.addresses["ge-0/0/0.0"].ipv4 or ()] == ["192.0.2.1"]
    assert {name: each.vrf for name, each in junos.addresses.items()} == {"ge-0/0/0.0": None, "ge-0/0/2.0": "blue"}
    [reply] = junos.native.run("<get-software-information/>")
    assert reply.findtext(".//host-name") == "core"
    assert "run" in dir(junos.native)
    with pytest.raises(AttributeError, match="'JunosNetconf' object has no attribute 'weather'"):
        _ = junos.native.weather
    with pytest.raises(Rejected, match="syntax error"):
        junos.native.run("<get-weather/>")
    assert junos.facts.hostname == "core", "a refusal ends no session"


def test_a_nexus_tells_what_it_is_and_holds(ground: Ground) -> None:
    with cpal.device(ground.address("nxos")) as nxos:
        assert (nxos.facts.hostname, nxos.facts.vendor) == ("core", "Cisco")
        assert nxos.vlans[10].interfaces == ("Ethernet1/2",)
        assert nxos.native.run("show hostname") == [{"hostname": "core"}]
        with pytest.raises(Rejected, match="'show weather'"):
            nxos.native.run("show hostname", "show weather", "show vlan")


def of_napalm(ground: Ground, make: str, getter: str, words: dict[str, Any]) -> Any:
    """What NAPALM's getter says of a device; None where the emulator refuses what it asks."""
    options = {"port": ground.port(make), **({"transport": "http"} if make == "nxos" else {})}
    napalm = get_network_driver(make)("127.0.0.1", USER, PASSWORD, optional_args=options)
    napalm.open()
    try:
        return json.loads(json.dumps(getattr(napalm, getter if getter == "ping" else f"get_{getter}")(**words)))
    except (RpcError, NXAPICommandError):
        return None
    finally:
        napalm.close()


@pytest.mark.parametrize(
    ("make", "getter"),
    [
        (each.name, name)
        for each in (JUNOS, NXOS, IOS)
        for name in FORMS
        if name in each.getters and (each.name, name) not in OTHERWISE
    ],
)
def test_it_says_what_napalm_says_in_the_same_run(make: str, getter: str, ground: Ground) -> None:
    words = ARGUMENTS.get(getter, {})
    theirs = of_napalm(ground, make, getter, words)
    with cpal.device(ground.address(make)) as found:
        if theirs is None:
            with pytest.raises(Rejected):
                found.tell(getter, **words)
            return
        ours = json.loads(json.dumps(normal_form(found.tell(getter, **words), make, getter)))
    for field in MOVING.get(getter, ()):
        for told in (ours, theirs):
            for place in (told, *(each for each in told.values() if isinstance(each, dict))):
                place.pop(field, None)
    if (make, getter) == ("junos", "facts"):
        ours["model"] = ours["model"].upper()  # PyEZ writes it so
    if (make, getter) == ("junos", "interfaces_counters"):
        ours = {name: ours[name] for name in theirs}  # NAPALM tells of ports of some names alone
    assert ours == theirs


def test_a_key_that_is_unknown_or_another_than_before_is_refused(ground: Ground, junos: Device) -> None:
    real = ground.known.read_text()
    try:
        ground.known.write_text("")
        with pytest.raises(Unreachable, match=r"not known.*ssh-keyscan -p"):
            _ = junos.facts
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(ground.known.with_name("other"))], check=True
        )
        other = ground.known.with_name("other.pub").read_text().split()
        ground.known.write_text(f"[127.0.0.1]:{ground.port('junos')} {other[0]} {other[1]}\n")
        with pytest.raises(Unreachable, match=r"another one than before.*ssh-keygen -R") as told:
            _ = junos.facts
        commands = str(told.value).split("`")[1::2]
        ground.known.unlink()
        with pytest.raises(Unreachable, match="host key is not known"):
            _ = junos.facts
        ground.known.touch()
        for command in commands:
            subprocess.run(["sh", "-c", command], check=True, capture_output=True)
        assert junos.facts.hostname == "core", "what it says to do lets it in"
    finally:
        ground.known.write_text(real)
        ground.known.with_name("other").unlink()
        ground.known.with_name("other.pub").unlink()


def test_what_it_says_to_do_of_an_unknown_key_works_where_ssh_was_never_used(
    ground: Ground, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    config = tmp_path / "config"
    config.write_text(ground.config.read_text().replace(str(ground.known), str(tmp_path / "ssh" / "known_hosts")))
    monkeypatch.setenv(CONFIGURATION, str(config))
    monkeypatch.setenv(VARIABLE, PASSWORD)
    with cpal.device(ground.address("junos")) as junos:
        with pytest.raises(Unreachable, match="host key is not known") as told:
            _ = junos.facts
        [command] = str(told.value).split("`")[1::2]
        subprocess.run(["sh", "-c", command], check=True, capture_output=True)
        assert junos.facts.hostname == "core"


def test_all_routes_are_told_where_none_is_named(
    ground: Ground, junos: Device, capsys: pytest.CaptureFixture[str]
) -> None:
    ports = {"junos": "ge-0/0/0", "nxos": "Ethernet1/1", "ios": "GigabitEthernet0/1"}
    for make, port in ports.items():
        ground.running.order(make, "cables", port=port, device="spine1", neighbour="Ethernet1")
        assert run(["get", "routes", "--device", ground.address(make), "--format", "json"]) == 0
        rows = json.loads(capsys.readouterr().out)
        [row] = [row for row in rows if row["prefix"] == "192.0.2.0/24"]
        assert (row["interface"], row["active"]) == (f"{port}.0" if make == "junos" else port, True)
        assert ("2001:db8::/64", row["interface"]) in {(each["prefix"], each["interface"]) for each in rows}
        assert ("2001:db8:1::/48" in {each["prefix"] for each in rows}) == (make != "junos")
        if make == "junos":
            ground.running.order(make, "cables", port="ge-0/0/2", device="spine2", neighbour="Ethernet1")
            assert [(each.prefix, each.vrf) for each in junos.routes("203.0.113.0/24")] == [("203.0.113.0/24", "blue")]
        assert ("198.51.100.0/24" in {row["prefix"] for row in rows}) == (make != "nxos")


def test_a_wrong_password_and_a_device_that_hangs(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    with cpal.device(ground.address("junos"), timeout_s=8) as slow:
        assert slow.facts.hostname == "core"
        ground.running.order("junos", "faults", match="get-vlan-information", action="hang")
        with pytest.raises(TimedOut):
            _ = slow.vlans
        assert slow.vlans[10].name == "red", "the late answer is not taken for another"
    monkeypatch.setenv(VARIABLE, "hunter2")
    with cpal.device(ground.address("junos")) as stranger, pytest.raises(Unauthenticated) as told:
        _ = stranger.facts
    assert "hunter2" not in str(told.value)


async def broken_off(connection: Connection, getter: str, struck: Callable[[], bool]) -> None:
    """Ask, and wait no longer when the device is at it."""
    asked = asyncio.create_task(connection.tell(getter))
    await asyncio.to_thread(until, struck)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked


@pytest.mark.parametrize(("make", "question"), [("junos", "get-vlan-information"), ("ios", "show vlan")])
def test_what_a_question_that_was_broken_off_asked_is_no_answer_to_the_next(
    make: str, question: str, ground: Ground
) -> None:
    with cpal.device(ground.address(make)) as found:
        assert found.facts.hostname == "core"
        before = ground.running.order(make, "faults", match=question, action="hang")["faults_struck"]
        faults = ground.running[make].device.faults
        wait(broken_off(found._connection, "vlans", lambda: faults.struck > before))
        assert found.facts.hostname == "core"
        assert found.vlans[10].name == "red"


def test_a_device_of_another_make_is_named(ground: Ground) -> None:
    for address, why in (
        (ground.address("junos").replace("junos", "iosxr_netconf"), "no Cisco-IOS-XR"),
        (ground.address("nxos").replace("nxos", "eos"), "not eAPI"),
    ):
        with cpal.device(address) as stranger, pytest.raises(Unreadable, match=why):
            _ = stranger.facts


def test_what_no_parser_knows_is_kept_and_can_be_read_again(ground: Ground, tmp_path: Path) -> None:
    from cpal.drivers.devices.parse.asking import TEXT, Ask
    from cpal.engine.recordings import replay

    with cpal.device(ground.address("nxos"), home=tmp_path) as nxos:

        def puzzled() -> Any:
            (told,) = yield (Ask("show hostname", TEXT),)
            raise ValueError(f"{len(told)} characters")

        nxos._connection.driver = NXOS._replace(getters={"facts": puzzled})
        with pytest.raises(Unreadable, match="kept, not guessed at: see `cpal replay nxos facts") as told:
            _ = nxos.facts
    [file] = (tmp_path / "unread").rglob("*.txt")
    assert "core" in file.read_text()
    assert file.stat().st_mode & 0o077 == 0
    assert str(file.parent) in str(told.value)
    with pytest.raises(NotFound, match="holds no answer"):
        replay("nxos", "facts", file.parent)
