"""Connections of clients: as uvicorn's, with a bound on how long and how large what they leave unfinished may be.

A request has to come to its end within a while of its first byte (of the connection, where it is the first), and its
head within a size; else it is answered 408, 414 or 431 and the connection is closed. An answer that its client does not
take in is kept as long as some of it goes out now and then. Without, clients that begin and go no further (slowloris)
would hold all the connections that a process may have.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

REQUEST_S = 60.0
"""How long a request may take to come, body included, in seconds."""
LAST_S = 1.0
"""How long what still comes of a request is waited for once the server is to end, in seconds."""
STUCK_S = 300.0
"""How long nothing of an answer may go out, in seconds: what a slow client takes in makes room in large steps."""
MAX_HEAD = 256 * 1024
"""The largest head of a request that is read, in bytes: request line and headers."""


class _Whole:
    """A transport on which the head of an answer waits for what comes next, so that both leave in one packet."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._head = b""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Send, after a head that waits; a head alone waits, unless the client waits for it before it goes on."""
        if self._head:
            head, self._head = self._head, b""
            self._transport.writelines((head, data))
        elif data.startswith(b"HTTP/1.1 ") and not data.startswith(b"HTTP/1.1 100 "):
            self._head = data
        else:
            self._transport.write(data)

    def flush(self) -> None:
        """Send a head that waits for nothing any more."""
        if self._head:
            self.write(b"")

    def close(self) -> None:
        """Close once all is sent."""
        self.flush()
        self._transport.close()


class Connection(HttpToolsProtocol):
    """One connection."""

    def __init__(self, *words: Any, **more: Any) -> None:
        super().__init__(*words, **more)
        self._in_head = True
        self._comes = True
        """Whether a request has begun to come, or the first is waited for."""
        self._head_size = 0
        self._late: asyncio.TimerHandle | None = None
        self._stuck: asyncio.TimerHandle | None = None

    # From the transport

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        """Wait for the first request."""
        super().connection_made(transport)
        self._answers = _Whole(transport)
        self.transport = self._answers  # type: ignore[assignment]  # it does all that a transport does
        self._late = self.loop.call_later(REQUEST_S, self._too_late)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing more."""
        self._late = _cancelled(self._late)
        self._stuck = _cancelled(self._stuck)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take in what came; refuse a head that is too large."""
        super().data_received(data)
        if self._in_head and self._comes:
            self._head_size += len(data)
            if self._head_size > MAX_HEAD:
                beyond = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
                self._refuse(beyond if self.headers else HTTPStatus.REQUEST_URI_TOO_LONG)
        if self._late is None and (self._comes or self._idle):
            self._late = self.loop.call_later(REQUEST_S, self._too_late)

    def shutdown(self) -> None:
        """Finish what is under way, and wait a moment for a request that still comes: the server ends."""
        super().shutdown()
        if self._late is not None:
            self._late.cancel()
            self._late = self.loop.call_later(LAST_S, self._too_late)

    def pause_writing(self) -> None:
        """Look from now on whether anything goes out."""
        super().pause_writing()
        self._watch(self.transport.get_write_buffer_size())

    def resume_writing(self) -> None:
        """Look no more."""
        self._stuck = _cancelled(self._stuck)
        super().resume_writing()

    # From the parser

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._in_head, self._comes, self._head_size = True, True, 0

    def on_headers_complete(self) -> None:
        """Its head is there."""
        self._in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """All of it is there; another may begin in what is read already."""
        self._comes, self._late = False, _cancelled(self._late)
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """All of an answer is there; another request may be waiting."""
        self._answers.flush()
        super().on_response_complete()

    # What is not waited for

    @property
    def _idle(self) -> bool:
        """Whether no answer is under way."""
        return self.cycle is None or self.cycle.response_complete

    def _too_late(self) -> None:
        self._late = None
        if self._head_size or not self._in_head:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT)
        else:
            self.transport.close()  # it never began: there is nothing to answer

    def _refuse(self, status: HTTPStatus) -> None:
        """Say why, unless an answer is under way or was given, and close."""
        if self.transport.is_closing():
            return
        if self._idle if self._in_head else not self.cycle.response_started:
            text = status.phrase.encode()
            head = f"HTTP/1.1 {status.value} {status.phrase}\r\ncontent-type: text/plain; charset=utf-8\r\n"
            self.transport.write(f"{head}content-length: {len(text)}\r\nconnection: close\r\n\r\n".encode() + text)
        self.transport.close()

    def _watch(self, left: int) -> None:
        self._stuck = self.loop.call_later(STUCK_S, self._look, left)

    def _look(self, left: int) -> None:
        now = self.transport.get_write_buffer_size()
        if now < left:
            self._watch(now)
        else:
            self._stuck = None
            self.transport.abort()


def _cancelled(timer: asyncio.TimerHandle | None) -> asyncio.TimerHandle | None:
    """None, where a timer was."""
    if timer is not None:
        timer.cancel()
    return None
