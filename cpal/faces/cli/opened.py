"""A session for the time of one verb, after which the names that TAB completes are those that there are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from cpal.engine.places import home_directory
from cpal.faces.cli import names
from cpal.faces.session import Session


@contextmanager
def opened() -> Iterator[Session]:
    """The session on the user's store."""
    home = home_directory()
    try:
        with Session(home) as session:
            yield session
    finally:
        names.refresh(home)
