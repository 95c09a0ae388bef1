"""Targets that come, go and die: one estate on one of them, and nobody is held up by the dead."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace

from cpal.core.plan import DRIFT
from cpal.drivers.ovn.tags import Tags
from cpal.engine.run import Engine
from cpal.errors import Busy, Faults, Moved, Outdated, Unavailable
from cpal.faces.documents.reading import parse
from cpal.faces.session import Session
from cpal.model.estate import EMPTY
from cpal.model.network import Network
from cpal.model.record import Key
from cpal.model.target import Host, Target
from tests.integration.engine.site import Northbound, northbound, shape, small, towards
from tests.support.world import World, id_of


def moved_to(name: str, endpoint: str) -> World:
    """The small world on another target of this name."""
    found = small(endpoint)
    old = found.records.pop(Key("target", id_of("target", "lab")))
    assert isinstance(old, Target)
    found.add(replace(old, id=id_of("target", name), name=name))
    for host in found.every(Host):
        found.add(replace(host, target=name))
    return found


@contextmanager
def locked(nb: Northbound, owner: str) -> Iterator[None]:
    """Hold a store's lock at the database, as another process of it would."""
    command = ["ovsdb-client", "lock", nb.endpoint, Tags(owner).lock]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert "locked" in holder.stdout.readline()
        try:
            yield
        finally:
            holder.terminate()


def test_a_second_target_of_a_driver_is_refused(nb: Northbound, cpal_home: Path) -> None:
    async def test() -> None:
        async with Engine(cpal_home) as engine:
            await engine.apply(await engine.plan(towards(engine.estate, small(nb.endpoint))), "test", "")
            both = small(nb.endpoint)
            both.add(Target(id=id_of("target", "other"), name="other", driver="ovn"))
            with pytest.raises(Faults, match="a target with this driver already, lab"):
                await engine.plan(towards(engine.estate, both))

    asyncio.run(test())


def test_two_who_ask_for_a_target_at_once_share_a_connection(nb: Northbound, cpal_home: Path) -> None:
    async def test() -> None:
        async with Engine(cpal_home) as engine:
            [target] = small(nb.endpoint).every(Target)
            one, other = await asyncio.gather(engine.sites.of(target), engine.sites.of(target))
            assert one is other

    asyncio.run(test())


def test_an_estate_moves_to_another_target(nb: Northbound, cpal_home: Path, tmp_path: Path) -> None:
    async def test(other: Northbound) -> None:
        async with Engine(cpal_home) as engine:
            await engine.apply(await engine.plan(towards(engine.estate, small(nb.endpoint))), "test", "")
            rows = nb.rows(engine.store.owner)
            plan = await engine.plan(towards(engine.estate, moved_to("other", other.endpoint)))
            assert not [op.reason for target in plan.targets for op in target.ops if op.reason.startswith(DRIFT)]
            await engine.apply(plan, "test", "")
            assert (nb.rows(engine.store.owner), other.rows(engine.store.owner)) == (0, rows)
            assert (await engine.plan()).empty

    with northbound(tmp_path / "other") as other:
        asyncio.run(test(other))


@pytest.mark.usefixtures("impatient")
def test_a_target_that_fails_leaves_the_other_as_it_was(nb: Northbound, cpal_home: Path, tmp_path: Path) -> None:
    async def test(other: Northbound) -> None:
        wanted = moved_to("other", other.endpoint)
        async with Engine(cpal_home) as engine:
            await engine.apply(await engine.plan(towards(engine.estate, small(nb.endpoint))), "test", "")
            rows, before = nb.rows(engine.store.owner), shape(engine.estate)
            plan = await engine.plan(towards(engine.estate, wanted))
            with locked(other, engine.store.owner), pytest.raises(Busy):
                await engine.apply(plan, "test", "")
            assert (nb.rows(engine.store.owner), other.rows(engine.store.owner)) == (rows, 0)
        async with Engine(cpal_home) as engine:
            assert engine.store.revision(2).state == "rejected"
            assert shape(engine.estate) == before
            assert (await engine.plan()).empty
            await engine.apply(await engine.plan(towards(engine.estate, wanted)), "test", "")
            assert (nb.rows(engine.store.owner), other.rows(engine.store.owner)) == (0, rows)
            assert (await engine.plan()).empty

    with northbound(tmp_path / "other") as other:
        asyncio.run(test(other))


@pytest.mark.usefixtures("impatient")
def test_a_first_target_that_fails_changes_nothing(nb: Northbound, cpal_home: Path) -> None:
    async def test() -> None:
        async with Engine(cpal_home) as engine:
            plan = await engine.plan(towards(engine.estate, small(nb.endpoint)))
            with locked(nb, engine.store.owner), pytest.raises(Busy):
                await engine.apply(plan, "test", "")
            assert [revision.state for revision in engine.store.revisions()] == ["rejected"]

    asyncio.run(test())


def test_a_target_that_does_not_answer_can_be_left_behind(nb: Northbound, cpal_home: Path, tmp_path: Path) -> None:
    async def test(other: Northbound) -> None:
        wanted = moved_to("other", other.endpoint)
        async with Engine(cpal_home) as engine:
            await engine.apply(await engine.plan(towards(engine.estate, small(nb.endpoint))), "test", "")
            rows = nb.rows(engine.store.owner)
        nb.server.kill()
        async with Engine(cpal_home) as engine:
            with pytest.raises(Unavailable):
                await engine.plan()
            plan = await engine.plan(towards(engine.estate, wanted))
            assert plan.abandoned == ("lab",)
            assert [target.target for target in plan.targets] == ["other"]
            await engine.apply(plan, "test", "")
            assert (await engine.plan()).empty
            assert other.rows(engine.store.owner) == rows

    with northbound(tmp_path / "other") as other:
        asyncio.run(test(other))


def test_a_target_that_answers_again_is_not_left_behind(nb: Northbound, cpal_home: Path, tmp_path: Path) -> None:
    async def test(other: Northbound) -> None:
        wanted = moved_to("other", other.endpoint)
        async with Engine(cpal_home) as engine:
            await engine.apply(await engine.plan(towards(engine.estate, small(nb.endpoint))), "test", "")
        nb.server.kill()
        async with Engine(cpal_home) as engine:
            plan = await engine.plan(towards(engine.estate, wanted))
            nb.server.start()
            with pytest.raises(Moved, match="changed since the plan"):
                await engine.apply(plan, "test", "")
            assert engine.estate.revision == 1

    with northbound(tmp_path / "other") as other:
        asyncio.run(test(other))


def test_an_older_program_leaves_the_target_of_a_newer_one_alone(nb: Northbound, cpal_home: Path) -> None:
    async def test() -> None:
        wanted = towards(EMPTY, small(nb.endpoint))
        async with Engine(cpal_home) as engine:
            await engine.apply(await engine.plan(wanted), "test", "")
            nb.nbctl(f"set NB_Global . external_ids:'\"cpal:{engine.store.owner}:version\"'=999")
        before = nb.tables()
        async with Engine(cpal_home) as engine:
            with pytest.raises(Outdated, match="a newer cpal keeps it"):
                await engine.plan()
        assert nb.tables() == before

    asyncio.run(test())


def test_a_vni_of_somebody_else_is_neither_drawn_nor_taken(nb: Northbound, cpal_home: Path) -> None:
    nb.nbctl("ls-add theirs -- set Logical_Switch theirs other_config:requested-tnl-key=1001")
    text = (
        f'targets: {{dc: {{driver: ovn, endpoints: {{northbound: "{nb.endpoint}", southbound: "{nb.endpoint}"}}}}}}\n'
        "project: shop\nnetworks:\n  web: {cidr: 10.0.1.0/24}\n  db: {cidr: 10.0.2.0/24}\n"
    )
    with Session(cpal_home) as session:
        session.apply(session.plan(session.declare(parse({"dc.yaml": text}))))
        assert sorted(network.segmentation_id or 0 for network in session.estate.all(Network)) == [1002, 1003]
        wish = "  app: {cidr: 10.0.3.0/24, provider: {network_type: geneve, segmentation_id: 1001}}\n"
        with pytest.raises(Faults, match="VNI 1001 is asked for at target dc by Logical_Switch theirs"):
            session.plan(session.declare(parse({"dc.yaml": text + wish})))
