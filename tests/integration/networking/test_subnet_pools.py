"""Subnet pools, asked by a plain client: what a pool gives, to whom, how much of it, and what it refuses."""

from __future__ import annotations

from ipaddress import ip_network
from itertools import combinations
from typing import Any
from uuid import uuid4

import pytest

from tests.support.cloud import Answer, Caller, Cloud


@pytest.fixture
def red(site: Cloud) -> Caller:
    """A member of a project of the test's own."""
    return site.member(f"red-{uuid4().hex[:8]}")


@pytest.fixture
def network(red: Caller) -> str:
    """The id of a network."""
    return str(red.post("networks", name="web")["id"])


def refused(answer: Answer) -> tuple[int, str, str]:
    """Status, type and message of a fault."""
    return answer.status, answer.fault, answer.body["NeutronError"]["message"]


def pool(caller: Caller, *prefixes: str, **values: Any) -> dict[str, Any]:
    """A pool of these prefixes."""
    return caller.post("subnetpools", **{"name": "pool", "prefixes": [*prefixes], **values})


def subnet(caller: Caller, network: str, **values: Any) -> Answer:
    """What the server says to a subnet asked for."""
    body = {"subnet": {"network_id": network, "ip_version": 4, **values}}
    return caller.call("POST", "/v2.0/subnets", body)


def test_a_pool_is_shown_as_it_was_made_with_what_was_left_out(red: Caller) -> None:
    made = pool(red, "10.0.1.0/24", "10.0.0.0/24", "10.9.0.0/16", description="ours")
    expected = {
        "name": "pool", "prefixes": ["10.0.0.0/23", "10.9.0.0/16"], "ip_version": 4, "min_prefixlen": "8",
        "max_prefixlen": "32", "default_prefixlen": "8", "default_quota": None, "is_default": False, "shared": False,
        "address_scope_id": None, "project_id": red.project_id, "tenant_id": red.project_id, "description": "ours",
        "tags": [], "revision_number": 1,
    }  # fmt: skip
    assert {key: made[key] for key in expected} == expected
    assert red.get(f"subnetpools/{made['id']}")["subnetpool"] == made
    assert red.list("subnetpools") == [made]
    six = pool(red, "FD00:5::/40")
    assert [six[key] for key in ("prefixes", "min_prefixlen", "max_prefixlen")] == [["fd00:5::/40"], "64", "128"]
    assert [each["id"] for each in red.list("subnetpools", ("ip_version", "6"))] == [six["id"]]


@pytest.mark.parametrize(
    ("values", "type", "message"),
    [
        ({"prefixes": []}, "EmptySubnetPoolPrefixList", "Empty subnet pool prefix list."),
        ({"prefixes": ["10.0.0.0/8", "fd00::/8"]}, "PrefixVersionMismatch",
         "Cannot mix IPv4 and IPv6 prefixes in a subnet pool."),
        ({"min_prefixlen": 26, "max_prefixlen": 24}, "IllegalSubnetPoolPrefixBounds",
         "Illegal prefix bounds: min_prefixlen=26, max_prefixlen=24."),
        ({"max_prefixlen": 33}, "IllegalSubnetPoolPrefixBounds",
         "Illegal prefix bounds: max_prefixlen=33, ip_version_max=32."),
        ({"min_prefixlen": 20, "default_prefixlen": 16}, "IllegalSubnetPoolPrefixBounds",
         "Illegal prefix bounds: default_prefixlen=16, min_prefixlen=20."),
        ({"name": " "}, "HTTPBadRequest", "Invalid input for name. Reason: ' ' Blank strings are not permitted."),
        ({"prefixes": ["10.0.0.0"]}, "HTTPBadRequest", ("Invalid input for prefixes. Reason: '10.0.0.0' is not a valid "
         "IP subnet.")),
    ],
)  # fmt: skip
def test_a_pool_that_cannot_be_is_refused(red: Caller, values: dict[str, Any], type: str, message: str) -> None:
    body = {"subnetpool": {"name": "pool", "prefixes": ["10.0.0.0/8"], **values}}
    assert refused(red.call("POST", "/v2.0/subnetpools", body)) == (400, type, message)


def test_a_pool_has_its_prefixes_without_host_bits_and_joined(red: Caller) -> None:
    made = pool(red, "10.11.12.13/24", "10.11.12.129/25", "10.0.0.0/9", "10.128.0.1/9")
    assert made["prefixes"] == ["10.0.0.0/8"]
    wider = red.put(f"subnetpools/{made['id']}/add_prefixes", {"prefixes": ["172.16.0.1/12"]})
    assert wider == {"prefixes": ["10.0.0.0/8", "172.16.0.0/12"]}


def test_subnets_of_a_pool_never_overlap_whatever_their_length(site: Cloud, red: Caller, network: str) -> None:
    made = pool(red, "10.0.0.0/22", default_prefixlen=26)
    got = [
        answer.body["subnet"]
        for length in (24, None, 28, 25, 24, 30)
        if (answer := subnet(red, network, subnetpool_id=made["id"], **({"prefixlen": length} if length else {})))
    ]
    cidrs = [ip_network(each["cidr"]) for each in got]
    assert [each.prefixlen for each in cidrs] == [24, 26, 28, 25, 24, 30]
    assert not any(one.overlaps(other) for one, other in combinations(cidrs, 2))
    assert all(each.subnet_of(ip_network("10.0.0.0/22")) for each in cidrs)  # type: ignore[arg-type]  # both IPv4
    assert {each["subnetpool_id"] for each in got} == {made["id"]}
    assert all(each["gateway_ip"] == str(cidr[1]) for each, cidr in zip(got, cidrs, strict=True))
    of_the_pool = red.list("subnets", ("subnetpool_id", made["id"]))
    assert sorted(each["id"] for each in of_the_pool) == sorted(each["id"] for each in got)
    assert site.ops() == []


def test_a_prefix_can_be_asked_for_and_comes_back_with_its_subnet(red: Caller, network: str) -> None:
    made = pool(red, "10.0.0.0/23")
    mine = {"subnetpool_id": made["id"]}
    first = subnet(red, network, cidr="10.0.1.0/24", gateway_ip="10.0.1.9", **mine).body["subnet"]
    assert (first["cidr"], first["gateway_ip"]) == ("10.0.1.0/24", "10.0.1.9")
    other = red.post("networks", name="other")["id"]
    why = "Cannot allocate requested subnet from the available set of prefixes"
    full = (409, "SubnetAllocationError", f"Failed to allocate subnet: {why}.")
    assert refused(subnet(red, other, cidr="10.0.1.0/25", **mine)) == full
    assert refused(subnet(red, other, cidr="10.5.0.0/24", **mine)) == full
    assert subnet(red, other, prefixlen=24, **mine).body["subnet"]["cidr"] == "10.0.0.0/24"
    assert refused(subnet(red, other, prefixlen=28, **mine)) == (
        409, "SubnetAllocationError",
        "Failed to allocate subnet: Insufficient prefix space to allocate subnet size /28.",
    )  # fmt: skip
    red.delete(f"subnets/{first['id']}")
    assert subnet(red, other, prefixlen=28, **mine).body["subnet"]["cidr"] == "10.0.1.0/28"


def test_lengths_and_words_that_do_not_go_together_are_refused(red: Caller, network: str) -> None:
    made = pool(red, "10.0.0.0/16", min_prefixlen=20, max_prefixlen=28, default_prefixlen=24)
    mine: dict[str, Any] = {"subnetpool_id": made["id"]}
    for values, type, message in (
        ({"prefixlen": 19}, "MinPrefixSubnetAllocationError",
         "Unable to allocate subnet with prefix length 19, minimum allowed prefix is 20."),
        ({"prefixlen": 29}, "MaxPrefixSubnetAllocationError",
         "Unable to allocate subnet with prefix length 29, maximum allowed prefix is 28."),
        ({"cidr": "10.0.0.0/29"}, "MaxPrefixSubnetAllocationError",
         "Unable to allocate subnet with prefix length 29, maximum allowed prefix is 28."),
        ({"cidr": "10.0.0.0/24", "prefixlen": 24}, "BadRequest",
         "Bad subnets request: cidr and prefixlen must not be supplied together."),
        ({"use_default_subnetpool": True}, "BadRequest",
         "Bad subnets request: subnetpool_id and use_default_subnetpool cannot both be specified."),
        ({"allocation_pools": [{"start": "10.0.0.2", "end": "10.0.0.9"}]}, "BadRequest",
         "Bad subnets request: allocation_pools allowed only for specific subnet requests.."),
        ({"ip_version": 6}, "BadRequest", "Bad subnets request: Cannot allocate IPv6 subnet from IPv4 subnet pool."),
    ):  # fmt: skip
        assert refused(subnet(red, network, **{**mine, **values})) == (400, type, message)
    assert refused(subnet(red, network, prefixlen=24)) == (
        400, "BadRequest", "Bad subnets request: a subnetpool must be specified in the absence of a cidr."
    )  # fmt: skip


def test_subnets_of_one_network_come_from_one_pool(red: Caller, network: str) -> None:
    one, other = (pool(red, f"10.{n}.0.0/16", default_prefixlen=24)["id"] for n in (1, 2))
    six = pool(red, "fd00::/48")["id"]
    apart = (400, "NetworkSubnetPoolAffinityError",
             "Subnets hosted on the same network must be allocated from the same subnet pool.")  # fmt: skip
    assert subnet(red, network, subnetpool_id=one).status == 201
    assert subnet(red, network, subnetpool_id=one).status == 201
    assert refused(subnet(red, network, subnetpool_id=other)) == apart
    assert refused(subnet(red, network, cidr="172.16.0.0/24")) == apart
    assert subnet(red, network, ip_version=6, subnetpool_id=six).body["subnet"]["cidr"] == "fd00::/64"


def test_a_project_gets_no_more_of_a_pool_than_its_quota(site: Cloud, red: Caller, network: str) -> None:
    shared = pool(site.administrator, "10.64.0.0/16", shared=True, default_prefixlen=26, default_quota=100)
    blue = site.member("blue-with-quota")
    theirs = blue.post("networks", name="theirs")["id"]
    over = (409, "SubnetPoolQuotaExceeded", "Per-project subnet pool prefix quota exceeded.")
    assert subnet(red, network, subnetpool_id=shared["id"]).status == 201
    assert refused(subnet(red, network, subnetpool_id=shared["id"])) == over
    assert subnet(red, network, subnetpool_id=shared["id"], prefixlen=27).status == 201
    assert refused(subnet(red, network, subnetpool_id=shared["id"], cidr="10.64.200.0/29")) == over
    assert subnet(blue, theirs, subnetpool_id=shared["id"]).status == 201
    six = pool(red, "fd00::/48", default_quota=2)["id"]
    answers = [subnet(red, network, ip_version=6, subnetpool_id=six) for _ in range(3)]
    assert [answer.status for answer in answers] == [201, 201, 409]


def test_the_default_pool_serves_who_names_none_and_is_one_for_each_family(
    site: Cloud, red: Caller, network: str
) -> None:
    none = (400, "BadRequest", "Bad subnets request: No default subnetpool found for IPv4.")
    assert refused(subnet(red, network, use_default_subnetpool=True)) == none
    body = {"subnetpool": {"name": "mine", "prefixes": ["10.0.0.0/8"], "is_default": True}}
    assert red.call("POST", "/v2.0/subnetpools", body).status == 403
    admin = site.administrator
    usual = pool(admin, "10.80.0.0/16", shared=True, is_default=True, default_prefixlen=24)
    assert refused(admin.call("POST", "/v2.0/subnetpools", body)) == (
        400, "InvalidInput", ("Invalid input for operation: A default subnetpool for this IP family has already been "
                              "set. Only one default may exist per IP family."),
    )  # fmt: skip
    got = subnet(red, network, use_default_subnetpool=True).body["subnet"]
    assert (got["cidr"], got["subnetpool_id"]) == ("10.80.0.0/24", usual["id"])
    admin.put(f"subnetpools/{usual['id']}", {"subnetpool": {"is_default": False}})
    assert refused(subnet(red, network, use_default_subnetpool=True)) == none


def test_a_pool_changes_but_never_loses_what_it_had(red: Caller, network: str) -> None:
    made = pool(red, "10.0.0.0/24")
    path = f"subnetpools/{made['id']}"
    changed = red.put(path, {"subnetpool": {"name": "new", "prefixes": ["10.0.0.0/23"], "default_prefixlen": 25}})
    assert [changed["subnetpool"][key] for key in ("name", "prefixes", "default_prefixlen")] == [
        "new", ["10.0.0.0/23"], "25"
    ]  # fmt: skip
    narrower = {"subnetpool": {"prefixes": ["10.0.0.0/24"]}}
    assert refused(red.call("PUT", f"/v2.0/{path}", narrower)) == (
        400, "IllegalSubnetPoolPrefixUpdate",
        "Illegal update to prefixes: Existing prefixes must be a subset of the new prefixes.",
    )  # fmt: skip
    assert red.put(f"{path}/add_prefixes", {"prefixes": ["10.2.0.0/16"]}) == {
        "prefixes": ["10.0.0.0/23", "10.2.0.0/16"]
    }
    assert subnet(red, network, subnetpool_id=made["id"], cidr="10.2.0.0/24").status == 201
    used = red.call("PUT", f"/v2.0/{path}/remove_prefixes", {"prefixes": ["10.2.0.0/17"]})
    assert refused(used) == (
        400, "IllegalSubnetPoolPrefixUpdate",
        "Illegal update to prefixes: One or more the prefixes to be removed is in use by a subnet..",
    )  # fmt: skip
    assert red.put(f"{path}/remove_prefixes", {"prefixes": ["10.2.128.0/17", "10.0.0.0/24"]}) == {
        "prefixes": ["10.0.1.0/24", "10.2.0.0/17"]
    }


def test_a_pool_with_subnets_stays_and_one_without_goes(red: Caller, network: str) -> None:
    made = pool(red, "10.0.0.0/16", default_prefixlen=24)
    got = subnet(red, network, subnetpool_id=made["id"]).body["subnet"]
    path = f"/v2.0/subnetpools/{made['id']}"
    assert refused(red.call("DELETE", path)) == (
        400, "SubnetPoolDeleteError", "Unable to delete subnet pool: Subnet pool has existing allocations."
    )  # fmt: skip
    red.delete(f"subnets/{got['id']}")
    red.delete(f"subnetpools/{made['id']}")
    assert refused(red.call("GET", path)) == (
        404, "SubnetPoolNotFound", f"Subnet pool {made['id']} could not be found."
    )  # fmt: skip


def test_a_pool_is_its_project_s_unless_it_is_shared(site: Cloud, red: Caller, network: str) -> None:
    blue = site.member("blue-without-pool")
    hidden = pool(blue, "10.0.0.0/8", default_prefixlen=24)["id"]
    assert hidden not in {each["id"] for each in red.list("subnetpools")}
    assert subnet(red, network, subnetpool_id=hidden).fault == "SubnetPoolNotFound"
    assert blue.call("POST", "/v2.0/subnetpools", {"subnetpool": {
        "name": "shared", "prefixes": ["10.0.0.0/8"], "shared": True}}).status == 403  # fmt: skip
    shared = pool(site.administrator, "10.0.0.0/8", shared=True, default_prefixlen=24)
    assert shared["id"] in {each["id"] for each in red.list("subnetpools")}
    assert subnet(red, network, subnetpool_id=shared["id"]).status == 201
    assert red.call("DELETE", f"/v2.0/subnetpools/{shared['id']}").status == 403
    [mine] = red.list("subnets", ("network_id", network))
    red.delete(f"subnets/{mine['id']}")
    site.administrator.delete(f"subnetpools/{shared['id']}")


def test_what_is_made_at_once_is_made_in_turn(red: Caller) -> None:
    made = pool(red, "10.0.0.0/16", default_prefixlen=24)["id"]
    networks = [red.post("networks", name=name)["id"] for name in "abc"]
    bodies = [{"network_id": id, "ip_version": 4, "subnetpool_id": made} for id in (*networks, networks[0])]
    answer = red.call("POST", "/v2.0/subnets", {"subnets": bodies})
    assert [each["cidr"] for each in answer.body["subnets"]] == [f"10.0.{n}.0/24" for n in range(4)]
    several = red.call("POST", "/v2.0/subnetpools", {"subnetpools": [{"name": "p", "prefixes": ["10.0.0.0/16"]}] * 2})
    assert refused(several) == (400, "HTTPBadRequest", "Bulk operation not supported")


def onboard(caller: Caller, pool: str, body: Any) -> Answer:
    """What the server says when the subnets of a network are to be of a pool."""
    return caller.call("PUT", f"/v2.0/subnetpools/{pool}/onboard_network_subnets", body)


def test_subnets_that_are_there_come_into_a_pool(site: Cloud, red: Caller, network: str) -> None:
    """Source: what neutron 29.0.0 answered to the same requests; extension subnet_onboard."""
    found = pool(red, "10.100.0.0/16")["id"]
    subnets = {
        cidr: subnet(red, network, cidr=cidr).body["subnet"]["id"] for cidr in ("10.101.0.0/24", "10.101.1.0/24")
    }
    other = subnet(red, network, ip_version=6, cidr="fd00:101::/64").body["subnet"]["id"]
    answer = onboard(red, found, {"network_id": network})
    assert answer.status == 200
    assert sorted((each["cidr"], each["id"]) for each in answer.body) == sorted(subnets.items())
    assert red.get(f"subnetpools/{found}")["subnetpool"]["prefixes"] == ["10.100.0.0/16", "10.101.0.0/23"]
    for id, of in (*((id, found) for id in subnets.values()), (other, None)):
        assert red.get(f"subnets/{id}")["subnet"]["subnetpool_id"] == of
    assert subnet(red, network, cidr="10.109.0.0/24").fault == "NetworkSubnetPoolAffinityError"
    assert subnet(red, network, subnetpool_id=found, prefixlen=24).body["subnet"]["cidr"] == "10.100.0.0/24"
    again = refused(onboard(red, found, {"network_id": network}))
    assert again[:2] == (400, "IllegalSubnetPoolUpdate")
    assert again[2].endswith(f"conflicts with allocated prefixes in subnet pool {found}.")
    assert site.ops() == []


def test_what_cannot_come_into_a_pool_is_refused(site: Cloud, red: Caller, network: str) -> None:
    found = pool(red, "10.110.0.0/16")["id"]
    subnet(red, network, cidr="10.111.0.0/24")
    blue = site.member("blue-onboarding")
    missing = "Invalid input for operation: network_id must be specified.."
    assert refused(onboard(red, found, {})) == (400, "InvalidInput", missing)
    for caller, id, expected in (
        (red, "nowhere", (404, "NetworkNotFound")),
        (blue, network, (404, "SubnetPoolNotFound")),
        (site.with_role(f"reader-{uuid4().hex[:8]}", "reader"), network, (404, "SubnetPoolNotFound")),
    ):
        answer = onboard(caller, found, {"network_id": id})
        assert (answer.status, answer.fault) == expected
    site.administrator.put(f"networks/{network}", {"network": {"shared": True}})
    answer = onboard(blue, pool(blue, "10.112.0.0/16")["id"], {"network_id": network})
    assert (answer.status, answer.fault) == (403, "NotAuthorized"), "the network is another project's"
    scope = red.post("address-scopes", name="onboarding", ip_version=4)["id"]
    scoped = pool(red, "10.111.0.0/25", address_scope_id=scope)["id"]
    elsewhere = pool(red, "10.113.0.0/16", address_scope_id=scope)["id"]
    answer = onboard(red, elsewhere, {"network_id": network})
    assert (answer.status, answer.fault) == (409, "AddressScopePrefixConflict")
    assert red.get(f"subnetpools/{scoped}")["subnetpool"]["prefixes"] == ["10.111.0.0/25"]
    assert {each["subnetpool_id"] for each in red.list("subnets", ("network_id", network))} == {None}
