"""Bindings of ports, as Nova uses them to move a server while it runs: what is shown, and where OVN has the port."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from tests.support.cloud import Answer, Caller, Cloud
from tests.support.sdk import sdk_of

HYPERVISORS = ("hv1", "hv2")


@pytest.fixture(scope="module")
def nova(site: Cloud) -> Caller:
    """A service of the cloud."""
    return site.with_role("service", "service")


@pytest.fixture
def red(site: Cloud) -> Caller:
    """A member of a project of the test's own."""
    return site.member(f"red-{uuid4().hex[:8]}")


@pytest.fixture
def port(red: Caller, nova: Caller) -> str:
    """The id of a server's port, plugged at the first of two hypervisors."""
    network = red.post("networks", name="web")["id"]
    red.post("subnets", network_id=network, ip_version=4, cidr="10.0.1.0/24")
    made = red.post("ports", network_id=network, device_id=str(uuid4()), device_owner="compute:nova")["id"]
    nova.put(f"ports/{made}", {"port": {"binding:host_id": "hv1"}})
    return str(made)


def refused(answer: Answer) -> tuple[int, str, str]:
    """Status, type and message of a fault."""
    return answer.status, answer.fault, answer.body["NeutronError"]["message"]


def places(site: Cloud, port: str) -> dict[str, str]:
    """Where OVN has a port: the options that say so."""
    [row] = [each for each in site.rows("Logical_Switch_Port", "name", "options") if each["name"] == port]
    return {key: value for key, value in row["options"][1] if key in ("requested-chassis", "activation-strategy")}


def asked(caller: Caller, port: str, **values: Any) -> Answer:
    """What is said to a further binding."""
    return caller.call("POST", f"/v2.0/ports/{port}/bindings", {"binding": values})


def shown(caller: Caller, port: str, **more: str) -> dict[str, str]:
    """The status of each of a port's bindings, by host."""
    return {each["host"]: each["status"] for each in caller.list(f"ports/{port}/bindings", *more.items())}


def test_a_server_is_moved_while_it_runs(site: Cloud, nova: Caller, port: str) -> None:
    made = asked(nova, port, host="hv2", profile={"os_vif_delegation": True})
    assert (made.status, made.body) == (201, {"binding": {
        "host": "hv2", "status": "INACTIVE", "vif_type": "ovs", "vnic_type": "normal",
        "vif_details": {"port_filter": True, "connectivity": "l2", "bound_drivers": {"0": "ovn"}},
        "profile": {"os_vif_delegation": True},
    }})  # fmt: skip
    assert shown(nova, port) == {"hv1": "ACTIVE", "hv2": "INACTIVE"}
    assert places(site, port) == {"requested-chassis": "hv1"}
    nova.put(f"ports/{port}", {"port": {"binding:profile": {"migrating_to": "hv2"}}})
    assert places(site, port) == {"requested-chassis": "hv1,hv2", "activation-strategy": "rarp"}
    now = nova.call("PUT", f"/v2.0/ports/{port}/bindings/hv2/activate")
    assert (now.status, now.body["host"], now.body["status"]) == (200, "hv2", "ACTIVE")
    assert places(site, port) == {"requested-chassis": "hv2"}
    moved = nova.get(f"ports/{port}")["port"]
    assert (moved["binding:host_id"], moved["binding:profile"]) == ("hv2", {"os_vif_delegation": True})
    assert shown(nova, port) == {"hv1": "INACTIVE", "hv2": "ACTIVE"}
    nova.delete(f"ports/{port}/bindings/hv1")
    assert shown(nova, port) == {"hv2": "ACTIVE"}
    assert site.ops() == []


@pytest.fixture
def hypervisors(site: Cloud) -> Iterator[dict[str, str]]:
    """The rows of two hypervisors that have registered, by name; gone afterwards."""
    for number, name in enumerate(HYPERVISORS, 1):
        site.place.sbctl("chassis-add", name, "geneve", f"192.0.2.{number}")
        site.place.sbctl("set", "Chassis", name, f"hostname={name}")
    yield {name: site.place.sbctl("--bare", "--columns=_uuid", "find", "Chassis", f"name={name}").strip()
           for name in HYPERVISORS}  # fmt: skip
    for name in HYPERVISORS:
        site.place.sbctl("chassis-del", name)


def test_northd_asks_both_hypervisors_for_a_port_that_moves(
    site: Cloud, nova: Caller, port: str, hypervisors: dict[str, str]
) -> None:
    def requested() -> list[str]:
        site.nbctl("--wait=sb sync")
        columns = "--columns=requested_chassis,requested_additional_chassis"
        found = site.place.sbctl("--bare", columns, "find", "Port_Binding", f"logical_port={port}").split()
        return [name for uuid in found for name in HYPERVISORS if hypervisors[name] == uuid]

    assert requested() == ["hv1"]
    assert asked(nova, port, host="hv2").status == 201
    nova.put(f"ports/{port}", {"port": {"binding:profile": {"migrating_to": "hv2"}}})
    assert requested() == ["hv1", "hv2"]
    nova.put(f"ports/{port}/bindings/hv2/activate", {})
    assert requested() == ["hv2"]


def test_an_ovn_before_22_09_is_not_asked_for_a_port_at_two_hypervisors(site: Cloud, nova: Caller, port: str) -> None:
    """To such a northd "hv1,hv2" is one name, which nobody has. None runs meanwhile; 22.03 leaves such a version."""
    assert asked(nova, port, host="hv2").status == 201
    moving = {"port": {"binding:profile": {"migrating_to": "hv2"}}}
    site.place.stop_northd()
    try:
        site.nbctl("set NB_Global . options:northd_internal_version=22.03.8-20.21.0-58.3")
        status, fault, message = refused(nova.call("PUT", f"/v2.0/ports/{port}", moving))
        assert (status, fault) == (400, "Unsupported")
        assert port in message
        assert "OVN 22.03.8 binds a port to one hypervisor" in message
        assert "upgrade ovn-northd and each ovn-controller to 22.09 or later" in message
        assert places(site, port) == {"requested-chassis": "hv1"}
        assert nova.get(f"ports/{port}")["port"]["binding:profile"] == {}
        nova.put(f"ports/{port}/bindings/hv2/activate", {})
        assert places(site, port) == {"requested-chassis": "hv2"}
        assert site.ops() == []
    finally:
        site.place.start_northd()
    site.place.wait()
    nova.put(f"ports/{port}", {"port": {"binding:profile": {"migrating_to": "hv1"}}})
    assert places(site, port) == {"requested-chassis": "hv2,hv1", "activation-strategy": "rarp"}


def test_a_move_is_given_up(site: Cloud, nova: Caller, port: str) -> None:
    assert asked(nova, port, host="hv2").status == 201
    nova.put(f"ports/{port}", {"port": {"binding:profile": {"migrating_to": "hv2"}}})
    nova.delete(f"ports/{port}/bindings/hv2")
    nova.put(f"ports/{port}", {"port": {"binding:profile": {}}})
    assert places(site, port) == {"requested-chassis": "hv1"}
    assert shown(nova, port) == {"hv1": "ACTIVE"}


def test_bindings_are_listed_by_what_they_are(nova: Caller, port: str) -> None:
    assert asked(nova, port, host="hv2").status == 201
    assert shown(nova, port, status="INACTIVE") == {"hv2": "INACTIVE"}
    assert shown(nova, port, host="hv1") == {"hv1": "ACTIVE"}
    assert nova.list(f"ports/{port}/bindings", ("host", "hv2"), ("fields", "vnic_type")) == [{"vnic_type": "normal"}]
    assert nova.get(f"ports/{port}/bindings/hv2")["binding"]["status"] == "INACTIVE"
    changed = nova.put(f"ports/{port}/bindings/hv2", {"binding": {"profile": {"a": 1}}})
    assert changed["binding"]["profile"] == {"a": 1}
    own = nova.put(f"ports/{port}/bindings/hv1", {"binding": {"profile": {"b": 2}}})
    assert (own["binding"]["status"], nova.get(f"ports/{port}")["port"]["binding:profile"]) == ("ACTIVE", {"b": 2})


def test_a_port_that_is_put_elsewhere_has_no_place_there_any_more(nova: Caller, port: str) -> None:
    assert asked(nova, port, host="hv2").status == 201
    nova.put(f"ports/{port}", {"port": {"binding:host_id": "hv2"}})
    assert shown(nova, port) == {"hv2": "ACTIVE"}
    nova.delete(f"ports/{port}/bindings/hv2")
    assert shown(nova, port) == {"": "ACTIVE"}
    unbound = nova.get(f"ports/{port}")["port"]
    assert (unbound["binding:host_id"], unbound["binding:vif_type"]) == ("", "unbound")


def test_at_a_host_that_nobody_knows_the_binding_failed(site: Cloud, nova: Caller, red: Caller, port: str) -> None:
    """Nova then gives up at once, and tries elsewhere: it waits for no port to be plugged."""
    admin = site.administrator

    def bound() -> set[tuple[str, str, str]]:
        one = nova.get(f"ports/{port}")["port"]
        [listed] = admin.list("ports", ("id", port))
        [binding] = nova.list(f"ports/{port}/bindings")
        ways = {(each["binding:vif_type"], each["binding:host_id"]) for each in (one, listed)}
        ways.add((binding["vif_type"], binding["host"]))
        return {(*way, str(bool(one["binding:vif_details"]))) for way in ways}

    for host, vif_type in (("nope", "binding_failed"), ("hv1", "ovs"), ("nope", "binding_failed"), ("", "unbound")):
        nova.put(f"ports/{port}", {"port": {"binding:host_id": host}})
        assert bound() == {(vif_type, host, str(vif_type == "ovs"))}
    message = f"Binding for port {port} on host nope could not be created or updated."
    assert refused(asked(nova, port, host="nope")) == (409, "PortBindingError", message), "Neutron: 500"
    nova.put(f"ports/{port}", {"port": {"binding:host_id": "hv3"}})
    assert bound() == {("binding_failed", "hv3", "False")}
    more = site.server.home.parent / "more.yaml"
    more.write_text("project: site\nstack: more\nhosts: {hv3: {target: site}}\n")
    site.cpal("apply", str(more), "--yes")
    assert bound() == {("ovs", "hv3", "True")}, "the host came"
    nova.put(f"ports/{port}", {"port": {"binding:host_id": ""}})
    site.cpal("destroy", str(more), "--yes")


def test_what_cannot_be_is_refused_in_neutron_s_words(site: Cloud, red: Caller, nova: Caller, port: str) -> None:
    there = f"Binding for port {port} on host hv1 already exists."
    assert refused(asked(nova, port, host="hv1")) == (409, "PortBindingAlreadyExists", there)
    missing = (404, "PortBindingNotFound", f"Binding for port {port} for host hv2 could not be found.")
    path = f"/v2.0/ports/{port}/bindings"
    for method, tail in (("GET", ""), ("DELETE", ""), ("PUT", "/activate")):
        assert refused(nova.call(method, f"{path}/hv2{tail}")) == missing
    assert refused(nova.call("PUT", f"{path}/hv2", {"binding": {"profile": {}}})) == missing
    active = f"Binding for port {port} on host hv1 is already active."
    assert refused(nova.call("PUT", f"{path}/hv1/activate")) == (409, "PortBindingAlreadyActive", active)
    assert asked(nova, port).status == 400
    assert asked(nova, port, host="").status == 400
    assert refused(asked(nova, port, host="hv2", vnic_type="direct"))[:2] == (409, "PortBindingError")
    assert "make a trunk" in refused(asked(nova, port, host="hv2", profile={"parent_name": "x"}))[2]
    assert "a comma as a list of hosts" in refused(asked(nova, port, host="hv2,hv1"))[2]
    network = red.post("networks", name="plain")["id"]
    plain = red.post("ports", network_id=network)["id"]
    other = f"Bad port request: Invalid port {plain}. Operation only valid on compute and shared filesystem ports."
    assert refused(asked(nova, plain, host="hv2")) == (400, "BadRequest", other)
    assert nova.call("GET", f"{path}/hv1/other").status == 404
    assert shown(nova, port) == {"hv1": "ACTIVE"}


def test_bindings_are_for_services_and_to_be_seen_by_the_administrator(
    site: Cloud, red: Caller, nova: Caller, port: str
) -> None:
    admin = site.administrator
    assert asked(nova, port, host="hv2").status == 201
    assert shown(admin, port) == {"hv1": "ACTIVE", "hv2": "INACTIVE"}
    path = f"/v2.0/ports/{port}/bindings"
    for caller, status in ((admin, 403), (red, 404)):
        assert asked(caller, port, host="hv3").status == 403
        assert caller.call("PUT", f"{path}/hv2/activate").status == status
        assert caller.call("DELETE", f"{path}/hv2").status == status
    profile = {"binding": {"profile": {"a": 1}}}
    for host in ("hv1", "hv2"):
        assert red.call("PUT", f"{path}/{host}", profile).status == 404
        assert admin.put(f"ports/{port}/bindings/{host}", profile)["binding"]["profile"] == {"a": 1}, "as in Neutron"
    assert red.list(f"ports/{port}/bindings") == []
    assert [red.call("GET", f"{path}/{host}").status for host in ("hv1", "hv9")] == [404, 404]
    stranger = site.member(f"blue-{uuid4().hex[:8]}")
    assert stranger.call("GET", path).status == 404
    assert asked(stranger, port, host="hv3").status == 404
    assert shown(nova, port) == {"hv1": "ACTIVE", "hv2": "INACTIVE"}


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::PendingDeprecationWarning")  # the SDK's own
def test_openstacksdk_moves_a_port(site: Cloud, nova: Caller, port: str) -> None:
    with sdk_of(site, "service-of-service", "secret", "service") as client:
        network: Any = client.network
        given = network.get_port(port)
        made = network.create_port_binding(given, host="hv2", vnic_type="normal")
        assert (made.host, made.status) == ("hv2", "INACTIVE")
        network.activate_port_binding(given, host="hv2")
        assert {each.host: each.status for each in network.port_bindings(port=port)} == {
            "hv1": "INACTIVE", "hv2": "ACTIVE",
        }  # fmt: skip
        network.delete_port_binding(given, host="hv1")
    assert shown(nova, port) == {"hv2": "ACTIVE"}
    assert site.ops() == []
