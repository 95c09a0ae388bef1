"""Time servers declared on IOS, in VRFs that somebody configured: applied, taken over (emulated)."""

from __future__ import annotations

import pytest
import yaml

from tests.integration.switches.rack import LEAVES, Rack
from tests.support.switch_makes import MAKES, SwitchMake

BY_HAND = (
    "vrf definition red", "rd 65000:1", "address-family ipv4", "exit", "address-family ipv6", "exit", "exit",
    "ntp server 192.0.2.9", "ntp server vrf red 192.0.2.9 prefer", "ntp server 2001:db8::9",
)  # fmt: skip
USUAL = """
ntp_servers:
  clock: {address: 192.0.2.1, devices: [leaf1, leaf2]}
  six: {address: "2001:db8::1", devices: [leaf1]}
  clock of red: {address: 192.0.2.1, vrf: red, devices: [leaf1]}
"""
CHANGES = (
    USUAL.replace("192.0.2.1, devices", "192.0.2.7, devices"),
    USUAL.replace(", vrf: red", "").replace("192.0.2.1, devices: [leaf1]", "192.0.2.8, devices: [leaf1]"),
)
APPLIED = {"ntp server 192.0.2.1", "ntp server 2001:DB8::1", "ntp server vrf red 192.0.2.1"}
"""What leaf1 shows more. Source: Cisco IOS Basic System Management Command Reference, `ntp server`."""


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
    both = list(LEAVES)
    assert document["ntp_servers"] == {
        each: {"address": each, "devices": both} for each in ("192.0.2.9", "2001:db8::9")
    }  # fmt: skip
    assert rack.plan(str(path))["ops"] == []
    del document["ntp_servers"]
    path.write_text(yaml.safe_dump_all([target, document]), encoding="utf-8")
    rack.done("apply", "-y", str(path))
    for name in LEAVES:
        gone = set(before[name].splitlines()) - set(rack.shown(name).splitlines())
        assert gone == {"ntp server 192.0.2.9", "ntp server 2001:DB8::9"}


@pytest.mark.parametrize("text", ["ntp_servers: {a: {address: 192.0.2.1, vrf: blue, devices: [leaf1]}}"])
def test_a_vrf_that_there_is_not_is_refused_before_anything_is_touched(rack: Rack, text: str) -> None:
    assert "the switch has no VRF 'blue'" in rack.refused("apply", "-y", rack.declare(text))
