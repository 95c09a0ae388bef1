"""On whose behalf a request is made: what a valid token says."""

from __future__ import annotations

from typing import Protocol

from cpal.faces.identity.access_rules import AccessRule
from cpal.model.record import Part

SERVICE_ROLE = "service"
"""The role of a user whose token speaks for a service. Source: keystonemiddleware, `service_token_roles`."""


class Context(Part, frozen=True):
    """The user of a token, the project (or domain) it is scoped to, and the roles there, implied ones included.

    `service_roles` are those of the service that sent the request on the user's behalf, if it showed its own token.
    `expires_at` is in seconds since the epoch. Ids of projects and users are 32 hexadecimal digits, as Keystone's are.
    """

    user_id: str
    user_name: str = ""
    user_domain_id: str = ""
    project_id: str = ""
    project_name: str = ""
    project_domain_id: str = ""
    domain_id: str = ""
    system_scope: str = ""
    roles: tuple[str, ...] = ()
    expires_at: float = 0.0
    service_roles: tuple[str, ...] = ()
    access_rules: tuple[AccessRule, ...] | None = None
    """The requests that the token is for; None where it is for all."""

    @property
    def is_of_service(self) -> bool:
        """Whether a service asks on the user's behalf: one whose token says that it is such."""
        return SERVICE_ROLE in self.service_roles

    @property
    def is_admin(self) -> bool:
        """Whether it may do everything: an admin of a project or of the system, not of a domain alone."""
        return "admin" in self.roles and not self.domain_id


class Tokens(Protocol):
    """What knows tokens: the identity service built in, or a Keystone.

    `silence` says why it could not be asked the last time; it is empty when it could. `url` is where tokens are had.
    """

    silence: str
    url: str

    async def context(self, token: str, service_token: str = "") -> Context:
        """On whose behalf the bearer of the token asks; `service_token` is that of the service that asks for it.

        Raises:
            Unauthenticated: one of them is unknown, expired or revoked.
            Unreachable: a Keystone does not answer.
        """
