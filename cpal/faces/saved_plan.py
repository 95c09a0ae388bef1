"""Plans in files: written to be reviewed, and read to be carried out as they were."""

from __future__ import annotations

from pathlib import Path

from cpal.core.plan import Plan, SavedPlan, restore, save
from cpal.errors import Invalid
from cpal.whole_file import write_whole


def write(plan: Plan, path: Path) -> None:
    """Write a plan to a file that `read` reads.

    Raises:
        Disk: it cannot be written.
    """
    write_whole(path, save(plan), "the plan")


def read(path: Path) -> SavedPlan:
    """What `write` wrote.

    Raises:
        Invalid: not a saved plan, or it cannot be read.
    """
    try:
        return restore(path.read_bytes())
    except OSError as error:
        raise Invalid(f"cannot be read: {error.strerror}", key=str(path)) from error
    except ValueError as error:
        raise Invalid(f"not a saved plan: {error}", key=str(path), remedy="write one with `cpal plan --out`") from error
