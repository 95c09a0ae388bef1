"""How full networks are, as the real Neutron says it; and that subnets come into pools.

Source: what neutron 29.0.0 with ML2/OVN answered to the same requests.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.cloud import PHYSICAL_NETWORK, Answer, Caller, Cloud

PATH = "network-ip-availabilities"
POOLS = [{"start": "10.3.0.10", "end": "10.3.0.19"}, {"start": "10.3.0.30", "end": "10.3.0.34"}]


@pytest.fixture(scope="module")
def red(site: Cloud) -> Caller:
    """A member of a project."""
    return site.member("red-availability")


@pytest.fixture(scope="module")
def inside(red: Caller) -> str:
    """A network with two subnets: three addresses of the first are taken, two of them in its pools."""
    network: str = red.post("networks", name="inside")["id"]
    red.post("subnets", network_id=network, name="four", ip_version=4, cidr="10.3.0.0/24", allocation_pools=POOLS)
    for addresses in (["10.3.0.10"], ["10.3.0.200", "10.3.0.31"]):
        red.post("ports", network_id=network, fixed_ips=[{"ip_address": each} for each in addresses])
    slaac = dict.fromkeys(("ipv6_ra_mode", "ipv6_address_mode"), "slaac")
    red.post("subnets", network_id=network, name="six", ip_version=6, cidr="fd00:3::/64", gateway_ip="fd00:3::1",
             **slaac)  # fmt: skip
    return network


def refused(answer: Answer) -> tuple[int, str, str]:
    """Status, type and message of a fault."""
    return answer.status, answer.fault, answer.body["NeutronError"]["message"]


def counts(found: dict[str, Any]) -> tuple[int, ...]:
    """What is used and what there is, and the same of the prefix and of the pools."""
    details = found["ip_availability_details"]
    names = ("used_ips_in_subnet", "total_ips_in_subnet", "used_ips_in_allocation_pool", "total_ips_in_allocation_pool")
    return found["used_ips"], found["total_ips"], *(details[name] for name in names)


def test_addresses_are_counted_in_pools_and_in_the_whole_prefix(site: Cloud, red: Caller, inside: str) -> None:
    found = site.administrator.get(f"{PATH}/{inside}")["network_ip_availability"]
    parts = {each["subnet_name"]: each for each in found["subnet_ip_availability"]}
    assert {name: counts(each) for name, each in parts.items()} == {
        "four": (3, 15, 3, 254, 2, 15),
        "six": (2, 2**64 - 2, 2, 2**64, 2, 2**64 - 2),
    }
    assert counts(found) == (5, 2**64 + 13, 5, 2**64 + 254, 4, 2**64 + 13)
    assert {name: parts["four"][name] for name in ("cidr", "ip_version")} == {"cidr": "10.3.0.0/24", "ip_version": 4}
    named = {"network_id": inside, "network_name": "inside", "project_id": red.project_id, "tenant_id": red.project_id}
    assert {name: found[name] for name in named} == named
    assert "id" not in found


def test_floating_ips_and_gateways_are_counted_outside(site: Cloud) -> None:
    admin = site.administrator
    flat = {"provider:network_type": "flat", "provider:physical_network": PHYSICAL_NETWORK}
    outside = admin.post("networks", name="outside", **{"router:external": True, **flat})["id"]
    pools = [{"start": "203.0.113.10", "end": "203.0.113.19"}]
    admin.post("subnets", network_id=outside, ip_version=4, cidr="203.0.113.0/24", gateway_ip="203.0.113.254",
               enable_dhcp=False, allocation_pools=pools)  # fmt: skip
    for more in ({}, {"floating_ip_address": "203.0.113.50"}):
        admin.post("floatingips", floating_network_id=outside, **more)
    admin.post("routers", external_gateway_info={"network_id": outside})
    assert counts(admin.get(f"{PATH}/{outside}")["network_ip_availability"]) == (3, 10, 3, 254, 2, 10)


def test_networks_without_subnets_and_subnets_without_pools_are_told(site: Cloud, red: Caller) -> None:
    red.post("networks", name="empty")
    full = red.post("networks", name="full")["id"]
    subnet = red.post("subnets", network_id=full, ip_version=4, cidr="10.4.0.0/30", allocation_pools=[])
    assert subnet["allocation_pools"] == [{"start": "10.4.0.2", "end": "10.4.0.2"}], "as where none are named"
    red.put(f"subnets/{subnet['id']}", {"subnet": {"allocation_pools": []}})
    found = {each["network_name"]: each for each in site.administrator.list(PATH, ("project_id", red.project_id))}
    assert counts(found["empty"]) == (0, 0, 0, 0, 0, 0)
    assert found["empty"]["subnet_ip_availability"] == []
    assert counts(found["full"]) == (0, 4, 0, 2, 0, 0)


def test_networks_are_asked_about_by_name_project_and_version(site: Cloud, red: Caller, inside: str) -> None:
    admin = site.administrator
    red.post("networks", name="nothing")
    [six] = admin.list(PATH, ("network_name", "inside"), ("ip_version", "6"))
    assert [each["subnet_name"] for each in six["subnet_ip_availability"]] == ["six"]
    assert counts(six) == (2, 2**64 - 2, 2, 2**64, 2, 2**64 - 2)
    assert admin.list(PATH, ("network_name", "nothing"), ("ip_version", "4")) == [], "it has no such subnet"
    assert admin.list(PATH, ("ip_version", "x")) == []
    assert admin.list(PATH, ("network_id", inside), ("fields", "used_ips")) == [{"used_ips": 5}]
    every = sorted(each["network_id"] for each in admin.list(PATH))
    page = admin.get(PATH, ("limit", "1"), ("sort_key", "network_id"), ("sort_dir", "asc"))
    assert [each["network_id"] for each in page["network_ip_availabilities"]] == every[:1]
    assert [each["rel"] for each in page["network_ip_availabilities_links"]] == ["next", "previous"]
    rest = admin.list(PATH, ("limit", "1000"), ("marker", every[0]))
    assert [each["network_id"] for each in rest] == every[1:]


def test_what_cannot_be_asked_is_refused(site: Cloud) -> None:
    admin = site.administrator
    for query, message in (
        ("used_ips=0", "['used_ips'] is invalid attribute for filtering"),
        ("tags=x", "['tags'] is invalid attribute for filtering"),
        ("id=x", "['id'] is invalid attribute for filtering"),
        ("sort_key=used_ips&sort_dir=asc", "['used_ips'] is invalid attribute for sort_keys"),
    ):
        assert refused(admin.call("GET", f"/v2.0/{PATH}?{query}")) == (400, "HTTPBadRequest", message)
    gone = refused(admin.call("GET", f"/v2.0/{PATH}/nowhere"))
    assert gone == (404, "NetworkNotFound", "Network nowhere could not be found.")


def test_only_administrators_and_services_are_told(site: Cloud, red: Caller, inside: str) -> None:
    assert red.list(PATH) == []
    refusal = (404, "HTTPNotFound", "The resource could not be found.")
    assert refused(red.call("GET", f"/v2.0/{PATH}/{inside}")) == refusal
    service = site.with_role("serving-availability", "service")
    assert [each["network_name"] for each in service.list(PATH, ("network_id", inside))] == ["inside"]
    aliases = {each["alias"] for each in red.list("extensions")}
    assert {"network-ip-availability", "network-ip-availability-details"} <= aliases
