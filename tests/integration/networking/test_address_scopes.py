"""Address scopes, asked by a plain client: which pools they take, and which scope a network is in."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.support.cloud import Answer, Caller, Cloud


@pytest.fixture
def red(site: Cloud) -> Caller:
    """A member of a project of the test's own."""
    return site.member(f"red-{uuid4().hex[:8]}")


def asked_pool(caller: Caller, scope: str, *prefixes: str) -> Answer:
    """What the server says to a pool of these prefixes in a scope."""
    body = {"name": "pool", "prefixes": [*prefixes], "address_scope_id": scope, "default_prefixlen": 64}
    if ":" not in prefixes[0]:
        body["default_prefixlen"] = 24
    return caller.call("POST", "/v2.0/subnetpools", {"subnetpool": body})


def pool(caller: Caller, scope: str, *prefixes: str) -> str:
    """The id of such a pool."""
    answer = asked_pool(caller, scope, *prefixes)
    assert answer.status == 201, answer
    return str(answer.body["subnetpool"]["id"])


def asked_subnet(caller: Caller, network: str, version: int, **values: Any) -> Answer:
    """What the server says to a subnet."""
    body = {"network_id": network, "ip_version": version, **values}
    return caller.call("POST", "/v2.0/subnets", {"subnet": body})


def test_a_scope_is_shown_changed_and_deleted(red: Caller) -> None:
    made = red.post("address-scopes", name="inside", ip_version=4)
    assert made == {
        "id": made["id"], "name": "inside", "ip_version": 4, "shared": False, "project_id": red.project_id,
        "tenant_id": red.project_id,
    }  # fmt: skip
    path = f"address-scopes/{made['id']}"
    assert red.put(path, {"address_scope": {"name": "new"}})["address_scope"] == {**made, "name": "new"}
    assert red.list("address-scopes", ("ip_version", "6")) == []
    red.delete(path)
    answer = red.call("GET", f"/v2.0/{path}")
    assert (answer.status, answer.fault) == (404, "AddressScopeNotFound")
    for version in (5, "IPv4", None):
        body = {"address_scope": {"name": "", "ip_version": version}}
        assert red.call("POST", "/v2.0/address-scopes", body).status == 400


def test_pools_of_one_scope_do_not_overlap_and_are_of_its_version(red: Caller) -> None:
    scope = red.post("address-scopes", name="inside", ip_version=4)["id"]
    mine = pool(red, scope, "10.0.0.0/16")
    unscoped = red.post("subnetpools", name="apart", prefixes=["10.0.7.0/24"])["id"]
    for answer in (
        asked_pool(red, scope, "10.0.0.0/24"),
        red.call("PUT", f"/v2.0/subnetpools/{unscoped}", {"subnetpool": {"address_scope_id": scope}}),
    ):
        assert (answer.status, answer.fault) == (409, "AddressScopePrefixConflict")
    six = asked_pool(red, scope, "fd00::/48")
    assert (six.status, six.fault) == (400, "IllegalSubnetPoolIpVersionAssociationToAddressScope")
    used = red.call("DELETE", f"/v2.0/address-scopes/{scope}")
    assert (used.status, used.fault) == (409, "AddressScopeInUse")
    left = red.put(f"subnetpools/{mine}", {"subnetpool": {"address_scope_id": None}})
    assert left["subnetpool"]["address_scope_id"] is None
    red.delete(f"address-scopes/{scope}")


def test_a_network_is_in_the_scopes_of_its_subnets_pools(red: Caller) -> None:
    four, six, other = (red.post("address-scopes", name="s", ip_version=version)["id"] for version in (4, 6, 4))
    network = red.post("networks", name="web")
    assert (network["ipv4_address_scope"], network["ipv6_address_scope"]) == (None, None)
    first, second = pool(red, four, "10.0.0.0/16"), pool(red, four, "10.1.0.0/16")
    foreign, v6 = pool(red, other, "10.2.0.0/16"), pool(red, six, "fd00::/48")
    for version, id in ((4, first), (4, second), (6, v6)):
        assert asked_subnet(red, network["id"], version, subnetpool_id=id).status == 201
    shown = red.get(f"networks/{network['id']}")["network"]
    assert (shown["ipv4_address_scope"], shown["ipv6_address_scope"]) == (four, six)
    apart = asked_subnet(red, network["id"], 4, subnetpool_id=foreign)
    assert (apart.status, apart.fault) == (400, "NetworkAddressScopeAffinityError")
    loose = asked_subnet(red, network["id"], 4, cidr="172.16.0.0/24")
    assert (loose.status, loose.fault) == (400, "NetworkSubnetPoolAffinityError")
    torn = red.call("PUT", f"/v2.0/subnetpools/{first}", {"subnetpool": {"address_scope_id": other}})
    assert (torn.status, torn.fault) == (400, "NetworkAddressScopeAffinityError")


def test_a_shared_scope_takes_pools_of_all_and_stays_shared(site: Cloud, red: Caller) -> None:
    admin = site.administrator
    hidden = site.member("blue-with-scope").post("address-scopes", name="theirs", ip_version=4)["id"]
    assert asked_pool(red, hidden, "10.0.0.0/8").fault == "AddressScopeNotFound"
    scope = admin.post("address-scopes", name="everyone's", ip_version=4, shared=True)["id"]
    mine = pool(red, scope, "10.0.0.0/16")
    locked = red.call("PUT", f"/v2.0/subnetpools/{mine}", {"subnetpool": {"prefixes": ["10.0.0.0/8"]}})
    assert (locked.status, locked.fault) == (400, "IllegalSubnetPoolUpdate")
    kept = admin.call("PUT", f"/v2.0/address-scopes/{scope}", {"address_scope": {"shared": False}})
    assert (kept.status, kept.fault) == (400, "AddressScopeUpdateError")
    assert red.call("DELETE", f"/v2.0/address-scopes/{scope}").status == 403
