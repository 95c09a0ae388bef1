"""What the API accepts it keeps and acts on; what it cannot hold it refuses with the reason."""

from __future__ import annotations

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
    """The id of a network with a subnet."""
    made = red.post("networks", name="web")["id"]
    red.post("subnets", network_id=made, ip_version=4, cidr="10.0.1.0/24")
    return str(made)


def refused(answer: Answer) -> tuple[int, str]:
    """Status and message of a fault."""
    return answer.status, answer.body["NeutronError"]["message"]


def asked(caller: Caller, collection: str, name: str, **values: Any) -> tuple[int, str]:
    """What is said to something that cannot be made so."""
    return refused(caller.call("POST", f"/v2.0/{collection}", {name: values}))


def test_a_binding_s_profile_is_kept_for_whoever_plugs_the_port(site: Cloud, red: Caller, network: str) -> None:
    admin = site.administrator
    nova = site.with_role("service", "service")
    port = red.post("ports", network_id=network)["id"]
    profile = {"os_vif_delegation": True, "capabilities": ["switchdev"], "a": {"b": 1}}
    path = f"/v2.0/ports/{port}"

    def told(profile: dict[str, Any]) -> Answer:
        return nova.call("PUT", path, {"port": {"binding:profile": profile}})

    assert told(profile).status == 200
    assert admin.get(f"ports/{port}")["port"]["binding:profile"] == profile
    nested = told({"parent_name": "x", "tag": 7})
    assert nested.status == 400
    assert "make a trunk" in refused(nested)[1]
    assert told({}).status == 200
    assert admin.get(f"ports/{port}")["port"]["binding:profile"] == {}


def test_ports_get_addresses_of_the_subnets_that_are_for_their_role(red: Caller) -> None:
    network = red.post("networks", name="web")["id"]

    def subnet(cidr: str, *roles: str) -> str:
        values = {"service_types": [*roles]} if roles else {}
        return str(red.post("subnets", network_id=network, ip_version=4, cidr=cidr, **values)["id"])

    def given(**values: Any) -> list[str]:
        return [fixed["subnet_id"] for fixed in red.post("ports", network_id=network, **values)["fixed_ips"]]

    nova = subnet("10.0.1.0/24", "compute:nova")
    none = red.call("POST", "/v2.0/ports", {"port": {"network_id": network}})
    assert (none.status, none.fault) == (409, "IpAddressGenerationFailureNoMatchingSubnet")
    anybody = subnet("10.0.2.0/24")
    assert given() == [anybody]
    assert given(device_owner="compute:nova") == [nova]
    assert given(device_owner="compute:other") == [anybody]
    assert given(fixed_ips=[{"subnet_id": nova}], device_owner="compute:nova") == [nova]
    assert given(fixed_ips=[{"subnet_id": nova}], device_owner="network:dhcp") == [nova], "it has DHCP"
    strange = red.call("POST", "/v2.0/ports", {"port": {"network_id": network, "fixed_ips": [{"subnet_id": nova}]}})
    assert (strange.status, strange.fault) == (400, "InvalidInput")
    other = red.post("ports", network_id=network)["id"]
    taken = {"device_owner": "compute:nova", "fixed_ips": [{"subnet_id": nova}]}
    assert red.put(f"ports/{other}", {"port": taken})["port"]["fixed_ips"][0]["subnet_id"] == nova
    trusted = red.post("ports", network_id=network, device_owner="network:dhcp", port_security_enabled=True)
    assert trusted["port_security_enabled"] is False, "as Neutron, which trusts ports of the network itself"
    changed = red.put(f"subnets/{nova}", {"subnet": {"service_types": ["compute:nova", "compute:other"]}})
    assert changed["subnet"]["service_types"] == ["compute:nova", "compute:other"]
    assert given(device_owner="compute:other") == [nova]
    red.put(f"subnets/{nova}", {"subnet": {"service_types": ["neutron:LOADBALANCER", "test:what Neutron takes too"]}})
    wrong = red.call("PUT", f"/v2.0/subnets/{nova}", {"subnet": {"service_types": ["web"]}})
    assert (wrong.status, wrong.fault) == (400, "InvalidSubnetServiceType")


def test_zones_that_there_are_not_are_refused(red: Caller) -> None:
    for collection, name in (("networks", "network"), ("routers", "router")):
        made = red.post(collection, availability_zone_hints=["nova"])
        assert red.get(f"{collection}/{made['id']}")[name]["availability_zone_hints"] == ["nova"]
        answer = red.call("POST", f"/v2.0/{collection}", {name: {"availability_zone_hints": ["mars"]}})
        assert (answer.status, answer.fault) == (404, "AvailabilityZoneNotFound")


def test_what_nothing_would_come_of_is_not_accepted(site: Cloud, red: Caller, network: str) -> None:
    for collection, name, values in (
        ("ports", "port", {"network_id": network, "propagate_uplink_status": False}),
        ("subnets", "subnet", {"network_id": network, "ip_version": 4, "cidr": "10.0.9.0/24",
                               "dns_publish_fixed_ip": True}),
        ("routers", "router", {"flavor_id": str(uuid4())}),
    ):  # fmt: skip
        status, why = asked(red, collection, name, **values)
        assert (status, why.startswith("Unrecognized attribute(s)")) == (400, True)
    status, why = asked(site.administrator, "routers", "router", ha=False)
    assert (status, why.endswith("Provider ovn does not support ha=False.")) == (400, True)


def test_a_quota_is_not_less_than_what_is_used_unless_forced(site: Cloud, red: Caller, network: str) -> None:
    admin, path = site.administrator, f"/v2.0/quotas/{red.project_id}"
    less = admin.call("PUT", path, {"quota": {"network": 0}})
    assert refused(less) == (400, "Quota limit 0 for network must be greater than or equal to already used 1")
    forced = admin.call("PUT", path, {"quota": {"network": 0, "force": True}})
    assert (forced.status, forced.body["quota"]["network"]) == (200, 0)
    assert red.call("POST", "/v2.0/networks", {"network": {}}).fault == "OverQuota"


def test_a_floating_ip_comes_from_the_subnet_that_is_asked_for(site: Cloud) -> None:
    admin = site.administrator
    segment = {"provider:network_type": "vlan", "provider:physical_network": "physnet1",
               "provider:segmentation_id": 909}  # fmt: skip
    outside = admin.post("networks", name="outside", **{"router:external": True}, **segment)["id"]
    first, second = (
        admin.post("subnets", network_id=outside, ip_version=4, cidr=cidr, enable_dhcp=False)["id"]
        for cidr in ("192.0.2.0/29", "198.51.100.0/29")
    )
    asked = {"floating_network_id": outside, "subnet_id": second}
    made = [admin.post("floatingips", **asked) for _ in range(5)]
    assert [each["floating_ip_address"] for each in made[:2]] == ["198.51.100.2", "198.51.100.3"]
    full = admin.call("POST", "/v2.0/floatingips", {"floatingip": asked})
    assert (full.status, full.fault) == (409, "IpAddressGenerationFailure")
    elsewhere = {"floating_network_id": outside, "subnet_id": first, "floating_ip_address": "198.51.100.6"}
    assert admin.call("POST", "/v2.0/floatingips", {"floatingip": elsewhere}).fault == "InvalidIpForSubnet"
    for each in made:
        admin.delete(f"floatingips/{each['id']}")
    admin.delete(f"networks/{outside}")


def test_a_gateway_without_an_address_gets_one_when_its_network_has_a_subnet(site: Cloud) -> None:
    admin = site.administrator
    outside = admin.post("networks", name="outside", **{"router:external": True})["id"]
    router = admin.post("routers", name="edge", external_gateway_info={"network_id": outside})
    assert router["external_gateway_info"]["external_fixed_ips"] == []
    assert site.ops() == []
    subnets = []
    for version, cidr in ((4, "198.51.100.0/24"), (6, "2001:db8:51::/64"), (4, "203.0.113.0/24")):
        asked = {"network_id": outside, "ip_version": version, "cidr": cidr}
        subnets.append(admin.post("subnets", **asked)["id"])
    held = admin.get(f"routers/{router['id']}")["router"]["external_gateway_info"]["external_fixed_ips"]
    assert [each["subnet_id"] for each in held] == subnets[:2], "one of each version, as at Neutron"
    assert site.ops() == []
    admin.delete(f"routers/{router['id']}")
    admin.delete(f"networks/{outside}")


def test_a_page_goes_on_behind_a_marker_that_need_not_pass_the_filters(red: Caller) -> None:
    ids = [red.post("networks", name=name)["id"] for name in ("page-a", "page-b", "page-c", "page-d")]
    named = [
        ("name", "page-a"),
        ("name", "page-c"),
        ("name", "page-d"),
        ("sort_key", "name"),
        ("sort_dir", "asc"),
        ("limit", "2"),
    ]
    assert [each["id"] for each in red.list("networks", *named)] == [ids[0], ids[2]]
    behind = [("marker", ids[1]), *named]
    assert [each["id"] for each in red.list("networks", *behind)] == ids[2:]
    assert [each["id"] for each in red.list("networks", ("page_reverse", "True"), *behind)] == ids[:1]
    assert [each["id"] for each in red.list("networks", *behind[:-1])] == [ids[0], *ids[2:]], "no page, no place in it"
    red.delete(f"networks/{ids[1]}")
    gone = red.call("GET", f"/v2.0/networks?limit=2&marker={ids[1]}")
    assert (gone.status, gone.fault) == (404, "NetworkNotFound")
