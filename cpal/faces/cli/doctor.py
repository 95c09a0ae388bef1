"""`cpal doctor`: what is wrong beneath, found by asking the machines themselves and by real packets."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from cpal.errors import EXIT_CODES, Unverified
from cpal.faces.cli.opened import opened
from cpal.faces.cli.output import Object, format_option, print_list
from cpal.faces.cli.screen import paint, progress

if TYPE_CHECKING:
    from cpal.engine.doctor.finding import Finding

FIELDS = ("check", "level", "host", "message", "evidence", "remedy")
COLOURS = {"ok": "green", "note": "yellow", "problem": "red"}


@click.group()
def doctor() -> None:
    """Find what is wrong beneath the networks."""


@doctor.command()
@click.option("--detail", is_flag=True, help="Show the evidence for what is in order too.")
@format_option
def overlay(detail: bool, form: str) -> int:
    """Examine the tunnels: who has one to whom, what gets through, what network cards do with it.

    Every hypervisor that has registered is asked, in the lab or by ssh at its host name (your ~/.ssh/config, agent and
    jump hosts are used; Open vSwitch and iproute2 are all it needs there). Paths are tried with real packets. Nothing
    is changed. Exits with 0 only when there is no problem; a note is none.
    """
    with opened() as session, progress("doctor") as report:
        found = session.examine_overlay(report)
    wrong = [finding for finding in found if finding.level == "problem"]
    if form == "table":
        _print(found, detail)
    else:
        print_list(map(_object, found), (), form, fields=FIELDS)
    return EXIT_CODES[Unverified] if wrong else 0


def _object(finding: Finding) -> Object:
    return {name: getattr(finding, name) for name in FIELDS}


def _print(found: Iterable[Finding], detail: bool) -> None:
    counts = dict.fromkeys(COLOURS, 0)
    for finding in found:
        counts[finding.level] += 1
        level = paint(f"{finding.level:8}", fg=COLOURS[finding.level], bold=finding.level == "problem")
        where = f"{finding.host}: " if finding.host else ""
        click.echo(f"{level}{finding.check:9} {where}{finding.message}")
        if detail or finding.level != "ok":
            click.echo(f"{'':18}evidence: {finding.evidence}")
        if finding.remedy:
            click.echo(f"{'':18}remedy: {finding.remedy}")
    words = {"problem": "problem", "note": "note", "ok": "check in order"}
    tail = ", ".join(_counted(counts[level], word) for level, word in words.items())
    click.echo(paint(f"\n{tail}", fg="red" if counts["problem"] else "green", bold=True))


def _counted(count: int, word: str) -> str:
    """A count with its word: "1 problem", "2 checks in order"."""
    first, _, rest = word.partition(" ")
    return f"{count} {first}{'' if count == 1 else 's'}{f' {rest}' if rest else ''}"
