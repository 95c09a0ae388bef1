"""Static routes, time and log servers declared on IOS, in VRFs that others made: applied, taken over (emulated)."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from tests.integration.switches.rack import LEAVES, Rack
from tests.support.switch_makes import MAKES, SwitchMake

BY_HAND = (
    "vrf definition red", "rd 65000:1", "address-family ipv4", "exit", "address-family ipv6", "exit", "exit",
    "ntp server 192.0.2.9", "ntp server vrf red 192.0.2.9 prefer", "ntp server 2001:db8::9",
    "logging 192.0.2.8", "logging host 192.0.2.8 transport udp port 5140", "logging host ipv6 2001:db8::8 vrf red",
    "ip route vrf red 198.51.100.0 255.255.255.0 10.0.0.8 1",
    "ip route 198.51.100.0 255.255.255.0 10.0.0.8 200 name old",
    "ip route 203.0.113.0 255.255.255.0 null0", "ipv6 route 2001:db8:9::/48 2001:db8::9",
)  # fmt: skip
USUAL = """
ntp_servers:
  clock: {address: 192.0.2.1, devices: [leaf1, leaf2]}
  six: {address: "2001:db8::1", devices: [leaf1]}
  clock of red: {address: 192.0.2.1, vrf: red, devices: [leaf1]}
syslog_servers:
  log: {address: 192.0.2.3, devices: [leaf1]}
  log of six: {address: "2001:db8::3", devices: [leaf1]}
  log of red: {address: 192.0.2.3, vrf: red, devices: [leaf1]}
routes:
  way out: {destination: 0.0.0.0/0, nexthop: 10.0.0.9, devices: [leaf1, leaf2]}
  six: {destination: "2001:db8::/32", nexthop: "2001:db8:1::9", devices: [leaf1]}
  in red: {destination: 192.0.2.0/24, nexthop: 10.0.1.9, vrf: red, devices: [leaf1]}
  six in red: {destination: "2001:db8::/32", nexthop: "2001:db8:1::9", vrf: red, devices: [leaf1]}
"""
CHANGES = (
    USUAL.replace("192.0.2.1, devices", "192.0.2.7, devices"),
    USUAL.replace("192.0.2.3, vrf: red", "192.0.2.5").replace("nexthop: 10.0.0.9", "nexthop: 10.0.0.7"),
    USUAL.replace("192.0.2.0/24", "192.0.2.0/25").replace('"2001:db8::3"', "192.0.2.4"),
    USUAL.replace("192.0.2.1, vrf: red", "192.0.2.1").replace(
        "192.0.2.1, devices: [leaf1]", "192.0.2.8, devices: [leaf1]"
    ),
)
APPLIED = {
    "ntp server 192.0.2.1", "ntp server 2001:DB8::1", "ntp server vrf red 192.0.2.1",
    "logging host 192.0.2.3", "logging host ipv6 2001:DB8::3", "logging host 192.0.2.3 vrf red",
    "ip route 0.0.0.0 0.0.0.0 10.0.0.9", "ip route vrf red 192.0.2.0 255.255.255.0 10.0.1.9",
    "ipv6 route 2001:DB8::/32 2001:DB8:1::9", "ipv6 route vrf red 2001:DB8::/32 2001:DB8:1::9",
}  # fmt: skip
"""What leaf1 shows more. Source: Cisco IOS command references, `ntp server`, `logging host`, `ip` and `ipv6 route`."""


@pytest.fixture(scope="module", params=["ios"])
def make(request: pytest.FixtureRequest) -> SwitchMake:
    """The make whose VRFs are others'."""
    return MAKES[request.param]


def test_what_is_declared_is_there_and_goes_again(rack: Rack) -> None:
    for name in LEAVES:
        rack.type(name, *BY_HAND)
    before = rack.shown("leaf1").splitlines()

    def look() -> None:
        shown = rack.shown("leaf1").splitlines()
        assert set(shown) - set(before) == APPLIED
        assert set(before) <= set(shown)

    rack.there_and_back(USUAL, CHANGES, look)


def test_what_somebody_configured_is_taken_over_and_goes_by_the_document(rack: Rack) -> None:
    for name in LEAVES:
        rack.type(name, *BY_HAND)
    before = rack.all_shown()
    path = rack.folder / "taken.yaml"
    named = (word for name in LEAVES for word in ("--device", f"{name}={rack.addresses[name]}"))
    rack.done("import", *named, "--output", str(path), "-y")
    assert rack.all_shown() == before
    target, document = yaml.safe_load_all(path.read_text(encoding="utf-8"))
    on: dict[str, Any] = {"devices": list(LEAVES)}
    assert document["ntp_servers"] == {each: {"address": each, **on} for each in ("192.0.2.9", "2001:db8::9")}
    assert document["syslog_servers"] == {
        "192.0.2.8": {"address": "192.0.2.8", **on},
        "red 2001:db8::8": {"address": "2001:db8::8", "vrf": "red", **on},
    }
    assert document["routes"] == {
        "2001:db8:9::/48 2001:db8::9": {"destination": "2001:db8:9::/48", "nexthop": "2001:db8::9", **on},
        "red 198.51.100.0/24 10.0.0.8": {
            "destination": "198.51.100.0/24", "nexthop": "10.0.0.8", "vrf": "red", **on,
        },
        "198.51.100.0/24 10.0.0.8": {
            "destination": "198.51.100.0/24", "nexthop": "10.0.0.8", "preference": 200, "label": "old", **on,
        },
    }  # fmt: skip
    assert rack.plan(str(path))["ops"] == []
    for kind in ("ntp_servers", "syslog_servers", "routes"):
        del document[kind]
    path.write_text(yaml.safe_dump_all([target, document]), encoding="utf-8")
    rack.done("apply", "-y", str(path))
    for name in LEAVES:
        assert set(before[name].splitlines()) - set(rack.shown(name).splitlines()) == {
            "ntp server 192.0.2.9", "ntp server 2001:DB8::9", "logging host 192.0.2.8",
            "logging host ipv6 2001:DB8::8 vrf red", "ip route vrf red 198.51.100.0 255.255.255.0 10.0.0.8",
            "ipv6 route 2001:DB8:9::/48 2001:DB8::9", "ip route 198.51.100.0 255.255.255.0 10.0.0.8 200 name old",
        }  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "ntp_servers: {a: {address: 192.0.2.1, vrf: blue, devices: [leaf1]}}",
        "syslog_servers: {a: {address: 192.0.2.1, vrf: blue, devices: [leaf1]}}",
        "routes: {a: {destination: 10.0.0.0/8, nexthop: 10.0.0.1, vrf: blue, devices: [leaf1]}}",
    ],
)
def test_a_vrf_that_there_is_not_is_refused_before_anything_is_touched(rack: Rack, text: str) -> None:
    assert "the switch has no VRF 'blue'" in rack.refused("apply", "-y", rack.declare(text))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("routes: {a: {destination: 198.51.100.0/24, nexthop: 10.0.0.8, devices: [leaf1]}}",
         "route leaf1 198.51.100.0/24 10.0.0.8: it exists at the target and is not cpal's"),
        ("ntp_servers: {a: {address: 192.0.2.9, vrf: red, devices: [leaf1]}}",
         "others configured `ntp server vrf red 192.0.2.9 prefer` there"),
    ],
)  # fmt: skip
def test_what_others_say_more_of_is_not_overwritten(rack: Rack, text: str, why: str) -> None:
    rack.type("leaf1", *BY_HAND)
    assert why in rack.refused("apply", "-y", rack.declare(text))


def test_what_somebody_added_to_a_line_of_cpal_goes_again(rack: Rack) -> None:
    rack.type("leaf1", *BY_HAND)
    rack.type("leaf2", *BY_HAND)
    rack.settle(USUAL)
    applied = rack.all_shown()
    rack.type("leaf1", "ip route 0.0.0.0 0.0.0.0 10.0.0.9 200", "ntp server 192.0.2.1 prefer", "no logging 192.0.2.3")
    rack.settle(USUAL)
    assert rack.all_shown() == applied
