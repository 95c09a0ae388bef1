"""Commands on other machines, by the user's own `ssh`: its configuration, keys, agent and jump hosts are the user's.

Nothing is asked on the way: who may not in is refused, as is a host whose key is not known.
"""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Sequence
from shutil import which
from typing import NamedTuple

from cpal.errors import Missing, TimedOut, Unreachable

CONNECT_S = 10
NOT_THERE = 255
"""What `ssh` itself ends with when it does not get there. Source: ssh(1), EXIT STATUS."""
CONFIGURATION = "CPAL_SSH_CONFIG"
"""The environment's name for a file of configuration to use instead of the user's."""


class Ran(NamedTuple):
    """A command that ran to its end."""

    exit_code: int
    stdout: str
    stderr: str


def words(host: str, command: Sequence[str]) -> list[str]:
    """The words that run a command on a host."""
    own = os.environ.get(CONFIGURATION)
    options = ["-o", "BatchMode=yes", "-o", f"ConnectTimeout={CONNECT_S}", *(("-F", own) if own else ())]
    return ["ssh", *options, "--", host, shlex.join(command)]


def run(host: str, command: Sequence[str], timeout_s: float = 60) -> Ran:
    """Run a command on a host to its end.

    Raises:
        Missing: there is no `ssh` here.
        Unreachable: it does not get there: why, as ssh says.
        TimedOut: it does not end.
    """
    if which("ssh") is None:
        raise Missing("there is no ssh", key="ssh", remedy="install openssh-client")
    try:
        done = subprocess.run(
            words(host, command),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise TimedOut(f"`{command[0]}` has not ended after {timeout_s:g} s", key=host) from None
    if done.returncode == NOT_THERE:
        said = done.stderr.strip().splitlines()
        remedy = f"make `ssh {host}` work without a question: ~/.ssh/config, ssh-agent, known_hosts"
        raise Unreachable(f"ssh does not get there: {said[-1] if said else 'no reason given'}", key=host, remedy=remedy)
    return Ran(done.returncode, done.stdout, done.stderr)
