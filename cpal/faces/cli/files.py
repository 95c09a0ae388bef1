"""`cpal init`, `export`, `backup`, `restore` and `schema`: what goes to files, and back."""

from __future__ import annotations

from pathlib import Path

import click

from cpal.errors import NotFound
from cpal.faces.cli.opened import opened
from cpal.faces.cli.screen import done
from cpal.faces.documents.json_schema import schema_text
from cpal.faces.documents.starter import STARTER
from cpal.faces.documents.writing import dump
from cpal.whole_file import there_already, write_new


@click.command()
@click.argument("file", type=click.Path(path_type=Path), default="cpal.yaml")
def init(file: Path) -> None:
    """Write a document of a few lines to start from (default: cpal.yaml). Nothing is ever overwritten."""
    write_new(file, STARTER.encode(), "it")
    done(f"wrote {file}; next: cpal lab up, then: cpal apply {file}")


@click.command()
@click.option("--stack", help="Only what a stack declared.")
@click.option("--project", help="Only what a project owns.")
def export(stack: str | None, project: str | None) -> None:
    """Print documents of what there is, which declare just that."""
    with opened() as session:
        if stack is not None and stack not in session.stacks():
            known = ", ".join(sorted(session.stacks())) or "none"
            raise NotFound(f"there is no stack {stack!r}", remedy=f"there are: {known}")
        text = dump(session.estate, stack, project)
    click.echo(text, nl=False)


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
def backup(file: Path) -> None:
    """Write a consistent copy of the store, with its whole history, to FILE. Nothing is ever overwritten.

    With it goes what is kept beside the store: the identity service's people and keys, and what an import adopted.
    FILE is for its owner alone; keep it like a password.
    """
    if file.exists():
        raise there_already(file)
    with opened() as session:
        session.backup(file)
    done(f"wrote {file}; to go back to it, into an empty CPAL_HOME: cpal restore {file}")


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--what-if", is_flag=True, help="Check the file, and change nothing.")
def restore(file: Path, what_if: bool) -> None:
    """Go back to what `cpal backup` wrote to FILE, with its whole history.

    Refused where there is a store already, unless it has no revision yet, or something else beside it. Targets are left
    as they are: `cpal plan` shows how they differ from what the backup says, `cpal apply` makes them so.
    """
    with opened() as session:
        revision = session.restore_backup(file, what_if)
        home = session.home
    if what_if:
        done(f"what-if: {file} can be restored, to revision {revision}; nothing was changed")
    else:
        done(f"restored {file} to {home}, at revision {revision}; how the targets differ: cpal plan")


@click.command()
def schema() -> None:
    """Print the JSON schema of documents, by which editors complete and check them."""
    click.echo(schema_text(), nl=False)
