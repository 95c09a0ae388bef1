"""The names of rows: their tables, and each row's after its leaf and what Linux or FRR calls it there."""

from __future__ import annotations

from hashlib import blake2s
from urllib.parse import quote

from cpal.core.rows import RowKey

DRIVER = "frr"
VRF, BRIDGE, ADDRESS, VXLAN, PORT, UPLINK = "vrf", "bridge", "bridge.addresses", "vxlan", "port", "uplink"
BGP_VRF, EVPN, ROUTE = "bgp_vrf", "evpn", "vrf.routes"
VRF_DESCRIPTION, VRF_ADDRESS = "interface_in_vrf.description", "interface_in_vrf.addresses"
"""What is said of an interface in a VRF other than the default one, by its name and the VRF's."""
FILTER, SOURCE, MEMBER = "filter", "filter.sources", "filter.groups"
GROUP, RULE = "group", "group.rules"
ADDRESS_SET, SET_ADDRESS = "address_set", "address_set.addresses"
LIST, ENTRY, ASKED_AT = "access_list", "access_list.entries", "access_list.ports"
FILTERS = (FILTER, SOURCE, MEMBER, GROUP, RULE, ADDRESS_SET, SET_ADDRESS, LIST, ENTRY, ASKED_AT)
"""The tables of rows that are in the packet filter of a VRF."""
WHOLE = (FILTER, GROUP, ADDRESS_SET, LIST)
"""Those of them that are not part of another."""


def vrf_key(leaf: str, vrf: str) -> RowKey:
    """The VRF of that name at a leaf."""
    return RowKey(VRF, f"{leaf} {vrf}")


def bridge_key(leaf: str, vrf: str, bridge: str) -> RowKey:
    """The bridge of that name in a VRF."""
    return RowKey(BRIDGE, f"{leaf} {vrf} {bridge}")


def vxlan_key(leaf: str, device: str) -> RowKey:
    """The VXLAN device of that name."""
    return RowKey(VXLAN, f"{leaf} {device}")


def port_key(leaf: str, port: str) -> RowKey:
    """The access port of that name."""
    return RowKey(PORT, f"{leaf} {port}")


def uplink_key(leaf: str, uplink: str) -> RowKey:
    """What leads to a VLAN of a physical network, by both words."""
    return RowKey(UPLINK, f"{leaf} {uplink}")


def uplink_name(physical_network: str, vlan: str) -> str:
    """What a VLAN of a physical network goes by among a leaf's ports: two words in one, whatever they are."""
    return f"{quote(physical_network, safe='')}@{vlan}"


def filter_key(leaf: str, vrf: str, port: str) -> RowKey:
    """The filter of an access port in a VRF."""
    return RowKey(FILTER, f"{leaf} {vrf} {port}")


def group_key(leaf: str, vrf: str, group_id: str) -> RowKey:
    """What a security group admits to those of its ports that are in a VRF. nftables has no hyphens in names."""
    return RowKey(GROUP, f"{leaf} {vrf} g_{group_id.replace('-', '_')}")


def address_set_key(leaf: str, vrf: str, group_id: str, ip_version: int) -> RowKey:
    """The addresses of one IP version in an address group, or of the ports of a security group."""
    return RowKey(ADDRESS_SET, f"{leaf} {vrf} a{ip_version}_{group_id.replace('-', '_')}")


def list_key(leaf: str, vrf: str, acl_id: str) -> RowKey:
    """An access list that is asked at ports in a VRF."""
    return RowKey(LIST, f"{leaf} {vrf} l_{acl_id.replace('-', '_')}")


def port_name(port_id: str) -> str:
    """The name of the leaf's end of a port's cable: at most 15 characters, as the kernel wants."""
    return "tap" + blake2s(port_id.encode(), digest_size=6).hexdigest()[:11]
