"""BGP declared on FRR, beside the fabric's own: sessions stand, routes arrive, and all of others is as before."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.leaves.bench import Leaves

USUAL = """
bgp:
  leaf1:
    asn: 64601
    networks: [10.9.0.0/16, "2001:db8:9::/48"]
    redistribute: [static]
    maximum_paths: 8
    neighbors:
    - {address: 10.255.1.2, remote_asn: 64602, update_source: lo, ebgp_multihop: 3, description: to leaf2,
       families: [ipv4, ipv6], next_hop_self: true}
  leaf2:
    asn: 64602
    neighbors:
    - {address: 10.255.1.1, remote_asn: 64601, update_source: lo, ebgp_multihop: 3, families: [ipv4, ipv6]}
routes:
  nine: {destination: 10.9.0.0/16, nexthop: 10.255.1.2, devices: [leaf1]}
  six: {destination: "2001:db8:9::/48", nexthop: "2001:db8::1", devices: [leaf1]}
"""
CHANGES = (
    USUAL.replace("[10.9.0.0/16, ", "[").replace("maximum_paths: 8", "maximum_paths: 2").replace("to leaf2", "to two"),
    USUAL.replace("families: [ipv4, ipv6]", "families: [ipv4]").replace("redistribute: [static]", "redistribute: []"),
    USUAL.replace("ebgp_multihop: 3", "ebgp_multihop: 5").replace("next_hop_self: true", "next_hop_self: false"),
    USUAL.replace("description: to leaf2,", "").replace("update_source: lo, ", ""),
)
SHOWN = {
    " neighbor 10.255.1.2 remote-as 64602", " neighbor 10.255.1.2 description to leaf2",
    " neighbor 10.255.1.2 update-source lo", " neighbor 10.255.1.2 ebgp-multihop 3", "  neighbor 10.255.1.2 activate",
    "  neighbor 10.255.1.2 next-hop-self", "  network 10.9.0.0/16", "  network 2001:db8:9::/48",
    "  redistribute static", "  maximum-paths 8", " address-family ipv6 unicast",
    "ip route 10.9.0.0/16 10.255.1.2", "ipv6 route 2001:db8:9::/48 2001:db8::1",
}  # fmt: skip
"""What leaf1 shows more. Source: FRR user manual, "BGP"."""


def test_sessions_stand_and_routes_arrive_beside_the_fabrics_own(leaves: Leaves) -> None:
    before = leaves.shown("leaf1").splitlines()
    fabric = leaves.asked("leaf1", "show bgp l2vpn evpn summary")["peers"]

    def look() -> None:
        shown = leaves.shown("leaf1").splitlines()
        assert set(shown) - set(before) == SHOWN
        assert set(before) <= set(shown)
        leaves.until(lambda: _state(leaves, "leaf1", "10.255.1.2") == "Established")
        leaves.until(lambda: "10.255.1.1" in _next_hops(leaves, "leaf2", "10.9.0.0/16"))

    leaves.there_and_back(USUAL, CHANGES, look)
    after = leaves.asked("leaf1", "show bgp l2vpn evpn summary")["peers"]
    assert {name: peer["connectionsDropped"] for name, peer in after.items()} == {
        name: peer["connectionsDropped"] for name, peer in fabric.items()
    }


def _state(leaves: Leaves, name: str, neighbor: str, vrf: str = "") -> str:
    """How a session stands."""
    peers = leaves.asked(name, f"show bgp {vrf}ipv4 unicast summary")["peers"]
    return str(peers[neighbor]["state"])


def _next_hops(leaves: Leaves, name: str, prefix: str) -> set[str]:
    """Whom a leaf has a prefix from."""
    paths = leaves.asked(name, f"show bgp ipv4 unicast {prefix}").get("paths", ())
    return {hop["ip"] for path in paths for hop in path["nexthops"]}


THEIRS = (
    "router bgp 64601", "neighbor 10.255.1.2 password s3cret-of-others", "neighbor 10.255.1.2 timers 5 15",
    "address-family ipv4 unicast", "neighbor 10.255.1.2 soft-reconfiguration inbound",
)  # fmt: skip


def test_what_others_said_of_a_neighbour_comes_back_with_it(leaves: Leaves) -> None:
    usual, bare = (
        USUAL,
        USUAL.replace("    neighbors:\n    - {address: 10.255.1.2", "    #").replace(
            "       families: [ipv4, ipv6], next_hop_self: true}\n", ""
        ),
    )
    leaves.settle(usual)
    leaves.type("leaf1", *THEIRS)
    before = leaves.shown("leaf1")
    leaves.settle(bare)
    assert "10.255.1.2 remote-as" not in leaves.shown("leaf1")
    assert "s3cret" not in leaves.done("plan", leaves.declare(usual))
    leaves.settle(usual)
    assert leaves.shown("leaf1") == before
    leaves.settle(bare)
    leaves.done("undo", "-y")
    assert leaves.shown("leaf1") == before
    leaves.settle("")


IN_BLUE = """
bgp:
  leaf1/blue:
    asn: 64601
    router_id: 192.0.2.1
    redistribute: [connected, static]
    neighbors:
    - {address: 192.0.2.2, remote_asn: 65009, families: [ipv4, ipv6]}
    - {address: "2001:db8::2", remote_asn: 65009, families: [ipv6]}
    - {address: 192.0.2.10, remote_asn: 64601, route_reflector_client: true}
routes:
  in blue: {destination: 10.9.0.0/16, nexthop: 192.0.2.7, vrf: blue, devices: [leaf1]}
"""


@pytest.fixture
def blue(leaves: Leaves) -> Iterator[Leaves]:
    """Leaves of which one has a VRF, behind whose only port somebody speaks BGP who is in AS 65009."""
    for vrf in ("blue", "hall"):
        leaves.with_vrf("leaf1", vrf)
    leaves.joined("leaf1", "blue", "hall")
    leaves.type("leaf1", "router bgp 65009 vrf hall", "neighbor 192.0.2.1 remote-as 64601", "network 192.0.2.0/24")
    yield leaves
    leaves.type("leaf1", "no router bgp 65009 vrf hall")
    for vrf in ("blue", "hall"):
        leaves.without_vrf("leaf1", vrf)


def test_bgp_in_a_vrf_speaks_with_who_is_there(blue: Leaves) -> None:
    def look() -> None:
        blue.until(lambda: _state(blue, "leaf1", "192.0.2.2", "vrf blue ") == "Established")
        blue.until(lambda: "10.9.0.0/16" in blue.asked("leaf1", "show bgp vrf hall ipv4 unicast")["routes"])

    changes = (
        IN_BLUE.replace("redistribute: [connected, static]", "redistribute: [static]"),
        IN_BLUE.replace("router_id: 192.0.2.1", "router_id: 192.0.2.2").replace("[ipv4, ipv6]", "[ipv4]"),
    )
    blue.there_and_back(IN_BLUE, changes, look)


def test_who_is_in_another_as_than_the_leaf_is_refused(leaves: Leaves) -> None:
    why = leaves.refused("apply", "-y", leaves.declare("bgp: {leaf1: {asn: 65001}}"))
    assert "others configured `router bgp 64601` there" in why


def test_an_instance_of_others_that_wants_a_policy_is_not_opened(leaves: Leaves) -> None:
    leaves.type("leaf1", "router bgp 64601", "bgp ebgp-requires-policy")
    text = "bgp: {leaf1: {asn: 64601, neighbors: [{address: 192.0.2.2, remote_asn: {}}]}}"
    why = leaves.refused("apply", "-y", leaves.declare(text.replace("{}", "65009")))
    assert "nothing without a policy" in why
    leaves.settle(text.replace("{}", "64601"))
    leaves.settle("")
    leaves.type("leaf1", "router bgp 64601", "no bgp ebgp-requires-policy")


def test_one_hop_and_vrfs_that_there_are_not_are_refused(leaves: Leaves) -> None:
    near = "bgp: {leaf1: {asn: 64601, neighbors: [{address: 192.0.2.2, remote_asn: 65009, ebgp_multihop: 1}]}}"
    assert "takes 2 to 255 hops" in leaves.refused("apply", "-y", leaves.declare(near))
    assert "no VRF 'green'" in leaves.refused(
        "apply", "-y", leaves.declare("bgp: {leaf1/green: {asn: 64601, networks: [10.0.0.0/8]}}")
    )
    away = "bgp: {leaf1: {asn: 64601, neighbors: [{address: 192.0.2.2, remote_asn: 65009, update_source: eth77}]}}"
    assert "no interface 'eth77'" in leaves.refused("apply", "-y", leaves.declare(away))
