"""EOS: what interfaces trust, their policies and queues.

Source: EOS User Manual, "Quality of Service" (`qos trust`, `service-policy type qos`); eAPI's JSON of `show interfaces
counters queue detail`, as Arista's ANTA reads it. A switch counts what it enqueued and what it dropped in the place of
that. Virtual switches have no queues, and refuse the question.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from cpal.drivers.devices.parse.asking import JSON, TEXT, Ask, Asking
from cpal.drivers.devices.parse.attached import Words, attached, joined
from cpal.model.device.qos import QosInterface, Queue

WORDS: Words = {
    "trust": re.compile(r"^\s+(?:no )?qos trust(?: (\S+))?\s*$", re.MULTILINE),
    "input_policy": re.compile(r"^\s+service-policy type qos input (\S+)", re.MULTILINE),
    "output_policy": re.compile(r"^\s+service-policy type qos output (\S+)", re.MULTILINE),
}
KINDS = {"ucastQueues": "unicast", "mcastQueues": "multicast"}
COUNTED = {"sent_pkts": "enqueuedPackets", "sent_octets": "enqueuedBytes", "dropped_pkts": "droppedPackets"}
"""Our fields of a queue, and eAPI's, which it has for each drop precedence."""


def qos() -> Asking[tuple[QosInterface, ...]]:
    """The interfaces that have queues, or that are told how to treat packets."""
    counted, configuration = yield (
        Ask("show interfaces counters queue detail", JSON, optional=True),
        Ask("show running-config", TEXT),
    )
    ports = (counted or {}).get("egressQueueCounters", {}).get("interfaces", {})
    found = (QosInterface(interface=name, queues=tuple(_queues(told))) for name, told in ports.items())
    return joined(attached(configuration, WORDS), (each for each in found if each.queues))


def _queues(told: dict[str, Any]) -> Iterator[Queue]:
    for of, kind in KINDS.items():
        for name, each in told.get(of, {}).get("trafficClasses", {}).items():
            precedences = each["dropPrecedences"].values()
            counts = {field: sum(one[said] for one in precedences) for field, said in COUNTED.items()}
            yield Queue(name=f"{name} {kind}", **counts)
