"""What documents may say of QoS policies and their rules."""

from __future__ import annotations

from cpal.faces.documents.scalars import choice, integer, number_choice, truth
from cpal.faces.documents.shapes import Field, ListOf, Nested, ReferenceTo, Shape
from cpal.faces.documents.table_fields import NAMED, NOTES
from cpal.model.qos import (
    DIRECTIONS,
    DSCP_MARKS,
    MOST_KBPS,
    QosBandwidthLimitRule,
    QosDscpMarkingRule,
    QosMinimumBandwidthRule,
    QosPolicy,
    QosRule,
)

_KBPS = integer(0, MOST_KBPS)
_DIRECTION = Field("direction", choice(*DIRECTIONS), "What the port sends, or what it gets.")
_LIMIT = (
    Field("max_kbps", _KBPS, "The most, in kbit/s.", required=True),
    Field(
        "max_burst_kbps", _KBPS, "How much may pass at once beyond it, in kbit.", "as the engine does: a second's worth"
    ),
    _DIRECTION,
)
_MARK = (Field("dscp_mark", number_choice(*DSCP_MARKS), "The mark in the IP header.", required=True),)
_GUARANTEE = (Field("min_kbps", _KBPS, "The least, in kbit/s.", required=True), _DIRECTION)
_POLICY = Field(
    "qos_policy_id",
    ReferenceTo("qos_policy"),
    "The policy.",
    key="qos_policy",
    aliases=("qos_policy_id",),
    required=True,
)


def _shapes(name: str, description: str, fields: tuple[Field, ...], record: type) -> tuple[Shape, Shape]:
    """A rule as it is written in its policy (a plain word is its one number), and apart from it."""
    number = fields[0].name
    nested = Shape(f"{name}_rule", description, (*fields, *NOTES), record, word=lambda word: number)
    return nested, Shape(f"lone_{name}_rule", f"{description[:-1]}, of a policy that is named.",
                         (_POLICY, *fields, *NOTES), record)  # fmt: skip


LIMIT, LONE_LIMIT = _shapes(
    "bandwidth_limit", "How much passes at most; a plain number is max_kbps.", _LIMIT, QosBandwidthLimitRule
)
MARK, LONE_MARK = _shapes(
    "dscp_marking", "How packets are marked; a plain number is dscp_mark.", _MARK, QosDscpMarkingRule
)
GUARANTEE, LONE_GUARANTEE = _shapes(
    "minimum_bandwidth", "How much passes at least; a plain number is min_kbps.", _GUARANTEE, QosMinimumBandwidthRule
)
RULE_FIELDS: dict[str, type[QosRule]] = {
    "bandwidth_limit_rules": QosBandwidthLimitRule,
    "dscp_marking_rules": QosDscpMarkingRule,
    "minimum_bandwidth_rules": QosMinimumBandwidthRule,
}
"""The fields of a policy that hold its rules, and their type."""
LONE_RULES: dict[str, tuple[type[QosRule], Shape]] = {
    "qos_bandwidth_limit_rules": (QosBandwidthLimitRule, LONE_LIMIT),
    "qos_dscp_marking_rules": (QosDscpMarkingRule, LONE_MARK),
    "qos_minimum_bandwidth_rules": (QosMinimumBandwidthRule, LONE_GUARANTEE),
}
"""The sections of rules that are written apart from their policy, with their type and shape."""
QOS_POLICY = Shape(
    "qos_policy",
    "How much its ports may send and get, and how their packets are marked: one rule of a type for each direction.",
    (
        *NAMED,
        Field("shared", truth(), "Whether other projects may use it."),
        Field("is_default", truth(), "Whether networks that its project makes through an API have it by themselves."),
        Field("bandwidth_limit_rules", ListOf(Nested(LIMIT)), "How much passes at most.", "everything"),
        Field("dscp_marking_rules", ListOf(Nested(MARK)), "How what is sent is marked.", "as it came"),
        Field("minimum_bandwidth_rules", ListOf(Nested(GUARANTEE)), "How much passes at least, on a physical network.",
              "nothing is guaranteed"),
    ),
    QosPolicy,
)  # fmt: skip


def policy_field(description: str, otherwise: str) -> Field:
    """The field by which something has a policy."""
    return Field("qos_policy_id", ReferenceTo("qos_policy"), description, otherwise, key="qos_policy",
                 aliases=("qos_policy_id",))  # fmt: skip
