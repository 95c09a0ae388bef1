"""The terminal: colour where it shows, notes and progress on stderr, questions."""

from __future__ import annotations

import os
import re
import select
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from shlex import join
from typing import TYPE_CHECKING

import click

from cpal.faces.cli.failures import FORMAT, INTERRUPTED, QUIET, WORDS, coloured

if TYPE_CHECKING:
    from rich.console import Console

Report = Callable[[str], None]

UNTOLD = frozenset(("-y", "--yes", "-q", "--quiet", "--detail"))
"""Flags that say nothing of what was done."""
YES = ("y", "yes")
_COUNT = re.compile(r"\b(\d+)(?: of |/)(\d+)\b")
"""How a step says how far it is; a bar shows it."""


def paint(text: str, **style: object) -> str:
    """The text in a style of `click.style`, where stdout shows it."""
    return click.style(text, **style) if coloured(sys.stdout) else text  # type: ignore[arg-type]  # click checks them


def is_terminal() -> bool:
    """Whether a person reads stdout."""
    return sys.stdout.isatty()


def width() -> int:
    """Columns of the terminal; 80 where there is none."""
    return shutil.get_terminal_size((80, 24)).columns


def console(stderr: bool = False) -> Console:
    """A rich console on stdout or stderr."""
    # lazy: rich takes as long as all the rest; only terminals need it
    from rich.console import Console as RichConsole

    return RichConsole(stderr=stderr, highlight=False, emoji=False, markup=False, soft_wrap=False)


def note(text: str) -> None:
    """Tell a person something beside the output."""
    if not _quiet():
        click.echo(f"note: {text}", err=True)


def done(text: str) -> None:
    """Tell a person that what was asked is done."""
    if not _quiet():
        click.echo(text, err=True)


def typed() -> str:
    """The words of the command as the log has them: without those that say how to show it, or that it is meant."""
    words: list[str] = click.get_current_context().meta.get(WORDS, [])
    told = [word for word in words if word not in UNTOLD and not word.startswith("--format=")]
    at = told.index("--format") if "--format" in told else len(told)
    return join(told[:at] + told[at + 2 :])


def leaves(sentence: str) -> None:
    """From here on, an interruption leaves this state."""
    click.get_current_context().meta[INTERRUPTED] = sentence


def confirm(question: str) -> None:
    """Ask for a yes.

    Raises:
        click.Abort: it was a no, or nobody answers.
    """
    click.echo(f"{question} [y/N]: ", nl=False, err=True)
    answer = ""
    with suppress(KeyboardInterrupt):
        if sys.stdin is not None:  # closed by who started the program
            _await_input()
            answer = sys.stdin.readline()
    if not answer.endswith("\n"):
        click.echo(err=True)
    if answer.strip().lower() not in YES:
        raise click.Abort


def _await_input() -> None:
    """Return when stdin can be read.

    A read alone does not end where a signal comes between Python's last look for one and the read: the process would
    wait for a second Ctrl-C. What the wake-up descriptor holds by then is seen by `select`, whenever it came.
    """
    woken, wakes = os.pipe()
    os.set_blocking(wakes, False)
    before = signal.set_wakeup_fd(wakes, warn_on_full_buffer=False)
    try:
        while sys.stdin not in select.select([sys.stdin, woken], [], [])[0]:
            os.read(woken, 4096)
    finally:
        signal.set_wakeup_fd(before)
        os.close(woken)
        os.close(wakes)


@contextmanager
def progress(title: str) -> Iterator[Report]:
    """A function that shows each step: moving on a terminal, a line each elsewhere."""
    if _quiet() or (_for_programs() and not sys.stderr.isatty()):
        yield lambda _: None
    elif not sys.stderr.isatty():
        yield _lines(title)
    else:
        with _moving(title) as report:
            yield report


def _lines(title: str) -> Report:
    """A line for each step; one that only counts on is told once."""
    last = ""

    def report(step: str) -> None:
        nonlocal last
        kind = _COUNT.sub("", step)
        if kind != last:
            click.echo(f"{title}: {step}", err=True)
        last = kind

    return report


@contextmanager
def _moving(title: str) -> Iterator[Report]:
    # lazy: as `console`
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(bar_width=24), TimeElapsedColumn())
    with Progress(*columns, console=console(stderr=True), transient=True) as bars:
        task = bars.add_task(title, total=None)

        def report(step: str) -> None:
            count = _COUNT.search(step)
            total, completed = (int(count[2]), int(count[1])) if count else (None, 0)
            bars.update(task, description=f"{title}: {step}", total=total, completed=completed)

        yield report


def _for_programs() -> bool:
    """Whether a program reads the output, and then the errors too."""
    return click.get_current_context().meta.get(FORMAT) not in (None, "table")


def _quiet() -> bool:
    return bool(click.get_current_context().meta.get(QUIET))
