"""A Northbound database that hangs: who writes is answered while it does, and it is brought to what was accepted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from cpal.core.driver import Seen
from cpal.core.proposal import Proposal
from cpal.drivers.ovn.backend import OvnBackend
from cpal.engine.request import Ages
from cpal.engine.run import Engine
from cpal.errors import Unreachable
from cpal.model.estate import Change, Estate
from cpal.model.network import Port
from tests.integration.engine.site import Northbound
from tests.integration.engine.test_overlap import LATEST_S, changing, plan_of_another, two_accepted, until, writing

AWAY_AFTER_S = 0.1


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is tried again is tried at once."""
    monkeypatch.setattr("cpal.engine.silence.RETRY_S", 0.02)
    monkeypatch.setattr("cpal.engine.writer.RETRY_S", 0.02)


@contextmanager
def hanging(nb: Northbound) -> Iterator[None]:
    """The database does not run, its sockets open."""
    nb.server.pause()
    try:
        yield
    finally:
        nb.server.resume()


def gone(estate: Estate, ages: Ages, vnis: Collection[int]) -> Proposal:
    """The first port is deleted."""
    return Proposal((Change(min(estate.all(Port), key=lambda each: each.name), None),))


def names(engine: Engine) -> set[str]:
    """Of the ports that are accepted."""
    return {port.name for port in engine.estate.all(Port)}


def test_writes_are_answered_while_it_hangs_and_brought_there_when_it_runs(tmp_path: Path, nb: Northbound) -> None:
    async def work() -> None:
        async with writing(tmp_path, nb, away_after_s=AWAY_AFTER_S) as (engine, writer):
            before = engine.store.last_accepted()
            with hanging(nb):
                async with asyncio.timeout(LATEST_S):
                    await asyncio.gather(*await two_accepted(engine, writer))
                    await writer.write(changing(name="a-third"), "test", "", draws_vni=True)
                    await writer.write(gone, "test", "")
                assert writer.behind
                assert engine.store.last_accepted() == before + 4
            await until(lambda: not writer.behind)
            await writer.write(changing(name="a-last"), "test", "")
            assert not writer.behind
        assert await plan_of_another(tmp_path)

    asyncio.run(work())


def test_the_first_write_that_meets_it_is_kept_and_those_after_are_refused_where_that_is_wanted(
    tmp_path: Path, nb: Northbound
) -> None:
    async def work() -> None:
        async with writing(tmp_path, nb, refuse_away=True, away_after_s=AWAY_AFTER_S) as (engine, writer):
            with hanging(nb):
                async with asyncio.timeout(LATEST_S):
                    await writer.write(changing(name="a-kept"), "test", "")
                    before = engine.store.last_accepted()
                    for decide, draws in ((changing(name="a-refused"), False), (gone, True)):
                        with pytest.raises(Unreachable, match="the target does not answer"):
                            await writer.write(decide, "test", "", draws_vni=draws)
                assert engine.store.last_accepted() == before
                assert "a-kept" in names(engine)
            await until(lambda: not writer.behind)
        assert await plan_of_another(tmp_path)

    asyncio.run(work())


def _dies(nb: Northbound) -> None:
    nb.server.kill()
    nb.server.start()


def _is_edited(nb: Northbound) -> None:
    nb.server.resume()
    nb.transact({"op": "update", "table": "Logical_Switch_Port", "where": [], "row": {"addresses": "unknown"}})


@pytest.mark.parametrize("what", [_dies, _is_edited])
def test_whatever_becomes_of_it_then_it_is_brought_to_what_was_accepted(
    tmp_path: Path, nb: Northbound, what: Callable[[Northbound], None]
) -> None:
    async def work() -> None:
        async with writing(tmp_path, nb, away_after_s=AWAY_AFTER_S) as (_, writer):
            with hanging(nb):
                async with asyncio.timeout(LATEST_S):
                    await writer.write(changing(name="a-first"), "test", "")
                    await writer.write(gone, "test", "")
                await asyncio.to_thread(what, nb)
            await until(lambda: not writer.behind)
        assert await plan_of_another(tmp_path)

    asyncio.run(work())


def test_what_reads_all_rows_too_long_is_waited_for_longer_the_next_time(
    tmp_path: Path, nb: Northbound, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a large database would be read in vain for ever, by writes that come all the time."""

    observe = OvnBackend.observe

    async def slowly(*words: Any, **more: Any) -> Seen:
        await asyncio.sleep(3 * AWAY_AFTER_S)
        return await observe(*words, **more)

    async def work() -> None:
        async with writing(tmp_path, nb, away_after_s=AWAY_AFTER_S) as (_, writer):
            monkeypatch.setattr(OvnBackend, "observe", slowly)
            await asyncio.to_thread(_is_edited, nb)
            async with asyncio.timeout(LATEST_S):
                await writer.write(changing(name="a-0"), "test", "")
                assert writer.behind
                number = 0
                while writer.behind:
                    number += 1
                    await writer.write(changing(name=f"a-{number}"), "test", "")
                    await asyncio.sleep(0.01)
            monkeypatch.undo()
        assert await plan_of_another(tmp_path)

    asyncio.run(work())
