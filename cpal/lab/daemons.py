"""The daemons of a lab: which there are, how each is started, in what order they end."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from cpal.errors import Failed

from . import pids
from .layout import TOP_OF_RACK, Layout
from .namespaces import STEP, enter
from .processes import Process, end, find, run, start_detached
from .records import Datapath
from .requirements import SCHEMAS

_STOP_ORDER = (("ovn-controller", "northd"), ("ovs-vswitchd",), ("nb", "sb", "ovsdb-server"))
"""Who writes ends before who is written to; everything else in the lab ends before these."""

_RUNNING = re.compile(r"already running as pid (\d+)")
"""What a daemon says that finds another at its pid file. Source: Open vSwitch, lib/daemon-unix.c."""


@dataclass(frozen=True)
class Daemon:
    """A daemon by the name people use (`nb`, `hv1/ovn-controller`).

    `node` is its directory; it runs in `namespace` (empty: the host's, for those that only use unix sockets).
    `database` is the schema of the file it serves, if any, and `database_file` that file.
    It writes its pid to `pidfile`.
    """

    name: str
    node: str
    namespace: str
    argv: tuple[str, ...]
    pidfile: Path
    database: str = ""
    database_file: Path = Path()

    @property
    def record(self) -> Path:
        """The file that names the process which was seen to serve: a start cut short leaves none."""
        return self.pidfile.with_suffix(".started")

    def is_served_by(self, process: Process) -> bool:
        """Whether `process` is this daemon, in its right place, and was seen to serve."""
        if (process.role, process.namespace) != (self.name, self.namespace):
            return False
        return pids.recorded(self.record) == process.pid

    def start(self, layout: Layout) -> None:
        """Start it and wait until it serves: Open vSwitch's daemons detach themselves only then.

        Raises Missing, TimedOut, Failed.
        """
        if self.database:
            _create_database(layout, self)
        try:
            self._launch(layout)
        except Failed as fault:
            # It may be that an `up` that was killed started one after its processes were ended here.
            running = {int(pid) for pid in _RUNNING.findall(fault.message)}
            left = [process for process in find(layout) if process.pid in running]
            if not left:
                raise
            end(left)
            self._launch(layout)
        pids.record(self.record, int(self.pidfile.read_text()))

    def _launch(self, layout: Layout) -> None:
        inside = enter(layout, self.namespace) if self.namespace else []
        log = layout.directory / self.node / "startup.log"
        start_detached([*inside, *self.argv], layout.environment(self.name, self.node), log)


def central(layout: Layout) -> tuple[Daemon, ...]:
    """OVN's two databases and northd."""
    northd = (
        *_common("ovn-northd"),
        f"--ovnnb-db={layout.endpoints.northbound}",
        f"--ovnsb-db={layout.endpoints.southbound}",
    )
    pidfile = layout.central / "ovn-northd.pid"
    return (_database(layout, "nb"), _database(layout, "sb"), Daemon("northd", "central", "", northd, pidfile))


def node(layout: Layout, name: str, datapath: Datapath) -> tuple[Daemon, ...]:
    """The daemons of the hypervisor or switch `name`, in the order in which they start."""
    directory = layout.node(name)
    remote, file = f"unix:{directory / 'db.sock'}", directory / "conf.db"
    no_kernel = ("--disable-system",) if datapath == "netdev" else ()
    server = _on_node(directory, "ovsdb-server", f"--remote=p{remote}", str(file))
    switch = _on_node(directory, "ovs-vswitchd", *no_kernel, remote)
    controller = _on_node(directory, "ovn-controller", remote)
    server = replace(server, database="vswitch", database_file=file)
    return (server, switch) if name == TOP_OF_RACK else (server, switch, controller)


def distrust(layout: Layout) -> None:
    """Count no daemon as serving any more: before they are told to end, which takes some of them a while."""
    for record in layout.directory.glob("*/*.started"):
        record.unlink(missing_ok=True)


def stop_all(processes: Iterable[Process]) -> None:
    """End the lab's processes: workloads first, then OVN, the switches, and the databases last."""
    left = list(processes)
    programs = {program for stage in _STOP_ORDER for program in stage}
    end(process for process in left if _program(process) not in programs)
    for stage in _STOP_ORDER:
        end(process for process in left if _program(process) in stage)


def _program(process: Process) -> str:
    return process.role.rpartition("/")[2]


def _common(program: str) -> tuple[str, ...]:
    """Options of every daemon: its pid, control socket and log go where its environment says; nothing to syslog."""
    return (program, "--detach", "--pidfile", "--log-file", "-vconsole:off", "-vsyslog:off")


def _on_node(directory: Path, program: str, *words: str) -> Daemon:
    """A daemon of the node whose directory this is, in the namespace of the same name."""
    name, pidfile = directory.name, directory / f"{program}.pid"
    return Daemon(f"{name}/{program}", name, name, (*_common(program), *words), pidfile)


def _database(layout: Layout, name: str) -> Daemon:
    file = layout.central / f"ovn{name}_db.db"
    pidfile = file.with_suffix(".pid")
    argv = (
        "ovsdb-server", "--detach", f"--pidfile={pidfile}",
        f"--log-file={file.with_suffix('.log')}", "-vconsole:off", "-vsyslog:off",
        f"--unixctl={file.with_suffix('.ctl')}", f"--remote=punix:{layout.socket(name)}", str(file),
    )  # fmt: skip
    return Daemon(name, "central", "", argv, pidfile, name, file)


def _create_database(layout: Layout, daemon: Daemon) -> None:
    """Make the daemon's database file unless it is there; a killed creation leaves no half of one."""
    if daemon.database_file.exists():
        return
    schema, _ = SCHEMAS[daemon.database]
    fresh = daemon.database_file.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    run(["ovsdb-tool", "create", str(fresh), str(schema)], layout.environment(STEP))
    fresh.rename(daemon.database_file)
