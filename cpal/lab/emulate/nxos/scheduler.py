"""NX-OS's scheduler: a job of commands that runs once, so many minutes after its schedule was configured.

It runs on the device, so that it reverts a change with the link cut; taking the schedule away in time keeps the change.
It is saved only if one does. Source: Cisco Nexus 9000 NX-OS system management guide, "Configuring the Scheduler".
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence

from cpal.lab.emulate.device import Device

_DELTA = re.compile(r"\+(?:(?:(\d+):)?(\d+):)?(\d+)")
"""`+MM`, `+HH:MM` or `+DD:HH:MM`."""
Schedule = tuple[str, str, str]
"""A schedule: its name, its job, when it begins."""


class Schedules:
    """The schedules of one device that wait."""

    def __init__(self, device: Device, run: Callable[[Sequence[str]], object]) -> None:
        self._device = device
        self._run = run
        self._timers: dict[Schedule, asyncio.TimerHandle] = {}

    def settle(self) -> None:
        """Wait for the schedules that are configured now, and for no other."""
        wanted = {
            (node.words[3], job, start): minutes
            for node in self._device.running.each("scheduler", "schedule")
            if (job := node.value("job", "name")) and (start := node.value("time", "start"))
            and (minutes := _minutes(start)) is not None
        }  # fmt: skip
        for schedule in [each for each in self._timers if each not in wanted]:
            self._timers.pop(schedule).cancel()
        for schedule in wanted.keys() - self._timers.keys():
            delay_s = wanted[schedule] * self._device.minute_s
            self._timers[schedule] = asyncio.get_running_loop().call_later(delay_s, self._begin, schedule)

    def forget(self) -> None:
        """A reboot ends all waiting."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def _begin(self, schedule: Schedule) -> None:
        job = self._device.running.find("scheduler", "job", "name", schedule[1])
        if job and not self._device.down:
            self._run([node.line for node in job.children()])


def _minutes(start: str) -> int | None:
    found = _DELTA.fullmatch(start)
    return None if found is None else (int(found[1] or 0) * 24 + int(found[2] or 0)) * 60 + int(found[3])
