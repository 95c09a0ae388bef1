"""Files that are there whole or not at all: written beside, then put in their place."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from cpal.errors import Conflict, Disk


def write_whole(path: Path, content: bytes, what: str) -> None:
    """Let a file hold this, which may be there; `what` names it in errors.

    Raises:
        Disk: it cannot be written, and is as it was.
    """
    try:
        if path.exists() and not path.is_file():  # a pipe, or the terminal: it is written to, and not replaced
            path.write_bytes(content)
        else:
            _put(path, content, is_new=False)
    except OSError as error:
        raise _unwritten(path, error, what) from error


def write_new(path: Path, content: bytes, what: str) -> None:
    """The same of a file that is not there yet.

    Raises:
        Conflict: it is there.
        Disk: it cannot be written, and is not there.
    """
    try:
        _put(path, content, is_new=True)
    except FileExistsError:
        raise there_already(path) from None
    except OSError as error:
        raise _unwritten(path, error, what) from error


def there_already(path: Path) -> Conflict:
    """That nothing is overwritten."""
    return Conflict("is there already and is left as it is", key=str(path), remedy="name another file")


def _put(path: Path, content: bytes, is_new: bool) -> None:
    place = path.resolve()
    beside = place.with_name(f".{place.name}.{uuid4().hex[:8]}")
    try:
        with beside.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if is_new:
            place.touch(exist_ok=False)  # whoever is first has the name
        beside.replace(place)
    finally:
        with suppress(FileNotFoundError):
            beside.unlink()


def _unwritten(path: Path, error: OSError, what: str) -> Disk:
    return Disk(f"{what} cannot be written: {error.strerror}", key=str(path), remedy="free space or mend permissions")
