"""Where a device is reached: an address whose port stays its own while nobody listens there.

A device that goes down and comes up again is to be met at the same port. Were the port let go in between, another
process could be given it. So a socket stays bound to it that never listens: the kernel gives a port that is bound to
nobody who asks for any, and lets those bind it once more that name it, as long as all say SO_REUSEADDR and none of
those before listens. Source: socket(7), SO_REUSEADDR; ip(7), ip_local_port_range.
"""

from __future__ import annotations

import socket

from cpal.errors import Conflict

BACKLOG = 256
"""How many connections may wait to be taken."""


class Door:
    """An address and a port: port 0 is any that is free, chosen when it is first opened."""

    def __init__(self, host: str, port: int) -> None:
        self.host = host
        self.port = port
        self._held: socket.socket | None = None

    def opened(self) -> socket.socket:
        """A socket that listens there; whoever gets it closes it.

        Raises:
            Conflict: something else listens there, or there is no such address here.
        """
        try:
            if self._held is None:
                self._held = self._bound()
                self.port = self._held.getsockname()[1]
            found = self._bound()
            try:
                found.listen(BACKLOG)
            except OSError:
                found.close()
                raise
        except OSError as error:
            raise Conflict(f"nothing can listen on {self.host}:{self.port}: {error.strerror}") from error
        return found

    def give_up(self) -> None:
        """Let the port go to whoever wants it."""
        if self._held is not None:
            self._held.close()
            self._held = None

    def _bound(self) -> socket.socket:
        family, kind, protocol, _, address = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)[0]
        found = socket.socket(family, kind, protocol)
        try:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            found.setblocking(False)
            found.bind(address)
        except OSError:
            found.close()
            raise
        return found
