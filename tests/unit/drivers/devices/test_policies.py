"""Policies and queues of IOS, in the form in which the command reference and public captures of IOS-XE show them."""

from __future__ import annotations

from typing import Any

from cpal.drivers.devices import asked
from cpal.drivers.devices.ios.driver import DRIVER
from cpal.drivers.devices.parse.asking import Questions
from cpal.model.device.qos import Policer, QosInterface, Queue

SHOWN = """\
 GigabitEthernet0/0/5

  Service-policy input: MARK-IN

    Class-map: VOICE (match-any)
      10 packets, 1000 bytes
      5 minute offered rate 0000 bps, drop rate 0000 bps
      Match: access-group name calls
      QoS Set
        dscp ef
          Packets marked 10

    Class-map: class-default (match-any)
      0 packets, 0 bytes
      Match: any

  Service-policy output: WAN-PARENT

    Class-map: class-default (match-any)
      1491831333 packets, 998765432100 bytes
      30 second offered rate 19000000 bps, drop rate 5000 bps
      Match: any
      Queueing
      queue limit 64 packets
      (queue depth/total drops/no-buffer drops) 3/510081/0
      (pkts output/bytes output) 1491321252/998000000000
      shape (average) cir 42500000, bc 170000, be 170000
      target shape rate 42500000

      Service-policy : WAN-CHILD

        queue stats for all priority classes:
          Queueing
          queue limit 512 packets
          (queue depth/total drops/no-buffer drops) 0/7/0
          (pkts output/bytes output) 745915/149183000

        Class-map: EF (match-any)
          745915 packets, 149183000 bytes
          Match:  dscp ef (46)
          Priority: 30% (12750 kbps), burst bytes 318750, b/w exceed drops: 0

        Class-map: BULK (match-any)
          3000453 packets, 262033259 bytes
          Match:  dscp af11 (10)
          Queueing
          queue limit 525000 bytes
          (queue depth/total drops/no-buffer drops) 49476/250/0
          (pkts output/bytes output) 3000454/262033337
          bandwidth 30% (300 kbps)
 GigabitEthernet0/0/6

  Service-policy input: MARK-IN

    Class-map: class-default (match-any)
      0 packets, 0 bytes
      Match: any
"""


def told(answer: str | None, configuration: str = "") -> tuple[QosInterface, ...]:
    """What is made of an answer, and of a configuration."""

    def answered(_: Questions) -> tuple[Any, ...]:
        return (answer, configuration)

    found: tuple[QosInterface, ...] = asked.run(DRIVER.getters["qos"](), answered)
    return found


def test_policies_and_queues_are_told_of_each_interface_that_has_some() -> None:
    blanks_at_ends = SHOWN.replace("\n", " \n")
    assert told(SHOWN) == told(blanks_at_ends) == (
        QosInterface(
            interface="GigabitEthernet0/0/5", input_policy="MARK-IN", output_policy="WAN-PARENT",
            queues=(
                Queue(
                    name="class-default", scheduler="shape average", rate_bps=42500000, sent_octets=998000000000,
                    sent_pkts=1491321252, dropped_pkts=510081, queued_pkts=3,
                ),
                Queue(
                    name="class-default/all priority classes", scheduler="priority", sent_octets=149183000,
                    sent_pkts=745915, dropped_pkts=7, queued_pkts=0,
                ),
                Queue(
                    name="class-default/BULK", scheduler="bandwidth", rate_bps=300000, sent_octets=262033337,
                    sent_pkts=3000454, dropped_pkts=250, queued_octets=49476,
                ),
            ),
        ),
        QosInterface(interface="GigabitEthernet0/0/6", input_policy="MARK-IN"),
    )  # fmt: skip


def test_no_policy_and_no_such_command_are_no_queues() -> None:
    answers: tuple[str | None, ...] = ("", None, "                  ^\n% Invalid input detected at '^' marker.\n")
    for answer in answers:
        assert told(answer) == ()


POLICED = """\
 FastEthernet2/0

  Service-policy input: FROM_CORE

    Class-map: ICMP (match-all)
      15 packets, 1500 bytes
      5 minute offered rate 0 bps, drop rate 0 bps
      Match:  precedence 1
      police:
          cir 8000 bps, bc 1500 bytes
        conformed 10 packets, 1140 bytes; actions:
          transmit
        exceeded 4 packets, 360 bytes; actions:
          set-dscp-transmit default
        violated 1 packets, 90 bytes; actions:
          drop
        conformed 0 bps, exceed 0 bps

    Class-map: class-default (match-any)
      0 packets, 0 bytes
      Match: any

  Service-policy output: SHAPE

    Class-map: VOICE (match-all)
      police:
          rate 512000 bps, burst 16000 bytes
        conformed 8888 bytes; actions:
          transmit
        exceeded 0 bytes; actions:
          drop
      Queueing
      priority level 1
      (total drops) 10554
      (bytes output) 2443152000
      (pkts output) 4910606
"""
"""After public captures of routers of IOS, and of Catalysts of IOS-XE."""


def test_policers_are_told_by_the_class_that_they_limit() -> None:
    (port,) = told(POLICED)
    assert port.policers == (
        Policer(
            name="ICMP", rate_bps=8000, conforming_pkts=10, conforming_octets=1140, exceeding_pkts=4,
            exceeding_octets=360, violating_pkts=1, violating_octets=90,
        ),
        Policer(name="VOICE", output=True, rate_bps=512000, conforming_octets=8888, exceeding_octets=0),
    )  # fmt: skip


def test_catalysts_count_what_went_out_each_in_a_line() -> None:
    (port,) = told(POLICED)
    assert port.queues == (Queue(name="VOICE", scheduler="priority", sent_octets=2443152000, sent_pkts=4910606),)


TRUSTING = """interface GigabitEthernet0/1
 switchport access vlan 10
 mls qos trust dscp
 spanning-tree portfast
!
interface GigabitEthernet0/2
 switchport access vlan 10
!
interface FastEthernet2/0
 mls qos trust cos
 service-policy input FROM_CORE
!
line vty 0 4
"""


def test_what_ports_trust_is_told_of_the_configuration() -> None:
    by_name = {each.interface: each for each in told(POLICED, TRUSTING)}
    assert {name: each.trust for name, each in by_name.items()} == {
        "GigabitEthernet0/1": "dscp",
        "FastEthernet2/0": "cos",
    }
    assert by_name["FastEthernet2/0"].input_policy == "FROM_CORE"
    assert len(by_name["FastEthernet2/0"].policers) == 2
    refused = "                  ^\n% Invalid input detected at '^' marker.\n"
    assert [each.trust for each in told(POLICED, refused)] == [None]
