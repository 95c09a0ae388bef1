"""Devices over SSH: the connection that NETCONF, a command line and a shell are spoken over.

Keys, agents, jump hosts and names are those of the user's own configuration of SSH. A host whose key is not known, or
is another one than before, is refused. Source: ssh_config(5), sshd(8) `SSH_KNOWN_HOSTS FILE FORMAT`.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import shlex
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import asyncssh

from cpal.drivers.devices.login import Login
from cpal.errors import CpalError, Invalid, Rejected, TimedOut, Unauthenticated, Unreachable

Connection = asyncssh.SSHClientConnection
CONFIGS = ("~/.ssh/config", "/etc/ssh/ssh_config")
USER_KNOWN_HOSTS = ("~/.ssh/known_hosts", "~/.ssh/known_hosts2")
GLOBAL_KNOWN_HOSTS = ("/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2")
"""The files that OpenSSH reads where nothing else is said. Source: ssh_config(5)."""
NONE_KNOWN = b"\n"
"""A list of known hosts that has none; for what is empty asyncssh takes the user's."""
TOO_MANY = "Too many authentication failures"
"""What OpenSSH's server says who was offered more keys than it takes. Source: sshd_config(5), `MaxAuthTries`."""


_JUMP = ": jump host "
MOST_JUMPS = 8


async def connected(login: Login, port: int | None = None, through: Connection | None = None) -> Connection:
    """A connection to a device, at its own port or else at `port`; `through` that to a jump host, which it closes.

    Raises:
        Unreachable: nothing answers there, or what answers is not who it was, or not known.
        Unauthenticated: it lets the user in neither by key nor by password.
        TimedOut: it does not answer in time.
        Invalid: the configuration of SSH cannot be read.
    """
    try:
        config = _config(login)
        options = _options(login, config, port)
        through = through or await _jumped(login, options)
        async with asyncio.timeout(login.timeout_s):
            return await _connected(login, config, options, through)
    except TimeoutError:
        raise TimedOut(f"it lets nobody in within {login.timeout_s:g} s", key=login.name) from None
    except asyncssh.HostKeyNotVerifiable as error:
        raise _not_trusted(login, options, error) from error
    except asyncssh.PermissionDenied as error:
        raise _not_let_in(login, options, error) from error
    except (asyncssh.ConfigParseError, asyncssh.KeyImportError, asyncssh.KeyEncryptionError) as error:
        raise Invalid(f"SSH cannot be set up: {error}", key=login.name) from error
    except (OSError, asyncssh.Error, RuntimeError) as error:  # the last is uvloop's, of a ProxyCommand that has ended
        if isinstance(error, asyncssh.DisconnectError) and error.reason == TOO_MANY:
            raise _not_let_in(login, options, error) from error
        raise lost(login, error) from error


async def _jumped(login: Login, options: asyncssh.SSHClientConnectionOptions) -> Connection | None:
    """The connection to the last of the jump hosts that lead to a device; each closes the one before it.

    Raises: as `connected`, with the jump host's name.
    """
    found: Connection | None = None
    if options.tunnel and login.name.count(_JUMP) >= MOST_JUMPS:
        raise Invalid(
            "jump hosts lead to each other", key=login.name, remedy="say `ProxyJump none` of the first of them"
        )
    for hop in options.tunnel.split(",") if isinstance(options.tunnel, str) else ():
        user, _, place = hop.strip().removeprefix("ssh://").rpartition("@")
        host, _, number = place.rpartition(":") if re.search(r"[^:]:\d+$", place) else (place, "", "")
        name = f"{login.name}{_JUMP}{hop.strip()}"
        jump = Login(name, host.strip("[]"), user, int(number) if number else None, ssh_config=login.ssh_config)
        found = await connected(replace(jump, timeout_s=login.timeout_s), through=found)
    return found


async def _connected(
    login: Login, config: list[str], options: asyncssh.SSHClientConnectionOptions, through: Connection | None
) -> Connection:
    with contextlib.ExitStack() as stack:
        words: dict[str, Any] = {}
        if through is not None:
            stack.callback(through.close)
            words["tunnel"] = through
        found = await _met(partial(asyncssh.connect, login.host, config=config, options=options, **words))
        found.set_tunnel(through)
        stack.pop_all()
        return found


async def _met(connect: Callable[..., Awaitable[Connection]]) -> Connection:
    """A connection. A host that has no key of the types that are known for it hangs up, and is asked for any then."""
    try:
        return await connect()
    except (asyncssh.ConnectionLost, ConnectionResetError):
        with contextlib.suppress(OSError, asyncssh.ConnectionLost, RuntimeError):
            return await connect(server_host_key_algs="default")
        raise


@contextlib.asynccontextmanager
async def conversation(login: Login, close: Callable[[], Awaitable[None]], late: str) -> AsyncIterator[None]:
    """What is asked and answered in one turn; whatever breaks it off, a wait that ends too, closes the session.

    What comes after that must not be taken for the answer to something else. A refusal breaks nothing off.

    Raises:
        TimedOut: the time is over; it says `late`.
        Unreachable: the connection is not there any longer.
    """
    try:
        yield
    except Rejected:
        raise
    except BaseException as error:
        await close()
        if isinstance(error, TimeoutError):
            raise TimedOut(late, key=login.name) from None
        if isinstance(error, OSError | asyncssh.Error | asyncio.IncompleteReadError):
            raise lost(login, error) from error
        raise


def lost(login: Login, error: Exception) -> CpalError:
    """The fault that a connection is not there, or not any longer."""
    if isinstance(error, asyncio.IncompleteReadError):
        remedy = "ask again; where it always does, is it a device of that make?"
        return Unreachable("the device ended the session in the middle of an answer", key=login.name, remedy=remedy)
    remedy = f"does `{_by_hand(login)}` get there?"
    return Unreachable(f"the device does not answer over SSH: {error or 'it went away'}", key=login.name, remedy=remedy)


def _by_hand(login: Login) -> str:
    """What a person types to get there."""
    files = [word for file in login.ssh_config[:1] for word in ("-F", file)]
    port = ["-p", str(login.port)] if login.port else []
    return shlex.join(["ssh", *files, *port, f"{login.user}@{login.host}" if login.user else login.host])


def _config(login: Login) -> list[str]:
    """The files of configuration, which are those of jump hosts too; of what several say, the first counts."""
    return list(login.ssh_config) or _there(CONFIGS)


def _there(files: Iterable[str]) -> list[str]:
    """Those of the files that are there."""
    found = (Path(file).expanduser() for file in files)
    return [str(file) for file in found if file.is_file()]


def _options(login: Login, config: list[str], port: int | None) -> asyncssh.SSHClientConnectionOptions:
    keys = [_readable(login, file) for file in login.keys]
    given = {"port": login.port, "password": login.password, "username": login.user, "client_keys": keys}
    words: dict[str, Any] = {name: value for name, value in given.items() if value}
    found = asyncssh.SSHClientConnectionOptions(
        config=config, host=login.host, keepalive_interval=15, connect_timeout=login.timeout_s,
        ignore_encrypted=True, **words
    )  # fmt: skip
    said = found.config
    more: dict[str, Any] = {"known_hosts": _there(_known_hosts(found)) or NONE_KNOWN}
    if port is not None and login.port is None and not said.get("Port"):
        more["port"] = port
    if command := said.get("ProxyCommand"):
        more["proxy_command"] = ["/bin/sh", "-c", f"(exec {command}) 2>/dev/null; exit $?"]
    return asyncssh.SSHClientConnectionOptions(found, **more)


def _known_hosts(options: asyncssh.SSHClientConnectionOptions) -> list[str]:
    """The files of hosts that are known, which need not be there yet: what none of them says is not trusted."""
    said = options.config
    files = (said.get("UserKnownHostsFile", USER_KNOWN_HOSTS), said.get("GlobalKnownHostsFile", GLOBAL_KNOWN_HOSTS))
    return [str(file) for each in files for file in each]  # type: ignore[attr-defined]  # both are of several files


def _not_let_in(
    login: Login, options: asyncssh.SSHClientConnectionOptions, error: asyncssh.DisconnectError
) -> Unauthenticated:
    """That a device lets nobody in, and what to look at."""
    remedy = "see `ssh-add -l`, ~/.ssh/config, CPAL_DEVICE_PASSWORD, and what the inventory says of its password"
    named: Any = login.keys or options.config.get("IdentityFile", ())
    if error.reason == TOO_MANY:
        remedy = "it was offered too many keys: have ~/.ssh/config say which (IdentityFile, with IdentitiesOnly yes)"
    elif closed := [file for file in _there(named) if _is_closed(file)]:
        remedy = f"a key of it is encrypted: `ssh-add {shlex.quote(closed[0])}` gives it to the agent"
    why = f"the device does not let {options.username} in: {error.reason}"
    return Unauthenticated(why, key=login.name, remedy=remedy)


def _readable(login: Login, file: str) -> str:
    """A file of a private key that the inventory names. Raises Invalid: it is none."""
    path = Path(file).expanduser()
    try:
        if not _is_closed(str(path)):
            asyncssh.read_private_key(path)
    except OSError as error:
        raise Invalid(f"its key {file} cannot be read: {error.strerror}", key=login.name) from error
    except asyncssh.KeyImportError as error:
        remedy = "name the file of a private key for SSH"
        raise Invalid(f"its key {file} is none: {error}", key=login.name, remedy=remedy) from error
    return str(path)


def _is_closed(file: str) -> bool:
    """Whether a file of a private key needs a passphrase."""
    try:
        asyncssh.read_private_key(file)
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError) as error:
        return "passphrase" in str(error).lower()
    except OSError:
        return False
    return False


def _not_trusted(login: Login, options: asyncssh.SSHClientConnectionOptions, error: Exception) -> Unreachable:
    """Whether another key is known for the host, and what to do then, or if none is."""
    port = options.port or asyncssh.DEFAULT_PORT
    host = options.host_key_alias or options.host or login.host
    named = host if port == asyncssh.DEFAULT_PORT else f"[{host}]:{port}"
    files = [Path(file).expanduser() for file in _known_hosts(options)]
    keys, authorities, revoked = (
        any(_known(file, host, port)[n] for file in files if file.is_file()) for n in range(3)
    )
    if not files or revoked:
        why, remedy = (
            f"its host key is not trusted ({error})",
            "see UserKnownHostsFile in ~/.ssh/config, and @revoked there",
        )
        return Unreachable(why, key=login.name, remedy=remedy)
    folder = files[0].parent
    make = "" if folder.is_dir() else f"mkdir -p -m 700 {folder} && "
    scan = f"`{make}ssh-keyscan -p {port} {host} >> {files[0]}` once you have compared its fingerprint"
    if options.tunnel or options.proxy_command:  # which nobody can scan through
        scan = f"`{_by_hand(login)}`, which shows its fingerprint and asks"
    if keys:
        return Unreachable(
            "its host key is another one than before: somebody may be in between, or the device is a new one",
            key=login.name, remedy=f"if it is a new one: `ssh-keygen -R {named} -f {files[0]}`, then {scan}",
        )  # fmt: skip
    why = "no authority that is known signed its host key" if authorities else "its host key is not known"
    return Unreachable(f"{why} ({error})", key=login.name, remedy=f"to accept it: {scan}")


def _known(file: Path, host: str, port: int) -> tuple[bool, bool, bool]:
    """Whether a file has keys for a host, authorities, and keys that are revoked."""
    keys, authorities, revoked, *_ = asyncssh.match_known_hosts(str(file), host, "", port)
    return bool(keys), bool(authorities), bool(revoked)
