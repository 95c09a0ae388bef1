"""The ports of floating IPs, which nobody made: as the real Neutron shows, finds, changes and keeps them.

Source: what neutron 29.0.0 with ML2/OVN answered to the same requests.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from tests.support.cloud import PHYSICAL_NETWORK, Caller, Cloud

Shown = dict[str, Any]
OWNER = "network:floatingip"
ELSEWHERE = "203.0.113.77"


@pytest.fixture(scope="module")
def admin(site: Cloud) -> Caller:
    """The administrator."""
    return site.administrator


@pytest.fixture(scope="module")
def red(site: Cloud) -> Caller:
    """A member of a project."""
    return site.member("red-floating")


@pytest.fixture(scope="module")
def outside(admin: Caller) -> Shown:
    """The subnet of an external network, on which another port is."""
    provider = {"provider:network_type": "flat", "provider:physical_network": PHYSICAL_NETWORK}
    network = admin.post("networks", name="outside", **provider, **{"router:external": True})["id"]
    subnet = admin.post("subnets", network_id=network, ip_version=4, cidr="203.0.113.0/24")
    admin.post("ports", network_id=network, name="other")
    return subnet


@pytest.fixture
def floating(red: Caller, outside: Shown) -> Shown:
    """A floating IP."""
    return red.post("floatingips", floating_network_id=outside["network_id"])


def own_port(admin: Caller, floating: Shown) -> Shown:
    """The port of a floating IP, by what it belongs to."""
    [port] = admin.list("ports", ("device_id", floating["id"]))
    return port


def test_a_floating_ip_has_a_port_that_its_project_does_not_see(
    admin: Caller, red: Caller, outside: Shown, floating: Shown
) -> None:
    port = own_port(admin, floating)
    as_neutron = {
        "name": "", "description": "", "tenant_id": "", "project_id": "", "network_id": outside["network_id"],
        "admin_state_up": True, "status": "N/A", "device_id": floating["id"], "device_owner": OWNER,
        "fixed_ips": [{"subnet_id": outside["id"], "ip_address": floating["floating_ip_address"]}],
        "security_groups": [], "port_security_enabled": False, "allowed_address_pairs": [], "extra_dhcp_opts": [],
        "binding:host_id": "", "binding:vif_type": "unbound", "binding:vif_details": {}, "binding:profile": {},
        "qos_policy_id": None, "dns_name": "", "tags": [], "ip_allocation": "immediate",
    }  # fmt: skip
    assert {name: port[name] for name in as_neutron} == as_neutron
    assert port["id"] != floating["id"]
    assert port["created_at"] == floating["created_at"]
    assert admin.get(f"ports/{port['id']}")["port"] == port
    assert red.call("GET", f"/v2.0/ports/{port['id']}").fault == "PortNotFound"
    assert red.call("DELETE", f"/v2.0/ports/{port['id']}").fault == "PortNotFound"
    assert red.list("ports", ("device_id", floating["id"])) == []
    assert port["id"] not in [each["id"] for each in red.list("ports")]


def test_every_way_of_asking_finds_it(admin: Caller, outside: Shown, floating: Shown) -> None:
    port = own_port(admin, floating)
    [whole] = [each for each in admin.list("ports") if each["id"] == port["id"]]
    assert whole == port
    address = floating["floating_ip_address"]
    for key, value in (
        ("id", port["id"]), ("mac_address", port["mac_address"]), ("device_owner", OWNER), ("status", "N/A"),
        ("network_id", outside["network_id"]), ("fixed_ips", f"ip_address={address}"), ("project_id", ""),
        ("fixed_ips", f"subnet_id={outside['id']}"), ("name", ""),
    ):  # fmt: skip
        found = admin.list("ports", (key, value))
        assert port in found, key
        assert len({each["id"] for each in found}) == len(found)
    for key, value in (("name", "other"), ("status", "ACTIVE"), ("project_id", floating["project_id"])):
        assert port["id"] not in [each["id"] for each in admin.list("ports", (key, value))], key


def test_pages_and_orders_have_it_where_it_belongs(admin: Caller, outside: Shown, floating: Shown) -> None:
    on = ("network_id", outside["network_id"])
    macs = [each["mac_address"] for each in admin.list("ports", on, ("sort_key", "mac_address"), ("sort_dir", "desc"))]
    assert all(before > after for before, after in pairwise(macs))
    wanted = sorted(each["id"] for each in admin.list("ports", on))
    found, marker = [], ""
    while page := admin.list("ports", on, ("limit", "1"), *([("marker", marker)] if marker else [])):
        found += [each["id"] for each in page]
        marker = found[-1]
    assert found == wanted
    assert own_port(admin, floating)["id"] in found


def test_its_address_is_counted_once(admin: Caller, red: Caller, outside: Shown, floating: Shown) -> None:
    path, key = f"network-ip-availabilities/{outside['network_id']}", "network_ip_availability"
    used = admin.get(path)[key]["used_ips"]
    assert used == len(admin.list("ports", ("network_id", outside["network_id"])))
    red.delete(f"floatingips/{floating['id']}")
    assert admin.get(path)[key]["used_ips"] == used - 1


def test_no_project_s_quota_counts_it(admin: Caller, red: Caller, floating: Shown) -> None:
    for caller in (admin, red):
        counted = admin.get(f"quotas/{caller.project_id}/details.json")["quota"]["port"]["used"]
        assert counted == len(admin.list("ports", ("project_id", caller.project_id)))


def test_it_goes_with_its_floating_ip_and_not_before(admin: Caller, red: Caller, floating: Shown) -> None:
    port = own_port(admin, floating)
    answer = admin.call("DELETE", f"/v2.0/ports/{port['id']}")
    assert (answer.status, answer.fault) == (409, "ServicePortInUse")
    said = f"Port {port['id']} cannot be deleted directly via the port API: has device owner {OWNER}."
    assert answer.body["NeutronError"]["message"] == said
    red.delete(f"floatingips/{floating['id']}")
    assert admin.call("GET", f"/v2.0/ports/{port['id']}").fault == "PortNotFound"
    assert admin.list("ports", ("device_id", floating["id"])) == []


def test_what_it_is_called_can_be_changed(admin: Caller, floating: Shown) -> None:
    port = own_port(admin, floating)
    path = f"ports/{port['id']}"
    for values in ({"name": "nine"}, {"description": "a note"}, {"admin_state_up": False}):
        changed = admin.put(path, {"port": values})["port"]
        assert changed == {**port, **values, "updated_at": changed["updated_at"],
                           "revision_number": port["revision_number"] + 1}  # fmt: skip
        port = changed
    assert admin.list("ports", ("name", "nine")) == [port]
    assert admin.call("PUT", f"/v2.0/{path}/tags/blue").status == 201
    assert admin.list("ports", ("tags", "blue"), ("fields", "id")) == [{"id": port["id"]}]
    assert admin.call("DELETE", f"/v2.0/{path}/tags/blue").status == 204
    assert admin.get(f"{path}/tags") == {"tags": []}
    old = {"If-Match": f"revision_number={port['revision_number']}"}
    assert admin.call("PUT", f"/v2.0/{path}", {"port": {"name": "ten"}}, old).status == 412
    shown = admin.get(f"floatingips/{floating['id']}")["floatingip"]
    grows = ("updated_at", "revision_number")
    assert {**shown, **dict.fromkeys(grows)} == {**floating, **dict.fromkeys(grows)}


def test_what_it_is_cannot_be_changed(admin: Caller, floating: Shown) -> None:
    port = own_port(admin, floating)
    path = f"/v2.0/ports/{port['id']}"
    group = admin.list("security-groups")[0]["id"]
    for values, fault in (
        ({"mac_address": "fa:16:3e:00:00:09"}, "409 UnsupportedPortDeviceOwner"),
        ({"device_owner": "compute:nova"}, "400 OVNPortUpdateError"),
        ({"security_groups": [group]}, "400 PortSecurityAndIPRequiredForSecurityGroups"),
        ({"fixed_ips": [{"ip_address": ELSEWHERE}]}, "400 BadRequest"),
        ({"fixed_ips": []}, "400 BadRequest"),
        ({"device_id": "another"}, "400 BadRequest"),
        ({"binding:host_id": "hv1"}, "400 BadRequest"),
        ({"port_security_enabled": True}, "400 BadRequest"),
    ):
        answer = admin.call("PUT", path, {"port": values})
        assert f"{answer.status} {answer.fault}" == fault, values
        assert port["id"] in answer.body["NeutronError"]["message"] or "security" in fault.lower()
    same = {name: port[name] for name in ("device_owner", "device_id", "security_groups", "fixed_ips")}
    assert admin.put(f"ports/{port['id']}", {"port": same})["port"]["fixed_ips"] == port["fixed_ips"]
    assert admin.call("GET", f"{path}/bindings").fault == "BadRequest"


def test_nothing_else_can_be_made_of_it(admin: Caller, outside: Shown, floating: Shown) -> None:
    port = own_port(admin, floating)
    router = admin.post("routers", name="r")["id"]
    joined = admin.call("PUT", f"/v2.0/routers/{router}/add_router_interface", {"port_id": port["id"]})
    assert (joined.status, joined.fault) == (409, "PortInUse")
    carried = admin.call("POST", "/v2.0/trunks", {"trunk": {"port_id": port["id"]}})
    assert (carried.status, carried.fault) == (409, "ParentPortInUse")
    taken = {"network_id": outside["network_id"], "mac_address": port["mac_address"]}
    assert admin.call("POST", "/v2.0/ports", {"port": taken}).fault == "MacAddressInUse"
    again = {"network_id": outside["network_id"], "fixed_ips": [{"ip_address": floating["floating_ip_address"]}]}
    assert admin.call("POST", "/v2.0/ports", {"port": again}).fault == "IpAddressAlreadyAllocated"


def test_many_more_than_other_ports_are_listed_again_as_they_are(admin: Caller, red: Caller, outside: Shown) -> None:
    admin.put(f"quotas/{red.project_id}", {"quota": {"floatingip": 200}})
    for _ in range(120):
        red.post("floatingips", floating_network_id=outside["network_id"])
    first = admin.list("ports")
    assert len(admin.list("ports", ("device_owner", OWNER))) >= 120
    assert admin.list("ports") == first
    admin.put(f"ports/{first[0]['id']}", {"port": {"name": "first"}})
    assert [each["name"] for each in admin.list("ports") if each["id"] == first[0]["id"]] == ["first"]


def test_a_server_that_starts_again_shows_the_same(own_site: Cloud) -> None:
    admin = own_site.administrator
    network = admin.post("networks", name="outside", **{"router:external": True})["id"]
    admin.post("subnets", network_id=network, ip_version=4, cidr="203.0.113.0/24")
    kept, named = (admin.post("floatingips", floating_network_id=network) for _ in range(2))
    admin.put(f"ports/{own_port(admin, named)['id']}", {"port": {"name": "kept"}})
    before = [own_port(admin, each) for each in (kept, named)]
    own_site.server.stop()
    own_site.server.start()
    assert [own_port(own_site.administrator, each) for each in (kept, named)] == before
    assert own_site.ops() == []
