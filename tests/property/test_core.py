"""What core promises of any estate: completion decides once, an estate equals one built anew, the log is exact."""

from __future__ import annotations

import random
from collections.abc import Sequence

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from cpal.core.complete import complete
from cpal.core.plan import changed_fields
from cpal.core.stack import stack_changes
from cpal.engine.history import undo_changes
from cpal.errors import Faults
from cpal.model.check import check
from cpal.model.estate import EMPTY, INDEXES, KINDS, Change, Estate
from cpal.model.network import FixedIP, Network, Port, Subnet
from cpal.model.record import Record
from cpal.model.router import FloatingIP
from cpal.model.target import Placement, Target
from tests.support.estates import estate_changes, valid_estates

DRAWN = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
TARGET = Target(id="6c1d6b5e-0000-4000-8000-000000000001", name="dc", driver="ovn")


def undecided(record: Record) -> Record:
    """The record with what completion can decide left out."""
    if isinstance(record, Network) and not record.physical_network:
        return replace(record, network_type="", segmentation_id=None, mtu=0)
    if isinstance(record, Subnet):
        return replace(record, allocation_pools=None)
    if isinstance(record, Port):
        fixed = tuple(FixedIP(ip.subnet_id) for ip in record.fixed_ips or ())
        keep = record.device_owner.startswith("network:")
        return replace(record, mac_address="", fixed_ips=record.fixed_ips if keep else fixed)
    if isinstance(record, FloatingIP):
        return replace(record, floating_ip_address="")
    return record


def declarations(estate: Estate) -> list[Record]:
    """What a person might have declared to get an estate like this one."""
    return [TARGET, *(undecided(r) for r in estate.records() if not isinstance(r, Placement))]


def from_nothing(records: Sequence[Record]) -> Estate:
    return EMPTY.replace(Change(None, record) for record in records)


@DRAWN
@given(estate=valid_estates(), seed=st.integers())
def test_completion_does_not_depend_on_the_order_of_declaration(estate: Estate, seed: int) -> None:
    declared = declarations(estate)
    shuffled = random.Random(seed).sample(declared, len(declared))
    assert from_nothing(complete(declared, EMPTY)).changes_to(from_nothing(complete(shuffled, EMPTY))) == []


@DRAWN
@given(estate=valid_estates())
def test_completed_records_are_a_valid_estate_and_completing_again_changes_nothing(estate: Estate) -> None:
    declared = declarations(estate)
    completed = from_nothing(complete(declared, EMPTY))
    assert [fault for fault in check(completed) if "not completed" in fault.problem] == []
    assert completed.collisions == ()
    assert completed.changes_to(completed.replace(_changes(complete(declared, completed), completed))) == []


@DRAWN
@given(data=st.data())
def test_what_was_decided_stays_when_other_things_come(data: st.DataObject) -> None:
    first = declarations(data.draw(valid_estates()))
    before = from_nothing(complete(first, EMPTY))
    more = {record.key: record for record in [*first, *declarations(data.draw(valid_estates()))]}
    kept = [*more.values()]
    after = before.replace(_changes(complete(kept, before), before))
    for record in first:
        was, now = before.by_key(record.key), after.by_key(record.key)
        assert was is not None
        assert now is not None
        asked = changed_fields(record, more[record.key])
        decided = {"segmentation_id", "mac_address"} & set(changed_fields(was, now))
        assert not decided - set(asked), (was, now)


@DRAWN
@given(data=st.data())
def test_an_estate_reached_by_changes_equals_one_built_from_nothing(data: st.DataObject) -> None:
    before = data.draw(valid_estates())
    changes = data.draw(estate_changes(before))
    after = before.replace(changes)
    anew = from_nothing(list(after.records()))
    assert after.changes_to(anew) == []
    for kind in KINDS.values():
        assert after.count(kind) == anew.count(kind)
    for name, index in INDEXES.items():
        values = {value for record in anew.all(KINDS[index.kind]) for value in index.values(record)}
        values |= {value for record in before.all(KINDS[index.kind]) for value in index.values(record)}
        assert all(sorted(after.ids(name, value)) == sorted(anew.ids(name, value)) for value in values)
    assert dict(after.claims()) == dict(anew.claims())


@DRAWN
@given(data=st.data())
def test_changes_there_and_back_give_the_same_estate(data: st.DataObject) -> None:
    before, after = data.draw(valid_estates()), data.draw(valid_estates())
    there = before.replace(before.changes_to(after))
    assert there.changes_to(after) == []
    assert there.replace(there.changes_to(before)).changes_to(before) == []


@DRAWN
@given(data=st.data())
def test_a_stack_creates_changes_and_deletes_only_its_own(data: st.DataObject) -> None:
    first, second = (declarations(data.draw(valid_estates())) for _ in range(2))
    ours = [replace(record, stack="ours") for record in first]
    names = {(record.kind, record.name) for record in ours}
    theirs = [
        replace(r, stack="theirs")
        for r in second
        if r.key not in {o.key for o in ours} and (r.kind, r.name) not in names
    ]
    estate = EMPTY.replace(stack_changes(ours, ["ours"], EMPTY))
    estate = estate.replace(stack_changes(theirs, ["theirs"], estate))
    for left in ([], ours[: len(ours) // 2]):
        changes = stack_changes(left, ["ours"], estate)
        assert all(record.stack != "theirs" for change in changes for record in change if record is not None)
    gone = estate.replace(stack_changes([], ["theirs"], estate).__iter__())
    assert all(record.stack != "theirs" for record in gone.records())
    assert stack_changes(ours, ["ours"], gone) == []


@DRAWN
@given(data=st.data())
def test_undo_takes_back_exactly_or_says_what_stands_in_the_way(data: st.DataObject) -> None:
    first = data.draw(valid_estates())
    done = data.draw(estate_changes(first))
    second = first.replace(done)
    assert second.replace(undo_changes(done, second)).changes_to(first) == []
    later = data.draw(estate_changes(second))
    third = second.replace(later)
    try:
        undone = third.replace(undo_changes(done, third))
    except Faults:
        return
    touched = {change.key for change in later}
    for change in done:
        if change.key not in touched:
            assert undone.by_key(change.key) == change.before


def _changes(records: Sequence[Record], estate: Estate) -> list[Change]:
    pairs = [Change(estate.by_key(record.key), record) for record in records]
    return [change for change in pairs if change.before != change.after]
