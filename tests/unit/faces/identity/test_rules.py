"""Who may do what, for every route of the table."""

from __future__ import annotations

import pytest

from cpal.faces.http.message import Request
from cpal.faces.identity.router import Route
from cpal.faces.identity.routes import ROUTES
from tests.support.identity import Cloud, by_password

OPEN = frozenset(("GET /", "GET /v3", "POST /v3/auth/tokens", "POST /v3/users/{user_id}/password"))
"""What needs no token."""
FOR_ANYBODY = frozenset(
    (
        "GET /v3/auth/tokens",
        "DELETE /v3/auth/tokens",
        "GET /v3/auth/catalog",
        "GET /v3/auth/projects",
        "GET /v3/auth/domains",
        "GET /v3/auth/system",
        "GET /v3/regions",
        "GET /v3/regions/{region_id}",
        "GET /v3/limits",
        "GET /v3/registered_limits",
    )
)
"""What anybody with a token may."""
OF_ONESELF = frozenset(
    (
        "GET /v3/users/{user_id}",
        "GET /v3/users/{user_id}/projects",
        "GET /v3/users/{user_id}/groups",
        "GET /v3/users/{user_id}/access_rules",
        "GET /v3/users/{user_id}/access_rules/{access_rule_id}",
        "DELETE /v3/users/{user_id}/access_rules/{access_rule_id}",
        "GET /v3/groups/{group_id}/users/{user_id}",
        "GET /v3/users/{user_id}/application_credentials",
        "POST /v3/users/{user_id}/application_credentials",
        "GET /v3/users/{user_id}/application_credentials/{application_credential_id}",
        "DELETE /v3/users/{user_id}/application_credentials/{application_credential_id}",
        "GET /v3/projects/{project_id}",
        "GET /v3/projects/{project_id}/tags",
        "GET /v3/projects/{project_id}/tags/{value}",
        "GET /v3/domains/{domain_id}",
    )
)
"""What a user may about itself and the project and domain of its token."""


def called(route: Route) -> str:
    """Method and path."""
    return f"{route.method} {route.path}"


def status(cloud: Cloud, route: Route, names: dict[str, str], token: str) -> int:
    """The status of a request with an empty body."""
    path = route.path
    for part in route.path.split("/"):
        if part.startswith("{"):
            path = path.replace(part, names.get(part[1:-1], "x"))
    headers = {"x-auth-token": token, "x-subject-token": token}
    return cloud.raw(Request(route.method, path, headers=headers, body=b"{}")).status


@pytest.mark.parametrize("route", ROUTES, ids=called)
def test_nothing_is_answered_without_a_token(shared_cloud: Cloud, route: Route) -> None:
    assert (status(shared_cloud, route, {}, "") == 401) == (called(route) not in OPEN)


def test_nothing_of_others_is_told(cloud: Cloud) -> None:
    project = cloud.make("project", name="shop")["id"]
    mine = {"user_id": cloud.user("me", project)["id"], "project_id": project, "domain_id": "default"}
    other = {"user_id": cloud.user("other", project)["id"], "project_id": cloud.make("project", name="other")["id"]}
    token = cloud.token(by_password("me"), {"project": {"id": project}})
    for route in ROUTES:
        if called(route) not in FOR_ANYBODY | OPEN:
            assert (called(route), status(cloud, route, other, token)) == (called(route), 403)
            allowed = status(cloud, route, mine, token) != 403
            assert (called(route), allowed) == (called(route), called(route) in OF_ONESELF)


def test_a_reader_of_the_system_looks_and_does_nothing(cloud: Cloud) -> None:
    user = cloud.user("auditor")
    assert cloud.ask("PUT", f"/system/users/{user['id']}/roles/{cloud.role('reader')}").status == 204
    token = cloud.token(by_password("auditor"), {"system": {"all": True}})
    assert len(cloud.ask("GET", "/users", token=token).content["users"]) == 2
    assert cloud.ask("POST", "/users", {"user": {"name": "x"}}, token=token).status == 403


def test_an_administrator_of_a_domain_is_none_of_all(cloud: Cloud) -> None:
    user = cloud.user("local")
    assert cloud.ask("PUT", f"/domains/default/users/{user['id']}/roles/{cloud.role('admin')}").status == 204
    token = cloud.token(by_password("local"), {"domain": {"id": "default"}})
    assert cloud.context(token).domain_id == "default"
    assert cloud.ask("POST", "/users", {"user": {"name": "x"}}, token=token).status == 403


def test_a_service_may_look_at_tokens_of_others(cloud: Cloud) -> None:
    project = cloud.make("project", name="services")["id"]
    cloud.user("nova", project, "service")
    cloud.user("ann", project)
    nova, ann = (cloud.token(by_password(name), {"project": {"id": project}}) for name in ("nova", "ann"))
    assert cloud.ask("GET", "/auth/tokens", token=nova, subject=ann).status == 200
    assert cloud.ask("GET", "/auth/tokens", token=ann, subject=nova).status == 403
    assert cloud.ask("DELETE", "/auth/tokens", token=nova, subject=ann).status == 403
    assert cloud.ask("GET", "/auth/tokens", token=ann, subject=ann).status == 200


def test_unknown_paths_and_methods(shared_cloud: Cloud) -> None:
    assert shared_cloud.ask("GET", "/nothing").status == 404
    assert shared_cloud.ask("GET", "/users/x/y/z/a/b/c").status == 404
    assert shared_cloud.ask("PUT", "/users").status == 405
    assert shared_cloud.ask("GET", "/users/").status == 200
    assert shared_cloud.ask("HEAD", "/users").status == 200
