"""`cpal import --device`: documents of what switches are configured to, which are cpal's from then on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path

import click

from cpal.core.plan import Plan
from cpal.errors import Conflict, CpalError, Partial, Unverified
from cpal.faces.cli.carry import Manner, carry_out
from cpal.faces.cli.opened import opened
from cpal.faces.cli.places import places_of
from cpal.faces.cli.screen import confirm, note, progress
from cpal.faces.documents.declaring import Declaration
from cpal.faces.documents.reading import parse
from cpal.faces.session import Session
from cpal.faces.switches import Taken
from cpal.whole_file import there_already, write_new

USUAL = Path("switches.yaml")


def import_switches(devices: Sequence[str], output: Path | None, manner: Manner) -> None:
    """Read switches, write the document, and take over what it declares; nothing at them changes.

    Raises:
        Conflict: the file is there, or something at a switch is not as it was read.
        Disk: the file cannot be written.
    """
    path = output or USUAL
    if path.exists():
        raise there_already(path)
    with opened() as session:
        with progress("import") as report:
            report("reading switches")
            taken = session.read_switches(devices, path.stem)
            declaration, plan = _planned(session, taken, path)
        for what in taken.left_out:
            note(what)
        if manner.what_if and manner.form == "table":
            click.echo(taken.document)
        if not manner.what_if and not manner.yes:
            confirm(f"Write {path}, and take over {sum(len(target.ops) for target in plan.targets)} settings?")
        with nullcontext() if manner.what_if else _written(path, taken.document):
            carry_out(session, plan, manner._replace(yes=True), places_of(declaration))


def _planned(session: Session, taken: Taken, path: Path) -> tuple[Declaration, Plan]:
    """What taking over the document would do. Raises Conflict: it would change a switch, or something elsewhere."""
    declaration = session.declare(parse({str(path): taken.document}))
    plan = session.plan(declaration, handover="adopt")
    for target in plan.targets:
        if target.ops and target.target not in taken.targets:
            remedy = "`cpal plan` shows what, `cpal apply` brings it in order"
            raise Conflict("it is not as declared, and would be changed as well", key=target.target, remedy=remedy)
        for device, said in target.commands.items():
            raise Conflict(f"it would change the switch: {said[0]}", key=device, remedy="is somebody configuring it?")
    return declaration, plan


@contextmanager
def _written(path: Path, text: str) -> Iterator[None]:
    """A new file with this text, which goes again where nothing was taken over. Raises Conflict, Disk."""
    write_new(path, text.encode(), "the document")
    try:
        yield
    except (Partial, Unverified):  # it may be declared now
        raise
    except CpalError:
        path.unlink(missing_ok=True)
        raise
