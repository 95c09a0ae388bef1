"""Rules of QoS policies: ids that follow from what a rule is about, so that another number is a change of the rule."""

from __future__ import annotations

from typing import Any

from cpal.faces.documents.making import Making, Thing
from cpal.faces.documents.names import Owner
from cpal.faces.documents.shapes import Item
from cpal.faces.documents.table_qos import RULE_FIELDS
from cpal.model.claims import claims_of
from cpal.model.qos import QosRule
from cpal.model.record import Claim, Key
from cpal.model.unknown import UNKNOWN


def make_qos_rules(making: Making, policy: Thing) -> None:
    """Make the rules that are written in a policy."""
    for field, kind in RULE_FIELDS.items():
        said: tuple[Item, ...] = policy.item.get(field) or ()
        for item in said:
            make_qos_rule(making, policy.owner, kind, policy.id, item)


def make_qos_rule(making: Making, owner: Owner, kind: type[QosRule], policy_id: Any, item: Item) -> None:
    """Make one rule, if nothing is wrong with it: nothing else refers to a rule."""
    known = len(item.source.faults)
    values = {**making.values(kind, item, owner), "qos_policy_id": policy_id}
    if not item.known or len(item.source.faults) > known or any(value is UNKNOWN for value in values.values()):
        return
    (claim,) = claims_of(kind(id="", **values))
    before = making.rules.get(claim)
    if before is not None:
        item.fault("", "a policy has one rule of each type and direction", f"the first is at {before}")
        return
    making.rules[claim] = item.source.place(item.place)
    stored = _stored(making, kind, policy_id, claim)
    taken = stored is not None and making.names.claim(Key(kind.kind, stored))
    id = stored if taken and stored else making.names.draw(kind.kind, owner, claim.value)
    making.put(kind, Thing(owner, "", item, id), values)


def _stored(making: Making, kind: type[QosRule], policy_id: str, claim: Claim) -> str | None:
    """The id of the rule that is there about the same."""
    found: list[QosRule] = making.estate.find(f"{kind.kind}.policy", policy_id)
    return next((rule.id for rule in found if claim in claims_of(rule)), None)
