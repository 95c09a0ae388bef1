"""What IOS does to go back: a timer behind a change, and archived configurations.

A change with a timer is in effect at once and is taken back unless it is confirmed in time; it is not saved, so that a
reboot takes it back too. Source: Cisco IOS configuration management guide, "Configuration Replace and Configuration
Rollback", "Configuration Rollback Confirmed Change".
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from cpal.lab.emulate.device import Device
from cpal.lab.emulate.tree import Node

TURN_ON = "%Please turn config archive on before using this option\n"
NONE_PENDING = "%No Rollback Confirmed Change pending\n"
PENDING = "%A Rollback Confirmed Change is pending already; confirm it or revert it first\n"


class RollbackError(Exception):
    """What cannot be done now, in IOS's words."""


@dataclass(eq=False)
class Pending:
    """A change that is taken back unless it is confirmed: to what, whose it is, the minutes there are, since when."""

    before: Node
    user: str
    minutes: int
    since: float
    timer: asyncio.TimerHandle


class Rollback:
    """The timer of one device."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self.pending: Pending | None = None

    def begin(self, user: str, minutes: int) -> None:
        """Take whatever is changed from now on back after so many minutes.

        Raises:
            RollbackError: a change is pending already.
        """
        if self.pending:
            raise RollbackError(PENDING)
        self.pending = Pending(self._device.running.copy(), user, minutes, time.time(), self._timer(minutes))

    def wait(self, minutes: int) -> None:
        """Set the timer anew.

        Raises:
            RollbackError: no change is pending.
        """
        pending = self._needed()
        pending.timer.cancel()
        pending.minutes, pending.since, pending.timer = minutes, time.time(), self._timer(minutes)

    def confirm(self) -> None:
        """Keep the change.

        Raises:
            RollbackError: no change is pending.
        """
        self._needed().timer.cancel()
        self.pending = None

    def revert(self) -> None:
        """Take the change back.

        Raises:
            RollbackError: no change is pending.
        """
        pending = self._needed()
        pending.timer.cancel()
        self.pending = None
        self._device.run(pending.before)

    def forget(self) -> None:
        """A reboot takes the timer away, with what was not saved."""
        if self.pending:
            self.pending.timer.cancel()
            self.pending = None

    def _needed(self) -> Pending:
        if self.pending is None:
            raise RollbackError(NONE_PENDING)
        return self.pending

    def _timer(self, minutes: int) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(minutes * self._device.minute_s, self.revert)
