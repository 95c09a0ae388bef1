"""Trunks, asked by a plain client and by those that people use: what one holds, shows and refuses, and what OVN has."""

from __future__ import annotations

import json
import os
import subprocess
from typing import Any
from uuid import uuid4

import pytest

from tests.support.cloud import Answer, Caller, Cloud
from tests.support.sdk import sdk_of
from tests.support.warm import program


@pytest.fixture
def red(site: Cloud) -> Caller:
    """A member of a project of the test's own."""
    return site.member(f"red-{uuid4().hex[:8]}")


def refused(answer: Answer) -> tuple[int, str, str]:
    """Status, type and message of a fault."""
    return answer.status, answer.fault, answer.body["NeutronError"]["message"]


def port(caller: Caller, **values: Any) -> str:
    """The id of a port on a network of its own."""
    network = caller.post("networks", name="net")["id"]
    return str(caller.post("ports", network_id=network, **values)["id"])


def sub(id: str, vlan: int) -> dict[str, Any]:
    """A subport as bodies have it."""
    return {"port_id": id, "segmentation_type": "vlan", "segmentation_id": vlan}


def row(site: Cloud, id: str) -> tuple[Any, Any]:
    """Through which port OVN reaches a port, and in which VLAN; "" and [] where it is by itself."""
    found = site.nbctl(f"--bare --columns=parent_name,tag find Logical_Switch_Port name={id}").split()
    return (found[0], int(found[1])) if found else ("", [])


def test_a_trunk_carries_ports_in_ovn_and_lets_them_go_again(site: Cloud, red: Caller) -> None:
    outer, one, two = (port(red) for _ in range(3))
    made = red.post("trunks", name="carrier", port_id=outer, sub_ports=[sub(one, 100)])
    assert (made["status"], made["admin_state_up"], made["sub_ports"]) == ("DOWN", True, [sub(one, 100)])
    assert row(site, one) == (outer, 100)
    added = red.put(f"trunks/{made['id']}/add_subports", {"sub_ports": [sub(two, 4094)]})
    assert (added["id"], added["sub_ports"]) == (made["id"], [sub(one, 100), sub(two, 4094)])
    assert added["revision_number"] > made["revision_number"]
    assert row(site, two) == (outer, 4094)
    assert red.get(f"trunks/{made['id']}/get_subports") == {"sub_ports": [sub(one, 100), sub(two, 4094)]}
    red.put(f"trunks/{made['id']}/remove_subports", {"sub_ports": [{"port_id": one}]})
    assert row(site, one) == ("", [])
    red.delete(f"trunks/{made['id']}")
    assert row(site, two) == ("", [])
    assert site.ops() == []


def test_ports_show_the_trunk_they_are_in_in_lists_too(site: Cloud, red: Caller) -> None:
    outer, inner, other = (port(red) for _ in range(3))
    assert "trunk_details" not in red.get(f"ports/{outer}")["port"]
    before = {each["id"]: each for each in red.list("ports")}
    trunk = red.post("trunks", port_id=outer, sub_ports=[sub(inner, 7)])
    mac = before[inner]["mac_address"]
    details = {"trunk_id": trunk["id"], "sub_ports": [sub(inner, 7) | {"mac_address": mac}]}
    assert red.get(f"ports/{outer}")["port"]["trunk_details"] == details
    listed = {each["id"]: each for each in red.list("ports")}
    assert listed[outer]["trunk_details"] == details
    assert [listed[id]["device_owner"] for id in (outer, inner, other)] == ["", "trunk:subport", ""]
    assert [each["id"] for each in red.list("ports", ("device_owner", "trunk:subport"))] == [inner]
    site.administrator.put(f"ports/{outer}", {"port": {"binding:host_id": "hv1"}})
    bound = site.administrator.get(f"ports/{inner}")["port"]
    assert [bound[name] for name in ("binding:host_id", "binding:vif_type", "binding:profile")] == [
        "hv1", "ovs", {"parent_name": outer, "tag": 7}
    ]  # fmt: skip
    everybody = {each["id"]: each for each in site.administrator.list("ports")}
    assert everybody[inner]["binding:host_id"] == "hv1"
    site.administrator.put(f"ports/{inner}", {"port": {"mac_address": "02:00:00:00:77:07"}})
    [shown] = {each["id"]: each for each in red.list("ports")}[outer]["trunk_details"]["sub_ports"]
    assert shown["mac_address"] == "02:00:00:00:77:07"
    red.delete(f"trunks/{trunk['id']}")
    assert "trunk_details" not in {each["id"]: each for each in red.list("ports")}[outer]


def test_what_a_trunk_cannot_hold_is_refused_in_neutron_s_words(site: Cloud, red: Caller) -> None:
    outer, inner, third = (port(red) for _ in range(3))
    trunk = red.post("trunks", port_id=outer, sub_ports=[sub(inner, 100)])
    path = f"/v2.0/trunks/{trunk['id']}/add_subports"

    def added(*subports: Any) -> tuple[int, str, str]:
        return refused(red.call("PUT", path, {"sub_ports": [*subports]}))

    eligible = "is currently in use and is not eligible for use as a parent port."
    assert added(sub(outer, 5)) == (409, "ParentPortInUse", f"Port {outer} {eligible}")
    assert added(sub(inner, 5)) == (409, "TrunkPortInUse", f"Port {inner} is in use by another trunk.")
    assert added(sub(third, 100)) == (
        409, "DuplicateSubPort",
        f"segmentation_type vlan and segmentation_id 100 already in use on trunk {trunk['id']}.",
    )  # fmt: skip
    assert added(sub(third, 4095))[:2] == (400, "InvalidInput")
    assert added({"port_id": third, "segmentation_type": "vlan"})[:2] == (400, "InvalidInput")
    assert added({"port_id": third, "segmentation_type": "inherit"}) == (
        400, "InvalidInput", "Invalid input for operation: Unknown segmentation_type 'geneve'."
    )  # fmt: skip
    assert added(sub(third, 5), sub(third, 6))[:2] == (400, "InvalidInput")
    nowhere = str(uuid4())
    assert added(sub(nowhere, 5)) == (404, "PortNotFound", f"Port {nowhere} could not be found.")
    wrong: tuple[Any, ...] = ({}, {"sub_ports": {}}, {"sub_ports": [[]]}, {"sub_ports": [{"vlan": 3}]}, [])
    for body in wrong:
        assert red.call("PUT", path, body).status == 400
    gone = red.call("PUT", f"/v2.0/trunks/{trunk['id']}/remove_subports", {"sub_ports": [{"port_id": third}]})
    assert refused(gone) == (
        404, "SubPortNotFound", f"SubPort {third} on trunk {trunk['id']} could not be found."
    )  # fmt: skip
    for used in (outer, inner):
        assert red.call("POST", "/v2.0/trunks", {"trunk": {"port_id": used}}).status == 409
    assert refused(red.call("DELETE", f"/v2.0/ports/{outer}"))[:2] == (409, "PortInUseAsTrunkParent")
    assert refused(red.call("DELETE", f"/v2.0/ports/{inner}")) == (
        409, "PortInUseAsSubPort", f"Port {inner} is currently a subport for trunk {trunk['id']}."
    )  # fmt: skip


def test_a_subport_gets_no_device_and_no_host_of_its_own(site: Cloud, red: Caller) -> None:
    outer, inner = port(red), port(red)
    red.post("trunks", port_id=outer, sub_ports=[sub(inner, 9)])
    admin = site.administrator
    for values in ({"device_id": "vm"}, {"device_owner": "compute:nova"}, {"binding:host_id": "hv2"}):
        answer = admin.call("PUT", f"/v2.0/ports/{inner}", {"port": values})
        assert (answer.status, answer.fault) == (409, "PortInUseAsSubPort")
    router = red.post("routers", name="edge")["id"]
    joined = red.call("PUT", f"/v2.0/routers/{router}/add_router_interface", {"port_id": inner})
    assert (joined.status, joined.fault) in ((409, "PortInUseAsSubPort"), (400, "BadRequest"))
    used = port(red, device_id="vm")
    answer = red.call("POST", "/v2.0/trunks", {"trunk": {"port_id": port(red), "sub_ports": [sub(used, 9)]}})
    assert (answer.status, answer.fault) == (409, "PortInUse")


def test_a_disabled_trunk_is_left_alone(red: Caller) -> None:
    outer, inner = port(red), port(red)
    trunk = red.post("trunks", port_id=outer, admin_state_up=False, sub_ports=[sub(inner, 9)])
    locked = (409, "TrunkDisabled", f"Trunk {trunk['id']} is currently disabled.")
    path = f"/v2.0/trunks/{trunk['id']}"
    assert refused(red.call("DELETE", path)) == locked
    assert refused(red.call("PUT", f"{path}/remove_subports", {"sub_ports": [{"port_id": inner}]})) == locked
    assert refused(red.call("PUT", f"{path}/add_subports", {"sub_ports": []})) == locked
    red.put(f"trunks/{trunk['id']}", {"trunk": {"admin_state_up": True, "name": "now"}})
    red.delete(f"trunks/{trunk['id']}")


def test_a_subport_s_packets_fit_into_the_trunk_s_port(site: Cloud, red: Caller) -> None:
    small = red.post("networks", name="small", mtu=1300)["id"]
    outer = red.post("ports", network_id=small)["id"]
    inner = port(red)
    answer = red.call("POST", "/v2.0/trunks", {"trunk": {"port_id": outer, "sub_ports": [sub(inner, 9)]}})
    assert (answer.status, answer.fault) == (409, "SubPortMtuGreaterThanTrunkPortMtu")
    red.post("trunks", port_id=inner, sub_ports=[sub(outer, 9)])
    [network] = [each for each in red.list("networks") if each["id"] == red.get(f"ports/{inner}")["port"]["network_id"]]
    assert red.call("PUT", f"/v2.0/networks/{network['id']}", {"network": {"mtu": 1200}}).status == 400


def test_segmentation_is_inherited_from_a_vlan_network(site: Cloud, red: Caller) -> None:
    admin = site.administrator
    segment = {"provider:network_type": "vlan", "provider:physical_network": "physnet1",
               "provider:segmentation_id": 777}  # fmt: skip
    network = admin.post("networks", name=f"vlan-{uuid4().hex[:6]}", mtu=1400, shared=True, **segment)["id"]
    inner = red.post("ports", network_id=network)["id"]
    trunk = red.post("trunks", port_id=port(red), sub_ports=[{"port_id": inner, "segmentation_type": "inherit"}])
    assert trunk["sub_ports"] == [sub(inner, 777)]
    red.delete(f"trunks/{trunk['id']}")
    red.delete(f"ports/{inner}")
    admin.delete(f"networks/{network}")


def test_a_trunk_is_its_project_s_and_counts(site: Cloud, red: Caller) -> None:
    trunk = red.post("trunks", port_id=port(red), name="mine")
    blue = site.member(f"blue-{uuid4().hex[:8]}")
    assert blue.call("GET", f"/v2.0/trunks/{trunk['id']}").status == 404
    assert blue.call("PUT", f"/v2.0/trunks/{trunk['id']}/add_subports", {"sub_ports": []}).status == 404
    assert trunk["id"] not in {each["id"] for each in blue.list("trunks")}
    theirs = blue.call("POST", "/v2.0/trunks", {"trunk": {"port_id": trunk["port_id"]}})
    assert (theirs.status, theirs.fault) == (404, "PortNotFound")
    site.administrator.put(f"quotas/{red.project_id}", {"quota": {"trunk": 1}})
    over = red.call("POST", "/v2.0/trunks", {"trunk": {"port_id": port(red)}})
    assert (over.status, over.fault) == (409, "OverQuota")
    details = site.administrator.get(f"quotas/{red.project_id}/details")["quota"]["trunk"]
    assert (details["used"], details["limit"]) == (1, 1)


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
def test_openstacksdk_and_openstack_make_trunks(site: Cloud, red: Caller) -> None:
    with sdk_of(site) as client:
        network: Any = client.network
        net = network.create_network(name="sdk-trunk")
        ports = [network.create_port(network_id=net.id, name=f"sdk-{n}") for n in range(3)]
        trunk = network.create_trunk(port_id=ports[0].id, name="sdk", sub_ports=[sub(ports[1].id, 10)])
        network.add_trunk_subports(trunk, [sub(ports[2].id, 20)])
        assert network.get_trunk_subports(trunk)["sub_ports"] == [sub(ports[1].id, 10), sub(ports[2].id, 20)]
        network.delete_trunk_subports(trunk, [{"port_id": ports[1].id}])
        assert network.find_trunk("sdk").sub_ports == [sub(ports[2].id, 20)]
        variables = {**os.environ, **site.openrc()}
        shown = subprocess.run([program("openstack"), "network", "trunk", "show", "sdk", "-f", "json"], env=variables,
                               capture_output=True, text=True, check=True)  # fmt: skip
        assert json.loads(shown.stdout)["port_id"] == ports[0].id
        words = ["network", "trunk", "set", "sdk", "--subport", "port=sdk-1,segmentation-type=vlan,segmentation-id=30"]
        subprocess.run([program("openstack"), *words], env=variables, check=True)
        assert network.find_trunk("sdk").sub_ports == [sub(ports[2].id, 20), sub(ports[1].id, 30)]
        network.delete_trunk(trunk)
        for each in ports:
            network.delete_port(each)
        network.delete_network(net)
