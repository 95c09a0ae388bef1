"""The drivers there are, by the name a target gives: what each can hold, and what opens a target of it.

A driver is loaded when a target of it is used, or when all are told of.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec.structs import replace

from cpal.core.driver import Backend, Rules
from cpal.errors import Invalid
from cpal.model.target import Target

if TYPE_CHECKING:
    from cpal.drivers.devices.switch import Switch, Writing

Opens = Callable[[Target, str, Path], Awaitable[Backend]]
"""Connects to a target, given that, the store's owner id, and where things are kept beside it."""


class Driver(NamedTuple):
    """A driver: what it can hold, and what connects to a target of it."""

    rules: Rules
    open: Opens


def _ovn() -> Driver:
    # lazy: as each below, see above
    from cpal.drivers.ovn.backend import RULES, OvnBackend
    from cpal.ovsdb.endpoint import Tls

    async def opened(target: Target, owner: str, home: Path) -> Backend:
        place = _credential(target)
        tls = Tls(f"{place}/key.pem", f"{place}/cert.pem", f"{place}/ca.pem") if place else None
        return await OvnBackend.connect(target, owner, tls)

    return Driver(RULES, opened)


def _frr() -> Driver:
    # lazy: as above
    from cpal.drivers.devices.frr.backend import FrrBackend
    from cpal.drivers.devices.frr.make import RULES

    async def opened(target: Target, owner: str, home: Path) -> Backend:
        return await FrrBackend.connect(target, owner)

    return Driver(RULES, opened)


def _eos() -> Driver:
    # lazy: as above
    from cpal.drivers.devices.eos.target import MAKE, EosSwitch

    return _switches(MAKE, EosSwitch)


def _junos() -> Driver:
    # lazy: as above
    from cpal.drivers.devices.junos.candidate import JunosSwitch
    from cpal.drivers.devices.junos.target import MAKE

    return _switches(MAKE, JunosSwitch)


def _ios() -> Driver:
    # lazy: as above
    from cpal.drivers.devices.ios.target import MAKE, IosSwitch

    return _switches(MAKE, IosSwitch)


def _nxos() -> Driver:
    # lazy: as above
    from cpal.drivers.devices.nxos.target import MAKE, NxosSwitch

    return _switches(MAKE, NxosSwitch)


def _switches(make: Writing, device: Callable[[Any], Switch]) -> Driver:
    """The driver of switches of a make; `device` makes one of what speaks to it in its own words."""

    async def opened(target: Target, owner: str, home: Path) -> Backend:
        # lazy: who only asks what a make can hold needs no way to its switches
        from cpal.drivers.devices.ledger import Ledger
        from cpal.drivers.devices.switch import SwitchBackend
        from cpal.engine.devices import connect as connect_device
        from cpal.engine.devices import entry_of

        devices = {
            name: device(connect_device(replace(entry_of(address), name=name)).native)
            for name, address in target.endpoints.items()
        }
        return SwitchBackend(make, target, owner, devices, Ledger(home / "ledger" / f"{target.id}.json"))

    return Driver(make.rules, opened)


def _credential(target: Target) -> str:
    """The directory with the key, certificate and authority that a target's credential refers to; empty without one."""
    if not target.credential:
        return ""
    scheme, _, place = target.credential.partition(":")
    if scheme != "file" or not place:
        raise Invalid(
            f"{target.credential!r} refers to no credential",
            key=f'target "{target.name}"',
            field="credential",
            remedy="write file:DIRECTORY, a directory with key.pem, cert.pem and ca.pem",
        )
    return place


DRIVERS: dict[str, Callable[[], Driver]] = {
    "ovn": _ovn,
    "frr": _frr,
    "eos": _eos,
    "junos": _junos,
    "ios": _ios,
    "nxos": _nxos,
}
"""What loads each driver, by its name."""


@cache
def driver(name: str) -> Driver:
    """The driver of a name in `DRIVERS`."""
    return DRIVERS[name]()


def rules_of(target: Target) -> Rules:
    """What the target's driver can hold; the target need not answer for that.

    Raises:
        Invalid: no such driver, or no such credential.
    """
    _credential(target)
    return _driver(target).rules


async def connect(target: Target, owner: str, home: Path) -> Backend:
    """An open connection to the target; what a driver must remember goes to `home`.

    Raises:
        Invalid: no such driver, or no such credential.
        Unreachable, TimedOut: the target does not answer.
    """
    return await _driver(target).open(target, owner, home)


def _driver(target: Target) -> Driver:
    if target.driver not in DRIVERS:
        raise Invalid(
            f"there is no driver {target.driver!r}",
            key=f'target "{target.name}"',
            field="driver",
            remedy=f"write {' or '.join(sorted(DRIVERS))}",
        )
    return driver(target.driver)
