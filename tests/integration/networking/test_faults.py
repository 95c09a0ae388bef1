"""Faults as the real Neutron words them: status, type, and message where a client may rest on it.

Source: what neutron 29.0.0 with ML2/OVN and keystonemiddleware answered to the same requests.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.cloud import Answer, Caller, Cloud, singular


@pytest.fixture(scope="module")
def red(site: Cloud) -> Caller:
    """A member of a project."""
    return site.member("red-faults")


def refused(answer: Answer) -> tuple[int, str, str]:
    """Status, type and message of a fault."""
    return answer.status, answer.fault, answer.body["NeutronError"]["message"]


def test_who_is_not_known_is_told_as_by_keystone_s_middleware(site: Cloud, red: Caller) -> None:
    """Source: keystonemiddleware, auth_token."""
    message = "The request you have made requires authentication."
    error = {"code": 401, "title": "Unauthorized", "message": message}
    caller = red.again()
    for caller.token in ("", "nope"):
        answer = caller.call("GET", "/v2.0/networks")
        assert (answer.status, answer.body) == (401, {"error": error})
        assert answer.headers["www-authenticate"] == f'Keystone uri="{site.server.auth_url}"'


def test_what_is_no_switch_and_no_number_is_told_without_the_attribute(red: Caller) -> None:
    for values, message in (
        ({"admin_state_up": "maybe"}, "'maybe' cannot be converted to boolean."),
        ({"admin_state_up": None}, "'None' cannot be converted to boolean."),
        ({"mtu": "abc"}, "'abc' is not an integer."),
    ):
        answer = refused(red.call("POST", "/v2.0/networks", {"network": values}))
        assert answer == (400, "InvalidInput", f"Invalid input for operation: {message}")
    for query, message in (
        ("networks?shared=nope", "'nope' cannot be converted to boolean."),
        ("networks?mtu=abc", "'abc' is not an integer."),
        ("subnets?ip_version=x", "'x' is not an integer."),
    ):
        answer = refused(red.call("GET", f"/v2.0/{query}"))
        assert answer == (400, "InvalidInput", f"Invalid input for operation: {message}")
    assert red.list("networks", ("mtu", "-7")) == []


def test_methods_that_a_resource_does_not_have_are_told_so(red: Caller) -> None:
    network = red.post("networks", name="patched")["id"]
    for method, path in (("PATCH", "networks"), ("PATCH", f"networks/{network}"), ("POST", f"networks/{network}")):
        answer = red.call(method, f"/v2.0/{path}", {"network": {}})
        assert (answer.status, answer.fault) == (405, "HTTPMethodNotAllowed"), path


def test_addresses_that_no_host_has_are_none_of_the_network_s(red: Caller) -> None:
    network = red.post("networks", name="ends")["id"]
    subnet = red.post("subnets", network_id=network, ip_version=4, cidr="10.6.0.0/24")["id"]
    for address in ("10.6.0.0", "10.6.0.255"):
        for named, type, where in (
            ({}, "InvalidIpForNetwork", "any of the subnets on the specified network"),
            ({"subnet_id": subnet}, "InvalidIpForSubnet", "the specified subnet"),
        ):
            body = {"port": {"network_id": network, "fixed_ips": [{**named, "ip_address": address}]}}
            message = f"IP address {address} is not a valid IP for {where}."
            assert refused(red.call("POST", "/v2.0/ports", body)) == (400, type, message)


def test_port_security_and_groups_go_together(red: Caller) -> None:
    network = red.post("networks", name="secured")["id"]
    port = red.post("ports", network_id=network)
    path = f"/v2.0/ports/{port['id']}"
    held = "Port has security group associated. Cannot disable port security or IP address until security group is "
    open_port = {"port_security_enabled": False}
    assert refused(red.call("PUT", path, {"port": open_port})) == (
        409,
        "PortSecurityPortHasSecurityGroup",
        f"{held}removed.",
    )
    assert red.call("PUT", path, {"port": {**open_port, "security_groups": []}}).status == 200
    needed = "Port security must be enabled and port must have an IP address in order to use security groups."
    expected = (400, "PortSecurityAndIPRequiredForSecurityGroups", needed)
    groups = {"security_groups": port["security_groups"]}
    assert refused(red.call("PUT", path, {"port": groups})) == expected
    made = {"port": {"network_id": network, **open_port, **groups}}
    assert refused(red.call("POST", "/v2.0/ports", made)) == expected


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"[]", "Body contains invalid data"),
        (b'"x"', "Body contains invalid data"),
        (b"", "Unable to find 'network' in request body"),
        (b'{"network": []}', "Object 'network' contains invalid data"),
        (b'{"networks": []}', "Resources required"),
        (b'{"networks": {}}', "Resources required"),
        (b'{"networks": [1]}', "Body contains invalid data"),
    ],
)
def test_bodies_that_are_none_are_told_in_neutron_s_words(red: Caller, body: bytes, message: str) -> None:
    answer = red.call("POST", "/v2.0/networks", raw=body)
    assert refused(answer) == (400, "HTTPBadRequest", message)


@pytest.mark.parametrize(
    ("collection", "values", "status", "type", "message"),
    [
        ("networks", {"dns_domain": "bad..domain"}, 400, "HTTPBadRequest", ""),
        ("networks", {"mtu": 100_000}, 400, "InvalidInput", ""),
        ("subnets", {"cidr": "10.0.0.0/24", "ip_version": 6}, 400, "InvalidInput",
         "Invalid input for operation: cidr '10.0.0.0/24' does not match the ip_version '6'."),
        ("subnets", {"cidr": "10.0.0.0/24", "ipv6_ra_mode": "slaac"}, 400, "InvalidInput",
         "Invalid input for operation: ipv6_ra_mode is not valid when ip_version is 4."),
        ("subnets", {"cidr": "10.0.0.0/24", "gateway_ip": "fd00::1"}, 400, "InvalidInput",
         "Invalid input for operation: gateway_ip 'fd00::1' does not match the ip_version '4'."),
        ("subnets", {"cidr": "10.0.0.0/24", "gateway_ip": "10.0.0.255"}, 400, "InvalidInput", ""),
        ("subnets", {"cidr": "224.0.0.0/24"}, 400, "InvalidInput", ""),
        ("ports", {"allowed_address_pairs": [{"mac_address": "fa:16:3e:00:00:01"}]}, 400,
         "AllowedAddressPairsMissingIP", "AllowedAddressPair must contain ip_address"),
        ("ports", {"allowed_address_pairs": [{"ip_address": "10.0.0.9"}] * 2}, 400, "DuplicateAddressPairInRequest",
         "Request contains duplicate address pair: mac_address None ip_address 10.0.0.9."),
        ("ports", {"dns_name": "bad name"}, 400, "HTTPBadRequest", ""),
        ("security-group-rules", {"protocol": ""}, 400, "SecurityGroupRuleInvalidProtocol", ""),
    ],
)  # fmt: skip
def test_faults_have_neutron_s_types(
    red: Caller, collection: str, values: dict[str, Any], status: int, type: str, message: str
) -> None:
    place = {
        "networks": {},
        "subnets": {"network_id": red.post("networks", name="faulty")["id"], "ip_version": 4},
        "ports": {"network_id": red.post("networks", name="faulty")["id"]},
        "security-group-rules": {"security_group_id": red.list("security-groups")[0]["id"], "direction": "ingress"},
    }[collection]
    answer = refused(red.call("POST", f"/v2.0/{collection}", {singular(collection): {**place, **values}}))
    assert answer[:2] == (status, type)
    assert not message or answer[2] == message


@pytest.mark.parametrize(
    ("collection", "name"),
    [
        ("networks", "subnets"), ("networks", "availability_zone_hints"), ("subnets", "allocation_pools"),
        ("subnets", "dns_nameservers"), ("subnets", "host_routes"), ("subnets", "service_types"),
        ("ports", "allowed_address_pairs"), ("ports", "extra_dhcp_opts"), ("routers", "routes"),
        ("routers", "external_gateway_info"), ("address-groups", "addresses"), ("subnetpools", "prefixes"),
    ],
)  # fmt: skip
def test_lists_are_neither_filtered_nor_sorted_by_what_are_lists(red: Caller, collection: str, name: str) -> None:
    for query, what in ((f"{name}=x", "filtering"), (f"sort_key={name}&sort_dir=asc", "sort_keys")):
        answer = refused(red.call("GET", f"/v2.0/{collection}?{query}"))
        assert answer == (400, "HTTPBadRequest", f"['{name}'] is invalid attribute for {what}")
