"""What is part of something else and has no owner of its own: the rules of a QoS policy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from cpal.model.qos import QOS_RULES, QosPolicy
from cpal.model.record import Record


class PartOf(NamedTuple):
    """What a record is part of: its type, the field that holds its id, the index in which parts are `filed` by it."""

    type: type[Record]
    field: str
    filed: str


PART_OF: Mapping[str, PartOf] = {
    kind.kind: PartOf(QosPolicy, "qos_policy_id", f"{kind.kind}.policy") for kind in QOS_RULES
}
"""By kind of record."""
