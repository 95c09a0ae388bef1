"""A named lock that a server grants to one client at a time (RFC 7047 section 4.1.8).

Only `ops.assert_lock` in the transaction itself is proof: `held` is what was last heard. A lock belongs to one server;
in a cluster cpal talks to the leader, and the next leader knows nothing of it.
"""

from __future__ import annotations

from cpal.ovsdb.signal import Signal


class Lock:
    """A lock wanted: it waits its turn at the server, also again after a lost connection."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._held = False
        self._changed = Signal()

    @property
    def held(self) -> bool:
        """Whether it is ours, as last heard."""
        return self._held

    async def acquired(self) -> None:
        """Return when it is ours."""
        while not self._held:
            await self._changed.wait()

    async def lost(self) -> None:
        """Return when it is not ours: stolen, or the connection broke."""
        while self._held:
            await self._changed.wait()

    def note(self, held: bool) -> None:
        """Take what the server said; for the client only."""
        self._held = held
        self._changed.fire()
