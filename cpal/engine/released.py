"""Devices given out of hand: the changes by which nothing of cpal's is declared on them.

Theory. What is said of devices says no more of these, and goes where it says of no others. They are leaves no longer.
Networks and routers are of no device: they go where they were on these, and are nowhere once these have gone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from msgspec.structs import replace

from cpal.core.proposal import keeps_unbound
from cpal.core.realise import share
from cpal.core.view import Rendering
from cpal.engine.targets import rules_of
from cpal.model.estate import EMPTY, KINDS, Change, Estate
from cpal.model.network import ROUTER_GATEWAY, ROUTER_INTERFACE, Network, Port, Subnet
from cpal.model.record import Key, Record
from cpal.model.router import Router
from cpal.model.switch import ON_DEVICES, Interface
from cpal.model.target import Host, Target


def release_changes(devices: Collection[str], estate: Estate) -> list[Change]:
    """What takes these devices out of an estate."""
    after = estate.replace([*_off(devices, estate), *_no_leaves(devices, estate)])
    nowhere = _nowhere(_realised(estate) - _realised(after), after)
    return estate.changes_to(after.replace([Change(record, None) for record in nowhere]))


def _off(devices: Collection[str], estate: Estate) -> Iterator[Change]:
    """What is on the devices, without them."""
    for kind in (*ON_DEVICES, Interface.kind):
        for record in estate.all(KINDS[kind]):
            on: tuple[str, ...] = record.devices  # type: ignore[attr-defined]  # each of these kinds says so
            left = tuple(name for name in on if name not in devices)
            if left != on:
                yield Change(record, replace(record, devices=left) if left else None)


def _no_leaves(devices: Collection[str], estate: Estate) -> Iterator[Change]:
    """Hosts that are the devices, and networks that say of them that they are there."""
    yield from (Change(host, None) for host in estate.all(Host) if host.name in devices)
    for network in estate.all(Network):
        left = tuple(name for name in network.leaves if name not in devices)
        if left != network.leaves:
            yield Change(network, replace(network, leaves=left))


def _realised(estate: Estate) -> set[Key]:
    """The records that are behind rows, at any target."""
    found: set[Key] = set()
    for target in estate.all(Target):
        rules, mine = rules_of(target), share(estate, target.name, keeps_unbound(rules_of))
        rendering = Rendering(rules.render, rules.singletons)
        rendering.accept(rendering.propose(mine, EMPTY.changes_to(mine)))
        found.update(key for row in rendering.rows.values() for key in row.because)
    return found


def _nowhere(gone: Collection[Key], estate: Estate) -> Iterator[Record]:
    """The networks and routers among these, with subnets and routers' ports in them."""
    for network in estate.all(Network):
        if network.key in gone:
            yield network
            yield from (subnet for subnet in estate.all(Subnet) if subnet.network_id == network.id)
    routers = {router.id for router in estate.all(Router) if router.key in gone}
    yield from (router for router in estate.all(Router) if router.id in routers)
    for port in estate.all(Port):
        of_router = port.device_owner in (ROUTER_INTERFACE, ROUTER_GATEWAY)
        if of_router and (port.device_id in routers or Key(Network.kind, port.network_id) in gone):
            yield port
