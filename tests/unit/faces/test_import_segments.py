"""Which segments of a Neutron's networks are taken over, and what is said of others. Source: Networking API v2.0."""

from __future__ import annotations

from typing import Any

import pytest

from cpal.faces.peer.cloud import Reading
from cpal.faces.peer.importing import refusals
from cpal.faces.peer.records import records_of
from cpal.model.network import Network, Segment, SegmentNotes, Subnet

Carried = tuple[str, str | None, int | None]
VLAN, FLAT = ("vlan", "rack1", 101), ("flat", "rack2", None)
GENEVE = ("geneve", None, 7)


def reading(*segments: Carried, numbered: bool = True) -> Reading:
    """A network with these segments as Neutron tells them, its collection of segments in another order."""
    names = ("network_type", "physical_network", "segmentation_id")
    told = [{f"provider:{name}": value for name, value in zip(names, each, strict=True)} for each in segments]
    network: dict[str, Any] = {"id": "n", "name": "racks", "admin_state_up": True, "shared": False, "subnets": []}
    members = [
        {
            "id": f"s{number}",
            "network_id": "n",
            "name": None,
            "description": None,
            **dict(zip(names, each, strict=True)),
        }
        for number, each in enumerate(segments, 1)
    ]
    subnet: dict[str, Any] = {
        "id": "b", "network_id": "n", "cidr": "10.0.0.0/24", "gateway_ip": None, "allocation_pools": [],
        "enable_dhcp": False, "dns_nameservers": [], "host_routes": [], "ipv6_address_mode": None,
        "ipv6_ra_mode": None, "subnetpool_id": None, "segment_id": f"s{len(segments)}",
    }  # fmt: skip
    networks = [network | (told[0] if len(told) == 1 else {"segments": told})]
    items = {"networks": networks, "subnets": [subnet]} if numbered else {"networks": networks}
    return Reading(items | ({"segments": members[::-1]} if numbered else {}))


def taken(found: Reading) -> tuple[Segment, ...]:
    """The segments of the network that is imported."""
    [network] = [each for each in records_of(found) if isinstance(each, Network)]
    return network.segments


def test_each_segment_keeps_its_place_and_its_id() -> None:
    assert taken(reading(VLAN, FLAT)) == (Segment("rack1", "vlan", 101, "s1"), Segment("rack2", "flat", None, "s2"))
    assert taken(reading(FLAT, VLAN))[0] == Segment("rack2", "flat", None, "s1")
    assert taken(reading(GENEVE)) == (Segment("", "geneve", 7, "s1"),)
    assert refusals(reading(VLAN, FLAT)) == refusals(reading(GENEVE)) == []


def test_what_a_segment_is_called_is_kept() -> None:
    found = reading(VLAN)
    found.items["segments"][0] |= {"name": "left", "description": "by the door"}
    [network] = [each for each in records_of(found) if isinstance(each, Network)]
    assert network.segment_notes == SegmentNotes("s1", "left", "by the door")


def test_a_neutron_without_the_extension_tells_no_ids() -> None:
    found = taken(reading(VLAN, FLAT, numbered=False))
    assert [(each.network_type, each.physical_network) for each in found] == [("vlan", "rack1"), ("flat", "rack2")]
    assert all(each.id for each in found)


def test_a_subnet_of_a_segment_is_on_its_physical_network() -> None:
    [subnet] = [each for each in records_of(reading(VLAN, FLAT)) if isinstance(each, Subnet)]
    assert subnet.physical_network == "rack2"


@pytest.mark.parametrize(
    ("segments", "words"),
    [
        ((GENEVE, VLAN), "geneve 7, vlan 101 on rack1"),
        ((VLAN, ("vlan", "rack1", 102)), "vlan 101 on rack1, vlan 102 on rack1"),
    ],
    ids=["tunnels and a VLAN", "twice on a physical network"],
)
def test_segments_that_cannot_be_are_named_with_the_way_out(segments: tuple[Carried, ...], words: str) -> None:
    [fault] = refusals(reading(*segments))
    assert fault.key == 'network "racks" (n)'
    assert fault.field == "segments"
    assert fault.problem.startswith(f"{words} cannot be held: of several segments each is on a physical network")
    assert "move the ports of all but one" in fault.remedy
    assert len(taken(reading(*segments))) == 1
