"""Whether a token still holds, and what it gives: looked up when it is used, so that what ends it ends it at once.

A token ends when it expires or is revoked, when its user, project, domain or application credential is gone or
disabled, when a password was changed or one of these was disabled since it was issued, or when no role is left where
it is scoped to. What was found is kept until anything in the database changes.
"""

from __future__ import annotations

import time
from typing import NamedTuple, TypeVar

from cpal.faces.identity import moments
from cpal.faces.identity.access_rules import AccessRule
from cpal.faces.identity.assignments import SYSTEM, Assignments
from cpal.faces.identity.context import Context
from cpal.faces.identity.database import Database
from cpal.faces.identity.entities import Entities
from cpal.faces.identity.faults import unauthenticated
from cpal.faces.identity.kinds import ACCESS_RULE, APPLICATION_CREDENTIAL, DOMAIN, PROJECT, USER, Entity, Kind
from cpal.faces.identity.signing import Claims, Signer

MOST_KEPT = 4096
"""How many tokens are remembered."""

Value = TypeVar("Value")


class Bearer(NamedTuple):
    """Who bears a token: what it says, and what that gives now. `roles` are the entities of `context.roles`."""

    claims: Claims
    context: Context
    roles: tuple[Entity, ...]
    credential: Entity | None = None


class Standing:
    """What knows whether tokens hold."""

    def __init__(self, database: Database, entities: Entities, assignments: Assignments, signer: Signer) -> None:
        self._db = database
        self._entities = entities
        self._assignments = assignments
        self._signer = signer
        self._version = database.version()
        self._bearers: dict[str, Bearer] = {}
        self._claims: dict[str, Claims] = {}

    def bearer(self, token: str) -> Bearer:
        """Who bears the token.

        Raises:
            Unauthenticated: it does not hold.
        """
        version = self._db.version()
        if version != self._version:
            self._bearers.clear()
            self._version = version
        found = self._bearers.get(token)
        if found is None:
            found = self.give(self._read(token))
            self._bearers = _with(self._bearers, token, found)
        if found.context.expires_at <= time.time():
            raise unauthenticated()
        return found

    def give(self, claims: Claims) -> Bearer:
        """What a token that says this gives now.

        Raises:
            Unauthenticated: nothing.
        """
        self._check_revoked(claims)
        user = self._holding(USER, claims.user_id, claims)
        self._holding(DOMAIN, user["domain_id"], claims)
        credential = self._credential(claims)
        project = self._holding(PROJECT, claims.project_id, claims) if claims.project_id else {}
        if domain_id := claims.domain_id or project.get("domain_id"):
            self._holding(DOMAIN, domain_id, claims)
        roles = self._roles(claims, credential)
        context = Context(
            user_id=user["id"],
            user_name=user["name"],
            user_domain_id=user["domain_id"],
            project_id=claims.project_id,
            project_name=project.get("name", ""),
            project_domain_id=project.get("domain_id", ""),
            domain_id=claims.domain_id,
            system_scope="all" if claims.system else "",
            roles=tuple(role["name"] for role in roles),
            expires_at=claims.expires_at,
            access_rules=self._access_rules(credential),
        )
        return Bearer(claims, context, roles, credential)

    def end(self, subject: str) -> None:
        """Let no token about the user, project, domain or credential hold that was issued until now."""
        statement = "INSERT INTO ended VALUES (?, ?) ON CONFLICT (subject) DO UPDATE SET at = excluded.at"
        self._db.change(statement, subject, time.time())

    def revoke(self, claims: Claims) -> None:
        """Let a token hold no longer, nor those that were got by it."""
        with self._db.writing():
            self._db.change("DELETE FROM revoked WHERE expires_at < ?", time.time())
            statement = "INSERT INTO revoked VALUES (?, ?) ON CONFLICT DO NOTHING"
            self._db.change(statement, claims.audit_ids[0], claims.expires_at)

    def _read(self, token: str) -> Claims:
        claims = self._claims.get(token)
        if claims is None:
            claims = self._signer.read(token)
            self._claims = _with(self._claims, token, claims)
        return claims

    def _check_revoked(self, claims: Claims) -> None:
        for id in claims.audit_ids:
            if self._db.row("SELECT 1 FROM revoked WHERE audit_id = ?", id):
                raise unauthenticated()

    def _holding(self, kind: Kind, id: str, claims: Claims) -> Entity:
        """The thing, if it is there, enabled, and the token is younger than the last time that it was not."""
        found = self._entities.find(kind, id)
        ended = self._db.row("SELECT at FROM ended WHERE subject = ?", id)
        if found is None or not found.get("enabled", True) or (ended and claims.issued_at <= ended[0]):
            raise unauthenticated()
        return found

    def _credential(self, claims: Claims) -> Entity | None:
        if not claims.application_credential_id:
            return None
        found = self._holding(APPLICATION_CREDENTIAL, claims.application_credential_id, claims)
        if found["expires_at"] and moments.read(found["expires_at"]) <= time.time():
            raise unauthenticated()
        return found

    def _access_rules(self, credential: Entity | None) -> tuple[AccessRule, ...] | None:
        """The requests that an application credential is for; None where it is for all."""
        ids = credential.get("access_rule_ids") if credential else None
        found = (self._entities.find(ACCESS_RULE, id) for id in ids or ())
        rules = tuple(AccessRule(rule["service"], rule["method"], rule["path"]) for rule in found if rule)
        return rules if ids else None

    def _roles(self, claims: Claims, credential: Entity | None) -> tuple[Entity, ...]:
        """The roles there; those of an application credential are some of its user's."""
        if (place := scope(claims)) is None:
            return ()
        found = self._assignments.roles(claims.user_id, *place)
        if credential:
            lent = self._assignments.closure(credential["role_ids"])
            found = [role for role in found if role["id"] in lent]
        if not found:
            raise unauthenticated()
        return tuple(found)


def scope(claims: Claims) -> tuple[str, str] | None:
    """The kind and id of the target that a token is good on, if any."""
    if claims.project_id:
        return "project", claims.project_id
    if claims.domain_id:
        return "domain", claims.domain_id
    return ("system", SYSTEM) if claims.system else None


def _with(kept: dict[str, Value], token: str, value: Value) -> dict[str, Value]:
    """What is kept with one more, the older half forgotten when it is too many."""
    if len(kept) >= MOST_KEPT:
        kept = dict(list(kept.items())[MOST_KEPT // 2 :])
    kept[token] = value
    return kept
