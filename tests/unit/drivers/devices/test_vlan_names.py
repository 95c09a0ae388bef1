"""What VLANs are called on switches that take 32 characters."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from cpal.core.rows import VALUE
from cpal.drivers.devices.render_switch import VLAN_NAME
from cpal.engine.targets import driver
from cpal.model.router import Router
from cpal.model.switch import ACCESS, TRUNK, Interface, Vlan
from cpal.model.target import Target
from tests.conformance.wanted import wanted
from tests.support.world import World, id_of

MAKES = ("eos", "nxos", "ios")


@pytest.mark.parametrize("make", MAKES)
def test_a_name_that_is_too_long_is_refused_before_the_switch_hears_of_it(make: str) -> None:
    capability = driver(make).rules.capability
    target = Target(id="t", name="t", driver=make, endpoints={"leaf1": f"{make}://leaf1"})
    for name, fields in (("n" * 32, []), ("n" * 33, ["name"])):
        vlan = Vlan(id="v", name=name, vlan_id=10, devices=("leaf1",))
        assert [cannot.field for cannot in capability.refuse["vlan"](target, vlan)] == fields
    assert not list(capability.refuse["vlan"](target, replace(vlan, devices=("elsewhere",))))


@pytest.mark.parametrize(
    ("fields", "refused"),
    [({"vlan_id": 1}, "vlan_id"), ({"vlan_id": 1005}, "vlan_id"), ({"vlan_id": 1006}, None), ({"name": "Süd"}, "name")],
)
def test_ios_keeps_its_own_vlans_and_takes_ascii(fields: dict[str, Any], refused: str | None) -> None:
    target = Target(id="t", name="t", driver="ios", endpoints={"leaf1": "ios://leaf1"})
    vlan = replace(Vlan(id="v", name="users", vlan_id=10, devices=("leaf1",)), **fields)
    found = [cannot.field for cannot in driver("ios").rules.capability.refuse["vlan"](target, vlan)]
    assert found == ([refused] if refused else [])


@pytest.mark.parametrize(("number", "is_refused"), [(3967, False), (3968, True), (4094, True)])
def test_nxos_keeps_vlans_for_itself(number: int, is_refused: bool) -> None:
    world = World("leaf1", driver="nxos")
    red = world.project("red")
    wire = world.network(red, "wire", physical_network="physnet1", segmentation_id=number)
    port = Interface(id="p", name="leaf1/Ethernet1/1", mode=ACCESS, vlan=number, networks=(wire.id,))
    trunk = Interface(id="q", name="leaf1/Ethernet1/2", mode=TRUNK, vlans=(10, number))
    most = Interface(id="r", name="leaf1/Ethernet1/3", mode=TRUNK, vlans=tuple(range(10, 4095)))
    capability = driver("nxos").rules.capability
    target = Target(id="t", name="t", driver="nxos", endpoints={"leaf1": "nxos://leaf1"})
    found = [*capability.refuse["vlan"](target, Vlan(id="v", name="v", vlan_id=number, devices=("leaf1",)))]
    found += capability.refuse_together["interface"](target, port, world.estate())
    for each in (trunk, most):
        found += capability.refuse_together["interface"](target, each, world.estate())
    found += capability.refuse_together["network"](target, replace(wire, fabric_vlan=number), world.estate())
    found += capability.refuse_together["router"](target, Router(id="r", vni=7, fabric_vlan=number), world.estate())
    told = [each.field for each in found if "system vlan reserve" in each.why]
    names = ["vlan_id", "vlan", "networks", "vlans", "fabric_vlan", "fabric_vlan"]
    assert told == (names if is_refused else [])


@pytest.mark.parametrize("make", [*MAKES, "junos"])
def test_networks_with_long_names_keep_apart(make: str) -> None:
    world = World("leaf1", driver=make)
    red = world.project("red")
    names = ["short", "a network of the billing department, east", "a network of the billing department, west"]
    wires = [world.network(red, name, physical_network="physnet1", segmentation_id=7 + n)
             for n, name in enumerate(names)]  # fmt: skip
    for n, wire in enumerate(wires, start=1):
        port = f"leaf1/Ethernet{n}"
        world.add(Interface(id=id_of("interface", port), name=port, mode=ACCESS, networks=(wire.id,)))
    rows = wanted(driver(make).rules, world.estate()).values()
    found = {str(row.columns[VALUE]) for row in rows if row.key.table == VLAN_NAME}
    assert "short" in found
    assert len(found) == len(names)
    assert all(len(name) <= 32 for name in found)
    assert sum(name.startswith("a_network_of_the_billing_") for name in found) == 2
