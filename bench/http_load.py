"""Load on an HTTP API: a small asyncio HTTP/1.1 client that keeps connections, and what requests through it took."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import msgspec

HEAD_END = b"\r\n\r\n"
FIRST_BYTES = 16 * 1024
"""How much of an answer there is room for before its head says how long it is."""


class Ask(NamedTuple):
    """A request: method, path, body as JSON (None for none)."""

    method: str
    path: str
    body: Any = None


class Answer(NamedTuple):
    """An answer: status line and headers, and the body."""

    head: bytes
    body: memoryview


class Took(NamedTuple):
    """What requests took: the latency of each in seconds, ascending, the time in all, and CPU seconds by part."""

    latencies_s: Sequence[float]
    seconds: float
    cpu_s: Mapping[str, float]

    def quantile_ms(self, share: float) -> float:
        """The latency, in milliseconds, that this share of requests did not exceed."""
        return 1e3 * self.latencies_s[min(len(self.latencies_s) - 1, int(share * len(self.latencies_s)))]

    @property
    def rate(self) -> float:
        """Requests a second."""
        return len(self.latencies_s) / self.seconds

    def cpu_ms(self, *parts: str) -> float:
        """Milliseconds of CPU that a request took of some parts."""
        return 1e3 * sum(self.cpu_s.get(part, 0.0) for part in parts) / len(self.latencies_s)


class _Wire(asyncio.BufferedProtocol):
    """One connection, with at most one answer under way, which is received where it stays: of many megabytes, a copy
    more would be measured as the server's.
    """

    def __init__(self) -> None:
        self.open = True
        self._answer: asyncio.Future[Answer] | None = None
        self._transport: Any = None
        self._clear()

    def _clear(self) -> None:
        self._buffer = bytearray(FIRST_BYTES)
        self._received = self._head = self._whole = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def ask(self, request: bytes) -> asyncio.Future[Answer]:
        """The answer; ConnectionResetError when the server closed before it was whole."""
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._answer

    def get_buffer(self, sizehint: int) -> memoryview:
        if self._received == len(self._buffer):
            self._grow(2 * len(self._buffer))
        return memoryview(self._buffer)[self._received :]

    def _grow(self, size: int) -> None:
        larger = bytearray(size)
        larger[: self._received] = memoryview(self._buffer)[: self._received]
        self._buffer = larger

    def buffer_updated(self, nbytes: int) -> None:
        self._received += nbytes
        if not self._whole and (end := self._buffer.find(HEAD_END, 0, self._received)) >= 0:
            head = bytes(self._buffer[:end]).lower()
            self._head = end + len(HEAD_END)
            self._whole = self._head + int(_header(head, b"content-length") or 0)
            self.open = _header(head, b"connection") != b"close"
            if self._whole > len(self._buffer):
                self._grow(self._whole)
        if self._whole and self._received >= self._whole and self._answer is not None:
            whole = memoryview(self._buffer)[: self._whole]
            self._answer.set_result(Answer(bytes(whole[: self._head]), whole[self._head :]))
            self._answer = None
            self._clear()
            if not self.open:
                self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self.open = False
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionResetError("the server closed the connection"))

    def close(self) -> None:
        """Let go of it."""
        self._transport.close()


def _header(head: bytes, name: bytes) -> bytes:
    return head.partition(b"\r\n" + name + b":")[2].partition(b"\r\n")[0].strip()


class Client:
    """One client of the API at `url`: one connection, opened again where the server closed it."""

    def __init__(self, url: str, token: str) -> None:
        where = urlsplit(url)
        self._address = where.hostname, where.port
        self._head = f"Host: {where.netloc}\r\nX-Auth-Token: {token}\r\nContent-Type: application/json\r\n"
        self._wire: _Wire | None = None

    def encoded(self, ask: Ask) -> bytes:
        """The request as it travels."""
        body = b"" if ask.body is None else msgspec.json.encode(ask.body)
        head = f"{ask.method} {ask.path} HTTP/1.1\r\n{self._head}Content-Length: {len(body)}\r\n\r\n"
        return head.encode() + body

    async def ask(self, request: bytes) -> memoryview:
        """The body of the answer, which must be one of success."""
        kept = self._wire is not None and self._wire.open
        try:
            answer = await (await self._connected()).ask(request)
        except ConnectionResetError:
            if not kept:
                raise
            answer = await (await self._connected()).ask(request)  # an idle connection that was closed meanwhile
        if not answer.head.startswith(b"HTTP/1.1 2"):
            raise RuntimeError(f"{request[:80]!r} was answered {answer.head[:40]!r} {bytes(answer.body[:300])!r}")
        return answer.body

    async def json(self, ask: Ask) -> Any:
        """The body of the answer, decoded."""
        return msgspec.json.decode(await self.ask(self.encoded(ask)))

    async def _connected(self) -> _Wire:
        if self._wire is None or not self._wire.open:
            loop = asyncio.get_running_loop()
            _, self._wire = await loop.create_connection(_Wire, *self._address)
        return self._wire

    def close(self) -> None:
        """Let go of the connection."""
        if self._wire is not None:
            self._wire.close()


async def load(
    clients: Sequence[Client], asks: Iterable[Ask], cpu: Callable[[], Mapping[str, float]]
) -> tuple[Took, list[memoryview]]:
    """What it took the clients to have all of it answered, each one request at a time, and the bodies of the answers.

    `cpu` says how many CPU seconds each part has used so far.
    """
    requests = [clients[0].encoded(ask) for ask in asks]
    bodies = [memoryview(b"")] * len(requests)
    latencies: list[float] = []
    left = iter(enumerate(requests))

    async def work(client: Client) -> None:
        for at, request in left:
            began = time.perf_counter()
            bodies[at] = await client.ask(request)
            latencies.append(time.perf_counter() - began)

    before, started = cpu(), time.perf_counter()
    await asyncio.gather(*map(work, clients))
    seconds, after = time.perf_counter() - started, cpu()
    return Took(sorted(latencies), seconds, {part: after[part] - before[part] for part in after}), bodies
