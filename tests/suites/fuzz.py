"""A hundred thousand generated requests: no 5xx, no hang, no growth.

python -m tests.suites.fuzz [REQUESTS [SEED]]
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from tests.suites.results import publish
from tests.support.cloud import cloud
from tests.support.fuzz import Fuzz

REQUESTS, SEED = 100_000, 20240607
GROWTH_KIB = 64 * 1024
"""How much more memory the server may hold at the end than after a tenth of the requests."""


def main(requests: int = REQUESTS, seed: int = SEED) -> int:
    """Run it and write what it came to; the exit code."""
    failed: dict[str, str] = {}
    started, memory = time.monotonic(), dict[int, int]()
    with tempfile.TemporaryDirectory() as directory, cloud(Path(directory)) as site:
        fuzz = Fuzz(site, seed)

        def after(sent: int) -> None:
            memory[sent] = site.server.memory_kib()
            print(f"{sent} requests, {time.monotonic() - started:.0f} s, {memory[sent]} KiB", flush=True)

        try:
            fuzz.run(requests, after)
        except AssertionError as wrong:
            failed[f"request {fuzz.sent}"] = str(wrong)[:2000]
        early = next((kib for sent, kib in memory.items() if sent >= requests // 10), 0)
        if memory and list(memory.values())[-1] - early > GROWTH_KIB:
            failed["memory"] = f"{early} KiB, in the end {list(memory.values())[-1]} KiB"
        if "Traceback" in site.server.log.read_text():
            failed["log"] = site.server.log.read_text()[-2000:]
        if ops := site.ops():
            failed["target"] = f"{len(ops)} rows are not as the store wants"
    for (operation, status), times in sorted(fuzz.statuses.items()):
        print(f"{times:7} {status} {operation}")
    return publish("fuzz", fuzz.sent - len(failed), failed, {})


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
