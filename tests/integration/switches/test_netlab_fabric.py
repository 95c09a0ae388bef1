"""An outside oracle of fabrics: netlab renders one EVPN fabric, with a leaf of EOS and one that runs FRR. Both are read
in our terms, and compared with each other and with what we render of the same fabric. Source: netlab.tools."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from cpal.core.rows import VALUE, Row, RowKey
from cpal.drivers.devices import render_evpn as evpn
from cpal.drivers.devices.eos.target import MAKE
from cpal.drivers.devices.eos.writing import DIALECT
from cpal.drivers.devices.frr.configuration import Running, forest, running
from cpal.drivers.devices.junos.target import MAKE as JUNOS
from cpal.drivers.devices.make import Make
from cpal.drivers.devices.nxos.target import MAKE as NXOS
from cpal.drivers.devices.parse.tree import parsed
from cpal.drivers.devices.render_device import VRF, VRF_IPV4
from cpal.drivers.devices.render_fabric import route_target
from cpal.drivers.devices.render_switch import ADDRESS, INTERFACE_VRF, VLAN, VLAN_NAME
from cpal.drivers.devices.settings import rows_of
from cpal.lab.emulate.junos.text import load_text
from cpal.model.switch import TRUNK, Interface
from cpal.model.target import Host
from tests.conformance.wanted import wanted
from tests.support import netlab
from tests.support.evpn_said import evpn_said
from tests.support.typed import Typed, TypedJunos
from tests.support.world import World, id_of

Rows = dict[RowKey, Row]


class Fabric:
    """What netlab says that the fabric is; what s1, of EOS, and s2, of FRR, hold of it; and what ours would hold."""

    def __init__(self, directory: Path) -> None:
        parts = netlab.rendered(directory, "eos", second="frr")
        self.known = netlab.known(directory, "s1")
        switch = Typed("eos")
        switch.load("\n".join(parts["s1"].values()))
        self.eos: Rows = rows_of(parsed(switch.running, DIALECT), "s1", list(MAKE.settings.values()))
        typed = parts["s2"]["evpn"].partition("<<CONFIG\n")[2].partition("CONFIG\n")[0]
        self.frr: Running = running(forest({"zebra": typed, "bgpd": typed}))
        self.ours: Rows = wanted(MAKE.rules, self._declared().estate())

    def _declared(self) -> World:
        """netlab's fabric in our records, as far as it is about s1: each VLAN a network, the VRF a router."""
        world = World("s1", driver="eos", physical_networks=())
        red = world.project("red")
        [host] = world.every(Host)
        world.add(replace(host, underlay_address=self.known["loopback"]["ipv4"].partition("/")[0]))
        ids, routed = [], []
        for name, vlan in self.known["vlans"].items():
            network = world.network(red, name, network_type="vxlan", mtu=1500)
            network = world.add(replace(network, segmentation_id=vlan["vni"], fabric_vlan=vlan["id"]))
            ids.append(network.id)
            if "vrf" in vlan:
                routed.append(world.subnet(network, vlan["prefix"]["ipv4"], enable_dhcp=False))
        router = world.router(red, "red", *routed)
        world.add(replace(router, vni=self.known["vrfs"]["red"]["evpn"]["transit_vni"], fabric_vlan=4000))
        world.add(
            Interface(id=id_of("interface", "s1/Ethernet7"), name="s1/Ethernet7", mode=TRUNK, networks=tuple(ids))
        )
        return world


@pytest.fixture(scope="module")
def fabric(tmp_path_factory: pytest.TempPathFactory) -> Fabric:
    """netlab's fabric of two leaves."""
    return Fabric(tmp_path_factory.mktemp("netlab"))


def test_in_a_fabric_of_nxos_and_eos_both_say_the_same(fabric: Fabric, tmp_path: Path) -> None:
    parts = netlab.rendered(tmp_path, "nxos", second="eos")
    found: dict[str, Rows] = {}
    for node, make in (("s1", NXOS), ("s2", MAKE)):
        switch = Typed(make.rules.name)
        assert switch.load("\n".join(parts[node].values())) == []
        found[node] = make.rows(make.tree(switch.running), node)
    of_nxos, of_eos = evpn_said(found["s1"]), evpn_said(found["s2"])
    address = {node: netlab.known(tmp_path, node)["loopback"]["ipv4"].partition("/")[0] for node in found}
    for mine, other in ((of_nxos.networks, of_eos.networks), (of_nxos.vrfs, of_eos.vrfs)):
        assert {name: each.targets for (_, name), each in mine.items()} == {
            name: each.targets for (_, name), each in other.items()
        }
        assert {name: each.vni for (_, name), each in mine.items()} == {
            name: each.vni for (_, name), each in other.items()
        }
    for node, said in (("s1", of_nxos), ("s2", of_eos)):
        assert {vlan: each.route_distinguisher for (_, vlan), each in said.networks.items()} == {
            vlan: f"{address[node]}:{vlan}" for _, vlan in said.networks
        }
    assert {vni for vni, _, _ in of_nxos.networks.values()} == set(told(fabric.eos, evpn.VNI).values())
    assert {each.vni: {target for _, target in each.targets} for each in of_nxos.networks.values()} == {
        vni: {target} for vni, target in fabric.frr.targets.items()
    }


@pytest.mark.parametrize("make", [MAKE, NXOS], ids=["eos", "nxos"])
def test_in_a_fabric_of_junos_and_another_make_both_say_the_same(make: Make, tmp_path: Path) -> None:
    trunks = "defaults.devices.vjunos-switch.warnings.evpn_macvrf: false"  # it refuses the trunk, as we do
    parts = netlab.rendered(tmp_path, "vjunos-switch", more=trunks, second=make.rules.name)
    switch, other = TypedJunos(), Typed(make.rules.name)
    for part in parts["s1"].values():
        assert load_text(switch.root, part) == []
    other.load("\n".join(parts["s2"].values()))
    of_junos = evpn_said(JUNOS.rows(JUNOS.tree(switch.running), "s1"))
    of_other = evpn_said(make.rows(make.tree(other.running), "s2"))
    for mine, theirs in ((of_junos.networks, of_other.networks), (of_junos.vrfs, of_other.vrfs)):
        on_junos, on_other = ({name: each._replace(route_distinguisher=None) for (_, name), each in of.items()}
                              for of in (mine, theirs))  # fmt: skip
        assert on_junos == on_other != {}
        assert all(each.targets for each in on_junos.values())
    address = netlab.known(tmp_path, "s1")["loopback"]["ipv4"].partition("/")[0]
    assert {vlan: each.route_distinguisher for (_, vlan), each in of_junos.networks.items()} == {
        vlan: f"{address}:{vlan}" for _, vlan in of_junos.networks
    }


def told(rows: Rows, table: str) -> dict[str, Any]:
    """What rows of a table say, by name."""
    return {key.name: row.columns.get(VALUE) for key, row in rows.items() if key.table == table}


@pytest.mark.parametrize(
    "table", [VLAN, VLAN_NAME, evpn.VNI, evpn.MAC_VRF, evpn.MAC_VRF_RD, evpn.MAC_VRF_LEARNED], ids=str
)
def test_vlans_vnis_and_their_evpn_instances_are_the_same(fabric: Fabric, table: str) -> None:
    theirs = told(fabric.eos, table)
    assert len(theirs) == len(fabric.known["vlans"])
    assert told(fabric.ours, table) == theirs


def test_route_targets_differ_by_the_scheme_alone(fabric: Fabric) -> None:
    """netlab's are the AS and the VLAN, ours the fabric and the VNI: each leads to the other."""
    vni_of = {name.split()[1]: vni for name, vni in told(fabric.eos, evpn.VNI).items()}
    expected = set()
    for name in told(fabric.eos, evpn.MAC_VRF_TARGETS):
        _, vlan, direction, target = name.split()
        assert target == f"65000:{vlan}"
        expected.add(f"s1 {vlan} {direction} {route_target(vni_of[vlan])}")
    assert len(expected) == 2 * len(vni_of)
    assert set(told(fabric.ours, evpn.MAC_VRF_TARGETS)) == expected


def test_the_two_makes_agree_as_netlab_means_them_to(fabric: Fabric) -> None:
    of_eos = {}
    for name, vni in told(fabric.eos, evpn.VNI).items():
        [target] = {
            value for key, value in told(fabric.eos, evpn.MAC_VRF_TARGETS).items() if key.split()[:2] == name.split()
        }
        of_eos[vni] = target
    assert fabric.frr.targets == of_eos
    assert fabric.frr.vnis == {name.split()[1]: vni for name, vni in told(fabric.eos, evpn.VRF_VNI).items()}
    [target] = set(told(fabric.eos, evpn.BGP_VRF_TARGETS).values())
    assert fabric.frr.vrfs["red"].columns["route_target"] == target


def test_the_vrf_its_vni_and_its_routing_are_the_same_by_another_name(fabric: Fabric) -> None:
    [mine] = [name.split()[1] for name in told(fabric.ours, VRF)]
    for table in (VRF, VRF_IPV4, evpn.VRF_VNI, evpn.BGP_VRF, evpn.BGP_VRF_ID):
        ours = {name.replace(mine, "red"): value for name, value in told(fabric.ours, table).items()}
        assert set(ours) == set(told(fabric.eos, table)) == {"s1 red"}, table
        if table != VRF_IPV4:
            assert ours == told(fabric.eos, table)
    directions = [sorted(n.split()[2] for n in told(rows, evpn.BGP_VRF_TARGETS)) for rows in (fabric.eos, fabric.ours)]
    assert directions[0] == directions[1] == ["export", "import"]


def test_the_interface_that_routes_is_in_the_vrf_and_in_its_prefix(fabric: Fabric) -> None:
    assert set(told(fabric.eos, INTERFACE_VRF)) == set(told(fabric.ours, INTERFACE_VRF)) == {"s1 Vlan1000"}
    [theirs] = [value for name, value in told(fabric.eos, ADDRESS).items() if "Vlan1000" in name]
    [ours] = told(fabric.ours, evpn.VIRTUAL).values()
    assert ours == theirs == "172.16.0.1/24"
