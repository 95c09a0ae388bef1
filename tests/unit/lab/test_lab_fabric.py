"""A fabric's cables, addresses and day-0 configuration follow from how many spines and leaves it has."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path

import pytest

from cpal.lab.emulate.device import Cable
from cpal.lab.fabric.emulating import cabling
from cpal.lab.fabric.topology import MAX_LEAVES, MAX_SPINES, Fabric, configuration, link_address, physical_ports
from cpal.lab.layout import Layout

LAYOUT = Layout(Path("/lab"))
LARGEST = Fabric(MAX_SPINES, MAX_LEAVES, "numbered")


def test_each_leaf_has_a_cable_to_each_spine_and_each_host_outside_one() -> None:
    cables = Fabric(2, 3).cables(LAYOUT)
    assert len(cables) == 2 * 3 + len(LAYOUT.outside_hosts)
    assert len({(cable.node, cable.interface) for cable in cables}) == len(cables)
    assert all(len(cable.interface) <= 15 and len(cable.peer_interface) <= 15 for cable in LARGEST.cables(LAYOUT))


def test_no_address_is_given_twice_and_both_ends_of_a_cable_share_a_prefix() -> None:
    links = [(leaf, spine) for leaf in LARGEST.leaf_nodes for spine in LARGEST.neighbours(leaf)]
    ends = [(ip_address(link_address(leaf, spine)), ip_address(link_address(spine, leaf))) for leaf, spine in links]
    assert all(int(leaf) ^ int(spine) == 1 for leaf, spine in ends)
    every = [str(address) for pair in ends for address in pair] + [node.loopback for node in LARGEST.nodes]
    assert len(set(every)) == len(every)


@pytest.mark.parametrize("underlay", ["numbered", "unnumbered"])
def test_leaves_offer_evpn_and_spines_pass_it_on(underlay: str) -> None:
    fabric = Fabric(2, 2, underlay)  # type: ignore[arg-type]  # by the parameters above
    texts = {node.name: configuration(fabric, node) for node in fabric.nodes}
    assert all(text.count(" neighbor fabric activate") == 2 for text in texts.values())
    assert {name for name, text in texts.items() if "advertise-all-vni" in text} == {"leaf1", "leaf2"}
    assert ("interface peer-group" in texts["leaf1"]) == (underlay == "unnumbered")
    assert ("ip address 10.254.1.1/31" in texts["leaf1"]) == (underlay == "numbered")


def test_only_the_border_leads_outside() -> None:
    fabric = Fabric(1, 2)
    found = {node.name: physical_ports(LAYOUT, fabric, node) for node in fabric.nodes}
    assert found == {"spine1": {}, "leaf1": {"physnet1": {"untagged": "p-flat", "42": "p-vlan42"}}, "leaf2": {}}


def test_emulated_switches_agree_on_the_cables_between_them_and_have_one_to_each_spine() -> None:
    found = cabling(("eos", "ios", "junos", "nxos"), 2)
    for name, ports in found.items():
        assert [cable.device for cable in ports.values()][:2] == ["spine1", "spine2"]
        for port, cable in ports.items():
            if cable.device in found:
                assert found[cable.device][cable.port] == Cable(name, port)
    assert found["eos1"]["Ethernet3"] == Cable("ios1", "GigabitEthernet0/4")
    assert found["nxos1"] == {
        "Ethernet1/1": Cable("spine1", "nxos1"), "Ethernet1/2": Cable("spine2", "nxos1"),
        "Ethernet1/4": Cable("junos1", "ge-0/0/2"),
    }  # fmt: skip
