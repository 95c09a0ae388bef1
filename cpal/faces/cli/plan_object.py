"""A plan as scripts read it: `{"revision": ..., "ops": [...], "changes": [...], "opens": [...], "closes": [...]}`."""

from __future__ import annotations

from typing import Any

from cpal.core.plan import Plan, changed_fields, label
from cpal.core.rows import Op, Row, RowKey, Value
from cpal.faces.cli.describe import Describer, plain
from cpal.model.estate import KINDS, Change, Estate
from cpal.model.record import Record
from cpal.reach.flow import Verdict

Object = dict[str, Any]
ACTIONS = {(False, True): "create", (True, False): "delete", (True, True): "update"}
"""What becomes of a record, by whether it is there before and after."""
OP_FIELDS = ("target", "action", "table", "name", "record", "reason", "before", "after")
"""What is told of an op."""
CHANGE_FIELDS = ("action", "kind", "id", "name", "record", "fields", "before", "after")
"""What is told of a record that changes."""


def plan_object(plan: Plan, before: Estate) -> Object:
    """A plan as an object; `before` is the estate it starts from."""
    after = before.replace(plan.changes)
    return {
        "revision": plan.revision,
        "ops": [op_object(target.target, op, before, after) for target in plan.targets for op in target.ops],
        "changes": changes_objects(plan.changes, before, after),
        "commands": {name: list(said) for target in plan.targets for name, said in sorted(target.commands.items())},
        "opens": [verdict_object(verdict) for verdict in plan.opens],
        "closes": [verdict_object(verdict) for verdict in plan.closes],
        "unproved": plan.unproved,
        "abandoned": list(plan.abandoned),
        "handover": plan.handover,
    }


def op_object(target: str, op: Op, before: Estate, after: Estate) -> Object:
    """One op; `record` is what its row is there for, as the plan's words have it."""
    return {
        "target": target,
        "action": op.action.value,
        "table": op.key.table,
        "name": op.key.name,
        "record": subject(op, before, after),
        "reason": op.reason,
        "before": _row(op.before),
        "after": _row(op.after),
    }


def subject(op: Op, before: Estate, after: Estate) -> str:
    """The first record that the row of an op is there for, such as `network red/web`; "" when there is none."""
    for key in op.row.because:
        for estate in (after, before):
            record = estate.by_key(key) if key.kind in KINDS else None
            if record is not None:
                return label(record, estate)
    return ""


def _row(row: Row | None) -> Object | None:
    return None if row is None else {name: value_object(value) for name, value in row.columns.items()}


def value_object(value: Value) -> Any:
    """A column's value; a reference to another row is the words `table name`."""
    if isinstance(value, RowKey):
        return str(value)
    if isinstance(value, tuple):
        return [value_object(each) for each in value]
    return dict(value) if isinstance(value, dict) else value


def changes_objects(changes: tuple[Change, ...] | list[Change], before: Estate, after: Estate) -> list[Object]:
    """Changes of records, each with the record before and after."""
    old, new = Describer(before), Describer(after)
    return [_change(change, old, new) for change in changes]


def _change(change: Change, old: Describer, new: Describer) -> Object:
    before, after = change
    record = after or before
    describer = new if after is not None else old
    if record is None:
        raise ValueError("a change needs a record before or after")
    return {
        "action": ACTIONS[before is not None, after is not None],
        "kind": record.kind,
        "id": record.id,
        "name": record.name,
        "record": label(record, describer.estate),
        "fields": changed_fields(before, after) if before is not None and after is not None else [],
        "before": _record(before),
        "after": _record(after),
    }


def _record(record: Record | None) -> Object | None:
    return None if record is None else {"kind": record.kind, **plain(record)}


def verdict_object(verdict: Verdict) -> Object:
    """A flow with what is predicted of it; `count` is how many flows alike it stands for, itself among them."""
    flow = verdict.flow
    return {
        "source": flow.source,
        "destination": flow.destination,
        "address": flow.address,
        "protocol": str(flow.service),
        "ip_version": flow.service.ip_version,
        "reason": verdict.reason,
        "count": verdict.count,
    }
