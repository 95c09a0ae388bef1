"""How a port is plugged at its host, as a compute service reads it.

What is plugged into a host's switch is bound there. What hardware hands past it is not, and no more what OVN knows
nothing of: whoever else binds such ports, OVN answers their DHCP. Source: Networking API v2.0, extension binding; what
neutron 29.0.0 with ML2/OVN binds, asked.
"""

from __future__ import annotations

from typing import Any

from cpal.model.estate import Estate
from cpal.model.network import NORMAL, Port
from cpal.model.record import Claim
from cpal.model.target import Host

VIF_DETAILS = {"port_filter": True, "connectivity": "l2", "bound_drivers": {"0": "ovn"}}
"""What Nova needs to know of how to plug a port that OVN serves."""
FAILED = "binding_failed"
"""The type of an interface that nobody plugs."""
FORWARDED = "virtio-forwarder"
"""The type of an interface that a machine has at a socket beside the switch."""
SOCKETS = "/var/run/openvswitch"
IN_SWITCH = (NORMAL, "vdpa", FORWARDED, "direct", "macvtap", "baremetal", "direct-physical")
"""What is plugged into a switch, where hardware does not hand it past that. A remote-managed one is plugged at the
hypervisor of its card, of which OVN knows none here."""
Plugged = tuple[str, dict[str, Any]]


def plugged(estate: Estate, host: str, port: Port) -> Plugged:
    """The type of the interface at a host, and its details, for a port as it is, or would be, there.

    At a host that is not declared nobody serves it, and Nova gives up at once. Where none is
    declared, every host may be one.
    """
    if not host:
        return "unbound", {}
    if estate.count(Host) and estate.holder(Claim("name", f"host {host}")) is None:
        return FAILED, {}
    return ("ovs", VIF_DETAILS) if port.vnic_type == NORMAL else _specially(port)


def _specially(port: Port) -> Plugged:
    if port.vnic_type not in IN_SWITCH or port.is_handed_through:
        return FAILED, {}
    if port.vnic_type != FORWARDED:
        return "ovs", VIF_DETAILS
    socket = f"{SOCKETS}/vhu{port.id[:11]}"
    return "agilio_ovs", {**VIF_DETAILS, "vhostuser_socket": socket, "vhostuser_mode": "client"}


def hosts(estate: Estate) -> frozenset[str]:
    """The names of those that are declared: all of `estate` that it depends on how ports are plugged."""
    return frozenset(host.name for host in estate.all(Host))
