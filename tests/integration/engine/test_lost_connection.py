"""A connection that is lost in a commit: the outcome is what the database says, and nothing is made twice."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from cpal.engine.run import Engine
from cpal.errors import Partial, Unavailable
from tests.integration.engine.lossy import Lossy
from tests.integration.engine.site import DATABASE, Northbound, shape, small, towards, without_cells


def run(nb: Northbound, test: Callable[[Lossy], Awaitable[None]]) -> None:
    """Run a test that has a lossy way to the database."""

    async def whole() -> None:
        async with Lossy(nb.endpoint) as lossy:
            await test(lossy)

    asyncio.run(whole())


def test_a_lost_reply_to_a_commit_that_happened(nb: Northbound, cpal_home: Path) -> None:
    async def test(lossy: Lossy) -> None:
        async with Engine(cpal_home) as engine:
            wanted = small(lossy.endpoint)
            plan = await engine.plan(towards(engine.estate, wanted))
            lossy.loses = "reply"
            outcome = await engine.apply(plan, "test", "lossy")
            assert lossy.lost == 1
            assert shape(engine.estate) == shape(wanted.estate())
            assert engine.store.revision(outcome.revision).state == "accepted"
            assert (await engine.plan()).empty
            made = sum("." not in op.key.table for op in plan.targets[0].ops)
            assert nb.rows(engine.store.owner) == made

    run(nb, test)


def test_a_lost_request_changes_nothing_and_can_be_repeated(nb: Northbound, cpal_home: Path) -> None:
    before = without_cells(nb.tables())

    async def test(lossy: Lossy) -> None:
        async with Engine(cpal_home) as engine:
            changes = towards(engine.estate, small(lossy.endpoint))
            plan = await engine.plan(changes)
            lossy.loses = "request"
            with pytest.raises(Unavailable):
                await engine.apply(plan, "test", "lossy")
            assert lossy.lost == 1
            assert [revision.state for revision in engine.store.revisions()] == ["rejected"]
            assert engine.store.claims() == {}
            assert without_cells(nb.tables()) == before
            assert (await engine.apply(await engine.plan(changes), "test", "again")).revision == 2

    run(nb, test)


@pytest.mark.usefixtures("impatient")
def test_a_database_that_is_gone_after_the_commit_leaves_the_question_to_the_next_run(
    nb: Northbound, cpal_home: Path
) -> None:
    async def test(lossy: Lossy) -> None:
        wanted = small(lossy.endpoint)
        async with Engine(cpal_home) as engine:
            plan = await engine.plan(towards(engine.estate, wanted))
            lossy.loses, lossy.closes = "reply", True
            with pytest.raises(Partial, match="not known"):
                await engine.apply(plan, "test", "lossy")
            assert [revision.state for revision in engine.store.revisions()] == ["proposed"]
        lossy.closed = False
        async with Engine(cpal_home) as engine:
            await engine.catch_up()
            assert [revision.state for revision in engine.store.revisions()] == ["accepted"]
            assert shape(engine.estate) == shape(wanted.estate())
            assert (await engine.plan()).empty

    run(nb, test)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("step", ["checking", "applying", "verifying"])
def test_ovsdb_server_killed_in_an_apply(nb: Northbound, cpal_home: Path, step: str) -> None:
    """Killed as a step begins and started again later: the run says so, and the next run heals."""

    def interrupt(words: str) -> None:
        if words.startswith(step):
            nb.server.kill()

    async def test() -> None:
        wanted = small(nb.endpoint)
        async with Engine(cpal_home) as engine:
            plan = await engine.plan(towards(engine.estate, wanted))
            with pytest.raises((Partial, Unavailable), match=f"unix:|{DATABASE}|not known"):
                await engine.apply(plan, "test", "killed", interrupt)
        nb.server.start()
        async with Engine(cpal_home) as engine:
            await engine.catch_up()
            assert engine.store.revisions("proposed") == []
            assert len(engine.store.revisions("accepted")) == (step == "verifying")
            await engine.apply(await engine.plan(towards(engine.estate, wanted)), "test", "next run")
            assert (await engine.plan()).empty

    asyncio.run(test())
