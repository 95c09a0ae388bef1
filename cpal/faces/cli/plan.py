"""`cpal plan`: what documents would change, or, without any, what drifted."""

from __future__ import annotations

from pathlib import Path

import click

from cpal.faces.cli.carry import detail_option, show_plan
from cpal.faces.cli.opened import opened
from cpal.faces.cli.output import format_option
from cpal.faces.cli.places import places_of
from cpal.faces.cli.screen import done, progress

DIFFERENCES = 2
"""The exit code of `--exit-code` when there is something to do."""


@click.command()
@click.argument("files", nargs=-1, metavar="[FILE]...", type=click.Path(path_type=Path))
@click.option("-o", "--out", type=click.Path(path_type=Path), help="Save the plan, for `cpal apply` to do just that.")
@click.option("--exit-code", is_flag=True, help="Exit with 2 when there is something to do.")
@click.option("--no-proof", is_flag=True, help="Do not work out what it opens and closes.")
@detail_option
@format_option
def plan(files: tuple[Path, ...], out: Path | None, exit_code: bool, no_proof: bool, detail: bool, form: str) -> int:
    """Show what applying documents would change, and change nothing.

    FILE is a YAML document or a directory of them. Without FILE: what others changed at the targets since.
    """
    with opened() as session:
        with progress("plan") as report:
            report("reading documents and targets" if files else "reading targets")
            declaration = session.load(*files) if files else None
            found = session.plan(declaration, prove=not no_proof)
        show_plan(found, session, places_of(declaration), detail, form)
        if out is not None:
            session.save(found, out)
            done(f"saved to {out}; apply exactly this with: cpal apply {out}")
    return DIFFERENCES if exit_code and not found.empty else 0
