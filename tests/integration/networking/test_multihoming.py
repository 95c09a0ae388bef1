"""Routers with several external gateways through the Networking API, and what of them is in the Northbound database.

What the real Neutron answers to the same was recorded: `tests/golden/neutron/29.0.0/answers.txt`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.cloud import PHYSICAL_NETWORK, Answer, Caller, Cloud

Gateways = list[dict[str, Any]]
NETWORKS = {"one": ("198.51.100.0/24", 101), "two": ("192.0.2.0/24", 102)}


@pytest.fixture(scope="module")
def outside(site: Cloud) -> dict[str, str]:
    """The ids of two external networks, by name."""
    admin, found = site.administrator, {}
    for name, (cidr, vlan) in NETWORKS.items():
        segment = {"provider:network_type": "vlan", "provider:physical_network": PHYSICAL_NETWORK}
        made = admin.post(
            "networks", name=name, **{"router:external": True, "provider:segmentation_id": vlan}, **segment
        )
        admin.post("subnets", network_id=made["id"], ip_version=4, cidr=cidr, enable_dhcp=False)
        found[name] = made["id"]
    return found


@pytest.fixture
def router(site: Cloud, outside: dict[str, str]) -> Iterator[str]:
    """The id of a router with an inner network; in the end nothing drifted, and it goes with all it has."""
    red = site.member("red")
    network = red.post("networks", name="in")["id"]
    subnet = red.post("subnets", network_id=network, ip_version=4, cidr="10.7.0.0/24")["id"]
    made = str(red.post("routers", name="edge")["id"])
    red.put(f"routers/{made}/add_router_interface", {"subnet_id": subnet})
    yield made
    assert site.ops() == []
    for each in red.list("floatingips"):
        red.delete(f"floatingips/{each['id']}")
    red.put(f"routers/{made}/remove_router_interface", {"subnet_id": subnet})
    for each in red.list("ports", ("network_id", network)):
        red.delete(f"ports/{each['id']}")
    red.delete(f"routers/{made}")
    assert site.administrator.list("ports", ("device_id", made)) == []
    red.delete(f"networks/{network}")
    assert site.ops() == []


def act(caller: Caller, router: str, action: str, *gateways: dict[str, Any]) -> Answer:
    """The answer to an action on the router's gateways."""
    body = {"router": {"external_gateways": list(gateways)}}
    return caller.call("PUT", f"/v2.0/routers/{router}/{action}_external_gateways", body)


def have(caller: Caller, router: str, action: str, *gateways: dict[str, Any]) -> Gateways:
    """The gateways of the router after an action that must succeed; the first is that of `external_gateway_info`."""
    answer = act(caller, router, action, *gateways)
    assert answer.status == 200, answer
    shown = caller.get(f"routers/{router}")["router"]
    assert answer.body["router"]["external_gateways"] == shown["external_gateways"]
    first, info = shown["external_gateways"][:1], shown["external_gateway_info"]
    assert first == ([{key: info[key] for key in ("network_id", "external_fixed_ips")}] if info else [])
    found: Gateways = shown["external_gateways"]
    return found


def addresses(gateways: Gateways) -> list[str]:
    """The first address of each."""
    return [each["external_fixed_ips"][0]["ip_address"] for each in gateways]


def at(network: str, *ips: str) -> dict[str, Any]:
    """A gateway as it is asked for."""
    return {"network_id": network, **({"external_fixed_ips": [{"ip_address": ip} for ip in ips]} if ips else {})}


def refused(answer: Answer) -> tuple[int, str]:
    """The status and the type of the fault."""
    return answer.status, answer.fault


def routes(site: Cloud, router: str) -> set[tuple[str, bool]]:
    """The next hops of the router's routes to everywhere, each with whether it is watched by BFD."""
    ids = site.nbctl(f"--bare --columns=static_routes find Logical_Router name=cpal-{router}").split()
    rows = site.rows("Logical_Router_Static_Route", "_uuid", "ip_prefix", "nexthop", "bfd")
    return {(row["nexthop"], row["bfd"] != ["set", []]) for row in rows if row["_uuid"][1] in ids}


def translations(site: Cloud, kind: str) -> dict[str, str]:
    """The address of the router's port at which each external address is translated, of one type of row."""
    ports = {row["_uuid"][1]: row["networks"].partition("/")[0] for row in
             site.rows("Logical_Router_Port", "_uuid", "networks") if isinstance(row["networks"], str)}  # fmt: skip
    rows = site.rows("NAT", "type", "external_ip", "gateway_port")
    return {row["external_ip"]: ports[row["gateway_port"][1]] for row in rows if row["type"] == kind}


def test_gateways_are_added_behind_the_first_and_each_is_in_ovn(
    site: Cloud, outside: dict[str, str], router: str
) -> None:
    admin = site.administrator
    one, two = outside["one"], outside["two"]
    assert admin.get(f"routers/{router}")["router"]["external_gateways"] == []
    found = have(admin, router, "add", {**at(one), "enable_snat": False}, at(two))
    assert [each["network_id"] for each in found] == [one, two]
    assert admin.get(f"routers/{router}")["router"]["external_gateway_info"]["enable_snat"] is False
    assert translations(site, "snat") == {}
    admin.put(f"routers/{router}", {"router": {"external_gateway_info": {"network_id": one, "enable_snat": True}}})
    found = have(admin, router, "add", at(one, "198.51.100.77"))
    assert addresses(found)[2] == "198.51.100.77"
    assert translations(site, "snat") == {ip: ip for ip in addresses(found)}
    assert routes(site, router) == {("198.51.100.1", False)}, "to everywhere by the first alone"
    firsts = {row["name"].split("_")[0]: row["chassis_name"] for row in
              site.rows("Gateway_Chassis", "name", "chassis_name", "priority") if row["priority"] == 2}  # fmt: skip
    assert len(firsts) == 3
    assert set(firsts.values()) == {"hv1", "hv2"}
    agents = admin.get(f"routers/{router}/l3-agents")["agents"]
    assert sorted(each["host"] for each in agents) == ["hv1", "hv2"]


def test_routes_to_everywhere_are_by_all_gateways_and_watched_where_that_is_asked(
    site: Cloud, outside: dict[str, str], router: str
) -> None:
    admin = site.administrator
    have(admin, router, "add", at(outside["one"]), at(outside["two"]), at(outside["two"]))
    for ecmp, bfd in ((True, False), (True, True), (False, True), (False, False)):
        asked = {"enable_default_route_ecmp": ecmp, "enable_default_route_bfd": bfd}
        shown = admin.put(f"routers/{router}", {"router": asked})["router"]
        assert {name: shown[name] for name in asked} == asked
        hops = ["198.51.100.1", *(["192.0.2.1"] if ecmp else [])]
        assert routes(site, router) == {(hop, bfd) for hop in hops}
        sessions = sorted(row["dst_ip"] for row in site.rows("BFD", "dst_ip"))
        assert sessions == (["192.0.2.1"] * 2 * ecmp + ["198.51.100.1"]) * bfd
    red = site.member("red")
    assert refused(red.call("PUT", f"/v2.0/routers/{router}", {"router": asked})) == (403, "PolicyNotAuthorized")


def test_those_that_are_asked_for_go_and_the_next_is_the_first(
    site: Cloud, outside: dict[str, str], router: str
) -> None:
    admin = site.administrator
    one, two = outside["one"], outside["two"]
    found = have(admin, router, "add", at(one), at(two), at(one, "198.51.100.77"))
    assert refused(act(admin, router, "remove", at(one))) == (400, "UnableToMatchGateways")
    assert refused(act(admin, router, "remove", at(one, "198.51.100.200"))) == (400, "UnableToMatchGateways")
    hosts = placed(site, admin, router)
    after = have(admin, router, "remove", at(one, addresses(found)[0]))
    assert after == found[1:]
    assert routes(site, router) == {("192.0.2.1", False)}
    assert placed(site, admin, router) == {ip: hosts[ip] for ip in addresses(after)}, "gateways stay where they are"
    shown = admin.put(f"routers/{router}", {"router": {"external_gateway_info": {}}})["router"]
    assert shown["external_gateways"] == found[2:]
    assert have(admin, router, "remove", at(one)) == []
    assert refused(act(admin, router, "remove", at(one))) == (400, "UnableToRemoveGateways")
    assert placed(site, admin, router) == {}


def placed(site: Cloud, admin: Caller, router: str) -> dict[str, list[str]]:
    """The hosts of each gateway of a router by its address, the best first."""
    rows = site.rows("Gateway_Chassis", "name", "chassis_name", "priority")
    rows.sort(key=lambda row: -int(row["priority"]))
    ports = admin.list("ports", ("device_id", router), ("device_owner", "network:router_gateway"))
    return {port["fixed_ips"][0]["ip_address"]:
            [row["chassis_name"] for row in rows if row["name"].startswith(f"lrp-{port['id']}_")]
            for port in ports}  # fmt: skip


def test_others_take_the_place_of_those_that_are_not_asked_for(
    site: Cloud, outside: dict[str, str], router: str
) -> None:
    admin = site.administrator
    one, two = outside["one"], outside["two"]
    found = have(admin, router, "add", at(one), at(two))
    ports = {port["id"] for port in admin.list("ports", ("device_id", router))}
    hosts = placed(site, admin, router)
    swapped = have(admin, router, "update", at(two), at(one))
    assert swapped == found[::-1]
    assert {port["id"] for port in admin.list("ports", ("device_id", router))} == ports
    assert placed(site, admin, router) == hosts
    assert routes(site, router) == {("192.0.2.1", False)}
    moved = have(admin, router, "update", at(two), at(one, "198.51.100.88"))
    assert addresses(moved) == [addresses(swapped)[0], "198.51.100.88"]
    assert addresses(have(admin, router, "update", at(two, "192.0.2.99"))) == ["192.0.2.99"]
    assert have(admin, router, "update") == []


def test_floating_ips_of_each_network_lead_by_its_gateway_and_hold_it(
    site: Cloud, outside: dict[str, str], router: str
) -> None:
    admin, red = site.administrator, site.member("red")
    one, two = outside["one"], outside["two"]
    found = have(admin, router, "add", at(one), at(two), at(two))
    network = red.list("networks", ("name", "in"))[0]["id"]
    led = {}
    for outer, gateway in ((one, 0), (two, 1)):
        port = red.post("ports", network_id=network)["id"]
        floating = red.post("floatingips", floating_network_id=outer, port_id=port)
        assert floating["router_id"] == router
        led[floating["floating_ip_address"]] = addresses(found)[gateway]
    assert translations(site, "dnat_and_snat") == led
    in_use = (409, "RouterExternalGatewayInUseByFloatingIp")
    assert refused(act(admin, router, "remove", at(one))) == in_use
    assert refused(act(admin, router, "update")) == in_use
    assert have(admin, router, "remove", at(two, addresses(found)[2])) == found[:2], "another one is on that network"
    assert refused(act(admin, router, "remove", at(two))) == in_use
    assert refused(red.call("DELETE", f"/v2.0/routers/{router}")) == (409, "RouterInUse")


def test_ports_forwarded_by_a_router_with_several_gateways_are_kept(
    site: Cloud, outside: dict[str, str], router: str
) -> None:
    """OVN has no load balancers at such routers: Neutron, too, keeps what nothing comes of."""
    admin, red = site.administrator, site.member("red")
    have(admin, router, "add", at(outside["one"]), at(outside["two"]))
    port = red.post("ports", network_id=red.list("networks", ("name", "in"))[0]["id"])
    floating = red.post("floatingips", floating_network_id=outside["one"])["id"]
    forwarding = {"protocol": "tcp", "external_port": 2222, "internal_port": 22, "internal_port_id": port["id"],
                  "internal_ip_address": port["fixed_ips"][0]["ip_address"]}  # fmt: skip
    path = f"/v2.0/floatingips/{floating}/port_forwardings"
    made = red.call("POST", path, {"port_forwarding": forwarding})
    assert made.status == 201
    assert red.call("DELETE", f"{path}/{made.body['port_forwarding']['id']}").status == 204


@pytest.mark.parametrize("nothing", [{}, [], None])
def test_the_openstack_program_takes_gateways_away_with_an_object(
    site: Cloud, outside: dict[str, str], router: str, nothing: Any
) -> None:
    """As `openstack router unset --external-gateway` does: Neutron takes what is empty for nothing."""
    admin = site.administrator
    found = have(admin, router, "add", at(outside["one"]))
    answer = admin.call(
        "PUT", f"/v2.0/routers/{router}/remove_external_gateways", {"router": {"external_gateways": nothing}}
    )
    assert (answer.status, answer.body["router"]["external_gateways"]) == (200, found)
    answer = admin.call(
        "PUT", f"/v2.0/routers/{router}/update_external_gateways", {"router": {"external_gateways": nothing}}
    )
    assert (answer.status, answer.body["router"]["external_gateways"]) == (200, [])


def test_the_first_gateway_has_the_policy_that_is_asked_for(site: Cloud, outside: dict[str, str], router: str) -> None:
    admin = site.administrator
    answer = admin.call("POST", "/v2.0/qos/policies", {"policy": {"name": "slow", "shared": True}})
    policy = answer.body["policy"]["id"]
    have(admin, router, "update", {**at(outside["one"]), "qos_policy_id": policy}, at(outside["two"]))
    assert admin.get(f"routers/{router}")["router"]["external_gateway_info"]["qos_policy_id"] == policy
    have(admin, router, "update", at(outside["two"]), at(outside["one"]))
    info = admin.get(f"routers/{router}")["router"]["external_gateway_info"]
    assert info["network_id"] == outside["two"]
    assert info.get("qos_policy_id") is None
    admin.delete(f"qos/policies/{policy}")


@pytest.mark.parametrize("gateways", ["x", [1], [{"nope": 1}], [{}], [{"network_id": "x"}], {"network_id": "x"}])
@pytest.mark.parametrize("action", ["add", "update", "remove"])
def test_what_is_no_gateway_is_refused(site: Cloud, router: str, action: str, gateways: Any) -> None:
    body = {"router": {"external_gateways": gateways}}
    answer = site.administrator.call("PUT", f"/v2.0/routers/{router}/{action}_external_gateways", body)
    assert refused(answer) == (400, "HTTPBadRequest")


def test_members_say_networks_and_the_administrator_addresses_and_snat(
    site: Cloud, outside: dict[str, str], router: str
) -> None:
    red, blue = site.member("red"), site.member("blue")
    one = outside["one"]
    for more in ({"enable_snat": False}, {"external_fixed_ips": [{"ip_address": "198.51.100.9"}]}):
        for action in ("add", "update"):
            assert refused(act(red, router, action, {"network_id": one, **more})) == (403, "PolicyNotAuthorized")
    found = have(red, router, "add", at(one), at(one))
    assert have(red, router, "remove", found[1]) == found[:1]
    assert refused(act(blue, router, "add", at(one))) == (404, "RouterNotFound")
    network = red.list("networks", ("name", "in"))[0]["id"]
    assert refused(act(red, router, "add", at(network))) == (400, "BadRequest")
    taken = addresses(found)[0]
    assert refused(act(site.administrator, router, "add", at(one, taken))) == (409, "IpAddressAlreadyAllocated")


def test_an_ovn_before_22_06_is_not_asked_to_translate_at_several_gateways(
    site: Cloud, outside: dict[str, str], router: str
) -> None:
    """Its schema has no column for it. No northd runs meanwhile; 22.03 leaves such a version."""
    admin = site.administrator
    have(admin, router, "add", at(outside["one"]))
    site.place.stop_northd()
    try:
        site.nbctl("set NB_Global . options:northd_internal_version=22.03.8-20.21.0-58.3")
        answer = act(admin, router, "add", at(outside["two"]))
        assert refused(answer) == (400, "Unsupported")
        assert "OVN 22.03.8 translates no addresses at a router with several gateways" in answer.text
        assert "upgrade ovn-northd and each ovn-controller to 22.06 or later" in answer.text
        assert len(admin.get(f"routers/{router}")["router"]["external_gateways"]) == 1
    finally:
        site.place.start_northd()
    assert len(have(admin, router, "remove", at(outside["one"]))) == 0
