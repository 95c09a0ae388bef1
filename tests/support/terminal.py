"""A program on a pseudo-terminal, typed at and read like a person would: for shells and what looks different there."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

TIMEOUT_S = 30.0
ESCAPES = re.compile(r"\x1b(?:\[[0-9;?<>=]*[a-zA-Z]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[()][A-Z0-9]|[=>])")
"""Escape sequences of a terminal. Source: ECMA-48."""


class Terminal:
    """A process on a terminal of its own; end it with `close`."""

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        directory: Path,
        columns: int = 120,
        rows: int = 50,
    ) -> None:
        self._seen = b""
        self._read = 0
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            signal.signal(signal.SIGINT, signal.SIG_DFL)  # a runner in the background hands down that it is ignored
            os.chdir(directory)
            os.execvpe(command[0], list(command), dict(environment))
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, text: str) -> None:
        """Type text; `\\r` is the Enter key, `\\t` TAB, `\\x03` Ctrl-C."""
        os.write(self._fd, text.encode())

    def expect(self, pattern: str) -> str:
        """What was shown since the last call up to where it matches the pattern, without escape sequences.

        Raises:
            AssertionError: it was not shown in time.
        """
        give_up_at = time.monotonic() + TIMEOUT_S
        while True:
            text = self.shown()[self._read :]
            if match := re.search(pattern, text):
                self._read += match.end()
                return text[: match.end()]
            if time.monotonic() > give_up_at or not self._more(give_up_at - time.monotonic()):
                raise AssertionError(f"{pattern!r} was not shown, but:\n{text}")

    def drain(self) -> None:
        """Read what is there now."""
        while self._more(0):
            pass

    def shown(self) -> str:
        """Everything that was shown so far, without escape sequences."""
        return ESCAPES.sub("", self._seen.decode(errors="replace"))

    def raw(self) -> str:
        """Everything that was shown so far, as the terminal got it."""
        return self._seen.decode(errors="replace")

    def finish(self) -> int:
        """The exit code, once the program has ended by itself."""
        while self._more(TIMEOUT_S):
            pass
        _, status = os.waitpid(self.pid, 0)
        self.pid = 0
        return os.waitstatus_to_exitcode(status)

    def close(self) -> None:
        """End the program, if it still runs."""
        if self.pid:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self._fd)

    def _more(self, timeout_s: float) -> bool:
        """Read what is there, or comes in time; False when nothing does, or the program ended."""
        ready, _, _ = select.select([self._fd], [], [], max(timeout_s, 0))
        try:
            data = os.read(self._fd, 65536) if ready else b""
        except OSError:
            data = b""
        self._seen += data
        return bool(data)
