"""One target as the engine works on it: the connection, the rows wanted kept in step, the rows last seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cpal.core.driver import Backend, Seen
from cpal.core.plan import Reasons, TargetPlan, plan_target
from cpal.core.rows import Op, Row, RowKey
from cpal.core.view import Delta, Rendering
from cpal.model.estate import Change, Estate
from cpal.model.target import Target


class Site:
    """What is known of one target; its rendering follows the accepted estate, so that a plan renders changes alone."""

    def __init__(self, target: Target, backend: Backend) -> None:
        self.target = target
        self.backend = backend
        self._rendering = Rendering(backend.rules.render, backend.rules.singletons)
        self._delta: Delta | None = None
        self._seen: Seen | None = None

    async def plan(self, before: Estate, after: Estate, changes: Sequence[Change], why: Reasons) -> TargetPlan:
        """The ops that make the target hold `after`, which is `before` with the changes.

        Raises:
            NotOwned: a row that is wanted exists there and is not cpal's.
            Unreachable, TimedOut: the target does not answer.
        """
        self._follow(before)
        if self._delta is None or self._delta.estate is not after:
            self._delta = self._rendering.propose(after, changes)
        wanted = self._wanted(after)
        self._seen = None
        self._seen = await self.backend.observe(wanted)
        return plan_target(self.target, wanted, self._seen, self.backend.rules, why, self._delta.rows)

    async def commit(self, ops: Sequence[Op], number: int) -> None:
        """Apply the ops of the last plan, and leave the revision's number.

        Raises:
            Moved, Partial, Rejected, Busy: see `Backend.apply`.
        """
        await self.backend.apply(ops, self._seen or await self.backend.observe(), number)

    async def holds(self, number: int) -> bool:
        """Whether the target carries the revision's number, or a later one."""
        return (await self.backend.observe()).revision >= number

    def accept(self, estate: Estate) -> None:
        """Follow the estate that the last plan led to."""
        if self._delta is not None:
            self._rendering.accept(self._delta)
            self._rendering.estate = estate
            self._delta = None

    def _follow(self, estate: Estate) -> None:
        known = self._rendering.estate
        if known is not estate:
            self._delta = None
            self._rendering.accept(self._rendering.propose(estate, known.changes_to(estate)))

    def _wanted(self, after: Estate) -> Mapping[RowKey, Row]:
        if after.get(Target, self.target.id) is None:
            return {}
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
