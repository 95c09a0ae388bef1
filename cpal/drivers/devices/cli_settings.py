"""How EOS, NX-OS and IOS write settings: one table, as most of their lines are the same. Pure.

The table is in EOS's words. Where a make says something otherwise, it gives a setting of its own, which takes the
place of that for the same rows; what it does not write at all (`Words.settings`) is left out.

Source: Arista EOS user manual, "VLANs", "Ethernet ports", "VRF-lite", "Static routes", "NTP", "Logging",
"Spanning Tree Protocol"; openconfig-vlan.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from cpal.core.rows import Value
from cpal.drivers.devices import acl_lines
from cpal.drivers.devices.classifier_lines import of_classifiers
from cpal.drivers.devices.render_acl import ACL, ACL_ENTRIES
from cpal.drivers.devices.render_device import (
    MEMBERS,
    NTP,
    ROUTES,
    SYSLOG,
    TREE_INSTANCES,
    TREE_MODE,
    TREE_PRIORITY,
    TREE_VLANS,
    VRF,
    VRF_IPV4,
    VRF_IPV6,
    VRF_NTP,
    VRF_ROUTES,
    VRF_SYSLOG,
    kind_of,
)
from cpal.drivers.devices.render_mlag import (
    DOMAIN,
    KEEPALIVE,
    LAG_MLAG,
    LOCAL_INTERFACE,
    PEER_ADDRESS,
    PEER_LINK,
    keepalive_without,
)
from cpal.drivers.devices.render_route import FIELDS
from cpal.drivers.devices.render_switch import (
    ACCESS_VLAN,
    ADDRESS,
    ALL,
    BPDU_GUARD,
    DESCRIPTION,
    EDGE_PORT,
    EGRESS_ACL,
    ENABLED,
    INGRESS_ACL,
    INTERFACE,
    INTERFACE_VRF,
    MODE,
    MTU,
    NATIVE_VLAN,
    SECONDARY,
    TRUNK_VLANS,
    VLAN,
    VLAN_NAME,
)
from cpal.drivers.devices.settings import Setting, vlans, whole
from cpal.drivers.devices.static_routes import RouteSetting
from cpal.drivers.devices.words import Words
from cpal.model.checks.switch import DEFAULT_VRF
from cpal.model.switch import ACCESS, BRIDGE_PRIORITY, MSTP, ROUTED, RSTP, TRUNK

MODES = {ROUTED: "no switchport", TRUNK: "switchport mode trunk", ACCESS: None}
"""A port of which nothing is said is an access port."""


def usual_name(parts: Sequence[str]) -> str:
    """What a VLAN is called that has no name."""
    return f"VLAN{int(parts[0]):04}"


def _usual_mtu(parts: Sequence[str]) -> int | None:
    """What a VLAN's interface has of itself; of others it is the make's and the port's."""
    return USUAL_MTU if parts[0].startswith("Vlan") else None


USUAL_MTU = 1500
"""Of what routes a VLAN. Source: EOS, NX-OS and IOS command references, `mtu` of an interface."""


def of_interface(words: Words, table: str, line: str = "", **how: Any) -> Setting:
    """A setting of the interfaces that records tell of."""
    within = "" if table == INTERFACE else INTERFACE
    return Setting(table, "interface {0}", line, within=within, **{"holds": words.is_interface, **how})


def of_port(words: Words, table: str, line: str = "", **how: Any) -> Setting:
    """A setting of the interfaces that may be ports of the switch."""
    return of_interface(words, table, line, holds=words.is_port, **how)


def _of_switching(words: Words) -> tuple[Setting, ...]:
    """VLANs, and interfaces with what records say of them."""
    return (
        Setting(VLAN, "vlan {0}"),
        Setting(VLAN_NAME, "vlan {0}", "name {value}", absent=usual_name, within=VLAN),
        of_interface(words, INTERFACE, holds=words.is_logical),
        of_interface(words, DESCRIPTION, "description {value}"),
        of_interface(words, ENABLED, choices={False: "shutdown", True: None}),
        of_interface(words, MTU, "mtu {value}", convert=whole, absent=_usual_mtu),
        of_port(words, MODE, choices=MODES),
        of_port(words, ACCESS_VLAN, "switchport access vlan {value}", convert=whole, absent=1),
        of_port(words, NATIVE_VLAN, "switchport trunk native vlan {value}", convert=whole, absent=1),
        of_port(words, TRUNK_VLANS, "switchport trunk allowed vlan {value}", convert=vlans, absent=ALL),
        of_port(words, EDGE_PORT, choices=edge_choices("spanning-tree portfast", "auto", "network")),
        of_port(words, BPDU_GUARD, choices=GUARD),
        of_interface(words, INTERFACE_VRF, "vrf {value}"),
        of_interface(words, ADDRESS, OWN_ADDRESS),
        of_interface(words, SECONDARY, SECONDARY_ADDRESS),
        of_interface(words, INGRESS_ACL, "ip access-group {value} in"),
        of_interface(words, EGRESS_ACL, "ip access-group {value} out"),
        *marking(words, "class-map type qos match-any {0}", "match ip access-group {value}", EOS_POLICY, QOS_POLICY),
        of_member(words, "channel-group {1:number} mode {value}"),
    )


OWN_ADDRESS = "ip address {1:prefix4} | ipv6 address {1:prefix6}"
SECONDARY_ADDRESS = "ip address {1:prefix4} secondary"
EOS_POLICY = "policy-map type quality-of-service {0}"
ACCESS_GROUP = "match access-group name {value}"
QOS_POLICY = "service-policy type qos input {value}"


def marking(words: Words, classes: str, acl: str, policies: str, asked: str) -> Sequence[Setting]:
    """What marks packets: the sections of classes and policies, and the lines that name an access list and a policy."""
    return of_classifiers(classes, acl, policies, lambda table: of_interface(words, table, asked))


GUARD = {True: "spanning-tree bpduguard enable", False: "spanning-tree bpduguard disable"}


def edge_choices(line: str, *others: str) -> Mapping[Value, str | None]:
    """What a line says of an edge port; with another word behind it, it says that."""
    return {True: line, **{word: f"{line} {word}" for word in others}, False: None}


def of_member(words: Words, line: str, **how: Any) -> Setting:
    """What a port says of the LAG that it is in."""
    return Setting(MEMBERS, "interface {0}", line, holds=words.is_interface, **how)


def of_acls(section: str, say: Callable[[Value], str]) -> tuple[Setting, ...]:
    """Access lists, whose entries `say` writes without their numbers."""
    return (
        Setting(ACL, section),
        Setting(ACL_ENTRIES, section, "{1:number} {value}", convert=acl_lines.read, say=say, within=ACL),
    )


_PAIR = "mlag configuration"
_OF_PAIRS = (
    Setting(DOMAIN, _PAIR, "domain-id {value}"),
    Setting(LOCAL_INTERFACE, _PAIR, "local-interface {value}"),
    Setting(PEER_ADDRESS, _PAIR, "peer-address {value:ip4} | peer-address {value:ip6}"),
    Setting(KEEPALIVE, _PAIR, "peer-address heartbeat {value}", convert=partial(keepalive_without, DEFAULT_VRF)),
    Setting(PEER_LINK, _PAIR, "peer-link {0}"),
    Setting(LAG_MLAG, "interface {0}", "mlag {value}", convert=whole),
)
"""Pairs of switches to which others make one LAG."""
_OF_DEVICES = (
    *_OF_PAIRS,
    *of_acls("ip access-list {0}", acl_lines.written()),
    Setting(VRF, "vrf instance {0}"),
    Setting(VRF_IPV4, "", "ip routing vrf {0}", within=VRF),
    Setting(VRF_IPV6, "", "ipv6 unicast-routing vrf {0}", within=VRF),
    RouteSetting(ROUTES, "", "ip route {0:prefix4} {1:ip4} | ipv6 route {0:prefix6} {1:ip6}", FIELDS),
    RouteSetting(
        VRF_ROUTES, "", "ip route vrf {0} {1:prefix4} {2:ip4} | ipv6 route vrf {0} {1:prefix6} {2:ip6}", FIELDS
    ),
    Setting(NTP, "", "ntp server {0}"),
    Setting(VRF_NTP, "", "ntp server vrf {0} {1}"),
    Setting(SYSLOG, "", "logging host {0}"),
    Setting(VRF_SYSLOG, "", "logging vrf {0} host {1}"),
    Setting(TREE_MODE, "", "spanning-tree mode {value}", absent=MSTP),
    Setting(TREE_VLANS, "", "spanning-tree vlan-id {value} priority {0:number}", convert=vlans),
    Setting(TREE_INSTANCES, "", "spanning-tree mst {value} priority {0:number}", convert=vlans),
)
"""What is declared of devices one by one, beyond VLANs and interfaces."""


_TREE_OF_ALL = Setting(TREE_PRIORITY, "", "spanning-tree priority {value}", convert=whole, absent=BRIDGE_PRIORITY)
"""Where a make has the mode that has one tree."""


def of_trees_at_cisco(absent: Value) -> tuple[Setting, ...]:
    """What NX-OS and IOS write otherwise of spanning trees, with the mode that holds of itself."""

    def mode(text: str) -> Value:
        return MSTP if text == _MST else text

    def said(mode: Value) -> object:
        return _MST if mode == MSTP else mode

    return (
        Setting(TREE_MODE, "", "spanning-tree mode {value}", mode, absent=absent, say=said),
        Setting(TREE_VLANS, "", "spanning-tree vlan {value} priority {0:number}", convert=vlans),
    )


_MST = "mst"
"""What Cisco calls it."""


def settings(words: Words, *otherwise: Setting) -> Mapping[str, Setting]:
    """How a make writes each setting that it writes, by its table."""
    one_tree = (_TREE_OF_ALL,) if RSTP in words.tree_modes else ()
    every = {each.table: each for each in (*_of_switching(words), *_OF_DEVICES, *one_tree, *otherwise)}
    written = {"", "vlan", *words.settings}
    return {table: each for table, each in every.items() if _OTHER_KIND.get(table, kind_of(table)) in written}


_OTHER_KIND = {INTERFACE_VRF: "vrf", LAG_MLAG: "mlag"}
"""The kind of record that a setting of another kind needs."""
