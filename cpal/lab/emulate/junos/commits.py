"""The candidate configuration of a Junos device, what was committed before, and the commit that waits.

There is one candidate for all, and a lock that one session holds. What was committed is kept, 50 configurations deep.
A commit that is to be confirmed is not what a reboot comes back with. Source: Junos OS, "Commit the configuration".
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, replace

from cpal.lab.emulate.device import Device
from cpal.lab.emulate.junos.text import as_text
from cpal.lab.emulate.tree import Node

KEPT = 50


@dataclass(frozen=True)
class Commit:
    """One that was committed: the configuration, when, by whom, and what was said of it.

    `note` is what the device itself says of it: that it was to be confirmed.
    """

    number: int
    configuration: Node
    at: float
    user: str
    comment: str = ""
    note: str = ""

    @property
    def revision(self) -> str:
        """What Junos calls it."""
        return f"re0-{int(self.at)}-{self.number}"


class Locked(Exception):
    """Somebody else holds the configuration, or has changed it and not committed: who, where that is not said."""

    def __init__(self, message: str, user: str = "") -> None:
        super().__init__(message)
        self.user = user


class Commits:
    """Candidate and history of one device."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self.candidate = device.running.copy()
        self.history = [Commit(0, device.running.copy(), device.booted_at, "root")]
        self.holder: int | None = None
        self.holder_user = ""
        self.changed_by = ""
        """Who last changed the candidate."""
        self._timer: asyncio.TimerHandle | None = None
        self._reverted = device.running
        """What a commit that is not confirmed goes back to."""

    @property
    def pending(self) -> bool:
        """Whether the last commit reverts unless it is confirmed."""
        return self._timer is not None

    @property
    def changed(self) -> bool:
        """Whether the candidate is another one than what runs."""
        return list(as_text(self.candidate)) != list(as_text(self._device.running))

    def forget(self) -> None:
        """Come up again: the candidate is what was saved, and no timer runs."""
        self._stop()
        self.holder = None
        saved = self._device.startup or self._device.factory(self._device)
        self.candidate = saved.copy()
        if self.history and list(as_text(self.history[0].configuration)) != list(as_text(saved)):
            self._remember(saved, "root", "reverted by a reboot")

    def lock(self, session: int, user: str) -> None:
        """Hold the candidate.

        Raises:
            Locked: another session does, or it was changed and not committed.
        """
        self.check(session)
        if self.holder is None and self.changed:
            raise Locked("configuration database modified", self.changed_by)
        self.holder, self.holder_user = session, user

    def check(self, session: int) -> None:
        """See that a session may change the candidate.

        Raises:
            Locked: another session holds it.
        """
        if self.holder not in (None, session):
            raise Locked(f"configuration database locked by:\n  {self.holder_user} netconf (pid {self.holder})")

    def unlock(self, session: int) -> None:
        """Let go of the candidate; what was not committed is lost."""
        if self.holder == session:
            self.holder = None
            self.discard()

    def discard(self) -> None:
        """Make the candidate what runs."""
        self.candidate = self._device.running.copy()

    def rollback(self, number: int) -> None:
        """Make the candidate what was committed so many commits ago.

        Raises:
            IndexError: nothing was.
        """
        self.candidate = self.history[number].configuration.copy() if number else self._device.running.copy()

    def commit(self, user: str, comment: str = "", revert_in_s: float | None = None) -> None:
        """Make the candidate what runs; for so many seconds, or for good. It confirms a commit that waits for it."""
        was_pending = self.pending
        before = self._reverted if was_pending else self._device.running.copy()
        self._stop()
        if self.changed or not was_pending:
            self._device.run(self.candidate.copy())
            minutes = 0 if revert_in_s is None else max(1, round(revert_in_s / self._device.minute_s))
            note = f"commit confirmed, rollback in {minutes}mins" if minutes else ""
            self._remember(self.candidate, user, comment, note)
        else:
            self.history[0] = replace(self.history[0], comment=comment)
        if revert_in_s is None:
            self._device.save()
        else:
            self._reverted = before
            self._timer = asyncio.get_running_loop().call_later(revert_in_s, self._revert)

    def _revert(self) -> None:
        self._stop()
        self._device.run(self._reverted.copy())
        self.candidate = self._reverted.copy()
        self._remember(self._reverted, "root", "")
        self._device.save()

    def _remember(self, configuration: Node, user: str, comment: str, note: str = "") -> None:
        number = self.history[0].number + 1 if self.history else 0
        self.history.insert(0, Commit(number, configuration.copy(), time.time(), user, comment, note))
        del self.history[KEPT:]

    def _stop(self) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer = None
