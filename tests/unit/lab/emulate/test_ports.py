"""A switch has the ports of its model: what each make says of others. Source: what devices were seen to say."""

from __future__ import annotations

import pytest

from cpal.lab.emulate.device import Device, identity_of
from cpal.lab.emulate.editor import Editor, Refused
from cpal.lab.emulate.eos import state as eos_state
from cpal.lab.emulate.eos.configuration import editing as eos_editing
from cpal.lab.emulate.ios.configuration import editing as ios_editing
from cpal.lab.emulate.makes import MAKES
from cpal.lab.emulate.nxos.configuration import editing as nxos_editing

EDITING = {"eos": eos_editing, "ios": ios_editing, "nxos": nxos_editing}


def editor_of(make: str) -> tuple[Device, Editor]:
    """A switch with two ports, and one who types into its configuration."""
    known = MAKES[make]
    ports = (*(known.ports.format(known.first + n) for n in range(2)), known.management)
    device = Device(identity_of("one", make, known.model, known.version), ports, known.factory)
    return device, EDITING[make](device, device.running)


@pytest.mark.parametrize(
    ("make", "line", "said"),
    [
        ("ios", "interface GigabitEthernet0/3", "%Invalid interface type and number"),
        ("ios", "interface GigabitEthernet0/3.10", "%Invalid interface type and number"),
        ("ios", "interface TenGigabitEthernet1/1", "%Invalid interface type and number"),
        ("nxos", "interface Ethernet1/3", "Invalid interface format at '^' marker."),
        ("nxos", "interface Ethernet1/1-3", "Invalid interface format at '^' marker."),
    ],
)
def test_a_port_that_the_model_lacks_is_refused_in_the_words_of_the_make(make: str, line: str, said: str) -> None:
    device, editor = editor_of(make)
    before = device.running.copy()
    with pytest.raises(Refused) as refused:
        editor.type(line)
    assert said in refused.value.reason
    assert device.running.below is not None
    assert before.below is not None
    assert device.running.below.keys() == before.below.keys()


@pytest.mark.parametrize(
    ("make", "line"),
    [
        ("ios", "interface GigabitEthernet0/2.10"),
        ("ios", "interface Loopback7"),
        ("ios", "interface Port-channel7"),
        ("nxos", "interface Ethernet1/1-2"),
        ("nxos", "interface loopback7"),
        ("nxos", "interface port-channel7"),
        ("eos", "interface Ethernet3"),
    ],
)
def test_what_it_has_or_is_made_is_taken(make: str, line: str) -> None:
    editor_of(make)[1].type(line)


def test_eos_keeps_what_is_configured_of_a_port_it_lacks_and_shows_no_such_port() -> None:
    device, editor = editor_of("eos")
    editor.type("interface Ethernet3")
    assert device.running.has("interface", "Ethernet3")
    assert [each.name for each in eos_state.interfaces(device)] == ["Ethernet1", "Ethernet2", "Management0"]


def test_ios_has_an_ospf_process_of_a_number_in_one_vrf() -> None:
    editor = editor_of("ios")[1]
    for line in ("vrf definition red", "router ospf 7", "router-id 192.0.2.1"):
        editor.type(line)
    with pytest.raises(Refused, match=r"^%VRF specified does not match existing router$"):
        editor.type("router ospf 7 vrf red")
