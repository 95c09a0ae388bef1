"""What can go wrong between cpal and the Northbound database, with real servers and broken connections."""

from __future__ import annotations

import asyncio
import random
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from cpal.core.diff import diff
from cpal.core.rows import Action, Row, RowKey
from cpal.drivers.ovn import batch
from cpal.drivers.ovn.backend import RULES, OvnBackend
from cpal.errors import Busy, CpalError, Moved, NotOwned, Partial, Unavailable
from cpal.model.estate import Estate
from cpal.ovsdb.client import Client
from tests.conformance.backend import OWNER, bring, plan, running
from tests.conformance.ovn_site import OvnSite
from tests.conformance.test_ovn import SCHEMA
from tests.conformance.wanted import contents, wanted
from tests.integration.ovn.proxy import Cut, Proxy
from tests.support import ovsdb_server
from tests.support.world import EGRESS, World, allow


@pytest.fixture
def site(tmp_path: Path) -> Iterator[OvnSite]:
    if not SCHEMA.exists():
        pytest.skip("OVN's Northbound schema is not installed (package ovn-common)")
    site = OvnSite(SCHEMA, tmp_path)
    with ovsdb_server.running(site.server):
        yield site


def world_of(ports: int) -> World:
    """A network with so many ports in a group that refers to itself."""
    world = World()
    red = world.project("red")
    web = world.network(red, "web")
    world.subnet(web, "10.0.0.0/16", dns_nameservers=("10.0.0.2",))
    group = world.group(red, "web", *EGRESS)
    world.rule(group, **allow("ingress", "tcp", 80, remote_group_id=group))
    for number in range(ports):
        address = f"10.0.{1 + number // 250}.{1 + number % 250}"
        world.port(red, f"vm{number}", web, address, groups=(group,), host_id="hv1", dns_name=f"vm{number}")
    return world


async def held(backend: OvnBackend, estate: Estate) -> None:
    """Assert that the backend holds the estate and nothing else of ours."""
    seen = await backend.observe()
    assert contents(seen.rows) == contents(wanted(RULES, estate))


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_lost_reply_is_found_out(site: OvnSite, when: Cut) -> None:
    estate = world_of(20).estate()

    async def work() -> None:
        async with Proxy(site.server.endpoint) as proxy:
            target = site.target()
            target.endpoints["northbound"] = proxy.endpoint
            backend = await OvnBackend.connect(target, OWNER)
            try:
                seen = await backend.observe()
                proxy.cut_at(when, b'"insert"')
                if when == "before":
                    with pytest.raises(Unavailable):
                        await backend.apply(plan(backend, estate, seen), seen, 3)
                    assert (await backend.observe()).rows == {}
                    await bring(backend, estate, 3)
                else:
                    await backend.apply(plan(backend, estate, seen), seen, 3)
                assert proxy.cuts == 1
                await held(backend, estate)
                assert (await backend.observe()).revision == 3
            finally:
                await backend.close()

    running(work)


@pytest.mark.parametrize("seed", range(12))
def test_a_server_killed_during_an_apply_leaves_old_or_new_and_the_next_run_heals(site: OvnSite, seed: int) -> None:
    before, after = world_of(3).estate(), world_of(1500).estate()
    chance = random.Random(seed)

    async def work() -> None:
        backend = await site.connect(OWNER)
        try:
            await bring(backend, before, 1)
            seen = await backend.observe()
            task = asyncio.create_task(backend.apply(plan(backend, after, seen), seen, 2))
            await asyncio.sleep(chance.random() * 0.3)
            await asyncio.to_thread(site.server.kill, signal.SIGKILL)
            await asyncio.to_thread(site.server.start)
            outcome = (await asyncio.gather(task, return_exceptions=True))[0]
            assert outcome is None or isinstance(outcome, CpalError)
            found = await backend.observe()
            whole = contents(found.rows) == contents(wanted(RULES, after))
            assert (found.revision == 2) == whole
            if outcome is None:
                assert whole
            elif isinstance(outcome, Unavailable):
                assert contents(found.rows) == contents(wanted(RULES, before))
            else:
                assert isinstance(outcome, Partial)
            await bring(backend, after, 2)
            await held(backend, after)
        finally:
            await backend.close()

    running(work)


def test_another_writer_of_the_same_store_is_waited_for_and_then_named(site: OvnSite) -> None:
    estate = world_of(1).estate()

    async def work() -> None:
        backend = await site.connect(OWNER)
        other = await Client.connect(site.server.endpoint, "OVN_Northbound")
        try:
            lock = await other.lock(backend._tags.lock)
            await lock.acquired()
            backend.lock_timeout_s = 0.05
            with pytest.raises(Busy):
                await bring(backend, estate)
            assert (await backend.observe()).rows == {}
            await other.unlock(lock.name)
            await bring(backend, estate)
            await held(backend, estate)
        finally:
            await backend.close()
            await other.close()

    running(work)


def test_many_rows_go_in_several_transactions_and_no_port_is_ever_without_its_groups(site: OvnSite) -> None:
    estate = world_of(3000).estate()

    async def work() -> None:
        backend = await site.connect(OWNER)
        watcher = await Client.connect(site.server.endpoint, "OVN_Northbound")
        bare: list[int] = []
        states: set[int] = set()
        try:
            replica = await watcher.monitor({"Logical_Switch_Port": ["name"], "Port_Group": ["name", "ports"]})

            def look(_changes: object) -> None:
                ports = {row["_uuid"] for row in replica.tables["Logical_Switch_Port"].values()}
                states.add(len(ports))
                for group in replica.tables["Port_Group"].values():
                    bare.append(len(ports - set(group["ports"])))

            replica.watch(look)
            await bring(backend, estate)
            await held(backend, estate)
            await bring(backend, world_of(0).estate())
            await watcher.transact([])
        finally:
            await backend.close()
            await watcher.close()
        assert len(states) > 3, "it all went in one transaction"
        assert set(bare) == {0}

    running(work)


def test_a_write_does_not_wait_for_a_look_at_all_rows_yet_not_for_ever(
    site: OvnSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work() -> None:
        backend = await site.connect(OWNER)
        try:
            await bring(backend, world_of(1).estate())
            assert await backend.recall() is not None
            monkeypatch.setattr("cpal.drivers.ovn.backend.RECONCILE_S", 0.0)
            assert await backend.recall() is None, "it was observed too long ago"
            assert backend.remembered() is not None
            monkeypatch.setattr("cpal.drivers.ovn.backend.LONGEST_UNSEEN_S", 0.0)
            assert backend.remembered() is None
        finally:
            await backend.close()

    running(work)


def test_after_an_apply_of_many_rows_that_was_not_watched_all_is_observed_anew(
    site: OvnSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "MOST_OPS", 100)
    estate = world_of(60).estate()

    async def work() -> None:
        backend = await site.connect(OWNER)
        try:
            await bring(backend, estate)
            assert await backend.recall() is None
            await held(backend, estate)
            assert await backend.recall() is not None
            site.nbctl("set Port_Group cpal_pg_drop external_ids:cpal\\:owner=stranger")
            assert await backend.recall() is None
        finally:
            await backend.close()

    running(work)


def test_a_transaction_sent_before_the_one_ahead_of_it_failed_is_not_done(
    site: OvnSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "MOST_OPS", 100)
    monkeypatch.setattr(batch, "PART_OPS", 100)
    before, after = world_of(3).estate(), world_of(300).estate()

    async def work() -> None:
        backend = await site.connect(OWNER)
        try:
            await bring(backend, before, 1)
            seen = await backend.observe()
            site.nbctl("set Port_Group cpal_pg_drop external_ids:cpal\\:owner=stranger")
            there = site.dump()
            with pytest.raises(Moved):
                await backend.apply(plan(backend, after, seen), seen, 2)
            await backend.observe()
            assert site.dump() == there
        finally:
            await backend.close()

    running(work)


def test_what_others_put_into_our_rows_stays_and_holds_them(site: OvnSite) -> None:
    world = world_of(2)
    estate = world.estate()

    async def work() -> None:
        backend = await site.connect(OWNER)
        try:
            await bring(backend, estate)
            rows = wanted(RULES, estate)
            switch = next(row for row in rows.values() if row.key.table == "Logical_Switch").columns["name"]
            group = next(
                row for row in rows.values() if row.key.table == "Port_Group" and row.key.name != "cpal_pg_drop"
            )
            site.nbctl(f"lsp-add {switch} foreign-port -- acl-add {group.key.name} to-lport 5 ip4.src==9.9.9.9 drop")
            ours = site.uuid(RowKey("Logical_Switch_Port", next(iter(_ports(rows)))))
            site.nbctl(f"pg-add foreign-group {ours} foreign-port")
            foreign = site.foreign()
            assert plan(backend, estate, await backend.observe()) == []
            await bring(backend, world_of(1).estate())
            assert site.foreign()["ACL"] == foreign["ACL"]
            with pytest.raises(NotOwned, match="not cpal's"):
                await bring(backend, World().estate())
            assert site.foreign()["ACL"] == foreign["ACL"]
            assert site.foreign()["Logical_Switch_Port"] == foreign["Logical_Switch_Port"]
        finally:
            await backend.close()

    running(work)


def _ports(rows: dict[RowKey, Row]) -> list[str]:
    return sorted(key.name for key in rows if key.table == "Logical_Switch_Port")


def test_memberships_and_records_edited_by_hand_are_repaired(site: OvnSite) -> None:
    estate = world_of(3).estate()
    port = _ports(wanted(RULES, estate))[0]

    async def work() -> None:
        backend = await site.connect(OWNER)
        try:
            await bring(backend, estate)
            site.nbctl(f"remove Port_Group cpal_pg_drop ports {site.uuid(RowKey('Logical_Switch_Port', port))}")
            [dns] = site.transact({"op": "select", "table": "DNS", "where": [], "columns": ["_uuid"]})
            uuid = dns["rows"][0]["_uuid"][1]
            site.nbctl(f"set DNS {uuid} records:vm1=6.6.6.6 records:evil=6.6.6.6")
            site.nbctl(f"remove DNS {uuid} records vm2")
            ops = await bring(backend, estate)
            assert sorted(op.action for op in ops) == [Action.CREATE, Action.CREATE, Action.DELETE, Action.UPDATE]
            await held(backend, estate)
        finally:
            await backend.close()

    running(work)


def test_a_copy_with_our_tags_goes(site: OvnSite) -> None:
    estate = world_of(1).estate()

    async def work() -> None:
        backend = await site.connect(OWNER)
        try:
            await bring(backend, estate)
            before = site.dump()
            tags = ["map", [["cpal:owner", OWNER], ["cpal:row", "cpal_pg_drop drop to-lport"]]]
            row = {"direction": "to-lport", "priority": 2000, "match": "1", "action": "allow", "external_ids": tags}
            site.transact(
                {"op": "insert", "table": "ACL", "uuid-name": "a", "row": row},
                {
                    "op": "mutate",
                    "table": "Port_Group",
                    "where": [],
                    "mutations": [["acls", "insert", ["named-uuid", "a"]]],
                },
            )
            ops = await bring(backend, estate)
            assert [op.action for op in ops] == [Action.DELETE]
            assert "copy" in ops[0].key.name
            assert {**site.dump(), "NB_Global": []} == {**before, "NB_Global": []}
        finally:
            await backend.close()

    running(work)


def test_a_row_whose_tags_were_taken_away_is_named(site: OvnSite) -> None:
    estate = world_of(1).estate()

    async def work() -> None:
        backend = await site.connect(OWNER)
        try:
            await bring(backend, estate)
            uuid = site.uuid(RowKey("ACL", "cpal_pg_drop drop to-lport"))
            site.nbctl(f"clear ACL {uuid} external_ids")
            with pytest.raises(NotOwned, match=uuid):
                await bring(backend, estate)
            site.nbctl(f"-- remove Port_Group cpal_pg_drop acls {uuid}")
            await bring(backend, estate)
            await held(backend, estate)
        finally:
            await backend.close()

    running(work)


def test_a_port_that_others_moved_to_their_switch_comes_back(site: OvnSite) -> None:
    estate = world_of(2).estate()
    port = RowKey("Logical_Switch_Port", _ports(wanted(RULES, estate))[0])

    async def work() -> None:
        backend = await site.connect(OWNER)
        try:
            await bring(backend, estate)
            uuid = ["uuid", site.uuid(port)]
            site.transact(
                {"op": "mutate", "table": "Logical_Switch", "where": [], "mutations": [["ports", "delete", uuid]]},
                {"op": "insert", "table": "Logical_Switch", "row": {"name": "theirs", "ports": uuid}},
            )
            seen = await backend.observe()
            [op] = diff(wanted(RULES, estate), seen.rows, RULES.tables)
            assert (op.key, op.action) == (port, Action.REPLACE)
            await backend.apply([op], seen, 1)
            await held(backend, estate)
            assert uuid == ["uuid", site.uuid(port)]
        finally:
            await backend.close()

    running(work)
