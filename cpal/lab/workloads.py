"""Workloads of the lab: compare what is plugged with what is wanted, and plug, change and unplug in parallel.

The unit is a plug: one interface of one workload on one hypervisor. A plug's record is written as an intent before
anything is done for it and made final after, so that a killed run leaves nothing that the next one does not see: an
intent is taken away again before it is plugged anew.
"""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from ipaddress import ip_address, ip_interface

import msgspec

from cpal.errors import AlreadyTaken, Invalid, TimedOut

from . import dhcp, namespaces
from .layout import Layout, check_workload_name, not_found, tap_name
from .namespaces import STEP, Cable
from .nodes import configure
from .processes import end, find, run, until
from .records import Interface, Reconciled, Workload

CLAIM_TIMEOUT_S = 10
"""How long a new plug may take until OVN has claimed its port and installed its flows."""

ADDRESS_TIMEOUT_S = 10.0
"""How long a new plug may then take until it has the addresses it asks for."""

_WORKERS = 16


class Plug(msgspec.Struct, frozen=True, kw_only=True):
    """Interface number `index` of `workload`, on `hypervisor`."""

    workload: str
    hypervisor: str
    index: int
    interface: Interface

    @property
    def name(self) -> str:
        """The interface's name in the workload."""
        return f"eth{self.index}"

    @property
    def tap(self) -> str:
        """The interface's name on the hypervisor."""
        return tap_name(self.interface.port_id)

    @property
    def cable(self) -> Cable:
        """The cable between workload and hypervisor."""
        interface = self.interface
        return Cable(self.workload, self.name, self.hypervisor, self.tap, interface.mtu, interface.mac_address)


def plugged(layout: Layout) -> dict[str, Workload]:
    """The workloads that are plugged now, by name."""
    final, _ = _recorded(layout)
    by_workload = defaultdict(list)
    for plug in sorted(final, key=lambda plug: plug.index):
        by_workload[plug.workload].append(plug)
    return {
        name: Workload(name=name, hypervisor=plugs[0].hypervisor, interfaces=tuple(p.interface for p in plugs))
        for name, plugs in by_workload.items()
    }


def forget(layout: Layout, hypervisors: Iterable[str]) -> None:
    """Count what was plugged on these hypervisors, which were built anew, as half plugged."""
    final, _ = _recorded(layout)
    for plug in final:
        if plug.hypervisor in set(hypervisors):
            _record(layout, plug, final=False)


def reconcile(
    layout: Layout, hypervisors: Iterable[str], wanted: Iterable[Workload], report: Callable[[str], None]
) -> Reconciled:
    """Make the plugged workloads those in `wanted`.

    A workload whose interfaces or hypervisor change keeps its namespace and what runs in it.

    Raises:
        Invalid, AlreadyTaken, NotFound: something in `wanted` cannot be; nothing was changed.
        TimedOut: all is plugged, but some have no address yet (their clients go on asking).
    """
    workloads = {workload.name: workload for workload in wanted}
    _check(layout, tuple(wanted), list(hypervisors))
    final, intents = _recorded(layout)
    seen = {plug.workload for plug in (*final, *intents)} | _strays(layout)
    plugs = {plug for workload in workloads.values() for plug in _plugs(workload)}
    remove, add = (final | intents) - (plugs & final), plugs - final
    gone = seen - workloads.keys()
    report(f"unplug {len(remove)} and plug {len(add)} interfaces")
    _unplug(layout, remove, gone)
    late = _plug(layout, add, workloads.keys())
    if late:
        raise TimedOut(
            "plugged, but OVN did not serve them in time", key=", ".join(sorted(late)), remedy="see cpal lab status"
        )
    touched = {plug.workload for plug in (*remove, *add)}
    return Reconciled(
        plugged=tuple(sorted(workloads.keys() - seen)),
        changed=tuple(sorted(workloads.keys() & seen & touched)),
        unplugged=tuple(sorted(gone)),
        unchanged=tuple(sorted((workloads.keys() & seen) - touched)),
    )


def _check(layout: Layout, wanted: Iterable[Workload], hypervisors: list[str]) -> None:
    """Raise for what no lab could hold, before anything is changed."""
    own = frozenset(["central", "tor", "underlay", *hypervisors, *(host.name for host in layout.outside_hosts)])
    names: set[str] = set()
    ports: dict[str, str] = {}
    for workload in wanted:
        check_workload_name(workload.name, own)
        if workload.name in names:
            raise AlreadyTaken("two workloads have this name", key=workload.name)
        names.add(workload.name)
        if workload.hypervisor not in hypervisors:
            raise not_found(workload.hypervisor, hypervisors)
        for interface in workload.interfaces:
            _check_interface(workload.name, interface)
            other = ports.setdefault(interface.port_id, workload.name)
            if other != workload.name or tuple(workload.interfaces).count(interface) > 1:
                raise AlreadyTaken(f"port {interface.port_id} is plugged into {other} too", key=workload.name)


def _check_interface(workload: str, interface: Interface) -> None:
    try:
        for address in interface.addresses:
            ip_interface(address)
        for gateway in interface.gateways:
            ip_address(gateway)
    except ValueError as fault:
        raise Invalid(str(fault), key=workload, field="interfaces") from None


def _plugs(workload: Workload) -> list[Plug]:
    return [
        Plug(workload=workload.name, hypervisor=workload.hypervisor, index=index, interface=interface)
        for index, interface in enumerate(workload.interfaces)
    ]


def _recorded(layout: Layout) -> tuple[set[Plug], set[Plug]]:
    """What is plugged, and what may be half plugged: a killed run's, or one whose namespace is gone."""
    alive = namespaces.present(layout)
    final: set[Plug] = set()
    intents: set[Plug] = set()
    for file in (layout.directory / "workloads").glob("*/eth*.plug*"):
        plug = msgspec.json.decode(file.read_bytes(), type=Plug)
        (final if file.suffix == ".plugged" and plug.workload in alive else intents).add(plug)
    return final - intents, intents


def _strays(layout: Layout) -> set[str]:
    """Workloads whose directory is there, even if nothing is plugged into them."""
    return {path.name for path in (layout.directory / "workloads").glob("*") if path.is_dir()}


def _record(layout: Layout, plug: Plug, *, final: bool) -> None:
    """Write down, as an intent or as done, that `plug` is in. The content is the same, so that a rename is enough."""
    intent = layout.workload(plug.workload) / f"{plug.name}.plugging"
    done = intent.with_suffix(".plugged")
    if final:
        intent.rename(done)
        return
    intent.parent.mkdir(parents=True, exist_ok=True)
    fresh = intent.with_suffix(".new")
    fresh.write_bytes(msgspec.json.encode(plug))
    fresh.rename(intent)
    done.unlink(missing_ok=True)


def _unplug(layout: Layout, plugs: Iterable[Plug], gone: set[str]) -> None:
    """Take plugs away, and the whole of the workloads in `gone`."""
    plugs = list(plugs)
    if not plugs and not gone:
        return
    clients = tuple(dhcp.role(plug.workload, plug.name) for plug in plugs)
    end(p for p in find(layout) if p.namespace in gone or (p.role and p.role.startswith(clients)))
    _detach(layout, plugs)
    namespaces.delete(layout, gone)
    for plug in plugs:
        for file in layout.workload(plug.workload).glob(f"{plug.name}.*"):
            file.unlink()
    for workload in gone:
        if layout.workload(workload).exists():
            shutil.rmtree(layout.workload(workload))


def _detach(layout: Layout, plugs: Iterable[Plug]) -> None:
    """Take the hypervisors' ends of cables out of br-int and cut them, which removes the workloads' ends too."""
    alive = namespaces.present(layout)
    for hypervisor, group in _by_hypervisor(plugs).items():
        if hypervisor in alive:
            words = [word for plug in group for word in ("--", "--if-exists", "del-port", "br-int", plug.tap)]
            configure(layout, hypervisor, words[1:])
            there = namespaces.interfaces(layout, hypervisor)
            namespaces.batch(layout, [f"link delete {p.tap}" for p in group if p.tap in there], hypervisor)


def _plug(layout: Layout, plugs: Iterable[Plug], workloads: Iterable[str]) -> set[str]:
    """Put plugs in, making the namespaces of `workloads` that are missing. Returns the workloads that are late."""
    plugs = sorted(plugs, key=lambda plug: (plug.workload, plug.index))
    for workload in workloads:
        layout.workload(workload).mkdir(parents=True, exist_ok=True)
    for plug in plugs:
        _record(layout, plug, final=False)
    namespaces.create(layout, workloads)
    namespaces.connect(layout, [plug.cable for plug in plugs])
    with ThreadPoolExecutor(_WORKERS) as pool:
        list(pool.map(lambda pair: _attach(layout, *pair), _by_hypervisor(plugs).items()))
        ready = pool.map(lambda plug: _bring_up(layout, plug), plugs)
        return {plug.workload for plug, in_time in zip(plugs, ready, strict=True) if not in_time}


def _by_hypervisor(plugs: Iterable[Plug]) -> Mapping[str, list[Plug]]:
    found = defaultdict(list)
    for plug in plugs:
        found[plug.hypervisor].append(plug)
    return found


def _attach(layout: Layout, hypervisor: str, plugs: list[Plug]) -> None:
    """Put the hypervisor's ends of cables into br-int, bound to their logical ports. Source: ovn-controller(8)."""
    namespaces.batch(layout, [f"link set {plug.tap} up" for plug in plugs], hypervisor)
    words: list[str] = []
    for plug in plugs:
        words += ["--", "--if-exists", "del-port", "br-int", plug.tap, "--", "add-port", "br-int", plug.tap]
        words += ["--", "set", "Interface", plug.tap, f'external_ids:iface-id="{plug.interface.port_id}"']
        words += [f'external_ids:attached-mac="{plug.interface.mac_address}"']
    configure(layout, hypervisor, words[1:])


def _bring_up(layout: Layout, plug: Plug) -> bool:
    """Bring the workload's end up once OVN serves it, get its addresses; False when OVN or they are late.

    The link stays down until then, because the first router solicitation and DHCP request would be lost.
    """
    namespaces.shell(layout, plug.workload, _preparation(plug))
    served = _served(layout, plug)
    namespaces.shell(layout, plug.workload, _activation(plug))
    interface = plug.interface
    if interface.dhcp4:
        dhcp.start_client4(layout, plug.workload, plug.name)
    if interface.dhcp6:
        dhcp.start_client6(layout, plug.workload, plug.name, stateless=interface.slaac)
    _record(layout, plug, final=True)
    return served and _addressed(layout, plug)


def _preparation(plug: Plug) -> list[str]:
    """Settings that must precede the link's coming up.

    Checksum offload is off: the userspace datapath forwards what it is given, and a partial checksum is a wrong one.
    Duplicate address detection is off: addresses are unique by construction, and it costs one to two seconds each.
    Routers are asked at once and for ever. Source: Linux, Documentation/networking/ip-sysctl.rst.
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
    lines = ["ip link set lo up", f"ethtool -K {plug.name} tx off >/dev/null", f"if [ -d {at} ]; then"]
    return [*lines, *(f"  echo {value} >{at}/{key}" for key, value in settings.items()), "fi"]


def _activation(plug: Plug) -> list[str]:
    lines = [f"ip link set {plug.name} up"]
    lines += [f"ip address replace {address} dev {plug.name}" for address in plug.interface.addresses]
    metric = 100 + plug.index
    return lines + [
        f"ip -{ip_address(gateway).version} route replace default via {gateway} dev {plug.name} metric {metric}"
        for gateway in plug.interface.gateways
    ]


def _served(layout: Layout, plug: Plug) -> bool:
    """Whether OVN claimed the port and installed its flows in time. Source: ovn-controller(8), ovn-installed."""
    words = ["wait-until", "Interface", plug.tap, "external_ids:ovn-installed=true"]
    environment = layout.environment(STEP, plug.hypervisor)
    with suppress(TimedOut):
        run(["ovs-vsctl", "--no-syslog", *words], environment, timeout_s=CLAIM_TIMEOUT_S)
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
