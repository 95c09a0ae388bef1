"""What comes while the target takes its time is accepted meanwhile, on what the target then will hold."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from cpal.core.proposal import Proposal
from cpal.drivers.ovn.backend import OvnBackend
from cpal.engine.request import Ages, Decide, Written
from cpal.engine.run import Engine
from cpal.engine.site import Site
from cpal.engine.turn import FileTurns
from cpal.engine.writer import Writer
from cpal.errors import Unreachable
from cpal.model.estate import Change, Estate
from cpal.model.network import Port
from tests.integration.engine.site import DATABASE, Northbound, small, towards

LATEST_S = 30.0


def changing(**fields: object) -> Decide:
    """The decision to change the first port, whatever it is by then."""

    def decide(estate: Estate, ages: Ages, vnis: Collection[int]) -> Proposal:
        port = min(estate.all(Port), key=lambda each: each.name)
        return Proposal((Change(port, replace(port, **fields)),))

    return decide


async def until(holds: Callable[[], bool]) -> None:
    """Return when it holds."""
    async with asyncio.timeout(LATEST_S):
        while not holds():  # noqa: ASYNC110 no event tells of it
            await asyncio.sleep(0.005)


@asynccontextmanager
async def writing(
    home: Path, nb: Northbound, refuse_away: bool = False, away_after_s: float = LATEST_S
) -> AsyncIterator[tuple[Engine, Writer]]:
    """A writer at work on a target that holds a small world."""
    async with Engine(home) as engine:
        plan = await engine.plan(towards(engine.estate, small(nb.endpoint)))
        await engine.apply(plan, "test", "")
        writer = Writer(engine, refuse_away, away_after_s)
        running = asyncio.create_task(writer.run())
        await writer.catch_up()
        yield engine, writer
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def two_accepted(engine: Engine, writer: Writer) -> list[asyncio.Task[Written]]:
    """Two writes that change one row, the second accepted while the first waits for the target."""
    before, found = engine.store.last_accepted(), list[asyncio.Task[Written]]()
    for number, decide in enumerate(
        (changing(admin_state_up=False), changing(name="a-seen", port_security_enabled=False, security_groups=())),
        start=1,
    ):
        found.append(asyncio.create_task(writer.write(decide, "test", "")))
        await until(lambda number=number: engine.estate.revision == before + number)  # type: ignore[misc]  # bound
    return found


async def plan_of_another(home: Path) -> bool:
    """Whether somebody who looks at all of it finds the target as the store wants it."""
    async with Engine(home) as fresh:
        return (await fresh.plan()).empty


def test_a_write_is_accepted_while_the_one_before_is_under_way(tmp_path: Path, nb: Northbound) -> None:
    async def work() -> None:
        async with writing(tmp_path, nb) as (engine, writer):
            nb.server.pause()
            try:
                writes = await two_accepted(engine, writer)
                assert not any(write.done() for write in writes), "it was answered before the target has it"
            finally:
                nb.server.resume()
            _, second = await asyncio.gather(*writes)
            [port] = [each for each in second.estate.all(Port) if each.name == "a-seen"]
            assert not port.admin_state_up, "the second write rests on the first"
            assert not writer.behind
        assert await plan_of_another(tmp_path)

    asyncio.run(work())


def test_where_the_target_turns_out_otherwise_both_are_brought_there_anew(tmp_path: Path, nb: Northbound) -> None:
    edit = {"op": "update", "table": "Logical_Switch_Port", "where": [], "row": {"addresses": "unknown"}}
    by_hand = json.dumps({"method": "transact", "params": [DATABASE, edit], "id": 1}).encode()

    async def work() -> None:
        async with writing(tmp_path, nb) as (engine, writer):
            reader, other = await asyncio.open_unix_connection(nb.endpoint.removeprefix("unix:"))
            nb.server.pause()
            try:
                writes = await two_accepted(engine, writer)
                other.write(by_hand)  # it is there before the second write, which goes when the first is answered
                await other.drain()
            finally:
                nb.server.resume()
            await asyncio.gather(*writes)
            assert b'"count":' in await reader.read(4096), "the edit by hand was done"
            other.close()
            assert not writer.behind
        assert await plan_of_another(tmp_path)

    asyncio.run(work())


def test_what_drifts_is_mended_while_nobody_writes(
    tmp_path: Path, nb: Northbound, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cpal.engine.writer.LOOK_EACH_S", 0.02)

    async def work() -> None:
        async with writing(tmp_path, nb):
            by_hand = {"op": "update", "table": "Logical_Switch_Port", "where": [], "row": {"addresses": "unknown"}}
            await asyncio.to_thread(nb.transact, by_hand)
            async with asyncio.timeout(LATEST_S):
                while not await plan_of_another(tmp_path):  # noqa: ASYNC110 no event tells of it
                    await asyncio.sleep(0.05)

    asyncio.run(work())


class Unforeseen(Exception):
    """An error that a driver does not say it raises."""


@pytest.mark.parametrize("count", [1, 2])
def test_what_was_accepted_is_told_so_whatever_fails_on_its_way_and_is_brought_there_later(
    tmp_path: Path, nb: Northbound, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    apply, left = OvnBackend.apply, count

    async def failing(*words: Any, **more: Any) -> None:
        nonlocal left
        if left:
            left -= 1
            raise Unforeseen
        await apply(*words, **more)

    monkeypatch.setattr("cpal.engine.writer.RETRY_S", 0.02)

    async def work() -> None:
        async with writing(tmp_path, nb) as (engine, writer):
            monkeypatch.setattr(OvnBackend, "apply", failing)
            before = engine.store.last_accepted()
            writes = [writer.write(changing(name=name), "test", "") for name in ("a-one", "a-two")]
            await asyncio.gather(*writes)
            assert engine.store.last_accepted() == before + 2, "neither was told that it was not"
            await until(lambda: not writer.behind)
        assert await plan_of_another(tmp_path)

    asyncio.run(work())


@pytest.mark.parametrize("step", ["accept", "begin"])
def test_what_was_accepted_is_told_so_where_its_way_cannot_begin(
    tmp_path: Path, nb: Northbound, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    does, left = getattr(Site, step), 1

    def failing(*words: Any) -> None:
        nonlocal left
        if left:
            left -= 1
            raise Unforeseen
        does(*words)

    monkeypatch.setattr("cpal.engine.writer.RETRY_S", 0.02)

    async def work() -> None:
        async with writing(tmp_path, nb) as (engine, writer):
            before = engine.store.last_accepted()
            monkeypatch.setattr(Site, step, failing)
            async with asyncio.timeout(LATEST_S):
                await writer.write(changing(name="a-one"), "test", "")
                assert engine.store.last_accepted() == before + 1
                await writer.write(changing(name="a-two"), "test", "")
            assert left == 0, "it failed where it was to"
            await until(lambda: not writer.behind)
        assert await plan_of_another(tmp_path)

    asyncio.run(work())


def test_what_is_under_way_is_told_so_where_the_store_cannot_say_who_waits(
    tmp_path: Path, nb: Northbound, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a PostgreSQL server does whose session ends meanwhile."""
    is_awaited, left = FileTurns.is_awaited, 1

    def failing(turns: FileTurns) -> bool:
        nonlocal left
        if left:
            left -= 1
            raise Unreachable("the store's server does not answer")
        return is_awaited(turns)

    async def work() -> None:
        async with writing(tmp_path, nb) as (engine, writer):
            before = engine.store.last_accepted()
            nb.server.pause()
            try:
                first = asyncio.create_task(writer.write(changing(name="a-one"), "test", ""))
                await until(lambda: engine.estate.revision == before + 1)
                monkeypatch.setattr(FileTurns, "is_awaited", failing)
                second = asyncio.create_task(writer.write(changing(name="a-two"), "test", ""))
                await until(lambda: left == 0)
                await asyncio.sleep(0)
                assert not first.done(), "it is told before the target has it"
            finally:
                nb.server.resume()
            async with asyncio.timeout(LATEST_S):
                await asyncio.gather(first, second)
            assert engine.store.last_accepted() == before + 2
        assert await plan_of_another(tmp_path)

    asyncio.run(work())
