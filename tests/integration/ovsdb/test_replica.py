"""The replica is what `ovsdb-client dump` says, after whatever happens to the database and to the server."""

from __future__ import annotations

import asyncio
import json
import subprocess
from contextlib import suppress
from typing import Any

import pytest

from cpal.errors import Unreachable, Unsupported
from cpal.ovsdb import Change, Client, Replica, Row, Schema, Uuid, ops
from cpal.ovsdb.ops import Op
from cpal.ovsdb.replica import Changes
from tests.support.ovsdb_proxy import Proxy
from tests.support.ovsdb_rows import Dump, RowMaker, dump_by_ovsdb_client, dump_of, every_column
from tests.support.ovsdb_server import OvsdbServer

NB = "OVN_Northbound"
TABLES = ("Logical_Switch", "Logical_Switch_Port", "Address_Set", "ACL", "NB_Global")


class Mirror:
    """What the changes that a replica reports add up to, each checked against the row it says to replace."""

    def __init__(self, replica: Replica) -> None:
        self.rows: dict[tuple[str, str], Row] = {
            (table, uuid): row for table, rows in replica.tables.items() for uuid, row in rows.items()
        }
        self.changes: list[Change] = []
        replica.watch(self.take)

    def take(self, changes: Changes) -> None:
        for table, uuid, old, new in changes:
            assert self.rows.get((table, uuid)) == old
            assert old != new
            if new is None:
                del self.rows[table, uuid]
            else:
                self.rows[table, uuid] = new
        self.changes += changes

    def agrees_with(self, replica: Replica) -> bool:
        rows = {(table, uuid): row for table, rows in replica.tables.items() for uuid, row in rows.items()}
        return self.rows == rows


class Storm:
    """Random transactions on a few tables that refer to each other."""

    def __init__(self, schema: Schema, seed: int) -> None:
        self.schema = schema
        self.maker = RowMaker(schema, seed)
        self.random = self.maker.random

    def transaction(self) -> list[Op]:
        return [op for _ in range(self.random.randint(1, 4)) for op in self.step()]

    def step(self) -> list[Op]:
        return self.random.choice([self.add_switch, self.add_set, self.change, self.remove])()

    def insert(self, table: str, row: dict[str, Any]) -> Op:
        uuid = self.maker.uuid()
        self.maker.known[table].append(uuid)
        return ops.insert(self.schema.table(table), row, uuid=Uuid(uuid))

    def add_switch(self) -> list[Op]:
        named = self.maker.row(self.schema.table("Logical_Switch_Port")) | {"name": self.maker.uuid()}
        port = self.insert("Logical_Switch_Port", named)
        acl = self.insert("ACL", self.maker.row(self.schema.table("ACL")) | {"external_ids": {"a": "b"}})
        own = {"name": self.maker.uuid(), "ports": (port["uuid"],), "acls": (acl["uuid"],), "external_ids": {}}
        return [port, acl, self.insert("Logical_Switch", own)]

    def add_set(self) -> list[Op]:
        return [self.insert("Address_Set", self.maker.row(self.schema.table("Address_Set"), full=True))]

    def change(self) -> list[Op]:
        table = self.schema.table(self.random.choice(["Logical_Switch", "Logical_Switch_Port", "Address_Set"]))
        if not self.maker.known[table.name]:
            return []
        where = ops.row(Uuid(self.random.choice(self.maker.known[table.name])))
        keys = {self.random.choice("abcdef"): self.random.choice("xyz") for _ in range(3)}
        return [
            ops.mutate(table, where, ops.include(table, "external_ids", keys)),
            ops.mutate(table, where, ops.exclude_keys(table, "external_ids", self.random.sample("abcdef", 2))),
            *(self.change_column(table.name, where)),
        ]

    def change_column(self, name: str, where: Any) -> list[Op]:
        table = self.schema.table(name)
        if name == "Address_Set":
            some = tuple(str(self.random.randint(0, 40)) for _ in range(5))
            return [ops.mutate(table, where, ops.include(table, "addresses", set(some)))]
        if name == "Logical_Switch_Port":
            return [ops.update(table, where, {"up": self.random.choice([None, True, False]), "tag": None})]
        known = self.maker.known["Logical_Switch_Port"]
        return [ops.mutate(table, where, ops.exclude(table, "ports", self.random.sample(known, min(2, len(known)))))]

    def remove(self) -> list[Op]:
        table = self.random.choice(["Logical_Switch", "Address_Set"])
        known = self.maker.known[table]
        if not known:
            return []
        gone = known.pop(self.random.randrange(len(known)))
        return [ops.delete(self.schema.table(table), ops.row(Uuid(gone)))]


def columns_of(schema: Schema) -> dict[str, list[str]]:
    return {table: columns for table, columns in every_column(schema).items() if table in TABLES}


async def dump(server: OvsdbServer) -> Dump:
    """What the server holds in our tables."""
    whole = await asyncio.to_thread(dump_by_ovsdb_client, server.endpoint, NB)
    return {table: rows for table, rows in whole.items() if table in TABLES}


async def settled(replica: Replica, mirror: Mirror, server: OvsdbServer) -> None:
    """Check that the replica, when all has arrived, and the sum of its changes are what the server holds."""
    wanted = await dump(server)
    with suppress(TimeoutError):
        async with asyncio.timeout(20):
            while dump_of(replica) != wanted:
                await replica.changed()
    assert dump_of(replica) == wanted
    assert mirror.agrees_with(replica)


@pytest.mark.parametrize("seed", range(3))
def test_it_equals_the_dump_after_random_transactions(server: OvsdbServer, seed: int) -> None:
    asyncio.run(weather_the_storm(server, server.endpoint, seed))


@pytest.mark.parametrize("unknown", [["monitor_cond_since"], ["monitor_cond_since", "monitor_cond"]])
def test_older_servers_are_monitored_in_older_ways(server: OvsdbServer, unknown: list[str]) -> None:
    async def scenario() -> None:
        async with Proxy(server.endpoint, unknown) as proxy:
            await weather_the_storm(server, proxy.endpoint, 7)
            assert proxy.refused == len(unknown)

    asyncio.run(scenario())


async def weather_the_storm(server: OvsdbServer, endpoint: str, seed: int) -> None:
    """150 random transactions, by us and by another client; the replica is compared after every tenth."""
    async with await Client.connect(endpoint, NB) as client, await Client.connect(server.endpoint, NB) as other:
        storm = Storm(client.schema, seed)
        await other.transact(storm.add_switch() + storm.add_switch())
        replica = await client.monitor(columns_of(client.schema))
        mirror = Mirror(replica)
        for number in range(150):
            await (client if number % 3 else other).transact(storm.transaction())
            if number % 10 == 0:
                await settled(replica, mirror, server)
        assert {change.table for change in mirror.changes} >= {"Logical_Switch", "Logical_Switch_Port", "Address_Set"}


def test_it_shows_our_own_transaction_when_that_returns(server: OvsdbServer) -> None:
    async def scenario() -> None:
        async with await Client.connect(server.endpoint, NB) as client:
            replica = await client.monitor({"Logical_Switch": ["name"]})
            switches = client.schema.table("Logical_Switch")
            before = replica.version
            waiting = asyncio.create_task(replica.changed())
            (result,) = await client.transact([ops.insert(switches, {"name": "blue"})])
            assert result.uuid is not None
            assert replica.tables["Logical_Switch"][result.uuid]["name"] == "blue"
            assert await waiting == await replica.changed(since=before) == replica.version == before + 1
            await client.transact([ops.delete(switches, ops.row(result.uuid))])
            assert not replica.tables["Logical_Switch"]

    asyncio.run(scenario())


def test_conditions_limit_the_rows(server: OvsdbServer) -> None:
    async def scenario() -> None:
        async with await Client.connect(server.endpoint, NB) as client:
            switches = client.schema.table("Logical_Switch")
            ours = ops.condition(switches, "external_ids", "includes", {"owner": "us"})
            replica = await client.monitor({"Logical_Switch": ["name"]}, {"Logical_Switch": [ours]})
            mirror = Mirror(replica)
            await client.transact(
                [
                    ops.insert(switches, {"name": "ours", "external_ids": {"owner": "us"}}),
                    ops.insert(switches, {"name": "theirs", "external_ids": {"owner": "them"}}),
                ]
            )
            assert [row["name"] for row in replica.tables["Logical_Switch"].values()] == ["ours"]
            theirs = ops.equals(switches, name="theirs")
            await client.transact([ops.update(switches, theirs, {"external_ids": {"owner": "us"}})])
            assert len(replica.tables["Logical_Switch"]) == 2
            await client.transact([ops.update(switches, theirs, {"external_ids": {}})])
            assert [row["name"] for row in replica.tables["Logical_Switch"].values()] == ["ours"]
            assert mirror.agrees_with(replica)

    asyncio.run(scenario())


def test_conditions_are_refused_where_the_server_has_none(server: OvsdbServer) -> None:
    async def scenario() -> None:
        async with (
            Proxy(server.endpoint, ["monitor_cond_since", "monitor_cond"]) as proxy,
            await Client.connect(proxy.endpoint, NB) as client,
        ):
            with pytest.raises(Unsupported, match="by condition"):
                await client.monitor({"Logical_Switch": ["name"]}, {"Logical_Switch": [False]})

    asyncio.run(scenario())


def test_a_forgotten_replica_stays_as_it_is(server: OvsdbServer) -> None:
    async def scenario() -> None:
        async with await Client.connect(server.endpoint, NB) as client:
            replica = await client.monitor({"Logical_Switch": ["name"]})
            await client.forget(replica)
            await client.transact([ops.insert(client.schema.table("Logical_Switch"), {"name": "blue"})])
            assert (replica.live, dict(replica.tables["Logical_Switch"])) == (False, {})

    asyncio.run(scenario())


def test_one_forgotten_in_an_outage_is_not_filled_again_and_the_others_are(server: OvsdbServer) -> None:
    async def scenario() -> None:
        async with await Client.connect(server.endpoint, NB) as client:
            replicas = [await client.monitor({"Logical_Switch": ["name"]}) for _ in range(4)]
            server.kill()
            with pytest.raises(Unreachable):
                await client.transact([], timeout_s=0.1)
            await client.forget(replicas[1])
            server.start()
            await client.transact([ops.insert(client.schema.table("Logical_Switch"), {"name": "blue"})])
            assert [len(replica.tables["Logical_Switch"]) for replica in replicas] == [1, 0, 1, 1]

    asyncio.run(scenario())


def change_behind(server: OvsdbServer, *operations: Op) -> None:
    """Change the database's file while no server serves it."""
    transaction = json.dumps([NB, *operations])
    subprocess.run(["ovsdb-tool", "transact", server.database, transaction], check=True, capture_output=True)


def test_it_heals_when_the_server_is_killed_and_comes_back_changed(server: OvsdbServer) -> None:
    """Exactly the rows that differ are reported: one new, one changed, one gone, and not the one that stayed."""

    async def scenario() -> None:
        async with await Client.connect(server.endpoint, NB) as client:
            switches = client.schema.table("Logical_Switch")
            inserts = [ops.insert(switches, {"name": name}) for name in ("stays", "changes", "goes")]
            await client.transact(inserts)
            replica = await client.monitor(columns_of(client.schema))
            mirror = Mirror(replica)
            stays = next(row for row in replica.tables["Logical_Switch"].values() if row["name"] == "stays")
            server.kill()
            change_behind(
                server,
                ops.insert(switches, {"name": "new"}),
                ops.update(switches, ops.equals(switches, name="changes"), {"external_ids": {"a": "b"}}),
                ops.delete(switches, ops.equals(switches, name="goes")),
            )
            version = replica.version
            server.start()
            await replica.changed(since=version)
            await settled(replica, mirror, server)
            seen = sorted((c.old and c.old["name"], c.new and c.new["name"]) for c in mirror.changes if c.old)
            assert [(c.new and c.new["name"]) for c in mirror.changes if not c.old] == ["new"]
            assert sorted(seen, key=str) == [("changes", "changes"), ("goes", None)]
            assert replica.tables["Logical_Switch"][stays["_uuid"]] is stays
            assert replica.live

    asyncio.run(scenario())


def test_a_broken_connection_is_mended_from_the_last_transaction_seen(server: OvsdbServer) -> None:
    async def scenario() -> None:
        async with (
            Proxy(server.endpoint) as proxy,
            await Client.connect(server.endpoint, NB) as other,
            await Client.connect(proxy.endpoint, NB) as client,
        ):
            replica = await client.monitor(columns_of(client.schema))
            mirror = Mirror(replica)
            storm = Storm(client.schema, 3)
            for _ in range(10):
                await client.transact(storm.transaction())
                version = replica.version
                proxy.cut()
                await other.transact(storm.add_switch())
                await replica.changed(since=version)
                await settled(replica, mirror, server)

    asyncio.run(scenario())


def test_a_transaction_under_way_when_the_server_dies_is_of_unknown_outcome(server: OvsdbServer) -> None:
    async def scenario() -> None:
        async with await Client.connect(server.endpoint, NB) as client:
            switches = client.schema.table("Logical_Switch")
            wait = ops.wait(switches, [], {"name": "never"}, timeout_ms=600_000)
            under_way = asyncio.create_task(client.transact([wait]))
            await client.transact([])
            server.kill()
            with pytest.raises(Unreachable, match="whether the request was done is unknown") as caught:
                await under_way
            assert caught.value.retry
            with pytest.raises(Unreachable, match="nothing was sent"):
                await client.transact([], timeout_s=0.1)
            later = asyncio.create_task(client.transact([ops.insert(switches, {"name": "blue"})]))
            server.start()
            assert (await later)[0].uuid is not None

    asyncio.run(scenario())


def test_a_frozen_server_is_given_up_and_found_again(server: OvsdbServer) -> None:
    async def scenario() -> None:
        async with await Client.connect(server.endpoint, NB, probe_s=0.05) as client:
            replica = await client.monitor({"Logical_Switch": ["name"]})
            await asyncio.sleep(0.3)
            assert replica.live
            server.pause()
            with pytest.raises(Unreachable, match="nothing was heard"):
                await client.transact([])
            assert not replica.live
            server.resume()
            await client.transact([ops.insert(client.schema.table("Logical_Switch"), {"name": "blue"})])
            assert len(replica.tables["Logical_Switch"]) == 1

    asyncio.run(scenario())
