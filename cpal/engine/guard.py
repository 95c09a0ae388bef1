"""What settles a joint commit whose process died, where a target has no timer of its own: a process beside the store.

    python -m cpal.engine.guard HOME WORD

It runs later than every timer at a device, asks the store what became of the revision, and takes back or goes on as the
next run of cpal would; as often as it takes, while a target does not answer.
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

from cpal.engine.run import Engine
from cpal.errors import CpalError

AGAIN_S = 1.0
"""How long it waits before it tries again."""


async def settle(home: Path) -> None:
    """Settle what is open; nothing, when nothing is. Raises as `Engine.catch_up`."""
    async with Engine(home) as engine:
        await engine.catch_up()


def watch(home: Path) -> None:
    """The same, until it is done."""
    while home.is_dir():
        try:
            asyncio.run(settle(home))
        except CpalError as error:
            print(f"{time.time():.0f} {error}", flush=True)
            time.sleep(AGAIN_S)
        else:
            return


if __name__ == "__main__":
    watch(Path(sys.argv[1]))
