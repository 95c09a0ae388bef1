"""A server: one engine, its writer, and the APIs on it, in one process."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from cpal.engine.run import Engine
from cpal.engine.writer import Writer
from cpal.errors import Invalid
from cpal.faces.http.application import application
from cpal.faces.http.operations import Operations
from cpal.faces.http.server import Listener, serve
from cpal.faces.identity.service import Identity
from cpal.faces.neutron.api import Networking
from cpal.faces.neutron.policy import Policy
from cpal.model.estate import KINDS

LOOPBACK = "127.0.0.1"


class Address(NamedTuple):
    """Where a server listens."""

    host: str
    port: int

    def url(self, scheme: str) -> str:
        """The address as clients write it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{scheme}://{host}:{self.port}"


class Settings(NamedTuple):
    """How a server is to run: where it listens, with which certificate, by which policy, within which bounds."""

    networking: Address
    identity: Address
    operations: Address | None = None
    certificate: Path | None = None
    key: Path | None = None
    policy: Path | None = None
    requests_s: float = 0.0

    @property
    def scheme(self) -> str:
        """`https` where there is a certificate."""
        return "https" if self.certificate else "http"


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


async def run(home: Path, settings: Settings, ready: Callable[[], None]) -> None:
    """Serve the Networking API and the identity service until SIGTERM or SIGINT.

    Raises:
        Conflict, Invalid: an address cannot be listened on, a certificate or the policy cannot be read.
        Disk: the state cannot be read.
    """
    scheme = settings.scheme
    endpoints = {"identity": f"{settings.identity.url(scheme)}/v3", "network": settings.networking.url(scheme)}
    async with Engine(home) as engine:
        people = Identity(home, endpoints)
        writer = Writer(engine)
        network = Networking(engine, writer, people, Policy(settings.policy))
        operations = Operations(lambda: _wrong(writer), lambda: _gauges(engine, writer), settings.requests_s)
        writing = asyncio.create_task(writer.run())
        gc.collect()
        gc.freeze()
        try:
            await writer.catch_up()
            await serve(_listeners(settings, network, people, operations), ready)
        finally:
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)
            people.close()


def _listeners(settings: Settings, network: Networking, people: Identity, operations: Operations) -> list[Listener]:
    tls = (settings.certificate, settings.key)
    served = [
        Listener(application(operations.around(api, name), name), *address, *tls)
        for api, name, address in (
            (network.handle, "networking", settings.networking),
            (people.handle, "identity", settings.identity),
        )
    ]
    if settings.operations is not None:
        served.append(Listener(application(operations.handle, "operations"), *settings.operations))
    return served


def _wrong(writer: Writer) -> Mapping[str, str]:
    return {"targets": "they do not hold yet what was accepted"} if writer.behind else {}


def _gauges(engine: Engine, writer: Writer) -> Mapping[str, float]:
    counts = {f"cpal_{kind}_records": float(engine.estate.count(record_type)) for kind, record_type in KINDS.items()}
    return {"cpal_revision": float(engine.estate.revision), "cpal_targets_behind": float(writer.behind), **counts}
