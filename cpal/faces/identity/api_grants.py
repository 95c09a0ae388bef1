"""Roles given on projects, domains and the system, one by one.

Source: https://docs.openstack.org/api-ref/identity/v3/#assign-role-to-user-on-project and what follows it
"""

from __future__ import annotations

from cpal.faces.http.message import Response
from cpal.faces.identity.answering import NOTHING, many
from cpal.faces.identity.assignments import SYSTEM, Grant, target_of
from cpal.faces.identity.kinds import GROUP, ROLE, USER
from cpal.faces.identity.realm import Call, Realm

INHERITED = "inherited_to_projects"


async def give(realm: Realm, call: Call) -> Response:
    """Give a role."""
    realm.assignments.grant(grant_of(realm, call))
    return NOTHING


async def check_given(realm: Realm, call: Call) -> Response:
    """Say whether a role is given."""
    realm.assignments.check(grant_of(realm, call))
    return NOTHING


async def take(realm: Realm, call: Call) -> Response:
    """Take a role back."""
    realm.assignments.revoke(grant_of(realm, call))
    return NOTHING


async def list_given(realm: Realm, call: Call) -> Response:
    """List the roles given to an actor on a target."""
    where = _between(realm, call)
    grants = realm.assignments.grants(where.actor_id, where.target_id)
    asked = [each for each in grants if each._replace(role_id="") == where]
    found = [realm.entities.find(ROLE, each.role_id) for each in asked]
    return many(call, ROLE, [role for role in found if role])


def grant_of(realm: Realm, call: Call) -> Grant:
    """The grant that a path names.

    Raises:
        NotFound: the actor, the target or the role is not there.
    """
    role = realm.entities.get(ROLE, call.names["role_id"])
    return _between(realm, call)._replace(role_id=role["id"])


def _between(realm: Realm, call: Call) -> Grant:
    """A grant of no role yet to the actor, on the target, that a path names."""
    names = call.names
    actor = "user" if "user_id" in names else "group"
    actor_id: str = realm.entities.get(USER if actor == "user" else GROUP, names[f"{actor}_id"])["id"]
    target = next((each for each in ("project", "domain") if f"{each}_id" in names), SYSTEM)
    target_id = names.get(f"{target}_id", SYSTEM)
    target_of(realm.entities, target, target_id)
    inherited = call.request.path.rstrip("/").endswith(INHERITED)
    return Grant(actor, actor_id, target, target_id, "", inherited)
