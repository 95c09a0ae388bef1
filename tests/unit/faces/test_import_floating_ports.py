"""What is taken over of the ports that Neutron gives floating IPs. Source: Networking API v2.0; neutron 29.0.0."""

from __future__ import annotations

from typing import Any

from cpal.faces.peer.cloud import Reading
from cpal.faces.peer.losses import losses_of
from cpal.faces.peer.records import records_of
from cpal.model.network import Port
from cpal.model.router import FloatingIP, FloatingPort

ADDRESS = "203.0.113.9"


def reading(*addresses: str) -> Reading:
    """A floating IP, and its port with these addresses."""
    floating: dict[str, Any] = {
        "id": "f", "floating_network_id": "n", "floating_ip_address": ADDRESS, "port_id": None,
        "fixed_ip_address": None, "project_id": "red",
    }  # fmt: skip
    port: dict[str, Any] = {
        "id": "p", "network_id": "n", "device_owner": "network:floatingip", "device_id": "f", "project_id": "",
        "mac_address": "fa:16:3e:00:00:09", "admin_state_up": True, "name": "", "binding:host_id": "hv1",
        "fixed_ips": [{"subnet_id": "s", "ip_address": address} for address in addresses],
    }  # fmt: skip
    return Reading({"floatingips": [floating], "ports": [port]})


def test_the_port_is_part_of_the_floating_ip() -> None:
    records = records_of(reading(ADDRESS))
    [floating] = [each for each in records if isinstance(each, FloatingIP)]
    assert floating.floating_port == FloatingPort("p", "fa:16:3e:00:00:09")
    assert not [each for each in records if isinstance(each, Port)]
    assert losses_of(reading(ADDRESS)) == []


def test_another_address_is_told_of_and_stands_in_nobody_s_way() -> None:
    [loss] = losses_of(reading(ADDRESS, "2001:db8::9"))
    assert (loss.resource, loss.id, loss.attribute, loss.harmless) == ("port", "p", "fixed_ips", True)
    assert loss.value == [ADDRESS, "2001:db8::9"]
