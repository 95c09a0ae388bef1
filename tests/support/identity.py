"""An identity service of its own to ask, without a socket: requests as values."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from cpal.faces.http.message import Request, Response
from cpal.faces.identity import openrc
from cpal.faces.identity.context import Context
from cpal.faces.identity.service import Identity

ORIGIN = "http://identity.test:5000"
ENDPOINTS = {"identity": f"{ORIGIN}/v3", "network": "http://identity.test:9696"}
Content = dict[str, Any]
Value = TypeVar("Value")


class Answer(NamedTuple):
    """A response, decoded."""

    status: int
    headers: dict[str, str]
    content: Any

    @property
    def message(self) -> str:
        """What an error says."""
        return str(self.content["error"]["message"])


class Cloud:
    """An identity service in a directory, and its administrator."""

    def __init__(self, home: Path, endpoints: dict[str, str] = ENDPOINTS, lifetime_s: int = 3600) -> None:
        self.identity = Identity(home, endpoints, lifetime_s)
        self.identity.announce()
        self.password = openrc.read(home)["OS_PASSWORD"]
        self.admin = self.token(by_password("admin", self.password), at_project("admin"))

    def run(self, work: Coroutine[Any, Any, Value]) -> Value:
        """What a coroutine gives."""
        return asyncio.run(work)

    def context(self, token: str) -> Context:
        """On whose behalf a token is."""
        return self.run(self.identity.context(token))

    def raw(self, request: Request) -> Response:
        """The response to a request."""
        return self.run(self.identity.handle(request._replace(origin=ORIGIN)))

    def ask(
        self, method: str, path: str, content: object = None, token: str | None = None, subject: str | None = None
    ) -> Answer:
        """Ask for something, as the administrator unless another token is given ("" is none)."""
        path, _, query = path.partition("?")
        asked = tuple((name, value) for name, _, value in (each.partition("=") for each in query.split("&") if each))
        headers = {"x-auth-token": self.admin if token is None else token}
        headers |= {"x-subject-token": subject} if subject else {}
        body = b"" if content is None else json.dumps(content).encode()
        response = self.raw(Request(method, f"/v3{path}", asked, headers, body))
        decoded = json.loads(response.body) if response.body else None
        return Answer(response.status, dict(response.headers), decoded)

    def make(self, kind: str, plural: str = "", **content: object) -> Content:
        """Make a thing as the administrator."""
        answer = self.ask("POST", f"/{plural or kind + 's'}", {kind: content})
        assert answer.status == 201, answer
        made: Content = answer.content[kind]
        return made

    def user(self, name: str, project: str = "", role: str = "member") -> Content:
        """Make a user whose password is its name, with a role on a project if one is named."""
        user = self.make("user", name=name, password=name)
        if project:
            self.give(user["id"], project, role)
        return user

    def role(self, name: str) -> str:
        """The id of a role."""
        return str(self.ask("GET", f"/roles?name={name}").content["roles"][0]["id"])

    def give(self, user_id: str, project_id: str, role: str) -> None:
        """Give a user a role on a project."""
        assert self.ask("PUT", f"/projects/{project_id}/users/{user_id}/roles/{self.role(role)}").status == 204

    def sign_in(self, identity: Content, scope: object = None, query: str = "") -> Answer:
        """Ask for a token."""
        auth: Content = {"identity": identity} if scope is None else {"identity": identity, "scope": scope}
        return self.ask("POST", f"/auth/tokens{query}", {"auth": auth}, token="")

    def token(self, identity: Content, scope: object = None) -> str:
        """A token."""
        answer = self.sign_in(identity, scope)
        assert answer.status == 201, answer
        return answer.headers["X-Subject-Token"]


def by_password(name: str, password: str | None = None) -> Content:
    """Who a user of the default domain is; the password is the name unless given."""
    user = {"name": name, "password": name if password is None else password, "domain": {"id": "default"}}
    return {"methods": ["password"], "password": {"user": user}}


def by_token(token: str) -> Content:
    """Who bears a token."""
    return {"methods": ["token"], "token": {"id": token}}


def by_credential(id: str, secret: str) -> Content:
    """Who has an application credential."""
    return {"methods": ["application_credential"], "application_credential": {"id": id, "secret": secret}}


def at_project(name: str) -> Content:
    """The scope of a project of the default domain."""
    return {"project": {"name": name, "domain": {"name": "Default"}}}
