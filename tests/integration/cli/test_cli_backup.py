"""`cpal backup` and `cpal restore`: there and back, only ever whole, never over something else."""

from __future__ import annotations

import shutil
import signal
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cpal.engine.sqlite import SqliteDatabase
from cpal.engine.store import SCHEMA_VERSION, Store
from cpal.faces.nova.events import PLUGGED, Event
from cpal.faces.nova.outbox import Outbox
from cpal.model.estate import Change
from cpal.model.target import Project
from tests.integration.cli.conftest import PROGRAM, Cpal
from tests.support.identity import Cloud, by_password

MANY = 4000
"""Records of a store that takes long enough to restore for a kill to hit it."""


@pytest.fixture
def elsewhere(groups: Cpal) -> Cpal:
    """The program with another state, which has nothing yet; it sees the files of `groups`."""
    return Cpal(groups.home / "elsewhere", groups.directory)


def told(cpal: Cpal) -> list[str]:
    """What a state says of itself: every record, and the log."""
    return [cpal("export").out, cpal("history", "--format", "json").out, *sorted(cpal("diff", "0", "--detail").out)]


def test_a_backup_is_a_store(groups: Cpal) -> None:
    groups("backup", "copy.db")
    groups("backup", "copy.db", code=6)
    before = groups("get", "address-groups", "--format", "json").json
    groups("delete", "address-group", "offices", "--yes")
    (groups.directory / "copy.db").replace(groups.home / "store.db")
    assert groups("get", "address-groups", "--format", "json").json == before


def test_what_is_restored_is_what_was_backed_up(groups: Cpal, elsewhere: Cpal) -> None:
    """Also where a store without revisions is there; the backup itself is left as it is, and nothing beside it."""
    before, file = told(groups), groups.directory / "copy.db"
    groups("backup", "copy.db")
    assert file.stat().st_mode & 0o077 == 0
    content, beside = file.read_bytes(), set(groups.directory.iterdir())
    groups("delete", "address-group", "offices", "--yes")
    assert "can be restored, to revision 5" in elsewhere("restore", "copy.db", "--what-if").err
    assert elsewhere("history", "--format", "json").json == []
    assert "at revision 5" in elsewhere("restore", "copy.db").err
    assert told(elsewhere) == before
    assert (file.read_bytes(), set(groups.directory.iterdir())) == (content, beside)
    elsewhere("undo", "--yes")
    assert elsewhere("history", "--format", "json").json[-1]["revision"] == 6


def test_a_store_in_use_is_taken_with_what_is_not_yet_in_its_file(groups: Cpal, elsewhere: Cpal) -> None:
    store = Store(SqliteDatabase(groups.home / "store.db"))
    try:
        number = store.propose([Change(None, Project(id="late", name="late"))], 0.0, "test", "late")
        store.accept(number)
        assert (groups.home / "store.db-wal").stat().st_size > 0
        elsewhere("restore", str(groups.home / "store.db"))
    finally:
        store.close()
    assert "late" in {each["name"] for each in elsewhere("get", "projects", "--format", "json").json}


def test_a_store_with_revisions_is_never_overwritten(groups: Cpal, elsewhere: Cpal) -> None:
    groups("backup", "copy.db")
    elsewhere("create", "project", "green")
    before = elsewhere("history").out
    for more in ((), ("--what-if",)):
        refused = elsewhere("restore", "copy.db", *more, code=6).err
        assert "there is a store already, at revision 1" in refused
        assert "nothing was changed" in refused
    assert elsewhere("history").out == before


def test_people_and_what_was_adopted_come_back_and_stay_secret(groups: Cpal, elsewhere: Cpal) -> None:
    """A token that was given before holds after, by the same key; the store itself holds none of it."""
    secret = "a-secret-of-alice"
    with closing_cloud(groups.home) as cloud:
        cloud.make("user", name="alice", password=secret)
        token, password = cloud.token(by_password("alice", secret)), cloud.password
    adopted = groups.home / "adopted" / "5f6cd2d6-61ef-4bb5-8df4-1b4d1b3e1d0a.json"
    adopted.parent.mkdir()
    adopted.write_bytes(b'{"what": "was there"}')
    told = Outbox(groups.home, "owner", 5)
    told.keep([Event("port", "server", PLUGGED)], {}, 5)
    told.close()
    groups("backup", "copy.db")
    assert (groups.directory / "copy.db").stat().st_mode & 0o077 == 0

    elsewhere("restore", "copy.db", "--what-if")
    assert not (elsewhere.home / "identity.db").exists()
    elsewhere("restore", "copy.db")
    with closing_cloud(elsewhere.home) as cloud:
        assert cloud.password == password
        assert cloud.context(token).user_name == "alice"
    put_back = elsewhere.home / "adopted" / adopted.name
    assert put_back.read_bytes() == adopted.read_bytes()
    told = Outbox(elsewhere.home, "owner", 5)
    assert [notice.event for notice in told.next(9)] == [Event("port", "server", PLUGGED)]
    told.close()
    secrets = [put_back, *(elsewhere.home / name for name in ("identity.db", "admin-openrc.json", "nova.db"))]
    assert all(path.stat().st_mode & 0o077 == 0 for path in secrets)
    assert password.encode() not in (elsewhere.home / "store.db").read_bytes()
    assert b"$argon2" not in (elsewhere.home / "store.db").read_bytes()


def test_other_people_are_never_overwritten(groups: Cpal, elsewhere: Cpal) -> None:
    with closing_cloud(groups.home):
        groups("backup", "copy.db")
    with closing_cloud(elsewhere.home) as cloud:
        theirs = cloud.password
    for more in ((), ("--what-if",)):
        refused = elsewhere("restore", "copy.db", *more, code=6).err
        assert "admin-openrc.json: there is another one already" in refused
    assert elsewhere("history", "--format", "json").json == []
    with closing_cloud(elsewhere.home) as cloud:
        assert cloud.password == theirs


def test_what_is_put_back_already_does_not_hinder(groups: Cpal, elsewhere: Cpal) -> None:
    """As after a restore that was killed before it came to the store."""
    with closing_cloud(groups.home):
        groups("backup", "copy.db")
    elsewhere("restore", "copy.db")
    for file in elsewhere.home.glob("store.db*"):
        file.unlink()
    elsewhere("restore", "copy.db")
    assert told(elsewhere) == told(groups)


def test_nothing_is_written_elsewhere_than_where_it_was_kept(groups: Cpal, elsewhere: Cpal) -> None:
    groups("backup", "copy.db")
    altered("INSERT INTO beside VALUES ('../outside', 'x')")(groups.directory / "copy.db")
    assert "holds what cpal does not keep" in elsewhere("restore", "copy.db", code=70).err
    assert not (elsewhere.home.parent / "outside").exists()


@contextmanager
def closing_cloud(home: Path) -> Iterator[Cloud]:
    """The identity service of a state directory, as its administrator."""
    cloud = Cloud(home)
    try:
        yield cloud
    finally:
        cloud.identity.close()


def altered(sql: str) -> Callable[[Path], None]:
    """What does something to a database."""

    def alter(path: Path) -> None:
        database = sqlite3.connect(path, isolation_level=None)
        database.executescript(sql)
        database.close()

    return alter


def scribbled(path: Path) -> None:
    """Overwrite a page in the middle."""
    with path.open("r+b") as file:
        file.seek(3 * 4096)
        file.write(b"\xff" * 4096)


DAMAGE: dict[str, tuple[Callable[[Path], object], int, str]] = {
    "gone": (lambda path: path.rename(path.with_name("away")), 5, "there is no such file"),
    "empty": (lambda path: path.write_bytes(b""), 3, "is no store of cpal"),
    "text": (lambda path: path.write_text("project: shop\n"), 3, "is no store of cpal"),
    "another database": (
        altered("DROP TABLE meta; CREATE TABLE meta (name, value)"),
        3,
        "is no store of cpal",
    ),
    "cut off": (lambda path: path.write_bytes(path.read_bytes()[:9000]), 3, "database disk image is malformed"),
    "scribbled on": (scribbled, 70, "the backup is damaged"),
    "a record that nobody can read": (
        altered('UPDATE records SET body = \'{"kind": "teapot"}\''),
        70,
        "the backup is damaged",
    ),
    "newer": (
        altered(f"UPDATE meta SET value = '{SCHEMA_VERSION + 1}' WHERE name = 'schema'"),
        6,
        f"the store has schema {SCHEMA_VERSION + 1}, newer than this cpal's {SCHEMA_VERSION}",
    ),
}
"""What is done to a backup, the exit code of restoring it then, and what is said."""


def test_what_is_no_sound_backup_is_refused(groups: Cpal, elsewhere: Cpal) -> None:
    groups("backup", "sound.db")
    for harm, code, said in DAMAGE.values():
        shutil.copy(groups.directory / "sound.db", groups.directory / "copy.db")
        harm(groups.directory / "copy.db")
        refused = elsewhere("restore", "copy.db", code=code).err
        assert said in refused
        assert "fault of cpal itself" not in refused
    assert elsewhere("history", "--format", "json").json == []


def test_a_newer_store_is_refused_and_left_alone(groups: Cpal) -> None:
    altered("UPDATE meta SET value = '99' WHERE name = 'schema'")(groups.home / "store.db")
    before = (groups.home / "store.db").read_bytes()
    for words in (("history",), ("create", "project", "green")):
        refused = groups(*words, code=6).err
        assert "the store has schema 99, newer than this cpal's" in refused
        assert "use the newer cpal; nothing was changed" in refused
    assert (groups.home / "store.db").read_bytes() == before


def test_a_restore_that_is_killed_leaves_an_empty_store_or_all_of_it(cpal: Cpal) -> None:
    """Killed when the write-ahead log has its first bytes, and later."""
    store = Store(SqliteDatabase(cpal.home / "store.db"))
    changes = [Change(None, Project(id=f"{n:08}", name=f"project {n}", description="x" * 200)) for n in range(MANY)]
    store.accept(store.propose(changes, 0.0, "test", "many"), changes)
    store.close()
    cpal("backup", "copy.db")
    left: list[int] = []
    for written in (1, 1, 1_500_000):
        other = _killed_restoring(cpal, str(len(left)), written)
        left.append(_projects(other))
        if not left[-1]:
            other("restore", "copy.db")
            assert _projects(other) == MANY
    assert 0 in left
    assert set(left) <= {0, MANY}


def _killed_restoring(cpal: Cpal, name: str, written: int) -> Cpal:
    """One whose restore was killed when the write-ahead log had so many bytes, or as soon after as we came to look.

    Where it was done by then, another.
    """
    for attempt in range(20):
        found = Cpal(cpal.home / f"{name}-{attempt}", cpal.directory)
        Store(SqliteDatabase(found.home / "store.db")).close()
        log = found.home / "store.db-wal"
        process = subprocess.Popen([*PROGRAM, "restore", "copy.db"], cwd=found.directory, env=found.environment)
        while process.poll() is None and not (log.exists() and log.stat().st_size >= written):
            pass
        process.kill()
        if process.wait() == -signal.SIGKILL:
            return found
    raise AssertionError("each was done before it could be killed")


def _projects(cpal: Cpal) -> int:
    store = Store(SqliteDatabase(cpal.home / "store.db"))
    try:
        return store.estate().count(Project)
    finally:
        store.close()
