"""Any body of credentials is answered, every wrong one in the same words."""

from __future__ import annotations

import json
import statistics
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cpal.faces.http.message import Request
from tests.support.identity import Cloud, Content, at_project, by_password, by_token

REFUSED = "The request you have made requires authentication."
USER = {"name": "admin", "domain": {"id": "default"}}

WORDS = ("auth", "identity", "methods", "password", "token", "application_credential", "user", "name", "id", "domain")
PLACES = ("project", "scope", "system", "all", "secret", "unscoped")
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
TEXTS = st.sampled_from((*WORDS, *PLACES, "admin", "default", "Default", "\0", "'", "é")) | st.text(max_size=8)
VALUES = st.recursive(
    LEAVES | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


def near(valid: Any) -> st.SearchStrategy[Any]:
    """Values like a valid one, with parts of it missing or replaced."""
    if isinstance(valid, dict):
        parts = {name: near(value) for name, value in valid.items()}
        return st.fixed_dictionaries({}, optional=parts) | st.fixed_dictionaries(parts) | VALUES
    if isinstance(valid, list):
        return st.lists(st.sampled_from(valid) | VALUES, max_size=3)
    return st.just(valid) | VALUES


BODY = {
    "auth": {
        "identity": {
            "methods": ["password", "token", "application_credential"],
            "password": {"user": {**USER, "id": "x", "password": "x"}},
            "token": {"id": "x"},
            "application_credential": {"id": "x", "name": "x", "secret": "x", "user": USER},
        },
        "scope": {
            "project": {"name": "admin", "id": "x", "domain": {"id": "default", "name": "Default"}},
            "domain": {"id": "default"},
            "system": {"all": True},
        },
    }
}


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(body=near(BODY) | VALUES)
def test_any_json_is_answered(shared_cloud: Cloud, body: object) -> None:
    answer = shared_cloud.ask("POST", "/auth/tokens", body, token="")
    assert answer.status in (400, 401), (body, answer)
    assert set(answer.content["error"]) == {"code", "title", "message"}


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_any_bytes_are_answered(shared_cloud: Cloud, body: bytes) -> None:
    assert shared_cloud.raw(Request("POST", "/v3/auth/tokens", body=body)).status in (400, 401)


STRANGE = {
    "empty": b"",
    "not JSON": b"{",
    "deep": b'{"auth":' * 900 + b"1" + b"}" * 900,
    "very deep": b"[" * 100_000,
    "a surrogate": b'{"auth": {"identity": {"methods": ["\\ud800"]}}}',
    "a huge number": b'{"auth": 1e9999}',
    "twice": b'{"auth": 1, "auth": 2}',
}


@pytest.mark.parametrize("name", STRANGE)
def test_a_strange_body_is_refused(shared_cloud: Cloud, name: str) -> None:
    assert shared_cloud.raw(Request("POST", "/v3/auth/tokens", body=STRANGE[name])).status == 400


def test_too_large_a_body_is_refused(shared_cloud: Cloud) -> None:
    answer = shared_cloud.ask("POST", "/auth/tokens", {"auth": "x" * 200_000}, token="")
    assert (answer.status, answer.content["error"]["title"]) == (413, "Request Entity Too Large")


def wrong(**changes: object) -> Content:
    """A way to sign in that is wrong in some way."""
    return {"methods": ["password"], "password": {"user": {**USER, "password": "wrong", **changes}}}


@pytest.mark.parametrize(
    "identity",
    [
        wrong(),
        wrong(name="nobody"),
        wrong(name="disabled"),
        wrong(name="disabled", password="disabled"),
        wrong(name="without"),
        wrong(name="without", password=""),
        wrong(id="f" * 32),
        wrong(domain={"name": "no such domain"}),
        {"methods": ["token"], "token": {"id": "x"}},
        {"methods": ["application_credential"], "application_credential": {"id": "x", "secret": "x"}},
        {
            "methods": ["application_credential"],
            "application_credential": {"name": "x", "user": {"name": "x", "domain": {"id": "default"}}, "secret": "x"},
        },
    ],
    ids=str,
)
def test_every_wrong_credential_is_refused_in_the_same_words(shared_cloud: Cloud, identity: Content) -> None:
    for name, content in (("disabled", {"enabled": False, "password": "disabled"}), ("without", {})):
        shared_cloud.ask("POST", "/users", {"user": {"name": name, **content}})
    answer = shared_cloud.sign_in(identity)
    assert (answer.status, answer.message) == (401, REFUSED)
    assert answer.headers["WWW-Authenticate"] == 'Keystone uri="http://identity.test:5000/v3"'


def test_a_name_unknown_takes_as_much_work_as_a_wrong_password(shared_cloud: Cloud) -> None:
    def took(identity: Content) -> float:
        started = time.process_time()
        shared_cloud.sign_in(identity)
        return time.process_time() - started

    known = statistics.median(took(wrong()) for _ in range(7))
    unknown = statistics.median(took(wrong(name="nobody")) for _ in range(7))
    assert 0.4 < known / unknown < 2.5


SCOPES: dict[str, tuple[object, int, str]] = {
    "by name": (at_project("admin"), 201, "project"),
    "a domain without a role": ({"domain": {"id": "default"}}, 401, ""),
    "the system": ({"system": {"all": True}}, 201, "system"),
    "none, said in words": ("unscoped", 201, ""),
    "none, said by an object": ({"unscoped": {}}, 201, ""),
    "the default project": (None, 201, "project"),
    "a project that is not there": (at_project("nowhere"), 401, ""),
    "a project without its domain": ({"project": {"name": "admin"}}, 400, ""),
    "a project without a name": ({"project": {}}, 400, ""),
    "two places": ({"system": {"all": True}, "domain": {"id": "default"}}, 400, ""),
    "a part of the system": ({"system": {"all": False}}, 400, ""),
    "a trust": ({"OS-TRUST:trust": {"id": "x"}}, 400, ""),
    "a number": (7, 400, ""),
}


@pytest.mark.parametrize("name", SCOPES)
def test_scopes(shared_cloud: Cloud, name: str) -> None:
    scope, status, key = SCOPES[name]
    answer = shared_cloud.sign_in(by_password("admin", shared_cloud.password), scope)
    assert answer.status == status
    if status == 201:
        assert {"project", "domain", "system"} & set(answer.content["token"]) == ({key} if key else set())
        assert ("catalog" in answer.content["token"]) == bool(key)


def test_a_token_comes_without_the_catalogue_if_asked(shared_cloud: Cloud) -> None:
    answer = shared_cloud.sign_in(by_password("admin", shared_cloud.password), at_project("admin"), "?nocatalog")
    assert "catalog" not in answer.content["token"]
    looked = shared_cloud.ask("GET", "/auth/tokens?nocatalog", subject=answer.headers["X-Subject-Token"])
    assert looked.content == answer.content
    assert looked.headers["X-Subject-Token"] == answer.headers["X-Subject-Token"]


def test_two_methods_have_to_prove_the_same_user(shared_cloud: Cloud) -> None:
    shared_cloud.user("both")
    mine = shared_cloud.token(by_password("both"))
    for token, status in ((mine, 201), (shared_cloud.admin, 401)):
        identity = {**by_password("both"), **by_token(token), "methods": ["password", "token"]}
        assert shared_cloud.sign_in(identity).status == status


def test_an_unknown_method_is_refused(shared_cloud: Cloud) -> None:
    answer = shared_cloud.sign_in({"methods": ["totp"], "totp": {}})
    assert (answer.status, answer.message) == (401, "Attempted to authenticate with an unsupported method.")


def test_a_body_says_json_in_the_error(shared_cloud: Cloud) -> None:
    response = shared_cloud.raw(Request("POST", "/v3/auth/tokens", body=b"{"))
    assert json.loads(response.body)["error"]["message"].startswith("Expecting to find valid JSON in request body.")
