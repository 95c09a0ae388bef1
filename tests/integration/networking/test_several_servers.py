"""Several `cpal serve` on one PostgreSQL store: one truth, whoever is asked, and one of them may die."""

from __future__ import annotations

import random
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any
from uuid import uuid4

import pytest
from msgspec.structs import replace

from cpal.engine.postgresql import PostgresqlDatabase
from cpal.engine.store import Entry, Store
from cpal.model.estate import Change
from cpal.model.network import Network
from tests.support.cloud import Answer, Caller, Cloud, Server, cloud
from tests.support.load import Ledger, check_ledger, names, soon, work
from tests.support.postgresql import Postgresql, postgresql
from tests.support.races import COUNTED, Place

SERVERS = 3


class Fleet:
    """Servers with one store, people included, and one target, each with a directory of its own, as on a machine."""

    def __init__(self, site: Cloud, database: Postgresql) -> None:
        self.site = site
        self.database = database
        first = site.server
        others = [first.home.with_name(f"home-{number}") for number in range(1, SERVERS)]
        self.servers = [first, *(Server(home, home.with_suffix(".log"), store=first.store) for home in others)]

    def callers(self, caller: Caller) -> list[Caller]:
        """One who asks at each server, by the same token."""
        return [Caller(server.url, caller.token, self.site._opened, caller.project_id) for server in self.servers]


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """Three servers, running."""
    with (
        postgresql() as database,
        cloud(tmp_path_factory.mktemp("fleet"), store=database.create("cpal")) as site,
    ):
        found = Fleet(site, database)
        try:
            for server in found.servers[1:]:
                server.start()
            yield found
        finally:
            for server in found.servers[1:]:
                server.stop()


@pytest.fixture
def callers(fleet: Fleet, request: pytest.FixtureRequest) -> list[Caller]:
    """A member of a project of this test, at each server."""
    return fleet.callers(fleet.site.member(request.node.name))


@pytest.fixture
def network(callers: list[Caller]) -> dict[str, Any]:
    """A network with many addresses."""
    made = callers[0].post("networks", name="shared")
    callers[1].post("subnets", network_id=made["id"], ip_version=4, cidr="10.0.0.0/16", enable_dhcp=False)
    return made


@pytest.fixture(scope="module")
def outside(fleet: Fleet) -> str:
    """The id of an external network with a subnet."""
    admin = fleet.site.administrator
    made = str(admin.post("networks", name="outside", **{"router:external": True})["id"])
    admin.post("subnets", network_id=made, ip_version=4, cidr="203.0.113.0/24", enable_dhcp=False)
    return made


def test_what_one_server_did_all_others_show_at_once(callers: list[Caller], network: dict[str, Any]) -> None:
    chance = random.Random(3)
    for number in range(10):
        port = chance.choice(callers).post("ports", network_id=network["id"], name=f"p{number}")
        for caller in callers:
            assert caller.get(f"ports/{port['id']}")["port"] == port
        chance.choice(callers).put(f"ports/{port['id']}", {"port": {"name": "renamed"}})
        assert [caller.get(f"ports/{port['id']}")["port"]["revision_number"] for caller in callers] == [2] * SERVERS
    assert all(set(names(caller).values()) == {"renamed"} for caller in callers)


def test_who_is_made_at_one_server_signs_in_at_all_until_that_is_ended_at_another(fleet: Fleet) -> None:
    site = fleet.site
    site.member("people")
    fleets = [Cloud(server, site.place) for server in fleet.servers]
    callers = [each.signed_in("member-of-people", "secret", "people") for each in fleets]
    try:
        assert all(caller.list("networks", ("name", "nothing")) == [] for caller in callers)
        admin = site.identity()
        [user] = admin.call("GET", "/v3/users?name=member-of-people").body["users"]
        assert admin.call("PATCH", f"/v3/users/{user['id']}", {"user": {"enabled": False}}).status == 200
        assert [caller.call("GET", "/v2.0/networks").status for caller in callers] == [401] * SERVERS
    finally:
        for each in fleets:
            for connection in each._opened:
                connection.close()


def test_an_address_and_a_quota_are_given_once_whoever_is_asked(
    fleet: Fleet, callers: list[Caller], network: dict[str, Any]
) -> None:
    fleet.site.administrator.put(f"quotas/{callers[0].project_id}", {"quota": {"port": 6}})

    def posted(number: int, **values: Any) -> Answer:
        caller = callers[number % SERVERS].again()
        return caller.call("POST", "/v2.0/ports", {"port": {"network_id": network["id"], **values}})

    with ThreadPoolExecutor(12) as pool:
        same = list(pool.map(lambda number: posted(number, fixed_ips=[{"ip_address": "10.0.9.9"}]), range(12)))
        rest = list(pool.map(posted, range(12)))
    assert sorted(answer.status for answer in same) == [201, *[409] * 11]
    assert sorted(answer.status for answer in rest) == [*[201] * 5, *[409] * 7]
    assert {answer.fault for answer in rest if answer.status == 409} == {"OverQuota"}
    assert fleet.site.ops() == []


@pytest.mark.parametrize("counted", COUNTED)
def test_no_quota_is_exceeded_whoever_is_asked(
    fleet: Fleet, callers: list[Caller], network: dict[str, Any], outside: str, counted: str
) -> None:
    place = Place(network["id"], outside, callers[0].list("security-groups")[0]["id"])
    path = f"quotas/{callers[0].project_id}/details"
    before = callers[0].get(path)["quota"][counted]["used"]
    fleet.site.administrator.put(f"quotas/{callers[0].project_id}", {"quota": {counted: before + 4}})
    collection, body = COUNTED[counted]

    def posted(number: int) -> Answer:
        caller = callers[number % SERVERS].again()
        return caller.call("POST", f"/v2.0/{collection}", {counted: body(place, number)})

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(posted, range(12)))
    assert sorted(answer.status for answer in answers) == [*[201] * 4, *[409] * 8]
    assert {answer.fault for answer in answers if answer.status == 409} == {"OverQuota"}
    assert [caller.get(path)["quota"][counted]["used"] for caller in callers] == [before + 4] * SERVERS
    assert fleet.site.ops() == []


def test_who_waits_for_its_turn_shows_meanwhile_what_others_did(
    fleet: Fleet, callers: list[Caller], network: dict[str, Any]
) -> None:
    with closing(Store(PostgresqlDatabase(fleet.servers[0].store, "cpal"))) as store, ThreadPoolExecutor(1) as pool:
        with store.turns.turn():
            waits = pool.submit(callers[0].again().post, "ports", network_id=network["id"])
            soon(store.turns.is_awaited, "the write does not wait for its turn")
            before = store.estate().get(Network, network["id"])
            assert before is not None
            store.record([Entry([Change(before, replace(before, name="by another"))], "another", "", time.time())])
            assert callers[0].get(f"networks/{network['id']}")["network"]["name"] == "by another"
            assert not waits.done()
        assert waits.result()["network_id"] == network["id"]
    assert fleet.site.ops() == []


def test_what_a_dead_server_only_accepted_the_others_finish(
    fleet: Fleet, callers: list[Caller], network: dict[str, Any]
) -> None:
    with closing(Store(PostgresqlDatabase(fleet.servers[0].store, "cpal"))) as store:
        made = Network(id=str(uuid4()), name="accepted", project_id=callers[0].project_id, segmentation_id=77_000)
        with store.turns.turn():
            store.record([Entry([Change(None, made)], "a server that died", "", time.time())])
    soon(lambda: made.id in fleet.site.nbctl("ls-list"), "nobody brings it to the target")
    assert fleet.site.ops() == []


def test_one_may_die_and_nothing_is_lost_or_done_twice(
    fleet: Fleet, callers: list[Caller], network: dict[str, Any]
) -> None:
    fleet.site.administrator.put(f"quotas/{callers[0].project_id}", {"quota": {"port": -1}})
    ledger, stop = Ledger(), threading.Event()
    threads = [
        threading.Thread(target=work, args=(callers[seed % SERVERS].again(), network["id"], ledger, stop, seed))
        for seed in range(2 * SERVERS)
    ]
    for thread in threads:
        thread.start()
    time.sleep(1.0)
    fleet.servers[1].stop(signal.SIGKILL)
    time.sleep(1.0)
    stop.set()
    for thread in threads:
        thread.join()
    left = [caller.again() for number, caller in enumerate(callers) if number != 1]
    for caller in left:
        check_ledger(caller, ledger)
    assert names(left[0]) == names(left[1])
    assert set(ledger.refused) == set()
    assert fleet.site.ops() == []
    held = {str(row["name"]).removeprefix("cpal-") for row in fleet.site.rows("Logical_Switch_Port", "name")}
    assert names(left[0]).keys() <= held
    fleet.servers[1].start()
    check_ledger(callers[1].again(), ledger)


def test_the_database_may_go_away_for_a_while(fleet: Fleet, callers: list[Caller], network: dict[str, Any]) -> None:
    before = callers[0].post("ports", network_id=network["id"], name="before")
    assert {caller.call("GET", "/healthcheck").status for caller in callers} == {200}
    fleet.database.stop()
    unready = [caller.call("GET", "/healthcheck") for caller in callers]
    assert [(each.status, each.body["wrong"].get("store")) for each in unready] == [(503, "it does not answer")] * 3
    for caller in callers:
        assert caller.call("POST", "/v2.0/networks", {"network": {"name": "lost"}}).status == 503
    fleet.database.start()
    assert {caller.call("GET", "/healthcheck").status for caller in callers} == {200}
    for caller in callers:
        assert caller.get(f"ports/{before['id']}")["port"] == before
        caller.post("networks", name="after")
    assert [network["name"] for network in callers[2].list("networks") if network["name"] == "lost"] == []
    assert fleet.site.ops() == []


def test_nothing_of_it_reached_a_log_as_a_failure(fleet: Fleet) -> None:
    assert [server.log.name for server in fleet.servers if "Traceback" in server.log.read_text()] == []
