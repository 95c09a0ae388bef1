"""How FRR writes what is declared of devices one by one, each below the daemon that is told of it. Pure.

Source: FRR user manual, "STATIC", "Zebra" (`description`, `ip address`); `bgp`, `ospf`.
"""

from __future__ import annotations

from collections.abc import Mapping

from cpal.core.rows import Table
from cpal.drivers.devices.frr import bgp, ospf
from cpal.drivers.devices.frr.configuration import STATICD, ZEBRA
from cpal.drivers.devices.frr.render.names import VRF_ADDRESS, VRF_DESCRIPTION
from cpal.drivers.devices.render_device import ROUTES, VRF_ROUTES
from cpal.drivers.devices.render_route import PREFERENCE, TAG
from cpal.drivers.devices.render_switch import ADDRESS, DESCRIPTION, lone_table
from cpal.drivers.devices.settings import Setting
from cpal.drivers.devices.static_routes import RouteSetting
from cpal.drivers.devices.words import Words

WORDS = Words(
    "frr",
    "FRR",
    schemes=("file",),
    kinds=("",),
    ports=("",),
    mtus=(68, 65535),
    form=r"\S{1,15}",
    settings=("route", "bgp", "ospf"),
    of_routes=(PREFERENCE, TAG),
    bgp=bgp.WORDS,
    ospf=ospf.WORDS,
)
"""What FRR calls things, and how far cpal goes with it; an interface is called as in Linux."""

INTERFACE_TABLES: Mapping[str, Table] = {
    DESCRIPTION: lone_table(45, "description of an interface"),
    ADDRESS: lone_table(46, "address of an interface"),
    VRF_DESCRIPTION: lone_table(45, "description of an interface in a VRF"),
    VRF_ADDRESS: lone_table(46, "address of an interface in a VRF"),
}
"""The tables of what zebra is told of interfaces, whether or not they are there."""
_DESCRIPTION = "description {value}"
_ROUTE = (TAG, PREFERENCE)
"""What FRR says of a static route, in its order; it has no names of them."""
_SETTINGS = (
    *bgp.SETTINGS,
    *ospf.SETTINGS,
    Setting(DESCRIPTION, f"{ZEBRA} / interface {{0}}", _DESCRIPTION, hollow=1),
    Setting(ADDRESS, f"{ZEBRA} / interface {{0}}", "ip address {1:prefix4} | ipv6 address {1:prefix6}", hollow=1),
    Setting(VRF_DESCRIPTION, f"{ZEBRA} / interface {{0}} vrf {{1}}", _DESCRIPTION, hollow=1),
    Setting(
        VRF_ADDRESS,
        f"{ZEBRA} / interface {{0}} vrf {{1}}",
        "ip address {2:prefix4} | ipv6 address {2:prefix6}",
        hollow=1,
    ),
    RouteSetting(ROUTES, STATICD, "ip route {0:prefix4} {1:ip4} | ipv6 route {0:prefix6} {1:ip6}", _ROUTE),
    RouteSetting(
        VRF_ROUTES, f"{STATICD} / vrf {{0}}", "ip route {1:prefix4} {2:ip4} | ipv6 route {1:prefix6} {2:ip6}", _ROUTE
    ),
)
SETTINGS: Mapping[str, Setting] = {each.table: each for each in _SETTINGS}
"""How FRR writes each setting."""
