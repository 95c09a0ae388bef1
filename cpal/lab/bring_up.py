"""Bring a lab up, or heal one: make what is missing, restart what is dead, and wait until OVN is in effect.

    namespaces, cables --> each switch: database, configuration, vswitchd, addresses --> ovn-controller --> settled
    NB, SB --> northd ----------------------------------------------------------------^

Whatever can run at the same time does: nodes beside each other and beside the centre. Every step looks at what is
there and may be done again, so there is one path for a first start, for healing and after a killed run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from threading import Lock
from typing import Any

import msgspec

from . import daemons, dhcp, namespaces, nodes, plugs
from .daemons import Daemon
from .fabric.topology import Fabric
from .ground import HOLDER, hold, holder
from .layout import TOP_OF_RACK, UNDERLAY, Layout
from .namespaces import STEP
from .processes import Process, end, find, run, until
from .records import Datapath, Encapsulation, Hypervisor

READY_TIMEOUT_S = 30
"""How long OVN may take until every chassis has registered and follows the Northbound database."""


class State(msgspec.Struct, frozen=True, kw_only=True):
    """What the lab was asked to be: the content of `lab.json`. A `fabric` has leaves, and may have hypervisors."""

    hypervisors: int
    encapsulation: Encapsulation
    datapath: Datapath
    fabric: Fabric | None = None
    version: int = 1


class Lifting:
    """One run of `up`: what is there, and what it takes from there."""

    def __init__(self, layout: Layout, state: State, report: Callable[[str], None]) -> None:
        self.layout = layout
        self.state = state
        self._report, self._reporting = report, Lock()
        self.hypervisors = layout.hypervisors(state.hypervisors)
        self.outside_hosts = () if state.fabric else layout.outside_hosts
        self.running: list[Process] = []

    def report(self, text: str) -> None:
        """Tell of progress; from any thread, but one at a time."""
        with self._reporting:
            self._report(text)

    def run(self) -> None:
        """Do it all. Raises the first fault, with whatever else was under way finished."""
        self.running = self._end_strays()
        hold(self.layout)
        dhcp.write_scripts(self.layout)
        with ThreadPoolExecutor(8 + len(self.hypervisors)) as pool:
            nb, sb, northd = daemons.central(self.layout)
            databases = [pool.submit(self._ensure, database) for database in (nb, sb)]
            centre = pool.submit(self._after, databases, northd)
            self._lay_cables(pool)
            tasks = [pool.submit(self._lift_hypervisor, h, databases[1]) for h in self.hypervisors]
            tasks += [pool.submit(nodes.settle_outside_host, self.layout, h) for h in self.outside_hosts]
            tasks += [pool.submit(nodes.connect_underlay, self.layout, self.hypervisors)]
            tasks += [pool.submit(self._lift_top_of_rack), centre]
        for task in tasks:
            task.result()
        self.report("hypervisors and switches run")
        self._settle()

    def _end_strays(self) -> list[Process]:
        """End the tools of a killed change, and daemons that never came to serve or whose namespace is gone.

        Returns what runs then. Looks again after each round, because a stray may have forked meanwhile.
        """
        wanted = table(self.layout, self.state)
        while True:
            processes = find(self.layout)
            strays = [p for p in processes if self._is_stray(p, wanted.get(p.role))]
            if not strays:
                return processes
            end(strays, grace_s=0)

    def _is_stray(self, process: Process, daemon: Daemon | None) -> bool:
        if process.role == HOLDER:
            return process.pid != holder(self.layout)
        return process.role == STEP or (daemon is not None and not daemon.is_served_by(process))

    def _ensure(self, daemon: Daemon) -> None:
        """Start the daemon unless it serves already."""
        if any(daemon.is_served_by(process) for process in self.running):
            return
        (self.layout.directory / daemon.node).mkdir(exist_ok=True)
        daemon.start(self.layout)
        self.report(f"{daemon.name} runs")

    def _after(self, needed: Iterable[Future[None]], daemon: Daemon) -> None:
        for future in needed:
            future.result()
        self._ensure(daemon)

    def _lay_cables(self, pool: ThreadPoolExecutor) -> None:
        """Make the missing namespaces and cables. Workloads of a hypervisor made anew are to be plugged again."""
        layout = self.layout
        switches = [UNDERLAY, *nodes.switches(self.hypervisors)]
        before = namespaces.present(layout)
        namespaces.create(layout, [*switches, *(host.name for host in self.outside_hosts)])
        plugs.forget(layout, [name for name in switches if name not in before])
        _all(pool.submit(nodes.quieten, layout, name) for name in switches)
        old = before & {*switches, *(host.name for host in self.outside_hosts)}
        there = dict(zip(old, pool.map(lambda name: namespaces.interfaces(layout, name), old), strict=True))
        missing = [
            cable
            for cable in nodes.cables(layout, self.hypervisors, self.outside_hosts)
            if cable.interface not in there.get(cable.node, ()) or cable.peer_interface not in there.get(cable.peer, ())
        ]
        for name in before & {name for cable in missing for name in (cable.node, cable.peer)}:
            self._unplug(name, [end for cable in missing if (end := cable.end_at(name))])
        namespaces.connect(layout, missing)

    def _unplug(self, name: str, interfaces: list[str]) -> None:
        """Remove what is left of cables at a node that stayed, also from its Open vSwitch if that runs."""
        serving = {d.name for d in table(self.layout, self.state).values() if any(map(d.is_served_by, self.running))}
        if {f"{name}/ovsdb-server", f"{name}/ovs-vswitchd"} <= serving:
            nodes.release(self.layout, name, interfaces)
        namespaces.cut(self.layout, name, interfaces)

    def _lift_top_of_rack(self) -> None:
        server, switch = daemons.node(self.layout, TOP_OF_RACK, self.state.datapath)
        self._ensure(server)
        if self.state.fabric:
            nodes.configure_racks(self.layout, self.state.fabric, self.state.datapath)
        else:
            nodes.configure_top_of_rack(self.layout, self.hypervisors, self.state.datapath)
        self._ensure(switch)
        nodes.settle_top_of_rack(self.layout, self.hypervisors, self.state.fabric)

    def _lift_hypervisor(self, hypervisor: Hypervisor, southbound: Future[None]) -> None:
        server, switch, controller = daemons.node(self.layout, hypervisor.name, self.state.datapath)
        self._ensure(server)
        nodes.configure_hypervisor(self.layout, hypervisor, self.state.encapsulation, self.state.datapath)
        self._ensure(switch)
        nodes.settle_hypervisor(self.layout, hypervisor, self.hypervisors, self.state.datapath)
        self._after([southbound], controller)

    def _settle(self) -> None:
        """Wait until every chassis has registered and all of them follow the Northbound database.

        Source: ovn-nbctl(8), --wait=hv; it counts only the chassis registered, so these come first. It does not count
        that ovs-vswitchd was started again meanwhile, so that ovn-controller must program it anew.
        """
        environment = self.layout.environment(STEP)
        words: list[str] = []
        for hypervisor in self.hypervisors:
            words += ["--", "wait-until", "Chassis", hypervisor.name, f"name={hypervisor.name}"]
        run(["ovn-sbctl", "--no-syslog", *words], environment, timeout_s=READY_TIMEOUT_S)
        self.report("every chassis has registered")
        for hypervisor in self.hypervisors:
            until(partial(nodes.has_flows, self.layout, hypervisor), READY_TIMEOUT_S, f"flows of {hypervisor.name}")
        wait = ["ovn-nbctl", "--no-syslog", "--wait=hv", "sync"]
        run(wait, environment, timeout_s=READY_TIMEOUT_S)
        self.report("every chassis follows the Northbound database")


def _all(futures: Iterable[Future[Any]]) -> None:
    for future in list(futures):
        future.result()


def start(layout: Layout, state: State, name: str) -> None:
    """Start the daemon `name`, which does not run, and give its node what it needs after the start."""
    table(layout, state)[name].start(layout)
    hypervisors = layout.hypervisors(state.hypervisors)
    if name == f"{TOP_OF_RACK}/ovs-vswitchd":
        nodes.settle_top_of_rack(layout, hypervisors, state.fabric)
    for hypervisor in hypervisors:
        if name == f"{hypervisor.name}/ovs-vswitchd":
            nodes.settle_hypervisor(layout, hypervisor, hypervisors, state.datapath)


def table(layout: Layout, state: State) -> dict[str, Daemon]:
    """Every daemon that the lab should run, by name."""
    switches = nodes.switches(layout.hypervisors(state.hypervisors))
    found = [*daemons.central(layout)]
    for name in switches:
        found += daemons.node(layout, name, state.datapath)
    return {daemon.name: daemon for daemon in found}


def serving(layout: Layout, state: State) -> dict[str, Process | None]:
    """Every daemon that should run, by name, with the process that serves it; None for a dead one."""
    processes = find(layout)
    wanted = table(layout, state).values()
    return {daemon.name: next(filter(daemon.is_served_by, processes), None) for daemon in wanted}
