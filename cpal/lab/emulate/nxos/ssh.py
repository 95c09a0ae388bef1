"""An NX-OS device's command line over SSH, beside NX-API: what one configures, the other shows.

Source: Cisco Nexus 9000 NX-OS fundamentals configuration guide, "Understanding the Command-Line Interface".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cpal.lab.emulate.device import Device
from cpal.lab.emulate.faults import Drop
from cpal.lab.emulate.nxos.cli import CommandError, Storage, Terminal
from cpal.lab.emulate.nxos.configuration import hostname, knows
from cpal.lab.emulate.shell import Ask, Closing, Shell, obeyed

if TYPE_CHECKING:
    from asyncssh import SSHServerProcess

PROMPTS = {"interface": "if", "router": "router", "vlan": "vlan", "vrf": "vrf", "line": "line",
           "route-map": "route-map", "ip": "acl", "scheduler": "job"}  # fmt: skip
"""What a prompt says in a section, by the section's first word."""


class NxosSsh:
    """What speaks for one device."""

    def __init__(self, device: Device, storage: Storage) -> None:
        self.device = device
        self.storage = storage

    def knows(self, user: str, password: str) -> bool:
        """Whether a user may come in."""
        return knows(self.device.running, user, password)

    async def serve(self, process: SSHServerProcess[bytes]) -> None:
        """Talk with a client until it goes."""
        session = Session(self.device, Terminal(self.device, self.storage, api=False))
        try:
            if process.subsystem:
                process.exit(1)
            elif process.command is not None:
                await self._single(process, session, process.command)
            else:
                await Shell(process, self.device, session).serve()
        except Drop:
            process.get_extra_info("connection").abort()

    async def _single(self, process: SSHServerProcess[bytes], session: Session, command: str) -> None:
        async def nobody(question: str, echo: bool) -> str:
            return ""

        try:
            said = await obeyed(self.device, command.strip(), lambda: session.run(command, nobody))
        except Closing:
            said = ""
        process.stdout.write(said.replace("\n", "\r\n").encode())
        process.exit(0)


class Session:
    """One who is logged in at the command line."""

    def __init__(self, device: Device, terminal: Terminal) -> None:
        self.device = device
        self.terminal = terminal
        self.length = 24

    def prompt(self) -> str:
        """The name, and where one is."""
        name, editor = hostname(self.device.running), self.terminal.editor
        if editor is None:
            return f"{name}# "
        words = editor.mode.words
        return f"{name}(config{'-' + PROMPTS.get(words[0], words[0]) if words else ''})# "

    def interrupt(self) -> None:
        """Leave configuration mode."""
        self.terminal.editor = None

    async def run(self, line: str, ask: Ask) -> str:
        """Do a command; what it says.

        Raises:
            Closing: it was the last.
            Reboot: the device is to go down.
        """
        words = line.split()
        if words in (["exit"], ["logout"]) and self.terminal.editor is None:
            raise Closing
        if words[:2] == ["terminal", "length"] and len(words) == 3 and words[2].isdecimal():
            self.length = int(words[2])
        try:
            return self.terminal.run(line).text or ""
        except CommandError as error:
            said = str(error)
            return said if said.endswith("\n") else f"{said}\n"
