"""What documents may say of devices one by one."""

from __future__ import annotations

from cpal.faces.documents import scalars
from cpal.faces.documents.scalars import choice, integer, text, truth
from cpal.faces.documents.shapes import Field, ListOf, ReferenceTo, Shape, Whole
from cpal.faces.documents.table_fields import NAMED
from cpal.faces.documents.table_targets import VLAN
from cpal.model.acl import FORWARDING_ACTIONS, Acl, AclEntry
from cpal.model.bgp import FAMILIES as BGP_FAMILIES
from cpal.model.bgp import REDISTRIBUTED as BGP_REDISTRIBUTED
from cpal.model.bgp import Bgp, BgpNeighbor
from cpal.model.checks.acl import SEQUENCE_IDS
from cpal.model.checks.bgp import ASNS, HOPS, PATHS
from cpal.model.checks.mlag import MLAG_NUMBERS
from cpal.model.checks.ospf import COSTS, MAXIMUM_PATHS, PROCESSES
from cpal.model.checks.switch import MAX_INSTANCE, MTUS, PREFERENCES, TAGS
from cpal.model.classifier import DSCPS, Classifier, ClassifierTerm
from cpal.model.mlag import Mlag
from cpal.model.of_device import ADDRESS_FAMILIES
from cpal.model.ospf import NETWORK_TYPES, REDISTRIBUTED, Ospf, OspfInterface
from cpal.model.switch import (
    BRIDGE_PRIORITIES,
    LACP_MODES,
    MODES,
    TREE_MODES,
    Interface,
    Lag,
    NtpServer,
    Route,
    Stp,
    SyslogServer,
    Vlan,
    Vrf,
)

DEVICES = Field("devices", ListOf(text("a device")), "The switches that have it, by the names of endpoints.", "none")
IN_VRF = Field("vrf", text("a VRF"), "The VRF that it is in.", "the default one")
VLAN_SHAPE = Shape(
    "vlan",
    "A VLAN on switches, which show it under this name.",
    (
        *NAMED,
        Field("vlan_id", VLAN, "Its number.", required=True),
        DEVICES,
    ),
    Vlan,
)
FAMILIES = Field("address_families", ListOf(choice(*ADDRESS_FAMILIES)), "What it routes.", "ipv4")
VRF_SHAPE = Shape("vrf", "A VRF on devices, which show it under this name.", (*NAMED, FAMILIES, DEVICES), Vrf)
ROUTE_SHAPE = Shape(
    "device_route",
    "A static route of devices.",
    (
        *NAMED,
        Field("destination", scalars.PREFIX, "The prefix that is reached.", required=True),
        Field("nexthop", scalars.ADDRESS, "The address that packets are sent to.", required=True),
        Field(
            "preference",
            integer(PREFERENCES[0], PREFERENCES[-1]),
            "Its administrative distance: of several routes to a prefix, that with the least is taken.",
            "the device's",
        ),
        Field("tag", integer(TAGS[0], TAGS[-1]), "What protocols that announce it can go by.", "none"),
        Field("label", text("a word"), "A word by which devices show it.", "none"),
        IN_VRF,
        DEVICES,
    ),
    Route,
)
NTP_SERVER_SHAPE = Shape(
    "ntp_server",
    "A server that devices take the time from.",
    (*NAMED, Field("address", scalars.ADDRESS, "Its address.", required=True), IN_VRF, DEVICES),
    NtpServer,
)
SYSLOG_SERVER_SHAPE = Shape(
    "syslog_server",
    "A server that devices log to.",
    (*NAMED, Field("address", scalars.ADDRESS, "Its address.", required=True), IN_VRF, DEVICES),
    SyslogServer,
)
LAG_SHAPE = Shape(
    "lag",
    "A link aggregation group of a switch, called DEVICE/INTERFACE. What else it is, an interface of that name says.",
    (
        *NAMED,
        Field("members", ListOf(text("an interface")), "The interfaces that it is made of.", required=True),
        Field("lacp_mode", choice(*LACP_MODES), "How they speak LACP; on: not at all."),
        Field(
            "mlag",
            integer(*MLAG_NUMBERS),
            "Its number in the pair: the other's of that number is the same LAG.",
            "none",
        ),
    ),
    Lag,
)
_LEFT = "as it is"
MLAG_SHAPE = Shape(
    "mlag",
    "A switch as one of a pair to which others make one LAG, called as the switch. What is left out stays as it is.",
    (
        *NAMED,
        Field("domain", text("a domain"), "The domain of the pair: the same at both.", required=True),
        Field("local_interface", text("an interface"), "From which it speaks to the other, over IP.", _LEFT),
        Field("peer_address", scalars.ADDRESS, "The address of the other at its local_interface.", _LEFT),
        Field("peer_link", text("a LAG"), "The LAG between the two.", _LEFT),
        Field("keepalive_destination", scalars.ADDRESS, "Where it asks whether the other is alive.", _LEFT),
        Field("keepalive_source", scalars.ADDRESS, "Its own address as it asks that.", _LEFT),
        Field("keepalive_vrf", text("a VRF"), "The VRF that it asks that in.", "the make's: management on NX-OS"),
    ),
    Mlag,
)
STP_SHAPE = Shape(
    "stp",
    "What switches do in spanning trees. What is left out stays as it is there.",
    (
        *NAMED,
        Field("mode", choice(*TREE_MODES), "The protocol that they speak.", "as it is"),
        Field("priority", integer(0, BRIDGE_PRIORITIES[-1]), "Theirs as bridges, in steps of 4096.", "as it is"),
        Field("vlans", ListOf(VLAN), "The VLANs in whose trees they have it, with rapid-pvst.", "none"),
        Field("instances", ListOf(integer(0, MAX_INSTANCE)), "The instances in which they have it, with mstp.", "none"),
        DEVICES,
    ),
    Stp,
)
_OCTET = integer(0, 255)
ENTRY_SHAPE = Shape(
    "acl_entry",
    "An entry of an access list; what is left out matches all.",
    (
        Field("sequence_id", integer(*SEQUENCE_IDS), "Its number: the lowest is asked first.", required=True),
        Field("forwarding_action", choice(*FORWARDING_ACTIONS), "What becomes of a packet.", required=True),
        Field("protocol", scalars.PROTOCOL, "The protocol, by name or number.", "any"),
        Field("source_address", scalars.ADDRESS_OR_PREFIX, "Where it comes from.", "anywhere"),
        Field("source_port", scalars.PORTS, "The port that it comes from, or a range; of tcp and udp.", "any"),
        Field("destination_address", scalars.ADDRESS_OR_PREFIX, "Where it goes.", "anywhere"),
        Field("destination_port", scalars.PORTS, "The port that it goes to, or a range; of tcp and udp.", "any"),
        Field("icmp_type", _OCTET, "The type of an ICMP message.", "any"),
        Field("icmp_code", _OCTET, "The code of an ICMP message.", "any"),
    ),
    AclEntry,
)
ACL_SHAPE = Shape(
    "acl",
    "An access list on switches, which show it under this name. What no entry matches is dropped.",
    (*NAMED, Field("entries", ListOf(Whole(ENTRY_SHAPE)), "Its entries.", required=True), DEVICES),
    Acl,
)
SPEAKER_SHAPE = Shape(
    "ospf_interface",
    "An interface that an OSPF process speaks on. What is left out is as the device has it.",
    (
        Field("interface", text("an interface"), "The interface, as the device calls it.", required=True),
        Field("area", scalars.AREA, "The area that it is in: a number, or it dotted.", required=True),
        Field("cost", integer(*COSTS), "What it costs to send there.", "follows from its bandwidth"),
        Field("network_type", choice(*NETWORK_TYPES), "What kind of network it is on.", "follows from the interface"),
        Field("passive", truth(), "Whether it is announced without speaking there.", "as passive_default says"),
    ),
    OspfInterface,
)
OSPF_SHAPE = Shape(
    "ospf",
    "The OSPFv2 process of a device in a VRF: one in each.",
    (
        *NAMED,
        Field("device", text("a device"), "The switch that it is on, by the name of an endpoint.", required=True),
        IN_VRF,
        Field("process", integer(*PROCESSES), "Its number on the device."),
        Field("router_id", scalars.ADDRESS, "Its router ID.", "as the device chooses"),
        Field("passive_default", truth(), "Whether interfaces are passive of which nothing else is said."),
        Field("redistribute", ListOf(choice(*REDISTRIBUTED)), "Which other routes it announces.", "none"),
        Field("maximum_paths", integer(*MAXIMUM_PATHS), "How many paths of one cost are used.", "as it is"),
        Field("interfaces", ListOf(Whole(SPEAKER_SHAPE)), "Those that it speaks on.", "none"),
    ),
    Ospf,
)
NEIGHBOR_SHAPE = Shape(
    "bgp_neighbor",
    "A neighbour in BGP. Its password, if it has one, is set by hand: no secret stands in a document.",
    (
        Field("address", scalars.ADDRESS, "Its address.", required=True),
        Field("remote_asn", integer(*ASNS), "The number of its AS.", required=True),
        Field("description", text("some words"), "What it is.", "none"),
        Field("update_source", text("an interface"), "The interface whose address the session has.", "the nearest"),
        Field("ebgp_multihop", integer(*HOPS), "How many hops away it may be, in another AS.", "1"),
        Field("families", ListOf(choice(*BGP_FAMILIES)), "What it is spoken to about.", "ipv4"),
        Field("route_reflector_client", truth(), "Whether it is told what others of its AS told.", "false"),
        Field("next_hop_self", truth(), "Whether the device is the next hop of what it tells it.", "false"),
    ),
    BgpNeighbor,
)
BGP_SHAPE = Shape(
    "bgp",
    "BGP of a switch, called DEVICE, or in a VRF of it, DEVICE/VRF.",
    (
        *NAMED,
        Field("asn", integer(*ASNS), "The number of its AS: one for all of a device.", required=True),
        Field("router_id", scalars.ADDRESS, "What it calls itself, as an IPv4 address.", "the device's choice"),
        Field("neighbors", ListOf(Whole(NEIGHBOR_SHAPE)), "Whom it speaks to.", "none"),
        Field("networks", ListOf(scalars.PREFIX), "Prefixes that it tells of, where it has a route to them.", "none"),
        Field("redistribute", ListOf(choice(*BGP_REDISTRIBUTED)), "Which of its routes it tells of.", "none"),
        Field("maximum_paths", integer(*PATHS), "How many paths it uses to one prefix.", "as it is"),
    ),
    Bgp,
)
_DSCP = integer(DSCPS[0], DSCPS[-1])
TERM_SHAPE = Shape(
    "classifier_term",
    "A term of a classifier: what its packets are, and the DSCP that they get.",
    (
        Field("id", text("a class"), "The class that switches have for it.", required=True),
        Field("set_dscp", _DSCP, "The DSCP that its packets get.", required=True),
        Field("acl", text("an access list"), "The access list that accepts its packets.", "those with dscp"),
        Field("dscp", _DSCP, "The DSCP that its packets have.", "those that acl accepts"),
    ),
    ClassifierTerm,
)
_TERMS = Field("terms", ListOf(Whole(TERM_SHAPE)), "Its terms: the first that matches is done.", required=True)
CLASSIFIER_SHAPE = Shape(
    "classifier",
    "What marks packets on switches, which show it under this name. What no term matches stays as it is.",
    (*NAMED, _TERMS, DEVICES),
    Classifier,
)
INTERFACE_SHAPE = Shape(
    "device_interface",
    "An interface of a switch, called DEVICE/INTERFACE. What is left out stays as it is there.",
    (
        *NAMED,
        Field("enabled", truth(), "Whether it is up, as far as the switch is asked.", "as it is"),
        Field("mtu", integer(*MTUS), "Its MTU in bytes.", "as it is"),
        Field("mode", choice(*MODES), "In one VLAN, in several, or no port of the switch.", "as it is"),
        Field("vlan", VLAN, "The VLAN that is untagged there.", "that of its network"),
        Field("vlans", ListOf(VLAN), "The VLANs that it carries tagged.", "all, where it names no network"),
        Field("networks", ListOf(ReferenceTo("network")), "The networks that are on it.", "none"),
        Field("edge_port", truth(), "Whether it leads to no bridge, and forwards at once.", "as it is"),
        Field("bpdu_guard", truth(), "Whether it is switched off when a bridge speaks there.", "as it is"),
        Field("vrf", text("a VRF"), "The VRF that its addresses are in.", "as it is"),
        Field("addresses", ListOf(scalars.INTERFACE), "Its addresses, with prefix length.", "as they are"),
        Field("ingress_acl", text("an access list"), "The access list that is asked of what comes in.", "as it is"),
        Field("ingress_classifier", text("a classifier"), "The classifier that marks what comes in.", "as it is"),
        Field("egress_acl", text("an access list"), "The access list that is asked of what goes out.", "as it is"),
    ),
    Interface,
)
