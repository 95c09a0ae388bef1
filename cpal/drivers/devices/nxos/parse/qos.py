"""NX-OS: policies and queues of interfaces, over either transport.

Source: JSON of `show queuing interface`, as public programs for Nexus 9000 read it; Cisco Nexus 9000 Series NX-OS
Quality of Service Configuration Guide, "Attaching and Detaching a QoS Policy Action for an Interface".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from cpal.drivers.devices.nxos.parse.tables import rows
from cpal.drivers.devices.parse.asking import JSON, TEXT, Ask, Asking
from cpal.drivers.devices.parse.attached import Words, attached, joined
from cpal.model.device.qos import QosInterface, Queue

WORDS: Words = {
    "input_policy": re.compile(r"^\s+service-policy type qos input (\S+)", re.MULTILINE),
    "output_policy": re.compile(r"^\s+service-policy type (?:queuing|qos) output (\S+)", re.MULTILINE),
}
EGRESS = "Egress"
VALUES = ("eq-uc-stat-value", "eq-oobfc-uc-stat-value", "eq-mc-stat-value")
"""What was counted of packets to one, to one across the fabric, and to many."""
PACKETS, OCTETS = "Pkts", "Byts"
COUNTED = ((r"Tx$", PACKETS, "sent_pkts"), (r"Tx$", OCTETS, "sent_octets"), (r".*Drop", PACKETS, "dropped_pkts"),
           (r"Q Depth", PACKETS, "queued_pkts"), (r"Q Depth", OCTETS, "queued_octets"))  # fmt: skip
"""What a line counts, in which unit, and our field of it; there are several for what is dropped for several reasons."""


def qos(suffix: str = "") -> Asking[tuple[QosInterface, ...]]:
    """The interfaces that have queues, or a policy; `suffix` asks for JSON where text is usual."""
    told, configuration = yield (
        Ask(f"show queuing interface{suffix}", JSON, optional=True), Ask("show running-config", TEXT),
    )  # fmt: skip
    found = (
        QosInterface(interface=port["if_name_str"], queues=tuple(_queues(port)))
        for module in rows(told, "TABLE_module", "ROW_module")
        for port in rows(module, "TABLE_queuing_interface", "ROW_queuing_interface")
        if port.get("dir", EGRESS) == EGRESS
    )
    return joined(attached(configuration, WORDS), (each for each in found if each.queues))


def _queues(port: dict[str, Any]) -> Iterator[Queue]:
    """The queue of each QoS group: `0`, or in words of those for control and mirrored packets."""
    for group in rows(port, "TABLE_qosgrp_egress_stats", "ROW_qosgrp_egress_stats"):
        counts: dict[str, Any] = {}
        for line in rows(group, "TABLE_qosgrp_egress_stats_entry", "ROW_qosgrp_egress_stats_entry"):
            for pattern, unit, field in COUNTED:
                values = [int(line[each]) for each in VALUES if str(line.get(each, "")).isdigit()]
                if values and line.get("eq-stat-units") == unit and re.match(pattern, line["eq-stat-type"]):
                    counts[field] = counts.get(field, 0) + sum(values)
        yield Queue(name=str(group["eq-qosgrp"]), **counts)
