"""Who has which role where: grants to users and groups, inherited ones, and roles that others imply.

A grant is (actor, target, role). The actor is a user or a group; the target a project, a domain or the system. An
inherited grant counts not on its target but on every project below it. The roles that a user has on a target are those
granted to it or its groups, there or inherited, and all that these imply.

Source: https://docs.openstack.org/api-ref/identity/v3/#roles, https://docs.openstack.org/api-ref/identity/v3/#os-inherit
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from cpal.faces.identity.database import Database
from cpal.faces.identity.entities import Entities
from cpal.faces.identity.faults import not_found
from cpal.faces.identity.kinds import DOMAIN, PROJECT, ROLE, Entity

SYSTEM = "system"
"""The id of the one target that is neither project nor domain."""


class Grant(NamedTuple):
    """A role given to an actor (`user` or `group`) on a target (`project`, `domain` or `system`)."""

    actor: str
    actor_id: str
    target: str
    target_id: str
    role_id: str
    inherited: bool = False


class Effect(NamedTuple):
    """A role that a user has on a target, and the grant that it comes from."""

    user_id: str
    target: str
    target_id: str
    role_id: str
    cause: Grant


class Assignments:
    """The grants, memberships and implications in a database."""

    def __init__(self, database: Database, entities: Entities) -> None:
        self._db = database
        self._entities = entities

    def grant(self, grant: Grant) -> None:
        """Give a role."""
        statement = (
            "INSERT INTO grants (actor, actor_id, target, target_id, role_id, inherited)"
            " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
        )
        self._db.change(statement, *_values(grant))

    def revoke(self, grant: Grant) -> None:
        """Take a role back.

        Raises:
            NotFound: it was not given.
        """
        self.check(grant)
        statement = (
            "DELETE FROM grants WHERE actor = ? AND actor_id = ? AND target = ? AND target_id = ? AND role_id = ?"
            " AND inherited = ?"
        )
        self._db.change(statement, *_values(grant))

    def check(self, grant: Grant) -> None:
        """Raise NotFound where a role is not given."""
        if grant not in self.grants(grant.actor_id, grant.target_id):
            raise not_found(
                "role assignment with role",
                f"{grant.role_id}, user or group: {grant.actor_id}, project, domain, or system: {grant.target_id}",
            )

    def grants(self, actor_id: str = "", target_id: str = "") -> list[Grant]:
        """The grants to one actor on one target; to or on all, where none is named."""
        wanted = {column: id for column, id in (("actor_id", actor_id), ("target_id", target_id)) if id}
        where = f" WHERE {' AND '.join(f'{column} = ?' for column in wanted)}" if wanted else ""
        query = f"SELECT actor, actor_id, target, target_id, role_id, inherited FROM grants{where}"
        rows = self._db.rows(query, *wanted.values())
        return [Grant(*row)._replace(inherited=bool(row[-1])) for row in rows]

    def join(self, group_id: str, user_id: str) -> None:
        """Make a user a member of a group."""
        self._db.change("INSERT INTO members VALUES (?, ?) ON CONFLICT DO NOTHING", group_id, user_id)

    def leave(self, group_id: str, user_id: str) -> None:
        """Let a user be a member no longer.

        Raises:
            NotFound: it is none.
        """
        self.check_member(group_id, user_id)
        self._db.change("DELETE FROM members WHERE group_id = ? AND user_id = ?", group_id, user_id)

    def check_member(self, group_id: str, user_id: str) -> None:
        """Raise NotFound where a user is not in a group."""
        if user_id not in self.members(group_id):
            raise not_found(f"user '{user_id}' in group", group_id)

    def members(self, group_id: str) -> list[str]:
        """The ids of a group's users."""
        return [id for (id,) in self._db.rows("SELECT user_id FROM members WHERE group_id = ?", group_id)]

    def groups(self, user_id: str) -> list[str]:
        """The ids of a user's groups."""
        return [id for (id,) in self._db.rows("SELECT group_id FROM members WHERE user_id = ?", user_id)]

    def imply(self, prior_id: str, implied_id: str) -> None:
        """Let whoever has one role have another too."""
        self._db.change("INSERT INTO implications VALUES (?, ?) ON CONFLICT DO NOTHING", prior_id, implied_id)

    def imply_no_longer(self, prior_id: str, implied_id: str) -> None:
        """Undo `imply`.

        Raises:
            NotFound: the one does not imply the other.
        """
        self.check_implied(prior_id, implied_id)
        self._db.change("DELETE FROM implications WHERE prior_id = ? AND implied_id = ?", prior_id, implied_id)

    def check_implied(self, prior_id: str, implied_id: str) -> None:
        """Raise NotFound where a role does not imply another by itself."""
        if implied_id not in self.implications().get(prior_id, []):
            raise not_found("implied role", f"{prior_id} does not imply {implied_id}")

    def implications(self) -> dict[str, list[str]]:
        """The roles that each role implies by itself."""
        found: dict[str, list[str]] = {}
        for prior, implied in self._db.rows("SELECT prior_id, implied_id FROM implications"):
            found.setdefault(prior, []).append(implied)
        return found

    def closure(self, role_ids: Iterable[str]) -> set[str]:
        """These roles and all that they imply, however far."""
        implications = self.implications()
        found: set[str] = set()
        ahead = list(role_ids)
        while ahead:
            role = ahead.pop()
            if role not in found:
                found.add(role)
                ahead += implications.get(role, [])
        return found

    def roles(self, user_id: str, target: str, target_id: str) -> list[Entity]:
        """The roles that a user has on a target, implied ones included; those of one domain only are none."""
        direct = (grant.role_id for grant in self._counting(user_id, target, target_id))
        found = (self._entities.find(ROLE, id) for id in self.closure(direct))
        return sorted((role for role in found if role and not role["domain_id"]), key=lambda role: str(role["name"]))

    def targets(self, user_id: str, target: str) -> list[str]:
        """The ids of the projects (or domains, or the system) on which a user has any role."""
        grants = list(self._of_user(user_id))
        ids = {grant.target_id for grant in grants if grant.target == target and not grant.inherited}
        inherited = {grant.target_id for grant in grants if grant.inherited}
        if target == "project" and inherited:
            ids |= {each["id"] for each in self._entities.all(PROJECT) if inherited & set(self.above(each))}
        return sorted(ids)

    def effects(self) -> Iterator[Effect]:
        """Every role that any user has on any target, with the grant behind it."""
        below = self._projects_below()
        everywhere = {role["id"] for role in self._entities.all(ROLE) if not role["domain_id"]}
        for grant in self.grants():
            users = [grant.actor_id] if grant.actor == "user" else self.members(grant.actor_id)
            places = [(grant.target, grant.target_id)]
            if grant.inherited:
                places = [("project", id) for id in below.get(grant.target_id, [])]
            for role in sorted(self.closure([grant.role_id]) & everywhere):
                yield from (Effect(user, *place, role, grant) for user in users for place in places)

    def above(self, project: Entity) -> list[str]:
        """The ids of the projects above a project, nearest first, and of its domain."""
        found: list[str] = []
        parent = project.get("parent_id")
        while parent and parent not in found:
            found.append(parent)
            parent = (self._entities.find(PROJECT, parent) or {}).get("parent_id")
        return found

    def _projects_below(self) -> dict[str, list[str]]:
        below: dict[str, list[str]] = {}
        for project in self._entities.all(PROJECT):
            for id in self.above(project):
                below.setdefault(id, []).append(project["id"])
        return below

    def _of_user(self, user_id: str) -> Iterator[Grant]:
        for actor in (user_id, *self.groups(user_id)):
            yield from self.grants(actor)

    def _counting(self, user_id: str, target: str, target_id: str) -> Iterator[Grant]:
        """The grants that give a user something on a target."""
        project = self._entities.find(PROJECT, target_id) if target == "project" else None
        above = self.above(project) if project else []
        for grant in self._of_user(user_id):
            here = (grant.target, grant.target_id) == (target, target_id)
            if grant.target_id in above if grant.inherited else here:
                yield grant


def _values(grant: Grant) -> tuple[object, ...]:
    """A grant as a row has it."""
    return *grant[:-1], int(grant.inherited)


def target_of(entities: Entities, target: str, target_id: str) -> Entity:
    """The project or domain that a grant is on; nothing for the system.

    Raises:
        NotFound: there is none.
    """
    if target == SYSTEM:
        return {}
    return entities.get(PROJECT if target == "project" else DOMAIN, target_id)
