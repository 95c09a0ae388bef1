"""Requests for one more of each thing that is counted or that there is an end of, to be made by many at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple


class Place(NamedTuple):
    """Where things are made: the ids of a network with a large subnet, of an external one, and of a security group."""

    network: str
    outside: str
    group: str


Body = Callable[[Place, int], dict[str, Any]]

COUNTED: dict[str, tuple[str, Body]] = {
    "network": ("networks", lambda place, number: {}),
    "subnet": ("subnets", lambda place, number: {"network_id": place.network, "ip_version": 4,
                                                 "cidr": f"10.1.{number}.0/24"}),
    "port": ("ports", lambda place, number: {"network_id": place.network}),
    "router": ("routers", lambda place, number: {}),
    "floatingip": ("floatingips", lambda place, number: {"floating_network_id": place.outside}),
    "security_group": ("security-groups", lambda place, number: {}),
    "security_group_rule": ("security-group-rules", lambda place, number: {
        "security_group_id": place.group, "direction": "ingress", "protocol": "tcp", "port_range_min": number + 1,
        "port_range_max": number + 1}),
    "subnetpool": ("subnetpools", lambda place, number: {"name": "pool", "prefixes": [f"10.{number}.0.0/16"]}),
    "rbac_policy": ("rbac-policies", lambda place, number: {
        "object_type": "network", "object_id": place.network, "action": "access_as_shared",
        "target_tenant": f"{number:032x}"}),
}  # fmt: skip
"""By the resource that a quota names: its collection, and the body of the one with a number."""
