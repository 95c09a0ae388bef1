"""A command line over SSH: what is typed is echoed, a prompt stands before it, long answers come in pages.

It knows no make: that which answers says what its prompt is and what a command does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Protocol

import asyncssh

from cpal.lab.emulate.device import Device
from cpal.lab.emulate.faults import Drop, Reboot, Refusal

if TYPE_CHECKING:
    from asyncssh import SSHServerProcess

MORE = b" --More-- "
MOST_TYPED = 1024 * 1024
"""The longest line that is taken, in bytes."""
LITERALLY = b"\x16"
"""Control-V: the key behind it means itself."""
HELP = b"  <help is not emulated>\r\n\r\n"
"""What a question mark is answered with at once; what is typed before it stays typed."""
Ask = Callable[[str, bool], Awaitable[str]]
"""Asks the one who types; whether the answer is echoed."""


class Closing(Exception):
    """The one who is logged in leaves."""


class Answering(Protocol):
    """One who is logged in: what answers the lines."""

    length: int
    """How many lines a page has; 0: all are on one."""

    def prompt(self) -> str:
        """What stands before the next line."""

    async def run(self, line: str, ask: Ask) -> str:
        """Do a command; what it says.

        Raises:
            Closing: it was the last.
            Reboot: the device is to go down.
        """

    def interrupt(self) -> None:
        """Leave all modes: what the end-of-file key and the interrupt key do."""


async def obeyed(device: Device, line: str, answering: Callable[[], Awaitable[str]]) -> str:
    """What a command says, unless the device is told to fail at it.

    Raises:
        Drop: the connection is to be cut.
    """
    boots = device.boots
    try:
        await device.faults.strike(line, "before")
        found = await answering()
        await device.faults.strike(line, "after")
    except Refusal as refused:
        return f"% {refused}\n"
    except Reboot:
        device.reboot()
        raise
    if device.down or device.boots != boots:
        raise Drop
    return found


class Shell:
    """A session of one client."""

    def __init__(self, process: SSHServerProcess[bytes], device: Device, answering: Answering) -> None:
        self._process = process
        self._device = device
        self._answering = answering
        self._typed = bytearray()
        self._line_ended = False
        self._said = bytearray()

    async def serve(self) -> None:
        """Answer until the client leaves.

        Raises:
            Drop: the connection is to be cut.
            BrokenPipeError: the client went.
        """
        while True:
            try:
                line = await self._line(self._answering.prompt(), echo=True, helps=True)
                if self._device.delay_s:
                    await asyncio.sleep(self._device.delay_s)
                said = await self._done(line)
            except (Closing, EOFError):
                self._send()
                self._process.exit(0)
                return
            await self._page(said)

    async def _done(self, line: str) -> str:
        return await obeyed(self._device, line.strip(), lambda: self._answering.run(line, self._ask))

    async def _ask(self, question: str, echo: bool) -> str:
        return await self._line(question, echo)

    async def _line(self, prompt: str, echo: bool, helps: bool = False) -> str:
        self._say(prompt.encode())
        line = bytearray()
        while True:
            character = await self._character()
            if character in b"\r\n":
                self._say(b"\r\n")
                self._send()
                return line.decode(errors="replace")
            if character in b"\x03\x1a":
                self._say(b"^C\r\n" if character == b"\x03" else b"^Z\r\n")
                self._answering.interrupt()
                return ""
            if character == LITERALLY:
                self._edit(line, await self._character(), echo)
            elif character == b"?" and helps:
                self._say(b"?\r\n" + HELP + prompt.encode() + line)
            else:
                self._edit(line, character, echo)

    def _edit(self, line: bytearray, character: bytes, echo: bool) -> None:
        if character in b"\x08\x7f":
            if line:
                line.pop()
                self._say(b"\x08 \x08" if echo else b"")
        elif character == b"\x15":
            self._say(b"\x08 \x08" * len(line) if echo else b"")
            line.clear()
        elif character >= b" " and len(line) < MOST_TYPED:
            line += character
            self._say(character if echo else b"")

    async def _character(self) -> bytes:
        """The next one; a line feed behind a carriage return is the same end of a line.

        Raises:
            EOFError: no more will come.
        """
        while True:
            while not self._typed:
                self._send()
                try:
                    found = await self._process.stdin.read(65536)
                except (asyncssh.TerminalSizeChanged, asyncssh.BreakReceived, asyncssh.SignalReceived):
                    continue
                if not found:
                    raise EOFError
                self._typed += found
            character = bytes([self._typed.pop(0)])
            repeated = character == b"\n" and self._line_ended
            self._line_ended = character == b"\r"
            if not repeated:
                return character

    def _say(self, words: bytes) -> None:
        """Print: with what else there is to say until the line ends, or more must be typed."""
        self._said += words

    def _send(self) -> None:
        """Send what was said: the echo of a line in a packet, as terminals do, and not one for each character."""
        if self._said:
            self._process.stdout.write(bytes(self._said))
            self._said.clear()

    async def _page(self, text: str) -> None:
        lines = text.splitlines(keepends=True)
        room = self._answering.length - 1 if self._answering.length else len(lines)
        while lines:
            shown, lines = lines[:room], lines[room:]
            self._say("".join(shown).replace("\n", "\r\n").encode())
            if not lines:
                return
            self._say(MORE)
            key = await self._character()
            self._say(b"\x08" * len(MORE) + b" " * len(MORE) + b"\x08" * len(MORE))
            if key not in b" \r\n":
                return
            room = self._answering.length - 1 if key == b" " else 1
