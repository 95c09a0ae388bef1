"""A Junos switch to be changed: its candidate configuration, locked, and commits that wait for their confirmation.

There is one candidate for all. Whoever holds its lock keeps others from changing and from committing it, which would
confirm what waits; a device gives no lock where somebody has changed the candidate and not committed. The lock goes
with the session, and what is not committed with it. So it is held from `prepare` to the end of a change, and another
process finds at the device only what runs: a commit that waits, by the words that were given with it.

Source: Junos XML Management Protocol Developer Guide, `<lock-configuration>`, `<commit-configuration>`; Junos OS CLI
Reference, `show system commit`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Protocol
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape

from cpal.errors import Busy, CpalError, Moved, Rejected, Unreachable, Unreadable

LOCK, UNLOCK, DISCARD = "<lock-configuration/>", "<unlock-configuration/>", "<discard-changes/>"
RUNNING = '<get-configuration database="committed" format="text"/>'
COMMITS = "<get-commit-information/>"
CHECK = "<commit-configuration><check/></commit-configuration>"
_MARK = "commit-confirmed"
"""The element of a commit that is there as long as it waits."""


class Session(Protocol):
    """A session of NETCONF: `drivers.devices.netconf.Netconf`."""

    name: str
    session_id: str


class Native(Protocol):
    """A switch that answers RPCs: `netconf.JunosNetconf`."""

    @property
    def session(self) -> Session:
        """The session that is open, or will be."""

    async def run(self, *rpcs: str) -> list[Element]:
        """What is answered to RPCs, all sent at once."""

    async def close(self) -> None:
        """End the session."""


class JunosSwitch:
    """A switch over NETCONF: `drivers.devices.switch.Switch`."""

    def __init__(self, native: Native) -> None:
        self._native = native
        self._held_by = ""
        """The session in which we hold the lock."""
        self._prepared = ""
        self._read = ""

    async def running(self) -> str:
        """Its running configuration."""
        [reply] = await self._native.run(RUNNING)
        self._read = _text(reply)
        return self._read

    async def prepare(self, name: str, commands: Sequence[str]) -> None:
        """Have the commands done in the candidate, locked and found valid.

        Raises:
            Busy: somebody else changes the configuration, or has left a change uncommitted or unconfirmed.
            Moved: the configuration is no more what it was when it was read.
            Rejected: a command, or all of them together; the candidate is as before.
        """
        await self._lock()
        try:
            now, commits = await self._native.run(RUNNING, COMMITS)
            newest = _newest(commits)
            if _waits(newest):
                why = f"a commit of {newest.findtext('user', 'somebody')} waits there for its confirmation"
                raise Busy(why, key=self._name, remedy="wait until it is confirmed or taken back")
            if _text(now) != self._read:
                why = "its configuration changed since it was read"
                raise Moved(why, key=self._name, remedy="plan again; nothing was changed")
            lines = escape("\n".join(commands))
            await self._native.run(
                f'<load-configuration action="set" format="text"><configuration-set>{lines}</configuration-set>'
                "</load-configuration>"
            )
            await self._native.run(CHECK)
        except BaseException:
            with suppress(CpalError):
                await self._let_go()
            raise
        self._prepared = name

    async def commit(self, name: str, timeout_s: float) -> None:
        """Run the candidate, until it is confirmed or as many minutes as there are begun in the time are over.

        Raises:
            Unreachable: the session that had the lock, and with it the candidate, is lost.
        """
        self._refuse_lost()
        minutes = max(1, math.ceil(timeout_s / 60))
        await self._native.run(
            "<commit-configuration><confirmed/>"
            f"<confirm-timeout>{minutes}</confirm-timeout><log>{escape(name)}</log></commit-configuration>"
        )
        self._prepared = ""

    async def confirm(self, name: str) -> None:
        """Commit once more, for good. Raises Moved: it has gone back to what it was."""
        await self._take(name)
        await self._native.run(f"<commit-configuration><log>{escape(name)} confirmed</log></commit-configuration>")
        await self._let_go()

    async def abort(self, name: str) -> None:
        """Forget a candidate; take it back where it runs and waits."""
        if name == self._prepared and self._holds_lock:
            await self._let_go()
            return
        await self._take(name)
        await self._native.run(
            '<load-configuration rollback="1"/>',
            f"<commit-configuration><log>{escape(name)} taken back</log></commit-configuration>",
        )
        await self._let_go()

    async def candidates(self) -> Mapping[str, bool]:
        """What is prepared here, and the commit that waits, with whether each waits."""
        [reply] = await self._native.run(COMMITS)
        newest = _newest(reply)
        found = {self._prepared: False} if self._prepared and self._holds_lock else {}
        if _waits(newest) and (name := newest.findtext("log", "").strip()):
            found[name] = True
        return found

    async def close(self) -> None:
        """End the session; what is locked and not committed goes with it."""
        await self._native.close()

    @property
    def _name(self) -> str:
        return self._native.session.name

    @property
    def _holds_lock(self) -> bool:
        return bool(self._held_by) and self._held_by == self._native.session.session_id

    async def _lock(self) -> None:
        try:
            await self._native.run(LOCK)
        except Rejected as error:
            remedy = "wait until that is committed or discarded; nothing was changed"
            raise Busy(f"its configuration cannot be locked: {error.message}", key=self._name, remedy=remedy) from error
        self._held_by = self._native.session.session_id

    async def _take(self, name: str) -> None:
        """See that the commit of that name still waits, and hold the lock. Raises Busy, Moved."""
        if not self._holds_lock:
            await self._lock()
        [reply] = await self._native.run(COMMITS)
        newest = _newest(reply)
        if not _waits(newest) or newest.findtext("log", "").strip() != name:
            await self._let_go()
            raise Moved("it has gone back to what it was", key=self._name, remedy="`cpal apply` brings it in order")

    async def _let_go(self) -> None:
        """Discard what is in the candidate, and let others have it."""
        self._prepared = ""
        if self._holds_lock:
            self._held_by = ""
            await self._native.run(DISCARD, UNLOCK)

    def _refuse_lost(self) -> None:
        if not self._holds_lock:
            self._prepared = ""
            raise Unreachable("the session with its candidate was lost", key=self._name)


def _text(reply: Element) -> str:
    found = reply.findtext("configuration-text")
    if found is None:
        raise Unreadable("this is no configuration", key=RUNNING)
    return found


def _newest(reply: Element) -> Element:
    found = reply.find("commit-information/commit-history")
    if found is None:
        raise Unreadable("this is no list of commits", key=COMMITS)
    return found


def _waits(commit: Element) -> bool:
    """Whether a commit waits for its confirmation; that it was to be confirmed is told of it for ever."""
    return commit.find(_MARK) is not None
