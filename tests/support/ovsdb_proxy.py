"""A proxy before an OVSDB server that makes it seem older than it is, or breaks its connections."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from tests.support.unix_relay import Stream, UnixRelay


class Proxy(UnixRelay):
    """Passes bytes on.

    Requests for a method of `unknown` are misspelt on their way, so that the server itself says that it does not know
    them; `refused` counts those, `passed` the bytes in both directions. A request must come in one piece, which is so
    for short ones on a unix socket.
    """

    def __init__(self, endpoint: str, unknown: Sequence[str] = ()) -> None:
        super().__init__(endpoint)
        self.refused = 0
        self.passed = 0
        self._unknown = unknown

    async def relay(self, client: Stream, server: Stream) -> None:
        await asyncio.gather(self._pass(client[0], server[1]), self._pass(server[0], client[1]))

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
