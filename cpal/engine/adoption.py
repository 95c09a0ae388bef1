"""Rows taken over from others, and given back: what they were before is kept in a file for each target.

    import    plan with `adopt` -> apply: keep what is taken, then one transaction at the target; of switches nothing is
              kept, since nothing changes there: their ledger says that it is cpal's
    release   of a database, one transaction at the target gives it back; the records go, but for targets and hosts
              of switches, a plan with `release`: they are sent nothing, what is let go of leaves their ledger

Undo of the one is the other. What is kept is on the disk before the target changes hands. It is of the store's
directory, not of the store: it says nothing of what was asked, only what was there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from cpal.core.plan import Handover, Plan
from cpal.core.rows import Action
from cpal.engine.joint import Share
from cpal.engine.targets import rules_of
from cpal.errors import Conflict, NotFound, Unsupported
from cpal.model.estate import Change, Estate
from cpal.model.switch import Interface, OnDevices
from cpal.model.target import Host, OutsideHost, Target
from cpal.whole_file import write_private

STAYING = (Target, Host, OutsideHost)
"""What a release leaves in the store: places, which nobody realises."""


class Keepsakes:
    """The files of what was taken over, by target."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def read(self, target: Target) -> bytes:
        """What is kept of a target, nothing where nothing was adopted there."""
        try:
            return self._path(target).read_bytes()
        except FileNotFoundError:
            return b""

    def write(self, target: Target, kept: bytes) -> None:
        """Keep it, durably. Raises: Disk."""
        write_private(self._path(target), kept, "what was there")

    def drop(self, target: Target) -> None:
        """Forget it."""
        self._path(target).unlink(missing_ok=True)

    def _path(self, target: Target) -> Path:
        return self._directory / f"{target.id}.json"


INVERSE: dict[Handover, Handover] = {"": "", "adopt": "release", "release": "adopt"}
"""What takes a handover back."""


def leaving(estate: Estate) -> list[Change]:
    """The changes by which records leave the store when what they stand for is given back.

    Raises:
        Conflict: some are on devices, which would still have it.
    """
    if on := next((record for record in estate.records() if isinstance(record, OnDevices | Interface)), None):
        remedy = "release the devices first: cpal release --device '*'"
        raise Conflict("it is on devices, and would be forgotten", key=f"{on.kind} {on.name}", remedy=remedy)
    return [Change(record, None) for record in estate.records() if not isinstance(record, STAYING)]


def adopted_target(estate: Estate, keepsakes: Keepsakes) -> Target:
    """The target at which something was adopted.

    Raises:
        NotFound: there is none.
    """
    for target in estate.all(Target):
        if keepsakes.read(target):
            return target
    raise NotFound("nothing was adopted", remedy="cpal import neutron adopts what Neutron made")


def refuse_release(plan: Plan, after: Estate) -> None:
    """Raise unless a plan does nothing but let go.

    Raises:
        Conflict: a target is not as declared, or would have what is let go of go.
    """
    owned = {target.name: target.owned for target in after.all(Target)}
    for target in plan.targets:
        for op in target.ops:
            if op.action is not Action.RELEASE:
                remedy = "`cpal plan` shows what, `cpal apply` brings it in order; nothing was changed"
                why = f"{op.key} is not as declared, and would be changed as well"
                raise Conflict(why, key=target.target, remedy=remedy)
        if target.ops and owned.get(target.target):
            why = f"it owns every {', '.join(owned[target.target])}, and would take away what is nobody's"
            remedy = "take `owned` out of the target first; nothing was changed"
            raise Conflict(why, key=target.target, remedy=remedy)


def refuse_undo(plan: Plan, targets: Iterable[Target]) -> None:
    """Raise Unsupported where rows of a database would change hands: what they were is another matter than intent."""
    commits = {target.name: rules_of(target).capability.commit for target in targets}
    remedies = {"adopt": "`cpal import neutron` takes over what is there now", "release": "`cpal release neutron` does"}
    for target in plan.targets:
        if plan.handover and target.ops and commits[target.target] == "transaction":
            why = "what was taken over there is given back as it was, and not by undo"
            raise Unsupported(why, key=target.target, remedy=f"{remedies[plan.handover]}; nothing was changed")


def refuse_adoption(shares: Sequence[Share]) -> None:
    """Raise Unsupported unless it is given back by forgetting it: at devices that have timers.

    A database would be brought back by rendering what was accepted, which takes away what was adopted.
    """
    for share in shares:
        if share.has_timers:
            continue
        if len(shares) > 1:
            names = ", ".join(sorted(share.site.target.name for share in shares))
            remedy = "bring the others in order first (`cpal apply`); nothing was changed"
            raise Unsupported("rows of a database are adopted at one target at a time", key=names, remedy=remedy)
        why = "rows are adopted there in one transaction, which nothing takes back"
        raise Unsupported(why, key=share.site.target.name, remedy="leave out the probe; nothing was changed")
