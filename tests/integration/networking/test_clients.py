"""Unmodified clients against the Networking API, each from making to deleting, with the target looked at in between.

openstacksdk goes through every resource; python-neutronclient through what it says in its own way (lists over pages,
quotas, the interface calls); the `openstack` command once through what people type.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from keystoneauth1 import session
from keystoneauth1.identity import v3
from neutronclient.common import exceptions as neutron_faults
from neutronclient.v2_0.client import Client
from openstack import exceptions
from openstack.connection import Connection

from tests.support.cloud import TIMEOUT_S, Answer, Caller, Cloud
from tests.support.load import soon

pytestmark = pytest.mark.filterwarnings(  # the clients' own
    "ignore::DeprecationWarning", "ignore::PendingDeprecationWarning", "ignore::UserWarning"
)


@pytest.fixture(scope="module")
def variables(site: Cloud) -> dict[str, str]:
    """The administrator's environment."""
    return site.openrc()


@pytest.fixture(scope="module")
def sdk(variables: dict[str, str]) -> Iterator[Any]:
    """openstacksdk, signed in as the administrator; its own types say little of what it has."""
    auth = {name: variables[f"OS_{name.upper()}"] for name in ("auth_url", "username", "password", "project_name")}
    domains = {"user_domain_name": "Default", "project_domain_name": "Default"}
    connection = Connection(auth={**auth, **domains}, region_name="RegionOne", identity_api_version="3")
    yield connection.network
    connection.close()


@pytest.fixture(scope="module")
def neutron(variables: dict[str, str]) -> Any:
    """python-neutronclient, signed in as the administrator."""
    auth = v3.Password(
        variables["OS_AUTH_URL"], username=variables["OS_USERNAME"], password=variables["OS_PASSWORD"],
        project_name=variables["OS_PROJECT_NAME"], user_domain_name="Default", project_domain_name="Default",
    )  # fmt: skip
    return Client(session=session.Session(auth=auth))


@pytest.fixture(scope="module")
def caller(site: Cloud) -> Caller:
    """A member of a project of this module."""
    return site.member("clients")


@pytest.fixture
def web(sdk: Any) -> Iterator[Any]:
    """A network, and what is on it afterwards gone."""
    made = sdk.create_network(name="web")
    yield made
    for port in sdk.ports(network_id=made.id):
        sdk.delete_port(port)
    sdk.delete_network(made)


def settled(site: Cloud) -> None:
    """That the target holds what the store wants, as another process plans it."""
    assert site.ops() == []


def test_sdk_networks_and_subnets(site: Cloud, sdk: Any) -> None:
    network = sdk.create_network(
        name="n", description="d", mtu=1400, dns_domain="shop.example.", is_admin_state_up=False
    )
    assert (network.status, network.mtu, network.is_admin_state_up, network.is_shared) == ("ACTIVE", 1400, False, False)
    assert (network.provider_network_type, network.revision_number) == ("geneve", 1)
    four = sdk.create_subnet(
        network_id=network.id, ip_version=4, cidr="10.231.0.0/24", gateway_ip="10.231.0.254",
        dns_nameservers=["10.0.0.53"], allocation_pools=[{"start": "10.231.0.10", "end": "10.231.0.20"}],
        host_routes=[{"destination": "198.51.100.0/24", "nexthop": "10.231.0.9"}],
    )  # fmt: skip
    six = sdk.create_subnet(
        network_id=network.id, ip_version=6, cidr="fd00:1::/64", ipv6_ra_mode="slaac", ipv6_address_mode="slaac"
    )
    assert (four.gateway_ip, six.gateway_ip) == ("10.231.0.254", "fd00:1::")
    assert sorted(sdk.get_network(network.id).subnet_ids) == sorted([four.id, six.id])
    options = {row["cidr"]: dict(row["options"][1]) for row in site.rows("DHCP_Options", "cidr", "options")}
    assert options["10.231.0.0/24"]["dns_server"] == "{10.0.0.53}"
    assert "198.51.100.0/24" in options["10.231.0.0/24"]["classless_static_route"]
    four = sdk.update_subnet(four, name="four", dns_nameservers=[], is_dhcp_enabled=False)
    assert (four.name, four.dns_nameservers, four.is_dhcp_enabled) == ("four", [], False)
    network = sdk.update_network(network, name="n-renamed", is_admin_state_up=True)
    assert (sdk.find_network("n-renamed").id, network.revision_number) == (network.id, 5), "its subnets count too"
    settled(site)
    with pytest.raises(exceptions.BadRequestException, match="overlaps"):
        sdk.create_subnet(network_id=network.id, ip_version=4, cidr="10.231.0.0/25")
    sdk.delete_subnet(four, ignore_missing=False)
    sdk.delete_network(network, ignore_missing=False)
    with pytest.raises(exceptions.NotFoundException):
        sdk.get_network(network.id)
    assert sdk.find_network("n-renamed") is None
    settled(site)


def test_sdk_ports(site: Cloud, sdk: Any, web: Any) -> None:
    subnet = sdk.create_subnet(network_id=web.id, ip_version=4, cidr="10.2.0.0/24")
    port = sdk.create_port(
        network_id=web.id, name="p", fixed_ips=[{"subnet_id": subnet.id, "ip_address": "10.2.0.77"}],
        allowed_address_pairs=[{"ip_address": "10.2.0.0/28"}], dns_name="www", device_owner="compute:nova",
        extra_dhcp_opts=[{"opt_name": "mtu", "opt_value": "1300"}], binding_host_id="hv1", device_id="vm",
    )  # fmt: skip
    assert (port.binding_vif_type, port.status, port.dns_name) == ("ovs", "DOWN", "www")
    assert port.dns_assignment[0]["ip_address"] == "10.2.0.77"
    assert port.allowed_address_pairs == [{"ip_address": "10.2.0.0/28", "mac_address": port.mac_address}]
    row = next(each for each in site.rows("Logical_Switch_Port") if port.id in each["name"])
    assert "10.2.0.77" in row["addresses"]
    assert "10.2.0.0/28" in str(row["port_security"])
    ports = list(sdk.create_ports([{"network_id": web.id, "name": f"bulk-{i}"} for i in range(3)]))
    assert len({each.fixed_ips[0]["ip_address"] for each in ports}) == 3
    open_port = sdk.update_port(ports[0], is_port_security_enabled=False, security_groups=[])
    assert (open_port.is_port_security_enabled, open_port.security_group_ids) == (False, [])
    with pytest.raises(exceptions.BadRequestException, match="Port security must be enabled"):
        sdk.update_port(open_port, security_groups=[next(iter(sdk.security_groups())).id])
    moved = sdk.update_port(ports[1], fixed_ips=[{"subnet_id": subnet.id, "ip_address": "10.2.0.88"}])
    assert [each.id for each in sdk.ports(fixed_ips="ip_address=10.2.0.88")] == [moved.id]
    assert [each.id for each in sdk.ports(network_id=web.id, name="bulk-2")] == [ports[2].id]
    with pytest.raises(exceptions.ConflictException, match="already allocated"):
        sdk.create_port(network_id=web.id, fixed_ips=[{"ip_address": "10.2.0.77"}])
    with pytest.raises(exceptions.ConflictException, match="still in use"):
        sdk.delete_network(web)
    settled(site)
    sdk.delete_port(port, ignore_missing=False)
    settled(site)


def test_sdk_routers_and_floating_ips(site: Cloud, sdk: Any, web: Any) -> None:
    outside = sdk.create_network(
        name="public", is_router_external=True, provider_network_type="vlan", provider_physical_network="physnet1",
        provider_segmentation_id=77,
    )  # fmt: skip
    sdk.create_subnet(network_id=outside.id, ip_version=4, cidr="198.51.100.0/24", is_dhcp_enabled=False)
    subnet = sdk.create_subnet(network_id=web.id, ip_version=4, cidr="10.3.0.0/24")
    router = sdk.create_router(name="edge", external_gateway_info={"network_id": outside.id})
    gateway = router.external_gateway_info["external_fixed_ips"][0]["ip_address"]
    sdk.add_interface_to_router(router, subnet_id=subnet.id)
    [interface] = sdk.ports(device_id=router.id, device_owner="network:router_interface")
    assert interface.fixed_ips == [{"subnet_id": subnet.id, "ip_address": "10.3.0.1"}]
    port = sdk.create_port(network_id=web.id)
    floating = sdk.create_ip(floating_network_id=outside.id, port_id=port.id)
    assert (floating.router_id, floating.fixed_ip_address) == (router.id, port.fixed_ips[0]["ip_address"])
    nat = {(row["type"], row["external_ip"], row["logical_ip"]) for row in site.rows("NAT")}
    assert ("snat", gateway, "10.3.0.0/24") in nat
    assert ("dnat_and_snat", floating.floating_ip_address, floating.fixed_ip_address) in nat
    route = {"destination": "192.0.2.0/24", "nexthop": "10.3.0.9"}
    router = sdk.update_router(router, routes=[route])
    more = {"destination": "192.0.3.0/24", "nexthop": "10.3.0.9"}
    router = sdk.add_extra_routes_to_router(router, {"router": {"routes": [more]}})
    assert router.routes == [route, more]
    router = sdk.remove_extra_routes_from_router(router, {"router": {"routes": [route]}})
    assert router.routes == [more]
    assert {row["ip_prefix"] for row in site.rows("Logical_Router_Static_Route")} >= {"192.0.3.0/24", "0.0.0.0/0"}
    settled(site)
    refusals: tuple[Callable[[], Any], ...] = (
        lambda: sdk.delete_router(router),
        lambda: sdk.delete_port(interface),
        lambda: sdk.remove_interface_from_router(router, subnet_id=subnet.id),
        lambda: sdk.update_router(router, external_gateway_info={}),
        lambda: sdk.delete_subnet(subnet),
    )
    for refused in refusals:
        with pytest.raises(exceptions.ConflictException):
            refused()
    floating = sdk.update_ip(floating, port_id=None)
    assert (floating.status, floating.router_id) == ("DOWN", None)
    sdk.delete_ip(floating)
    sdk.update_router(router, routes=[])
    sdk.remove_interface_from_router(router, port_id=interface.id)
    sdk.add_interface_to_router(router, port_id=sdk.create_port(network_id=web.id).id)
    [interface] = sdk.ports(device_id=router.id, device_owner="network:router_interface")
    sdk.remove_interface_from_router(router, port_id=interface.id)
    sdk.delete_router(router)
    sdk.delete_network(outside)
    settled(site)


def test_sdk_security_groups(site: Cloud, sdk: Any, caller: Caller) -> None:
    [default] = caller.list("security-groups", ("name", "default"))
    rules = {
        (rule["direction"], rule["ethertype"], rule["remote_group_id"] == default["id"])
        for rule in default["security_group_rules"]
    }
    assert rules == {
        ("egress", "IPv4", False), ("egress", "IPv6", False), ("ingress", "IPv4", True), ("ingress", "IPv6", True),
    }  # fmt: skip
    group = sdk.create_security_group(name="g", description="d", stateful=False)
    assert sorted(rule["direction"] for rule in group.security_group_rules) == ["egress", "egress"]
    trusted = sdk.create_address_group(name="t", addresses=["192.0.2.0/24"])
    trusted = sdk.add_addresses_to_address_group(trusted, ["198.51.100.7/32"])
    assert trusted.addresses == ["192.0.2.0/24", "198.51.100.7/32"]
    trusted = sdk.remove_addresses_from_address_group(trusted, ["192.0.2.0/24"])
    assert trusted.addresses == ["198.51.100.7/32"]
    remotes: list[dict[str, Any]] = [
        {"remote_ip_prefix": "10.0.0.5/8"}, {"remote_group_id": group.id}, {"remote_address_group_id": trusted.id},
    ]  # fmt: skip
    made = [
        sdk.create_security_group_rule(
            security_group_id=group.id,
            direction="ingress",
            protocol="tcp",
            port_range_min=80,
            port_range_max=81,
            **each,
        )
        for each in remotes
    ]
    assert made[0].normalized_cidr == "10.0.0.0/8"
    assert [each.id for each in sdk.security_group_rules(remote_group_id=group.id)] == [made[1].id]
    refusals: tuple[Callable[[], Any], ...] = (
        lambda: sdk.create_security_group_rule(security_group_id=group.id, direction="egress"),
        lambda: sdk.delete_address_group(trusted, ignore_missing=False),
        lambda: sdk.create_security_group(name="default"),
    )
    for refused in refusals:
        with pytest.raises(exceptions.ConflictException):
            refused()
    settled(site)
    for rule in made:
        sdk.delete_security_group_rule(rule, ignore_missing=False)
    sdk.delete_address_group(trusted, ignore_missing=False)
    sdk.delete_security_group(group, ignore_missing=False)
    settled(site)


def test_sdk_tags_quotas_and_what_there_is(site: Cloud, sdk: Any, web: Any, caller: Caller) -> None:
    sdk.set_tags(web, ["red", "green"])
    assert sorted(sdk.get_network(web.id).tags) == ["green", "red"]
    assert [each.id for each in sdk.networks(tags="red,green")] == [web.id]
    assert [each.id for each in sdk.networks(any_tags="red,blue")] == [web.id]
    assert web.id not in [each.id for each in sdk.networks(not_tags="red")]
    quota = sdk.update_quota(caller.project_id, ports=7)
    assert (quota.ports, sdk.get_quota(caller.project_id).ports) == (7, 7)
    assert sdk.get_quota(caller.project_id, details=True).ports["limit"] == 7
    sdk.delete_quota(caller.project_id)
    assert sdk.get_quota(caller.project_id).ports == sdk.get_quota_default(caller.project_id).ports
    assert {agent.host for agent in sdk.agents()} == {"hv1", "hv2"}
    [agent] = sdk.agents(host="hv1")
    assert (sdk.get_agent(agent.id).binary, agent.is_alive) == ("ovn-controller", False)
    site.place.sbctl("chassis-add", "hv1", "geneve", "192.0.2.1")
    try:
        soon(lambda: sdk.get_agent(agent.id).is_alive, "a hypervisor that registered is not alive")
        assert [each.host for each in sdk.agents(alive=True)] == ["hv1"]
        assert sdk.update_agent(agent.id, description="rack 4", is_admin_state_up=True).is_alive
        assert sdk.get_agent(agent.id).description == "rack 4"
        with pytest.raises(exceptions.BadRequestException, match="OVN agent status cannot be updated"):
            sdk.update_agent(agent.id, is_admin_state_up=False)
        with pytest.raises(exceptions.NotFoundException):
            sdk.update_agent(caller.project_id, description="none such")
        stranger = site.member("nosy")
        assert stranger.call("PUT", f"/v2.0/agents/{agent.id}", {"agent": {"description": "mine"}}).status == 404
    finally:
        sdk.update_agent(agent.id, description="")
        site.place.sbctl("chassis-del", "hv1")
    soon(lambda: not sdk.get_agent(agent.id).is_alive, "a hypervisor that is gone is alive")
    assert {zone.name for zone in sdk.availability_zones()} == {"nova"}
    aliases = {extension.alias for extension in sdk.extensions()}
    assert {"router", "security-group", "pagination", "standard-attr-tag"} <= aliases
    assert sdk.find_extension("router").alias == "router"


def test_sdk_router_by_a_port_that_was_given_the_gateway_s_address_before(site: Cloud, sdk: Any, web: Any) -> None:
    subnet = sdk.create_subnet(network_id=web.id, ip_version=4, cidr="10.77.1.0/24", gateway_ip="10.77.1.9")
    port = sdk.create_port(network_id=web.id, fixed_ips=[{"subnet_id": subnet.id, "ip_address": "10.77.1.9"}])
    router = sdk.create_router(name="by-port")
    assert sdk.add_interface_to_router(router, port_id=port.id)["port_id"] == port.id
    assert sdk.get_port(port.id).device_owner == "network:router_interface"
    assert site.ops() == []
    sdk.remove_interface_from_router(router, port_id=port.id)
    sdk.delete_router(router)
    sdk.delete_subnet(subnet)


def test_sdk_revisions(sdk: Any, web: Any) -> None:
    first = sdk.get_network(web.id)
    sdk.update_network(first.id, name="second", if_revision=first.revision_number)
    with pytest.raises(exceptions.PreconditionFailedException, match="current revision is 2"):
        sdk.update_network(first.id, name="third", if_revision=first.revision_number)
    with pytest.raises(exceptions.PreconditionFailedException):
        sdk.delete_network(first.id, if_revision=first.revision_number)
    assert sdk.get_network(web.id).name == "second"


# Lists


@pytest.fixture(scope="module")
def numbered(caller: Caller) -> list[dict[str, Any]]:
    """Ten networks, two of each name."""
    return [caller.post("networks", name=f"n{i // 2}", description=f"d{9 - i}") for i in range(10)]


def pages(caller: Caller, path: str, rel: str) -> Iterator[list[dict[str, Any]]]:
    """The pages of networks that links lead to."""
    while path:
        answer: Answer = caller.call("GET", path)
        assert answer.status == 200, answer
        yield answer.body["networks"]
        links = {link["rel"]: link["href"] for link in answer.body.get("networks_links", [])}
        path = links.get(rel, "").removeprefix(caller.url)


@pytest.mark.parametrize(
    "order", ["", "&sort_key=name&sort_dir=desc", "&sort_key=name&sort_dir=asc&sort_key=status&sort_dir=asc"]
)
@pytest.mark.parametrize("limit", [1, 3, 10])
def test_pages_in_both_directions(caller: Caller, numbered: list[dict[str, Any]], order: str, limit: int) -> None:
    mine = f"/v2.0/networks?project_id={caller.project_id}&limit={limit}{order}"
    forth = list(pages(caller, mine, "next"))
    assert [len(page) for page in forth if page] == [limit] * (10 // limit) + ([10 % limit] if 10 % limit else [])
    ids = [each["id"] for page in forth for each in page]
    assert sorted(ids) == sorted(each["id"] for each in numbered)
    back = list(pages(caller, f"{mine}&page_reverse=True", "previous"))
    assert [each["id"] for page in reversed(back) for each in page] == ids
    keys = [value for key, value in parse_qsl(urlsplit(mine).query) if key == "sort_key"]
    shown = [[each[key] for key in keys] for page in forth for each in page]
    assert shown == sorted(shown, reverse="sort_dir=desc" in order)


def test_filters_and_fields(caller: Caller, numbered: list[dict[str, Any]]) -> None:
    mine = ("project_id", caller.project_id)
    assert len(caller.list("networks", mine, ("name", "n1"))) == 2
    assert len(caller.list("networks", mine, ("name", "n1"), ("name", "n2"))) == 4
    assert caller.list("networks", mine, ("name", "n1"), ("description", "none")) == []
    assert len(caller.list("networks", mine, ("admin_state_up", "True"))) == 10
    assert caller.list("networks", mine, ("admin_state_up", "false")) == []
    assert {tuple(each) for each in caller.list("networks", mine, ("fields", "id"))} == {("id",)}
    two = caller.list("networks", mine, ("fields", "name"), ("fields", "id"))
    assert {frozenset(each) for each in two} == {frozenset({"id", "name"})}
    assert caller.list("networks", mine, ("id", numbered[3]["id"])) == [
        caller.get(f"networks/{numbered[3]['id']}")["network"]
    ]


# python-neutronclient


def test_neutronclient(site: Cloud, neutron: Any, caller: Caller) -> None:
    network = neutron.create_network({"network": {"name": "nc"}})["network"]
    subnet = neutron.create_subnet({"subnet": {"network_id": network["id"], "ip_version": 4, "cidr": "10.4.0.0/24"}})
    ports = neutron.create_port({"ports": [{"network_id": network["id"], "name": f"nc-{i}"} for i in range(5)]})[
        "ports"
    ]
    found = neutron.list_ports(retrieve_all=False, network_id=network["id"], limit=2)
    assert sorted(port["id"] for page in found for port in page["ports"]) == sorted(port["id"] for port in ports)
    some = [f"0000{i:04}-0000-0000-0000-000000000000" for i in range(100)]
    assert neutron.list_ports(id=[*some, ports[0]["id"]], fields=["id"])["ports"] == [{"id": ports[0]["id"]}]
    router = neutron.create_router({"router": {"name": "nc"}})["router"]
    joined = neutron.add_interface_router(router["id"], {"subnet_id": subnet["subnet"]["id"]})
    assert neutron.show_port(joined["port_id"])["port"]["device_id"] == router["id"]
    settled(site)
    with pytest.raises(neutron_faults.NetworkInUseClient):
        neutron.delete_network(network["id"])
    with pytest.raises(neutron_faults.PortNotFoundClient):
        neutron.show_port(network["id"])
    with pytest.raises(neutron_faults.BadRequest):
        neutron.create_network({"network": {"nonsense": 1}})
    neutron.add_tag("networks", network["id"], "blue")
    assert neutron.list_networks(tags="blue")["networks"][0]["id"] == network["id"]
    neutron.update_quota(caller.project_id, {"quota": {"router": 3}})
    assert neutron.show_quota(caller.project_id)["quota"]["router"] == 3
    assert neutron.show_quota_details(caller.project_id)["quota"]["router"] == {"limit": 3, "used": 0, "reserved": 0}
    neutron.delete_quota(caller.project_id)
    assert neutron.show_extension("router")["extension"]["alias"] == "router"
    neutron.remove_interface_router(router["id"], {"port_id": joined["port_id"]})
    neutron.delete_router(router["id"])
    for port in ports:
        neutron.delete_port(port["id"])
    neutron.delete_network(network["id"])
    settled(site)


# The openstack command


SHELL = """
import json, sys
from openstackclient.shell import main
for words in json.loads(sys.argv[1]):
    code = main(words)
    print(f"\\0{code}\\0", end="", flush=True)
"""
"""The command, several times in one process: to start it takes longer than what it does."""


def openstack(variables: dict[str, str], *lines: str) -> list[tuple[int, str]]:
    """The exit code of each `openstack` command line, and what it prints."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("OS_")}
    words = json.dumps([line.split() for line in lines])
    done = subprocess.run(
        [sys.executable, "-c", SHELL, words], env={**plain, **variables}, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, timeout=TIMEOUT_S, check=True,
    )  # fmt: skip
    *parts, _ = done.stdout.split("\0")
    return [(int(code), said) for said, code in zip(parts[::2], parts[1::2], strict=True)]


def test_openstack_command(site: Cloud, variables: dict[str, str]) -> None:
    made = openstack(
        variables,
        "network create cli --mtu 1300 -f json",
        "subnet create cli4 --network cli --subnet-range 10.5.0.0/24 -f json",
        "port create cli-p --network cli --fixed-ip ip-address=10.5.0.5 -f json",
        "port list --network cli -f json",
        "network delete cli",
    )
    assert [code for code, _ in made[:4]] == [0] * 4, made
    network, _, port, listed = (json.loads(said) for _, said in made[:4])
    assert (network["name"], network["mtu"], network["status"]) == ("cli", 1300, "ACTIVE")
    assert port["fixed_ips"][0]["ip_address"] == "10.5.0.5"
    assert [each["ID"] for each in listed] == [port["id"]]
    assert made[4][0] == 1
    assert "There are one or more ports still in use" in made[4][1]
    gone = openstack(variables, "port delete cli-p", "network delete cli", "network show cli")
    assert [code for code, _ in gone] == [0, 0, 1]
    assert "No Network found for cli" in gone[2][1]
    settled(site)


def test_nothing_of_it_reached_the_log_as_a_failure(site: Cloud) -> None:
    assert "Traceback" not in site.server.log.read_text()
