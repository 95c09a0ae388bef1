"""Outside clients of Arista EOS, unmodified, against its emulator: NAPALM, and configurations that netlab writes."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from napalm import get_network_driver
from napalm.base.exceptions import CommitError, MergeConfigException, SessionLockedException

from cpal.lab.emulate.fleet import PASSWORD, USER, Wanted
from tests.support import netlab
from tests.support.emulated import Eapi, Running, emulated, until

CHANGE = "vlan 10\n name red\ninterface Ethernet2\n switchport access vlan 10\n"
GETTERS = (
    "facts", "interfaces", "interfaces_counters", "interfaces_ip", "bgp_neighbors", "bgp_neighbors_detail",
    "bgp_config", "environment", "lldp_neighbors", "lldp_neighbors_detail", "arp_table", "ntp_servers", "ntp_stats",
    "mac_address_table", "snmp_information", "users", "optics", "config", "network_instances", "vlans",
)  # fmt: skip


@pytest.fixture
def running() -> Iterator[Running]:
    """A switch without TLS, whose first port is cabled."""
    with emulated(Wanted("eos", "leaf1", plain=True, boot_s=0.2)) as found:
        found.order("leaf1", "cables", port="Ethernet1", device="leaf2", neighbour="Ethernet7")
        yield found


@pytest.fixture
def napalm(running: Running) -> Iterator[Any]:
    """NAPALM's driver, connected."""
    yield from opened(running)


def opened(running: Running) -> Iterator[Any]:
    """NAPALM's driver for the switch, connected."""
    options = {"transport": "http", "port": running["leaf1"].port}
    driver = get_network_driver("eos")("127.0.0.1", USER, PASSWORD, optional_args=options)
    driver.open()
    yield driver
    driver.close()


def vlans(napalm: Any) -> set[str]:
    """The VLANs that NAPALM sees."""
    return set(napalm.get_vlans())


def test_napalm_loads_compares_commits_and_rolls_back(napalm: Any) -> None:
    napalm.load_merge_candidate(config=CHANGE)
    assert [line for line in napalm.compare_config().splitlines() if line[:1] in "+-"] == [
        "+vlan 10", "+   name red", "+!", "+   switchport access vlan 10",
    ]  # fmt: skip
    assert vlans(napalm) == {"1"}
    napalm.commit_config()
    assert napalm.get_vlans()["10"] == {"name": "red", "interfaces": ["Ethernet2"]}
    assert napalm.get_config()["startup"].splitlines()[2:] == napalm.get_config()["running"].splitlines()[2:]
    napalm.rollback()
    assert vlans(napalm) == {"1"}


def test_napalm_discards(napalm: Any) -> None:
    napalm.load_merge_candidate(config=CHANGE)
    napalm.discard_config()
    assert napalm.compare_config() == ""
    assert vlans(napalm) == {"1"}


def test_napalm_replaces_the_whole_configuration(napalm: Any) -> None:
    before = napalm.get_config()["running"]
    napalm.load_merge_candidate(config=CHANGE)
    napalm.commit_config()
    napalm.load_replace_candidate(config=before)
    assert [line for line in napalm.compare_config().splitlines() if line[:1] in "+-"] == [
        "-vlan 10", "-   name red", "-!", "-   switchport access vlan 10",
    ]  # fmt: skip
    napalm.commit_config()
    assert napalm.get_config()["running"] == before


def test_napalm_replacing_what_is_there_by_itself_changes_nothing(napalm: Any) -> None:
    napalm.load_merge_candidate(
        config=CHANGE + "banner login\nall is logged\nhere\nEOF\nip access-list X\n permit ip any any\n"
    )
    napalm.commit_config()
    running = napalm.get_config()["running"]
    assert "banner login\nall is logged\nhere\nEOF" in running
    napalm.load_replace_candidate(config=running)
    assert napalm.compare_config() == ""


def test_napalm_confirms_a_commit_or_takes_it_back(napalm: Any) -> None:
    napalm.load_merge_candidate(config=CHANGE)
    napalm.commit_config(revert_in=60)
    assert napalm.has_pending_commit()
    assert vlans(napalm) == {"1", "10"}
    napalm.confirm_commit()
    assert not napalm.has_pending_commit()
    napalm.load_merge_candidate(config="no vlan 10")
    napalm.commit_config(revert_in=60)
    napalm.rollback()
    assert vlans(napalm) == {"1", "10"}


def test_an_unconfirmed_commit_of_napalm_reverts_by_itself(napalm: Any) -> None:
    napalm.load_merge_candidate(config=CHANGE)
    napalm.commit_config(revert_in=1)
    until(lambda: vlans(napalm) == {"1"})
    with pytest.raises(CommitError):
        napalm.confirm_commit()
    napalm.config_session = None


def test_napalm_is_told_what_is_wrong_and_leaves_nothing(napalm: Any, running: Running) -> None:
    with pytest.raises(MergeConfigException, match=r"Invalid input \(at token 1: 'adress'\)"):
        napalm.load_merge_candidate(config="interface Ethernet1\n no switchport\n ip adress 192.0.2.1/24")
    client = Eapi(running["leaf1"].url)
    assert client.run("show configuration sessions")[0]["sessions"] == {}
    client.close()


def test_napalm_waits_for_a_session_of_somebody_else(napalm: Any, running: Running) -> None:
    client = Eapi(running["leaf1"].url)
    client.run("configure session other", "vlan 99")
    with pytest.raises(SessionLockedException):
        napalm._lock()
    client.run("configure session other abort")
    napalm._lock()
    client.close()


def test_napalm_s_getters_say_what_is_configured_cabled_and_learned(napalm: Any, running: Running) -> None:
    napalm.load_merge_candidate(
        config="hostname core\ndns domain example.net\nntp server 192.0.2.123 prefer\n"
        "snmp-server community secret ro\nsnmp-server location here\nvrf instance red\n rd 1:1\n"
        "interface Ethernet1\n description up\n no switchport\n ip address 10.0.0.1/31\n"
        " ip address 10.1.0.1/24 secondary\n ipv6 address 2001:db8::1/64\ninterface Ethernet3\n shutdown\n"
        "vlan 10\n name red\n"
        "interface Ethernet2\n switchport access vlan 10\ninterface Vlan10\n vrf red\n ip address 192.0.2.1/24\n"
        "router bgp 65000\n router-id 10.0.0.1\n neighbor LEAF peer group\n neighbor LEAF remote-as 65001\n"
        " neighbor 10.0.0.0 peer group LEAF\n neighbor 10.0.0.0 description leaf2\n"
        " neighbor 10.1.0.2 remote-as 65002\n neighbor 10.1.0.2 shutdown\nusername ann privilege 15 secret pw\n"
    )
    napalm.commit_config()
    running.order("leaf1", "stations", mac="02:00:00:00:00:05", vlan=10, port="Ethernet2", ip="192.0.2.5")
    running.order("leaf1", "peers", address="10.0.0.0")
    facts = napalm.get_facts()
    assert (facts["hostname"], facts["fqdn"], facts["vendor"]) == ("core", "core.example.net", "Arista")
    assert 0 <= facts["uptime"] < 3600
    ports = napalm.get_interfaces()
    assert (ports["Ethernet1"]["is_up"], ports["Ethernet1"]["description"]) == (True, "up")
    assert (ports["Ethernet2"]["is_up"], ports["Ethernet2"]["is_enabled"]) == (False, True)
    assert ports["Ethernet3"]["is_enabled"] is False
    addresses = napalm.get_interfaces_ip()
    assert addresses["Ethernet1"]["ipv4"] == {"10.0.0.1": {"prefix_length": 31}, "10.1.0.1": {"prefix_length": 24}}
    assert addresses["Ethernet1"]["ipv6"]["2001:db8::1"] == {"prefix_length": 64}
    assert napalm.get_lldp_neighbors() == {"Ethernet1": [{"hostname": "leaf2", "port": "Ethernet7"}]}
    assert napalm.get_lldp_neighbors_detail()["Ethernet1"][0]["remote_system_name"] == "leaf2"
    assert [(each["mac"], each["vlan"]) for each in napalm.get_mac_address_table()] == [("02:00:00:00:00:05", 10)]
    assert [(each["ip"], each["interface"]) for each in napalm.get_arp_table()] == [("192.0.2.5", "Vlan10, Ethernet2")]
    assert napalm.get_ntp_servers()["192.0.2.123"]["prefer"] is True
    snmp = napalm.get_snmp_information()
    assert (snmp["location"], snmp["community"]) == ("here", {"secret": {"acl": "", "mode": "ro"}})
    instances = napalm.get_network_instances()
    assert instances["red"]["state"] == {"route_distinguisher": "1:1"}
    assert list(instances["red"]["interfaces"]["interface"]) == ["Vlan10"]
    peers = napalm.get_bgp_neighbors()["global"]["peers"]
    assert {peer: (each["is_up"], each["is_enabled"], each["remote_as"]) for peer, each in peers.items()} == {
        "10.0.0.0": (True, True, 65001), "10.1.0.2": (False, False, 65002),
    }  # fmt: skip
    detail = napalm.get_bgp_neighbors_detail()["default"]
    assert [(remote, each["up"], each["local_as"]) for remote, found in detail.items() for each in found] == [
        (65001, True, 65000), (65002, False, 65000),
    ]  # fmt: skip
    assert napalm.get_bgp_config()["LEAF"]["neighbors"]["10.0.0.0"]["description"] == "leaf2"
    assert set(napalm.get_users()) == {"admin", "ann"}
    assert napalm.get_route_to("10.0.0.0/31")["10.0.0.0/31"][0]["outgoing_interface"] == "Ethernet1"
    for getter in GETTERS:
        assert getattr(napalm, f"get_{getter}")() is not None


def test_napalm_is_refused_a_commit_and_finds_the_old_state(napalm: Any, running: Running) -> None:
    running.order("leaf1", "faults", match="commit$", message="not now")
    napalm.load_merge_candidate(config=CHANGE)
    with pytest.raises(Exception, match="could not run command"):
        napalm.commit_config()
    assert vlans(napalm) == {"1"}
    napalm.discard_config()


def test_a_confirmed_commit_of_napalm_survives_a_reboot_and_an_unconfirmed_one_does_not(running: Running) -> None:
    for config, confirm, held in ((CHANGE, True, {"1", "10"}), ("vlan 20", False, {"1", "10"})):
        for napalm in opened(running):
            napalm.load_merge_candidate(config=config)
            napalm.commit_config(revert_in=600)
            if confirm:
                napalm.confirm_commit()
            napalm.config_session = None
        running.order("leaf1", "reboot")
        time.sleep(0.3)
        client = Eapi(running["leaf1"].url)
        shown = until(partial(client.run, "show vlan"))
        assert set(shown[0]["vlans"]) == held
        client.close()


@pytest.mark.parametrize(
    ("modules", "more"),
    [
        (netlab.MODULES, ""),
        (
            "vlan, vrf, bgp, evpn, vxlan, ospf, routing, gateway, bfd",
            "gateway.protocol: anycast\ngateway.id: 254\nbfd: {}",
        ),
        ("vlan, vrf, bgp, evpn, vxlan, isis, stp, lag", "stp.protocol: rstp"),
    ],
    ids=["evpn", "anycast", "isis"],
)
def test_what_netlab_writes_is_taken_and_comes_back_exactly(tmp_path: Path, modules: str, more: str) -> None:
    parts = netlab.rendered(tmp_path, "eos", modules, more)
    with emulated(Wanted("eos", "s1", plain=True), Wanted("eos", "s2", plain=True)) as found:
        for name in ("s1", "s2"):
            client = Eapi(found[name].url)
            for text in parts[name].values():
                client.run("enable", "configure", *text.splitlines())
            once = client.text("show running-config")
            assert f"hostname {name}" in once
            assert sorted(set(lost(parts[name].values(), once))) == []
            for napalm in opened_at(found, name):
                napalm.load_replace_candidate(config=once)
                assert napalm.compare_config() == ""
            client.close()


REWRITTEN = (
    ("interface vxlan 1", "interface Vxlan1"), ("1000,1001", "1000-1001"), ("mlag", "mlag configuration"),
    ("port-channel", "Port-Channel"), ("lacp timer", "lacp timer"),
)  # fmt: skip
"""What EOS shows otherwise than netlab writes it."""
DEFAULT = {"no shutdown", "switchport", "shutdown", "exit"}
"""What EOS does not show, since it is so anyway, or was changed later."""


def lost(parts: Iterable[str], shown: str) -> Iterator[str]:
    """Lines that were written and are not shown."""
    held = {line.strip() for line in shown.splitlines()}
    for line in (line.strip() for part in parts for line in part.splitlines()):
        if line and not line.startswith("!") and line not in DEFAULT:
            written = line
            for before, after in REWRITTEN:
                written = written.replace(before, after)
            if " ".join(written.split()) not in held and line not in held:
                yield line


def opened_at(found: Running, name: str) -> Iterator[Any]:
    """NAPALM's driver for a switch of several."""
    options = {"transport": "http", "port": found[name].port}
    driver = get_network_driver("eos")("127.0.0.1", USER, PASSWORD, optional_args=options)
    driver.open()
    yield driver
    driver.close()
