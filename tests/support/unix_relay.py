"""A way to a server on a unix socket, on which bytes can be changed or lost, and connections broken."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class UnixRelay:
    """Listens at `endpoint`, and has `relay` do what there is to do with each client and its way to the server."""

    def __init__(self, upstream: str) -> None:
        self._directory = Path(tempfile.mkdtemp(prefix="cpal-relay-"))
        self.endpoint = f"unix:{self._directory}/socket"
        self._upstream = upstream.removeprefix("unix:")
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

    def lets_in(self) -> bool:
        """Whether a client that comes now is served."""
        return True

    async def relay(self, client: Stream, server: Stream) -> None:
        """Pass on what is said, until one of the two ends."""
        raise NotImplementedError

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        if not self.lets_in():
            writer.transport.abort()
            return
        server = await asyncio.open_unix_connection(self._upstream)
        self._writers += [writer, server[1]]
        try:
            await self.relay((reader, writer), server)
        finally:
            for each in (writer, server[1]):
                each.transport.abort()
