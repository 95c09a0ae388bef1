"""How a run ends that did not do what was asked: in words on stderr, in JSON where that was asked for."""

from __future__ import annotations

import json
import os
import sys
import traceback
from types import TracebackType
from typing import Any

import click

from cpal.errors import EXIT_CODES, CpalError, Fault, Faults

INTERRUPTED = "interrupted"
"""The key in a context's `meta` of the sentence that says what state an interrupted verb leaves."""
WORDS = "words"
"""The key in a context's `meta` of the words of the command, as they were typed."""
QUIET = "quiet"
"""The key in a context's `meta` of whether progress and notes are wanted not."""
FORMAT = "format"
"""The key in a context's `meta` of the output format."""


def show(error: CpalError, ctx: click.Context | None) -> None:
    """Print an error with what would help."""
    if _wants_json(ctx):
        click.echo(json.dumps({"error": as_object(error)}, ensure_ascii=False), err=True)
    elif isinstance(error, Faults):
        for fault in error.faults:
            click.echo(str(fault), err=True)
        click.echo(_red(f"{_counted(len(error.faults), 'fault')}; nothing was changed"), err=True)
    else:
        click.echo(_red("error: ") + words_of(error), err=True)


def words_of(error: CpalError) -> str:
    """An error as a person reads it: what is wrong, what was wanted and seen, and on a line of its own the way out."""
    subject = ".".join(part for part in (error.key, error.field) if part)
    text = f"{subject}: {error.message}" if subject else error.message
    details = [
        f"{word} {value}" for word, value in (("wanted", error.wanted), ("seen", error.seen)) if value is not None
    ]
    text += f" ({', '.join(details)})" if details else ""
    return f"{text}\n  {error.remedy}" if error.remedy else text


def as_object(error: CpalError) -> dict[str, Any]:
    """An error as scripts read it."""
    found: dict[str, Any] = {
        "type": type(error).__name__,
        "message": error.message,
        "key": error.key,
        "field": error.field,
        "remedy": error.remedy,
        "retry": error.retry,
        "exit_code": EXIT_CODES[type(error)],
    }
    if isinstance(error, Faults):
        found["faults"] = [_fault_object(fault) for fault in error.faults]
    return found


def _fault_object(fault: Fault) -> dict[str, str]:
    return {name: getattr(fault, name) for name in ("place", "key", "field", "problem", "remedy", "cause")}


def show_usage(wrong: click.ClickException, ctx: click.Context | None) -> None:
    """Print what is wrong with the words of a command, and how they go."""
    if _wants_json(ctx):
        found = {"type": "Usage", "message": wrong.format_message(), "exit_code": 64}
        click.echo(json.dumps({"error": found}, ensure_ascii=False), err=True)
        return
    usage = wrong.ctx if isinstance(wrong, click.UsageError) else None
    if usage is not None:
        click.echo(usage.get_usage(), err=True)
        click.echo(f"Try '{usage.command_path} --help'.", err=True)
    click.echo(_red("error: ") + wrong.format_message(), err=True)


def show_interrupted(ctx: click.Context | None) -> None:
    """Print, in one line, what an interrupted run leaves."""
    sentence = ctx.meta.get(INTERRUPTED) if ctx is not None else None
    click.echo(f"\ninterrupted; {sentence or 'nothing was changed'}", err=True)


def report_bug(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Say that cpal itself is at fault, and where the details are; ends the process with 70.

    Raises:
        SystemExit: always.
    """
    # lazy: only a bug needs it
    import tempfile

    text = "".join(traceback.format_exception(kind, error, trace))
    if os.environ.get("CPAL_DEBUG"):
        click.echo(text, err=True)
    summary = traceback.format_exception_only(kind, error)[-1].strip()
    click.echo(_red("fault of cpal itself: ") + summary, err=True)
    details = f"cpal {' '.join(sys.argv[1:])}\n{sys.version}\n\n{text}"
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="cpal-fault-", suffix=".txt", delete=False, encoding="utf-8"
        ) as file:
            file.write(details)
        told = file.name
    except OSError:
        click.echo(details, err=True)
        told = "what stands above"
    click.echo(f"  please report it with {told}, after taking out what is private", err=True)
    sys.exit(EXIT_CODES_BUG)


EXIT_CODES_BUG = 70
"""Source: sysexits.h EX_SOFTWARE; the code of `errors.Broken` too."""


def _wants_json(ctx: click.Context | None) -> bool:
    return ctx is not None and ctx.meta.get(FORMAT) in ("json", "jsonl")


def _counted(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _red(text: str) -> str:
    return click.style(text, fg="red", bold=True) if coloured(sys.stderr) else text


def coloured(stream: Any) -> bool:
    """Whether a stream is a terminal that shows colour, and the user wants it. Source: no-color.org."""
    return bool(stream.isatty()) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
