"""Quality of service on EOS and NX-OS, in the forms in which the makers' tools and public programs read them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cpal.errors import Unreadable
from cpal.model.device.neighbor import Neighbor
from cpal.model.device.qos import QosInterface, Queue
from tests.support.answers import told

EOS_CONFIGURATION = """! Command: show running-config
hostname leaf1
!
interface Ethernet1
   qos trust dscp
   service-policy type qos input EDGE
!
interface Ethernet2
   no qos trust
!
interface Ethernet3
   mtu 9000
!
interface Port-Channel7
   qos trust cos
!
end
"""


def counted(sent: int, octets: int, lost: int) -> dict[str, int]:
    """What EOS counts of packets of one drop precedence."""
    return {"enqueuedPackets": sent, "enqueuedBytes": octets, "droppedPackets": lost, "droppedBytes": lost * 100}


QUEUES = {
    "egressQueueCounters": {
        "interfaces": {
            "Ethernet1": {
                "ucastQueues": {
                    "trafficClasses": {
                        "TC1": {"dropPrecedences": {"DP0": counted(10, 1000, 1), "DP1": counted(5, 500, 2)}},
                        "TC7": {"dropPrecedences": {"DP0-3": counted(633860, 72078388, 0)}},
                    }
                },
                "mcastQueues": {"trafficClasses": {"TC0-1": {"dropPrecedences": {"DP0": counted(3, 300, 0)}}}},
            },
            "Ethernet4": {"ucastQueues": {"trafficClasses": {}}},
        }
    }
}
"""As aristanetworks/anta reads `show interfaces counters queue detail`; classes and precedences may be ranges."""


def test_eos_tells_queues_beside_what_is_configured(tmp_path: Path) -> None:
    answers = {
        "show_interfaces_counters_queue_detail.json": json.dumps(QUEUES),
        "show_running_config.text": EOS_CONFIGURATION,
    }
    assert told(tmp_path, "eos", "qos", answers) == (
        QosInterface(
            interface="Ethernet1",
            trust="dscp",
            input_policy="EDGE",
            queues=(
                Queue(name="TC1 unicast", sent_pkts=15, sent_octets=1500, dropped_pkts=3),
                Queue(name="TC7 unicast", sent_pkts=633860, sent_octets=72078388, dropped_pkts=0),
                Queue(name="TC0-1 multicast", sent_pkts=3, sent_octets=300, dropped_pkts=0),
            ),
        ),
        QosInterface(interface="Ethernet2", trust="none"),
        QosInterface(interface="Port-Channel7", trust="cos"),
    )


def test_a_virtual_switch_has_no_queues_but_what_is_configured(tmp_path: Path) -> None:
    found = told(tmp_path, "eos", "qos", {"show_running_config.text": EOS_CONFIGURATION})
    assert [(each.interface, each.queues) for each in found] == [
        ("Ethernet1", ()), ("Ethernet2", ()), ("Port-Channel7", ()),
    ]  # fmt: skip


def test_queues_of_eos_in_no_known_form_are_named(tmp_path: Path) -> None:
    odd: dict[str, Any] = {
        "egressQueueCounters": {"interfaces": {"Ethernet1": {"ucastQueues": {"trafficClasses": {"TC0": {}}}}}}
    }
    answers = {
        "show_interfaces_counters_queue_detail.json": json.dumps(odd),
        "show_running_config.text": EOS_CONFIGURATION,
    }
    with pytest.raises(Unreadable, match="dropPrecedences"):
        told(tmp_path, "eos", "qos", answers)


NXOS_CONFIGURATION = """!Command: show running-config
version 10.3(4a)
hostname leaf2

interface Ethernet1/1
  service-policy type qos input EDGE
  service-policy type queuing output OUT

interface Ethernet1/3
  mtu 9216

line vty
"""


def line(kind: str, unit: str, unicast: str, *more: str) -> dict[str, str]:
    """A line of what a QoS group counts."""
    names = ("eq-oobfc-uc-stat-value", "eq-mc-stat-value")[-len(more) :] if more else ()
    return {
        "eq-stat-type": kind,
        "eq-stat-units": unit,
        "eq-uc-stat-value": unicast,
        **dict(zip(names, more, strict=True)),
    }


def group(name: str, *lines: dict[str, str]) -> dict[str, Any]:
    """A QoS group."""
    return {
        "eq-qosgrp": name,
        "TABLE_qosgrp_egress_stats_entry": {"ROW_qosgrp_egress_stats_entry": list(lines)},
    }


QUEUING = {
    "TABLE_module": {
        "ROW_module": {
            "TABLE_queuing_interface": {
                "ROW_queuing_interface": [
                    {
                        "if_name_str": "Ethernet1/1",
                        "dir": "Egress",
                        "TABLE_qosgrp_egress_stats": {
                            "ROW_qosgrp_egress_stats": [
                                group(
                                    "0",
                                    line("Tx", "Pkts", "12", "22", "34"),
                                    line("Tx", "Byts", "1200", "2200", "3400"),
                                    line("WRED/AFD & Tail Drop", "Pkts", "1", "0", "2"),
                                    line("WRED/AFD & Tail Drop", "Byts", "100", "0", "200"),
                                    line("Q Depth", "Byts", "64", "0"),
                                ),
                                group("3", line("Tx", "Pkts", "50"), line("Dropped", "Pkts", "6")),
                                group("CONTROL QOS GROUP", line("Tx", "Pkts", "7", "-"), line("Dropped", "Pkts", "0")),
                            ]
                        },
                    },
                    {"if_name_str": "Ethernet1/1", "dir": "Ingress"},
                ]
            }
        }
    }
}
"""As CiscoDevNet's and others' programs read `show queuing interface` of Nexus 9000 over NX-API."""


@pytest.mark.parametrize(
    ("make", "queuing", "configuration"),
    [
        ("nxos", "show_queuing_interface.json", "show_running_config.txt"),
        ("nxos_ssh", "show_queuing_interface___json.txt", "show_running_config.txt"),
    ],
)
def test_nxos_tells_queues_beside_policies(tmp_path: Path, make: str, queuing: str, configuration: str) -> None:
    answers = {queuing: json.dumps(QUEUING), configuration: NXOS_CONFIGURATION}
    assert told(tmp_path, make, "qos", answers) == (
        QosInterface(
            interface="Ethernet1/1",
            input_policy="EDGE",
            output_policy="OUT",
            queues=(
                Queue(name="0", sent_pkts=68, sent_octets=6800, dropped_pkts=3, queued_octets=64),
                Queue(name="3", sent_pkts=50, dropped_pkts=6),
                Queue(name="CONTROL QOS GROUP", sent_pkts=7, dropped_pkts=0),
            ),
        ),
    )


def test_eos_tells_neighbours_of_ipv6_by_vrf(tmp_path: Path) -> None:
    """After what public programs and NAPALM's extensions read of `show ipv6 neighbors`."""
    one = {"address": "FE80::205:86FF:FE71:5B01", "age": 2422, "hwAddress": "0005.8671.5b01", "interface": "Ethernet1"}
    two = {**one, "address": "2001:db8::7", "interface": "Vlan100, Port-Channel7"}
    by_vrf = {"vrfs": {"default": {"ipV6Neighbors": [one]}, "RED": {"ipV6Neighbors": [two]}}}
    first = Neighbor(
        ip="fe80::205:86ff:fe71:5b01", link_layer_address="00:05:86:71:5b:01", interface="Ethernet1", age_s=2422
    )
    second = Neighbor(
        ip="2001:db8::7", link_layer_address="00:05:86:71:5b:01", interface="Vlan100",
        spelled="Vlan100, Port-Channel7", vrf="RED", age_s=2422,
    )  # fmt: skip
    name = "show_ipv6_neighbors_vrf_all.json"
    assert told(tmp_path, "eos", "ipv6_neighbors_table", {name: json.dumps(by_vrf)}) == (first, second)
    assert told(tmp_path, "eos", "ipv6_neighbors_table", {name: json.dumps({"ipV6Neighbors": [one]})}) == (first,)
