"""A way to the database that loses a commit's request or its reply."""

from __future__ import annotations

import asyncio
from typing import Literal

from tests.support.unix_relay import Stream, UnixRelay

COMMIT = b"cpal:"
"""What of our transactions only those that write say: the cells in NB_Global and the tags of rows."""

Loss = Literal["", "request", "reply"]


class Lossy(UnixRelay):
    """Passes bytes on until a transaction that writes comes by.

    That one's request or reply is then lost once, with the connection. While `closed`, nobody is let in.
    """

    def __init__(self, upstream: str) -> None:
        super().__init__(upstream)
        self.loses: Loss = ""
        self.closes = False
        self.closed = False
        self.lost = 0

    def lets_in(self) -> bool:
        return not self.closed

    async def relay(self, client: Stream, server: Stream) -> None:
        way = _Way(self, client, server)
        await asyncio.gather(way.requests(), way.replies())


class _Way:
    def __init__(self, proxy: Lossy, client: Stream, server: Stream) -> None:
        self._proxy, self._client, self._server = proxy, client, server
        self._waits_to_lose_reply = False

    def cut(self) -> None:
        for _, writer in (self._client, self._server):
            writer.transport.abort()

    async def requests(self) -> None:
        while data := await self._client[0].read(1 << 20):
            if self._proxy.loses and COMMIT in data and b'"insert"' in data:
                if self._proxy.loses == "request":
                    return self._lose()
                self._waits_to_lose_reply = True
            self._server[1].write(data)
        return self.cut()

    async def replies(self) -> None:
        while data := await self._server[0].read(1 << 20):
            if self._waits_to_lose_reply:
                return self._lose()
            self._client[1].write(data)
        return self.cut()

    def _lose(self) -> None:
        self._proxy.loses = ""
        self._proxy.closed = self._proxy.closes
        self._proxy.lost += 1
        self.cut()
