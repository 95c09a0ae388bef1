"""What is part of something else and has no owner of its own: rules of QoS policies, forwardings of floating IPs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from cpal.model.port_forwarding import PortForwarding
from cpal.model.qos import QOS_RULES, QosPolicy
from cpal.model.record import Record
from cpal.model.router import FloatingIP


class PartOf(NamedTuple):
    """What a record is part of: its type, the field that holds its id, the index in which parts are `filed` by it."""

    type: type[Record]
    field: str
    filed: str


PART_OF: Mapping[str, PartOf] = {
    **{kind.kind: PartOf(QosPolicy, "qos_policy_id", f"{kind.kind}.policy") for kind in QOS_RULES},
    PortForwarding.kind: PartOf(FloatingIP, "floatingip_id", "port_forwarding.floating_ip"),
}
"""By kind of record."""
