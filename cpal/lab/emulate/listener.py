"""Where a device is reached over HTTP: a port of its own, that closes while it is down.

uvicorn's protocol carries the HTTP, without its server: hundreds of devices share one event loop, and a connection can
be cut in the middle of an answer.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, NamedTuple

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from cpal.lab.emulate.door import Door
from cpal.lab.emulate.faults import Drop

MAX_BODY = 16 * 1024 * 1024
"""The largest body that is read, in bytes."""
IDLE_S = 600
"""How long a connection may be idle, in seconds."""

Message = MutableMapping[str, Any]


class Asked(NamedTuple):
    """A request, read to its end; headers by lower-case name."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class Answer(NamedTuple):
    """A response."""

    status: int
    body: bytes
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()


Answering = Callable[[Asked], Awaitable[Answer]]
"""What answers requests; `Drop` cuts the connection."""


class _Protocol(HttpToolsProtocol):
    """uvicorn's protocol, which tells the application by which transport a request came."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


class Listener:
    """A listening address of one device."""

    def __init__(self, answering: Answering, door: Door, tls: ssl.SSLContext | None = None) -> None:
        self._answering = answering
        self.door = door
        self._tls = tls
        self._state = ServerState()
        self._config = uvicorn.Config(
            self._application, http="httptools", lifespan="off", access_log=False, log_config=None,
            server_header=False, date_header=False, ws="none", timeout_keep_alive=IDLE_S, interface="asgi3",
            proxy_headers=False,
        )  # fmt: skip
        self._config.load()

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
        loop = asyncio.get_running_loop()
        await loop.connect_accepted_socket(lambda: _Protocol(self._config, self._state, {}), connection, ssl=self._tls)

    def close(self, at_once: bool) -> None:
        """Listen no longer; cut every connection at once, or each after the answer that is under way."""
        self.door.close(at_once)
        for connection in list(self._state.connections):
            if at_once:
                connection.transport.abort()
            else:
                connection.shutdown()

    def end(self) -> None:
        """Cut every connection, and leave the door to others."""
        self.close(at_once=True)
        self.door.end()

    async def _application(self, scope: Message, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        body = b""
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            if len(body) > MAX_BODY:
                scope["state"]["transport"].abort()
                return
            if not message.get("more_body"):
                break
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        try:
            answer = await self._answering(Asked(scope["method"], scope["path"], headers, body))
        except Drop:
            scope["state"]["transport"].abort()
            return
        await send({"type": "http.response.start", "status": answer.status, "headers": _headers(answer)})
        await send({"type": "http.response.body", "body": answer.body})


def _headers(answer: Answer) -> list[tuple[bytes, bytes]]:
    named = [("Content-Type", answer.content_type), ("Content-Length", str(len(answer.body))), *answer.headers]
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in named]


def basic(asked: Asked) -> tuple[str, str] | None:
    """The user and password of a request with HTTP's basic authentication. Source: RFC 7617."""
    scheme, _, coded = asked.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, _, password = base64.b64decode(coded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return user, password
