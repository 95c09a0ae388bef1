"""Failures that a device is told to have, at any command.

A fault is armed with a pattern. It strikes at the first command that the pattern is found in, after as many as it is
told to let pass, before or after the command is done: a connection that drops after a commit is a lost reply.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from typing import Annotated, Literal, get_args

import msgspec

from cpal.errors import Invalid

Action = Literal["refuse", "hang", "drop", "reboot"]
When = Literal["before", "after"]


class Refusal(Exception):
    """The command is to be refused, in words that the make's API wraps in its own."""


class Drop(Exception):
    """The connection is to be cut, without an answer."""


class Reboot(Drop):
    """The device is to go down now."""


class Fault(msgspec.Struct, forbid_unknown_fields=True):
    """A failure: at which command, what happens, before or after it, how many commands pass first, how often."""

    match: str = ""
    action: Action = "refuse"
    when: When = "before"
    skip: Annotated[int, msgspec.Meta(ge=0)] = 0
    times: Annotated[int, msgspec.Meta(ge=1)] = 1
    message: str = "told to refuse"

    def __post_init__(self) -> None:
        """Refuse what cannot be.

        Raises:
            Invalid: an unknown action or moment, a pattern that is none, a command refused after it was done.
        """
        if self.action not in get_args(Action) or self.when not in get_args(When):
            raise Invalid(f"a fault is one of {', '.join(get_args(Action))}, before or after", seen=self.action)
        if self.action == "refuse" and self.when == "after":
            raise Invalid("a command that was done is not refused", remedy="drop the connection after it instead")
        try:
            re.compile(self.match)
        except re.error as error:
            raise Invalid(f"{self.match!r} is no regular expression: {error}") from error


@dataclass
class Faults:
    """The faults that a device has been told."""

    armed: list[Fault] = field(default_factory=list)
    struck: int = 0
    """How many faults there were so far."""
    _released: asyncio.Event = field(default_factory=asyncio.Event)

    def arm(self, fault: Fault) -> None:
        """Have one more fault."""
        self.armed.append(fault)

    def clear(self) -> None:
        """Have no more faults; what hangs goes on."""
        self.armed.clear()
        self.release()

    def release(self) -> None:
        """Let what hangs go on."""
        self._released.set()
        self._released = asyncio.Event()

    async def strike(self, command: str, when: When) -> None:
        """Fail if a fault is armed for this command.

        Raises:
            Refusal: the command is to be refused.
            Drop: the connection is to be cut.
            Reboot: the device is to go down.
        """
        fault = self._due(command, when)
        if fault is None:
            return
        self.struck += 1
        if fault.action == "refuse":
            raise Refusal(fault.message)
        if fault.action == "hang":
            await self._released.wait()
        else:
            raise Reboot if fault.action == "reboot" else Drop

    def _due(self, command: str, when: When) -> Fault | None:
        for fault in self.armed:
            if fault.when == when and re.search(fault.match, command):
                if fault.skip:
                    fault.skip -= 1
                    continue
                fault.times -= 1
                if fault.times <= 0:
                    self.armed.remove(fault)
                return fault
        return None
