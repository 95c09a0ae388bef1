"""Long lists: what is kept of records is shown as they are now, and goes when they are gone."""

from __future__ import annotations

import json

from msgspec.structs import replace

from cpal.faces.identity.context import Context
from cpal.faces.neutron.encoded import SPARE, Encoded
from cpal.faces.neutron.permission import Judge
from cpal.faces.neutron.policy import Policy
from cpal.faces.neutron.ports import PORTS
from cpal.faces.neutron.scene import Scene
from cpal.model.estate import Change, Estate
from cpal.model.network import Port
from tests.support.world import World

POLICY = Policy()
ADMIN = Context(user_id="admin", roles=("admin",))


def listed(encoded: Encoded, estate: Estate) -> list[str]:
    """The names of the ports that a list shows."""
    scene = Scene(estate, ADMIN, POLICY)
    return sorted(
        json.loads(bytes(raw))["name"] for raw in encoded.bodies(scene, estate.all(Port), Judge(scene, PORTS))
    )


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
