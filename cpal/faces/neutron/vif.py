"""How a port is plugged at its host, as a compute service reads it. Source: Networking API v2.0, extension binding."""

from __future__ import annotations

from typing import Any

from cpal.model.estate import Estate
from cpal.model.record import Claim
from cpal.model.target import Host

VIF_DETAILS = {"port_filter": True, "connectivity": "l2", "bound_drivers": {"0": "ovn"}}
"""What Nova needs to know of how to plug a port that OVN serves."""
FAILED = "binding_failed"
"""The type of an interface that nobody plugs."""


def plugged(estate: Estate, host: str) -> tuple[str, dict[str, Any]]:
    """The type of the interface at a host, and its details.

    At a host that is not declared nobody serves it, and Nova gives up at once. Where none is
    declared, every host may be one.
    """
    if not host:
        return "unbound", {}
    if estate.count(Host) and estate.holder(Claim("name", f"host {host}")) is None:
        return FAILED, {}
    return "ovs", VIF_DETAILS


def hosts(estate: Estate) -> frozenset[str]:
    """The names of those that are declared: all of `estate` that it depends on how ports are plugged."""
    return frozenset(host.name for host in estate.all(Host))
