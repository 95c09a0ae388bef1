"""Files that are there whole or not at all: written beside, durably, then put in their place.

A crash at any moment leaves the former file or the new one. What others may not read they can at no moment.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from uuid import uuid4

from cpal.errors import Conflict, Disk

PRIVATE = 0o600


def write_whole(path: Path, content: bytes, what: str, mode: int | None = None) -> None:
    """Let a file hold this, which may be there; `what` names it in errors.

    `mode` is its permissions; without one it keeps those that it has.

    Raises:
        Disk: it cannot be written, and is as it was.
    """
    try:
        if path.exists() and not path.is_file():  # a pipe, or the terminal: it is written to, and not replaced
            path.write_bytes(content)
        else:
            _put(path.resolve(), content, mode)
    except OSError as error:
        raise _unwritten(path, error, what) from error


def write_private(path: Path, content: bytes, what: str) -> None:
    """The same of a file for its owner alone, in a directory that is made where there is none.

    Raises:
        Disk: as `write_whole`.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritten(path, error, what) from error
    write_whole(path, content, what, PRIVATE)


def write_new(path: Path, content: bytes, what: str) -> None:
    """The same of a file that is not there yet.

    Raises:
        Conflict: it is there.
        Disk: it cannot be written, and is not there.
    """
    try:
        _put(path.resolve(), content, None, is_new=True)
    except FileExistsError:
        raise there_already(path) from None
    except OSError as error:
        raise _unwritten(path, error, what) from error


def there_already(path: Path) -> Conflict:
    """That nothing is overwritten."""
    return Conflict("is there already and is left as it is", key=str(path), remedy="name another file")


def _put(place: Path, content: bytes, mode: int | None, is_new: bool = False) -> None:
    beside = place.with_name(f".{place.name}.{uuid4().hex[:8]}")
    try:
        made = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666 if mode is None else mode)
        with os.fdopen(made, "wb") as file:
            if mode is None and not is_new and place.exists():
                os.fchmod(file.fileno(), stat.S_IMODE(place.stat().st_mode))
            file.write(content)
        if is_new:
            place.touch(exist_ok=False)  # whoever is first has the name
        put_in_place(beside, place)
    finally:
        beside.unlink(missing_ok=True)


def put_in_place(beside: Path, place: Path) -> None:
    """Let a file that was written beside another take its place, durably. Raises OSError."""
    _sync(beside)
    beside.replace(place)
    _sync(place.parent)


def _sync(path: Path) -> None:
    """Have a file, or the names in a directory, outlast a crash, where the file system can. Source: fsync(2)."""
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
    finally:
        os.close(opened)


def _unwritten(path: Path, error: OSError, what: str) -> Disk:
    return Disk(f"{what} cannot be written: {error.strerror}", key=str(path), remedy="free space or mend permissions")
