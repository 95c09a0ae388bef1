"""Addresses that ports make themselves (SLAAC): each port of the network has one, as in the real Neutron.

Router advertisements make a machine use such an address whether its port was given it or not, and port security drops
what comes from addresses that a port was not given.

Source: what neutron 29.0.0 with ML2/OVN answered to the same requests.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import pytest

from tests.support.cloud import Cloud

SLAAC = dict.fromkeys(("ipv6_ra_mode", "ipv6_address_mode"), "slaac")


class Place:
    """A network of its own project, with a subnet of IPv4."""

    def __init__(self, site: Cloud) -> None:
        self.red = site.member(f"red-{uuid4().hex[:8]}")
        self.network = self.red.post("networks", name="web")["id"]
        self.four = self.subnet(4, "10.3.0.0/24")

    def subnet(self, version: int, cidr: str, **values: Any) -> str:
        """The id of a new subnet."""
        found = self.red.post("subnets", network_id=self.network, ip_version=version, cidr=cidr, **values)["id"]
        return str(found)

    def port(self, **values: Any) -> dict[str, Any]:
        """A new port."""
        return self.red.post("ports", network_id=self.network, **values)

    def changed(self, port: dict[str, Any], fixed_ips: Sequence[dict[str, str]]) -> dict[str, Any]:
        """The port with other addresses."""
        found: dict[str, Any] = self.red.put(f"ports/{port['id']}", {"port": {"fixed_ips": [*fixed_ips]}})["port"]
        return found

    def seen(self, port: dict[str, Any]) -> dict[str, Any]:
        """The port as it is now."""
        found: dict[str, Any] = self.red.get(f"ports/{port['id']}")["port"]
        return found


@pytest.fixture
def place(site: Cloud) -> Place:
    """A network for one test."""
    return Place(site)


def subnets(port: dict[str, Any]) -> list[str]:
    """The subnets that a port has addresses of, in order."""
    return [each["subnet_id"] for each in port["fixed_ips"]]


def own(port: dict[str, Any], prefix: str) -> str:
    """The address that a machine makes of the prefix and its MAC address. Source: RFC 4291, appendix A."""
    high, *rest = (int(part, 16) for part in port["mac_address"].split(":"))
    words = bytes((high ^ 2, *rest[:2], 0xFF, 0xFE, *rest[2:])).hex(":", 2).split(":")
    return prefix + ":".join(format(int(word, 16), "x") for word in words)


def test_a_port_that_asks_for_an_address_has_its_own_too(place: Place) -> None:
    six = place.subnet(6, "fd00:3::/64", **SLAAC)
    named = place.port(fixed_ips=[{"ip_address": "10.3.0.20"}])
    assert subnets(named) == [place.four, six]
    assert [each["ip_address"] for each in named["fixed_ips"]] == ["10.3.0.20", own(named, "fd00:3::")]
    assert subnets(place.port(fixed_ips=[])) == [six]
    assert subnets(place.port(fixed_ips=[{"subnet_id": six}])) == [six], "once"


def test_a_port_keeps_its_own_address_when_it_changes_others(place: Place) -> None:
    six = place.subnet(6, "fd00:3::/64", **SLAAC)
    port = place.port()
    address = own(port, "fd00:3::")
    for asked, expected in (
        ([{"ip_address": "10.3.0.21"}], {place.four: "10.3.0.21", six: address}),
        ([], {six: address}),
        ([{"subnet_id": place.four, "ip_address": "10.3.0.22"}], {place.four: "10.3.0.22", six: address}),
    ):
        found = place.changed(port, asked)
        assert {each["subnet_id"]: each["ip_address"] for each in found["fixed_ips"]} == expected


def test_a_port_with_another_mac_address_makes_another(site: Cloud, place: Place) -> None:
    place.subnet(6, "fd00:3::/64", **SLAAC)
    port = place.port(fixed_ips=[{"ip_address": "10.3.0.20"}])
    mac = {"port": {"mac_address": "fa:16:3e:aa:aa:aa"}}
    changed = site.administrator.put(f"ports/{port['id']}", mac)["port"]
    assert [each["ip_address"] for each in changed["fixed_ips"]] == ["10.3.0.20", "fd00:3::f816:3eff:feaa:aaaa"]
    assert site.ops() == []


def test_ports_of_services_make_theirs_too(place: Place) -> None:
    six = place.subnet(6, "fd00:3::/64", **SLAAC)
    port = place.port(device_owner="network:dhcp")
    assert subnets(port) == [place.four, six]
    assert port["fixed_ips"][1]["ip_address"] == own(port, "fd00:3::")


def test_such_an_address_cannot_be_chosen(place: Place) -> None:
    six = place.subnet(6, "fd00:3::/64", **SLAAC)
    port = place.port()
    body = {"port": {"fixed_ips": [{"subnet_id": six, "ip_address": "fd00:3::5"}]}}
    answer = place.red.call("PUT", f"/v2.0/ports/{port['id']}", body)
    assert (answer.status, answer.fault) == (400, "AllocationOnAutoAddressSubnet")
    assert answer.body["NeutronError"]["message"] == (
        f"IPv6 address fd00:3::5 cannot be directly assigned to a port on subnet {six} as the subnet is configured for "
        "automatic addresses"
    )
    assert place.seen(port) == port


def test_ports_that_are_there_get_an_address_of_a_new_subnet(site: Cloud, place: Place) -> None:
    ports = [place.port(), place.port(fixed_ips=[])]
    service = place.port(device_owner="network:dhcp", fixed_ips=[{"ip_address": "10.3.0.30"}])
    managed = place.subnet(6, "fd00:4::/64", **dict.fromkeys(SLAAC, "dhcpv6-stateful"))
    six = place.subnet(6, "fd00:3::/64", **SLAAC)
    assert [subnets(place.seen(port)) for port in ports] == [[place.four, six], [six]]
    assert managed not in subnets(place.seen(ports[0])), "who manages addresses gives them when asked"
    assert subnets(place.seen(service)) == [place.four, six]
    assert site.ops() == []
    place.red.delete(f"subnets/{six}")
    assert [subnets(place.seen(port)) for port in ports] == [[place.four], []]


def test_subnets_for_other_roles_give_none(place: Place) -> None:
    place.subnet(6, "fd00:3::/64", service_types=["compute:nova"], **SLAAC)
    assert subnets(place.port(fixed_ips=[])) == []
