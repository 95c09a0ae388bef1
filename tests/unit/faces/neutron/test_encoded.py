"""Long lists: what is kept of records is shown as they are now, and goes when they are gone."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from cpal.core.driver import PortStatus
from cpal.engine.store import Age
from cpal.faces.identity.context import Context
from cpal.faces.neutron.encoded import SPARE, Encoded
from cpal.faces.neutron.permission import Judge
from cpal.faces.neutron.policy import Policy
from cpal.faces.neutron.ports import PORTS
from cpal.faces.neutron.scene import Scene
from cpal.model.estate import Change, Estate
from cpal.model.network import Port
from cpal.model.record import Key
from tests.support.world import World

POLICY = Policy()
ADMIN = Context(user_id="admin", roles=("admin",))


def listed(encoded: Encoded, estate: Estate) -> list[str]:
    """The names of the ports that a list shows."""
    scene = Scene(estate, ADMIN, POLICY)
    return sorted(
        json.loads(bytes(raw))["name"] for raw in encoded.bodies(scene, estate.all(Port), Judge(scene, PORTS))
    )


def test_a_list_shows_what_a_port_has_to_do_with_others_as_it_is_now() -> None:
    world = World()
    red = world.project("red")
    network = world.network(red, "web", "10.0.0.0/16")
    outer, inner = (world.port(red, name, network) for name in ("outer", "inner"))
    encoded, before = Encoded(PORTS), world.estate()

    def roles(estate: Estate) -> list[str]:
        scene = Scene(estate, ADMIN, POLICY)
        shown = encoded.bodies(scene, estate.all(Port), Judge(scene, PORTS))
        return sorted(json.loads(bytes(raw))["device_owner"] for raw in shown)

    assert roles(before) == ["", ""]
    world.trunk(red, "carrier", outer, {7: inner})
    assert roles(world.estate()) == ["", "trunk:subport"]
    assert roles(before) == ["", ""]


def test_a_list_shows_each_port_as_it_is_now_and_keeps_none_that_is_gone() -> None:
    world = World()
    red = world.project("red")
    network = world.network(red, "web", "10.0.0.0/16")
    ports = [world.port(red, f"p{number}", network, f"10.0.1.{number}") for number in range(1, SPARE + 50)]
    estate, encoded = world.estate(), Encoded(PORTS)
    assert listed(encoded, estate) == sorted(port.name for port in ports)
    renamed = replace(ports[0], name="renamed")
    estate = estate.replace([Change(ports[0], renamed)])
    assert "renamed" in listed(encoded, estate)
    estate = estate.replace([Change(port, None) for port in ports[1:]])
    assert listed(encoded, estate) == ["renamed"]
    assert [len(kept) for kept in encoded._bodies.values()] == [1]


CALLERS = (ADMIN, *(Context(user_id=name, project_id=name, roles=("member",)) for name in ("red", "blue")))
STEPS = st.tuples(st.sampled_from(("rename", "age", "status", "delete")), st.integers(0, 5), st.sampled_from(CALLERS))


@settings(max_examples=50, deadline=None)
@given(st.lists(STEPS, max_size=12))
def test_a_list_is_what_one_that_remembers_nothing_gives_whoever_asks_whatever_changed(
    steps: list[tuple[str, int, Context]],
) -> None:
    world = World()
    red, blue = world.project("red"), world.project("blue")
    networks = [world.network(each, "web", f"10.{number}.0.0/24") for number, each in enumerate((red, blue))]
    ports = [
        world.port((red, blue)[number % 2], f"p{number}", networks[number % 2], f"10.{number % 2}.0.{number + 5}")
        for number in range(6)
    ]
    estate, encoded = world.estate(), Encoded(PORTS)
    ages: dict[Key, Age] = {port.key: Age(1.0, 1.0, 1) for port in ports}
    statuses: dict[str, PortStatus] = {}
    for number, (step, which, asks) in enumerate(steps):
        before = estate.get(Port, ports[which].id)
        if before is not None:
            if step == "rename":
                estate = estate.replace([Change(before, replace(before, name=f"renamed-{number}"))])
            elif step == "delete":
                estate = estate.replace([Change(before, None)])
            elif step == "age":
                ages[before.key] = Age(1.0, float(number), number)
            else:
                statuses[before.id] = PortStatus(("ACTIVE", "DOWN")[number % 2], "h1")
        context = replace(asks, project_id={"red": red.id, "blue": blue.id}.get(asks.project_id, ""))
        scene = Scene(estate, context, POLICY, ages, statuses)
        lists = [
            sorted(map(bytes, each.bodies(scene, estate.all(Port), Judge(scene, PORTS))))
            for each in (encoded, Encoded(PORTS))
        ]
        assert lists[0] == lists[1]


def test_a_list_shows_what_a_ports_network_says_as_it_is_now() -> None:
    world = World()
    red = world.project("red")
    network, policy = world.network(red, "web", "10.0.1.0/24"), world.qos_policy(red, "gold")
    world.port(red, "p", network)
    estate, encoded = world.estate(), Encoded(PORTS)

    def shown() -> object:
        scene = Scene(estate, ADMIN, POLICY)
        (raw,) = encoded.bodies(scene, estate.all(Port), Judge(scene, PORTS))
        return json.loads(bytes(raw))["qos_network_policy_id"]

    assert shown() is None
    estate = estate.replace([Change(network, replace(network, qos_policy_id=policy.id))])
    assert shown() == policy.id
