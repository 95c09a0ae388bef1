"""What must hold for trunks. Source: Networking API v2.0, trunks; IEEE 802.1Q for VLAN ids."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from cpal.model.checks.network import SEGMENTATION_IDS
from cpal.model.checks.words import FOREIGN, INEFFECTIVE, Problem, called, called_fully, missing, sure
from cpal.model.estate import Estate
from cpal.model.network import ROUTER_GATEWAY, ROUTER_INTERFACE, Network, Port
from cpal.model.trunk import VLAN, Subport, Trunk


def _parent(estate: Estate, trunk: Trunk) -> Iterator[Problem]:
    port = estate.get(Port, trunk.port_id)
    if port is None:
        yield missing("port_id", "port", trunk.port_id)
        return
    yield from sure(_foreign("port_id", estate, trunk, port))
    if port.device_owner in (ROUTER_INTERFACE, ROUTER_GATEWAY):
        yield Problem("port_id", f"{called_fully(estate, port)} is a router's, which has no VLANs",
                      "name a port of an instance")  # fmt: skip


def _foreign(field: str, estate: Estate, trunk: Trunk, port: Port) -> Iterator[Problem]:
    if port.project_id != trunk.project_id:
        yield Problem(
            field, f"{called_fully(estate, port)} belongs to another project", "use a port of its own", FOREIGN
        )


def _subports(estate: Estate, trunk: Trunk) -> Iterator[Problem]:
    for subport in trunk.sub_ports:
        yield from sure(_segment(subport))
        port = estate.get(Port, subport.port_id)
        if port is None:
            yield missing("sub_ports", "port", subport.port_id)
            continue
        for check in (_foreign_subport, _free, _follows, _fits, _unrouted):
            yield from sure(check(estate, trunk, port))


def _segment(subport: Subport) -> Iterator[Problem]:
    low, high = SEGMENTATION_IDS[VLAN]
    if subport.segmentation_type != VLAN:
        yield Problem("sub_ports", f"subports are not told apart by {subport.segmentation_type!r}", f"write {VLAN}")
    elif not low <= subport.segmentation_id <= high:
        yield Problem("sub_ports", f"VLAN {subport.segmentation_id} is out of range", f"a number from {low} to {high}")


def _foreign_subport(estate: Estate, trunk: Trunk, port: Port) -> Iterator[Problem]:
    return _foreign("sub_ports", estate, trunk, port)


def _free(estate: Estate, trunk: Trunk, port: Port) -> Iterator[Problem]:
    if port.device_id:
        yield Problem("sub_ports", f"{called_fully(estate, port)} is a device's own, which does not use it through "
                      "a trunk", "use a port that belongs to nothing")  # fmt: skip


def _follows(estate: Estate, trunk: Trunk, port: Port) -> Iterator[Problem]:
    if port.host_id:
        yield Problem("sub_ports", f"{called(estate, port)} names a host, and is where the trunk's port is",
                      "leave its host out", INEFFECTIVE)  # fmt: skip


def _unrouted(estate: Estate, trunk: Trunk, port: Port) -> Iterator[Problem]:
    if estate.ids("subnet.routed", port.network_id):
        problem = f"addresses of {called(estate, port)} are of one segment each, and depend on its own host"
        yield Problem("sub_ports", problem, "use a port of a network whose subnets are on all its segments")


def _fits(estate: Estate, trunk: Trunk, port: Port) -> Iterator[Problem]:
    """A frame of a subport has to fit into the trunk's port; its VLAN tag is no part of what an MTU counts."""
    parent = estate.get(Port, trunk.port_id)
    outer = estate.get(Network, parent.network_id) if parent else None
    inner = estate.get(Network, port.network_id)
    if outer is not None and inner is not None and inner.mtu > outer.mtu:
        problem = f"the MTU {inner.mtu} of {called_fully(estate, inner)} is more than the {outer.mtu} of the trunk's"
        yield Problem("sub_ports", problem, "lower it, or use a port of a network with a larger MTU for the trunk")


def _vlans(estate: Estate, trunk: Trunk) -> Iterator[Problem]:
    for vlan, number in Counter(subport.segmentation_id for subport in trunk.sub_ports).items():
        if number > 1:
            yield Problem("sub_ports", f"{number} subports are in VLAN {vlan}", "give each a VLAN of its own")


def _once(estate: Estate, trunk: Trunk) -> Iterator[Problem]:
    ports = Counter((trunk.port_id, *(subport.port_id for subport in trunk.sub_ports)))
    for id, number in ports.items():
        if number > 1:
            port = estate.get(Port, id)
            what = called(estate, port) if port else f"port {id}"
            yield Problem("sub_ports", f"{what} is {number} times in the trunk", "leave the repetition out")


TRUNK_CHECKS = (_parent, _subports, _vlans, _once)
