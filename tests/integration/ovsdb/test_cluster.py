"""A Raft cluster of three servers: we talk to its leader, also when that dies."""

from __future__ import annotations

import asyncio
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from cpal.errors import Unreachable
from cpal.ovsdb import Client, ops
from tests.integration.ovsdb.conftest import NB_SCHEMA
from tests.support.ovsdb_proxy import Proxy
from tests.support.ovsdb_rows import dump_by_ovsdb_client, dump_of
from tests.support.ovsdb_server import OvsdbServer, require_ovsdb

NB = "OVN_Northbound"


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[list[OvsdbServer]]:
    """Three servers of one database, the first of which leads."""
    require_ovsdb()
    servers = [OvsdbServer(NB_SCHEMA, tmp_path / str(number)) for number in range(3)]
    try:
        for server in servers:
            server.directory.mkdir()
            subprocess.run(raft_command(server, servers[0]), check=True)
            server.start()
        yield servers
    finally:
        for server in servers:
            server.close()


def raft_command(server: OvsdbServer, first: OvsdbServer) -> list[str]:
    """What makes the server's database file: a new cluster for the first, a place in it for the others."""
    if server is first:
        return ["ovsdb-tool", "create-cluster", str(server.database), str(server.schema), server.raft_address]
    return ["ovsdb-tool", "join-cluster", str(server.database), NB, server.raft_address, first.raft_address]


def test_the_leader_is_followed_and_nothing_acknowledged_is_lost(cluster: list[OvsdbServer]) -> None:
    async def scenario() -> None:
        endpoints = [server.endpoint for server in reversed(cluster)]
        async with await Client.connect(endpoints, NB) as client:
            switches = client.schema.table("Logical_Switch")
            replica = await client.monitor({"Logical_Switch": ["name"]})
            lock = await client.lock("writer")
            assert lock.held
            acknowledged = []
            for number in range(20):
                if number == 10:
                    cluster[0].kill(signal.SIGKILL)
                with suppress(Unreachable):
                    await client.transact([ops.insert(switches, {"name": f"{number}"})])
                    acknowledged.append(f"{number}")
            assert len(acknowledged) >= 19
            assert {row["name"] for row in replica.tables["Logical_Switch"].values()} >= set(acknowledged)
            await lock.acquired()
            dumped = await asyncio.to_thread(dump_by_ovsdb_client, cluster[1].endpoint, NB)
            names = {uuid: {"_uuid": [uuid], "name": row["name"]} for uuid, row in dumped["Logical_Switch"].items()}
            assert dump_of(replica)["Logical_Switch"] == names

    asyncio.run(scenario())


def test_a_follower_alone_is_no_endpoint(cluster: list[OvsdbServer]) -> None:
    with pytest.raises(Unreachable, match="does not lead its cluster"):
        asyncio.run(Client.connect(cluster[1].endpoint, NB, timeout_s=2))


def test_only_what_was_missed_is_sent_again(cluster: list[OvsdbServer]) -> None:
    """A clustered database knows its transactions by id, a standalone one does not."""

    async def scenario() -> None:
        async with (
            Proxy(cluster[0].endpoint) as proxy,
            await Client.connect(cluster[0].endpoint, NB) as other,
            await Client.connect(proxy.endpoint, NB) as client,
        ):
            switches = client.schema.table("Logical_Switch")
            await client.transact([ops.insert(switches, {"name": f"{n:01000}"}) for n in range(1000)])
            replica = await client.monitor({"Logical_Switch": ["name"]})
            await client.transact([ops.insert(switches, {"name": "before"})])
            version, passed = replica.version, proxy.passed
            proxy.cut()
            await other.transact([ops.insert(switches, {"name": "meanwhile"})])
            await replica.changed(since=version)
            while len(replica.tables["Logical_Switch"]) < 1002:
                await replica.changed()
            assert proxy.passed - passed < 500_000
            again = await client.monitor({"Logical_Switch": ["name"]})
            assert dump_of(again) == dump_of(replica)
            assert proxy.passed - passed > 1_000_000

    asyncio.run(scenario())
