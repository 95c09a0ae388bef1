"""The daemons of a lab: which there are, how each is started, in what order they end."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .layout import TOP_OF_RACK, Layout
from .namespaces import enter
from .processes import Process, end, run, start_detached
from .records import Datapath
from .requirements import SCHEMAS

_STOP_ORDER = (("ovn-controller", "northd"), ("ovs-vswitchd",), ("nb", "sb", "ovsdb-server"))
"""Who writes ends before who is written to; everything else in the lab ends before these."""


@dataclass(frozen=True)
class Daemon:
    """A daemon by the name people use (`nb`, `hv1/ovn-controller`).

    `node` is its directory; it runs in `namespace` (empty: the host's, for those that only use unix sockets).
    `database` is the schema of the file it serves, if any, and `database_file` that file.
    """

    name: str
    node: str
    namespace: str
    argv: tuple[str, ...]
    database: str = ""
    database_file: Path = Path()

    def start(self, layout: Layout) -> None:
        """Start it and wait until it serves: Open vSwitch's daemons detach themselves only then.

        Raises Missing, TimedOut, Failed.
        """
        if self.database:
            _create_database(layout, self)
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
    return (_database(layout, "nb"), _database(layout, "sb"), Daemon("northd", "central", "", northd))


def node(layout: Layout, name: str, datapath: Datapath) -> tuple[Daemon, ...]:
    """The daemons of the hypervisor or switch `name`, in the order in which they start."""
    remote = f"unix:{layout.node(name) / 'db.sock'}"
    file = layout.node(name) / "conf.db"
    server = (*_common("ovsdb-server"), f"--remote=p{remote}", str(file))
    no_kernel = ("--disable-system",) if datapath == "netdev" else ()
    switch = (
        Daemon(f"{name}/ovsdb-server", name, name, server, "vswitch", file),
        Daemon(f"{name}/ovs-vswitchd", name, name, (*_common("ovs-vswitchd"), *no_kernel, remote)),
    )
    if name == TOP_OF_RACK:
        return switch
    return (*switch, Daemon(f"{name}/ovn-controller", name, name, (*_common("ovn-controller"), remote)))


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


def _database(layout: Layout, name: str) -> Daemon:
    file = layout.central / f"ovn{name}_db.db"
    argv = (
        "ovsdb-server", "--detach", f"--pidfile={layout.central / f'ovn{name}_db.pid'}",
        f"--log-file={layout.central / f'ovn{name}_db.log'}", "-vconsole:off", "-vsyslog:off",
        f"--unixctl={layout.central / f'ovn{name}_db.ctl'}", f"--remote=punix:{layout.socket(name)}", str(file),
    )  # fmt: skip
    return Daemon(name, "central", "", argv, name, file)


def _create_database(layout: Layout, daemon: Daemon) -> None:
    """Make the daemon's database file unless it is there; a killed creation leaves no half of one."""
    if daemon.database_file.exists():
        return
    schema, _ = SCHEMAS[daemon.database]
    fresh = daemon.database_file.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    run(["ovsdb-tool", "create", str(fresh), str(schema)], layout.environment("step"))
    fresh.rename(daemon.database_file)
