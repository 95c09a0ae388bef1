"""Long lists at once: what is shown of a record is encoded once, and indexes say where to look.

A list of everything costs the joining of what was encoded before; only records that changed are shown anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import msgspec

from cpal.core.driver import PortStatus
from cpal.engine.store import Age
from cpal.faces.neutron.permission import Judge, looks
from cpal.faces.neutron.resource import Resource
from cpal.faces.neutron.scene import Scene
from cpal.model.estate import INDEXES, Estate
from cpal.model.record import Key, Record

_encode = msgspec.json.Encoder().encode
SPARE = 100
"""How many records that are no more are kept at least: to look for them costs a look at all."""
MOST_VARIANTS = 4
"""For how many sets of hidden attributes a record's encoding is kept."""


class _Seen(NamedTuple):
    """A record as it was last looked at: all that what is shown of it depends on, and what the policy sees of it."""

    key: Key
    record: Record
    age: Age | None
    status: PortStatus | None
    looks: tuple[str, ...]
    around: tuple[Record | None, ...]


_Bodies = dict[str, tuple[_Seen, msgspec.Raw]]
"""Encodings by id, each with what it was made of."""


class Encoded:
    """The encoded records of one resource."""

    def __init__(self, resource: Resource) -> None:
        self._resource = resource
        self._seen: dict[str, _Seen] = {}
        self._bodies: dict[frozenset[str], _Bodies] = {}
        self._beside: dict[str, object] = {}
        """What was shown last of each thing that records refer to (`Resource.beside`), by its id."""

    def bodies(self, scene: Scene, records: Iterable[Record], judge: Judge) -> list[msgspec.Raw]:
        """What is shown of those of the records that who asks may see."""
        if not self._resource.alone:
            verdicts = ((record, judge.hidden(record)) for record in records)
            return [self._shown(scene, record, hidden) for record, hidden in verdicts if hidden is not None]
        found = []
        ages, statuses, all_seen = scene.ages, scene.statuses, self._seen
        field, changed = self._changed(scene.estate)
        look_around = self._resource.around(scene.estate)
        kept: dict[tuple[str, ...], tuple[frozenset[str], _Bodies] | None] = {}
        for record in records:
            id = record.id
            seen, status = all_seen.get(id), statuses.get(id)
            age = ages.get(record.key if seen is None else seen.key)
            around = look_around(record) if look_around is not None else ()
            if (
                seen is None or seen.record is not record or seen.age is not age or seen.status is not status
                or seen.around != around or (changed and getattr(record, field) in changed)
            ):  # fmt: skip
                seen = all_seen[id] = _Seen(record.key, record, age, status, looks(record), around)
            if seen.looks not in kept:
                hidden = judge.hidden(record)
                kept[seen.looks] = None if hidden is None else (hidden, self._of(hidden))
            visible = kept[seen.looks]
            if visible is not None:
                hidden, bodies = visible
                known = bodies.get(id)
                if known is None or known[0] is not seen:
                    known = bodies[id] = (seen, self._shown(scene, record, hidden))
                found.append(known[1])
        self._forget(scene.estate)
        return found

    def _changed(self, estate: Estate) -> tuple[str, set[str]]:
        """The field by which records refer to what is shown beside them, and of what of that something else is now."""
        if self._resource.beside is None:
            return "", set()
        field, kind, value = self._resource.beside
        now = {record.id: value(record) for record in estate.all(kind)}
        before, self._beside = self._beside, now
        return field, {id for id, value in now.items() if id in before and before[id] != value}

    def _forget(self, estate: Estate) -> None:
        """Let go of records that are no more, once there are as many of them as of others."""
        kind = self._resource.kind
        stores: list[dict[str, Any]] = [self._seen, *self._bodies.values()]
        for known in stores:
            if len(known) > 2 * estate.count(kind) + SPARE:
                for id in [id for id in known if estate.get(kind, id) is None]:
                    del known[id]

    def _of(self, hidden: frozenset[str]) -> _Bodies:
        if hidden not in self._bodies and len(self._bodies) >= MOST_VARIANTS:
            del self._bodies[next(iter(self._bodies))]
        return self._bodies.setdefault(hidden, {})

    def _shown(self, scene: Scene, record: Record, hidden: frozenset[str]) -> msgspec.Raw:
        shown = self._resource.show(scene, record)
        return msgspec.Raw(_encode({key: value for key, value in shown.items() if key not in hidden}))


_INDEX_OF: Mapping[str, str] = {
    "tenant_id": "project", "project_id": "project", "network_id": "network", "device_id": "device",
    "security_group_id": "group",
}  # fmt: skip
"""The index, by its name after the kind's, in which a filter's values are filed."""
_SHORT = {"security_group_rule": "rule"}


def candidates(estate: Estate, resource: Resource, filters: Mapping[str, list[str]]) -> Iterable[Any]:
    """The records among which those that pass the filters are."""
    if "id" in filters:
        found = (resource.get(estate, id) for id in dict.fromkeys(filters["id"]))
        return [record for record in found if record is not None]
    kind = resource.kind.kind
    for name, index in _INDEX_OF.items():
        for prefix in (kind, _SHORT.get(kind, "")):
            if name in filters and all(filters[name]) and f"{prefix}.{index}" in INDEXES:
                records = [record for value in filters[name] for record in estate.find(f"{prefix}.{index}", value)]
                return list({record.id: record for record in records}.values())
    return resource.every(estate)
