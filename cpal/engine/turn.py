"""Turns: of several cpal processes with one store, one writes at a time and the others wait."""

from __future__ import annotations

import asyncio
import fcntl
import os
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path

from cpal.errors import Busy, Disk

POLL_S = 0.02


@contextmanager
def turn(path: Path, timeout_s: float = 60) -> Iterator[None]:
    """Hold the lock file at `path`; it is free again when the holder ends, however it ends.

    Raises:
        Busy: another process kept it for `timeout_s` seconds; says which.
        Disk: the file cannot be made or written.
    """
    with _faults(path):
        descriptor = _opened(path)
    try:
        with _faults(path):
            _wait(descriptor, path, time.monotonic() + timeout_s)
            _sign(descriptor, str(os.getpid()).encode())
        yield
    finally:
        os.close(descriptor)


def _opened(path: Path) -> int:
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
    try:
        return os.open(path, flags, 0o600)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, flags, 0o600)


@asynccontextmanager
async def awaited_turn(path: Path, timeout_s: float = 60) -> AsyncIterator[None]:
    """The same without blocking the event loop while another process holds it."""
    deadline = time.monotonic() + timeout_s
    with ExitStack() as stack:
        while True:
            try:
                stack.enter_context(turn(path, 0))
                break
            except Busy:
                if time.monotonic() > deadline:
                    raise
            await asyncio.sleep(POLL_S)
        yield


@contextmanager
def _faults(path: Path) -> Iterator[None]:
    """The file system's errors in our words."""
    try:
        yield
    except OSError as error:
        raise Disk(
            f"the lock cannot be taken: {error.strerror}",
            key=str(path),
            remedy="free space or set CPAL_HOME; nothing was changed",
        ) from error


def _sign(descriptor: int, name: bytes) -> None:
    """Write who holds it, unless that is what it says."""
    if os.pread(descriptor, 20, 0) != name:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, name, 0)


def _wait(descriptor: int, path: Path, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                holder = os.pread(descriptor, 20, 0).decode(errors="replace")
                raise Busy(
                    f"process {holder} has been writing all the time",
                    key=str(path),
                    remedy="wait for it, then try again",
                ) from None
            time.sleep(POLL_S)
        else:
            return
