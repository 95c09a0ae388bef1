"""A unix socket between a client and its server that breaks the connection exactly where a test wants."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Literal

Cut = Literal["before", "after"]


class Proxy:
    """Passes bytes both ways; after `cut` the next request that holds `mark` ends its connection.

    `before`: the request never reaches the server. `after`: it does, and the answer is thrown away.
    """

    def __init__(self, server: str) -> None:
        self._server = server.removeprefix("unix:")
        self._directory = Path(tempfile.mkdtemp(prefix="cpal-proxy-"))
        self.endpoint = f"unix:{self._directory}/socket"
        self.cuts = 0
        self._cut: Cut | None = None
        self._mark = b""
        self._tasks: set[asyncio.Task[None]] = set()
        self._listener: asyncio.Server | None = None

    def cut(self, when: Cut, mark: bytes) -> None:
        """Break the next connection that asks for something with this mark."""
        self._cut, self._mark = when, mark

    async def __aenter__(self) -> Proxy:
        self._listener = await asyncio.start_unix_server(self._accept, self.endpoint.removeprefix("unix:"))
        return self

    async def __aexit__(
        self, _type: type[BaseException] | None, _value: BaseException | None, _trace: TracebackType | None
    ) -> None:
        assert self._listener is not None
        self._listener.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        shutil.rmtree(self._directory, ignore_errors=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        there, back = await asyncio.open_unix_connection(self._server)
        answers = asyncio.create_task(_pump(there, writer))
        try:
            await self._requests(reader, back, answers, there)
        finally:
            answers.cancel()
            writer.close()
            back.close()

    async def _requests(
        self,
        reader: asyncio.StreamReader,
        back: asyncio.StreamWriter,
        answers: asyncio.Task[None],
        there: asyncio.StreamReader,
    ) -> None:
        while data := await reader.read(1 << 20):
            if self._cut and self._mark in data:
                when, self._cut = self._cut, None
                self.cuts += 1
                if when == "after":
                    answers.cancel()
                    await asyncio.gather(answers, return_exceptions=True)
                    back.write(data)
                    await back.drain()
                    await there.read(1)
                return
            back.write(data)
            await back.drain()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(1 << 20):
        writer.write(data)
        await writer.drain()
