"""A command that runs later unless it is called off: a process of its own, which outlives who started it."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path


def start(module: str, words: Sequence[str], delay_s: float, log: Path) -> int:
    """Have `python -m MODULE WORDS` run in so many seconds; the process, which leads a session of its own.

    Until then it is a shell that sleeps. What the command says is added to `log`.
    """
    command = shlex.join([sys.executable, "-m", module, *words])
    script = f"sleep {delay_s:g}; exec {command}"
    launcher = f"setsid sh -c {shlex.quote(script)} </dev/null >>{shlex.quote(str(log))} 2>&1 & echo $!"
    done = subprocess.run(["sh", "-c", launcher], capture_output=True, text=True, check=True, timeout=10)
    return int(done.stdout)


def stop(pid: int, word: str) -> None:
    """Call it off, or end it: the process, if it is still the one that has this word among its own."""
    with suppress(OSError):
        if word.encode() in Path(f"/proc/{pid}/cmdline").read_bytes():
            os.killpg(pid, signal.SIGKILL)
