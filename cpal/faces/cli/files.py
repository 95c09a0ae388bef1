"""`cpal init`, `export`, `backup` and `schema`: what goes from and to files."""

from __future__ import annotations

from pathlib import Path

import click

from cpal.engine.store import Store
from cpal.errors import Conflict, Disk
from cpal.faces.cli.screen import done
from cpal.faces.documents import STARTER
from cpal.faces.session import home_directory


@click.command()
@click.argument("file", type=click.Path(path_type=Path), default="cpal.yaml")
def init(file: Path) -> None:
    """Write a document of a few lines to start from (default: cpal.yaml). Nothing is ever overwritten."""
    _write_new(file, STARTER)
    done(f"wrote {file}; next: cpal lab up, then: cpal apply {file}")


def _write_new(file: Path, text: str) -> None:
    try:
        with file.open("x", encoding="utf-8") as new:
            new.write(text)
    except FileExistsError:
        raise Conflict("is there already and is left as it is", key=str(file), remedy="name another file") from None
    except OSError as error:
        raise Disk(f"cannot be written: {error.strerror}", key=str(file)) from error


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
def backup(file: Path) -> None:
    """Write a consistent copy of the store, with its whole history, to FILE. Nothing is ever overwritten."""
    if file.exists():
        raise Conflict("is there already and is left as it is", key=str(file), remedy="name another file")
    store = Store(home_directory() / "store.db")
    try:
        store.backup(file)
    finally:
        store.close()
    done(f"wrote {file}; to go back, put it in place of CPAL_HOME/store.db while no cpal runs")
