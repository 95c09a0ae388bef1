"""VRFs and interfaces declared on leaves that run FRR, beside those of others: in the kernel, changed, taken back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.leaves.bench import Leaves

USUAL = """
vrfs:
  blue: {address_families: [ipv4, ipv6], devices: [leaf1]}
interfaces:
  leaf1/swp1:
    description: to the firewall, port 7
    vrf: blue
    mtu: 9000
    addresses: [192.0.2.1/30, "2001:db8:1::1/64"]
  leaf1/swp2: {description: to the old core, addresses: [198.51.100.1/24], enabled: true}
  leaf1/swp8: {description: no cable yet, addresses: [203.0.113.1/24]}
  leaf2/swp1: {enabled: false}
"""
CHANGES = (
    USUAL.replace("192.0.2.1/30", "192.0.2.5/30").replace("to the firewall, port 7", "to the firewall"),
    USUAL.replace("    vrf: blue\n", ""),
    USUAL.replace("    mtu: 9000\n", "")
    .replace("description: to the old core, ", "")
    .replace(', "2001:db8:1::1/64"', ""),
)
LINKS = """
for name in swp1 swp2; do
  ip link add $name type veth peer name ${name}x
  ip link set ${name}x up
done
ip link set swp2 up
vtysh -c 'configure terminal' -c 'interface swp2' -c 'ip address 10.99.0.1/24'
"""
"""Two interfaces with somebody at the other end, one with an address of others."""
STATE = """
ip -j address show
for name in $(ls /run/netns); do echo $name; ip -n $name -j address show; done
"""


@pytest.fixture
def wired(leaves: Leaves) -> Iterator[Leaves]:
    """Leaves with interfaces that nobody declared."""
    for name in ("leaf1", "leaf2"):
        leaves.shell(name, LINKS)
    yield leaves
    for name in ("leaf1", "leaf2"):
        leaves.type(name, "interface swp2", "no ip address 10.99.0.1/24")
        leaves.shell(name, "ip link delete swp1; ip link delete swp2")


def links(leaves: Leaves, name: str) -> dict[str, Any]:
    """What the kernel says of each interface by its namespace and name: whether it is up, its MTU, its addresses."""
    found = {}
    lines = iter(["", *leaves.shell(name, STATE).splitlines()])
    for space in lines:
        for link in json.loads(next(lines)):
            addresses = sorted(f"{each['local']}/{each['prefixlen']}" for each in link.get("addr_info", ())
                               if each["scope"] == "global")  # fmt: skip
            found[f"{space} {link['ifname']}".strip()] = ("UP" in link["flags"], link["mtu"], addresses)
    return found


def test_vrfs_and_interfaces_come_change_and_go_beside_those_of_others(wired: Leaves) -> None:
    before = {name: links(wired, name) for name in ("leaf1", "leaf2")}

    def look() -> None:
        seen = links(wired, "leaf1")
        assert seen["blue swp1"] == (True, 9000, ["192.0.2.1/30", "2001:db8:1::1/64"])
        assert seen["swp2"] == (True, 1500, ["10.99.0.1/24", "198.51.100.1/24"])
        assert "swp1" not in seen
        assert links(wired, "leaf2")["swp1"][0] is False
        shown = wired.asked("leaf1", "show interface swp1 vrf blue")["swp1"]
        assert (shown["description"], shown["administrativeStatus"]) == ("to the firewall, port 7", "up")
        assert " description no cable yet" in wired.shown("leaf1").splitlines()

    wired.there_and_back(USUAL, CHANGES, look)
    assert {name: links(wired, name) for name in ("leaf1", "leaf2")} == before


def test_an_interface_goes_down_and_up_again(wired: Leaves) -> None:
    wired.settle(USUAL)
    before = [links(wired, name) for name in ("leaf1", "leaf2")]
    wired.settle(USUAL.replace("{enabled: false}", "{enabled: true}").replace("enabled: true}", "enabled: false}", 1))
    assert links(wired, "leaf1")["swp2"][0] is False
    assert links(wired, "leaf2")["swp1"][0] is True
    wired.settle(USUAL)
    assert [links(wired, name) for name in ("leaf1", "leaf2")] == before
    wired.settle("")


def test_an_interface_that_comes_later_is_as_it_was_declared(wired: Leaves) -> None:
    wired.settle(USUAL)
    wired.shell("leaf1", "ip link add swp8 type veth peer name swp8x; ip link set swp8x up")
    wired.until(lambda: links(wired, "leaf1")["swp8"] == (True, 1500, ["203.0.113.1/24"]))
    assert wired.plan(wired.declare(USUAL))["ops"] == []
    wired.settle("")
    assert links(wired, "leaf1")["swp8"][2] == []
    wired.shell("leaf1", "ip link delete swp8")


def test_what_somebody_changed_is_drift_and_comes_back(wired: Leaves) -> None:
    wired.settle(USUAL)
    before = links(wired, "leaf1")
    wired.shell("leaf1", "ip -n blue link set swp1 netns $$; ip link set swp2 down")
    wired.type("leaf1", "interface swp2", "description theirs", "no ip address 198.51.100.1/24")
    tables = {op["table"] for op in wired.plan(wired.declare(USUAL))["ops"]}
    assert tables == {"port", "interface.description", "interface.addresses"}
    wired.settle(USUAL)
    assert links(wired, "leaf1") == before
    wired.settle("")


REFUSED = (
    ("vrfs: {blue: {devices: [leaf1]}}", "routes IPv4 and IPv6 alike"),
    ("vrfs: {layer2: {address_families: [ipv4, ipv6], devices: [leaf1]}}", "has a name of up to 15 letters"),
    ("vrfs: {a;b: {address_families: [ipv4, ipv6], devices: [leaf1]}}", "has a name of up to 15 letters"),
    ("interfaces: {leaf1/a$b: {enabled: true}}", "has a name of up to 15 letters"),
    ("interfaces: {leaf1/swp1: {mode: access}}", "in the bridge of one network"),
    ("interfaces: {leaf1/swp1: {vrf: green, enabled: true}}", "the device has no VRF 'green'"),
)


@pytest.mark.parametrize(("text", "why"), REFUSED, ids=[why[:20] for _, why in REFUSED])
def test_what_is_not_held_is_refused_before_anything_is_touched(wired: Leaves, text: str, why: str) -> None:
    assert why in wired.refused("apply", "-y", wired.declare(text))


def test_an_address_of_others_is_refused_until_it_is_taken_over(wired: Leaves) -> None:
    text = "interfaces: {leaf1/swp2: {addresses: [10.99.0.1/24]}}"
    assert "configured there without cpal" in wired.refused("apply", "-y", wired.declare(text))
