"""The distance, the tag and the label of static routes: declared, changed, read as routes, taken over (emulated)."""

from __future__ import annotations

from typing import NamedTuple

import pytest
import yaml

from tests.integration.switches.rack import Rack
from tests.support.switch_makes import MAKES, SwitchMake

ROUTE = "way out: {destination: 198.51.100.0/24, nexthop: 10.0.0.9, devices: [leaf1, leaf2]"
USUAL = f"""
routes:
  {ROUTE}, preference: 200, tag: 7, label: uplink}}
  six: {{destination: "2001:db8:7::/48", nexthop: "2001:db8::9", tag: 70000, devices: [leaf1]}}
  plain: {{destination: 203.0.113.0/24, nexthop: 10.0.0.9, preference: 1, devices: [leaf1]}}
"""
CHANGES = (
    USUAL.replace("preference: 200", "preference: 210"),
    USUAL.replace(", tag: 7,", ","),
    USUAL.replace("label: uplink", "label: other"),
    USUAL.replace("preference: 200, tag: 7, label: uplink", "preference: 1"),
    USUAL.replace("preference: 1,", "preference: 9,"),
)


class Said(NamedTuple):
    """How a make says it: the interface that leads there, the routes, and one that no record says."""

    port: tuple[str, ...]
    lines: tuple[str, str, str]
    odd: str


_PORT = ("interface Loopback0", "ip address 10.0.0.1/24", "exit")
OF = {
    "eos": Said(
        _PORT,
        (
            "ip route 198.51.100.0/24 10.0.0.9 200 tag 7 name uplink",
            "ipv6 route 2001:db8:7::/48 2001:db8::9 tag 70000",
            "ip route 203.0.113.0/24 10.0.0.9",
        ),
        "ip route 192.0.2.0/24 10.0.0.9 track bfd",
    ),
    "nxos": Said(
        _PORT,
        (
            "ip route 198.51.100.0/24 10.0.0.9 name uplink tag 7 200",
            "ipv6 route 2001:db8:7::/48 2001:db8::9 tag 70000",
            "ip route 203.0.113.0/24 10.0.0.9",
        ),
        "",
    ),
    "ios": Said(
        ("interface Loopback0", "ip address 10.0.0.1 255.255.255.0", "exit"),
        (
            "ip route 198.51.100.0 255.255.255.0 10.0.0.9 200 tag 7 name uplink",
            "ipv6 route 2001:DB8:7::/48 2001:DB8::9 tag 70000",
            "ip route 203.0.113.0 255.255.255.0 10.0.0.9",
        ),
        "ip route 192.0.2.0 255.255.255.0 10.0.0.9 permanent",
    ),
}
"""Source: the makers' command references, `ip route` and `ipv6 route`."""


@pytest.fixture(scope="module", params=OF)
def make(request: pytest.FixtureRequest) -> SwitchMake:
    """The makes that say it in one line."""
    return MAKES[request.param]


@pytest.fixture
def said(make: SwitchMake) -> Said:
    """How this make says it."""
    return OF[make.driver]


def test_what_is_said_of_a_route_is_there_changes_and_goes_again(rack: Rack, said: Said) -> None:
    rack.type("leaf1", *said.port)

    def look() -> None:
        lines = rack.shown("leaf1").splitlines()
        assert [line for line in said.lines if line not in lines] == []

    rack.there_and_back(USUAL, CHANGES, look)


def test_it_is_read_of_the_configuration_and_of_the_routes_alike(rack: Rack, said: Said) -> None:
    rack.type("leaf1", *said.port, *said.lines)
    words = ("routes", "198.51.100.0/24", "--device", rack.addresses["leaf1"], "--format", "json", "-q")
    [told] = yaml.safe_load(rack.done("get", *words))
    tag = {"eos": None}.get(rack.make.driver, 7)  # EOS tells none
    assert (told["next_hop"], told["preference"], told["tag"]) == ("10.0.0.9", 200, tag)
    path = rack.folder / "taken.yaml"
    rack.done("import", "--device", f"leaf1={rack.addresses['leaf1']}", "--output", str(path), "-y")
    _, document = yaml.safe_load_all(path.read_text(encoding="utf-8"))
    assert document["routes"]["198.51.100.0/24 10.0.0.9"] == {
        "destination": "198.51.100.0/24", "nexthop": "10.0.0.9", "preference": 200, "tag": 7, "label": "uplink",
        "devices": ["leaf1"],
    }  # fmt: skip
    assert document["routes"]["2001:db8:7::/48 2001:db8::9"]["tag"] == 70000
    assert rack.plan(str(path))["ops"] == []


@pytest.mark.parametrize("make", [name for name, said in OF.items() if said.odd], indirect=True)
def test_what_no_record_says_of_a_route_stays_as_somebody_wrote_it(rack: Rack, said: Said) -> None:
    rack.type("leaf1", said.odd)
    before = rack.all_shown()
    wanted = "routes: {odd: {destination: 192.0.2.0/24, nexthop: 10.0.0.9, preference: 200, devices: [leaf1]}}\n"
    assert "it exists at the target and is not cpal's" in rack.refused("apply", "-y", rack.declare(wanted))
    path = rack.folder / "taken.yaml"
    rack.done("import", "--device", f"leaf1={rack.addresses['leaf1']}", "--output", str(path), "-y")
    assert "192.0.2.0/24" not in path.read_text(encoding="utf-8")
    assert rack.all_shown() == before
