"""What a Keystone says of a token, as far as others ask.

Source: https://docs.openstack.org/api-ref/identity/v3/#validate-and-show-information-for-token
"""

from __future__ import annotations

from typing import Any

import httpx
import msgspec
from msgspec import Struct

from cpal.errors import Unreachable
from cpal.faces.identity import moments
from cpal.faces.identity.access_rules import AccessRule
from cpal.faces.identity.context import Context


class _Domain(Struct, frozen=True):
    id: str = ""


class _Named(Struct, frozen=True):
    id: str
    name: str = ""
    domain: _Domain = _Domain()


class Endpoint(Struct, frozen=True):
    """Where a service is: for whom, in which region."""

    url: str
    interface: str
    region: str | None = None


class Service(Struct, frozen=True):
    """A service of the catalogue."""

    type: str
    endpoints: list[Endpoint] = []


class _ApplicationCredential(Struct, frozen=True):
    access_rules: tuple[AccessRule, ...] | None = None


class Token(Struct, frozen=True):
    """A token: whose it is, where it holds, with which roles, until when, and the services there are."""

    user: _Named
    expires_at: str
    project: _Named | None = None
    domain: _Domain | None = None
    system: dict[str, Any] | None = None
    roles: list[_Named] = []
    catalog: list[Service] = []
    application_credential: _ApplicationCredential = _ApplicationCredential()

    @property
    def ends_at(self) -> float:
        """When it ends, in seconds since the epoch. Raises ValueError where what it says is no moment."""
        return moments.read(self.expires_at)

    @property
    def context(self) -> Context:
        """On whose behalf its bearer asks. Raises ValueError, as `ends_at`."""
        project = self.project or _Named("")
        return Context(
            user_id=self.user.id,
            user_name=self.user.name,
            user_domain_id=self.user.domain.id,
            project_id=project.id,
            project_name=project.name,
            project_domain_id=project.domain.id,
            domain_id=self.domain.id if self.domain else "",
            system_scope="all" if self.system and self.system.get("all") else "",
            roles=tuple(role.name for role in self.roles),
            expires_at=self.ends_at,
            access_rules=self.application_credential.access_rules,
        )


class _Body(Struct, frozen=True):
    token: Token


_decode = msgspec.json.Decoder(_Body).decode


def token_of(response: httpx.Response, status: int) -> Token:
    """The token that an answer tells of.

    Raises:
        Unreachable: it has another status, or is none that a Keystone gives.
    """
    try:
        if response.status_code == status:
            token = _decode(response.content).token
            moments.read(token.expires_at)
            return token
        said = f"it answered {response.status_code}"
    except ValueError as error:  # msgspec's errors are such
        said = f"what it answers is no token: {error}"
    where = str(response.url).partition("?")[0]
    raise Unreachable(said, key=where, remedy="see its log")
