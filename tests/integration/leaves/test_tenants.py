"""What others write into the sections of FRR that a tenant's network and router have, and BGP declared in that VRF."""

from __future__ import annotations

from tests.integration.leaves.bench import Leaves

TENANT = """
hosts:
  leaf1: {target: leaves, underlay_address: 10.255.1.1}
---
networks:
  web:
    port_security_enabled: false
    leaves: [leaf1]
    provider: {network_type: vxlan, segmentation_id: 5001}
    subnets: {web: {cidr: 10.0.1.0/24, enable_dhcp: false}}
routers:
  edge: {interfaces: [web], vrf: red, vni: 5002, route_target: "64999:5002"}
"""
AGAIN = TENANT.replace("64999:5002", "64999:5003")
WITHOUT = TENANT.partition("---")[0] + "---\nproject: default\n"
THEIRS = (
    "router bgp 64601 vrf red", "neighbor 10.0.1.9 remote-as 65009", "neighbor 10.0.1.9 password s3cret-of-others",
    "exit", "router bgp 64601", "address-family l2vpn evpn", "vni 5001", "rd 10.255.1.1:77",
)  # fmt: skip
SHOWN = {line.strip() for line in THEIRS if line.startswith(("neighbor", "rd"))}


def _theirs(leaves: Leaves) -> set[str]:
    """What of the lines of others a leaf shows."""
    return {line.strip() for line in leaves.shown("leaf1").splitlines()} & SHOWN


def test_what_others_wrote_stays_and_comes_back(leaves: Leaves) -> None:
    bare = leaves.all_shown()
    leaves.settle(TENANT)
    leaves.type("leaf1", *THEIRS)
    before = leaves.shown("leaf1")
    assert _theirs(leaves) == SHOWN
    leaves.settle(AGAIN)
    assert _theirs(leaves) == SHOWN
    assert "  route-target export 64999:5003" in leaves.shown("leaf1").splitlines()
    leaves.settle(TENANT)
    assert leaves.shown("leaf1") == before
    leaves.settle(WITHOUT)
    assert _theirs(leaves) == set()
    leaves.done("undo", "-y")
    assert leaves.shown("leaf1").splitlines() == before.splitlines()
    leaves.settle("")
    assert leaves.all_shown() == bare


IN_VRF = """
bgp:
  leaf1/red:
    asn: 64601
    redistribute: [connected]
    networks: [10.9.0.0/16]
    neighbors: [{address: 10.0.1.9, remote_asn: 65009}]
routes:
  nine: {destination: 10.9.0.0/16, nexthop: 10.0.1.7, vrf: red, devices: [leaf1]}
"""


def test_bgp_and_routes_are_declared_in_the_vrf_of_a_router(leaves: Leaves) -> None:
    leaves.settle(TENANT)
    usual = leaves.shown("leaf1")
    leaves.settle(TENANT + IN_VRF)
    shown = {line.strip() for line in leaves.shown("leaf1").splitlines()}
    assert {"neighbor 10.0.1.9 remote-as 65009", "network 10.9.0.0/16", "ip route 10.9.0.0/16 10.0.1.7"} <= shown
    [route] = leaves.asked("leaf1", "show ip route vrf red 10.9.0.0/16")["10.9.0.0/16"]
    assert route["installed"]
    leaves.settle(TENANT)
    assert leaves.shown("leaf1") == usual
    leaves.settle(TENANT + IN_VRF)
    leaves.settle("")


def test_what_the_fabric_says_of_a_vrf_is_not_said_otherwise(leaves: Leaves) -> None:
    leaves.settle(TENANT)
    text = TENANT + "bgp: {leaf1/red: {asn: 64601, router_id: 192.0.2.7}}\n"
    assert "says its router ID" in leaves.refused("apply", "-y", leaves.declare(text))
    leaves.settle(TENANT + IN_VRF)
    left = TENANT.replace("routers:\n", "").replace(
        '  edge: {interfaces: [web], vrf: red, vni: 5002, route_target: "64999:5002"}\n', ""
    )
    assert "in VRF 'red'" in leaves.refused("apply", "-y", leaves.declare(left + IN_VRF))
    leaves.settle("")
