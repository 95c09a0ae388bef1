"""Which ops of a plan repair drift, and which follow from the changes of records it makes."""

from __future__ import annotations

from cpal.core.plan import Plan, TargetPlan
from cpal.core.rows import Op, RowKey
from cpal.faces.session import Session

DRIFT = "drift: "
"""How the reason of an op begins that no changed record explains. See `core.plan.Reasons`."""
FOLLOWS = "follows from the changes of this plan"


def is_drift(op: Op) -> bool:
    """Whether an op repairs what somebody else did at the target."""
    return op.reason.startswith(DRIFT)


def told_apart(plan: Plan, session: Session) -> Plan:
    """The plan, to be shown, in which only ops that would be there without its changes too are called drift.

    A row can change with a record that it was not rendered for: rows of subnets repeat what their network says.
    """
    suspects = [op for target in plan.targets for op in target.ops if is_drift(op)]
    if not plan.changes or not suspects:
        return plan
    now = session.plan()
    drifted = {(target.target, op.key) for target in now.targets for op in target.ops}
    return Plan(
        plan.revision,
        plan.changes,
        tuple(_told_apart(target, drifted) for target in plan.targets),
        plan.opens,
        plan.closes,
        plan.unproved,
    )


def _told_apart(target: TargetPlan, drifted: set[tuple[str, RowKey]]) -> TargetPlan:
    ops = tuple(
        Op(op.action, op.before, op.after, FOLLOWS) if is_drift(op) and (target.target, op.key) not in drifted else op
        for op in target.ops
    )
    return TargetPlan(target.target, ops, target.fingerprint)
