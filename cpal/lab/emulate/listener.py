"""Where a device is reached over HTTP: a port of its own, that closes while it is down.

Hundreds of devices share one event loop, a connection can be cut in the middle of an answer, and what the emulators
spend bounds what can be measured with them: so what they need of HTTP is here, on a parser in C.
Source: RFC 9110, RFC 9112.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import socket
import ssl
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import NamedTuple
from urllib.parse import unquote

import httptools

from cpal.lab.emulate.door import Door
from cpal.lab.emulate.faults import Drop

MAX_BODY = 16 * 1024 * 1024
"""The largest body that is read, in bytes."""
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


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


class _Conversation(asyncio.Protocol):
    """One connection, whose requests are answered one after another; the loop and the parser call it."""

    transport: asyncio.Transport

    def __init__(self, answering: Answering, held: set[_Conversation]) -> None:
        self._answering = answering
        self._held = held
        self._parser = httptools.HttpRequestParser(self)
        self._waiting: deque[tuple[Asked, bool]] = deque()
        """Requests, and whether the connection is kept after each."""
        self._task: asyncio.Task[None] | None = None
        self._ending = False
        self._url = b""
        self._headers: dict[str, str] = {}
        self._body = bytearray()

    def shut(self) -> None:
        """Close the connection after the answer that is under way."""
        self._ending = True
        if self._task is None or self._task.done():
            self.transport.close()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # what a stream has
        self.transport = transport
        self._held.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        self._held.discard(self)

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            return  # there is nothing to change to: the request is answered as it is
        except httptools.HttpParserError:
            refusal = Answer(HTTPStatus.BAD_REQUEST, b"Invalid HTTP request received.", "text/plain")
            self.transport.write(_written(refusal, kept=False))
            self.transport.close()

    def on_message_begin(self) -> None:
        self._url, self._headers, self._body = b"", {}, bytearray()

    def on_url(self, part: bytes) -> None:
        self._url += part

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        if self._headers.get("expect", "").lower() == "100-continue":
            self.transport.write(CONTINUE)

    def on_body(self, part: bytes) -> None:
        self._body += part
        if len(self._body) > MAX_BODY:
            self.transport.abort()

    def on_message_complete(self) -> None:
        path = unquote(httptools.parse_url(self._url).path.decode("ascii"))
        asked = Asked(self._parser.get_method().decode("ascii"), path, self._headers, bytes(self._body))
        self._waiting.append((asked, self._parser.should_keep_alive()))
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._answer())

    async def _answer(self) -> None:
        try:
            while self._waiting:
                asked, kept = self._waiting.popleft()
                answer = await self._answering(asked)
                kept = kept and not self._ending
                if self.transport.is_closing():
                    return
                self.transport.write(_written(answer, kept, bodiless=asked.method == "HEAD"))
                if not kept:
                    self.transport.close()
        except Drop:
            self.transport.abort()
        except BaseException:
            self.transport.abort()
            raise


def _written(answer: Answer, kept: bool, bodiless: bool = False) -> bytes:
    """An answer as it is sent, at once: what follows a header by itself costs a client a look more."""
    lines = [
        f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}",
        f"Content-Type: {answer.content_type}",
        f"Content-Length: {len(answer.body)}",
        *(f"{name}: {value}" for name, value in answer.headers),
        *(() if kept else ("Connection: close",)),
    ]
    return "\r\n".join((*lines, "", "")).encode("latin-1") + (b"" if bodiless else answer.body)


class Listener:
    """A listening address of one device."""

    def __init__(self, answering: Answering, door: Door, tls: ssl.SSLContext | None = None) -> None:
        self._answering = answering
        self.door = door
        self._tls = tls
        self._held: set[_Conversation] = set()

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
        await loop.connect_accepted_socket(
            lambda: _Conversation(self._answering, self._held), connection, ssl=self._tls
        )

    def close(self, at_once: bool) -> None:
        """Listen no longer; cut every connection at once, or each after the answer that is under way."""
        self.door.close(at_once)
        for each in list(self._held):
            if at_once:
                each.transport.abort()
            else:
                each.shut()

    def end(self) -> None:
        """Cut every connection, and leave the door to others."""
        self.close(at_once=True)
        self.door.end()


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
