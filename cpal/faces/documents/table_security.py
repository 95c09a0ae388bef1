"""What documents may say of security groups, their rules and address groups."""

from __future__ import annotations

from cpal.faces.documents import scalars
from cpal.faces.documents.scalars import choice, integer, truth
from cpal.faces.documents.shapes import Field, ListOf, Nested, ReferenceTo, Shape
from cpal.faces.documents.table_fields import NAMED, NOTES
from cpal.model.default_rules import PARENT, DefaultSecurityGroupRule
from cpal.model.log import EVENTS, Log
from cpal.model.security import AddressGroup, SecurityGroup, SecurityGroupRule

RULE_FIELDS = (
    Field("direction", choice("ingress", "egress"), "To the group's members, or from them.", required=True),
    Field(
        "ethertype", choice("IPv4", "IPv6"), "The address family.", "that of remote_ip_prefix or protocol, else IPv4"
    ),
    Field("protocol", scalars.PROTOCOL, "A name (tcp, udp, icmp ...) or number.", "any"),
    Field("port", scalars.PORTS, "The destination port, or a range such as 8000-8100.", "all", aliases=("ports",)),
    Field("port_range_min", integer(0, 65535), "The first port, or the ICMP type.", "all"),
    Field("port_range_max", integer(0, 65535), "The last port, or the ICMP code.", "port_range_min"),
    Field("icmp_type", integer(0, 255), "The ICMP type.", "all"),
    Field("icmp_code", integer(0, 255), "The ICMP code.", "all"),
    Field(
        "remote",
        scalars.REMOTE,
        "Shorthand for one of the three below: a prefix, the name of a group, or any.",
        "any",
    ),
    Field("remote_ip_prefix", scalars.ADDRESS_OR_PREFIX, "The other side, as a prefix.", "any"),
    Field(
        "remote_group_id",
        ReferenceTo("security_group"),
        "The other side: members of a group.",
        "any",
        key="remote_group",
        aliases=("remote_group_id",),
    ),
    Field(
        "remote_address_group_id",
        ReferenceTo("address_group"),
        "The other side: an address group.",
        "any",
        key="remote_address_group",
        aliases=("remote_address_group_id",),
    ),
    *NOTES,
)
RULE = Shape("rule", "What one direction may carry.", RULE_FIELDS, SecurityGroupRule)
LONE_RULE = Shape(
    "lone_rule",
    "A rule of a group that is named.",
    (
        Field(
            "security_group_id",
            ReferenceTo("security_group"),
            "The group.",
            key="security_group",
            aliases=("security_group_id",),
            required=True,
        ),
        *RULE_FIELDS,
    ),
    SecurityGroupRule,
)
_NOT_OF_TEMPLATES = ("remote", "remote_group_id", "remote_address_group_id")
DEFAULT_RULE = Shape(
    "default_rule",
    "A template of a rule that the security groups of every project start with. It stands in the place of one that "
    "Neutron starts with where that says the same.",
    (
        *(each for each in RULE_FIELDS if each.name not in _NOT_OF_TEMPLATES),
        Field("remote_group_id", choice(PARENT), "The other side: PARENT for members of the group that has the rule.",
              "any", key="remote_group", aliases=("remote_group_id",)),
        Field("used_in_default_sg", truth(), "Whether the groups called default have such a rule."),
        Field("used_in_non_default_sg", truth(), "Whether other groups, made through the API, have such a rule."),
    ),
    DefaultSecurityGroupRule,
)  # fmt: skip
SECURITY_GROUP = Shape(
    "security_group",
    "Who may talk to its member ports. What no rule allows is denied.",
    (
        *NAMED,
        Field("stateful", truth(), "Whether replies are admitted without a rule."),
        Field(
            "default_egress",
            truth(),
            "Whether members may send anything, over IPv4 and IPv6 (two rules).",
            "true, unless the group has an egress rule of its own",
        ),
        Field("rules", ListOf(Nested(RULE)), "What is allowed; their order does not matter.", "none"),
    ),
    SecurityGroup,
)
ADDRESS_GROUP = Shape(
    "address_group",
    "A set of prefixes that rules refer to.",
    (
        *NAMED,
        Field("addresses", ListOf(scalars.ADDRESS_OR_PREFIX), "The addresses and prefixes.", "none"),
    ),
    AddressGroup,
)
LOG = Shape(
    "log",
    "What hypervisors tell of packets that security groups let pass or drop, a line for each in their own logs.",
    (
        *NAMED,
        Field("resource_id", ReferenceTo("security_group"), "The security group.",
              "those of the port, else all of the project", key="security_group", aliases=("resource_id",)),
        Field("target_id", ReferenceTo("port"), "A port, whose security groups are meant: an instance's name, or "
              "instance:network.", "none", key="port", aliases=("target_id",)),
        Field("event", choice(*EVENTS), "What is told: ACCEPT is what passes, DROP what does not, ALL both."),
        Field("enabled", truth(), "Whether it is told."),
    ),
    Log,
)  # fmt: skip
