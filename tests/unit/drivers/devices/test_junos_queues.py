"""Queues of Junos, in the form in which its XML API and public captures of it tell them."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

from cpal.drivers.devices import asked
from cpal.drivers.devices.junos.driver import DRIVER
from cpal.drivers.devices.parse.asking import Questions
from cpal.model.device.qos import Policer, QosInterface, Queue

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


def told(answer: str, *more: str) -> tuple[QosInterface, ...]:
    """What is made of an answer, or of none, and of parts of the configuration and what filters count."""
    more = more or ("", "", "")

    def answered(_: Questions) -> tuple[Any, ...]:
        return tuple(ElementTree.fromstring(each) if each else None for each in (answer, *more))

    found: tuple[QosInterface, ...] = asked.run(DRIVER.getters["qos"](), answered)
    return found


CLASSES = """
<configuration><class-of-service><interfaces>
  <interface><name>ge-0/0/0</name><scheduler-map>MAP</scheduler-map>
    <unit><name>0</name><classifiers><dscp><classifier-name>EDGE</classifier-name></dscp></classifiers></unit>
  </interface>
  <interface><name>ge-0/0/1</name>
    <unit><name>0</name>
      <classifiers><dscp><classifier-name>EDGE</classifier-name></dscp>
        <ieee-802.1><classifier-name>default</classifier-name></ieee-802.1></classifiers></unit>
  </interface>
</interfaces></class-of-service></configuration>
"""
FILTERS = """
<configuration><interfaces>
  <interface><name>ge-0/0/0</name><unit><name>0</name><family><inet>
    <filter><input><filter-name>LIMIT</filter-name></input><output><filter-name>OUT</filter-name></output></filter>
  </inet></family></unit></interface>
  <interface><name>ge-0/0/2</name><unit><name>0</name><family><inet/></family></unit></interface>
</interfaces></configuration>
"""
COUNTED = """
<firewall-information>
  <filter-information><filter-name>__default_bpdu_filter__</filter-name></filter-information>
  <filter-information><filter-name>LIMIT-ge-0/0/0.0-i</filter-name>
    <counter><counter-name>all</counter-name><packet-count>9</packet-count><byte-count>900</byte-count></counter>
    <policer><policer-name>TEN-t1-ge-0/0/0.0-i</policer-name>
      <packet-count>1281805</packet-count><byte-count>71852096</byte-count></policer>
  </filter-information>
  <filter-information><filter-name>OUT</filter-name>
    <policer><policer-name>ONE-t1</policer-name><packet-count>2</packet-count></policer>
  </filter-information>
</firewall-information>
"""
"""In the form of Juniper's own tests (nita) and of junos_exporter."""


def test_classifiers_filters_and_their_policers_are_told_of_logical_interfaces() -> None:
    by_name = {each.interface: each for each in told(TOLD, CLASSES, FILTERS, COUNTED)}
    assert by_name["ge-0/0/0"].output_policy == "MAP"
    assert [each.name for each in by_name["ge-0/0/0"].queues] == ["0 best-effort", "3 network-control"]
    assert by_name["ge-0/0/0.0"] == QosInterface(
        interface="ge-0/0/0.0",
        trust="dscp",
        classifiers=("dscp EDGE",),
        input_policy="LIMIT",
        output_policy="OUT",
        policers=(
            Policer(name="TEN-t1-ge-0/0/0.0-i", exceeding_pkts=1281805, exceeding_octets=71852096),
            Policer(name="ONE-t1", output=True, exceeding_pkts=2),
        ),
    )
    assert (by_name["ge-0/0/1.0"].trust, by_name["ge-0/0/1.0"].classifiers) == (
        None,
        ("dscp EDGE", "ieee-802.1 default"),
    )
    assert "ge-0/0/2.0" not in by_name
