"""The first start: a domain, a project, an administrator, the roles, a region, a key to sign tokens with.

Source: https://docs.openstack.org/keystone/latest/admin/bootstrap.html
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from itertools import pairwise
from pathlib import Path

from cpal.errors import NotFound
from cpal.faces.identity import openrc
from cpal.faces.identity.answering import new_id
from cpal.faces.identity.assignments import SYSTEM, Assignments, Grant
from cpal.faces.identity.catalogue import keep_own
from cpal.faces.identity.database import Database, people
from cpal.faces.identity.entities import Entities
from cpal.faces.identity.kinds import DOMAIN, PROJECT, REGION, REGION_NAME, ROLE, USER, Entity, Kind
from cpal.faces.identity.passwords import HASHER, keep
from cpal.model.target import Project

DEFAULT_DOMAIN = "default"
CHAIN = ("admin", "manager", "member", "reader")
"""Roles, each of which implies the next."""
ROLES = (*CHAIN, "service")
ADMIN = "admin"


def start(home: Path, database: Database, auth_url: str) -> bytes:
    """Make what is missing; the key for tokens.

    The credentials are written before what they open is: what dies in between is begun anew.

    Raises:
        Disk: it cannot be written.
    """
    with database.writing():  # of several servers that start at once, one makes it
        if database.meta("key") is None:
            password = secrets.token_urlsafe(24)
            openrc.write(home, openrc.environment(auth_url, ADMIN, password, ADMIN))
            _make(database, Entities(database), HASHER.hash(password))
    return bytes(database.meta("key"))


def announce(home: Path, database: Database, urls: Mapping[str, str]) -> None:
    """Let the catalogue and the kept credentials follow the URLs.

    Raises:
        Disk: it cannot be written.
    """
    _follow(home, urls["identity"])
    keep_own(database, Entities(database), urls)


def _make(database: Database, entities: Entities, hash: str) -> None:
    assignments = Assignments(database, entities)
    with database.writing():
        _new(entities, DOMAIN, id=DEFAULT_DOMAIN, name="Default", description="The default domain")
        place = {"domain_id": DEFAULT_DOMAIN}
        known = entities.named(PROJECT, ADMIN, DEFAULT_DOMAIN)
        project = known or _new(entities, PROJECT, name=ADMIN, parent_id=DEFAULT_DOMAIN, **place)
        user = _new(entities, USER, name=ADMIN, default_project_id=project["id"], **place)
        keep(database, user["id"], hash)
        roles = {name: _new(entities, ROLE, name=name)["id"] for name in ROLES}
        for prior, implied in pairwise(CHAIN):
            assignments.imply(roles[prior], roles[implied])
        for target, target_id in (("project", project["id"]), ("system", SYSTEM)):
            assignments.grant(Grant("user", user["id"], target, target_id, roles[ADMIN]))
        _new(entities, REGION, id=REGION_NAME)
        database.change("INSERT INTO meta VALUES ('key', ?)", secrets.token_bytes(64))


def know_projects(home: Path, projects: Iterable[Project]) -> None:
    """Keep projects that were made elsewhere, by the same ids; where a name is taken, with a part of the id behind it.

    Raises:
        Disk: it cannot be written.
    """
    database = people(home)
    try:
        entities = Entities(database)
        with database.writing():
            for project in projects:
                if entities.find(PROJECT, project.id) is None:
                    taken = entities.named(PROJECT, project.name, DEFAULT_DOMAIN) is not None
                    name = f"{project.name}-{project.id[:8]}" if taken else project.name
                    place = {"domain_id": DEFAULT_DOMAIN, "parent_id": DEFAULT_DOMAIN}
                    entities.add(PROJECT, {**PROJECT.defaults, **place, "id": project.id, "name": name})
    finally:
        database.close()


def _new(entities: Entities, kind: Kind, **content: object) -> Entity:
    return entities.add(kind, {"id": new_id(), **kind.defaults, **content})


def _follow(home: Path, auth_url: str) -> None:
    try:
        kept = openrc.read(home)
    except NotFound:
        return
    if kept.get("OS_AUTH_URL") != auth_url:
        openrc.write(home, {**kept, "OS_AUTH_URL": auth_url})
