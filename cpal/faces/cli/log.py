"""`cpal history` and `cpal diff`: the log of revisions, and what differs between two."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from cpal.engine.store import Revision
from cpal.faces.cli.opened import opened
from cpal.faces.cli.output import Object, column, format_option, print_list
from cpal.faces.cli.plan_object import CHANGE_FIELDS, changes_objects
from cpal.faces.cli.plan_text import change_lines
from cpal.faces.session import Session
from cpal.model.estate import Estate

FIELDS = ("revision", "when", "who", "what", "state")
COLUMNS = tuple(map(column, FIELDS))


@click.command()
@click.option("-n", "--last", type=click.IntRange(min=1), help="Only so many, the latest.")
@format_option
def history(last: int | None, form: str) -> None:
    """List the revisions, oldest first: when, who, what."""
    with opened() as session:
        log = session.history()
    print_list(map(_object, log[-last:] if last else log), COLUMNS, form, "there is no revision yet", FIELDS)


def _object(revision: Revision) -> Object:
    when = datetime.fromtimestamp(revision.proposed_at, UTC).astimezone()
    return {
        "revision": revision.number,
        "when": when.isoformat(" ", "seconds"),
        "who": revision.actor,
        "what": revision.words,
        "state": revision.state,
    }


@click.command()
@click.argument("before", metavar="[REV]", type=click.IntRange(min=0), required=False)
@click.argument("after", metavar="[REV]", type=click.IntRange(min=0), required=False)
@click.option("--exit-code", is_flag=True, help="Exit with 2 when there are differences.")
@click.option("--detail", is_flag=True, help="Show each record.")
@format_option
def diff(before: int | None, after: int | None, exit_code: bool, detail: bool, form: str) -> int:
    """Show what changed from one revision to another (default: to the last).

    Without any: what the last revision changed. Revision 0 is the empty estate.
    """
    with opened() as session:
        older = _before_last(session) if before is None else before
        changes = session.changes(older, after)
        newer = session.estate if after is None else _estate_at(session, after)
        estate = _estate_at(session, older)
    if form == "table":
        for line in change_lines(changes, estate, newer, {}, detail) or ["Nothing differs."]:
            click.echo(line)
    else:
        print_list(changes_objects(changes, estate, newer), (), form, fields=CHANGE_FIELDS)
    return 2 if exit_code and changes else 0


def _estate_at(session: Session, number: int) -> Estate:
    return session.estate.replace(session.changes(session.estate.revision, number), number)


def _before_last(session: Session) -> int:
    accepted = [revision.number for revision in session.history() if revision.state == "accepted"]
    return accepted[-2] if len(accepted) > 1 else 0
