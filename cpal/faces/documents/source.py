"""YAML text as a tree in which every key and value knows its line and column.

Theory. YAML guesses the type of an unquoted word, and guesses differently by version: `on` is a truth value, `22:22` a
number in base 60, `1.10` equals 1.1. Here nothing is guessed: a scalar stays the text that was written, with whether it
was quoted, and the type of the field that it is for decides what it means. The tree is built from libyaml's events, so
that it holds tuples and lists alone, nesting is bounded, and an alias costs what it expands to (no "billion laughs").
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import yaml
from yaml._yaml import CParser

from cpal.errors import Fault, Misplaced

DEPTH = 64
"""How deep a document may nest."""
EXPANDED = 200_000
"""How many nodes the aliases of a text may stand for."""
NULLS = frozenset({"", "~", "null", "Null", "NULL"})
MERGE = "<<"
TEXT_TAG = "tag:yaml.org,2002:str"


class Scalar(NamedTuple):
    """A word as it was written; `plain` is without quotes. Lines and columns count from 1."""

    text: str
    plain: bool
    line: int
    column: int

    @property
    def is_null(self) -> bool:
        """Whether nothing was written, or an unquoted `null`."""
        return self.plain and self.text in NULLS


class Sequence(NamedTuple):
    """A list."""

    items: list[Node]
    line: int
    column: int


class Mapping(NamedTuple):
    """Keys and values as they were written, duplicates and merge keys included."""

    entries: list[tuple[Node, Node]]
    line: int
    column: int


Node = Scalar | Sequence | Mapping

WORDS = {Scalar: "a single value", Sequence: "a list", Mapping: "a mapping"}
"""What a node is, for messages."""


class _Tree:
    """One pass over the events of a text."""

    def __init__(self, text: str) -> None:
        self.events = CParser(text)
        self.anchors: dict[str, tuple[Node, int]] = {}
        self.count = 0
        self.expanded = 0

    def documents(self) -> Iterator[Node]:
        next_event = self.events.get_event
        while type(event := next_event()) is not yaml.StreamEndEvent:
            if type(event) is yaml.DocumentStartEvent:
                self.anchors.clear()
                yield self._node(next_event(), 0)

    def _node(self, event: Any, depth: int) -> Node:
        mark = event.start_mark
        line, column = mark.line + 1, mark.column + 1
        kind = type(event)
        if kind is yaml.AliasEvent:
            return self._alias(event.anchor, line, column)
        before = self.count
        self.count += 1
        if event.tag is not None:
            _refuse_tag(event.tag, line, column)
        node: Node
        if kind is yaml.ScalarEvent:
            node = Scalar(event.value, not event.style and event.tag is None, line, column)
        elif depth > DEPTH:
            raise Misplaced(f"nested deeper than {DEPTH} levels", line, column)
        elif kind is yaml.SequenceStartEvent:
            node = Sequence(self._until(yaml.SequenceEndEvent, depth + 1), line, column)
        else:
            parts = self._until(yaml.MappingEndEvent, depth + 1)
            node = Mapping(list(zip(parts[::2], parts[1::2], strict=True)), line, column)
        if event.anchor is not None:
            self.anchors[event.anchor] = (node, self.count - before)
        return node

    def _until(self, end: type[yaml.Event], depth: int) -> list[Node]:
        """The nodes up to the end of a list or mapping; of a mapping, keys and values in turn."""
        next_event, found = self.events.get_event, []
        while type(event := next_event()) is not end:
            found.append(self._node(event, depth))
        return found

    def _alias(self, anchor: str | None, line: int, column: int) -> Node:
        if anchor is None or anchor not in self.anchors:
            raise Misplaced(f"no anchor &{anchor} was completed before this", line, column)
        node, size = self.anchors[anchor]
        self.count += size
        self.expanded += size
        if self.expanded > EXPANDED:
            raise Misplaced(f"aliases expand to more than {EXPANDED} values", line, column, "write them out")
        return node


def _refuse_tag(tag: str, line: int, column: int) -> None:
    if tag not in ("!", TEXT_TAG):
        tag = tag.replace("tag:yaml.org,2002:", "!!")
        raise Misplaced(f"the tag {tag} has no meaning here", line, column, "leave it out")


class Source:
    """A file being read: its name and the faults found in it."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.faults: list[Fault] = []
        self.whole = True
        """Whether all of its text was YAML."""

    def place(self, node: Node) -> str:
        """Where the node starts: `file:line:column`."""
        return f"{self.file}:{node.line}:{node.column}"

    def fault(self, node: Node, key: str, field: str, problem: str, remedy: str = "") -> None:
        """Note what is wrong at a node."""
        self.faults.append(Fault(problem, key, field, self.place(node), remedy))

    def trees(self, text: str) -> list[Node]:
        """The documents of the text, but for empty ones; what stands before a fault of syntax is still read."""
        found: list[Node] = []
        try:
            for tree in _Tree(text).documents():
                found.append(tree)
        except Misplaced as wrong:
            self._syntax(wrong.message, wrong.line, wrong.column, wrong.remedy)
        except yaml.MarkedYAMLError as wrong:
            mark = wrong.problem_mark or wrong.context_mark
            problem = " ".join(filter(None, (wrong.context, wrong.problem)))
            line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
            self._syntax(problem, line, column, _syntax_remedy(text, problem, line))
        except yaml.reader.ReaderError as wrong:
            line = text.count("\n", 0, wrong.position) + 1
            self._syntax("holds a character that YAML does not allow", line, 1, "remove it")
        except UnicodeEncodeError as wrong:
            self._syntax("holds half of a character (a lone surrogate)", text.count("\n", 0, wrong.start) + 1, 1)
        return [tree for tree in found if not (isinstance(tree, Scalar) and tree.is_null)]

    def entries(self, node: Mapping, key: str) -> dict[str, tuple[Scalar, Node]]:
        """Keys of a mapping with key node and value; merge keys are expanded, duplicates are faults."""
        found: dict[str, tuple[Scalar, Node]] = {}
        merged: list[Node] = []
        for name, value in node.entries:
            if not isinstance(name, Scalar):
                self.fault(name, key, "", f"{WORDS[type(name)]} cannot be a key", "write a name")
            elif name.text == MERGE and name.plain:
                merged += value.items if isinstance(value, Sequence) else [value]
            elif name.text in found:
                first = found[name.text][0]
                self.fault(name, key, name.text, "is given twice", f"the first is at line {first.line}")
            else:
                found[name.text] = (name, value)
        for other in merged:
            if isinstance(other, Mapping):
                found = self.entries(other, key) | found
            else:
                self.fault(other, key, MERGE, f"merges {WORDS[type(other)]}", "merge a mapping")
        return found

    def _syntax(self, problem: str, line: int, column: int, remedy: str = "") -> None:
        self.whole = False
        self.faults.append(Fault(problem, "", "", f"{self.file}:{line}:{column}", remedy))


def _syntax_remedy(text: str, problem: str, line: int) -> str:
    lines = text.splitlines()
    around = lines[max(line - 2, 0) : line]
    if any("\t" in each[: len(each) - len(each.lstrip())] for each in around):
        return "indent with spaces, not tabs"
    if "mapping values are not allowed" in problem:
        return "quote a value that holds a colon and a space, or indent this line as its neighbours"
    if "did not find expected" in problem or "could not find expected" in problem:
        return "check the indentation, brackets and quotes here and in the line before"
    return "quote the value" if "cannot start any token" in problem else ""
