"""The identity service on a PostgreSQL server: what holds in a file holds there, by the same tests."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest

from cpal.engine.places import VARIABLE
from cpal.faces.identity.database import people
from cpal.faces.identity.entities import Entities
from cpal.faces.identity.kinds import USER
from cpal.faces.identity.service import Identity
from cpal.faces.session import Session
from tests.support.identity import ENDPOINTS, Cloud, by_password
from tests.support.postgresql import Postgresql, postgresql
from tests.unit.faces.identity.test_credential_rules import *  # noqa: F403 its tests are to run here too
from tests.unit.faces.identity.test_things import *  # noqa: F403 likewise
from tests.unit.faces.identity.test_tokens import *  # noqa: F403 likewise

_numbers = count()


@pytest.fixture(scope="module")
def server() -> Iterator[Postgresql]:
    """A PostgreSQL server."""
    with postgresql() as found:
        yield found


@pytest.fixture
def cloud(tmp_path: Path, server: Postgresql, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    """A fresh identity service, in a database of its own."""
    monkeypatch.setenv(VARIABLE, server.create(f"identity_{next(_numbers)}"))
    made = Cloud(tmp_path / "identity")
    yield made
    made.identity.close()


@pytest.fixture(scope="module")
def shared_cloud(tmp_path_factory: pytest.TempPathFactory, server: Postgresql) -> Iterator[Cloud]:
    """An identity service that tests share."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, server.create("shared_identity"))
        made = Cloud(tmp_path_factory.mktemp("identity"))
    yield made
    made.identity.close()


def test_people_go_from_the_server_to_a_file_and_back(
    cloud: Cloud, server: Postgresql, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.make("user", name="alice", password="wonderland")
    token = cloud.token(by_password("alice", "wonderland"))
    for number, address in enumerate(("", server.create("back"))):
        backup = tmp_path / f"{number}.db"
        with Session(tmp_path / ("identity" if number == 0 else "0")) as session:
            session.backup(backup)
        monkeypatch.setenv(VARIABLE, address)
        with Session(tmp_path / str(number)) as session:
            session.restore_backup(backup)
        restored = Cloud(tmp_path / str(number))
        assert restored.context(token).user_name == "alice"
        restored.make("user", name=f"bob{number}", password="x")
        restored.identity.close()


def test_of_servers_that_start_first_at_once_one_makes_the_administrator(
    tmp_path: Path, server: Postgresql, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, server.create("at_once"))
    homes = [tmp_path / str(number) for number in range(4)]
    with ThreadPoolExecutor(len(homes)) as pool:
        for made in pool.map(lambda home: Identity(home, ENDPOINTS), homes):
            made.close()
    assert len(list(tmp_path.glob("*/admin-openrc.json"))) == 1
    with closing(people(homes[0])) as database:
        assert [user["name"] for user in Entities(database).all(USER)] == ["admin"]
