"""What answers over NVUE's REST API in the place of a switch: what a file says, path by path. It is no switch."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

USER, PASSWORD = "cumulus", "CumulusLinux"
ROOT = "/nvue_v1"


@contextmanager
def serving(tree: Mapping[str, Any]) -> Iterator[str]:
    """The host and port where it is served, without TLS."""
    known = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            where = urlsplit(self.path)
            path = unquote(where.path.removeprefix(ROOT))
            operational = parse_qs(where.query).get("rev") == ["operational"]
            if self.headers["Authorization"] != known:
                self._answer(401, {"title": "Unauthorized"})
            elif not where.path.startswith(ROOT) or path not in tree or not operational:
                self._answer(404, {"title": "Not Found"})
            else:
                self._answer(200, tree[path])

        def _answer(self, status: int, told: Any) -> None:
            body = told.encode() if isinstance(told, str) else json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
