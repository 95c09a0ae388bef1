"""Configuration sessions of EOS: a copy of the running configuration, edited apart, committed whole, or forgotten.

A commit with a timer takes effect at once, and is taken back unless it is confirmed in time; it is not saved, so that a
reboot takes it back too. Source: EOS user manual, "Configuration sessions".
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from cpal.lab.emulate.device import Device
from cpal.lab.emulate.eos.configuration import clean, lines
from cpal.lab.emulate.tree import Node, difference

MOST_PENDING = 5
PENDING, TIMER, COMPLETED, ABORTED = "pending", "pendingCommitTimer", "completed", "aborted"


class SessionError(Exception):
    """What a session cannot do now, in EOS's words."""


@dataclass(eq=False)
class Session:
    """One session: its candidate, and what becomes of it."""

    name: str
    candidate: Node
    user: str
    state: str = PENDING
    before: Node | None = None
    """The running configuration that a commit with a timer goes back to."""
    commit_by: float = 0.0
    """When the timer ends, in seconds of the device's uptime."""
    timer: asyncio.TimerHandle | None = None


class Sessions:
    """The sessions of one device, and its checkpoints."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self.by_name: dict[str, Session] = {}
        self.checkpoints: dict[str, Node] = {}

    def forget(self) -> None:
        """Forget all, as a reboot does."""
        for session in self.by_name.values():
            if session.timer:
                session.timer.cancel()
        self.by_name.clear()

    def enter(self, name: str, user: str) -> Session:
        """The session with a name, begun where it is not.

        Raises:
            SessionError: too many are pending, or it is done.
        """
        session = self.by_name.get(name)
        if session and session.state in (PENDING, TIMER):
            return session
        if sum(each.state == PENDING for each in self.by_name.values()) >= MOST_PENDING:
            raise SessionError("Maximum number of pending sessions has been reached. Please commit or abort previous "
                               "sessions before creating a new one.")  # fmt: skip
        self.by_name[name] = Session(name, self._device.running.copy(), user)
        return self.by_name[name]

    def pending(self, name: str) -> Session:
        """The session with a name, which can be committed or aborted.

        Raises:
            SessionError: there is none, or it is done.
        """
        session = self.by_name.get(name)
        if session is None:
            raise SessionError(f"Cannot commit session {name} (session does not exist)")
        if session.state not in (PENDING, TIMER):
            raise SessionError(f"Cannot commit session {name} (session is already {session.state})")
        return session

    def commit(self, name: str) -> None:
        """Make the candidate the running configuration; confirm it, where a timer runs."""
        session = self.pending(name)
        if session.state == PENDING:
            self._other_timer(session)
            self._device.run(session.candidate.copy())
        self._finish(session, COMPLETED)

    def commit_for(self, name: str, seconds: float) -> None:
        """Make the candidate the running configuration, for so many seconds; or set the timer anew."""
        session = self.pending(name)
        self._other_timer(session)
        if session.state == PENDING:
            session.before = self._device.running.copy()
            self._device.run(session.candidate.copy())
        if session.timer:
            session.timer.cancel()
        session.state = TIMER
        session.commit_by = self._device.uptime_s() + seconds
        session.timer = asyncio.get_running_loop().call_later(seconds, self._revert, session)

    def abort(self, name: str) -> None:
        """Forget the candidate; take the commit back, where a timer runs."""
        session = self.by_name.get(name)
        if session is None or session.state not in (PENDING, TIMER):
            raise SessionError(f"Cannot abort session {name} (session does not exist)")
        if session.state == TIMER:
            self._revert(session)
        else:
            del self.by_name[name]

    def clear(self, session: Session) -> None:
        """Begin the candidate from nothing."""
        session.candidate = clean(self._device)

    def diff(self, session: Session) -> list[str]:
        """What the candidate changes."""
        names = ("system:/running-config", f"session:/{session.name}-session-config")
        return difference(lines(self._device.running), lines(session.candidate), names)

    def _other_timer(self, session: Session) -> None:
        for other in self.by_name.values():
            if other.state == TIMER and other is not session:
                raise SessionError(
                    f"Another session ({other.name}) is pending commit timer. Please commit or abort it first."
                )

    def _revert(self, session: Session) -> None:
        assert session.before is not None
        self._device.run(session.before)
        self._finish(session, ABORTED)

    def _finish(self, session: Session, state: str) -> None:
        if session.timer:
            session.timer.cancel()
        session.state, session.timer, session.before = state, None, None
        for other in [each for each in self.by_name.values() if each.state in (COMPLETED, ABORTED)]:
            if other is not session:
                del self.by_name[other.name]
