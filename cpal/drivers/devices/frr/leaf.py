"""One leaf: what it is asked and told, from outside it. Everything here blocks; the backend has threads for that.

A leaf is a directory with the sockets and pid files of its daemons, in whose namespaces commands are run. So is a host
with FRR from its distribution (/run/frr).

Commands live on when who started them is killed. So those that change a leaf hold the lock under which it is changed
themselves, until the last of them is over: who brings the leaf back comes after what it has to bring back.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from shlex import quote
from typing import Any
from uuid import uuid4

import msgspec

from cpal.core.diff import diff
from cpal.core.rows import Action, Op, Row, RowKey, rows_after
from cpal.drivers.devices import later
from cpal.drivers.devices.frr import kept, leaf_port
from cpal.drivers.devices.frr.configuration import DAEMONS, ZEBRA
from cpal.drivers.devices.frr.editing import edited
from cpal.drivers.devices.frr.make import is_setting, told_of
from cpal.drivers.devices.frr.observe import LIST, LeafState, read
from cpal.drivers.devices.frr.program import Step, in_space, program
from cpal.drivers.devices.frr.render.names import PORT, UPLINK
from cpal.drivers.devices.frr.settings import SETTINGS
from cpal.drivers.devices.frr.tables import TABLES, TAGGED
from cpal.drivers.devices.frr.vty import Vty
from cpal.errors import Busy, Rejected, TimedOut, Unreachable

COMMAND_TIMEOUT_S = 30.0
_OUT_OF_TIME = (-signal.SIGKILL, 128 + signal.SIGKILL)
"""How it ends that `timeout` kills a command, and itself as one of its group. Source: timeout(1)."""
PATIENCE_S = 5.0
"""How long a daemon is given to hear of what another was told."""
LOCK_TIMEOUT_S = 20.0
_POLL_S = 0.02
WATCHDOG = f"{__package__}.watchdog"
"""The module that runs when a change was not confirmed in time."""
_PHYSICAL = "physical-networks.json"
NEW = kept.Startup(0, 0)
"""What a leaf starts with at which nothing was confirmed yet."""


class LeafConnection:
    """A leaf in `directory`, for the store `owner`."""

    def __init__(self, name: str, directory: Path, owner: str) -> None:
        self.name, self.directory, self.owner = name, directory, owner

    def check(self) -> None:
        """See that all daemons of the leaf are there. Raises Unreachable, TimedOut."""
        self._pid()
        for daemon in self._daemons():
            Vty(self.directory, daemon).close()

    def observe(self) -> LeafState:
        """What the leaf is now. Raises Unreachable, TimedOut."""
        listing = self.shell(LIST)
        texts = {daemon: self.ask(daemon, "show running-config") for daemon in self._daemons()}
        ports = dict(leaf_port.every_place(self.directory))
        home = self._home.read_text() if self._home.exists() else ""
        startup = kept.load(self._startup, kept.Startup) or NEW
        pending = self.unconfirmed()
        ours = kept.rows_of(startup.rows if pending is None else pending.settings)
        ours = {key: row for key, row in ours.items() if key.table in SETTINGS}
        state = read(self.name, self.owner, listing, texts, ports, self._physical(), home, ours)
        state.revision, state.version = startup.revision, startup.version
        state.lost = startup.lost if pending is None else pending.lost
        return state

    def apply(self, ops: Sequence[Op], state: LeafState, lock: int) -> None:
        """Make the ops true, one after another, under this lock.

        Raises:
            Rejected, Unreachable, TimedOut: what the leaf refuses, or does not answer.
        """
        todo = program(state, ops, self.owner, self._physical())
        self._tag(todo.tags, state, lock)
        self._configure(todo.untold)
        self._change(todo.begin, lock)
        if todo.new:
            self._until_known(todo.new)
        self._change(todo.guard, lock)
        for port, place in todo.assign.items():
            leaf_port.assign(self.directory, port, place)
        self._change(todo.make, lock)
        self._configure(todo.steps)
        self._change(todo.take, lock)
        for port in todo.forget:
            leaf_port.forget(self.directory, port)
        self._configure(todo.last)

    def _tag(self, tags: Mapping[RowKey, str], state: LeafState, lock: int) -> None:
        """Write down at the leaf whose rows are."""
        lines = []
        for key, text in tags.items():
            if key.table in (PORT, UPLINK):
                leaf_port.keep(self.directory, key.name.split()[1], text)
            elif state.is_at_home(key):
                kept.write(self._home, text)
            else:
                space, name = state.at(key)
                lines.append(f"{in_space(space)} link set dev {name} alias {quote(text)}")
        self._change(lines, lock)

    # ------------------------------------------------------------------------------------------ confirmed commit

    def commit(self, ops: Sequence[Op], state: LeafState, revision: int, timeout_s: float) -> None:
        """Make the ops true, and have a watchdog take them back unless that is confirmed in time. Raises as `apply`.

        When its time is over before all is done, it waits for that.
        """
        word = uuid4().hex
        former = {op.key: state.tags.get(op.key, "") for op in ops if op.action in (Action.ADOPT, Action.RELEASE)}
        settings, theirs = rows_after(state.rows, ops), (op.before for op in ops if op.action is Action.ADOPT)
        pending = kept.Pending(
            revision, word, kept.kept(state.rows.values()), former=tuple(former.items()),
            settings=kept.kept(row for row in settings.values() if is_setting(row)),
            theirs=kept.kept(row for row in theirs if row is not None and is_setting(row)),
            lost=edited(self.name, state.tree, ops, state.rows, state.lost).lost,
        )  # fmt: skip
        words = [str(self.directory), self.name, self.owner, word]
        with self._pending_alone() as lock:
            kept.store(self._pending, pending)
            process = later.start(WATCHDOG, words, timeout_s, self.directory / "cpal" / "watchdog.log")
            kept.store(self._pending, msgspec.structs.replace(pending, watchdog=process))
            self.apply(ops, state, lock)

    def unconfirmed(self) -> kept.Pending | None:
        """The change that waits to be confirmed."""
        return kept.load(self._pending, kept.Pending)

    def is_waiting(self, word: str) -> bool:
        """Whether the change that the watchdog with this word looks after does."""
        pending = self.unconfirmed()
        return pending is not None and pending.word == word

    def confirm(self, rows: Iterable[Row], revision: int, version: int, waiting: bool) -> bool:
        """Keep these rows, which the leaf has, when it starts again; what waits to be confirmed is.

        False, and nothing is done, where something is to be `waiting` and its watchdog was faster.
        """
        with self._pending_alone():
            pending = self.unconfirmed()
            if waiting and pending is None:
                return False
            mine = kept.kept(rows)
            lost = pending.lost if pending else (kept.load(self._startup, kept.Startup) or NEW).lost
            kept.store(self._startup, kept.Startup(revision, version, mine, lost if mine else ()))
            self._take_from_others({each.key for each in mine})
            if pending is not None:
                self._let_go(pending)
        return True

    def save(self) -> None:
        """Have FRR keep its configuration. Raises Rejected, TimedOut. Source: FRR, vtysh(1), `write memory`."""
        self.shell("vtysh -c 'write memory'\n")

    def restore(self, word: str = "") -> None:
        """Bring the leaf back to what was before the change that waits; nothing, if none does, or one of another word.

        Raises:
            Unreachable, TimedOut, Rejected: it cannot be done now.
        """
        with self._pending_alone() as lock:
            pending = self.unconfirmed()
            if pending is None or word not in ("", pending.word):
                return
            self._give_back(pending, lock)
            state = self.observe()
            before = kept.rows_of((*pending.rows, *pending.theirs))
            self.apply(diff(before, state.rows, TABLES), state, lock)
            self._let_go(pending, mine=bool(word))

    def _give_back(self, pending: kept.Pending, lock: int) -> None:
        """Whose what was adopted or released was before, it is again."""
        if not pending.former:
            return
        state, tagged = self.observe(), (each for each in pending.former if each[0].table in TAGGED)
        changed = {key: text for key, text in tagged if key in state.rows or not state.tags.get(key)}
        self._tag(changed, state, lock)

    def start(self) -> None:
        """Bring the leaf, which has just started, to what it was last confirmed to be. Raises as `apply`."""
        with self._pending_alone() as lock:
            startup = kept.load(self._startup, kept.Startup) or NEW
            state, wanted = self.observe(), kept.rows_of(startup.rows)
            found = {key: row for key, row in state.unowned.items() if key in wanted}
            self.apply(diff(wanted, state.rows, TABLES, unowned=found), state, lock)
            pending = self.unconfirmed()
            if pending is not None:
                self._let_go(pending)

    def _take_from_others(self, keys: Collection[RowKey]) -> None:
        """Another store does not bring back what was taken over from it, when the leaf starts again."""
        for file in self._startup.parent.glob("startup-*.json"):
            theirs = kept.load(file, kept.Startup) if file != self._startup else None
            if theirs is not None and any(each.key in keys for each in theirs.rows):
                left = tuple(each for each in theirs.rows if each.key not in keys)
                kept.store(file, msgspec.structs.replace(theirs, rows=left))

    def waits_for_another(self) -> bool:
        """Whether a change of another store waits to be confirmed."""
        return any(file != self._pending for file in self._pending.parent.glob("pending-*.json"))

    def _let_go(self, pending: kept.Pending, mine: bool = False) -> None:
        """Nothing waits any more; the watchdog ends, or is who does this."""
        self._pending.unlink(missing_ok=True)
        if not mine:
            later.stop(pending.watchdog, pending.word)

    @contextmanager
    def _pending_alone(self) -> Iterator[int]:
        """Leave out who else confirms or restores: a watchdog has no turn, since who holds that may hang. The lock."""
        (self.directory / "cpal").mkdir(exist_ok=True)
        with _locked_until_done(self.directory / "cpal" / "pending.lock", self.name) as lock:
            yield lock

    # ------------------------------------------------------------------------------------------ conversation

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Leave others out. Raises Busy: one has been writing all the time."""
        (self.directory / "cpal").mkdir(exist_ok=True)
        with _locked_until_done(self.directory / "cpal" / "turn.lock", self.name):
            yield

    def ask(self, daemon: str, command: str) -> str:
        """What a daemon says. Raises Unreachable, TimedOut, Rejected."""
        with Vty(self.directory, daemon) as vty:
            return vty.ask(command)

    def ask_json(self, daemon: str, command: str) -> Any:
        """The same, of a command that answers in JSON."""
        return json.loads(self.ask(daemon, command) or "{}")

    def shell(self, script: str, locks: Sequence[int] = ()) -> str:
        """What a shell on the leaf prints, which holds these locks, too, and is over in time whoever dies meanwhile.

        Raises:
            Unreachable, TimedOut, Rejected: a command fails.
        """
        words = ["timeout", "--signal=KILL", f"{COMMAND_TIMEOUT_S:g}", "nsenter", f"--target={self._pid()}"]
        words += ["--net", "--mount", "--", "sh", "-e"]
        done = subprocess.run(words, input=script, capture_output=True, text=True, pass_fds=locks, check=False)
        if done.returncode in _OUT_OF_TIME:
            raise TimedOut(f"no answer within {COMMAND_TIMEOUT_S:g} s", key=self.name)
        if done.returncode:
            raise Rejected(f"its kernel refuses: {done.stderr.strip()}", key=self.name)
        return done.stdout

    def _daemons(self) -> list[str]:
        """Those of FRR's daemons that are there, or are to be for what is cpal's."""
        startup = kept.load(self._startup, kept.Startup) or NEW
        needed = {ZEBRA}.union(*(told_of(row.key.table) for row in startup.rows))
        return [name for name in DAEMONS if name in needed or (self.directory / f"{name}.vty").exists()]

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

    def _change(self, lines: Sequence[str], lock: int) -> None:
        if lines:
            self.shell("\n".join(lines) + "\n", (lock,))

    def _until_known(self, vrfs: Sequence[str]) -> None:
        """Wait until zebra has found namespaces. Source: FRR, zebra/zebra_netns_notify.c."""
        wanted = {f"vrf {name} id" for name in vrfs}

        def known() -> bool:
            lines = self.ask("zebra", "show vrf").splitlines()
            return wanted <= {" ".join(line.split()[:3]) for line in lines}

        _until(known, PATIENCE_S, TimedOut(f"zebra does not find {', '.join(vrfs)}", key=self.name))

    def _configure(self, steps: Sequence[Step]) -> None:
        for step in steps:
            with Vty(self.directory, step.daemon) as vty:
                vty.configure(step.lines)

    def _physical(self) -> Mapping[str, Mapping[str, str]]:
        try:
            found: Mapping[str, Mapping[str, str]] = json.loads((self.directory / _PHYSICAL).read_text())
        except FileNotFoundError:
            return {}
        return found

    @property
    def _startup(self) -> Path:
        return self.directory / "cpal" / f"startup-{self.owner}.json"

    @property
    def _home(self) -> Path:
        """Whose the leaf's own namespace is, where networks that nobody routes were taken over there."""
        return self.directory / "cpal" / "layer2.tag"

    @property
    def _pending(self) -> Path:
        return self.directory / "cpal" / f"pending-{self.owner}.json"


def boot(name: str, directory: Path) -> None:
    """What a leaf does that has just started: what each store left there, it makes again. Raises as `apply`."""
    files = [file for kind in ("startup", "pending") for file in (directory / "cpal").glob(f"{kind}-*.json")]
    for owner in sorted({file.stem.partition("-")[2] for file in files}):
        LeafConnection(name, directory, owner).start()


@contextmanager
def _locked_until_done(path: Path, leaf: str) -> Iterator[int]:
    fd = os.open(path, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _until(lambda: _locked(fd), LOCK_TIMEOUT_S, Busy("another process is writing there", key=leaf))
        yield fd
    finally:
        os.close(fd)


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
