"""Locks between two clients of one server."""

from __future__ import annotations

import asyncio

import pytest

from cpal.errors import Busy
from cpal.ovsdb import Client, ops
from tests.support.ovsdb_server import OvsdbServer

NB = "OVN_Northbound"
ASSERT = [ops.assert_lock("writer")]


def test_a_lock_is_held_by_one_and_passes_on(server: OvsdbServer) -> None:
    async def scenario() -> None:
        async with await Client.connect(server.endpoint, NB) as ann, await Client.connect(server.endpoint, NB) as bob:
            hers = await ann.lock("writer")
            his = await bob.lock("writer")
            assert (hers.held, his.held) == (True, False)
            await ann.transact(ASSERT)
            with pytest.raises(Busy):
                await bob.transact(ASSERT)
            await ann.unlock("writer")
            await his.acquired()
            assert not hers.held
            await bob.transact(ASSERT)

    asyncio.run(scenario())


def test_a_stolen_lock_is_noticed_and_comes_back(server: OvsdbServer) -> None:
    async def scenario() -> None:
        async with await Client.connect(server.endpoint, NB) as ann, await Client.connect(server.endpoint, NB) as bob:
            hers = await ann.lock("writer")
            his = await bob.lock("writer", steal=True)
            assert his.held
            await hers.lost()
            with pytest.raises(Busy):
                await ann.transact(ASSERT)
            await bob.unlock("writer")
            await hers.acquired()
            await ann.transact(ASSERT)

    asyncio.run(scenario())


def test_one_who_waits_may_ask_again_and_may_steal(server: OvsdbServer) -> None:
    async def scenario() -> None:
        async with await Client.connect(server.endpoint, NB) as ann, await Client.connect(server.endpoint, NB) as bob:
            hers = await ann.lock("writer")
            his = await bob.lock("writer")
            assert await bob.lock("writer") is his
            assert not his.held
            assert (await bob.lock("writer", steal=True)).held
            await hers.lost()
            await bob.transact(ASSERT)

    asyncio.run(scenario())


def test_a_lock_of_a_client_that_is_gone_passes_on(server: OvsdbServer) -> None:
    async def scenario() -> None:
        async with await Client.connect(server.endpoint, NB) as bob:
            async with await Client.connect(server.endpoint, NB) as ann:
                hers = await ann.lock("writer")
                his = await bob.lock("writer")
            await his.acquired()
            assert not hers.held

    asyncio.run(scenario())


def test_a_lock_is_asked_for_again_after_a_restart(server: OvsdbServer) -> None:
    async def scenario() -> None:
        async with await Client.connect(server.endpoint, NB) as client:
            lock = await client.lock("writer")
            server.kill()
            await lock.lost()
            server.start()
            await lock.acquired()
            await client.transact(ASSERT)

    asyncio.run(scenario())
