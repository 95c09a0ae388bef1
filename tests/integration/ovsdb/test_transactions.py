"""Transactions against a real ovsdb-server: what they do, how they fail, and what a lost reply leaves behind."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from cpal.errors import Busy, Invalid, Moved, NotFound, Rejected, TimedOut, Unreachable
from cpal.ovsdb import Client, Named, OpFault, RowCodec, Uuid, ops
from tests.support.ovsdb_server import OvsdbServer

NB = "OVN_Northbound"
FIRST = Uuid("11111111-2222-4333-8444-555555555501")
SECOND = Uuid("11111111-2222-4333-8444-555555555502")


async def names(client: Client) -> list[str]:
    """The names of all switches."""
    table = client.schema.table("Logical_Switch")
    (result,) = await client.transact([ops.select(table, [], ["name"])])
    return sorted(row["name"] for row in RowCodec(table, ["name"]).rows(result.rows))


def test_every_operation_does_what_the_rfc_says(server: OvsdbServer) -> None:
    async def scenario() -> None:
        async with await Client.connect(server.endpoint, NB) as client:
            switches = client.schema.table("Logical_Switch")
            ports = client.schema.table("Logical_Switch_Port")
            chosen, named, said = await client.transact(
                [
                    ops.insert(ports, {"name": "p1", "tag": 7, "addresses": ("dynamic", "unknown")}, uuid=FIRST),
                    ops.insert(switches, {"name": "blue", "ports": (FIRST,), "external_ids": {"k": "v"}}, name="sw"),
                    ops.comment("why"),
                ]
            )
            assert (chosen.uuid, said.uuid, said.count) == (FIRST, None, None)
            assert named.uuid is not None
            where = ops.row(named.uuid)
            await client.transact(
                [
                    ops.wait(switches, where, {"name": "blue", "ports": (FIRST,)}),
                    ops.insert(ports, {"name": "p2"}, name="new"),
                    ops.mutate(switches, where, ops.include(switches, "ports", (Named("new"),))),
                    ops.mutate(switches, where, ops.include(switches, "external_ids", {"k": "kept", "l": "w"})),
                    ops.mutate(ports, ops.row(FIRST), ops.mutation(ports, "tag", "+=", 3)),
                    ops.update(ports, ops.equals(ports, name="p1"), {"type": "router"}),
                ]
            )
            one, two = await client.transact([ops.select(switches, where), ops.select(ports, ops.row(FIRST))])
            switch = RowCodec(switches).rows(one.rows)[0]
            assert (len(switch["ports"]), switch["external_ids"]) == (2, {"k": "v", "l": "w"})
            port = RowCodec(ports).rows(two.rows)[0]
            assert (port["tag"], port["type"], port["addresses"]) == (10, "router", ("dynamic", "unknown"))
            counts = await client.transact(
                [
                    ops.mutate(switches, where, ops.exclude(switches, "external_ids", {"k": "other"})),
                    ops.mutate(switches, where, ops.exclude_keys(switches, "external_ids", ["l"])),
                    ops.mutate(switches, where, ops.exclude(switches, "ports", (FIRST,))),
                    ops.delete(ports, [ops.condition(ports, "name", "!=", "p2")]),
                    ops.commit(durable=True),
                ]
            )
            assert [result.count for result in counts] == [1, 1, 1, 1, None]
            (left,) = await client.transact([ops.select(switches, where, ["ports", "external_ids"])])
            row = RowCodec(switches, ["ports", "external_ids"]).rows(left.rows)[0]
            assert (len(row["ports"]), row["external_ids"]) == (1, {"k": "v"})

    asyncio.run(scenario())


def test_a_second_insert_with_the_same_uuid_creates_nothing(server: OvsdbServer) -> None:
    """What makes a retry after a lost reply safe, also across a restart of the server."""

    async def scenario() -> None:
        async with await Client.connect(server.endpoint, NB) as client:
            insert = [ops.insert(client.schema.table("Logical_Switch"), {"name": "blue"}, uuid=FIRST)]
            await client.transact(insert)
            for _ in range(2):
                with pytest.raises(Rejected) as caught:
                    await client.transact(insert)
                assert isinstance(caught.value.seen, OpFault)
                assert (caught.value.seen.index, caught.value.seen.error) == (0, "duplicate uuid")
                assert await names(client) == ["blue"]
                server.kill()
                server.start()
                while await names_or_nothing(client) is None:
                    pass

    asyncio.run(scenario())


async def names_or_nothing(client: Client) -> list[str] | None:
    """The switches, or None where the connection broke while we asked."""
    try:
        return await names(client)
    except Unreachable:
        return None


def test_a_refused_operation_is_named(server: OvsdbServer) -> None:
    async def scenario() -> None:
        async with await Client.connect(server.endpoint, NB) as client:
            sets = client.schema.table("Address_Set")
            switches = client.schema.table("Logical_Switch")
            unknown = ops.mutate(switches, [], ops.include(switches, "ports", (SECOND,)))
            with pytest.raises(Rejected, match="nonexistent row") as missing:
                await client.transact([ops.insert(switches, {"name": "x"}), unknown])
            assert isinstance(missing.value.seen, OpFault)
            assert (missing.value.seen.error, missing.value.seen.index) == ("referential integrity violation", 2)
            assert missing.value.field == "commit"
            twice = [ops.insert(sets, {"name": "a"}), ops.insert(sets, {"name": "a"})]
            with pytest.raises(Rejected, match="identical values"):
                await client.transact(twice)
            raw = msgspec.Raw(b'{"op":"insert","table":"No_Such","row":{}}')
            with pytest.raises(Rejected, match="No table named No_Such") as wrong:
                await client.transact([ops.comment("x"), raw])
            assert isinstance(wrong.value.seen, OpFault)
            assert (wrong.value.seen.index, wrong.value.seen.operation) == (1, "insert")
            assert wrong.value.seen.table == "No_Such"
            with pytest.raises(Rejected, match="aborted"):
                await client.transact([ops.abort()])
            assert await names(client) == []

    asyncio.run(scenario())


def test_a_failed_wait_means_moved_and_a_lock_not_held_means_busy(server: OvsdbServer) -> None:
    async def scenario() -> None:
        async with await Client.connect(server.endpoint, NB) as client:
            switches = client.schema.table("Logical_Switch")
            await client.transact([ops.insert(switches, {"name": "blue"}, uuid=FIRST)])
            change = ops.update(switches, ops.row(FIRST), {"name": "changed"})
            with pytest.raises(Moved) as moved:
                await client.transact([ops.wait(switches, ops.row(FIRST), {"name": "red"}), change])
            assert (moved.value.key, moved.value.retry) == (f"{NB}.Logical_Switch", True)
            with pytest.raises(Moved):
                await client.transact([ops.wait(switches, ops.equals(switches, name="blue")), change])
            with pytest.raises(Busy):
                await client.transact([ops.assert_lock("writer"), change])
            assert await names(client) == ["blue"]
            absent = ops.wait(switches, ops.equals(switches, name="green"))
            await client.transact([absent, ops.wait(switches, ops.row(FIRST), {"name": "red"}, until="!="), change])
            assert await names(client) == ["changed"]

    asyncio.run(scenario())


def test_a_wait_with_time_sees_another_client_fulfil_it(server: OvsdbServer) -> None:
    async def scenario() -> None:
        async with (
            await Client.connect(server.endpoint, NB) as waiter,
            await Client.connect(server.endpoint, NB) as other,
        ):
            switches = waiter.schema.table("Logical_Switch")
            insert = ops.insert(switches, {"name": "blue"}, uuid=FIRST)
            wait = ops.wait(switches, ops.row(FIRST), {"name": "blue"}, timeout_ms=60_000)
            waiting = asyncio.create_task(waiter.transact([wait]))
            await other.transact([insert])
            await waiting

    asyncio.run(scenario())


def test_cancelling_takes_effect_at_the_server_and_leaves_the_connection_usable(server: OvsdbServer) -> None:
    async def scenario() -> None:
        async with await Client.connect(server.endpoint, NB) as client:
            switches = client.schema.table("Logical_Switch")
            blue = ops.equals(switches, name="blue")
            wait = ops.wait(switches, blue, {"name": "blue"}, timeout_ms=600_000)
            harmful = [wait, ops.insert(switches, {"name": "harm"})]
            cancelled = asyncio.create_task(client.transact(harmful))
            await names(client)
            cancelled.cancel()
            with pytest.raises(asyncio.CancelledError):
                await cancelled
            with pytest.raises(TimedOut, match="whether it was done is unknown"):
                await client.transact(harmful, timeout_s=0.05)
            await client.transact([ops.insert(switches, {"name": "blue"})])
            assert await names(client) == ["blue"]

    asyncio.run(scenario())


def test_many_transactions_are_under_way_at_once(server: OvsdbServer) -> None:
    async def scenario() -> None:
        async with await Client.connect(server.endpoint, NB) as client:
            switches = client.schema.table("Logical_Switch")
            long = "x" * 100_000
            inserts = [[ops.insert(switches, {"name": f"{n:03}", "external_ids": {"k": long}})] for n in range(100)]
            await asyncio.gather(*(client.transact(insert) for insert in inserts))
            assert await names(client) == [f"{n:03}" for n in range(100)]

    asyncio.run(scenario())


@pytest.mark.parametrize("name", ["nul \0", "lone surrogate \ud800"])
def test_text_that_json_cannot_carry_is_refused_before_it_is_sent(server: OvsdbServer, name: str) -> None:
    async def scenario() -> None:
        async with await Client.connect(server.endpoint, NB) as client:
            switches = client.schema.table("Logical_Switch")
            other = asyncio.create_task(client.transact([ops.insert(switches, {"name": r"no nul: \u0000 \\u0000"})]))
            with pytest.raises(Invalid):
                await client.transact([ops.insert(switches, {"name": name})])
            await other
            assert await names(client) == [r"no nul: \u0000 \\u0000"]

    asyncio.run(scenario())


def test_a_database_that_is_not_there_is_said_so(server: OvsdbServer) -> None:
    with pytest.raises(NotFound, match="does not hold this database") as caught:
        asyncio.run(Client.connect(server.endpoint, "OVN_Southbound"))
    assert caught.value.seen == ["OVN_Northbound", "_Server"]
