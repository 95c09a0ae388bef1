"""A resource: its name, its attributes, and how its records are shown, made, changed and deleted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, NamedTuple

from cpal.faces.neutron.attribute import UNSET, Attributes
from cpal.faces.neutron.listing import Shown
from cpal.faces.neutron.scene import Scene
from cpal.model.estate import Estate
from cpal.model.record import Record

Values = Mapping[str, Any]


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
    collection: str
    noun: str
    kind: type[Record]
    attributes: Attributes
    show: Callable[[Scene, Any], Shown]
    make: Callable[[Scene, str, Values], Iterable[Record]]
    change: Callable[[Scene, Any, Values], Iterable[Record]]
    drop: Callable[[Scene, Any], Dropped]
    filters: Mapping[str, Callable[[Shown, list[str]], bool]] = field(default_factory=dict)
    exists: Callable[[Record], bool] = lambda record: True
    """Whether a record of the kind is one of these."""
    draws_vni: bool = False
    alone: bool = False
    """Whether what is shown of a record depends on it, its age and its status alone."""
    in_turn: bool = False
    """Whether what one of several made at once gets depends on those before it."""
    left: Callable[[Scene, Any, Values], Iterable[Record]] = lambda scene, record, values: ()
    """What goes when a record changes so."""
    implied: Callable[[Estate], Iterable[Record]] = lambda estate: ()
    """Further ones that the estate holds no records of: other records imply them."""

    def every(self, estate: Estate) -> Iterator[Any]:
        """All of them, in no particular order."""
        return chain(estate.all(self.kind), self.implied(estate))

    def get(self, estate: Estate, id: str) -> Any:
        """The one with this id, or None."""
        found = estate.get(self.kind, id)
        return found if found is not None else next((each for each in self.implied(estate) if each.id == id), None)


def sent(values: Values, *names: str) -> dict[str, Any]:
    """Those of the attributes that have a value."""
    return {name: values[name] for name in names if values.get(name, UNSET) is not UNSET}
