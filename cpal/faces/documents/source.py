"""YAML text as a tree in which every key and value knows its line and column.

Theory. YAML guesses the type of an unquoted word, and guesses differently by version: `on` is a truth value, `22:22` a
number in base 60, `1.10` equals 1.1. Here nothing is guessed: a scalar stays the text that was written, with whether it
was quoted, and the type of the field that it is for decides what it means. The tree is built from libyaml's events, so
that it holds tuples and lists alone, nesting is bounded, and an alias costs what it expands to (no "billion laughs").

A fault of syntax ends the document that it is in, and no other: a line that begins with `---` begins the next, whatever
was open before. What a source holds and could not be read is kept: it may declare what others refer to.
"""

from __future__ import annotations

import re
from bisect import bisect_right
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
LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
DOCUMENT_START = re.compile(r"^---(?=\s|$)", re.MULTILINE)


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


class Entry(NamedTuple):
    """A key of a mapping and its value; one that is given twice is there with its first value, and not `sure`."""

    name: Scalar
    value: Node
    sure: bool = True


class _Tree:
    """One pass over the events of a text that begins at a line (from 0) of its file.

    `line` is where the document begins that is being read.
    """

    def __init__(self, first: int, tags: tuple[str, ...]) -> None:
        self.tags = tags
        self.events: Any = None
        self.first = first
        self.anchors: dict[str, tuple[Node, int]] = {}
        self.count = 0
        self.expanded = 0
        self.line = first

    def documents(self, text: str) -> Iterator[Node]:
        self.events = CParser(text)
        next_event = self.events.get_event
        while type(event := next_event()) is not yaml.StreamEndEvent:
            if type(event) is yaml.DocumentStartEvent:
                self.anchors.clear()
                yield self._node(next_event(), 0)
            self.line = self.first + event.end_mark.line

    def _node(self, event: Any, depth: int) -> Node:
        mark = event.start_mark
        line, column = self.first + mark.line + 1, mark.column + 1
        kind = type(event)
        if kind is yaml.AliasEvent:
            return self._alias(event.anchor, line, column)
        before = self.count
        self.count += 1
        if event.tag is not None and event.tag not in self.tags:
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
    """A file being read: its name, the faults found in it, and what of it could not be read.

    `tags` are those of YAML that may stand in it beside the usual ones; what they stand before is as it is written.
    """

    def __init__(self, file: str, tags: tuple[str, ...] = ()) -> None:
        self.file = file
        self.tags = tags
        self.faults: list[Fault] = []
        self.unread_texts: list[str] = []
        """Documents that are not YAML."""
        self.unread_nodes: list[tuple[str, Node]] = []
        """Pieces that mean nothing where they are, with the paths of the keys that they stand under."""
        self.nameless: list[str] = []
        """Keys under which something stands of which it is not known how it is called."""
        self.unread_sections = False
        """Whether something stands beside the sections of a document of which it is not known what section it is."""

    def place(self, node: Node) -> str:
        """Where the node starts: `file:line:column`."""
        return f"{self.file}:{node.line}:{node.column}"

    def fault(self, node: Node, key: str, field: str, problem: str, remedy: str = "") -> None:
        """Note what is wrong at a node."""
        self.faults.append(Fault(problem, key, field, self.place(node), remedy))

    def skip(self, key: str, *nodes: Node) -> None:
        """Note that pieces of a document, under a key, cannot be read."""
        self.unread_nodes += ((key, node) for node in nodes)

    def skip_name(self, key: str, *nodes: Node) -> None:
        """Note that something under a key cannot be read, and that it is not known how it is called."""
        self.nameless.append(key.rpartition(".")[2])
        self.skip(key, *nodes)

    def trees(self, text: str) -> list[Node]:
        """The documents of the text, but for empty ones, and for those with a fault of syntax, which is noted."""
        found: list[Node] = []
        lines = [0, *(each.end() for each in LINE_BREAK.finditer(text))]
        start = 0
        while start < len(text):
            tree = _Tree(bisect_right(lines, start) - 1, self.tags)
            try:
                found.extend(tree.documents(text[start:]))
            except _SYNTAX as error:
                wrong = _misplaced(error, text[start:], tree.first)
                self.faults.append(
                    Fault(wrong.message, "", "", f"{self.file}:{wrong.line}:{wrong.column}", wrong.remedy)
                )
                begins, ends = (lines[min(line, len(lines) - 1)] for line in (tree.line, wrong.line - 1))
                start = self._skip_document(text, max(begins, start), ends)
            else:
                break
        return [tree for tree in found if not (isinstance(tree, Scalar) and tree.is_null)]

    def _skip_document(self, text: str, begins: int, wrong: int) -> int:
        """Note that a document that begins there and is wrong there cannot be read; where the next one begins."""
        following = DOCUMENT_START.search(text, max(wrong, begins + 1))
        end = following.start() if following else len(text)
        self.unread_texts.append(text[begins:end])
        return end

    def entries(self, node: Mapping, key: str) -> dict[str, Entry]:
        """The entries of a mapping by key; merge keys are expanded, duplicates are faults."""
        found: dict[str, Entry] = {}
        merged: list[Node] = []
        for name, value in node.entries:
            if not isinstance(name, Scalar):
                self.fault(name, key, "", f"{WORDS[type(name)]} cannot be a key", "write a name")
                self.skip_name(key, name, value)
            elif name.text == MERGE and name.plain:
                merged += value.items if isinstance(value, Sequence) else [value]
            elif name.text in found:
                first = found[name.text]
                self.fault(name, key, name.text, "is given twice", f"the first is at line {first.name.line}")
                self.skip(key or name.text, value)
                found[name.text] = first._replace(sure=False)
            else:
                found[name.text] = Entry(name, value)
        for other in merged:
            if isinstance(other, Mapping):
                found = self.entries(other, key) | found
            else:
                self.fault(other, key, MERGE, f"merges {WORDS[type(other)]}", "merge a mapping")
                self.skip_name(key, other)
        return found


_SYNTAX = (Misplaced, yaml.MarkedYAMLError, yaml.reader.ReaderError, UnicodeEncodeError)
"""What reading a text that is not YAML raises."""


def _misplaced(error: Exception, text: str, first: int) -> Misplaced:
    """What is wrong with a text that begins at a line (from 0) of its file, and where in the file."""
    if isinstance(error, Misplaced):
        return error
    if isinstance(error, yaml.MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line, mark.column) if mark else (0, 0)
        problem = " ".join(filter(None, (error.context, error.problem)))
        return Misplaced(problem, first + line + 1, column + 1, _syntax_remedy(text, problem, line))
    if isinstance(error, UnicodeEncodeError):
        line = first + text.count("\n", 0, error.start) + 1
        return Misplaced("holds half of a character (a lone surrogate)", line, 1)
    position = error.position if isinstance(error, yaml.reader.ReaderError) else 0
    line = first + text.count("\n", 0, position) + 1
    return Misplaced("holds a character that YAML does not allow", line, 1, "remove it")


def _syntax_remedy(text: str, problem: str, line: int) -> str:
    lines = text.split("\n", line + 1)
    around = lines[max(line - 1, 0) : line + 1]
    if any("\t" in each[: len(each) - len(each.lstrip())] for each in around):
        return "indent with spaces, not tabs"
    if "mapping values are not allowed" in problem:
        return "quote a value that holds a colon and a space, or indent this line as its neighbours"
    if "did not find expected" in problem or "could not find expected" in problem:
        return "check the indentation, brackets and quotes here and in the line before"
    return "quote the value" if "cannot start any token" in problem else ""
