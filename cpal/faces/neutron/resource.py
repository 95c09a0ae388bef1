"""A resource: its name, its attributes, and how its records are shown, made, changed and deleted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from itertools import chain
from typing import Any, NamedTuple, Protocol

from cpal.faces.neutron.attribute import UNSET, Attributes
from cpal.faces.neutron.fault import bad_request
from cpal.faces.neutron.listing import Shown
from cpal.faces.neutron.scene import Scene
from cpal.model.estate import Estate
from cpal.model.part_of import PART_OF, PartOf
from cpal.model.record import Record

Values = Mapping[str, Any]
MOST_TAGS = 50
"""How many tags a member of a collection may have. Source: extension standard-attr-tag."""


Around = Callable[[Any], tuple[Record | None, ...]]
"""Of a record, the others on which it depends what is shown of it."""


class Implied(Protocol):
    """What gives all of the records that others imply; or of these, quickly, those with a value in a field."""

    def __call__(self, estate: Estate, field: str = "", value: str = "") -> Iterable[Record]:
        """Those of an estate."""


def each_of(all: Callable[[Estate], Iterable[Record]]) -> Implied:
    """What looks at every one for those with a value in a field."""

    def implied(estate: Estate, field: str = "", value: str = "") -> Iterable[Record]:
        return (each for each in all(estate) if not field or getattr(each, field) == value)

    return implied


class LostMarker(Enum):
    """What a page is behind a marker that is not there, or not for who asks. Source: neutron 29.0.0, asked."""

    FIRST = "the first page"
    EMPTY = "an empty page"
    MISSING = "none: it is not found"


class Bulk(Enum):
    """What becomes of a body with several of a resource to be made. Source: neutron 29.0.0, asked."""

    MADE = "they are made"
    REFUSED = "it is refused"
    UNKNOWN = "nothing: the name for several is not looked for"


class Dropped(NamedTuple):
    """What a DELETE does: the records that go, and others that change with it."""

    gone: Sequence[Record]
    changed: Sequence[Record] = ()


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource of the API.

    `noun` is its name in messages. `make` gives the records that a POST makes, the resource's own first; `change` those
    that a PUT gives; `drop` what goes with a DELETE, itself included. All three decide on the scene's estate
    and raise ApiFault where it cannot be. `filters` compare what no attribute says.
    """

    name: str
    """In bodies, and in the names of the policy's rules."""
    collection: str
    noun: str
    kind: type[Record]
    attributes: Attributes
    show: Callable[[Scene, Any], Shown]
    make: Callable[[Scene, str, Values], Iterable[Record]]
    change: Callable[[Scene, Any, Values], Iterable[Record]]
    drop: Callable[[Scene, Any], Dropped]
    filters: Mapping[str, Callable[[Shown, list[str]], bool]] = field(default_factory=dict)
    sieves: Mapping[str, Callable[[list[str]], Callable[[Any], bool]]] = field(default_factory=dict)
    """By filter, what holds of every record that passes it, and is sooner asked than what is shown is made."""
    exists: Callable[[Any], bool] = lambda record: True
    """Whether a record of the kind is one of these."""
    draws_vni: bool = False
    alone: bool = False
    """Whether what is shown of a record depends on it, its age, its status, and what is `beside` it, `around` it and
    `everywhere` alone."""
    beside: tuple[str, type[Record], Callable[[Any], object]] | None = None
    """A field, the type of record that it refers to, and what of that is shown."""
    around: Callable[[Estate], Around | None] = lambda estate: None
    """What tells of a record which others it depends on what is shown of it; None where there are none."""
    everywhere: Callable[[Estate], object] = lambda estate: None
    """What it depends on what is shown of all of them."""
    in_turn: bool = False
    """Whether what one of several made at once gets depends on those before it."""
    left: Callable[[Scene, Any, Values], Iterable[Record]] = lambda scene, record, values: ()
    """What goes when a record changes so."""
    implied: Implied = lambda estate, field="", value="": ()
    """Further ones that the estate holds no records of: other records imply them."""
    kept: Callable[[Estate, Any], Record] = lambda estate, record: record
    """What the estate is to hold of one that is changed."""
    lost_marker: LostMarker = LostMarker.FIRST
    answer: Callable[[Scene, Any], Shown] | None = None
    """What is shown to who makes or changes one, where it is not what others are shown."""
    bulk: Bulk = Bulk.MADE
    together: Callable[[Sequence[Values]], None] = lambda given: None
    """Refuses what may not be made in one request, though each for itself."""
    prefix: str = ""
    """What stands before the collection in its path."""
    single: bool = False
    """Whether one is found by its id alone: they are neither listed nor made there."""
    parent: Resource | None = None
    """The resource that these are parts of: their path goes on from one of those."""
    of_parent: str = ""
    """What joins its id to its parent's in messages."""
    parent_id: str = ""
    """The one whose parts are meant, where a request says which."""
    invisible: frozenset[str] = field(init=False)
    """The attributes that no answer has."""

    def __post_init__(self) -> None:
        invisible = frozenset(name for name, each in self.attributes.items() if not each.visible)
        object.__setattr__(self, "invisible", invisible)  # the way of frozen dataclasses to keep what follows

    @property
    def path(self) -> str:
        """Where they are: `networks`, `qos/policies`; of parts, below what they are part of."""
        before = f"{self.parent.path}/{self.parent_id}" if self.parent else self.prefix
        return f"{before}/{self.collection}" if before else self.collection

    @property
    def policy_name(self) -> str:
        """What the rules of the policy call it: `network`, `policy_bandwidth_limit_rule`."""
        return f"{self.parent.name}_{self.name}" if self.parent else self.name

    @property
    def part(self) -> PartOf:
        """How a part's record refers to what it is part of."""
        return PART_OF[self.kind.kind]

    def named(self, id: str) -> str:
        """One of these in messages."""
        return f"{id} {self.of_parent} {self.parent_id}" if self.of_parent else id

    def within(self, parent_id: str) -> Resource:
        """The parts of one thing."""
        return replace(self, parent_id=parent_id)

    def every(self, estate: Estate) -> Iterator[Any]:
        """All of them, in no particular order."""
        if self.parent:
            return iter(estate.find(self.part.filed, self.parent_id))
        return chain(filter(self.exists, estate.all(self.kind)), self.implied(estate))

    def get(self, estate: Estate, id: str) -> Any:
        """The one with this id, or None."""
        found = estate.get(self.kind, id)
        if found is not None and not self.exists(found):
            return None
        if self.parent:
            return found if found is not None and getattr(found, self.part.field) == self.parent_id else None
        return found if found is not None else next(iter(self.implied(estate, "id", id)), None)


def kept_tags(collection: str, tags: Iterable[str]) -> tuple[str, ...]:
    """The tags of a member of a collection as they are kept: each once, in order.

    Raises:
        ApiFault: they are too many.
    """
    found = tuple(sorted({*tags}))
    if len(found) > MOST_TAGS:
        what = f"The number of tags exceed the per-resource limit of {MOST_TAGS}"
        raise bad_request(f"Bad {collection.replace('-', '_')} request: {what}.", "BadRequest")
    return found


def sent(values: Values, *names: str) -> dict[str, Any]:
    """Those of the attributes that have a value."""
    return {name: values[name] for name in names if values.get(name, UNSET) is not UNSET}
