"""Outside clients of Juniper Junos, unmodified, against its emulator: NAPALM, and configurations that netlab writes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from napalm import get_network_driver
from napalm.base.exceptions import LockError, MergeConfigException

from cpal.lab.emulate.fleet import PASSWORD, USER, Wanted
from tests.support import netlab
from tests.support.emulated import Running, emulated
from tests.support.junos_hands import hasten

CHANGE = (
    "vlans { red { vlan-id 10; } }\n"
    "interfaces { ge-0/0/1 { unit 0 { family ethernet-switching { vlan { members red; } } } } }\n"
)
GETTERS = (
    "facts", "interfaces", "interfaces_counters", "interfaces_ip", "bgp_neighbors", "bgp_neighbors_detail",
    "bgp_config", "environment", "lldp_neighbors", "lldp_neighbors_detail", "arp_table", "ntp_servers",
    "mac_address_table", "snmp_information", "users", "optics", "config", "network_instances", "vlans",
    "ipv6_neighbors_table",
)  # fmt: skip


@pytest.fixture
def running() -> Iterator[Running]:
    """A switch whose first port is cabled."""
    with emulated(Wanted("junos", "leaf1", boot_s=0.2)) as found:
        found.order("leaf1", "cables", port="ge-0/0/0", device="leaf2", neighbour="ge-0/0/7")
        yield found


def opened(running: Running, name: str = "leaf1") -> Iterator[Any]:
    """NAPALM's driver for a switch, connected."""
    hasten()
    driver = get_network_driver("junos")("127.0.0.1", USER, PASSWORD, optional_args={"port": running[name].port})
    driver.open()
    yield driver
    driver.close()


@pytest.fixture
def napalm(running: Running) -> Iterator[Any]:
    """NAPALM's driver, connected."""
    yield from opened(running)


def test_napalm_loads_compares_commits_and_rolls_back(napalm: Any) -> None:
    napalm.load_merge_candidate(config=CHANGE)
    assert [line for line in napalm.compare_config().splitlines() if line.startswith("[edit")] == ["[edit]"]
    assert "+       red {" in napalm.compare_config()
    assert set(napalm.get_vlans()) == {"1"}
    napalm.commit_config(message="a VLAN")
    assert napalm.get_vlans()["10"] == {"name": "red", "interfaces": ["ge-0/0/1.0"]}
    napalm.rollback()
    assert set(napalm.get_vlans()) == {"1"}


def test_napalm_discards(napalm: Any) -> None:
    napalm.load_merge_candidate(config=CHANGE)
    napalm.discard_config()
    assert napalm.compare_config() == ""


def test_napalm_replaces_the_whole_configuration(napalm: Any) -> None:
    before = napalm.get_config()["running"]
    napalm.load_merge_candidate(config=CHANGE)
    napalm.commit_config()
    napalm.load_replace_candidate(config=before)
    assert "-       red {" in napalm.compare_config()
    napalm.commit_config()
    assert napalm.get_config()["running"] == before
    napalm.load_replace_candidate(config=before)
    assert napalm.compare_config() == ""
    napalm.discard_config()


XML = "<configuration><vlans><vlan><name>red</name><vlan-id>10</vlan-id></vlan></vlans></configuration>"


@pytest.mark.parametrize("change", ["set vlans red vlan-id 10", CHANGE, XML], ids=["set", "text", "xml"])
def test_napalm_loads_every_form(napalm: Any, change: str) -> None:
    napalm.load_merge_candidate(config=change)
    napalm.commit_config()
    assert napalm.get_vlans()["10"]["name"] == "red"


def test_napalm_confirms_a_commit(napalm: Any) -> None:
    napalm.load_merge_candidate(config=CHANGE)
    napalm.commit_config(revert_in=60)
    assert napalm.has_pending_commit()
    napalm.confirm_commit()
    assert not napalm.has_pending_commit()
    assert "10" in napalm.get_vlans()


def test_napalm_is_told_what_is_wrong(napalm: Any) -> None:
    with pytest.raises(MergeConfigException, match="syntax error") as refused:
        napalm.load_merge_candidate(
            config="interfaces { ge-0/0/1 { unit 0 { family inet { adress 192.0.2.1/24; } } } }"
        )
    assert "[edit interfaces ge-0/0/1 unit 0 family inet]" in str(refused.value)
    assert "adress" in str(refused.value)
    assert napalm.compare_config() == ""


def test_napalm_is_refused_the_lock_that_another_holds(napalm: Any, running: Running) -> None:
    napalm.load_merge_candidate(config=CHANGE)
    for other in opened(running):
        with pytest.raises(LockError):
            other.load_merge_candidate(config="set vlans blue vlan-id 20")
    napalm.discard_config()


def test_napalm_s_getters_say_what_is_configured_cabled_and_learned(napalm: Any, running: Running) -> None:
    napalm.load_merge_candidate(
        config=CHANGE + "system { host-name core; domain-name example.net; ntp { server 192.0.2.123; }\n"
        " login { user ann { class read-only; } } }\n"
        "snmp { location here; contact me; community secret { authorization read-only; } }\n"
        "interfaces { ge-0/0/0 { description up; unit 0 { family inet { address 10.0.0.1/31; } } }\n"
        " ge-0/0/2 { disable; }\n"
        " irb { unit 10 { family inet { address 192.0.2.1/24; } } } }\n"
        "vlans { red { l3-interface irb.10; } }\n"
        "routing-instances { tenant { instance-type vrf; interface irb.10; route-distinguisher 1:1; } }\n"
        "routing-options { autonomous-system 65000; router-id 10.0.0.1;\n"
        " static { route 10.9.0.0/16 next-hop 10.0.0.0; } }\n"
        "protocols { bgp { group LEAF { type external; peer-as 65001; neighbor 10.0.0.0 { description leaf2; }\n"
        " neighbor 10.0.0.9 { shutdown; } } } }\n"
    )
    napalm.commit_config()
    running.order("leaf1", "stations", mac="02:00:00:00:00:05", vlan=10, port="ge-0/0/1", ip="192.0.2.5")
    running.order("leaf1", "peers", address="10.0.0.0")
    napalm.device.facts_refresh()
    facts = napalm.get_facts()
    assert (facts["hostname"], facts["fqdn"], facts["vendor"]) == ("core", "core.example.net", "Juniper")
    ports = napalm.get_interfaces()
    assert (ports["ge-0/0/0"]["is_up"], ports["ge-0/0/0"]["description"]) == (True, "up")
    assert (ports["ge-0/0/1"]["is_up"], ports["ge-0/0/1"]["is_enabled"]) == (False, True)
    assert ports["ge-0/0/2"]["is_enabled"] is False
    assert napalm.get_interfaces_ip()["ge-0/0/0.0"] == {"ipv4": {"10.0.0.1": {"prefix_length": 31}}}
    assert napalm.get_lldp_neighbors() == {"ge-0/0/0": [{"hostname": "leaf2", "port": "ge-0/0/7"}]}
    assert napalm.get_lldp_neighbors_detail()["ge-0/0/0"][0]["remote_system_name"] == "leaf2"
    assert [(each["mac"], each["vlan"]) for each in napalm.get_mac_address_table()] == [("02:00:00:00:00:05", 10)]
    assert [(each["ip"], each["interface"]) for each in napalm.get_arp_table()] == [
        ("192.0.2.5", "irb.10 [ge-0/0/1.0]")
    ]
    assert list(napalm.get_ntp_servers()) == ["192.0.2.123"]
    snmp = napalm.get_snmp_information()
    assert (snmp["location"], snmp["community"]) == ("here", {"secret": {"acl": "", "mode": "ro"}})
    instance = napalm.get_network_instances()["tenant"]
    assert (instance["state"], list(instance["interfaces"]["interface"])) == (
        {"route_distinguisher": "1:1"},
        ["irb.10"],
    )
    peers = napalm.get_bgp_neighbors()["global"]["peers"]
    assert {peer: (each["is_up"], each["is_enabled"], each["remote_as"]) for peer, each in peers.items()} == {
        "10.0.0.0": (True, True, 65001), "10.0.0.9": (False, False, 65001),
    }  # fmt: skip
    assert napalm.get_bgp_config()["LEAF"]["neighbors"]["10.0.0.0"]["description"] == "leaf2"
    assert napalm.get_users()["ann"]["level"] == 1
    assert napalm.get_route_to("10.9.0.0/16")["10.9.0.0/16"][0]["next_hop"] == "10.0.0.0"
    for getter in GETTERS:
        assert getattr(napalm, f"get_{getter}")() is not None


@pytest.mark.parametrize(
    ("modules", "more"),
    [
        (netlab.MODULES, ""),
        ("vlan, vrf, bgp, evpn, vxlan, isis", ""),
        ("vlan, vrf, bgp, evpn, vxlan, ospf, gateway, bfd", "gateway.protocol: vrrp\ngateway.id: 254\nbfd: {}"),
    ],
    ids=["evpn", "isis", "vrrp"],
)
def test_what_netlab_writes_is_taken_and_comes_back_exactly(tmp_path: Path, modules: str, more: str) -> None:
    more += "\ndefaults.devices.vjunos-switch.warnings.evpn_macvrf: false"
    parts = netlab.rendered(tmp_path, "vjunos-switch", modules, more)
    with emulated(Wanted("junos", "s1"), Wanted("junos", "s2")) as found:
        for name in ("s1", "s2"):
            for napalm in opened(found, name):
                for text in parts[name].values():
                    napalm.device.cu.load(text, format="text", merge=False)
                    napalm.commit_config() if napalm.compare_config() else None
                once = napalm.get_config()["running"]
                assert f"host-name {name};" in once
                napalm.load_replace_candidate(config=once)
                assert napalm.compare_config() == ""
                napalm.discard_config()
