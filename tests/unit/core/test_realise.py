"""Where records are realised when an estate has an OVN and a fabric, and who is asked whether they can be held."""

from __future__ import annotations

from msgspec.structs import replace

from cpal.core.proposal import faults_of, keeps_unbound
from cpal.core.realise import Places, share
from cpal.core.stack import propose_records
from cpal.engine.targets import rules_of
from cpal.model.estate import EMPTY, Change, Estate
from cpal.model.network import Network, Port, Subnet
from cpal.model.record import Record
from cpal.model.router import Router
from cpal.model.switch import Interface
from cpal.model.target import Host, Target
from tests.support.world import World, allow, id_of

BOTH = frozenset({"lab", "fabric"})
KEEPS = keeps_unbound(rules_of)


def campus() -> World:
    """Hypervisors hv1, hv2 of OVN and leaves leaf1, leaf2 of a fabric, all of which lead to physnet1."""
    world = World("hv1", "hv2", physical_networks=("physnet1",))
    endpoints = {name: f"file:/run/{name}" for name in ("leaf1", "leaf2")}
    world.add(Target(id=id_of("target", "fabric"), name="fabric", driver="frr", endpoints=endpoints, encap="vxlan"))
    for number, name in enumerate(endpoints, start=1):
        host = Host(id=id_of("host", name), name=name, target="fabric", underlay_address=f"10.255.1.{number}")
        world.add(replace(host, physical_networks=("physnet1",)))
    return world


def unsecured(world: World, network: Network, name: str, host: str) -> Port:
    """An instance without security on a host, on a network; its port."""
    owner = world.project(network.stack)
    world.instance(owner, name, network, host=host)
    [port] = [port for port in world.every(Port) if port.name.startswith(f"{name}-")]
    return world.add(replace(port, port_security_enabled=False, security_groups=()))


def stretched() -> World:
    """A VLAN with an instance behind a leaf and one on a hypervisor; an overlay network at each, with its router."""
    world = campus()
    red = world.project("red")
    wire = world.network(red, "wire", physical_network="physnet1", segmentation_id=7)
    world.subnet(wire, "10.7.0.0/24", enable_dhcp=False)
    group = world.group(red, "front", allow("ingress", "tcp", 80))
    world.instance(red, "vm1", wire, groups=(group,), host="hv1")
    unsecured(world, wire, "bare1", "leaf1")
    virtual = world.network(red, "virtual", "10.1.0.0/24")
    world.instance(red, "vm2", virtual, groups=(group,), host="hv2")
    racked = world.network(red, "racked", network_type="vxlan")
    world.subnet(racked, "10.2.0.0/24", enable_dhcp=False)
    unsecured(world, racked, "bare2", "leaf2")
    world.router(red, "inner", *world.subnets(virtual))
    world.add(replace(world.router(red, "outer", *world.subnets(racked)), vni=5001))
    return world


def named(estate: Estate, record_type: type[Record], name: str) -> Record:
    """The record of that name."""
    [found] = [each for each in estate.all(record_type) if each.name == name]
    return found


def faults(world: World, *records: Record) -> list[tuple[str, str]]:
    """Which record and field is at fault when records are made beside the world's."""
    estate = world.estate()
    proposal = propose_records(records, (), estate)
    return sorted((fault.key, fault.field) for fault in faults_of(proposal, estate.replace(proposal.changes), rules_of))


def all_faults(world: World) -> list[str]:
    """What is wrong with a world that is new."""
    changes = [Change(None, record) for record in world.records.values()]
    estate = EMPTY.replace(changes)
    return [
        str(fault) for fault in faults_of(propose_records(list(world.records.values()), (), EMPTY), estate, rules_of)
    ]


def test_each_is_where_its_hosts_are() -> None:
    estate = stretched().estate()
    places = Places(estate, KEEPS)
    found = {record.name: places.of(record) for kind in (Network, Router) for record in estate.all(kind)}
    assert found == {
        "wire": BOTH, "virtual": {"lab"}, "racked": {"fabric"}, "inner": {"lab"}, "outer": {"fabric"},
    }  # fmt: skip
    ports = {port.name.partition("-")[0]: places.of(port) for port in estate.all(Port) if port.host_id}
    assert ports == {"vm1": {"lab"}, "bare1": {"fabric"}, "vm2": {"lab"}, "bare2": {"fabric"}}


def test_nobody_refuses_what_the_other_holds() -> None:
    assert all_faults(stretched()) == []


def test_what_a_subnet_tells_its_machines_is_asked_of_those_who_have_some() -> None:
    world = stretched()
    estate = world.estate()
    wire = next(subnet for subnet in world.every(Subnet) if subnet.cidr == "10.7.0.0/24")
    assert faults(world, replace(wire, enable_dhcp=True)) == [("subnet red/wire 10.7.0.0/24", "enable_dhcp")]
    bare = named(estate, Port, "bare1-wire")
    assert isinstance(bare, Port)
    alone = campus()
    for record in world.records.values():
        alone.add(record)
    del alone.records[bare.key]
    assert faults(alone, replace(wire, enable_dhcp=True)) == []


def test_a_port_is_asked_of_its_host_alone() -> None:
    world = stretched()
    estate = world.estate()
    vm, bare = named(estate, Port, "vm1-wire"), named(estate, Port, "bare1-wire")
    assert isinstance(vm, Port)
    assert isinstance(bare, Port)
    assert faults(
        world,
        replace(
            vm,
            id=bare.id,
            name=bare.name,
            fixed_ips=bare.fixed_ips,
            mac_address=bare.mac_address,
            device_id=bare.device_id,
            host_id=bare.host_id,
        ),
    ) == [("port red/bare1-wire", "security_groups")]
    assert faults(world, replace(vm, port_security_enabled=True)) == []


def test_tunnels_of_two_targets_do_not_meet_and_a_router_is_at_one() -> None:
    world = stretched()
    estate = world.estate()
    virtual, racked = named(estate, Network, "virtual"), named(estate, Network, "racked")
    bare = named(estate, Port, "bare1-wire")
    assert isinstance(bare, Port)
    there = replace(bare, network_id=virtual.id, fixed_ips=())
    assert ('network "virtual"', "network_type") in faults(world, there)
    inner = next(router for router in world.every(Router) if router.name == "inner")
    leg = next(port for port in world.every(Port) if port.device_id == inner.id)
    second = replace(
        leg, id=id_of("leg"), name="leg", network_id=racked.id, mac_address="02:00:00:00:00:09", fixed_ips=()
    )
    assert ('router "inner"', "id") in faults(world, second)


def test_shares_hold_what_is_realised_and_what_is_everybodys() -> None:
    estate = stretched().estate()
    for target, other in (("lab", "fabric"), ("fabric", "lab")):
        mine = share(estate, target, KEEPS)
        places = Places(estate, KEEPS)
        assert {record.key for record in mine.records()} == {
            record.key for record in estate.records() if target in places.of(record)
        }
        assert named(mine, Network, "wire")
        assert [each.name for each in mine.all(Target)] == [target]
        assert other not in {host.target for host in mine.all(Host)}


def test_one_target_has_all() -> None:
    estate = World("hv1").estate()
    assert share(estate, "lab", KEEPS) is estate


def test_a_vlan_is_also_at_a_switch_that_has_it_on_an_interface() -> None:
    world = campus()
    red = world.project("red")
    endpoints = {"sw1": "eos://admin@sw1", "sw2": "eos://admin@sw2"}
    world.add(Target(id=id_of("target", "rack"), name="rack", driver="eos", endpoints=endpoints))
    wire = world.network(red, "wire", physical_network="physnet1", segmentation_id=7)
    plain = world.network(red, "plain", physical_network="physnet1", segmentation_id=8)
    port = Interface(id=id_of("interface", "one"), name="sw2/Ethernet2", project_id=red.id, mode="access")
    world.add(replace(port, networks=(wire.id,)))
    assert all_faults(world) == []
    estate = world.estate()
    places = Places(estate, KEEPS)
    assert [places.of(network) for network in (wire, plain)] == [BOTH | {"rack"}, BOTH]
    assert [each.name for each in share(estate, "rack", KEEPS).all(Network)] == ["wire"]
    assert sorted(each.name for each in share(estate, "lab", KEEPS).all(Network)) == ["plain", "wire"]


def test_leaves_of_several_makes_are_one_fabric_for_networks_and_routers_alike() -> None:
    world = stretched()
    target = Target(id=id_of("target", "rack"), name="rack", driver="eos", endpoints={"leaf3": "eos://admin@leaf3"})
    world.add(target)
    world.add(Host(id=id_of("host", "leaf3"), name="leaf3", target="rack", underlay_address="10.255.1.3"))
    virtual, racked = (
        world.add(replace(network, fabric_vlan=vlan))
        for vlan, network in enumerate(world.every(Network), start=2000)
        if network.name in ("virtual", "racked")
    )
    port = Interface(id=id_of("interface", "one"), name="leaf3/Ethernet1", mode="access", networks=(racked.id,))
    world.add(port)
    assert all_faults(world) == []
    places = Places(world.estate(), KEEPS)
    outer, inner = (named(world.estate(), Router, name) for name in ("outer", "inner"))
    legs = [each for each in world.every(Port) if each.device_id == outer.id]
    assert {places.of(record) for record in (racked, outer, *legs)} == {frozenset({"fabric", "rack"})}
    assert places.of(inner) == {"lab"}
    world.add(replace(port, networks=(virtual.id,)))
    assert any("whose tunnels do not meet" in fault for fault in all_faults(world))
