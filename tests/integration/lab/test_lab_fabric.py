"""A fabric comes up, is seen, healed and taken away, whatever dies in between."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import cpal
from cpal.engine.credentials import PASSWORD as PASSWORD_VARIABLE
from cpal.errors import Conflict, Invalid, Unreachable
from cpal.lab.emulate.fleet import PASSWORD
from cpal.lab.lab import Lab

from .conftest import left_behind, prefix_of
from .test_lab_life import kill_within, pids, script

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="a fabric is made of network namespaces, which need root"),
    pytest.mark.skipif(not Path("/usr/lib/frr/zebra").exists(), reason="FRR is not installed (package frr)"),
]


def reaches(lab: Lab, source: str, destination: str) -> bool:
    """Whether one leaf's loopback gets an answer from another's."""
    words = ["ping", "-c", "1", "-w", "10", "-I", loopback(lab, source), loopback(lab, destination)]
    return lab.run(source, words).exit_code == 0


def loopback(lab: Lab, leaf: str) -> str:
    """Where a leaf's tunnels end."""
    [address] = [each.underlay_address for each in lab.status().hypervisors if each.name == leaf]
    return address


@pytest.mark.parametrize("underlay", ["numbered", "unnumbered"])
def test_a_fabric_comes_up_and_goes_without_trace(lab: Lab, underlay: str) -> None:
    status = lab.up_fabric(2, 3, underlay)  # type: ignore[arg-type]  # by the parameters above
    assert (status.state, status.missing) == ("up", ())
    assert status.fabric is not None
    assert status.fabric.spines == ("spine1", "spine2")
    assert [leaf.name for leaf in status.hypervisors] == ["leaf1", "leaf2", "leaf3"]
    assert reaches(lab, "leaf1", "leaf3")
    own = lab.run("leaf2", ["sh", "-c", "hostname; ls /run/netns; ip -o link show type veth"]).stdout
    assert own.startswith("leaf2\n")
    assert "cpal-" not in own
    before = pids(lab)
    assert lab.up_fabric(2, 3, underlay).state == "up"  # type: ignore[arg-type]  # as above
    assert pids(lab) == before
    lab.down()
    assert left_behind(lab.directory, prefix_of(lab)) == []


def test_what_dies_is_seen_and_healed(lab: Lab) -> None:
    lab.up_fabric(1, 2)
    before = pids(lab)
    lab.kill("leaf1/bgpd")
    lab.kill("leaf2/holder")
    status = lab.status()
    assert (status.state, set(status.missing)) == ("broken", {"leaf1/bgpd", "leaf2/holder"})
    lab.start("leaf1/bgpd")
    assert lab.status().missing == ("leaf2/holder",)
    assert lab.up_fabric(1, 2).state == "up"
    after = pids(lab)
    assert {name for name in after if after[name] == before[name]} == {
        "spine1/holder", "spine1/zebra", "spine1/bgpd", "spine1/ospfd",
        "leaf1/holder", "leaf1/zebra", "leaf1/staticd", "leaf1/ospfd",
    }  # fmt: skip
    assert reaches(lab, "leaf1", "leaf2")


def test_emulated_switches_beside_a_fabric_are_met_where_they_were_and_go_with_it(lab: Lab) -> None:
    def addresses() -> dict[str, str]:
        fabric = lab.status().fabric
        assert fabric
        assert all(each.emulator for each in fabric.emulated)
        return {each.name: each.address for each in fabric.emulated}

    lab.up_fabric(1, 1, emulated=("eos", "nxos"))
    before = addresses()
    assert set(before) == {"eos1", "nxos1"}
    lab.kill("emulators")
    assert lab.status().missing == ("emulators",)
    assert lab.up_fabric(1, 1, emulated=("eos", "nxos")).state == "up"
    assert addresses() == before
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(PASSWORD_VARIABLE, PASSWORD)
        for name, port in (("eos1", "Ethernet1"), ("nxos1", "Ethernet1/1")):
            with cpal.device(before[name]) as switch:
                assert switch.facts.hostname == name
                assert [(each.system_name, each.port_id) for each in switch.neighbors[port]] == [("spine1", name)]
        with pytest.raises(Conflict, match="emulated eos, nxos"):
            lab.up_fabric(1, 1)
        lab.down()
        assert left_behind(lab.directory, prefix_of(lab)) == []
        with cpal.device(before["eos1"]) as gone, pytest.raises(Unreachable):
            _ = gone.facts


def test_a_lab_is_of_one_kind(lab: Lab) -> None:
    with pytest.raises(Invalid, match="leaves"):
        lab.up_fabric(1, 0)
    lab.up_fabric(1, 1)
    with pytest.raises(Conflict, match="1 spines, 1 leaves, unnumbered"):
        lab.up_fabric(1, 2)
    with pytest.raises(Conflict, match="fabric"):
        lab.up(2)
    assert lab.status().state == "up"


def test_a_fabric_that_is_killed_on_its_way_up_leaves_nothing_that_down_does_not_take(lab: Lab) -> None:
    for seconds in (0.5, 1.5):
        kill_within(script("lab.up_fabric(1, 2)", lab.directory), seconds)
    assert lab.up_fabric(1, 2).state == "up"
    kill_within(script("lab.down()", lab.directory), 1.0)
    lab.down()
    assert left_behind(lab.directory, prefix_of(lab)) == []
