"""How a device speaks BGP: its AS, its neighbours, and what it tells them.

Words: OpenConfig's (openconfig-bgp, `global`, `neighbors`; openconfig-bgp-common).
"""

from __future__ import annotations

from typing import ClassVar

from cpal.model.of_device import IPV4, IPV6, OfDevice
from cpal.model.record import Part

EVPN = "evpn"
FAMILIES = (IPV4, IPV6, EVPN)
"""What neighbours may tell each other of. Source: openconfig-bgp-types, IPV4_UNICAST, IPV6_UNICAST, L2VPN_EVPN."""
CONNECTED, STATIC = "connected", "static"
REDISTRIBUTED = (CONNECTED, STATIC)


class BgpNeighbor(Part, frozen=True, kw_only=True, gc=False):
    """A neighbour by its address, in the AS `remote_asn`, with which a device speaks of `families`.

    Left out: `update_source` "" (an interface whose address the session has), `ebgp_multihop` 0 (hops that it may be
    away; one). To a `route_reflector_client` it tells what others of its AS told it, of all families; with
    `next_hop_self` it is the next hop of what it tells of ipv4 and ipv6. A password is no field: it would stand in
    documents. Source: openconfig-bgp-neighbor, `neighbor/config`, `transport/config/local-address`, `ebgp-multihop`,
    `afi-safis`, `route-reflector`.
    """

    address: str
    remote_asn: int
    description: str = ""
    update_source: str = ""
    ebgp_multihop: int = 0
    families: tuple[str, ...] = (IPV4,)
    route_reflector_client: bool = False
    next_hop_self: bool = False

    @property
    def words(self) -> str:
        """What it says, for people."""
        said = [f"{self.address} in AS {self.remote_asn}", f"({self.description})" if self.description else ""]
        said += [*self.families, f"from {self.update_source}" if self.update_source else ""]
        said += [f"within {self.ebgp_multihop} hops" if self.ebgp_multihop else ""]
        said += ["reflector client" if self.route_reflector_client else ""]
        said += ["next hop self" if self.next_hop_self else ""]
        return " ".join(filter(None, said))


class Bgp(OfDevice, frozen=True, kw_only=True, gc=False, tag="bgp"):
    """BGP of a device, called `DEVICE`, or in a VRF of it, `DEVICE/VRF`, which has the same AS.

    It tells its neighbours of `networks`, where it has a route to them, and of those routes that `redistribute` names:
    of each of the families ipv4 and ipv6 that a neighbour has (ipv4 where there is none). `router_id` "" and
    `maximum_paths` 0 (paths of other ASes that it uses to one prefix) leave those to the device. Source:
    openconfig-bgp-global, `config/as`, `config/router-id`, `use-multiple-paths/ebgp`; openconfig-network-instance,
    `table-connections`.
    """

    kind: ClassVar[str] = "bgp"
    asn: int
    router_id: str = ""
    neighbors: tuple[BgpNeighbor, ...] = ()
    networks: tuple[str, ...] = ()
    redistribute: tuple[str, ...] = ()
    maximum_paths: int = 0

    @property
    def vrf(self) -> str:
        """The VRF that it is in; "" the default."""
        return self.own_name

    @property
    def routed_families(self) -> tuple[str, ...]:
        """Of ipv4 and ipv6 those that a neighbour has; ipv4 where none has one."""
        had = {family for neighbor in self.neighbors for family in neighbor.families}
        return tuple(family for family in (IPV4, IPV6) if family in had) or (IPV4,)
