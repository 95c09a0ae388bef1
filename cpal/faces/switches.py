"""What switches have, as documents that declare it, as far as cpal has words for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import uuid4

from cpal.engine.run import Engine
from cpal.engine.switches import asked_for, read
from cpal.engine.taken_together import whole
from cpal.errors import Conflict
from cpal.faces.documents.reading import DEFAULT_PROJECT
from cpal.faces.documents.writing import dump
from cpal.model.estate import Change
from cpal.model.record import IMPLIED
from cpal.model.target import Project


class Taken(NamedTuple):
    """The document that declares what switches have, sentences on what it cannot say, and their targets' names."""

    document: str
    left_out: list[str]
    targets: frozenset[str]


async def taken_from(engine: Engine, words: Sequence[str], stack: str) -> Taken:
    """What switches have and is not declared yet, as a stack.

    Raises:
        NotFound, Invalid, Conflict: see `engine.switches.asked_for`.
        Unsupported: a make that is only read.
        Unreachable, TimedOut, Unauthenticated: a switch does not answer.
    """
    if any(record.stack == stack for record in engine.estate.records()):
        raise Conflict("there is a stack of this name", key=stack, remedy="write to another file")
    asked = asked_for(words, engine.estate)
    project = next((each for each in engine.estate.all(Project) if each.name == DEFAULT_PROJECT), None)
    before = engine.estate
    if project is None:
        project = Project(id=str(uuid4()), name=DEFAULT_PROJECT, stack=IMPLIED)
        before = before.replace([Change(None, project)])
    reads = [await read((await engine.sites.of(each.target)).backend, each) for each in asked]
    found = whole(reads, {"project_id": project.id, "stack": stack}, before)
    return Taken(dump(found.estate, stack), found.left_out, frozenset(each.target.name for each in asked))
