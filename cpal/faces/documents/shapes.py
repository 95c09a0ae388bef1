"""Mappings, lists and references: types made of other types, read from a tree, with their JSON schema.

A *shape* is a table of fields. Reading a mapping by its shape gives an `Item`: values by field, each with its place,
for whatever was right; what was wrong is noted as faults of the source, all of them, and the item is unsure about it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from difflib import SequenceMatcher, get_close_matches
from functools import cached_property
from typing import Any, NamedTuple, Protocol

from cpal.errors import Invalid
from cpal.faces.documents.scalars import Schema
from cpal.faces.documents.source import WORDS, Entry, Mapping, Node, Scalar, Sequence, Source
from cpal.model.record import Part

WRITE_MAPPING = "write a mapping with"
"""How a remedy begins that goes on with the keys of a mapping."""
LONGEST_NAME = 255
"""Characters in a name. Source: Networking API v2.0, `name`."""
ALIKE = 0.8
"""How alike a misspelt key is to the one that is surely meant."""


class Type(Protocol):
    """How a value is read from a node, and what its schema is."""

    def read(self, source: Source, node: Node, key: str) -> Any:
        """The value of a node; faults inside it are noted.

        Raises:
            Invalid: the node as a whole is not such a value.
        """

    def schema(self) -> Schema:
        """Its JSON schema; shapes by reference to `$defs`."""


class Reference(NamedTuple):
    """A name that stands for a record of a kind, where it was written."""

    kind: str
    name: str
    node: Node


class Item:
    """A mapping that was read: its values and their places. `key` is its path in the document, for messages.

    It is `vague` when it may say more than what was understood of it.
    """

    __slots__ = ("key", "nodes", "place", "shape", "source", "vague", "values")

    def __init__(self, source: Source, node: Node, shape: Shape, key: str) -> None:
        self.source = source
        self.shape = shape
        self.place = node
        self.key = key
        self.values: dict[str, Any] = {}
        self.nodes: dict[str, Node] = {}
        self.vague = False

    def forgotten(self) -> Item:
        """The item without what it says, since it is not known whether that is meant."""
        other = self.without(*self.nodes)
        other.vague = True
        return other

    def without(self, *fields: str) -> Item:
        """The item, unsure about some fields that are wrong where they are."""
        other = Item(self.source, self.place, self.shape, self.key)
        other.nodes, other.vague = self.nodes, self.vague
        other.values = {field: value for field, value in self.values.items() if field not in fields}
        return other

    @property
    def known(self) -> bool:
        """Whether it is known what it says of every field."""
        return not self.vague and len(self.values) == len(self.nodes)

    def unsure(self, field: str) -> bool:
        """Whether it is not known what the item says of a field: it was written wrong, or may be what was."""
        return field not in self.values and (self.vague or field in self.nodes)

    def get(self, field: str, default: Any = None) -> Any:
        """The value of a field, or the default when it was left out or wrong."""
        return self.values.get(field, default)

    def has(self, field: str) -> bool:
        """Whether the field was written at all, right or wrong."""
        return field in self.nodes

    def written(self, field: str) -> str:
        """The key that a field is written as."""
        return self.shape.by_name[field].written if field in self.shape.by_name else field

    def fault(self, field: str, problem: str, remedy: str = "") -> None:
        """Note what is wrong with a field of it, or with all of it ("")."""
        self.source.fault(self.nodes.get(field, self.place), self.key, self.written(field), problem, remedy)


@dataclass(frozen=True)
class Field:
    """A key of a mapping: `name` is the record's field (or a shorthand), `key` what is written, if not that."""

    name: str
    type: Type
    description: str
    default: str = ""
    """What leaving it out means, in words; "" where the record type's own default says it."""
    key: str = ""
    aliases: tuple[str, ...] = ()
    required: bool = False

    @cached_property
    def written(self) -> str:
        """The key as documents have it."""
        return self.key or self.name


@dataclass(frozen=True)
class Shape:
    """What a mapping may hold. `word` gives the one field that a plain word stands for, where it may stand for all."""

    name: str
    description: str
    fields: tuple[Field, ...]
    record: type[Part] | None = None
    word: Callable[[str], str] | None = None

    @cached_property
    def by_key(self) -> dict[str, Field]:
        """Fields by each key that may be written."""
        return {key: each for each in self.fields for key in (each.written, *each.aliases)}

    @cached_property
    def by_name(self) -> dict[str, Field]:
        """Fields by name."""
        return {each.name: each for each in self.fields}

    @cached_property
    def required(self) -> tuple[Field, ...]:
        """Fields that must be written."""
        return tuple(each for each in self.fields if each.required)


def read_item(source: Source, node: Node, shape: Shape, key: str) -> Item:
    """What a node says, by its shape; an empty value says nothing.

    Raises:
        Invalid: it is neither a mapping nor a word that may stand for one.
    """
    item = Item(source, node, shape, key)
    if isinstance(node, Mapping):
        entries = source.entries(node, key)
        for name, entry in entries.items():
            if name in shape.by_key:
                _read_field(item, shape.by_key[name], entry)
        for name, entry in entries.items():
            if name not in shape.by_key:
                _read_unknown(item, name, entry)
    elif isinstance(node, Scalar) and shape.word and not node.is_null:
        _read_value(item, shape.by_name[shape.word(node.text)], node)
    elif not (isinstance(node, Scalar) and node.is_null):
        raise Invalid(f"is {WORDS[type(node)]}", remedy=f"{WRITE_MAPPING} {_listed(shape)}")
    for needed in shape.required:
        if needed.name not in item.nodes:
            item.fault("", f"{needed.written} is missing", f"write {_example(needed)}")
    return item


def _read_field(item: Item, each: Field, entry: Entry) -> None:
    if each.name not in item.nodes:
        _read_value(item, each, entry.value, entry.sure)
        return
    first = item.nodes[each.name].line
    item.source.fault(entry.name, item.key, entry.name.text, "is given twice", f"it is also at line {first}")
    item.source.skip(joined(item.key, each.written), entry.value)
    if not _holds_items(each.type):
        item.values.pop(each.name, None)


def _read_unknown(item: Item, name: str, entry: Entry) -> None:
    """Note an unknown key. What holds things is read as what is surely meant; else what that is to be is not known.

    Where nothing is surely meant, the key may stand for any that was left out.
    """
    free = [key for key, each in item.shape.by_key.items() if each.name not in item.nodes]
    near = get_close_matches(name, free, 1)
    alike = near or get_close_matches(name, item.shape.by_key, 1)
    remedy = f"did you mean {alike[0]}?" if alike else f"known are {_listed(item.shape)}"
    item.source.fault(entry.name, item.key, name, "is not known here", remedy)
    meant = item.shape.by_key[near[0]] if near and _is_misspelt(name, near[0]) else None
    if meant is None:
        item.vague = True
        item.source.skip(item.key, entry.name, entry.value)
        item.source.unread_sections |= not item.key and not isinstance(entry.value, Scalar)
    elif _holds_items(meant.type):
        _read_value(item, meant, entry.value)
    else:
        item.nodes[meant.name] = entry.value


def _is_misspelt(name: str, key: str) -> bool:
    """Whether a key is surely meant by one that is not known: most letters are the same, or all in another order."""
    return sorted(name) == sorted(key) or SequenceMatcher(None, name, key).ratio() >= ALIKE


def _read_value(item: Item, each: Field, value: Node, sure: bool = True) -> None:
    """Read a field; a value that is wrong anywhere is not known, unless it holds items, each of which is by itself."""
    item.nodes[each.name] = value
    known = len(item.source.faults)
    try:
        read = each.type.read(item.source, value, joined(item.key, each.written))
    except Invalid as wrong:
        item.source.fault(value, item.key, each.written, wrong.message, wrong.remedy)
        _skip_items(item, each, value)
        return
    if _holds_items(each.type) or (sure and len(item.source.faults) == known):
        item.values[each.name] = read


def _skip_items(item: Item, each: Field, value: Node) -> None:
    if _holds_items(each.type):
        item.source.skip_name(joined(item.key, each.written), value)


def _holds_items(of: Type) -> bool:
    """Whether values of a type are items, or made of them."""
    if isinstance(of, ListOf | MapOf):
        return _holds_items(of.of)
    return isinstance(of, PortsOf) or (isinstance(of, Nested) and not isinstance(of, Whole))


def joined(key: str, name: str) -> str:
    """The path of a key in what `key` is the path of."""
    return f"{key}.{name}" if key else name


_SELDOM = ("description", "was")


def _listed(shape: Shape) -> str:
    usual = [each.written for each in shape.fields if each.name not in _SELDOM and ":" not in each.written]
    return ", ".join(usual)


def _example(each: Field) -> str:
    return f"{each.written}: {getattr(each.type, 'what', '...')}"


@dataclass(frozen=True)
class ReferenceTo:
    """The name of a record of a kind."""

    kind: str

    @property
    def what(self) -> str:
        """What to write, for messages."""
        return f"the name of a {self.kind.replace('_', ' ')}"

    def read(self, source: Source, node: Node, key: str) -> Reference:
        """The reference, not yet resolved."""
        if not isinstance(node, Scalar):
            raise Invalid(f"is {WORDS[type(node)]}", remedy=f"write {self.what}")
        if node.is_null or not node.text:
            raise Invalid("has no value", remedy=f"write {self.what}, or leave the key out")
        return Reference(self.kind, node.text, node)

    def schema(self) -> Schema:
        """A text."""
        return {"type": "string", "minLength": 1}


@dataclass(frozen=True)
class Nested:
    """A mapping by a shape."""

    shape: Shape

    def read(self, source: Source, node: Node, key: str) -> Any:
        """The item; a vague one, with a fault, where the node is no mapping."""
        try:
            return read_item(source, node, self.shape, key)
        except Invalid as wrong:
            source.fault(node, key, "", wrong.message, wrong.remedy)
            source.skip(key, node)
            return Item(source, node, self.shape, key).forgotten()

    def schema(self) -> Schema:
        """The shape, or a word where one may stand for it."""
        return _or_word(self.shape)


def _or_word(shape: Shape) -> Schema:
    reference = {"$ref": f"#/$defs/{shape.name}"}
    return {"anyOf": [{"type": "string", "minLength": 1}, reference]} if shape.word else reference


@dataclass(frozen=True)
class Whole(Nested):
    """A mapping by a shape whose record is made at once, as no name in it needs resolving; None where wrong."""

    def read(self, source: Source, node: Node, key: str) -> Any:
        """The part of a record."""
        item = read_item(source, node, self.shape, key)
        if self.shape.record is None or any(each.name not in item.values for each in self.shape.required):
            return None
        return self.shape.record(**item.values)


@dataclass(frozen=True)
class ListOf:
    """A list; an empty value is an empty list."""

    of: Type

    def read(self, source: Source, node: Node, key: str) -> tuple[Any, ...]:
        """The values that are right; those that are not are noted."""
        if isinstance(node, Scalar) and node.is_null:
            return ()
        if not isinstance(node, Sequence):
            raise Invalid(f"is {WORDS[type(node)]}", remedy=f"write a list{_bracketed(node)}")
        found = []
        for index, each in enumerate(node.items):
            try:
                found.append(self.of.read(source, each, f"{key}[{index}]"))
            except Invalid as wrong:
                source.fault(each, f"{key}[{index}]", "", wrong.message, wrong.remedy)
        return tuple(found)

    def schema(self) -> Schema:
        """An array, or nothing."""
        return {"type": ["array", "null"], "items": self.of.schema()}


def _bracketed(node: Node) -> str:
    return f": [{node.text}]" if isinstance(node, Scalar) and node.text.isprintable() and len(node.text) < 60 else ""


@dataclass(frozen=True)
class MapOf:
    """Values by name; `listed` allows a plain list of names too, where a value may be empty."""

    of: Type
    listed: bool = False
    what: str = field(default="name")

    def read(self, source: Source, node: Node, key: str) -> dict[str, Any]:
        """Values by name, of those that are right."""
        if isinstance(node, Scalar) and node.is_null:
            return {}
        if self.listed and isinstance(node, Sequence):
            return self._listed(source, node, key)
        if not isinstance(node, Mapping):
            raise Invalid(f"is {WORDS[type(node)]}", remedy=f"write a mapping of {self.what}s")
        found: dict[str, Any] = {}
        for name, entry in source.entries(node, key).items():
            if problem := name_problem(name):
                source.fault(entry.name, key, "", problem, f"write a {self.what}")
                source.skip_name(key, entry.value)
                continue
            try:
                read = self.of.read(source, entry.value, joined(key, name))
            except Invalid as wrong:
                source.fault(entry.value, joined(key, name), "", wrong.message, wrong.remedy)
            else:
                found[name] = read if entry.sure else _doubted(source, key, read, entry.value)
        return found

    def _listed(self, source: Source, node: Sequence, key: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for each in node.items:
            problem = name_problem(each.text) if isinstance(each, Scalar) else f"{WORDS[type(each)]} is not a name"
            if not isinstance(each, Scalar) or problem:
                source.fault(each, key, "", problem, f"write {self.what}s, or a mapping")
                source.skip_name(key, each)
            elif each.text in found:
                source.fault(each, key, each.text, "is given twice")
                source.skip_name(key)
            else:
                empty = Scalar("", True, each.line, each.column)
                found[each.text] = self.of.read(source, empty, joined(key, each.text))
        return found

    def schema(self) -> Schema:
        """An object, or nothing; where names may be listed, an array too."""
        value = self.of.schema()
        if isinstance(self.of, Nested):
            value = {"anyOf": [value, {"type": "null"}]} if not self.of.shape.required else value
        mapping: Schema = {"type": ["object", "null"], "additionalProperties": value}
        if not self.listed:
            return mapping
        names: Schema = {"type": "array", "items": {"type": "string", "minLength": 1}, "uniqueItems": True}
        return {"anyOf": [mapping, names]}


def _doubted(source: Source, key: str, read: Any, node: Node) -> Any:
    """What was read under a name that is given twice: it may be the other that has the name, and this has another."""
    source.skip_name(key, node)
    return read.forgotten() if isinstance(read, Item) else read


def name_problem(name: str) -> str:
    """What is wrong with a name; "" if nothing."""
    if not name.strip():
        return "a name is empty"
    if name != name.strip() or not name.isprintable():
        return f"the name {name!r} holds blanks at its ends, control characters or line breaks"
    return f"a name has {len(name)} characters, {LONGEST_NAME} are allowed" if len(name) > LONGEST_NAME else ""


@dataclass(frozen=True)
class Either:
    """A single word, or a list or mapping: whichever of the types fits the form of the node."""

    single: Type
    other: Type

    def read(self, source: Source, node: Node, key: str) -> Any:
        """The value by the type that fits."""
        chosen = self.single if isinstance(node, Scalar) and not node.is_null else self.other
        return chosen.read(source, node, key)

    def schema(self) -> Schema:
        """Either schema."""
        return {"anyOf": [self.single.schema(), self.other.schema()]}


@dataclass(frozen=True)
class PortsOf:
    """Ports of an instance: a list of them, or a mapping by name."""

    shape: Shape

    def read(self, source: Source, node: Node, key: str) -> list[tuple[str, Item]]:
        """Name ("" in a list) and item of each port, in order; a mapping's by name."""
        if isinstance(node, Mapping):
            return sorted(MapOf(Nested(self.shape)).read(source, node, key).items())
        items: tuple[Item, ...] = ListOf(Nested(self.shape)).read(source, node, key)
        return [("", item) for item in items]

    def schema(self) -> Schema:
        """An array or an object of ports."""
        return {"anyOf": [ListOf(Nested(self.shape)).schema(), MapOf(Nested(self.shape)).schema()]}
