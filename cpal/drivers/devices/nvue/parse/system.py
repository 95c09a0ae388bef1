"""The box over NVUE: who it is. Source: Cumulus Linux User Guide, `nv show system`, `nv show platform`."""

from __future__ import annotations

import re
from typing import Any

from cpal.drivers.devices.nvue.parse.interfaces import INTERFACES, named
from cpal.drivers.devices.parse.asking import JSON, Ask, Asking
from cpal.model.device.facts import Facts

SYSTEM = Ask("/system", JSON)
PLATFORM = Ask("/platform", JSON, optional=True)
HARDWARE = Ask("/platform/hardware", JSON, optional=True)
"""Where the hardware is told of before 5.9."""
MAKE = "NVIDIA"
NOTHING = ("", "n/a")
UPTIME = re.compile(r"(?:(\d+) days?, )?(\d+):(\d\d):(\d\d)")


def facts() -> Asking[Facts]:
    """What the device is."""
    system, platform, hardware, ports = yield (SYSTEM, PLATFORM, HARDWARE, INTERFACES)
    box = {**(hardware or {}), **(platform or {})}
    return Facts(
        vendor=_said(box, "manufacturer") or MAKE,
        hostname=_said(system, "hostname"),
        model=_said(box, "product-name") or _said(box, "model"),
        serial_number=_said(box, "serial-number"),
        os_version=_said(system, "build"),
        uptime_s=_uptime(system.get("uptime")),
        interfaces=tuple(name for name, _ in named(ports)),
    )


def _said(told: dict[str, Any], name: str) -> str | None:
    said = told.get(name)
    return said if isinstance(said, str) and said not in NOTHING else None


def _uptime(told: Any) -> float | None:
    """Seconds, which older releases tell, and newer ones in days and hours."""
    found = UPTIME.fullmatch(told) if isinstance(told, str) else None
    if found:
        days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
        return float(((days * 24 + hours) * 60 + minutes) * 60 + seconds)
    return float(told) if isinstance(told, int) else None
