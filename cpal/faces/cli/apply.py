"""`cpal apply`, `destroy` and `undo`: plans carried out."""

from __future__ import annotations

from pathlib import Path

import click

from cpal.core.plan import raise_faults
from cpal.engine.joint import Rollout
from cpal.faces.cli.carry import Manner, carry_out, change_options, in_turn, rollout_options
from cpal.faces.cli.failures import WORDS
from cpal.faces.cli.opened import opened
from cpal.faces.cli.places import places_of
from cpal.faces.cli.screen import progress
from cpal.faces.session import Session

SAVED = b'{"revision":'
"""How a saved plan begins, and no document does."""


@click.command()
@click.argument("files", nargs=-1, metavar="[FILE|PLAN]...", type=click.Path(path_type=Path))
@change_options
@rollout_options
def apply(
    files: tuple[Path, ...],
    yes: bool,
    what_if: bool,
    detail: bool,
    form: str,
    waves: tuple[int, ...],
    probe: bool,
    within_s: float,
    allow_unconfirmed: bool,
) -> None:
    """Make it so: the plan is shown, deletions are confirmed, then all of it is done, or nothing.

    More than 5,000 rows at a target travel in several transactions; if something comes between them, the next apply
    goes on from there.

    Several devices or targets change as one: each goes back by itself unless, in time, all of them did and are seen to
    hold what they should.

    FILE is a YAML document or a directory of them; PLAN what `cpal plan --out` saved, which is applied exactly or
    refused. Without either, what others changed at the targets is repaired.
    """
    rollout = Rollout(within_s, waves, allow_unconfirmed=allow_unconfirmed)
    manner = Manner(yes, what_if, detail, form, rollout, probe)
    if any(map(_is_saved_plan, files)):
        _apply_saved(files, manner)
    else:
        in_turn(lambda: _apply_declared(files, manner))


def _apply_saved(files: tuple[Path, ...], manner: Manner) -> None:
    """Raises click.UsageError: there is more than a saved plan."""
    if len(files) > 1:
        raise click.UsageError("a saved plan is applied by itself", click.get_current_context())
    with opened() as session:
        with progress("plan") as report:
            report("reading targets")
            plan = session.restore(files[0])
        carry_out(session, plan, manner)


def _apply_declared(files: tuple[Path, ...], manner: Manner) -> None:
    with opened() as session:
        with progress("plan") as report:
            report("reading documents and targets" if files else "reading targets")
            declaration = session.load(*files) if files else None
            plan = session.plan(declaration)
        carry_out(session, plan, manner, places_of(declaration))


def _is_saved_plan(path: Path) -> bool:
    if not path.is_file():
        return False
    try:
        with path.open("rb") as file:
            return file.read(len(SAVED)) == SAVED
    except OSError:
        return False  # whoever reads it as a document says why it cannot be read


@click.command()
@click.argument("files", nargs=-1, metavar="[FILE]...", type=click.Path(path_type=Path))
@click.option("--stack", "stacks", multiple=True, help="A stack, by name; may be repeated.")
@change_options
@click.pass_context
def destroy(
    ctx: click.Context,
    files: tuple[Path, ...],
    stacks: tuple[str, ...],
    yes: bool,
    what_if: bool,
    detail: bool,
    form: str,
) -> None:
    """Take away everything that documents, or stacks, declared, and nothing else."""
    if not files and not stacks:
        ctx.fail("name documents, or a stack with --stack")
    in_turn(lambda: _destroy(files, stacks, Manner(yes, what_if, detail, form)))


def _destroy(files: tuple[Path, ...], stacks: tuple[str, ...], manner: Manner) -> None:
    with opened() as session:
        known = session.stacks()
        declared = [stack for stack in (_stacks(session, files) if files else ()) if stack in known]
        carry_out(session, session.plan_destroy([*stacks, *declared]), manner)


def _stacks(session: Session, files: tuple[Path, ...]) -> tuple[str, ...]:
    """The stacks that documents are the whole of.

    Raises:
        Faults: something is wrong with the documents.
    """
    # lazy: only what has documents waits for what reads them
    from cpal.faces.documents.telling import told

    declaration = session.load(*files)
    raise_faults(told(declaration.faults, declaration))
    return declaration.stacks


@click.command()
@click.argument("revision", type=int, required=False)
@change_options
def undo(revision: int | None, yes: bool, what_if: bool, detail: bool, form: str) -> None:
    """Take back a revision (default: the last), as a new revision.

    Refused where later revisions changed the same fields.
    """
    with opened() as session:
        plan = session.plan_undo(revision)
        click.get_current_context().meta[WORDS] = [
            "undo",
            str(session.estate.revision if revision is None else revision),
        ]
        carry_out(session, plan, Manner(yes, what_if, detail, form))
