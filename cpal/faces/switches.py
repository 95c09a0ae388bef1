"""What switches have, as documents that declare it: VLANs and interfaces, as far as cpal has words for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import uuid4

from msgspec.structs import replace

from cpal.engine.run import Engine
from cpal.engine.switches import Asked, Said, asked_for, read
from cpal.errors import Conflict
from cpal.faces.documents import DEFAULT_PROJECT, dump
from cpal.model.estate import EMPTY, KINDS, Change
from cpal.model.record import IMPLIED, Record
from cpal.model.switch import Interface, Vlan
from cpal.model.target import Project


class Taken(NamedTuple):
    """The document that declares what switches of a target have, and the settings there that it cannot say."""

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
    said = await read((await engine.site(asked.target)).backend, asked)
    return Taken(document_of(asked, said, stack), [str(key) for key in said.left_out], asked.target.name)


def document_of(asked: Asked, said: Said, stack: str) -> str:
    """The document that declares what was read, as a stack of its own."""
    project = Project(id=str(uuid4()), name=DEFAULT_PROJECT, stack=IMPLIED)
    own: dict[str, Any] = {"project_id": project.id, "stack": stack}
    records: list[Record] = [project]
    records.append(replace(asked.target, stack=stack) if asked.is_new else asked.target)
    records += [Vlan(id=str(uuid4()), **own, **fields) for fields in said.vlans]
    records += [Interface(id=str(uuid4()), **own, **fields) for fields in said.interfaces]
    records += [KINDS[kind](id=str(uuid4()), **own, **fields) for kind, fields in said.more]
    return dump(EMPTY.replace([Change(None, record) for record in records]), stack)
