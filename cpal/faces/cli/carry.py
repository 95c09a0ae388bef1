"""What every verb that changes something does with its plan: show it, ask, apply it, say what is so now."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar

import click

from cpal.core.plan import Plan, label
from cpal.engine.joint import AT_ONCE, Rollout
from cpal.errors import Moved
from cpal.faces.cli.output import format_option, print_list, print_object, print_value, printable
from cpal.faces.cli.plan_object import OP_FIELDS, plan_object
from cpal.faces.cli.plan_text import MOST_CHANGES, plan_lines
from cpal.faces.cli.screen import confirm, done, leaves, note, paint, progress, typed
from cpal.faces.session import Session
from cpal.model.record import Key

Command = TypeVar("Command", bound=Callable[..., Any])
MOST_LISTED = 100
"""How many deletions are listed before the question."""
MOST_TURNS = 10
"""How often a change is planned, at most, where others change things meanwhile."""


class Manner(NamedTuple):
    """How a change is made: without asking, only shown, with all its rows, in which form, in which waves."""

    yes: bool
    what_if: bool
    detail: bool
    form: str
    rollout: Rollout = AT_ONCE
    probe: bool = False


def change_options(command: Command, asked: str = "before deleting") -> Command:
    """Give a command the options of everything that changes something, and asks before it does what `asked` says."""
    for option in (
        format_option,
        detail_option,
        click.option("--what-if", is_flag=True, help="Show what would change, and change nothing."),
        click.option("-y", "--yes", is_flag=True, help=f"Do not ask {asked}."),
    ):
        command = option(command)
    return command


def rollout_options(command: Command) -> Command:
    """Give a command the options of how a change over several devices is committed."""
    for option in (
        click.option("--batch", "waves", metavar="N,...,rest", default="rest", callback=_waves, show_default=True,
                     help="How many devices change at once, wave by wave."),
        click.option("--probe", is_flag=True, help="Send packets after each wave; take all back where they go wrong."),
        click.option("--within", "within_s", metavar="SECONDS", type=click.FloatRange(1, 3600), default=60.0,
                     show_default=True, help="When devices go back by themselves that were not confirmed."),
        click.option("--allow-unconfirmed", is_flag=True,
                     help="Let devices take part that do not go back by themselves."),
    ):  # fmt: skip
        command = option(command)
    return command


def _waves(ctx: click.Context, option: click.Parameter, text: str) -> tuple[int, ...]:
    """Raises click.BadParameter: it is not numbers of devices, and perhaps `rest`."""
    words = [word.strip() for word in text.split(",")]
    numbers = words[:-1] if words[-1] == "rest" else words
    if not all(word.isdecimal() and int(word) for word in numbers):
        raise click.BadParameter("write how many devices at once, one number after another, such as 1,5,rest")
    return tuple(map(int, numbers))


def detail_option(command: Command) -> Command:
    """Give a command the option `--detail`."""
    return click.option("--detail", is_flag=True, help="Show all of it: each row, each flow.")(command)


def show_plan(plan: Plan, session: Session, places: Mapping[Key, str], detail: bool, form: str) -> None:
    """Print a plan."""
    if form == "table":
        for line in plan_lines(plan, session.estate, places, detail):
            click.echo(line)
    elif form in ("jsonl", "csv"):
        print_list(plan_object(plan, session.estate)["ops"], (), form, fields=OP_FIELDS)
    else:
        print_value(plan_object(plan, session.estate), form)


def in_turn(attempt: Callable[[], None]) -> None:
    """Plan and carry out by `attempt`; again, with a plan of what is so then, where somebody else came between.

    Raises:
        Moved: somebody else did each time.
    """
    for _ in range(MOST_TURNS - 1):
        try:
            attempt()
        except Moved as moved:
            note(f"{moved.message}; planning again")
        else:
            return
    attempt()


def carry_out(session: Session, plan: Plan, manner: Manner, places: Mapping[Key, str] | None = None) -> None:
    """Show a plan, have deletions confirmed, apply it and say what was done.

    Raises:
        click.Abort: deletions were not confirmed.
    """
    show = manner.form == "table" or manner.what_if
    if show:
        show_plan(plan, session, places or {}, manner.detail, manner.form)
    if manner.what_if:
        done("what-if: nothing was changed")
        return
    if not manner.yes:
        shown_whole = manner.form == "table" and (manner.detail or len(plan.changes) <= MOST_CHANGES)
        _confirm_deletions(plan, session, shown_whole)
    before = session.estate
    revision = plan.revision
    if plan.empty:
        with progress("apply") as report:
            session.plug_workloads(report)
    else:
        revision = _apply(session, plan, manner)
    if manner.form == "table":
        _say_done(plan, revision)
    else:
        told = plan_object(plan, before)
        found = {"applied": not plan.empty, "revision": revision, "plan": told}
        print_object(found, told["ops"], OP_FIELDS, manner.form)


def _confirm_deletions(plan: Plan, session: Session, listed: bool) -> None:
    """Ask, if anything is deleted; `listed` says that the plan as it was shown names all of it."""
    gone = [before for before, after in plan.changes if after is None and before is not None]
    if not gone:
        return
    for record in gone[:MOST_LISTED] if not listed else ():
        click.echo(paint(f"  - {printable(label(record, session.estate))}", fg="red"), err=True)
    if len(gone) > MOST_LISTED and not listed:
        click.echo(f"  … and {len(gone) - MOST_LISTED} more", err=True)
    records = "this record" if len(gone) == 1 else f"these {len(gone)} records"
    released = plan.handover == "release"
    confirm(f"Forget {records}, and leave everything on the devices as it is?" if released else f"Delete {records}?")


def _apply(session: Session, plan: Plan, manner: Manner) -> int:
    """Apply; the revision that is so now."""
    try:
        with progress("apply") as report:
            return session.apply(plan, typed(), report, manner.rollout, manner.probe).revision
    except KeyboardInterrupt:
        leaves(_state_words(session, plan))
        raise


def _state_words(session: Session, plan: Plan) -> str:
    """What an interrupted apply leaves."""
    log = session.history()
    last = log[-1] if log else None
    if last is None or last.number <= plan.revision:
        return "repairs may be half done, the same command finishes them" if not plan.changes else "nothing was changed"
    if last.state == "proposed":
        return (
            f"revision {last.number} was being applied; the next apply finds out whether it is, and goes on from there"
        )
    if last.state == "accepted":
        return f"revision {last.number} is applied, but not yet verified; `cpal plan` shows what is left to do"
    return "nothing was changed"


def _say_done(plan: Plan, revision: int) -> None:
    if plan.empty:
        return
    rows = [
        f"{len(target.ops)} {'row' if len(target.ops) == 1 else 'rows'} at {target.target}"
        for target in plan.targets
        if target.ops
    ]
    what = f"revision {revision}" if plan.changes else "repaired"
    click.echo(paint(f"\nDone: {', '.join([what, *rows])}.", fg="green", bold=True))
