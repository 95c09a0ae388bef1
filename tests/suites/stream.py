"""A TCP stream that tells the longest silence on it: run inside workloads by `cutover`. Needs nothing of cpal.

stream.py serve PORT               sends a few bytes to each caller every 5 ms, for ever
stream.py receive HOST PORT        reads from one connection; for each line on stdin it prints the bytes and the
                                   longest gap between two arrivals (in seconds) since the last such line
"""

from __future__ import annotations

import json
import os
import select
import socket
import sys
import threading
import time

PAUSE_S = 0.005


def serve(port: int) -> None:
    """Send to everyone who calls."""
    with socket.create_server(("", port)) as server:
        while True:
            caller, _ = server.accept()
            threading.Thread(target=_send, args=(caller,), daemon=True).start()


def _send(caller: socket.socket) -> None:
    with caller:
        while True:
            caller.sendall(b"x" * 64)
            time.sleep(PAUSE_S)


def receive(host: str, port: int) -> None:
    """Read, and answer each line on stdin with what was received since the last; ends with stdin."""
    with socket.create_connection((host, port), timeout=10) as connection:
        connection.setblocking(True)
        received, gap, last = 0, 0.0, time.monotonic()
        while True:
            ready, _, _ = select.select([connection, sys.stdin], [], [])
            now = time.monotonic()
            if connection in ready:
                data = connection.recv(65536)
                if not data:
                    raise SystemExit("the connection was closed")
                received, gap, last = received + len(data), max(gap, now - last), now
            if sys.stdin in ready:
                if not os.read(sys.stdin.fileno(), 1):
                    return
                print(json.dumps({"bytes": received, "gap_s": round(max(gap, now - last), 4)}), flush=True)
                received, gap = 0, 0.0


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(int(sys.argv[2]))
    else:
        receive(sys.argv[2], int(sys.argv[3]))
