"""Junos: queues of interfaces.

Source: Junos XML API Operational Developer Reference, `get-interface-queue-information`. What it calls queued is all
that ever came, and not what waits now.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from cpal.drivers.devices.junos.parse.rpc import rpc
from cpal.drivers.devices.parse.asking import Asking
from cpal.drivers.devices.parse.xml import number, text
from cpal.model.device.qos import QosInterface, Queue

COUNTED = "queue-counters-"


def qos() -> Asking[tuple[QosInterface, ...]]:
    """The interfaces that have queues, each called by its number, and its forwarding class where it says one."""
    (told,) = yield (rpc("get-interface-queue-information", optional=True),)
    ports = [] if told is None else told.iter("physical-interface")
    found = (QosInterface(interface=text(port, "name") or "", queues=tuple(_queues(port))) for port in ports)
    return tuple(each for each in found if each.queues)


def _queues(port: Element) -> Iterator[Queue]:
    for each in port.findall("queue-counters/queue"):
        named = [text(each, "queue-number"), text(each, "forwarding-class-name")]
        yield Queue(
            name=" ".join(filter(None, named)),
            sent_octets=number(each, f"{COUNTED}trans-bytes"),
            sent_pkts=number(each, f"{COUNTED}trans-packets"),
            dropped_pkts=number(each, f"{COUNTED}total-drop-packets"),
        )
