"""The listing of all role assignments, as they were made or as they take effect.

Source: https://docs.openstack.org/api-ref/identity/v3/#list-role-assignments
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from cpal.faces.http.message import Response
from cpal.faces.identity.answering import collection
from cpal.faces.identity.assignments import SYSTEM, Effect, Grant
from cpal.faces.identity.faults import invalid_field
from cpal.faces.identity.kinds import DOMAIN, GROUP, PROJECT, ROLE, USER, Kind
from cpal.faces.identity.realm import Call, Realm

NAMED: dict[str, Kind] = {"user": USER, "group": GROUP, "project": PROJECT, "domain": DOMAIN, "role": ROLE}
EXCLUSIVE = (
    ("scope.domain.id", "scope.project.id", "Specify a domain or project, not both"),
    ("scope.domain.id", "scope.system", "Specify system or domain, not both"),
    ("scope.project.id", "scope.system", "Specify system or project, not both"),
    ("user.id", "group.id", "Specify a user or group, not both"),
)
"""Filters that exclude each other, and what is said of it."""
IN_EFFECT = "Combining effective and group filter will always result in an empty list."
Shown = dict[str, Any]
Filter = Callable[[Shown, str], bool]

FILTERS: dict[str, Filter] = {
    "user.id": lambda shown, id: shown.get("user", {}).get("id") == id,
    "group.id": lambda shown, id: shown.get("group", {}).get("id") == id,
    "role.id": lambda shown, id: shown["role"]["id"] == id,
    "scope.project.id": lambda shown, id: shown["scope"].get("project", {}).get("id") == id,
    "scope.domain.id": lambda shown, id: shown["scope"].get("domain", {}).get("id") == id,
    "scope.system": lambda shown, all: "system" in shown["scope"],
    "scope.OS-INHERIT:inherited_to": lambda shown, to: shown["scope"].get("OS-INHERIT:inherited_to") == to,
}
"""Whether an assignment as shown is one that a filter asks for."""


async def list_assignments(realm: Realm, call: Call) -> Response:
    """List role assignments."""
    query = call.query
    check_filters(call)
    if call.flag("effective"):
        everything = effective(call, realm.assignments.effects())
    else:
        everything = made(call, realm.assignments.grants())
    asked = [(FILTERS[name], value) for name, value in query.items() if name in FILTERS and value]
    found = [each for each in everything if all(fits(each, value) for fits, value in asked)]
    if call.flag("include_names"):
        found = [with_names(realm, each) for each in found]
    return collection(call, "role_assignments", found)


def check_filters(call: Call) -> None:
    """Raise Invalid for filters that exclude each other."""
    query = call.query
    for one, other, message in EXCLUSIVE:
        if query.get(one) and query.get(other):
            raise invalid_field("", message)
    if call.flag("effective") and query.get("group.id"):
        raise invalid_field("", IN_EFFECT)


def made(call: Call, grants: Iterable[Grant]) -> Iterator[Shown]:
    """The assignments as they were made."""
    for grant in grants:
        yield {
            "role": {"id": grant.role_id},
            grant.actor: {"id": grant.actor_id},
            "scope": scope(grant.target, grant.target_id, grant.inherited),
            "links": {"assignment": f"{call.base}{path(grant)}"},
        }


def effective(call: Call, effects: Iterable[Effect]) -> Iterator[Shown]:
    """The assignments as they take effect: on users, where they count, with what they imply. Each is there once."""
    seen: set[tuple[str, ...]] = set()
    for effect in effects:
        if effect[:4] in seen:
            continue
        seen.add(effect[:4])
        links = {"assignment": f"{call.base}{path(effect.cause)}"}
        if effect.cause.actor == "group":
            links["membership"] = f"{call.base}/groups/{effect.cause.actor_id}/users/{effect.user_id}"
        if effect.role_id != effect.cause.role_id:
            links["prior_role"] = f"{call.base}/prior_role/{effect.cause.role_id}/implies/{effect.role_id}"
        yield {
            "role": {"id": effect.role_id},
            "user": {"id": effect.user_id},
            "scope": scope(effect.target, effect.target_id, effect.cause.inherited),
            "links": links,
        }


def scope(target: str, target_id: str, inherited: bool) -> Shown:
    """Where an assignment is."""
    where: Shown = {target: {"all": True} if target == SYSTEM else {"id": target_id}}
    return {**where, "OS-INHERIT:inherited_to": "projects"} if inherited else where


def path(grant: Grant) -> str:
    """The path at which a grant is given and taken."""
    target = "/system" if grant.target == SYSTEM else f"/{grant.target}s/{grant.target_id}"
    given = f"{target}/{grant.actor}s/{grant.actor_id}/roles/{grant.role_id}"
    return f"/OS-INHERIT{given}/inherited_to_projects" if grant.inherited else given


def with_names(realm: Realm, shown: Shown) -> Shown:
    """An assignment with the names of all that it names."""
    whole = {name: named(realm, NAMED[name], part["id"]) for name, part in shown.items() if name in NAMED}
    where = {
        name: named(realm, NAMED[name], part["id"]) if name in NAMED else part for name, part in shown["scope"].items()
    }
    return {**shown, **whole, "scope": where}


def named(realm: Realm, kind: Kind, id: str) -> Shown:
    """A thing's id and name, and its domain's."""
    entity = realm.entities.find(kind, id) or {"name": ""}
    shown = {"id": id, "name": entity["name"]}
    if domain_id := entity.get("domain_id"):
        shown["domain"] = named(realm, DOMAIN, domain_id)
    return shown
