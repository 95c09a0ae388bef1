"""What FRR's daemons are told and asked, over the sockets that vtysh uses.

A command ends with a NUL; its answer ends with three NULs and a byte that says how it went. Source: FRR, lib/vty.c,
vtysh_read and vtysh_write.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType

from cpal.errors import Rejected, TimedOut, Unreachable

TIMEOUT_S = 10.0
PATIENCE_S = 5.0
"""How long a daemon is given to hear of what another was told."""
_POLL_S = 0.02
_LATE = ("no router bgp ", "no vrf ")
"""How lines begin that are refused while a daemon thinks that a VRF is in use."""
_END = b"\0\0\0"
_SUCCESS = 0
"""Source: FRR, lib/command.h, CMD_SUCCESS."""


class Vty:
    """A conversation with the daemon of that name in a leaf's directory, enabled."""

    def __init__(self, directory: Path, daemon: str) -> None:
        self._key = f"{directory.name}/{daemon}"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(TIMEOUT_S)
        try:
            self._socket.connect(str(directory / f"{daemon}.vty"))
        except OSError as error:
            self._socket.close()
            raise Unreachable(f"{daemon} does not answer: {error.strerror}", key=self._key) from error
        self.ask("enable")

    def __enter__(self) -> Vty:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the conversation."""
        self._socket.close()

    def ask(self, command: str) -> str:
        """What the daemon says to a command. Raises Rejected, TimedOut, Unreachable."""
        try:
            self._socket.sendall(command.encode() + b"\0")
            answer = self._answer()
        except TimeoutError:
            raise TimedOut(f"no answer within {TIMEOUT_S:g} s to {command!r}", key=self._key) from None
        except OSError as error:
            raise Unreachable(f"the daemon went away: {error.strerror}", key=self._key) from error
        text = answer[: -len(_END) - 1].decode(errors="replace")
        if answer[-1] != _SUCCESS:
            raise Rejected(f"FRR refuses {command!r}: {text.strip() or f'code {answer[-1]}'}", key=self._key)
        return text

    def configure(self, commands: Iterable[str]) -> None:
        """Have the daemon take these lines of configuration, one after another. Raises as `ask`.

        Some it refuses until another daemon has told it of what was done before: they are tried for a while.
        """
        self.ask("configure terminal")
        deadline = time.monotonic() + PATIENCE_S
        for command in commands:
            while not self._takes(command, is_last=time.monotonic() > deadline):
                time.sleep(_POLL_S)
        self.ask("end")

    def _takes(self, command: str, is_last: bool) -> bool:
        """Whether the daemon takes a line. Raises Rejected: waiting does not help, or it is the last time."""
        try:
            self.ask(command)
        except Rejected:
            if is_last or not command.startswith(_LATE):
                raise
            return False
        return True

    def _answer(self) -> bytes:
        answer = b""
        while len(answer) < len(_END) + 1 or answer[-len(_END) - 1 : -1] != _END:
            part = self._socket.recv(1 << 16)
            if not part:
                raise OSError(0, "it closed the connection")
            answer += part
        return answer
