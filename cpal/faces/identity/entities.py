"""The things kept: users, projects, domains, groups, roles, regions, services, endpoints, credentials, access rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from cpal.errors import CpalError
from cpal.faces.identity.database import Database
from cpal.faces.identity.faults import not_found, taken
from cpal.faces.identity.kinds import ACCESS_RULE, APPLICATION_CREDENTIAL, ENDPOINT, Entity, Kind

ADD = """INSERT INTO entities (number, kind, id, space, name, body)
    SELECT coalesce(max(number), 0) + 1, ?, ?, ?, ?, ? FROM entities WHERE true ON CONFLICT DO NOTHING"""
"""Writers come one after another, so that the next number is free. Without WHERE, SQLite takes ON for a join's."""
_decode: Any = msgspec.json.Decoder().decode

DEPENDENTS: dict[str, tuple[str, ...]] = {
    "user": (
        "DELETE FROM secrets WHERE owner = ?",
        "DELETE FROM members WHERE user_id = ?",
        "DELETE FROM grants WHERE actor = 'user' AND actor_id = ?",
        "DELETE FROM ended WHERE subject = ?",
    ),
    "group": ("DELETE FROM members WHERE group_id = ?", "DELETE FROM grants WHERE actor = 'group' AND actor_id = ?"),
    "project": (
        "DELETE FROM grants WHERE target = 'project' AND target_id = ?",
        "DELETE FROM ended WHERE subject = ?",
    ),
    "domain": ("DELETE FROM grants WHERE target = 'domain' AND target_id = ?", "DELETE FROM ended WHERE subject = ?"),
    "role": (
        "DELETE FROM grants WHERE role_id = ?",
        "DELETE FROM implications WHERE prior_id = ?",
        "DELETE FROM implications WHERE implied_id = ?",
    ),
    "application_credential": ("DELETE FROM secrets WHERE owner = ?",),
}
"""What goes with a thing of each kind, by its id."""
PARTS: Mapping[str, tuple[tuple[Kind, str], ...]] = {
    "user": ((APPLICATION_CREDENTIAL, "user_id"), (ACCESS_RULE, "user_id")),
    "project": ((APPLICATION_CREDENTIAL, "project_id"),),
    "service": ((ENDPOINT, "service_id"),),
}
"""Things that go with a thing of each kind, and the field that says whose they are."""


class Entities:
    """The things in a database."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def find(self, kind: Kind, id: str) -> Entity | None:
        """A thing, or None."""
        row = self._db.row("SELECT body FROM entities WHERE kind = ? AND id = ?", kind.name, id)
        return _decode(row[0]) if row else None

    def get(self, kind: Kind, id: str) -> Entity:
        """A thing.

        Raises:
            NotFound: there is none.
        """
        found = self.find(kind, id)
        if found is None:
            raise not_found(kind.called, id)
        return found

    def named(self, kind: Kind, name: str, space: str = "") -> Entity | None:
        """The thing of a name, or None."""
        query = "SELECT body FROM entities WHERE kind = ? AND space = ? AND name = ?"
        row = self._db.row(query, kind.name, space, name)
        return _decode(row[0]) if row else None

    def all(self, kind: Kind) -> list[Entity]:
        """Every thing of a kind, in the order they were made."""
        rows = self._db.rows("SELECT body FROM entities WHERE kind = ? ORDER BY number", kind.name)
        return [_decode(body) for (body,) in rows]

    def within(self, kind: Kind, space: str) -> list[Entity]:
        """Those whose names are unique in the same space: the users of a domain, the credentials of a user."""
        query = "SELECT body FROM entities WHERE kind = ? AND space = ? ORDER BY number"
        return [_decode(body) for (body,) in self._db.rows(query, kind.name, space)]

    def add(self, kind: Kind, entity: Entity) -> Entity:
        """Keep a new thing.

        Raises:
            Conflict: its name or id is another's.
        """
        values = (kind.name, entity["id"], *_place(kind, entity), _text(entity))
        if not self._db.change(ADD, *values):
            raise _taken(kind, entity)
        return entity

    def put(self, kind: Kind, entity: Entity) -> Entity:
        """Keep a changed thing.

        Raises:
            Conflict: its new name is another's.
        """
        with self._db.writing():
            other = "SELECT 1 FROM entities WHERE kind = ? AND space = ? AND name = ? AND id <> ?"
            if self._db.row(other, kind.name, *_place(kind, entity), entity["id"]):
                raise _taken(kind, entity)
            statement = "UPDATE entities SET space = ?, name = ?, body = ? WHERE kind = ? AND id = ?"
            self._db.change(statement, *_place(kind, entity), _text(entity), kind.name, entity["id"])
        return entity

    def drop(self, kind: Kind, id: str) -> None:
        """Forget a thing, with all that is only there for it."""
        with self._db.writing():
            for part, field in PARTS.get(kind.name, ()):
                for each in self.all(part):
                    if each[field] == id:
                        self.drop(part, each["id"])
            for statement in DEPENDENTS.get(kind.name, ()):
                self._db.change(statement, id)
            self._db.change("DELETE FROM entities WHERE kind = ? AND id = ?", kind.name, id)


def _taken(kind: Kind, entity: Entity) -> CpalError:
    space, name = _place(kind, entity)
    where = f" at domain ID {space}" if kind.space == "domain_id" and space else ""
    what = f"ID {entity['id']}" if kind.space == "id" else f"name {name}"
    return taken(kind.called, f"Duplicate entry found with {what}{where}")


def _text(entity: Entity) -> str:
    return msgspec.json.encode(entity).decode()


def _place(kind: Kind, entity: Entity) -> tuple[str, str]:
    """The space that its name is unique in, and the name."""
    return str(entity.get(kind.space) or "") if kind.space else "", str(entity.get("name") or "")
