"""Writes that come to a server: accepted first, then brought to the targets, as many at once as wait.

    decide     each request's decision, on the estate that those before it led to; one that is wrong harms no other
    plan       the ops that all of it makes necessary at the targets: a conflict there is met before anything is kept
    accept     one revision a request, all in one transaction of the store: durable
    converge   the targets, in one transaction each; one that moved meanwhile is looked at again

While one batch converges, what comes is decided, planned on what the target then will hold, and accepted: the target
and the disk are never waited for one after the other by those who come one after the other. Where the target turns out
otherwise, what was accepted since is brought there with what it takes then.

Who wrote is answered when its revision is durable and its rows are in the backend's database. Where a target does not
answer, the revision stays accepted and `behind` says so; the loop brings it there as soon as it can. Only the first
write that a silent target meets waits for it: those after go on without, while a task asks whether it is there again.
So it is where bringing it there fails in a way that nobody foresaw: an error tells a client that nothing was accepted.

All rows of a target are looked at now and then, lest an event that was lost hide for ever: a few at a time, beside all
else, so that nobody waits for it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from cpal.core.plan import Reasons, TargetPlan
from cpal.core.proposal import Proposal
from cpal.core.rows import Op
from cpal.engine.accepted import Accepted
from cpal.engine.request import Ages, AgesAfter, Decide, Request, Written, aged, decided, merged
from cpal.engine.run import Engine
from cpal.engine.silence import RETRY_S, Silence
from cpal.engine.site import Site
from cpal.engine.sites import targets_of
from cpal.engine.store import Age, Entry
from cpal.engine.turn import POLL_S, Turns, awaited, entered
from cpal.errors import Busy, CpalError, Moved, Unavailable, Unreachable
from cpal.model.estate import Change, Estate
from cpal.model.record import Key
from cpal.model.target import Target

MOST_AT_ONCE = 512
"""How many requests one transaction takes."""
FEW = 4
"""So many are not divided between a transaction under way and one in the making: each has its own cost."""
ATTEMPTS = 5
"""How often a target that others keep changing is looked at again for one write."""
IDLE_S = 0.05
"""How long a target is kept from other writers while no request comes: to ask for it anew takes a round trip each."""
LONGEST_TURN_S = 5.0
"""How long it is kept from them while requests come: to let go of it has all who wait meanwhile wait longer."""
AWAY_AFTER_S = 10.0
"""How long a target may take before it counts as away."""
FOLLOW_S = 3.0
"""How long what others accepted may go unseen while nobody asks."""
LOOK_S = 1.0
"""How long after others accepted something the targets are looked at: who did may have died before it was there."""
LOOK_EACH_S = 60.0
"""How long at least from one look at all rows of the targets to the next."""
LOOK_SHARE = 100
"""Of how much time one part may go into such looks."""

log = logging.getLogger(__name__)


class Writer:
    """The one who writes for a server. Run `run` beside it; `engine` is then this writer's to change.

    `refuse_away` has writes refused while a target does not answer, rather than accepted and brought there later; one
    that is silent for `away_after_s` does not.
    """

    def __init__(self, engine: Engine, refuse_away: bool = False, away_after_s: float = AWAY_AFTER_S) -> None:
        self._engine = engine
        self._refuse_away = refuse_away
        self._silence = Silence(engine, away_after_s)
        self._waiting: deque[Request] = deque()
        self._news: asyncio.Future[None] | None = None
        self._enough = 1
        self._under_way: asyncio.Future[bool] | None = None
        self._ends = False
        self._has_turn = False
        self._turn_since: float | None = None
        self._unsettled = True
        self._look_from: float | None = None
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
        request = Request(decide, actor, words, draws_vni)
        self._waiting.append(request)
        if len(self._waiting) >= self._enough:
            self._tell()
        return await request.answer()

    async def catch_up(self) -> None:
        """Bring the targets to what was accepted before this writer was there, as far as they answer.

        Raises:
            CpalError: a target cannot hold it as it is.
        """
        await self.write(lambda estate, ages, vnis: Proposal(()), "", "")

    async def run(self) -> None:
        """Write until cancelled; what is under way then is finished first."""
        looking, writing = asyncio.create_task(self._look()), asyncio.create_task(self._write_all())
        try:
            await asyncio.shield(writing)
        except asyncio.CancelledError:
            self._ends = True
            self._tell()
            await writing
            raise
        finally:
            looking.cancel()
            self._silence.end()

    async def _write_all(self) -> None:
        """Write what comes until it is to end."""
        while not self._ends:
            await self._take(await self._next())

    async def _next(self) -> list[Request]:
        """The requests that wait; none, when others may have the targets, or these are to be tried or looked at."""
        if not self._waiting:
            rest_s = IDLE_S if self._turn_since else RETRY_S if self.behind else LOOK_S if self._look_from else FOLLOW_S
            rested = asyncio.get_running_loop().call_later(rest_s, self._tell)
            await self._hear(1)
            rested.cancel()
        return self._taken()

    async def _hear(self, enough: int) -> None:
        """Return when so many requests wait, or something else is new."""
        self._enough, self._news = enough, asyncio.get_running_loop().create_future()
        await self._news

    def _tell(self, _: object = None) -> None:
        """Let who listens know that something is new."""
        if self._news is not None and not self._news.done():
            self._news.set_result(None)

    def _taken(self, under_way: int = 0) -> list[Request]:
        """Requests that wait, at most as many as one transaction takes.

        Half of all, with those under way, so that the other half is under way meanwhile, or is made ready for it.
        """
        half = (len(self._waiting) + under_way + 1) // 2
        return [self._waiting.popleft() for _ in range(min(MOST_AT_ONCE, len(self._waiting), max(FEW, half)))]

    async def _take(self, batch: Sequence[Request]) -> None:
        """Write what waits; where nothing does, see to what is owed to the targets."""
        with _told(batch):
            if self._ends and not batch:
                return
            if not batch or time.monotonic() - (self._turn_since or time.monotonic()) > LONGEST_TURN_S:
                await self._give_turns()
            if not batch:
                self.follow()
            if batch or self.behind or (self._look_from and time.monotonic() >= self._look_from):
                await self._take_turn(batch)

    async def _take_turn(self, batch: Sequence[Request]) -> None:
        """Write, once it is our turn, on what others did before."""
        turns = self._engine.store.turns
        with await self._turn(turns):
            self._has_turn = True
            try:
                self._unsettled |= self._engine.store.changed_elsewhere()
                if self._unsettled:
                    await self._engine.settle_open_revision()
                    self._take_in()
                    self._unsettled = False
                await self._write_on(batch)
            finally:
                self._has_turn = False
        if turns.is_awaited():
            await self._give_turns()
            await asyncio.sleep(2 * POLL_S)

    async def _turn(self, turns: Turns) -> ExitStack:
        """The store's turn. Who has it needs the targets too; who waits for it gets it before us the next time."""
        try:
            return entered(turns.turn(0))
        except Busy:
            await self._give_turns()
            return await awaited(turns)

    async def _look(self) -> None:
        """Look at all rows of the targets of which writes rest on what was seen before; have drift mended."""
        while True:
            started = time.monotonic()
            for site in [site for site in self._engine.sites.opened if site.may_overlap]:
                with self._or_behind(site):
                    await self._look_at(site)
            await asyncio.sleep(max(0, started + LOOK_EACH_S - time.monotonic()))

    async def _look_at(self, site: Site) -> None:
        """Look at all rows of a target, a few at a time; where one is not as remembered, have it seen to at once.

        It may be that another server changed it, of which this one hears from the store: the look then goes on.
        """
        more = True
        while more and site.may_overlap:
            started = time.monotonic()
            try:
                more = await site.backend.look()
            except Moved:
                self._look_from = started
                self._tell()
                await asyncio.sleep(LOOK_S)
            else:
                await asyncio.sleep(LOOK_SHARE * (time.monotonic() - started))

    async def _give_turns(self) -> None:
        """Let others write at the targets."""
        self._turn_since = None
        for site in self._engine.sites.opened:
            if site.target not in self._silence:
                with self._or_behind(site):
                    await self._silence.in_time(site.target, site.backend.give_turn())

    def follow(self) -> None:
        """Take in what other processes accepted; while this one has the turn, that is nothing."""
        if not self._has_turn and self._engine.store.changed_elsewhere():
            self._unsettled = True
            self._take_in()

    def _take_in(self) -> None:
        """Take in what other processes accepted."""
        entries = self._engine.reload()
        for entry in entries:
            self._age(entry, dict(aged(entry, self.ages)))
        if entries:
            self._look_from = time.monotonic() + LOOK_S

    def _age(self, entry: Entry, newer: Ages) -> None:
        """Note how old the records are after an entry, which makes some `newer`."""
        for change in entry.changes:
            if change.after is None:
                self.ages.pop(change.key, None)
        self.ages.update(newer)

    async def _write_on(self, requests: Sequence[Request]) -> None:
        """Write what waits, and what comes while that is brought to the target, while more does and we may."""
        accepted = await self._accepted(requests)
        while accepted.overlaps:
            if (under_way := self._begun(accepted)) is None:
                accepted = accepted.joined()
                break
            requests = await self._meanwhile(under_way, len(accepted.requests))
            more = await self._accepted(requests) if requests else None
            if not await self._arrived(accepted, under_way):
                accepted = accepted.joined(more)
                break
            if more is None:
                return
            accepted = more
        await self._converge(accepted)

    def _begun(self, accepted: Accepted) -> asyncio.Future[bool] | None:
        """What brings accepted requests to their target, and is so far that those after them can be planned.

        None where it could not begin: the target is then behind.
        """
        [(site, planned)] = accepted.ops.items()
        ops = planned or ()
        self._turn_since = self._turn_since or time.monotonic()
        with self._or_behind(site):
            site.accept(self._engine.estate)
            site.begin(ops)
            arrival = asyncio.create_task(self._arrives(accepted, site, ops))
            self._under_way = self._silence.watched(site.target, arrival)
            self._under_way.add_done_callback(self._tell)
            return self._under_way
        return None

    async def _arrives(self, accepted: Accepted, site: Site, ops: Sequence[Op]) -> bool:
        """Bring ops to the target and answer; whether that was so. Else it has moved, or is behind."""
        with self._or_behind(site):
            try:
                await site.bring(ops, accepted.revision)
            except (Moved, Busy):
                return False
            self._answer(accepted)
            return True
        return False

    async def _arrived(self, accepted: Accepted, under_way: asyncio.Future[bool]) -> bool:
        """Whether what is under way has arrived, once that is known or it is late."""
        [site] = accepted.ops
        arrived = False
        with self._or_behind(site):
            arrived = await under_way
        self._under_way = None
        return arrived

    async def _meanwhile(self, under_way: asyncio.Future[bool], many: int) -> list[Request]:
        """What waits once as many do as are under way, or those have arrived; none, where others are to have a turn."""
        while len(self._waiting) < many and not under_way.done():
            await self._hear(many)
        is_late = time.monotonic() - (self._turn_since or time.monotonic()) > LONGEST_TURN_S
        if is_late or (self._waiting and self._is_awaited()):
            return []
        return self._taken(0 if under_way.done() else many)

    def _is_awaited(self) -> bool:
        """Whether others wait for the turn. A store that cannot tell may have given it to them: the same is to be done.

        What is under way is accepted, so nothing of it may fail by that; who waits hears it from the next turn.
        """
        try:
            return self._engine.store.turns.is_awaited()
        except CpalError:
            return True

    async def _accepted(self, requests: Sequence[Request]) -> Accepted:
        """Requests decided, planned and accepted; those that cannot be are told so."""
        with _told(requests):
            return await self._accept(requests)
        return Accepted((), {}, self._engine.estate.revision)

    async def _accept(self, requests: Sequence[Request]) -> Accepted:
        """Raises: whatever stands in the way of all of them; nothing is accepted."""
        engine = self._engine
        before = engine.estate
        found, estate = await self._decided(requests, before)
        try:
            ops = await self._planned(
                before, estate, merged([change for _, entry in found for change in entry.changes])
            )
        except CpalError:
            if len(found) == 1:
                raise
            await self._landed()
            for request, _ in found:
                await self._converge(await self._accepted([request]))
            return Accepted((), {}, before.revision)
        entries = [entry for _, entry in found if entry.changes]
        if entries:
            alone = len(requests) == 1 and (self._under_way is None or self._under_way.done())
            await engine.accept(entries, estate, aside=not alone)
            for request, entry in found:
                self._age(entry, request.written.ages)
        return Accepted([request for request, _ in found], ops, engine.estate.revision)

    async def _landed(self) -> None:
        """Return when nothing is under way to a target."""
        if self._under_way is not None:
            await asyncio.wait([self._under_way])

    async def _decided(self, requests: Sequence[Request], estate: Estate) -> tuple[list[tuple[Request, Entry]], Estate]:
        """The requests that can be, with their changes, and the estate they lead to; others are told why not."""
        draws = any(request.draws_vni for request in requests)
        vnis = await self._silence.vnis_of_others(estate.all(Target)) if draws else frozenset()
        found: list[tuple[Request, Entry]] = []
        newer = dict[Key, Age]()
        for request in requests:
            try:
                entry, request.written = decided(request, estate, AgesAfter(newer, self.ages), vnis)
            except Exception as error:  # noqa: BLE001 whatever it is, it is this request's and no other's
                request.end(error)
            else:
                estate = request.written.estate
                newer.update(request.written.ages)
                found.append((request, entry))
        return found, estate

    async def _planned(self, before: Estate, after: Estate, changes: Sequence[Change]) -> dict[Site, Sequence[Op]]:
        """What is to be done at each target that answers.

        Raises:
            NotOwned, Outdated, Unsupported: a target cannot hold it as it is.
            Unreachable: a target does not answer, and writes are then to be refused.
        """
        if any(change.key.kind == Target.kind for change in changes):
            await self._landed()
        self.behind = False
        planned: dict[Site, Sequence[Op]] = {}
        for target in targets_of(before, after):
            if target in self._silence:
                self.behind = True
                self._refuse(target, changes)
                continue
            try:
                site, plan = await self._plan(target, before, after, changes)
            except Unavailable as error:
                self._fall_behind(target, error)
                self._refuse(target, changes)
            else:
                planned[site] = plan.ops
        return planned

    async def _plan(
        self, target: Target, before: Estate, after: Estate, changes: Sequence[Change]
    ) -> tuple[Site, TargetPlan]:
        why, site = Reasons(changes, after), self._engine.sites.at_hand(target)
        plan = None if site is None else site.plan_at_hand(before, after, changes, why)
        if site is not None and plan is not None:
            return site, plan
        return await self._silence.in_time(target, self._plan_asking(target, before, after, changes, why))

    async def _plan_asking(
        self, target: Target, before: Estate, after: Estate, changes: Sequence[Change], why: Reasons
    ) -> tuple[Site, TargetPlan]:
        site = await self._engine.sites.of(target)
        return site, await site.plan(before, after, changes, why)

    def _refuse(self, target: Target, changes: Sequence[Change]) -> None:
        """Refuse changes that a target which does not answer would get later, if that is wanted."""
        if changes and self._refuse_away:
            remedy = "try again when it answers; nothing was changed"
            raise Unreachable("the target does not answer", key=f'target "{target.name}"', remedy=remedy)

    async def _converge(self, accepted: Accepted) -> None:
        """Bring accepted requests to their targets, one after another, and answer."""
        for site, ops in accepted.ops.items():
            with self._or_behind(site):
                await self._bring(site, ops, self._engine.estate)
        self._answer(accepted)

    def _answer(self, accepted: Accepted) -> None:
        self._look_from = None
        for request in accepted.requests:
            request.end()

    async def _bring(self, site: Site, ops: Sequence[Op] | None, estate: Estate) -> None:
        """Do the ops, or, where the target moved or was not where they begin, what it then takes."""
        site.accept(estate)
        for attempt in range(0 if site.target in self._silence else ATTEMPTS):
            if ops is None:
                plan = site.plan(estate, estate, (), Reasons((), estate))
                ops = (await self._silence.in_time(site.target, plan)).ops
                site.accept(estate)
            if not ops:
                return
            self._turn_since = self._turn_since or time.monotonic()
            try:
                await self._silence.in_time(site.target, site.bring(ops, estate.revision))
            except (Moved, Busy):
                if attempt == ATTEMPTS - 1:
                    raise
                ops = None
            else:
                return

    @contextmanager
    def _or_behind(self, site: Site) -> Iterator[None]:
        """Note that a target is behind, whatever went wrong: what was accepted stays so, and the loop tries again."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 what nobody foresaw is logged there
            site.distrust()
            self._fall_behind(site.target, error)

    def _fall_behind(self, target: Target, error: Exception) -> None:
        self.behind = True
        foreseen = isinstance(error, CpalError)
        log.log(
            logging.WARNING if foreseen else logging.ERROR,
            "target %s is behind: %s", target.name, error or type(error).__name__, exc_info=None if foreseen else error,
        )  # fmt: skip
        if isinstance(error, Unavailable):
            self._silence.begin(target)


@contextmanager
def _told(requests: Sequence[Request]) -> Iterator[None]:
    """Tell requests of which nothing was accepted what went wrong; what nobody foresaw goes to the log too."""
    try:
        yield
    except Exception as error:
        if not isinstance(error, CpalError):
            log.exception("a write failed")
        for request in requests:
            request.end(error)
