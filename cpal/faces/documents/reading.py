"""Files and texts as documents: what each project's document says, read by the table of fields, names unresolved."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cpal.errors import Fault, Invalid
from cpal.faces.documents.shapes import Item, name_problem, read_item
from cpal.faces.documents.source import Node, Source
from cpal.faces.documents.table import DOCUMENT
from cpal.faces.documents.unread import Unread

DEFAULT_PROJECT = "default"
"""The project of a document that names none."""
SUFFIXES = (".yaml", ".yml")
"""What files of a directory end in to be read."""


@dataclass(frozen=True, slots=True)
class Document:
    """What one document says: `sections` is an item whose values are the top-level keys."""

    project: str
    stack: str
    sections: Item

    @property
    def project_description(self) -> str | None:
        """What it says of its project, or None."""
        said: Item | None = self.sections.get("project")
        return said.get("description") if said else None

    def named(self, section: str) -> dict[str, Item]:
        """The items of a section, by name."""
        return self.sections.get(section) or {}

    def listed(self, section: str) -> tuple[Item, ...]:
        """The items of a section that is a list."""
        return self.sections.get(section) or ()


@dataclass(frozen=True, slots=True)
class Documents:
    """Documents as read, what was wrong with them in themselves, and what could not be read of them."""

    documents: tuple[Document, ...]
    faults: tuple[Fault, ...] = ()
    unread: Unread = field(default_factory=Unread)


def load(paths: Iterable[Path | str | Mapping[str, Any]]) -> Documents:
    """The documents of files, and of all YAML files in directories, by name. What cannot be read is a fault.

    A mapping is a document as Python has it.
    """
    texts: dict[str, str] = {}
    faults: list[Fault] = []
    unread = Unread()
    for number, path in enumerate(paths, start=1):
        if isinstance(path, Mapping):
            texts[f"mapping {number}"] = json.dumps(path)
            continue
        for file in _files(Path(path), faults):
            try:
                texts[str(file)] = file.read_text(encoding="utf-8-sig")
            except UnicodeDecodeError as wrong:
                line = wrong.object.count(b"\n", 0, wrong.start) + 1
                faults.append(Fault("is not UTF-8", place=f"{file}:{line}:1", remedy="save it as UTF-8"))
                unread.add_undecoded(wrong.object)
            except OSError as wrong:
                faults.append(Fault(f"cannot be read: {wrong.strerror}", place=f"{file}:1:1"))
                unread.add_anything()
    read = parse(texts, unread)
    return Documents(read.documents, (*faults, *read.faults), unread)


def _files(path: Path, faults: list[Fault]) -> list[Path]:
    if not path.is_dir():
        return [path]
    found = sorted(file for file in path.iterdir() if file.suffix in SUFFIXES and file.is_file())
    if not found:
        remedy = f"name files, or end them in {SUFFIXES[0]}"
        faults.append(Fault("holds no YAML files", place=f"{path}:1:1", remedy=remedy))
    return found


def parse(texts: Mapping[str, str], unread: Unread | None = None) -> Documents:
    """The documents of texts, each with the name that faults in it are reported under.

    `unread` is what was not read already; what cannot be read is added to it.
    """
    documents: list[Document] = []
    faults: list[Fault] = []
    unread = Unread() if unread is None else unread
    for name, text in texts.items():
        source = Source(name)
        read = (_document(source, tree) for tree in source.trees(text))
        documents += [document for document in read if document is not None]
        faults += source.faults
        unread.add(source)
    return Documents(tuple(documents), tuple(faults), unread)


def _document(source: Source, tree: Node) -> Document | None:
    """What a tree says; None, with a fault, where it is not known what it says, or of whom."""
    try:
        sections = read_item(source, tree, DOCUMENT, "")
    except Invalid as wrong:
        source.fault(tree, "", "", f"the document {wrong.message}", wrong.remedy)
        source.skip("", tree)
        return None
    known = len(source.faults)
    project = _name(sections, "project", DEFAULT_PROJECT)
    stack = _name(sections, "stack", "")
    if stack.startswith("("):
        sections.fault("stack", "a name in parentheses is cpal's own", "write another name")
    if len(source.faults) > known or _lacks(sections, "project") or _lacks(sections, "stack"):
        source.skip("", tree)
        return None
    return Document(project, stack, sections)


def _lacks(sections: Item, field: str) -> bool:
    """Whether a name was written and is not known."""
    said = sections.get(field)
    return sections.has(field) and (said is None or (isinstance(said, Item) and said.get("name") is None))


def _name(sections: Item, field: str, default: str) -> str:
    said = sections.get(field)
    name = said.get("name", default) if isinstance(said, Item) else said
    if name is None:
        return default
    if problem := name_problem(name):
        sections.fault(field, problem, "write a name, or leave the key out")
    return str(name)
