"""Files copied to a device and from it, by the protocol that `scp -t` and `scp -f` speak behind SSH.

`C0644 SIZE NAME`, the bytes, a zero; each is answered by a zero, an error begins with a one. Source: OpenSSH scp.c.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asyncssh import SSHServerProcess

OK = b"\0"
MOST = 64 * 1024 * 1024
"""The largest file that is taken, in bytes."""


class ScpError(Exception):
    """What cannot be copied, and why."""


def asked(command: str | None) -> tuple[bool, str] | None:
    """Whether a file is to be taken (or given), and its path; nothing where the command is no `scp`."""
    try:
        words = shlex.split(command or "")
    except ValueError:
        return None
    if words[:1] != ["scp"] or not {"-t", "-f"} & set(words):
        return None
    return "-t" in words, words[-1]


async def taken(process: SSHServerProcess[bytes], keep: Callable[[bytes], None]) -> None:
    """Take one file from the client.

    Raises:
        asyncio.IncompleteReadError: the client went.
    """
    process.stdout.write(OK)
    while True:
        line = await process.stdin.readline()
        if not line:
            return
        if line[:1] in b"TE":
            process.stdout.write(OK)
            continue
        size = line[1:].split()[1] if line[:1] == b"C" and len(line.split()) > 2 else b""
        if not size.isdigit() or int(size) > MOST:
            _refuse(process, "a file is taken, nothing else")
            return
        process.stdout.write(OK)
        content = await process.stdin.readexactly(int(size) + 1)
        try:
            keep(content[:-1])
        except ScpError as error:
            _refuse(process, str(error))
            return
        process.stdout.write(OK)


async def given(process: SSHServerProcess[bytes], name: str, content: bytes | None) -> None:
    """Give one file to the client.

    Raises:
        asyncio.IncompleteReadError: the client went.
    """
    await process.stdin.readexactly(1)
    if content is None:
        _refuse(process, f"{name}: No such file or directory")
        return
    process.stdout.write(f"C0644 {len(content)} {name}\n".encode())
    await process.stdin.readexactly(1)
    process.stdout.write(content + OK)
    await process.stdin.readexactly(1)


def _refuse(process: SSHServerProcess[bytes], why: str) -> None:
    process.stdout.write(b"\1" + f"scp: {why}\n".encode())
