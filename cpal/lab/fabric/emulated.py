"""Emulated switches beside a fabric's real machines: one process for all of them, on this machine's own address.

They forward nothing, and no cable of the kernel leads to them; see `emulating` for what they say of themselves. Their
configurations are in that process and end with it. It is told by `emulated.json` what to emulate, and writes there at
which ports: those are its own again when it is started anew.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from cpal.errors import Failed

from .. import pids
from ..layout import Layout
from ..processes import Process, run, until
from ..records import EmulatedSwitch
from .told import Told, ready_file, told_file

NAME = "emulators"
"""What the process is called."""
DIRECTORY = "emulated"
READY_S = 60
"""How long the process may take until all listen."""
_DETACHED = 'setsid "$@" </dev/null >>"$0" 2>&1 & echo $!'


@dataclass(frozen=True)
class Emulators:
    """The process, as a daemon of the fabric."""

    makes: tuple[str, ...]
    spines: int
    name: str = NAME

    def record(self, layout: Layout) -> Path:
        """The file that names the process which was seen to serve."""
        return layout.directory / DIRECTORY / "started"

    def is_served_by(self, layout: Layout, process: Process) -> bool:
        """Whether `process` is this one, and was seen to serve."""
        return process.role == self.name and pids.recorded(self.record(layout)) == process.pid

    def start(self, layout: Layout) -> None:
        """Start it, and wait until all listen. Raises TimedOut, Failed (with what it said)."""
        directory = layout.directory / DIRECTORY
        directory.mkdir(exist_ok=True)
        file, ready, log = told_file(directory), ready_file(directory), directory / "log"
        if not file.exists():
            file.write_bytes(msgspec.json.encode(Told(self.makes, self.spines)))
        ready.unlink(missing_ok=True)
        words = [sys.executable, "-m", "cpal.lab.fabric.emulating", str(directory)]
        pid = int(run(["sh", "-c", _DETACHED, str(log), *words], layout.environment(self.name)))

        def listens() -> bool:
            if not ready.exists():
                try:
                    pids.start_time(pid)
                except (FileNotFoundError, ProcessLookupError):
                    said = log.read_text(errors="replace").strip().splitlines()
                    raise Failed(said[-1] if said else "it ended at once", key=self.name) from None
            return ready.exists()

        until(listens, READY_S, "emulated switches that listen")
        pids.record(self.record(layout), pid)

    def switches(self, layout: Layout) -> tuple[EmulatedSwitch, ...]:
        """The switches, and where they are met; none before they listened once."""
        with suppress(FileNotFoundError):
            return msgspec.json.decode(told_file(layout.directory / DIRECTORY).read_bytes(), type=Told).switches
        return ()
