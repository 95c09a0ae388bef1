"""Where a Neutron disagrees with its databases: nothing as it was recorded, and each difference that is planted.

The Neutron is a recording of the real one (`tests.support.recorded`); the databases and northd are real.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from typing import Any

from tests.integration.peer.conftest import Peer

Found = tuple[str, str, str, str]
"""A difference: its kind, resource, name (else id), and what it is about."""


def drift(peer: Peer, code: int = 2) -> list[dict[str, Any]]:
    done = peer.cpal("drift", "neutron", *peer.endpoints, "--format=json", "--exit-code", code=code)
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def group_of(peer: Peer, name: str) -> str:
    return f"pg_{peer.api.member('security-groups', name)['id']}".replace("-", "_")


def a_port_is_gone(peer: Peer) -> set[Found]:
    peer.place.nbctl("lsp-del", peer.api.member("ports", "data-port")["id"])
    return {("missing", "port", "data-port", "switch port"), ("not realised", "port", "data-port", "port binding")}


def a_port_says_another_address(peer: Peer) -> set[Found]:
    port = peer.api.member("ports", "lenient")
    peer.place.nbctl("lsp-set-addresses", port["id"], f"{port['mac_address']} 10.0.2.99")
    return {("differs", "port", "lenient", "switch port: addresses")}


def a_group_is_gone(peer: Peer) -> set[Found]:
    peer.place.nbctl("pg-del", group_of(peer, "stateless"))
    return {("missing", "security_group", "stateless", "port group")}


def a_member_is_gone(peer: Peer) -> set[Found]:
    group, port = group_of(peer, "front"), peer.api.member("ports", "web-other")["id"]
    [uuid] = peer.place.nbctl("--bare", "--columns=_uuid", "find", "Logical_Switch_Port", f"name={port}").split()
    peer.place.nbctl("remove", "Port_Group", group, "ports", uuid)
    return {("member", "port", "web-other", f"member of a port group {group}")}


def a_rule_says_something_else(peer: Peer) -> set[Found]:
    [rule] = [r for r in peer.api.member("security-groups", "front")["security_group_rules"] if r["protocol"] == "112"]
    where = f"external_ids:neutron\\:security_group_rule_id={rule['id']}"
    [uuid] = peer.place.nbctl("--bare", "--columns=_uuid", "find", "ACL", where).split()
    peer.place.nbctl("set", "ACL", uuid, "action=drop")
    return {("differs", "security_group_rule", rule["id"], "filter rule: action")}


def a_rule_is_left_over(peer: Peer) -> set[Found]:
    group = group_of(peer, "front")
    peer.place.nbctl("acl-add", group, "to-lport", "1002", f"outport == @{group} && ip4 && ip4.src == 6.6.6.6", "allow")
    return {("stale", "", f"outport == @{group} && ip4 && ip4.src == 6.6.6.6", "filter rule")}


def a_network_is_left_over(peer: Peer) -> set[Found]:
    name = "neutron-99999999-1111-1111-1111-111111111111"
    peer.place.nbctl("ls-add", name)
    return {("stale", "", name, "logical switch")}


def a_floating_ip_is_not_translated(peer: Peer) -> set[Found]:
    router = "neutron-" + peer.api.member("routers", "edge")["id"]
    [floating] = [each for each in peer.api.members("floatingips") if each["port_id"]]
    peer.place.nbctl("lr-nat-del", router, "dnat_and_snat", floating["floating_ip_address"])
    return {("missing", "floatingip", floating["floating_ip_address"], "address translation")}


def a_route_is_gone(peer: Peer) -> set[Found]:
    peer.place.nbctl("lr-route-del", "neutron-" + peer.api.member("routers", "edge")["id"], "10.77.0.0/16")
    return {("missing", "router", "edge", "route")}


def a_subnet_tells_another_router(peer: Peer) -> set[Found]:
    subnet = peer.api.member("subnets", "rack-4")["id"]
    where = f"external_ids:subnet_id={subnet}"
    [uuid] = peer.place.nbctl("--bare", "--columns=_uuid", "find", "DHCP_Options", where).split()
    peer.place.nbctl("set", "DHCP_Options", uuid, "options:router=198.18.7.250")
    return {("differs", "subnet", "rack-4", "DHCP options: options")}


def a_port_is_active_and_nobody_claims_it(peer: Peer) -> set[Found]:
    peer.api.member("ports", "web-port")["status"] = "ACTIVE"
    return {("not claimed", "port", "web-port", "status")}


def a_claimed_port_is_stuck_down(peer: Peer) -> set[Found]:
    port = peer.api.member("ports", "with-pairs")["id"]
    [chassis] = peer.place.sbctl("--bare", "--columns=_uuid", "find", "Chassis", "name=hv1").split()
    peer.place.sbctl("set", "Port_Binding", port, "up=true", f"chassis={chassis}")
    return {("stuck down", "port", "with-pairs", "status")}


def a_host_is_gone(peer: Peer) -> set[Found]:
    peer.api.member("ports", "open")["binding:host_id"] = "hv9"
    return {("host gone", "port", "open", "binding:host_id")}


def a_subport_is_at_another_trunk(peer: Peer) -> set[Found]:
    inner, other = (peer.api.member("ports", name)["id"] for name in ("inner-port", "open"))
    peer.place.nbctl("set", "Logical_Switch_Port", inner, f'parent_name="{other}"')
    return {("differs", "port", "inner-port", "switch port: parent_name")}


def ports_are_not_forwarded(peer: Peer) -> set[Found]:
    """One of a range, which has a load balancer of its own in Neutron, and one by itself."""
    [floating] = [each for each in peer.api.members("floatingips") if each["port_forwardings"]]
    ids = {
        each.get("external_port"): each["id"]
        for each in peer.api.members(f"floatingips/{floating['id']}/port_forwardings")
    }
    balancer = f"pf-floatingip-{floating['id']}-tcp"
    peer.place.nbctl("lb-del", f"{balancer}-8001", "--", "lb-del", balancer, f"{floating['floating_ip_address']}:2222",
                     "--", "lb-add", balancer, f"{floating['floating_ip_address']}:4444", "10.0.2.9:22")  # fmt: skip
    return {
        *(("member", "port_forwarding", ids[port], f"forwarded port {balancer}") for port in (None, 2222)),
        ("member", "", f"{balancer} {floating['floating_ip_address']}:4444", f"forwarded port {balancer}"),
    }


PLANTED: tuple[Callable[[Peer], set[Found]], ...] = (
    a_port_is_gone, a_port_says_another_address, a_group_is_gone, a_member_is_gone, a_rule_says_something_else,
    a_rule_is_left_over, a_network_is_left_over, a_floating_ip_is_not_translated, a_route_is_gone,
    a_subnet_tells_another_router, a_port_is_active_and_nobody_claims_it, a_claimed_port_is_stuck_down, a_host_is_gone,
    a_subport_is_at_another_trunk, ports_are_not_forwarded,
)  # fmt: skip


def test_a_neutron_in_step_has_none_and_each_one_planted_is_found(peer: Peer) -> None:
    assert drift(peer, 0) == []
    assert "no differences" in peer.cpal("drift", "neutron", *peer.endpoints).stderr

    expected = {each for plant in PLANTED for each in plant(peer)}
    peer.place.wait()
    rows = peer.rows("Logical_Switch"), peer.rows("Logical_Switch_Port")
    found = drift(peer)
    assert {(each["kind"], each["resource"], each["name"] or each["id"], each["what"]) for each in found} == expected
    assert all(each["remedy"] and each["id"] and (each["api"] or each["northbound"]) for each in found)
    assert (peer.rows("Logical_Switch"), peer.rows("Logical_Switch_Port")) == rows

    said = peer.cpal("drift", "neutron", *peer.endpoints, "--format=csv").stdout
    assert [row["id"] for row in csv.DictReader(io.StringIO(said))] == [each["id"] for each in found]
    assert peer.cpal("drift", "neutron", *peer.endpoints).stdout.count("\n") == len(found) + 1


def test_a_router_s_load_balancer_at_the_network_of_its_gateway_is_none_elsewhere_it_is_one(peer: Peer) -> None:
    """Neutron puts it there while the gateway is placed nowhere. Source: Neutron 29, portforwarding/drivers/ovn."""
    [floating] = [each for each in peer.api.members("floatingips") if each["port_forwardings"]]
    balancer = f"pf-floatingip-{floating['id']}-tcp"
    peer.place.nbctl("ls-lb-add", f"neutron-{floating['floating_network_id']}", balancer)
    assert drift(peer, 0) == []
    elsewhere = peer.api.member("networks", "rack")["id"]
    peer.place.nbctl("ls-lb-add", f"neutron-{elsewhere}", balancer)
    assert [(each["kind"], each["what"]) for each in drift(peer)] == [
        ("member", f"load balancer of a switch {elsewhere}")
    ]


def test_what_northd_did_not_do_is_told(peer: Peer) -> None:
    """A network and a port of it that came after northd died."""
    peer.place.stop_northd()
    network, port = ("99999999-1111-1111-1111-111111111111", "99999999-2222-2222-2222-222222222222")
    late = {"id": network, "name": "late", "provider:segmentation_id": 143}
    peer.api.members("networks").append({**peer.api.member("networks", "rack"), **late})
    made = {"id": port, "name": "late-port", "network_id": network, "fixed_ips": [], "security_groups": []}
    peer.api.members("ports").append({**peer.api.member("ports", "open"), **made})
    mac = peer.api.member("ports", "open")["mac_address"]
    peer.place.nbctl("ls-add", f"neutron-{network}", "--", "lsp-add", f"neutron-{network}", port,
                     "--", "lsp-set-addresses", port, mac, "unknown")  # fmt: skip
    found = {(each["kind"], each["name"]) for each in drift(peer)}
    assert found == {("no datapath", "late"), ("not realised", "late-port"), ("missing", "late")}


def test_of_what_was_taken_over_there_is_no_drift_of_neutrons(peer: Peer) -> None:
    peer.take_over()
    assert "is cpal's" in peer.cpal("drift", "neutron", *peer.endpoints, code=6).stderr
