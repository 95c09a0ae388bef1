"""What documents may say of VLANs and interfaces of switches."""

from __future__ import annotations

from cpal.faces.documents import scalars
from cpal.faces.documents.scalars import choice, integer, text, truth
from cpal.faces.documents.shapes import Field, ListOf, ReferenceTo, Shape
from cpal.faces.documents.table_fields import NAMED
from cpal.faces.documents.table_targets import VLAN
from cpal.model.checks.switch import MTUS
from cpal.model.switch import MODES, Interface, Vlan

VLAN_SHAPE = Shape(
    "vlan",
    "A VLAN on switches, which show it under this name.",
    (
        *NAMED,
        Field("vlan_id", VLAN, "Its number.", required=True),
        Field("devices", ListOf(text("a device")), "The switches that have it, by the names of endpoints.", "none"),
    ),
    Vlan,
)
INTERFACE_SHAPE = Shape(
    "interface",
    "An interface of a switch, called DEVICE/INTERFACE. What is left out stays as it is there.",
    (
        *NAMED,
        Field("enabled", truth(), "Whether it is up, as far as the switch is asked.", "as it is"),
        Field("mtu", integer(*MTUS), "Its MTU in bytes.", "as it is"),
        Field("mode", choice(*MODES), "In one VLAN, in several, or no port of the switch.", "as it is"),
        Field("vlan", VLAN, "The VLAN that is untagged there.", "that of its network"),
        Field("vlans", ListOf(VLAN), "The VLANs that it carries tagged.", "all, where it names no network"),
        Field("networks", ListOf(ReferenceTo("network")), "The networks that are on it.", "none"),
        Field("addresses", ListOf(scalars.INTERFACE), "Its addresses, with prefix length.", "as they are"),
    ),
    Interface,
)
