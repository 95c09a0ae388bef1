"""Auto-allocated topologies: a project that asks gets a network with a way out, all of it or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from tests.support.cloud import Answer, Caller, Cloud


@pytest.fixture
def red(site: Cloud) -> Caller:
    """A member of a project of the test's own."""
    return site.member(f"red-{uuid4().hex[:8]}")


@pytest.fixture
def outside(site: Cloud) -> Iterator[dict[str, Any]]:
    """The default external network and the default pool, for the time of a test."""
    admin = site.administrator
    network = admin.post("networks", name="outside", is_default=True, **{"router:external": True})
    admin.post("subnets", network_id=network["id"], ip_version=4, cidr="198.51.100.0/24")
    pool = admin.post("subnetpools", name="usual", prefixes=["10.96.0.0/16"], default_prefixlen=26, is_default=True,
                      shared=True)  # fmt: skip
    yield network
    admin = site.administrator  # a connection that was idle for long is closed
    admin.delete(f"networks/{network['id']}")
    admin.delete(f"subnetpools/{pool['id']}")


def asked(caller: Caller, project_id: str, query: str = "") -> Answer:
    """What the server says to who asks for the topology of a project."""
    return caller.call("GET", f"/v2.0/auto-allocated-topology/{project_id}{query}")


def test_a_project_gets_its_network_once_and_can_give_it_back(
    site: Cloud, red: Caller, outside: dict[str, Any]
) -> None:
    assert outside["is_default"] is True
    answer = asked(red, red.project_id)
    assert answer.status == 200, answer
    topology = answer.body["auto_allocated_topology"]
    assert topology["project_id"] == red.project_id
    assert asked(red, red.project_id).body["auto_allocated_topology"] == topology
    [network] = red.list("networks", ("project_id", red.project_id))
    [subnet] = red.list("subnets", ("network_id", network["id"]))
    [router] = red.list("routers")
    assert (network["id"], network["name"], subnet["cidr"][:6]) == (topology["id"], "auto_allocated_network", "10.96.")
    assert router["external_gateway_info"]["network_id"] == outside["id"]
    assert router["external_gateway_info"]["external_fixed_ips"]
    ports = red.list("ports", ("device_id", router["id"]))
    inside = [each for each in ports if each["device_owner"] == "network:router_interface"]
    assert [each["fixed_ips"] for each in inside] == [[{"subnet_id": subnet["id"], "ip_address": subnet["gateway_ip"]}]]
    assert site.ops() == []
    port = red.post("ports", network_id=network["id"])
    kept = red.call("DELETE", f"/v2.0/auto-allocated-topology/{red.project_id}")
    assert (kept.status, kept.fault) == (409, "NetworkInUse")
    assert len(red.list("routers")) == 1
    red.delete(f"ports/{port['id']}")
    for _ in range(2):
        red.delete(f"auto-allocated-topology/{red.project_id}")
    assert red.list("routers") == []
    assert red.list("subnets", ("network_id", network["id"])) == []
    assert site.ops() == []


def test_a_dry_run_says_what_is_missing(site: Cloud, red: Caller) -> None:
    admin = site.administrator
    missing = asked(red, red.project_id, "?fields=dry-run")
    assert (missing.status, missing.fault) == (409, "AutoAllocationFailure")
    assert missing.body["NeutronError"]["message"] == "Deployment error: No default router:external network."
    network = admin.post("networks", name="outside", is_default=True, **{"router:external": True})["id"]
    no_pools = asked(red, red.project_id, "?fields=dry-run").body["NeutronError"]["message"]
    assert no_pools == "Deployment error: No default subnetpools defined."
    assert asked(red, red.project_id).body["NeutronError"]["message"] == (
        "Deployment error: Unable to provide project private network."
    )
    assert red.list("networks", ("name", "auto_allocated_network")) == []
    pool = admin.post("subnetpools", name="six", prefixes=["fd00:6::/48"], is_default=True, shared=True)["id"]
    passed = asked(red, red.project_id, "?fields=dry-run").body["auto_allocated_topology"]
    assert (passed["id"], passed["project_id"]) == ("dry-run=pass", red.project_id)
    assert asked(red, red.project_id, "?fields=name").status == 400
    admin.delete(f"subnetpools/{pool}")
    admin.delete(f"networks/{network}")


def test_there_is_one_default_network_and_it_is_everyone_s(site: Cloud, outside: dict[str, Any]) -> None:
    admin = site.administrator
    second = {"network": {"name": "second", "router:external": True, "is_default": True}}
    answer = admin.call("POST", "/v2.0/networks", second)
    assert (answer.status, answer.fault) == (409, "DefaultExternalNetworkExists")
    [policy] = admin.list("rbac-policies", ("object_id", outside["id"]))
    kept = admin.call("DELETE", f"/v2.0/rbac-policies/{policy['id']}")
    assert (kept.status, kept.fault) == (409, "RbacPolicyInUse")
    inside = admin.put(f"networks/{outside['id']}", {"network": {"router:external": False}})["network"]
    assert inside["router:external"] is False
    assert "is_default" not in inside, "as Neutron, which shows it of external networks"


def test_nobody_gets_it_for_others_and_a_reader_gets_nothing_made(
    site: Cloud, red: Caller, outside: dict[str, Any]
) -> None:
    name = f"blue-{uuid4().hex[:8]}"
    reader = site.with_role(name, "reader")
    assert asked(red, reader.project_id).status == 403
    assert asked(reader, reader.project_id).status == 403
    member = site.member(name)
    assert asked(member, "None").status == 200
    assert asked(reader, reader.project_id).status == 200
    assert asked(site.administrator, reader.project_id).status == 200
    member.delete(f"auto-allocated-topology/{reader.project_id}")
