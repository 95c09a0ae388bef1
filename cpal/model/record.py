"""What every record has: a kind, an id that never changes, a name, and who declared it."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

import msgspec


class Key(NamedTuple):
    """Which record: its kind (`network`, `port` ...) and its UUID."""

    kind: str
    id: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.id}"


_new_key = tuple.__new__
"""Makes a Key at half the cost: records are asked for theirs everywhere."""


class Claim(NamedTuple):
    """Something that one record at most may hold: `space` says what is unique in what, `value` which.

    For example `("address", "<subnet id> 10.0.1.5")`, `("vni", "1001")`, `("name", "shop network web")`.
    """

    space: str
    value: str


class Part(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True):
    """A frozen value inside a record (a fixed address, an allocation pool ...)."""


class Record(Part, frozen=True, kw_only=True, gc=False, tag_field="kind"):
    """One thing that a person declared.

    `id` is a UUID drawn once; `project_id` the owner; `stack` the document set that declared it ("" when made by a
    single command or through an API, `IMPLIED` when made because others need it, and gone with the last of them);
    `tags` are words of the owner's, to find it by.
    """

    kind: ClassVar[str]
    """The record's kind, the same as the tag it is stored under: looked up far more often than a tag can be."""
    id: str
    name: str = ""
    project_id: str = ""
    stack: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()

    @property
    def key(self) -> Key:
        """Kind and id."""
        return _new_key(Key, (self.kind, self.id))


IMPLIED = "(implied)"
"""The stack of records that exist because others need them: a project, its default security group."""
