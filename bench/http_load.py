"""Load on an HTTP API: a small asyncio HTTP/1.1 client that keeps connections, and what requests through it took."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import msgspec

HEAD_END = b"\r\n\r\n"


class Ask(NamedTuple):
    """A request: method, path, body as JSON (None for none)."""

    method: str
    path: str
    body: Any = None


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


class _Wire(asyncio.Protocol):
    """One connection, with at most one answer under way."""

    def __init__(self) -> None:
        self.open = True
        self._answer: asyncio.Future[bytes] | None = None
        self._transport: Any = None
        self._buffer = bytearray()
        self._whole = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def ask(self, request: bytes) -> asyncio.Future[bytes]:
        """The answer, head and body; ConnectionResetError when the server closed before it was whole."""
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._answer

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._whole and (end := self._buffer.find(HEAD_END)) >= 0:
            head = bytes(self._buffer[:end]).lower()
            self._whole = end + len(HEAD_END) + int(_header(head, b"content-length") or 0)
            self.open = _header(head, b"connection") != b"close"
        if self._whole and len(self._buffer) >= self._whole and self._answer is not None:
            answer, self._buffer, self._whole = bytes(self._buffer), bytearray(), 0
            self._answer.set_result(answer)
            self._answer = None
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

    async def ask(self, request: bytes) -> bytes:
        """The body of the answer, which must be one of success."""
        kept = self._wire is not None and self._wire.open
        try:
            answer = await (await self._connected()).ask(request)
        except ConnectionResetError:
            if not kept:
                raise
            answer = await (await self._connected()).ask(request)  # an idle connection that was closed meanwhile
        head, _, body = answer.partition(HEAD_END)
        if not head.startswith(b"HTTP/1.1 2"):
            raise RuntimeError(f"{request[:80]!r} was answered {head[:40]!r} {body[:300]!r}")
        return body

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
) -> tuple[Took, list[bytes]]:
    """What it took the clients to have all of it answered, each one request at a time, and the bodies of the answers.

    `cpu` says how many CPU seconds each part has used so far.
    """
    requests = [clients[0].encoded(ask) for ask in asks]
    bodies = [b""] * len(requests)
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
