"""A driver at a real backend: what is applied is what is then observed, whoever else writes there.

`site` is a fixture of the driver's test module: a backend of its own, that others can write to as well.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Protocol, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from cpal.core.diff import diff
from cpal.core.driver import Backend, Seen
from cpal.core.rows import Op, Row, RowKey
from cpal.errors import Moved, NotOwned, Unverified
from cpal.model.estate import Estate
from tests.conformance.wanted import contents, wanted
from tests.support.estates import estate_changes, valid_estates

T = TypeVar("T")
Test = TypeVar("Test", bound=Callable[..., None])
DRAWN = settings(
    deadline=None,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.filter_too_much,
        HealthCheck.function_scoped_fixture,
    ],
)
OWNER = "6d0c0e6e-0000-4000-8000-000000000001"
STRANGER = "6d0c0e6e-0000-4000-8000-000000000002"


class Site(Protocol):
    """A real backend for tests, and hands that write there without cpal."""

    async def connect(self, owner: str) -> Backend:
        """A connection of the driver under test, for the store `owner`."""

    def wipe(self) -> None:
        """Make the backend as new."""

    def edit(self, row: Row) -> None:
        """Change a column of a row by hand, to a value that no renderer gives."""

    def remove(self, row: Row) -> None:
        """Delete a row by hand."""

    def add_foreign(self) -> None:
        """Make rows that are not cpal's, also inside rows of cpal's where the backend can do that."""

    def foreign(self) -> Any:
        """All that is held of those rows, in a form that compares."""

    def squat(self, row: Row) -> None:
        """Make a row by hand that stands where this one is wanted."""

    def dump(self) -> Any:
        """All that is held, in a form that compares."""

    editable: frozenset[str]
    """Tables whose rows `edit` and `remove` know."""
    nameable: frozenset[str]
    """Tables whose rows `squat` knows."""


def running(work: Callable[[], Awaitable[T]]) -> T:
    """The result of asynchronous work in a loop of its own."""

    async def run() -> T:
        return await work()

    return asyncio.run(run())


@asynccontextmanager
async def connected(site: Site, *owners: str) -> AsyncIterator[list[Backend]]:
    """A connection for each of these stores."""
    async with AsyncExitStack() as opened:
        backends = []
        for owner in owners:
            backends.append(await site.connect(owner))
            opened.push_async_callback(backends[-1].close)
        yield backends


def doing(work: Callable[..., Awaitable[None]], site: Site, *owners: str) -> None:
    """Do the work at a site that is as new, with a connection for each of these stores."""

    async def run() -> None:
        async with connected(site, *owners) as backends:
            await work(*backends)

    site.wipe()
    running(run)


async def bring(backend: Backend, estate: Estate, revision: int = 1) -> list[Op]:
    """Make the backend hold the estate; the ops that it took."""
    seen = await backend.observe()
    ops = plan(backend, estate, seen)
    await backend.apply(ops, seen, revision)
    return ops


def plan(backend: Backend, estate: Estate, seen: Seen) -> list[Op]:
    """The ops that make the backend hold the estate."""
    return diff(wanted(backend.rules, estate), seen.rows, backend.rules.tables)


def drawn(test: Test) -> Test:
    """Mark a test of what is drawn: each driver has its own, with as many examples as its backend has time for."""
    test.is_drawn = True  # type: ignore[attr-defined]  # a mark
    return test


class BackendConformance:
    """Inherit and give the fixture `site`; `estates` draws what the driver is tested with."""

    examples = 25
    phases: tuple[Phase, ...] = tuple(Phase)

    def __init_subclass__(cls) -> None:
        often = settings(DRAWN, max_examples=cls.examples, phases=cls.phases)
        for name, test in vars(BackendConformance).items():
            if getattr(test, "is_drawn", False):
                setattr(cls, name, often(given(data=st.data())(test)))

    @staticmethod
    def estates() -> st.SearchStrategy[Estate]:
        """Valid estates whose hosts are of a target of this driver."""
        return valid_estates()

    @drawn
    def test_what_is_applied_is_what_is_observed(self, site: Site, data: st.DataObject) -> None:
        estate = data.draw(self.estates())

        async def work(backend: Backend) -> None:
            await bring(backend, estate, 7)
            seen = await backend.observe()
            assert contents(seen.rows) == contents(wanted(backend.rules, estate))
            assert seen.revision == 7
            assert plan(backend, estate, seen) == []

        doing(work, site, OWNER)

    @drawn
    def test_the_end_depends_only_on_the_last_intent(self, site: Site, data: st.DataObject) -> None:
        estates = [data.draw(self.estates())]
        for _ in range(data.draw(st.integers(1, 3))):
            estates.append(estates[-1].replace(data.draw(estate_changes(estates[-1]))))
        estates.append(estates[0])

        async def work(backend: Backend) -> None:
            for number, estate in enumerate(estates):
                await bring(backend, estate, number)
                seen = await backend.observe()
                assert contents(seen.rows) == contents(wanted(backend.rules, estate))
                assert seen.revision == number

        doing(work, site, OWNER)

    @drawn
    def test_what_is_observed_is_the_same_whatever_the_caller_knows(self, site: Site, data: st.DataObject) -> None:
        estate = data.draw(self.estates())
        other = estate.replace(data.draw(estate_changes(estate)))

        async def work(backend: Backend) -> None:
            await bring(backend, estate)
            seen = await backend.observe()
            for known in (wanted(backend.rules, estate), wanted(backend.rules, other)):
                found = await backend.observe(known)
                assert contents(found.rows) == contents(seen.rows)
                same = [key for key in known if contents({key: known[key]}).items() <= contents(seen.rows).items()]
                assert all(found.rows[key] is known[key] for key in same)

        doing(work, site, OWNER)

    @drawn
    def test_what_is_recalled_is_what_would_be_observed(self, site: Site, data: st.DataObject) -> None:
        before = data.draw(self.estates())
        after = before.replace(data.draw(estate_changes(before)))

        async def work(backend: Backend, other: Backend) -> None:
            assert await backend.recall() is None
            for number, estate in enumerate((before, after), start=1):
                await bring(backend, estate, number)
                await backend.verify()
                recalled = await backend.recall()
                assert recalled is not None
                assert contents(recalled.rows) == contents((await other.observe()).rows)
                assert recalled.revision == number
            site.add_foreign()
            recalled = await backend.recall()
            assert recalled is None or recalled.foreign.keys() == (await other.observe()).foreign.keys()
            await backend.observe()
            rows = _of(site.editable, (await other.observe()).rows.values())
            if rows:
                data.draw(st.sampled_from((site.edit, site.remove)))(data.draw(st.sampled_from(rows)))
                assert await backend.recall() is None

        doing(work, site, OWNER, OWNER)

    @drawn
    def test_what_another_process_did_is_followed_unless_it_did_not_or_somebody_did_more(
        self, site: Site, data: st.DataObject
    ) -> None:
        before = data.draw(self.estates())
        after = before.replace(data.draw(estate_changes(before)))

        async def work(backend: Backend, other: Backend) -> None:
            assert not await backend.follow((), 0, 9)
            await bring(other, before, 1)
            seen = await backend.observe()
            ops = diff(wanted(other.rules, after), seen.rows, other.rules.tables)
            if ops:
                assert not await backend.follow(ops, 2, 2)
            await bring(other, after, 2)
            assert not await backend.follow(ops, 1, 1)
            assert await backend.follow(ops, 2, 3)
            recalled = await backend.recall()
            assert recalled is not None
            assert contents(recalled.rows) == contents((await other.observe()).rows)
            rows = _of(site.editable, (await other.observe()).rows.values())
            if rows:
                edited = data.draw(st.sampled_from(rows))
                data.draw(st.sampled_from((site.edit, site.remove)))(edited)
                assert not await backend.follow([op for op in ops if op.key == edited.key], 2, 3)
            await bring(backend, before, 3)
            assert contents((await other.observe()).rows) == contents(wanted(other.rules, before))

        doing(work, site, OWNER, OWNER)

    @drawn
    def test_what_is_not_as_applied_is_not_confirmed(self, site: Site, data: st.DataObject) -> None:
        before = data.draw(self.estates())
        after = before.replace(data.draw(estate_changes(before)))

        async def work(backend: Backend) -> None:
            await bring(backend, before)
            ops = await bring(backend, after)
            rows = _of(site.editable, [op.after for op in ops if op.after is not None])
            if not rows:
                return
            data.draw(st.sampled_from((site.edit, site.remove)))(data.draw(st.sampled_from(rows)))
            with pytest.raises(Unverified):
                await backend.verify()

        doing(work, site, OWNER)

    @drawn
    def test_a_second_process_knows_what_the_first_made(self, site: Site, data: st.DataObject) -> None:
        before = data.draw(self.estates())
        after = before.replace(data.draw(estate_changes(before)))

        async def work() -> None:
            for estate in (before, after):
                async with connected(site, OWNER) as (backend,):
                    await bring(backend, estate)
                    assert plan(backend, estate, await backend.observe()) == []

        doing(work, site)

    @drawn
    def test_foreign_rows_are_left_alone(self, site: Site, data: st.DataObject) -> None:
        before = data.draw(self.estates())
        after = before.replace(data.draw(estate_changes(before)))

        async def work(backend: Backend) -> None:
            site.add_foreign()
            foreign = site.foreign()
            for estate in (before, after):
                await bring(backend, estate)
                assert site.foreign() == foreign
                assert plan(backend, estate, await backend.observe()) == []

        doing(work, site, OWNER)

    @drawn
    def test_a_hand_edit_is_seen_and_repaired(self, site: Site, data: st.DataObject) -> None:
        estate = data.draw(self.estates())

        async def work(backend: Backend) -> None:
            await bring(backend, estate)
            rows = _of(site.editable, (await backend.observe()).rows.values())
            victim = data.draw(st.sampled_from(rows))
            hand = data.draw(st.sampled_from((site.edit, site.remove)))
            hand(victim)
            ops = await bring(backend, estate)
            assert victim.key in [op.key for op in ops]
            assert plan(backend, estate, await backend.observe()) == []

        doing(work, site, OWNER)

    @drawn
    def test_a_row_that_moved_since_it_was_seen_stops_everything(self, site: Site, data: st.DataObject) -> None:
        before = data.draw(self.estates())
        after = before.replace(data.draw(estate_changes(before)))

        async def work(backend: Backend) -> None:
            await bring(backend, before)
            seen = await backend.observe()
            ops = plan(backend, after, seen)
            touched = _of(site.editable, [op.before for op in ops if op.before is not None])
            if not touched:
                return
            victim = data.draw(st.sampled_from(touched))
            data.draw(st.sampled_from((site.edit, site.remove)))(victim)
            meanwhile = site.dump()
            with pytest.raises(Moved):
                await backend.apply(ops, seen, 2)
            assert site.dump() == meanwhile

        doing(work, site, OWNER)

    @drawn
    def test_applying_twice_makes_nothing_twice(self, site: Site, data: st.DataObject) -> None:
        estate = data.draw(self.estates())

        async def work(backend: Backend, other: Backend) -> None:
            seen, also = await backend.observe(), await other.observe()
            ops = plan(backend, estate, seen)
            await backend.apply(ops, seen, 1)
            held = site.dump()
            if ops:
                with pytest.raises(Moved):
                    await other.apply(ops, also, 1)
            assert site.dump() == held

        doing(work, site, OWNER, OWNER)

    @drawn
    def test_a_row_that_stands_in_the_way_is_seen_as_foreign(self, site: Site, data: st.DataObject) -> None:
        estate = data.draw(self.estates())

        async def work(backend: Backend) -> None:
            seen = await backend.observe()
            ops = plan(backend, estate, seen)
            rows = _of(site.nameable, [op.row for op in ops])
            if not rows:
                return
            row = data.draw(st.sampled_from(rows))
            site.squat(row)
            held = site.dump()
            with pytest.raises(NotOwned):
                await backend.apply(ops, seen, 1)
            assert site.dump() == held
            assert row.key in (await backend.observe()).foreign

        doing(work, site, OWNER)

    @drawn
    def test_two_stores_do_not_see_each_others_rows(self, site: Site, data: st.DataObject) -> None:
        estate = data.draw(self.estates())

        async def work(one: Backend, other: Backend) -> None:
            await bring(one, estate)
            seen = await other.observe()
            assert seen.rows == {}
            assert seen.revision == 0

        doing(work, site, OWNER, STRANGER)


def _of(tables: frozenset[str], rows: Any) -> list[Row]:
    """The rows in these tables, in an order that does not depend on the backend."""
    found: dict[RowKey, Row] = {row.key: row for row in rows if row.key.table in tables}
    return [found[key] for key in sorted(found)]
