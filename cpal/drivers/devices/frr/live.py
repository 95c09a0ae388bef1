"""FRR as a device that answers: its shell vtysh, on the host that it runs on."""

from __future__ import annotations

import shlex

from cpal.drivers.devices.shell import Shell
from cpal.errors import Rejected

REFUSED = "% "
"""How an answer begins that says that there is no such command, or nothing to tell of. Source: FRR, lib/command.c."""


class FrrShell(Shell):
    """A host with FRR. `run` gives what commands of its shell print, `vtysh` what FRR says, `configure` changes it."""

    async def run(self, command: str, stdin: str = "") -> str:
        """What a command of the host's shell prints.

        Raises:
            Rejected: it fails, or FRR refuses it.
            Unreachable, TimedOut, Unauthenticated: the host does not answer, not in time, or not to this user.
        """
        said = await super().run(command, stdin)
        if command.startswith("vtysh ") and said.startswith(REFUSED):
            raise Rejected(f"FRR refuses {command!r}: {said.strip()}", key=self.name)
        return said

    async def vtysh(self, *commands: str) -> str:
        """What FRR says to commands, one after another. Raises as `run`."""
        return await self.run(shlex.join(("vtysh", *(word for each in commands for word in ("-c", each)))))

    async def configure(self, lines: str) -> None:
        """Have FRR take lines of configuration, each at once, until it refuses one. Raises as `run`."""
        await self.run("vtysh -f /dev/stdin", lines)
