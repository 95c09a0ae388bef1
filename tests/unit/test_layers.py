"""Imports point down, pure code is pure, and nothing goes round in circles.

The rule is the data below. Each rule is a function from modules to the breaches it finds, so that the tests can also
plant a breach and see it found. A dotted name in a string (`"cpal.faces.cli.plan:run"`, as lazy tables have it) counts
as an import.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter

import pytest

from tests.source import Module, module, python_modules

LAYERS: tuple[frozenset[str], ...] = (
    frozenset({"errors"}),
    frozenset({"model", "wire"}),
    frozenset({"reach"}),
    frozenset({"core"}),
    frozenset({"guest"}),
    frozenset({"ovsdb", "whole_file"}),
    frozenset({"drivers"}),
    frozenset({"engine", "lab"}),
    frozenset({"faces"}),
)
"""The parts of `cpal`, lowest first. A part imports itself and lower layers, not its neighbour in the layer."""

PURE_PARTS = frozenset({"errors", "model", "wire", "core", "reach"})
"""Parts that neither see nor touch the world; every `render` or `parse` module in any part is pure too."""

PURE_WORDS = frozenset({"render", "parse"})
"""What a module, or a package that it is in, is named when it is pure in any part."""

IMPURE_MODULES = frozenset(
    (
        # processes
        "atexit",
        "concurrent",
        "ctypes",
        "multiprocessing",
        "os",
        "platform",
        "queue",
        "sched",
        "signal",
        "subprocess",
        "sys.argv",
        "sys.exit",
        "threading",
        # network
        "asyncio",
        "ftplib",
        "http",
        "pyroute2",
        "select",
        "selectors",
        "smtplib",
        "socket",
        "socketserver",
        "ssl",
        "urllib.request",
        # files
        "fcntl",
        "glob",
        "importlib.metadata",
        "io.FileIO",
        "io.open",
        "mmap",
        "pathlib.Path",
        "shelve",
        "shutil",
        "sqlite3",
        "tempfile",
        # people
        "click",
        "curses",
        "getpass",
        "locale",
        "logging",
        "pty",
        "pwd",
        "readline",
        "resource",
        "rich",
        "sys.stderr",
        "sys.stdin",
        "sys.stdout",
        "syslog",
        "termios",
        "tty",
        "warnings",
        # clocks and chance
        "random",
        "secrets",
        "time",
        "uuid.uuid1",
        "uuid.uuid4",
    )
)
"""What pure code may not import or name: a module with all in it, or one member of it."""

IMPURE_CALLS = frozenset({"open", "print", "input", "breakpoint", "exec", "eval"})
"""Builtins that pure code may not call."""

CLOCKS = frozenset({"datetime.now", "datetime.utcnow", "datetime.today", "date.today"})
"""Methods that read the clock, which pure code may not call."""

DOTTED = re.compile(r"^cpal(\.\w+)+(?=:\w+$|$)")

Modules = dict[str, Module]


def part(name: str) -> str:
    """The part of `cpal` that a module belongs to; empty for the package itself."""
    return name.split(".")[1] if "." in name else ""


def level(name: str) -> int:
    """The layer of a module; the package itself, which offers all parts, is above them."""
    return next((n for n, parts in enumerate(LAYERS) if part(name) in parts), len(LAYERS))


def is_pure(name: str) -> bool:
    """Whether the module must be pure."""
    below = name.split(".")[2:]
    return part(name) in PURE_PARTS or any(word in PURE_WORDS or word.startswith("render_") for word in below)


def driver(name: str) -> str:
    """The driver that a module belongs to, or empty."""
    words = name.split(".")
    return words[2] if words[1:2] == ["drivers"] and len(words) > 2 else ""


@cache
def named(source: Module) -> tuple[tuple[int, str], ...]:
    """(line, dotted name) of everything that the module imports, relative names resolved."""
    return tuple(_named(source))


def _named(source: Module) -> Iterator[tuple[int, str]]:
    package = source.name if source.is_package else source.name.rpartition(".")[0]
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            up = package.rsplit(".", node.level - 1)[0] if node.level else ""
            start = ".".join(word for word in (up, node.module) if word)
            yield from ((node.lineno, f"{start}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and (match := DOTTED.match(node.value)):
            yield node.lineno, match[0]


def imported(source: Module, modules: Modules) -> Iterator[tuple[int, str]]:
    """(line, module) of every module of `cpal` that this one imports."""
    for line, name in named(source):
        while name and name not in modules:
            name = name.rpartition(".")[0]
        if name and name != source.name and not (name == "cpal" and part(source.name)):
            yield line, name


def edges(modules: Modules) -> Iterator[tuple[Module, int, str]]:
    """(importer, line, imported) over all modules."""
    return ((source, line, target) for source in modules.values() for line, target in imported(source, modules))


def homeless(modules: Modules) -> Iterator[str]:
    """Modules in no layer."""
    known = frozenset().union(*LAYERS) | {"", "__main__"}
    return (
        f"{source.path}: {part(name)} is in no layer" for name, source in modules.items() if part(name) not in known
    )


def upward(modules: Modules) -> Iterator[str]:
    """Imports that do not point down."""
    for source, line, target in edges(modules):
        if part(source.name) != part(target) and level(target) >= level(source.name):
            yield f"{source.path}:{line}: {part(source.name)} imports {target}"


def impure(modules: Modules) -> Iterator[str]:
    """Imports and calls by which pure code would see or touch the world, through other modules of ours too."""
    for source in modules.values():
        if is_pure(source.name):
            yield from (f"{source.path}:{line}: pure code uses {what}" for line, what in worldly(source))
            for line, target in imported(source, modules):
                if not is_pure(target) and not modules[target].is_package:
                    yield f"{source.path}:{line}: pure code imports {target}, which need not be pure"


def worldly(source: Module) -> Iterator[tuple[int, str]]:
    """(line, name) of each import, member or call in the module that is not pure."""
    for line, name in named(source):
        if any(f"{name}.".startswith(f"{taboo}.") for taboo in IMPURE_MODULES):
            yield line, name
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute) and ast.unparse(node) in IMPURE_MODULES:
            yield node.lineno, ast.unparse(node)
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called in IMPURE_CALLS or any(f".{called}".endswith(f".{clock}") for clock in CLOCKS):
                yield node.lineno, called


def drivers_that_meet(modules: Modules) -> Iterator[str]:
    """Imports of one driver by another."""
    for source, line, target in edges(modules):
        if driver(source.name) and driver(target) and driver(source.name) != driver(target):
            yield f"{source.path}:{line}: driver {driver(source.name)} imports {target}"


def faces_on_drivers(modules: Modules) -> Iterator[str]:
    """Imports of a driver by a face."""
    for source, line, target in edges(modules):
        if part(source.name) == "faces" and part(target) == "drivers":
            yield f"{source.path}:{line}: a face imports {target}"


def circles(modules: Modules) -> Iterator[str]:
    """One circle of imports, if there is any."""
    graph: dict[str, set[str]] = {}
    for source, _, target in edges(modules):
        graph.setdefault(source.name, set()).add(target)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        yield " <- ".join(error.args[1])


def hidden_imports(modules: Modules) -> Iterator[str]:
    """Imports inside functions that no comment with `lazy:` explains, at most two lines above or one below them."""
    for source in modules.values():
        lines = ["", *source.text.splitlines(), ""]
        nested = imports_in_functions(source.tree)
        inside = {line for node in nested for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)}
        for node in nested:
            first, last = node.lineno, node.end_lineno or node.lineno
            while first - 1 in inside:
                first -= 1
            while last + 1 in inside:
                last += 1
            if not any("#" in text and "lazy:" in text for text in lines[max(first - 2, 0) : last + 2]):
                yield f"{source.path}:{node.lineno}: import inside a function without `# lazy: why`"


def imports_in_functions(tree: ast.Module) -> list[ast.Import | ast.ImportFrom]:
    """Import statements nested in a function."""
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    found = {
        node for function in functions for node in ast.walk(function) if isinstance(node, ast.Import | ast.ImportFrom)
    }
    return sorted(found, key=lambda node: node.lineno)


Rule = Callable[[Modules], Iterable[str]]

RULES: tuple[Rule, ...] = (homeless, upward, impure, drivers_that_meet, faces_on_drivers, circles, hidden_imports)


def by_name(sources: Iterable[Module]) -> Modules:
    """The modules by their dotted name."""
    return {source.name: source for source in sources}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_source_keeps(rule: Rule) -> None:
    assert sorted(rule(by_name(python_modules("cpal")))) == []


PLANTED: list[tuple[Rule, dict[str, str]]] = [
    (homeless, {"cpal/extras/x.py": ""}),
    (upward, {"cpal/model/a.py": "from cpal.core import b", "cpal/core/b.py": ""}),
    (upward, {"cpal/model/a.py": "from ..wire.b import c", "cpal/wire/b.py": ""}),
    (upward, {"cpal/engine/a.py": "LAZY = {'x': 'cpal.faces.b:run'}", "cpal/faces/b.py": ""}),
    (impure, {"cpal/core/a.py": "import socket"}),
    (impure, {"cpal/core/a.py": "from os import path"}),
    (impure, {"cpal/core/a.py": "from pathlib import Path"}),
    (impure, {"cpal/model/a.py": "import uuid\nuuid.uuid4()"}),
    (impure, {"cpal/model/a.py": "import datetime\ndatetime.datetime.now(datetime.UTC)"}),
    (impure, {"cpal/wire/a.py": "def f(name):\n    return open(name)"}),
    (impure, {"cpal/drivers/x/render.py": "import time"}),
    (impure, {"cpal/drivers/x/y/parse/z.py": "import time"}),
    (impure, {"cpal/drivers/x/render/ports.py": "def f():\n    import asyncio"}),
    (impure, {"cpal/drivers/x/render.py": "from cpal.drivers.x import wire", "cpal/drivers/x/wire.py": ""}),
    (drivers_that_meet, {"cpal/drivers/x/a.py": "import cpal.drivers.y.b", "cpal/drivers/y/b.py": ""}),
    (faces_on_drivers, {"cpal/faces/a.py": "from cpal.drivers.y.b import c", "cpal/drivers/y/b.py": ""}),
    (circles, {"cpal/core/a.py": "from cpal.core import b", "cpal/core/b.py": "def f():\n    import cpal.core.a"}),
    (hidden_imports, {"cpal/engine/a.py": "def f():\n    import json\n\n\n# lazy: too far away\n"}),
]
"""For each rule, sources that break it."""

ALLOWED: dict[str, str] = {
    "cpal/__init__.py": '"""All."""\nNAMES = {"plan": "cpal.engine.run"}',
    "cpal/errors.py": "",
    "cpal/model/a.py": "import ipaddress, uuid\nfrom cpal import errors\nuuid.uuid5(uuid.NAMESPACE_DNS, 'x')",
    "cpal/core/a.py": "from pathlib import PurePosixPath\nimport datetime\nfrom cpal.model import a",
    "cpal/drivers/x/render.py": "from cpal.core.a import z",
    "cpal/engine/run.py": "def f():\n    # lazy: starts sooner\n    if f:\n        import json\n",
    "cpal/faces/a.py": "from cpal.engine import run",
}
"""Sources that break no rule, though each comes near one."""


@pytest.mark.parametrize(("rule", "files"), PLANTED, ids=lambda value: getattr(value, "__name__", ""))
def test_a_planted_breach_is_found(rule: Rule, files: dict[str, str]) -> None:
    assert list(rule(by_name(module(path, text) for path, text in files.items()))) != []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_what_is_allowed_passes(rule: Rule) -> None:
    assert list(rule(by_name(module(path, text) for path, text in ALLOWED.items()))) == []
