"""A change of a record that others look up renders those again that take of it what changed, and no others."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from cpal.core.view import Rendering, rendered
from cpal.drivers.ovn.backend import RULES
from cpal.model.estate import EMPTY, Change
from cpal.model.network import Network, Subnet
from cpal.model.record import Record
from tests.support.world import World

PORTS = 5


@pytest.mark.parametrize(
    ("kind", "changed", "count"),
    [
        (Network, {"name": "other"}, 0),
        (Network, {"mtu": 1300}, 0),
        (Network, {"admin_state_up": False}, PORTS),
        (Network, {"dns_domain": "example.org."}, PORTS),
        (Subnet, {"name": "other"}, 0),
        (Subnet, {"dns_nameservers": ("10.0.0.9",)}, 0),
        (Subnet, {"enable_dhcp": False}, PORTS),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else getattr(value, "kind", ""),
)
def test_ports_are_rendered_again_for_what_they_take(kind: type[Record], changed: dict[str, Any], count: int) -> None:
    world = World()
    red = world.project("red")
    web = world.network(red, "web")
    world.subnet(web, "10.0.0.0/24")
    for number in range(PORTS):
        world.port(red, f"vm{number}", web, f"10.0.0.{10 + number}", dns_name=f"vm{number}")
    estate = world.estate()
    rendering = Rendering(RULES.render, RULES.singletons)
    rendering.accept(rendering.propose(estate, EMPTY.changes_to(estate)))
    [before] = estate.all(kind)
    change = Change(before, replace(before, **changed))
    after = estate.replace([change])
    delta = rendering.propose(after, [change])
    assert sum(key.kind == "port" for key in delta.rendered) == count
    rendering.accept(delta)
    assert rendering.rows == rendered(after.records(), RULES.render, RULES.singletons)
