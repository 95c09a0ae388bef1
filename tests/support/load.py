"""Clients that make, change and delete ports all the time, and a ledger of what they were told."""

from __future__ import annotations

import http.client
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.support.cloud import Caller

CLIENTS = 4
LATEST_S = 30.0


@dataclass
class Ledger:
    """What clients know of ports, by id: the name each was last acknowledged to have, None once it is deleted.

    `unsure` are those about which a request got no answer.
    """

    acknowledged: dict[str, str | None] = field(default_factory=dict)
    unsure: set[str] = field(default_factory=set)
    refused: list[int] = field(default_factory=list)


def work(caller: Caller, network_id: str, ledger: Ledger, stop: threading.Event, seed: int) -> None:
    """Make, change and delete ports until told to stop or the server does not answer."""
    chance, mine = random.Random(seed), list[str]()
    while not stop.is_set():
        id = chance.choice(mine) if mine and chance.random() < 0.6 else ""
        name = f"{seed}-{chance.random()}"
        time.sleep(chance.random() / 50)
        try:
            if not id:
                answer = caller.call("POST", "/v2.0/ports", {"port": {"network_id": network_id, "name": name}})
                if answer.status == 201:
                    mine.append(answer.body["port"]["id"])
                    ledger.acknowledged[mine[-1]] = name
            elif chance.random() < 0.7:
                answer = caller.call("PUT", f"/v2.0/ports/{id}", {"port": {"name": name}})
                if answer.status == 200:
                    ledger.acknowledged[id] = name
            else:
                answer = caller.call("DELETE", f"/v2.0/ports/{id}")
                if answer.status == 204:
                    mine.remove(id)
                    ledger.acknowledged[id] = None
            if answer.status >= 300:
                ledger.refused.append(answer.status)
        except (OSError, http.client.HTTPException):
            ledger.unsure.add(id)
            return


@contextmanager
def load(caller: Caller, network_id: str, ledger: Ledger, seed: int = 0) -> Iterator[None]:
    """Clients at work meanwhile."""
    stop = threading.Event()
    threads = [
        threading.Thread(target=work, args=(caller.again(), network_id, ledger, stop, seed + i)) for i in range(CLIENTS)
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def names(caller: Caller) -> dict[str, str]:
    """The names of the ports that the server shows, by id."""
    return {port["id"]: port["name"] for port in caller.list("ports")}


def check_ledger(caller: Caller, ledger: Ledger) -> None:
    """That the server shows what was acknowledged, unless a later request went without answer."""
    shown = names(caller)
    for id, name in ledger.acknowledged.items():
        if id not in ledger.unsure:
            assert shown.get(id) == name, (id, name)


def soon(holds: Callable[[], bool], what: str) -> None:
    """Return when it holds.

    Raises:
        AssertionError: it does not in time.
    """
    give_up_at = time.monotonic() + LATEST_S
    while not holds():
        assert time.monotonic() < give_up_at, what
        time.sleep(0.05)
