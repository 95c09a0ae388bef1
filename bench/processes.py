"""What processes use, with all that descend from them: CPU seconds and memory, as the kernel says.

Source: proc(5), /proc/PID/stat, /proc/PID/smaps_rollup, /proc/PID/task/TID/children.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

TICKS_S = os.sysconf("SC_CLK_TCK")


def cpu_s(pids: Iterable[int]) -> float:
    """The CPU seconds of processes and their descendants so far, those of descendants that ended included."""
    return sum(_cpu_ticks(pid) for pid in _trees(pids)) / TICKS_S


def memory_mb(pids: Iterable[int]) -> float:
    """The memory of processes and their descendants in MB; pages that several have are divided between them."""
    return sum(_proportional_kb(pid) for pid in _trees(pids)) / 1024


def _trees(pids: Iterable[int]) -> Iterator[int]:
    for pid in pids:
        yield pid
        for task in Path(f"/proc/{pid}/task").iterdir():
            yield from _trees(map(int, (task / "children").read_text().split()))


def _cpu_ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15]))


def _proportional_kb(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
