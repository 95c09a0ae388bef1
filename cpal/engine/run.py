"""The loop: from changes of records to a plan, from a plan to the backend, and back to what is so. Read top to bottom.

    plan     changes -> estate after -> faults? can the targets hold it? -> rows wanted -> rows seen -> ops
             -> what opens and closes
    apply    my turn -> settle what a dead process left -> plan again: the same? -> propose -> backends -> accept
             -> verify

The decision. A revision is proposed in the store. Where one transaction at one target is all that there is to do, its
number is written there in the same transaction: whoever finds a proposed revision that no living process holds asks the
target, and one that carries the number (or a later one) proves that the commit happened. Else it is a joint commit
(`engine.joint`), which is decided by the store alone. So a process that is killed at any moment leaves the old state or
the new, and the next run knows which.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import ExitStack, asynccontextmanager, suppress
from pathlib import Path
from types import TracebackType

from msgspec.structs import replace

from cpal.core.plan import Handover, Plan, Reasons, TargetPlan, raise_faults, refuse_taken_vnis
from cpal.core.proposal import Proposal, faults_of
from cpal.engine.adoption import Keepsakes, adopted_target, leaving, refuse_adoption, refuse_release
from cpal.engine.joint import AT_ONCE, Joint, Report, Rollout, Share, is_one_transaction, roll_forward, take_back
from cpal.engine.places import opened
from cpal.engine.sites import Sites, targets_of
from cpal.engine.status import Status
from cpal.engine.store import Entry, Store
from cpal.engine.targets import rules_of
from cpal.errors import LENIENT, CpalError, Disk, Fault, Moved, NotFound, Partial, Unavailable
from cpal.model.estate import EMPTY, Change, Estate
from cpal.model.network import Network
from cpal.model.record import Part
from cpal.reach.compare import difference


class Outcome(Part, frozen=True):
    """What an apply did: the accepted revision, and how many ops at each target."""

    revision: int
    ops: dict[str, int]


class Engine:
    """One store and the targets that its records are realised on.

    Use it as an asynchronous context manager; `home` is the directory that holds the store.
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        self.store = Store(opened(home, "store.db", "cpal"))
        self.estate = self.store.estate()
        self.keepsakes = Keepsakes(home / "adopted")
        self.sites = Sites(self.store.owner, home)
        self.status = Status(self.sites, lambda: self.estate)
        self._planned: tuple[Estate, tuple[Change, ...], Estate] = (self.estate, (), self.estate)

    async def __aenter__(self) -> Engine:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Let go of the targets and the store."""
        await self.sites.close()
        self.store.close()

    def faults(self, proposal: Proposal) -> tuple[Fault, ...]:
        """Everything that is wrong with a proposal: in itself, with the estate after it, or for the targets."""
        after = self.estate.replace(proposal.changes)
        found = faults_of(proposal, after, rules_of)
        if not found:
            self._planned = (self.estate, proposal.changes, after)
        return found

    async def plan(self, changes: Sequence[Change] = (), prove: bool = True, handover: Handover = "") -> Plan:
        """What would change if the changes were made: also the repair of whatever drifted.

        A `handover` is to take over rows of others that stand for what is wanted, or to let go of those that are not
        wanted any more: then nothing else may be to do.

        Raises:
            Faults: the estate would not be right, or a target cannot hold it; all reasons at once.
            Conflict: something cannot be let go of, or is not as declared.
            NotOwned: a row that is wanted exists at a target and is not cpal's.
            Unreachable, TimedOut: a target does not answer.
        """
        changes = tuple(changes)
        after = self._after(changes, LENIENT if handover == "adopt" else ())
        targets = targets_of(self.estate, after)
        if not targets and after.count(Network):
            raise NotFound("there is no target to realise networks on", remedy="run `cpal lab up`, or declare a target")
        sites, silent = await self.sites.reached(targets, after)
        for site in sites if not handover and any(change.key.kind == "network" for change in changes) else ():
            raise_faults(refuse_taken_vnis(changes, site.target, await site.backend.vnis_of_others(), after))
        why = Reasons(changes, after)
        planned = [await site.plan(self.estate, after, changes, why, handover=handover) for site in sites]
        plan = Plan(self.estate.revision, changes, tuple(planned), abandoned=silent, handover=handover)
        if handover == "release":
            refuse_release(plan, after)
        return _proved(plan, self.estate, after) if prove else plan

    async def apply(
        self, plan: Plan, actor: str, words: str, report: Report = lambda _: None, rollout: Rollout = AT_ONCE
    ) -> Outcome:
        """Make a plan true, or nothing of it.

        Raises:
            Moved: the store or a target is no longer as the plan saw it; nothing was changed.
            Unsupported: a target cannot commit with the others, or adopt with them; nothing was changed.
            Partial: the connection was lost and it is not known whether the target committed; the next run finds out.
            Unverified: applied, but the target does not hold what was applied.
            Busy: another process has been writing all the time.
        """
        with self.store.turns.turn():
            await self.settle_open_revision(report)
            self.reload()
            report("checking that nothing moved since the plan")
            await self._refuse_moved(plan)
            number, before = plan.revision, self.estate
            shares = await self._shares(plan)
            alone = is_one_transaction(shares, rollout)
            if plan.handover == "adopt" and not alone:
                refuse_adoption(shares)
            if plan.changes:
                number = self.store.propose(plan.changes, time.time(), actor, words, not alone, plan.handover)
            if alone:
                await self._commit(shares[0], plan, number, report)
            else:
                await self._commit_jointly(Joint(shares, number, before, rollout, report), plan, number)
            self.estate = self._after(plan.changes).replace((), number)
            for site in self.sites.opened:
                site.accept(self.estate)
            report("verifying")
            await self._verify(plan)
        return Outcome(self.estate.revision, {target.target: len(target.ops) for target in plan.targets})

    async def catch_up(self, report: Report = lambda _: None) -> None:
        """Take in what other processes did: decide a revision that a dead one left, and load the accepted records.

        Without an open revision this asks no target and waits for nobody.

        Raises:
            Busy: another process is writing all the time.
            Unreachable: a target that knows whether a revision was committed does not answer.
        """
        if self.store.revisions(state="proposed") or self.store.confirming():
            with self.store.turns.turn():
                await self.settle_open_revision(report)
        self.reload()

    def reload(self) -> list[Entry]:
        """Take in what other processes accepted: the entries of the log that are new, oldest first."""
        found = self.store.since(self.estate.revision)
        for number, entry in found:
            before, self.estate = self.estate, self.estate.replace(entry.changes, number)
            for site in self.sites.opened:
                site.follow(before, self.estate, entry.changes)
        return [entry for _, entry in found]

    async def accept(self, entries: Sequence[Entry], estate: Estate, aside: bool = False) -> None:
        """Take in revisions whose changes lead to `estate`, one after another, before any target has them.

        The caller holds the turn. To wait `aside` for the disk costs a thread's work, and lets others go on meanwhile.

        Raises:
            AlreadyTaken: another record holds something that one claims; nothing is accepted.
            Disk: the store cannot be written.
        """
        with ExitStack() as stack:
            number = stack.enter_context(self.store.recording(entries))
            if aside:
                await asyncio.to_thread(stack.close)
        self.estate = estate.replace((), number)

    async def settle_open_revision(self, report: Report = lambda _: None) -> None:
        """Decide a revision that a dead process left proposed. The caller holds the turn.

        Raises:
            Unreachable: a target that knows whether it was committed does not answer.
        """
        for revision in self.store.revisions(state="proposed"):
            report(f"settling revision {revision.number}, which was interrupted")
            estate = self.store.estate()
            after = estate.replace(self.store.changes(revision.number))
            asked, _ = await self.sites.reached(targets_of(estate, after), after)
            if self.store.is_joint(revision.number):
                for site in asked:
                    await take_back(site, revision.number, estate)
                self.store.reject(revision.number)
            elif any([await site.holds(revision.number) for site in asked]):
                self.store.accept(revision.number)
            else:
                self.store.reject(revision.number)
        if self.store.confirming():
            report(f"confirming revision {self.store.confirming()}, which was decided")
            with suppress(Partial):  # who plans for the target that is silent hears of it
                await self._confirm_open_revision()

    async def _confirm_open_revision(self, first: CpalError | None = None) -> None:
        """Bring every target to a joint revision that is decided. The caller holds the turn.

        Raises:
            Partial: one is not there yet.
        """
        number, after = self.store.confirming(), self.store.estate()
        changes = self.store.changes(number)
        before = after.replace(Change(change.after, change.before) for change in changes)
        faults = []
        for target in targets_of(before, after):
            try:
                site = await self.sites.of(target)
                await roll_forward(site, number, before, after, changes, self.store.handover(number))
            except CpalError as error:
                faults.append(f"{target.name}: {error.message}")
        if faults:
            what = f"revision {number} is decided, but not confirmed everywhere: {'; '.join(faults)}"
            raise Partial(what, remedy="`cpal apply` goes on from there") from first
        self.store.confirmed()

    def _after(self, changes: tuple[Change, ...], lenient: Collection[str] = ()) -> Estate:
        """The estate after the changes; asked again for those of the last plan, the same one.

        Faults of a `lenient` cause pass: they are of what somebody else let be.

        Raises:
            Faults: it would not be right, or a target cannot hold it.
        """
        before, known, _ = self._planned
        if before is not self.estate or known is not changes:
            found = self.faults(Proposal(changes))
            raise_faults(fault for fault in found if fault.cause not in lenient)
            self._planned = (self.estate, changes, self.estate.replace(changes)) if found else self._planned
        return self._planned[2]

    async def _refuse_moved(self, plan: Plan) -> None:
        if plan.revision != self.estate.revision:
            raise Moved(
                f"the estate is at revision {self.estate.revision}, the plan was made at {plan.revision}",
                remedy="plan again; nothing was changed",
            )
        now = {target.target: target for target in (await self.plan(plan.changes, False, plan.handover)).targets}
        planned = {target.target: target for target in plan.targets}
        for name in sorted(now.keys() | planned.keys()):
            if name not in now or name not in planned or not planned[name].rests_on_the_same(now[name]):
                raise Moved("the target changed since the plan", key=name, remedy="plan again; nothing was changed")

    async def _shares(self, plan: Plan) -> list[Share]:
        """What each target has to do: those with nothing to do are left alone, unless there is no other."""
        targets = {target.name: target for target in targets_of(self.estate, self.estate.replace(plan.changes))}
        alone = len(plan.targets) == 1 and bool(plan.changes)
        return [
            Share(await self.sites.of(targets[planned.target]), planned.ops)
            for planned in plan.targets
            if planned.ops or alone
        ]

    async def _commit(self, share: Share, plan: Plan, number: int, report: Report) -> None:
        """Apply in one transaction at one target, with the revision's number."""
        target, backend = share.site.target, share.site.backend
        report(f"applying {len(share.ops)} rows to {target.name}")
        async with self._decided(plan, number):
            if plan.handover == "adopt":
                self.keepsakes.write(target, await backend.keepsake(share.ops, self.keepsakes.read(target)))
            await share.site.commit(share.ops, number)

    async def _commit_jointly(self, joint: Joint, plan: Plan, number: int) -> None:
        """Apply at all targets, or at none.

        Raises:
            Partial: it is decided, and a device is not told yet; the next run does.
        """

        def decide() -> None:
            if plan.changes:
                self.store.accept(number, plan.changes, confirming=True)

        try:
            await joint.run(decide, self.home)
        except Partial:
            raise  # it stays open, and whoever comes next brings back what is not
        except CpalError:
            self._reject(plan, number)
            raise
        try:
            await joint.confirm()
        except CpalError as error:
            if not plan.changes:
                raise
            await self._confirm_open_revision(error)
        else:
            with suppress(Disk, Unavailable):  # it is done; whoever comes next confirms it again, and notes that
                self.store.confirmed()

    async def release(self, actor: str, words: str, report: Report = lambda _: None) -> Outcome:
        """Give back what was adopted at a target, as it was before; the records leave the store.

        Raises:
            NotFound: nothing was adopted.
            Partial, Moved, Busy, Unreachable: as `apply`.
        """
        with self.store.turns.turn():
            await self.settle_open_revision(report)
            self.reload()
            target = adopted_target(self.estate, self.keepsakes)
            plan = Plan(self.estate.revision, tuple(leaving(self.estate)), (TargetPlan(target.name, ()),))
            number = self.store.propose(plan.changes, time.time(), actor, words, handover="release")
            report(f"giving back what was adopted at {target.name}")
            site = await self.sites.of(target)
            site.distrust()
            async with self._decided(plan, number):
                await site.backend.release(self.keepsakes.read(target), number)
            self.keepsakes.drop(target)
            self.estate = self.store.estate()
        return Outcome(number, {target.name: 0})

    @asynccontextmanager
    async def _decided(self, plan: Plan, number: int) -> AsyncIterator[None]:
        """A commit in one transaction, which decides of the revision: accepted or rejected, as the target has it."""
        try:
            yield
        except (Partial, Unavailable) as error:
            await self._settle_after(error, plan, number)
        except CpalError:
            self._reject(plan, number)
            raise
        else:
            if plan.changes:
                self.store.accept(number, plan.changes)

    def _reject(self, plan: Plan, number: int) -> None:
        if plan.changes:
            self.store.reject(number)

    async def _settle_after(self, error: CpalError, plan: Plan, number: int) -> None:
        """The connection was lost during the commit: ask the target what happened, else leave it to the next run."""
        if not plan.changes:
            raise error
        try:
            await self.settle_open_revision()
        except Unavailable:
            raise Partial(
                f"it is not known whether revision {number} was committed: {error.message}",
                key=error.key or ", ".join(target.target for target in plan.targets),
                remedy="run the same command again; it settles this first",
            ) from error
        if self.store.revision(number).state != "accepted":
            raise error

    async def _verify(self, plan: Plan) -> None:
        ops = {target.target: target.ops for target in plan.targets}
        sites, _ = await self.sites.reached(targets_of(EMPTY, self.estate), self.estate)
        for site in sites:
            await site.verify(self.estate, ops.get(site.target.name, ()))


def _proved(plan: Plan, before: Estate, after: Estate) -> Plan:
    """The plan with what it opens and closes."""
    if not plan.changes:
        return plan
    found = difference(before, after)
    return replace(plan, opens=found.opened, closes=found.closed, unproved=found.unproved)
