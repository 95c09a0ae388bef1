"""Rendering that remembers what it looked at, so that a change re-renders only what it touches.

Theory. A render function sees the estate through a View alone. Each look-up, a miss or an empty answer too, is filed
with the record under rendering: its trail says what it looked up, `_dependents` which records made a look-up (numbers
in an array, four bytes each). When records change, the look-ups they answer or used to answer are known: their own
key, and each index value before and after. Only the records filed there are rendered again. Hence the invariant, held
by a property test for every driver: after any changes, the rows equal those of a rendering from nothing.

What matters only in part is looked up as an Aspect: a network's name may change, and its ten thousand ports, which take
little more of it than whether it is up, are left alone.

`propose` computes a delta and changes nothing; `accept` makes it true. An entry in `_dependents` may be stale, never
missing: a stale one is dropped when it is met, or when the array has doubled.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Generic, NamedTuple, TypeVar

from cpal.core.rows import Row, RowKey
from cpal.errors import Broken
from cpal.model.estate import EMPTY, INDEXES_OF_KIND, Change, Estate
from cpal.model.record import Key, Record

R = TypeVar("R", bound=Record)
A = TypeVar("A")
LookUp = tuple[str, str]
"""What was asked: (kind, id), (aspect, id), (index, value), or (index + "?", value) for whether there is any."""


class Aspect(NamedTuple, Generic[R, A]):
    """What those who look a record up so `take` of it; `name` is that of the look-up."""

    name: str
    record_type: type[R]
    take: Callable[[R], A]


class _Answers(NamedTuple):
    """The two look-ups that an index serves, and the values under which it files a record."""

    name: str
    exists: str
    values: Callable[[Any], Iterable[str]]


_LOOK_UPS_OF_KIND = {
    kind: tuple(_Answers(name, name + "?", index.values) for name, index in indexes)
    for kind, indexes in INDEXES_OF_KIND.items()
}
"""What a record of each kind can answer."""


class View:
    """The estate as a render function sees it; `key` is of the record that it renders."""

    __slots__ = ("_aspects", "_estate", "key", "trail")

    def __init__(self, estate: Estate, aspects: dict[str, dict[str, Aspect[Any, Any]]]) -> None:
        self._estate = estate
        self._aspects = aspects
        self.key = Key("", "")
        self.trail: dict[LookUp, None] = {}

    def get(self, record_type: type[R], id: str) -> R | None:
        """The record of this type and id, or None."""
        self.trail[record_type.kind, id] = None
        return self._estate.get(record_type, id)

    def aspect(self, aspect: Aspect[R, A], id: str) -> A | None:
        """An aspect of the record with this id, or None: touched only when that changes."""
        name, record_type, take = aspect
        self.trail[name, id] = None
        if name not in self._aspects.get(record_type.kind, ()):
            self._aspects.setdefault(record_type.kind, {})[name] = aspect
        record = self._estate.get(record_type, id)
        return None if record is None else take(record)

    def find(self, index: str, value: str) -> list[Any]:
        """The records filed under `value` in the named index, by id."""
        self.trail[index, value] = None
        return self._estate.find(index, value)

    def exists(self, index: str, value: str) -> bool:
        """Whether any record is filed under `value`: touched only when that answer changes."""
        self.trail[index + "?", value] = None
        return bool(self._estate.ids(index, value))


class Rendered(NamedTuple):
    """What rendering one record gave, and what it looked up on the way."""

    rows: tuple[Row, ...]
    trail: tuple[LookUp, ...]


_new_rendered = tuple.__new__
"""Makes a Rendered at half the cost: each record that is rendered has one."""


class Delta(NamedTuple):
    """What changes when an estate is rendered: rows before and after, and the bookkeeping to accept it."""

    estate: Estate
    rows: dict[RowKey, tuple[Row | None, Row | None]]
    rendered: dict[Key, Rendered | None]


class Rendering:
    """The rows wanted of one target, kept in step with the estate. `rules` is the driver's (see core.driver)."""

    def __init__(self, render: Mapping[str, Any], singletons: Iterable[Key] = ()) -> None:
        self.render = render
        self.singletons = tuple(singletons)
        self._derived = frozenset(key.kind for key in self.singletons)
        self.estate = EMPTY
        self.rows: dict[RowKey, Row] = {}
        self._rendered: dict[Key, Rendered] = {}
        self._numbers: dict[Key, int] = {}
        self._keys: list[Key] = []
        self._dependents: dict[LookUp, array[int]] = {}
        self._asked: set[str] = set()
        self._aspects: dict[str, dict[str, Aspect[Any, Any]]] = {}
        self._limits: dict[LookUp, int] = {}

    def propose(self, estate: Estate, changes: Iterable[Change]) -> Delta:
        """What changes in the rows when the estate becomes `estate` by `changes`. Nothing is changed yet."""
        view = View(estate, self._aspects)
        rendered = {key: self._render(view, key, estate) for key in self._affected(estate, changes)}
        return Delta(estate, self._row_changes(rendered), rendered)

    def accept(self, delta: Delta) -> None:
        """Make a proposed delta true; it must be the last one proposed."""
        for row_key, (_, after) in delta.rows.items():
            if after is None:
                del self.rows[row_key]
            else:
                self.rows[row_key] = after
        for key, rendered in delta.rendered.items():
            self._file(key, rendered)
        self.estate = delta.estate

    def _affected(self, estate: Estate, changes: Iterable[Change]) -> dict[Key, None]:
        affected: dict[Key, None] = {}
        if not self._rendered:
            affected.update(dict.fromkeys(self.singletons))
            affected.update(dict.fromkeys(key for change in changes if (key := change.key)[0] in self.render))
            return affected
        touched: dict[LookUp, None] = {}
        dependents = self._dependents
        asked: dict[str, tuple[_Answers, ...]] = {}
        for change in changes:
            before, after = change
            key = change.key
            kind = key[0]
            if kind in self.render:
                affected[key] = None
            if key in dependents:
                touched[key] = None
            for name, _, take in self._aspects[kind].values() if kind in self._aspects else ():
                if (name, key[1]) in dependents and (not before or not after or take(before) != take(after)):
                    touched[name, key[1]] = None
            if kind not in asked:
                asked[kind] = self._asked_of(kind)
            for name, exists, values_of in asked[kind]:
                values = values_of(after) if after is not None else ()
                if before is not None:
                    values = (*values_of(before), *values)
                for value in values:
                    if (name, value) in dependents:
                        touched[name, value] = None
                    if (exists, value) in dependents and self._appears(estate, name, value):
                        touched[exists, value] = None
        for look_up in touched:
            affected.update(dict.fromkeys(self._live_dependents(look_up)))
        return affected

    def _asked_of(self, kind: str) -> tuple[_Answers, ...]:
        """Those look-ups a record of this kind can answer that some render function has made."""
        return tuple(each for each in _LOOK_UPS_OF_KIND[kind] if not self._asked.isdisjoint(each[:2]))

    def _appears(self, estate: Estate, name: str, value: str) -> bool:
        """Whether some record is filed there in the new estate and none in the present one, or the reverse."""
        return bool(self.estate.ids(name, value)) != bool(estate.ids(name, value))

    def _render(self, view: View, key: Key, estate: Estate) -> Rendered | None:
        kind = key[0]
        subject: Record | Key | None = key if kind in self._derived else estate.by_key(key)
        if subject is None:
            return None
        view.key, view.trail = key, {}
        rows = tuple(self.render[kind](view, subject))
        return _new_rendered(Rendered, (rows, tuple(view.trail)))

    def _row_changes(self, rendered: dict[Key, Rendered | None]) -> dict[RowKey, tuple[Row | None, Row | None]]:
        known = self._rendered
        if not known:
            return _all_new(rendered)
        changes: dict[RowKey, tuple[Row | None, Row | None]] = {
            row.key: (row, None) for key in rendered if key in known for row in known[key].rows
        }
        fresh: set[RowKey] = set()
        for result in rendered.values():
            for row in result.rows if result else ():
                row_key = row.key
                before = changes[row_key][0] if row_key in changes else None
                if row_key in fresh or (before is None and row_key in self.rows):
                    raise _rendered_twice(row)
                fresh.add(row_key)
                changes[row_key] = (before, row)
        return {row_key: pair for row_key, pair in changes.items() if pair[0] != pair[1]}

    def _file(self, key: Key, rendered: Rendered | None) -> None:
        previous = self._rendered.pop(key, None)
        if rendered is None:
            return
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self._keys)
            self._keys.append(key)
        known = previous.trail if previous else ()
        self._rendered[key] = rendered
        for look_up in rendered.trail:
            if look_up not in known:
                self._depend(look_up, number)

    def _depend(self, look_up: LookUp, number: int) -> None:
        numbers = self._dependents.get(look_up)
        if numbers is None:
            self._dependents[look_up] = array("I", (number,))
            self._asked.add(look_up[0])
            return
        numbers.append(number)
        if len(numbers) > self._limits.get(look_up, 64):
            self._live_dependents(look_up)
            self._limits[look_up] = 2 * len(self._dependents[look_up]) + 64

    def _live_dependents(self, look_up: LookUp) -> list[Key]:
        numbers = self._dependents.get(look_up)
        if numbers is None:
            return []
        live = []
        for number in dict.fromkeys(numbers):
            rendered = self._rendered.get(self._keys[number])
            if rendered is not None and look_up in rendered.trail:
                live.append(number)
        if len(live) < len(numbers):
            self._dependents[look_up] = array("I", live)
        return [self._keys[number] for number in live]


def rendered(records: Iterable[Record], render: Mapping[str, Any], singletons: Iterable[Key]) -> Mapping[RowKey, Row]:
    """The rows of an estate of these records alone."""
    changes = [Change(None, record) for record in records]
    rendering = Rendering(render, singletons)
    rendering.accept(rendering.propose(EMPTY.replace(changes), changes))
    return rendering.rows


def _all_new(rendered: Mapping[Key, Rendered | None]) -> dict[RowKey, tuple[Row | None, Row | None]]:
    """The changes of a first rendering."""
    rows = [row for result in rendered.values() if result is not None for row in result.rows]
    changes: dict[RowKey, tuple[Row | None, Row | None]] = {row.key: (None, row) for row in rows}
    if len(changes) < len(rows):
        raise _rendered_twice(next(row for row in rows if changes[row.key][1] is not row))
    return changes


def _rendered_twice(row: Row) -> Broken:
    return Broken("two records render the same row", key=str(row.key), seen=row.because)
