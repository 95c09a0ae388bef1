"""LAGs that are declared are told again by the switches that have them: mode, ports, and which bundle (emulated)."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from cpal.faces.cli.device_words import DEVICE_WORDS
from tests.integration.switches.rack import Rack
from tests.support.switch_makes import MAKES, SwitchMake

OF = {
    "eos": ("Port-Channel7", ("Ethernet2", "Ethernet3"), "ACTIVE"),
    "nxos": ("port-channel7", ("Ethernet1/2", "Ethernet1/3"), None),
    "ios": ("Port-channel7", ("GigabitEthernet0/2", "GigabitEthernet0/3"), None),
}
"""The LAG, its ports, and how they speak, which NX-OS and IOS do not tell there."""


@pytest.fixture(scope="module", params=MAKES)
def make(request: pytest.FixtureRequest) -> SwitchMake:
    """Each make that is written to."""
    return MAKES[request.param]


def told(rack: Rack, word: str) -> list[dict[str, Any]]:
    """What leaf1 tells of a word."""
    words = ("get", word, "--device", rack.addresses["leaf1"], "--format", "json", "-q")
    found: list[dict[str, Any]] = yaml.safe_load(rack.done(*words))
    return found


@pytest.mark.parametrize("word", [word for word in DEVICE_WORDS if word not in ("ping", "mlag")])
def test_a_new_switch_tells_every_word_and_has_no_lag(rack: Rack, word: str) -> None:
    found = told(rack, word)
    assert found == [] or word != "lags"


@pytest.mark.parametrize("make", OF, indirect=True)
def test_a_declared_lag_is_told_with_its_ports(rack: Rack) -> None:
    name, ports, mode = OF[rack.make.driver]
    before = ("feature lacp",) if rack.make.driver == "nxos" else ()
    rack.type("leaf1", *before)
    wanted = f"lags: {{leaf1/{name}: {{members: [{', '.join(ports)}], lacp_mode: active}}}}\n"
    path = rack.declare(wanted)
    rack.done("apply", "-y", path)
    [lag] = told(rack, "lags")
    assert (lag["name"], lag["mode"]) == (name, mode)
    assert [each["interface"] for each in lag["members"]] == list(ports)
    assert {each["bundled"] for each in lag["members"]} == {lag["oper_status"] == "UP"}
