"""A network on two physical networks, one at each hypervisor, which the switch joins: real packets cross."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from cpal.model.target import Host
from tests.scenario.stage import Stage, stage

FLOOR = """\
project: plant
networks:
  control:
    provider: {network_type: vlan, physical_network: physnet1, segmentation_id: 42}
    more_segments: [{physical_network: rack2, segmentation_id: 42}]
    subnets:
      control: {cidr: 198.51.100.0/24, gateway_ip: 198.51.100.254, allocation_pools: [198.51.100.10-198.51.100.99]}
security_groups:
  open:
    rules: [{direction: ingress, ethertype: IPv4}]
instances:
  plc1: {network: control, security_groups: [open], host: hv1}
  plc2: {network: control, security_groups: [open], host: hv2}
"""


@pytest.fixture(scope="module")
def floor() -> Iterator[Stage]:
    """The network, with an instance on either segment; the second hypervisor knows its wire by another name."""
    with stage() as found:
        [second] = [host for host in found.session.estate.all(Host) if host.name == "hv2"]
        found.session.apply(found.session.plan_records([replace(second, physical_networks=("rack2",))]))
        mappings = "external_ids:ovn-bridge-mappings=rack2:br-ex"
        found.run("hv2", "ovs-vsctl", "set", "Open_vSwitch", ".", mappings)
        found.apply(FLOOR)
        yield found


def test_each_hypervisor_uses_the_way_that_it_has(floor: Stage) -> None:
    assert floor.disagreements() == []
    assert floor.flow("plant/plc1", "plant/plc2", "icmp")
    assert floor.flow("plant/plc2", "plant/plc1", "icmp")


def test_a_segment_that_goes_leaves_the_other_alone(floor: Stage) -> None:
    floor.apply(FLOOR.replace("    more_segments: [{physical_network: rack2, segmentation_id: 42}]\n", ""))
    assert floor.disagreements() == []
    assert not floor.flow("plant/plc1", "plant/plc2", "icmp")
    floor.apply(FLOOR)
    assert floor.flow("plant/plc1", "plant/plc2", "icmp")
