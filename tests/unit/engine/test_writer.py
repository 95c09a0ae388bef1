"""What a writer leaves behind: nothing, of what it refused."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

import pytest

from cpal.core.proposal import Proposal
from cpal.engine.request import Ages, Decide
from cpal.engine.run import Engine
from cpal.engine.writer import Writer
from cpal.errors import Conflict, CpalError
from cpal.model.estate import Change, Estate
from cpal.model.network import Network
from cpal.model.target import Project


def refused(estate: Estate, ages: Ages, vnis: Collection[int]) -> Proposal:
    """What its decision refuses."""
    raise Conflict("it is not to be")


def wrong(estate: Estate, ages: Ages, vnis: Collection[int]) -> Proposal:
    """What the checks refuse: a network of a project that is not there."""
    return Proposal((Change(None, Network(id="n", name="n", project_id="nobody", segmentation_id=1)),))


def kept(estate: Estate, ages: Ages, vnis: Collection[int]) -> Proposal:
    """What is right."""
    return Proposal((Change(None, Project(id="p", name="p")),))


@pytest.mark.parametrize("decide", [refused, wrong])
def test_an_error_is_gone_once_it_was_told_without_a_collection_of_cycles(tmp_path: Path, decide: Decide) -> None:
    """A server hardly ever makes one, so errors would pile up with all that their frames hold."""
    assert asyncio.run(_left(tmp_path, decide)) == []


async def _left(home: Path, decide: Decide) -> list[BaseException]:
    seen: list[weakref.ref[BaseException]] = []
    gc.disable()
    try:
        async with Engine(home) as engine:
            writer = Writer(engine)
            running = asyncio.create_task(writer.run())
            try:
                await writer.write(decide, "test", "")
            except CpalError as error:
                seen.append(weakref.ref(error))
            assert (await writer.write(kept, "test", "")).estate.count(Project) == 1
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running
        assert seen
        return [left for ref in seen if (left := ref()) is not None]
    finally:
        gc.enable()
