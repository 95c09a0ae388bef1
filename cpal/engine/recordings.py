"""Asks recordings of devices: finds the driver and the getter, and runs it against a folder of answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from cpal.drivers.devices import asked, recording
from cpal.drivers.devices.parse.asking import Driver
from cpal.drivers.devices.registry import DRIVERS, driver
from cpal.errors import Unsupported

PREFIXES = ("test_", "get_")
"""What NAPALM writes before the name of a getter."""

VARIANTS: dict[str, tuple[str, dict[str, Any]]] = {
    "config_sanitized": ("config", {"without_secrets": True}),
    "config_filtered": ("config", {"only": "candidate"}),
    "config_sanitized_filtered": ("config", {"without_secrets": True}),
    "ping": ("ping", {"destination": "8.8.8.8"}),
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
