"""A store is the same in a file and on a PostgreSQL server."""

from __future__ import annotations

import itertools
import re
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cpal.engine.backup import opened_backup
from cpal.engine.database import Database
from cpal.engine.postgresql import PostgresqlDatabase
from cpal.engine.sqlite import COMMITS, SqliteDatabase
from cpal.engine.store import SCHEMA, Entry, Store
from cpal.errors import AlreadyTaken, Busy, Conflict, Outdated, Unreachable
from cpal.model.estate import EMPTY, Change, Estate
from cpal.model.network import Port
from cpal.model.target import Project
from tests.conformance.backend import DRAWN
from tests.integration.engine.lossy import Loss
from tests.integration.engine.lossy_commits import LossyCommits
from tests.support.emulated import until
from tests.support.estates import estate_changes, valid_estates
from tests.support.postgresql import Postgresql, postgresql

Fresh = Callable[[], Callable[[], Database]]
"""A new place for a store, which each call of what it gives opens again."""


@pytest.fixture(scope="module")
def server() -> Iterator[Postgresql]:
    """A PostgreSQL server."""
    with postgresql() as found:
        yield found


@pytest.fixture(scope="module", params=("file", "PostgreSQL"))
def fresh(request: pytest.FixtureRequest) -> Iterator[Fresh]:
    """Places of one kind."""
    numbers = itertools.count()
    if request.param == "file":
        with tempfile.TemporaryDirectory(prefix="cpal-") as folder:
            yield lambda: partial(SqliteDatabase, Path(folder) / str(next(numbers)) / "store.db")
    else:
        server: Postgresql = request.getfixturevalue("server")
        with emptied(partial(PostgresqlDatabase, server.create("stores"), "cpal")) as empty:
            yield empty


@contextmanager
def emptied(place: Callable[[], Database]) -> Iterator[Fresh]:
    """One place, which is each time as it was when it had just been made: that costs less than to make it anew."""
    tables = ", ".join(re.findall(r"CREATE TABLE (\w+)", SCHEMA))
    with closing(place()) as database:
        Store(database)
        meta = database.rows("SELECT name, value FROM meta")

        def empty() -> Callable[[], Database]:
            assert database.is_made(), "the server may have been away meanwhile, and has it still"
            database.change(f"TRUNCATE {tables}")
            database.change_many("INSERT INTO meta VALUES (?, ?)", meta)
            return place

        yield empty


def project(number: int) -> Change:
    """The making of a project."""
    return Change(None, Project(id=f"{number:032x}", name=f"p{number}"))


@DRAWN
@given(data=st.data())
def test_a_store_gives_back_what_was_accepted_and_forgets_what_was_rejected(fresh: Fresh, data: st.DataObject) -> None:
    place, estates = fresh(), [EMPTY]
    with closing(Store(place())) as store:
        for _ in range(data.draw(st.integers(1, 3))):
            changes = estates[-1].changes_to(data.draw(valid_estates()))
            claims = store.claims()
            number = store.propose(changes, 0.0, "tester", "")
            if data.draw(st.booleans()):
                store.reject(number)
                assert store.claims() == claims
                continue
            store.accept(number)
            estates.append(estates[-1].replace(changes, number))
    with closing(Store(place())) as store:
        assert store.estate().changes_to(estates[-1]) == []
        assert store.claims() == dict(estates[-1].claims())
        for estate in estates:
            assert store.estate_at(estate.revision).changes_to(estate) == []


@DRAWN
@given(data=st.data())
def test_who_follows_the_log_has_what_who_reads_it_all_has(fresh: Fresh, data: st.DataObject) -> None:
    place = fresh()
    with closing(Store(place())) as writer, closing(Store(place())) as follower:
        written = followed = EMPTY
        for _ in range(data.draw(st.integers(1, 4))):
            entries = []
            for _ in range(data.draw(st.integers(0, 3))):
                drawn = estate_changes(written) if any(written.records()) else valid_estates().map(written.changes_to)
                changes = data.draw(drawn)
                written = written.replace(changes)
                entries.append(Entry(changes, "tester", "", 1.0))
            written = written.replace((), writer.record(entries))
            assert writer.claims() == dict(written.claims())
            if data.draw(st.booleans()):
                for number, entry in follower.since(followed.revision):
                    followed = followed.replace(entry.changes, number)
                whole = follower.estate()
                assert followed.changes_to(whole) == []
                assert followed.revision == whole.revision


@DRAWN
@given(estate=valid_estates())
def test_no_two_records_can_reserve_one_thing(fresh: Fresh, estate: Estate) -> None:
    ports = [port for port in estate.all(Port) if port.fixed_ips]
    if not ports:
        return
    with closing(Store(fresh()())) as store:
        store.accept(store.propose(EMPTY.changes_to(estate), 0.0, "tester", ""))
        rival = replace(
            ports[0], id="11111111-1111-4111-8111-111111111111", mac_address="02:11:11:11:11:11", name="rival"
        )
        before = store.claims()
        with pytest.raises(AlreadyTaken, match=ports[0].addresses[0]):
            store.propose([Change(None, rival)], 0.0, "tester", "")
        with pytest.raises(AlreadyTaken, match=ports[0].addresses[0]):
            store.record([Entry([Change(None, rival)], "tester", "", 1.0)])
        assert store.claims() == before
        assert [revision.state for revision in store.revisions()] == ["accepted"]
    with closing(Store(fresh()())) as store:
        both = [Entry(changes, "tester", "", 1.0) for changes in (EMPTY.changes_to(estate), [Change(None, rival)])]
        with pytest.raises(AlreadyTaken, match=ports[0].addresses[0]):
            store.record(both)
        assert (store.claims(), store.revisions()) == ({}, [])


def test_who_looks_sees_that_others_wrote_and_not_that_it_did_itself(fresh: Fresh) -> None:
    place = fresh()
    with closing(Store(place())) as one, closing(Store(place())) as other:
        assert (one.changed_elsewhere(), one.changed_elsewhere()) == (True, False)
        one.record([Entry([project(1)], "one", "", 1.0)])
        assert not one.changed_elsewhere()
        assert (other.changed_elsewhere(), other.changed_elsewhere()) == (True, False)
        other.record([Entry([project(2)], "other", "", 1.0)])
        one.record([Entry([project(3)], "one", "", 1.0)])
        assert one.changed_elsewhere(), "the other wrote before"
        assert [entry.actor for _, entry in one.since(0)] == ["one", "other", "one"]


def test_a_turn_is_one_process_s_and_shows_who_waits(fresh: Fresh) -> None:
    place = fresh()
    with closing(Store(place())) as one, closing(Store(place())) as other:
        with one.turns.turn():
            assert not one.turns.is_awaited()
            with other.turns.waiting():
                assert one.turns.is_awaited()
            assert not one.turns.is_awaited()
            with pytest.raises(Busy, match=r"process \d+.* has been writing all the time"), other.turns.turn(0.05):
                pass
        with other.turns.turn(0), pytest.raises(Busy), one.turns.turn(0):
            pass
        with one.turns.turn(0):
            pass


def test_a_backup_goes_into_either_kind_of_store(fresh: Fresh, server: Postgresql, tmp_path: Path) -> None:
    with closing(Store(fresh()())) as store:
        store.accept(store.propose([project(1), project(2)], 2.0, "tester", "made"))
        store.reject(store.propose([project(3)], 3.0, "tester", "not made"))
        store.backup(tmp_path / "backup.db")
        address = server.create(f"restored-{tmp_path.name}")
        for database in (SqliteDatabase(tmp_path / "new" / "store.db"), PostgresqlDatabase(address, "cpal")):
            with closing(Store(database)) as restored, opened_backup(tmp_path / "backup.db") as backup:
                restored.restore(backup.database)
                assert restored.estate().changes_to(store.estate()) == []
                assert (restored.owner, restored.revisions()) == (store.owner, store.revisions())
                assert (restored.claims(), restored.ages()) == (store.claims(), store.ages())
                with pytest.raises(Conflict, match="there is a store already, at revision 1"):
                    restored.restore(backup.database)


def test_what_a_server_writes_to_a_file_gets_out_of_its_log_while_it_runs(tmp_path: Path) -> None:
    def in_the_file_itself() -> int:
        shutil.copyfile(tmp_path / "store.db", tmp_path / "alone.db")
        with suppress(sqlite3.DatabaseError), closing(sqlite3.connect(tmp_path / "alone.db")) as alone:
            [[count]] = alone.execute("SELECT count(*) FROM revisions")
            return int(count)
        return 0  # nothing is there yet, or it was copied while it came

    with closing(Store(SqliteDatabase(tmp_path / "store.db"))) as store:
        for number in range(COMMITS):
            store.record([Entry([project(number)], "tester", "", 1.0)])
        until(lambda: in_the_file_itself() > COMMITS / 2)


def test_a_store_of_a_newer_schema_is_refused(fresh: Fresh) -> None:
    place = fresh()
    Store(place()).close()
    with closing(place()) as database:
        database.change("UPDATE meta SET value = '99' WHERE name = 'schema'")
        with pytest.raises(Outdated, match="schema 99, newer than this cpal's"):
            Store(database)


def test_a_server_that_comes_back_is_used_again_and_a_turn_that_was_lost_is_not(server: Postgresql) -> None:
    with closing(Store(PostgresqlDatabase(server.create("lost"), "cpal"))) as store:
        store.record([Entry([project(1)], "tester", "", 1.0)])
        server.stop()
        with pytest.raises(Unreachable, match=r"postgresql:.*/lost.* does not answer"):
            store.last_accepted()
        server.start()
        assert store.last_accepted() == 1
        with store.turns.turn():
            server.stop()
            server.start()
            with pytest.raises(Unreachable):
                store.record([Entry([project(2)], "tester", "", 1.0)])
            assert store.last_accepted() == 1
            with pytest.raises(Unreachable, match="the connection to the store was lost meanwhile"):
                store.record([Entry([project(2)], "tester", "", 1.0)])
        with store.turns.turn(0):
            store.record([Entry([project(2)], "tester", "", 1.0)])
        assert store.last_accepted() == 2


@pytest.mark.parametrize("loses", ["request", "reply"])
def test_a_connection_that_is_lost_in_a_commit_leaves_no_doubt(server: Postgresql, loses: Loss) -> None:
    entry = Entry([project(1)], "tester", "", 1.0)
    address = server.create(f"lossy-{loses}")
    with LossyCommits(server) as way, closing(Store(PostgresqlDatabase(way.through(address), "cpal"))) as store:
        way.loses = loses
        if loses == "reply":
            assert store.record([entry]) == 1, "it is durable, so it is told so"
        else:
            with pytest.raises(Unreachable):
                store.record([entry])
        assert way.loses == "", "the connection was lost"
        assert store.last_accepted() == (1 if loses == "reply" else 0)
        assert store.record([Entry([project(2)], "tester", "", 2.0)]) == store.last_accepted()


def test_no_secret_of_the_address_is_shown(server: Postgresql) -> None:
    address = server.address("nowhere").replace("postgres@", "postgres:hush@")
    with pytest.raises(Unreachable) as told:
        PostgresqlDatabase(address, "cpal")
    assert "nowhere" in str(told.value)
    assert "hush" not in str(told.value)


def test_psql_reads_what_the_store_holds(server: Postgresql) -> None:
    address = server.create("read")
    with closing(Store(PostgresqlDatabase(address, "cpal"))) as store:
        store.record([Entry([project(7)], "tester", "made by hand", 1.0)])
    assert server.psql("read", "SELECT state, actor, words FROM cpal.revisions") == "accepted|tester|made by hand"
    assert '"name":"p7"' in server.psql("read", "SELECT convert_from(body, 'UTF8') FROM cpal.records")


def test_a_backup_is_a_sqlite_file(fresh: Fresh, tmp_path: Path) -> None:
    with closing(Store(fresh()())) as store:
        store.record([Entry([project(1)], "tester", "", 1.0)])
        store.backup(tmp_path / "backup.db")
    with closing(sqlite3.connect(tmp_path / "backup.db")) as copy:
        assert copy.execute("SELECT count(*) FROM records").fetchone() == (1,)
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
