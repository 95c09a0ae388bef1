"""How EOS writes what a leaf of a fabric has. Pure data.

Source: Arista EOS user manual, "VXLAN", "EVPN", "VRF-lite", "ARP and virtual addresses".
"""

from __future__ import annotations

from cpal.drivers.devices.parse.tree import Tree
from cpal.drivers.devices.render_device import VRF
from cpal.drivers.devices.render_evpn import (
    ACTIVE,
    BGP_VRF,
    BGP_VRF_ID,
    BGP_VRF_RD,
    BGP_VRF_REDISTRIBUTED,
    BGP_VRF_TARGETS,
    MAC_VRF,
    MAC_VRF_LEARNED,
    MAC_VRF_RD,
    MAC_VRF_TARGETS,
    SUSPEND,
    TUNNEL_SOURCE,
    VIRTUAL,
    VIRTUAL_MAC,
    VLAN_STATE,
    VNI,
    VRF_VNI,
)
from cpal.drivers.devices.render_switch import INTERFACE, VLAN
from cpal.drivers.devices.settings import Directed, Setting, mac, whole

_SVI, _TUNNELS = "interface {0}", "interface Vxlan1"
_OF_VLAN, _OF_VRF = "router bgp * / vlan {0}", "router bgp * / vrf {0}"


def _tunnels(tree: Tree, _: Tree) -> bool:
    """Whether others tunnel there."""
    return any(line.startswith(("vxlan vlan ", "vxlan vrf ")) for line in tree.get(_TUNNELS, {}))


SETTINGS = (
    Setting(VIRTUAL_MAC, "", "ip virtual-router mac-address {value}", convert=mac),
    Setting(TUNNEL_SOURCE, _TUNNELS, "vxlan source-interface {value}", shared=_tunnels, hollow=1),
    Setting(VLAN_STATE, "vlan {0}", choices={SUSPEND: "state suspend", ACTIVE: None}, within=VLAN),
    Setting(VNI, _TUNNELS, "vxlan vlan {0} vni {value}", convert=whole, within=VLAN, hollow=1),
    Setting(VRF_VNI, _TUNNELS, "vxlan vrf {0} vni {value}", convert=whole, within=VRF, hollow=1),
    Setting(VIRTUAL, _SVI, "ip address virtual {1:prefix4} | ipv6 address virtual {1:prefix6}", within=INTERFACE),
    Setting(MAC_VRF, _OF_VLAN),
    Setting(MAC_VRF_RD, _OF_VLAN, "rd {value}", within=MAC_VRF),
    Directed(MAC_VRF_TARGETS, _OF_VLAN, "route-target {1} {2}", 1, MAC_VRF),
    Setting(MAC_VRF_LEARNED, _OF_VLAN, "redistribute {1}", within=MAC_VRF),
    Setting(BGP_VRF, _OF_VRF),
    Setting(BGP_VRF_RD, _OF_VRF, "rd {value}", within=BGP_VRF),
    Setting(BGP_VRF_ID, _OF_VRF, "router-id {value}", within=BGP_VRF),
    Directed(BGP_VRF_TARGETS, _OF_VRF, "route-target {1} evpn {2}", 1, BGP_VRF),
    Setting(BGP_VRF_REDISTRIBUTED, _OF_VRF, "redistribute {1}", within=BGP_VRF),
)
"""How EOS writes each setting of a leaf."""
