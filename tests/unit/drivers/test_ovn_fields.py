"""No setting is dropped in silence: every field of the model is rendered, refused, or has no rows for a reason."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from cpal.core.plan import changed_fields
from cpal.drivers.ovn.backend import RULES
from cpal.model.check import check
from cpal.model.estate import KINDS, RECORD_TYPES, Change, Estate
from cpal.model.record import Part, Record
from cpal.model.target import Target
from tests.conformance.wanted import contents, wanted
from tests.unit.drivers.ovn_fields import EVERYWHERE, FIELDS, Account, NoRows, Refused, Rendered, city

CITY = city().estate()
ROWS = contents(wanted(RULES, CITY))
NEVER = {limit.kind for limit in RULES.capability.limits if limit.never}
"""Kinds that OVN refuses whole."""
HELD = [cls for cls in RECORD_TYPES if cls.kind not in NEVER]


def parts() -> set[type[Part]]:
    """The types of parts that records hold."""
    return {cls for cls in Part.__subclasses__() if cls.__module__.startswith("cpal.model.") and cls is not Record}


def accounts(kind: type[Account]) -> Iterator[Any]:
    """Type, field and account of each account of a kind, as parameters of a test."""
    for cls, fields in FIELDS.items():
        every = EVERYWHERE if issubclass(cls, Record) else {}
        for field, found in {**every, **fields}.items():
            for number, account in enumerate([found] if isinstance(found, Rendered | Refused | NoRows) else found):
                if isinstance(account, kind):
                    yield pytest.param(cls, field, account, id=f"{cls.__name__}.{field}{number or ''}")


def subject(kind: type[Record], name: str) -> Record:
    """The record of this name; without one, any of its type."""
    records = sorted(CITY.all(kind), key=lambda record: record.id)
    return next(record for record in records if name in ("", record.name))


def with_record(estate: Estate, record: Record) -> Estate:
    """The estate with this record in place of the one with its key."""
    return estate.replace([Change(estate.by_key(record.key), record)])


def test_the_city_is_valid_and_nothing_of_it_is_refused() -> None:
    assert check(CITY) == ()
    assert [found for record in CITY.records() for found in refused(record)] == []
    assert {record.kind for record in CITY.records()} == set(KINDS) - NEVER


def refused(record: Record) -> list[str]:
    """The fields of a record that OVN cannot hold as they are."""
    (target,) = CITY.all(Target)
    refuse = RULES.capability.refuse.get(record.kind)
    asked = record if isinstance(record, Target) else target
    return [cannot.field for cannot in refuse(asked, record)] if refuse else []


@pytest.mark.parametrize("cls", [*HELD, *sorted(parts(), key=lambda cls: cls.__name__)])
def test_every_field_is_accounted_for(cls: type[Part]) -> None:
    everywhere = {"id", *EVERYWHERE} if issubclass(cls, Record) else set()
    assert sorted({*everywhere, *FIELDS[cls]}) == sorted(cls.__struct_fields__)
    assert not everywhere & set(FIELDS[cls])


@pytest.mark.parametrize(("cls", "field", "account"), list(accounts(Rendered)))
def test_a_rendered_field_changes_the_rows(cls: type[Part], field: str, account: Rendered) -> None:
    kind = account.kind or cls
    assert issubclass(kind, Record)
    outer = account.within or field
    before = replace(subject(kind, account.of), **account.given)
    after = replace(before, **{outer: account.value})
    assert changed_fields(before, after) == [outer]
    if account.within:
        assert part_fields(getattr(before, outer), account.value) == [field]
    estate = with_record(CITY, after)
    assert check(estate) == ()
    assert refused(after) == []
    assert contents(wanted(RULES, with_record(CITY, before))) != contents(wanted(RULES, estate))


def part_fields(before: Any, after: Any) -> list[str]:
    """The fields in which two parts, or the one part of two tuples, differ."""
    [(one, other)] = zip(before, after, strict=True) if isinstance(before, tuple) else [(before, after)]
    return changed_fields(one, other)


@pytest.mark.parametrize(("cls", "field", "account"), list(accounts(Refused)))
def test_a_refused_value_is_refused_at_its_field(cls: type[Record], field: str, account: Refused) -> None:
    record = replace(subject(cls, account.of), **account.given)
    assert refused(replace(record, **{field: account.value})) == [field]


@pytest.mark.parametrize(("cls", "field", "account"), list(accounts(NoRows)))
def test_a_field_without_rows_changes_none_and_says_why(cls: type[Part], field: str, account: NoRows) -> None:
    assert account.reason
    if issubclass(cls, Record):
        record = subject(cls, account.of)
        changed = replace(record, **{field: account.value})
        assert changed != record
        assert contents(wanted(RULES, with_record(CITY, changed))) == ROWS
