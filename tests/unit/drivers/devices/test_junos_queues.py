"""Queues of Junos, in the form in which its XML API and public captures of it tell them."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

from cpal.drivers.devices import asked
from cpal.drivers.devices.junos.driver import DRIVER
from cpal.drivers.devices.parse.asking import Questions
from cpal.model.device.qos import QosInterface, Queue

QUEUE = """
<queue>
  <queue-number>{number}</queue-number><forwarding-class-name>{name}</forwarding-class-name>
  <queue-counters-queued-packets>1600</queue-counters-queued-packets>
  <queue-counters-trans-packets>{sent}</queue-counters-trans-packets>
  <queue-counters-trans-bytes>{octets}</queue-counters-trans-bytes>
  <queue-counters-tail-drop-packets-na>Not Available</queue-counters-tail-drop-packets-na>
  <queue-counters-total-drop-packets>{lost}</queue-counters-total-drop-packets>
</queue>
"""
QUEUES = QUEUE.format(number=0, name="best-effort", sent=1500, octets=96000, lost=100) + QUEUE.format(
    number=3, name="network-control", sent=7, octets=448, lost=0
)
TOLD = f"""
<interface-information>
  <physical-interface>
    <name>ge-0/0/0</name><oper-status>up</oper-status>
    <queue-counters><interface-cos-summary/>{QUEUES}</queue-counters>
  </physical-interface>
  <physical-interface><name>lo0</name></physical-interface>
</interface-information>
"""


def test_queues_are_told_of_each_interface_that_has_some() -> None:
    assert told(TOLD) == (
        QosInterface(
            interface="ge-0/0/0",
            queues=(
                Queue(name="0 best-effort", sent_octets=96000, sent_pkts=1500, dropped_pkts=100),
                Queue(name="3 network-control", sent_octets=448, sent_pkts=7, dropped_pkts=0),
            ),
        ),
    )


def test_a_device_that_knows_no_queues_has_none() -> None:
    assert told("") == ()


def told(answer: str) -> tuple[QosInterface, ...]:
    """What is made of an answer, or of none."""

    def answered(_: Questions) -> tuple[Any, ...]:
        return (ElementTree.fromstring(answer) if answer else None,)

    found: tuple[QosInterface, ...] = asked.run(DRIVER.getters["qos"](), answered)
    return found
