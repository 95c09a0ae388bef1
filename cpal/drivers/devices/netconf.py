"""NETCONF as a transport: XML RPCs over SSH, several on their way at once.

A peer that knows base 1.1 frames messages in chunks, one of 1.0 ends each with a mark. RPCs are answered in order, so
that many can be sent before the first is answered. Source: RFC 6241, 4.5; RFC 6242, 4.
"""

from __future__ import annotations

import asyncio
import re
from xml.etree.ElementTree import Element

import asyncssh

from cpal.drivers.devices import ssh
from cpal.drivers.devices.asked import element
from cpal.drivers.devices.login import Login
from cpal.errors import Rejected, Unreadable

PORT = 830
BASE = "urn:ietf:params:xml:ns:netconf:base:1.0"
END = b"]]>]]>"
MARK = re.compile(re.escape(END))
HEADER = re.compile(rb"\n#(\d+|#)\n")
"""Source: RFC 6242, 4.2."""
LAST = b"\n##\n"
LONGEST_END = 16
"""No mark and no header is longer, in octets."""
CHUNKED = "urn:ietf:params:netconf:base:1.1"


class Netconf:
    """A session with a device that speaks NETCONF; it begins with the first RPC."""

    def __init__(self, login: Login, make: str) -> None:
        self._login = login
        self._make = make
        self.name = login.name
        self.capabilities: tuple[str, ...] = ()
        self.session_id = ""
        """What the device calls the session that is open; nothing where none is."""
        self._connection: ssh.Connection | None = None
        self._process: asyncssh.SSHClientProcess[bytes] | None = None
        self._turn = asyncio.Lock()
        self._number = 0
        self._unread = bytearray()

    async def call(self, *rpcs: str) -> list[Element | Rejected]:
        """What is answered to each RPC: `rpc-reply` with names without namespaces, or why it is refused.

        Raises:
            Unreachable, TimedOut, Unauthenticated: it does not answer, not in time, or not to this user.
            Unreadable: what answers does not speak NETCONF, or is of another make.
        """
        late = f"the device does not answer within {self._login.timeout_s:g} s"
        async with self._turn, ssh.conversation(self._login, self.close, late):
            async with asyncio.timeout(self._login.timeout_s):
                process = self._process or await self._begin()
                for rpc in rpcs:
                    self._number += 1
                    self._send(process, f'<rpc xmlns="{BASE}" message-id="{self._number}">{rpc}</rpc>')
                return [self._reply(await self._message(process)) for _ in rpcs]

    async def run(self, *rpcs: str) -> list[Element]:
        """What is answered to each RPC, all sent at once.

        Raises:
            Rejected: it refuses one of them; the others are done.
            Unreachable, TimedOut, Unauthenticated, Unreadable: as `call`.
        """
        found = await self.call(*rpcs)
        for each in found:
            if isinstance(each, Rejected):
                raise each
        return [each for each in found if isinstance(each, Element)]

    async def close(self) -> None:
        """End the session."""
        connection, self._connection, self._process = self._connection, None, None
        self.session_id = ""
        if connection is not None:
            connection.close()

    async def _begin(self) -> asyncssh.SSHClientProcess[bytes]:
        self._connection = await ssh.connected(self._login, PORT)
        self.capabilities = ()
        self._unread.clear()
        names = f"<capability>{CHUNKED[:-1]}0</capability><capability>{CHUNKED}</capability>"
        try:
            process: asyncssh.SSHClientProcess[bytes] = await self._connection.create_process(
                subsystem="netconf", encoding=None, stderr=asyncssh.DEVNULL
            )
            self._send(process, f'<hello xmlns="{BASE}"><capabilities>{names}</capabilities></hello>')
        except (asyncssh.ChannelOpenError, BrokenPipeError) as error:
            remedy = f"is it a device of that make, {self._make}, and NETCONF on?"
            why = f"it lets in over SSH, but speaks no NETCONF ({error})"
            raise Unreadable(why, key=self._login.name, remedy=remedy) from error
        hello = self._element(await self._message(process))
        self.capabilities = tuple((each.text or "").strip() for each in hello.iter("capability"))
        if not any(self._make in each for each in self.capabilities):
            raise Unreadable(f"it is no {self._make}: its NETCONF has none of its capabilities", key=self._login.name,
                             remedy="is it a device of that make?")  # fmt: skip
        self._process, self.session_id = process, hello.findtext("session-id", "").strip() or "?"
        return process

    def _send(self, process: asyncssh.SSHClientProcess[bytes], text: str) -> None:
        message = text.encode()
        if CHUNKED in self.capabilities:
            process.stdin.write(b"\n#%d\n%b%b" % (len(message), message, LAST))
        else:
            process.stdin.write(message + END)

    async def _message(self, process: asyncssh.SSHClientProcess[bytes]) -> bytes:
        if CHUNKED not in self.capabilities:
            return (await self._until(process, MARK))[: -len(END)]
        parts: list[bytes] = []
        while True:
            found = HEADER.fullmatch(await self._until(process, HEADER))
            if found is None or found[1] == b"#":
                return b"".join(parts)
            while len(self._unread) < int(found[1]):
                await self._read(process)
            parts.append(bytes(self._unread[: int(found[1])]))
            del self._unread[: int(found[1])]

    async def _until(self, process: asyncssh.SSHClientProcess[bytes], end: re.Pattern[bytes]) -> bytes:
        seen = 0
        while (found := end.search(self._unread, max(seen - LONGEST_END, 0))) is None:
            seen = len(self._unread)
            await self._read(process)
        taken = bytes(self._unread[: found.end()])
        del self._unread[: found.end()]
        return taken

    async def _read(self, process: asyncssh.SSHClientProcess[bytes]) -> None:
        part = await process.stdout.read(1 << 18)
        if not part:
            raise asyncio.IncompleteReadError(bytes(self._unread[-LONGEST_END:]), None)
        self._unread += part

    def _element(self, message: bytes) -> Element:
        try:
            return element(message.decode(errors="replace"))
        except ValueError as error:
            raise Unreadable(f"this is not NETCONF: {error}", key=self._login.name) from error

    def _reply(self, message: bytes) -> Element | Rejected:
        reply = self._element(message)
        errors = [
            each for each in reply.iter("rpc-error") if each.findtext("error-severity", "error").strip() == "error"
        ]
        if not errors:
            return reply
        return Rejected(f"the device refuses: {'; '.join(map(_why, errors))}", key=self._login.name)


def _why(error: Element) -> str:
    """The words of an `rpc-error`. Source: RFC 6241, 4.3."""
    said = [error.findtext(name, "").strip() for name in ("error-path", "error-message")]
    element = error.findtext("error-info/bad-element", "").strip()
    who = ", ".join(dict.fromkeys((each.text or "").strip() for each in error.iterfind("error-info//user")))
    told = ": ".join(each for each in (*said, element) if each) or error.findtext("error-tag", "").strip()
    return f"{told} (by {who})" if who else told
