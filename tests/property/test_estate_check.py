"""Checking a change is as strict as checking the whole estate, and costs no more than what the change touches."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cpal.model.check import check, check_changes, every_fault_of, faults_of
from cpal.model.estate import EMPTY, Change, Estate
from tests.support.estates import edits, estate_changes, settle, valid_estates

DRAWN = settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@DRAWN
@given(data=st.data())
def test_a_change_to_a_valid_estate_is_faulty_exactly_when_the_estate_after_it_is(data: st.DataObject) -> None:
    before = data.draw(valid_estates())
    wanted = EMPTY.replace(Change(None, record) for record in data.draw(edits(before)).values())
    changes = before.changes_to(wanted)
    after = before.replace(changes)
    whole, part = check(after), check_changes(after, changes)
    assert bool(whole) == bool(part), (whole, part)
    for fault in part:
        assert fault in whole or fault.cause == "referenced"


@DRAWN
@given(data=st.data())
def test_a_valid_change_is_found_valid(data: st.DataObject) -> None:
    before = data.draw(valid_estates())
    changes = data.draw(estate_changes(before))
    after = before.replace(changes)
    assert check_changes(after, changes) == ()
    assert check(after) == ()


@DRAWN
@given(data=st.data())
def test_an_estate_made_in_one_change_is_checked_whole(data: st.DataObject) -> None:
    records = data.draw(edits(data.draw(valid_estates())))
    changes = [Change(None, record) for record in records.values()]
    estate = EMPTY.replace(changes)
    assert bool(check_changes(estate, changes)) == bool(check(estate))


@DRAWN
@given(data=st.data())
def test_every_fault_says_which_record_what_is_wrong_and_what_would_be_right(data: st.DataObject) -> None:
    records = data.draw(edits(data.draw(valid_estates())))
    estate = EMPTY.replace(Change(None, record) for record in records.values())
    for fault in check(estate):
        assert fault.key
        assert fault.problem
        assert fault.remedy
        assert fault.record is not None
        assert fault.record[1] in {record.id for record in estate.records()}
    assert isinstance(settle(records), Estate)


@DRAWN
@given(data=st.data())
def test_a_glance_at_a_record_finds_no_less_than_every_check(data: st.DataObject) -> None:
    records = data.draw(edits(data.draw(valid_estates())))
    estate = EMPTY.replace(Change(None, record) for record in records.values())
    for record in estate.records():
        assert list(faults_of(estate, record)) == list(every_fault_of(estate, record))
