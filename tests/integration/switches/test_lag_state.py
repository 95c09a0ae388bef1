"""LAGs that are declared are told again by the switches that have them: mode, ports, and which bundle (emulated)."""

from __future__ import annotations

import pytest
import yaml

from tests.integration.switches.rack import Rack
from tests.support.switch_makes import MAKES, SwitchMake

OF = {
    "eos": ("Port-Channel7", ("Ethernet2", "Ethernet3"), "ACTIVE"),
    "nxos": ("port-channel7", ("Ethernet1/2", "Ethernet1/3"), None),
    "ios": ("Port-channel7", ("GigabitEthernet0/2", "GigabitEthernet0/3"), None),
}
"""The LAG, its ports, and how they speak, which NX-OS and IOS do not tell there."""


@pytest.fixture(scope="module", params=OF)
def make(request: pytest.FixtureRequest) -> SwitchMake:
    """The makes whose configuration is lines."""
    return MAKES[request.param]


def test_a_declared_lag_is_told_with_its_ports(rack: Rack) -> None:
    name, ports, mode = OF[rack.make.driver]
    before = ("feature lacp",) if rack.make.driver == "nxos" else ()
    rack.type("leaf1", *before)
    wanted = f"lags: {{leaf1/{name}: {{members: [{', '.join(ports)}], lacp_mode: active}}}}\n"
    path = rack.declare(wanted)
    rack.done("apply", "-y", path)
    [told] = yaml.safe_load(rack.done("get", "lags", "--device", rack.addresses["leaf1"], "--format", "json", "-q"))
    assert (told["name"], told["mode"]) == (name, mode)
    assert [each["interface"] for each in told["members"]] == list(ports)
    assert {each["bundled"] for each in told["members"]} == {told["oper_status"] == "UP"}
