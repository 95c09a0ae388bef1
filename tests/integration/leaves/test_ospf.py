"""OSPF declared on FRR, on a leaf and on a router that is none: neighbours are full, and all of others is as before."""

from __future__ import annotations

from tests.integration.leaves.bench import Leaves

USUAL = """
ospf_processes:
  below:
    device: leaf1
    router_id: 10.255.1.1
    passive_default: true
    redistribute: [connected]
    maximum_paths: 8
    interfaces:
    - {interface: spine1, area: 0, cost: 7, network_type: point-to-point, passive: false}
    - {interface: lo, area: 10}
  above: {device: spine1, interfaces: [{interface: leaf1, area: 0, network_type: point-to-point}]}
"""
CHANGES = (
    USUAL.replace("cost: 7", "cost: 9").replace("area: 10", "area: 11").replace("8", "6"),
    USUAL.replace("passive_default: true", "passive_default: false").replace(", passive: false", ""),
    USUAL.replace("network_type: point-to-point, passive", "passive").replace("[connected]", "[connected, bgp]"),
    USUAL.replace("    - {interface: lo, area: 10}\n", "").replace("    router_id: 10.255.1.1\n", ""),
)
SHOWN = {
    "router ospf", " ospf router-id 10.255.1.1", " passive-interface default", " redistribute connected",
    " maximum-paths 8", " ip ospf area 0.0.0.0", " ip ospf cost 7", " ip ospf network point-to-point",
    " no ip ospf passive", " ip ospf area 0.0.0.10",
}  # fmt: skip
"""What leaf1 shows more. Source: FRR user manual, "OSPFv2"."""


def _states(leaves: Leaves, name: str) -> list[str]:
    """How a router stands to its neighbours."""
    found = leaves.asked(name, "show ip ospf neighbor")["neighbors"]
    return [str(state["nbrState"]) for states in found.values() for state in states]


def test_neighbours_are_full_and_routes_arrive(leaves: Leaves) -> None:
    before = leaves.shown("leaf1").splitlines()

    def look() -> None:
        shown = leaves.shown("leaf1").splitlines()
        assert set(shown) - set(before) == SHOWN
        assert set(before) <= set(shown)
        leaves.until(lambda: [state.partition("/")[0] for state in _states(leaves, "leaf1")] == ["Full"])
        leaves.until(lambda: "10.255.1.1/32" in leaves.asked("spine1", "show ip ospf route"))

    spine = leaves.shown("spine1")
    leaves.there_and_back(USUAL, CHANGES, look)
    assert leaves.shown("spine1") == spine


def test_what_frr_does_not_take_is_refused(leaves: Leaves) -> None:
    def refused(fields: str) -> str:
        return leaves.refused("apply", "-y", leaves.declare(f"ospf_processes: {{one: {{device: leaf1, {fields}}}}}"))

    assert "FRR has no numbers of processes" in refused("process: 7")
    assert "no vrf is written to FRR yet" in refused("vrf: green")


def test_what_needs_a_daemon_that_does_not_run_is_refused(leaves: Leaves) -> None:
    text = "routes: {one: {destination: 10.9.0.0/16, nexthop: 10.254.1.1, devices: [spine1]}}"
    assert "FRR's staticd does not run there" in leaves.refused("apply", "-y", leaves.declare(text))
