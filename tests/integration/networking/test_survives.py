"""A server that is killed, and a target that goes away: nothing acknowledged is lost, and the target catches up."""

from __future__ import annotations

import random
import signal
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from operator import itemgetter
from pathlib import Path
from typing import Any

import pytest

from cpal.engine.sqlite import SqliteDatabase
from cpal.engine.store import Store
from cpal.model.estate import Change
from cpal.model.target import Project
from tests.support.cloud import Caller, Cloud, Server, cloud, free_ports
from tests.support.load import CLIENTS, Ledger, check_ledger, load, names, soon
from tests.support.ovsdb_server import OvsdbServer

KILLS = 3
PATIENCE_S = 4.0
"""Less than anybody waits for a target."""
PROJECT = "survivor"


def switch_ports(site: Cloud) -> set[str]:
    """The ids of the ports that the Northbound database holds, by their names there."""
    return {str(row["name"]) for row in site.rows("Logical_Switch_Port", "name")}


def ids_held(site: Cloud) -> set[str]:
    """The same without what stands before the ids."""
    return {name.removeprefix("cpal-") for name in switch_ports(site)}


@contextmanager
def away(server: OvsdbServer) -> Iterator[None]:
    """A database that is killed, and is there again afterwards."""
    server.kill()
    try:
        yield
    finally:
        server.start()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A cloud for this module, each test of which leaves it running and in step."""
    with cloud(tmp_path_factory.mktemp("survivor")) as found:
        yield found


@pytest.fixture
def caller(site: Cloud) -> Caller:
    """A member of the one project."""
    return site.member(PROJECT)


@pytest.fixture
def network(caller: Caller) -> dict[str, Any]:
    """A network with many addresses."""
    made = caller.post("networks", name=PROJECT)
    caller.post("subnets", network_id=made["id"], ip_version=4, cidr="10.0.0.0/16", enable_dhcp=False)
    return made


def test_what_was_acknowledged_survives_kills(site: Cloud, caller: Caller, network: dict[str, Any]) -> None:
    chance, ledger = random.Random(7), Ledger()
    for kill in range(KILLS):
        with load(caller, network["id"], ledger, kill * CLIENTS):
            time.sleep(0.1 + chance.random() * 0.6)
            site.server.stop(signal.SIGKILL)
        site.server.start()
        caller = caller.again()
        assert site.ops() == [], "the target holds what the store wants as soon as the server is ready"
        check_ledger(caller, ledger)
        assert len(switch_ports(site)) == len(names(caller))
    assert len(ledger.acknowledged) > KILLS * CLIENTS
    assert set(ledger.refused) == set()


def test_a_server_that_is_asked_to_stop_finishes_what_it_has(
    site: Cloud, caller: Caller, network: dict[str, Any]
) -> None:
    ledger = Ledger()
    with load(caller, network["id"], ledger):
        time.sleep(0.5)
        assert site.server.stop() == 0
    assert site.ops() == []
    site.server.start()
    check_ledger(caller.again(), ledger)


def test_a_server_that_waits_for_an_address_takes_it_when_it_is_free(
    site: Cloud, caller: Caller, tmp_path: Path
) -> None:
    with socket.socket() as other, ThreadPoolExecutor() as pool:
        other.bind(("127.0.0.1", 0))
        other.listen()
        ports = [other.getsockname()[1], *free_ports(1)]
        server = Server(site.server.home, tmp_path / "log", ("--wait",), ports)

        def waiting() -> Future[None]:
            server.log.write_bytes(b"")
            starting = pool.submit(server.start)
            soon(lambda: b"is taken when that is gone" in server.log.read_bytes(), "it does not wait for the address")
            return starting

        given_up = waiting()
        assert server.stop() == 0
        assert given_up.exception(), "it said that it listens"
        starting = waiting()
        other.close()
        starting.result()
    opened: list[HTTPConnection] = []
    beside = Caller(server.url, caller.token, opened)
    try:
        networks = [sorted(each.list("networks"), key=itemgetter("id")) for each in (beside, caller)]
        assert networks[0] == networks[1] != []
    finally:
        for connection in opened:
            connection.close()
        assert server.stop() == 0


@pytest.mark.parametrize("twice", [False, True], ids=["another's", "its own"])
def test_a_start_that_gets_no_address_leaves_catalogue_and_credentials(
    site: Cloud, caller: Caller, tmp_path: Path, twice: bool
) -> None:
    admin, before = site.identity(), site.openrc()
    endpoints = admin.call("GET", "/v3/endpoints").body
    [free] = free_ports(1)
    beside = Server(site.server.home, tmp_path / "log", ports=[free, free if twice else site.server.ports[1]])
    with pytest.raises(AssertionError, match="two APIs would listen" if twice else "something listens there already"):
        beside.start()
    assert site.openrc() == before
    assert admin.call("GET", "/v3/endpoints").body == endpoints


def test_a_target_that_is_away_catches_up(site: Cloud, caller: Caller, network: dict[str, Any]) -> None:
    ledger, before = Ledger(), caller.post("ports", network_id=network["id"], name="before")
    with load(caller, network["id"], ledger):
        time.sleep(0.3)
        with away(site.place.site.server):
            assert caller.get(f"ports/{before['id']}")["port"]["name"] == "before", "reads work"
            caller.post("ports", network_id=network["id"], name="waits")
            started = time.monotonic()
            made = [caller.post("ports", network_id=network["id"], name=f"passes-{i}") for i in range(20)]
            caller.post("networks", name="passes")
            assert time.monotonic() - started < PATIENCE_S, "a write waits for a target that is known to be away"
            assert {each["id"] for each in made} <= set(names(caller))
        soon(lambda: {each["id"] for each in made} <= ids_held(site), "the target does not catch up")
    assert set(ledger.refused) == set()
    check_ledger(caller, ledger)
    soon(lambda: site.ops() == [], "the target is not as the store wants")


def test_a_target_that_is_away_at_the_start_catches_up(site: Cloud, caller: Caller, network: dict[str, Any]) -> None:
    site.server.stop()
    with away(site.place.site.server):
        site.server.start()
        made = caller.again().post("ports", network_id=network["id"], name="meanwhile")
        assert made["id"] in names(caller.again())
    soon(lambda: made["id"] in ids_held(site), "the target does not catch up")
    assert site.ops() == []


def test_writes_may_be_refused_while_a_target_is_away(site: Cloud, caller: Caller, network: dict[str, Any]) -> None:
    site.server.stop()
    site.server.options += ("--while-away=refuse",)
    site.server.start()
    try:
        caller = caller.again()
        port = caller.post("ports", network_id=network["id"], name="kept")
        with away(site.place.site.server):
            for _ in range(2):
                refused = caller.call("POST", "/v2.0/ports", {"port": {"network_id": network["id"], "name": "refused"}})
                assert refused.status == 503, refused
                assert refused.body["NeutronError"]["message"].startswith('target "site": the target does not answer')
            assert caller.call("DELETE", f"/v2.0/ports/{port['id']}").status == 503
            shown = set(names(caller).values())
            assert "kept" in shown, "reads work"
            assert "refused" not in shown
        soon(lambda: caller.call("DELETE", f"/v2.0/ports/{port['id']}").status == 204, "it is refused for ever")
        assert site.ops() == []
    finally:
        site.server.stop()
        site.server.options = site.server.options[:-1]
        site.server.start()


def test_status_is_down_while_nothing_tells_it(site: Cloud, caller: Caller, network: dict[str, Any]) -> None:
    port = caller.post("ports", network_id=network["id"], name="seen")
    with away(site.place.southbound):
        assert caller.get(f"ports/{port['id']}")["port"]["status"] == "DOWN"
        assert caller.post("ports", network_id=network["id"], name="unseen")["status"] == "DOWN"
    assert {"seen", "unseen"} <= set(names(caller).values())


def test_a_target_that_hangs_delays_no_reader(site: Cloud, caller: Caller, network: dict[str, Any]) -> None:
    northbound = site.place.site.server
    northbound.pause()
    try:
        asked = threading.Thread(target=caller.again().post, args=("networks",), kwargs={"name": "slow"})
        asked.start()
        started = time.monotonic()
        assert caller.get(f"networks/{network['id']}")["network"]["name"] == PROJECT
        assert time.monotonic() - started < PATIENCE_S, "a reader waits for the target"
    finally:
        northbound.resume()
    asked.join()
    soon(lambda: site.ops() == [], "the target is not as the store wants")


def test_what_hands_changed_between_writes_is_mended(site: Cloud, caller: Caller, network: dict[str, Any]) -> None:
    ports = [caller.post("ports", network_id=network["id"], name=f"p{i}") for i in range(3)]
    edits = (
        f"lsp-set-enabled {switch_port(site, ports[0])} disabled -- lsp-del {switch_port(site, ports[1])}",
        f"set logical_switch_port {switch_port(site, ports[2])} addresses=unknown",
        "--all destroy acl -- ls-add foreign",
    )
    for number, edit in enumerate(edits):
        site.nbctl(edit)
        assert caller.post("ports", network_id=network["id"], name=f"after-{number}")["id"] in names(caller)
        assert site.ops() == []
    assert "foreign" in site.nbctl("ls-list"), "what others made is theirs"


def test_hands_that_edit_during_writes_lose(site: Cloud, caller: Caller, network: dict[str, Any]) -> None:
    ledger, port = Ledger(), caller.post("ports", network_id=network["id"], name="edited")
    name = switch_port(site, port)
    with load(caller, network["id"], ledger):
        for number in range(20):
            site.nbctl(f"lsp-set-enabled {name} {('disabled', 'enabled')[number % 2]}")
    caller.post("ports", network_id=network["id"], name="last")
    check_ledger(caller, ledger)
    assert set(ledger.refused) == set()
    assert site.ops() == []


def test_what_a_dead_process_left_is_settled_though_somebody_looked(site: Cloud, caller: Caller) -> None:
    """A process that dies between proposing and committing leaves an open revision, which the next write decides."""
    store = Store(SqliteDatabase(site.server.home / "store.db"))
    try:
        left = store.propose([Change(None, Project(id="f" * 32, name="left"))], time.time(), "nobody", "died")
        assert caller.list("networks")
        caller.post("networks", name="next")
        assert {revision.number: revision.state for revision in store.revisions()}[left] == "rejected"
    finally:
        store.close()
    assert site.ops() == []


def switch_port(site: Cloud, port: dict[str, Any]) -> str:
    """The name that a port has in the Northbound database."""
    [name] = [each for each in switch_ports(site) if port["id"] in each]
    return name


def test_nothing_of_it_reached_the_log_as_a_failure(site: Cloud) -> None:
    assert "Traceback" not in site.server.log.read_text()
