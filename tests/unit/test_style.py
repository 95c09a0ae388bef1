"""The habits of CONTRIBUTING.md that a machine can check, over every file under version control."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import PurePosixPath

import pytest

from tests.source import ROOT, Module, module, python_modules, tracked

LONGEST_FUNCTION = 60
LONGEST_FILE = 500
NAMES_THAT_SAY_NOTHING = frozenset(
    ("base", "common", "handler", "handlers", "helper", "helpers", "manager", "managers", "misc", "util", "utils")
)

MACHINE = re.compile(
    r"""
      # someone's disk
      (?<![\w./~-]) / (?: (?:work|root)\b | home/\w+ | Users/\w+ | opt/(?:pypi|wheels) | tmp/\w+ )
      # a package registry
    | \b (?: pypi\.org | pythonhosted\.org | registry\.npmjs | crates\.io | proxy\.golang | deb\.debian\.org
           | archive\.ubuntu\.com | security\.(?:debian|ubuntu)\.\w+ | ghcr\.io | docker\.io ) \b
    """,
    re.VERBOSE,
)
"""What is true on one machine only, or names where packages happen to come from."""

UNEXPLAINED = re.compile(
    r"#\s*type:\s*ignore(?!\[[\w, -]+\]\s+\#\s*\w)|#\s*noqa(?!:\s*[A-Z]+\d+(?:,\s*[A-Z]+\d+)*\s+\w)"
)
"""An exception from a check that names not both its code and its reason."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


def is_table(function: Function) -> bool:
    """Whether the function only states data: one literal or one call of literals, after its docstring."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return len(body) == 1 and isinstance(body[0], ast.Return | ast.Assign | ast.AnnAssign)


def long_functions(source: Module) -> Iterator[str]:
    """Functions of more lines than a reader holds in mind, tables exempt."""
    for node in ast.walk(source.tree):
        if isinstance(node, Function) and not is_table(node):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > LONGEST_FUNCTION:
                yield f"{source.path}:{node.lineno}: {node.name} has {lines} lines"


WHERE_REQUESTS_END = ("cpal/faces/http/application.py", "cpal/engine/writer.py")
"""Modules of a server in which a fault of cpal itself fails the one request that met it, and goes to the log."""


def swallowing(source: Module) -> Iterator[str]:
    """Handlers that catch everything and do not raise it again."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ExceptHandler):
            caught = {ast.unparse(each) for each in getattr(node.type, "elts", [node.type]) if each is not None}
            bare = node.type is None or "BaseException" in caught
            raised_again = any(isinstance(each, ast.Raise) and each.exc is None for each in ast.walk(node))
            hands_on = "Exception" in caught and source.path in WHERE_REQUESTS_END
            if ("Exception" in caught and not hands_on) or (bare and not raised_again):
                yield f"{source.path}:{node.lineno}: except {', '.join(caught)}"


def undocumented(source: Module) -> Iterator[str]:
    """A module, or a public function or class of it, without a docstring."""
    if not ast.get_docstring(source.tree):
        yield f"{source.path}:1: module"
    for node in source.tree.body if source.path.startswith("cpal/") else ():
        if isinstance(node, Function | ast.ClassDef) and not node.name.startswith("_") and not ast.get_docstring(node):
            yield f"{source.path}:{node.lineno}: {node.name}"


def unexplained(source: Module) -> Iterator[str]:
    """Comments that silence a check without saying which and why."""
    if not any(map(UNEXPLAINED.search, source.text.splitlines())):
        return
    for token in tokenize.generate_tokens(io.StringIO(source.text).readline):
        if token.type == tokenize.COMMENT and UNEXPLAINED.search(token.string):
            yield f"{source.path}:{token.start[0]}: {token.string}"


def nameless(source: Module) -> Iterator[str]:
    """Modules and packages whose name says nothing."""
    yield from (source.path for word in source.name.split(".") if word in NAMES_THAT_SAY_NOTHING)


def long_file(source: Module) -> Iterator[str]:
    """The module, if it is longer than a reader will stay."""
    lines = source.text.count("\n")
    if source.path.startswith("cpal/") and lines > LONGEST_FILE:
        yield f"{source.path}: {lines} lines"


HABITS = (long_functions, long_file, nameless, swallowing, undocumented, unexplained)


@pytest.mark.parametrize("habit", HABITS, ids=lambda habit: habit.__name__)
def test_the_source_keeps_no(habit: object) -> None:
    assert callable(habit)
    assert [breach for source in python_modules() for breach in habit(source)] == []


BREACHES = [
    (long_functions, "def f():\n" + "    g()\n" * LONGEST_FUNCTION),
    (long_file, "\n" * (LONGEST_FILE + 1)),
    (swallowing, "try:\n    f()\nexcept Exception:\n    raise"),
    (swallowing, "try:\n    f()\nexcept (ValueError, Exception):\n    pass"),
    (swallowing, "try:\n    f()\nexcept:\n    pass"),
    (undocumented, "x = 1"),
    (undocumented, '"""A module."""\ndef f(): pass'),
    (undocumented, '"""A module."""\nclass F: pass'),
    (unexplained, "x = 1  # type: ignore"),
    (unexplained, "x = 1  # type: ignore[assignment]"),
    (unexplained, "x = 1  # noqa: F401"),
]


@pytest.mark.parametrize(("habit", "text"), BREACHES, ids=lambda value: getattr(value, "__name__", ""))
def test_a_planted_breach_is_found(habit: object, text: str) -> None:
    assert callable(habit)
    assert list(habit(module("cpal/engine/planted.py", text))) != []


def test_a_nameless_module_is_found() -> None:
    assert list(nameless(module("cpal/engine/utils.py", ""))) != []


def test_a_long_table_is_no_breach() -> None:
    table = "def f():\n    return [\n" + "        1,\n" * LONGEST_FUNCTION + "    ]"
    assert list(long_functions(module("cpal/engine/planted.py", table))) == []


def readable(path: str) -> str:
    """The text of a tracked file, or nothing if it is binary."""
    data = (ROOT / path).read_bytes()
    return "" if b"\0" in data else data.decode("utf-8", errors="replace")


def test_nothing_is_true_on_one_machine_only() -> None:
    found = [
        f"{path}:{number}: {match[0]}"
        for path in tracked()
        for number, line in enumerate(readable(path).splitlines(), 1)
        if (match := MACHINE.search(line))
    ]
    assert found == []


@pytest.mark.parametrize("where", ["work/main", "root/.config", "home/ann/x", "tmp/cpal-1"])
def test_a_path_of_one_machine_is_seen(where: str) -> None:
    assert MACHINE.search(f"see /{where} for it")
    assert not MACHINE.search(f"see docs/{where} for it")


LINK = re.compile(r"(?<!!)\[[^]]*\]\((?!\w+:|#)([^)#\s]+)")


def test_documents_link_to_what_is_there() -> None:
    broken = [
        f"{path}: {match[1]}"
        for path in tracked()
        if path.endswith(".md")
        for match in LINK.finditer(readable(path))
        if not (ROOT / PurePosixPath(path).parent / match[1]).exists()
    ]
    assert broken == []
