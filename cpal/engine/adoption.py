"""Rows taken over from others, and given back: what they were before is kept in a file for each target.

    import    plan with `adopt` -> apply: keep what is taken, then one transaction at the target; of switches nothing is
              kept, since nothing changes there: their ledger says that it is cpal's
    release   one transaction at the target gives it back; the records go, but for targets and hosts

What is kept is on the disk before the target changes hands. It is of the store's directory, not of the store: it says
nothing of what was asked, only what was there.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cpal.engine.joint import Share
from cpal.engine.private import write_private
from cpal.errors import NotFound, Unsupported
from cpal.model.estate import Change, Estate
from cpal.model.target import Host, OutsideHost, Target

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


def leaving(estate: Estate) -> list[Change]:
    """The changes by which records leave the store when what they stand for is given back."""
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
