"""Whether what was written in the Northbound database is so at every hypervisor, as the Southbound database tells."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import partial

from cpal.core.rows import Row, RowKey
from cpal.drivers.ovn.status import Southbound
from cpal.errors import TimedOut
from cpal.ovsdb import ops as ovsdb
from cpal.ovsdb.client import Client
from cpal.ovsdb.rows import RowCodec


async def next_sequence(northbound: Client) -> int:
    """Count up the sequence number that northd and the chassis report when they have realised what was before.

    Raises: Unreachable, TimedOut.
    """
    table = northbound.schema.table("NB_Global")
    more = ovsdb.mutate(table, [], ovsdb.mutation(table, "nb_cfg", "+=", 1))
    results = await northbound.transact([more, ovsdb.select(table, [], ("nb_cfg",))])
    rows = RowCodec(table, ("nb_cfg",)).rows(results[1].rows)
    return int(rows[0]["nb_cfg"]) if rows else 0


def gateways(rows: Mapping[RowKey, Row]) -> frozenset[str]:
    """The names of our router ports that a chassis is to claim: those that are up, of routers that are."""
    placed = {row.within for row in rows.values() if row.key.table == "Gateway_Chassis" and row.within}
    return frozenset(port.name for port in placed if _is_enabled(port, rows))


def _is_enabled(key: RowKey, rows: Mapping[RowKey, Row]) -> bool:
    """Whether a row and what it is within are enabled: northd leaves out routers and their ports that are not."""
    row = rows.get(key)
    if row is None:
        return True
    return row.columns.get("enabled") is not False and (row.within is None or _is_enabled(row.within, rows))


async def when_realised(
    northbound: Client, southbound: Southbound, gateways: frozenset[str], timeout_s: float
) -> None:  # fmt: skip
    """Return when what was written so far is so, and the gateways stay where they were claimed meanwhile.

    Raises:
        TimedOut: naming who lags.
        Unreachable: a database does not answer.
    """
    deadline = asyncio.get_running_loop().time() + timeout_s
    while True:
        claims, sequence = southbound.claims(gateways), await next_sequence(northbound)
        try:
            async with asyncio.timeout_at(deadline):
                await until(southbound, partial(is_realised, southbound, sequence, gateways))
        except TimeoutError:
            raise late(southbound, sequence, gateways, timeout_s) from None
        if southbound.claims(gateways) == claims:
            return


async def when_active(southbound: Southbound, ports: frozenset[str], timeout_s: float, target: str) -> None:
    """Return when these ports are ACTIVE. Raises: TimedOut, naming those that are not; Unreachable."""

    def waiting() -> list[str]:
        found = southbound.ports()
        return sorted(port for port in ports if port not in found or found[port].status != "ACTIVE")

    try:
        async with asyncio.timeout(timeout_s):
            await until(southbound, lambda: not waiting())
    except TimeoutError:
        raise TimedOut(
            f"not ACTIVE after {timeout_s:g} s: {', '.join(waiting())}",
            key=target,
            remedy="see whether their workloads are plugged and ovn-controller runs there",
        ) from None


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
