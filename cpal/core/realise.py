"""Where records are realised, when an estate has several targets. Pure.

Hosts name their target. From there:

    port        where its host is; a router's, where the router is
    network     wherever a host of one of its ports is, or one that leads to its physical network, or a switch with an
                interface on it, or a leaf that is said to have it
    subnet      wherever its network is; what it says to machines, only where there are some
    router      at one target: where all its networks are; if those are all leaves' of a fabric, at each that has some

The leaves of a fabric may be of several makes, each a target, and are one to tunnels: what derives of them is the same
at each (`drivers/devices/render_fabric.py`). Tunnels of other targets do not meet.

What is on no host yet is at a target that keeps such things (an overlay network: at one with its tunnels). With one
target, all is there. Everything else, such as a security group, is said to each target.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any

from cpal.core.allocate import FABRICS
from cpal.errors import Fault
from cpal.model.estate import Change, Estate
from cpal.model.instance import Instance
from cpal.model.log import Log
from cpal.model.network import OVERLAY_TYPES, ROUTER_GATEWAY, ROUTER_INTERFACE, Network, Port, Subnet
from cpal.model.port_forwarding import PortForwarding
from cpal.model.record import Key, Record
from cpal.model.router import FloatingIP, Router
from cpal.model.switch import Interface
from cpal.model.target import Host, OutsideHost, Placement, Target
from cpal.model.trunk import Trunk
from cpal.model.unknown import NotKnown

Names = frozenset[str]
"""Targets, by name."""
Keeps = Callable[[Target], bool]
"""Whether a target keeps what is on no host (`Capability.keeps_unbound`)."""
_ROUTER_PORTS = (ROUTER_INTERFACE, ROUTER_GATEWAY)


class Places:
    """Where the records of an estate are realised."""

    def __init__(self, estate: Estate, keeps_unbound: Keeps) -> None:
        self._estate = estate
        self._targets = {target.name: target for target in estate.all(Target)}
        self.every: Names = frozenset(self._targets)
        self._keepers: Names = frozenset(name for name, each in self._targets.items() if keeps_unbound(each))
        self._leaves: Names = frozenset(name for name, each in self._targets.items() if _has_leaves(each))
        self._networks: dict[str, Names] = {}
        self._routers: dict[str, Names] = {}
        self._of_kind: dict[str, Callable[[Any], Names]] = {
            Target.kind: lambda record: frozenset((record.name,)),
            Host.kind: lambda record: frozenset((record.target,)),
            OutsideHost.kind: lambda record: frozenset((record.target,)),
            Network.kind: lambda record: self.network(record.id),
            Subnet.kind: lambda record: self.network(record.network_id),
            Port.kind: self._port,
            Router.kind: lambda record: self.router(record.id),
            Instance.kind: lambda record: self._hosts((record.host,)) or self._kept(self.every),
            Placement.kind: lambda record: self._hosts(record.hosts) or self.every,
            FloatingIP.kind: lambda record: self._kept(self.network(record.floating_network_id)),
            PortForwarding.kind: lambda record: self._of(FloatingIP, record.floatingip_id),
            Trunk.kind: lambda record: self._of(Port, record.port_id),
            Log.kind: lambda record: self._kept(self.every),
        }

    def of(self, record: Record) -> Names:
        """The targets that realise a record."""
        place = self._of_kind.get(record.kind)
        return place(record) if place and len(self.every) > 1 else self.every

    def judged(self, record: Record) -> Names:
        """The targets that must hold all that a record says: of a subnet, where machines are that it tells."""
        if isinstance(record, Subnet) and len(self.every) > 1:
            machines = self._bound(record.network_id)
            return machines or self._kept(self.network(record.network_id))
        return self.of(record)

    def network(self, id: str) -> Names:
        """Where a network is."""
        if id not in self._networks:
            network = self._estate.get(Network, id)
            self._networks[id] = self._network(network) if network else self.every
        return self._networks[id]

    def router(self, id: str) -> Names:
        """Where a router is: one target, or those of a fabric's leaves."""
        if id not in self._routers:
            self._routers[id] = self._router(id)
        return self._routers[id]

    def faults(self, records: Iterable[Record]) -> Iterator[Fault]:
        """What is wrong with where records are."""
        for record in records if len(self.every) > 1 else ():
            if isinstance(record, Network) and record.network_type in OVERLAY_TYPES:
                places = sorted(self.network(record.id))
                if not self._meet(places) and self._bound(record.id):
                    problem = f"its ports are on hosts of {' and '.join(places)}, whose tunnels do not meet"
                    remedy = "give it a VLAN of a physical network that both lead to, or a network to each"
                    yield _fault(record, "network_type", problem, remedy)
            elif isinstance(record, Router):
                places = sorted(self._around(record.id))
                if not self._meet(places) and not self._common(record.id):
                    problem = f"its networks are at {' and '.join(places)}, and a router is at one target"
                    yield _fault(record, "id", problem, "join them by a network that both have, and a router at each")

    def _network(self, network: Network) -> Names:
        names: list[str] = [
            host.target
            for physical_network in network.physical_networks
            for host in self._estate.find("host.physical_network", physical_network)
        ]
        found = self._bound(network.id) | (frozenset(names) & self.every) | self._on_interfaces(network.id)
        found |= self._hosts(network.leaves)
        if found:
            return found
        meets = frozenset(name for name, each in self._targets.items() if each.encap == network.network_type)
        return self._kept(meets) if meets and network.network_type in OVERLAY_TYPES else self._kept(self.every)

    def _bound(self, network_id: str) -> Names:
        """The targets of the hosts that have its ports."""
        ports: list[Port] = self._estate.find("port.network", network_id)
        return self._hosts({port.host_id for port in ports if not port.device_owner.startswith("network:")})

    def _on_interfaces(self, network_id: str) -> Names:
        """The targets whose switches have it on an interface."""
        interfaces: list[Interface] = self._estate.find("interface.network", network_id)
        return frozenset(
            target.name for each in interfaces for target in self._estate.find("target.endpoint", each.device)
        )

    def _hosts(self, names: Iterable[str]) -> Names:
        hosts: list[Host] = [host for name in names if name for host in self._estate.find("host.name", name)]
        return frozenset(host.target for host in hosts) & self.every

    def _kept(self, among: Names) -> Names:
        """Those of them that keep what is on no host, if any does."""
        return among & self._keepers or among

    def _port(self, port: Port) -> Names:
        if port.device_owner in _ROUTER_PORTS:
            return self.router(port.device_id)
        return self._hosts((port.host_id,)) or self._kept(self.network(port.network_id))

    def _networks_of(self, router_id: str) -> set[str]:
        ports: list[Port] = self._estate.find("port.device", router_id)
        return {port.network_id for port in ports if port.device_owner in _ROUTER_PORTS}

    def _meet(self, targets: Iterable[str]) -> bool:
        """Whether what is tunnelled at one of the targets is heard at the others."""
        names = frozenset(targets)
        return len(names) < 2 or names <= self._leaves

    def _around(self, router_id: str) -> Names:
        """The targets that have a network of the router's."""
        return frozenset[str]().union(*map(self.network, self._networks_of(router_id)))

    def _common(self, router_id: str) -> Names:
        found = self.every
        for network_id in self._networks_of(router_id):
            found &= self.network(network_id)
        return found

    def _router(self, id: str) -> Names:
        around = self._around(id)
        if around and around <= self._leaves:
            return around
        found = self._common(id) or self.every
        return frozenset((min(self._kept(found)),)) if found else found

    def _of(self, record_type: type[Record], id: str) -> Names:
        record = self._estate.get(record_type, id)
        return self.of(record) if record else self.every


def _has_leaves(target: Target) -> bool:
    """Whether a target is known to be of leaves of a fabric."""
    with suppress(NotKnown):
        return target.driver in FABRICS
    return False


def share(estate: Estate, target: str, keeps_unbound: Keeps) -> Estate:
    """What of an estate the target of that name realises: the estate itself, where there is no other."""
    if estate.count(Target) < 2:
        return estate
    places = Places(estate, keeps_unbound)
    others = [record for record in estate.records() if target not in places.of(record)]
    return estate.replace([Change(record, None) for record in others]) if others else estate


def concerned(changes: Iterable[Change], after: Estate) -> list[Record]:
    """The changed records as they are after, and those whose place may have changed with them."""
    found: dict[Key, Record] = {}
    for change in changes:
        for record in change:
            for each in _around(record, after) if record is not None else ():
                found[each.key] = each
    return list(found.values())


def _around(record: Record, after: Estate) -> Iterator[Record]:
    now = after.by_key(record.key)
    if now is not None:
        yield now
    if isinstance(record, Port):
        network, router = after.get(Network, record.network_id), after.get(Router, record.device_id)
        yield from (each for each in (network, router) if each)
        yield from after.find("subnet.network", record.network_id)


def _fault(record: Record, field: str, problem: str, remedy: str) -> Fault:
    return Fault(problem, f'{record.kind} "{record.name}"', field, "", remedy, record.key)
