"""Which drivers of devices there are, each loaded when it is used."""

from __future__ import annotations

import functools
import importlib

from cpal.drivers.devices.parse.asking import Driver
from cpal.errors import NotFound

DRIVERS: dict[str, str] = {
    "eos": "cpal.drivers.devices.eos.driver",
    "frr": "cpal.drivers.devices.frr.driver",
    "gnmi": "cpal.drivers.devices.gnmi.driver",
    "ios": "cpal.drivers.devices.ios.driver",
    "iosxr": "cpal.drivers.devices.iosxr.driver",
    "iosxr_netconf": "cpal.drivers.devices.iosxr.netconf",
    "junos": "cpal.drivers.devices.junos.driver",
    "linux": "cpal.drivers.devices.linux.driver",
    "nvue": "cpal.drivers.devices.nvue.driver",
    "nxos": "cpal.drivers.devices.nxos.driver",
    "nxos_ssh": "cpal.drivers.devices.nxos.ssh",
}
"""The module of each driver by its name."""


@functools.cache
def driver(name: str) -> Driver:
    """The driver of that name.

    Raises:
        NotFound: there is none.
    """
    if name not in DRIVERS:
        raise NotFound("there is no such driver of devices", key=name, remedy=f"there are {', '.join(DRIVERS)}")
    # lazy: a make's parsers are loaded when a device of it is asked
    found: Driver = importlib.import_module(DRIVERS[name]).DRIVER
    return found
