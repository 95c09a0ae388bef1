"""Answers that clients may rest on, as the real Neutron gives them.

Source: what neutron 29.0.0 with ML2/OVN and oslo.policy's default rules answered to the same requests.
"""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.support.cloud import PHYSICAL_NETWORK, VLANS, Answer, Caller, Cloud

UNPAIRED = "The number of sort_keys and sort_dirs must be same"
MANY = "Bad networks request: The number of tags exceed the per-resource limit of 50."


@pytest.fixture(scope="module")
def red(site: Cloud) -> Caller:
    """A member of a project."""
    return site.member("red-as-neutron")


@pytest.fixture(scope="module")
def external(site: Cloud) -> str:
    """The external network's id, with three subnets of which two are of IPv4."""
    admin = site.administrator
    values = {"router:external": True, "provider:network_type": "flat", "provider:physical_network": PHYSICAL_NETWORK}
    network: str = admin.post("networks", name="outside", **values)["id"]
    for name, cidr in (("low", "203.0.113.0/25"), ("high", "203.0.113.128/25"), ("six", "2001:db8::/64")):
        version = 6 if ":" in cidr else 4
        admin.post("subnets", network_id=network, name=name, cidr=cidr, ip_version=version, enable_dhcp=False)
    return network


def refused(answer: Answer) -> tuple[int, str, str]:
    """Status, type and message of a fault."""
    return answer.status, answer.fault, answer.body["NeutronError"]["message"]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("sort_key=name", UNPAIRED),
        ("sort_dir=asc", UNPAIRED),
        ("sort_key=&sort_dir=asc", UNPAIRED),
        ("sort_key=name&sort_key=id&sort_dir=asc", UNPAIRED),
        ("sort_key=nope&sort_dir=asc", "['nope'] is invalid attribute for sort_keys"),
        ("sort_key=name&sort_dir=up", "['up'] is invalid value for sort_dirs, valid value is 'asc' and 'desc'"),
    ],
)
def test_each_key_to_sort_by_has_its_direction(red: Caller, query: str, message: str) -> None:
    assert refused(red.call("GET", f"/v2.0/networks?{query}")) == (400, "HTTPBadRequest", message)


def test_keys_to_sort_by_that_are_empty_are_none(red: Caller) -> None:
    names = {"b", "a", "c"}
    for name in names:
        red.post("networks", name=name)
    for query, found in (("sort_key=&sort_dir=", names), ("sort_key=name&sort_dir=desc&sort_key=", ["c", "b", "a"])):
        shown = [each["name"] for each in red.call("GET", f"/v2.0/networks?{query}").body["networks"]]
        assert type(found)(name for name in shown if name in names) == found


def test_pools_of_floating_ips_are_the_ipv4_subnets_outside(site: Cloud, red: Caller, external: str) -> None:
    pools = red.list("floatingip_pools")
    assert {(each["subnet_name"], each["cidr"]) for each in pools} == {
        ("low", "203.0.113.0/25"),
        ("high", "203.0.113.128/25"),
    }
    assert {each["network_id"] for each in pools} == {external}
    for name in ("project_id", "tenant_id"):
        assert {each[name] for each in pools} == {red.project_id}, "as Neutron says, whoever asks"
    assert {each["subnet_id"] for each in pools} < {each["id"] for each in site.administrator.list("subnets")}
    assert len(red.list("subnets", ("network_id", external))) == 3, "all of them are seen"
    assert red.list("floatingip_pools", ("fields", "cidr"), ("subnet_name", "low")) == [{"cidr": "203.0.113.0/25"}]
    assert site.with_role("serving", "service").list("floatingip_pools") == [], "readers see them"
    assert red.call("GET", f"/v2.0/floatingip_pools/{pools[0]['subnet_id']}").status == 404
    assert red.call("POST", "/v2.0/floatingip_pools", {"floatingip_pool": {}}).status == 404
    assert "floatingip-pools" in {each["alias"] for each in red.list("extensions")}


def test_pools_of_floating_ips_leave_out_what_is_outside_for_others(site: Cloud, red: Caller, external: str) -> None:
    """Neutron shows them, though who asks can have no floating IP there."""
    admin = site.administrator
    [policy] = [each["id"] for each in admin.list("rbac-policies") if each["object_id"] == external]
    blue = site.member("blue-as-neutron")
    named = {"object_type": "network", "object_id": external, "action": "access_as_external"}
    granted = admin.call("POST", "/v2.0/rbac-policies", {"rbac_policy": {**named, "target_tenant": blue.project_id}})
    admin.delete(f"rbac-policies/{policy}")
    try:
        assert red.list("floatingip_pools") == []
        assert len(blue.list("floatingip_pools")) == 2
        inside = [len(caller.list("subnets", ("network_id", external))) for caller in (red, blue)]
        assert inside == [0, 3], "subnets outside are seen by those for whom they are outside"
    finally:
        admin.call("POST", "/v2.0/rbac-policies", {"rbac_policy": {**named, "target_tenant": "*"}})
        admin.delete(f"rbac-policies/{granted.body['rbac_policy']['id']}")


def test_tags_are_asked_about_by_rules_of_their_own(site: Cloud, red: Caller) -> None:
    reader = site.with_role("red-as-neutron", "reader")
    admin = site.administrator
    network = red.post("networks", name="tagged")["id"]
    path = f"/v2.0/networks/{network}/tags"
    assert red.call("PUT", path, {"tags": ["b", "a"]}).body == {"tags": ["b", "a"]}
    assert red.call("POST", path, {"tags": ["c"]}).body == {"tags": ["c"]}, "what was sent"
    admin.put(f"networks/{network}", {"network": {"shared": True}})
    for caller in (reader, site.member("blue-as-neutron")):
        assert caller.get(f"networks/{network}/tags") == {"tags": ["a", "b", "c"]}
        assert caller.call("GET", f"{path}/a").status == 204
        for method, where, body, action in (
            ("PUT", path, {"tags": []}, "update"),
            ("POST", path, {"tags": ["d"]}, "create"),
            ("PUT", f"{path}/d", None, "update"),
            ("DELETE", f"{path}/a", None, "delete"),
            ("DELETE", path, None, "delete"),
        ):
            message = f"rule:{action}_network:tags is disallowed by policy"
            assert refused(caller.call(method, where, body)) == (403, "PolicyNotAuthorized", message)
    assert admin.get(f"networks/{network}/tags") == {"tags": ["a", "b", "c"]}
    put = red.call("PUT", f"{path}/d")
    assert (put.status, put.text) == (201, "null")


def test_tags_that_cannot_be_are_refused_in_neutron_s_words(red: Caller) -> None:
    path = f"/v2.0/networks/{red.post('networks', name='tagless')['id']}/tags"
    for body, message in (
        ({}, "Invalid tags body."),
        ({"tags": "a"}, "'a' is not a list."),
        ({"tags": [1]}, "'1' is not a valid string."),
    ):
        assert refused(red.call("PUT", path, body)) == (400, "InvalidInput", f"Invalid input for operation: {message}")
    assert refused(red.call("PUT", path, {"tags": ["a", "a"]}))[:2] == (400, "InvalidInput")
    assert refused(red.call("PUT", path, {"tags": ["a" * 256]}))[:2] == (400, "InvalidInput")
    fifty = [str(number) for number in range(50)]
    assert red.call("PUT", path, {"tags": fifty}).status == 200
    assert red.call("PUT", f"{path}/1").status == 201, "it is there"
    for answer in (red.call("PUT", path, {"tags": [*fifty, "x"]}), red.call("PUT", f"{path}/x")):
        assert refused(answer) == (400, "BadRequest", MANY)


def test_a_floating_ip_leads_through_the_router_that_is_the_gateway(site: Cloud, red: Caller, external: str) -> None:
    """Of several on the subnet: its hosts answer through their gateway."""
    network = red.post("networks", name="two-ways")["id"]
    subnet = red.post("subnets", network_id=network, ip_version=4, cidr="10.1.0.0/24")["id"]
    gateway = {"network_id": external}
    for turn in range(4):  # by their ports' ids, either could be first
        first, second = (red.post("routers", external_gateway_info=gateway)["id"] for _ in range(2))
        aside = red.post("ports", network_id=network)["id"]
        red.put(f"routers/{first}/add_router_interface", {"port_id": aside})
        red.put(f"routers/{second}/add_router_interface", {"subnet_id": subnet})
        server = red.post("ports", network_id=network)["id"]
        floating = red.post("floatingips", floating_network_id=external, port_id=server)
        assert floating["router_id"] == second, turn
        [nat] = [row for row in site.rows("NAT", "_uuid", "type", "external_ip") if row["type"] == "dnat_and_snat"]
        [where] = [
            row["name"] for row in site.rows("Logical_Router", "name", "nat") if nat["_uuid"][1] in str(row["nat"])
        ]
        assert second in where
        used = red.call("PUT", f"/v2.0/routers/{second}/remove_router_interface", {"subnet_id": subnet})
        assert refused(used)[:2] == (409, "RouterInterfaceInUseByFloatingIP")
        red.put(f"routers/{first}/remove_router_interface", {"port_id": aside})
        red.delete(f"floatingips/{floating['id']}")
        red.put(f"routers/{second}/remove_router_interface", {"subnet_id": subnet})


def test_a_floating_ip_goes_through_the_router_that_is_asked_for(site: Cloud, external: str) -> None:
    red = site.member("red-asking")
    network = red.post("networks", name="asking")["id"]
    subnet = red.post("subnets", network_id=network, ip_version=4, cidr="10.2.0.0/24")["id"]
    made = {name: red.post("routers", name=name, external_gateway_info={"network_id": external}) for name in "abc"}
    a, b, c = (made[name]["id"] for name in "abc")
    red.put(f"routers/{a}/add_router_interface", {"subnet_id": subnet})
    red.put(f"routers/{b}/add_router_interface", {"port_id": red.post("ports", network_id=network)["id"]})
    server = red.post("ports", network_id=network)["id"]
    floating = red.post("floatingips", floating_network_id=external, port_id=server, router_id=b)
    assert floating["router_id"] == b

    def put(**values: object) -> str:
        return str(red.put(f"floatingips/{floating['id']}", {"floatingip": values})["floatingip"]["router_id"])

    def at() -> str:
        [nat] = [row for row in site.rows("NAT", "_uuid", "type") if row["type"] == "dnat_and_snat"]
        rows = site.rows("Logical_Router", "name", "nat")
        return next(str(row["name"]) for row in rows if nat["_uuid"][1] in str(row["nat"]))

    assert b in at()
    assert put(description="where it is asked for stays") == b
    assert put(router_id=c) == c, "it need not join the subnet"
    assert c in at()
    used = red.call("DELETE", f"/v2.0/routers/{c}")
    assert refused(used)[:2] == (409, "RouterExternalGatewayInUseByFloatingIp")
    alone = red.post("routers", name="alone")["id"]
    strange = site.member("blue-as-neutron").post("routers", name="strange")["id"]
    for router, status, fault in ((alone, 409, "Conflict"), (strange, 404, "RouterNotFound")):
        answer = red.call("PUT", f"/v2.0/floatingips/{floating['id']}", {"floatingip": {"router_id": router}})
        assert (answer.status, answer.fault) == (status, fault)
    assert [put(port_id=server), put(router_id=b), put(router_id=None)] == [a, b, a], "the subnet's gateway else"
    put(router_id=b)
    assert put(port_id=None, router_id=b) == "None", "without a port there is none"
    red.delete(f"floatingips/{floating['id']}")
    idle = red.post("floatingips", floating_network_id=external, router_id=alone)
    assert idle["router_id"] is None
    red.delete(f"floatingips/{idle['id']}")
    for router in (b, c, alone):
        for port in red.list("ports", ("device_id", router), ("device_owner", "network:router_interface")):
            red.put(f"routers/{router}/remove_router_interface", {"port_id": port["id"]})
        red.delete(f"routers/{router}")
    assert site.ops() == []


def test_of_what_is_not_there_no_tags_are(red: Caller) -> None:
    """Neutron fails there with 500."""
    for method in ("GET", "PUT", "DELETE"):
        body = {"tags": ["a"]} if method == "PUT" else None
        assert red.call(method, f"/v2.0/networks/{uuid4()}/tags", body).status == 404


def test_a_mac_address_of_none_is_another_one(site: Cloud) -> None:
    red, admin = site.member("red-macs"), site.administrator
    network = red.post("networks", name="macs")["id"]
    port = red.post("ports", network_id=network, mac_address=None)
    none = {"port": {"mac_address": None}}
    answer = red.call("PUT", f"/v2.0/ports/{port['id']}", none)
    assert (answer.status, "rule:update_port:mac_address" in answer.text) == (403, True)
    others = [admin.put(f"ports/{port['id']}", none)["port"]["mac_address"] for _ in range(3)]
    assert len({port["mac_address"], *others}) == 4
    [row] = [each for each in site.rows("Logical_Switch_Port", "name", "addresses") if each["name"] == port["id"]]
    assert others[-1] in str(row["addresses"])
    assert "port-mac-address-regenerate" in {each["alias"] for each in red.list("extensions")}


def test_lists_are_filtered_by_what_is_empty_shared_and_outside(site: Cloud, external: str) -> None:
    red, admin = site.member("red-filtering"), site.administrator
    network = red.post("networks", name="plain")["id"]
    inside = red.post("subnets", network_id=network, ip_version=4, cidr="10.3.0.0/24")["id"]
    ports = {owner: red.post("ports", network_id=network, device_owner=owner)["id"] for owner in ("", "compute:x")}
    mine = ("project_id", red.project_id)
    assert [each["id"] for each in red.list("ports", mine, ("device_owner", ""))] == [ports[""]]
    assert len(red.list("ports", mine)) == 2
    group = red.post("security-groups", name="lent")["id"]
    named = {"object_type": "security_group", "object_id": group, "action": "access_as_shared", "target_tenant": "*"}
    assert [each["id"] for each in red.list("security-groups", mine, ("shared", "True"))] == []
    assert admin.call("POST", "/v2.0/rbac-policies", {"rbac_policy": named}).status == 201
    assert [each["id"] for each in red.list("security-groups", mine, ("shared", "True"))] == [group]
    assert group not in {each["id"] for each in red.list("security-groups", ("shared", "False"))}
    for outside, found in (("True", False), ("False", True)):
        subnets = admin.list("subnets", ("router:external", outside))
        assert {each["router:external"] for each in subnets} == {outside == "True"}
        assert (inside in {each["id"] for each in subnets}) is found
        assert any(each["network_id"] == external for each in subnets) is not found
    aliases = {each["alias"] for each in red.list("extensions")}
    assert aliases >= {"empty-string-filtering", "security-groups-shared-filtering", "subnet-external-network"}
    assert "tag-creation" in aliases, "POST of tags"


def test_a_hyphen_and_an_underscore_are_the_same_in_paths(site: Cloud, red: Caller) -> None:
    group = red.post("security-groups", name="spelled")["id"]
    assert red.get(f"security_groups/{group}")["security_group"]["name"] == "spelled"
    for path in ("rbac_policies", "address_scopes", "floatingip-pools", "availability-zones", "service_providers"):
        red.get(path)
    assert red.call("GET", "/v2.0/floating-ips").status == 404
    admin = site.administrator
    policy = admin.post("qos/policies", name="spelled")["id"]
    limit = {"bandwidth_limit_rule": {"max_kbps": 100}}
    made = admin.call("POST", f"/v2.0/qos/policies/{policy}/bandwidth_limit_rules", limit).body["bandwidth_limit_rule"]
    for spelling in ("alias-bandwidth-limit-rules", "alias_bandwidth_limit_rules"):
        assert admin.get(f"qos/{spelling}/{made['id']}")["alias_bandwidth_limit_rule"]["max_kbps"] == 100
    admin.delete(f"qos/policies/{policy}")


def test_routers_say_whether_they_translate(site: Cloud, red: Caller) -> None:
    router = red.post("routers", name="translating")
    assert router["enable_snat"] is True
    found = [each["id"] for each in red.list("routers", ("enable_snat", "true"), ("name", "translating"))]
    assert found == [router["id"]]
    assert red.list("routers", ("enable_snat", "false"), ("name", "translating")) == []
    answer = refused(red.call("PUT", f"/v2.0/routers/{router['id']}", {"router": {"enable_snat": False}}))
    assert answer == (400, "HTTPBadRequest", "Cannot update read-only attribute enable_snat")


def test_ports_are_found_by_any_of_several_addresses(red: Caller) -> None:
    network = red.post("networks", name="found")["id"]
    subnets = [red.post("subnets", network_id=network, ip_version=4, cidr=f"10.5.{n}.0/24")["id"] for n in (0, 1)]
    for name, *addresses in (("a", "10.5.0.5"), ("b", "10.5.0.6", "10.5.1.6"), ("c", "10.5.1.7")):
        red.post("ports", network_id=network, name=name, fixed_ips=[{"ip_address": each} for each in addresses])
    for asked, found in (
        (("ip_address=10.5.0.5", "ip_address=10.5.1.7"), ["a", "c"]),
        ((f"subnet_id={subnets[0]}",), ["a", "b"]),
        ((f"subnet_id={subnets[0]}", "ip_address=10.5.0.6", "ip_address=10.5.0.5"), ["a", "b"]),
        ((f"subnet_id={subnets[1]}", "ip_address_substr=0.6"), ["b"]),
    ):
        filters = [("fixed_ips", each) for each in asked]
        assert sorted(port["name"] for port in red.list("ports", *filters)) == found, asked
    answer = refused(red.call("GET", "/v2.0/ports?fixed_ips=x"))
    message = "Invalid input for operation: 'x' is not of the form <key>=[value]."
    assert answer == (400, "InvalidInput", message)


def test_agents_of_a_router_are_where_its_gateway_is(site: Cloud, red: Caller, external: str) -> None:
    admin = site.administrator
    router = red.post("routers", name="placed", external_gateway_info={"network_id": external})["id"]
    shown = admin.get(f"routers/{router}/l3-agents")["agents"]
    port = admin.list("ports", ("device_id", router))[0]["id"]
    best_first = [
        line.split()[0].rpartition("_")[2] for line in site.nbctl(f"lrp-get-gateway-chassis lrp-{port}").splitlines()
    ]
    assert best_first == [each["host"] for each in shown]
    assert shown == [agent for host in best_first for agent in admin.list("agents", ("host", host))]
    assert admin.get(f"networks/{external}/dhcp-agents") == {"agents": []}, "every hypervisor answers DHCP"
    for path, rule in ((f"routers/{router}/l3-agents", "get_l3-agents"),
                       (f"networks/{external}/dhcp-agents", "get_dhcp-agents")):  # fmt: skip
        message = f"rule:{rule} is disallowed by policy"
        assert refused(red.call("GET", f"/v2.0/{path}")) == (403, "PolicyNotAuthorized", message)
    red.delete(f"routers/{router}")


def test_a_vlan_network_moves_to_another_vlan(site: Cloud) -> None:
    admin = site.administrator
    place = {"provider:network_type": "vlan", "provider:physical_network": PHYSICAL_NETWORK}
    network = admin.post("networks", name="moving", **place, **{"provider:segmentation_id": 700})["id"]
    taken = admin.post("networks", name="taken", **place, **{"provider:segmentation_id": 702})["id"]

    def moved(**values: Any) -> Answer:
        body = {"network": {f"provider:{name}": value for name, value in values.items()}}
        return admin.call("PUT", f"/v2.0/networks/{network}", body)

    answer = moved(segmentation_id=701, network_type="vlan")
    assert (answer.status, answer.body["network"]["provider:segmentation_id"]) == (200, 701)
    tags = [row["tag"] for row in site.rows("Logical_Switch_Port", "type", "tag") if row["type"] == "localnet"]
    assert 701 in tags
    assert 700 not in tags
    assert (moved(segmentation_id=702).status, moved(segmentation_id=702).fault) == (409, "VlanIdInUse")
    for values in ({"segmentation_id": 5000}, {"physical_network": "physnet2"}, {"network_type": "flat"}):
        answer = moved(**values)
        assert (answer.status, answer.fault) == (400, "InvalidInput"), values
    tenant = admin.post("networks", name="tenant")["id"]
    answer = admin.call("PUT", f"/v2.0/networks/{tenant}", {"network": {"provider:segmentation_id": 9}})
    message = "Invalid input for operation: Only VLAN type networks can be updated.."
    assert refused(answer) == (400, "InvalidInput", message)
    assert admin.get(f"networks/{network}")["network"]["provider:segmentation_id"] == 701
    assert site.ops() == []
    for id in (network, taken, tenant):
        admin.delete(f"networks/{id}")


def test_a_port_keeps_the_address_that_a_floating_ip_leads_to(red: Caller, external: str) -> None:
    network = red.post("networks", name="led-to")["id"]
    subnet = red.post("subnets", network_id=network, ip_version=4, cidr="10.8.0.0/24")["id"]
    router = red.post("routers", external_gateway_info={"network_id": external})["id"]
    red.put(f"routers/{router}/add_router_interface", {"subnet_id": subnet})
    port = red.post("ports", network_id=network, fixed_ips=[{"ip_address": "10.8.0.20"}])["id"]
    floating = red.post("floatingips", floating_network_id=external, port_id=port)["id"]

    def addressed(*fixed_ips: dict[str, str]) -> Answer:
        return red.call("PUT", f"/v2.0/ports/{port}", {"port": {"fixed_ips": [*fixed_ips]}})

    message = (
        f"Bad port request: Cannot update the fixed_ips of the port {port}, because its original fixed_ip has been "
        "associated to a floating ip."
    )
    for fixed_ips in ([{"ip_address": "10.8.0.21"}], []):
        assert refused(addressed(*fixed_ips)) == (400, "BadRequest", message)
    for fixed_ips in ([{"subnet_id": subnet}], [{"ip_address": "10.8.0.20"}, {"ip_address": "10.8.0.21"}]):
        answer = addressed(*fixed_ips)
        assert answer.status == 200, answer
        assert "10.8.0.20" in [each["ip_address"] for each in answer.body["port"]["fixed_ips"]]
    red.put(f"floatingips/{floating}", {"floatingip": {"port_id": None}})
    assert addressed({"ip_address": "10.8.0.22"}).status == 200
    red.delete(f"floatingips/{floating}")
    red.put(f"routers/{router}/remove_router_interface", {"subnet_id": subnet})
    red.delete(f"routers/{router}")


SIX = "2001:db8:6::"


@pytest.mark.parametrize(
    ("values", "gateway", "pools"),
    [
        ({"cidr": f"{SIX}/64"}, SIX, [(f"{SIX}1", "2001:db8:6:0:ffff:ffff:ffff:ffff")]),
        ({"cidr": f"{SIX}/64", "ipv6_ra_mode": "slaac", "ipv6_address_mode": "slaac"}, SIX,
         [(f"{SIX}1", "2001:db8:6:0:ffff:ffff:ffff:ffff")]),
        ({"cidr": f"{SIX}/127", "enable_dhcp": False}, SIX, [(f"{SIX}1", f"{SIX}1")]),
        ({"cidr": f"{SIX}/64", "allocation_pools": [{"start": f"{SIX}1", "end": f"{SIX}5"}]}, SIX,
         [(f"{SIX}1", f"{SIX}5")]),
        ({"cidr": f"{SIX}/64", "gateway_ip": None}, None, [(f"{SIX}1", "2001:db8:6:0:ffff:ffff:ffff:ffff")]),
        ({"use_pool": True}, "2001:db8:100::1", [("2001:db8:100::2", "2001:db8:100:0:ffff:ffff:ffff:ffff")]),
        ({"use_pool": True, "cidr": "2001:db8:100:5::/64"}, "2001:db8:100:5::",
         [("2001:db8:100:5::1", "2001:db8:100:5:ffff:ffff:ffff:ffff")]),
    ],
)  # fmt: skip
def test_the_gateway_of_an_ipv6_subnet_is_the_prefix_itself_where_no_pool_chose_it(
    red: Caller, values: dict[str, Any], gateway: str | None, pools: list[tuple[str, str]]
) -> None:
    network, pool = red.post("networks")["id"], ""
    if values.pop("use_pool", False):
        pool = red.post("subnetpools", name="six", prefixes=["2001:db8:100::/48"], default_prefixlen=64)["id"]
        values["subnetpool_id"] = pool
    made = red.post("subnets", network_id=network, ip_version=6, **values)
    assert made["gateway_ip"] == gateway
    assert [(each["start"], each["end"]) for each in made["allocation_pools"]] == pools
    red.delete(f"networks/{network}")
    if pool:
        red.delete(f"subnetpools/{pool}")


@pytest.mark.parametrize(
    ("cidr", "start", "end"),
    [
        ("10.7.0.0/24", "10.7.0.0", "10.7.0.5"),
        ("10.7.0.0/24", "10.7.0.10", "10.7.0.255"),
        (f"{SIX}/64", SIX, f"{SIX}5"),
    ],
)
def test_a_pool_has_addresses_of_hosts_alone(red: Caller, cidr: str, start: str, end: str) -> None:
    network = red.post("networks")["id"]
    values = {"network_id": network, "cidr": cidr, "ip_version": 6 if ":" in cidr else 4, "gateway_ip": None,
              "allocation_pools": [{"start": start, "end": end}]}  # fmt: skip
    message = f"The allocation pool {start}-{end} spans beyond the subnet cidr {cidr}."
    assert refused(red.call("POST", "/v2.0/subnets", {"subnet": values})) == (400, "OutOfBoundsAllocationPool", message)


def test_a_vlan_network_gets_its_physical_network_and_vlan_from_the_ranges_there_are(site: Cloud) -> None:
    admin, vlan = site.administrator, {"provider:network_type": "vlan"}
    first, second = (admin.post("networks", **vlan) for _ in range(2))
    numbers = [each["provider:segmentation_id"] for each in (first, second)]
    assert {each["provider:physical_network"] for each in (first, second)} == {PHYSICAL_NETWORK}
    assert len(set(numbers)) == 2
    low, high = map(int, VLANS.split("-"))
    assert all(low <= number <= high for number in numbers)
    answer = admin.call("POST", "/v2.0/networks", {"network": {**vlan, "provider:segmentation_id": 777}})
    message = "Invalid input for operation: segmentation_id requires physical_network for VLAN provider network."
    assert refused(answer) == (400, "InvalidInput", message)
    for each in (first, second):
        admin.delete(f"networks/{each['id']}")


def test_a_network_carries_the_tags_of_its_machines_where_it_is_made_so(site: Cloud, red: Caller) -> None:
    assert "vlan-transparent" in {each["alias"] for each in red.list("extensions")}
    plain, tagged = red.post("networks", name="plain"), red.post("networks", name="tagged", vlan_transparent=True)
    assert (plain["vlan_transparent"], tagged["vlan_transparent"]) == (False, True)
    assert [each["id"] for each in red.list("networks", ("vlan_transparent", "true"))] == [tagged["id"]]
    config = {row["name"]: row["other_config"] for row in site.rows("Logical_Switch", "name", "other_config")}
    passes = {id: ["vlan-passthru", "true"] in config[f"cpal-{id}"][1] for id in (plain["id"], tagged["id"])}
    assert passes == {plain["id"]: False, tagged["id"]: True}
    message = "Cannot update read-only attribute vlan_transparent"
    put = red.call("PUT", f"/v2.0/networks/{tagged['id']}", {"network": {"vlan_transparent": False}})
    assert refused(put) == (400, "HTTPBadRequest", message)
    flat = {"provider:network_type": "flat", "provider:physical_network": PHYSICAL_NETWORK, "vlan_transparent": True}
    answer = site.administrator.call("POST", "/v2.0/networks", {"network": flat})
    message = "Backend does not support VLAN Transparency."
    assert refused(answer) == (400, "VlanTransparencyDriverError", message)


def test_a_port_has_as_many_addresses_of_a_subnet_as_it_asks_for(red: Caller) -> None:
    network = red.post("networks", name="several")["id"]
    subnet = red.post("subnets", network_id=network, ip_version=4, cidr="10.8.1.0/24")["id"]
    made = red.post("ports", network_id=network, fixed_ips=[{"subnet_id": subnet}, {"subnet_id": subnet}])
    assert len({each["ip_address"] for each in made["fixed_ips"]}) == 2
    group = red.list("security-groups")[0]["id"]
    answer = red.call("POST", "/v2.0/ports", {"port": {"network_id": network, "security_groups": [group, group]}})
    message = f"Invalid input for security_groups. Reason: Duplicate items in the list: '{group}'."
    assert refused(answer) == (400, "HTTPBadRequest", message)
    twice = [{"subnet_id": subnet, "ip_address": "10.8.1.20"}, {"ip_address": "10.8.1.20"}]
    answer = red.call("POST", "/v2.0/ports", {"port": {"network_id": network, "fixed_ips": twice}})
    message = "Invalid input for fixed_ips. Reason: Duplicate IP address '10.8.1.20'."
    assert refused(answer) == (400, "HTTPBadRequest", message)


def test_a_gateway_has_several_addresses_of_a_subnet(site: Cloud, red: Caller, external: str) -> None:
    admin = site.administrator
    made = admin.post("routers", external_gateway_info={"network_id": external}, project_id=red.project_id)
    held = made["external_gateway_info"]["external_fixed_ips"]
    asked = {"network_id": external, "external_fixed_ips": [*held, {"ip_address": "203.0.113.77"}]}
    changed = admin.put(f"routers/{made['id']}", {"router": {"external_gateway_info": asked}})["router"]
    assert [each for each in changed["external_gateway_info"]["external_fixed_ips"] if each in held] == held
    addresses = [each["ip_address"] for each in changed["external_gateway_info"]["external_fixed_ips"]]
    assert len(set(addresses)) == len(held) + 1
    [port] = admin.list("ports", ("device_id", made["id"]))
    said = site.nbctl(f"--bare --columns=networks find Logical_Router_Port name=lrp-{port['id']}")
    assert {each.partition("/")[0] for each in said.split()} == set(addresses)
    assert site.ops() == []
    admin.delete(f"routers/{made['id']}")


def test_a_quota_is_set_for_whatever_is_called_a_project(site: Cloud, red: Caller) -> None:
    """Some say the name for the id: Neutron knows no projects, and takes it for another."""
    admin = site.administrator
    name = "red-as-neutron"
    red.post("networks", name="anything")
    assert admin.put(f"quotas/{name}", {"quota": {"network": 7}})["quota"]["network"] == 7
    assert admin.get(f"quotas/{name}")["quota"]["network"] == 7
    assert admin.get(f"quotas/{red.project_id}")["quota"]["network"] != 7
    admin.delete(f"quotas/{name}")
