"""Long lists at once: what is shown of a record is encoded once, and indexes say where to look.

A list of everything costs the joining of what was encoded before; only records that changed are shown anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import msgspec

from cpal.core.driver import PortStatus
from cpal.engine.store import Age
from cpal.faces.neutron.permission import Judge
from cpal.faces.neutron.resource import Resource
from cpal.faces.neutron.scene import Scene
from cpal.model.estate import INDEXES, Estate
from cpal.model.record import Record

_encode = msgspec.json.Encoder().encode
SPARE = 100
"""How many records that are no more are kept at least: to look for them costs a look at all."""
MOST_VARIANTS = 4
"""For how many sets of hidden attributes a record's encoding is kept."""


class _Body(NamedTuple):
    record: Record
    age: Age | None
    status: PortStatus | None
    raw: msgspec.Raw


class Encoded:
    """The encoded records of one resource."""

    def __init__(self, resource: Resource) -> None:
        self._resource = resource
        self._bodies: dict[frozenset[str], dict[str, _Body]] = {}

    def bodies(self, scene: Scene, records: Iterable[Record], judge: Judge) -> list[msgspec.Raw]:
        """What is shown of those of the records that who asks may see."""
        found = []
        ages, statuses, alone = scene.ages, scene.statuses, self._resource.alone
        for record in records:
            hidden = judge.hidden(record)
            if hidden is None:
                continue
            if not alone:
                found.append(self._shown(scene, record, hidden))
                continue
            bodies, id = self._of(hidden), record.id
            known, age, status = bodies.get(id), ages.get(record.key), statuses.get(id)
            if known is None or known.record is not record or known.age is not age or known.status is not status:
                known = bodies[id] = _Body(record, age, status, self._shown(scene, record, hidden))
            found.append(known.raw)
        self._forget(scene.estate)
        return found

    def _forget(self, estate: Estate) -> None:
        """Let go of records that are no more, once there are as many of them as of others."""
        kind = self._resource.kind
        for known in self._bodies.values():
            if len(known) > 2 * estate.count(kind) + SPARE:
                for id in [id for id in known if estate.get(kind, id) is None]:
                    del known[id]

    def _of(self, hidden: frozenset[str]) -> dict[str, _Body]:
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
