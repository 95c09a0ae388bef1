"""Prefixes of interfaces of one device that overlap are refused for the makes that refuse them."""

from __future__ import annotations

from typing import Any

import pytest

from cpal.engine.targets import driver
from cpal.model.switch import Interface
from cpal.model.target import Target
from tests.support.world import World

CASES: list[tuple[dict[str, Any], str]] = [
    ({"addresses": ("10.0.0.9/24",)}, "10.0.0.0/24 overlaps with that of Ethernet1"),
    ({"addresses": ("10.0.0.129/25",)}, "10.0.0.128/25 overlaps with that of Ethernet1"),
    ({"addresses": ("10.0.0.9/32",)}, "10.0.0.9/32 overlaps with that of Ethernet1"),
    ({"addresses": ("10.0.1.1/24",)}, ""),
    ({"addresses": ("10.0.0.9/24",), "vrf": "red"}, ""),
    ({"addresses": ("10.0.0.9/24",), "enabled": False}, ""),
    ({"addresses": ("2001:db8::1/64", "nonsense")}, ""),
]


@pytest.mark.parametrize("make", ["nxos", "ios"])
@pytest.mark.parametrize(("fields", "why"), CASES)
def test_the_later_of_two_interfaces_is_told_of_the_other(make: str, fields: dict[str, Any], why: str) -> None:
    world = World("leaf1", driver=make)
    first = Interface(id="a", name="leaf1/Ethernet1", addresses=("10.0.0.1/24",))
    other = Interface(id="b", name="leaf1/Ethernet2", **fields)
    elsewhere = Interface(id="c", name="leaf2/Ethernet9", addresses=("10.0.0.2/24",))
    for interface in (first, other, elsewhere):
        world.add(interface)
    (target,) = (each for each in world.every(Target) if each.driver == make)
    refuse = driver(make).rules.capability.refuse_together["interface"]
    found = [each.why for each in refuse(target, other, world.estate()) if "overlaps" in each.why]
    assert [each.partition(":")[0] for each in found] == ([why] if why else [])
    assert not [each for each in refuse(target, first, world.estate()) if "overlaps" in each.why]
