"""What switches have, as documents that declare it, as far as cpal has words for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import uuid4

from msgspec.structs import replace

from cpal.engine.run import Engine
from cpal.engine.switches import asked_for, read
from cpal.errors import Conflict
from cpal.faces.documents.reading import DEFAULT_PROJECT
from cpal.faces.documents.writing import dump
from cpal.model.estate import Change
from cpal.model.record import IMPLIED
from cpal.model.target import Project


class Taken(NamedTuple):
    """The document that declares what switches of a target have, and sentences on what it cannot say."""

    document: str
    left_out: list[str]
    target: str


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
    project = project or Project(id=str(uuid4()), name=DEFAULT_PROJECT, stack=IMPLIED)
    own = {"project_id": project.id, "stack": stack}
    read_of = await read((await engine.site(asked.target)).backend, asked, own, engine.estate)
    target = replace(read_of.target, stack=stack) if asked.is_new else asked.target
    declared = [record for record in (project, target) if engine.estate.by_key(record.key) is None]
    after = engine.estate.replace([Change(None, record) for record in (*declared, *read_of.records)])
    return Taken(dump(after, stack), read_of.left_out, asked.target.name)
