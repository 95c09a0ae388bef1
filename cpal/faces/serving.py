"""A server: one engine, its writer, and the APIs on it, in one process."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from cpal.engine.run import Engine
from cpal.engine.writer import Writer
from cpal.errors import Invalid
from cpal.faces.http.application import application
from cpal.faces.http.server import Listener, serve
from cpal.faces.identity.service import Identity
from cpal.faces.neutron.api import Networking
from cpal.faces.neutron.policy import Policy

LOOPBACK = "127.0.0.1"


class Address(NamedTuple):
    """Where a server listens."""

    host: str
    port: int

    @property
    def url(self) -> str:
        """The address as clients write it."""
        return f"http://[{self.host}]:{self.port}" if ":" in self.host else f"http://{self.host}:{self.port}"


def parsed(text: str, port: int) -> Address:
    """The address that `HOST:PORT`, `HOST` or `:PORT` names; `port` is the usual one.

    Raises:
        Invalid: it is none.
    """
    host, colon, number = text.rpartition(":") if "]" not in text or "]:" in text else (text, "", "")
    if not colon:
        host, number = text, str(port)
    if not number.isdecimal() or not 0 < int(number) < 65536:
        raise Invalid(f"{text!r} is not an address to listen on", remedy="write HOST:PORT, such as 127.0.0.1:9696")
    return Address(host.strip("[]") or LOOPBACK, int(number))


async def run(
    home: Path, networking: Address, identity: Address, policy: Path | None, ready: Callable[[], None]
) -> None:
    """Serve the Networking API and the identity service until SIGTERM or SIGINT.

    Raises:
        Conflict, Invalid: an address cannot be listened on.
        Disk: the state cannot be read.
    """
    async with Engine(home) as engine:
        people = Identity(home, {"identity": f"{identity.url}/v3", "network": networking.url})
        writer = Writer(engine)
        network = Networking(engine, writer, people, Policy(policy))
        writing = asyncio.create_task(writer.run())
        gc.collect()
        gc.freeze()
        try:
            await writer.catch_up()
            await serve(
                [
                    Listener(application(network.handle, "networking"), networking.host, networking.port),
                    Listener(application(people.handle, "identity"), identity.host, identity.port),
                ],
                ready,
            )
        finally:
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)
            people.close()
