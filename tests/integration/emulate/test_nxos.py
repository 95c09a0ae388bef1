"""The emulator of Cisco NX-OS over NX-API: JSON-RPC, NAPALM, and configurations that netlab writes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from napalm import get_network_driver
from napalm.base.exceptions import MergeConfigException

from cpal.lab.emulate.fleet import PASSWORD, USER, Wanted
from tests.support import netlab
from tests.support.emulated import Nxapi, Running, emulated, until

CHANGE = "vlan 10\n  name red\ninterface Ethernet1/2\n  switchport access vlan 10\n"

MINUTE_S = 0.3
"""How long a minute of the switch's timers takes."""


@pytest.fixture
def running() -> Iterator[Running]:
    """A switch, whose first port is cabled."""
    with emulated(Wanted("nxos", "leaf1", boot_s=0.2, minute_s=MINUTE_S)) as found:
        found.order("leaf1", "cables", port="Ethernet1/1", device="leaf2", neighbour="Ethernet1/7")
        yield found


@pytest.fixture
def leaf(running: Running) -> Iterator[Nxapi]:
    """A client of the switch, over TLS."""
    client = Nxapi(running["leaf1"].url)
    yield client
    client.close()


def vlans(client: Nxapi) -> set[str]:
    """The VLANs of a switch."""
    rows = client.body("show vlan brief")["TABLE_vlanbriefxbrief"]["ROW_vlanbriefxbrief"]
    return {row["vlanshowbr-vlanid"] for row in (rows if isinstance(rows, list) else [rows])}


def test_it_says_what_it_is(leaf: Nxapi) -> None:
    assert leaf.body("show version")["header_str"] == "an emulator, no Cisco NX-OS"
    assert leaf.body("show hostname") == {"hostname": "leaf1"}


def test_a_checkpoint_brings_back_what_was(leaf: Nxapi) -> None:
    leaf.call("checkpoint before", "checkpoint file before.cfg")
    leaf.configure("vlan 10", "name red")
    assert "vlan 10" in leaf.text("show diff rollback-patch checkpoint before running-config")
    assert vlans(leaf) == {"1", "10"}
    leaf.call("rollback running-config checkpoint before")
    assert vlans(leaf) == {"1"}
    assert "Empty" in leaf.text("show diff rollback-patch checkpoint before running-config")
    leaf.configure("vlan 20")
    leaf.call("rollback running-config file before.cfg")
    assert vlans(leaf) == {"1"}


def test_a_scheduled_job_takes_back_what_is_not_kept_in_time(leaf: Nxapi) -> None:
    assert "error" in leaf.call("scheduler job name back")[0]
    leaf.configure("feature scheduler", "vlan 10")

    def schedule(minutes: int) -> None:
        leaf.call("no checkpoint before")
        leaf.configure(
            "checkpoint before", "scheduler job name back", "rollback running-config checkpoint before", "end-job",
            "scheduler schedule name soon", "job name back", f"time start +{minutes}", "end", "vlan 20",
        )  # fmt: skip

    schedule(1)
    assert until(lambda: "20" not in vlans(leaf))
    assert vlans(leaf) == {"1", "10"}
    assert "scheduler" not in leaf.text("show running-config").replace("feature scheduler", "")
    schedule(1000)
    assert "rollback running-config checkpoint before\nend-job\n" in leaf.text("show running-config").replace(
        "  r", "r"
    )
    leaf.configure("no scheduler schedule name soon", "no scheduler job name back")
    assert vlans(leaf) == {"1", "10", "20"}


def test_a_reboot_brings_back_what_was_saved(leaf: Nxapi, running: Running) -> None:
    leaf.configure("vlan 10", "copy run start", "vlan 20", "checkpoint gone")
    boots = running.order("leaf1", "reboot")["boots"]
    assert until(lambda: running["leaf1"].device.boots > boots and vlans(leaf)) == {"1", "10"}
    assert leaf.text("show checkpoint summary") == ""


@pytest.mark.parametrize(
    ("commands", "said"),
    [
        (("show nothing",), "Invalid command"),
        (("show",), "Incomplete command"),
        (("vlan 4095",), "Invalid command"),
        (("vlan 3967-3968",), "Invalid command"),
        (("interface Ethernet1/1", "ip adress 192.0.2.1/24"), "Invalid command"),
        (("router bgp 65000",), "Invalid command"),
        (("feature bgp", "router bgp 1", "router bgp 2"), "BGP is already running"),
        (("rollback running-config checkpoint none",), "does not exist"),
    ],
)
def test_what_it_does_not_know_is_refused_and_what_follows_is_not_done(
    leaf: Nxapi, commands: tuple[str, ...], said: str
) -> None:
    *done, failed = leaf.call(*commands, "vlan 99")
    assert len(done) == len(commands) - 1
    assert said in failed["error"]["data"]["msg"]
    assert vlans(leaf) == {"1"}


def test_cisco_s_own_messages_are_understood_too(running: Running) -> None:
    asked = {
        "version": "1.0",
        "type": "cli_conf",
        "chunk": "0",
        "sid": "1",
        "input": "vlan 10 ;name red",
        "output_format": "json",
    }
    with httpx.Client(base_url=running["leaf1"].url, auth=(USER, PASSWORD), verify=False) as client:
        answer = client.post("/ins", json={"ins_api": asked}).json()["ins_api"]["outputs"]["output"]
        assert [each["code"] for each in answer] == ["200", "200"]
        asked |= {"type": "cli_show", "input": "show vlan brief ;show nothing"}
        shown, wrong = client.post("/ins", json={"ins_api": asked}).json()["ins_api"]["outputs"]["output"]
        assert shown["body"]["TABLE_vlanbriefxbrief"]["ROW_vlanbriefxbrief"][1]["vlanshowbr-vlanname"] == "red"
        assert wrong["code"] == "400"


def test_nobody_comes_in_with_another_password(running: Running) -> None:
    for auth in ((USER, "wrong"), None):
        assert httpx.post(f"{running['leaf1'].url}/ins", json={}, auth=auth, verify=False).status_code == 401


@pytest.mark.parametrize(("action", "when", "held"), [
    ("drop", "before", {"1"}), ("drop", "after", {"1", "10"}), ("reboot", "after", {"1"}),
])  # fmt: skip
def test_told_to_fail_it_fails_where_it_was_told(
    leaf: Nxapi, running: Running, action: str, when: str, held: set[str]
) -> None:
    running.order("leaf1", "faults", match="^vlan 10$", action=action, when=when)
    with pytest.raises(httpx.TransportError):
        leaf.call("vlan 10")
    assert until(lambda: vlans(leaf)) == held


def test_told_to_refuse_it_refuses(leaf: Nxapi, running: Running) -> None:
    running.order("leaf1", "faults", match="^vlan", message="TCAM is full")
    assert leaf.call("vlan 10")[0]["error"]["data"]["msg"] == "TCAM is full"


def test_switching_nx_api_off_closes_the_door(leaf: Nxapi) -> None:
    leaf.call("no feature nxapi")
    with pytest.raises(httpx.TransportError):
        until_refused(leaf)


def until_refused(client: Nxapi) -> None:
    """Ask until nobody answers."""
    for _ in range(50):
        client.call("show version")


def opened(running: Running, name: str = "leaf1") -> Iterator[Any]:
    """NAPALM's driver for a switch, connected."""
    options = {"transport": "https", "port": running[name].port}
    driver = get_network_driver("nxos")("127.0.0.1", USER, PASSWORD, optional_args=options)
    driver.open()
    yield driver
    driver.close()


@pytest.fixture
def napalm(running: Running) -> Iterator[Any]:
    """NAPALM's driver, connected."""
    yield from opened(running)


def test_napalm_loads_compares_commits_discards_and_rolls_back(napalm: Any) -> None:
    napalm.load_merge_candidate(config=CHANGE)
    assert "switchport access vlan 10" in napalm.compare_config()
    napalm.discard_config()
    assert set(napalm.get_vlans()) == {"1"}
    napalm.load_merge_candidate(config=CHANGE)
    napalm.commit_config()
    assert napalm.get_vlans()["10"] == {"name": "red", "interfaces": ["Ethernet1/2"]}
    assert "vlan 10" in napalm.get_config()["startup"]
    napalm.rollback()
    assert set(napalm.get_vlans()) == {"1"}


def test_napalm_is_told_what_is_wrong_and_the_switch_is_as_before(napalm: Any) -> None:
    before = napalm.get_config()["running"]
    napalm.load_merge_candidate(config=CHANGE + "  foo bar\n")
    with pytest.raises(MergeConfigException, match="Invalid command"):
        napalm.commit_config()
    assert napalm.get_config()["running"] == before


def test_napalm_s_getters_say_what_is_configured_cabled_and_learned(napalm: Any, running: Running) -> None:
    napalm.load_merge_candidate(
        config="hostname core\nip domain-name example.net\nfeature lldp\nfeature bgp\nfeature interface-vlan\n"
        "ntp server 192.0.2.123\nsnmp-server community secret group network-operator\nvrf context red\n  rd 1:1\n"
        "interface Ethernet1/1\n  description up\n  no switchport\n  ip address 10.0.0.1/31\n"
        "  ip address 10.1.0.1/24 secondary\n  ipv6 address 2001:db8::1/64\ninterface Ethernet1/3\n  shutdown\n"
        + CHANGE
        + "interface Vlan10\n  no shutdown\n  vrf member red\n  ip address 192.0.2.1/24\n"
        "interface Ethernet1/4\n  no switchport\n  ip address 198.51.100.1/24\n"
        "router bgp 65000\n  router-id 10.0.0.1\n  neighbor 10.0.0.0 remote-as 65001\n"
        "  neighbor 10.1.0.2 remote-as 65002\n    shutdown\n"
    )
    napalm.commit_config()
    running.order("leaf1", "stations", mac="02:00:00:00:00:05", vlan=10, port="Ethernet1/2", ip="192.0.2.5")
    running.order("leaf1", "peers", address="10.0.0.0")
    facts = napalm.get_facts()
    assert (facts["hostname"], facts["fqdn"], facts["vendor"]) == ("core", "core.example.net", "Cisco")
    ports = napalm.get_interfaces()
    assert (ports["Ethernet1/1"]["is_up"], ports["Ethernet1/1"]["description"]) == (True, "up")
    assert (ports["Ethernet1/2"]["is_up"], ports["Ethernet1/2"]["is_enabled"]) == (False, True)
    assert ports["Ethernet1/3"]["is_enabled"] is False
    addresses = napalm.get_interfaces_ip()["Ethernet1/1"]
    assert addresses["ipv4"] == {"10.0.0.1": {"prefix_length": 31}, "10.1.0.1": {"prefix_length": 24}}
    assert addresses["ipv6"] == {"2001:db8::1": {"prefix_length": 64}}
    assert napalm.get_lldp_neighbors() == {"Ethernet1/1": [{"hostname": "leaf2", "port": "Ethernet1/7"}]}
    assert [(each["mac"], each["vlan"]) for each in napalm.get_mac_address_table()] == [("02:00:00:00:00:05", 10)]
    assert list(napalm.get_ntp_servers()) == ["192.0.2.123"]
    assert napalm.get_network_instances()["red"]["state"] == {"route_distinguisher": "1:1"}
    assert list(napalm.get_network_instances()["red"]["interfaces"]["interface"]) == ["Vlan10"]
    peers = napalm.get_bgp_neighbors()["global"]["peers"]
    assert {peer: (each["is_up"], each["is_enabled"], each["remote_as"]) for peer, each in peers.items()} == {
        "10.0.0.0": (True, True, 65001), "10.1.0.2": (False, False, 65002),
    }  # fmt: skip
    assert set(napalm.get_users()) == {"admin"}


@pytest.mark.parametrize(
    ("modules", "more"),
    [(netlab.MODULES, ""), ("vlan, vrf, bgp, evpn, vxlan, ospf, bfd", "bfd: {}\nospf.bfd: true")],
    ids=["evpn", "bfd"],
)
def test_what_netlab_writes_is_taken_and_comes_back_exactly(tmp_path: Path, modules: str, more: str) -> None:
    parts = netlab.rendered(tmp_path, "nxos", modules, more)
    with emulated(Wanted("nxos", "s1"), Wanted("nxos", "s2"), Wanted("nxos", "again")) as found:
        for name in ("s1", "s2"):
            client, other = Nxapi(found[name].url), Nxapi(found["again"].url)
            for text in parts[name].values():
                client.configure(*(line for line in text.splitlines() if line.strip()))
            once = client.text("show running-config")
            assert f"hostname {name}" in once
            other.call("copy startup-config running-config")
            other.configure(*(line for line in body(once) if line))
            assert body(other.text("show running-config")) == body(once)
            for each in (client, other):
                each.close()


def body(shown: str) -> list[str]:
    """A running configuration without what NX-OS writes above it, and without the name of the device's own VDC."""
    lines = shown.splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith("version ")) + 1
    return [line for line in lines[start:] if line.strip() and not line.startswith("vdc ")]
