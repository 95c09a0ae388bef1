"""A cpal process that may be killed: applies one of two worlds and says when it was told that this is done.

    python -m tests.integration.engine.child HOME ENDPOINT NAME ROWS_A_TRANSACTION [DIES_AT]

Prints `ready` when it begins and `applied REVISION` when apply has returned. `DIES_AT` is the step at which it kills
itself: `propose`, `commit` (before the target is asked), `accept` (after the target has said yes).
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

from cpal.drivers.ovn import batch
from cpal.drivers.ovn.backend import OvnBackend
from cpal.engine.run import Engine
from cpal.engine.store import Store
from tests.integration.engine.site import towards, town

STEPS: dict[str, tuple[type, str]] = {
    "propose": (Store, "propose"),
    "commit": (OvnBackend, "apply"),
    "accept": (Store, "accept"),
}


def die_at(step: str) -> None:
    """Have this process killed as it enters a step."""

    def entered(*_: object, **__: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(*STEPS[step], entered)


async def run(home: str, endpoint: str, name: str) -> None:
    """Plan and apply, as `cpal apply` does."""
    async with Engine(Path(home)) as engine:
        print("ready", flush=True)
        await engine.catch_up()
        plan = await engine.plan(towards(engine.estate, town(endpoint, name)))
        outcome = await engine.apply(plan, "child", name)
        print(f"applied {outcome.revision}", flush=True)


def main() -> None:
    """Do what the words say."""
    home, endpoint, name, rows = sys.argv[1:5]
    batch.MOST_OPS = batch.PART_OPS = int(rows)
    for step in sys.argv[5:]:
        die_at(step)
    asyncio.run(run(home, endpoint, name))


if __name__ == "__main__":
    main()
