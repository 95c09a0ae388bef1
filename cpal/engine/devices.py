"""Asks devices: finds the driver and the getter, and runs it against whoever answers: a device, or a recording."""

from __future__ import annotations

import getpass
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import SplitResult, urlsplit

from cpal.drivers.devices import asked, recording
from cpal.drivers.devices.asked import Live
from cpal.drivers.devices.parse.asking import Driver
from cpal.drivers.devices.registry import DRIVERS, driver
from cpal.errors import CpalError, Invalid, Unauthenticated, Unsupported

PREFIXES = ("test_", "get_")
"""What NAPALM writes before the name of a getter."""

VARIANTS: dict[str, tuple[str, dict[str, Any]]] = {
    "config_sanitized": ("config", {"without_secrets": True}),
    "config_filtered": ("config", {"only": "candidate"}),
    "config_sanitized_filtered": ("config", {"without_secrets": True}),
    "route_to": ("route_to", {"destination": "1.0.4.0/24", "protocol": "bgp"}),
    "route_to_longer": ("route_to", {"destination": "1.0.4.0/24", "protocol": "bgp", "longer": True}),
}
"""What a name of the recordings asks of which getter."""


class Replayed(NamedTuple):
    """What a getter made of a recording: the getter's own name, what it was asked with, its value."""

    getter: str
    arguments: dict[str, Any]
    value: Any


def drivers() -> dict[str, Driver]:
    """Every driver by its name."""
    return {name: driver(name) for name in DRIVERS}


def replay(driver_name: str, getter_name: str, folder: Path, arguments: dict[str, Any] | None = None) -> Replayed:
    """What a driver's getter makes of a recorded case.

    Raises:
        NotFound: no such driver or folder, or no answer in it to what the getter asks.
        Unsupported: the driver has no such getter.
        Unreadable: an answer that no parser knows.
    """
    found = driver(driver_name)
    name = getter_name
    for prefix in PREFIXES:
        name = name.removeprefix(prefix)
    getter, preset = VARIANTS.get(name, (name, {}))
    if getter not in found.getters:
        raise Unsupported(
            f"the driver {driver_name} has no getter {name!r}",
            key=getter_name,
            remedy=f"it has {', '.join(sorted(found.getters))}",
        )
    words = {**preset, **(arguments or {})}
    return Replayed(getter, words, asked.run(found.getters[getter](**words), recording.answers(folder)))


PASSWORD = "CPAL_DEVICE_PASSWORD"
"""The variable of the environment that holds the password: an address never does."""
PLAIN = "+http"
"""What an address's driver ends in when the device is asked without TLS."""


class Connection:
    """A device that answers: its name, its driver, and `native`, which speaks to it in its own words."""

    def __init__(self, name: str, found: Driver, native: Live) -> None:
        self.name = name
        self.driver = found
        self.native = native

    def tell(self, getter: str, **words: Any) -> Any:
        """What a getter makes of the device's answers now.

        Raises:
            Unsupported: the driver has no such getter.
            Unreachable, TimedOut, Unauthenticated, Rejected, Unreadable: what went wrong at the device.
        """
        if getter not in self.driver.getters:
            raise Unsupported(f"the driver {self.driver.name} does not tell {getter}", key=self.name)
        return asked.run(self.driver.getters[getter](**words), self.native)

    def close(self) -> None:
        """End the connection."""
        self.native.close()


def connect(address: str, timeout_s: float) -> Connection:
    """A connection to the device at `driver://user@host:port`; nothing is asked yet.

    Raises:
        Invalid: not such an address, or one with a password in it.
        NotFound: no such driver.
        Unsupported: a driver that reads recordings only.
        Unauthenticated: no password is known.
    """
    parts, host, port = _split(address)
    name = parts.scheme.removesuffix(PLAIN)
    if parts.password is not None:
        raise Invalid(
            "a password does not belong into an address", key=f"{parts.scheme}://{host}",
            remedy=f"put it into the environment, as {PASSWORD}",
        )  # fmt: skip
    found = driver(name)
    if name not in LIVE:
        raise Unsupported(f"the driver {name} reads recordings only", key=address, remedy=f"live: {', '.join(LIVE)}")
    password = os.environ.get(PASSWORD)
    if password is None:
        raise Unauthenticated("no password is known for it", key=address, remedy=f"set {PASSWORD}")
    plain = parts.scheme.endswith(PLAIN)
    where = f"http{'' if plain else 's'}://" + (f"[{host}]" if ":" in host else host) + (f":{port}" if port else "")
    return Connection(host, found, LIVE[name](where, parts.username or getpass.getuser(), password, timeout_s))


def _split(address: str) -> tuple[SplitResult, str, int | None]:
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        parts, host, port = SplitResult("", "", "", "", ""), None, None
    if not parts.scheme or not host or parts.path.strip("/") or parts.query or parts.fragment:
        raise Invalid("not the address of a device", key=address, remedy="write it as eos://admin@leaf1")
    return parts, host, port


def _eapi(url: str, user: str, password: str, timeout_s: float) -> Live:
    # lazy: who replays a recording needs no client of HTTP
    from cpal.drivers.devices.eos.eapi import Eapi

    return Eapi(url, user, password, timeout_s)


def tell_all(
    addresses: Sequence[str], getter: str, timeout_s: float, words: Mapping[str, Any]
) -> list[tuple[str, Any]]:
    """What each device tells, all asked at once, in the order of the addresses: its name, and the value or fault."""
    with ThreadPoolExecutor(min(len(addresses), MOST_AT_ONCE)) as pool:
        return list(pool.map(lambda address: _told(address, getter, timeout_s, words), addresses))


def _told(address: str, getter: str, timeout_s: float, words: Mapping[str, Any]) -> tuple[str, Any]:
    try:
        connection = connect(address, timeout_s)
    except CpalError as fault:
        return address, fault
    try:
        return connection.name, connection.tell(getter, **words)
    except CpalError as fault:
        return connection.name, fault
    finally:
        connection.close()


MOST_AT_ONCE = 64
"""How many devices are asked at the same time."""
LIVE = {"eos": _eapi}
"""The drivers that ask live devices, and how they reach them."""
