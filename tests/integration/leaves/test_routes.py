"""Static routes declared on leaves that run FRR, beside those of others: in the kernel, changed, taken back."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from cpal.core.driver import Seen
from cpal.core.rows import Action, Op, Row
from cpal.drivers.devices.frr.backend import FrrBackend
from cpal.drivers.devices.render_device import ROUTES
from cpal.drivers.devices.render_switch import key_of
from cpal.model.record import Key
from cpal.model.target import Target
from tests.integration.leaves.bench import Leaves

BY_HAND = (
    "ip route 198.51.100.0/24 10.255.1.2 200", "ip route 203.0.113.0/24 blackhole", "ipv6 route 2001:db8:9::/48 lo",
    "vrf blue", "ip route 198.51.100.0/24 192.0.2.9", "ip route 198.51.101.0/24 192.0.2.9 tag 7",
)  # fmt: skip
USUAL = """
routes:
  way out: {destination: 10.20.0.0/16, nexthop: 10.255.1.2, devices: [leaf1]}
  six: {destination: "2001:db8:7::/48", nexthop: "2001:db8::9", devices: [leaf1, leaf2]}
  tagged: {destination: 10.23.0.0/16, nexthop: 10.255.1.2, preference: 200, tag: 7, devices: [leaf1]}
  in blue: {destination: 10.21.0.0/16, nexthop: 192.0.2.9, vrf: blue, devices: [leaf1]}
  six in blue: {destination: "2001:db8:7::/48", nexthop: "2001:db8::9", vrf: blue, devices: [leaf1]}
"""
CHANGES = (
    USUAL.replace("preference: 200", "preference: 210").replace("vrf: blue, devices", "vrf: blue, tag: 9, devices"),
    USUAL.replace("10.255.1.2, devices", "10.255.0.1, devices"),
    USUAL.replace("10.21.0.0/16", "10.21.0.0/17").replace("[leaf1, leaf2]", "[leaf2]"),
    USUAL.replace("vrf: blue, ", "").replace(
        'in blue: {destination: "2001:db8:7', 'in blue: {destination: "2001:db8:8'
    ),
)
APPLIED = {
    "ip route 10.20.0.0/16 10.255.1.2", "ip route 10.23.0.0/16 10.255.1.2 tag 7 200",
    "ipv6 route 2001:db8:7::/48 2001:db8::9",
    " ip route 10.21.0.0/16 192.0.2.9", " ipv6 route 2001:db8:7::/48 2001:db8::9",
}  # fmt: skip
"""What leaf1 shows more. Source: FRR user manual, "STATIC", `ip route`, `vrf`."""


@pytest.fixture
def others(leaves: Leaves) -> Iterator[Leaves]:
    """Leaves of which one has a VRF and routes that somebody else configured."""
    leaves.with_vrf("leaf1", "blue")
    leaves.type("leaf1", *BY_HAND)
    yield leaves
    leaves.type("leaf1", *(f"no {line}" for line in BY_HAND[:3]), BY_HAND[3], *(f"no {line}" for line in BY_HAND[4:]))
    leaves.without_vrf("leaf1", "blue")


def test_routes_come_change_and_go_beside_those_of_others(others: Leaves) -> None:
    before = others.shown("leaf1").splitlines()

    def look() -> None:
        shown = others.shown("leaf1").splitlines()
        assert set(shown) - set(before) == APPLIED
        assert set(before) <= set(shown)
        [route] = others.asked("leaf1", "show ip route 10.20.0.0/16")["10.20.0.0/16"]
        assert (route["protocol"], route["installed"]) == ("static", True)
        [route] = others.asked("leaf1", "show ip route 10.23.0.0/16")["10.23.0.0/16"]
        assert (route["distance"], route["tag"]) == (200, 7)

    others.there_and_back(USUAL, CHANGES, look)


def test_what_others_said_of_a_route_is_not_taken_away_by_a_plain_one(others: Leaves) -> None:
    text = "routes: {theirs: {destination: 198.51.100.0/24, nexthop: 10.255.1.2, devices: [leaf1]}}"
    why = others.refused("apply", "-y", others.declare(text))
    assert "route leaf1 198.51.100.0/24 10.255.1.2: it exists at the target and is not cpal's" in why


def test_a_name_of_a_route_is_refused(leaves: Leaves) -> None:
    text = "routes: {named: {destination: 10.20.0.0/16, nexthop: 10.255.1.2, label: out, devices: [leaf1]}}"
    assert "FRR has no names of static routes" in leaves.refused("apply", "-y", leaves.declare(text))


def test_a_route_of_others_is_refused_until_it_is_taken_over(others: Leaves) -> None:
    text = "routes: {theirs: {destination: 198.51.100.0/24, nexthop: 192.0.2.9, vrf: blue, devices: [leaf1]}}"
    assert "configured there without cpal" in others.refused("apply", "-y", others.declare(text))


def test_a_route_in_a_vrf_that_there_is_not_is_refused(leaves: Leaves) -> None:
    text = "routes: {lost: {destination: 10.21.0.0/16, nexthop: 192.0.2.9, vrf: green, devices: [leaf1]}}"
    assert "the device has no VRF 'green'" in leaves.refused("apply", "-y", leaves.declare(text))


def test_a_change_that_nobody_confirms_goes_back_by_itself(leaves: Leaves) -> None:
    usual = leaves.declare("routes: {out: {destination: 10.20.0.0/16, nexthop: 10.255.1.2, devices: [leaf1]}}")
    leaves.done("apply", "-y", usual)
    before = leaves.all_shown()
    asyncio.run(_changed_and_left(leaves))
    assert "ip route 10.22.0.0/16 10.255.1.2" in leaves.shown("leaf1")
    leaves.until(lambda: leaves.all_shown() == before)
    assert leaves.plan(usual)["ops"] == []
    leaves.settle("")


async def _changed_and_left(leaves: Leaves) -> None:
    """Change a route at a leaf, and go away before that is confirmed."""
    endpoints = {"leaf1": f"file:{leaves.addresses['leaf1']}"}
    target = Target(id="site", name="site", driver="frr", endpoints=endpoints)
    owner = next(iter((leaves.lab.directory / "leaf1" / "cpal").glob("startup-*.json"))).stem.partition("-")[2]
    backend = await FrrBackend.connect(target, owner)
    seen: Seen = await backend.observe({})
    [held] = [row for key, row in seen.rows.items() if key.table == ROUTES]
    other = Row(key_of(ROUTES, "leaf1", "10.22.0.0/16", "10.255.1.2"), {"value": "10.255.1.2"}, (Key("route", "x"),))
    await backend.prepare([Op(Action.CREATE, None, other), Op(Action.DELETE, held, None)], seen, 9)
    await backend.commit_confirmed(["leaf1"], 2.0)


def test_what_somebody_took_away_is_drift_and_comes_back(leaves: Leaves) -> None:
    path = leaves.declare(USUAL.replace("vrf: blue, ", "").replace("six in blue", "# "))
    leaves.done("apply", "-y", path)
    leaves.type("leaf1", "no ip route 10.20.0.0/16 10.255.1.2")
    assert [op["action"] for op in leaves.plan(path)["ops"]] == ["create"]
    leaves.settle("")
