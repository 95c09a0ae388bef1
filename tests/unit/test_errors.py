"""The tree of errors is drawn as it is, and every class of it has an exit code."""

from __future__ import annotations

import ast
import re

from cpal import errors
from cpal.faces.http.status import HTTP_STATUS
from tests.source import python_modules

RESERVED = {0: "done", 2: "differences found, or bad usage"}
"""Exit codes that are no error's."""


def tree() -> dict[str, str]:
    """Name of each class below and including CpalError -> name of its parent."""
    found = {}
    pending = [errors.CpalError]
    while pending:
        parent = pending.pop()
        found[parent.__name__] = parent.__bases__[0].__name__
        pending.extend(child for child in parent.__subclasses__() if child.__module__ == errors.__name__)
    return found


def drawn_tree(text: str) -> dict[str, str]:
    """Name of each class drawn -> name of the class that it hangs from."""
    found: dict[str, str] = {}
    line_of_descent: list[str] = ["Exception"]
    for line in text.splitlines():
        if match := re.match(r"^    ([|` -]*)([A-Z]\w+)(?=  |$)", line):
            depth = len(match[1]) // 4
            del line_of_descent[depth + 1 :]
            found[match[2]] = line_of_descent[-1]
            line_of_descent.append(match[2])
    return found


def test_the_drawing_is_the_tree() -> None:
    assert drawn_tree(errors.__doc__ or "") == tree()


def test_every_class_has_an_exit_code() -> None:
    assert {kind.__name__ for kind in errors.EXIT_CODES} == set(tree())


def test_every_class_has_an_http_status() -> None:
    assert {kind.__name__ for kind in HTTP_STATUS} == set(tree())
    assert all(400 <= status < 600 for status in HTTP_STATUS.values())


def test_a_code_means_one_thing() -> None:
    """A class has a code of its own or the one of its parent; no two families share one."""
    own: dict[int, str] = {}
    for kind, code in errors.EXIT_CODES.items():
        parent = kind.__bases__[0]
        if not (issubclass(parent, errors.CpalError) and errors.EXIT_CODES[parent] == code):
            assert code not in own, f"{kind.__name__} and {own.get(code)} both end with {code}"
            own[code] = kind.__name__


def test_codes_are_what_a_shell_can_tell_apart() -> None:
    """1 to 125 (above, the shell speaks of signals and missing programs), and none that says something else."""
    assert all(1 <= code <= 125 and code not in RESERVED for code in errors.EXIT_CODES.values())


def test_all_errors_live_in_one_file() -> None:
    """No other module defines a class of the tree, so that the tables over it stay complete."""
    names = set(tree())
    strays = [
        f"{module.path}:{node.lineno}: {node.name}"
        for module in python_modules("cpal")
        if module.name != errors.__name__
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ClassDef)
        for base in node.bases
        if ast.unparse(base).rpartition(".")[2] in names
    ]
    assert strays == []


def test_an_error_says_its_subject_and_the_way_out() -> None:
    error = errors.AlreadyTaken("10.0.0.5 is used by port web-1", key="Port web-2", field="ip", remedy="choose another")
    assert str(error) == "Port web-2.ip: 10.0.0.5 is used by port web-1; choose another"
