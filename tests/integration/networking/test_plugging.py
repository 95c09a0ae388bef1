"""What whoever plugs a port at its host is told of it. RECORDED: what neutron 29.0.0 with ML2/OVN answers the same."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.cloud import PHYSICAL_NETWORK, Caller, Cloud

COMPUTE = "compute:nova"


@pytest.fixture(scope="module")
def admin(site: Cloud) -> Caller:
    """The administrator."""
    return site.administrator


@pytest.fixture(scope="module")
def service(site: Cloud) -> Caller:
    """A service of the cloud, such as Nova, which tells what is in a binding's profile."""
    return site.with_role("service", "service")


@pytest.fixture(scope="module")
def network(admin: Caller) -> str:
    """The id of a network with a subnet."""
    made = admin.post("networks", name="web")["id"]
    admin.post("subnets", network_id=made, ip_version=4, cidr="10.6.0.0/24")
    return str(made)


def told(port: dict[str, Any]) -> tuple[Any, Any]:
    """Whether a port is trusted, and the profile of its binding."""
    return port["trusted"], port["binding:profile"]


def test_whoever_plugs_a_port_is_told_whether_it_is_trusted(admin: Caller, service: Caller, network: str) -> None:
    plain, made = (admin.post("ports", network_id=network, **more) for more in ({}, {"trusted": "yes"}))
    assert (told(plain), told(made)) == ((None, {}), (True, {"trusted": True}))
    path = f"ports/{made['id']}"
    service.put(path, {"port": {"binding:profile": {"a": 1, "trusted": False}}})
    assert told(admin.get(path)["port"]) == (True, {"a": 1, "trusted": True})
    assert told(admin.put(path, {"port": {"trusted": False}})["port"]) == (False, {"a": 1, "trusted": False})
    service.put(path, {"port": {"binding:profile": {}}})
    assert told(admin.get(path)["port"]) == (False, {"trusted": False})
    assert admin.get(f"ports/{plain['id']}", ("fields", "trusted")) == {"port": {"trusted": None}}
    assert told(admin.put(f"ports/{plain['id']}", {"port": {"trusted": True}})["port"]) == (True, {"trusted": True})


def test_bindings_tell_it_too(admin: Caller, service: Caller, network: str) -> None:
    made = admin.post("ports", network_id=network, device_owner=COMPUTE, trusted=True, **{"binding:host_id": "hv1"})
    path = f"ports/{made['id']}/bindings"
    service.call("POST", f"/v2.0/{path}", {"binding": {"host": "hv2", "profile": {"a": 1}}})
    assert {each["host"]: each["profile"] for each in admin.get(path)["bindings"]} == {
        "hv1": {"trusted": True},
        "hv2": {"a": 1, "trusted": True},
    }


def test_the_administrator_alone_trusts_and_sees_it(site: Cloud, admin: Caller, service: Caller) -> None:
    member = site.member("red")
    own = member.post("networks", name="own")["id"]
    port = member.post("ports", network_id=own)
    assert "trusted" not in port
    for caller in (member, service):
        made = caller.call("POST", "/v2.0/ports", {"port": {"network_id": own, "trusted": True}})
        changed = caller.call("PUT", f"/v2.0/ports/{port['id']}", {"port": {"trusted": True}})
        assert (made.status, changed.status) == (403, 403)
        assert (made.fault, "rule:create_port:trusted" in made.text) == ("PolicyNotAuthorized", True)
    assert told(admin.get(f"ports/{port['id']}")["port"]) == (None, {})


REFUSED: list[tuple[str, Any, str]] = [
    ("trusted", None, "Invalid input for operation: 'None' cannot be converted to boolean."),
    ("trusted", "perhaps", "Invalid input for operation: 'perhaps' cannot be converted to boolean."),
    ("tags", ["a", "a"], "Invalid input for tags. Reason: Duplicate items in the list: 'a'."),
    ("tags", None, "Invalid input for tags. Reason: 'None' is not a list."),
    ("tags", [1], "Invalid input for tags. Reason: '1' is not a valid string."),
]
"""RECORDED: what cannot be said of a port that is made."""
UNASKABLE = {
    "trusted=true": "['trusted'] is invalid attribute for filtering",
    "sort_key=trusted&sort_dir=asc": "['trusted'] is invalid attribute for sort_keys",
}
"""RECORDED: what cannot be asked of ports."""


def test_what_trust_and_tags_cannot_be(admin: Caller, network: str) -> None:
    for name, value, message in REFUSED:
        answer = admin.call("POST", "/v2.0/ports", {"port": {"network_id": network, name: value}})
        assert (answer.status, answer.body["NeutronError"]["message"]) == (400, message)
    for query, message in UNASKABLE.items():
        answer = admin.call("GET", f"/v2.0/ports?{query}")
        assert (answer.status, answer.body["NeutronError"]["message"]) == (400, message)


def test_ports_of_one_request_have_tags_each_of_its_own(site: Cloud, admin: Caller, network: str) -> None:
    ports = [{"network_id": network, "tags": ["a", "b"]}, {"network_id": network}, {"network_id": network, "tags": []}]
    made = admin.call("POST", "/v2.0/ports", {"ports": ports})
    assert made.status == 201, made
    assert [each["tags"] for each in made.body["ports"]] == [["a", "b"], [], []]
    assert len(admin.list("ports", ("tags", "a,b"), ("network_id", network))) == 1
    many = {"network_id": network, "tags": [str(number) for number in range(51)]}
    assert admin.call("POST", "/v2.0/ports", {"port": many}).fault == "BadRequest"
    assert admin.call("PUT", f"/v2.0/ports/{made.body['ports'][0]['id']}", {"port": {"tags": []}}).status == 400
    assert site.ops() == []


OVS, FORWARDED, FAILED = "ovs", "agilio_ovs", "binding_failed"
BOUND: dict[str, tuple[str, str, bool]] = {
    "normal": (OVS, "", True),
    "direct": (FAILED, "external", False),
    "macvtap": (FAILED, "external", False),
    "baremetal": (FAILED, "external", False),
    "direct-physical": (FAILED, "external", False),  # Neutron falls over it
    "virtio-forwarder": (FORWARDED, "", True),
    "smart-nic": (FAILED, "", True),
    "vdpa": (OVS, "", True),
    "remote-managed": (FAILED, "", False),
    "accelerator-direct": (FAILED, "", True),
    "accelerator-direct-physical": (FAILED, "", True),
}
"""RECORDED: by type of interface how a port is plugged at a host, its type in OVN, and whether OVN is told the host."""
CARD = {"pci_vendor_info": "1:2", "pci_slot": "0000:00:00.1", "physical_network": None}
OFFLOADED = {"capabilities": ["switchdev"]}


def at_host(admin: Caller, network: str, vnic_type: str, **more: Any) -> dict[str, Any]:
    """A port that is bound to a host by a type of interface."""
    place = {"device_owner": COMPUTE, "binding:host_id": "hv1", "binding:vnic_type": vnic_type}
    return admin.post("ports", network_id=network, **place, **more)


def in_ovn(site: Cloud, port: dict[str, Any]) -> dict[str, Any]:
    """The row of a port, with its options as a mapping."""
    [row] = [row for row in site.rows("Logical_Switch_Port") if row["name"] == port["id"]]
    return {**row, "options": dict(row["options"][1])}


@pytest.mark.parametrize("vnic_type", BOUND)
def test_a_port_is_bound_by_its_type_of_interface_as_by_neutron(
    site: Cloud, admin: Caller, network: str, vnic_type: str
) -> None:
    vif_type, type_in_ovn, is_told = BOUND[vnic_type]
    free = admin.post("ports", network_id=network, **{"binding:vnic_type": vnic_type})
    assert (free["binding:vnic_type"], free["binding:vif_type"]) == (vnic_type, "unbound")
    port = at_host(admin, network, vnic_type)
    assert (port["binding:vnic_type"], port["binding:vif_type"], port["status"]) == (vnic_type, vif_type, "DOWN")
    details = port["binding:vif_details"]
    assert bool(details) == (vif_type != FAILED)
    if vif_type == FORWARDED:
        assert details["vhostuser_socket"] == f"/var/run/openvswitch/vhu{port['id'][:11]}"
        assert details["vhostuser_mode"] == "client"
    row = in_ovn(site, port)
    assert (row["type"], row["options"].get("requested-chassis")) == (type_in_ovn, "hv1" if is_told else None)
    assert row["addresses"] == f"{port['mac_address']} {port['fixed_ips'][0]['ip_address']}"
    [binding] = admin.get(f"ports/{port['id']}/bindings")["bindings"]
    assert (binding["vnic_type"], binding["vif_type"]) == (vnic_type, vif_type)
    for each in (free, port):
        admin.delete(f"ports/{each['id']}")
    assert site.ops() == []


def answering(site: Cloud, port: dict[str, Any]) -> list[str]:
    """The hosts that answer a port, the best first; none where it has no group of them."""
    group = in_ovn(site, port)["ha_chassis_group"]
    held = [row["ha_chassis"] for row in site.rows("HA_Chassis_Group") if row["_uuid"] == group]
    members = [member for found in held for member in ([found] if found[0] == "uuid" else found[1])]
    found = [row for row in site.rows("HA_Chassis") if row["_uuid"] in members]
    return [row["chassis_name"] for row in sorted(found, key=lambda row: -int(row["priority"]))]


def test_gateways_answer_what_hardware_hands_through(site: Cloud, admin: Caller, service: Caller) -> None:
    """Of one network the same ones; nothing is left of a group when nothing needs it."""
    segment = {"provider:network_type": "vlan", "provider:physical_network": PHYSICAL_NETWORK}
    network = admin.post("networks", name="vlan", **segment)["id"]
    admin.post("subnets", network_id=network, ip_version=4, cidr="10.7.0.0/24")
    one, other = at_host(admin, network, "direct"), at_host(admin, network, "macvtap")
    assert sorted(answering(site, one)) == ["hv1", "hv2"]
    assert answering(site, one) == answering(site, other)
    service.put(f"ports/{one['id']}", {"port": {"binding:profile": {**OFFLOADED, **CARD}}})
    plugged = admin.get(f"ports/{one['id']}")["port"]
    assert (plugged["binding:vif_type"], in_ovn(site, one)["type"], answering(site, one)) == (OVS, "", [])
    assert in_ovn(site, one)["options"]["requested-chassis"] == "hv1"
    service.put(f"ports/{one['id']}", {"port": {"binding:profile": {}}})
    assert (in_ovn(site, one)["type"], len(site.rows("HA_Chassis_Group"))) == ("external", 2)
    site.place.site.nbctl("--wait=sb sync")
    words = ("--bare", "--columns=type", "find", "Port_Binding", f"logical_port={one['id']}")
    assert site.place.sbctl(*words).strip() == "external"
    assert len(site.place.sbctl("--bare", "--columns=_uuid", "list", "HA_Chassis_Group").split()) == 2
    for each in (one, other):
        admin.delete(f"ports/{each['id']}")
    assert site.rows("HA_Chassis_Group") == site.rows("HA_Chassis") == []
    assert site.ops() == []


PROFILES: list[tuple[str, dict[str, Any], int, str]] = [
    ("direct", {**OFFLOADED, **CARD}, 200, OVS),
    ("direct", {**CARD, "physical_network": "physnet1"}, 200, FAILED),
    ("macvtap", OFFLOADED, 200, OVS),
    ("direct", {**OFFLOADED, "pci_slot": "x"}, 400, FAILED),
    ("direct", {**OFFLOADED, **CARD, "pci_slot": 1}, 400, FAILED),
    ("direct", {"capabilities": "switchdev"}, 400, FAILED),
    ("remote-managed", {"pci_slot": "x"}, 400, FAILED),
]
"""RECORDED: what a profile may say, and how the port is plugged then."""


def test_a_profile_says_of_a_card_all_or_nothing(admin: Caller, service: Caller, network: str) -> None:
    for vnic_type, profile, status, vif_type in PROFILES:
        port = at_host(admin, network, vnic_type)
        answer = service.call("PUT", f"/v2.0/ports/{port['id']}", {"port": {"binding:profile": profile}})
        now = admin.get(f"ports/{port['id']}")["port"]["binding:vif_type"]
        assert (vnic_type, profile, answer.status, now) == (vnic_type, profile, status, vif_type)
        assert status == 200 or answer.body["NeutronError"]["message"].startswith(
            "Invalid input for operation: Invalid binding:profile. "
        )
        admin.delete(f"ports/{port['id']}")


def test_the_type_of_an_interface_changes_at_no_host(site: Cloud, admin: Caller, network: str) -> None:
    bound, free = at_host(admin, network, "direct"), admin.post("ports", network_id=network)
    refused = admin.call("PUT", f"/v2.0/ports/{bound['id']}", {"port": {"binding:vnic_type": "normal"}})
    assert (refused.status, refused.fault) == (409, "PortInUse")
    assert admin.put(f"ports/{bound['id']}", {"port": {"binding:vnic_type": "direct"}})["port"]["status"] == "DOWN"
    admin.put(f"ports/{free['id']}", {"port": {"binding:vnic_type": "macvtap"}})
    assert in_ovn(site, free)["type"] == "external"
    admin.put(f"ports/{free['id']}", {"port": {"binding:vnic_type": "normal"}})
    assert in_ovn(site, free)["type"] == ""
    wrong = admin.call("POST", "/v2.0/ports", {"port": {"network_id": network, "binding:vnic_type": "bogus"}})
    message = "Invalid input for binding:vnic_type. Reason: bogus is not in valid_values."
    assert (wrong.status, wrong.body["NeutronError"]["message"]) == (400, message)
    assert site.ops() == []


def test_a_binding_elsewhere_has_a_type_of_its_own(site: Cloud, admin: Caller, service: Caller, network: str) -> None:
    port = at_host(admin, network, "normal")
    path = f"ports/{port['id']}/bindings"
    failed = service.call("POST", f"/v2.0/{path}", {"binding": {"host": "hv2", "vnic_type": "direct"}})
    assert (failed.status, failed.fault) == (409, "PortBindingError")
    made = service.call("POST", f"/v2.0/{path}", {"binding": {"host": "hv2", "vnic_type": "vdpa"}})
    assert (made.status, made.body["binding"]["vnic_type"], made.body["binding"]["vif_type"]) == (201, "vdpa", OVS)
    assert service.call("PUT", f"/v2.0/{path}/hv2/activate").status == 200
    moved = admin.get(f"ports/{port['id']}")["port"]
    assert (moved["binding:host_id"], moved["binding:vnic_type"]) == ("hv2", "vdpa")
    assert {each["host"]: each["vnic_type"] for each in admin.get(path)["bindings"]} == {"hv1": "normal", "hv2": "vdpa"}
    assert site.ops() == []
