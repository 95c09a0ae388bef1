"""Spanning trees as Cisco's devices show them: `show spanning-tree` of IOS and NX-OS."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from cpal.drivers.devices.parse.values import mac
from cpal.model.device.spanning_tree import Bridge, SpanningTree, TreePort

TREE = re.compile(r"^(?=(?:VLAN|MST|BD)\d+\s*$)", re.MULTILINE)
VLAN = re.compile(r"VLAN0*(\d+)")
PROTOCOL = re.compile(r"Spanning tree enabled protocol (\S+)")
PRIORITY = r"{} ID\s+Priority\s+(\d+).*?\n\s+Address\s+(\S+)"
ROOT_PORT = re.compile(r"^\s+Cost\s+(\d+).*?\n\s+Port\s+\d+ \(([^)]+)\)", re.MULTILINE)
PORT = re.compile(
    r"^(\S+)\s+(Root|Desg|Altn|Back|Mstr|Shr)\s+(FWD|BLK|BKN\*?|LIS|LRN|DIS)\s*(\d+)\s+(\d+)\.\d+\s+(.*)$", re.MULTILINE
)
ROLES = {"Root": "root", "Desg": "designated", "Altn": "alternate", "Back": "backup", "Mstr": "master"}
STATES = {"FWD": "forwarding", "BLK": "blocking", "BKN": "blocking", "LIS": "listening", "LRN": "learning"}
PROTOCOLS = {"ieee": "pvst", "rstp": "rapid-pvst", "mstp": "mstp"}


def trees(text: str, port: Callable[[str], str]) -> tuple[SpanningTree, ...]:
    """Every tree of the answer; `port` makes the whole name of an interface."""
    return tuple(_tree(section, port) for section in TREE.split(text) if TREE.match(section))


def _tree(text: str, port: Callable[[str], str]) -> SpanningTree:
    name = text.split(None, 1)[0]
    vlan, protocol, to_root = VLAN.fullmatch(name), PROTOCOL.search(text), ROOT_PORT.search(text)
    return SpanningTree(
        name=name,
        protocol=PROTOCOLS.get(protocol[1], protocol[1]) if protocol else None,
        vlan=int(vlan[1]) if vlan else None,
        is_root="This bridge is the root" in text,
        root=_bridge("Root", text),
        bridge=_bridge("Bridge", text),
        root_port=port(to_root[2]) if to_root else None,
        root_cost=int(to_root[1]) if to_root else None,
        ports=tuple(_ports(text, port)),
    )


def _bridge(which: str, text: str) -> Bridge | None:
    found = re.search(PRIORITY.format(which), text)
    return Bridge(priority=int(found[1]), mac_address=mac(found[2])) if found else None


def _ports(text: str, port: Callable[[str], str]) -> Iterator[TreePort]:
    for name, role, state, cost, priority, kind in PORT.findall(text):
        yield TreePort(
            interface=port(name),
            role=ROLES.get(role),
            state=STATES.get(state.rstrip("*"), "disabled"),
            cost=int(cost),
            priority=int(priority),
            edge="Edge" in kind,
        )
