"""An identity service as a process of its own, gone at SIGTERM: its words are HOME PORT [LIFETIME_S]."""

from __future__ import annotations

import asyncio
import logging
import sys
from pathlib import Path

from cpal.faces.http.application import application
from cpal.faces.http.server import Listener, serve
from cpal.faces.identity.service import Identity


def run(home: Path, port: int, lifetime_s: int = 3600) -> None:
    """Serve at the port until told to stop, with a log of everything on stderr."""
    logging.basicConfig(level=logging.DEBUG)
    endpoints = {"identity": f"http://127.0.0.1:{port}/v3", "network": f"http://127.0.0.1:{port + 1}"}
    identity = Identity(home, endpoints, lifetime_s)
    listener = Listener(application(identity.handle, "identity"), "127.0.0.1", port)
    asyncio.run(serve([listener], lambda: print("ready", flush=True), taken=identity.announce))
    identity.close()


def main() -> int:
    """Run it; see `tests.support.warm`."""
    run(Path(sys.argv[1]), *map(int, sys.argv[2:]))
    return 0
