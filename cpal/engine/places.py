"""Where the store of a state directory is: in a file there, or on the server that CPAL_STORE names."""

from __future__ import annotations

import os
from pathlib import Path

from cpal.engine.database import Database
from cpal.engine.sqlite import SqliteDatabase
from cpal.errors import Invalid, Missing

VARIABLE = "CPAL_STORE"
"""The environment variable with the address of a PostgreSQL database, as libpq writes it."""


def home_directory() -> Path:
    """Where state is kept: `CPAL_HOME`, else `~/.local/state/cpal`."""
    named = os.environ.get("CPAL_HOME")
    if named:
        return Path(named)
    state = os.environ.get("XDG_STATE_HOME")
    return (Path(state) if state else Path.home() / ".local" / "state") / "cpal"


def opened(home: Path, file: str, schema: str, what: str = "store") -> Database:
    """The database that state of one kind is in: `file` in the directory, or `schema` on the server.

    `what` names it in errors.

    Raises:
        Invalid: CPAL_STORE is no address.
        Missing: the library for it is not installed.
        Disk, Unreachable, Broken: it cannot be opened.
    """
    address = os.environ.get(VARIABLE, "")
    if not address:
        return SqliteDatabase(home / file, what)
    if not address.startswith(("postgresql://", "postgres://")):
        remedy = "write postgresql://USER@HOST/DATABASE, or leave it out for a file in CPAL_HOME"
        raise Invalid("it is no address of a PostgreSQL database", key=VARIABLE, remedy=remedy)
    try:
        from cpal.engine.postgresql import PostgresqlDatabase  # lazy: psycopg is there for those who want it
    except ImportError as error:
        remedy = "pip install 'cpal[postgresql]'"
        raise Missing(f"the library psycopg is not usable here: {error}", key=VARIABLE, remedy=remedy) from error
    return PostgresqlDatabase(address, schema, what)
