"""What whoever plugs a port at its host is told of it. RECORDED: what neutron 29.0.0 with ML2/OVN answers the same."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.cloud import Caller, Cloud

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
