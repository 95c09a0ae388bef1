"""QosPolicy and its rules: how much a port may send and get, and how its packets are marked.

Names and semantics: OpenStack Networking API v2.0, resources `qos/policies`, `bandwidth_limit_rules`,
`dscp_marking_rules`, `minimum_bandwidth_rules`; extensions qos-default, qos-bw-limit-direction. A policy holds for the
ports, floating IPs and gateways that name it, and for a network's ports that name none.
"""

from __future__ import annotations

from typing import ClassVar

from cpal.model.record import Record

INGRESS, EGRESS = "ingress", "egress"
"""What goes to a port, and what comes from it."""
DIRECTIONS = (EGRESS, INGRESS)
MOST_KBPS = 2**31 - 1
"""The largest rate, in kbit/s, and burst, in kbit. Source: Networking API v2.0, `max_kbps`."""
DSCP_MARKS = (0, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30, 32, 34, 36, 38, 40, 44, 46, 48, 56)
"""The marks that have a meaning: class selectors, assured and expedited forwarding, voice-admit.

Source: RFC 2474, RFC 2597, RFC 3246, RFC 5865; Networking API v2.0, `dscp_mark`.
"""


class QosPolicy(Record, frozen=True, kw_only=True, gc=False, tag="qos_policy"):
    """A set of rules, one of each type and direction.

    `shared` is whether every project may use it; `is_default`, whether networks that its project makes through the API
    have it where they name none.
    """

    kind: ClassVar[str] = "qos_policy"
    shared: bool = False
    is_default: bool = False


class QosBandwidthLimitRule(Record, frozen=True, kw_only=True, gc=False, tag="qos_bandwidth_limit_rule"):
    """At most `max_kbps` (kbit/s) in a direction, but for bursts of `max_burst_kbps` (kbit); 0: the engine chooses."""

    kind: ClassVar[str] = "qos_bandwidth_limit_rule"
    qos_policy_id: str
    max_kbps: int
    max_burst_kbps: int = 0
    direction: str = EGRESS


class QosDscpMarkingRule(Record, frozen=True, kw_only=True, gc=False, tag="qos_dscp_marking_rule"):
    """What is sent has the mark `dscp_mark` in its IP header."""

    kind: ClassVar[str] = "qos_dscp_marking_rule"
    qos_policy_id: str
    dscp_mark: int


class QosMinimumBandwidthRule(Record, frozen=True, kw_only=True, gc=False, tag="qos_minimum_bandwidth_rule"):
    """At least `min_kbps` (kbit/s) in a direction, where the physical network is full."""

    kind: ClassVar[str] = "qos_minimum_bandwidth_rule"
    qos_policy_id: str
    min_kbps: int
    direction: str = EGRESS


QosRule = QosBandwidthLimitRule | QosDscpMarkingRule | QosMinimumBandwidthRule
QOS_RULES: tuple[type[QosRule], ...] = (QosBandwidthLimitRule, QosDscpMarkingRule, QosMinimumBandwidthRule)
"""Every type of rule."""


def direction_of(rule: QosRule) -> str:
    """The direction that a rule is about: marks are set on what is sent."""
    return EGRESS if isinstance(rule, QosDscpMarkingRule) else rule.direction
