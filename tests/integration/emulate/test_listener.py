"""HTTP at an emulated device's door, asked by Python's own client and by hand. Source: RFC 9110, RFC 9112."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator
from contextlib import closing, suppress

import pytest

from cpal.lab.emulate.fleet import Wanted
from cpal.lab.emulate.listener import MAX_BODY
from tests.support.emulated import Running, emulated

BASIC = "Basic YWRtaW46YWRtaW4="
PATIENCE_S = 30


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    """A switch."""
    with emulated(Wanted("eos", "leaf1", plain=True)) as found:
        yield found


def asking(number: int) -> bytes:
    """A request of eAPI."""
    params = {"version": 1, "cmds": ["show hostname"], "format": "json"}
    return json.dumps({"jsonrpc": "2.0", "method": "runCmds", "params": params, "id": number}).encode()


def written(body: bytes, *headers: str, length: int | None = None) -> bytes:
    """A request with a body, as it is sent."""
    size = len(body) if length is None else length
    head = ["POST /command-api HTTP/1.1", "Host: leaf1", f"Authorization: {BASIC}", f"Content-Length: {size}", *headers]
    return "\r\n".join([*head, "", ""]).encode() + body


def connected(running: Running) -> socket.socket:
    """A connection to the switch."""
    return socket.create_connection(("127.0.0.1", running["leaf1"].port), timeout=PATIENCE_S)


def heard(connection: socket.socket, method: str = "POST") -> tuple[http.client.HTTPResponse, bytes]:
    """The next answer, as Python's own client reads it: nothing behind it."""
    response = http.client.HTTPResponse(connection, method=method)
    response.fp = connection.makefile("rb", buffering=0)  # type: ignore[assignment]  # reads no byte too many
    response.begin()
    return response, response.read()


def test_requests_sent_at_once_are_answered_in_their_order(running: Running) -> None:
    with connected(running) as connection:
        connection.sendall(b"".join(written(asking(number)) for number in range(3)))
        for number in range(3):
            response, body = heard(connection)
            assert (response.status, json.loads(body)["id"]) == (200, number)


def test_a_body_may_come_in_chunks(running: Running) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", running["leaf1"].port, timeout=PATIENCE_S)) as client:
        whole = asking(5)
        parts = iter([whole[:7], whole[7:]])
        client.request("POST", "/command-api", parts, {"Authorization": BASIC}, encode_chunked=True)
        assert json.loads(client.getresponse().read())["result"] == [{"hostname": "leaf1", "fqdn": "leaf1"}]


def test_a_client_that_waits_to_be_told_to_go_on_is(running: Running) -> None:
    with connected(running) as connection:
        connection.sendall(written(b"", "Expect: 100-continue", length=len(asking(1))))
        assert connection.recv(1000).startswith(b"HTTP/1.1 100 ")
        connection.sendall(asking(1))
        assert heard(connection)[0].status == 200


def test_head_has_no_body_and_the_connection_goes_on(running: Running) -> None:
    with connected(running) as connection:
        for _ in range(2):
            connection.sendall(b"HEAD /nowhere HTTP/1.1\r\nHost: leaf1\r\n\r\n")
            response, body = heard(connection, "HEAD")
            assert (response.status, body) == (404, b"")


@pytest.mark.parametrize("sent", [b"what?\r\n\r\n", b"GET / HTTP/1.1\r\nContent-Length: many\r\n\r\n"])
def test_what_is_no_http_is_refused_and_the_connection_closed(running: Running, sent: bytes) -> None:
    with connected(running) as connection:
        connection.sendall(sent)
        response, _ = heard(connection)
        assert (response.status, connection.recv(1)) == (400, b"")


@pytest.mark.parametrize(("version", "header"), [("1.1", "Connection: close"), ("1.0", "Accept: */*")])
def test_a_client_that_asks_once_has_the_connection_closed(running: Running, version: str, header: str) -> None:
    with connected(running) as connection:
        connection.sendall(f"GET / HTTP/{version}\r\nHost: leaf1\r\n{header}\r\n\r\n".encode())
        response, _ = heard(connection)
        assert (response.status, response.getheader("Connection"), connection.recv(1)) == (404, "close", b"")


def test_a_body_too_large_has_the_connection_cut(running: Running) -> None:
    with connected(running) as connection, suppress(ConnectionError):
        connection.sendall(written(b"", length=2 * MAX_BODY))
        part = bytes(1 << 20)
        for _ in range(2 * MAX_BODY // len(part)):
            connection.sendall(part)
        assert connection.recv(1) == b""
    with connected(running) as connection:
        connection.sendall(written(asking(1)))
        assert heard(connection)[0].status == 200
