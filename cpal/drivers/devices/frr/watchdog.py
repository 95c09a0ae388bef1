"""What brings a leaf back that nobody confirmed: a process beside it, which lives on when cpal does not.

    python -m cpal.drivers.devices.frr.watchdog DIRECTORY LEAF OWNER WORD

A leaf has it run when the time is over (`leaf.commit`). It sees whether the change with its word still waits, and
brings the leaf back to what was before; as often as it takes, while a daemon does not answer.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from cpal.drivers.devices.frr.leaf import LeafConnection
from cpal.errors import CpalError

AGAIN_S = 0.5
"""How long it waits before it tries again."""


def watch(directory: Path, name: str, owner: str, word: str) -> None:
    """Bring the leaf back, unless somebody confirmed or did it meanwhile."""
    leaf = LeafConnection(name, directory, owner)
    while leaf.is_waiting(word):
        try:
            leaf.restore(word)
        except CpalError as error:
            print(f"{time.time():.0f} {error}", flush=True)
            time.sleep(AGAIN_S)


if __name__ == "__main__":
    directory, name, owner, word = sys.argv[1:]
    watch(Path(directory), name, owner, word)
