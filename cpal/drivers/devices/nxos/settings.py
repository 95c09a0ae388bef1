"""What NX-OS writes otherwise than `cli_settings` has it: all of a VRF stands in its context. Pure data.

Servers are one for an address: the VRF that they are asked through is a word at the end of their line, and `default`
is shown where nobody wrote one.

Source: Cisco Nexus 9000 Series NX-OS Unicast Routing Configuration Guide, "Layer 3 Virtualization", "Static Routing";
System Management Configuration Guide, "NTP", "System Message Logging"; Interfaces Configuration Guide, "Configuring
Port Channels", "Configuring vPCs"; Layer 2 Switching Configuration Guide, "Configuring Rapid PVST+", "Configuring MST".
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from cpal.core.rows import Row, Value
from cpal.drivers.devices.cli_settings import (
    ACCESS_GROUP,
    MODES,
    OWN_ADDRESS,
    QOS_POLICY,
    SECONDARY_ADDRESS,
    edge_choices,
    marking,
    of_interface,
    of_member,
    of_port,
    of_trees_at_cisco,
    usual_name,
)
from cpal.drivers.devices.nxos.evpn import has_own_addresses
from cpal.drivers.devices.parse.tree import Tree, drop, put
from cpal.drivers.devices.render_device import (
    NTP,
    ROUTES,
    SYSLOG,
    VRF,
    VRF_IPV4,
    VRF_IPV6,
    VRF_NTP,
    VRF_ROUTES,
    VRF_SYSLOG,
)
from cpal.drivers.devices.render_mlag import DOMAIN, KEEPALIVE, LAG_MLAG, PEER_LINK, keepalive_without
from cpal.drivers.devices.render_route import LABEL, PREFERENCE, TAG
from cpal.drivers.devices.render_switch import (
    ADDRESS,
    EDGE_PORT,
    EDGE_TRUNK,
    ENABLED,
    INGRESS_ACL,
    INTERFACE_VRF,
    SECONDARY,
    VLAN,
    VLAN_NAME,
    parts_of,
)
from cpal.drivers.devices.settings import Setting, whole
from cpal.drivers.devices.static_routes import RouteSetting
from cpal.drivers.devices.words import Pairing, Words
from cpal.model.switch import RAPID_PVST, ROUTED, WITHOUT_LACP


def _is_on(parts: Sequence[str]) -> bool:
    """Whether an interface is on of which nothing says so: those of VLANs are not."""
    return not parts[0].startswith("Vlan")


def _is_ours(vlan: str) -> bool:
    """Whether a VLAN is there by being configured: the first always is."""
    return vlan != "1"


def is_own_vrf(vrf: str) -> bool:
    """Whether a VRF is there by being configured: the one of the management port always is."""
    return vrf != MANAGEMENT


def _mode(text: str) -> Value:
    """How a member speaks LACP: of which nothing is said, not at all."""
    return text.removeprefix(_MODE) or WITHOUT_LACP


def _said_of_mode(mode: Value) -> str:
    return f"{_MODE}{mode}" if mode != WITHOUT_LACP else ""


def _keepalive(text: str) -> Value:
    """A keepalive, in whose VRF NX-OS shows nothing of the usual one."""
    return keepalive_without(MANAGEMENT, text)


_MODE = " mode "
_PORT_TYPE = "spanning-tree port type"
_EDGE: Mapping[Value, str | None] = {
    **edge_choices(f"{_PORT_TYPE} edge", EDGE_TRUNK),
    "network": f"{_PORT_TYPE} network",
    "normal": f"{_PORT_TYPE} normal",
}
MANAGEMENT = "management"
PAIRING = Pairing(
    r"[1-9]\d{0,2}|1000",
    "a number from 1 to 1000",
    largest=4096,
    keepalive_vrf=MANAGEMENT,
    lacks=tuple(
        (field, "a vPC peer is spoken to over the peer link itself, by no address")
        for field in ("local_interface", "peer_address")
    ),
)
_NETWORK_PORT = f"{_PORT_TYPE} network"


class _PeerLink(Setting):
    """A peer link, which NX-OS makes a port to another switch as it becomes one: the two lines come and go together."""

    def write(self, tree: Tree, row: Row) -> None:
        """Have the tree say that an interface is one."""
        super().write(tree, row)
        put(tree, (f"interface {parts_of(row.key)[0]}", _NETWORK_PORT))

    def erase(self, tree: Tree, row: Row) -> None:
        """Have the tree say that it is none."""
        super().erase(tree, row)
        drop(tree, (f"interface {parts_of(row.key)[0]}", _NETWORK_PORT))


_CONTEXT = "vrf context {0}"
_ROUTE = (LABEL, TAG, PREFERENCE)
"""What NX-OS says of a static route, in its order."""
_ROUTED, _SWITCHED = "ip access-group {value} in", "ip port access-group {value} in"
_ASKED = re.compile(r"ip (?:port )?access-group (\S+) in")


def with_lists_of_ports(words: Words, before: Tree, after: Tree) -> Tree:
    """A tree in which what changed of a port asks its access list as a port of the switch, or of the router, does."""
    found = dict(after)
    for line, section in after.items():
        start, _, port = line.partition(" ")
        if start == "interface" and words.is_port(port) and section != before.get(line):
            form = (_ROUTED if MODES[ROUTED] in section else _SWITCHED).format(value=r"\1")
            found[line] = {_ASKED.sub(form, each): below for each, below in section.items()}
    return found


def otherwise(words: Words) -> tuple[Setting, ...]:
    """The settings that NX-OS writes otherwise."""
    return (
        Setting(VLAN, "vlan {0}", holds=_is_ours),
        Setting(VLAN_NAME, "vlan {0}", "name {value}", absent=usual_name, holds=_is_ours, within=VLAN),
        of_interface(words, ENABLED, choices={False: "shutdown", True: "no shutdown"}, absent=_is_on),
        of_interface(words, INTERFACE_VRF, "vrf member {value}"),
        of_interface(words, INGRESS_ACL, f"{_ROUTED} | {_SWITCHED}"),
        of_interface(words, ADDRESS, OWN_ADDRESS, where=has_own_addresses),
        of_interface(words, SECONDARY, SECONDARY_ADDRESS, where=has_own_addresses),
        Setting(VRF, _CONTEXT, holds=is_own_vrf),
        Setting(VRF_IPV4, _CONTEXT, "address-family ipv4 unicast", holds=is_own_vrf, within=VRF),
        Setting(VRF_IPV6, _CONTEXT, "address-family ipv6 unicast", holds=is_own_vrf, within=VRF),
        RouteSetting(ROUTES, "", "ip route {0:prefix4} {1:ip4} | ipv6 route {0:prefix6} {1:ip6}", _ROUTE),
        RouteSetting(
            VRF_ROUTES, _CONTEXT, "ip route {1:prefix4} {2:ip4} | ipv6 route {1:prefix6} {2:ip6}", _ROUTE, found=True
        ),
        of_member(words, "channel-group {1:number}{value:mode}", convert=_mode, say=_said_of_mode),
        of_port(words, EDGE_PORT, choices=_EDGE),
        *of_trees_at_cisco(absent=RAPID_PVST),
        *marking(words, "class-map type qos match-any {0}", ACCESS_GROUP, "policy-map type qos {0}", QOS_POLICY),
        Setting(DOMAIN, "", "vpc domain {value}"),
        Setting(KEEPALIVE, "vpc domain *", "peer-keepalive destination {value}", convert=_keepalive),
        _PeerLink(PEER_LINK, "interface {0}", "vpc peer-link"),
        Setting(LAG_MLAG, "interface {0}", "vpc {value}", convert=whole),
        Setting(NTP, "", "ntp server {0} | ntp server {0} use-vrf default"),
        Setting(VRF_NTP, "", "ntp server {1} use-vrf {0:vrf}"),
        Setting(SYSLOG, "", "logging server {0} | logging server {0} use-vrf default"),
        Setting(VRF_SYSLOG, "", "logging server {1} use-vrf {0:vrf}"),
    )
