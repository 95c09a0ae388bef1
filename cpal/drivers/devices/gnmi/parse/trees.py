"""Spanning trees over gNMI. Source: openconfig-spanning-tree, `/stp`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cpal.drivers.devices.gnmi.parse.tree import entries, number, state, word
from cpal.drivers.devices.parse.asking import JSON, Ask, Asking
from cpal.drivers.devices.parse.values import mac_or_none
from cpal.model.device.spanning_tree import Bridge, SpanningTree, TreePort

STP = Ask("/openconfig-spanning-tree:stp", JSON, optional=True)
EDGES = {"EDGE_ENABLE": True, "EDGE_DISABLE": False}


def spanning_tree() -> Asking[tuple[SpanningTree, ...]]:
    """The tree of each VLAN or instance, or the one of rstp: those that have ports."""
    (told,) = yield (STP,)
    edges = {each["name"]: EDGES.get(word(state(each).get("edge-port")) or "")
             for each in entries(told, "interfaces", "interface")}  # fmt: skip
    found: list[tuple[str, str, int | None, Any]] = [("RSTP", "rstp", None, (told or {}).get("rstp"))]
    found += [
        (f"MST{each['mst-id']}", "mstp", None, each) for each in entries(told, "mstp", "mst-instances", "mst-instance")
    ]
    found += [(f"VLAN{each['vlan-id']}", "rapid-pvst", int(each["vlan-id"]), each)
              for each in entries(told, "rapid-pvst", "vlan")]  # fmt: skip
    return tuple(_tree(*each, edges) for each in found if entries(each[3], "interfaces", "interface"))


def _tree(name: str, protocol: str, vlan: int | None, told: Any, edges: Mapping[str, bool | None]) -> SpanningTree:
    now = state(told)
    ports = tuple(_port(each, edges) for each in entries(told, "interfaces", "interface"))
    root = _bridge(now, "designated-root-priority", "designated-root-address")
    bridge = _bridge(now, "bridge-priority", "bridge-address")
    is_root = None if None in (root, bridge) else root == bridge
    return SpanningTree(
        name=name, protocol=protocol, vlan=vlan, is_root=is_root, root=root, bridge=bridge,
        root_port=next((each.interface for each in ports if each.role == "root"), None),
        root_cost=number(now.get("root-cost")), ports=ports,
    )  # fmt: skip


def _bridge(now: Mapping[str, Any], priority: str, address: str) -> Bridge | None:
    mac = mac_or_none(now.get(address))
    return None if mac is None else Bridge(priority=number(now.get(priority)), mac_address=mac)


def _port(told: Any, edges: Mapping[str, bool | None]) -> TreePort:
    now = state(told)
    return TreePort(
        interface=told["name"],
        role=(word(now.get("role")) or "").lower() or None,
        state=(word(now.get("port-state")) or "").lower() or None,
        cost=number(now.get("cost")),
        priority=number(now.get("port-priority")),
        edge=edges.get(told["name"]),
    )
