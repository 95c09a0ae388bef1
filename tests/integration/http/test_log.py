"""The log of a server: a sentence for people, values for programs, and the ids that clients have."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from cpal.faces.http.application import application
from cpal.faces.http.log import begin
from cpal.faces.http.message import Request, Response
from cpal.faces.http.server import Listener, serve
from tests.support.cloud import free_ports

ANOTHER_S = "req-0f0e0d0c-0b0a-4908-8706-050403020100"


@pytest.fixture
def root() -> Iterator[logging.Logger]:
    """The root of all logs, afterwards as it was."""
    found = logging.getLogger()
    handlers, level = found.handlers[:], found.level
    yield found
    found.handlers[:] = handlers
    found.setLevel(level)


async def answer(request: Request) -> Response:
    """Nothing for those who ask for it, and a fault for all others."""
    if request.path == "/nothing":
        return Response(204, b"")
    raise RuntimeError("a canary")


def asked(*requests: str, as_json: bool) -> tuple[list[str], list[str]]:
    """The lines of the log of a server that was asked these, one after the other, and the ids in its answers."""
    log = io.StringIO()

    async def run() -> list[str]:
        [port] = free_ports(1)
        started = asyncio.Event()
        begin(log, logging.INFO, as_json)
        listener = Listener(application(answer, "test"), "127.0.0.1", port)
        server = asyncio.create_task(serve([listener], started.set))
        await started.wait()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for request in requests:
            writer.write(f"GET {request}\r\n\r\n".encode())
        writer.write(b"GET /nothing HTTP/1.0\r\nHost: last\r\n\r\n")
        said = await reader.read()
        writer.close()
        server.cancel()
        await asyncio.gather(server, return_exceptions=True)
        head = b"x-openstack-request-id: "
        return [line.removeprefix(head).decode() for line in said.splitlines() if line.startswith(head)]

    ids = asyncio.run(run())
    return log.getvalue().splitlines(), ids


@pytest.mark.usefixtures("root")
def test_programs_get_the_values_of_a_request() -> None:
    with_id = f"/nothing?a=b&c= HTTP/1.1\r\nHost: x\r\nX-OpenStack-Request-ID: {ANOTHER_S}"
    forged = "/nothing HTTP/1.1\r\nHost: x\r\nX-OpenStack-Request-ID: req-1 and more"
    lines, ids = asked(with_id, forged, "/fails HTTP/1.1\r\nHost: x", as_json=True)
    first, second, failed, *rest = [json.loads(line) for line in lines]
    values: dict[str, Any] = {"api": "test", "method": "GET", "path": "/nothing", "status": 204, "client": "127.0.0.1"}
    assert first.items() >= {**values, "query": "a=b&c=", "request_id": ids[0], "global_request_id": ANOTHER_S}.items()
    assert isinstance(first["took_ms"], float)
    assert second.items() >= {**values, "query": "", "request_id": ids[1]}.items()
    assert "global_request_id" not in second
    assert (failed["request_id"], "a canary" in failed["exception"]) == (ids[2], True)
    assert [each["status"] for each in rest] == [500, 204]


@pytest.mark.usefixtures("root")
def test_people_get_a_line_that_ends_with_the_id_that_the_client_got() -> None:
    lines, ids = asked(as_json=False)
    assert len(lines) == 1
    assert "test GET /nothing 204 " in lines[0]
    assert lines[0].endswith(ids[0])
