"""The lab's processes: run a tool, find what runs, end it. Nothing outside the lab is ever signalled.

A process belongs to the lab when its environment names the lab's directory (`CPAL_LAB`, which every process the lab
starts carries, with `CPAL_LAB_ROLE` saying what it is) or when it lives in one of the lab's network namespaces
(what people start by `cpal lab exec`). The kernel's process table is the only record, so a crash loses nothing.
A process is signalled through a pidfd, opened before its identity is checked for the last time, so that a recycled
pid is never hit. Source: pidfd_open(2), proc(5).
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cpal.errors import Failed, TimedOut

from .ground import namespace_files
from .layout import Layout
from .pids import start_time
from .requirements import missing_program

TERM_GRACE_S = 2.0
"""How long a process may take to end by itself before it is killed."""
KILL_GRACE_S = 30.0
"""How long one that is killed may take to be gone: it needs its turn at a processor for that, which others may have."""

_PROC = Path("/proc")


@dataclass(frozen=True)
class Process:
    """A process that runs: `started` (clock ticks since boot) tells it from a later one with its pid.

    `role` is what the lab started it as, empty for what others started in one of its namespaces; `namespace` is the
    lab's network namespace it lives in, without prefix, or empty.
    """

    pid: int
    started: int
    role: str
    namespace: str


def run(argv: Sequence[str], environment: Mapping[str, str], *, stdin: str = "", timeout_s: float = 30.0) -> str:
    """What `argv` prints. Raises Missing (no such program), TimedOut, Failed (with what it said)."""
    try:
        done = subprocess.run(
            argv, env=dict(environment), input=stdin, capture_output=True, text=True, timeout=timeout_s, check=False
        )
    except FileNotFoundError:
        raise missing_program(argv[0]) from None
    except subprocess.TimeoutExpired:
        raise TimedOut(f"no answer within {timeout_s:g} s", key=" ".join(argv)) from None
    if done.returncode != 0:
        raise Failed(f"exit code {done.returncode}: {(done.stderr or done.stdout).strip()}", key=" ".join(argv))
    return done.stdout


def start_detached(argv: Sequence[str], environment: Mapping[str, str], log: Path, *, timeout_s: float = 30.0) -> None:
    """Run a daemon's launcher until it has detached itself; what it says goes to `log`.

    Raises Missing (no such program), TimedOut, Failed (with the log's end).
    """
    with log.open("ab") as output:
        at = output.tell()
        try:
            done = subprocess.run(
                argv, env=dict(environment), stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                timeout=timeout_s, start_new_session=True, check=False,
            )  # fmt: skip
        except FileNotFoundError:
            raise missing_program(argv[0]) from None
        except subprocess.TimeoutExpired:
            raise TimedOut(f"did not start within {timeout_s:g} s", key=argv[0], remedy=f"see {log}") from None
    if done.returncode != 0:
        said = log.read_bytes()[at:].decode(errors="replace").strip()
        raise Failed(f"exit code {done.returncode} at its start: {said}", key=" ".join(argv))


def find(layout: Layout) -> list[Process]:
    """All processes of the lab except this one. Costs one pass over the process table."""
    mark = b"CPAL_LAB=" + os.fsencode(layout.directory)
    namespaces = _namespace_inodes(layout)
    here = os.getpid()
    pids = [int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit() and int(entry.name) != here]
    return [process for pid in pids if (process := _inspect(pid, mark, namespaces)) is not None]


def end(processes: Iterable[Process], *, grace_s: float = TERM_GRACE_S) -> None:
    """End these processes and wait until they are gone: SIGTERM, and SIGKILL after `grace_s` (at once when it is 0)."""
    handles = {fd: process for process in processes if (fd := _handle(process)) is not None}
    try:
        _signal(handles, signal.SIGTERM if grace_s else signal.SIGKILL)
        left = _wait(handles, grace_s or KILL_GRACE_S)
        _signal(left, signal.SIGKILL)
        stuck = _wait(left, KILL_GRACE_S)
    finally:
        for fd in handles:
            os.close(fd)
    if stuck:
        raise Failed("does not die", key=", ".join(f"{p.role or 'process'} {p.pid}" for p in stuck.values()))


def until(ready: Callable[[], bool], timeout_s: float, what: str) -> None:
    """Wait until `ready()`. Raises TimedOut, naming `what`."""
    deadline = time.monotonic() + timeout_s
    while not ready():
        if time.monotonic() > deadline:
            raise TimedOut(f"not within {timeout_s:g} s", key=what)
        time.sleep(0.02)


def _namespace_inodes(layout: Layout) -> dict[int, str]:
    inodes = {}
    for name, path in namespace_files(layout).items():
        with suppress(FileNotFoundError):
            inodes[path.stat().st_ino] = name
    return inodes


def _inspect(pid: int, mark: bytes, namespaces: Mapping[int, str]) -> Process | None:
    """The process `pid` if it belongs to the lab; None for others, for zombies and for those just gone."""
    try:
        environment = Path(f"{_PROC}/{pid}/environ").read_bytes().split(b"\0")
        namespace = namespaces.get(Path(f"{_PROC}/{pid}/ns/net").stat().st_ino, "")
        is_marked = mark in environment
        if not is_marked and not namespace:
            return None
        return Process(pid, start_time(pid), _role(environment) if is_marked else "", namespace)
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return None


def _role(environment: Iterable[bytes]) -> str:
    name = b"CPAL_LAB_ROLE="
    return next((entry.removeprefix(name).decode() for entry in environment if entry.startswith(name)), "")


def _handle(process: Process) -> int | None:
    """A pidfd of just this process; None when it is gone, even if its pid is another's by now."""
    try:
        fd = os.pidfd_open(process.pid)
    except ProcessLookupError:
        return None
    with suppress(FileNotFoundError, ProcessLookupError):
        if start_time(process.pid) == process.started:
            return fd
    os.close(fd)
    return None


def _signal(handles: Iterable[int], number: signal.Signals) -> None:
    for fd in handles:
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(fd, number)


def _wait(handles: Mapping[int, Process], timeout_s: float) -> dict[int, Process]:
    """Those that still run after at most `timeout_s`. A pidfd is readable once its process has ended."""
    left = dict(handles)
    poll = select.poll()
    for fd in left:
        poll.register(fd, select.POLLIN)
    deadline = time.monotonic() + timeout_s
    while left and (remaining := deadline - time.monotonic()) > 0:
        for fd, _ in poll.poll(remaining * 1000):
            poll.unregister(fd)
            del left[fd]
    return left
