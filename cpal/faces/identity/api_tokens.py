"""Tokens: issued, looked at, revoked; and what their bearer can get a token for.

Source: https://docs.openstack.org/api-ref/identity/v3/#authentication-and-token-management
"""

from __future__ import annotations

from typing import Any

from cpal.errors import Unauthenticated
from cpal.faces.http.message import Response, json_response
from cpal.faces.identity import moments
from cpal.faces.identity.access_rules import keeps
from cpal.faces.identity.answering import NOTHING, VARY, answer, many
from cpal.faces.identity.api_access_rules import rules_of
from cpal.faces.identity.api_projects import possible
from cpal.faces.identity.assignments import SYSTEM
from cpal.faces.identity.authentication import authenticated
from cpal.faces.identity.catalogue import catalogue
from cpal.faces.identity.faults import forbidden, not_found
from cpal.faces.identity.kinds import DOMAIN, PROJECT
from cpal.faces.identity.realm import Call, Realm
from cpal.faces.identity.rules import admin, reader
from cpal.faces.identity.standing import Bearer

SUBJECT = "x-subject-token"


async def issue(realm: Realm, call: Call) -> Response:
    """Issue a token for the credentials in the body."""
    bearer = realm.standing.give(await authenticated(realm, call.content("auth")))
    token = realm.signer.sign(bearer.claims)
    return json_response(201, {"token": told(realm, call, bearer)}, ("X-Subject-Token", token), VARY)


async def look(realm: Realm, call: Call) -> Response:
    """Say what a token gives."""
    bearer = subject(realm, call)
    mine = bearer.claims.user_id == call.caller.claims.user_id
    if bearer.context.access_rules is not None and not keeps(call.request.headers):
        raise not_found("token", "it is for some requests only, and who asks does not say that it keeps access rules")
    if not (mine or reader(call.caller, {}) or "service" in call.caller.context.roles):
        raise forbidden()
    token = ("X-Subject-Token", call.request.headers[SUBJECT])
    return json_response(200, {"token": told(realm, call, bearer)}, token, VARY)


async def revoke(realm: Realm, call: Call) -> Response:
    """Let a token hold no longer."""
    bearer = subject(realm, call)
    if bearer.claims.user_id != call.caller.claims.user_id and not admin(call.caller, {}):
        raise forbidden()
    realm.standing.revoke(bearer.claims)
    return NOTHING


async def list_projects(realm: Realm, call: Call) -> Response:
    """List the projects that one can get a token for."""
    return many(call, PROJECT, possible(realm, call.caller.claims.user_id, PROJECT))


async def list_domains(realm: Realm, call: Call) -> Response:
    """List the domains that one can get a token for."""
    return many(call, DOMAIN, possible(realm, call.caller.claims.user_id, DOMAIN))


async def list_systems(realm: Realm, call: Call) -> Response:
    """Say whether one can get a token for the system."""
    there = realm.assignments.targets(call.caller.claims.user_id, SYSTEM)
    return answer({"system": [{"all": True}] if there else [], "links": {"self": f"{call.base}/auth/system"}})


def subject(realm: Realm, call: Call) -> Bearer:
    """The bearer of the token that a request is about.

    Raises:
        NotFound: it does not hold.
    """
    token = call.request.headers.get(SUBJECT, "")
    try:
        return realm.standing.bearer(token)
    except Unauthenticated:
        raise not_found("token", "it is unknown, expired or revoked") from None


def told(realm: Realm, call: Call, bearer: Bearer) -> dict[str, Any]:
    """What a response says of a token."""
    claims = bearer.claims
    body: dict[str, Any] = {
        "methods": list(claims.methods),
        "user": {**_named(realm, "user", bearer), "password_expires_at": None},
        "audit_ids": list(claims.audit_ids),
        "expires_at": moments.written(claims.expires_at),
        "issued_at": moments.written(claims.issued_at),
        **_scope(realm, bearer),
    }
    if bearer.roles:
        body["roles"] = [{"id": role["id"], "name": role["name"]} for role in bearer.roles]
        if "nocatalog" not in call.query:
            body["catalog"] = catalogue(realm.entities, claims)
    if bearer.credential:
        credential = bearer.credential
        restricted = not credential["unrestricted"]
        shown = {"id": credential["id"], "name": credential["name"], "restricted": restricted}
        body["application_credential"] = {**shown, **rules_of(realm, credential)}
    return body


def _scope(realm: Realm, bearer: Bearer) -> dict[str, Any]:
    claims = bearer.claims
    if claims.project_id:
        return {"project": _named(realm, "project", bearer), "is_domain": False}
    if claims.domain_id:
        return {"domain": _domain(realm, claims.domain_id)}
    return {"system": {"all": True}} if claims.system else {}


def _named(realm: Realm, what: str, bearer: Bearer) -> dict[str, Any]:
    """Id, name and domain of the user or project of a token."""
    id, name, domain = (getattr(bearer.context, f"{what}_{part}") for part in ("id", "name", "domain_id"))
    return {"id": id, "name": name, "domain": _domain(realm, domain)}


def _domain(realm: Realm, id: str) -> dict[str, Any]:
    return {"id": id, "name": realm.entities.get(DOMAIN, id)["name"]}
