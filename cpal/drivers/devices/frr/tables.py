"""The tables of a leaf that runs FRR, as data: first what Linux holds, then what FRR does.

Ownership. What Linux holds has a tag in its interface's alias (a VRF's loopback, a bridge, a VXLAN device); ports have
it in the leaf's files of ports. What FRR holds is owned with the VRF or the VXLAN
device that it is about, and a VRF's packet filter, the table `cpal` of nftables in its namespace, with the VRF.

Rank. A VRF is there before its bridges, these before what is plugged into them; FRR is told last, and forgets first.
What filters a port is there before the port. A bridge has the least MTU of what is in it, and no IPv6 address where
that is too small: so it gets addresses after its tunnel.

What is declared of devices one by one has the tables of all makes, and no place for a tag: what of it is ours, a leaf
keeps beside its daemons (`kept`).
"""

from __future__ import annotations

from collections.abc import Mapping

from cpal.core.rows import VALUE, Table
from cpal.drivers.devices import render_device
from cpal.drivers.devices.frr.render.names import (
    ADDRESS,
    ADDRESS_SET,
    ASKED_AT,
    BGP_VRF,
    BRIDGE,
    ENTRY,
    EVPN,
    FILTER,
    GROUP,
    LIST,
    MEMBER,
    PORT,
    ROUTE,
    RULE,
    SET_ADDRESS,
    SOURCE,
    UPLINK,
    VRF,
    VXLAN,
)
from cpal.drivers.devices.frr.settings import INTERFACE_TABLES, SETTINGS

VERSION = 7
"""To be raised when the same records give other rows than before."""


def _table(columns: str, rank: int, word: str, **within: str) -> Table:
    return Table(frozenset(columns.split()), rank, word, within)


def _edge(rank: int, word: str, **within: str) -> Table:
    return Table(frozenset({VALUE}), rank, word, within, edge=True)


TABLES: Mapping[str, Table] = {
    VRF: _table("forwarding", 10, "VRF"),
    BRIDGE: _table("mac", 20, "bridge", vrf="bridges"),
    VXLAN: _table("vni local mtu bridge", 30, "VXLAN device"),
    ADDRESS_SET: _table("", 31, "address set", vrf="filters"),
    SET_ADDRESS: _edge(32, "address of a set", address_set="addresses"),
    GROUP: _table("", 33, "security group at a leaf", vrf="filters"),
    RULE: _table("direction ethertype rule", 34, "rule of a security group", group="rules"),
    FILTER: _table("", 35, "filter of an access port", vrf="filters"),
    SOURCE: _edge(36, "address that a port sends from", filter="sources"),
    LIST: _table("", 35, "access list in a VRF", vrf="filters"),
    ENTRY: _edge(36, "entry of an access list", access_list="entries"),
    ASKED_AT: _edge(37, "port that asks an access list", access_list="ports"),
    MEMBER: _edge(37, "membership in a security group", filter="groups"),
    ADDRESS: _edge(38, "gateway address", bridge="addresses"),
    PORT: _table("bridge vrf mtu up", 40, "port"),
    UPLINK: _table("bridge up", 41, "port to a physical network"),
    BGP_VRF: _table("vni router_id route_target", 50, "BGP instance of a VRF", vrf="bgp"),
    EVPN: _table("route_target", 51, "EVPN settings of a VNI", vxlan="evpn"),
    ROUTE: _table("prefix nexthop", 52, "static route of a router", vrf="routes"),
    **INTERFACE_TABLES,
    **{name: table for name, table in render_device.TABLES.items() if name in SETTINGS},
}
"""Every table that rows may be rendered in; `route_target` is what is imported and exported, or both apart by a `/`."""
TAGGED = (VRF, BRIDGE, VXLAN, PORT, UPLINK)
"""The tables whose rows say whose they are; what is in another goes along with it."""
KERNEL = (VRF, BRIDGE, VXLAN, ADDRESS, PORT, UPLINK)
"""The tables that Linux holds, in order of rank."""
