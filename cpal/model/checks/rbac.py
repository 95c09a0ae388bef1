"""What must hold for RBAC policies. Source: Networking API v2.0, rbac-policies."""

from __future__ import annotations

from collections.abc import Iterator

from cpal.model.checks.words import Problem, missing, noun
from cpal.model.estate import Estate
from cpal.model.rbac import ACTIONS, RbacPolicy
from cpal.model.record import Key


def rbac_policy_problems(estate: Estate, policy: RbacPolicy) -> Iterator[Problem]:
    """What is wrong with a policy: what it is about, what it grants, to whom."""
    actions = ACTIONS.get(policy.object_type)
    if actions is None:
        yield Problem(
            "object_type", f"nothing is granted on a {noun(policy.object_type)}", f"one of {', '.join(ACTIONS)}"
        )
        return
    if policy.action not in actions:
        yield Problem("action", f"there is no action {policy.action!r}", f"one of {', '.join(actions)}")
    if estate.by_key(Key(policy.object_type, policy.object_id)) is None:
        yield missing("object_id", policy.object_type, policy.object_id)
    if not policy.target_project:
        yield Problem("target_project", "the policy is for nobody", "name a project, or * for everyone")
