"""Where a device is reached: an address whose port stays its own while nobody listens there.

A device that goes down and comes up again is to be met at the same port. Were the port let go in between, another
process could be given it. So a socket stays bound to it that never listens: the kernel gives a port that is bound to
nobody who asks for any, and lets those bind it once more that name it, as long as all say SO_REUSEADDR and none of
those before listens. Source: socket(7), SO_REUSEADDR; ip(7), ip_local_port_range.

Connections are taken here and not by asyncio's servers: those lose one that comes while they close.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Coroutine
from functools import partial

from cpal.errors import Conflict

BACKLOG = 256
"""How many connections may wait to be taken."""
Receiving = Callable[[socket.socket], Coroutine[None, None, object]]
"""What makes a conversation of a connection, and is done when it has begun."""


class Door:
    """An address and a port: port 0 is any that is free, chosen when it is first opened."""

    def __init__(self, host: str, port: int) -> None:
        self.host = host
        self.port = port
        self._held: socket.socket | None = None
        self._listening: socket.socket | None = None
        self._arriving: set[asyncio.Task[bool]] = set()

    def open(self, receiving: Receiving) -> None:
        """Take connections, if it does not yet.

        Raises:
            Conflict: something else listens there, or there is no such address here.
        """
        if self._listening is None:
            self._listening = self._bound()
            asyncio.get_running_loop().add_reader(self._listening, self._take, self._listening, receiving)

    def close(self, at_once: bool) -> None:
        """Take no more connections; cut those off at once that come just now, or let them in."""
        if self._listening is not None:
            asyncio.get_running_loop().remove_reader(self._listening)
            self._listening.close()
            self._listening = None
        for task in self._arriving if at_once else ():
            task.cancel()

    def end(self) -> None:
        """Take no more connections, and let the port go to whoever wants it."""
        self.close(at_once=True)
        if self._held is not None:
            self._held.close()
            self._held = None

    def _bound(self) -> socket.socket:
        try:
            if self._held is None:
                self._held = _bound(self.host, self.port)
                self.port = self._held.getsockname()[1]
            found = _bound(self.host, self.port)
            try:
                found.listen(BACKLOG)
            except OSError:
                found.close()
                raise
        except OSError as error:
            raise Conflict(f"nothing can listen on {self.host}:{self.port}: {error.strerror}") from error
        return found

    def _take(self, listening: socket.socket, receiving: Receiving) -> None:
        for _ in range(BACKLOG):
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            connection.setblocking(False)
            task = asyncio.get_running_loop().create_task(_begun(connection, receiving))
            self._arriving.add(task)
            task.add_done_callback(partial(self._arrived, connection))

    def _arrived(self, connection: socket.socket, task: asyncio.Task[bool]) -> None:
        self._arriving.discard(task)
        if task.cancelled() or not task.result():
            connection.close()


async def _begun(connection: socket.socket, receiving: Receiving) -> bool:
    """Begin a conversation; whether the client was still there."""
    try:
        await receiving(connection)
    except (OSError, EOFError):
        return False
    return True


def _bound(host: str, port: int) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    found = socket.socket(family, kind, protocol)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.setblocking(False)
        found.bind(address)
    except OSError:
        found.close()
        raise
    return found
