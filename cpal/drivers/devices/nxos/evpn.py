"""How NX-OS writes what a leaf of a fabric has. Pure data.

An interface's addresses are the gateway's where it is told to be the same everywhere, else its own.

Source: Cisco Nexus 9000 Series NX-OS VXLAN Configuration Guide, "Configuring VXLAN BGP EVPN".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from cpal.core.rows import VALUE, Row
from cpal.drivers.devices.fabric_said import FabricWords
from cpal.drivers.devices.nxos.render_leaf import (
    ANYCAST,
    FAMILY,
    FAMILY_EVPN,
    FAMILY_REDISTRIBUTED,
    FORWARDS,
    LINK_LOCAL,
    REACHABILITY,
    REPLICATION,
    ROUTE_MAP,
    SECONDARY,
    TUNNELLED,
    TUNNELLED_VRF,
    TUNNELS_ENABLED,
)
from cpal.drivers.devices.parse.tree import Tree
from cpal.drivers.devices.render_device import VRF
from cpal.drivers.devices.render_evpn import (
    ACTIVE,
    BGP_VRF,
    BGP_VRF_ID,
    BGP_VRF_RD,
    BGP_VRF_TARGETS,
    MAC_VRF,
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
from cpal.drivers.devices.render_switch import INTERFACE, VLAN, key_of
from cpal.drivers.devices.settings import Directed, Setting, mac, whole

_TUNNELS, _CONTEXT = "interface nve*", "vrf context {0}"
_INSTANCE, _OF_VRF = "evpn / vni {0} l2", "router bgp * / vrf {0}"
_OF_FAMILY = f"{_OF_VRF} / address-family {{1}} unicast"
_ANYCAST = "fabric forwarding mode anycast-gateway"


def has_own_addresses(interface: Tree) -> bool:
    """Whether what an interface has are not the addresses of a gateway."""
    return _ANYCAST not in interface


def _of(table: str, line: str = "", **how: Any) -> Setting:
    return Setting(table, "interface {0}", line, holds=lambda name: name.startswith("Vlan"), within=INTERFACE, **how)


def _gateway(table: str, line: str) -> Setting:
    return _of(table, line, where=lambda interface: not has_own_addresses(interface))


_OWN_TUNNELS = "interface nve1"


def _are_used(tree: Tree, _: Tree) -> bool:
    """Whether others tunnel there."""
    return any(line.startswith("member vni ") for line in tree.get(_OWN_TUNNELS, {}))


def _of_tunnels(table: str, line: str = "", **how: Any) -> Setting:
    return Setting(table, _OWN_TUNNELS, line, shared=_are_used, hollow=1, **how)


SETTINGS = (
    _of_tunnels(TUNNEL_SOURCE, "source-interface {value}"),
    _of_tunnels(REACHABILITY, "host-reachability protocol {value}"),
    _of_tunnels(TUNNELS_ENABLED, choices={True: "no shutdown", False: None}),
    Setting(VIRTUAL_MAC, "", "fabric forwarding anycast-gateway-mac {value}", convert=mac),
    Setting(ROUTE_MAP, "route-map {0} permit 10"),
    Setting(VLAN_STATE, "vlan {0}", choices={SUSPEND: "state suspend", ACTIVE: None}, within=VLAN),
    Setting(VNI, "vlan {0}", "vn-segment {value}", convert=whole, within=VLAN),
    Setting(TUNNELLED, f"{_TUNNELS} / member vni {{0}}"),
    Setting(REPLICATION, f"{_TUNNELS} / member vni {{0}}", "ingress-replication protocol {value}", within=TUNNELLED),
    Setting(TUNNELLED_VRF, _TUNNELS, "member vni {0} associate-vrf"),
    _of(ANYCAST, choices={True: _ANYCAST, False: None}),
    _of(FORWARDS, choices={True: "ip forward", False: None}),
    _of(LINK_LOCAL, choices={True: "ipv6 address use-link-local-only", False: None}),
    _gateway(VIRTUAL, "ip address {1:prefix4} | ipv6 address {1:prefix6}"),
    _gateway(SECONDARY, "ip address {1:prefix4} secondary"),
    Setting(MAC_VRF, _INSTANCE, hollow=2),
    Setting(MAC_VRF_RD, _INSTANCE, "rd {value}", within=MAC_VRF),
    Directed(MAC_VRF_TARGETS, _INSTANCE, "route-target {1} {2}", 1, MAC_VRF),
    Setting(VRF_VNI, _CONTEXT, "vni {value}", convert=whole, within=VRF),
    Setting(BGP_VRF, _OF_VRF),
    Setting(BGP_VRF_RD, _CONTEXT, "rd {value}", within=BGP_VRF),
    Setting(BGP_VRF_ID, _OF_VRF, "router-id {value}", within=BGP_VRF),
    Directed(BGP_VRF_TARGETS, f"{_CONTEXT} / address-family {{1}} unicast", "route-target {2} {3} evpn", 2, BGP_VRF),
    Setting(FAMILY, _OF_FAMILY, within=BGP_VRF),
    Setting(FAMILY_EVPN, _OF_FAMILY, choices={True: "advertise l2vpn evpn", False: None}, within=BGP_VRF),
    Setting(FAMILY_REDISTRIBUTED, _OF_FAMILY, "redistribute {2} route-map {value}", within=BGP_VRF),
)
"""How NX-OS writes each setting of a leaf."""
FABRIC = FabricWords(addresses=(VIRTUAL, SECONDARY), policy=FAMILY_REDISTRIBUTED)
"""How its leaves say what they have of a fabric."""
_FOR_ALL = "global ingress-replication protocol "


def implied(tree: Tree, device: str) -> Iterator[Row]:
    """How what is for many goes through tunnels, where it is said once for all VNIs; not of one that has a group."""
    for interface, below in tree.items() if any(line.startswith("interface nve") for line in tree) else ():
        said = [line.removeprefix(_FOR_ALL) for line in below if line.startswith(_FOR_ALL)]
        for line in below if said and interface.startswith("interface nve") else ():
            has_group = any(each.startswith("mcast-group ") for each in below[line])
            if (found := _MEMBER.fullmatch(line)) and not has_group:
                within = key_of(TUNNELLED, device, found["vni"])
                yield Row(key_of(REPLICATION, device, found["vni"]), {VALUE: said[0]}, (), within)


_MEMBER = re.compile(r"member vni (?P<vni>\d+)")
