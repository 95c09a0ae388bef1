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

INTEGRATION_BRIDGE = "br-int"
MIN_MTU, MAX_MTU = 68, 65535
"""Bytes. Source: RFC 791 section 3.2 for the least; Linux's veth for the most."""

_MAC_ADDRESS = re.compile(r"[0-9A-Fa-f][02468ACEace](:[0-9A-Fa-f]{2}){5}")


class Plug(msgspec.Struct, frozen=True, kw_only=True):
    """Interface number `index` of `workload`, on `hypervisor`; one in a VLAN has the number of its carrier.

    The port of a trunk is plugged into a bridge of its own, as a small VLAN switch before br-int: each of its
    subinterfaces has a cable into that, whose frames are tagged there. So a workload needs no VLAN devices, which not
    every kernel has; what it tags itself passes the bridge as it is.
    """

    workload: str
    hypervisor: str
    index: int
    interface: Interface

    @property
    def name(self) -> str:
        """The interface's name in the workload."""
        return f"eth{self.index}.{self.interface.vlan}" if self.interface.carrier else f"eth{self.index}"

    @property
    def tap(self) -> str:
        """The interface's name on the hypervisor."""
        return tap_name(self.interface.port_id)

    @property
    def bridge(self) -> str:
        """The bridge on the hypervisor that the interface is plugged into."""
        if self.interface.trunk:
            return trunk_bridge(self.interface.port_id)
        return trunk_bridge(self.interface.carrier) if self.interface.carrier else INTEGRATION_BRIDGE

    @property
    def bound(self) -> str:
        """The name in br-int of what stands for the interface's port, or for that of its carrier."""
        if self.interface.trunk or self.interface.carrier:
            return patch_names(self.bridge)[1]
        return self.tap

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


def trunk_bridge(port_id: str) -> str:
    """The bridge of the trunk of a port, as long as a bridge's name may be."""
    return f"br{tap_name(port_id).removeprefix('tap')}"


def patch_names(bridge: str) -> tuple[str, str]:
    """The two ends of the patch between a trunk's bridge and br-int: the one there, and the one in br-int."""
    return f"{bridge}-o", f"{bridge}-i"


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
        trunks = {interface.port_id for interface in workload.interfaces if interface.trunk}
        for interface in workload.interfaces:
            _check_interface(workload.name, interface)
            if interface.carrier and interface.carrier not in trunks:
                raise Invalid("no trunk of the workload", key=workload.name, field="carrier", seen=interface.carrier)
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
    own = [interface for interface in workload.interfaces if not interface.carrier]
    numbers = {interface.port_id: index for index, interface in enumerate(own)}
    return [
        Plug(
            workload=workload.name,
            hypervisor=workload.hypervisor,
            index=numbers[interface.carrier or interface.port_id],
            interface=interface,
        )
        for interface in workload.interfaces
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
    """Those whose cable is in and whose DHCP clients run. Both ends go together: a leaf's may be in any VRF."""
    if not group:
        return set()
    alive = namespaces.present(layout)
    roles = {process.role for process in find(layout)}
    hypervisors = {plug.hypervisor for plug in group} & alive
    taps = {name: namespaces.interfaces(layout, name) for name in hypervisors if not is_leaf(layout, name)}

    def is_in(plug: Plug) -> bool:
        if is_leaf(layout, plug.hypervisor):
            return plug.name in namespaces.interfaces(layout, plug.workload)
        return plug.tap in taps[plug.hypervisor]

    return {
        plug
        for plug in group
        if plug.workload in alive and plug.hypervisor in alive and is_in(plug) and plug.clients <= roles
    }


def is_leaf(layout: Layout, name: str) -> bool:
    """Whether a machine is one of a fabric: that has a configuration of its own."""
    return (layout.node(name) / "etc").is_dir()


def carried(group: set[Plug], carriers: set[Plug]) -> set[Plug]:
    """Those of a group whose cables end at what some of the carriers are plugged into."""
    bridges = {plug.bridge for plug in carriers if plug.interface.trunk}
    return {plug for plug in group if plug.bridge in bridges}


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
