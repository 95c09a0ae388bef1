"""Where a device is reached over SSH: a port of its own, that closes while it is down."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable

import asyncssh

from cpal.lab.emulate.door import Door

Knows = Callable[[str, str], bool]
"""Whether a user with a password may come in."""
Serving = Callable[["asyncssh.SSHServerProcess[bytes]"], Awaitable[None]]
"""What talks to a client, on a session's input and output; `subsystem` of the session says what it asked for."""


class _Doorkeeper(asyncssh.SSHServer):
    """Lets those in whom the device knows, and remembers each connection, so that it can be cut."""

    def __init__(self, knows: Knows, connections: set[asyncssh.SSHServerConnection]) -> None:
        self._knows = knows
        self._connections = connections

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn
        self._connections.add(conn)

    def connection_lost(self, exc: Exception | None) -> None:
        self._connections.discard(self._connection)

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return self._knows(username, password)


class SshListener:
    """A listening address of one device, with a host key of its own."""

    def __init__(self, serving: Serving, knows: Knows, door: Door) -> None:
        self._serving = serving
        self._knows = knows
        self.door = door
        self._key = asyncssh.generate_private_key("ssh-ed25519")
        self._connections: set[asyncssh.SSHServerConnection] = set()

    @property
    def port(self) -> int:
        """Where it listens, or will again."""
        return self.door.port

    def open(self) -> None:
        """Listen.

        Raises:
            Conflict: something else does already.
        """
        self.door.open(self._receive)

    async def _receive(self, connection: socket.socket) -> None:
        with contextlib.suppress(asyncssh.Error):
            await asyncssh.run_server(
                connection, server_factory=lambda: _Doorkeeper(self._knows, self._connections),
                server_host_keys=[self._key], process_factory=self._process, encoding=None, allow_pty=True,
                line_editor=False, login_timeout=60,
            )  # fmt: skip

    def close(self, at_once: bool) -> None:
        """Listen no longer; cut every connection at once, or leave those there are."""
        self.door.close(at_once)
        for connection in list(self._connections) if at_once else ():
            connection.abort()

    def end(self) -> None:
        """Cut every connection, and leave the door to others."""
        self.close(at_once=True)
        self.door.end()

    async def _process(self, process: asyncssh.SSHServerProcess[bytes]) -> None:
        with contextlib.suppress(asyncssh.Error, BrokenPipeError, asyncio.IncompleteReadError):
            await self._serving(process)
