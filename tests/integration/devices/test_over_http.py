"""A device's API over HTTP: connections that are kept, closed, or were never HTTP; asked of Python's own server."""

from __future__ import annotations

import asyncio
import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest

from cpal.drivers.devices.eos.eapi import Eapi
from cpal.drivers.devices.http import JsonApi
from cpal.drivers.devices.login import Login
from cpal.drivers.devices.nxos.nxapi import Nxapi
from cpal.engine.blocking import wait
from cpal.errors import CpalError, Unreachable, Unreadable

PATIENCE_S = 30.0


class Answering(BaseHTTPRequestHandler):
    """Says back what it is asked, and by which of its connections it was asked."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Answer in chunks, and close the connection where the path says so."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        if self.path == "/once":
            self.send_header("Connection", "close")
        self.end_headers()
        whole = json.dumps([asked, self.client_address[1]]).encode()
        for part in (whole[:3], whole[3:], b""):
            self.wfile.write(b"%x\r\n%b\r\n" % (len(part), part))
            self.wfile.flush()
        if self.path == "/silently":
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """Nobody reads it."""


class Deaf(socketserver.StreamRequestHandler):
    """Says what it is told to say, whatever it is asked, and closes the connection."""

    said: ClassVar[bytes] = b""

    def handle(self) -> None:
        """Read the head of a request first: who closes before takes back what was said."""
        while self.rfile.readline().strip():
            continue
        self.rfile.read(len(b"{}"))
        self.wfile.write(self.said)


@contextmanager
def serving(handler: type[socketserver.BaseRequestHandler]) -> Iterator[int]:
    """The port of a server."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def login(port: int) -> Login:
    """A device there."""
    return Login(
        name="leaf1", host="127.0.0.1", user="admin", port=port, way="http", password="x", timeout_s=PATIENCE_S
    )


def api(port: int, path: str) -> JsonApi:
    """An API there."""
    return JsonApi(login(port), path, "an API", "switch it on")


async def asked(port: int, path: str, pause_s: float = 0.0) -> list[Any]:
    """What is answered to three questions."""
    found, client = [], api(port, path)
    for number in range(3):
        found.append(await client.post({"number": number}))
        await asyncio.sleep(pause_s)
    await client.close()
    return found


def test_one_connection_is_kept_for_all_questions() -> None:
    with serving(Answering) as port:
        answers = wait(asked(port, "/"))
    assert [said for said, _ in answers] == [{"number": number} for number in range(3)]
    assert len({connection for _, connection in answers}) == 1


@pytest.mark.parametrize(("path", "pause_s"), [("/once", 0.0), ("/silently", 0.05)])
def test_a_connection_that_the_device_closes_is_made_anew(path: str, pause_s: float) -> None:
    with serving(Answering) as port:
        answers = wait(asked(port, path, pause_s))
    assert [said for said, _ in answers] == [{"number": number} for number in range(3)]
    assert len({connection for _, connection in answers}) == 3


@pytest.mark.parametrize(
    ("said", "fault", "words"),
    [
        (b"", Unreachable, "it closed the connection"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", Unreachable, "it closed the connection"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", Unreadable, "it speaks no HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{", Unreadable, "this is not an API"),
    ],
)
def test_what_is_no_whole_answer_is_a_fault_that_says_so(said: bytes, fault: type[CpalError], words: str) -> None:
    with serving(type("Saying", (Deaf,), {"said": said})) as port, pytest.raises(fault, match=words):
        wait(api(port, "/").post({}))


@pytest.mark.parametrize("speaks", [Eapi, Nxapi])
@pytest.mark.parametrize(
    "body",
    [
        b"[]", b"null", b'"no"', b"{}", b'{"result": null}', b'{"result": [7, null]}', b'{"result": ["\xff"]}',
        b'{"jsonrpc": "2.0", "result": [{}]}', b'{"jsonrpc": "2.0", "result": "text"}', b'{"error": "no"}',
        b'[{"jsonrpc": "2.0", "result": []}]', b'{"result": [{}, {"vlans": {',
    ],
)  # fmt: skip
def test_json_of_another_shape_is_no_answer(speaks: type[Eapi | Nxapi], body: bytes) -> None:
    said = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
    with serving(type("Saying", (Deaf,), {"said": said})) as port, pytest.raises(Unreadable, match="this is not"):
        wait(speaks(login(port)).run("show vlan"))
