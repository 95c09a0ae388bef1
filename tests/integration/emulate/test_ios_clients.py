"""Clients of others on the emulator of IOS, unmodified: NAPALM's driver over SSH and SCP, configurations of netlab."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from napalm import get_network_driver
from napalm.base.exceptions import MergeConfigException, ReplaceConfigException

from cpal.lab.emulate.device import Device
from cpal.lab.emulate.fleet import PASSWORD, USER, Wanted
from cpal.lab.emulate.ios.configuration import editing, lines, read
from cpal.lab.emulate.tree import Node
from tests.support import netlab
from tests.support.emulated import Running, emulated, until

CHANGE = "vlan 10\n name red\ninterface GigabitEthernet0/2\n switchport access vlan 10\n"
MINUTE_S = 1.0
"""How long a minute of the switch's timers takes."""


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    """A switch whose first port is cabled."""
    with emulated(Wanted("ios", "leaf1", boot_s=0.2, minute_s=MINUTE_S)) as found:
        found.order("leaf1", "cables", port="GigabitEthernet0/1", device="leaf2", neighbour="GigabitEthernet0/7")
        yield found


@pytest.fixture
def napalm(running: Running) -> Iterator[Any]:
    """NAPALM's driver, connected to a switch that is as it was when it came."""

    def renewed(device: Device) -> None:
        device.run(device.factory(device))
        device.save()

    running.do("leaf1", renewed)
    driver = get_network_driver("ios")("127.0.0.1", USER, PASSWORD, optional_args={"port": running["leaf1"].port})
    driver.open()
    yield driver
    driver.close()


def test_napalm_loads_compares_commits_discards_and_rolls_back(napalm: Any, running: Running) -> None:
    napalm.load_merge_candidate(config=CHANGE)
    assert napalm.compare_config().splitlines() == [f"+{line}" for line in CHANGE.splitlines()]
    napalm.discard_config()
    assert set(napalm.get_vlans()) == {"1"}
    napalm.load_merge_candidate(config=CHANGE)
    napalm.commit_config()
    assert napalm.get_vlans()["10"] == {"name": "red", "interfaces": ["GigabitEthernet0/2"]}
    assert "vlan 10" in napalm.get_config()["startup"]
    napalm.rollback()
    assert set(napalm.get_vlans()) == {"1"}


def test_napalm_replaces_the_configuration_and_takes_it_back(napalm: Any) -> None:
    before = napalm.get_config()["running"]
    napalm.load_replace_candidate(config=before.replace("hostname leaf1", "hostname core\n!\nvlan 20"))
    changed = napalm.compare_config().splitlines()
    assert sorted(line for line in changed if line[0] in "+-") == ["+hostname core", "+vlan 20", "-hostname leaf1"]
    napalm.commit_config()
    assert (napalm.get_facts()["hostname"], set(napalm.get_vlans())) == ("core", {"1", "20"})
    napalm.rollback()
    assert (napalm.get_facts()["hostname"], set(napalm.get_vlans())) == ("leaf1", {"1"})


def test_napalm_confirms_in_time_or_the_switch_goes_back(napalm: Any) -> None:
    napalm.load_merge_candidate(config=CHANGE)
    napalm.commit_config(revert_in=7200)
    assert napalm.has_pending_commit()
    assert "10" in napalm.get_vlans()
    napalm.confirm_commit()
    assert not napalm.has_pending_commit()
    napalm.load_merge_candidate(config="vlan 20\n")
    napalm.commit_config(revert_in=60)
    until(lambda: not napalm.has_pending_commit())
    assert set(napalm.get_vlans()) == {"1", "10"}
    napalm.load_merge_candidate(config="vlan 30\n")
    napalm.commit_config(revert_in=7200)
    napalm.rollback()
    assert set(napalm.get_vlans()) == {"1", "10"}


def test_napalm_is_told_what_is_wrong_and_the_switch_is_as_before(napalm: Any) -> None:
    napalm.load_merge_candidate(config=CHANGE + "foo bar\n")
    with pytest.raises(MergeConfigException, match="foo bar"):
        napalm.commit_config()
    assert set(napalm.get_vlans()) == {"1"}
    napalm.load_replace_candidate(config=napalm.get_config()["running"] + "vlan 4095\n")
    with pytest.raises(ReplaceConfigException, match="vlan 4095"):
        napalm.commit_config()
    assert set(napalm.get_vlans()) == {"1"}


def test_napalm_s_getters_say_what_is_configured_cabled_and_learned(napalm: Any, running: Running) -> None:
    napalm.load_merge_candidate(
        config="hostname core\nip domain name example.net\nlldp run\nntp server 192.0.2.123\n"
        "snmp-server community secret RO\nsnmp-server location Here\nvrf definition red\n rd 1:1\n"
        " address-family ipv4\n"
        "interface GigabitEthernet0/1\n description up\n no switchport\n ip address 10.0.0.1 255.255.255.254\n"
        " ip address 10.1.0.1 255.255.255.0 secondary\n ipv6 address 2001:db8::1/64\n"
        "interface GigabitEthernet0/3\n shutdown\n" + CHANGE + "interface Vlan10\n vrf forwarding red\n"
        " ip address 192.0.2.1 255.255.255.0\nrouter bgp 65000\n bgp router-id 10.0.0.1\n"
        " neighbor 10.0.0.0 remote-as 65001\n neighbor 10.0.0.0 description spine\n neighbor 10.1.0.2 remote-as 65002\n"
        " neighbor 10.1.0.2 shutdown\n"
    )
    napalm.commit_config()
    running.order("leaf1", "stations", mac="02:00:00:00:00:05", vlan=10, port="GigabitEthernet0/2", ip="192.0.2.5")
    running.order("leaf1", "peers", address="10.0.0.0")
    facts = napalm.get_facts()
    assert (facts["hostname"], facts["fqdn"], facts["vendor"]) == ("core", "core.example.net", "Cisco")
    ports = napalm.get_interfaces()
    assert (ports["GigabitEthernet0/1"]["is_up"], ports["GigabitEthernet0/1"]["description"]) == (True, "up")
    assert (ports["GigabitEthernet0/2"]["is_up"], ports["GigabitEthernet0/2"]["is_enabled"]) == (False, True)
    assert ports["GigabitEthernet0/3"]["is_enabled"] is False
    addresses = napalm.get_interfaces_ip()["GigabitEthernet0/1"]
    assert addresses["ipv4"] == {"10.0.0.1": {"prefix_length": 31}, "10.1.0.1": {"prefix_length": 24}}
    assert addresses["ipv6"]["2001:db8::1"] == {"prefix_length": 64}
    assert napalm.get_lldp_neighbors() == {"GigabitEthernet0/1": [{"hostname": "leaf2", "port": "GigabitEthernet0/7"}]}
    assert [(each["mac"], each["vlan"]) for each in napalm.get_mac_address_table()] == [("02:00:00:00:00:05", 10)]
    assert list(napalm.get_ntp_servers()) == ["192.0.2.123"]
    assert napalm.get_network_instances()["red"]["state"] == {"route_distinguisher": "1:1"}
    assert list(napalm.get_network_instances()["red"]["interfaces"]["interface"]) == ["Vlan10"]
    peers = napalm.get_bgp_neighbors()["global"]["peers"]
    assert {peer: (each["is_up"], each["is_enabled"], each["remote_as"]) for peer, each in peers.items()} == {
        "10.0.0.0": (True, True, 65001), "10.1.0.2": (False, False, 65002),
    }  # fmt: skip
    assert set(napalm.get_users()) == {"admin"}
    assert napalm.get_snmp_information()["community"] == {"secret": {"acl": "N/A", "mode": "ro"}}


@pytest.mark.parametrize(
    ("device", "modules"),
    [("iosvl2", "vlan, vrf, bgp, ospf, routing"), ("cat8000v", netlab.MODULES)],
    ids=["switch", "evpn"],
)
def test_what_netlab_writes_is_taken_and_comes_back_exactly(
    device: str, modules: str, tmp_path: Path, running: Running
) -> None:
    parts = netlab.rendered(tmp_path, device, modules)
    router = tuple(f"GigabitEthernet{number}" for number in range(1, 9))

    def taken(box: Device) -> list[tuple[str, list[str], list[str]]]:
        found = []
        box = replace(box, ports=router) if device == "cat8000v" else box
        for name in parts:
            roots = [box.factory(box), Node()]
            for text in parts[name].values():
                assert read(box, roots[0], text) == []
            assert read(box, roots[1], "\n".join(lines(roots[0]))) == []
            editing(box, roots[1])
            found.append((name, lines(roots[0]), lines(roots[1])))
        return found

    for name, once, again in running.do("leaf1", taken):
        assert f"hostname {name}" in once
        assert again == once
