"""What of BGP Junos has otherwise than others (`render_bgp`), and what it cannot hold: the sentences why not. Pure.

Source: Junos OS BGP User Guide; CLI Reference, "local-address", "cluster", "router-id"; Routing Policies User Guide.
"""

from __future__ import annotations

from collections.abc import Iterator

from cpal.core.driver import Cannot, Limit
from cpal.core.view import View
from cpal.drivers.devices.junos.export_policies import CONNECTED
from cpal.drivers.devices.render_bgp import PATHS, Shape, end_of_session
from cpal.model.bgp import Bgp, BgpNeighbor
from cpal.model.estate import Estate
from cpal.model.ospf import Ospf
from cpal.model.switch import Interface
from cpal.model.target import Target

_BY_POLICY = (
    "told to neighbours whose group has no policies of export of others', which then say alone what they are told"
)
_PATHS = "as many as the device has next hops of one cost: 16, or what its `chassis maximum-ecmp` says"
_ONE_ID = "a device has one router ID for all protocols, in each VRF"
_CLUSTER = "Junos tells a client by the ID of its cluster, for which the router ID is taken"
_END = "Junos names the address of a session's end"


def _source(view: View, device: str, neighbor: BgpNeighbor) -> str:
    return _end(view.find("interface.device", device), device, neighbor) if neighbor.update_source else ""


def _end(interfaces: list[Interface], device: str, neighbor: BgpNeighbor) -> str:
    """The address of the interface that a session has, or "" where none is declared."""
    name = f"{device}/{neighbor.update_source}"
    addresses = [address for each in interfaces if each.name == name for address in each.addresses]
    return end_of_session(addresses, neighbor.address)


SHAPE = Shape(
    shares_router_id=True, clusters=True, extends=True, source=_source, of_all=frozenset({PATHS}), connected=CONNECTED
)
"""What Junos has where makes differ."""


def refuse_bgp(target: Target, record: Bgp) -> Iterator[Cannot]:
    """What a record says that Junos does not take, for `Capability.refuse`."""
    if record.device not in target.endpoints:
        return
    for neighbor in record.neighbors:
        if neighbor.route_reflector_client and not record.router_id:
            why = f"route_reflector_client of {neighbor.address}: {_CLUSTER}"
            yield Cannot("neighbors", why, "write router_id")


def refuse_together(target: Target, record: Bgp, estate: Estate) -> Iterator[Cannot]:
    """What a record says that Junos does not take beside the others, for `Capability.refuse_together`."""
    if record.device not in target.endpoints:
        return
    yield from refuse_router_id(target, record, estate)
    interfaces = list(estate.find("interface.device", record.device))
    for neighbor in record.neighbors:
        if neighbor.update_source and not _end(interfaces, record.device, neighbor):
            family = "IPv6" if ":" in neighbor.address else "IPv4"
            why = f"update_source of {neighbor.address}: {_END}, and {neighbor.update_source} has none of {family}"
            yield Cannot("neighbors", why, f"declare the interface {record.device}/{neighbor.update_source} with one")


def refuse_router_id(target: Target, record: Bgp | Ospf, estate: Estate) -> Iterator[Cannot]:
    """What BGP and OSPF of one device, or of one VRF of it, do not say alike, for `Capability.refuse_together`."""
    if record.device not in target.endpoints or not record.router_id:
        return
    other = "ospf" if isinstance(record, Bgp) else "bgp"
    for each in estate.find(f"{other}.device", record.device):
        if each.vrf == record.vrf and each.router_id not in ("", record.router_id):
            why = f"{other.upper()} of {record.device} says {each.router_id}: {_ONE_ID}"
            yield Cannot("router_id", why, "write the same in both, or leave it out of one")


LIMITS = (
    Limit("bgp", "networks", _BY_POLICY),
    Limit("bgp", "redistribute", _BY_POLICY),
    Limit("bgp", "maximum_paths", _PATHS),
    Limit("bgp", "neighbors", f"route_reflector_client: {_CLUSTER}"),
    Limit("bgp", "neighbors", f"update_source: {_END}: the interface is declared with one"),
    *(Limit(kind, "router_id", _ONE_ID) for kind in ("bgp", "ospf")),
)
"""For `Capability.limits`."""
