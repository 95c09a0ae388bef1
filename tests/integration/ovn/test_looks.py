"""A look at all rows, a few at a time, finds what no event told of: with a real server, and events that are dropped."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cpal.core.rows import Op
from cpal.drivers.ovn import rounds
from cpal.drivers.ovn.backend import OvnBackend
from cpal.errors import Moved
from cpal.model.estate import Estate
from tests.conformance.backend import OWNER, bring, running
from tests.conformance.ovn_site import OvnSite
from tests.conformance.test_ovn import SCHEMA
from tests.integration.ovn.test_apply_faults import world_of
from tests.support import ovsdb_server

PORTS = 30


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OvnSite]:
    """A Northbound database; portions of looks are so small that there are many."""
    monkeypatch.setattr(rounds, "ROWS", 5)
    monkeypatch.setattr(rounds, "MEMBERS", 10)
    site = OvnSite(SCHEMA, tmp_path)
    with ovsdb_server.running(site.server):
        yield site


async def round_of(backend: OvnBackend) -> int:
    """How many portions a whole look takes."""
    portions = 1
    while await backend.look():
        portions += 1
    return portions


def test_a_look_at_rows_that_are_as_remembered_finds_nothing_also_after_a_change(site: OvnSite) -> None:
    async def work() -> None:
        backend = await site.connect(OWNER)
        try:
            await bring(backend, world_of(PORTS).estate())
            assert await backend.recall() is not None
            assert await round_of(backend) > PORTS / 5
            assert await backend.look(), "the next round has begun"
            await bring(backend, world_of(PORTS // 2).estate())
            assert await round_of(backend) > PORTS / 10, "of rows that are gone meanwhile nothing is expected"
            assert await backend.recall() is not None
        finally:
            await backend.close()

    running(work)


EDITS = {
    "a column": "set Logical_Switch_Port {port} addresses=unknown",
    "a row of ours, which somebody else owns now": "set Logical_Switch_Port {port} external_ids:cpal\\:owner=stranger",
    "a row that is gone": "lsp-del {port}",
    "a member that left": "remove Port_Group {group} ports {uuid}",
    "a copy of a row": "-- --id=@x create DHCP_Options cidr=10.0.0.0/16 external_ids:cpal\\:owner={owner}",
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_a_look_finds_what_was_not_told(site: OvnSite, edit: str) -> None:
    async def work() -> None:
        backend = await site.connect(OWNER)
        try:
            await bring(backend, world_of(PORTS).estate())
            assert await backend.recall() is not None
            uuid, name = site.nbctl("--bare --columns=_uuid,name find Logical_Switch_Port").split()[-2:]
            groups = site.nbctl("--bare --columns=name find Port_Group").split()
            site.nbctl(edit.format(port=name, uuid=uuid, group=groups[-1], owner=OWNER))
            assert await backend.recall() is None, "an event told of it"
            assert backend._watch is not None
            backend._watch.tripwire.clear()  # as if it had been lost
            assert await backend.recall() is not None
            with pytest.raises(Moved):
                await round_of(backend)
            assert await backend.recall() is None, "all rows are to be observed"
        finally:
            await backend.close()

    running(work)


def test_a_look_tells_of_what_an_event_told(site: OvnSite) -> None:
    async def work() -> None:
        backend = await site.connect(OWNER)
        try:
            await bring(backend, world_of(3).estate())
            assert await backend.recall() is not None
            site.nbctl("set Port_Group cpal_pg_drop external_ids:cpal\\:owner=stranger")
            assert await backend.recall() is None
            with pytest.raises(Moved, match="others were there"):
                await backend.look()
        finally:
            await backend.close()

    running(work)


@pytest.mark.parametrize("portion", [5, 10_000], ids=["between portions", "within one"])
@pytest.mark.parametrize("ports", [PORTS + 1, PORTS - 1], ids=["a port comes", "a port goes"])
def test_a_look_that_meets_what_another_server_of_the_store_did_forgets_nothing(
    site: OvnSite, monkeypatch: pytest.MonkeyPatch, ports: int, portion: int
) -> None:
    """It is told of it, and reads nothing anew."""
    monkeypatch.setattr(rounds, "ROWS", portion)
    monkeypatch.setattr(rounds, "MEMBERS", 2 * portion)

    async def other(estate: Estate) -> list[Op]:
        backend = await site.connect(OWNER)
        try:
            return await bring(backend, estate, revision=2)
        finally:
            await backend.close()

    async def work() -> None:
        backend = await site.connect(OWNER)
        try:
            await bring(backend, world_of(PORTS).estate())
            assert await backend.recall() is not None
            with ThreadPoolExecutor() as pool:  # this loop does not run meanwhile, so that no event is taken in
                ops = pool.submit(asyncio.run, other(world_of(ports).estate())).result()
            with pytest.raises(Moved):
                await round_of(backend)
            assert await backend.follow(ops, 2, 2), "what was observed is forgotten"
            for _ in range(2):  # the rest of the round, and another
                assert await round_of(backend)
            assert await backend.recall() is not None
        finally:
            await backend.close()

    running(work)
