"""How EOS writes BGP, and the source of tunnels. Pure data.

Source: Arista EOS user manual, "Border Gateway Protocol (BGP)", "VXLAN", the command reference of each.
"""

from __future__ import annotations

from cpal.drivers.devices.bgp_settings import everywhere, of_as, silence
from cpal.drivers.devices.parse.tree import Tree
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
from cpal.drivers.devices.render_switch import ROUTING
from cpal.drivers.devices.settings import Setting, asn, whole
from cpal.model.bgp import EVPN
from cpal.model.of_device import IPV4, IPV6

_NEIGHBOR = "neighbor {0}"
_COMMUNITIES = ("extended", "", "standard extended", "standard extended large", "extended large")
"""What is sent; all of it, where nothing is named. The first is written."""
_SENT = " | ".join(f"{_NEIGHBOR} send-community {each}".rstrip() for each in _COMMUNITIES)


def _of_family(family: str, address: str) -> tuple[Setting, ...]:
    section = f"address-family {family}"
    return (
        *everywhere(of(family, NEIGHBORS), section, f"{_NEIGHBOR} activate", hollow=1),
        *everywhere(of(family, SELF), section, f"{_NEIGHBOR} next-hop-self", hollow=1),
        *everywhere(of(family, NETWORKS), section, f"network {{0:{address}}}", hollow=1),
        *everywhere(of(family, LEARNED), section, "redistribute {0}", hollow=1),
    )


def _routes(tree: Tree, _: Tree) -> bool:
    """Whether a switch routes by a protocol, or a route, of others'."""
    return any(line.startswith(("router ", "ip route ")) for line in tree)


SETTINGS = (
    Setting(ROUTING, "", choices={True: "ip routing", False: "no ip routing"}, absent=False, shared=_routes),
    of_as(),
    *everywhere(ROUTER_ID, "", "router-id {value}"),
    *everywhere(PATHS, "", "maximum-paths {value}", convert=whole),
    *everywhere(NEIGHBORS, "", f"{_NEIGHBOR} remote-as {{value}}", convert=asn),
    *everywhere(DESCRIPTION, "", f"{_NEIGHBOR} description {{value}}"),
    *everywhere(SOURCE, "", f"{_NEIGHBOR} update-source {{value}}"),
    *everywhere(MULTIHOP, "", f"{_NEIGHBOR} ebgp-multihop {{value}}", convert=whole),
    *everywhere(CLIENTS, "", f"{_NEIGHBOR} route-reflector-client"),
    *everywhere(COMMUNITIES, "", _SENT),
    *_of_family(IPV4, "prefix4"),
    *_of_family(IPV6, "prefix6"),
    *everywhere(of(EVPN, NEIGHBORS), "address-family evpn", f"{_NEIGHBOR} activate", hollow=1),
    *everywhere(SILENT, "address-family ipv4", f"no {_NEIGHBOR} activate", hollow=1),
)
"""How EOS writes each setting of BGP."""
SHAPE = Shape(routes_when_told=True, speaks_ipv4=True, of_all=frozenset({PATHS, CLIENTS, COMMUNITIES}))
"""What EOS has where makes differ."""
IMPLIED = silence(vrfs=True)
"""What holds of EOS's neighbours without a line."""
