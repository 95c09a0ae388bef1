"""What a lab stands on: the machine's own namespaces for root, a user namespace of its own for anybody else.

Not root: a sleeping process, the holder, keeps a user namespace in which the user is root, with a network and a mount
namespace and an empty /run in it. Everything that a lab makes, it makes in there, by the same commands, which only are
preceded by the words that enter. The databases are unix sockets in files, so that they are reached from outside.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from cpal.errors import Denied, Unreachable

from .layout import NAMESPACES, Layout
from .pids import record, recorded

HOLDER = "holder"
"""Role of the process that keeps the user namespace."""

TUN = Path("/dev/net/tun")

_HOLD = """
mount -t tmpfs tmpfs /run
mkdir /run/netns
ip link set lo up
setsid sleep infinity </dev/null >/dev/null 2>&1 &
echo $!
"""


def is_root() -> bool:
    """Whether this process may use the machine's own namespaces."""
    return os.geteuid() == 0


def check(layout: Layout, verb: str) -> None:
    """Raise Denied, with the command that would do, where this user has no right to the lab or to make one."""
    remedy = f"run: sudo cpal lab {verb}"
    if layout.directory.is_dir() and layout.directory.stat().st_uid != os.geteuid():
        raise Denied("the lab belongs to another user", key=str(layout.directory), remedy=remedy)
    if verb == "up" and not is_root() and not os.access(TUN, os.R_OK | os.W_OK):
        raise Denied("only root may use tun/tap devices here", key=str(TUN), remedy=remedy)


def check_root(words: str) -> None:
    """Raise Denied, with the command that would do, for a lab that only root can make."""
    if not is_root():
        raise Denied("FRR's daemons change to a user of their own, which only root may have them do", key="frr",
                     remedy=f"run: sudo cpal lab {words}")  # fmt: skip


def hold(layout: Layout) -> None:
    """Start the holder if one is needed. Raises Denied where the kernel gives no user namespaces to this user."""
    if is_root() or holder(layout) is not None:
        return
    argv = ["unshare", "--user", "--map-root-user", "--net", "--mount", "sh", "-ec", _HOLD]
    done = subprocess.run(argv, env=layout.environment(HOLDER), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Denied(
            f"no user namespace to be had: {done.stderr.strip()}", key="unshare", remedy="run: sudo cpal lab up"
        )
    record(_record(layout), int(done.stdout))


def forget_holder(layout: Layout) -> None:
    """Count the holder as gone, before it is told to end."""
    _record(layout).unlink(missing_ok=True)


def holder(layout: Layout) -> int | None:
    """The holder's pid, if it lives."""
    return recorded(_record(layout))


def entry(layout: Layout) -> list[str]:
    """The words before a command that make it run where the lab's namespaces are. Raises Unreachable: no holder."""
    if is_root():
        return []
    pid = holder(layout)
    if pid is None:
        raise Unreachable("the lab is not up", key=str(layout.directory), remedy="run: cpal lab up")
    return ["nsenter", f"--target={pid}", "--user", "--net", "--mount", "--preserve-credentials", "--"]


def namespace_files(layout: Layout) -> dict[str, Path]:
    """Files that stand for the lab's network namespaces, as this process sees them, by name without prefix."""
    prefix = layout.namespace_prefix
    directory = NAMESPACES
    if not is_root():
        directory = Path("/proc", str(holder(layout)), "root", *NAMESPACES.parts[1:])
    return {path.name.removeprefix(prefix): path for path in directory.glob(f"{prefix}*")}


def _record(layout: Layout) -> Path:
    return layout.directory / f"{HOLDER}.started"
