"""The repository's own sources, as tests over the source read them."""

from __future__ import annotations

import ast
import gc
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
"""The checkout."""

NOT_SOURCE = {"__pycache__", "build", "dist"}
"""Directories that hold no sources, for a checkout without git; hidden ones hold none either, but `.ci`."""


@dataclass(frozen=True, slots=True)
class Module:
    """A Python file: its dotted name, its path in the checkout, its text and its syntax tree."""

    name: str
    path: str
    text: str
    tree: ast.Module

    @property
    def is_package(self) -> bool:
        """Whether it is a package's `__init__`."""
        return self.path.endswith("__init__.py")


def module(path: str, text: str) -> Module:
    """The module that the file `path` (relative, `/` between parts) with this text holds."""
    name = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    return Module(name, path, text, ast.parse(text, filename=path))


@cache
def tracked() -> tuple[str, ...]:
    """Paths of all files under version control that are there, relative to the checkout."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    paths = listed.stdout.split("\0")[:-1] if listed.returncode == 0 else sorted(_walk())
    return tuple(path for path in paths if (ROOT / path).is_file())


@cache
def python_modules(*folders: str) -> tuple[Module, ...]:
    """Every tracked Python module in these folders of the checkout; in all of them when none is named.

    They are read without the cyclic collector, for which a million nodes that stay are four times the work of reading.
    """
    chosen = (path for path in tracked() if path.endswith(".py"))
    within = tuple(f"{folder}/" for folder in folders)
    gc.disable()
    found = tuple(_read(path) for path in chosen if not within or path.startswith(within))
    gc.freeze()
    gc.enable()
    return found


@cache
def _read(path: str) -> Module:
    return module(path, (ROOT / path).read_text(encoding="utf-8"))


def _walk() -> Iterator[str]:
    for path in ROOT.rglob("*"):
        relative = path.relative_to(ROOT)
        hidden = relative.parts[0].startswith(".") and relative.parts[0] != ".ci"
        if path.is_file() and not hidden and not NOT_SOURCE & set(relative.parts):
            yield relative.as_posix()
