"""What verbs list, in the form that was asked for: a table for people, JSON, JSON lines, YAML or CSV for programs."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, TypeVar

import click

from cpal.faces.cli.failures import FORMAT, QUIET
from cpal.faces.cli.screen import console, is_terminal

FORMATS = ("table", "json", "jsonl", "yaml", "csv")
Object = dict[str, Any]
Command = TypeVar("Command", bound=Callable[..., Any])


class Column(NamedTuple):
    """A column of a table for people: its heading, and the cell of an object."""

    heading: str
    cell: Callable[[Object], object]


def column(key: str, heading: str = "") -> Column:
    """The column of one key."""
    return Column(heading or key.replace("_", " "), lambda found: found.get(key))


def _remember(ctx: click.Context, _: click.Parameter, value: str) -> str:
    ctx.meta[FORMAT] = value
    return value


def _remember_quiet(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted:
        ctx.meta[QUIET] = True


def quiet_option(command: Command) -> Command:
    """Give a command the option `--quiet`."""
    return click.option(
        "-q", "--quiet", is_flag=True, expose_value=False, callback=_remember_quiet, help="No progress and no notes."
    )(command)


def format_option(command: Command) -> Command:
    """Give a command the options `--format` and `--quiet`."""
    command = quiet_option(command)
    return click.option(
        "--format", "form", type=click.Choice(FORMATS), default="table", show_default=True, is_eager=True,
        callback=_remember, help="How to print it.",
    )(command)  # fmt: skip


def print_list(
    objects: Iterable[Object], columns: Sequence[Column], form: str, empty: str = "", fields: Sequence[str] = ()
) -> None:
    """Print objects; `empty` is what a person is told (on stderr) when there are none.

    `fields` are those that each has, for the heading of CSV also when there are none; without, those that are found.
    """
    found = list(objects)
    if form == "table":
        if found:
            print_table(found, columns)
        elif empty:
            click.echo(empty, err=True)
    elif form == "jsonl":
        for each in found:
            click.echo(as_json(each, None))
    elif form == "csv":
        _print_csv(found, fields)
    else:
        print_value(found, form)


def print_object(value: Object, rows: Iterable[Object], fields: Sequence[str], form: str) -> None:
    """Print one object that is no row of a table: in CSV, the rows that it is made of, with these fields."""
    if form == "csv":
        _print_csv(list(rows), fields)
    else:
        print_value(value, form)


def print_value(value: Any, form: str) -> None:
    """Print one value as JSON or YAML.

    Raises:
        ValueError: in another form, which has rows.
    """
    if form not in ("json", "jsonl", "yaml"):
        raise ValueError(f"one value has no form {form!r}")
    if form == "yaml":
        # lazy: only this format needs it
        import yaml

        click.echo(yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=120), nl=False)
    else:
        click.echo(as_json(value, None if form == "jsonl" else 2))


def as_json(value: Any, indent: int | None = 2) -> str:
    """JSON text, in characters as they are."""
    return json.dumps(value, indent=indent, ensure_ascii=False)


def _print_csv(found: list[Object], fields: Sequence[str]) -> None:
    headings = fields or list(dict.fromkeys(key for each in found for key in each))
    writer = csv.writer(sys.stdout, lineterminator="\n")
    if headings:
        writer.writerow(headings)
    writer.writerows([_csv_cell(each.get(key)) for key in headings] for each in found)


def _csv_cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return as_json(value, None) if isinstance(value, dict | list | tuple) else str(value)


def print_table(found: Sequence[Object], columns: Sequence[Column]) -> None:
    """Print a table: drawn to the terminal's width, else aligned and whole."""
    rows = [[cell(each.cell(one)) for each in columns] for one in found]
    headings = [each.heading for each in columns]
    if is_terminal():
        _draw(headings, rows)
    else:
        for line in aligned([headings, *rows]):
            click.echo(line)


def _draw(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    # lazy: as `screen.console`
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, header_style="bold", pad_edge=False, show_edge=False)
    for number, heading in enumerate(headings):
        numeric = all(row[number].isdecimal() or not row[number] for row in rows)
        table.add_column(heading, overflow="fold", justify="right" if numeric else "left")
    for row in rows:
        table.add_row(*row)
    console().print(table)


def aligned(rows: Sequence[Sequence[str]], gap: str = "  ") -> list[str]:
    """Rows as lines with aligned columns and nothing after the last cell."""
    if not rows:
        return []
    widths = [max(len(row[number]) for row in rows) for number in range(len(rows[0]))]
    return [gap.join(map(str.ljust, row, widths)).rstrip() for row in rows]


def cell(value: object) -> str:
    """A value in a table for people: printable, on one line; of a mapping what has a value."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.3f}".rstrip("0").rstrip(".")
    if isinstance(value, list | tuple):
        return ", ".join(map(cell, value))
    if isinstance(value, dict):
        return ", ".join(f"{key}={said}" for key, each in value.items() if (said := cell(each)))
    return printable(str(value))


def printable(text: str) -> str:
    """The text without what could move a terminal's cursor or change its colours."""
    return text if text.isprintable() else "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
