"""What an operator gets of a server: a bound on each client, and counts of all that is answered."""

from __future__ import annotations

import time
from collections import Counter

import pytest
from prometheus_client.parser import text_string_to_metric_families

from cpal.faces.http.message import Handler, Request, Response
from cpal.faces.http.operations import Operations


class Clock:
    """A time that goes when it is told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now_s = 1000.0
        monkeypatch.setattr(time, "monotonic", lambda: self.now_s)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of the server."""
    return Clock(monkeypatch)


async def answer(request: Request) -> Response:
    """Nothing, or a fault."""
    if request.path == "/fails":
        raise RuntimeError("it fails")
    return Response(204)


def asked(handle: Handler, client: str = "a", path: str = "/") -> int:
    """The status that a client gets; nothing here waits."""
    request = Request("GET", path, (), {}, b"", "http://x", "req-1", client)
    try:
        handle(request).send(None)  # type: ignore[attr-defined]  # a handler is a coroutine function
    except StopIteration as done:
        return int(done.value.status)
    raise AssertionError("it waits for something")


def counted(operations: Operations) -> dict[str, float]:
    """How many requests were answered, by status."""
    text = operations._metrics().decode()
    families = {family.name: family for family in text_string_to_metric_families(text)}
    samples = families["cpal_http_requests"].samples
    return {each.labels["status"]: each.value for each in samples if each.name.endswith("_total")}


@pytest.mark.parametrize("requests_s", [0.5, 1.0, 3.0, 20.0])
@pytest.mark.parametrize("asks_s", [0.25, 1.0, 8.0, 128.0])
def test_a_client_is_answered_as_often_as_it_may_ask_however_often_it_asks(
    clock: Clock, requests_s: float, asks_s: float
) -> None:
    handle = Operations(dict, dict, requests_s).around(answer, "test")
    seconds = 64
    answers: Counter[int] = Counter()
    for _ in range(int(seconds * asks_s)):
        answers[asked(handle)] += 1
        clock.now_s += 1 / asks_s
    may = min(asks_s, requests_s) * seconds
    assert set(answers) <= {204, 429}
    assert may - 1 <= answers[204] <= may + max(1.0, requests_s)


def test_clients_are_bounded_apart_and_without_a_bound_never(clock: Clock) -> None:
    bounded = Operations(dict, dict, 2.0).around(answer, "test")
    assert [asked(bounded, client) for client in "aaaabbc"] == [204, 204, 429, 429, 204, 204, 204]
    free = Operations(dict, dict).around(answer, "test")
    assert {asked(free) for _ in range(1000)} == {204}


def test_all_that_is_answered_is_counted(clock: Clock) -> None:
    operations = Operations(dict, dict, 2.0)
    handle = operations.around(answer, "test")
    with pytest.raises(RuntimeError):
        asked(handle, path="/fails")
    assert [asked(handle) for _ in range(3)] == [204, 429, 429]
    assert counted(operations) == {"204": 1, "429": 2, "500": 1}
