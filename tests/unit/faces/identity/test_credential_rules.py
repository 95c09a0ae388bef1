"""Application credentials that are for some requests. Statuses and words are Keystone's, unless a comment says why not.

RECORDED: of Keystone 30.0.0, asked the same.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from cpal.errors import Outdated, Unauthenticated
from cpal.faces.http.message import Request
from cpal.faces.identity import database
from cpal.faces.identity.access_rules import HEADER, AccessRule
from tests.support.identity import Answer, Cloud, Content, at_project, by_credential, by_password, by_token

NETWORKS = {"service": "network", "path": "/v2.0/networks", "method": "GET"}
USERS = {"service": "identity", "path": "/v3/users/*", "method": "GET"}


class Lenders:
    """Users of one project; `own` is the path of what is the first one's."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        project = cloud.make("project", name="shop")["id"]
        self.ids = {name: cloud.user(name, project)["id"] for name in ("ann", "bob")}
        self.tokens = {name: cloud.token(by_password(name), {"project": {"id": project}}) for name in self.ids}
        self.own = f"/users/{self.ids['ann']}"

    def ask(self, method: str, path: str, who: str = "ann") -> Answer:
        """Ask for something of a user's own."""
        return self.cloud.ask(method, f"/users/{self.ids[who]}/{path}", token=self.tokens[who])

    def lend(self, name: str, rules: object, who: str = "ann") -> Answer:
        """Ask for a credential that is for some requests."""
        content = {"application_credential": {"name": name, "access_rules": rules}}
        return self.cloud.ask("POST", f"/users/{self.ids[who]}/application_credentials", content, self.tokens[who])

    def lent(self, name: str, *rules: Content) -> Content:
        """A credential that is for some requests."""
        answer = self.lend(name, list(rules))
        assert answer.status == 201, answer
        made: Content = answer.content["application_credential"]
        return made

    def token(self, credential: Content) -> str:
        """A token by a credential."""
        return self.cloud.token(by_credential(credential["id"], credential["secret"]))


@pytest.fixture
def lenders(cloud: Cloud) -> Lenders:
    """Two users of a project."""
    return Lenders(cloud)


def test_a_rule_is_there_once_and_stays_after_its_credentials(lenders: Lenders) -> None:
    first, second = lenders.lent("first", NETWORKS), lenders.lent("second", NETWORKS, USERS)
    [rule] = first["access_rules"]
    assert rule == {"id": rule["id"], **NETWORKS}
    assert [each["id"] == rule["id"] for each in second["access_rules"]] == [True, False]
    assert lenders.lent("third", {"id": rule["id"]})["access_rules"] == [rule]
    assert lenders.lent("fourth", {"id": rule["id"], **USERS})["access_rules"] == [rule]
    assert lenders.lent("fifth", {"id": "e" * 32, **NETWORKS, "method": "PUT"})["access_rules"][0]["id"] == "e" * 32
    [refused] = {lenders.ask("DELETE", f"access_rules/{id}").status for id in (rule["id"], "e" * 32)}
    assert refused == 403
    for each in lenders.ask("GET", "application_credentials").content["application_credentials"]:
        assert lenders.ask("DELETE", f"application_credentials/{each['id']}").status == 204
    assert len(lenders.ask("GET", "access_rules").content["access_rules"]) == 3
    assert lenders.ask("DELETE", f"access_rules/{rule['id']}").status == 204
    assert lenders.ask("GET", f"access_rules/{rule['id']}").status == 404
    again = lenders.lent("again", NETWORKS)["access_rules"]
    assert [{**NETWORKS, "id": again[0]["id"]}] == again
    assert again[0]["id"] != rule["id"]


def test_rules_are_listed_by_what_they_are_of_to_whose_they_are(lenders: Lenders) -> None:
    made = lenders.lent("ci", NETWORKS, USERS)["access_rules"]
    listed = lenders.ask("GET", "access_rules").content["access_rules"]
    assert [{name: each[name] for name in made[0]} for each in listed] == made
    assert all(each["links"]["self"].endswith(f"/v3/access_rules/{each['id']}") for each in listed)
    for query, found in (("service=identity", [1]), ("path=/v2.0/networks", [0]), ("method=PUT", []), ("x=y", [0, 1])):
        answer = lenders.ask("GET", f"access_rules?{query}")
        assert [each["id"] for each in answer.content["access_rules"]] == [made[place]["id"] for place in found]
    shown = lenders.ask("GET", f"access_rules/{made[0]['id']}").content["access_rule"]
    assert {name: shown[name] for name in made[0]} == made[0]
    for method in ("GET", "DELETE"):
        others = lenders.ask(method, f"access_rules/{made[0]['id']}", "bob")
        assert (others.status, others.message) == (404, f"Could not find Access Rule: {made[0]['id']}.")
        path = f"{lenders.own}/access_rules/{made[0]['id']}"
        assert lenders.cloud.ask(method, path, token=lenders.tokens["bob"]).status == 403
    assert lenders.lend("bob's", [{"id": made[0]["id"]}], "bob").status == 404


REFUSED: list[tuple[object, int]] = [
    (None, 400),
    ({"a": 1}, 400),
    (["x"], 400),
    ([{**NETWORKS, "method": "OPTIONS"}], 400),
    ([{**NETWORKS, "method": "get"}], 400),
    ([{**NETWORKS, "path": "v2.0"}], 400),
    ([{**NETWORKS, "path": ""}], 400),
    ([{**NETWORKS, "path": f"/{'x' * 128}"}], 400),
    ([{**NETWORKS, "service": ""}], 400),
    ([{**NETWORKS, "service": "not a type!"}], 400),
    ([{**NETWORKS, "more": 1}], 400),
    ([NETWORKS, NETWORKS], 409),
    # Keystone falls over these two.
    ([{"service": "network"}], 400),
    ([{"id": "f" * 32}], 400),
]
"""RECORDED."""


def test_what_a_rule_cannot_be(lenders: Lenders) -> None:
    for rules, status in REFUSED:
        assert (rules, lenders.lend("x", rules).status) == (rules, status)
    assert lenders.ask("GET", "access_rules").content["access_rules"] == []
    assert lenders.ask("GET", "application_credentials").content["application_credentials"] == []


def test_no_rules_are_none(lenders: Lenders) -> None:
    made = lenders.lent("all")
    assert "access_rules" not in made
    token = lenders.token(made)
    assert lenders.cloud.context(token).access_rules is None
    assert lenders.cloud.ask("GET", lenders.own, token=token).status == 200


def test_a_token_says_its_rules_to_who_keeps_them(lenders: Lenders) -> None:
    made = lenders.lent("ci", NETWORKS)
    token = lenders.token(made)
    assert lenders.cloud.context(token).access_rules == (AccessRule("network", "GET", "/v2.0/networks"),)
    signed_in = lenders.cloud.sign_in(by_credential(made["id"], made["secret"])).content["token"]
    assert signed_in["application_credential"]["access_rules"] == made["access_rules"]
    path, name = "/v3/auth/tokens", HEADER[0].lower()
    said = {None: 404, "1": 200, "1.0": 200, "2": 200, "0.5": 404, "x": 404}  # Keystone falls over the last
    for version, status in said.items():
        headers = {"x-auth-token": lenders.cloud.admin, "x-subject-token": token} | ({name: version} if version else {})
        assert (version, lenders.cloud.raw(Request("GET", path, headers=headers)).status) == (version, status)


ALLOWED: list[tuple[str, str, int]] = [
    ("GET", "", 200),
    ("HEAD", "", 401),
    ("GET", "/projects", 401),
    ("GET", "/access_rules", 401),
    ("POST", "/application_credentials", 401),
]
"""RECORDED: what is answered below a user's own path to a token by a credential for /v3/users/*."""


def test_the_identity_service_keeps_the_rules_that_are_its_own(lenders: Lenders) -> None:
    token = lenders.token(lenders.lent("ci", NETWORKS, USERS))
    for method, path, status in ALLOWED:
        assert (method, path, lenders.cloud.ask(method, f"{lenders.own}{path}", token=token).status) == (
            method,
            path,
            status,
        )
    assert lenders.cloud.ask("GET", f"/users/{lenders.ids['bob']}", token=token).status == 403
    assert lenders.cloud.ask("GET", "/auth/catalog", token=token).status == 401
    assert lenders.cloud.ask("DELETE", "/auth/tokens", token=token, subject=token).status == 401
    plain = lenders.cloud.token(by_password("ann"))
    assert lenders.cloud.ask("GET", "/auth/tokens", token=token, subject=plain).status == 200


def test_no_token_by_a_credential_is_one_for_another(lenders: Lenders) -> None:
    for token in (lenders.token(lenders.lent("some", NETWORKS)), lenders.token(lenders.lent("all"))):
        for scope in (None, "unscoped", at_project("shop"), at_project("admin")):
            answer = lenders.cloud.sign_in(by_token(token), scope)
            # Keystone answers 404 where the token has rules.
            assert (answer.status, "delegated token" in answer.message) == (403, True)


def test_the_rules_of_a_user_go_with_it(lenders: Lenders) -> None:
    token = lenders.token(lenders.lent("ci", NETWORKS))
    assert lenders.cloud.ask("DELETE", lenders.own).status == 204
    with pytest.raises(Unauthenticated):
        lenders.cloud.context(token)
    assert lenders.cloud.ask("GET", f"{lenders.own}/access_rules").content["access_rules"] == []


def test_a_cpal_that_knows_no_rules_opens_no_database_in_which_there_are_some(
    lenders: Lenders, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "SCHEMA_VERSION", 1)
    lenders.lent("for all", *())
    Cloud(tmp_path / "identity").identity.close()
    lenders.lent("for some", NETWORKS)
    with pytest.raises(Outdated, match="schema 2, newer than this cpal's 1"):
        Cloud(tmp_path / "identity")
