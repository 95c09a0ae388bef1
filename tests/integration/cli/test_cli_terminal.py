"""What is different on a terminal: colour, tables, pictures, progress and questions."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from tests.integration.cli.conftest import PROGRAM, Cpal
from tests.support.terminal import Terminal

Run = Callable[..., Terminal]


@pytest.fixture
def on_terminal(groups: Cpal) -> Iterator[Run]:
    """Run the program on a terminal."""
    opened: list[Terminal] = []

    def run(*words: str, columns: int = 100, **environment: str) -> Terminal:
        found = Terminal(
            [*PROGRAM, *words],
            {**groups.environment, "TERM": "xterm-256color", **environment},
            groups.directory,
            columns,
        )
        opened.append(found)
        return found

    yield run
    for terminal in opened:
        terminal.close()


def test_a_table_is_drawn_to_the_width_of_the_terminal(on_terminal: Run) -> None:
    for columns in (60, 120):
        terminal = on_terminal("get", "security-groups", columns=columns)
        assert terminal.finish() == 0
        lines = terminal.shown().splitlines()
        assert any("─" in line for line in lines)
        assert max(map(len, lines)) <= columns


def test_colour_is_for_those_who_want_it(on_terminal: Run) -> None:
    coloured = on_terminal("diff", "0")
    assert coloured.finish() == 0
    assert "\x1b[32m" in coloured.raw()
    for environment in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        plain = on_terminal("diff", "0", **environment)
        assert plain.finish() == 0
        assert "\x1b[3" not in plain.raw()


def test_long_lines_go_on_below_their_beginning(on_terminal: Run) -> None:
    terminal = on_terminal("diff", "0", columns=70)
    assert terminal.finish() == 0
    assert max(map(len, terminal.shown().splitlines())) <= 70


def test_a_deletion_is_asked_for_and_a_no_changes_nothing(on_terminal: Run, groups: Cpal) -> None:
    for answer, code in (("n", 1), ("y", 0)):
        terminal = on_terminal("delete", "address-group", "offices")
        terminal.expect(r"Delete this record\? \[y/N\]")
        terminal.type(f"{answer}\r")
        assert terminal.finish() == code
    groups("show", "address-group", "offices", code=5)


@pytest.mark.parametrize("hesitation_s", [0, 1e-5, 1e-4, 1e-3, 0.1])
def test_ctrl_c_says_what_is_left(on_terminal: Run, groups: Cpal, hesitation_s: float) -> None:
    terminal = on_terminal("delete", "address-group", "offices")
    terminal.expect(r"\[y/N\]")
    time.sleep(hesitation_s)
    terminal.type("\x03")
    assert terminal.finish() in (1, 130)
    assert "nothing was changed" in terminal.shown()
    groups("show", "address-group", "offices")


def test_progress_leaves_no_trace(on_terminal: Run) -> None:
    terminal = on_terminal("create", "project", "green")
    assert terminal.finish() == 0
    assert "Done: revision" in terminal.shown().splitlines()[-1]
