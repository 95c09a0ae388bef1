"""What switches have, as documents that declare it, as far as cpal has words for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import uuid4

from cpal.engine.released import release_changes
from cpal.engine.run import Engine
from cpal.engine.switches import asked_for, matching, read
from cpal.engine.taken_together import whole
from cpal.errors import Conflict, Invalid, NotFound
from cpal.faces.documents.reading import DEFAULT_PROJECT
from cpal.faces.documents.writing import dump
from cpal.model.estate import Change, Estate
from cpal.model.record import IMPLIED
from cpal.model.target import Project, Target


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
    declared = (record for record in engine.estate.records() if record.stack == stack)
    if not all(isinstance(record, Target) for record in declared):  # those stay when devices are released
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


def released(estate: Estate, words: Sequence[str]) -> list[Change]:
    """The changes by which nothing is declared any more on the devices of these names, which may have wildcards.

    Raises:
        NotFound: no target has such a device, or nothing is declared on any.
        Invalid: it is an address.
    """
    for word in words:
        if "://" in word:
            raise Invalid("this is an address", key=word, remedy="name the device as its target does")
    devices = {name for asked in matching(words, estate) for name in asked.devices}
    changes = release_changes(devices, estate)
    if not changes:
        remedy = "`cpal get vlans` and `cpal get interfaces` list what is declared"
        raise NotFound("nothing is declared there", key=", ".join(words), remedy=remedy)
    return changes
