"""RBAC policies, asked by plain clients of two projects: what they grant, to whom, and what keeps them from going."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.support.cloud import Answer, Caller, Cloud

SHARED, EXTERNAL = "access_as_shared", "access_as_external"


@pytest.fixture
def red(site: Cloud) -> Caller:
    """A member of a project that has things."""
    return site.member(f"red-{uuid4().hex[:8]}")


@pytest.fixture
def blue(site: Cloud) -> Caller:
    """A member of a project that has none."""
    return site.member(f"blue-{uuid4().hex[:8]}")


@pytest.fixture
def green(site: Cloud) -> Caller:
    """A member of a third project."""
    return site.member(f"green-{uuid4().hex[:8]}")


def asked(caller: Caller, type: str, id: str, target: str, action: str = SHARED) -> Answer:
    """What the server says to a policy."""
    body = {"object_type": type, "object_id": id, "action": action, "target_tenant": target}
    return caller.call("POST", "/v2.0/rbac-policies", {"rbac_policy": body})


def granted(caller: Caller, type: str, id: str, target: str, action: str = SHARED) -> dict[str, Any]:
    """A policy, which must be possible."""
    answer = asked(caller, type, id, target, action)
    assert answer.status == 201, answer
    made: dict[str, Any] = answer.body["rbac_policy"]
    return made


def refusal(answer: Answer) -> tuple[int, str]:
    """Status and type of a fault."""
    return answer.status, answer.fault


def removed(caller: Caller, policy: dict[str, Any]) -> Answer:
    """What the server says to the deletion of a policy."""
    return caller.call("DELETE", f"/v2.0/rbac-policies/{policy['id']}")


def policies_of(caller: Caller, id: str) -> list[dict[str, Any]]:
    """The policies that are shown for a thing, by whom they are for."""
    return sorted(caller.list("rbac-policies", ("object_id", id)), key=lambda each: str(each["target_tenant"]))


def seen(caller: Caller, collection: str, id: str) -> bool | None:
    """How `shared` is shown of a thing, in a list and by itself; None where the caller does not see it."""
    listed = [each["shared"] for each in caller.list(collection) if each["id"] == id]
    answer = caller.call("GET", f"/v2.0/{collection}/{id}")
    if answer.status == 404:
        assert listed == []
        return None
    [shown] = answer.body.values()
    assert listed == [shown["shared"]]
    return bool(shown["shared"])


def test_a_network_is_shared_with_one_project_while_it_is_granted(
    site: Cloud, red: Caller, blue: Caller, green: Caller
) -> None:
    network = red.post("networks", name="web")["id"]
    subnet = red.post("subnets", network_id=network, ip_version=4, cidr="10.0.0.0/24")["id"]
    assert seen(blue, "networks", network) is None
    policy = granted(red, "network", network, blue.project_id)
    assert policy == {
        "id": policy["id"], "project_id": red.project_id, "tenant_id": red.project_id, "object_type": "network",
        "object_id": network, "action": SHARED, "target_tenant": blue.project_id,
    }  # fmt: skip
    assert [seen(each, "networks", network) for each in (red, blue, green)] == [False, True, None]
    assert [len(each.list("subnets", ("id", subnet))) for each in (blue, green)] == [1, 0]
    assert blue.list("rbac-policies") == []
    body = {"port": {"network_id": network}}
    assert refusal(green.call("POST", "/v2.0/ports", body)) == (404, "NetworkNotFound")
    port = blue.post("ports", network_id=network)
    assert port["project_id"] == blue.project_id
    used = removed(red, policy)
    assert refusal(used) == (409, "RbacPolicyInUse")
    assert f"project_id={blue.project_id}" in used.text
    moved = {"rbac_policy": {"target_tenant": green.project_id}}
    path = f"/v2.0/rbac-policies/{policy['id']}"
    assert refusal(red.call("PUT", path, moved)) == (409, "RbacPolicyInUse")
    assert site.ops() == []
    blue.delete(f"ports/{port['id']}")
    assert red.call("PUT", path, moved).body["rbac_policy"]["target_tenant"] == green.project_id
    assert [seen(each, "networks", network) for each in (red, blue, green)] == [False, None, True]
    assert removed(red, policy).status == 204
    assert seen(green, "networks", network) is None


def test_subnets_are_found_by_whether_their_network_is_shared_with_who_asks(
    site: Cloud, red: Caller, blue: Caller
) -> None:
    plain, granted_one = (red.post("networks", name="web")["id"] for _ in range(2))
    open_one = site.administrator.post("networks", name="all", shared=True, project_id=red.project_id)["id"]
    networks = {"plain": plain, "granted": granted_one, "open": open_one}
    subnets = {
        name: red.post("subnets", network_id=id, ip_version=4, cidr="10.0.0.0/24") for name, id in networks.items()
    }
    granted(red, "network", granted_one, blue.project_id)

    def found(caller: Caller, word: str) -> set[str]:
        ids = {subnet["id"] for subnet in caller.list("subnets", ("shared", word))}
        return {name for name, subnet in subnets.items() if subnet["id"] in ids}

    for word in ("True", "true", "1"):
        assert (found(red, word), found(blue, word)) == ({"open"}, {"open", "granted"})
    assert found(red, "False") == {"plain", "granted"}
    assert found(blue, "False") == set()
    assert found(site.administrator, "False") == {"plain", "granted"}
    assert not any("shared" in subnet for subnet in (*red.list("subnets"), *subnets.values()))
    assert red.list("subnets", ("id", subnets["open"]["id"]), ("fields", "shared")) == [{}]
    assert red.call("GET", "/v2.0/subnets?sort_key=shared&sort_dir=asc").status == 400
    sent = {"subnet": {"network_id": plain, "ip_version": 4, "cidr": "10.1.0.0/24", "shared": True}}
    assert red.call("POST", "/v2.0/subnets", sent).status == 400
    assert red.call("PUT", f"/v2.0/subnets/{subnets['plain']['id']}", {"subnet": {"shared": True}}).status == 400


def test_a_shared_network_is_a_policy_for_everyone(site: Cloud, blue: Caller) -> None:
    admin = site.administrator
    network = admin.post("networks", name="all", shared=True)["id"]
    [policy] = policies_of(admin, network)
    assert (policy["object_type"], policy["action"], policy["target_tenant"]) == ("network", SHARED, "*")
    assert admin.get(f"rbac-policies/{policy['id']}")["rbac_policy"] == policy
    assert refusal(asked(admin, "network", network, "*")) == (409, "DuplicateRbacPolicy")
    port = blue.post("ports", network_id=network)["id"]
    assert refusal(removed(admin, policy)) == (409, "RbacPolicyInUse")
    unshared = {"network": {"shared": False}}
    assert refusal(admin.call("PUT", f"/v2.0/networks/{network}", unshared)) == (409, "InvalidSharedSetting")
    kept = granted(admin, "network", network, blue.project_id)
    assert removed(admin, policy).status == 204
    assert admin.get(f"networks/{network}")["network"]["shared"] is False
    assert policies_of(admin, network) == [kept]
    blue.delete(f"ports/{port}")
    again = granted(admin, "network", network, "*")
    assert admin.get(f"networks/{network}")["network"]["shared"] is True
    admin.put(f"networks/{network}", {"network": {"shared": True}})
    assert policies_of(admin, network) == [again, kept]
    admin.put(f"networks/{network}", unshared)
    assert policies_of(admin, network) == [kept]
    admin.delete(f"networks/{network}")
    assert policies_of(admin, network) == []


def test_the_policy_of_a_shared_network_can_be_given_to_one_project(site: Cloud, blue: Caller, green: Caller) -> None:
    admin = site.administrator
    network = admin.post("networks", name="all", shared=True)["id"]
    [policy] = policies_of(admin, network)
    for field in ("project_id", "tenant_id"):
        assert policy in admin.list("rbac-policies", (field, admin.project_id))
        assert policy not in admin.list("rbac-policies", (field, blue.project_id))
    changed = admin.put(f"rbac-policies/{policy['id']}", {"rbac_policy": {"target_tenant": blue.project_id}})
    assert changed["rbac_policy"] == {**policy, "target_tenant": blue.project_id}
    assert [seen(each, "networks", network) for each in (admin, blue, green)] == [False, True, None]
    admin.put(f"networks/{network}", {"network": {"shared": True}})
    everyone, mine = policies_of(admin, network)
    assert (mine["id"], everyone["target_tenant"]) == (policy["id"], "*")
    assert everyone["id"] != mine["id"]
    admin.delete(f"networks/{network}")


def test_a_network_is_external_to_those_whom_policies_name(site: Cloud, blue: Caller, green: Caller) -> None:
    admin = site.administrator
    network = admin.post("networks", name="outside")["id"]
    admin.post("subnets", network_id=network, ip_version=4, cidr="198.51.100.0/24")
    mine = granted(admin, "network", network, blue.project_id, EXTERNAL)
    assert admin.get(f"networks/{network}")["network"]["router:external"] is True
    assert [seen(each, "networks", network) for each in (blue, green)] == [False, None]
    gateway = {"external_gateway_info": {"network_id": network}}
    assert refusal(green.call("POST", "/v2.0/routers", {"router": gateway})) == (404, "NetworkNotFound")
    router = blue.post("routers", **gateway)["id"]
    assert refusal(removed(admin, mine)) == (409, "RbacPolicyInUse")
    everyone = granted(admin, "network", network, "*", EXTERNAL)
    assert seen(green, "networks", network) is False
    assert removed(admin, mine).status == 204
    assert refusal(removed(admin, everyone)) == (409, "RbacPolicyInUse")
    blue.delete(f"routers/{router}")
    assert removed(admin, everyone).status == 204
    assert admin.get(f"networks/{network}")["network"]["router:external"] is False
    admin.delete(f"networks/{network}")


def test_an_external_network_stays_everyone_s_when_a_policy_names_one(site: Cloud, blue: Caller, green: Caller) -> None:
    admin = site.administrator
    network = admin.post("networks", name="outside", **{"router:external": True})["id"]
    [everyone] = policies_of(admin, network)
    assert (everyone["action"], everyone["target_tenant"]) == (EXTERNAL, "*")
    mine = granted(admin, "network", network, blue.project_id, EXTERNAL)
    assert policies_of(admin, network) == [everyone, mine]
    assert seen(green, "networks", network) is False
    assert removed(admin, everyone).status == 204
    assert [seen(each, "networks", network) for each in (blue, green)] == [False, None]
    admin.put(f"networks/{network}", {"network": {"router:external": False}})
    assert policies_of(admin, network) == []
    admin.delete(f"networks/{network}")


def test_groups_scopes_and_pools_are_shared_too(site: Cloud, red: Caller, blue: Caller, green: Caller) -> None:
    group = red.post("security-groups", name="web")["id"]
    addresses = red.post("address-groups", name="office", addresses=["192.0.2.0/24"])["id"]
    scope = red.post("address-scopes", name="scope", ip_version=4)["id"]
    pool = red.post("subnetpools", name="pool", prefixes=["10.0.0.0/16"], default_prefixlen=24)["id"]
    things = {
        "security-groups": ("security_group", group), "address-groups": ("address_group", addresses),
        "address-scopes": ("address_scope", scope), "subnetpools": ("subnetpool", pool),
    }  # fmt: skip
    policies = {}
    for collection, (type, id) in things.items():
        assert seen(blue, collection, id) is None
        policies[collection] = granted(red, type, id, blue.project_id)
        assert [seen(each, collection, id) for each in (red, blue, green)] == [False, True, None]
    network = blue.post("networks", name="web")["id"]
    own = blue.post("security-groups", name="own")["id"]
    blue.post("security-group-rules", security_group_id=own, direction="ingress", remote_address_group_id=addresses)
    blue.post("subnetpools", name="theirs", prefixes=["10.9.0.0/16"], address_scope_id=scope)
    assert blue.post("subnets", network_id=network, ip_version=4, subnetpool_id=pool)["cidr"] == "10.0.0.0/24"
    blue.post("ports", network_id=network, security_groups=[group])
    for collection, (type, id) in things.items():
        body = {type: {"name": "mine"}}
        path = f"/v2.0/{collection}/{id}"
        answers = [blue.call("PUT", path, body), blue.call("DELETE", path)]
        unread = (404, "HTTPNotFound") if collection == "address-groups" else (403, "PolicyNotAuthorized")
        assert [refusal(answer) for answer in answers] == [unread, (403, "PolicyNotAuthorized")], collection
    more = {"addresses": ["198.51.100.0/24"]}
    assert blue.call("PUT", f"/v2.0/address-groups/{addresses}/add_addresses", more).status == 403
    assert red.get(f"address-groups/{addresses}")["address_group"]["addresses"] == ["192.0.2.0/24"]
    for policy in policies.values():
        assert refusal(removed(red, policy)) == (409, "RbacPolicyInUse")
    assert site.ops() == []


def test_a_pool_in_a_scope_is_given_to_those_who_have_the_scope(red: Caller, blue: Caller) -> None:
    scope = red.post("address-scopes", name="scope", ip_version=4)["id"]
    pool = red.post("subnetpools", name="pool", prefixes=["10.0.0.0/16"], address_scope_id=scope)["id"]
    refused = asked(red, "subnetpool", pool, blue.project_id)
    assert refusal(refused) == (400, "InvalidInput")
    granted(red, "address_scope", scope, blue.project_id)
    granted(red, "subnetpool", pool, blue.project_id)


def test_policies_that_cannot_be_are_refused(site: Cloud, red: Caller, blue: Caller) -> None:
    network = red.post("networks", name="web")["id"]
    for type, id, target, action, status, fault in (
        ("port", network, blue.project_id, SHARED, 400, "InvalidInput"),
        ("network", network, blue.project_id, "access", 400, "InvalidActionForType"),
        (
            "security_group",
            red.list("security-groups")[0]["id"],
            blue.project_id,
            EXTERNAL,
            400,
            "InvalidActionForType",
        ),
        ("network", str(uuid4()), blue.project_id, SHARED, 404, "NetworkNotFound"),
        ("network", network, "blue", SHARED, 400, "InvalidInput"),
        ("network", network, "*", SHARED, 403, "PolicyNotAuthorized"),
    ):
        assert refusal(asked(red, type, id, target, action)) == (status, fault)
    assert refusal(asked(blue, "network", network, blue.project_id)) == (404, "NetworkNotFound")
    policy = granted(red, "network", network, blue.project_id)
    assert refusal(asked(red, "network", network, blue.project_id)) == (409, "DuplicateRbacPolicy")
    assert refusal(asked(blue, "network", network, str(uuid4()))) == (400, "InvalidInput")
    assert blue.call("DELETE", f"/v2.0/rbac-policies/{policy['id']}").status == 404
    site.administrator.put(f"quotas/{red.project_id}", {"quota": {"rbac_policy": 1}})
    assert refusal(asked(red, "network", network, str(uuid4()))) == (409, "OverQuota")
