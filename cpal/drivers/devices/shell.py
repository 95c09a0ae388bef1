"""A shell as a transport: of a host over SSH, of this machine, in a network namespace, or beside FRR's daemons."""

from __future__ import annotations

import asyncio
import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple

import asyncssh

from cpal.drivers.devices import ssh
from cpal.drivers.devices.asked import decoded
from cpal.drivers.devices.login import Login
from cpal.drivers.devices.parse.asking import Ask, Questions
from cpal.errors import Rejected, TimedOut, Unreachable

AT_ONCE = 8
"""Commands on their way at the same time: OpenSSH takes ten sessions of a connection. Source: sshd_config(5)."""
BUSY_S = 0.05
"""How long is waited, in seconds, until a session that was refused is asked for again."""
NOT_FOUND = 127
"""How a shell ends where there is no such command. Source: POSIX, "Exit Status for Commands"."""


class Ran(NamedTuple):
    """A command that ran to its end."""

    exit_code: int
    stdout: str
    stderr: str


class Shell:
    """A host whose commands tell of it. `run` gives what they print."""

    def __init__(self, login: Login) -> None:
        self._login = login
        self._connection: ssh.Connection | None = None
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._opening = asyncio.Lock()

    @property
    def name(self) -> str:
        """What the device is called."""
        return self._login.name

    async def answers(self, asks: Questions) -> tuple[Any, ...]:
        """The answers to questions, all asked at once."""
        return tuple(await asyncio.gather(*(self._answer(ask) for ask in asks)))

    async def _answer(self, ask: Ask) -> Any:
        try:
            return decoded(ask, await self.run(ask.text))
        except Rejected:
            if ask.optional:
                return None
            raise

    async def run(self, command: str, stdin: str = "") -> str:
        """What a command of the host's shell prints.

        Raises:
            Rejected: it fails, or there is no such command.
            Unreachable, TimedOut, Unauthenticated: the host does not answer, not in time, or not to this user.
        """
        async with self._turns:
            try:
                async with asyncio.timeout(self._login.timeout_s):
                    done = await (self._here(command, stdin) if self._login.way else self._there(command, stdin))
            except TimeoutError:
                late = f"{command!r} has not ended after {self._login.timeout_s:g} s"
                raise TimedOut(late, key=self._login.name) from None
        if done.exit_code:
            said = (done.stderr.strip() or done.stdout.strip()).splitlines()
            why = said[-1] if said else "no such command" if done.exit_code == NOT_FOUND else f"code {done.exit_code}"
            raise Rejected(f"{command!r} fails: {why}", key=self._login.name)
        return done.stdout

    async def close(self) -> None:
        """End the connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    async def _there(self, command: str, stdin: str) -> Ran:
        async with self._opening:
            if self._connection is None:
                self._connection = await ssh.connected(self._login)
            connection = self._connection
        try:
            done = await _in_session(connection, command, stdin)
        except (
            OSError,
            asyncssh.Error,
            RuntimeError,
        ) as error:  # uvloop raises the last where a proxy's pipe is closed
            await self.close()
            raise ssh.lost(self._login, error) from error
        return Ran(done.exit_status or 0 if done.exit_signal is None else 1, _text(done.stdout), _text(done.stderr))

    async def _here(self, command: str, stdin: str) -> Ran:
        words = [*self._inside(), "sh", "-c", command]
        pipe = asyncio.subprocess.PIPE
        try:
            with _given(stdin) as given:
                process = await asyncio.create_subprocess_exec(
                    *words, stdin=given, stdout=pipe, stderr=pipe, start_new_session=True
                )
        except OSError as error:
            raise Unreachable(f"{words[0]} does not run: {error.strerror}", key=self._login.name) from error
        try:
            out, err = await process.communicate()
        except asyncio.CancelledError:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, 9)
            await process.wait()
            raise
        return Ran(process.returncode or 0, out.decode(errors="replace"), err.decode(errors="replace"))

    def _inside(self) -> list[str]:
        """The words before a command that make it run where the device is."""
        if self._login.way == "netns":
            return ["ip", "netns", "exec", self._login.host]
        if self._login.way == "file":
            pid = _zebra(Path(self._login.path), self._login.name)
            return ["nsenter", f"--target={pid}", "--net", "--mount", "--uts", "--"]
        return []


async def _in_session(connection: ssh.Connection, command: str, stdin: str) -> asyncssh.SSHCompletedProcess:
    """A command in a session of its own; one that is refused is asked for again: sshd still counts some that ended."""
    while True:
        try:
            return await connection.run(command, input=stdin, encoding="utf-8", errors="replace")
        except asyncssh.ChannelOpenError:
            if connection.is_closed():
                raise
            await asyncio.sleep(BUSY_S)


@contextlib.contextmanager
def _given(stdin: str) -> Iterator[int | IO[bytes]]:
    """What a program reads: a file, since a pipe is closed in our hands where a program ends without reading it."""
    if not stdin:
        yield asyncio.subprocess.DEVNULL
        return
    with tempfile.TemporaryFile() as file:
        file.write(stdin.encode())
        file.seek(0)
        yield file


def _text(said: object) -> str:
    return said if isinstance(said, str) else ""


def _zebra(directory: Path, name: str) -> int:
    """The process that lives in the namespaces of the daemons whose directory it is."""
    try:
        pid = int((directory / "zebra.pid").read_text())
        program = Path(f"/proc/{pid}/comm").read_text().strip()
    except (OSError, ValueError):
        program = ""
    if program != "zebra":
        raise Unreachable(f"zebra does not run in {directory}", key=name, remedy="start it; in a lab: cpal lab up")
    return pid
