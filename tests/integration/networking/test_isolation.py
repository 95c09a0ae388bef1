"""Whose things are whose: nothing of another project is read, guessed or written, and roles allow what they allow."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest

from tests.support.cloud import Answer, Caller, Cloud, singular

ID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
COLLECTIONS = (
    "networks", "subnets", "ports", "routers", "floatingips", "security-groups", "security-group-rules",
    "address-groups",
)  # fmt: skip


@dataclass(frozen=True)
class Owned:
    """A project with one of each resource: ids by collection."""

    member: Caller
    reader: Caller
    ids: dict[str, str]


def one_of_each(site: Cloud, project: str, external: str) -> Owned:
    """A project with one of each resource."""
    me = site.member(project)
    network = me.post("networks", name=f"net of {project}")["id"]
    subnet = me.post("subnets", network_id=network, ip_version=4, cidr="10.0.0.0/24", name=f"sub of {project}")["id"]
    router = me.post("routers", name=f"router of {project}", external_gateway_info={"network_id": external})["id"]
    me.put(f"routers/{router}/add_router_interface", {"subnet_id": subnet})
    group = me.post("security-groups", name=f"group of {project}")["id"]
    remote = me.post("address-groups", name=f"addresses of {project}", addresses=["192.0.2.0/24"])["id"]
    rule = me.post("security-group-rules", security_group_id=group, direction="ingress", protocol="tcp")["id"]
    port = me.post("ports", network_id=network, name=f"port of {project}", security_groups=[group])["id"]
    floating = me.post("floatingips", floating_network_id=external, port_id=port)["id"]
    made = (network, subnet, port, router, floating, group, rule, remote)
    return Owned(me, site.with_role(project, "reader"), dict(zip(COLLECTIONS, made, strict=True)))


@pytest.fixture(scope="module")
def external(site: Cloud) -> str:
    """An external network of the administrator."""
    admin = site.administrator
    values = {"provider:network_type": "flat", "provider:physical_network": "physnet1", "router:external": True}
    made = admin.post("networks", name="outside", **values)["id"]
    admin.post("subnets", network_id=made, ip_version=4, cidr="203.0.113.0/24", enable_dhcp=False)
    return str(made)


@pytest.fixture(scope="module")
def red(site: Cloud, external: str) -> Owned:
    """A project with one of each."""
    return one_of_each(site, "red-isolated", external)


@pytest.fixture(scope="module")
def blue(site: Cloud, external: str) -> Owned:
    """Another."""
    return one_of_each(site, "blue-isolated", external)


def without_ids(answer: Answer) -> tuple[int, str]:
    """The answer without what differs by the id asked for."""
    return answer.status, ID.sub("ID", answer.text)


def same_as_for_nothing(caller: Caller, method: str, path: str, body: Any) -> None:
    """That the answer is the same as for an id that nothing has: `ID` in the path stands for it."""
    collection, id = path.split("/")[:2]
    nothing = path.replace(id, str(uuid4()))
    mine, other = (caller.call(method, f"/v2.0/{each}", body) for each in (path, nothing))
    assert mine.status == 404, (method, collection, mine)
    assert without_ids(mine) == without_ids(other)


@pytest.mark.parametrize("collection", COLLECTIONS)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_another_project_s_is_as_if_it_were_not_there(red: Owned, blue: Owned, collection: str, method: str) -> None:
    body = {singular(collection): {"description": "mine"}} if method == "PUT" else None
    for caller in (blue.member, blue.reader):
        same_as_for_nothing(caller, method, f"{collection}/{red.ids[collection]}", body)
        same_as_for_nothing(caller, method, f"{collection}/{red.ids[collection]}/tags", {"tags": ["mine"]})


@pytest.mark.parametrize(
    "action", ["add_router_interface", "remove_router_interface", "add_extraroutes", "remove_extraroutes"]
)
def test_another_project_s_router_has_no_actions(red: Owned, blue: Owned, action: str) -> None:
    bodies = {"interface": {"subnet_id": blue.ids["subnets"]}, "extraroutes": {"router": {"routes": []}}}
    body = bodies[action.rpartition("_")[2]]
    same_as_for_nothing(blue.member, "PUT", f"routers/{red.ids['routers']}/{action}", body)


@pytest.mark.parametrize("action", ["add_addresses", "remove_addresses"])
def test_another_project_s_address_group_has_no_actions(red: Owned, blue: Owned, action: str) -> None:
    body = {"address_group": {"addresses": ["198.51.100.0/24"]}}
    same_as_for_nothing(blue.member, "PUT", f"address-groups/{red.ids['address-groups']}/{action}", body)


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_lists_show_what_is_mine_shared_or_outside(red: Owned, blue: Owned, collection: str, external: str) -> None:
    shown = {each["id"]: each for each in blue.member.list(collection)}
    assert blue.ids[collection] in shown
    assert red.ids[collection] not in shown
    whose = {each["project_id"] for each in shown.values() if external not in (each["id"], each.get("network_id"))}
    assert whose <= {blue.member.project_id}
    filters = [("id", red.ids[collection]), ("project_id", red.member.project_id)]
    for pair in filters:
        assert [each for each in blue.member.list(collection, pair) if each["id"] == red.ids[collection]] == []
    marker = blue.member.call("GET", f"/v2.0/{collection}?limit=1&marker={red.ids[collection]}")
    nothing = blue.member.call("GET", f"/v2.0/{collection}?limit=1&marker={uuid4()}")
    assert without_ids(marker) == without_ids(nothing), "a marker tells what exists"


REFERENCES: dict[str, tuple[str, str]] = {
    "a port on its network": ("ports", "network_id:networks"),
    "a subnet on its network": ("subnets", "network_id:networks"),
    "a port in its group": ("ports", "security_groups:security-groups"),
    "a rule in its group": ("security-group-rules", "security_group_id:security-groups"),
    "a rule from its group": ("security-group-rules", "remote_group_id:security-groups"),
    "a rule from its addresses": ("security-group-rules", "remote_address_group_id:address-groups"),
    "a floating IP to its port": ("floatingips", "port_id:ports"),
    "a gateway on its network": ("routers", "external_gateway_info:networks"),
}


def referring(collection: str, owned: Owned, external: str, field: str, id: str) -> dict[str, Any]:
    """A body that would be good, but for the id in one field."""
    bodies: dict[str, dict[str, Any]] = {
        "ports": {"network_id": owned.ids["networks"]},
        "subnets": {"network_id": owned.ids["networks"], "ip_version": 4, "cidr": "10.9.0.0/24"},
        "security-group-rules": {
            "security_group_id": owned.ids["security-groups"], "direction": "ingress", "protocol": "udp",
        },
        "floatingips": {"floating_network_id": external},
        "routers": {},
    }  # fmt: skip
    value: Any = {"security_groups": [id], "external_gateway_info": {"network_id": id}}.get(field, id)
    return {singular(collection): {**bodies[collection], field: value}}


@pytest.mark.parametrize(("collection", "what"), REFERENCES.values(), ids=REFERENCES.keys())
def test_a_reference_to_another_project_s_is_to_nothing(
    red: Owned, blue: Owned, external: str, collection: str, what: str
) -> None:
    field, _, kind = what.partition(":")
    theirs, nothing = (
        blue.member.call("POST", f"/v2.0/{collection}", referring(collection, blue, external, field, id))
        for id in (red.ids[kind], str(uuid4()))
    )
    assert theirs.status == 404, theirs
    assert without_ids(theirs) == without_ids(nothing)


@pytest.mark.parametrize("kind", ["subnets", "ports"])
def test_a_router_joins_no_other_project_s(red: Owned, blue: Owned, kind: str) -> None:
    path = f"/v2.0/routers/{blue.ids['routers']}/add_router_interface"
    theirs, nothing = (
        blue.member.call("PUT", path, {f"{singular(kind)}_id": id}) for id in (red.ids[kind], str(uuid4()))
    )
    assert theirs.status == 404, theirs
    assert without_ids(theirs) == without_ids(nothing)


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_nobody_makes_anything_for_another_project(red: Owned, blue: Owned, collection: str, external: str) -> None:
    bodies: dict[str, dict[str, Any]] = {
        "networks": {},
        "subnets": {"network_id": blue.ids["networks"], "ip_version": 4, "cidr": "10.8.0.0/24"},
        "ports": {"network_id": blue.ids["networks"]},
        "routers": {},
        "floatingips": {"floating_network_id": external},
        "security-groups": {"name": "planted"},
        "security-group-rules": {
            "security_group_id": blue.ids["security-groups"], "direction": "ingress", "protocol": "sctp",
        },
        "address-groups": {"addresses": []},
    }  # fmt: skip
    for name in ("project_id", "tenant_id"):
        values = {**bodies[collection], name: red.member.project_id}
        answer = blue.member.call("POST", f"/v2.0/{collection}", {singular(collection): values})
        assert (answer.status, answer.fault) == (400, "HTTPBadRequest"), answer
    moved = blue.member.call(
        "PUT",
        f"/v2.0/{collection}/{blue.ids[collection]}",
        {singular(collection): {"project_id": red.member.project_id}},
    )
    assert moved.status in (400, 403), moved


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_a_reader_reads_and_no_more(red: Owned, collection: str) -> None:
    name, path = singular(collection), f"{collection}/{red.ids[collection]}"
    assert red.reader.get(path) == red.member.get(path)
    assert red.reader.list(collection) == red.member.list(collection)
    for method, where, body in (
        ("PUT", path, {name: {"description": "x"}}),
        ("DELETE", path, None),
        ("PUT", f"{path}/tags", {"tags": ["x"]}),
        ("DELETE", f"{path}/tags", None),
    ):
        answer = red.reader.call(method, f"/v2.0/{where}", body)
        assert (answer.status, answer.fault) == (403, "PolicyNotAuthorized"), (method, where, answer)


def test_a_reader_makes_nothing(red: Owned, external: str) -> None:
    before = {each: red.member.list(each) for each in COLLECTIONS}
    bodies = {
        "networks": {},
        "subnets": {"network_id": red.ids["networks"], "ip_version": 4, "cidr": "10.8.0.0/24"},
        "ports": {"network_id": red.ids["networks"]},
        "routers": {},
        "floatingips": {"floating_network_id": external},
        "security-groups": {"name": "x"},
        "security-group-rules": {"security_group_id": red.ids["security-groups"], "direction": "ingress"},
        "address-groups": {"addresses": []},
    }
    for collection, body in bodies.items():
        answer = red.reader.call("POST", f"/v2.0/{collection}", {singular(collection): body})
        assert (answer.status, answer.fault) == (403, "PolicyNotAuthorized"), (collection, answer)
    for action in ("add_router_interface", "remove_router_interface"):
        path = f"/v2.0/routers/{red.ids['routers']}/{action}"
        assert red.reader.call("PUT", path, {"subnet_id": red.ids["subnets"]}).status == 403
    assert {each: red.member.list(each) for each in COLLECTIONS} == before


TOKENS = {
    "none": "",
    "a word": "token",
    "a long word": "x" * 5000,
    "an unsigned one": "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.",
    "SQL": "' OR 1=1 --",
}


@pytest.mark.parametrize("token", TOKENS.values(), ids=TOKENS.keys())
@pytest.mark.parametrize("path", ["networks", "ports/x", "quotas", "agents", "extensions", "nothing-like-it"])
def test_a_token_that_is_none_is_refused(site: Cloud, token: str, path: str) -> None:
    caller = site.administrator
    caller.token = token
    answer = caller.call("GET", f"/v2.0/{path}")
    assert answer.status == 401, answer


def test_a_token_changed_in_any_part_is_refused(red: Owned) -> None:
    caller = red.member.again()
    good = caller.token
    for at in range(0, len(good), max(1, len(good) // 25)):
        caller.token = good[:at] + ("A" if good[at] != "A" else "B") + good[at + 1 :]
        answer = caller.call("GET", "/v2.0/networks")
        assert answer.status == 401 or caller.token[:-1] == good[:-1], (at, answer)


def test_a_revoked_token_is_refused(site: Cloud) -> None:
    caller = site.member("revoked")
    caller.get("networks")
    revoked = site.identity().call("DELETE", "/v3/auth/tokens", headers={"X-Subject-Token": caller.token})
    assert revoked.status == 204
    assert caller.call("GET", "/v2.0/networks").status == 401


def test_a_token_ends_with_its_role(site: Cloud) -> None:
    caller, identity = site.member("dismissed"), site.identity()
    caller.get("networks")
    user = identity.call("GET", "/v3/users?name=member-of-dismissed").body["users"][0]["id"]
    assert identity.call("DELETE", f"/v3/users/{user}").status == 204
    assert caller.call("GET", "/v2.0/networks").status == 401


HIDDEN = {
    "networks": {"provider:network_type", "provider:physical_network", "provider:segmentation_id"},
    "ports": {"binding:host_id", "binding:profile", "binding:vif_type", "binding:vif_details"},
    "routers": {"distributed", "ha"},
}


@pytest.mark.parametrize(("collection", "hidden"), HIDDEN.items())
def test_what_only_the_administrator_sees_is_hidden_everywhere(
    site: Cloud, red: Owned, collection: str, hidden: set[str]
) -> None:
    path, name = f"{collection}/{red.ids[collection]}", singular(collection)
    assert hidden <= site.administrator.get(path)[name].keys()
    answers = [
        red.member.get(path)[name],
        red.member.get(path, *(("fields", field) for field in hidden))[name],
        red.member.list(collection, ("id", red.ids[collection]))[0],
        red.member.list(collection, ("id", red.ids[collection]), *(("fields", field) for field in hidden))[0],
        red.member.put(path, {name: {"description": "seen?"}})[name],
    ]
    assert [answer.keys() & hidden for answer in answers] == [set()] * len(answers)


@pytest.mark.parametrize(
    ("collection", "values"),
    [
        ("networks", {"shared": True}),
        ("networks", {"router:external": True}),
        ("networks", {"provider:network_type": "flat", "provider:physical_network": "physnet1"}),
        ("networks", {"provider:segmentation_id": 5}),
        ("ports", {"binding:host_id": "hv1"}),
        ("ports", {"binding:profile": {"a": "b"}}),
        ("routers", {"distributed": True}),
        ("routers", {"ha": True}),
    ],
)
def test_what_only_the_administrator_sets_is_refused(red: Owned, collection: str, values: dict[str, Any]) -> None:
    name = singular(collection)
    more = {"network_id": red.ids["networks"]} if collection == "ports" else {}
    answers = [
        red.member.call("POST", f"/v2.0/{collection}", {name: {**more, **values}}),
        red.member.call("PUT", f"/v2.0/{collection}/{red.ids[collection]}", {name: values}),
    ]
    assert [answer.status for answer in answers] == [403, 403], answers


def test_a_shared_network_is_used_by_all_and_its_owner_s_alone_to_change(site: Cloud, red: Owned, blue: Owned) -> None:
    admin = site.administrator
    shared = admin.post("networks", name="for all", shared=True)["id"]
    subnet = admin.post("subnets", network_id=shared, ip_version=4, cidr="10.77.0.0/24")["id"]
    for owned in (red, blue):
        assert owned.member.get(f"networks/{shared}")["network"]["shared"] is True
        assert owned.reader.get(f"subnets/{subnet}")["subnet"]["cidr"] == "10.77.0.0/24"
    ports = {owned.member.project_id: owned.member.post("ports", network_id=shared)["id"] for owned in (red, blue)}
    assert blue.member.call("GET", f"/v2.0/ports/{ports[red.member.project_id]}").status == 404
    assert [each["id"] for each in blue.member.list("ports", ("network_id", shared))] == [ports[blue.member.project_id]]
    for method, path, body in (
        ("PUT", f"networks/{shared}", {"network": {"name": "mine"}}),
        ("DELETE", f"networks/{shared}", None),
        ("PUT", f"subnets/{subnet}", {"subnet": {"name": "mine"}}),
        ("DELETE", f"subnets/{subnet}", None),
        ("POST", "subnets", {"subnet": {"network_id": shared, "ip_version": 4, "cidr": "10.78.0.0/24"}}),
        ("POST", "ports", {"port": {"network_id": shared, "mac_address": "fa:16:3e:00:00:09"}}),
        ("POST", "ports", {"port": {"network_id": shared, "fixed_ips": [{"ip_address": "10.77.0.99"}]}}),
        ("POST", "ports", {"port": {"network_id": shared, "port_security_enabled": False}}),
        ("POST", "ports", {"port": {"network_id": shared, "device_owner": "network:dhcp"}}),
    ):
        answer = blue.member.call(method, f"/v2.0/{path}", body)
        assert answer.status == 403, (method, path, body, answer)
    unshared = admin.call("PUT", f"/v2.0/networks/{shared}", {"network": {"shared": False}})
    assert (unshared.status, unshared.fault) == (409, "InvalidSharedSetting")


def test_an_external_network_is_seen_but_holds_no_ports_of_members(blue: Owned, external: str) -> None:
    assert blue.member.get(f"networks/{external}")["network"]["router:external"] is True
    assert blue.member.call("POST", "/v2.0/ports", {"port": {"network_id": external}}).status == 403
    assert blue.member.call("DELETE", f"/v2.0/networks/{external}").status == 403


def test_a_network_s_owner_sees_others_ports_there_and_does_nothing_with_them(
    site: Cloud, blue: Owned, external: str
) -> None:
    """Each answer is as Neutron's to the same."""
    admin, green = site.administrator, one_of_each(site, "green-isolated", external)
    network = green.ids["networks"]
    admin.post("rbac-policies", object_type="network", object_id=network, action="access_as_shared",
               target_tenant=blue.member.project_id)  # fmt: skip
    theirs = blue.member.post("ports", network_id=network, device_owner="compute:nova")["id"]
    assert green.member.get(f"ports/{theirs}")["port"]["project_id"] == blue.member.project_id
    for values in ({"name": "x"}, {"device_id": "x"}, {"binding:host_id": "hv1"}, {"binding:profile": {"a": 1}}):
        answer = green.member.call("PUT", f"/v2.0/ports/{theirs}", {"port": values})
        assert (answer.status, answer.fault) == (403, "PolicyNotAuthorized"), values
    assert admin.call("PUT", f"/v2.0/ports/{theirs}", {"port": {"binding:profile": {"a": 1}}}).status == 403
    assert green.member.list(f"ports/{theirs}/bindings") == []
    mine = {"floating_network_id": external, "port_id": theirs}
    why = f"Cannot process floating IP association with Port {theirs}, since that port is owned by a different project."
    for method, path, values in (
        ("POST", "floatingips", mine),
        ("PUT", f"floatingips/{green.ids['floatingips']}", {"port_id": theirs}),
    ):
        answer = green.member.call(method, f"/v2.0/{path}", {"floatingip": values})
        message = f"Bad floatingip request: {why}"
        assert (answer.status, answer.fault) == (400, "BadRequest")
        assert answer.body["NeutronError"]["message"] == message
    assert admin.post("floatingips", **mine)["port_id"] == theirs


def test_quotas_are_the_administrator_s_to_set_and_one_s_own_to_read(site: Cloud, red: Owned, blue: Owned) -> None:
    mine, theirs = (f"/v2.0/quotas/{each.member.project_id}" for each in (blue, red))
    body = {"quota": {"network": 1000}}
    refused = [
        *(("GET", f"{theirs}{part}") for part in ("", "/default", "/details")),
        ("PUT", theirs),
        ("PUT", mine),
        ("DELETE", mine),
        ("GET", "/v2.0/quotas"),
    ]
    answers = {(method, path): blue.member.call(method, path, body).status for method, path in refused}
    assert {status for status in answers.values() if status not in (403, 404)} == set(), answers
    assert site.administrator.call("PUT", theirs, body).status == 200
    for part in ("", "/default", "/details"):
        assert blue.reader.call("GET", f"{mine}{part}").body["quota"]["network"], part


def test_the_owner_s_own_details_never_cross(site: Cloud, red: Owned, blue: Owned) -> None:
    """No body that a member of blue can get holds an id or a name of red."""
    secrets = {*red.ids.values(), red.member.project_id, "red-isolated"}
    seen = [blue.member.call("GET", f"/v2.0/{each}").text for each in (*COLLECTIONS, "agents", "extensions")]
    seen += [blue.member.call("GET", f"/v2.0/{each}/{id}").text for each, id in blue.ids.items()]
    assert [secret for secret in secrets for text in seen if secret in text] == []


def test_nothing_of_it_changed_what_the_target_holds(site: Cloud) -> None:
    assert site.ops() == []
    assert "Traceback" not in site.server.log.read_text()
