"""A way to the database that loses a commit's request or its reply."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

COMMIT = b"cpal:"
"""What of our transactions only those that write say: the cells in NB_Global and the tags of rows."""

Loss = Literal["", "request", "reply"]


class Lossy:
    """Listens at `endpoint` and passes bytes on until a transaction that writes comes by.

    That one's request or reply is then lost once, with the connection. While `closed`, nobody is let in.
    """

    def __init__(self, upstream: str) -> None:
        self._directory = Path(tempfile.mkdtemp(prefix="cpal-lossy-"))
        self.endpoint = f"unix:{self._directory}/db"
        self.loses: Loss = ""
        self.closes = False
        self.closed = False
        self.lost = 0
        self._upstream = upstream.removeprefix("unix:")
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_unix_server(self._serve, self.endpoint.removeprefix("unix:"))
        return self

    async def __aexit__(
        self, _type: type[BaseException] | None, _value: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        await self._server.wait_closed()
        shutil.rmtree(self._directory)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        if self.closed:
            writer.transport.abort()
            return
        upstream = await asyncio.open_unix_connection(self._upstream)
        way = _Way(self, (reader, writer), upstream)
        try:
            await asyncio.gather(way.requests(), way.replies())
        finally:
            way.cut()


Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


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
