"""Policies of the Junos emulator: what asks for one that is not there, which count for a neighbour, lists that go."""

from __future__ import annotations

import pytest

from cpal.lab.emulate.device import Device, identity_of
from cpal.lab.emulate.junos import state
from cpal.lab.emulate.junos.checks import faults
from tests.support.typed import TypedJunos

POLICY = "policy-options { policy-statement THERE { then accept; } }"


@pytest.mark.parametrize(
    "asking",
    [
        "protocols { bgp { export [ THERE GONE ]; } }",
        "protocols { bgp { group spines { import GONE; } } }",
        "protocols { bgp { group spines { neighbor 192.0.2.1 { export GONE; } } } }",
        "protocols { ospf { export GONE; } }",
        "protocols { ospf3 { export GONE; } }",
        "routing-instances { red { protocols { ospf { export GONE; } } } }",
        "routing-options { forwarding-table { export GONE; } }",
        "routing-instances { red { vrf-export GONE; } }",
        "routing-instances { red { protocols { bgp { export GONE; } } } }",
        "routing-instances { red { protocols { evpn { ip-prefix-routes { export GONE; } } } } }",
    ],
)
def test_a_policy_that_is_asked_is_there(asking: str) -> None:
    said = [each.message for each in faults(TypedJunos(f"{POLICY} {asking}").root)]
    assert said == ["Policy error: Policy GONE referenced but not defined"]
    assert list(faults(TypedJunos(f"{POLICY} {asking.replace('GONE', 'THERE')}").root)) == []


def test_of_policies_those_of_the_innermost_count() -> None:
    typed = TypedJunos(
        "protocols { bgp { export A; import I; group one { neighbor 192.0.2.1; }"
        " group two { export [ B C ]; neighbor 192.0.2.2; neighbor 192.0.2.3 { export D; import J; } } } }"
    )
    device = Device(identity_of("leaf1", "junos", "model", "1.0"), (), lambda _: typed.root)
    said = {each.address: (each.exported, each.imported) for each in state.peers(device, "master")}
    assert said == {"192.0.2.1": ("A", "I"), "192.0.2.2": ("B C", "I"), "192.0.2.3": ("D", "J")}


def test_a_list_goes_value_by_value_or_whole() -> None:
    typed = TypedJunos("protocols { bgp { export [ A B C ]; import I; } }")
    typed.type(["delete protocols bgp export B"])
    assert "export [ A C ];" in typed.running
    typed.type(["delete protocols bgp export"])
    assert "export" not in typed.running
    assert "import I;" in typed.running
