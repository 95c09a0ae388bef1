"""Targets that do not answer: which they are, and what was asked of them and goes on.

A database that hangs cannot be told from one that is busy, so what was asked of it is never taken back: it goes on, and
whoever asked hears after a while that there is no answer. From then on the target is silent, and nobody asks it for
anything but a sign of life, until all of that has ended and it gives one.

One that answers after all, but late, is waited for twice as long the next time: to read all rows of a large database
may take longer than a client is to wait, and must end some day.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Coroutine, Iterable
from contextlib import suppress
from typing import Any, TypeVar

from cpal.engine.run import Engine
from cpal.errors import CpalError, Invalid, TimedOut, Unavailable
from cpal.model.target import Target

RETRY_S = 1.0
"""How long until a target that did not answer is tried again."""
LONGEST = 8
"""So many times as long as usual a target is waited for at most."""

log = logging.getLogger(__name__)
T = TypeVar("T")


class Silence:
    """Of the targets of an engine, those that do not answer; `away_after_s` is how long they may usually take."""

    def __init__(self, engine: Engine, away_after_s: float) -> None:
        self._engine = engine
        self._away_after_s = away_after_s
        self._times: dict[str, int] = {}
        self._late: dict[str, list[asyncio.Future[Any]]] = {}
        self._awaited: dict[str, asyncio.Task[None]] = {}

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._awaited)

    def __contains__(self, target: Target) -> bool:
        """Whether a target is one of them."""
        return target.id in self._awaited

    async def in_time(self, target: Target, work: Coroutine[Any, Any, T]) -> T:
        """What work at a target comes to.

        Raises:
            TimedOut: it has not ended in time, and goes on; the target is silent.
            CpalError: as the work does.
        """
        return await self.watched(target, asyncio.ensure_future(work))

    def watched(self, target: Target, task: asyncio.Future[T]) -> asyncio.Future[T]:
        """What a task at a target comes to, raised as `in_time` does."""
        heard: asyncio.Future[T] = task.get_loop().create_future()
        times = self._times.get(target.id, 1)
        longest_s = times * self._away_after_s

        def late() -> None:
            self._times[target.id] = min(2 * times, LONGEST)
            self._late.setdefault(target.id, []).append(task)
            self.begin(target)
            if not heard.done():
                heard.set_exception(TimedOut(f"no answer within {longest_s:g} s", key=f'target "{target.name}"'))

        def ended(_: asyncio.Future[T]) -> None:
            timer.cancel()
            if heard.done():
                return
            self._times.pop(target.id, None)
            if task.cancelled():
                heard.cancel()
            elif error := task.exception():
                heard.set_exception(error)
            else:
                heard.set_result(task.result())

        timer = task.get_loop().call_later(longest_s, late)
        task.add_done_callback(ended)
        return heard

    def begin(self, target: Target) -> None:
        """Ask a target for nothing but a sign of life until it gives one."""
        if target not in self:
            self._awaited[target.id] = asyncio.create_task(self._await_answer(target))

    def end(self) -> None:
        """Wait for none of them any longer."""
        for task in [*self._awaited.values(), *(task for late in self._late.values() for task in late)]:
            task.cancel()

    async def vnis_of_others(self, targets: Iterable[Target]) -> frozenset[int]:
        """The VNIs that others have at those of the targets that answer."""
        found: set[int] = set()
        for target in targets:
            with suppress(Unavailable, Invalid):  # whoever needs the target says what is wrong with it
                if target not in self:
                    found.update(await self.in_time(target, self._vnis_of_others(target)))
        return frozenset(found)

    async def _vnis_of_others(self, target: Target) -> Collection[int]:
        return await (await self._engine.sites.of(target)).backend.vnis_of_others()

    async def _await_answer(self, target: Target) -> None:
        """Wait until all that was asked of a silent target has ended and it answers, then have it looked at."""
        late = self._late.setdefault(target.id, [])
        while late:
            await asyncio.wait(late[:1])
            _note(target, late.pop(0).exception())
        while True:
            with suppress(CpalError):
                await self._vnis_of_others(target)
                break
            await asyncio.sleep(RETRY_S)
        (await self._engine.sites.of(target)).distrust()
        del self._awaited[target.id]
        log.warning("target %s answers again", target.name)


def _note(target: Target, error: BaseException | None) -> None:
    """Log how something ended of which nobody hears any longer, where nobody foresaw it."""
    if error is not None and not isinstance(error, CpalError):
        log.error("target %s: what it was late with failed", target.name, exc_info=error)
