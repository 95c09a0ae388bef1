"""Tokens: what they give, what ends them, and what they cost."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest

from cpal.errors import Unauthenticated
from cpal.faces.identity import standing
from cpal.faces.identity.database import Database
from tests.support.identity import Cloud, Content, at_project, by_credential, by_password, by_token


class Case:
    """A user with a token for a project, in a domain of its own."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.domain = cloud.make("domain", name="shops")
        self.project = cloud.make("project", name="shop", domain_id=self.domain["id"])
        self.user = cloud.make("user", name="ann", password="ann", domain_id=self.domain["id"])
        cloud.give(self.user["id"], self.project["id"], "member")
        self.me: Content = {
            "methods": ["password"],
            "password": {"user": {"id": self.user["id"], "password": "ann"}},
        }
        self.here = {"project": {"id": self.project["id"]}}
        self.token = cloud.token(self.me, self.here)

    def change(self, kind: str, entity: Content, **content: object) -> None:
        """Change a thing."""
        assert self.cloud.ask("PATCH", f"/{kind}s/{entity['id']}", {kind: content}).status == 200

    def grant(self) -> str:
        """The path of the role that the user has."""
        return f"/projects/{self.project['id']}/users/{self.user['id']}/roles/{self.cloud.role('member')}"


def revoke(case: Case) -> None:
    assert case.cloud.ask("DELETE", "/auth/tokens", token=case.token, subject=case.token).status == 204


def change_password(case: Case) -> None:
    path = f"/users/{case.user['id']}/password"
    content = {"user": {"original_password": "ann", "password": "other"}}
    assert case.cloud.ask("POST", path, content, token="").status == 204


def disable_and_enable(case: Case) -> None:
    case.change("user", case.user, enabled=False)
    case.change("user", case.user, enabled=True)


def delete_domain(case: Case) -> None:
    case.change("domain", case.domain, enabled=False)
    assert case.cloud.ask("DELETE", f"/domains/{case.domain['id']}").status == 204


ENDS: dict[str, Callable[[Case], object]] = {
    "revoked": revoke,
    "user disabled": lambda case: case.change("user", case.user, enabled=False),
    "user disabled for a moment": disable_and_enable,
    "user deleted": lambda case: case.cloud.ask("DELETE", f"/users/{case.user['id']}"),
    "password changed": change_password,
    "password reset": lambda case: case.change("user", case.user, password="other"),
    "project disabled": lambda case: case.change("project", case.project, enabled=False),
    "project deleted": lambda case: case.cloud.ask("DELETE", f"/projects/{case.project['id']}"),
    "domain disabled": lambda case: case.change("domain", case.domain, enabled=False),
    "domain deleted": delete_domain,
    "role taken back": lambda case: case.cloud.ask("DELETE", case.grant()),
    "role deleted": lambda case: case.cloud.ask("DELETE", f"/roles/{case.cloud.role('member')}"),
}


@pytest.mark.parametrize("name", ENDS)
def test_what_ends_a_token_ends_it_at_once(cloud: Cloud, name: str) -> None:
    case = Case(cloud)
    assert cloud.context(case.token).roles == ("member", "reader")
    ENDS[name](case)
    with pytest.raises(Unauthenticated):
        cloud.context(case.token)
    assert cloud.ask("GET", f"/users/{case.user['id']}", token=case.token).status == 401
    assert cloud.ask("GET", "/auth/tokens", subject=case.token).status == 404


def test_a_context_says_who_where_and_what(cloud: Cloud) -> None:
    case = Case(cloud)
    context = cloud.context(case.token)
    assert (context.user_id, context.user_name, context.user_domain_id) == (
        case.user["id"],
        "ann",
        case.domain["id"],
    )
    assert (context.project_id, context.project_name) == (case.project["id"], "shop")
    assert not context.is_admin
    assert cloud.context(cloud.admin).is_admin


def test_a_new_role_counts_for_an_old_token(cloud: Cloud) -> None:
    case = Case(cloud)
    cloud.give(case.user["id"], case.project["id"], "admin")
    assert cloud.context(case.token).roles == ("admin", "manager", "member", "reader")


def test_revoking_a_token_ends_those_got_by_it(cloud: Cloud) -> None:
    case = Case(cloud)
    first = cloud.token(case.me, "unscoped")
    second = cloud.token(by_token(first), case.here)
    third = cloud.token(by_token(second), case.here)
    assert cloud.ask("DELETE", "/auth/tokens", token=first, subject=first).status == 204
    for token in (first, second, third):
        with pytest.raises(Unauthenticated):
            cloud.context(token)
    cloud.context(case.token)


def test_a_token_got_by_a_token_ends_with_it(cloud: Cloud) -> None:
    case = Case(cloud)
    first = cloud.sign_in(case.me, "unscoped").content["token"]["expires_at"]
    token = cloud.token(case.me, "unscoped")
    again = cloud.sign_in(by_token(token), case.here).content["token"]
    assert again["expires_at"] >= first
    assert cloud.context(token).expires_at == cloud.context(cloud.token(by_token(token), case.here)).expires_at


def test_a_token_expires(tmp_path: Path) -> None:
    cloud = Cloud(tmp_path, lifetime_s=2)
    cloud.context(cloud.admin)
    time.sleep(2.1)
    with pytest.raises(Unauthenticated):
        cloud.context(cloud.admin)
    cloud.identity.close()


def strange_tokens(token: str) -> Iterator[str]:
    head, body, signature = token.split(".")
    yield from ("", "x", "..", "é" * 10, "a" * 100_000, token[:-3], f"{head}.{body}.", f"{head}..{signature}")
    claims = jwt.decode(token, options={"verify_signature": False})
    yield jwt.encode(claims, "k" * 64, algorithm="HS256")
    yield jwt.encode(claims, "", algorithm="none")
    yield jwt.utils.base64url_encode(b"[" * 2500).decode() + f".{body}.{signature}"


def test_what_we_did_not_sign_is_no_token(shared_cloud: Cloud) -> None:
    for token in strange_tokens(shared_cloud.admin):
        with pytest.raises(Unauthenticated):
            shared_cloud.context(token)


def test_a_token_outlives_a_restart(tmp_path: Path) -> None:
    first = Cloud(tmp_path)
    first.identity.close()
    second = Cloud(tmp_path)
    assert second.context(first.admin).user_name == "admin"
    second.identity.close()


def test_a_change_by_another_process_counts_at_once(tmp_path: Path) -> None:
    one, other = Cloud(tmp_path), Cloud(tmp_path)
    case = Case(one)
    other.context(case.token)
    case.change("user", case.user, enabled=False)
    with pytest.raises(Unauthenticated):
        other.context(case.token)
    one.identity.close()
    other.identity.close()


def test_a_token_seen_before_is_neither_verified_nor_looked_up_again(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    verified, asked = 0, 0
    verify, row, rows = jwt.decode, Database.row, Database.rows

    def counted_verify(*args: Any, **options: Any) -> Any:
        nonlocal verified
        verified += 1
        return verify(*args, **options)

    def counted(statement: Callable[..., Any]) -> Callable[..., Any]:
        def ask(self: Database, *args: Any) -> Any:
            nonlocal asked
            asked += 1
            return statement(self, *args)

        return ask

    monkeypatch.setattr(jwt, "decode", counted_verify)
    monkeypatch.setattr(Database, "row", counted(row))
    monkeypatch.setattr(Database, "rows", counted(rows))
    token = cloud.token(by_password("admin", cloud.password), at_project("admin"))
    cloud.context(token)
    assert verified == 1
    assert asked > 0
    before = asked
    for _ in range(100):
        cloud.context(token)
    assert (verified, asked) == (1, before)


def test_so_many_tokens_are_kept_and_no_more(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standing, "MOST_KEPT", 8)
    first = cloud.token(by_password("admin", cloud.password), at_project("admin"))
    tokens = [cloud.token(by_token(first), at_project("admin")) for _ in range(20)]
    for token in tokens:
        cloud.context(token)
    kept = cloud.identity._realm.standing
    assert len(kept._bearers) <= 8
    assert len(kept._claims) <= 8
    cloud.context(first)


def test_an_application_credential_lends_what_it_names(cloud: Cloud) -> None:
    case = Case(cloud)
    path = f"/users/{case.user['id']}/application_credentials"
    asked = {"application_credential": {"name": "ci", "roles": [{"name": "reader"}]}}
    made = cloud.ask("POST", path, asked, token=case.token).content["application_credential"]
    token = cloud.token(by_credential(made["id"], made["secret"]))
    assert cloud.context(token).roles == ("reader",)
    assert cloud.context(token).project_id == case.project["id"]
    assert "secret" not in cloud.ask("GET", f"{path}/{made['id']}").content["application_credential"]
    assert cloud.ask("POST", path, asked, token=token).status == 403
    assert cloud.sign_in(by_credential(made["id"], made["secret"]), "unscoped").status == 401
    assert cloud.ask("DELETE", f"{path}/{made['id']}", token=case.token).status == 204
    with pytest.raises(Unauthenticated):
        cloud.context(token)
    assert cloud.sign_in(by_credential(made["id"], made["secret"])).status == 401


@pytest.mark.parametrize(
    ("named", "lent"),
    [
        ({}, {"member", "reader"}),
        ({"roles": []}, {"member", "reader"}),
        ({"roles": [{"name": "member"}]}, {"member", "reader"}),
        ({"roles": [{"name": "reader"}]}, {"reader"}),
    ],
)
def test_an_application_credential_lends_what_its_roles_imply_and_all_if_none_is_named(
    cloud: Cloud, named: Content, lent: set[str]
) -> None:
    case = Case(cloud)
    path = f"/users/{case.user['id']}/application_credentials"
    asked = {"application_credential": {"name": "ci", **named}}
    made = cloud.ask("POST", path, asked, token=case.token).content["application_credential"]
    assert {role["name"] for role in made["roles"]} == lent
    assert set(cloud.context(cloud.token(by_credential(made["id"], made["secret"]))).roles) == lent


REFUSED_CREDENTIALS: list[tuple[Content, int]] = [
    ({}, 400),
    ({"name": ""}, 400),
    ({"name": "x", "roles": [{"name": "admin"}]}, 400),
    ({"name": "x", "roles": ["member"]}, 400),
    ({"name": "x", "expires_at": "yesterday"}, 400),
    ({"name": "x", "expires_at": "2001-01-01T00:00:00Z"}, 400),
    ({"name": "taken"}, 409),
]


def test_what_an_application_credential_cannot_be(cloud: Cloud) -> None:
    case = Case(cloud)
    path = f"/users/{case.user['id']}/application_credentials"
    assert cloud.ask("POST", path, {"application_credential": {"name": "taken"}}, token=case.token).status == 201
    for content, status in REFUSED_CREDENTIALS:
        answer = cloud.ask("POST", path, {"application_credential": content}, token=case.token)
        assert (content, answer.status) == (content, status)
    assert cloud.ask("POST", path, {"application_credential": {"name": "y"}}).status == 403
