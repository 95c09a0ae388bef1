"""From flags to documents: the table of fields gives the flags, and their words become the tree that a document has.

So a name, a unit or a shorthand means the same in a flag as in a document, and is checked by the same code.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from cpal.errors import Fault, Faults
from cpal.faces.cli.kinds import Kind
from cpal.faces.documents.reading import Document, Documents
from cpal.faces.documents.scalars import Single
from cpal.faces.documents.shapes import (
    WRITE_MAPPING,
    Either,
    Field,
    ListOf,
    MapOf,
    Nested,
    ReferenceTo,
    Shape,
    Type,
    read_item,
)
from cpal.faces.documents.source import Mapping as MappingNode
from cpal.faces.documents.source import Node, Scalar, Source
from cpal.faces.documents.source import Sequence as SequenceNode
from cpal.faces.documents.table import DOCUMENT

COMMAND_STACK = "(command)"
"""The stack that records declared by flags pass through; it is never stored."""
LEFT_OUT = frozenset(("was", "provider", "subnets", "ports", "name"))
"""Fields that only documents have: they hold mappings of their own, or mean nothing in a command."""


class FlagField(NamedTuple):
    """A field as a flag."""

    flag: str
    field: Field

    @property
    def parameter(self) -> str:
        """The name of the click parameter."""
        return self.flag.replace("-", "_")

    @property
    def is_truth(self) -> bool:
        """Whether it is true or false."""
        return isinstance(self.field.type, Single) and self.field.type.json.get("type") == "boolean"

    @property
    def is_many(self) -> bool:
        """Whether it takes several values."""
        return isinstance(self.field.type, ListOf | MapOf)

    @property
    def choices(self) -> tuple[str, ...]:
        """The words that it may be; () where any."""
        of = self.field.type
        return tuple(map(str, of.json.get("enum", ()))) if isinstance(of, Single) else ()

    @property
    def refers_to(self) -> str:
        """The kind whose names its values are; "" for none."""
        return _refers_to(self.field.type)


def _refers_to(of: Type) -> str:
    if isinstance(of, ReferenceTo):
        return of.kind
    if isinstance(of, ListOf):
        return _refers_to(of.of)
    if isinstance(of, Nested) and of.shape.word:
        return _refers_to(of.shape.by_name[of.shape.word("x")].type)
    return ""


def shape_of(kind: Kind) -> Shape:
    """What documents say of a kind.

    Raises:
        KeyError: documents do not have the kind.
    """
    section = DOCUMENT.by_name[kind.plural].type
    if isinstance(section, MapOf | ListOf) and isinstance(section.of, Nested):
        return section.of.shape
    raise KeyError(kind.plural)


def flags_of(kind: Kind) -> list[FlagField]:
    """The flags of a kind, in the order of its fields."""
    fields = [each for each in shape_of(kind).fields if each.name not in LEFT_OUT]
    return [FlagField(each.written.rpartition(":")[2].replace("_", "-"), each) for each in fields]


def node_of(of: Type, words: Sequence[str]) -> Node:
    """The words of a flag as the node that a document has for a value of the type."""
    if isinstance(of, ListOf):
        return SequenceNode([node_of(of.of, [word]) for text in words for word in _members(of.of, text)], 1, 1)
    if isinstance(of, MapOf):
        return _mapping(",".join(words), None)
    word = words[-1] if words else ""
    if isinstance(of, Nested) and "=" in word:
        return _mapping(word, of.shape)
    if isinstance(of, Either):
        return node_of(of.single if "=" not in word else of.other, words)
    return Scalar(word, isinstance(of, Single) and not of.quotable, 1, 1)


def _members(of: Type, text: str) -> list[str]:
    """The members of a list in one word: behind commas, but a member `key=value,key=value` is one."""
    if isinstance(of, Nested) and "=" in text:
        return [text]
    return [word.strip() for word in text.split(",") if word.strip()]


def _mapping(text: str, shape: Shape | None) -> MappingNode:
    """`key=value,key=value`; a word without `=` is one more of the list before it."""
    told: list[tuple[str, list[str]]] = []
    fields = shape.by_key if shape else {}
    for part in filter(None, text.split(",")):
        key, _, value = part.partition("=")
        last = fields.get(told[-1][0]) if told else None
        if "=" not in part and last is not None and isinstance(last.type, ListOf):
            told[-1][1].append(part)
        else:
            told.append((key.strip(), [value]))
    entries: list[tuple[Node, Node]] = [
        (Scalar(key, True, 1, 1), node_of(fields[key].type, words) if key in fields else Scalar(words[0], True, 1, 1))
        for key, words in told
    ]
    return MappingNode(entries, 1, 1)


def document_of(kind: Kind, name: str, project: str, values: Mapping[str, Sequence[str]]) -> Documents:
    """The document that declares one thing: `values` are the words of each flag that was given, by its key there."""
    shape = shape_of(kind)
    body: Node = MappingNode(
        [(Scalar(key, True, 1, 1), node_of(shape.by_key[key].type, words)) for key, words in values.items()], 1, 1
    )
    inside: Node = SequenceNode([body], 1, 1)
    if isinstance(DOCUMENT.by_name[kind.plural].type, MapOf):
        inside = MappingNode([(Scalar(name, False, 1, 1), body)], 1, 1)
    tree = MappingNode([(Scalar(kind.plural, True, 1, 1), inside)], 1, 1)
    source = Source("")
    sections = read_item(source, tree, DOCUMENT, "")
    return Documents((Document(project, COMMAND_STACK, sections),), tuple(source.faults))


def in_flags(faults: Iterable[Fault], kind: Kind) -> Faults:
    """Faults of a document that was made of flags, in the words of the command."""
    return Faults(tuple(dict.fromkeys(_in_flags(fault, kind) for fault in faults)))


def _in_flags(fault: Fault, kind: Kind) -> Fault:
    known = {each.field.written: each.flag for each in flags_of(kind)} | {
        each.field.name: each.flag for each in flags_of(kind)
    }
    path = f"{fault.key}.{fault.field}".replace("[", ".").split(".")
    flag = next((known[word] for word in reversed(path) if word in known), "")
    if not flag:
        return Fault(fault.problem, fault.key, fault.field, "", fault.remedy, fault.record, fault.cause)
    remedy = fault.remedy.replace(WRITE_MAPPING, "write KEY=VALUE,KEY=VALUE with")
    return Fault(fault.problem, f"--{flag}", "", "", remedy, fault.record, fault.cause)
