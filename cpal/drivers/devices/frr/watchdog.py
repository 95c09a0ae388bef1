"""What brings a leaf back that nobody confirmed: a process beside it, which lives on when cpal does not.

    python -m cpal.drivers.devices.frr.watchdog DIRECTORY LEAF OWNER WORD

Until the time is over it is a shell that sleeps. Then it sees whether the change with its word still waits, and brings
the leaf back to what was before; as often as it takes, while a daemon does not answer.
"""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from cpal.errors import CpalError

AGAIN_S = 0.5
"""How long it waits before it tries again."""
LOG = "watchdog.log"


def start(directory: Path, leaf: str, owner: str, word: str, timeout_s: float) -> int:
    """Start one; the process, which leads a group of its own."""
    words = [sys.executable, "-m", __name__, str(directory), leaf, owner, word]
    log = directory / "cpal" / LOG
    script = f"sleep {timeout_s:g}; exec {shlex.join(words)}"
    launcher = f"setsid sh -c {shlex.quote(script)} </dev/null >>{shlex.quote(str(log))} 2>&1 & echo $!"
    done = subprocess.run(["sh", "-c", launcher], capture_output=True, text=True, check=True, timeout=10)
    return int(done.stdout)


def stop(pid: int, word: str) -> None:
    """End the one with that word, if it is still there."""
    with suppress(OSError):
        if word.encode() in Path(f"/proc/{pid}/cmdline").read_bytes():
            os.killpg(pid, signal.SIGKILL)


def watch(directory: Path, name: str, owner: str, word: str) -> None:
    """Bring the leaf back, unless somebody confirmed or did it meanwhile."""
    from cpal.drivers.devices.frr.leaf import LeafConnection  # lazy: a leaf starts a watchdog

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
