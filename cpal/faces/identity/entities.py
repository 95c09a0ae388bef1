"""The things kept: users, projects, domains, groups, roles, regions, services, endpoints, application credentials."""

from __future__ import annotations

import sqlite3
from typing import Any

import msgspec

from cpal.faces.identity.database import Database
from cpal.faces.identity.faults import not_found, taken
from cpal.faces.identity.kinds import Entity, Kind

_decode: Any = msgspec.json.Decoder().decode

_LENT_BY = "kind = 'application_credential' AND space = ?"
_LENT_FOR = "kind = 'application_credential' AND json_extract(body, '$.project_id') = ?"
DEPENDENTS: dict[str, tuple[str, ...]] = {
    "user": (
        "DELETE FROM secrets WHERE owner = ?",
        f"DELETE FROM secrets WHERE owner IN (SELECT id FROM entities WHERE {_LENT_BY})",
        f"DELETE FROM entities WHERE {_LENT_BY}",
        "DELETE FROM members WHERE user_id = ?",
        "DELETE FROM grants WHERE actor = 'user' AND actor_id = ?",
        "DELETE FROM ended WHERE subject = ?",
    ),
    "group": ("DELETE FROM members WHERE group_id = ?", "DELETE FROM grants WHERE actor = 'group' AND actor_id = ?"),
    "project": (
        "DELETE FROM grants WHERE target = 'project' AND target_id = ?",
        "DELETE FROM ended WHERE subject = ?",
        f"DELETE FROM secrets WHERE owner IN (SELECT id FROM entities WHERE {_LENT_FOR})",
        f"DELETE FROM entities WHERE {_LENT_FOR}",
    ),
    "domain": ("DELETE FROM grants WHERE target = 'domain' AND target_id = ?", "DELETE FROM ended WHERE subject = ?"),
    "role": (
        "DELETE FROM grants WHERE role_id = ?",
        "DELETE FROM implications WHERE prior_id = ?",
        "DELETE FROM implications WHERE implied_id = ?",
    ),
    "service": ("DELETE FROM entities WHERE kind = 'endpoint' AND json_extract(body, '$.service_id') = ?",),
    "application_credential": ("DELETE FROM secrets WHERE owner = ?",),
}
"""What goes with a thing of each kind, by its id."""


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
        statement = "INSERT INTO entities (kind, id, space, name, body) VALUES (?, ?, ?, ?, ?)"
        self._store(kind, entity, statement, (kind.name, entity["id"], *_place(kind, entity), _text(entity)))
        return entity

    def put(self, kind: Kind, entity: Entity) -> Entity:
        """Keep a changed thing.

        Raises:
            Conflict: its new name is another's.
        """
        statement = "UPDATE entities SET space = ?, name = ?, body = ? WHERE kind = ? AND id = ?"
        self._store(kind, entity, statement, (*_place(kind, entity), _text(entity), kind.name, entity["id"]))
        return entity

    def drop(self, kind: Kind, id: str) -> None:
        """Forget a thing, with all that is only there for it."""
        with self._db.writing():
            for statement in DEPENDENTS.get(kind.name, ()):
                self._db.change(statement, id)
            self._db.change("DELETE FROM entities WHERE kind = ? AND id = ?", kind.name, id)

    def _store(self, kind: Kind, entity: Entity, statement: str, values: tuple[object, ...]) -> None:
        try:
            self._db.change(statement, *values)
        except sqlite3.IntegrityError:
            space, name = _place(kind, entity)
            where = f" at domain ID {space}" if kind.space == "domain_id" and space else ""
            what = f"ID {entity['id']}" if kind.space == "id" else f"name {name}"
            raise taken(kind.called, f"Duplicate entry found with {what}{where}") from None


def _text(entity: Entity) -> str:
    return msgspec.json.encode(entity).decode()


def _place(kind: Kind, entity: Entity) -> tuple[str, str]:
    """The space that its name is unique in, and the name."""
    return str(entity.get(kind.space) or "") if kind.space else "", str(entity.get("name") or "")
