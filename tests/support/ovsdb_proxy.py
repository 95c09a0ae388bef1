"""A proxy before an OVSDB server that makes it seem older than it is, or breaks its connections."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self


class Proxy:
    """Listens at `endpoint` and passes bytes on.

    Requests for a method of `unknown` are misspelt on their way, so that the server itself says that it does not know
    them; `refused` counts those, `passed` the bytes in both directions. A request must come in one piece, which is so
    for short ones on a unix socket.
    """

    def __init__(self, endpoint: str, unknown: Sequence[str] = ()) -> None:
        self._directory = Path(tempfile.mkdtemp(prefix="cpal-proxy-"))
        self.endpoint = f"unix:{self._directory}/proxy"
        self.refused = 0
        self.passed = 0
        self._upstream = endpoint.removeprefix("unix:")
        self._unknown = unknown
        self._writers: list[asyncio.StreamWriter] = []
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
        self.cut()
        if self._tasks:
            await asyncio.wait(self._tasks)
        await self._server.wait_closed()
        shutil.rmtree(self._directory)

    def cut(self) -> None:
        """Break all connections."""
        writers, self._writers = self._writers, []
        for writer in writers:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        upstream_reader, upstream_writer = await asyncio.open_unix_connection(self._upstream)
        self._writers += [writer, upstream_writer]
        await asyncio.gather(self._pass(reader, upstream_writer), self._pass(upstream_reader, writer))

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(1 << 18):
                self.passed += len(data)
                writer.write(self._misspelt(data))
                await writer.drain()
        except ConnectionError:
            pass
        writer.transport.abort()

    def _misspelt(self, data: bytes) -> bytes:
        for method in self._unknown:
            asked = b'"method":"%s"' % method.encode()
            self.refused += data.count(asked)
            data = data.replace(asked, b'"method":"no_%s"' % method.encode())
        return data
