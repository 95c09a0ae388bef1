"""A command line over SSH as a transport: commands are typed, and what is printed until the next prompt is the answer.

The prompt is what the device prints before anything is typed, up to its last sign; in a mode of configuration it has
that mode in brackets. What the device asks for confirmation of is confirmed as it proposes. A make is a table: what is
typed first, what its banner of versions says, how it refuses a command. Source: IOS Configuration Fundamentals Command
Reference; Nexus 9000 Series NX-OS Command Reference.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from typing import Any, NamedTuple

import asyncssh

from cpal.drivers.devices import ssh
from cpal.drivers.devices.asked import decoded
from cpal.drivers.devices.login import Login
from cpal.drivers.devices.parse.asking import Ask, Questions
from cpal.errors import Rejected, Unauthenticated, Unreadable

PROMPT = re.compile(r"(?:^|[\r\n])([\w.@:/~-]{1,80})(?:\([^()\r\n]{1,80}\))?([>#])\s?$")
PROPOSAL = re.compile(r"(?:\[confirm\]|\? ?\[[^\[\]\r\n]*\]:? ?|\[[^\[\]\r\n]*\]\? ?|\(y/n\)\?? ?(?:\[n\] ?)?)$")
"""A question to which the device proposes an answer, or wants to hear a yes."""
PASSWORD = re.compile(r"[Pp]assword: ?$")
NOISE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r")
WIDTH, HEIGHT = 511, 0
LONGEST_END = 600
"""No prompt and no question is longer, in characters."""
SHORTEST_CUT = 20
"""So many characters of a name are in every prompt. Source: IOS `prompt config hostname-length`."""
LITERALLY = "\x16"
"""Control-V: the key behind it means itself, and a question mark no question for help. Source: Cisco IOS Configuration
Fundamentals, "Using the Command-Line Interface"; Cisco Nexus 9000 NX-OS Fundamentals, "Keystroke Shortcuts"."""
RENAMING = ("hostname ", "no hostname", "switchname ", "configure replace", "rollback ")
"""Commands after which the device may have another name."""


class Dialect(NamedTuple):
    """How a make's command line is spoken: its name, what is typed first, what its `show version` says, refusals.

    `version` is a pattern that the make's banner has and no other's; `refused` one that an answer has to a command that
    it does not know; a line of configuration is refused also by any line that begins with a percent sign.
    """

    make: str
    first: tuple[str, ...]
    version: re.Pattern[str]
    refused: re.Pattern[str]


FORBIDDEN = r"(?:% ?)?(?:Command a|A)uthorization failed"
"""What a server of TACACS+ has a device say of a command that this user may not type."""
_NOTES = (
    "warning",
    "portfast has been configured",
    "access vlan does not exist. creating",
    "creating a port-channel",
    r"interface \S+ ipv[46] disabled and address",
    r"ip[^%]* addresses from all interfaces in vrf",
    r"vrf \S+ exists but is not enabled",
    "ospf will not operate on this interface until ip is configured",
    "the static routes in vrf",
)
"""How lines go on behind a percent sign that say what else becomes of a line that was taken.

Source: what devices were seen to say, and what other tools that type for people go past.
"""
REFUSED_CONFIGURATION = re.compile(
    rf"^(?:%(?! ?(?i:{'|'.join(_NOTES)}))|ERROR:|Error:|Command rejected:|Must delete |{FORBIDDEN})", re.MULTILINE
)
BUSY = re.compile(r"^%.*; wait for it to complete", re.MULTILINE)
"""What IOS says of a VRF's route distinguisher that it is still deleting; the command has done nothing."""
BUSY_S, BUSY_TRIES = 0.5, 120
IOS = Dialect(
    "Cisco IOS",
    ("terminal length 0", "terminal width 511"),
    re.compile(r"Cisco (?:IOS|Internetwork Operating System)\b(?! XR)(?!-XR)"),
    re.compile(
        rf"^(?:% ?(?:Invalid input|Incomplete command|Ambiguous command|Unknown command|Unrecognized)|{FORBIDDEN})",
        re.MULTILINE,
    ),
)
NXOS = Dialect(
    "Cisco NX-OS",
    ("terminal length 0", "terminal width 511"),
    re.compile(r"Cisco Nexus Operating System|\bNX-OS\b"),
    re.compile(
        r"^(?:% ?(?:Invalid|Incomplete|Ambiguous) command|% ?Permission denied|Syntax error while parsing"
        rf"|{FORBIDDEN})",
        re.MULTILINE,
    ),
)


class Terminal:
    """A device's command line; it is opened with the first command, and one is typed after another."""

    def __init__(self, login: Login, dialect: Dialect) -> None:
        self._login = login
        self._dialect = dialect
        self._turn = asyncio.Lock()
        self._connection: ssh.Connection | None = None
        self._process: asyncssh.SSHClientProcess[str] | None = None
        self._host = ""

    async def answers(self, asks: Questions) -> tuple[Any, ...]:
        """The answers to questions, one after another."""
        return tuple([await self._answer(ask) for ask in asks])

    async def _answer(self, ask: Ask) -> Any:
        try:
            return decoded(ask, (await self.run(ask.text))[0])
        except Rejected:
            if ask.optional:
                return None
            raise

    async def run(self, *commands: str) -> list[str]:
        """What the device prints to commands, each without its echo and the prompt after it.

        Raises:
            Rejected: it does not know a command; those before it are done.
            Unreachable, TimedOut, Unauthenticated: it does not answer, not in time, or not to this user.
            Unreadable: it is of another make.
        """
        return await self._type(commands, self._dialect.refused)

    async def configure(self, lines: Iterable[str]) -> None:
        """Type lines of configuration; each is in effect at once.

        Raises:
            Rejected: it refuses a line; those before it are in effect, and the mode of configuration is left.
            Unreachable, TimedOut, Unauthenticated, Unreadable: as `run`.
        """
        try:
            await self._type(("configure terminal",), self._dialect.refused)
            await self._type(tuple(lines), REFUSED_CONFIGURATION)
        finally:
            if self._process is not None:
                await self._type(("end",), self._dialect.refused)

    async def close(self) -> None:
        """End the session."""
        connection, self._connection, self._process = self._connection, None, None
        if connection is not None:
            connection.close()

    async def _type(self, commands: Iterable[str], refused: re.Pattern[str]) -> list[str]:
        late = f"no prompt came within {self._login.timeout_s:g} s"
        async with self._turn, ssh.conversation(self._login, self.close, late):
            process = self._process or await self._begin()
            found = []
            for command in commands:
                found.append(printed := await self._done(process, command))
                if refused.search(printed):
                    raise Rejected(f"the device refuses {command!r}: {_line(printed)}", key=self._login.name)
            return found

    async def _done(self, process: asyncssh.SSHClientProcess[str], command: str) -> str:
        """What is printed to a command, which is typed again where the device says that it is to wait."""
        printed = await self._printed(process, command)
        for _ in range(BUSY_TRIES):
            if not BUSY.search(printed):
                break
            await asyncio.sleep(BUSY_S)
            printed = await self._printed(process, command)
        return printed

    async def _begin(self) -> asyncssh.SSHClientProcess[str]:
        self._connection = await ssh.connected(self._login)
        process = await self._connection.create_process(
            term_type="vt100", term_size=(WIDTH, HEIGHT), encoding="utf-8", errors="replace", stderr=asyncssh.DEVNULL
        )
        prompt = await self._until_prompt(process)
        if prompt[1] == ">":
            await self._enable(process)
        for command in self._dialect.first:
            await self._printed(process, command)
        banner = await self._printed(process, "show version")
        if not self._dialect.version.search(banner):
            raise Unreadable(
                f"it is no {self._dialect.make}: its `show version` says {_line(banner)!r}",
                key=self._login.name, remedy="is it a device of that make?",
            )  # fmt: skip
        self._process = process
        return process

    async def _enable(self, process: asyncssh.SSHClientProcess[str]) -> None:
        """Become privileged, if there is a password for it: without one, the device tells what it tells anybody."""
        if self._login.enable_password is None:
            return
        process.stdin.write("enable\n")
        said = await self._heard(process, PASSWORD, PROMPT)
        if PASSWORD.search(said):
            process.stdin.write(self._login.enable_password + "\n")
            said = await self._heard(process, PASSWORD, PROMPT)
        found = PROMPT.search(said)
        if found is None or found[2] != "#":
            raise Unauthenticated("the device does not take the password of `enable`", key=self._login.name)

    async def _printed(self, process: asyncssh.SSHClientProcess[str], command: str) -> str:
        process.stdin.write(command.replace("?", LITERALLY + "?") + "\n")
        renames = command.startswith(RENAMING)
        own = PROMPT if renames else _prompt_of(self._host)
        ends = (own,) if command.startswith("show ") else (own, PROPOSAL)
        said = await self._heard(process, *ends)
        while own.search(said) is None:
            process.stdin.write("y\n" if "(y/n)" in said[-20:] else "\n")
            said += await self._heard(process, *ends)
        if renames:
            self._host = self._named(said)
        lines = said.split("\n")
        echo = 1 if command.strip() in lines[0] else 0
        return "\n".join(lines[echo:-1])

    async def _until_prompt(self, process: asyncssh.SSHClientProcess[str]) -> tuple[str, str]:
        said = await self._heard(process, PROMPT)
        self._host = self._named(said)
        return self._host, said.rstrip()[-1]

    @staticmethod
    def _named(said: str) -> str:
        found = PROMPT.search(said)
        return found[1] if found else ""

    async def _heard(self, process: asyncssh.SSHClientProcess[str], *ends: re.Pattern[str]) -> str:
        """What is printed until one of the patterns ends it, without what only moves a cursor."""
        said = unfinished = ""
        async with asyncio.timeout(self._login.timeout_s):
            while unfinished or not any(end.search(said[-LONGEST_END:]) for end in ends):
                part = await process.stdout.read(1 << 16)
                if not part:
                    raise asyncio.IncompleteReadError(b"", None)
                part = NOISE.sub("", unfinished + part)
                said, escape, rest = (said + part).partition("\x1b")
                unfinished = escape + rest
        return said


def _prompt_of(host: str) -> re.Pattern[str]:
    """What a device of that name prompts with; in a mode of configuration the name may be cut."""
    return re.compile(rf"(?:^|\n){re.escape(host[:SHORTEST_CUT])}[\w.@:/~-]*(?:\([^()\n]{{1,80}}\))?[>#] ?$")


def _line(printed: str) -> str:
    """The first line that says something."""
    lines = [line.strip() for line in printed.splitlines() if line.strip(" ^\t")]
    marked = [line for line in lines if line.startswith("%")]
    return next(iter([*marked, *lines]), "")
