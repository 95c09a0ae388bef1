"""Junos: spanning trees. Source: Junos XML API Operational Developer Reference, `stp-bridge-information`.

A bridge's parameters stand in an element for each tree (`cist-bridge-parameters` and the like); the ports of a tree in
`stp-instance` of another answer: of a VLAN under VSTP, else in the order of the trees.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple
from xml.etree.ElementTree import Element

from cpal.drivers.devices.junos.parse.rpc import rpc
from cpal.drivers.devices.parse.asking import Asking
from cpal.drivers.devices.parse.values import mac_or_none
from cpal.drivers.devices.parse.xml import number, text
from cpal.model.device.spanning_tree import Bridge, SpanningTree, TreePort

PARAMETERS = "-bridge-parameters"
PROTOCOLS = {"RSTP": "rstp", "MSTP": "mstp", "STP": "stp", "VSTP": "rapid-pvst"}
ROLES = {
    "ROOT": "root", "DESG": "designated", "ALT": "alternate", "BKUP": "backup", "BACKUP": "backup", "MSTR": "master",
    "DIS": "disabled",
}  # fmt: skip
STATES = {
    "FWD": "forwarding", "BLK": "blocking", "LIS": "listening", "LRN": "learning", "LEARN": "learning",
    "DIS": "disabled",
}  # fmt: skip
OWN_UNIT = ".0"


class Tree(NamedTuple):
    """What is told of the bridge in a tree: its protocol, its VLAN if it is of one, its parameters."""

    protocol: str | None
    vlan: int | None
    told: Element


def spanning_tree() -> Asking[tuple[SpanningTree, ...]]:
    """Spanning trees, of a VLAN or of an instance, which is named by its number; none where no protocol runs."""
    bridges, ports = yield (
        rpc("get-stp-bridge-information", optional=True),
        rpc("get-stp-interface-information", optional=True),
    )
    trees = [] if bridges is None else list(_trees(bridges))
    instances = [] if ports is None else list(ports.iter("stp-instance"))
    by_vlan = {number(each, "vlan-id"): each for each in instances}
    in_order = [each for each in instances if each.find("vlan-id") is None]
    shared = [tree for tree in trees if tree.vlan is None]
    found = [(tree, by_vlan.get(tree.vlan)) for tree in trees if tree.vlan is not None]
    found += [(tree, in_order[n] if n < len(in_order) else None) for n, tree in enumerate(shared)]
    names = {id(tree): str(n) for n, tree in enumerate(shared)}
    return tuple(_tree(names.get(id(tree)) or f"VLAN {tree.vlan}", tree, ports_of) for tree, ports_of in found)


def _trees(bridges: Element) -> Iterator[Tree]:
    for bridge in bridges.iter("stp-bridge"):
        protocol = (text(bridge, "protocol") or "").upper()
        for told in bridge:
            if told.tag.endswith(PARAMETERS):
                vlan = number(bridge, "vlan-id")
                vlan = number(told, "vlan-id") if vlan is None else vlan
                yield Tree(PROTOCOLS.get(protocol, protocol.lower() or None), vlan, told)


def _tree(name: str, tree: Tree, instance: Element | None) -> SpanningTree:
    root, own = _bridge(tree.told.find("root-bridge")), _bridge(tree.told.find("this-bridge"))
    to_root = text(tree.told, "root-port")
    return SpanningTree(
        name=name,
        protocol=tree.protocol,
        vlan=tree.vlan,
        is_root=None if root is None or own is None else root.mac_address == own.mac_address,
        root=root,
        bridge=own,
        root_port=_port(to_root) if to_root else None,
        root_cost=number(tree.told, "root-cost"),
        ports=() if instance is None else tuple(map(_tree_port, instance.iter("stp-interface-entry"))),
    )


def _bridge(told: Element | None) -> Bridge | None:
    if told is None:
        return None
    return Bridge(priority=number(told, "bridge-priority"), mac_address=mac_or_none(text(told, "bridge-mac")))


def _tree_port(told: Element) -> TreePort:
    role, state = text(told, "port-role") or "", text(told, "port-state") or ""
    return TreePort(
        interface=_port(text(told, "interface-name") or ""),
        role=ROLES.get(role.upper()),
        state=STATES.get(state.upper()),
        cost=number(told, "port-cost"),
    )


def _port(name: str) -> str:
    """The port itself; older releases name its own logical interface."""
    return name.removesuffix(OWN_UNIT)
