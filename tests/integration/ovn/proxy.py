"""A unix socket between a client and its server that breaks the connection exactly where a test wants."""

from __future__ import annotations

import asyncio
from typing import Literal

from tests.support.unix_relay import Stream, UnixRelay

Cut = Literal["before", "after"]


class Proxy(UnixRelay):
    """Passes bytes both ways; after `cut_at` the next request that holds `mark` ends its connection.

    `before`: the request never reaches the server. `after`: it does, and the answer is thrown away.
    """

    def __init__(self, server: str) -> None:
        super().__init__(server)
        self.cuts = 0
        self._cut: Cut | None = None
        self._mark = b""

    def cut_at(self, when: Cut, mark: bytes) -> None:
        """Break the next connection that asks for something with this mark."""
        self._cut, self._mark = when, mark

    async def relay(self, client: Stream, server: Stream) -> None:
        answers = asyncio.create_task(_pump(server[0], client[1]))
        try:
            await self._requests(client[0], server, answers)
        finally:
            answers.cancel()

    async def _requests(self, asked: asyncio.StreamReader, server: Stream, answers: asyncio.Task[None]) -> None:
        there, back = server
        while data := await asked.read(1 << 20):
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
