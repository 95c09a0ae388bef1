"""Whether what was written in the Northbound database is so at every hypervisor, as the Southbound database tells."""

from __future__ import annotations

from collections.abc import Callable

from cpal.drivers.ovn.status import Southbound
from cpal.errors import TimedOut


def is_realised(southbound: Southbound, sequence: int, gateways: frozenset[str]) -> bool:
    """Whether every chassis has done what there was by `sequence`, and one has claimed each of the gateways."""
    return southbound.settled(sequence) and southbound.claims(gateways).keys() == gateways


async def until(southbound: Southbound, holds: Callable[[], bool]) -> None:
    """Return when that holds of what the database tells. Raises Unreachable."""
    while not holds():
        await southbound.changed()


def late(southbound: Southbound, sequence: int, gateways: frozenset[str], timeout_s: float) -> TimedOut:
    """Who lags after so long, as an error."""
    if southbound.processed() < sequence:
        return TimedOut(
            f"ovn-northd has not translated the change in {timeout_s:g} s",
            key="ovn-northd",
            remedy="see whether it runs and what its log says",
        )
    names = ", ".join(southbound.lagging(sequence))
    if not names:
        unclaimed = ", ".join(sorted(gateways - southbound.claims(gateways).keys()))
        return TimedOut(
            f"no hypervisor has claimed these gateways in {timeout_s:g} s: {unclaimed}",
            key=unclaimed,
            remedy="see whether the hypervisors they are placed on run (cpal get placements) and reach each other",
        )
    return TimedOut(
        f"these hypervisors have not realised the change in {timeout_s:g} s: {names}",
        key=names,
        remedy="see whether ovn-controller runs there and reaches the Southbound database",
    )
