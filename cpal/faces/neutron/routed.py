"""Routed provider networks: subnets that are on one segment of their network each, and ports that get addresses there.

A segment's subnet is known by the physical network, of which a network has each once. A port gets its addresses when
its host is known, from the subnets of the segment that the host is on; somebody outside routes between segments. The
routes to other segments' subnets that Neutron tells hosts (extension segments-peer-subnet-host-routes) are not made:
hosts have a gateway.
Source: https://docs.openstack.org/neutron/latest/admin/config-routed-networks.html; extensions segment,
subnet-segmentid-writable, ip_allocation, l2_adjacency; `_validate_segment` of Neutron's `db/ipam_backend_mixin.py`.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from cpal.faces.neutron.fault import bad_request, conflict, not_found
from cpal.faces.neutron.resource import Values
from cpal.faces.neutron.scene import Scene
from cpal.model.network import FixedIP, Network, Port, Subnet
from cpal.model.record import Claim
from cpal.model.target import Host


def segment_of_subnet(network: Network | None, subnet: Subnet) -> str | None:
    """The id of the segment that a subnet is on; None where that is all of them."""
    if network is None or not subnet.physical_network:
        return None
    return next((each.id for each in network.segments if each.physical_network == subnet.physical_network), None)


def placed_subnet(scene: Scene, network: Network, subnet: Subnet, values: Values) -> Subnet:
    """A new subnet on the segment that is asked for.

    Raises:
        ApiFault: it cannot be there, beside the network's other subnets.
    """
    placed = replace(subnet, physical_network=_physical_network(scene, network, values["segment_id"]))
    others: list[Subnet] = scene.estate.find("subnet.network", network.id)
    if any(bool(each.physical_network) != bool(placed.physical_network) for each in others):
        raise _not_all(network.id)
    return placed


def moved_subnet(scene: Scene, subnet: Subnet, segment_id: str | None) -> Subnet:
    """The subnet on the segment that is asked for, if its network has no other subnet, and one segment alone.

    Raises:
        ApiFault: it cannot be there, or not any more.
    """
    network = scene.estate.get(Network, subnet.network_id)
    if network is None or segment_of_subnet(network, subnet) == segment_id:
        return subnet
    if len(scene.estate.ids("subnet.network", network.id)) > 1:
        raise _not_all(network.id)
    if subnet.physical_network:
        raise bad_request("A subnet that is already associated with a segment cannot have its segment association "
                          "changed.", "SubnetSegmentAssociationChangeNotAllowed")  # fmt: skip
    if len(network.segments) > 1:
        message = (
            f"The network '{network.id}' has multiple segments, it is only possible to associate an existing subnet "
            "with a segment on networks with a single segment."
        )
        raise bad_request(message, "NoUpdateSubnetWhenMultipleSegmentsOnNetwork")
    return replace(subnet, physical_network=_physical_network(scene, network, segment_id))


def _physical_network(scene: Scene, network: Network, segment_id: str | None) -> str:
    """The physical network of a segment; "" where none is asked for."""
    if segment_id is None:
        return ""
    found = next((each for each in network.segments if each.id == segment_id), None)
    if found is None and scene.estate.ids("network.segment", segment_id):
        raise bad_request(f"The subnet's network id, '{network.id}', doesn't match the network_id of segment "
                          f"'{segment_id}'", "NetworkIdsDontMatch")  # fmt: skip
    if found is None:
        raise not_found("Segment", segment_id)
    if not found.physical_network:
        raise bad_request(f"Invalid input for operation: tunnels carry segment {segment_id} to every host, so that no "
                          "subnet is on it alone.", "InvalidInput")  # fmt: skip
    return found.physical_network


def _not_all(network_id: str) -> Exception:
    message = (
        f"All of the subnets on network '{network_id}' must either all be associated with segments or all not "
        "associated with any segment."
    )
    return bad_request(message, "SubnetsNotAllAssociatedWithSegments")


def refuse_unconnected(scene: Scene, port: Port) -> None:
    """Refuse a host that is on no segment of a routed network, for a port that gets its addresses there.

    Raises:
        ApiFault: it is not.
    """
    if not port.host_id or not scene.estate.ids("subnet.routed", port.network_id):
        return
    here = _places(scene, port.host_id)
    if not any(each.physical_network in here for each in scene.estate.find("subnet.routed", port.network_id)):
        message = (
            f"Host {port.host_id} is not connected to any segments on routed provider network '{port.network_id}'.  "
            "It should be connected to one."
        )
        raise conflict("HostNotConnectedToAnySegment", message)


def refuse_several_segments(scene: Scene, fixed_ips: Iterable[FixedIP]) -> None:
    """Refuse addresses of which no host could have all.

    Raises:
        ApiFault: they are of several segments.
    """
    subnets = (scene.estate.get(Subnet, fixed.subnet_id) for fixed in fixed_ips)
    if len({subnet.physical_network for subnet in subnets if subnet is not None}) > 1:
        raise bad_request("Cannot allocate addresses from different segments.", "FixedIpsSubnetsNotOnSameSegment")


def rehosted(scene: Scene, before: Port, after: Port, asks_addresses: bool) -> Port:
    """The port at its host: with addresses to be chosen where they waited for it.

    Raises:
        ApiFault: the addresses that it has are of no use there.
    """
    if asks_addresses or not after.host_id or not scene.estate.ids("subnet.routed", after.network_id):
        return after
    if before.is_deferred:
        refuse_unconnected(scene, after)
        return replace(after, fixed_ips=None)
    refuse_elsewhere(scene, after, after.host_id)
    return after


def refuse_elsewhere(scene: Scene, port: Port, host: str) -> None:
    """Refuse a host where a port's addresses are of no use.

    Raises:
        ApiFault: they are of another segment.
    """
    subnets = (scene.estate.get(Subnet, fixed.subnet_id) for fixed in port.fixed_ips or ())
    needed = {subnet.physical_network for subnet in subnets if subnet is not None and subnet.physical_network}
    if needed and not needed <= _places(scene, host):
        raise conflict("HostNotCompatibleWithFixedIps", f"Host {host} is not connected to a segment where the existing "
                       f"fixed_ips on port {port.id} will function given the routed network topology.")  # fmt: skip


def _places(scene: Scene, name: str) -> frozenset[str]:
    """The physical networks that a host is on, by its name."""
    key = scene.estate.holder(Claim("name", f"host {name}"))
    host = scene.estate.get(Host, key.id) if key else None
    return frozenset(host.physical_networks) if host else frozenset()
