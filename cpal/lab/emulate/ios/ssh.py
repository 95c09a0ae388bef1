"""An IOS device over SSH: its command line, single commands, files copied by SCP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cpal.lab.emulate.device import Device
from cpal.lab.emulate.faults import Drop
from cpal.lab.emulate.ios.cli import Terminal
from cpal.lab.emulate.ios.configuration import knows, serves_ssh
from cpal.lab.emulate.ios.files import FileError, Files
from cpal.lab.emulate.ios.rollback import Rollback
from cpal.lab.emulate.scp import ScpError, asked, given, taken
from cpal.lab.emulate.shell import Closing, Shell, obeyed

if TYPE_CHECKING:
    from asyncssh import SSHServerProcess


class IosSsh:
    """What speaks for one device."""

    def __init__(self, device: Device) -> None:
        self.device = device
        self.files = Files(device)
        self.rollback = Rollback(device)
        device.on_boot = self.rollback.forget

    def serves(self) -> bool:
        """Whether the device answers: it is up, and its lines take SSH."""
        return not self.device.down and serves_ssh(self.device.running)

    def knows(self, user: str, password: str) -> bool:
        """Whether a user may come in."""
        return knows(self.device.running, user, password)

    async def serve(self, process: SSHServerProcess[bytes]) -> None:
        """Talk with a client until it goes."""
        terminal = Terminal(self.device, self.files, self.rollback, str(process.get_extra_info("username")))
        copied = asked(process.command)
        try:
            if copied:
                await self._copy(process, *copied)
            elif process.command is not None:
                await self._single(process, terminal, process.command)
            elif process.subsystem:
                process.exit(1)
            else:
                await Shell(process, self.device, terminal).serve()
        except Drop:
            process.get_extra_info("connection").abort()

    async def _single(self, process: SSHServerProcess[bytes], terminal: Terminal, command: str) -> None:
        async def nobody(question: str, echo: bool) -> str:
            return ""

        try:
            said = await obeyed(self.device, command.strip(), lambda: terminal.run(command, nobody))
        except Closing:
            said = ""
        process.stdout.write(said.replace("\n", "\r\n").encode())
        process.exit(0)

    async def _copy(self, process: SSHServerProcess[bytes], to_device: bool, path: str) -> None:
        if not self.device.running.has("ip", "scp", "server", "enable"):
            process.stdout.write(b"\1Administratively disabled.\n")
            process.exit(1)
            return

        async def copy() -> str:
            if to_device:
                await taken(process, lambda content: self._keep(path, content))
            else:
                await given(process, path.rpartition("/")[2].rpartition(":")[2], self._content(path))
            return ""

        await obeyed(self.device, str(process.command), copy)
        process.exit(0)

    def _keep(self, path: str, content: bytes) -> None:
        try:
            self.files.keep(path, content)
        except FileError as error:
            raise ScpError(str(error).strip()) from error

    def _content(self, path: str) -> bytes | None:
        try:
            return self.files.content(path)
        except FileError:
            return None
