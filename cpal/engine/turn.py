"""Turns: of several cpal processes with one store, one writes at a time and the others wait.

Who waits tries again and again, and shows meanwhile that it does: who has much to write lets others in between.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
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


async def awaited(turns: Turns, timeout_s: float = 60) -> ExitStack:
    """A turn, waited for without blocking the event loop while another process has it; it is over when this is closed.

    Raises:
        Busy: another process kept it for so many seconds; says which.
    """
    deadline = time.monotonic() + timeout_s
    with turns.waiting():
        while True:
            try:
                return entered(turns.turn(0))
            except Busy:
                if time.monotonic() > deadline:
                    raise
            await asyncio.sleep(POLL_S)


def entered(turn: AbstractContextManager[None]) -> ExitStack:
    """A turn that has begun. Raises Busy, Disk, as `Turns.turn`."""
    with ExitStack() as stack:
        stack.enter_context(turn)
        return stack.pop_all()
    raise AssertionError


class FileTurns:
    """Turns by lock files: `lock` in a directory, and one beside it that those who wait hold together.

    Both stay open between turns, since to open them takes longer than to lock them. For use by one thread at a time.
    """

    def __init__(self, directory: Path) -> None:
        self._lock = _LockFile(directory / "lock")
        self._queue = _LockFile(directory / "lock.waiting")

    def close(self) -> None:
        """Let go of the files."""
        self._lock.close()
        self._queue.close()

    @contextmanager
    def turn(self, timeout_s: float = 60) -> Iterator[None]:
        """The turn.

        Raises:
            Busy: another process kept it for so many seconds; says which.
            Disk: the file cannot be made or written.
        """
        if not self._lock.take():
            if not timeout_s:
                raise self._lock.busy()
            self._wait(time.monotonic() + timeout_s)
        try:
            self._lock.sign()
            yield
        finally:
            self._lock.release()

    def _wait(self, deadline: float) -> None:
        with self.waiting():
            while not self._lock.take():
                if time.monotonic() > deadline:
                    raise self._lock.busy()
                time.sleep(POLL_S)

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Show meanwhile that somebody waits for the turn."""
        shown = _LockFile(self._queue.path)
        shown.take(fcntl.LOCK_SH)
        try:
            yield
        finally:
            shown.close()

    def is_awaited(self) -> bool:
        """Whether somebody waits for the turn; who cannot make the file cannot show it either."""
        try:
            if not self._queue.take():
                return True
        except Disk:
            return False
        self._queue.release()
        return False


class _LockFile:
    """A file that one process has at a time; free again when that ends, however it ends. Source: flock(2)."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor = -1
        self._taken = False

    def __del__(self) -> None:
        self.close()

    def close(self) -> None:
        """Let go of it."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor, self._taken = -1, False

    def take(self, how: int = fcntl.LOCK_EX | fcntl.LOCK_NB) -> bool:
        """Take it, unless somebody has it; whether that was so. Raises Disk."""
        if self._taken:
            return False
        try:
            if self._descriptor < 0:
                self._descriptor = _opened(self.path)
            fcntl.flock(self._descriptor, how)
        except BlockingIOError:
            return False
        except OSError as error:
            raise self._fault(error) from error
        self._taken = True
        return True

    def release(self) -> None:
        """Give it back."""
        fcntl.flock(self._descriptor, fcntl.LOCK_UN)
        self._taken = False

    def sign(self) -> None:
        """Write who has it, unless that is what it says. Raises Disk."""
        name = str(os.getpid()).encode()
        try:
            if os.pread(self._descriptor, 20, 0) != name:
                os.ftruncate(self._descriptor, 0)
                os.pwrite(self._descriptor, name, 0)
        except OSError as error:
            raise self._fault(error) from error

    def busy(self) -> Busy:
        """What to say while another has it."""
        holder = os.pread(self._descriptor, 20, 0).decode(errors="replace")
        said = f"process {holder} has been writing all the time"
        return Busy(said, key=str(self.path), remedy="wait for it, then try again")

    def _fault(self, error: OSError) -> Disk:
        said = f"the lock cannot be taken: {error.strerror}"
        return Disk(said, key=str(self.path), remedy="free space or set CPAL_HOME; nothing was changed")


def _opened(path: Path) -> int:
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
    try:
        return os.open(path, flags, 0o600)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, flags, 0o600)
