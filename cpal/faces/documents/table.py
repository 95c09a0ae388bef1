"""What documents may say: tables of fields per kind, from which reading, JSON schema and reference come.

Keys are the Networking API's. A field's default, where the record's own does not say it, is stated in words, and is
what `core.complete` does. This is the table of a whole document; those of the kinds are in the modules beside it.
"""

from __future__ import annotations

from cpal.faces.documents.scalars import text
from cpal.faces.documents.shapes import Field, ListOf, MapOf, Nested, Shape
from cpal.faces.documents.table_fields import DESCRIPTION
from cpal.faces.documents.table_forwarding import LONE_FORWARDING
from cpal.faces.documents.table_networks import FLOATING_IP, INSTANCE, LONE_SUBNET, NETWORK, PORT, ROUTER, TRUNK
from cpal.faces.documents.table_qos import LONE_RULES, QOS_POLICY
from cpal.faces.documents.table_security import ADDRESS_GROUP, DEFAULT_RULE, LOG, LONE_RULE, SECURITY_GROUP
from cpal.faces.documents.table_switches import (
    ACL_SHAPE,
    BGP_SHAPE,
    CLASSIFIER_SHAPE,
    INTERFACE_SHAPE,
    LAG_SHAPE,
    MLAG_SHAPE,
    NTP_SERVER_SHAPE,
    OSPF_SHAPE,
    ROUTE_SHAPE,
    STP_SHAPE,
    SYSLOG_SERVER_SHAPE,
    VLAN_SHAPE,
    VRF_SHAPE,
)
from cpal.faces.documents.table_targets import HOST_SHAPE, OUTSIDE_HOST, TARGET

PROJECT = Shape(
    "project",
    "The owner of what the document declares; a plain word is its name.",
    (Field("name", text("a name"), "Its name.", required=True), DESCRIPTION),
    word=lambda word: "name",
)
DOCUMENT = Shape(
    "document",
    "What one project has. A file may hold several documents, separated by ---; a project may be spread over several.",
    (
        Field("project", Nested(PROJECT), "The project that owns what follows.", "default"),
        Field(
            "stack",
            text("a name"),
            "The set of records that are applied and removed together. What was in the stack and is no longer "
            "in its documents is deleted.",
            "the project's name",
        ),
        Field("networks", MapOf(Nested(NETWORK), listed=True), "Networks by name, or a list of names.", "none"),
        Field("subnets", MapOf(Nested(LONE_SUBNET)), "Subnets on networks written elsewhere.", "none"),
        Field("address_groups", MapOf(Nested(ADDRESS_GROUP)), "Address groups by name.", "none"),
        Field("security_groups", MapOf(Nested(SECURITY_GROUP)), "Security groups by name.", "none"),
        Field("security_group_rules", ListOf(Nested(LONE_RULE)), "Rules of groups written elsewhere.", "none"),
        Field("qos_policies", MapOf(Nested(QOS_POLICY)), "QoS policies by name.", "none"),
        *(
            Field(section, ListOf(Nested(shape)), "Such rules of policies written elsewhere.", "none")
            for section, (_, shape) in LONE_RULES.items()
        ),
        Field(
            "default_security_group_rules",
            ListOf(Nested(DEFAULT_RULE)),
            "Templates of the rules that new groups of all projects start with.",
            "those of Neutron: everything out, and in from members of a project's default group",
        ),
        Field("routers", MapOf(Nested(ROUTER)), "Routers by name.", "none"),
        Field("instances", MapOf(Nested(INSTANCE), listed=True), "Instances by name, or a list of names.", "none"),
        Field("ports", MapOf(Nested(PORT)), "Ports by name, apart from instances.", "none"),
        Field("trunks", MapOf(Nested(TRUNK)), "Ports that carry others, by name.", "none"),
        Field("logs", MapOf(Nested(LOG)), "What is told of packets that are filtered, by name.", "none"),
        Field("floating_ips", MapOf(Nested(FLOATING_IP)), "Floating IPs by name.", "none"),
        Field(
            "port_forwardings",
            ListOf(Nested(LONE_FORWARDING)),
            "Forwarded ports of floating IPs written elsewhere.",
            "none",
        ),
        Field("vlans", MapOf(Nested(VLAN_SHAPE)), "VLANs of switches, by name.", "none"),
        Field("vrfs", MapOf(Nested(VRF_SHAPE)), "VRFs of switches, by name.", "none"),
        Field("routes", MapOf(Nested(ROUTE_SHAPE)), "Static routes of switches, by any name.", "none"),
        Field("ntp_servers", MapOf(Nested(NTP_SERVER_SHAPE)), "What switches take the time from, by any name.", "none"),
        Field("syslog_servers", MapOf(Nested(SYSLOG_SERVER_SHAPE)), "What switches log to, by any name.", "none"),
        Field("ospf_processes", MapOf(Nested(OSPF_SHAPE)), "OSPF processes of devices, by any name.", "none"),
        Field("acls", MapOf(Nested(ACL_SHAPE)), "Access lists of switches, by the name they show.", "none"),
        Field("bgp", MapOf(Nested(BGP_SHAPE)), "BGP of switches, by DEVICE or DEVICE/VRF.", "none"),
        Field("classifiers", MapOf(Nested(CLASSIFIER_SHAPE)), "What marks packets, by the name switches show.", "none"),
        Field("lags", MapOf(Nested(LAG_SHAPE)), "LAGs of switches, by DEVICE/INTERFACE.", "none"),
        Field("mlags", MapOf(Nested(MLAG_SHAPE)), "Switches that are one of a pair, by their names.", "none"),
        Field("spanning_trees", MapOf(Nested(STP_SHAPE)), "What switches do in spanning trees, by any name.", "none"),
        Field("interfaces", MapOf(Nested(INTERFACE_SHAPE)), "Interfaces of switches, by DEVICE/INTERFACE.", "none"),
        Field("targets", MapOf(Nested(TARGET)), "Targets by name.", "none"),
        Field("hosts", MapOf(Nested(HOST_SHAPE)), "Hypervisors by name.", "none"),
        Field("outside_hosts", MapOf(Nested(OUTSIDE_HOST)), "Machines beyond the estate, by name.", "none"),
    ),
)
