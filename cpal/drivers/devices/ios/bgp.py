"""How IOS writes BGP, once prefixes have lengths: what is of a family stands in its section. Pure data.

Source: Cisco IOS IP Routing: BGP Command Reference, `address-family ipv4 (BGP)`, `neighbor activate`, `network (BGP and
multiprotocol BGP)`, `maximum-paths`.
"""

from __future__ import annotations

from cpal.drivers.devices.bgp_settings import everywhere, of_as, silence
from cpal.drivers.devices.render_bgp import (
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
    SILENT,
    SOURCE,
    Shape,
    of,
)
from cpal.drivers.devices.settings import Setting, asn, whole
from cpal.model.bgp import EVPN
from cpal.model.of_device import IPV4, IPV6

_NEIGHBOR = "neighbor {0}"
_SECTIONS = {IPV4: "address-family ipv4", IPV6: "address-family ipv6", EVPN: "address-family l2vpn evpn"}


def _of_neighbor(family: str) -> tuple[Setting, ...]:
    section = _SECTIONS[family]
    return (
        *everywhere(of(family, NEIGHBORS), section, f"{_NEIGHBOR} activate", hollow=1),
        *everywhere(of(family, CLIENTS), section, f"{_NEIGHBOR} route-reflector-client", hollow=1),
        *everywhere(of(family, SELF), section, f"{_NEIGHBOR} next-hop-self", hollow=1),
        *everywhere(
            of(family, COMMUNITIES),
            section,
            f"{_NEIGHBOR} send-community extended | {_NEIGHBOR} send-community both",
            hollow=1,
        ),
    )


def _of_family(family: str, address: str) -> tuple[Setting, ...]:
    section = _SECTIONS[family]
    return (
        *everywhere(of(family, NETWORKS), section, f"network {{0:{address}}}", hollow=1),
        *everywhere(of(family, LEARNED), section, "redistribute {0}", hollow=1),
        *everywhere(of(family, PATHS), section, "maximum-paths {value}", convert=whole, hollow=1),
    )


_EVERYWHERE = (
    *everywhere(ROUTER_ID, "", "bgp router-id {value}"),
    *everywhere(NEIGHBORS, "", f"{_NEIGHBOR} remote-as {{value}}", convert=asn),
    *everywhere(DESCRIPTION, "", f"{_NEIGHBOR} description {{value}}"),
    *everywhere(SOURCE, "", f"{_NEIGHBOR} update-source {{value}}"),
    *everywhere(MULTIHOP, "", f"{_NEIGHBOR} ebgp-multihop {{value}}", convert=whole),
    *(setting for family in _SECTIONS for setting in _of_neighbor(family)),
    *_of_family(IPV4, "prefix4"),
    *_of_family(IPV6, "prefix6"),
    *everywhere(SILENT, _SECTIONS[IPV4], f"no {_NEIGHBOR} activate", hollow=1),
)
SETTINGS = (of_as("bgp log-neighbor-changes"), *(each for each in _EVERYWHERE if not each.table.endswith(".in_vrf")))
"""How IOS writes each setting of BGP in the default VRF."""
SHAPE = Shape(speaks_ipv4=True)
"""What IOS has where makes differ."""
IMPLIED = silence()
"""What holds of IOS's neighbours without a line."""
