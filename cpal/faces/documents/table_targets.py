"""What documents may say of targets, their hosts and what lies outside: administrators write these, or the lab."""

from __future__ import annotations

from cpal.faces.documents import scalars
from cpal.faces.documents.scalars import choice, integer, number_choice, text, truth
from cpal.faces.documents.shapes import Either, Field, ListOf, MapOf, ReferenceTo, Shape, Whole
from cpal.faces.documents.table_fields import NAMED, pair
from cpal.model.network import OVERLAY_TYPES
from cpal.model.switch import ON_DEVICES
from cpal.model.target import Host, OutsideHost, Range, Target

VLAN = integer(1, 4094, "a VLAN id from 1 to 4094")
RANGE = pair(
    "range",
    Field("start", integer(1, 2**24 - 1), "The first.", required=True),
    Field("end", integer(1, 2**24 - 1), "The last, included.", required=True),
    "Numbers from start to end.",
    Range,
)
VNI_SPAN = Either(scalars.span(1, 2**24 - 1), Whole(RANGE))
VLAN_SPAN = Either(scalars.span(1, 4094), Whole(RANGE))

TARGET = Shape(
    "target",
    "A place where records are realised. Administrators write these, or the lab does.",
    (
        *NAMED,
        Field("driver", text("a driver such as ovn"), "What realises records there: ovn.", required=True),
        Field(
            "endpoints",
            MapOf(Either(text("an endpoint", 1024), ListOf(text("an endpoint", 1024))), what="role"),
            "Where it listens, by role (northbound, southbound), each one or several.",
            "none",
        ),
        Field(
            "credential",
            text("a reference"),
            "Where the credential is, never the credential: file:DIRECTORY with key.pem, cert.pem and ca.pem.",
            "none",
        ),
        Field("encap", choice(*OVERLAY_TYPES), "The tunnel between its hypervisors."),
        Field("underlay_mtu", integer(576, 65535), "MTU of the underlay in bytes."),
        Field("underlay_ip_version", number_choice(4, 6), "IP version of the underlay."),
        Field("vni_range", VNI_SPAN, "VNIs that may be allocated.", "1001-16777215"),
        Field(
            "owned",
            ListOf(choice(*ON_DEVICES)),
            "Kinds of settings of its devices that are all cpal's: what is not declared goes.",
            "none: what others configured stays",
        ),
        Field(
            "vlan_ranges",
            MapOf(VLAN_SPAN, what="physical network"),
            "VLAN ids that may be allocated, by physical network.",
            "1-4094 on each that a network names",
        ),
    ),
    Target,
)
TARGET_REFERENCE = Field("target", ReferenceTo("target"), "The target it belongs to.", required=True)
HOST_SHAPE = Shape(
    "host",
    "A hypervisor.",
    (
        *NAMED,
        TARGET_REFERENCE,
        Field("physical_networks", ListOf(text("a physical network")), "Physical networks it is connected to.", "none"),
        Field("gateway", truth(), "Whether it may carry routers' gateways."),
        Field("underlay_address", scalars.ADDRESS, "Its address in the underlay.", "unknown"),
        Field("anycast_mac", scalars.MAC, "The MAC address of gateways, of a leaf of a fabric.", "02:cf:00:00:00:01"),
    ),
    Host,
)
OUTSIDE_HOST = Shape(
    "outside_host",
    "A machine beyond the estate, on a physical network.",
    (
        *NAMED,
        TARGET_REFERENCE,
        Field("physical_network", text("a physical network"), "The physical network it is on.", required=True),
        Field("segmentation_id", VLAN, "The VLAN it is in.", "untagged"),
        Field("addresses", ListOf(scalars.INTERFACE), "Its addresses, with prefix length.", "none"),
        Field("loopbacks", ListOf(scalars.ADDRESS), "Further addresses behind it.", "none"),
        Field("mac_address", scalars.MAC, "Its MAC address.", "chosen by the machine"),
    ),
    OutsideHost,
)
