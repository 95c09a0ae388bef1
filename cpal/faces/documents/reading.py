"""Files and texts as documents: what each project's document says, read by the table of fields, names unresolved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cpal.errors import Fault, Invalid
from cpal.faces.documents.shapes import Item, name_problem, read_item
from cpal.faces.documents.source import Source
from cpal.faces.documents.table import DOCUMENT

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
    """Documents as read. `faults` is what was wrong with them in themselves; `declare` raises it with all the rest."""

    documents: tuple[Document, ...]
    faults: tuple[Fault, ...] = ()
    whole: bool = True
    """Whether everything was YAML; if not, names may dangle just because what declares them was not read."""


def load(paths: Iterable[Path | str]) -> Documents:
    """The documents of files, and of all YAML files in directories, by name. What cannot be read is a fault."""
    texts: dict[str, str] = {}
    faults: list[Fault] = []
    for path in paths:
        for file in _files(Path(path), faults):
            try:
                texts[str(file)] = file.read_text(encoding="utf-8-sig")
            except UnicodeDecodeError as wrong:
                line = wrong.object.count(b"\n", 0, wrong.start) + 1
                faults.append(Fault("is not UTF-8", place=f"{file}:{line}:1", remedy="save it as UTF-8"))
            except OSError as wrong:
                faults.append(Fault(f"cannot be read: {wrong.strerror}", key=str(file)))
    read = parse(texts)
    return Documents(read.documents, (*faults, *read.faults), read.whole and not faults)


def _files(path: Path, faults: list[Fault]) -> list[Path]:
    if not path.is_dir():
        return [path]
    found = sorted(file for file in path.iterdir() if file.suffix in SUFFIXES and file.is_file())
    if not found:
        faults.append(Fault("holds no YAML files", key=str(path), remedy=f"name files, or end them in {SUFFIXES[0]}"))
    return found


def parse(texts: Mapping[str, str]) -> Documents:
    """The documents of texts, each with the name that faults in it are reported under."""
    documents: list[Document] = []
    faults: list[Fault] = []
    whole = True
    for name, text in texts.items():
        source = Source(name)
        for tree in source.trees(text):
            try:
                documents.append(_document(read_item(source, tree, DOCUMENT, "")))
            except Invalid as wrong:
                source.fault(tree, "", "", f"the document {wrong.message}", wrong.remedy)
                whole = False
        whole = whole and source.whole
        faults += source.faults
    return Documents(tuple(documents), tuple(faults), whole)


def _document(sections: Item) -> Document:
    project = _name(sections, "project", sections.get("project"), DEFAULT_PROJECT)
    stack = _name(sections, "stack", sections.get("stack"), "")
    if stack.startswith("("):
        sections.fault("stack", "a name in parentheses is cpal's own", "write another name")
    return Document(project, stack, sections)


def _name(sections: Item, field: str, said: Any, default: str) -> str:
    name = said.get("name", default) if isinstance(said, Item) else said
    if name is None:
        return default
    if problem := name_problem(name):
        sections.fault(field, problem, "write a name, or leave the key out")
        return default
    return str(name)
