"""Policies and queues of IOS, in the form in which the command reference and public captures of IOS-XE show them."""

from __future__ import annotations

from typing import Any

from cpal.drivers.devices import asked
from cpal.drivers.devices.ios.driver import DRIVER
from cpal.drivers.devices.parse.asking import Questions
from cpal.model.device.qos import QosInterface, Queue

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


def told(answer: str | None) -> tuple[QosInterface, ...]:
    """What is made of an answer."""

    def answered(_: Questions) -> tuple[Any, ...]:
        return (answer,)

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
