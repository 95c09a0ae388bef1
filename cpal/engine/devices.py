"""Devices that answer: who they are, how they are reached, and what hundreds of them tell at the same time."""

from __future__ import annotations

import asyncio
import functools
import getpass
import importlib
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

from cpal.drivers.devices.asked import Heard, Live, run_live
from cpal.drivers.devices.login import Login
from cpal.drivers.devices.parse.asking import Driver
from cpal.drivers.devices.registry import driver
from cpal.engine.credentials import ENABLE, PASSWORD, secret
from cpal.engine.ssh import CONFIGURATION
from cpal.engine.unread import kept
from cpal.errors import CpalError, Invalid, TimedOut, Unreadable, Unsupported
from cpal.model.device.entry import Entry

TIMEOUT_S = 30.0
MOST_AT_ONCE = 250
"""How many devices are asked at the same time."""
HTTP, LOCAL, NETNS, FILE, PLAIN = "http", "local", "netns", "file", "plain"


class Way(NamedTuple):
    """How a driver reaches a live device: the class of its transport, and the ways an address may name."""

    transport: str
    ways: tuple[str, ...] = ("",)


_SHELLS = ("", LOCAL, NETNS, FILE)
LIVE: dict[str, Way] = {
    "eos": Way("cpal.drivers.devices.eos.eapi:Eapi", ("", HTTP)),
    "junos": Way("cpal.drivers.devices.junos.netconf:JunosNetconf"),
    "nxos": Way("cpal.drivers.devices.nxos.nxapi:Nxapi", ("", HTTP)),
    "nxos_ssh": Way("cpal.drivers.devices.nxos.terminal:NxosTerminal"),
    "ios": Way("cpal.drivers.devices.ios.terminal:IosTerminal"),
    "iosxr_netconf": Way("cpal.drivers.devices.iosxr.session:XrNetconf"),
    "gnmi": Way("cpal.drivers.devices.gnmi.session:Gnmi", ("", PLAIN)),
    "nvue": Way("cpal.drivers.devices.nvue.session:Nvue", ("", HTTP)),
    "frr": Way("cpal.drivers.devices.frr.live:FrrShell", _SHELLS),
    "linux": Way("cpal.drivers.devices.shell:Shell", _SHELLS[:3]),
}
"""The drivers that ask live devices, and how."""


class Connection:
    """A device that answers: its name, its driver, and `native`, which speaks to it in its own words.

    All of it belongs to one event loop: that in which it is first asked.
    """

    def __init__(self, entry: Entry, found: Driver, native: Live, home: Path | None = None) -> None:
        self.entry = entry
        self.name = entry.name
        self.driver = found
        self.native = native
        self._home = home

    async def tell(self, getter: str, **words: Any) -> Any:
        """What a getter makes of the device's answers now.

        Raises:
            Unsupported: the driver has no such getter.
            Unreachable, TimedOut, Unauthenticated, Rejected: what went wrong at the device.
            Unreadable: no parser knows an answer; it says where all answers are kept.
        """
        if getter not in self.driver.getters:
            raise Unsupported(f"the driver {self.driver.name} does not tell {getter}", key=self.name)
        heard: Heard = []
        try:
            return await run_live(self.driver.getters[getter](**words), self.native, heard)
        except Unreadable as fault:
            raise kept(self._home, self.name, self.driver.name, getter, heard, fault) from fault

    async def close(self) -> None:
        """End the connection."""
        await self.native.close()


def entry_of(address: str) -> Entry:
    """The device at `driver://user@host:port`, or `driver+way://...`.

    Raises:
        Invalid: not such an address, or one with a password in it.
    """
    parts, host, port = _split(address)
    name, _, way = parts.scheme.partition("+")
    if parts.password is not None:
        raise Invalid(
            "a password does not belong into an address", key=f"{parts.scheme}://{host}",
            remedy=f"put it into the environment, as {PASSWORD}",
        )  # fmt: skip
    path = unquote(parts.path) if way == FILE else ""
    user = unquote(parts.username or "")
    shown = host or Path(path).name
    return Entry(name=shown, driver=name.replace("-", "_"), host=host, user=user, port=port, way=way, path=path)


def make_of(entry: Entry) -> tuple[str, ...]:
    """The words of a device's make, as its driver says it: `Arista`, `EOS`."""
    return tuple(driver(entry.driver).make.replace(",", "").split())


def connect(entry: Entry, timeout_s: float | None = None, home: Path | None = None) -> Connection:
    """A connection to a device; nothing is asked yet. Answers that no parser knows are kept in `home`.

    Raises:
        NotFound: no such driver; a reference to a secret leads nowhere.
        Unsupported: a driver that reads recordings only, or knows no such way.
        Unauthenticated: no password is known.
        Invalid, Missing: a reference is none, or what keeps the secret is not installed.
    """
    found = driver(entry.driver)
    way = LIVE.get(entry.driver)
    if way is None:
        remedy = f"live: {', '.join(LIVE)}"
        raise Unsupported(f"the driver {entry.driver} reads recordings only", key=entry.name, remedy=remedy)
    if entry.way not in way.ways:
        known = ", ".join(f"{entry.driver}{'+' if each else ''}{each}" for each in way.ways)
        raise Unsupported(f"the driver {entry.driver} knows no way {entry.way!r}", key=entry.name, remedy=known)
    if not (entry.host or entry.path):
        raise Invalid("the inventory has no address of it", key=entry.name, remedy="give it one, as host or address")
    try:
        login = _login(entry, timeout_s)
    except CpalError as fault:
        fault.key = f"{entry.name}: {fault.key}"
        raise
    return Connection(entry, found, _transport(way.transport)(login), home)


@functools.cache
def _transport(place: str) -> Callable[[Login], Live]:
    module, _, name = place.partition(":")
    # lazy: a make's transport is loaded when a device of it is asked
    found: Callable[[Login], Live] = getattr(importlib.import_module(module), name)
    return found


def _login(entry: Entry, timeout_s: float | None) -> Login:
    own = os.environ.get(CONFIGURATION)
    over_http = entry.driver in ("eos", "nxos", "gnmi", "nvue")
    return Login(
        name=entry.name, host=entry.host, user=entry.user or (getpass.getuser() if over_http else ""), port=entry.port,
        way=entry.way, path=entry.path, password=secret(entry.password, PASSWORD),
        enable_password=secret(entry.enable_password, ENABLE), timeout_s=timeout_s or entry.timeout_s or TIMEOUT_S,
        ssh_config=entry.ssh_config or ((own,) if own else ()), trusted=entry.trusted, keys=entry.keys,
    )  # fmt: skip


def _split(address: str) -> tuple[SplitResult, str, int | None]:
    scheme, separator, rest = address.partition("://")
    try:
        parts = urlsplit(scheme.replace("_", "-") + separator + rest)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        parts, host, port = SplitResult("", "", "", "", ""), "", None
    placed = parts.path.strip("/") if parts.scheme.endswith(f"+{FILE}") else host
    foreign = parts.query or parts.fragment or (host and parts.path.strip("/"))
    if not parts.scheme or not placed or foreign:
        remedy = "write it as eos://admin@leaf1"
        raise Invalid("not the address of a device", key=_without_password(address), remedy=remedy)
    return parts, host, port


def _without_password(address: str) -> str:
    """An address that is none, as it may be shown."""
    before, at, after = address.rpartition("@")
    return f"{before.partition('://')[0]}://...@{after}" if at and ":" in before.partition("://")[2] else address


class Told(NamedTuple):
    """What one device told, or what went wrong."""

    entry: Entry
    value: Any = None
    fault: CpalError | None = None


Done = Callable[[Told], None]


async def tell_all(
    entries: Sequence[Entry], getter: str, words: Mapping[str, Any], timeout_s: float | None = None,
    home: Path | None = None, done: Done | None = None, at_once: int = MOST_AT_ONCE,
) -> list[Told]:  # fmt: skip
    """What each device tells, many asked at the same time, in the order of the entries; `done` hears of each.

    A device that has not told all within its timeout has failed; the others are none the wiser.
    """
    found = await tell_each(entries, getter, (words,), timeout_s, home, done, at_once)
    return [told for (told,) in found]


async def tell_each(
    entries: Sequence[Entry], getter: str, asked: Sequence[Mapping[str, Any]], timeout_s: float | None = None,
    home: Path | None = None, done: Done | None = None, at_once: int = MOST_AT_ONCE,
) -> list[list[Told]]:  # fmt: skip
    """What each device tells to several questions, one after another over one connection, each within the timeout."""
    turns = asyncio.Semaphore(at_once)

    async def ask(entry: Entry) -> list[Told]:
        async with turns:
            return await _told(entry, getter, asked, timeout_s, home, done or (lambda told: None))

    return list(await asyncio.gather(*(ask(entry) for entry in entries)))


async def _told(
    entry: Entry, getter: str, asked: Sequence[Mapping[str, Any]], timeout_s: float | None, home: Path | None,
    done: Done,
) -> list[Told]:  # fmt: skip
    limit_s = timeout_s or entry.timeout_s or TIMEOUT_S
    found: list[Told] = []
    try:
        connection = connect(entry, limit_s, home)
    except CpalError as fault:
        found = [Told(entry, fault=fault) for _ in asked]
        for told in found:
            done(told)
        return found
    try:
        for words in asked:
            found.append(await _answered(connection, getter, words, limit_s))
            done(found[-1])
    finally:
        await connection.close()
    return found


async def _answered(connection: Connection, getter: str, words: Mapping[str, Any], limit_s: float) -> Told:
    entry = connection.entry
    try:
        async with asyncio.timeout(limit_s):
            return Told(entry, await connection.tell(getter, **words))
    except TimeoutError:
        return Told(entry, fault=TimedOut(f"it has not told all within {limit_s:g} s", key=entry.name))
    except CpalError as fault:
        return Told(entry, fault=fault)
