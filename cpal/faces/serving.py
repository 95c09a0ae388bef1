"""A server: one engine, its writer, and the APIs on it, in one process."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import shutil
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from cpal.engine.run import Engine
from cpal.engine.writer import AWAY_AFTER_S, Writer
from cpal.errors import CpalError, Invalid
from cpal.faces.http.application import application
from cpal.faces.http.message import Handler
from cpal.faces.http.operations import Operations
from cpal.faces.http.server import Listener, serve
from cpal.faces.identity import openrc
from cpal.faces.identity.context import Tokens
from cpal.faces.identity.service import Identity
from cpal.faces.identity.service_user import read, service_user
from cpal.faces.neutron.api import Networking
from cpal.faces.neutron.policy import Policy
from cpal.faces.nova.outbox import Outbox
from cpal.model.estate import KINDS
from cpal.model.quota import DEFAULT_LIMITS

if TYPE_CHECKING:
    from cpal.faces.identity.service_session import ServiceSession
    from cpal.faces.nova.notifier import Notifier

log = logging.getLogger(__name__)
LOOPBACK = "127.0.0.1"
EVERYWHERE = ("0.0.0.0", "::")
"""The hosts that are every address of a machine, and none that a client could be sent to."""
LEAST_FREE = 16 * 1024 * 1024
"""The room that there must be where the state is, in bytes, for a server to be ready for writes."""
GARBAGE = (5_000, 2_000, 10)
"""After how many new objects those are looked through for garbage, and after how many such looks those that survived.

Few at a time, since all wait meanwhile; those that survived hardly ever, since next to none of them is garbage: what a
request leaves behind is gone without a look, or at the first. Source: Python's `gc.set_threshold`.
"""


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
    Keystone whose URL is `keystone`. `nova` is the URL of the Nova that hears of its servers' ports, or `catalogue`;
    empty is none. `credentials` is the file of the service user's; without, they are in the environment, and those of
    the administrator where the identity service is built in. `refuse_away` and `away_after_s` are as in `Writer`.
    `networking_url` and `identity_url` are what the catalogue says, where that is not where the server listens, as
    behind a load balancer. `quotas` are limits of projects that differ from the usual ones, by resource.
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
    nova: str = ""
    refuse_away: bool = False
    away_after_s: float = AWAY_AFTER_S
    networking_url: str = ""
    identity_url: str = ""
    quotas: Mapping[str, int] = {}

    @property
    def nowhere(self) -> dict[str, str]:
        """What the catalogue would say of which no client elsewhere gets here, by the option that would mend it."""
        if self.identity is None:
            return {}
        said = (("--networking-url", self.networking, self.networking_url),
                ("--identity-url", self.identity, self.identity_url))  # fmt: skip
        return {option: at.url(self.scheme) for option, at, url in said if at.host in EVERYWHERE and not url}

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


async def run(
    home: Path, settings: Settings, ready: Callable[[], None], waits: Callable[[str], None] | None = None
) -> None:
    """Serve the Networking API, and the identity service unless a Keystone has the tokens, until SIGTERM or SIGINT.

    With `waits`, an address that another service has is taken as soon as that is gone.

    Raises:
        Conflict, Invalid: an address cannot be listened on, a certificate, the policy or credentials cannot be read.
        Denied: others may read the credentials.
        Disk: the state cannot be read.
    """
    async with Engine(home) as engine, AsyncExitStack() as stack:
        people = _people(home, settings, stack)
        session = _session(home, settings, stack)
        tokens = people or _keystone(session)
        writer = Writer(engine, settings.refuse_away, settings.away_after_s)
        network = Networking(engine, writer, tokens, Policy(settings.policy), {**DEFAULT_LIMITS, **settings.quotas})
        teller = _notifier(home, settings, engine, writer, session, stack)
        operations = Operations(
            lambda: _wrong(home, writer, tokens), lambda: _gauges(engine, writer, teller), settings.requests_s
        )
        tasks = [asyncio.create_task(writer.run())]
        gc.collect()
        gc.freeze()
        gc.set_threshold(*GARBAGE)
        try:
            await writer.catch_up()
            tasks.append(asyncio.create_task(_hear(engine)))
            if teller is not None:
                tasks.append(asyncio.create_task(teller.run()))
                tasks[-1].add_done_callback(_told_no_more)
            listeners = _listeners(settings, network.handle, people.handle if people else None, operations)
            await serve(listeners, ready, waits, people.announce if people else None)
        finally:
            for task in reversed(tasks):
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


def _people(home: Path, settings: Settings, stack: AsyncExitStack) -> Identity | None:
    """The identity service, where it is built in."""
    if settings.identity is None:
        return None
    network = settings.networking_url or settings.networking.url(settings.scheme)
    people = Identity(home, {"identity": _auth_url(settings, settings.identity), "network": network})
    stack.callback(people.close)
    return people


def _auth_url(settings: Settings, identity: Address) -> str:
    """Where clients reach the identity service built in."""
    url = settings.identity_url or identity.url(settings.scheme)
    return f"{url.rstrip('/').removesuffix('/v3')}/v3"


def _session(home: Path, settings: Settings, stack: AsyncExitStack) -> ServiceSession | None:
    """What asks other services of the cloud, where any is to be asked."""
    if settings.identity is not None and not settings.nova:
        return None
    # lazy: only who asks other services needs a client of HTTP
    from cpal.faces.identity.service_session import ServiceSession

    auth_url, variables = settings.keystone, dict(os.environ)
    if settings.identity is not None:
        variables = openrc.read(home) | ({"OS_CACERT": str(settings.certificate)} if settings.certificate else {})
        auth_url = _auth_url(settings, settings.identity)
    if settings.credentials is not None:
        variables = read(settings.credentials)
    session = ServiceSession(auth_url, service_user(variables))
    stack.push_async_callback(session.close)
    return session


def _keystone(session: ServiceSession | None) -> Tokens:
    # lazy: as in `_session`
    from cpal.faces.identity.keystone import Keystone

    assert session is not None, "a Keystone is asked through a session"
    return Keystone(session)


def _notifier(
    home: Path,
    settings: Settings,
    engine: Engine,
    writer: Writer,
    session: ServiceSession | None,
    stack: AsyncExitStack,
) -> Notifier | None:
    """What lets Nova hear of its servers' ports, where there is one."""
    if session is None or not settings.nova:
        return None
    # lazy: as in `_session`
    from cpal.faces.nova.notifier import Notifier

    # lazy: as in `_session`
    from cpal.faces.nova.telling import Nova

    outbox = Outbox(home, engine.store.owner, engine.estate.revision)
    stack.callback(outbox.close)
    return Notifier(engine, writer, outbox, Nova(session, settings.nova))


async def _hear(engine: Engine) -> None:
    """Have the targets tell of the ports' status before anybody asks: of many ports it takes a while."""
    with suppress(CpalError):
        await engine.status.statuses()


def _told_no_more(task: asyncio.Task[None]) -> None:
    """Log why Nova is told no more, where that is not the server's end."""
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("Nova is told no more until the server is started again", exc_info=error)


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


def _wrong(home: Path, writer: Writer, tokens: Tokens) -> Mapping[str, str]:
    found = {"targets": "they do not hold yet what was accepted"} if writer.behind else {}
    try:
        writer.follow()
    except CpalError:
        found["store"] = "it does not answer"
    with suppress(FileNotFoundError):  # where all is in a database elsewhere there may be no directory
        free = shutil.disk_usage(home).free
        if free < LEAST_FREE:
            found["disk"] = f"{free // 1024} KiB are free where the state is; {LEAST_FREE // 1024} KiB are needed"
    return found | ({"identity": tokens.silence} if tokens.silence else {})


def _gauges(engine: Engine, writer: Writer, teller: Notifier | None) -> Mapping[str, float]:
    counts = {f"cpal_{kind}_records": float(engine.estate.count(record_type)) for kind, record_type in KINDS.items()}
    owed = {"cpal_nova_notices_owed": float(teller.owed)} if teller else {}
    behind = {"cpal_revision": float(engine.estate.revision), "cpal_targets_behind": float(writer.behind)}
    return behind | owed | counts
