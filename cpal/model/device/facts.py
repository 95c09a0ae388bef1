"""What a device is: its name, make, model, serial number and software."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cpal.model.device.state import State


class Facts(State, frozen=True, kw_only=True):
    """Who a device says it is. Source: openconfig-system `/system/state`, openconfig-platform `/components`.

    `fqdn` is the name with its domain; `interfaces` are names in the device's own order; `uptime_s` the seconds since
    it started, `boot_time` when that was (seconds since 1970): a device tells one or the other. `tags` are what an
    inventory says of the device, None without one.
    """

    vendor: str
    hostname: str | None = None
    domain_name: str | None = None
    fqdn: str | None = None
    model: str | None = None
    serial_number: str | None = None
    os_version: str | None = None
    uptime_s: float | None = None
    boot_time: float | None = None
    interfaces: tuple[str, ...] = ()
    tags: Mapping[str, Any] | None = None
