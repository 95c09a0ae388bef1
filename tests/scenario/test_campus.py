"""Hypervisors of OVN and leaves that run FRR in one lab: one change spans both, and packets do what is declared."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cpal.drivers.devices.render_fabric import first_vni
from cpal.engine.joint import Rollout
from cpal.errors import Rejected, Unverified
from tests.scenario.stage import Stage, campus_stage

EXAMPLE = (Path(__file__).resolve().parents[2] / "examples" / "campus.yaml").read_text()
LEAVES = ("leaf1", "leaf2", "leaf3")
ANNEX = """
project: annex
networks:
  floor:
    provider: {network_type: vlan, physical_network: physnet1, segmentation_id: 101}
    port_security_enabled: false
    subnets: {floor: {cidr: 10.110.0.0/24, enable_dhcp: false}}
instances:
  vm: {network: floor, host: hv1}
  metal: {network: floor, host: leaf1}
"""


@pytest.fixture(scope="module")
def campus() -> Iterator[Stage]:
    """A spine, three leaves, a hypervisor behind two of them, and the example applied."""
    if os.geteuid() != 0:
        pytest.skip("a fabric is made of network namespaces, which need root")
    if not Path("/usr/lib/frr/zebra").exists():
        pytest.skip("FRR is not installed (package frr)")
    with campus_stage(1, len(LEAVES), 2) as found:
        found.apply(EXAMPLE)
        yield found


def held(campus: Stage) -> dict[str, Any]:
    """What the leaves are configured to, and what is in the Northbound database."""
    links = "ip -n $name -br address | sed 's/@if[0-9]*//' | tr -s ' ' | cut -d' ' -f1,3- | sort"
    script = f"for name in $(ls /run/netns); do echo $name; {links}; done; vtysh -c 'show running-config'"
    return {**{leaf: campus.run(leaf, "sh", "-c", script) for leaf in LEAVES}, "ovn": campus.tables()}


def ping(campus: Stage, source: str, project: str, instance: str) -> None:
    """A packet there and back, of a machine to an instance."""
    campus.run(source, "ping", "-c", "1", "-w", "10", campus.port(project, instance).addresses[0])


def test_the_example_is_what_packets_do(campus: Stage) -> None:
    assert campus.plan(EXAMPLE).empty
    assert campus.disagreements() == []
    statuses = campus.session.observe()
    plugged = {port.port_id for machine in campus.lab.status().workloads for port in machine.interfaces}
    assert {statuses[port].status for port in plugged} == {"ACTIVE"}


def test_one_change_spans_both_in_waves_with_packets_between_them_and_back(campus: Stage) -> None:
    before = held(campus)
    plan = campus.plan(ANNEX)
    assert {target.target for target in plan.targets if target.ops} == {"lab", "fabric"}
    campus.session.apply(plan, rollout=Rollout(within_s=300, waves=(1,)), probe=True)
    ping(campus, "annex.metal", "annex", "vm")
    ping(campus, "annex.vm", "annex", "metal")
    campus.destroy("annex")
    assert held(campus) == before


def test_packets_that_go_wrong_take_both_sides_back(campus: Stage) -> None:
    """A machine that was there before has lost its link."""
    before = held(campus)
    campus.run("campus.metal1", "ip", "link", "set", "eth0", "down")
    try:
        with pytest.raises(Unverified, match="everything is as before"):
            campus.session.apply(campus.plan(ANNEX), rollout=Rollout(within_s=300), probe=True)
    finally:
        campus.run("campus.metal1", "ip", "link", "set", "eth0", "up")
    assert held(campus) == before
    assert campus.plan(EXAMPLE).empty


def test_a_leaf_that_refuses_leaves_the_hypervisors_alone(campus: Stage) -> None:
    """Its kernel has the VLAN's VNI already, in a device of somebody else."""
    vni = str(first_vni("physnet1") + 101)
    campus.run("leaf3", "ip", "link", "add", "theirs", "type", "vxlan", "id", vni, "dstport", "4789",
               "local", "10.255.1.3", "nolearning")  # fmt: skip
    before = held(campus)
    try:
        with pytest.raises(Rejected, match="leaf3"):
            campus.apply(ANNEX)
        assert held(campus) == before
    finally:
        campus.run("leaf3", "ip", "link", "delete", "theirs")
    assert campus.plan(EXAMPLE).empty
