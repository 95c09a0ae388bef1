"""Access rules of a user: each is there once, is made with the credentials that are for it, and stays after them.

Source: https://docs.openstack.org/api-ref/identity/v3/#application-credentials (access rules)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cpal.faces.http.message import Response
from cpal.faces.identity.answering import NOTHING, many, new_id, one
from cpal.faces.identity.faults import forbidden, invalid_field, not_found, taken
from cpal.faces.identity.kinds import ACCESS_RULE, APPLICATION_CREDENTIAL, Entity, check
from cpal.faces.identity.realm import Call, Realm

REQUEST = ("service", "path", "method")
"""What makes a rule the one it is, of a user."""
IN_USE = "May not delete access rule in use"


async def list_rules(realm: Realm, call: Call) -> Response:
    """List a user's access rules."""
    return many(call, ACCESS_RULE, [told(each) for each in realm.entities.within(ACCESS_RULE, call.names["user_id"])])


async def show_rule(realm: Realm, call: Call) -> Response:
    """Show an access rule."""
    return one(call, ACCESS_RULE, told(_of_user(realm, call.names["access_rule_id"], call.names["user_id"])))


async def delete_rule(realm: Realm, call: Call) -> Response:
    """Remove an access rule that no application credential is for."""
    with realm.database.writing():
        rule = _of_user(realm, call.names["access_rule_id"], call.names["user_id"])
        credentials = realm.entities.within(APPLICATION_CREDENTIAL, rule["user_id"])
        if any(rule["id"] in each.get("access_rule_ids", ()) for each in credentials):
            raise forbidden(IN_USE)
        realm.entities.drop(ACCESS_RULE, rule["id"])
    return NOTHING


def told(rule: Entity) -> Entity:
    """A rule as the API shows it, and as those who keep the rules are told of it."""
    return {name: rule[name] for name in ("id", *REQUEST)}


def rules_of(realm: Realm, credential: Entity) -> Entity:
    """What is said of the rules of a credential: nothing, where it is for all requests."""
    ids = credential.get("access_rule_ids")
    return {ACCESS_RULE.plural: [told(realm.entities.get(ACCESS_RULE, id)) for id in ids]} if ids else {}


def keep(realm: Realm, user_id: str, named: Sequence[Any]) -> list[str]:
    """The ids of the rules that a new credential is for: each is named by its id, or by the request it is of.

    To be used in a transaction, which a fault undoes.

    Raises:
        Invalid: one is no rule.
        NotFound: one is another user's.
        Conflict: one is there twice.
    """
    ids = [_kept(realm, user_id, check(ACCESS_RULE.fields, each)) for each in named]
    if len(set(ids)) != len(ids):
        raise taken(APPLICATION_CREDENTIAL.name, "an access rule is there twice")
    return ids


def _kept(realm: Realm, user_id: str, asked: Entity) -> str:
    """The id of the user's rule that is asked for, which is made where there is none."""
    if "id" in asked and realm.entities.find(ACCESS_RULE, asked["id"]):
        return str(_of_user(realm, asked["id"], user_id)["id"])
    check({}, asked, REQUEST)
    if more := asked.keys() - {"id", *REQUEST}:
        raise invalid_field("access_rules", f"{min(more)!r} is nothing of an access rule")
    name = " ".join(asked[each] for each in REQUEST)
    there = realm.entities.named(ACCESS_RULE, name, user_id)
    rule = there or realm.entities.add(ACCESS_RULE, {"id": new_id(), **asked, "user_id": user_id, "name": name})
    return str(rule["id"])


def _of_user(realm: Realm, id: str, user_id: str) -> Entity:
    found = realm.entities.get(ACCESS_RULE, id)
    if found["user_id"] != user_id:
        raise not_found(ACCESS_RULE.called, id)
    return found
