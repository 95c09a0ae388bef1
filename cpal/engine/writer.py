"""Writes that come to a server: accepted first, then brought to the targets, as many at once as wait.

    decide     each request's decision, on the estate that those before it led to; one that is wrong harms no other
    plan       the ops that all of it makes necessary at the targets: a conflict there is met before anything is kept
    accept     one revision a request, all in one transaction of the store: durable
    converge   the targets, in one transaction each; one that moved meanwhile is looked at again

Who wrote is answered when its revision is durable and its rows are in the backend's database. Where a target does not
answer, the revision stays accepted and `behind` says so; the loop brings it there as soon as it can. Only the first
write that a silent target meets waits for it: those after go on without, while a task asks whether it is there again.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import ChainMap
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

from cpal.core.plan import Reasons, raise_faults
from cpal.core.proposal import Proposal, faults_of
from cpal.core.rows import Op
from cpal.engine.run import Engine, targets_of
from cpal.engine.site import Site
from cpal.engine.store import Age, Entry
from cpal.engine.targets import rules_of
from cpal.engine.turn import POLL_S, awaited
from cpal.errors import LENIENT, Busy, CpalError, Moved, Unavailable, Unreachable
from cpal.model.estate import EMPTY, Change, Estate
from cpal.model.record import Key
from cpal.model.target import Target

Ages = Mapping[Key, Age]
"""How old each record is."""

Decide = Callable[[Estate, Ages, Collection[int]], Proposal]
"""What a request wants, of the estate as it is when its turn comes, of the ages of its records, and of the VNIs that
others have at the targets.

Raises an error of `cpal.errors` where it cannot be.
"""

MOST_AT_ONCE = 512
"""How many requests one transaction takes."""
ATTEMPTS = 5
"""How often a target that others keep changing is looked at again for one write."""
IDLE_S = 0.05
"""How long a target is kept from other writers while no request comes: to ask for it anew takes a round trip each."""
LONGEST_TURN_S = 1.0
"""How long it is kept from them while requests come."""
RETRY_S = 1.0
"""How long until a target that did not answer is tried again."""
FOLLOW_S = 3.0
"""How long what others accepted may go unseen while nobody asks."""
LOOK_S = 1.0
"""How long after others accepted something the targets are looked at: who did may have died before it was there."""

log = logging.getLogger(__name__)


class Written(NamedTuple):
    """What a request led to: the estate right after it, and the ages of the records that it made or changed."""

    estate: Estate
    ages: Ages


@dataclass(slots=True)
class _Request:
    decide: Decide
    actor: str
    words: str
    draws_vni: bool
    written: Written = field(default_factory=lambda: Written(EMPTY, {}))
    _done: asyncio.Future[Written] | None = None

    def answer(self) -> asyncio.Future[Written]:
        """What it comes to."""
        self._done = asyncio.get_running_loop().create_future()
        return self._done

    def end(self, error: Exception | None = None) -> None:
        """Tell who waits, once, what was written, or why nothing was.

        An error knows the frames that it came through, and those know this request. If it still knew the answer, which
        knows the error, nothing of that would go before a collection of cycles, which a server hardly ever makes.
        """
        done, self._done = self._done, None
        if done is None or done.done():
            return
        if error is None:
            done.set_result(self.written)
        else:
            done.set_exception(error)


class Writer:
    """The one who writes for a server. Run `run` beside it; `engine` is then this writer's to change.

    `refuse_away` has writes refused while a target does not answer, rather than accepted and brought there later.
    """

    def __init__(self, engine: Engine, refuse_away: bool = False) -> None:
        self._engine = engine
        self._refuse_away = refuse_away
        self._waiting: asyncio.Queue[_Request] = asyncio.Queue()
        self._turn_since: float | None = None
        self._unsettled = True
        self._look_at: float | None = None
        self._silent: dict[str, asyncio.Task[None]] = {}
        self.ages: dict[Key, Age] = engine.store.ages()
        """How old each record is."""
        self.behind = False
        """Whether a target does not hold yet what was accepted."""

    async def write(self, decide: Decide, actor: str, words: str, draws_vni: bool = False) -> Written:
        """What the change that `decide` wants led to, once it is durable and at the targets.

        Only where it `draws_vni`, the targets are asked for the VNIs that others have.

        Raises:
            CpalError: it cannot be, and nothing was changed.
        """
        request = _Request(decide, actor, words, draws_vni)
        self._waiting.put_nowait(request)
        return await request.answer()

    async def catch_up(self) -> None:
        """Bring the targets to what was accepted before this writer was there, as far as they answer.

        Raises:
            CpalError: a target cannot hold it as it is.
        """
        await self.write(lambda estate, ages, vnis: Proposal(()), "", "")

    async def run(self) -> None:
        """Write until cancelled; what is under way then is finished first."""
        try:
            while True:
                batch = await self._next()
                work = asyncio.ensure_future(self._take(batch))
                try:
                    await asyncio.shield(work)
                except asyncio.CancelledError:
                    await work
                    raise
        finally:
            for task in self._silent.values():
                task.cancel()

    async def _next(self) -> list[_Request]:
        """The requests that wait; none, when others may have the targets, or these are to be tried or looked at."""
        rest_s = IDLE_S if self._turn_since else RETRY_S if self.behind else LOOK_S if self._look_at else FOLLOW_S
        try:
            async with asyncio.timeout(rest_s):
                batch = [await self._waiting.get()]
        except TimeoutError:
            return []
        while len(batch) < MOST_AT_ONCE and not self._waiting.empty():
            batch.append(self._waiting.get_nowait())
        return batch

    async def _take(self, batch: Sequence[_Request]) -> None:
        try:
            if not batch or time.monotonic() - (self._turn_since or time.monotonic()) > LONGEST_TURN_S:
                await self._give_turns()
            if not batch:
                self.follow()
            if batch or self.behind or (self._look_at and time.monotonic() >= self._look_at):
                async with self._turn():
                    self._unsettled |= self._engine.store.changed_elsewhere()
                    if self._unsettled:
                        await self._engine.settle_open_revision()
                        self._take_in()
                        self._unsettled = False
                    await self._write(batch)
        except CpalError as error:
            _fail(batch, error)
        except Exception as error:
            log.exception("a write failed")
            _fail(batch, error)

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """The store's turn. Who has it needs the targets too; who waits for it gets it before us the next time."""
        turns = self._engine.store.turns
        async with AsyncExitStack() as stack:
            try:
                stack.enter_context(turns.turn(0))
            except Busy:
                await self._give_turns()
                await stack.enter_async_context(awaited(turns))
            yield
        if turns.is_awaited():
            await self._give_turns()
            await asyncio.sleep(2 * POLL_S)

    async def _give_turns(self) -> None:
        """Let others write at the targets."""
        self._turn_since = None
        for site in self._engine.sites():
            await site.backend.give_turn()

    def follow(self) -> None:
        """Take in what other processes accepted; while this one has the turn, that is nothing."""
        if self._engine.store.changed_elsewhere():
            self._unsettled = True
            self._take_in()

    def _take_in(self) -> None:
        """Take in what other processes accepted."""
        entries = self._engine.reload()
        for entry in entries:
            self._age(entry, dict(_aged(entry, self.ages)))
        if entries:
            self._look_at = time.monotonic() + LOOK_S

    def _age(self, entry: Entry, newer: Ages) -> None:
        """Note how old the records are after an entry, which makes some `newer`."""
        for change in entry.changes:
            if change.after is None:
                self.ages.pop(change.key, None)
        self.ages.update(newer)

    async def _write(self, batch: Sequence[_Request]) -> None:
        engine = self._engine
        before = engine.estate
        draws = any(request.draws_vni for request in batch) and not self._silent
        vnis = await engine.vnis_of_others() if draws else frozenset()
        decided: list[tuple[_Request, Entry]] = []
        estate, newer = before, dict[Key, Age]()
        for request in batch:
            try:
                entry, request.written = _decided(request, estate, ChainMap(newer, self.ages), vnis)
            except Exception as error:  # noqa: BLE001 whatever it is, it is this request's and no other's
                _fail([request], error)
            else:
                estate = request.written.estate
                newer.update(request.written.ages)
                decided.append((request, entry))
        changes = _merged([change for _, entry in decided for change in entry.changes])
        try:
            sites = await self._planned(before, estate, changes)
        except CpalError as error:
            if len(decided) > 1:
                for request, _ in decided:
                    await self._write([request])
            else:
                _fail([request for request, _ in decided], error)
            return
        entries = [entry for _, entry in decided if entry.changes]
        if entries:
            engine.accept(entries, estate)
            for request, entry in decided:
                self._age(entry, request.written.ages)
        await self._converge(sites, engine.estate)
        self._look_at = None
        for request, _ in decided:
            request.end()

    async def _planned(
        self, before: Estate, after: Estate, changes: Sequence[Change]
    ) -> list[tuple[Site, Sequence[Op]]]:
        """What is to be done at each target that answers.

        Raises:
            NotOwned, Outdated: a target cannot hold it as it is.
            Unreachable: a target does not answer, and writes are then to be refused.
        """
        self.behind = False
        planned: list[tuple[Site, Sequence[Op]]] = []
        for target in targets_of(before, after):
            if target.id in self._silent:
                self.behind = True
                self._refuse(target, changes)
                continue
            try:
                site = await self._engine.site(target)
                plan = await site.plan(before, after, changes, Reasons(changes, after), at_once=True)
            except Unavailable as error:
                self._fall_behind(target, error)
                self._refuse(target, changes)
            else:
                planned.append((site, plan.ops))
        return planned

    def _refuse(self, target: Target, changes: Sequence[Change]) -> None:
        """Refuse changes that a target which does not answer would get later, if that is wanted."""
        if changes and self._refuse_away:
            remedy = "try again when it answers; nothing was changed"
            raise Unreachable("the target does not answer", key=f'target "{target.name}"', remedy=remedy)

    async def _converge(self, sites: Sequence[tuple[Site, Sequence[Op]]], estate: Estate) -> None:
        for site, ops in sites:
            try:
                await self._bring(site, ops, estate)
            except CpalError as error:
                self._fall_behind(site.target, error)

    async def _bring(self, site: Site, ops: Sequence[Op], estate: Estate) -> None:
        """Do the ops, or, where the target moved, what it then takes."""
        for attempt in range(ATTEMPTS):
            if attempt:
                ops = (await site.plan(estate, estate, (), Reasons((), estate))).ops
            if not ops:
                site.accept(estate)
                return
            self._turn_since = self._turn_since or time.monotonic()
            try:
                await site.bring(ops, estate.revision)
            except (Moved, Busy):
                if attempt == ATTEMPTS - 1:
                    raise
            else:
                return
            finally:
                site.accept(estate)

    def _fall_behind(self, target: Target, error: CpalError) -> None:
        self.behind = True
        log.warning("target %s is behind: %s", target.name, error)
        if isinstance(error, Unavailable) and target.id not in self._silent:
            self._silent[target.id] = asyncio.create_task(self._await_answer(target))

    async def _await_answer(self, target: Target) -> None:
        """Wait until a silent target answers, then have it looked at by the next write."""
        while True:
            try:
                site = await self._engine.site(target)
                await site.backend.vnis_of_others()
            except CpalError:
                await asyncio.sleep(RETRY_S)
            else:
                break
        site.distrust()
        del self._silent[target.id]
        log.warning("target %s answers again", target.name)


def _decided(request: _Request, estate: Estate, ages: Ages, vnis: Collection[int]) -> tuple[Entry, Written]:
    """A request's changes as an entry of the log, and what they lead to."""
    proposal = request.decide(estate, ages, vnis)
    after = estate.replace(proposal.changes)
    raise_faults(fault for fault in faults_of(proposal, after, rules_of) if fault.cause not in LENIENT)
    entry = Entry(proposal.changes, request.actor, request.words, time.time())
    return entry, Written(after, dict(_aged(entry, ages)))


def _aged(entry: Entry, ages: Ages) -> Iterator[tuple[Key, Age]]:
    """The ages of the records that an entry makes or changes, after it."""
    for change in entry.changes:
        if change.after is not None:
            known = ages.get(change.key) if change.before is not None else None
            made, times = (known.created_at, known.changes) if known else (entry.at, 0)
            yield change.key, Age(made, entry.at, times + 1)


def _merged(changes: Sequence[Change]) -> list[Change]:
    """One change for each record that changes, however often."""
    found: dict[Key, Change] = {}
    for change in changes:
        known = found.get(change.key)
        found[change.key] = change if known is None else Change(known.before, change.after)
    return [change for change in found.values() if change.before is not change.after]


def _fail(batch: Sequence[_Request], error: Exception) -> None:
    for request in batch:
        request.end(error)
