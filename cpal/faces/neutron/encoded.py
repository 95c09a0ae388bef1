"""Long lists at once: what is shown of a record is encoded once, and indexes say where to look.

A list of everything costs the joining of what was encoded before; only records that changed are shown anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import repeat
from operator import attrgetter, is_
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
_ID = attrgetter("id")
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


class _Whole(NamedTuple):
    """All records as they were when they were last listed."""

    records: list[Record]
    keys: list[Key]
    ages: list[Age | None]
    statuses: list[PortStatus | None]
    around: list[tuple[Record | None, ...]]
    alike: dict[tuple[str, ...], Record]
    """One of those that look the same to the policy, by how they look."""
    listed: dict[tuple[frozenset[str] | None, ...], list[msgspec.Raw]]
    """What was shown, by what is hidden of each of those that are `alike`."""


def _same(some: Sequence[object], others: Sequence[object]) -> bool:
    return len(some) == len(others) and all(map(is_, some, others))


class Encoded:
    """The encoded records of one resource."""

    def __init__(self, resource: Resource) -> None:
        self._resource = resource
        self._seen: dict[str, _Seen] = {}
        self._bodies: dict[frozenset[str], _Bodies] = {}
        self._whole: _Whole | None = None
        self._beside: dict[str, object] = {}
        """What was shown last of each thing that records refer to (`Resource.beside`), by its id."""
        self._everywhere: object = None

    def bodies(self, scene: Scene, records: Iterable[Record], judge: Judge) -> list[msgspec.Raw]:
        """What is shown of those of the records that who asks may see."""
        if not self._resource.alone:
            seen = ((record, judge.hidden(record)) for record in records)
            return [self._shown(scene, record, hidden) for record, hidden in seen if hidden is not None]
        records = list(records)
        self._forget_elsewhere(self._resource.everywhere(scene.estate))
        field, changed = self._changed(scene.estate)
        whole = self._as_before(scene, records) if not changed else None
        if whole is None:
            whole = self._whole = self._looked_at(scene, records, field, changed)
            self._forget(records)
        verdicts = {looks: judge.hidden(record) for looks, record in whole.alike.items()}
        answer = tuple(verdicts.values())
        if answer not in whole.listed:
            if len(whole.listed) >= MOST_VARIANTS:
                whole.listed.clear()
            whole.listed[answer] = self._listed(scene, records, verdicts)
        return whole.listed[answer]

    def _as_before(self, scene: Scene, records: list[Record]) -> _Whole | None:
        """What was looked at last, where all records and what is shown with them are as they were."""
        whole, look_around = self._whole, self._resource.around(scene.estate)
        if whole is None or not _same(records, whole.records):
            return None
        around = [look_around(record) for record in records] if look_around else []
        if (
            _same(list(map(scene.ages.get, whole.keys)), whole.ages)
            and _same(list(map(scene.statuses.get, map(_ID, records))), whole.statuses)
            and around == whole.around
        ):
            return whole
        return None

    def _looked_at(self, scene: Scene, records: list[Record], field: str, changed: set[str]) -> _Whole:
        """The records as they are now; those that changed, as what has to be shown anew."""
        look_around = self._resource.around(scene.estate)
        ids = list(map(_ID, records))
        seens = list(map(self._seen.get, ids))
        keys = [record.key if seen is None else seen.key for record, seen in zip(records, seens, strict=True)]
        ages, statuses = list(map(scene.ages.get, keys)), list(map(scene.statuses.get, ids))
        around = [look_around(record) for record in records] if look_around else []
        alike: dict[tuple[str, ...], Record] = {}
        for record, seen, key, age, status, beside in zip(
            records, seens, keys, ages, statuses, around or repeat(()), strict=False
        ):
            if (
                seen is None or seen.record is not record or seen.age is not age or seen.status is not status
                or seen.around != beside or (changed and getattr(record, field) in changed)
            ):  # fmt: skip
                seen = self._seen[record.id] = _Seen(key, record, age, status, looks(record), beside)
            alike.setdefault(seen.looks, record)
        return _Whole(records, keys, ages, statuses, around, alike, {})

    def _listed(
        self, scene: Scene, records: Iterable[Record], verdicts: Mapping[tuple[str, ...], frozenset[str] | None]
    ) -> list[msgspec.Raw]:
        """What is shown of records of which so much is hidden, by how they look; of those that changed, anew."""
        found = []
        of = {looks: None if hidden is None else self._of(hidden) for looks, hidden in verdicts.items()}
        for record in records:
            seen = self._seen[record.id]
            bodies = of[seen.looks]
            if bodies is not None:
                known = bodies.get(record.id)
                if known is None or known[0] is not seen:
                    known = bodies[record.id] = (seen, self._shown(scene, record, verdicts[seen.looks] or frozenset()))
                found.append(known[1])
        return found

    def _changed(self, estate: Estate) -> tuple[str, set[str]]:
        """The field by which records refer to what is shown beside them, and of what of that something else is now."""
        if self._resource.beside is None:
            return "", set()
        field, kind, value = self._resource.beside
        now = {record.id: value(record) for record in estate.all(kind)}
        before, self._beside = self._beside, now
        return field, {id for id, value in now.items() if id in before and before[id] != value}

    def _forget_elsewhere(self, everywhere: object) -> None:
        """Let go of all where what it depends on is something else."""
        if everywhere != self._everywhere:
            self._everywhere, self._whole = everywhere, None
            self._seen.clear()
            self._bodies.clear()

    def _forget(self, records: Sequence[Record]) -> None:
        """Let go of records that are not among these any more, once there are as many of them as of others."""
        stores: list[dict[str, Any]] = [self._seen, *self._bodies.values()]
        for known in stores:
            if len(known) > 2 * len(records) + SPARE:
                for id in known.keys() - set(map(_ID, records)):
                    del known[id]

    def _of(self, hidden: frozenset[str]) -> _Bodies:
        if hidden not in self._bodies and len(self._bodies) >= MOST_VARIANTS:
            del self._bodies[next(iter(self._bodies))]
        return self._bodies.setdefault(hidden, {})

    def _shown(self, scene: Scene, record: Record, hidden: frozenset[str]) -> msgspec.Raw:
        shown = self._resource.show(scene, record)
        return msgspec.Raw(_encode({key: value for key, value in shown.items() if key not in hidden}))


Filters = Mapping[str, list[str]]

_INDEX_OF: Mapping[str, str] = {
    "tenant_id": "project", "project_id": "project", "network_id": "network", "device_id": "device",
    "security_group_id": "group",
}  # fmt: skip
"""The index, by its name after the kind's, in which a filter's values are filed."""
_SHORT = {"security_group_rule": "rule"}


def candidates(estate: Estate, resource: Resource, filters: Filters) -> tuple[Iterable[Any], Filters]:
    """The records among which those that pass the filters are, and the filters that are left to be asked of them."""
    found, left = _filed(estate, resource, filters)
    for name in left.keys() & resource.sieves.keys():
        found = filter(resource.sieves[name](left[name]), found)
    if all(names := left.get("name", [])) and names and hasattr(resource.kind, "name"):
        found = [record for record in found if record.name in names]
        left = {name: values for name, values in left.items() if name != "name"}
    return found, left


def _filed(estate: Estate, resource: Resource, filters: Filters) -> tuple[Iterable[Any], Filters]:
    """The same, by what the estate files records under."""
    if "id" in filters:
        found = (resource.get(estate, id) for id in dict.fromkeys(filters["id"]))
        return [record for record in found if record is not None], filters
    kind = resource.kind.kind
    for name, index in _INDEX_OF.items():
        for prefix in (kind, _SHORT.get(kind, "")):
            if name in filters and all(filters[name]) and f"{prefix}.{index}" in INDEXES:
                field = "project_id" if name == "tenant_id" else name
                records = [record for value in filters[name]
                           for record in (*estate.find(f"{prefix}.{index}", value),
                                          *resource.implied(estate, field, value))]  # fmt: skip
                left = {other: values for other, values in filters.items() if other != name}
                return list({record.id: record for record in records}.values()), left
    return resource.every(estate), filters
