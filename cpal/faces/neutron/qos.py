"""QoS policies, their rules as parts of them and by their own ids, and the types of rules there are.

Source: Networking API v2.0, qos/policies, qos/rule-types; extensions qos, qos-default, qos-bw-limit-direction,
qos-rules-alias, qos-rule-type-details, qos-rule-type-filter.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from msgspec.structs import replace

from cpal.faces.neutron.fault import conflict
from cpal.faces.neutron.qos_use import default_policy
from cpal.faces.neutron.rbac import for_everyone, own_policies, refuse_needed
from cpal.faces.neutron.resource import Bulk, Dropped, Resource, Values, sent
from cpal.faces.neutron.scene import Scene, owner, owning, standard
from cpal.faces.neutron.tables import DSCP_MARKING_RULE, LIMIT_RULE, MINIMUM_RULE, QOS_POLICY_ATTRIBUTES, only_changed
from cpal.model.claims import claims_of
from cpal.model.estate import Estate
from cpal.model.qos import (
    QOS_RULES,
    QosBandwidthLimitRule,
    QosDscpMarkingRule,
    QosMinimumBandwidthRule,
    QosPolicy,
    QosRule,
    direction_of,
)
from cpal.model.rbac import SHARED
from cpal.model.record import Record
from cpal.model.sharing import is_shared

FIELDS: dict[type[QosRule], tuple[str, ...]] = {
    QosBandwidthLimitRule: ("max_kbps", "max_burst_kbps", "direction"),
    QosDscpMarkingRule: ("dscp_mark",),
    QosMinimumBandwidthRule: ("min_kbps", "direction"),
}
"""What each type of rule says."""


def rule_type(kind: type[QosRule]) -> str:
    """What the API calls a type of rule: `bandwidth_limit`."""
    return kind.kind.removeprefix("qos_").removesuffix("_rule")


def rules_of(estate: Estate, policy_id: str) -> Iterator[QosRule]:
    """The rules of a policy, by type."""
    for kind in QOS_RULES:
        yield from estate.find(f"{kind.kind}.policy", policy_id)


def show_policy(scene: Scene, policy: QosPolicy) -> dict[str, Any]:
    """A policy as the API shows it, with its rules."""
    return {
        "id": policy.id,
        "name": policy.name,
        **owner(policy),
        "shared": is_shared(scene.estate, policy, scene.context.project_id),
        "is_default": policy.is_default,
        "rules": [
            {**show_rule(scene, rule), "qos_policy_id": policy.id, "type": rule_type(type(rule))}
            for rule in rules_of(scene.estate, policy.id)
        ],
        **standard(scene, policy),
    }


def make_policy(scene: Scene, id: str, values: Values) -> Iterator[Record]:
    """The records of a new policy."""
    fields = sent(values, "name", "description", "tags", "shared", "is_default")
    policy = QosPolicy(id=id, project_id=values["project_id"], **fields)
    _refuse_second_default(scene, policy)
    yield policy
    yield from owning(scene, policy.project_id)


def _refuse_second_default(scene: Scene, policy: QosPolicy) -> None:
    if policy.is_default and default_policy(scene.estate, policy.project_id) not in ("", policy.id):
        message = f"A default QoS policy exists for project {policy.project_id}."
        raise conflict("QoSPolicyDefaultAlreadyExists", message)


def change_policy(scene: Scene, policy: QosPolicy, values: Values) -> Iterator[Record]:
    """The records of a changed policy."""
    fields = sent(values, "name", "description", "tags", "shared", "is_default")
    if not values.get("shared", True):
        for each in (*own_policies(scene.estate, policy), *for_everyone(scene.estate, policy, SHARED)):
            refuse_needed(scene, policy, each)
    elif for_everyone(scene.estate, policy, SHARED):
        fields["shared"] = policy.shared
    changed = replace(policy, **fields)
    _refuse_second_default(scene, changed)
    yield changed


def left_by_policy(scene: Scene, policy: QosPolicy, values: Values) -> Iterable[Record]:
    """The RBAC policies that go when a policy is shared no longer."""
    return () if values.get("shared", True) else for_everyone(scene.estate, policy, SHARED)


def drop_policy(scene: Scene, policy: QosPolicy) -> Dropped:
    """The policy with its rules, unless something has it."""
    for index, noun in (("network", "network"), ("port", "port"), ("floating_ip", "fip"), ("router", "router")):
        for id in sorted(scene.estate.ids(f"{index}.qos_policy", policy.id))[:1]:
            raise conflict("QosPolicyInUse", f"QoS Policy {policy.id} is used by {noun} {id}.")
    return Dropped((policy, *rules_of(scene.estate, policy.id)))


# Rules


def show_rule(scene: Scene, rule: QosRule) -> dict[str, Any]:
    """A rule as the API shows it."""
    return {"id": rule.id, **{name: getattr(rule, name) for name in FIELDS[type(rule)]}}


def _made_of(kind: type[QosRule]) -> Any:
    def make(scene: Scene, id: str, values: Values) -> Iterator[Record]:
        rule = kind(id=id, project_id=values["project_id"], qos_policy_id=values["qos_policy_id"],
                    **sent(values, *FIELDS[kind]))  # fmt: skip
        _refuse_conflict(scene, rule)
        yield rule

    return make


def change_rule(scene: Scene, rule: QosRule, values: Values) -> Iterator[Record]:
    """The records of a changed rule."""
    changed = replace(rule, **sent(values, *FIELDS[type(rule)]))
    _refuse_conflict(scene, changed)
    yield changed


def _refuse_conflict(scene: Scene, rule: QosRule) -> None:
    """Refuse a second rule of a type and direction, and one beside which another cannot be."""
    for other in rules_of(scene.estate, rule.qos_policy_id):
        if other.id != rule.id and direction_of(other) == direction_of(rule):
            _refuse_beside(rule, other)
    (claim,) = claims_of(rule)
    holder = scene.estate.holder(claim)
    if holder is not None and holder.id != rule.id:
        message = (
            f"Rule {rule_type(type(rule))} conflicts with rule {holder.id} which already exists in QoS Policy "
            f"{rule.qos_policy_id}."
        )
        raise conflict("QoSRulesConflict", message)


def _refuse_beside(rule: QosRule, other: QosRule) -> None:
    """Refuse a limit below the guarantee beside it, and a guarantee above the limit."""
    for limit, guarantee in ((rule, other), (other, rule)):
        if not isinstance(limit, QosBandwidthLimitRule) or not isinstance(guarantee, QosMinimumBandwidthRule):
            continue
        if limit.max_kbps < guarantee.min_kbps:
            mine, theirs = (
                (limit.max_kbps, guarantee.min_kbps) if rule is limit else (guarantee.min_kbps, limit.max_kbps)
            )
            message = (
                f"Unable to add the rule with value {mine} to the policy {rule.qos_policy_id} as the existing rule of "
                f"type {rule_type(type(other))} has value {theirs}."
            )
            raise conflict("QoSRuleParameterConflict", message)


def drop_rule(scene: Scene, rule: QosRule) -> Dropped:
    """The rule."""
    return Dropped((rule,))


QOS_POLICIES = Resource(
    "policy", "policies", "QoS policy", QosPolicy, QOS_POLICY_ATTRIBUTES, show_policy, make_policy, change_policy,
    drop_policy, left=left_by_policy, prefix="qos", bulk=Bulk.UNKNOWN,
)  # fmt: skip
_ATTRIBUTES = {
    QosBandwidthLimitRule: LIMIT_RULE, QosDscpMarkingRule: DSCP_MARKING_RULE, QosMinimumBandwidthRule: MINIMUM_RULE,
}  # fmt: skip
POLICY_RULES = tuple(
    Resource(
        f"{rule_type(kind)}_rule", f"{rule_type(kind)}_rules", "QoS rule", kind, _ATTRIBUTES[kind], show_rule,
        _made_of(kind), change_rule, drop_rule, in_turn=True, parent=QOS_POLICIES, of_parent="for policy",
    )
    for kind in QOS_RULES
)  # fmt: skip
"""The rules of a policy, by type."""
ALIASES = tuple(
    Resource(
        f"alias_{rule_type(kind)}_rule", f"alias_{rule_type(kind)}_rules", "QoS rule", kind,
        only_changed(_ATTRIBUTES[kind]), show_rule, _made_of(kind), change_rule, drop_rule, prefix="qos", single=True,
        of_parent="for policy",
    )
    for kind in QOS_RULES
)  # fmt: skip
"""Rules by their ids alone."""
