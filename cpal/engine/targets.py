"""The drivers there are, by the name a target gives."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from cpal.core.driver import Backend
from cpal.drivers.ovn.backend import OvnBackend
from cpal.errors import Invalid
from cpal.model.target import Target

DRIVERS: dict[str, Callable[[Target, str], Awaitable[Backend]]] = {"ovn": OvnBackend.connect}
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
