"""Users, their passwords, and groups of them.

Source: https://docs.openstack.org/api-ref/identity/v3/#users, https://docs.openstack.org/api-ref/identity/v3/#groups
"""

from __future__ import annotations

from typing import Any

from cpal.faces.http.message import Response
from cpal.faces.identity.answering import NOTHING, many, one
from cpal.faces.identity.api_entities import asked, changed, in_a_domain
from cpal.faces.identity.api_projects import possible
from cpal.faces.identity.faults import unauthenticated
from cpal.faces.identity.kinds import GROUP, PASSWORD, PROJECT, SECRET, USER, Entity, check
from cpal.faces.identity.realm import Call, Realm

NEW_PASSWORD = {"password": PASSWORD._replace(least=1, nullable=False), "original_password": SECRET}


async def create_user(realm: Realm, call: Call) -> Response:
    """Make a user, with a password if one is given."""
    user, password = apart(asked(call, USER))
    user = in_a_domain(realm, call, user)
    hash = await realm.passwords.hash(password) if password else None
    with realm.database.writing():
        realm.entities.add(USER, user)
        if hash:
            realm.passwords.keep(user["id"], hash)
    return one(call, USER, user, 201)


async def update_user(realm: Realm, call: Call) -> Response:
    """Change a user; disabled or with another password, it ends the user's tokens."""
    id = call.names["user_id"]
    _, password = apart(changed(call, USER, realm.entities.get(USER, id)))
    hash = await realm.passwords.hash(password) if password else None
    with realm.database.writing():
        user, _ = apart(changed(call, USER, realm.entities.get(USER, id)))
        realm.entities.put(USER, user)
        if hash:
            realm.passwords.keep(id, hash)
        if hash or not user["enabled"]:
            realm.standing.end(id)
    return one(call, USER, user)


async def change_password(realm: Realm, call: Call) -> Response:
    """Change one's own password: who knows the old one may, with or without a token."""
    content: dict[str, Any] = check(NEW_PASSWORD, call.content("user"), tuple(NEW_PASSWORD))
    user = realm.entities.find(USER, call.names["user_id"])
    right = await realm.passwords.right(call.names["user_id"], content["original_password"])
    if user is None or not right or not user["enabled"]:
        raise unauthenticated()
    hash = await realm.passwords.hash(content["password"])
    with realm.database.writing():
        realm.entities.get(USER, user["id"])
        realm.passwords.keep(user["id"], hash)
        realm.standing.end(user["id"])
    return NOTHING


async def list_user_projects(realm: Realm, call: Call) -> Response:
    """List the projects that a user has roles on."""
    user = realm.entities.get(USER, call.names["user_id"])
    return many(call, PROJECT, possible(realm, user["id"], PROJECT))


async def list_user_groups(realm: Realm, call: Call) -> Response:
    """List the groups of a user."""
    user = realm.entities.get(USER, call.names["user_id"])
    groups = (realm.entities.find(GROUP, id) for id in realm.assignments.groups(user["id"]))
    return many(call, GROUP, [each for each in groups if each])


async def list_members(realm: Realm, call: Call) -> Response:
    """List the users of a group."""
    group = realm.entities.get(GROUP, call.names["group_id"])
    users = (realm.entities.find(USER, id) for id in realm.assignments.members(group["id"]))
    return many(call, USER, [each for each in users if each])


async def add_member(realm: Realm, call: Call) -> Response:
    """Make a user a member of a group."""
    realm.assignments.join(*_membership(realm, call))
    return NOTHING


async def check_member(realm: Realm, call: Call) -> Response:
    """Say whether a user is a member of a group."""
    realm.assignments.check_member(*_membership(realm, call))
    return NOTHING


async def remove_member(realm: Realm, call: Call) -> Response:
    """Let a user be no member of a group."""
    realm.assignments.leave(*_membership(realm, call))
    return NOTHING


def apart(user: Entity) -> tuple[Entity, str]:
    """A user as it is kept, and the password that a body gives with it ("" is none).

    Raises:
        Invalid: the password is no text, or too long.
    """
    password = user.get("password")
    check({"password": PASSWORD}, {"password": password})
    return {name: value for name, value in user.items() if name not in ("password", "original_password")}, (
        password or ""
    )


def _membership(realm: Realm, call: Call) -> tuple[str, str]:
    group = realm.entities.get(GROUP, call.names["group_id"])
    user = realm.entities.get(USER, call.names["user_id"])
    return group["id"], user["id"]
