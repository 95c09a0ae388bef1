"""The log of revisions against a real database: plans that are refused, undo, the past, backup."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from cpal.engine.history import undo_changes
from cpal.engine.run import Engine
from cpal.engine.sqlite import SqliteDatabase
from cpal.engine.store import Store
from cpal.errors import Broken, Faults, Moved, NotOwned, Outdated, Unreachable
from cpal.model.network import Network
from tests.integration.engine.site import (
    Northbound,
    another_port,
    shape,
    small,
    towards,
    town,
    without_cells,
    world,
)
from tests.support.warm import program
from tests.support.world import World


def run(home: Path, *tests: Callable[[Engine], Awaitable[None]]) -> None:
    """Run tests one after another, each with an engine of its own on one store."""

    async def whole() -> None:
        for test in tests:
            async with Engine(home) as engine:
                await test(engine)

    asyncio.run(whole())


async def make(engine: Engine, wanted: World) -> int:
    """Apply a world; the revision."""
    plan = await engine.plan(towards(engine.estate, wanted))
    return (await engine.apply(plan, "test", "make")).revision


def test_a_plan_is_refused_when_the_estate_moved(nb: Northbound, cpal_home: Path) -> None:
    async def test(engine: Engine) -> None:
        plan = await engine.plan(towards(engine.estate, small(nb.endpoint)))
        async with Engine(cpal_home) as other:
            await make(other, world(nb.endpoint))
        before = nb.tables()
        with pytest.raises(Moved, match="the estate is at revision 1, the plan was made at 0"):
            await engine.apply(plan, "test", "late")
        assert nb.tables() == before
        assert [revision.number for revision in engine.store.revisions()] == [1]

    run(cpal_home, test)


def test_a_plan_is_refused_when_a_row_it_touches_moved(nb: Northbound, cpal_home: Path) -> None:
    async def test(engine: Engine) -> None:
        await make(engine, small(nb.endpoint))
        plan = await engine.plan(towards(engine.estate, another_port(small(nb.endpoint), 1)))
        [switch] = nb.nbctl("--bare --columns=name list Logical_Switch").split()
        nb.nbctl(f"set Logical_Switch {switch} other_config:mcast_snoop=true")
        before = nb.tables()
        with pytest.raises(Moved, match="changed since the plan"):
            await engine.apply(plan, "test", "late")
        assert nb.tables() == before

    run(cpal_home, test)


def test_what_others_do_elsewhere_refuses_no_plan(nb: Northbound, cpal_home: Path) -> None:
    async def test(engine: Engine) -> None:
        plan = await engine.plan(towards(engine.estate, small(nb.endpoint)))
        nb.nbctl("ls-add somebody")
        await engine.apply(plan, "test", "in time")
        assert "somebody" in nb.nbctl("ls-list")

    run(cpal_home, test)


def test_there_and_back_restores_the_database_row_for_row(nb: Northbound, cpal_home: Path) -> None:
    empty = without_cells(nb.tables())

    async def test(engine: Engine) -> None:
        await make(engine, town(nb.endpoint, "spring"))
        spring = without_cells(nb.tables())
        number = await make(engine, town(nb.endpoint, "autumn"))
        assert without_cells(nb.tables()) != spring
        undone = await engine.plan(undo_changes(engine.store.changes(number), engine.estate))
        await engine.apply(undone, "test", "undo")
        assert without_cells(nb.tables()) == spring
        await make(engine, world(nb.endpoint))
        assert without_cells(nb.tables()) == empty

    run(cpal_home, test)


def test_undo_is_refused_where_later_revisions_changed_the_same(nb: Northbound, cpal_home: Path) -> None:
    async def test(engine: Engine) -> None:
        await make(engine, town(nb.endpoint, "spring"))
        number = await make(engine, town(nb.endpoint, "autumn"))
        later = town(nb.endpoint, "autumn")
        later.add(replace(next(n for n in later.every(Network) if n.name == "net1"), mtu=1200))
        await make(engine, later)
        with pytest.raises(Faults, match="net1: mtu changed since"):
            undo_changes(engine.store.changes(number), engine.estate)

    run(cpal_home, test)


def test_each_accepted_revision_can_be_seen_again(nb: Northbound, cpal_home: Path) -> None:
    worlds = [world(nb.endpoint), town(nb.endpoint, "spring"), town(nb.endpoint, "autumn"), small(nb.endpoint)]

    async def make_all(engine: Engine) -> None:
        for number, wanted in enumerate(worlds, 1):
            assert await make(engine, wanted) == number

    async def look_back(engine: Engine) -> None:
        for number, wanted in enumerate(worlds, 1):
            then = engine.store.estate_at(number)
            assert then.revision == number
            assert shape(then) == shape(wanted.estate())
        assert shape(engine.store.estate_at(0)) == {}
        assert [(r.number, r.state, r.actor, r.words) for r in engine.store.revisions()] == [
            (number, "accepted", "test", "make") for number in (1, 2, 3, 4)
        ]

    run(cpal_home, make_all, look_back)


def test_a_backup_is_a_store_that_knows_its_rows(nb: Northbound, cpal_home: Path, tmp_path: Path) -> None:
    copied = tmp_path / "copied"
    copied.mkdir()

    async def back_up(engine: Engine) -> None:
        await make(engine, small(nb.endpoint))
        engine.store.backup(copied / "store.db")
        await make(engine, another_port(small(nb.endpoint), 1))

    async def restored(engine: Engine) -> None:
        assert shape(engine.estate) == shape(small(nb.endpoint).estate())
        plan = await engine.plan()
        assert {op.action.value for op in plan.targets[0].ops} <= {"delete", "update"}
        await engine.apply(plan, "test", "as backed up")
        assert (await engine.plan()).empty

    run(cpal_home, back_up)
    run(copied, restored)


def test_a_store_of_a_newer_schema_is_refused_and_left_alone(cpal_home: Path) -> None:
    Store(SqliteDatabase(cpal_home / "store.db")).close()
    with sqlite3.connect(cpal_home / "store.db") as database:
        database.execute("UPDATE meta SET value = '99' WHERE name = 'schema'")
    database.close()
    before = (cpal_home / "store.db").read_bytes()
    with pytest.raises(Outdated, match="schema 99, newer than this cpal's"):
        Store(SqliteDatabase(cpal_home / "store.db"))
    assert (cpal_home / "store.db").read_bytes() == before


def test_a_file_that_is_no_store_is_refused(cpal_home: Path) -> None:
    (cpal_home / "store.db").write_bytes(b"not a database at all, but long enough to look at" * 100)
    with pytest.raises(Broken, match="damaged"):
        Store(SqliteDatabase(cpal_home / "store.db"))


def test_a_target_that_does_not_answer_is_named(nb: Northbound, cpal_home: Path) -> None:
    async def prepare(engine: Engine) -> None:
        await make(engine, world(nb.endpoint))
        nb.server.kill()

    async def test(engine: Engine) -> None:
        with pytest.raises(Unreachable, match=f"{nb.endpoint}"):
            await engine.plan(towards(engine.estate, small(nb.endpoint)))
        assert engine.store.revisions("proposed") == []

    run(cpal_home, prepare, test)


def test_a_row_that_somebody_else_made_under_a_wanted_name_is_named(nb: Northbound, cpal_home: Path) -> None:
    async def test(engine: Engine) -> None:
        await make(engine, world(nb.endpoint))
        changes = towards(engine.estate, small(nb.endpoint))
        plan = await engine.plan(changes)
        group = next(op.key.name for op in plan.targets[0].ops if op.key.table == "Port_Group")
        nb.nbctl(f"pg-add {group}")
        before = nb.tables()
        with pytest.raises(NotOwned, match=group) as refused:
            await engine.plan(changes)
        assert "ovn-nbctl" in str(refused.value)
        with pytest.raises(NotOwned, match=group):
            await engine.apply(plan, "test", "late")
        assert nb.tables() == before
        assert engine.store.revisions("proposed") == []

    run(cpal_home, test)


def test_two_processes_take_turns(nb: Northbound, cpal_home: Path) -> None:
    """Each either applies or is told that the estate moved; together they lose nothing."""
    words = [program("tests.integration.engine.child"), str(cpal_home), nb.endpoint]
    both = [subprocess.Popen([*words, name, "5000"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            for name in ("spring", "autumn")]  # fmt: skip
    told = [process.communicate(timeout=60) for process in both]
    done = [name for (out, _), name in zip(told, ("spring", "autumn"), strict=True) if "applied" in out]
    assert done, told
    for (out, error), process in zip(told, both, strict=True):
        assert process.returncode == (0 if "applied" in out else 1)
        assert "applied" in out or "cpal.errors.Moved" in error, error

    async def look(engine: Engine) -> None:
        assert shape(engine.estate) in [shape(town(nb.endpoint, name).estate()) for name in done]
        assert (await engine.plan()).empty
        assert len(engine.store.revisions("accepted")) == len(done)

    run(cpal_home, look)
