"""What answers show beside faults, as neutron 29.0.0 with ML2/OVN shows it to the same requests."""

from __future__ import annotations

import pytest

from tests.support.cloud import Caller, Cloud


@pytest.fixture(scope="module")
def red(site: Cloud) -> Caller:
    """A member of a project."""
    return site.member("red-shown")


@pytest.fixture(scope="module")
def external(site: Cloud) -> str:
    """The external network's id."""
    admin = site.administrator
    network: str = admin.post("networks", name="outside", **{"router:external": True})["id"]
    admin.post("subnets", network_id=network, cidr="203.0.113.0/24", ip_version=4, enable_dhcp=False)
    return network


def test_an_interface_says_what_it_is_of_and_no_more(red: Caller) -> None:
    network, router = red.post("networks")["id"], red.post("routers")["id"]
    subnet = red.post("subnets", network_id=network, ip_version=4, cidr="10.0.0.0/24")["id"]
    asked = {"subnet_id": subnet, "nope": 1}
    joined, left = (red.put(f"routers/{router}/{what}_router_interface", asked) for what in ("add", "remove"))
    assert joined == left == {
        "id": router, "project_id": red.project_id, "port_id": joined["port_id"], "network_id": network,
        "subnet_id": subnet, "subnet_ids": [subnet],
    }  # fmt: skip


def test_rules_have_tags_where_their_group_shows_them_and_templates_give_them_no_description(red: Caller) -> None:
    group = red.post("security-groups", name="with rules")
    assert [(each["tags"], each["description"]) for each in group["security_group_rules"]] == [([], None)] * 2
    path = f"security-group-rules/{group['security_group_rules'][0]['id']}"
    alone = red.get(path)["security_group_rule"]
    assert "tags" not in alone
    assert alone["description"] is None
    assert (
        red.put(path, {"security_group_rule": {"description": "mine"}})["security_group_rule"]["description"] == "mine"
    )
    own = red.post("security-group-rules", security_group_id=group["id"], direction="ingress", protocol="udp")
    assert own["description"] == ""


@pytest.mark.parametrize("protocol", ["0", 0, "ip", "hopopt"])
def test_protocol_0_is_one_like_any_other_and_not_any(site: Cloud, red: Caller, protocol: object) -> None:
    group = red.post("security-groups", name="zero")["id"]
    red.post("ports", network_id=red.post("networks")["id"], security_groups=[group])
    red.post("security-group-rules", security_group_id=group, direction="ingress")
    before = matches_of_0(site)
    rule = red.post("security-group-rules", security_group_id=group, direction="ingress", protocol=protocol)
    assert rule["protocol"] == str(protocol)
    assert matches_of_0(site) == before + 1


def matches_of_0(site: Cloud) -> int:
    """How many access lists of OVN are about the protocol of that number."""
    return sum("ip.proto == 0" in row["match"] for row in site.rows("ACL", "match"))


def test_who_may_change_a_floating_ip_may_take_another_s_policy_away(site: Cloud, red: Caller, external: str) -> None:
    admin = site.administrator
    policy = admin.post("qos/policies", name="not for red")["id"]
    floating = red.post("floatingips", floating_network_id=external)["id"]
    admin.put(f"floatingips/{floating}", {"floatingip": {"qos_policy_id": policy}})
    bare = red.put(f"floatingips/{floating}", {"floatingip": {"qos_policy_id": None}})
    assert bare["floatingip"]["qos_policy_id"] is None
    admin.delete(f"qos/policies/{policy}")


def test_of_a_forwarded_port_the_number_holds_whatever_the_range(red: Caller, external: str) -> None:
    network, floating = red.post("networks")["id"], red.post("floatingips", floating_network_id=external)["id"]
    subnet = red.post("subnets", network_id=network, ip_version=4, cidr="10.1.0.0/24")["id"]
    router = red.post("routers", external_gateway_info={"network_id": external})["id"]
    red.put(f"routers/{router}/add_router_interface", {"subnet_id": subnet})
    port = red.post("ports", network_id=network)
    made = red.post(
        f"floatingips/{floating}/port_forwardings", protocol="tcp", internal_port_id=port["id"], internal_port=22,
        internal_ip_address=port["fixed_ips"][0]["ip_address"], external_port=2222, external_port_range="1:2",
    )  # fmt: skip
    assert (made["external_port"], made["external_port_range"]) == (2222, "2222:2222")
    path = f"floatingips/{floating}/port_forwardings/{made['id']}"
    ranges = {"external_port_range": "100:101", "internal_port_range": "200:201"}
    changed = red.put(path, {"port_forwarding": ranges})["port_forwarding"]
    assert [changed[f"{side}_port"] for side in ("external", "internal")] == [None, None]
    read = red.get(path)["port_forwarding"]
    assert read == {key: value for key, value in changed.items() if value is not None}, "a number is one port's alone"


def test_the_project_of_a_token_is_told_by_either_name(red: Caller) -> None:
    for name in ("tenant", "project"):
        assert red.get(f"quotas/{name}") == {name: {f"{name}_id": red.project_id}}


def test_providers_of_services_are_not_asked_about_by_what_is_not_known(red: Caller) -> None:
    assert red.get("service-providers", ("nope", "1"), ("fields", "name")) == {"service_providers": [{"name": "ovn"}]}
