"""One JSON-RPC connection: requests in flight, notifications, echo both ways.

It knows RFC 7047 section 4 (the wire protocol) and nothing of databases. It is used once: when it is lost, all that
were waiting learn so, and it stays lost.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from socket import SO_SNDBUF, SOL_SOCKET
from typing import Any, cast

import msgspec
from msgspec import Raw

from cpal.errors import CpalError, Denied, Invalid, Rejected, Unreachable
from cpal.ovsdb.endpoint import Endpoint, Tls
from cpal.ovsdb.signal import Signal
from cpal.ovsdb.stream import MessageSplitter

_NULL = Raw(b"null")


class _Message(msgspec.Struct, gc=False):
    """A request, a notification or a response (RFC 7047 section 4); the payload is parsed by whom it is for."""

    id: int | str | float | list[Any] | dict[str, Any] | None = None
    method: str | None = None
    params: Raw = _NULL
    result: Raw = _NULL
    error: Any = None


_messages = msgspec.json.Decoder(_Message)

Deliver = Callable[[Raw], None]
Notify = Callable[[str, Raw], None]


SO_SNDBUFFORCE = 32
"""Linux's number, which Python's socket module does not name."""
SEND_BUFFER = 16 << 20
"""Bytes that the kernel may hold of what we send: a whole transaction, so that the next one is written meanwhile."""


def _widen(socket: Any) -> None:
    """Ask for a large send buffer: as root past the system's limit, else up to it. Source: socket(7)."""
    try:
        socket.setsockopt(SOL_SOCKET, SO_SNDBUFFORCE, SEND_BUFFER)
    except OSError:
        socket.setsockopt(SOL_SOCKET, SO_SNDBUF, SEND_BUFFER)


class Connection(asyncio.Protocol):
    """Made by `open_connection`. `fault` is why it was lost, None while it is up; `ended` is set when all know.

    `on_notification(method, params)` is called in order of arrival, in step with `deliver` of `request`; what either
    raises as CpalError ends the connection, since its state can no longer be trusted. `on_end()` is called once, before
    those who wait for answers are told.
    """

    def __init__(self, endpoint: Endpoint, on_notification: Notify, on_end: Callable[[], None], probe_s: float) -> None:
        self.endpoint = endpoint
        self.fault: CpalError | None = None
        self.ended = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._on_notification = on_notification
        self._on_end = on_end
        self._splitter = MessageSplitter()
        self._pending: dict[int, tuple[asyncio.Future[Raw], Deliver | None]] = {}
        self._last_id = 0
        self._writable = Signal()
        self._paused = False
        self._probe_s = probe_s
        self._heard_at = self._loop.time()
        self._probed = False
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None

    # ------------------------------------------------------------------------------------------ use

    async def request(self, method: str, params: bytes, deliver: Deliver | None = None) -> Raw:
        """The result of a request whose params are already JSON.

        `deliver` is called with it before anything that arrived after it is looked at. Cancelling asks the server to
        cancel too, as far as it still can, and leaves the connection usable.
        Raises: Unreachable when the connection is lost, also before anything was sent (`fault` is set then);
        Rejected when the server answers with an error.
        """
        while self._paused and self.fault is None:
            await self._writable.wait()
        if self.fault is not None:
            raise self._unreachable("the connection is lost, the request was not sent")
        number = self.post(method, params)
        answer: asyncio.Future[Raw] = self._loop.create_future()
        self._pending[number] = (answer, deliver)
        try:
            return await answer
        except asyncio.CancelledError:
            self._abandon(number)
            raise

    def post(self, method: str, params: bytes) -> int:
        """Send a request whose answer nobody awaits; its id."""
        self._last_id += 1
        if self.fault is None:
            self._write(b'{"method":"%s","params":%s,"id":%d}' % (method.encode(), params, self._last_id))
        return self._last_id

    def close(self, fault: CpalError | None = None) -> None:
        """End the connection; `fault` is what those who wait are told."""
        if self.fault is None:
            self.fault = fault if fault is not None else Unreachable("closed", key=str(self.endpoint))
        if self._transport is not None:
            self._transport.abort()

    def _abandon(self, number: int) -> None:
        if self._pending.pop(number, None) is not None and self.fault is None:
            self._write(b'{"method":"cancel","params":[%d],"id":null}' % number)

    def _write(self, message: bytes) -> None:
        assert self._transport is not None
        self._transport.write(message)

    # ------------------------------------------------------------------------------------------ asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        _widen(transport.get_extra_info("socket"))
        self._timer = self._loop.call_later(self._probe_s, self._probe)

    def data_received(self, data: bytes) -> None:
        self._heard_at = self._loop.time()
        self._probed = False
        try:
            for message in self._splitter.feed(data):
                self._receive(_decode(message))
        except Invalid as fault:
            self.close(self._unreachable(f"it speaks something other than OVSDB ({fault})"))
        except CpalError as fault:
            self.close(fault)

    def pause_writing(self) -> None:
        self._paused = True

    def resume_writing(self) -> None:
        self._paused = False
        self._writable.fire()

    def connection_lost(self, exc: Exception | None) -> None:
        if self.fault is None:
            reason = f": {exc}" if exc else " by the server"
            self.fault = self._unreachable(f"the connection was closed{reason}")
        if self._timer is not None:
            self._timer.cancel()
        self._on_end()
        pending, self._pending = self._pending, {}
        for answer, _deliver in pending.values():
            if not answer.done():
                answer.set_exception(
                    self._unreachable(f"{self.fault.message}; whether the request was done is unknown")
                )
        self._writable.fire()
        self.ended.set()

    # ------------------------------------------------------------------------------------------ messages

    def _receive(self, message: _Message) -> None:
        if message.method is None:
            self._answered(message)
        elif message.method == "echo":
            body = {"result": message.params, "error": None, "id": message.id}
            self._write(msgspec.json.encode(body))
        else:
            self._on_notification(message.method, message.params)

    def _answered(self, message: _Message) -> None:
        """An answer to a request that was abandoned is no longer awaited by anyone."""
        waiting = self._pending.pop(message.id, None) if isinstance(message.id, int) else None
        if waiting is None:
            return
        answer, deliver = waiting
        if message.error is not None:
            fault = _rejected(message.error, self.endpoint)
            if not answer.done():
                answer.set_exception(fault)
            return
        if deliver is not None:
            deliver(message.result)
        if not answer.done():
            answer.set_result(message.result)

    def _unreachable(self, message: str) -> Unreachable:
        return Unreachable(
            message, key=str(self.endpoint), remedy="see whether ovsdb-server runs there; then try again"
        )

    # ------------------------------------------------------------------------------------------ inactivity

    def _probe(self) -> None:
        """Ask for a sign of life after `probe_s` of silence; give up after twice that more (RFC 7047, 4.1.11)."""
        silence = self._loop.time() - self._heard_at
        if silence >= 3 * self._probe_s and self._probed:
            self.close(self._unreachable(f"nothing was heard for {silence:.0f} s"))
            return
        if silence >= self._probe_s and not self._probed:
            self._probed = True
            self._write(b'{"method":"echo","params":[],"id":"echo"}')
        wait_s = self._probe_s if self._probed else self._probe_s - silence
        self._timer = self._loop.call_later(max(wait_s, self._probe_s / 10), self._probe)


def _decode(message: bytes) -> _Message:
    try:
        return _messages.decode(message)
    except (ValueError, RecursionError) as fault:
        raise Invalid(f"not a JSON-RPC message: {fault}", seen=message[:60]) from fault


def _rejected(error: Any, endpoint: Endpoint) -> Rejected:
    """An <error> object, or whatever else the server sent in its place."""
    word = error.get("error", "") if isinstance(error, dict) else error
    details = error.get("details", "") if isinstance(error, dict) else ""
    return Rejected(f"the server refused: {word}{': ' if details else ''}{details}", key=str(endpoint), seen=word)


async def open_connection(
    endpoint: Endpoint, tls: Tls | None, on_notification: Notify, on_end: Callable[[], None], probe_s: float
) -> Connection:
    """A connection to an endpoint.

    Raises: Unreachable, or Denied where the socket's file may not be opened, or Invalid for TLS files that do not fit.
    """
    loop = asyncio.get_running_loop()

    def protocol() -> Connection:
        return Connection(endpoint, on_notification, on_end, probe_s)

    try:
        if endpoint.scheme == "unix":
            _, connection = await loop.create_unix_connection(protocol, endpoint.host)
        else:
            context = _context(endpoint, tls)
            _, connection = await loop.create_connection(protocol, endpoint.host, endpoint.port, ssl=context)
    except PermissionError as fault:
        raise Denied(
            f"the socket may not be opened: {fault.strerror}", key=str(endpoint), remedy="run as its owner or as root"
        ) from fault
    except OSError as fault:
        raise Unreachable(
            f"nothing answers: {fault.strerror or fault}",
            key=str(endpoint),
            remedy="see whether ovsdb-server runs there",
        ) from fault
    return connection


def _context(endpoint: Endpoint, tls: Tls | None) -> Any:
    if endpoint.scheme == "tcp":
        return None
    if tls is None:
        raise Invalid("TLS needs a private key, a certificate and an authority", key=str(endpoint), field="tls")
    return tls.context()
