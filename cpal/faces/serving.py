"""A server: one engine, its writer, and the APIs on it, in one process."""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import NamedTuple

from cpal.engine.run import Engine
from cpal.engine.writer import Writer
from cpal.errors import Invalid
from cpal.faces.http.application import application
from cpal.faces.http.message import Handler
from cpal.faces.http.operations import Operations
from cpal.faces.http.server import Listener, serve
from cpal.faces.identity.context import Tokens
from cpal.faces.identity.service import Identity
from cpal.faces.identity.service_user import read, service_user
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
    """How a server is to run: where it listens, with which certificate, by which policy, within which bounds.

    Tokens are those of the identity service built in, which listens at `identity`; or, where it is None, of the
    Keystone whose URL is `keystone`. `credentials` is the file of the service user's, else they are in the environment.
    """

    networking: Address
    identity: Address | None
    operations: Address | None = None
    certificate: Path | None = None
    key: Path | None = None
    policy: Path | None = None
    requests_s: float = 0.0
    keystone: str = ""
    credentials: Path | None = None

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
    """Serve the Networking API, and the identity service unless a Keystone has the tokens, until SIGTERM or SIGINT.

    Raises:
        Conflict, Invalid: an address cannot be listened on, a certificate, the policy or credentials cannot be read.
        Denied: others may read the credentials.
        Disk: the state cannot be read.
    """
    async with Engine(home) as engine, AsyncExitStack() as stack:
        tokens, people = await _tokens(home, settings, stack)
        writer = Writer(engine)
        network = Networking(engine, writer, tokens, Policy(settings.policy))
        operations = Operations(lambda: _wrong(writer, tokens), lambda: _gauges(engine, writer), settings.requests_s)
        writing = asyncio.create_task(writer.run())
        gc.collect()
        gc.freeze()
        try:
            await writer.catch_up()
            await serve(_listeners(settings, network.handle, people, operations), ready)
        finally:
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)


async def _tokens(home: Path, settings: Settings, stack: AsyncExitStack) -> tuple[Tokens, Handler | None]:
    """Who knows the tokens, and what answers the Identity API where that is built in."""
    scheme = settings.scheme
    if settings.identity is None:
        # lazy: only who asks other services needs a client of HTTP
        from cpal.faces.identity.keystone import Keystone

        # lazy: as above
        from cpal.faces.identity.service_session import ServiceSession

        variables = os.environ if settings.credentials is None else read(settings.credentials)
        session = ServiceSession(settings.keystone, service_user(variables))
        stack.push_async_callback(session.close)
        return Keystone(session), None
    endpoints = {"identity": f"{settings.identity.url(scheme)}/v3", "network": settings.networking.url(scheme)}
    people = Identity(home, endpoints)
    stack.callback(people.close)
    return people, people.handle


def _listeners(settings: Settings, network: Handler, people: Handler | None, operations: Operations) -> list[Listener]:
    tls = (settings.certificate, settings.key)
    served = [Listener(application(operations.around(network, "networking"), "networking"), *settings.networking, *tls)]
    if people is not None and settings.identity is not None:
        served.append(
            Listener(application(operations.around(people, "identity"), "identity"), *settings.identity, *tls)
        )
    if settings.operations is not None:
        served.append(Listener(application(operations.handle, "operations"), *settings.operations))
    return served


def _wrong(writer: Writer, tokens: Tokens) -> Mapping[str, str]:
    found = {"targets": "they do not hold yet what was accepted"} if writer.behind else {}
    return found | ({"identity": tokens.silence} if tokens.silence else {})


def _gauges(engine: Engine, writer: Writer) -> Mapping[str, float]:
    counts = {f"cpal_{kind}_records": float(engine.estate.count(record_type)) for kind, record_type in KINDS.items()}
    return {"cpal_revision": float(engine.estate.revision), "cpal_targets_behind": float(writer.behind), **counts}
