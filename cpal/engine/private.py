"""Files for their owner alone: written whole or not at all, durably, and at no moment readable by others."""

from __future__ import annotations

import os
from pathlib import Path
from uuid import uuid4

from cpal.errors import Disk


def write_private(path: Path, content: bytes, what: str) -> None:
    """Let a file hold this; `what` names it in errors.

    Raises:
        Disk: it cannot be written, and is as it was.
    """
    fresh = path.with_name(f"{path.name}.{uuid4().hex}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        remedy = "free space or mend permissions"
        raise Disk(f"{what} cannot be written: {error.strerror}", key=str(path), remedy=remedy) from error
