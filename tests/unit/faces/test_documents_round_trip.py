"""Documents written of an estate declare that estate again: applying them changes nothing."""

from __future__ import annotations

from hypothesis import given
from msgspec.structs import replace

from cpal.core.complete import complete
from cpal.core.stack import stack_changes
from cpal.faces.documents import declare, dump, parse
from cpal.model.check import check
from cpal.model.estate import EMPTY, Change, Estate
from cpal.model.record import IMPLIED, Record
from cpal.model.target import Placement, Project
from tests.support.estates import valid_estates
from tests.support.world import NAMESPACE

ADMIN = "admin-stack"


def stacked(estate: Estate) -> Estate:
    """The estate as if documents had made it: every record of its project's stack, projects implied."""
    names = {project.id: project.name for project in estate.all(Project)}

    def owned(record: Record) -> Record:
        stack = IMPLIED if isinstance(record, Project) else names.get(record.project_id, ADMIN)
        return replace(record, stack=stack)

    declared = [owned(record) for record in estate.records() if not isinstance(record, Placement)]
    return EMPTY.replace(Change(None, record) for record in complete(declared, EMPTY))


@given(valid_estates())
def test_applying_what_was_written_of_an_estate_changes_nothing(estate: Estate) -> None:
    estate = stacked(estate)
    declaration = declare(parse({"dump": dump(estate)}), estate, NAMESPACE)
    assert stack_changes(declaration.records, declaration.stacks, estate) == []


@given(valid_estates())
def test_what_was_written_of_an_estate_declares_its_like_in_an_empty_one(estate: Estate) -> None:
    text = dump(stacked(estate))
    declaration = declare(parse({"dump": text}), EMPTY, NAMESPACE)
    like = EMPTY.replace(stack_changes(declaration.records, declaration.stacks, EMPTY))
    assert check(like) == ()
    assert dump(like) == text


@given(valid_estates())
def test_a_project_is_written_alone(estate: Estate) -> None:
    estate = stacked(estate)
    declaration = declare(parse({"dump": dump(estate, project="red")}), estate, NAMESPACE)
    assert set(declaration.stacks) <= {"red"}
    assert stack_changes(declaration.records, declaration.stacks, estate) == []
