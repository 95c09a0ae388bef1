"""Devices exported from NetBox: the JSON of `/api/dcim/devices/`, or a list of what pynetbox makes of each.

Site, role, tags, custom fields and context become tags. Source: NetBox REST API, schema `Device`.
"""

from __future__ import annotations

from typing import Any

from cpal.errors import Fault, Faults
from cpal.model.device.entry import Entry

PLATFORMS = (
    ("nxos", ("nxos", "nx-os")), ("iosxr_netconf", ("iosxr", "ios-xr")), ("ios", ("ios", "ios-xe", "iosxe")),
    ("eos", ("eos",)), ("junos", ("junos",)), ("nvue", ("nvue",)), ("frr", ("frr", "cumulus")),
    ("linux", ("linux", "debian", "ubuntu")), ("gnmi", ("sonic", "openconfig")),
)  # fmt: skip
"""Drivers, and the words that the slugs of their platforms end in or begin with."""


def devices(told: Any, file: str) -> tuple[Entry, ...]:
    """The devices that have a name, a primary address and a platform that is known.

    Raises:
        Faults: those that have not, each named.
    """
    listed = told.get("results") if isinstance(told, dict) else told
    if not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed):
        raise Faults((Fault("it is no list of devices", place=f"{file}:1:1", remedy="export /api/dcim/devices/"),))
    faults: list[Fault] = []
    found = [_device(each, number, file, faults) for number, each in enumerate(listed)]
    if faults:
        raise Faults(tuple(faults))
    return tuple(each for each in found if each is not None)


def _device(told: dict[str, Any], number: int, file: str, faults: list[Fault]) -> Entry | None:
    name = told.get("name")
    platform = _slug(told.get("platform"))
    driver = driver_of(platform)
    address = told.get("primary_ip4") or told.get("primary_ip") or told.get("primary_ip6")
    ip = address.get("address") if isinstance(address, dict) else address
    wrong = [
        problem
        for missing, problem in (
            (not name, "it has no name"),
            (not ip, "it has no primary address"),
            (driver is None, f"its platform {platform!r} is none that is known"),
        )
        if missing
    ]
    faults += (Fault(problem, key=str(name or f"[{number}]"), place=f"{file}:1:1") for problem in wrong)
    if wrong or driver is None:
        return None
    return Entry(name=str(name), driver=driver, host=str(ip).partition("/")[0], tags=_tags(told))


def driver_of(platform: str) -> str | None:
    """The driver for a platform's slug: `arista-eos`, `cisco-nx-os`, `ios-xe`."""
    for driver, words in PLATFORMS:
        if any(platform == word or platform.endswith(f"-{word}") or platform.startswith(f"{word}-") for word in words):
            return driver
    return None


def _tags(told: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {**(told.get("config_context") or {}), **(told.get("custom_fields") or {})}
    for field in ("site", "role", "device_role", "rack", "tenant", "location", "status"):
        slug = _slug(told.get(field))
        if slug:
            found["role" if field == "device_role" else field] = slug
    for each in told.get("tags") or ():
        found[_slug(each)] = True
    return found


def _slug(told: Any) -> str:
    if isinstance(told, dict):
        return str(told.get("slug") or told.get("value") or told.get("name") or "")
    return str(told or "")
