"""One leaf: what it is asked and told, from outside it. Everything here blocks; the backend has threads for that.

A leaf is a directory with the sockets and pid files of its daemons, in whose namespaces commands are run. So is a host
with FRR from its distribution (/run/frr).
"""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from cpal.core.rows import Op
from cpal.drivers.devices.frr import leaf_port
from cpal.drivers.devices.frr.configuration import running
from cpal.drivers.devices.frr.observe import LIST, LeafState, read
from cpal.drivers.devices.frr.program import Step, program
from cpal.drivers.devices.frr.vty import Vty
from cpal.errors import Busy, Rejected, TimedOut, Unreachable

DAEMONS = ("zebra", "bgpd", "staticd")
COMMAND_TIMEOUT_S = 30.0
PATIENCE_S = 5.0
"""How long a daemon is given to hear of what another was told."""
LOCK_TIMEOUT_S = 20.0
_POLL_S = 0.02
_PHYSICAL = "physical-networks.json"


class Mark(msgspec.Struct, frozen=True):
    """What was last applied at a leaf for a store."""

    revision: int
    version: int


class LeafConnection:
    """A leaf in `directory`, for the store `owner`."""

    def __init__(self, name: str, directory: Path, owner: str) -> None:
        self.name, self.directory, self.owner = name, directory, owner

    def observe(self) -> LeafState:
        """What the leaf is now. Raises Unreachable, TimedOut."""
        listing = self.shell(LIST)
        texts = [self.ask(daemon, "show running-config") for daemon in DAEMONS]
        ports = dict(leaf_port.every_place(self.directory))
        state = read(self.name, self.owner, listing, running(*texts), ports, self._physical())
        mark = self._mark()
        state.revision, state.version = mark.revision, mark.version
        return state

    def apply(self, ops: Sequence[Op], state: LeafState) -> None:
        """Make the ops true, one after another. Raises Rejected: what the leaf refuses; Unreachable, TimedOut."""
        todo = program(state, ops, self.owner, self._physical())
        for port, place in todo.assign.items():
            leaf_port.assign(self.directory, port, place)
        self._change(todo.begin)
        if todo.new:
            self._until_known(todo.new)
        self._change(todo.make)
        self._configure(todo.steps)
        self._change(todo.take)
        for port in todo.forget:
            leaf_port.forget(self.directory, port)
        self._configure(todo.last)

    def mark(self, revision: int, version: int) -> None:
        """Remember what was applied."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._file.with_suffix(".new")
        fresh.write_bytes(msgspec.json.encode(Mark(revision, version)))
        fresh.rename(self._file)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Leave others out. Raises Busy: one has been writing all the time."""
        (self.directory / "cpal").mkdir(exist_ok=True)
        fd = os.open(self.directory / "cpal", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            _until(lambda: _locked(fd), LOCK_TIMEOUT_S, Busy("another process is writing there", key=self.name))
            yield
        finally:
            os.close(fd)

    def ask(self, daemon: str, command: str) -> str:
        """What a daemon says. Raises Unreachable, TimedOut, Rejected."""
        with Vty(self.directory, daemon) as vty:
            return vty.ask(command)

    def ask_json(self, daemon: str, command: str) -> Any:
        """The same, of a command that answers in JSON."""
        return json.loads(self.ask(daemon, command) or "{}")

    def shell(self, script: str) -> str:
        """What a shell on the leaf prints. Raises Unreachable, TimedOut; Rejected: a command fails."""
        words = ["nsenter", f"--target={self._pid()}", "--net", "--mount", "--", "sh", "-e"]
        try:
            done = subprocess.run(
                words, input=script, capture_output=True, text=True, timeout=COMMAND_TIMEOUT_S, check=False
            )
        except subprocess.TimeoutExpired:
            raise TimedOut(f"no answer within {COMMAND_TIMEOUT_S:g} s", key=self.name) from None
        if done.returncode:
            raise Rejected(f"its kernel refuses: {done.stderr.strip()}", key=self.name)
        return done.stdout

    def _pid(self) -> int:
        """A process that lives in the leaf's namespaces."""
        try:
            pid = int((self.directory / "zebra.pid").read_text())
            program = Path(f"/proc/{pid}/comm").read_text().strip()
        except (OSError, ValueError):
            program = ""
        if program != "zebra":
            raise Unreachable("zebra does not run", key=self.name, remedy="start it; in a lab: cpal lab up")
        return pid

    def _change(self, lines: Sequence[str]) -> None:
        if lines:
            self.shell("\n".join(lines) + "\n")

    def _until_known(self, vrfs: Sequence[str]) -> None:
        """Wait until zebra has found namespaces. Source: FRR, zebra/zebra_netns_notify.c."""
        wanted = {f"vrf {name} id" for name in vrfs}

        def known() -> bool:
            lines = self.ask("zebra", "show vrf").splitlines()
            return wanted <= {" ".join(line.split()[:3]) for line in lines}

        _until(known, PATIENCE_S, TimedOut(f"zebra does not find {', '.join(vrfs)}", key=self.name))

    def _configure(self, steps: Sequence[Step]) -> None:
        for step in steps:
            if step.patient:
                self._insist(step)
            else:
                with Vty(self.directory, step.daemon) as vty:
                    vty.configure(step.lines)

    def _insist(self, step: Step) -> None:
        """Configure what a daemon refuses until it has heard of something."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                with Vty(self.directory, step.daemon) as vty:
                    vty.configure(step.lines)
            except Rejected:
                if time.monotonic() > deadline:
                    raise
                time.sleep(_POLL_S)
            else:
                return

    def _physical(self) -> Mapping[str, Mapping[str, str]]:
        try:
            found: Mapping[str, Mapping[str, str]] = json.loads((self.directory / _PHYSICAL).read_text())
        except FileNotFoundError:
            return {}
        return found

    @property
    def _file(self) -> Path:
        return self.directory / "cpal" / f"revision-{self.owner}"

    def _mark(self) -> Mark:
        try:
            return msgspec.json.decode(self._file.read_bytes(), type=Mark)
        except FileNotFoundError:
            return Mark(0, 0)


def _locked(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _until(ready: Callable[[], bool], timeout_s: float, late: Exception) -> None:
    deadline = time.monotonic() + timeout_s
    while not ready():
        if time.monotonic() > deadline:
            raise late
        time.sleep(_POLL_S)
