"""Domains and projects. A domain is a project too, with `is_domain`: its own id, no parent.

Source: https://docs.openstack.org/api-ref/identity/v3/#domains, https://docs.openstack.org/api-ref/identity/v3/#projects
"""

from __future__ import annotations

import re

from cpal.errors import NotFound
from cpal.faces.http.message import Response
from cpal.faces.identity.answering import NOTHING, VARY, answer, many, one
from cpal.faces.identity.api_entities import asked, changed, in_a_domain
from cpal.faces.identity.faults import forbidden, invalid_field, missing, not_found
from cpal.faces.identity.kinds import DOMAIN, GROUP, PROJECT, ROLE, TAGS, USER, Entity, Kind, problems
from cpal.faces.identity.realm import Call, Realm

DEEPEST_PROJECT = 5
"""How many projects may be above each other.

Source: https://docs.openstack.org/keystone/latest/configuration/config-options.html#DEFAULT.max_project_tree_depth
"""


async def create_domain(realm: Realm, call: Call) -> Response:
    """Make a domain, with the id asked for, if one is."""
    entity = asked(call, DOMAIN)
    explicit = entity.pop("explicit_domain_id", None)
    if explicit is not None:
        if not isinstance(explicit, str) or not re.fullmatch("[0-9a-fA-F]{32}", explicit):
            raise invalid_field("explicit_domain_id", "it is not a UUID without hyphens")
        entity["id"] = explicit
    return one(call, DOMAIN, realm.entities.add(DOMAIN, entity), 201)


async def update_domain(realm: Realm, call: Call) -> Response:
    """Change a domain; disabled, it ends the tokens in it."""
    entity = changed(call, DOMAIN, realm.entities.get(DOMAIN, call.names["domain_id"]))
    with realm.database.writing():
        realm.entities.put(DOMAIN, entity)
        _end_if_disabled(realm, entity)
    return one(call, DOMAIN, entity)


async def delete_domain(realm: Realm, call: Call) -> Response:
    """Remove a disabled domain and all that is in it."""
    domain = realm.entities.get(DOMAIN, call.names["domain_id"])
    if domain["enabled"]:
        raise forbidden("Cannot delete a domain that is enabled, please disable it first.")
    with realm.database.writing():
        for kind in (USER, GROUP, PROJECT, ROLE):
            for each in realm.entities.within(kind, domain["id"]):
                realm.entities.drop(kind, each["id"])
        realm.entities.drop(DOMAIN, domain["id"])
    return NOTHING


async def create_project(realm: Realm, call: Call) -> Response:
    """Make a project under another or in a domain; with `is_domain` a domain."""
    entity = asked(call, PROJECT)
    if entity["is_domain"]:
        return one(call, PROJECT, as_project(realm.entities.add(DOMAIN, as_domain(entity))), 201)
    entity = placed(realm, call, entity)
    return one(call, PROJECT, realm.entities.add(PROJECT, entity), 201)


async def show_project(realm: Realm, call: Call) -> Response:
    """Show a project, or a domain as one."""
    return one(call, PROJECT, project_or_domain(realm, call.names["project_id"]))


async def list_projects(realm: Realm, call: Call) -> Response:
    """List projects; domains, where `is_domain` is asked for."""
    if call.flag("is_domain"):
        return many(call, PROJECT, map(as_project, realm.entities.all(DOMAIN)))
    return many(call, PROJECT, realm.entities.all(PROJECT))


async def update_project(realm: Realm, call: Call) -> Response:
    """Change a project, or a domain as one; disabled, it ends the tokens for it."""
    entity = changed(call, PROJECT, project_or_domain(realm, call.names["project_id"]))
    kind, kept = (DOMAIN, as_domain(entity)) if entity["is_domain"] else (PROJECT, entity)
    with realm.database.writing():
        realm.entities.put(kind, kept)
        _end_if_disabled(realm, entity)
    return one(call, PROJECT, entity)


async def delete_project(realm: Realm, call: Call) -> Response:
    """Remove a project that has none below it, or a domain."""
    project = project_or_domain(realm, call.names["project_id"])
    if project["is_domain"]:
        return await delete_domain(realm, call._replace(names={"domain_id": project["id"]}))
    if any(each["parent_id"] == project["id"] for each in realm.entities.within(PROJECT, project["domain_id"])):
        raise forbidden(f"Cannot delete the project {project['id']} since it is not a leaf in the hierarchy.")
    realm.entities.drop(PROJECT, project["id"])
    return NOTHING


async def list_tags(realm: Realm, call: Call) -> Response:
    """List a project's tags."""
    return answer({"tags": project_or_domain(realm, call.names["project_id"])["tags"]})


async def set_tags(realm: Realm, call: Call) -> Response:
    """Let a project have these tags and no others."""
    body = call.body()
    if not isinstance(body, dict) or "tags" not in body:
        raise missing("tags", "request body")
    for problem in problems(TAGS, body["tags"]):
        raise invalid_field("tags", problem)
    return answer({"tags": _tag(realm, call, list(dict.fromkeys(body["tags"])))["tags"]})


async def delete_tags(realm: Realm, call: Call) -> Response:
    """Let a project have no tags."""
    _tag(realm, call, [])
    return NOTHING


async def check_tag(realm: Realm, call: Call) -> Response:
    """Say whether a project has a tag."""
    if call.names["value"] not in project_or_domain(realm, call.names["project_id"])["tags"]:
        raise not_found("project tag", call.names["value"])
    return NOTHING


async def add_tag(realm: Realm, call: Call) -> Response:
    """Give a project one more tag."""
    project = realm.entities.get(PROJECT, call.names["project_id"])
    tags = [*project["tags"], call.names["value"]]
    for problem in problems(TAGS, tags):
        raise invalid_field("tags", problem)
    _tag(realm, call, list(dict.fromkeys(tags)))
    return Response(201, b"", (VARY,))


async def delete_tag(realm: Realm, call: Call) -> Response:
    """Take one tag from a project."""
    await check_tag(realm, call)
    project = realm.entities.get(PROJECT, call.names["project_id"])
    _tag(realm, call, [each for each in project["tags"] if each != call.names["value"]])
    return NOTHING


def placed(realm: Realm, call: Call, entity: Entity) -> Entity:
    """A new project where it belongs: under its parent, in the parent's domain.

    Raises:
        Invalid: the parent is in another domain, or too many projects are above it.
        NotFound: there is no such parent or domain.
    """
    parent_id = entity.get("parent_id")
    if not parent_id:
        entity = in_a_domain(realm, call, entity)
        return {**entity, "parent_id": entity["domain_id"]}
    parent = project_or_domain(realm, parent_id)
    domain_id = parent["id"] if parent["is_domain"] else parent["domain_id"]
    if (entity.get("domain_id") or domain_id) != domain_id:
        raise invalid_field("", f"Cannot create project, the parent ({parent_id}) has its ancestors in another domain.")
    if len(realm.assignments.above(parent)) >= DEEPEST_PROJECT:
        raise forbidden(f"Max hierarchy depth reached for {parent_id} branch.")
    return {**entity, "domain_id": domain_id}


def project_or_domain(realm: Realm, id: str) -> Entity:
    """The project of an id, or the domain as one.

    Raises:
        NotFound: there is neither.
    """
    try:
        return realm.entities.get(PROJECT, id)
    except NotFound:
        domain = realm.entities.find(DOMAIN, id)
        if domain is None:
            raise
        return as_project(domain)


def as_project(domain: Entity) -> Entity:
    """A domain as the project that it is too."""
    return {**domain, "is_domain": True, "domain_id": None, "parent_id": None}


def as_domain(project: Entity) -> Entity:
    """The other way round."""
    return {name: value for name, value in project.items() if name not in PROJECT.fixed}


def possible(realm: Realm, user_id: str, kind: Kind) -> list[Entity]:
    """The enabled projects (or domains) that a user can get a token for."""
    found = (realm.entities.find(kind, id) for id in realm.assignments.targets(user_id, kind.name))
    return [each for each in found if each and each["enabled"]]


def _tag(realm: Realm, call: Call, tags: list[str]) -> Entity:
    project = realm.entities.get(PROJECT, call.names["project_id"])
    return realm.entities.put(PROJECT, {**project, "tags": tags})


def _end_if_disabled(realm: Realm, entity: Entity) -> None:
    if not entity["enabled"]:
        realm.standing.end(entity["id"])
