"""How NX-OS writes BGP: a neighbour is a section, and a family of it another. Pure data.

Source: Cisco Nexus 9000 Series NX-OS Unicast Routing Configuration Guide, "Configuring Basic BGP", "Configuring
Advanced BGP"; VXLAN Configuration Guide, "Configuring VXLAN BGP EVPN".
"""

from __future__ import annotations

from collections.abc import Iterator

from cpal.core.rows import RowKey
from cpal.core.view import View
from cpal.drivers.devices.bgp_settings import everywhere, of_as
from cpal.drivers.devices.nxos.render_leaf import ROUTE_MAP
from cpal.drivers.devices.render_bgp import (
    ANY,
    CLIENTS,
    COMMUNITIES,
    DESCRIPTION,
    LEARNED,
    MULTIHOP,
    NEIGHBORS,
    NETWORKS,
    PATHS,
    ROUTER_ID,
    SELF,
    SOURCE,
    Shape,
    of,
)
from cpal.drivers.devices.render_fabric import leaf_named, routers_at
from cpal.drivers.devices.render_switch import key_of
from cpal.drivers.devices.settings import Setting, asn, whole
from cpal.model.bgp import EVPN, Bgp
from cpal.model.of_device import IPV4, IPV6

_NEIGHBOR = "neighbor {0}"
_SECTIONS = {family: f"address-family {family} unicast" for family in (IPV4, IPV6)} | {
    EVPN: "address-family l2vpn evpn"
}


def _of_neighbor(family: str) -> tuple[Setting, ...]:
    section = _SECTIONS[family]
    inside = f"{_NEIGHBOR} / {section}"
    return (
        *everywhere(of(family, NEIGHBORS), _NEIGHBOR, section, shared=lambda _, below: bool(below)),
        *everywhere(of(family, CLIENTS), inside, "route-reflector-client"),
        *everywhere(of(family, SELF), inside, "next-hop-self"),
        *everywhere(of(family, COMMUNITIES), inside, "send-community extended | send-community both"),
    )


def _of_family(family: str, address: str) -> tuple[Setting, ...]:
    section = _SECTIONS[family]
    return (
        *everywhere(of(family, NETWORKS), section, f"network {{0:{address}}}", hollow=1),
        *everywhere(of(family, LEARNED), section, "redistribute {0} route-map {value}", hollow=1),
        *everywhere(of(family, PATHS), section, "maximum-paths {value}", convert=whole, hollow=1),
    )


def _makes_route_map(view: View, device: str) -> bool:
    """Whether nothing else makes the route map that lets all pass: a leaf has it for routers that say their routes."""
    leaf = leaf_named(view, device, "nxos")
    return leaf is None or all(router.export_policy for router in routers_at(view, leaf))


def route_map_of_ospf(view: View, device: str) -> Iterator[RowKey]:
    """The same, where BGP of the device redistributes nothing, and so does not make it."""
    every: list[Bgp] = view.find("bgp.device", device)
    if not any(each.redistribute for each in every) and _makes_route_map(view, device):
        yield key_of(ROUTE_MAP, device, ANY)


SETTINGS = (
    of_as(),
    *everywhere(ROUTER_ID, "", "router-id {value}"),
    *everywhere(NEIGHBORS, _NEIGHBOR, "remote-as {value}", convert=asn, hollow=1),
    *everywhere(DESCRIPTION, _NEIGHBOR, "description {value}"),
    *everywhere(SOURCE, _NEIGHBOR, "update-source {value}"),
    *everywhere(MULTIHOP, _NEIGHBOR, "ebgp-multihop {value}", convert=whole),
    *(setting for family in _SECTIONS for setting in _of_neighbor(family)),
    *_of_family(IPV4, "prefix4"),
    *_of_family(IPV6, "prefix6"),
)
"""How NX-OS writes each setting of BGP."""
SHAPE = Shape(connected="direct", route_map=_makes_route_map)
"""What NX-OS has where makes differ."""
