"""The drivers there are, by the name a target gives: what each can hold, and what opens a target of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, NamedTuple

from msgspec.structs import replace

from cpal.core.driver import Backend, Rules
from cpal.drivers.devices.eos.target import MAKE as EOS
from cpal.drivers.devices.eos.target import EosSwitch
from cpal.drivers.devices.frr.backend import RULES as FRR
from cpal.drivers.devices.frr.backend import FrrBackend
from cpal.drivers.devices.ios.target import MAKE as IOS
from cpal.drivers.devices.ios.target import IosSwitch
from cpal.drivers.devices.junos.candidate import JunosSwitch
from cpal.drivers.devices.junos.target import MAKE as JUNOS
from cpal.drivers.devices.ledger import Ledger
from cpal.drivers.devices.nxos.target import MAKE as NXOS
from cpal.drivers.devices.nxos.target import NxosSwitch
from cpal.drivers.devices.switch import Switch, SwitchBackend, Writing
from cpal.drivers.ovn.backend import RULES as OVN
from cpal.drivers.ovn.backend import OvnBackend
from cpal.errors import Invalid
from cpal.model.target import Target
from cpal.ovsdb.endpoint import Tls

Opens = Callable[[Target, str, Path], Awaitable[Backend]]
"""Connects to a target, given that, the store's owner id, and where things are kept beside it."""


async def _ovn(target: Target, owner: str, home: Path) -> Backend:
    return await OvnBackend.connect(target, owner, _tls(target))


async def _frr(target: Target, owner: str, home: Path) -> Backend:
    return await FrrBackend.connect(target, owner)


def _switches(make: Writing, device: Callable[[Any], Switch]) -> Opens:
    """What opens a target of switches of a make; `device` makes one of what speaks to it in its own words."""

    async def opened(target: Target, owner: str, home: Path) -> Backend:
        # lazy: who has no switches needs no way to them
        from cpal.engine.devices import connect as connect_device
        from cpal.engine.devices import entry_of

        devices = {
            name: device(connect_device(replace(entry_of(address), name=name)).native)
            for name, address in target.endpoints.items()
        }
        return SwitchBackend(make, target, owner, devices, Ledger(home / "ledger" / f"{target.id}.json"))

    return opened


def _tls(target: Target) -> Tls | None:
    """The key, certificate and authority that a target's credential refers to."""
    if not target.credential:
        return None
    scheme, _, place = target.credential.partition(":")
    if scheme != "file" or not place:
        raise Invalid(
            f"{target.credential!r} refers to no credential",
            key=f'target "{target.name}"',
            field="credential",
            remedy="write file:DIRECTORY, a directory with key.pem, cert.pem and ca.pem",
        )
    return Tls(f"{place}/key.pem", f"{place}/cert.pem", f"{place}/ca.pem")


class Driver(NamedTuple):
    """A driver: what it can hold, and what connects to a target of it."""

    rules: Rules
    open: Opens


DRIVERS: dict[str, Driver] = {
    "ovn": Driver(OVN, _ovn),
    "frr": Driver(FRR, _frr),
    "eos": Driver(EOS.rules, _switches(EOS, EosSwitch)),
    "junos": Driver(JUNOS.rules, _switches(JUNOS, JunosSwitch)),
    "ios": Driver(IOS.rules, _switches(IOS, IosSwitch)),
    "nxos": Driver(NXOS.rules, _switches(NXOS, NxosSwitch)),
}
"""Drivers by name."""


def rules_of(target: Target) -> Rules:
    """What the target's driver can hold; the target need not answer for that.

    Raises:
        Invalid: no such driver, or no such credential.
    """
    _tls(target)
    return _driver(target).rules


async def connect(target: Target, owner: str, home: Path) -> Backend:
    """An open connection to the target; what a driver must remember goes to `home`.

    Raises:
        Invalid: no such driver, or no such credential.
        Unreachable, TimedOut: the target does not answer.
    """
    return await _driver(target).open(target, owner, home)


def _driver(target: Target) -> Driver:
    found = DRIVERS.get(target.driver)
    if found is None:
        raise Invalid(
            f"there is no driver {target.driver!r}",
            key=f'target "{target.name}"',
            field="driver",
            remedy=f"write {' or '.join(sorted(DRIVERS))}",
        )
    return found
