"""Bring a fabric up, or heal it: make what is missing, restart what is dead, wait until every session stands.

    namespaces, cables --> each machine: holder, kernel, zebra --> bgpd, staticd, ospfd --> settled

As for the lab of OVN, every step looks at what is there and may be done again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from cpal.drivers.devices.frr.leaf import boot

from .. import namespaces, plugs
from ..layout import TOP_OF_RACK, Layout
from ..namespaces import STEP
from ..nodes import quieten, settle_outside_host
from ..processes import Process, end, find, run, until
from .emulated import Emulators
from .nodes import HOLDER, FrrDaemon, daemons, inside, prepare, raise_outside_ports, settle_kernel
from .topology import Fabric, Node

READY_TIMEOUT_S = 30
"""How long sessions may take until they stand."""


def lift(layout: Layout, fabric: Fabric, report: Callable[[str], None]) -> None:
    """Do it all. Raises the first fault, with whatever else was under way finished."""
    _end_strays(layout, fabric)
    names = [node.name for node in fabric.nodes]
    with ThreadPoolExecutor(len(names) + len(layout.outside_hosts) + 1) as pool:
        _lay_cables(layout, fabric)
        tasks = [pool.submit(_lift, layout, fabric, node, report) for node in fabric.nodes]
        tasks += [pool.submit(settle_outside_host, layout, host) for host in layout.outside_hosts]
        tasks += [pool.submit(_emulate, layout, fabric, report)] if fabric.emulated else []
    for task in tasks:
        task.result()
    report("spines and leaves run")
    for node in fabric.nodes:
        until(partial(_has_sessions, layout, fabric, node), READY_TIMEOUT_S, f"BGP sessions of {node.name}")
    report("every BGP session stands")


def table(fabric: Fabric) -> dict[str, FrrDaemon | Emulators]:
    """Every process that the fabric should run, by name."""
    found: dict[str, FrrDaemon | Emulators] = {daemon.name: daemon for node in fabric.nodes for daemon in daemons(node)}
    if fabric.emulated:
        emulators = Emulators(fabric.emulated, fabric.spines)
        found[emulators.name] = emulators
    return found


def serving(layout: Layout, fabric: Fabric) -> dict[str, Process | None]:
    """Every process that should run, by name, with the one that serves; None for a dead one."""
    processes = find(layout)
    return {
        daemon.name: next((p for p in processes if daemon.is_served_by(layout, p)), None)
        for daemon in table(fabric).values()
    }


def _end_strays(layout: Layout, fabric: Fabric) -> None:
    """End the tools of a killed change, and processes that never came to serve or whose machine is gone."""
    wanted = table(fabric)
    while True:
        processes = find(layout)
        alive = {p.role for p in processes if p.role in wanted and wanted[p.role].is_served_by(layout, p)}
        strays = [p for p in processes if _is_stray(layout, p, wanted.get(p.role), alive)]
        if not strays:
            return
        end(strays, grace_s=0)


def _is_stray(layout: Layout, process: Process, daemon: FrrDaemon | Emulators | None, alive: Iterable[str]) -> bool:
    if process.role == STEP:
        return True
    if daemon is None:
        return False
    lost = isinstance(daemon, FrrDaemon) and f"{daemon.node}/{HOLDER}" not in alive
    return lost or not daemon.is_served_by(layout, process)


def _lay_cables(layout: Layout, fabric: Fabric) -> None:
    """Make the missing namespaces and cables. Workloads of a leaf made anew are to be plugged again."""
    machines = [node.name for node in fabric.nodes]
    before = namespaces.present(layout)
    racks = [TOP_OF_RACK] if fabric.hypervisors else []
    namespaces.create(layout, [*machines, *racks, *(host.name for host in layout.outside_hosts)])
    for rack in racks:
        quieten(layout, rack)
    plugs.forget(layout, [name for name in machines if name not in before])
    there = {name: namespaces.interfaces(layout, name) for name in namespaces.present(layout)}
    missing = [cable for cable in fabric.cables(layout) if not _is_there(cable, there)]
    namespaces.connect(layout, missing)


def _is_there(cable: namespaces.Cable, there: dict[str, set[str]]) -> bool:
    """Whether a cable is in: its end at the host, or at the leaf, is where it was; the other may be in a VRF."""
    return cable.interface in there[cable.node]


def _lift(layout: Layout, fabric: Fabric, node: Node, report: Callable[[str], None]) -> None:
    prepare(layout, fabric, node)
    processes = find(layout)
    is_new = False
    for daemon in daemons(node):
        is_holder = daemon.name.endswith(f"/{HOLDER}")
        if not any(daemon.is_served_by(layout, process) for process in processes):
            daemon.start(layout)
            is_new |= is_holder
        if is_holder:
            settle_kernel(layout, node, [other.name for other in fabric.neighbours(node)])
            raise_outside_ports(layout, fabric, node)
    if is_new and node.role == "leaf":
        boot(node.name, layout.node(node.name))
    report(f"{node.name} runs")


def _emulate(layout: Layout, fabric: Fabric, report: Callable[[str], None]) -> None:
    emulators = Emulators(fabric.emulated, fabric.spines)
    if not any(emulators.is_served_by(layout, process) for process in find(layout)):
        emulators.start(layout)
    report(f"{', '.join(each.name for each in emulators.switches(layout))} are emulated")


def _has_sessions(layout: Layout, fabric: Fabric, node: Node) -> bool:
    """Whether a machine has exchanged all that EVPN tells with each neighbour."""
    words = [*inside(layout, node.name), "vtysh", "-d", "bgpd", "-c", "show bgp l2vpn evpn summary json"]
    peers = json.loads(run(words, layout.environment(STEP, node.name)) or "{}").get("peers", {})
    standing = [name for name, peer in peers.items() if peer["state"] == "Established"]
    return len(standing) == len(fabric.neighbours(node))
