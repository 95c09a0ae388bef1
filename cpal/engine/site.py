"""One target as the engine works on it: the connection, the rows wanted kept in step, the rows last seen."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace

from cpal.core.diff import diff
from cpal.core.driver import Backend, Seen
from cpal.core.plan import Caused, Handover, Reasons, TargetPlan, plan_rows, plan_target, released
from cpal.core.proposal import keeps_unbound
from cpal.core.realise import share
from cpal.core.rows import Op, Row, RowKey, RowsAhead, is_same
from cpal.core.view import Delta, Rendering
from cpal.engine.targets import rules_of
from cpal.errors import Outdated, Unverified
from cpal.model.estate import Change, Estate
from cpal.model.target import Target

SHARES = 3
"""Of how many estates it is known what a target realises: before and after a plan, and then accepted."""
MOST_VERIFIED = 1000
"""How many ops are verified one by one; after more, all rows are observed and compared."""


class Site:
    """What is known of one target; its rendering follows the accepted estate, so that a plan renders changes alone.

    While the target is known to hold exactly what the estate wants, and nobody else touches it, a plan costs what the
    change costs. Else all rows are observed and compared.
    """

    def __init__(self, target: Target, backend: Backend) -> None:
        self.target = target
        self.backend = backend
        self._rendering = Rendering(backend.rules.render, backend.rules.singletons)
        self._delta: Delta | None = None
        self._seen: Seen | None = None
        self.in_step = False
        """Whether the target is known to hold what the estate wants, as far as nobody else touches it."""
        self._landed = asyncio.Event()
        self._landed.set()
        self._ahead: dict[RowKey, Row | None] = {}
        self._theirs: dict[RowKey, tuple[Row | None, Row | None]] = {}
        self._theirs_at = 0
        self._shares: list[tuple[Estate, Estate]] = []

    def _share(self, estate: Estate) -> Estate:
        """What of an estate this target realises; the same object for the same estate, as long as it is in use."""
        for known, found in self._shares:
            if known is estate:
                return found
        found = share(estate, self.target.name, keeps_unbound(rules_of))
        self._shares = [(estate, found), *self._shares[: SHARES - 1]]
        return found

    def _own(self, before: Estate, after: Estate, changes: Sequence[Change]) -> tuple[Estate, Estate, Sequence[Change]]:
        """The same of what this target realises."""
        mine, next = self._share(before), self._share(after)
        return mine, next, changes if mine is before and next is after else mine.changes_to(next)

    async def plan(
        self, before: Estate, after: Estate, changes: Sequence[Change], why: Reasons, handover: Handover = ""
    ) -> TargetPlan:
        """The ops that make the target hold `after`, which is `before` with the changes.

        A `handover` is to take over rows of others that stand for what is wanted, or to let go of those that are not.

        Raises:
            NotOwned: a row that is wanted exists there and is not cpal's.
            Outdated: a newer cpal keeps the target.
            Unsupported: the target runs a release that is too old for one of them.
            Unreachable, TimedOut: the target does not answer.
        """
        before, after, delta = self._proposed(before, after, changes)
        caused, rules = delta.rows, self.backend.rules
        await self._take_in_theirs(before.revision)
        gone = after.get(Target, self.target.id) is None
        remembers = self.in_step and not (gone or handover)
        if remembers and self._landed.is_set():
            self._seen, self._ahead = await self.backend.recall(), {}
        recalled = self._recalled() if remembers else None
        if recalled is not None:
            return await self._worded(plan_rows(self.target, caused, recalled, rules, why))
        await self._landed.wait()
        wanted = {} if gone else self._wanted()
        self._seen, self._ahead = None, {}
        adopts = handover == "adopt"
        self._seen = await (self.backend.observe_adoptable if adopts else self.backend.observe)(wanted)
        self._stand_down(self._seen)
        meant = self._meant(before, after, wanted, self._seen)
        plan = plan_target(self.target, wanted, self._seen, rules, why, meant)
        self.in_step = not (gone or handover) and _is_in_step(plan.ops, caused, self._seen)
        return await self._worded(released(plan) if handover == "release" else plan)

    def plan_at_hand(self, before: Estate, after: Estate, changes: Sequence[Change], why: Reasons) -> TargetPlan | None:
        """The same where the target need not be asked; None where it must. Raises NotOwned."""
        if self._theirs or not self.is_remembered:
            return None
        before, after, delta = self._proposed(before, after, changes)
        if not self.in_step or after.get(Target, self.target.id) is None:
            return None
        if self._landed.is_set():
            self._seen, self._ahead = self.backend.remembered(), {}
        recalled = self._recalled()
        if recalled is None:
            return None
        plan = plan_rows(self.target, delta.rows, recalled, self.backend.rules, why)
        return None if self.backend.has_commands(plan.ops) else plan

    def _proposed(self, before: Estate, after: Estate, changes: Sequence[Change]) -> tuple[Estate, Estate, Delta]:
        """What this target realises before and after the changes, and the rows between."""
        before, after, changes = self._own(before, after, changes)
        self._follow(before)
        if self._delta is None or self._delta.estate is not after:
            self._delta = self._rendering.propose(after, changes)
        return before, after, self._delta

    def _recalled(self) -> Seen | None:
        """The rows as they are, or will be when what is under way is done; None where they are to be observed."""
        if self._seen is None or not self._ahead:
            return self._seen
        return self._seen._replace(rows=RowsAhead(self._seen.rows, self._ahead))

    async def _worded(self, plan: TargetPlan) -> TargetPlan:
        """The plan with the commands that it is."""
        said = await self.backend.commands(plan.ops) if plan.ops else {}
        return replace(plan, commands={name: tuple(each) for name, each in said.items() if each}) if said else plan

    def follow(self, before: Estate, after: Estate, changes: Sequence[Change]) -> None:
        """Take in what another process accepted, and brings to the target itself."""
        before, after, changes = self._own(before, after, changes)
        if self._rendering.estate is not before:
            self.in_step = False
            return
        delta = self._rendering.propose(after, changes)
        self._rendering.accept(delta)
        self._delta = None
        for key, (held, row) in delta.rows.items():
            self._theirs[key] = (self._theirs[key][0] if key in self._theirs else held, row)
        if delta.rows:
            self._theirs_at = after.revision

    async def _take_in_theirs(self, revision: int) -> None:
        """What others were to do at the target, seen as done, if they did; else all rows are to be observed.

        Raises:
            Unreachable, TimedOut: the target does not answer.
        """
        theirs, self._theirs = self._theirs, {}
        if theirs and self.in_step:
            self.in_step = False
            before = {key: row for key, (row, _) in theirs.items() if row is not None}
            after = {key: row for key, (_, row) in theirs.items() if row is not None}
            ops = diff(after, before, self.backend.rules.tables)
            self.in_step = await self.backend.follow(ops, self._theirs_at, revision)

    def _meant(self, before: Estate, after: Estate, wanted: Mapping[RowKey, Row], seen: Seen) -> Caused:
        """The rows that the changes make different: of a target that comes or goes, all; what else differs is drift."""
        if before.get(Target, self.target.id) is None:
            return {key: (None, row) for key, row in wanted.items()}
        if after.get(Target, self.target.id) is None:
            return {key: (row, None) for key, row in seen.rows.items()}
        return self._delta.rows if self._delta else {}

    def _stand_down(self, seen: Seen) -> None:
        if seen.version > self.backend.rules.version:
            raise Outdated(
                f"a newer cpal keeps it (rules {seen.version}, this one has {self.backend.rules.version})",
                key=self.target.name,
                remedy="use that one; nothing was changed",
            )

    async def commit(self, ops: Sequence[Op], number: int) -> None:
        """Apply the ops of the last plan, and leave the revision's number.

        Raises:
            Moved, Partial, Rejected, Busy: see `Backend.apply`.
        """
        self.in_step = False
        await self.backend.apply(ops, self._seen or await self.backend.observe(), number)

    async def prepare(self, ops: Sequence[Op], number: int) -> tuple[str, ...]:
        """Begin to apply the ops of the last plan in steps; the devices that change.

        Raises:
            Moved, NotOwned, Rejected, Busy: see `Backend.prepare`.
        """
        self.in_step = False
        return await self.backend.prepare(ops, self._seen or await self.backend.observe(), number)

    @property
    def is_remembered(self) -> bool:
        """Whether plans rest on what was observed once and is watched since: a transaction finds it so, or fails."""
        return self.backend.rules.capability.commit == "transaction"

    @property
    def may_overlap(self) -> bool:
        """Whether a plan may be made while ops are under way: each transaction is known to find what the plan saw."""
        return self.in_step and self.is_remembered

    def begin(self, ops: Sequence[Op]) -> None:
        """Have the next plan, until these ops of the last one were brought, take them as done."""
        self._ahead.update((op.key, op.after) for op in ops)
        self._landed.clear()

    async def bring(self, ops: Sequence[Op], number: int) -> None:
        """As `commit`, for a server: a transaction that succeeded is taken at its word, so that it is still in step.

        Raises:
            Moved, Partial, Rejected, Busy: see `Backend.apply`.
        """
        try:
            await self.backend.apply(ops, self._seen or await self.backend.observe(), number, keep_turn=True)
        except BaseException:
            self.in_step = False
            raise
        finally:
            self._landed.set()

    async def verify(self, estate: Estate, ops: Sequence[Op]) -> None:
        """See that the target holds what the accepted estate wants, now that the ops of its plan are done.

        Raises:
            Unverified: naming the first row that is not as wanted.
            Unreachable, TimedOut: the target does not answer.
        """
        self.in_step = len(ops) <= MOST_VERIFIED
        if ops and self.in_step:
            await self.backend.verify()
        plan = await self.plan(estate, estate, (), Reasons((), estate))
        if plan.ops:
            raise Unverified(
                f"{len(plan.ops)} rows are not as applied, the first: {plan.ops[0].reason}",
                key=str(plan.ops[0].key),
                remedy="somebody else may be writing there; see `cpal plan`",
            )

    def distrust(self) -> None:
        """Have the next plan observe all rows, since the target may have missed changes."""
        self.in_step = False

    async def holds(self, number: int) -> bool:
        """Whether the target carries the revision's number, or a later one."""
        self.in_step = False
        return (await self.backend.observe()).revision >= number

    def accept(self, estate: Estate) -> None:
        """Follow the estate that the last plan led to."""
        if self._delta is not None:
            self._rendering.accept(self._delta)
            self._rendering.estate = self._share(estate)
            self._delta = None

    def _follow(self, estate: Estate) -> None:
        known = self._rendering.estate
        if known is not estate:
            self._delta = None
            self.in_step = False
            self._rendering.accept(self._rendering.propose(estate, known.changes_to(estate)))

    def _wanted(self) -> Mapping[RowKey, Row]:
        """Every row that the target should hold after the delta."""
        changed = self._delta.rows if self._delta else {}
        if not changed:
            return self._rendering.rows
        wanted = dict(self._rendering.rows)
        for key, (_, row) in changed.items():
            if row is None:
                del wanted[key]
            else:
                wanted[key] = row
        return wanted


def _is_in_step(ops: Iterable[Op], caused: Caused, seen: Seen) -> bool:
    """Whether the target held just what was wanted before the changes that caused these rows to differ."""
    if any(op.key not in caused for op in ops):
        return False
    pairs = ((seen.rows.get(key), before) for key, (before, _) in caused.items())
    return all(is_same(held, before) for held, before in pairs)
