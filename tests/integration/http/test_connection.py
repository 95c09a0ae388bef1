"""What clients leave unfinished: a real server in this process, over sockets, with little patience."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import struct
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from cpal.faces.http import connection
from cpal.faces.http.application import MAX_BODY, application
from cpal.faces.http.message import Request, Response
from cpal.faces.http.server import Listener, serve
from tests.support.cloud import free_ports

BEYOND_S = 30.0
"""How long to wait at most for what is to come at once."""
ANSWER = b"a" * 40_000_000
"""More than the buffers of two sockets hold."""
Client = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, Any]]


async def answer(request: Request) -> Response:
    """Something large, or the headers and the body that came."""
    if request.path == "/slow":
        await asyncio.sleep(2 * connection.REQUEST_S)
    text = ANSWER if request.path == "/large" else f"{dict(request.headers)} {request.body!r}\n".encode()
    return Response(200, text)


def served(client: Client) -> Any:
    """What a client at a connection of its own returns."""

    async def run() -> Any:
        [port] = free_ports(1)
        started = asyncio.Event()
        listener = Listener(application(answer, "test"), "127.0.0.1", port)
        server = asyncio.create_task(serve([listener], started.set))
        await started.wait()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            return await asyncio.wait_for(client(reader, writer), BEYOND_S)
        finally:
            writer.close()
            server.cancel()
            await asyncio.gather(server, return_exceptions=True)

    return asyncio.run(run())


def sent(*parts: bytes) -> list[bytes]:
    """The statuses of what the server answers to these bytes, until it closes the connection."""

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(0.05)
        return await reader.read()

    return [line.split()[1] for line in served(client).splitlines() if line.startswith(b"HTTP/")]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that waits for little."""
    monkeypatch.setattr(connection, "REQUEST_S", 1.0)
    monkeypatch.setattr(connection, "STUCK_S", 1.0)


WHOLE = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
SLOW = b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n"
UNFINISHED: dict[str, tuple[bytes, list[bytes]]] = {
    "nothing": (b"", []),
    "a part of a line": (b"GET /", [b"408"]),
    "a head without end": (b"GET / HTTP/1.1\r\nHost: x\r\nX-A: ", [b"408"]),
    "empty lines": (b"\r\n\r\n", [b"408"]),
    "a part of a body": (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{", [b"408"]),
    "a part of a chunk": (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", [b"408"]),
    "a request and a part of the next": (WHOLE + b"GET /", [b"200", b"408"]),
    "a slow request and a part of the next": (SLOW + b"GET /", []),
    "a body that is not read": (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 900000000\r\n\r\n{", [b"413"]),
}


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(("begun", "statuses"), UNFINISHED.values(), ids=UNFINISHED.keys())
def test_what_is_begun_and_not_ended_is_not_waited_for(begun: bytes, statuses: list[bytes]) -> None:
    assert sent(begun) == statuses


@pytest.mark.usefixtures("impatient")
def test_lines_behind_an_answer_hold_no_connection() -> None:
    assert sent(WHOLE, b"\r\n") == [b"200"]


@pytest.mark.usefixtures("impatient")
def test_an_answer_may_take_longer_than_a_request() -> None:
    assert sent(SLOW.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")) == [b"200"]


def test_a_server_that_ends_finishes_what_came_and_waits_a_moment_for_what_comes(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(connection, "LAST_S", 0.1)
    monkeypatch.setattr(connection, "REQUEST_S", 0.5)
    body = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{"
    begun = {b"": b"", WHOLE + WHOLE: b"200200", SLOW: b"200", body: b"408", b"GET /": b"", WHOLE + body: b"200408"}

    async def run() -> list[bytes]:
        [port] = free_ports(1)
        started, under_way = asyncio.Event(), asyncio.Event()

        async def noted(request: Request) -> Response:
            if request.path == "/slow":
                under_way.set()
            return await answer(request)

        server = asyncio.create_task(serve([Listener(application(noted, "test"), "127.0.0.1", port)], started.set))
        await started.wait()
        opened = [await asyncio.open_connection("127.0.0.1", port) for _ in begun]
        for (_, writer), sent in zip(opened, begun, strict=True):
            writer.write(sent)
        await under_way.wait()
        await asyncio.sleep(0.05)
        os.kill(os.getpid(), signal.SIGTERM)
        await server
        answers = [await reader.read() for reader, _ in opened]
        for _, writer in opened:
            writer.close()
        return answers

    statuses = [
        b"".join(line.split()[1] for line in said.splitlines() if line.startswith(b"HTTP/"))
        for said in asyncio.run(run())
    ]
    assert statuses == list(begun.values())
    said = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert said == [], "uvicorn says so of what it had to cancel at the end of its patience"


def test_a_head_is_read_up_to_its_limit() -> None:
    line = b"X-A: " + b"y" * 60_000 + b"\r\n"

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> int:
        writer.write(b"GET / HTTP/1.1\r\n")
        for number in range(1_000):
            writer.write(line)
            try:
                await writer.drain()
            except ConnectionError:
                return number * len(line)
        return -1

    assert 0 < served(client) < 100 * connection.MAX_HEAD
    head = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    assert sent(head + line * (connection.MAX_HEAD // len(line)) + b"\r\n") == [b"200"]


@pytest.mark.usefixtures("impatient")
def test_an_answer_that_is_not_taken_in_is_dropped_and_one_that_is_comes_whole() -> None:
    asked = b"GET /large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"

    async def stuck(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> int:
        writer.write(asked)
        writer.transport.pause_reading()  # type: ignore[attr-defined]  # those of sockets can be paused
        await asyncio.sleep(3 * connection.STUCK_S)
        writer.transport.resume_reading()  # type: ignore[attr-defined]  # as above
        try:
            return len(await reader.read())
        except ConnectionError:
            return 0

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> int:
        writer.write(asked)
        size = 0
        while part := await reader.read(2**18):
            size += len(part)
            await asyncio.sleep(0.01)
        return size

    assert served(stuck) < len(ANSWER)
    assert served(slow) > len(ANSWER)


def test_a_declared_body_that_is_too_large_is_refused_before_it_comes() -> None:
    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        length = MAX_BODY + 1
        writer.write(f"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: {length}\r\n\r\n".encode())
        return await reader.readline()

    assert served(client).split()[1] == b"413"


def test_what_is_around_a_header_s_value_is_not_of_it() -> None:
    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nX-Auth-Token: \t abc \t \r\nConnection: close\r\n\r\n")
        return await reader.read()

    assert b"'x-auth-token': 'abc'" in served(client)


@pytest.mark.parametrize("method", [b"GET", b"HEAD"])
def test_the_head_and_the_body_of_an_answer_come_in_one_packet(method: bytes) -> None:
    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> tuple[list[bytes], int]:
        writer.write(WHOLE.replace(b"GET", method) + WHOLE.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        first = await reader.readuntil(b"\r\n\r\n") + (await reader.readline() if method == b"GET" else b"")
        return [first, await reader.read()], packets(writer.get_extra_info("socket"))

    answers, count = served(client)
    assert [answer.split(b" ", 2)[1] for answer in answers] == [b"200", b"200"]
    assert count == len(answers), "one packet each"


def packets(client: socket.socket) -> int:
    """How many packets with data came. Source: Linux, struct tcp_info, `tcpi_data_segs_in`."""
    (found,) = struct.unpack_from("I", client.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256), 152)
    return int(found)


def test_who_waits_to_be_told_to_go_on_is_told_so_before_the_answer() -> None:
    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> list[bytes]:
        writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        told = await reader.readuntil(b"\r\n\r\n")
        writer.write(b"{}")
        return [told, await reader.readuntil(b"\r\n")]

    assert served(client) == [b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 200 OK\r\n"]
