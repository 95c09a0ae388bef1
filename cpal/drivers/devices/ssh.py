"""Devices over SSH: the connection that NETCONF, a command line and a shell are spoken over.

Keys, agents, jump hosts and names are those of the user's own configuration of SSH. A host whose key is not known, or
is another one than before, is refused. Source: ssh_config(5), sshd(8) `SSH_KNOWN_HOSTS FILE FORMAT`.
"""

from __future__ import annotations

import asyncio
import contextlib
import shlex
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import asyncssh

from cpal.drivers.devices.login import Login
from cpal.errors import CpalError, Invalid, Rejected, TimedOut, Unauthenticated, Unreachable

Connection = asyncssh.SSHClientConnection
USER_CONFIG = Path("~/.ssh/config")
USER_KNOWN_HOSTS = Path("~/.ssh/known_hosts")


async def connected(login: Login, port: int | None = None) -> Connection:
    """A connection to a device, at its own port or else at `port`.

    Raises:
        Unreachable: nothing answers there, or what answers is not who it was, or not known.
        Unauthenticated: it lets the user in neither by key nor by password.
        TimedOut: it does not answer in time.
        Invalid: the configuration of SSH cannot be read.
    """
    try:
        config = _config(login)
        options = _options(login, config, port)
        async with asyncio.timeout(login.timeout_s):
            return await asyncssh.connect(login.host, config=config, options=options)
    except TimeoutError:
        raise TimedOut(f"it lets nobody in within {login.timeout_s:g} s", key=login.name) from None
    except (asyncssh.HostKeyNotVerifiable, FileNotFoundError) as error:
        if isinstance(error, FileNotFoundError) and Path(error.filename or "") not in _known_hosts(options):
            raise lost(login, error) from error
        raise _not_trusted(login, options, error) from error
    except asyncssh.PermissionDenied as error:
        remedy = "see `ssh-add -l`, ~/.ssh/config, CPAL_DEVICE_PASSWORD, and what the inventory says of its password"
        raise Unauthenticated(
            f"the device does not let {options.username} in: {error.reason}", key=login.name, remedy=remedy
        ) from error
    except (asyncssh.ConfigParseError, asyncssh.KeyImportError, asyncssh.KeyEncryptionError) as error:
        raise Invalid(f"SSH cannot be set up: {error}", key=login.name) from error
    except (OSError, asyncssh.Error) as error:
        raise lost(login, error) from error


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
    """The files of configuration, which are those of jump hosts too."""
    user = USER_CONFIG.expanduser()
    return list(login.ssh_config) or ([str(user)] if user.is_file() else [])


def _options(login: Login, config: list[str], port: int | None) -> asyncssh.SSHClientConnectionOptions:
    given = {"port": login.port, "password": login.password, "username": login.user, "client_keys": login.keys}
    words: dict[str, Any] = {name: value for name, value in given.items() if value}
    found = asyncssh.SSHClientConnectionOptions(
        config=config, host=login.host, keepalive_interval=15, connect_timeout=login.timeout_s, **words
    )  # fmt: skip
    if port is not None and login.port is None and not found.config.get("Port"):
        found = asyncssh.SSHClientConnectionOptions(found, port=port)
    return found


def _not_trusted(login: Login, options: asyncssh.SSHClientConnectionOptions, error: Exception) -> Unreachable:
    """Whether another key is known for the host, and what to do then, or if none is."""
    port = options.port or asyncssh.DEFAULT_PORT
    host = options.host_key_alias or options.host or login.host
    named = host if port == asyncssh.DEFAULT_PORT else f"[{host}]:{port}"
    files = _known_hosts(options)
    known = any(_knows(file, host, port) for file in files if file.is_file())
    folder = files[0].parent
    make = "" if folder.is_dir() else f"mkdir -p -m 700 {folder} && "
    scan = f"`{make}ssh-keyscan -p {port} {host} >> {files[0]}` once you have compared its fingerprint"
    if known:
        return Unreachable(
            "its host key is another one than before: somebody may be in between, or the device is a new one",
            key=login.name, remedy=f"if it is a new one: `ssh-keygen -R {named} -f {files[0]}`, then {scan}",
        )  # fmt: skip
    return Unreachable(f"its host key is not known ({error})", key=login.name, remedy=f"to accept it: {scan}")


def _known_hosts(options: asyncssh.SSHClientConnectionOptions) -> list[Path]:
    """The files of hosts that are known, which need not be there yet."""
    files = options.known_hosts if isinstance(options.known_hosts, list) else []
    return [Path(file).expanduser() for file in files or [str(USER_KNOWN_HOSTS)]]


def _knows(file: Path, host: str, port: int) -> bool:
    return any(asyncssh.match_known_hosts(str(file), host, "", port)[:2])
