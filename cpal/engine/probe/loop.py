"""A loop over sockets and timers, in one thread. It owns the sockets it watches: closing it closes them."""

from __future__ import annotations

import heapq
import selectors
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType

READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE
_LONGEST_SLEEP_S = 0.1


class Stopped(Exception):
    """Whoever asked for the run does not want it any more."""


class Loop:
    """Calls back when sockets are ready and when timers are due, until `stop` is set."""

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop
        self._selector = selectors.DefaultSelector()
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._count = 0

    def __enter__(self) -> Loop:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for key in list(self._selector.get_map().values()):
            if isinstance(key.fileobj, socket.socket):
                key.fileobj.close()
        self._selector.close()

    def watch(self, sock: socket.socket, events: int, ready: Callable[[], None]) -> None:
        """Call `ready` whenever the socket is; instead of what was called before, if it is watched already."""
        if sock.fileno() in self._selector.get_map():
            self._selector.modify(sock, events, ready)
        else:
            self._selector.register(sock, events, ready)

    def close(self, sock: socket.socket) -> None:
        """Stop watching the socket and close it; nothing if that was done."""
        with suppress(KeyError, ValueError):
            self._selector.unregister(sock)
        sock.close()

    def after(self, delay_s: float, call: Callable[[], None]) -> None:
        """Call once, `delay_s` seconds from now."""
        self._count += 1
        heapq.heappush(self._timers, (time.monotonic() + delay_s, self._count, call))

    def run(self, done: Callable[[], bool]) -> None:
        """Call back until `done`. Raises Stopped."""
        while not done():
            if self._stop.is_set():
                raise Stopped
            self._once(self._sleep_s())

    def _sleep_s(self) -> float:
        if not self._timers:
            return _LONGEST_SLEEP_S
        return min(_LONGEST_SLEEP_S, max(0.0, self._timers[0][0] - time.monotonic()))

    def _once(self, timeout_s: float) -> None:
        for key, _ in self._selector.select(timeout_s):
            now_there = self._selector.get_map().get(key.fd)
            if now_there is not None and now_there.fileobj is key.fileobj:  # not closed by an earlier callback
                now_there.data()
        now = time.monotonic()
        while self._timers and self._timers[0][0] <= now:
            heapq.heappop(self._timers)[2]()
