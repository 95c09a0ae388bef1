"""A store and what is kept beside it: written to one file, and put back where there is neither."""

from __future__ import annotations

from pathlib import Path

from cpal.engine.backup import add, opened_backup
from cpal.engine.store import Store
from cpal.faces import beside


def back_up(store: Store, home: Path, path: Path) -> None:
    """Write a consistent copy of the store, with its whole history, and of what is kept beside it in `home`.

    Raises:
        Disk: it cannot be written.
    """
    kept = beside.taken(home)
    store.backup(path, lambda fresh: add(fresh, kept))


def put_back(store: Store, home: Path, path: Path, what_if: bool) -> int:
    """Make what `back_up` wrote the store, which must be empty; its last accepted revision. `what_if` only checks.

    What is kept beside the store is put back first, so that nothing of it is missing where there is a store.

    Raises:
        Conflict: there is a store already, or something else beside it.
        NotFound, Invalid, Broken: see `engine.backup.opened_backup`.
        Disk: the store cannot be written.
    """
    with opened_backup(path) as found, store.turns.turn():
        store.check_empty()
        beside.check_free(home, found.beside)
        if not what_if:
            beside.put_back(home, found.beside)
            store.restore(found.database)
        return found.revision
