"""QoS policies through the Networking API: openstacksdk, `openstack`, and what of it is in the Northbound database."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from typing import Any

import openstack
import pytest

from tests.support.cloud import PHYSICAL_NETWORK, Answer, Caller, Cloud
from tests.support.sdk import sdk_of
from tests.support.warm import program

pytestmark = pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
"""openstacksdk warns of its own code."""


@pytest.fixture
def admin(site: Cloud) -> Caller:
    """The administrator."""
    return site.administrator


@pytest.fixture
def sdk(site: Cloud) -> Iterator[Any]:
    """openstacksdk, signed in as the administrator."""
    with sdk_of(site) as client:
        yield client.network


def rows(site: Cloud, port: str) -> dict[str, tuple[Any, Any]]:
    """What OVN does to what comes from a port and goes to it: its meter and its mark, by direction."""
    found = site.rows("QoS", "direction", "match", "bandwidth", "action")
    return {each["direction"]: (dict(each["bandwidth"][1]), dict(each["action"][1]))
            for each in found if f'"{port}"' in each["match"]}  # fmt: skip


def options(site: Cloud, port: str) -> dict[str, str]:
    """The options of a switch port."""
    [found] = [each["options"] for each in site.rows("Logical_Switch_Port", "name", "options") if each["name"] == port]
    return dict(found[1])


def refused(answer: Answer, status: int, fault: str, words: str) -> None:
    """That it was refused so."""
    assert (answer.status, answer.fault) == (status, fault), answer
    assert words in answer.body["NeutronError"]["message"]


def made(caller: Caller, name: str, **rules: dict[str, Any]) -> str:
    """The id of a policy with rules, by what they are: `bandwidth_limit={"max_kbps": 100}`."""
    answer = caller.call("POST", "/v2.0/qos/policies", {"policy": {"name": name}})
    assert answer.status == 201, answer
    id = str(answer.body["policy"]["id"])
    for type, rule in rules.items():
        answer = caller.call("POST", f"/v2.0/qos/policies/{id}/{type}_rules", {f"{type}_rule": rule})
        assert answer.status == 201, answer
    return id


def test_openstacksdk_makes_a_policy_and_what_has_it_is_limited_in_ovn(site: Cloud, sdk: Any) -> None:
    policy = sdk.create_qos_policy(name="gold", description="for those who pay")
    limit = sdk.create_qos_bandwidth_limit_rule(policy, max_kbps=1000, max_burst_kbps=800)
    assert (limit.direction, limit.max_burst_kbps) == ("egress", 800)
    sdk.create_qos_bandwidth_limit_rule(policy, max_kbps=2000, direction="ingress")
    sdk.create_qos_dscp_marking_rule(policy, dscp_mark=26)
    with pytest.raises(openstack.exceptions.ConflictException, match="conflicts with rule"):
        sdk.create_qos_dscp_marking_rule(policy, dscp_mark=10)
    network = sdk.create_network(name="qos", qos_policy_id=policy.id)
    port, other = (sdk.create_port(network_id=network.id) for _ in range(2))
    assert (port.qos_policy_id, port.qos_network_policy_id) == (None, policy.id)
    both = {"from-lport": ({"rate": 1000, "burst": 800}, {"dscp": 26}), "to-lport": ({"rate": 2000}, {})}
    assert rows(site, port.id) == rows(site, other.id) == both
    sdk.update_qos_bandwidth_limit_rule(limit, policy, max_kbps=500, max_burst_kbps=0)
    assert rows(site, port.id)["from-lport"] == ({"rate": 500}, {"dscp": 26})
    own = sdk.create_qos_policy(name="own")
    sdk.create_qos_dscp_marking_rule(own, dscp_mark=46)
    port = sdk.update_port(port, qos_policy_id=own.id)
    assert rows(site, port.id) == {"from-lport": ({}, {"dscp": 46})}
    for each in (policy, own):
        with pytest.raises(openstack.exceptions.ConflictException, match="is used by"):
            sdk.delete_qos_policy(each)
    network = sdk.update_network(network, qos_policy_id=None)
    assert {found.id: found.qos_network_policy_id for found in sdk.ports(network_id=network.id)} == {
        port.id: None, other.id: None,
    }  # fmt: skip
    assert rows(site, other.id) == {}
    assert sdk.update_port(port, qos_policy_id=None).qos_policy_id is None
    assert [rule["type"] for rule in sdk.get_qos_policy(policy.id).rules] == [
        "bandwidth_limit", "bandwidth_limit", "dscp_marking",
    ]  # fmt: skip
    for each in (policy, own):
        sdk.delete_qos_policy(each)
    assert not [rule for rule in site.rows("QoS", "match") if port.id in rule["match"]]
    assert site.ops() == []


def test_a_floating_ip_and_a_gateway_are_limited_outside(site: Cloud, admin: Caller) -> None:
    policy = made(admin, "edge", bandwidth_limit={"max_kbps": 300})
    segment = {"provider:network_type": "vlan", "provider:physical_network": PHYSICAL_NETWORK}
    public = admin.post("networks", name="qos public", **{"router:external": True}, **segment)
    admin.post("subnets", network_id=public["id"], ip_version=4, cidr="203.0.113.0/24")
    inside = admin.post("networks", name="qos inside")
    subnet = admin.post("subnets", network_id=inside["id"], ip_version=4, cidr="10.9.0.0/24")
    info = {"network_id": public["id"], "qos_policy_id": policy}
    router = admin.post("routers", name="qos", external_gateway_info=info)
    assert router["external_gateway_info"]["qos_policy_id"] == policy
    [gateway] = admin.list("ports", ("device_id", router["id"]))
    assert rows(site, gateway["id"]) == {"from-lport": ({"rate": 300}, {})}
    admin.put(f"routers/{router['id']}/add_router_interface", {"subnet_id": subnet["id"]})
    port = admin.post("ports", network_id=inside["id"])
    floating = admin.post("floatingips", floating_network_id=public["id"], port_id=port["id"], qos_policy_id=policy)
    assert floating["qos_policy_id"] == policy
    [row] = [each for each in site.rows("QoS", "match", "priority") if floating["floating_ip_address"] in each["match"]]
    assert row["match"] == (
        f'inport == "{gateway["id"]}" && ip4.src == {floating["floating_ip_address"]} && '
        f'is_chassis_resident("cr-lrp-{gateway["id"]}")'
    )
    kept = admin.put(f"routers/{router['id']}", {"router": {"external_gateway_info": {"network_id": public["id"]}}})
    assert kept["router"]["external_gateway_info"]["qos_policy_id"] == policy
    unlimited = {"network_id": public["id"], "qos_policy_id": None}
    bare = admin.put(f"routers/{router['id']}", {"router": {"external_gateway_info": unlimited}})
    assert "qos_policy_id" not in bare["router"]["external_gateway_info"]
    assert rows(site, gateway["id"]).keys() == {"from-lport"}, "the floating IP's"
    answer = admin.call("PUT", f"/v2.0/ports/{gateway['id']}", {"port": {"qos_policy_id": policy}})
    refused(answer, 409, "QosRuleNotSupported", "OVN limits a router at its gateway alone")
    admin.delete(f"floatingips/{floating['id']}")
    admin.put(f"routers/{router['id']}/remove_router_interface", {"subnet_id": subnet["id"]})
    for path in (f"ports/{port['id']}", f"routers/{router['id']}", f"networks/{inside['id']}",
                 f"networks/{public['id']}", f"qos/policies/{policy}"):  # fmt: skip
        admin.delete(path)


def test_bandwidth_is_guaranteed_on_a_physical_network_and_refused_elsewhere(site: Cloud, admin: Caller) -> None:
    policy = made(admin, "sure", minimum_bandwidth={"min_kbps": 400})
    segment = {"provider:network_type": "vlan", "provider:physical_network": PHYSICAL_NETWORK}
    wire = admin.post("networks", name="wire", qos_policy_id=policy, **segment)
    port = admin.post("ports", network_id=wire["id"])
    assert options(site, port["id"])["qos_min_rate"] == "400000"
    overlay = admin.post("networks", name="overlay")
    for answer in (
        admin.call("PUT", f"/v2.0/networks/{overlay['id']}", {"network": {"qos_policy_id": policy}}),
        admin.call("POST", "/v2.0/ports", {"port": {"network_id": overlay["id"], "qos_policy_id": policy}}),
    ):
        refused(answer, 409, "QosRuleNotSupported", "guarantees bandwidth, which a geneve network cannot")
    rules = f"/v2.0/qos/policies/{policy}"
    answer = admin.call("POST", f"{rules}/minimum_bandwidth_rules",
                        {"minimum_bandwidth_rule": {"min_kbps": 1, "direction": "ingress"}})  # fmt: skip
    refused(answer, 400, "InvalidInput", "OVN has queues for what ports send to a physical network")
    answer = admin.call("POST", f"{rules}/bandwidth_limit_rules", {"bandwidth_limit_rule": {"max_kbps": 399}})
    refused(answer, 409, "QoSRuleParameterConflict", "the existing rule of type minimum_bandwidth has value 400")
    answer = admin.call("POST", f"{rules}/packet_rate_limit_rules", {"packet_rate_limit_rule": {"max_kpps": 1}})
    refused(answer, 404, "HTTPNotFound", "OVN's meters count bits, not packets")
    limited = made(admin, "limited")
    admin.put(f"networks/{overlay['id']}", {"network": {"qos_policy_id": limited}})
    answer = admin.call("POST", f"/v2.0/qos/policies/{limited}/minimum_bandwidth_rules",
                        {"minimum_bandwidth_rule": {"min_kbps": 1}})  # fmt: skip
    refused(answer, 409, "QosRuleNotSupported", "guarantees bandwidth")
    for path in (f"ports/{port['id']}", f"networks/{wire['id']}", f"networks/{overlay['id']}",
                 f"qos/policies/{policy}", f"qos/policies/{limited}"):  # fmt: skip
        admin.delete(path)


def test_rules_go_by_their_own_ids_too_and_only_with_their_own_policy(admin: Caller) -> None:
    policy, other = made(admin, "one", bandwidth_limit={"max_kbps": 100}), made(admin, "other")
    [rule] = admin.get(f"qos/policies/{policy}/bandwidth_limit_rules")["bandwidth_limit_rules"]
    alias = f"qos/alias_bandwidth_limit_rules/{rule['id']}"
    assert admin.get(alias) == {"alias_bandwidth_limit_rule": rule}
    changed = admin.put(alias, {"alias_bandwidth_limit_rule": {"direction": "ingress"}})
    assert changed == {"alias_bandwidth_limit_rule": {**rule, "direction": "ingress"}}
    answer = admin.call("GET", f"/v2.0/qos/policies/{other}/bandwidth_limit_rules/{rule['id']}")
    refused(answer, 404, "QosRuleNotFound", f"QoS rule {rule['id']} for policy {other} could not be found.")
    assert admin.call("GET", f"/v2.0/qos/policies/{policy}/dscp_marking_rules/{rule['id']}").status == 404
    assert admin.call("GET", "/v2.0/qos/alias_bandwidth_limit_rules").status in (404, 405)
    answer = admin.call("PUT", f"/v2.0/{alias}", {"alias_bandwidth_limit_rule": {"max_kbps": -1}})
    refused(answer, 400, "HTTPBadRequest", "Invalid input for max_kbps")
    admin.delete(alias)
    assert admin.get(f"qos/policies/{policy}/bandwidth_limit_rules") == {"bandwidth_limit_rules": []}
    admin.put(f"qos/policies/{policy}/tags", {"tags": ["paid"]})
    assert admin.get(f"qos/policies/{policy}")["policy"]["tags"] == ["paid"]
    for each in (policy, other):
        admin.delete(f"qos/policies/{each}")


def test_types_of_rules_are_what_ovn_can_hold(site: Cloud, admin: Caller) -> None:
    types = [each["type"] for each in admin.get("qos/rule-types", ("all_supported", "True"))["rule_types"]]
    assert types == ["bandwidth_limit", "dscp_marking", "minimum_bandwidth"]
    [driver] = admin.get("qos/rule-types/minimum_bandwidth")["rule_type"]["drivers"]
    assert {"parameter_name": "direction", "parameter_type": "choices", "parameter_values": ["egress"]} in driver[
        "supported_parameters"
    ]
    member = site.member("qos-readers")
    assert [each["type"] for each in member.get("qos/rule-types")["rule_types"]] == types
    assert member.call("GET", "/v2.0/qos/rule-types/dscp_marking").status == 403


def test_a_project_uses_what_is_shared_with_it_and_sees_and_changes_nothing_else(site: Cloud, admin: Caller) -> None:
    member, manager = site.member("qos-users"), site.with_role("qos-users", "manager")
    policy = made(admin, "private", dscp_marking={"dscp_mark": 8})
    network = member.post("networks", name="limited")
    paths = (f"qos/policies/{policy}", f"qos/policies/{policy}/dscp_marking_rules")
    assert {member.call("GET", f"/v2.0/{path}").status for path in paths} == {404}
    answer = member.call("PUT", f"/v2.0/networks/{network['id']}", {"network": {"qos_policy_id": policy}})
    refused(answer, 404, "QosPolicyNotFound", f"QoS policy {policy} could not be found.")
    assert member.call("POST", "/v2.0/qos/policies", {"policy": {"name": "own"}}).status == 403
    assert member.call("POST", f"/v2.0/{paths[1]}", {"dscp_marking_rule": {"dscp_mark": 10}}).status == 403
    own = made(manager, "own", dscp_marking={"dscp_mark": 10})
    assert [each["id"] for each in member.list("qos/policies")] == [own]
    grant = {"object_type": "qos_policy", "object_id": policy, "action": "access_as_shared"}
    answer = admin.call("POST", "/v2.0/rbac-policies", {"rbac_policy": {**grant, "target_tenant": member.project_id}})
    rbac = answer.body["rbac_policy"]
    assert member.get(paths[0])["policy"]["shared"] is True
    member.put(f"networks/{network['id']}", {"network": {"qos_policy_id": policy}})
    assert admin.call("DELETE", f"/v2.0/rbac-policies/{rbac['id']}").fault == "RbacPolicyInUse"
    admin.put(f"networks/{network['id']}", {"network": {"qos_policy_id": None}})
    admin.delete(f"rbac-policies/{rbac['id']}")
    assert member.call("GET", f"/v2.0/{paths[0]}").status == 404
    admin.put(f"networks/{network['id']}", {"network": {"qos_policy_id": policy}})
    answer = member.call("PUT", f"/v2.0/networks/{network['id']}", {"network": {"qos_policy_id": own}})
    refused(answer, 403, "PolicyRemoveAuthorizationError", "because you are not authorized")
    member.delete(f"networks/{network['id']}")
    admin.delete(paths[0])
    manager.delete(f"qos/policies/{own}")


def test_a_grant_to_the_policy_s_own_project_is_taken_back_though_that_uses_it(site: Cloud, admin: Caller) -> None:
    policy = made(admin, "own use", dscp_marking={"dscp_mark": 8})
    network = admin.post("networks", name="limited", qos_policy_id=policy)
    grant = {"object_type": "qos_policy", "object_id": policy, "action": "access_as_shared"}

    def granted(target: str) -> str:
        answer = admin.call("POST", "/v2.0/rbac-policies", {"rbac_policy": {**grant, "target_tenant": target}})
        return f"/v2.0/rbac-policies/{answer.body['rbac_policy']['id']}"

    own, everyone = granted(admin.project_id), granted("*")
    assert admin.call("DELETE", own).status == 204
    assert admin.call("DELETE", everyone).fault == "RbacPolicyInUse", "for everyone the owner counts, as in Neutron"
    admin.delete(f"networks/{network['id']}")
    admin.delete(everyone.removeprefix("/v2.0/"))
    admin.delete(f"qos/policies/{policy}")


def test_networks_have_the_default_policy_of_their_project(site: Cloud, admin: Caller) -> None:
    manager = site.with_role("qos-default", "manager")
    usual = manager.call("POST", "/v2.0/qos/policies", {"policy": {"name": "usual", "is_default": True}}).body["policy"]
    answer = manager.call("POST", "/v2.0/qos/policies", {"policy": {"name": "second", "is_default": True}})
    refused(answer, 409, "QoSPolicyDefaultAlreadyExists", manager.project_id)
    member = site.member("qos-default")
    network = member.post("networks", name="usual")
    assert network["qos_policy_id"] == usual["id"]
    assert admin.post("networks", name="of another")["qos_policy_id"] is None
    manager.put(f"qos/policies/{usual['id']}", {"policy": {"is_default": False}})
    assert member.post("networks", name="later")["qos_policy_id"] is None


def test_the_openstack_program_makes_a_policy_and_gives_it_to_a_port(site: Cloud) -> None:
    def said(*words: str, form: str = "json") -> Any:
        argv = [program("openstack"), *words, *(("-f", form) if form else ())]
        done = subprocess.run(argv, env={**os.environ, **site.openrc()}, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if form else None

    policy = said("network", "qos", "policy", "create", "cli policy")
    said("network", "qos", "rule", "create", "--type", "bandwidth-limit", "--max-kbps", "700", "--egress", "cli policy")
    said("network", "create", "cli qos")
    port = said("port", "create", "--network", "cli qos", "--qos-policy", "cli policy", "cli qos")
    assert port["qos_policy_id"] == policy["id"]
    assert rows(site, port["id"]) == {"from-lport": ({"rate": 700}, {})}
    [rule] = said("network", "qos", "rule", "list", "cli policy")
    assert (rule["Type"], rule["Max Kbps"]) == ("bandwidth_limit", 700)
    assert "dscp_marking" in {each["Type"] for each in said("network", "qos", "rule", "type", "list")}
    said("port", "delete", "cli qos", form="")
    said("network", "delete", "cli qos", form="")
    said("network", "qos", "policy", "delete", "cli policy", form="")
