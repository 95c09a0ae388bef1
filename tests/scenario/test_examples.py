"""Every example is applied to a lab, and packets do what it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.scenario.stage import stage

EXAMPLES = sorted((Path(__file__).resolve().parents[2] / "examples").glob("*.yaml"))
ELSEWHERE = ("campus", "one-vlan", "underlay")
"""What needs another lab than the usual one, `test_campus`, or emulated switches, `test_switch_examples`."""


@pytest.mark.parametrize(
    "example", [each for each in EXAMPLES if each.stem not in ELSEWHERE], ids=lambda path: path.stem
)
def test_an_example_holds_what_it_says(example: Path) -> None:
    with stage() as found:
        empty = found.tables()
        found.apply(example.read_text())
        assert found.plan(example.read_text()).empty
        assert found.disagreements() == []
        statuses = found.session.observe()
        workloads = {port.port_id for machine in found.lab.status().workloads for port in machine.interfaces}
        assert {statuses[port].status for port in workloads} == {"ACTIVE"}
        found.destroy(*(found.session.stacks().keys() - {"lab"}))
        assert found.tables() == empty
