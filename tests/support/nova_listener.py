"""One who listens where a Nova would, and writes down what it hears: it takes and answers requests by Nova's own rules.

The real Nova hears the same in `tests/suites/nova.py`. Source: Compute API reference, os-server-external-events.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jsonschema

PATIENCE_S = 60.0
SCHEMA = {
    "type": "object",
    "properties": {
        "events": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "properties": {
                    "server_uuid": {"type": "string", "format": "uuid"},
                    "name": {
                        "enum": [
                            "network-changed",
                            "network-vif-plugged",
                            "network-vif-unplugged",
                            "network-vif-deleted",
                        ]
                    },
                    "status": {"enum": ["failed", "completed", "in-progress"]},
                    "tag": {"type": "string", "maxLength": 255, "pattern": "^[ -~]+$"},
                },
                "required": ["server_uuid", "name"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["events"],
    "additionalProperties": False,
}
"""What Nova takes at microversion 2.1."""

Heard = tuple[str, str, str]
"""A server, an event's name, a port."""


class NovaListener:
    """What was heard, in order. `unknown` servers are none, those `on_no_host` cannot be told yet.

    `broken` answers requests with that status; `refused` keeps what could not be taken.
    """

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.refused: list[str] = []
        self.unknown: set[str] = set()
        self.on_no_host: set[str] = set()
        self.broken = 0
        self.asked = 0

    def of(self, port: str) -> list[str]:
        """The names of what was heard of a port, one after another."""
        return [name for _, name, of in list(self.heard) if of == port]

    def until(self, holds: Callable[[], bool]) -> None:
        """Return when something holds that is to come."""
        deadline = time.monotonic() + PATIENCE_S
        while not holds():
            assert time.monotonic() < deadline, f"heard: {self.heard}, refused: {self.refused}"
            time.sleep(0.02)

    def hears(self, port: str, *names: str) -> None:
        """Return when the last that was heard of a port is this."""
        self.until(lambda: self.of(port)[-len(names) :] == list(names))

    def answer(self, body: Any, token: str) -> tuple[int, Any]:
        """The status and body that a Nova answers."""
        self.asked += 1
        if self.broken:
            return self.broken, {"computeFault": {"code": self.broken, "message": "broken"}}
        try:
            jsonschema.validate(body, SCHEMA)
            assert token, "no token"
        except (jsonschema.ValidationError, AssertionError) as error:
            self.refused.append(str(error))
            return 400, {"badRequest": {"code": 400, "message": str(error)}}
        told = [{**event, "code": self._code(event)} for event in body["events"]]
        taken = [event for event in told if event["code"] == 200]
        self.heard += [(event["server_uuid"], event["name"], event["tag"]) for event in taken]
        if not taken and all(event["code"] == 404 for event in told):
            return 404, {"itemNotFound": {"code": 404, "message": "No instances found for any event"}}
        return 200 if len(taken) == len(told) else 207, {"events": told}

    def _code(self, event: dict[str, str]) -> int:
        server = event["server_uuid"]
        return 404 if server in self.unknown else 422 if server in self.on_no_host else 200


@contextmanager
def listening(listener: NovaListener, port: int) -> Iterator[None]:
    """The listener at a port of the loopback address, until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if self.path != "/v2.1/os-server-external-events":
                self.send_error(404)
                return
            status, body = listener.answer(json.loads(content), self.headers.get("X-Auth-Token", ""))
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *words: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
