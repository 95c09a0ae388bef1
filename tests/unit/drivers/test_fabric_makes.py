"""Leaves of two makes in one fabric: what each is to hold, and that they agree on all that goes between them."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from msgspec.structs import replace

from cpal.core.proposal import faults_of, keeps_unbound
from cpal.core.realise import share
from cpal.core.rows import VALUE, Row
from cpal.core.stack import propose_records
from cpal.drivers.devices import render_evpn as evpn
from cpal.drivers.devices.eos.target import MAKE as EOS
from cpal.drivers.devices.frr.make import RULES as FRR
from cpal.drivers.devices.junos.render_leaf import MAC
from cpal.drivers.devices.junos.target import MAKE as JUNOS
from cpal.drivers.devices.nxos.target import MAKE as NXOS
from cpal.drivers.devices.render_device import VRF_ROUTES
from cpal.drivers.devices.render_fabric import ANYCAST_MAC
from cpal.drivers.devices.render_switch import ADDRESS, VLAN
from cpal.engine.targets import rules_of
from cpal.model.estate import EMPTY, Estate
from cpal.model.network import HostRoute, Network
from cpal.model.router import Router
from cpal.model.switch import ACCESS, Interface
from cpal.model.target import Host, Target
from tests.conformance.wanted import wanted
from tests.support.evpn_said import evpn_said
from tests.support.world import World, id_of

LEAVES = ("leaf1", "leaf2")


def town(driver: str, switches: Mapping[str, str] = {}) -> World:
    """Networks web at both leaves and db at the second, a router between them, and a VLAN of a wire that both lead to.

    Machines behind leaves that run FRR are ports; at a switch, its interface says what is plugged in. Leaves may be
    `switches` of another make, which are a target of their own.
    """
    world = World(*LEAVES, driver=driver)
    for leaf, make in switches.items():
        world.add(Target(id=id_of("target", make), name=make, driver=make, endpoints={leaf: f"{make}://admin@{leaf}"}))
        [host] = [host for host in world.every(Host) if host.name == leaf]
        world.add(replace(host, target=make))
    [lab] = [target for target in world.every(Target) if target.name == "lab"]
    mine = {leaf: address for leaf, address in lab.endpoints.items() if leaf not in switches}
    world.add(replace(lab, endpoints=mine, encap="vxlan"))
    red = world.project("red")
    web, db = (
        world.add(replace(world.network(red, name, network_type="vxlan"), fabric_vlan=vlan))
        for name, vlan in (("web", 2001), ("db", 2002))
    )
    world.network(red, "wire", physical_network="physnet1", segmentation_id=42)
    subnets = [world.subnet(web, "10.0.1.0/24", enable_dhcp=False), world.subnet(db, "10.0.2.0/24", enable_dhcp=False)]
    for n, (network, leaf) in enumerate(((web, "leaf1"), (web, "leaf2"), (db, "leaf2")), start=1):
        if driver == "frr" and leaf not in switches:
            world.instance(red, f"m{n}", network, host=leaf, port_security_enabled=False)
        else:
            name = f"{leaf}/Ethernet{n}"
            world.add(Interface(id=id_of("interface", name), name=name, mode=ACCESS, networks=(network.id,)))
    router = world.router(red, "edge", *subnets)
    route = HostRoute("192.0.2.0/24", "10.0.2.9")
    world.add(replace(router, fabric_vlan=2101, routes=(route,)))
    return world


@pytest.fixture(scope="module")
def frr() -> dict[str, dict[str, Row]]:
    """The rows of leaves that run FRR, by table and name."""
    return _by_table(wanted(FRR, town("frr").estate()).values())


@pytest.fixture(scope="module")
def eos() -> dict[str, dict[str, Row]]:
    """The rows of leaves that run EOS, by table and name."""
    return _by_table(wanted(EOS.rules, town("eos").estate()).values())


def _by_table(rows: object) -> dict[str, dict[str, Row]]:
    found: dict[str, dict[str, Row]] = {}
    for row in rows:  # type: ignore[attr-defined]  # values of a mapping
        found.setdefault(row.key.table, {})[row.key.name] = row
    return found


Tables = dict[str, dict[str, Row]]


def test_the_vnis_of_networks_and_their_route_targets_are_the_same(frr: Tables, eos: Tables) -> None:
    of_frr = {tuple(name.split()): str(row.columns["route_target"]) for name, row in frr["evpn"].items()}
    vni_of = {name: str(row.columns[VALUE]) for name, row in eos[evpn.VNI].items()}
    of_eos: dict[tuple[str, ...], set[str]] = {}
    for row in eos[evpn.MAC_VRF_TARGETS].values():
        leaf, vlan, _, _ = row.key.name.split()
        of_eos.setdefault((leaf, vni_of[f"{leaf} {vlan}"]), set()).add(str(row.columns[VALUE]))
    assert of_eos == {key: {target} for key, target in of_frr.items()}
    assert len(of_frr) == 5
    assert set(eos[VLAN]) == set(vni_of)


def test_the_vrfs_of_routers_their_vnis_and_their_route_targets_are_the_same(frr: Tables, eos: Tables) -> None:
    expected = {name: (row.columns["vni"], row.columns["route_target"]) for name, row in frr["bgp_vrf"].items()}
    vnis = {name: row.columns[VALUE] for name, row in eos[evpn.VRF_VNI].items()}
    targets = {" ".join(name.split()[:2]): row.columns[VALUE] for name, row in eos[evpn.BGP_VRF_TARGETS].items()}
    assert {name: (vnis[name], targets[name]) for name in vnis} == expected
    assert len(expected) == 2


def test_gateways_have_one_address_and_one_mac_address_everywhere(frr: Tables, eos: Tables) -> None:
    assert {row.columns[VALUE] for row in eos[evpn.VIRTUAL_MAC].values()} == {ANYCAST_MAC}
    bridges = {row.within.name for row in frr["bridge.addresses"].values() if row.within}
    assert {frr["bridge"][name].columns["mac"] for name in bridges} == {ANYCAST_MAC}
    on_frr = sorted((row.key.name.split()[0], row.columns[VALUE]) for row in frr["bridge.addresses"].values())
    assert sorted((row.key.name.split()[0], row.columns[VALUE]) for row in eos[evpn.VIRTUAL].values()) == on_frr


def test_a_static_route_is_at_the_leaves_that_reach_its_next_hop(frr: Tables, eos: Tables) -> None:
    assert set(eos[VRF_ROUTES]) == set(frr["vrf.routes"])
    assert {name.split()[0] for name in frr["vrf.routes"]} == {"leaf2"}


def test_a_leaf_holds_the_same_whichever_make_its_neighbour_is(frr: Tables, eos: Tables) -> None:
    estate = town("frr", {"leaf2": "eos"}).estate()
    keeps = keeps_unbound(rules_of)
    found = _faults(estate)
    assert not found
    for target, rules, leaf, alone in (("lab", FRR, "leaf1", frr), ("eos", EOS.rules, "leaf2", eos)):
        rows = _by_table(wanted(rules, share(estate, target, keeps)).values())
        expected = {table: {name: row for name, row in rows.items() if name.split()[0] == leaf}
                    for table, rows in alone.items()}  # fmt: skip
        assert _said(rows) == _said({table: rows for table, rows in expected.items() if rows})


def _faults(estate: Estate) -> list[str]:
    proposal = propose_records(list(estate.records()), (), EMPTY)
    return [str(fault) for fault in faults_of(proposal, EMPTY.replace(proposal.changes), rules_of)]


def _said(tables: Tables) -> dict[str, dict[str, object]]:
    return {table: {name: (row.columns, row.within) for name, row in rows.items()} for table, rows in tables.items()}


def test_route_distinguishers_are_one_for_each_leaf_and_vlan(eos: Tables) -> None:
    found = [row.columns[VALUE] for table in (evpn.MAC_VRF_RD, evpn.BGP_VRF_RD) for row in eos[table].values()]
    assert len(set(found)) == len(found) == 7


def test_leaves_of_all_makes_say_the_same_of_every_network_and_vrf() -> None:
    rows = {make.rules.name: wanted(make.rules, town(make.rules.name).estate()) for make in (EOS, NXOS, JUNOS)}
    of_eos, *others = map(evpn_said, rows.values())
    assert others == [of_eos, of_eos]
    assert (len(of_eos.networks), len(of_eos.vrfs)) == (5, 2)
    gateways = [
        {(row.key.name.replace(" irb.", " Vlan"), row.columns[VALUE]) for row in each.values()
         if row.key.table in (evpn.VIRTUAL, ADDRESS)}
        for each in rows.values()
    ]  # fmt: skip
    assert gateways[0] == gateways[1] == gateways[2] != set()
    assert {row.columns[VALUE] for each in rows.values() for row in each.values()
            if row.key.table in (evpn.VIRTUAL_MAC, MAC)} == {ANYCAST_MAC}  # fmt: skip
    assert len({frozenset(_by_table(each.values())[VRF_ROUTES]) for each in rows.values()}) == 1


@pytest.mark.parametrize("kind", [Network, Router])
def test_what_is_down_is_neither_carried_nor_routed(kind: type[Network] | type[Router]) -> None:
    world = town("eos")
    world.add(replace(world.every(kind)[0], admin_state_up=False))
    found = _by_table(wanted(EOS.rules, world.estate()).values())
    routed = {name.split()[1] for name in found.get(evpn.VIRTUAL, ())}
    assert "Vlan2001" not in routed
    assert set(found.get(evpn.VLAN_STATE, ())) == ({"leaf1 2001", "leaf2 2001"} if kind is Network else set())
