"""Switches that are to be taken over: which are meant, and what they have that is not cpal's."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from uuid import uuid4

from msgspec.structs import replace

from cpal.core.driver import Backend
from cpal.drivers.devices.frr.backend import RULES, FrrBackend
from cpal.drivers.devices.render_switch import device_of
from cpal.drivers.devices.switch import SwitchBackend
from cpal.engine.taken import Taken as Taken
from cpal.engine.taken import Taking, taken
from cpal.engine.taken_ports import OfLeaves
from cpal.engine.taken_settings import OfSettings
from cpal.errors import Conflict, Invalid, NotFound, Unsupported
from cpal.model.estate import Estate
from cpal.model.target import Target

BESIDE = "frr+file://"
"""How the address of a leaf begins that runs here."""


class Asked(NamedTuple):
    """The switches to read: the target that they are of, whether it is new, and which of its devices."""

    target: Target
    is_new: bool
    devices: tuple[str, ...]


def asked_for(words: Sequence[str], estate: Estate) -> Asked:
    """What `--device` words mean: names of devices that targets have, with wildcards, or NAME=ADDRESS.

    Raises:
        NotFound: a name that no device has.
        Invalid: an address without a name where it has none, devices of several targets or makes.
        Conflict: a target of that make is there, and has no such device.
    """
    addresses = dict(_named(word) for word in words if "://" in word)
    patterns = [word for word in words if "://" not in word]
    targets: dict[str, Target] = {}
    devices: list[str] = []
    for pattern in patterns:
        found = [(t, name) for t in estate.all(Target) for name in t.endpoints if fnmatchcase(name, pattern)]
        if not found:
            remedy = "name a device of a target, or write NAME=eos://USER@ADDRESS"
            raise NotFound("no target has such a device", key=pattern, remedy=remedy)
        targets |= {target.id: target for target, _ in found}
        devices += [name for _, name in found]
    if not addresses:
        return Asked(_only(list(targets.values())), False, tuple(dict.fromkeys(devices)))
    drivers = {urlsplit(address).scheme.partition("+")[0] for address in addresses.values()}
    if len(drivers) > 1 or targets:
        raise _several(", ".join(words))
    driver = drivers.pop()
    known = next((target for target in estate.all(Target) if target.driver == driver), None)
    if known is None:
        endpoints = {name: _endpoint(address) for name, address in addresses.items()}
        new = Target(id=str(uuid4()), name=driver, driver=driver, endpoints=endpoints)
        new = replace(new, encap="vxlan") if driver == RULES.name else new
        return Asked(new, True, tuple(addresses))
    if missing := sorted(addresses.keys() - known.endpoints.keys()):
        why = f"target {known.name} has no device {missing[0]}, and an estate has one target of a driver"
        raise Conflict(why, key=missing[0], remedy="name it among that target's endpoints first")
    return Asked(known, False, tuple(addresses))


def _endpoint(address: str) -> str:
    """An address as targets have it: of a leaf on this machine, the directory alone."""
    return f"file:{address.removeprefix(BESIDE)}" if address.startswith(BESIDE) else address


def _named(word: str) -> tuple[str, str]:
    name, separator, address = word.partition("=")
    if separator and "://" not in name:
        return name, address
    host = urlsplit(word).hostname or ""
    if not host or host[0].isdigit() or ":" in host:
        raise Invalid("the device has no name", key=word, remedy=f"write NAME={word}")
    return host, word


def _only(targets: Sequence[Target]) -> Target:
    if len(targets) > 1:
        names = ", ".join(sorted(target.name for target in targets))
        raise _several(names)
    return targets[0]


def _several(key: str) -> Invalid:
    """What those are told who ask for devices of more than one target."""
    why, remedy = "devices of several targets are read one target at a time", "name those of one target"
    return Invalid(why, key=key, remedy=remedy)


async def read(backend: Backend, asked: Asked, own: dict[str, Any], estate: Estate) -> Taken:
    """Records of what the devices have and is not cpal's; each has its `own` fields too.

    Raises:
        Unsupported: nothing is written to that make, so that nothing is taken over.
        Unreachable, TimedOut, Unauthenticated: a device does not answer.
    """
    how: Taking
    if isinstance(backend, SwitchBackend):
        held, mine = await backend.held()
        how = OfSettings(backend.make)
    elif isinstance(backend, FrrBackend):
        held, mine, names = await backend.held()
        how = OfLeaves(names)
    else:
        raise Unsupported(f"the driver {asked.target.driver} takes over nothing", key=asked.target.name)
    held, mine = ({key: row for key, row in rows.items() if device_of(key) in asked.devices} for rows in (held, mine))
    return taken(how, asked.target, own, mine, held, estate)
