"""Units of the Junos emulator that are for one VLAN each: what may not be committed, and what VLANs have them."""

from __future__ import annotations

import pytest

from cpal.lab.emulate.device import Device, identity_of
from cpal.lab.emulate.junos import state
from cpal.lab.emulate.junos.checks import faults
from tests.support.typed import TypedJunos

TRUNK = """
interfaces {
    ge-0/0/1 {
        flexible-vlan-tagging; encapsulation flexible-ethernet-services;
        unit 10 { encapsulation vlan-bridge; vlan-id 10; }
        unit 20 { encapsulation vlan-bridge; vlan-id 20; }
    }
    ge-0/0/2 { unit 0 { family ethernet-switching { interface-mode trunk; vlan { members [ own web ]; } } } }
    ge-0/0/3 { unit 0 { family ethernet-switching { vlan { members web; } } } }
}
routing-instances {
    evi20 {
        instance-type mac-vrf; interface ge-0/0/3.0;
        vlans { web { vlan-id 20; interface ge-0/0/1.20; } }
    }
}
vlans { own { vlan-id 10; interface ge-0/0/1.10; } }
protocols { rstp { interface ge-0/0/1; } }
"""


@pytest.mark.parametrize(("old", "new", "message"), [
    ("flexible-vlan-tagging; ", "", "VLAN-ID can only be specified on tagged ethernet interfaces"),
    ("unit 20 { encapsulation vlan-bridge; vlan-id 20; }", "unit 20 { family inet; }",
     "VLAN-ID must be specified on tagged ethernet interfaces"),
    ("ge-0/0/3 { unit 0", "ge-0/0/3 { unit 2", "Only unit 0 is valid for this encapsulation"),
    ("routing-instances {", "routing-instances { evi10 { vlans { db { interface ge-0/0/1.20; } } }",
     "Interface ge-0/0/1.20 is already in the instance evi10"),
])  # fmt: skip
def test_what_may_not_be_committed(old: str, new: str, message: str) -> None:
    assert list(faults(TypedJunos(TRUNK).root)) == []
    assert old in TRUNK
    assert message in {each.message for each in faults(TypedJunos(TRUNK.replace(old, new)).root)}


def test_a_vlan_has_the_units_that_it_names_and_of_lists_those_of_its_own_instance() -> None:
    typed = TypedJunos(TRUNK)
    ports = tuple(f"ge-0/0/{n}" for n in range(4))
    device = Device(identity_of("leaf1", "junos", "model", "1.0"), ports, lambda _: typed.root)
    assert {name: members for name, _, members in state.vlans(device)} == {
        "default": [], "own": ["ge-0/0/1.10", "ge-0/0/2.0"], "web": ["ge-0/0/1.20", "ge-0/0/3.0"],
    }  # fmt: skip
