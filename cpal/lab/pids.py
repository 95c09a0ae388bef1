"""Records of processes that survive the process that wrote them: a pid, and the start time that makes it unique."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path


def start_time(pid: int) -> int:
    """Clock ticks since boot at which `pid` started. Source: proc(5), /proc/PID/stat fields 3 and 22.

    Raises FileNotFoundError or ProcessLookupError when there is no such process, or only its remains (a zombie).
    """
    stat = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    state, *fields = stat.rpartition(")")[2].split()
    if state in ("Z", "X"):
        raise ProcessLookupError(pid)
    return int(fields[18])


def record(file: Path, pid: int) -> None:
    """Write down which process this is."""
    fresh = file.with_suffix(".new")
    fresh.write_text(f"{pid} {start_time(pid)}")
    fresh.rename(file)


def recorded(file: Path) -> int | None:
    """The pid written down, if that very process still runs."""
    with suppress(FileNotFoundError, ProcessLookupError):
        pid, started = map(int, file.read_text().split())
        if start_time(pid) == started:
            return pid
    return None
