"""Application credentials that are for some requests only, of a Keystone that tells of them and of the one built in.

RECORDED: what Keystone 30.0.0 says of such a token to who keeps access rules; to others it answers 404. It is replayed
by a server of the test, with a later end.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.support.cloud import Caller, Cloud, cloud

TOKEN: dict[str, Any] = {
    "methods": ["application_credential"], "audit_ids": ["5WisUK9pRQuGhDE-vySp6g"], "is_domain": False,
    "user": {"domain": {"id": "default", "name": "Default"}, "id": "5d143b294e5f4078b267acb64436b10a",
             "name": "appcu09fa92", "password_expires_at": None},
    "expires_at": "2099-11-28T08:37:52.000000Z", "issued_at": "2026-11-28T07:37:52.000000Z",
    "project": {"domain": {"id": "default", "name": "Default"}, "id": "b15ef1e862314f61ba8a2ce2ef65fc21",
                "name": "appc09fa92"},
    "roles": [{"id": "3d862e2bc94241d099ccf36b446da031", "name": "reader"},
              {"id": "d69996ff56e54b3d842c6f6dc2b8ed0b", "name": "member"}],
    "application_credential": {
        "id": "fee056f0e58546ed910aa4c49cc4f29c", "name": "c3", "restricted": True,
        "access_rules": [{"id": "e1854c59fbb1444e9a275d72d606ad85", "service": "network", "path": "/v2.0/networks",
                          "method": "GET"}],
    },
}  # fmt: skip
"""RECORDED."""
PLAIN = {key: value for key, value in TOKEN.items() if key != "application_credential"}
OF_SERVICE = {**PLAIN, "roles": [{"id": "0c2b3c1c7b2a4a0d9a0b3d1f2e4c5a6b", "name": "service"}]}
TOKENS = {"ruled": TOKEN, "of a service": OF_SERVICE}


class _Replayed(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self._tell(201, PLAIN)

    def do_GET(self) -> None:
        asked = self.headers["X-Subject-Token"]
        if asked == "ruled" and self.headers["OpenStack-Identity-Access-Rules"] != "1":
            self.send_error(404)
        else:
            self._tell(200, TOKENS.get(asked, PLAIN))

    def _tell(self, status: int, token: dict[str, Any]) -> None:
        body = json.dumps({"token": token}).encode()
        self.rfile.read(int(self.headers["Content-Length"] or 0))
        self.send_response(status)
        self.send_header("X-Subject-Token", "of the service user")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words: Any) -> None:
        pass


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A cloud with the tokens of the replayed Keystone."""
    keystone = ThreadingHTTPServer(("127.0.0.1", 0), _Replayed)
    threading.Thread(target=keystone.serve_forever).start()
    url = f"http://127.0.0.1:{keystone.server_port}/v3"
    place = tmp_path_factory.mktemp("ruled")
    credentials = Path(place, "credentials")
    said = {"AUTH_URL": url, "USERNAME": "neutron", "PASSWORD": "pw", "PROJECT_NAME": "service",
            "USER_DOMAIN_NAME": "Default", "PROJECT_DOMAIN_NAME": "Default"}  # fmt: skip
    credentials.write_text("".join(f"OS_{name}={value}\n" for name, value in said.items()))
    credentials.chmod(0o600)
    try:
        with cloud(place, f"--credentials={credentials}", keystone=url) as found:
            yield found
    finally:
        keystone.shutdown()
        keystone.server_close()


def statuses(at: Cloud, token: str, **headers: str) -> list[int]:
    """Of a request that the rule is for, and of four others."""
    caller = Caller(at.server.url, token, at._opened)
    body = {"network": {"name": "made"}}
    asked = [("GET", "networks", None), ("GET", "ports", None), ("POST", "networks", body), ("GET", "networks/x", None),
             ("GET", "/networks", None)]  # fmt: skip
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return [caller.call(method, f"/v2.0/{path}", content, sent).status for method, path, content in asked]


def test_a_token_is_for_the_requests_of_its_rules_alone(replayed: Cloud) -> None:
    assert statuses(replayed, "ruled") == [200, 401, 401, 401, 401]
    refused = Caller(replayed.server.url, "ruled", replayed._opened).call("GET", "/v2.0/ports")
    assert "no access rule for this request" in refused.text
    assert statuses(replayed, "plain") == [200, 200, 201, 404, 200]


def test_a_service_that_asks_for_its_user_is_not_bound_by_them(replayed: Cloud) -> None:
    assert statuses(replayed, "ruled", X_Service_Token="of a service") == [200, 200, 201, 404, 200]


@pytest.mark.parametrize("shown", ["ruled", "plain"])
def test_a_token_of_no_service_shown_as_one_frees_nobody_of_them(replayed: Cloud, shown: str) -> None:
    assert statuses(replayed, "ruled", X_Service_Token=shown)[1:] == [401] * 4


def test_the_service_built_in_has_credentials_for_some_requests_too(site: Cloud) -> None:
    who = site.openrc()
    identity = site.identity()
    user = identity.call("GET", f"/v3/users?name={who['OS_USERNAME']}").body["users"][0]["id"]
    rule = {"service": "network", "path": "/v2.0/networks", "method": "GET"}
    lent = {"application_credential": {"name": "ci", "access_rules": [rule]}}
    made = identity.call("POST", f"/v3/users/{user}/application_credentials", lent).body["application_credential"]
    shown = {"id": made["id"], "secret": made["secret"]}
    signs_in = {"auth": {"identity": {"methods": ["application_credential"], "application_credential": shown}}}
    token = identity.call("POST", "/v3/auth/tokens", signs_in).headers["x-subject-token"]
    assert statuses(site, token) == [200, 401, 401, 401, 401]
    assert statuses(site, token, X_Service_Token=token) == [200, 401, 401, 401, 401]
    assert site.ops() == []


def test_a_token_of_the_system_says_for_which_project_it_makes_something(site: Cloud) -> None:
    who = site.openrc()
    user = {"name": who["OS_USERNAME"], "password": who["OS_PASSWORD"], "domain": {"id": "default"}}
    identity = {"methods": ["password"], "password": {"user": user}}
    auth = {"auth": {"identity": identity, "scope": {"system": {"all": True}}}}
    signed_in = site.identity().call("POST", "/v3/auth/tokens", auth)
    system = Caller(site.server.url, signed_in.headers["x-subject-token"], site._opened)
    project = site.administrator.project_id
    for name, collection in (("network", "networks"), ("router", "routers"), ("security_group", "security-groups")):
        refused = system.call("POST", f"/v2.0/{collection}", {name: {"name": "whose"}})
        assert (refused.status, refused.fault) == (400, "HTTPBadRequest")
        assert "project_id" in refused.text
        assert system.post(collection, name="whose", project_id=project)["project_id"] == project
    assert site.administrator.list("networks", ("project_id", "")) == []
    assert site.ops() == []
