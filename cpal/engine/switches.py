"""Switches that are to be taken over: which are meant, and what they have that is not cpal's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from uuid import uuid4

from msgspec.structs import replace

from cpal.core.driver import Backend
from cpal.drivers.devices.fabric_said import Barred
from cpal.drivers.devices.frr.backend import FrrBackend
from cpal.drivers.devices.frr.make import RULES
from cpal.drivers.devices.render_switch import device_of
from cpal.drivers.devices.switch import SwitchBackend
from cpal.engine.taken import Rows, Taken, Taking, taken
from cpal.engine.taken_ports import OfLeaves
from cpal.engine.taken_settings import OfSettings
from cpal.errors import Conflict, Invalid, NotFound, Unsupported
from cpal.model.estate import Estate
from cpal.model.target import Target

BESIDE = "frr+file://"
"""How the address of a leaf begins that runs here."""


NAMED = "name a device of a target"
"""What helps who named one that no target has."""


class Asked(NamedTuple):
    """The switches to read: the target that they are of, whether it is new, and which of its devices."""

    target: Target
    is_new: bool
    devices: tuple[str, ...]


def asked_for(words: Sequence[str], estate: Estate) -> tuple[Asked, ...]:
    """What `--device` words mean, target by target: devices that targets have, with wildcards, or NAME=ADDRESS.

    Raises:
        NotFound: a name that no device has.
        Invalid: an address without a name where it has none, a name with two addresses.
        Conflict: a target of that make is there, and has no such device.
    """
    found: dict[str, Asked] = {}
    for asked in (*matching(words, estate, f"{NAMED}, or write NAME=eos://USER@ADDRESS"), *_addressed(words, estate)):
        before = found.get(asked.target.id, asked)
        found[asked.target.id] = before._replace(devices=tuple(dict.fromkeys((*before.devices, *asked.devices))))
    return tuple(found.values())


def matching(words: Sequence[str], estate: Estate, remedy: str = NAMED) -> Iterator[Asked]:
    """The devices of targets whose names match. Raises NotFound: there are none of a word."""
    for pattern in (word for word in words if "://" not in word):
        found = [(each, name) for each in estate.all(Target) for name in each.endpoints if fnmatchcase(name, pattern)]
        if not found:
            raise NotFound("no target has such a device", key=pattern, remedy=remedy)
        yield from (Asked(target, False, (name,)) for target, name in found)


def _addressed(words: Sequence[str], estate: Estate) -> Iterator[Asked]:
    """The devices that are named with their addresses; those of one make are of one target."""
    makes: dict[str, dict[str, str]] = {}
    named: dict[str, str] = {}
    for name, address in (_named(word) for word in words if "://" in word):
        if named.setdefault(name, address) != address:
            raise Invalid("the device has two addresses", key=name, remedy="name it once")
        makes.setdefault(urlsplit(address).scheme.partition("+")[0], {})[name] = address
    for driver, addresses in makes.items():
        yield _of_make(driver, addresses, estate)


def _of_make(driver: str, addresses: Mapping[str, str], estate: Estate) -> Asked:
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


class Read(NamedTuple):
    """What the devices of a target hold, and what of it is nobody's."""

    asked: Asked
    how: Taking
    held: Rows
    mine: Rows

    def taken(self, own: dict[str, Any], estate: Estate, barred: Barred) -> Taken:
        """Records of what is nobody's; each has its `own` fields too. What is `barred` from the start is none."""
        return taken(self.how, self.asked.target, own, self.mine, self.held, estate, barred)


async def read(backend: Backend, asked: Asked) -> Read:
    """Ask the devices.

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
    return Read(asked, how, held, mine)
