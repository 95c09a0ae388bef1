"""Application credentials: secrets that a user lends some of its roles on one project, for all requests or for some.

The secret is said once, when it is made. A restricted one (the rule) makes no others.

Source: https://docs.openstack.org/api-ref/identity/v3/#application-credentials
"""

from __future__ import annotations

import secrets
import time
from typing import Any

from cpal.faces.http.message import Response
from cpal.faces.identity import moments
from cpal.faces.identity.answering import NOTHING, answer, many, one, shown
from cpal.faces.identity.api_access_rules import keep, rules_of
from cpal.faces.identity.api_entities import asked
from cpal.faces.identity.database import WITH_ACCESS_RULES
from cpal.faces.identity.faults import forbidden, invalid_field, not_found
from cpal.faces.identity.kinds import APPLICATION_CREDENTIAL, ROLE, USER, Entity, Field, check
from cpal.faces.identity.realm import Call, Realm

RESTRICTED = "Using method 'application_credential' is not allowed for managing additional application credentials."
_ROLE_NAME = {"id": Field(), "name": Field()}


async def create_credential(realm: Realm, call: Call) -> Response:
    """Make an application credential for the project of the token, and say its secret."""
    _refuse_restricted(call)
    content = asked(call, APPLICATION_CREDENTIAL)
    if not call.caller.claims.project_id:
        raise invalid_field("", "Invalid application credential: a token for a project is needed")
    access_rules = content.pop("access_rules", ())
    secret = content.pop("secret", None) or secrets.token_urlsafe(64)
    roles = lent(realm, call, content.pop("roles", None))
    credential = {
        **content,
        "user_id": call.caller.claims.user_id,
        "project_id": call.caller.claims.project_id,
        "unrestricted": bool(content["unrestricted"]),
        "expires_at": end(content["expires_at"]),
        "system": None,
        "role_ids": [role["id"] for role in roles],
    }
    hash = await realm.passwords.hash(secret)
    with realm.database.writing():
        realm.entities.get(USER, credential["user_id"])
        credential["access_rule_ids"] = keep(realm, credential["user_id"], access_rules)
        if access_rules:
            realm.database.demand(WITH_ACCESS_RULES)
        realm.entities.add(APPLICATION_CREDENTIAL, credential)
        realm.passwords.keep(credential["id"], hash)
    made = {**shown(call, APPLICATION_CREDENTIAL, whole(realm, credential)), "secret": secret}
    return answer({APPLICATION_CREDENTIAL.name: made}, 201)


async def list_credentials(realm: Realm, call: Call) -> Response:
    """List a user's application credentials."""
    found = realm.entities.within(APPLICATION_CREDENTIAL, call.names["user_id"])
    return many(call, APPLICATION_CREDENTIAL, [whole(realm, each) for each in found])


async def show_credential(realm: Realm, call: Call) -> Response:
    """Show an application credential, without its secret."""
    return one(call, APPLICATION_CREDENTIAL, whole(realm, _of_user(realm, call)))


async def delete_credential(realm: Realm, call: Call) -> Response:
    """Remove an application credential: it opens nothing any more, and its tokens end."""
    _refuse_restricted(call)
    realm.entities.drop(APPLICATION_CREDENTIAL, _of_user(realm, call)["id"])
    return NOTHING


def lent(realm: Realm, call: Call, names: list[Any] | None) -> list[Entity]:
    """The roles that are lent: those named, by id or name, with what they imply; of none named all that the token has.

    Raises:
        Invalid: the token does not have one of them.
    """
    roles = list(call.caller.roles)
    if not names:
        return roles
    found = [role for name in names for role in roles if _is(role, check(_ROLE_NAME, name))]
    closure = realm.assignments.closure(role["id"] for role in found)
    lent = [role for role in roles if role["id"] in closure]
    if len(found) != len(names) or len(lent) != len(closure):
        raise invalid_field(
            "", "Invalid application credential: Cannot create an application credential with unassigned role"
        )
    return lent


def end(text: str | None) -> str | None:
    """When it ends, as it is shown: without the Z that other moments have.

    Raises:
        Invalid: it is no moment, or it is past.
    """
    if text is None:
        return None
    try:
        moment = moments.read(text)
    except (ValueError, OverflowError):
        raise invalid_field("expires_at", "it is not a moment in ISO 8601") from None
    if moment <= time.time():
        raise invalid_field("", "Invalid application credential: the expiration time is past")
    return moments.written(moment).removesuffix("Z")


def whole(realm: Realm, credential: Entity) -> Entity:
    """An application credential with the roles that it lends, and its access rules, if it has some."""
    roles = (realm.entities.find(ROLE, id) for id in credential["role_ids"])
    kept = [{"id": role["id"], "name": role["name"], "domain_id": role["domain_id"]} for role in roles if role]
    return {**credential, "roles": kept, **rules_of(realm, credential)}


def _is(role: Entity, name: Entity) -> bool:
    return bool(name) and all(role.get(part) == value for part, value in name.items())


def _of_user(realm: Realm, call: Call) -> Entity:
    id = call.names["application_credential_id"]
    found = realm.entities.get(APPLICATION_CREDENTIAL, id)
    if found["user_id"] != call.names["user_id"]:
        raise not_found(APPLICATION_CREDENTIAL.called, id)
    return found


def _refuse_restricted(call: Call) -> None:
    credential = call.caller.credential
    if credential and not credential["unrestricted"]:
        raise forbidden(RESTRICTED)
