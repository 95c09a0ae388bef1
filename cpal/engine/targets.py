"""The drivers there are, by the name a target gives."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from cpal.core.driver import Backend
from cpal.drivers.ovn.backend import OvnBackend
from cpal.errors import Invalid
from cpal.model.target import Target
from cpal.ovsdb.endpoint import Tls


async def _ovn(target: Target, owner: str) -> Backend:
    return await OvnBackend.connect(target, owner, _tls(target))


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


DRIVERS: dict[str, Callable[[Target, str], Awaitable[Backend]]] = {"ovn": _ovn}
"""From a driver's name to what opens a target: given the target and the store's owner id."""


async def connect(target: Target, owner: str) -> Backend:
    """An open connection to the target.

    Raises:
        Invalid: no such driver.
        Unreachable, TimedOut: the target does not answer.
    """
    opener = DRIVERS.get(target.driver)
    if opener is None:
        known = ", ".join(sorted(DRIVERS))
        raise Invalid(
            f"there is no driver {target.driver!r}", key=f'target "{target.name}"', field="driver", wanted=known
        )
    return await opener(target, owner)
