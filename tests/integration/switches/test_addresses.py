"""Several addresses of interfaces, of both families: the first of IPv4 is the primary one (emulated)."""

from __future__ import annotations

import pytest
import yaml

from tests.integration.switches.rack import Rack
from tests.support.switch_makes import LINES, MAKES

USUAL = """
vrfs: {red: {address_families: [ipv4, ipv6], devices: [leaf1]}}
interfaces:
  leaf1/Ethernet1:
    mode: routed
    addresses: [192.0.2.1/24, 198.51.100.1/25, 192.0.2.9/24, "2001:db8::1/64", "2001:db8:1::1/64"]
  leaf1/Loopback3: {addresses: ["2001:db8:3::a/128"]}
  leaf1/Ethernet2: {mode: routed, vrf: red, addresses: ["2001:db8:2::1/64", 203.0.113.1/24, 203.0.113.2/24]}
"""
FIRST = "[192.0.2.1/24, 198.51.100.1/25, 192.0.2.9/24, "
CHANGES = {
    "two change places": (FIRST, "[198.51.100.1/25, 192.0.2.1/24, 192.0.2.9/24, "),
    "the primary one goes": (FIRST, "[198.51.100.1/25, 192.0.2.9/24, "),
    "another primary one": (FIRST, "[192.0.2.7/24, 198.51.100.1/25, 192.0.2.9/24, "),
    "no secondary one": (FIRST, "[192.0.2.1/24, "),
    "none of IPv4": (FIRST, "["),
    "none of IPv6": (', "2001:db8::1/64", "2001:db8:1::1/64"]', "]"),
    "another of IPv6": ("2001:db8::1/64", "2001:db8::2/64"),
    "another prefix": ("198.51.100.1/25", "198.51.100.1/24"),
    "into a VRF": ("mode: routed\n", "mode: routed\n    vrf: red\n"),
    "out of a VRF": ("mode: routed, vrf: red, ", "mode: routed, "),
    "elsewhere in it": ('vrf: red, addresses: ["2001:db8:2::1/64", 203.0.113.1/24', "addresses: [203.0.113.9/24"),
}
SHOWN = {"ip address 192.0.2.1/24", "ip address 192.0.2.9/24 secondary", "ip address 198.51.100.1/25 secondary",
         "ipv6 address 2001:db8::1/64", "ipv6 address 2001:db8:1::1/64"}  # fmt: skip
SHOWN_BY_IOS = {
    "ip address 192.0.2.1 255.255.255.0", "ip address 192.0.2.9 255.255.255.0 secondary",
    "ip address 198.51.100.1 255.255.255.128 secondary", "ipv6 address 2001:DB8::1/64",
    "ipv6 address 2001:DB8:1::1/64",
}  # fmt: skip
"""Source: the makes' command references, `ip address` and `ipv6 address` of an interface."""


@pytest.mark.parametrize("make", LINES, indirect=True)
def test_addresses_are_there_change_and_go_again(rack: Rack) -> None:
    def look() -> None:
        lines = {line for line in rack.section("leaf1", "interface Ethernet1") if "address" in line}
        assert lines == (SHOWN_BY_IOS if rack.make.driver == "ios" else SHOWN)

    for old, _ in CHANGES.values():
        assert old in USUAL, old
    rack.there_and_back(USUAL, [USUAL.replace(old, new, 1) for old, new in CHANGES.values()], look)


@pytest.mark.parametrize("make", LINES, indirect=True)
def test_addresses_are_taken_over(rack: Rack) -> None:
    rack.settle(USUAL)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CPAL_HOME", str(rack.folder / "another"))
        path = rack.folder / "anew.yaml"
        rack.done("import", "--device", f"leaf1={rack.addresses['leaf1']}", "--output", str(path), "-y")
        assert rack.plan(str(path))["ops"] == []
    _, document = yaml.safe_load_all(path.read_text(encoding="utf-8"))
    addresses = document["interfaces"][rack.make.spoken("leaf1/Ethernet1")]["addresses"]
    assert next(each for each in addresses if ":" not in each) == "192.0.2.1/24"
    assert {*addresses} == {"192.0.2.1/24", "192.0.2.9/24", "198.51.100.1/25", "2001:db8::1/64", "2001:db8:1::1/64"}


@pytest.mark.parametrize("make", LINES, indirect=True)
def test_an_address_of_the_link_alone_is_the_device_s_own(rack: Rack) -> None:
    text = 'interfaces: {leaf1/Ethernet1: {mode: routed, addresses: ["fe80::1/64"]}}'
    title = MAKES[rack.make.driver].title
    assert f"addresses of the link alone are {title}'s own" in rack.refused("apply", "-y", rack.declare(text))
