"""An estate of which not all is known, as checks look at it: they hear of no fault that may not be one.

What is known to be wrong, or could not be read, is not known. Checks see UNKNOWN in its place (`unknown.py`), and where
they conclude from something not being there that might be, NotKnown is raised.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from cpal.errors import Fault
from cpal.model.claims import claims_of
from cpal.model.estate import INDEXES_OF_KIND, KINDS, Bucket, Estate, Index, R
from cpal.model.network import Subnet
from cpal.model.record import Claim, Key, Record
from cpal.model.unknown import UNKNOWN, NotKnown, without


class Unread(Protocol):
    """What was written and could not be read."""

    def may_hold(self, index: str, words: Iterable[str]) -> bool:
        """Whether it may declare a record filed in the index under a value that people call by one of the words.

        In place of an index a kind may be named, and no words: whether any record of the kind may be declared.
        """


@dataclass(frozen=True, slots=True)
class Doubts:
    """What is not known of an estate."""

    partly: Mapping[Key, Record] = field(default_factory=dict)
    """Records of it, as far as they are known, by key."""
    going: tuple[Record, ...] = ()
    """Records that are no longer in it, and may have to be after all."""
    unread: Unread | None = None
    """What may declare further records."""

    def __bool__(self) -> bool:
        return bool(self.partly or self.going or self.unread)

    def with_faulty(self, faults: Iterable[Fault], estate: Estate) -> Doubts:
        """The same, and what is faulty in the estate is not known either."""
        partly = dict(self.partly)
        for fault in faults:
            key = Key(*fault.record) if fault.record else None
            record = partly.get(key) or estate.by_key(key) if key else None
            if key is not None and record is not None and fault.field in record.__struct_fields__:
                partly[key] = without(record, fault.field)
        return replace(self, partly=partly) if partly else self

    def about(self, fault: Fault) -> bool:
        """Whether the fault is at a field that is not known."""
        record = self.partly.get(Key(*fault.record)) if fault.record else None
        return record is not None and getattr(record, fault.field, None) is UNKNOWN


SURE = Doubts()
"""Everything is known."""


def as_known(estate: Estate, doubts: Doubts) -> Estate:
    """The estate as far as it is known."""
    return PartlyKnown(estate, doubts) if doubts else estate


class PartlyKnown(Estate):
    """An estate that raises NotKnown where it would have to say what is not known."""

    __slots__ = ("_claimed", "_filed", "_going", "_known", "_unread", "_unsure")

    def __init__(self, estate: Estate, doubts: Doubts) -> None:
        super().__init__(estate._records, estate._indexes, estate._claims, estate.revision, estate.collisions)
        self._known = doubts.partly
        self._unsure = {name for record in self._known.values() for name in _unsure_indexes(record)}
        self._unread = doubts.unread
        self._going = {record.key for record in doubts.going}
        self._claimed = {claim for record in doubts.going for claim in claims_of(record)}
        self._filed = {(name, value) for r in doubts.going for name, index in _indexes(r) for value in index.values(r)}

    def get(self, record_type: type[R], id: str) -> R | None:
        """The record as far as it is known, or None."""
        found: Any = self.by_key(Key(record_type.kind, id))
        return found  # type: ignore[no-any-return]  # the key says its type

    def by_key(self, key: Key) -> Record | None:
        """The record as far as it is known, or None."""
        if key in self._going:
            raise NotKnown
        return self._known.get(key) or super().by_key(key)

    def all(self, record_type: type[R]) -> Iterator[R]:
        """Every record of the type, as far as they are known."""
        found: Iterator[Any] = (self._known.get(record.key, record) for record in super().all(record_type))
        return found

    def ids(self, index: str, value: str) -> Bucket:
        """The ids that are known to be filed under `value`; none, only where it is known that there are none."""
        found = super().ids(index, value)
        if not found:
            self.nothing_more(index, value)
        return found

    def find(self, index: str, value: str) -> list[Any]:
        """The records that are known to be filed under `value`; none, only where it is known that there are none."""
        found = super().find(index, value)
        if not found:
            self.nothing_more(index, value)
        return [self._known.get(record.key, record) for record in found]

    def holder(self, claim: Claim) -> Key | None:
        """Who holds a claim, or None."""
        found = super().holder(claim)
        if found is None and claim in self._claimed:
            raise NotKnown
        return found

    def nothing_more(self, index: str, value: str) -> None:
        """Raise NotKnown if further records may be filed under `value`."""
        if index in self._unsure or (index, value) in self._filed:
            raise NotKnown
        if self._unread is not None and self._unread.may_hold(index, list(self._words(value))):
            raise NotKnown

    def no_others(self, record_type: type[Record]) -> None:
        """Raise NotKnown if there may be other records of the type."""
        tag = record_type.kind
        if any(key.kind == tag for key in self._going) or (self._unread and self._unread.may_hold(tag, ())):
            raise NotKnown

    def _words(self, value: str) -> Iterator[str]:
        """What people call by a value: a name, or that of the record whose id it is; of a subnet, its network's too."""
        yield value
        for kind in KINDS:
            record = super().by_key(Key(kind, value))
            around = super().by_key(Key("network", record.network_id)) if isinstance(record, Subnet) else None
            yield from (each.name for each in (record, around) if each is not None)


def _indexes(record: Record) -> tuple[tuple[str, Index], ...]:
    return INDEXES_OF_KIND[record.kind]


def _unsure_indexes(record: Record) -> Iterator[str]:
    """The indexes in which it is not known where the record is filed."""
    for name, index in _indexes(record):
        try:
            for value in index.values(record):
                hash(value)
        except NotKnown:
            yield name
