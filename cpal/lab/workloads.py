"""Workloads of the lab: compare what is plugged with what is wanted, and plug, change and unplug in parallel."""

from __future__ import annotations

import shutil
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from ipaddress import ip_address, ip_interface

from cpal.errors import TimedOut

from . import dhcp, namespaces, plugs
from .fabric import leaves
from .layout import Layout
from .namespaces import STEP
from .nodes import configure, datapath_of, release, trunk_words
from .plugs import Plug, patch_names
from .processes import end, find, run, until
from .records import Reconciled, Workload

CLAIM_TIMEOUT_S = 10.0
"""How long new plugs may take until OVN has claimed their ports and installed their flows."""

ADDRESS_TIMEOUT_S = 10.0
"""How long a new plug may then take until it has the addresses it asks for."""

_WORKERS = 16


def reconcile(
    layout: Layout, hypervisors: Iterable[str], wanted: Collection[Workload], report: Callable[[str], None]
) -> Reconciled:
    """Make the plugged workloads those in `wanted`.

    A workload whose interfaces or hypervisor change keeps its namespace and what runs in it.

    Raises:
        Invalid, AlreadyTaken, NotFound: something in `wanted` cannot be; nothing was changed.
        TimedOut: all is plugged, but some have no address yet (their clients go on asking).
    """
    plugs.check(layout, wanted, hypervisors)
    while strays := [process for process in find(layout) if process.role == STEP]:
        end(strays, grace_s=0)
    names = {workload.name for workload in wanted}
    final, intents = plugs.recorded(layout)
    seen = {plug.workload for plug in final | intents} | plugs.named(layout)
    needed = {plug for workload in wanted for plug in plugs.of(workload)}
    remove = (final | intents) - (needed & final)
    remove |= plugs.carried(final, remove)
    add = needed - (final - remove)
    report(f"unplug {len(remove)} and plug {len(add)} interfaces")
    _unplug(layout, remove, seen - names)
    late = _plug(layout, add, names)
    if late:
        subject, remedy = ", ".join(sorted(late)), "their clients go on asking"
        raise TimedOut("plugged, but not served or without address in time", key=subject, remedy=remedy)
    touched = {plug.workload for plug in remove | add}
    return Reconciled(
        plugged=tuple(sorted(names - seen)),
        changed=tuple(sorted(names & seen & touched)),
        unplugged=tuple(sorted(seen - names)),
        unchanged=tuple(sorted((names & seen) - touched)),
    )


def _unplug(layout: Layout, remove: Iterable[Plug], gone: set[str]) -> None:
    """Take plugs away, and the whole of the workloads in `gone`."""
    remove = list(remove)
    if not remove and not gone:
        return
    for plug in remove:
        plugs.record(layout, plug, final=False)
    clients = tuple(dhcp.role(plug.workload, plug.name) for plug in remove)
    end(p for p in find(layout) if p.namespace in gone or (p.role and p.role.startswith(clients)))
    behind = [plug for plug in remove if plugs.is_leaf(layout, plug.hypervisor)]
    leaves.detach(layout, behind)
    _detach(layout, [plug for plug in remove if plug not in behind])
    namespaces.delete(layout, gone)
    for plug in remove:
        for file in layout.workload(plug.workload).glob(f"{plug.name}.[!0-9]*"):
            file.unlink()
    for workload in gone:
        if layout.workload(workload).exists():
            shutil.rmtree(layout.workload(workload))


def _detach(layout: Layout, group: Iterable[Plug]) -> None:
    """Take the hypervisors' ends of cables out of br-int and cut them, which removes the workloads' ends too."""
    alive = namespaces.present(layout)
    for hypervisor, found in _by_hypervisor(group).items():
        if hypervisor in alive:
            bridges = {plug.bridge for plug in found if plug.interface.trunk}
            bound = [plug.bound for plug in found if plug.interface.trunk]
            release(layout, hypervisor, [*(plug.tap for plug in found), *bound], bridges)
            namespaces.cut(layout, hypervisor, [plug.tap for plug in found])


def _plug(layout: Layout, add: Iterable[Plug], names: Iterable[str]) -> set[str]:
    """Put plugs in, making the workloads in `names` that are missing. Returns the names of those that are late."""
    add = sorted(add, key=lambda plug: (plug.workload, plug.index))
    for name in names:
        layout.workload(name).mkdir(parents=True, exist_ok=True)
    for plug in add:
        plugs.record(layout, plug, final=False)
    namespaces.create(layout, names)
    namespaces.connect(layout, [plug.cable for plug in add])
    with ThreadPoolExecutor(_WORKERS) as pool:
        list(pool.map(lambda pair: _attach(layout, *pair), _by_hypervisor(add).items()))
        deadline = time.monotonic() + CLAIM_TIMEOUT_S
        ready = pool.map(lambda plug: _bring_up(layout, plug, deadline), add)
        return {plug.workload for plug, in_time in zip(add, ready, strict=True) if not in_time}


def _by_hypervisor(group: Iterable[Plug]) -> Mapping[str, list[Plug]]:
    found = defaultdict(list)
    for plug in group:
        found[plug.hypervisor].append(plug)
    return found


def _attach(layout: Layout, hypervisor: str, group: list[Plug]) -> None:
    """Put a leaf's ends of cables to where it was told, a hypervisor's into br-int, bound to their logical ports.

    Source: ovn-controller(8).
    """
    if plugs.is_leaf(layout, hypervisor):
        leaves.attach(layout, hypervisor, group)
        return
    namespaces.batch(layout, [f"link set {plug.tap} up" for plug in group], hypervisor)
    words: list[str] = []
    for plug in sorted(group, key=lambda plug: bool(plug.interface.carrier)):
        if plug.interface.trunk:
            words += ["--", *trunk_words(plug.bridge, patch_names(plug.bridge), datapath_of(layout, hypervisor))]
        words += ["--", "add-port", plug.bridge, plug.tap]
        if plug.interface.carrier:
            words += [f"tag={plug.interface.vlan}"]
            continue
        words += ["--", "set", "Interface", plug.bound, f'external_ids:iface-id="{plug.interface.port_id}"']
        words += [f'external_ids:attached-mac="{plug.interface.mac_address}"']
    configure(layout, hypervisor, words[1:])


def _bring_up(layout: Layout, plug: Plug, deadline: float) -> bool:
    """Bring the workload's end up once OVN serves it, get its addresses; False when OVN or they are late.

    `deadline` (monotonic seconds) is how long OVN may take.

    The link stays down until then, because the first router solicitation and DHCP request would be lost.
    """
    namespaces.shell(layout, plug.workload, _preparation(plug))
    served = leaves.served if plugs.is_leaf(layout, plug.hypervisor) else _served
    in_time = served(layout, plug, deadline)
    namespaces.shell(layout, plug.workload, _activation(plug))
    interface = plug.interface
    if interface.dhcp4:
        dhcp.start_client4(layout, plug.workload, plug.name)
    if interface.dhcp6:
        dhcp.start_client6(layout, plug.workload, plug.name, stateless=interface.slaac)
    plugs.record(layout, plug, final=True)
    return in_time and _addressed(layout, plug)


def _preparation(plug: Plug) -> list[str]:
    """Settings that must precede the link's coming up.

    Checksum offload is off: the userspace datapath forwards what it is given, and a partial checksum is a wrong one.
    Duplicate address detection is off: addresses are unique by construction, and it costs one to two seconds each.
    Routers are asked at once and for ever. An interface asks for neighbours by its own address, else port security
    drops the question of a workload with several, and answers for its own. Source: Linux,
    Documentation/networking/ip-sysctl.rst.
    """
    accepts = int(plug.interface.slaac or plug.interface.dhcp6)
    settings = {
        "accept_dad": 0,
        "accept_ra": accepts,
        "autoconf": int(plug.interface.slaac),
        "router_solicitation_delay": 0,
        "router_solicitation_interval": 1,
        "router_solicitations": -1 if accepts else 0,
        "use_tempaddr": 0,
    }
    at = f"/proc/sys/net/ipv6/conf/{plug.name}"
    at4 = f"/proc/sys/net/ipv4/conf/{plug.name}"
    lines = ["ip link set lo up", f"ethtool -K {plug.name} tx off >/dev/null"]
    lines += [f"echo 2 >{at4}/arp_announce", f"echo 1 >{at4}/arp_ignore", f"if [ -d {at} ]; then"]
    return [*lines, *(f"  echo {value} >{at}/{key}" for key, value in settings.items()), "fi"]


def _activation(plug: Plug) -> list[str]:
    lines = [f"ip link set {plug.name} up"]
    lines += [f"ip address replace {address} dev {plug.name}" for address in plug.interface.addresses]
    metric = 1000 + plug.interface.vlan if plug.interface.carrier else 100 + plug.index
    return lines + [
        f"ip -{ip_address(gateway).version} route replace default via {gateway} dev {plug.name} metric {metric}"
        for gateway in plug.interface.gateways
    ]


def _served(layout: Layout, plug: Plug, deadline: float) -> bool:
    """Whether OVN claimed the port and installed its flows in time. Source: ovn-controller(8), ovn-installed."""
    words = ["wait-until", "Interface", plug.bound, "external_ids:ovn-installed=true"]
    environment = layout.environment(STEP, plug.hypervisor)
    with suppress(TimedOut):
        run(["ovs-vsctl", "--no-syslog", *words], environment, timeout_s=max(deadline - time.monotonic(), 0.1))
        return True
    return False


def _addressed(layout: Layout, plug: Plug) -> bool:
    """Whether each IP version that the interface asks a server for has a global address in time."""
    interface = plug.interface
    wanted = {version for version, asked in ((4, interface.dhcp4), (6, interface.dhcp6 or interface.slaac)) if asked}

    def complete() -> bool:
        found = namespaces.addresses(layout, plug.workload)
        own = (entry for entry in found if entry.interface == plug.name and entry.scope == "global")
        return wanted <= {ip_interface(entry.address).version for entry in own}

    if not wanted:
        return True
    with suppress(TimedOut):
        until(complete, ADDRESS_TIMEOUT_S, f"addresses of {plug.workload}")
        return True
    return False
