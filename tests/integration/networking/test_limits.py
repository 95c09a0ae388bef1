"""What Neutron does not let pass: too many of something, groups that do not go together, rules that contradict."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from click.testing import CliRunner

from cpal.errors import Invalid
from cpal.faces.cli.main import program
from cpal.model.quota import DEFAULT_LIMITS
from tests.support.cloud import Answer, Caller, Cloud, cloud


@pytest.fixture
def red(site: Cloud) -> Caller:
    """A member of a project of the test's own."""
    return site.member(f"red-{uuid4().hex[:8]}")


def refused(answer: Answer) -> tuple[int, str, str]:
    """Status, type and message of a fault."""
    return answer.status, answer.fault, answer.body["NeutronError"]["message"]


def asked(caller: Caller, collection: str, called: str, /, **values: Any) -> tuple[int, str, str]:
    """What is said to something that cannot be made so."""
    return refused(caller.call("POST", f"/v2.0/{collection}", {called: values}))


def limited(site: Cloud, caller: Caller, **limits: int) -> None:
    """Let a project have no more than so much."""
    site.administrator.put(f"quotas/{caller.project_id}", {"quota": limits})


def rule(group: str, **values: Any) -> dict[str, Any]:
    """A rule that lets in what it says."""
    return {"security_group_id": group, "direction": "ingress", **values}


def test_a_subnet_has_no_more_name_servers_and_routes_than_neutron_s(red: Caller) -> None:
    network = red.post("networks", name="web")["id"]
    servers = [f"192.0.2.{n}" for n in range(1, 7)]
    routes = [{"destination": f"172.16.{n}.0/24", "nexthop": "10.0.0.9"} for n in range(21)]
    plain = {"network_id": network, "ip_version": 4, "cidr": "10.0.0.0/24"}
    why = "Unable to complete operation for {}. The number of {} exceeds the limit {}."
    assert asked(red, "subnets", "subnet", **plain, dns_nameservers=servers) == (
        400, "DNSNameServersExhausted", why.format("new subnet", "DNS nameservers", 5),
    )  # fmt: skip
    assert asked(red, "subnets", "subnet", **plain, host_routes=routes) == (
        400, "HostRoutesExhausted", why.format("new subnet", "host routes", 20),
    )  # fmt: skip
    made = red.post("subnets", **plain, dns_nameservers=servers[:5], host_routes=routes[:20])["id"]
    more = red.call("PUT", f"/v2.0/subnets/{made}", {"subnet": {"dns_nameservers": servers}})
    assert refused(more) == (400, "DNSNameServersExhausted", why.format(made, "DNS nameservers", 5))


def test_a_router_has_no_more_routes_than_its_project_may_give_it(site: Cloud, red: Caller) -> None:
    assert red.get(f"quotas/{red.project_id}/default")["quota"]["router_route"] == 30
    network = red.post("networks", name="web")["id"]
    subnet = red.post("subnets", network_id=network, ip_version=4, cidr="10.0.0.0/24")["id"]
    router = red.post("routers", name="edge")["id"]
    red.put(f"routers/{router}/add_router_interface", {"subnet_id": subnet})
    routes = [{"destination": f"172.16.{n}.0/24", "nexthop": "10.0.0.9"} for n in range(31)]
    beyond = (409, "OverQuota", "Quota exceeded for resources: ['router_route'].")
    assert refused(red.call("PUT", f"/v2.0/routers/{router}", {"router": {"routes": routes}})) == beyond
    red.put(f"routers/{router}", {"router": {"routes": routes[:29]}})
    path = f"/v2.0/routers/{router}/add_extraroutes"
    assert refused(red.call("PUT", path, {"router": {"routes": routes[29:]}})) == beyond
    limited(site, red, router_route=-1)
    assert red.call("PUT", path, {"router": {"routes": routes[29:]}}).status == 200


def test_what_projects_may_have_is_told_at_the_start(tmp_path: Path) -> None:
    with cloud(tmp_path, "--quota=router=1", "--quota", "network=-1") as site:
        red, admin = site.member("red"), site.administrator
        usual = {**DEFAULT_LIMITS, "router": 1, "network": -1}
        assert red.get(f"quotas/{red.project_id}/default")["quota"] == usual
        red.post("routers")
        beyond = (409, "OverQuota", "Quota exceeded for resources: ['router'].")
        assert asked(red, "routers", "router") == beyond
        limited(site, red, router=2, port=7)
        assert red.get(f"quotas/{red.project_id}")["quota"] == {**usual, "router": 2, "port": 7}
        red.post("routers")
        assert asked(red, "routers", "router") == beyond
        admin.delete(f"quotas/{red.project_id}")
        assert red.get(f"quotas/{red.project_id}")["quota"] == usual


@pytest.mark.parametrize(
    "word", ["router", "router=", "router=-2", "router=many", "address_group=5", "=5", "router=1=2"]
)
def test_a_word_that_limits_nothing_is_refused(word: str) -> None:
    done = CliRunner().invoke(program, ["serve", f"--quota={word}"])
    assert isinstance(done.exception, Invalid)
    assert "router=100" in str(done.exception)
    assert repr(word) in str(done.exception)


def test_address_groups_are_not_counted_as_at_neutron(site: Cloud, red: Caller) -> None:
    for number in range(11):
        red.post("address-groups", name=str(number))
    refusal = site.administrator.call("PUT", f"/v2.0/quotas/{red.project_id}", {"quota": {"address_group": 5}})
    assert refused(refusal) == (400, "HTTPBadRequest", "Unrecognized attribute(s) 'address_group'")


def test_a_group_is_not_made_with_more_rules_than_there_may_be(site: Cloud, red: Caller) -> None:
    red.post("security-groups", name="first")
    limited(site, red, security_group_rule=7)
    beyond = (409, "OverQuota", "Quota exceeded for resources: ['security_group_rule'].")
    assert asked(red, "security-groups", "security_group", name="second") == beyond
    limited(site, red, security_group_rule=8)
    assert len(red.post("security-groups", name="second")["security_group_rules"]) == 2


def test_a_port_s_groups_all_remember_connections_or_none_does(red: Caller) -> None:
    network = red.post("networks", name="web")["id"]
    groups = [red.post("security-groups", name=f"g{n}", stateful=bool(n))["id"] for n in range(2)]
    why = "Cannot apply both stateful and stateless security groups on the same port at the same time"
    mixed = (409, "SecurityGroupConflict", f"Error {why} while attempting the operation.")
    assert asked(red, "ports", "port", network_id=network, security_groups=groups) == mixed
    port = red.post("ports", network_id=network, security_groups=groups[:1])["id"]
    assert refused(red.call("PUT", f"/v2.0/ports/{port}", {"port": {"security_groups": groups}})) == mixed
    shown = red.put(f"ports/{port}", {"port": {"security_groups": groups[1:]}})["port"]
    assert shown["security_groups"] == groups[1:]


@pytest.mark.parametrize("protocol", ["ipv6-icmp", "icmpv6", "ipv6-frag", 58, "41", 60])
def test_a_rule_for_ipv4_has_no_protocol_of_ipv6(red: Caller, protocol: Any) -> None:
    group = red.post("security-groups", name="web")["id"]
    why = f"Invalid ethertype IPv4 for protocol {protocol}."
    values = rule(group, ethertype="IPv4", protocol=protocol)
    found = asked(red, "security-group-rules", "security_group_rule", **values)
    assert found == (400, "SecurityGroupEthertypeConflictWithProtocol", why)


def test_a_rule_is_shown_in_the_words_that_neutron_has_for_it(site: Cloud, red: Caller) -> None:
    group = red.post("security-groups", name="web")["id"]
    for given, shown in ((("IPv6", "icmp"), "ipv6-icmp"), (("IPv6", 1), "58"), (("IPv4", "icmp"), "icmp")):
        ethertype, protocol = given
        values = rule(group, ethertype=ethertype, protocol=protocol, port_range_min=128 + len(shown))
        made = red.post("security-group-rules", **values)
        assert made["protocol"] == shown
    every = red.post("security-group-rules", **rule(group, protocol="udp", port_range_min=1, port_range_max=65535))
    assert (every["port_range_min"], every["port_range_max"]) == (None, None)
    wrong = asked(red, "security-group-rules", "security_group_rule", **rule(group, ethertype="IPX"))
    why = "Security group rule for ethertype 'IPX' not supported. Allowed values are ['IPv4', 'IPv6']."
    assert wrong == (400, "SecurityGroupRuleInvalidEtherType", why)


@pytest.mark.parametrize(
    ("given", "shown", "normalized"),
    [
        ("10.10.10.5/24", "10.10.10.5/24", "10.10.10.0/24"),
        ("10.10.10.5", "10.10.10.5/32", "10.10.10.5/32"),
        ("2001:DB8::1/64", "2001:db8::1/64", "2001:db8::/64"),
        ("2001:db8::1", "2001:db8::1/128", "2001:db8::1/128"),
    ],
)
def test_a_prefix_keeps_its_host_bits_which_mean_nothing(
    site: Cloud, red: Caller, given: str, shown: str, normalized: str
) -> None:
    group = red.post("security-groups", name="web")["id"]
    ethertype = "IPv6" if ":" in given else "IPv4"
    values = rule(group, ethertype=ethertype, protocol="tcp", remote_ip_prefix=given)
    made = red.post("security-group-rules", **values)
    assert (made["remote_ip_prefix"], made["normalized_cidr"]) == (shown, normalized)
    [listed] = red.list("security-group-rules", ("id", made["id"]))
    assert listed == made
    match = site.nbctl("--bare --columns=match list ACL")
    assert f"src == {normalized}" in match
    assert site.ops() == []
    again = asked(red, "security-group-rules", "security_group_rule", **values)
    assert again[:2] == (409, "SecurityGroupRuleExists")
    assert normalized in site.cpal("export").stdout


def test_an_mtu_is_as_large_as_its_subnets_need(red: Caller) -> None:
    needs = "MTU of {} is not valid, subnet requires a minimum of {}"
    for version, cidr, least in ((4, "10.0.0.0/24", 68), (6, "2001:db8::/64", 1280)):
        network = red.post("networks", name="small", mtu=least - 1)["id"]
        conflict = (409, "NetworkMTUSubnetConflict", needs.format(network, least))
        subnet = {"network_id": network, "ip_version": version, "cidr": cidr}
        assert asked(red, "subnets", "subnet", **subnet) == conflict
        red.put(f"networks/{network}", {"network": {"mtu": least}})
        red.post("subnets", **subnet)
        assert refused(red.call("PUT", f"/v2.0/networks/{network}", {"network": {"mtu": least - 1}})) == conflict


def test_an_address_group_has_its_prefixes_once_and_without_host_bits(site: Cloud, red: Caller) -> None:
    given = ["10.10.10.3/32", "192.168.0.10/24", "192.168.0.0/24", "2001:db8::f00/64"]
    group = red.post("address-groups", name="office", addresses=given)
    kept = ["10.10.10.3/32", "192.168.0.0/24", "2001:db8::/64"]
    assert group["addresses"] == kept
    path = f"/v2.0/address-groups/{group['id']}"
    assert red.call("PUT", f"{path}/add_addresses", {"addresses": ["10.20.30.40"]}).status == 200
    again = red.call("PUT", f"{path}/add_addresses", {"addresses": ["192.168.0.77/24"]})
    there = f"Addresses ['192.168.0.0/24'] already exist in the address group {group['id']}."
    assert refused(again) == (400, "AddressesAlreadyExist", there)
    missing = red.call("PUT", f"{path}/remove_addresses", {"addresses": ["10.200.200.200"]})
    nowhere = f"Addresses ['10.200.200.200/32'] not found in the address group {group['id']}."
    assert refused(missing) == (404, "AddressesNotFound", nowhere)
    assert red.call("PUT", f"{path}/remove_addresses", {"addresses": ["no address"]}).status == 400
    less = red.put(f"address-groups/{group['id']}/remove_addresses", {"addresses": kept[:1]})
    assert less["address_group"]["addresses"] == [*kept[1:], "10.20.30.40/32"]
    assert asked(red, "address-groups", "address_group", addresses=["10.20.30.40"])[0] == 400
    assert site.ops() == []


def test_qos_policies_have_tags_where_neutron_has_them(site: Cloud) -> None:
    admin = site.administrator
    policy = admin.post("qos/policies", name="gold")["id"]
    assert admin.put(f"policies/{policy}/tags", {"tags": ["a", "b"]}) == {"tags": ["a", "b"]}
    assert admin.get(f"qos/policies/{policy}")["policy"]["tags"] == ["a", "b"]
    assert [each["id"] for each in admin.list("qos/policies", ("tags", "a,b"))] == [policy]
    assert admin.call("DELETE", f"/v2.0/policies/{policy}/tags/a").status == 204
    assert admin.get(f"policies/{policy}/tags") == {"tags": ["b"]}
    assert admin.call("GET", f"/v2.0/policies/{policy}").status == 404
    admin.delete(f"qos/policies/{policy}")
