"""Plugs: what of a workload is plugged in where, as records in files.

The unit is a plug: one interface of one workload on one hypervisor. A plug's record is written as an intent before
anything is done for it and made final after, so that a killed run leaves nothing that the next one does not see.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from ipaddress import ip_address, ip_interface

import msgspec

from cpal.errors import AlreadyTaken, Invalid

from . import dhcp, namespaces
from .layout import Layout, check_workload_name, not_found, tap_name
from .namespaces import Cable
from .processes import find
from .records import Interface, Workload

MIN_MTU, MAX_MTU = 68, 65535
"""Bytes. Source: RFC 791 section 3.2 for the least; Linux's veth for the most."""

_MAC_ADDRESS = re.compile(r"[0-9A-Fa-f][02468ACEace](:[0-9A-Fa-f]{2}){5}")


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
    def clients(self) -> set[str]:
        """Roles of the DHCP clients that the interface needs."""
        asked = {"dhcp4": self.interface.dhcp4, "dhcp6": self.interface.dhcp6}
        return {dhcp.role(self.workload, self.name) + protocol for protocol, needed in asked.items() if needed}

    @property
    def cable(self) -> Cable:
        """The cable between workload and hypervisor."""
        interface = self.interface
        return Cable(self.workload, self.name, self.hypervisor, self.tap, interface.mtu, interface.mac_address)


def plugged(layout: Layout) -> dict[str, Workload]:
    """The workloads that are plugged now, by name; what lost a cable or a DHCP client counts without that interface."""
    final, _ = recorded(layout)
    by_workload = defaultdict(list)
    for plug in sorted(final, key=lambda plug: plug.index):
        by_workload[plug.workload].append(plug)
    return {
        name: Workload(name=name, hypervisor=group[0].hypervisor, interfaces=tuple(p.interface for p in group))
        for name, group in by_workload.items()
    }


def forget(layout: Layout, hypervisors: Iterable[str]) -> None:
    """Count what was plugged on these hypervisors, which were built anew, as half plugged."""
    final, _ = recorded(layout)
    for plug in final:
        if plug.hypervisor in set(hypervisors):
            record(layout, plug, final=False)


def check(layout: Layout, wanted: Iterable[Workload], hypervisors: Iterable[str]) -> None:
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
            raise not_found(workload.hypervisor, list(hypervisors))
        for interface in workload.interfaces:
            _check_interface(workload.name, interface)
            if interface.port_id in ports:
                other = ports[interface.port_id]
                raise AlreadyTaken(f"port {interface.port_id} is plugged into {other} too", key=workload.name)
            ports[interface.port_id] = workload.name


def _check_interface(workload: str, interface: Interface) -> None:
    if not _MAC_ADDRESS.fullmatch(interface.mac_address):
        raise Invalid("not a unicast MAC address", key=workload, field="mac_address", seen=interface.mac_address)
    if not MIN_MTU <= interface.mtu <= MAX_MTU:
        raise Invalid(f"{MIN_MTU} to {MAX_MTU} bytes", key=workload, field="mtu", seen=interface.mtu)
    try:
        for address in interface.addresses:
            ip_interface(address)
        for gateway in interface.gateways:
            ip_address(gateway)
    except ValueError as fault:
        raise Invalid(str(fault), key=workload, field="interfaces") from None


def of(workload: Workload) -> list[Plug]:
    """The plugs that a workload wants."""
    return [
        Plug(workload=workload.name, hypervisor=workload.hypervisor, index=index, interface=interface)
        for index, interface in enumerate(workload.interfaces)
    ]


def recorded(layout: Layout) -> tuple[set[Plug], set[Plug]]:
    """What is plugged, and what is half plugged: by a killed run, or because its cable or a DHCP client is gone."""
    final: set[Plug] = set()
    intents: set[Plug] = set()
    for file in (layout.directory / "workloads").glob("*/eth*.plug*"):
        plug = msgspec.json.decode(file.read_bytes(), type=Plug)
        (final if file.suffix == ".plugged" else intents).add(plug)
    standing = _standing(layout, final - intents)
    return standing, (final | intents) - standing


def _standing(layout: Layout, group: set[Plug]) -> set[Plug]:
    """Those whose cable is on its hypervisor and whose DHCP clients run."""
    if not group:
        return set()
    alive = namespaces.present(layout)
    roles = {process.role for process in find(layout)}
    hypervisors = {plug.hypervisor for plug in group} & alive
    taps = {name: namespaces.interfaces(layout, name) for name in hypervisors}
    return {
        plug
        for plug in group
        if plug.workload in alive and plug.tap in taps.get(plug.hypervisor, ()) and plug.clients <= roles
    }


def named(layout: Layout) -> set[str]:
    """Workloads whose directory is there, even if nothing is plugged into them."""
    return {path.name for path in (layout.directory / "workloads").glob("*") if path.is_dir()}


def record(layout: Layout, plug: Plug, *, final: bool) -> None:
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
