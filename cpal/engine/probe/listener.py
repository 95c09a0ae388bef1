"""Listeners: who asks them with a token is answered with the token and the name of their endpoint."""

from __future__ import annotations

import errno
import socket
from contextlib import suppress
from functools import partial

from .attempt import Spot, Way, way_of
from .loop import READ, Loop
from .namespace import Namespaces
from .packet import TOKEN_LENGTH, answer_prefix, token, token_number
from .place import Place
from .survey import Ground, socket_address

_BACKLOG = 1024


class Listeners:
    """The listeners of a run. `occupied` are spots where another socket listens already, `failed` why others fail."""

    def __init__(self, loop: Loop, spaces: Namespaces, prefix: bytes) -> None:
        self._loop = loop
        self._spaces = spaces
        self._prefix = prefix
        self.occupied: set[Spot] = set()
        self.failed: dict[Spot, str] = {}

    def open(self, spot: Spot, place: Place, ground: Ground) -> None:
        """Listen at the spot, or remember why not.

        Where there are several interfaces, a socket bound to the place's own answers by that one; another answers
        from within.
        """
        for device in (place.interface, "lo") if ground.several else ("",):
            self._open(spot, place, ground.interface_index, device)

    def _open(self, spot: Spot, place: Place, interface_index: int, device: str) -> None:
        family = socket.AF_INET6 if spot.service.ip_version == 6 else socket.AF_INET
        stream = way_of(spot.service) is Way.STREAM
        sock = self._spaces.socket(place.namespace, family, socket.SOCK_STREAM if stream else socket.SOCK_DGRAM)
        try:
            if device:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode())
            if stream:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind(socket_address(spot.address, spot.service.port or 0, interface_index))
            if stream:
                sock.listen(_BACKLOG)
        except OSError as fault:
            sock.close()
            self._refused(spot, fault)
            return
        self._loop.watch(sock, READ, partial(self._accept if stream else self._answer_datagrams, sock, spot.endpoint))

    def _refused(self, spot: Spot, fault: OSError) -> None:
        if fault.errno == errno.EADDRINUSE:
            self.occupied.add(spot)
        else:
            self.failed[spot] = (fault.strerror or str(fault)).lower()

    def _answer(self, question: bytes, name: str) -> bytes:
        """The answer; empty for what is no question of this run."""
        number = token_number(question, self._prefix)
        return b"" if number is None else token(answer_prefix(self._prefix), number) + name.encode()

    def _accept(self, sock: socket.socket, name: str) -> None:
        with suppress(BlockingIOError, ConnectionError):
            connection, _ = sock.accept()
            connection.setblocking(False)
            self._loop.watch(connection, READ, partial(self._converse, connection, name))

    def _converse(self, connection: socket.socket, name: str) -> None:
        try:
            question = connection.recv(TOKEN_LENGTH)
        except BlockingIOError:
            return
        except OSError:
            question = b""
        if not question:
            self._loop.close(connection)
            return
        with suppress(OSError):  # the asker went away; it will know
            connection.send(self._answer(question, name))

    def _answer_datagrams(self, sock: socket.socket, name: str) -> None:
        with suppress(OSError):  # nothing left to read, or an ICMP error about an earlier answer
            while True:
                question, asker = sock.recvfrom(2 * TOKEN_LENGTH)
                answer = self._answer(question, name)
                if answer:
                    sock.sendto(answer, asker)
