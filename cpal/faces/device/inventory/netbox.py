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
    """The devices that have a name and a platform that is known: what else NetBox has, such as PDUs, is never asked.

    One without a primary address fails by itself when it is asked.

    Raises:
        Faults: it is no list of devices, or one page of several; there is none of these in it.
    """
    listed = told.get("results") if isinstance(told, dict) else told
    if not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed):
        raise _fault(file, "it is no list of devices", "export /api/dcim/devices/")
    if isinstance(told, dict) and told.get("next"):
        why = f"it is one page, of {len(listed)} devices out of {told.get('count')}"
        remedy = "export /api/dcim/devices/?limit=0, or the list of all pages' results, which pynetbox gives"
        raise _fault(file, why, remedy)
    found = tuple(filter(None, map(_device, listed)))
    if listed and not found:
        slugs = ", ".join(sorted({repr(_slug(each.get("platform"))) for each in listed}))
        why = f"none of its {len(listed)} devices has a name and a platform that is known: {slugs}"
        raise _fault(file, why, f"known are {', '.join(word for _, words in PLATFORMS for word in words)}")
    return found


def _fault(file: str, problem: str, remedy: str) -> Faults:
    return Faults((Fault(problem, place=f"{file}:1:1", remedy=remedy),))


def _device(told: dict[str, Any]) -> Entry | None:
    name, driver = told.get("name"), driver_of(_slug(told.get("platform")))
    if not name or driver is None:
        return None
    address = told.get("primary_ip4") or told.get("primary_ip") or told.get("primary_ip6") or ""
    ip = address.get("address", "") if isinstance(address, dict) else address
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
