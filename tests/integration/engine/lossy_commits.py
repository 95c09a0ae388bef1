"""A way to a PostgreSQL server that loses a commit's request or its reply, and the connection with it."""

from __future__ import annotations

import shutil
import socket
import tempfile
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.integration.engine.lossy import Loss
from tests.support.postgresql import Postgresql

SOCKET = ".s.PGSQL.5432"
"""What libpq calls the socket of a server in a directory. Source: libpq-connect.html, `host`"""
COMMIT = b"COMMIT\x00"


class LossyCommits:
    """Passes bytes on until a commit comes by; that one's request or reply is then lost once, with the connection."""

    def __init__(self, server: Postgresql) -> None:
        self.loses: Loss = ""
        self._server = server
        self._directory = Path(tempfile.mkdtemp(prefix="cpal-lossy-"))
        self._listener = socket.socket(socket.AF_UNIX)
        self._thread = threading.Thread(target=self._serve)
        self._ways: list[threading.Thread] = []
        self._ends: list[socket.socket] = []

    def through(self, address: str) -> str:
        """The address by this way."""
        return address.replace(str(self._server.directory), str(self._directory))

    def __enter__(self) -> Self:
        self._listener.bind(str(self._directory / SOCKET))
        self._listener.listen()
        self._thread.start()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _value: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        for thread in (self._thread, *self._ways):
            thread.join()
        for end in (self._listener, *self._ends):
            end.close()
        shutil.rmtree(self._directory)

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            upstream = socket.socket(socket.AF_UNIX)
            self._ends += (client, upstream)
            upstream.connect(str(self._server.directory / SOCKET))
            lost = threading.Event()
            for ends in ((client, upstream), (upstream, client)):
                way = threading.Thread(target=self._pass_on, args=(*ends, ends[0] is client, lost))
                self._ways.append(way)
                way.start()

    def _pass_on(self, source: socket.socket, sink: socket.socket, asks: bool, lost: threading.Event) -> None:
        """Pass on what comes; once the reply is to be lost, wait for it, so that the server has done its part."""
        try:
            while data := source.recv(1 << 16):
                if asks and self.loses and COMMIT in data:
                    was, self.loses = self.loses, ""
                    if was == "request":
                        break
                    lost.set()
                elif not asks and lost.is_set():
                    break
                sink.sendall(data)
        except OSError:  # the other way has ended it
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:  # it has ended already
                continue
