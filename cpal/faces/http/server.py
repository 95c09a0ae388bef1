"""Listeners in one process and one event loop: started together, ready together, gone gracefully.

uvicorn carries the HTTP; signals are ours, since several of its servers run side by side.
"""

from __future__ import annotations

import asyncio
import contextlib
import resource
import signal
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import uvicorn

from cpal.errors import Conflict, Invalid
from cpal.faces.http.application import Application
from cpal.faces.http.connection import Connection

GRACE_S = 10
"""How long requests under way may take to finish once the server is asked to stop, in seconds."""
BACKLOG = 2048
CONNECTIONS = 65_536
"""The open files that a server asks for; shells and systemd give 1024, unless asked."""
FREE_S = 0.02
"""How long until an address that is waited for is tried again, in seconds."""
IDLE_S = 75
"""How long a connection may be idle, in seconds, before it is closed: clients keep theirs between requests."""


class Listener(NamedTuple):
    """An application and where it listens; with TLS where it has a certificate and its key (PEM files)."""

    application: Application
    host: str
    port: int
    certificate: Path | None = None
    key: Path | None = None


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(
    listeners: Sequence[Listener],
    ready: Callable[[], None],
    waits: Callable[[str], None] | None = None,
    taken: Callable[[], None] | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT; `ready` is called once every listener accepts connections.

    With `waits`, an address on which something listens is waited for, and taken as soon as it is free; it is called
    with that address. `taken` is called once all addresses are this server's, before anything is answered.

    Raises:
        Conflict: something listens on one of the addresses already.
        Invalid: an address is not this machine's or is named twice, or a certificate or its key cannot be used.
    """
    loop, stopped = asyncio.get_running_loop(), asyncio.Event()
    _refuse_twice(listeners)
    for each in listeners:
        _prove_certificate(each)
    servers = [_Server(_config(each)) for each in listeners]
    _allow_connections()

    def stop() -> None:
        stopped.set()
        for server in servers:
            server.should_exit = True

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    try:
        with contextlib.ExitStack() as stack:
            sockets = [stack.enter_context(await _taken(each, waits, stopped)) for each in listeners]
            if not stopped.is_set():
                for listener, bound in zip(listeners, sockets, strict=True):
                    _listen(listener, bound)
                if taken is not None:
                    taken()
                await _serve(servers, sockets, ready)
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)


def _refuse_twice(listeners: Sequence[Listener]) -> None:
    places = [(each.host, each.port) for each in listeners]
    for host, port in places:
        if places.count((host, port)) > 1:
            raise Invalid("two APIs would listen there", key=f"{host}:{port}", remedy="name another port for one")


def _listen(listener: Listener, bound: socket.socket) -> None:
    """Listen at an address; bound to one are at times two sockets, of which the first to listen has it."""
    try:
        bound.listen(BACKLOG)
    except OSError as error:
        raise _there_already(listener) from error


def _there_already(listener: Listener) -> Conflict:
    where = f"{listener.host}:{listener.port}"
    return Conflict("something listens there already", key=where, remedy="stop it, or name another port")


async def _serve(servers: Sequence[_Server], sockets: Sequence[socket.socket], ready: Callable[[], None]) -> None:
    running = [
        asyncio.create_task(server.serve(sockets=[bound])) for server, bound in zip(servers, sockets, strict=True)
    ]
    while not all(server.started for server in servers) and not any(  # noqa: ASYNC110 uvicorn has no event for it
        task.done() for task in running
    ):
        await asyncio.sleep(0.005)
    if all(server.started for server in servers):
        ready()
    await asyncio.gather(*running)


async def _taken(listener: Listener, waits: Callable[[str], None] | None, stopped: asyncio.Event) -> socket.socket:
    """A socket at the listener's address; where one may wait for that, at the latest when all is `stopped`, any."""
    told = False
    while True:
        try:
            return _bound(listener)
        except Conflict:
            if waits is None:
                raise
            if not told:
                waits(f"{listener.host}:{listener.port}")
                told = True
            if stopped.is_set():
                return socket.socket()
            await asyncio.sleep(FREE_S)


def _config(listener: Listener) -> uvicorn.Config:
    return uvicorn.Config(
        listener.application,
        http=Connection,
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        date_header=True,
        timeout_graceful_shutdown=GRACE_S,
        backlog=BACKLOG,
        timeout_keep_alive=IDLE_S,
        ssl_certfile=listener.certificate,
        ssl_keyfile=listener.key,
    )


def _prove_certificate(listener: Listener) -> None:
    """Nothing, if a listener's certificate and its key can be used, and nobody has to be asked for a passphrase."""
    if listener.certificate is None:
        return
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(listener.certificate, listener.key, password=str)
    except (ssl.SSLError, OSError, ValueError) as error:
        raise Invalid(
            f"the certificate and its key cannot be used: {error}", key=f"{listener.certificate}, {listener.key}",
            remedy="name a PEM file with the certificate and those up to the authority, and one with the certificate's "
            "key without a passphrase",
        ) from error  # fmt: skip


def _allow_connections() -> None:
    """Let the process have as many files open as it may, up to what is of use: each connection is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = CONNECTIONS if hard == resource.RLIM_INFINITY else min(hard, CONNECTIONS)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _bound(listener: Listener) -> socket.socket:
    host, port = listener.host, listener.port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((host, port))
    except (OSError, OverflowError) as error:
        found.close()
        if isinstance(error, OSError) and error.errno == 98:
            raise _there_already(listener) from error
        raise Invalid(f"cannot listen there: {error}", key=f"{host}:{port}",
                      remedy="name an address of this machine") from error  # fmt: skip
    found.setblocking(False)
    return found
