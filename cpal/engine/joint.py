"""One commit over many devices and targets: all of it, or nothing. Read top to bottom; docs/design/commit.md says why.

    prepare --> wave by wave: commit confirmed, verify, probe --> decide --> confirm
                                    whatever fails before: revert everywhere

The decision is the revision's acceptance in the store. A device that is confirmed goes back by itself when this process
dies before; a target that has no timer is brought back by the guard, or by the next run (`take_back`). After the
decision nothing goes back: what a dead process did not confirm, the next one does, or applies again (`roll_forward`).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from cpal.core.plan import DRIFT, Handover, Reasons
from cpal.core.rows import Op
from cpal.drivers.devices import later
from cpal.engine.site import Site
from cpal.errors import CpalError, Partial, TimedOut, Unsupported
from cpal.model.estate import Change, Estate

Report = Callable[[str], None]
"""Told each step in a few words as it begins."""
Probe = Callable[[bool], None]
"""Sends packets, and raises Unverified where they do not do what is predicted; told whether all devices have changed.

It may block."""
GUARD = f"{__package__}.guard"
"""The module that runs when this process did not come to the end."""
MARGIN = 0.25
"""The part of its time that every timer must have left when it is decided."""


class Rollout(NamedTuple):
    """How a joint commit is made.

    Devices go back by themselves that are not confirmed `within_s` seconds. `waves` is how many change at once, one
    number after another, then the rest; after each wave is what `probe` says, once hosts have realised the wave, which
    may take `settle_s` seconds (0: that is not waited for). `allow_unconfirmed` lets a target take part whose devices
    have no timer and no transaction.
    """

    within_s: float = 60.0
    waves: tuple[int, ...] = ()
    probe: Probe | None = None
    allow_unconfirmed: bool = False
    settle_s: float = 0.0


AT_ONCE = Rollout()
"""All devices in one wave, and no packets sent."""


class Share(NamedTuple):
    """What a target has to do."""

    site: Site
    ops: Sequence[Op]

    @property
    def has_timers(self) -> bool:
        """Whether its devices go back by themselves."""
        return self.site.backend.rules.capability.commit == "confirmed"


class Unit(NamedTuple):
    """One device of a share."""

    share: Share
    device: str

    def __str__(self) -> str:
        return f"{self.share.site.target.name} {self.device}".strip()


class Joint:
    """One joint commit of revision `number`; `accepted` is the estate that everything goes back to."""

    def __init__(
        self, shares: Sequence[Share], number: int, accepted: Estate, rollout: Rollout, report: Report
    ) -> None:
        self._shares = shares
        self._number = number
        self._accepted = accepted
        self._rollout = rollout
        self._report = report
        self._begun_at: float | None = None
        self._changed: list[Share] = []

    async def run(self, decide: Callable[[], None], home: Path) -> None:
        """Do it: `decide` is called once, when every device runs the change and has time left.

        Raises:
            Unsupported: a target cannot take part; nothing was done.
            Moved, NotOwned, Busy, Rejected, Unreachable, TimedOut, Unverified: why not; all is as before.
            Partial: the same, and something is not as before; says what.
        """
        self._refuse_unconfirmable()
        with ExitStack() as guard:
            if not all(share.has_timers for share in self._shares):
                guard.enter_context(guarded(home, self._rollout.within_s))
            try:
                units = await self._prepare()
                for wave in waves(units, self._rollout.waves):
                    await self._commit(wave, is_last=wave[-1] == units[-1])
                self._refuse_late()
                decide()
            except BaseException as error:
                await self._revert(error)
                raise

    async def confirm(self) -> None:
        """Tell every target that it is decided.

        Raises:
            CpalError: the first fault, once all have been told.
        """
        self._report("confirming")
        await _all_ended([share.site.backend.confirm(self._number) for share in self._shares])

    def _refuse_unconfirmable(self) -> None:
        for share in self._shares if len(self._shares) > 1 and not self._rollout.allow_unconfirmed else ():
            if share.site.backend.rules.capability.commit == "stepwise":
                raise Unsupported(
                    "it cannot commit confirmed: what it changed is taken back only when cpal returns",
                    key=share.site.target.name,
                    remedy="apply what is for it alone, or allow that (--allow-unconfirmed); nothing was changed",
                )

    async def _prepare(self) -> list[Unit]:
        """All devices that change, those with timers first."""
        self._report("preparing " + _names(str(share.site.target.name) for share in self._shares))
        units = []
        for share in sorted(self._shares, key=lambda share: (not share.has_timers, share.site.target.name)):
            self._changed.append(share)
            units += [Unit(share, device) for device in await share.site.prepare(share.ops, self._number)]
        return units

    async def _commit(self, wave: Sequence[Unit], is_last: bool) -> None:
        self._report("committing at " + _names(map(str, wave)))
        self._begun_at = self._begun_at or time.monotonic()
        shares = list(dict.fromkeys(unit.share.site for unit in wave))
        for timed in (True, False):
            await _all_ended(
                [
                    site.backend.commit_confirmed(devices, self._rollout.within_s)
                    for site in shares
                    if (devices := [u.device for u in wave if u.share.site is site and u.share.has_timers is timed])
                ]
            )
        self._report("verifying")
        await _all_ended([site.backend.verify() for site in shares])
        if self._rollout.probe is not None:
            if self._rollout.settle_s:
                await _all_ended([site.backend.settled(self._rollout.settle_s) for site in shares])
            await asyncio.to_thread(self._rollout.probe, is_last)

    def _refuse_late(self) -> None:
        """Raise TimedOut where a device may go back while others are being confirmed."""
        within_s = self._rollout.within_s
        elapsed_s = time.monotonic() - (self._begun_at or time.monotonic())
        if elapsed_s > within_s * (1 - MARGIN) and any(share.has_timers for share in self._shares):
            raise TimedOut(
                f"it took {elapsed_s:.1f} s of the {within_s:g} s after which devices go back by themselves",
                remedy="give it more time with --within",
            )

    async def _revert(self, error: BaseException) -> None:
        """Bring everything back.

        Raises:
            Partial: something could not be.
        """
        if self._changed and self._begun_at is not None:
            self._report("bringing everything back")
        faults = []
        for share in self._changed:
            try:
                await take_back(share.site, self._number, self._accepted)
            except CpalError as worse:
                faults.append(f"{share.site.target.name}: {worse}")
        if faults:
            said = (error.key, error.message) if isinstance(error, CpalError) else ("interrupted",)
            first = ": ".join(part for part in said if part)
            raise Partial(f"{first}; not everything could be brought back: {'; '.join(faults)}",
                          remedy="`cpal apply` brings it in order") from error  # fmt: skip
        if isinstance(error, CpalError) and self._begun_at is not None:
            error.remedy = "everything is as before" + (f"; {error.remedy}" if error.remedy else "")


def is_one_transaction(shares: Sequence[Share], rollout: Rollout) -> bool:
    """Whether all there is to do is one transaction, that nobody wants to look at before it is decided."""
    if len(shares) != 1 or rollout.probe is not None:
        return False
    return shares[0].site.backend.rules.capability.commit == "transaction"


@contextmanager
def guarded(home: Path, timeout_s: float) -> Iterator[None]:
    """Have somebody look after the open revision of a store, if this process does not come to the end of the block."""
    word = uuid4().hex
    process = later.start(GUARD, [str(home), word], timeout_s, home / "guard.log")
    try:
        yield
    finally:
        later.stop(process, word)


def waves(units: Sequence[Unit], sizes: Sequence[int]) -> Iterator[Sequence[Unit]]:
    """The devices by the wave in which they change."""
    at = 0
    for size in (*sizes, len(units)):
        if at < len(units):
            yield units[at : at + size]
        at += size


async def take_back(site: Site, number: int, accepted: Estate) -> None:
    """Bring a target back from a joint revision that was not decided: to what was accepted.

    Raises:
        CpalError: it cannot be done now.
    """
    site.distrust()
    await site.backend.revert(number)
    if site.backend.rules.capability.commit != "confirmed" and await site.holds(number):
        back = await site.plan(accepted, accepted, (), Reasons((), accepted))
        await site.commit(back.ops, accepted.revision)


async def roll_forward(
    site: Site, number: int, before: Estate, after: Estate, changes: Sequence[Change], handover: Handover
) -> None:
    """Bring a target on to a joint revision that was decided: what waits is confirmed, what went back is done again.

    Raises:
        CpalError: it cannot be done now.
    """
    site.distrust()
    if number in (await site.backend.unconfirmed()).values():
        await site.backend.confirm(number)
    plan = await site.plan(before, after, changes, Reasons(changes, after), handover=handover)
    missing = [op for op in plan.ops if not op.reason.startswith(DRIFT)]
    if missing:
        await site.commit(missing, number)
    site.accept(after)
    site.distrust()


async def _all_ended(work: Sequence[Awaitable[None]]) -> None:
    """Let all work end; raise the first fault then."""
    faults = [found for found in await asyncio.gather(*work, return_exceptions=True) if found is not None]
    if faults:
        raise faults[0]


def _names(names: Iterable[str]) -> str:
    found = list(names)
    return ", ".join(found[:6]) + (f" and {len(found) - 6} more" if len(found) > 6 else "")
