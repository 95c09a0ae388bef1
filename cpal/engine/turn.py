"""Turns: of several cpal processes with one store, one writes at a time and the others wait.

Who waits tries again and again, and shows meanwhile that it does: who has much to write lets others in between.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Protocol

from cpal.errors import Busy, Disk

POLL_S = 0.01
"""How often who waits tries again."""


class Turns(Protocol):
    """What the processes with one store take turns by."""

    def turn(self, timeout_s: float = 60) -> AbstractContextManager[None]:
        """The turn, which one process has at a time; free again when that ends, however it ends.

        Raises:
            Busy: another process kept it for so many seconds; says which.
        """

    def waiting(self) -> AbstractContextManager[None]:
        """Show meanwhile that somebody waits for the turn."""

    def is_awaited(self) -> bool:
        """Whether somebody waits for the turn."""


@asynccontextmanager
async def awaited(turns: Turns, timeout_s: float = 60) -> AsyncIterator[None]:
    """A turn, waited for without blocking the event loop while another process has it."""
    deadline = time.monotonic() + timeout_s
    with ExitStack() as stack:
        with turns.waiting():
            while True:
                try:
                    stack.enter_context(turns.turn(0))
                    break
                except Busy:
                    if time.monotonic() > deadline:
                        raise
                await asyncio.sleep(POLL_S)
        yield


class FileTurns:
    """Turns by lock files: `lock` in a directory, and one beside it that those who wait hold together."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / "lock"
        self._waiting = directory / "lock.waiting"

    @contextmanager
    def turn(self, timeout_s: float = 60) -> Iterator[None]:
        """The turn.

        Raises:
            Busy: another process kept it for so many seconds; says which.
            Disk: the file cannot be made or written.
        """
        with ExitStack() as stack:
            try:
                stack.enter_context(_held(self._path, 0))
            except Busy:
                if not timeout_s:
                    raise
                with self.waiting():
                    stack.enter_context(_held(self._path, timeout_s))
            yield

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Show meanwhile that somebody waits for the turn."""
        with _faults(self._waiting):
            descriptor = _opened(self._waiting)
            fcntl.flock(descriptor, fcntl.LOCK_SH)
        try:
            yield
        finally:
            os.close(descriptor)

    def is_awaited(self) -> bool:
        """Whether somebody waits for the turn."""
        try:
            descriptor = os.open(self._waiting, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return False


@contextmanager
def _held(path: Path, timeout_s: float) -> Iterator[None]:
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
