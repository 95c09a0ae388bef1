"""An event loop in a thread of its own, for callers that wait: a prompt, a program without asyncio."""

from __future__ import annotations

import asyncio
import functools
import threading
from collections.abc import Coroutine
from concurrent import futures
from typing import Any, TypeVar

T = TypeVar("T")
LONGEST_SLEEP_S = 0.2
"""How long who waits sleeps at a time. A Ctrl-C that comes while Python has the thread fall asleep does not wake it: it
is seen when it wakes by itself. Source: CPython 3.11, `acquire_timed`, which looks for signals before it sleeps."""


@functools.cache
def _loop() -> asyncio.AbstractEventLoop:
    # lazy: to load it takes longer than most commands that need no loop
    import uvloop

    loop = uvloop.new_event_loop()
    threading.Thread(target=loop.run_forever, name="cpal devices", daemon=True).start()
    return loop


def wait(coroutine: Coroutine[Any, Any, T]) -> T:
    """What a coroutine gives; all of one process run in the same loop. Whoever breaks off the wait ends it."""
    future = asyncio.run_coroutine_threadsafe(coroutine, _loop())
    try:
        while not futures.wait((future,), timeout=LONGEST_SLEEP_S).done:
            pass
        return future.result()
    except BaseException:
        future.cancel()
        raise
