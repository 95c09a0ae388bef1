"""Revision numbers grow with what is part of a thing, as Neutron's do, and nothing else of the thing changes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from tests.support.cloud import Caller, Cloud

Made = dict[str, Any]


@pytest.fixture
def red(site: Cloud) -> Caller:
    """A manager of a project of the test's own, who may make QoS policies too."""
    name = f"red-{uuid4().hex[:8]}"
    site.member(name)
    return site.with_role(name, "manager")


def revision(caller: Caller, path: str) -> int:
    """The revision that is shown of a thing."""
    [shown] = caller.get(path).values()
    return int(shown["revision_number"])


def grows(caller: Caller, path: str, does: Callable[[], Any]) -> Any:
    """What is done, after which the thing is one revision older and otherwise as it was, but for its parts."""
    before = revision(caller, path)
    done = does()
    assert revision(caller, path) == before + 1
    return done


def test_a_network_with_its_subnets_and_with_whom_it_is_shared(site: Cloud, red: Caller) -> None:
    network = red.post("networks", name="web")["id"]
    path = f"networks/{network}"
    subnet = grows(red, path, lambda: red.post("subnets", network_id=network, ip_version=4, cidr="10.0.0.0/24"))
    grows(red, path, lambda: red.put(f"subnets/{subnet['id']}", {"subnet": {"name": "other"}}))
    grows(red, path, lambda: red.delete(f"subnets/{subnet['id']}"))
    sharing = {"object_type": "network", "object_id": network, "action": "access_as_shared"}
    policy = grows(red, path, lambda: red.post("rbac-policies", **sharing, target_tenant=str(uuid4())))
    to = {"rbac_policy": {"target_tenant": str(uuid4())}}
    grows(red, path, lambda: red.put(f"rbac-policies/{policy['id']}", to))
    grows(red, path, lambda: red.delete(f"rbac-policies/{policy['id']}"))
    before = revision(red, path)
    red.post("ports", network_id=network)
    assert revision(red, path) == before
    seen = {"If-Match": f"revision_number={before - 1}"}
    assert red.call("PUT", f"/v2.0/{path}", {"network": {"name": "late"}}, seen).status == 412
    assert site.ops() == []


def test_groups_and_policies_with_their_rules(site: Cloud, red: Caller) -> None:
    group = red.post("security-groups", name="web")["id"]
    path = f"security-groups/{group}"
    rule = {"security_group_id": group, "direction": "ingress", "protocol": "tcp"}
    made = grows(red, path, lambda: red.post("security-group-rules", **rule))
    grows(red, path, lambda: red.delete(f"security-group-rules/{made['id']}"))
    policy = red.post("qos/policies", name="gold")["id"]
    path = f"qos/policies/{policy}"
    made = grows(red, path, lambda: red.post(f"{path}/dscp_marking_rules", dscp_mark=10))
    mark = {"dscp_marking_rule": {"dscp_mark": 12}}
    grows(red, path, lambda: red.put(f"{path}/dscp_marking_rules/{made['id']}", mark))
    grows(red, path, lambda: red.delete(f"{path}/dscp_marking_rules/{made['id']}"))
    assert site.ops() == []


def test_a_router_with_its_interfaces_and_a_floating_ip_with_its_port_forwardings(site: Cloud, red: Caller) -> None:
    public = site.administrator.post("networks", name="public", **{"router:external": True})["id"]
    site.administrator.post("subnets", network_id=public, ip_version=4, cidr="203.0.113.0/24")
    network = red.post("networks", name="web")["id"]
    subnet = red.post("subnets", network_id=network, ip_version=4, cidr="10.0.0.0/24")["id"]
    router = red.post("routers", name="edge", external_gateway_info={"network_id": public})["id"]
    path, joined = f"routers/{router}", {"subnet_id": subnet}
    grows(red, path, lambda: red.put(f"{path}/add_router_interface", joined))
    floating = red.post("floatingips", floating_network_id=public)["id"]
    held = red.post("ports", network_id=network)
    port, inside = held["id"], held["fixed_ips"][0]["ip_address"]
    forwarding = {"protocol": "tcp", "external_port": 2222, "internal_port": 22, "internal_port_id": port,
                  "internal_ip_address": inside}  # fmt: skip
    forwardings = f"floatingips/{floating}/port_forwardings"
    before = revision(red, f"ports/{port}")
    made = grows(red, f"floatingips/{floating}", lambda: red.post(forwardings, **forwarding))
    assert revision(red, f"ports/{port}") == before + 1
    grows(red, f"floatingips/{floating}", lambda: red.delete(f"{forwardings}/{made['id']}"))
    grows(red, path, lambda: red.put(f"{path}/remove_router_interface", joined))
    assert site.ops() == []


def test_what_only_grew_older_is_told_by_nobody_and_undone_with_the_rest(site: Cloud, red: Caller) -> None:
    network = red.post("networks", name="web")["id"]
    red.post("subnets", network_id=network, ip_version=4, cidr="10.0.0.0/24", name="parted")
    latest = max(json.loads(site.cpal("history", "--format", "json").stdout), key=lambda each: int(each["revision"]))
    number = int(latest["revision"])
    told = site.cpal("diff", str(number - 1), str(number)).stdout
    assert "Records: 1 to create\n" in told
    assert "parted" in told
    site.cpal("undo", str(number), "--yes")
    assert red.list("subnets", ("network_id", network)) == []
    assert red.get(f"networks/{network}")["network"]["name"] == "web"
    assert site.ops() == []
