"""Users, projects, domains, groups, roles and the catalogue: made, found, changed, removed; and what cannot be."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cpal.faces.identity.kinds import KINDS
from cpal.faces.identity.routes import ROUTES
from tests.support.identity import Cloud, Content, by_password

MINIMAL: dict[str, Content] = {
    "users": {"name": "x"},
    "projects": {"name": "x"},
    "domains": {"name": "x"},
    "groups": {"name": "x"},
    "roles": {"name": "x"},
    "regions": {"id": "x"},
    "services": {"type": "compute", "name": "nova"},
}
"""The least that makes one of each."""


def one(plural: str) -> str:
    """What a body calls one of these."""
    return plural.removesuffix("s")


@pytest.mark.parametrize("plural", MINIMAL)
def test_made_shown_listed_changed_and_removed(cloud: Cloud, plural: str) -> None:
    made = cloud.make(one(plural), **MINIMAL[plural], extra={"kept": [1, None]})
    where = f"/{plural}/{made['id']}"
    assert made["links"]["self"].endswith(f"/v3{where}")
    assert made["extra"] == {"kept": [1, None]}
    assert cloud.ask("GET", where).content == {one(plural): made}
    assert made in cloud.ask("GET", f"/{plural}").content[plural]
    changed = cloud.ask("PATCH", where, {one(plural): {"description": "new", "enabled": False}}).content[one(plural)]
    assert changed == {**made, "description": "new", "enabled": False}
    assert cloud.ask("GET", where).content[one(plural)] == changed
    assert cloud.ask("DELETE", where).status == 204
    gone = cloud.ask("GET", where)
    assert (gone.status, gone.content["error"]["title"]) == (404, "Not Found")
    assert gone.message == f"Could not find {one(plural)}: {made['id']}."
    assert cloud.ask("DELETE", where).status == 404
    assert cloud.ask("PATCH", where, {one(plural): {}}).status == 404


@pytest.mark.parametrize("plural", [plural for plural in MINIMAL if plural != "services"])
def test_a_name_is_taken_once(cloud: Cloud, plural: str) -> None:
    made = cloud.make(one(plural), **MINIMAL[plural])
    answer = cloud.ask("POST", f"/{plural}", {one(plural): MINIMAL[plural]})
    assert (answer.status, answer.content["error"]["title"]) == (409, "Conflict")
    if "name" in MINIMAL[plural]:
        other = cloud.make(one(plural), **MINIMAL[plural] | {"name": "y"})
        renamed = cloud.ask("PATCH", f"/{plural}/{other['id']}", {one(plural): {"name": "x"}})
        assert renamed.status == 409
    assert cloud.ask("GET", f"/{plural}/{made['id']}").status == 200


def test_names_are_taken_per_domain(cloud: Cloud) -> None:
    domain = cloud.make("domain", name="other")["id"]
    for kind in ("user", "project", "group", "role"):
        cloud.make(kind, name="x")
        cloud.make(kind, name="x", domain_id=domain)
    assert len(cloud.ask("GET", "/users?name=x").content["users"]) == 2
    assert len(cloud.ask("GET", f"/users?name=x&domain_id={domain}").content["users"]) == 1
    assert len(cloud.ask("GET", "/roles?name=x").content["roles"]) == 1
    assert len(cloud.ask("GET", f"/roles?domain_id={domain}").content["roles"]) == 1


BAD: list[tuple[str, str, object]] = [
    ("POST", "/users", {}),
    ("POST", "/users", []),
    ("POST", "/users", {"user": 7}),
    ("POST", "/users", {"user": {}}),
    ("POST", "/users", {"user": {"name": ""}}),
    ("POST", "/users", {"user": {"name": "  "}}),
    ("POST", "/users", {"user": {"name": None}}),
    ("POST", "/users", {"user": {"name": "n" * 256}}),
    ("POST", "/users", {"user": {"name": "x", "enabled": "yes"}}),
    ("POST", "/users", {"user": {"name": "x", "password": ["SECRET"]}}),
    ("POST", "/users", {"user": {"name": "x", "password": "SECRET" * 1000}}),
    ("POST", "/users", {"user": {"name": "x", "domain_id": "a/b"}}),
    (
        "POST",
        "/users",
        {"user": {"name": "x", "extra": [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}},
    ),
    ("POST", "/projects", {"project": {"name": "x", "tags": ["a,b"]}}),
    ("POST", "/projects", {"project": {"name": "x", "tags": "a"}}),
    ("POST", "/domains", {"domain": {"name": "x", "explicit_domain_id": "x"}}),
    ("POST", "/services", {"service": {"name": "x"}}),
    ("POST", "/endpoints", {"endpoint": {"interface": "public", "service_id": "x", "url": "http://x"}}),
    ("POST", "/endpoints", {"endpoint": {"interface": "private", "service_id": "x", "url": "http://x"}}),
    ("POST", "/regions", {"region": {"id": "r" * 256}}),
    ("POST", "/regions", {"region": {"id": "x", "parent_region_id": "x"}}),
    ("GET", "/users?limit=x", None),
    ("GET", "/role_assignments?user.id=x&group.id=x", None),
    ("GET", "/role_assignments?effective&group.id=x", None),
    ("GET", "/role_assignments?scope.system=all&scope.project.id=x", None),
]
"""What is refused with 400."""


@pytest.mark.parametrize(("method", "path", "body"), BAD, ids=str)
def test_what_cannot_be_is_refused(shared_cloud: Cloud, method: str, path: str, body: object) -> None:
    answer = shared_cloud.ask(method, path, body)
    assert answer.status == 400, answer
    assert "SECRET" not in answer.message


def test_what_is_fixed_stays(cloud: Cloud) -> None:
    user = cloud.make("user", name="x")
    for content in ({"id": "y"}, {"domain_id": "y"}):
        assert cloud.ask("PATCH", f"/users/{user['id']}", {"user": content}).status == 400
    assert cloud.ask("PATCH", f"/users/{user['id']}", {"user": {"id": user["id"]}}).status == 200


def test_pages(cloud: Cloud) -> None:
    names = [cloud.make("user", name=f"u{number}")["id"] for number in range(5)]
    everyone = [each["id"] for each in cloud.ask("GET", "/users").content["users"]]
    assert everyone[1:] == names
    found: list[str] = []
    while page := cloud.ask("GET", f"/users?limit=2&marker={found[-1] if found else ''}").content["users"]:
        found += [each["id"] for each in page]
    assert found == everyone


def test_a_project_with_others_below_stays(cloud: Cloud) -> None:
    above = cloud.make("project", name="above")
    below = cloud.make("project", name="below", parent_id=above["id"])
    assert (above["parent_id"], below["parent_id"], below["domain_id"]) == ("default", above["id"], "default")
    refused = cloud.ask("DELETE", f"/projects/{above['id']}")
    assert (refused.status, "not a leaf" in refused.message) == (403, True)
    found = cloud.ask("GET", f"/projects?parent_id={above['id']}").content["projects"]
    assert [each["id"] for each in found] == [below["id"]]
    for each in (below, above):
        assert cloud.ask("DELETE", f"/projects/{each['id']}").status == 204


def test_projects_nest_so_deep_and_no_deeper(cloud: Cloud) -> None:
    parent, statuses = "default", []
    for number in range(7):
        answer = cloud.ask("POST", "/projects", {"project": {"name": f"p{number}", "parent_id": parent}})
        statuses.append(answer.status)
        parent = answer.content["project"]["id"] if answer.status == 201 else parent
    assert statuses == [201] * 5 + [403] * 2


def test_a_domain_is_a_project_too(cloud: Cloud) -> None:
    made = cloud.make("project", name="d", is_domain=True)
    assert (made["is_domain"], made["parent_id"]) == (True, None)
    assert cloud.ask("GET", f"/domains/{made['id']}").content["domain"]["name"] == "d"
    assert cloud.ask("GET", "/projects/default").content["project"]["is_domain"]
    changed = cloud.ask("PATCH", f"/projects/{made['id']}", {"project": {"description": "new"}}).content["project"]
    assert changed == {**made, "description": "new"}
    assert cloud.ask("GET", f"/domains/{made['id']}").content["domain"]["description"] == "new"
    assert cloud.ask("DELETE", f"/projects/{made['id']}").status == 403
    names = [each["name"] for each in cloud.ask("GET", "/projects?is_domain=true").content["projects"]]
    assert names == ["Default", "d"]


def test_an_enabled_domain_stays(cloud: Cloud) -> None:
    domain = cloud.make("domain", name="d")["id"]
    user = cloud.make("user", name="x", domain_id=domain)["id"]
    assert cloud.ask("DELETE", f"/domains/{domain}").status == 403
    cloud.ask("PATCH", f"/domains/{domain}", {"domain": {"enabled": False}})
    assert cloud.ask("DELETE", f"/domains/{domain}").status == 204
    assert cloud.ask("GET", f"/users/{user}").status == 404


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("name__contains=od", ["prod-east", "prod-west"]),
        ("name__contains=OD", []),
        ("name__icontains=OD", ["prod-east", "prod-west"]),
        ("name__startswith=prod-w", ["prod-west"]),
        ("name__iendswith=EAST", ["prod-east", "test-east"]),
        ("name__endswith=east&name__startswith=test", ["test-east"]),
        ("name__resembles=x", ["prod-east", "prod-west", "test-east"]),
        ("tags=a", ["prod-east", "prod-west"]),
        ("tags=a,b", ["prod-east"]),
        ("tags-any=b,c", ["prod-east", "test-east"]),
        ("not-tags=a,b", ["prod-west", "test-east"]),
        ("not-tags-any=b,c", ["prod-west"]),
        ("tags=a&not-tags-any=b", ["prod-west"]),
    ],
)
def test_projects_are_found_by_part_of_a_name_and_by_tags(cloud: Cloud, query: str, found: list[str]) -> None:
    """Keystone ignores comparisons that it does not know.

    Source: https://docs.openstack.org/api-ref/identity/v3/#filtering
    """
    domain = cloud.make("domain", name="filtered")["id"]
    for name, tags in (("prod-east", ["a", "b"]), ("prod-west", ["a"]), ("test-east", ["c"])):
        cloud.make("project", name=name, domain_id=domain, tags=tags)
    listed = cloud.ask("GET", f"/projects?domain_id={domain}&{query}").content["projects"]
    assert [each["name"] for each in listed] == found


def test_tags(cloud: Cloud) -> None:
    where = f"/projects/{cloud.make('project', name='x')['id']}/tags"
    assert cloud.ask("PUT", where, {"tags": ["a", "b", "a"]}).content == {"tags": ["a", "b"]}
    assert cloud.ask("PUT", f"{where}/c").status == 201
    assert cloud.ask("DELETE", f"{where}/a").status == 204
    assert [cloud.ask("GET", f"{where}/{tag}").status for tag in "abc"] == [404, 204, 204]
    assert cloud.ask("DELETE", where).status == 204
    assert cloud.ask("GET", where).content == {"tags": []}


def test_groups(cloud: Cloud) -> None:
    group, user = cloud.make("group", name="g")["id"], cloud.user("u")["id"]
    member = f"/groups/{group}/users/{user}"
    assert cloud.ask("HEAD", member).status == 404
    assert cloud.ask("PUT", member).status == 204
    assert cloud.ask("HEAD", member).status == 204
    assert [each["id"] for each in cloud.ask("GET", f"/groups/{group}/users").content["users"]] == [user]
    assert [each["id"] for each in cloud.ask("GET", f"/users/{user}/groups").content["groups"]] == [group]
    assert cloud.ask("DELETE", member).status == 204
    assert cloud.ask("DELETE", member).status == 404


def test_a_password_is_changed_by_who_knows_it(cloud: Cloud) -> None:
    path = f"/users/{cloud.user('u')['id']}/password"
    for old, new, status in (("x", "y", 401), ("u", "", 400), ("u", None, 400), ("u", "y", 204), ("u", "z", 401)):
        content = {"user": {"original_password": old, "password": new}}
        assert cloud.ask("POST", path, content, token="").status == status
    assert cloud.sign_in(by_password("u", "y")).status == 201
    assert cloud.ask("POST", "/users/x/password", {"user": {"original_password": "", "password": "x"}}).status == 401


def test_a_region_with_endpoints_stays(cloud: Cloud) -> None:
    cloud.make("region", id="child", parent_region_id="RegionOne")
    assert cloud.ask("DELETE", "/regions/RegionOne").status == 403
    assert cloud.ask("PATCH", "/regions/RegionOne", {"region": {"parent_region_id": "child"}}).status == 400
    assert cloud.ask("PUT", "/regions/named", {"region": {}}).content["region"]["id"] == "named"
    assert cloud.ask("DELETE", "/regions/child").status == 204


BODIES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 2**70) | st.text(max_size=6) | st.sampled_from(("default", "admin")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
FIELDS = sorted({name for kind in KINDS for name in kind.fields} | {"id", "original_password", "links"})
WRITES = sorted({route.path for route in ROUTES if route.method in ("POST", "PUT", "PATCH")})


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_no_body_is_too_much(shared_cloud: Cloud, data: st.DataObject) -> None:
    route = data.draw(st.sampled_from([route for route in ROUTES if route.path in WRITES]))
    path = route.path.removeprefix("/v3")
    for part in route.path.split("/"):
        if part.startswith("{"):
            path = path.replace(part, data.draw(st.sampled_from(("default", "RegionOne", "x", "\0", "é", "%"))))
    content = data.draw(BODIES | st.dictionaries(st.sampled_from(FIELDS), BODIES, max_size=4))
    name = data.draw(st.sampled_from([kind.name for kind in KINDS]))
    answer = shared_cloud.ask(route.method, path, data.draw(st.sampled_from(({name: content}, content))))
    assert answer.status < 500, answer
    if answer.status >= 400:
        assert set(answer.content["error"]) == {"code", "title", "message"}
    for kind in ("users", "projects", "domains", "groups", "roles", "regions", "services", "endpoints"):
        assert shared_cloud.ask("GET", f"/{kind}").status == 200
