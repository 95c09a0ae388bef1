"""How many addresses of networks are in use, and how many there are: of each subnet, and of all of a network's.

Addresses are those of ports and of floating IPs. All there are is what allocation pools hold; a subnet without pools
counts whole. The details count both in the prefix and in the pools.

Source: Networking API v2.0, network-ip-availabilities; extensions network-ip-availability and its -details.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from cpal.faces.http.message import Request, Response, json_response
from cpal.faces.identity.context import Context
from cpal.faces.neutron import listing as lists
from cpal.faces.neutron.attribute import Attributes, shown
from cpal.faces.neutron.fault import ApiFault, not_found
from cpal.faces.neutron.scene import Scene, owner
from cpal.faces.neutron.service import Service
from cpal.model.address import number, span, version_of
from cpal.model.estate import Estate
from cpal.model.network import Network, Port, Subnet
from cpal.model.router import FloatingIP

AVAILABILITY: Attributes = {
    "network_id": shown(),
    "network_name": shown(),
    "project_id": shown(),
    "ip_version": shown()._replace(visible=False),
    **{name: shown(False) for name in ("subnet_ip_availability", "used_ips", "total_ips", "ip_availability_details")},
}
BESIDES_HOSTS = 2
"""The addresses of an IPv4 prefix that no host has: the network's own, and broadcast."""


async def ip_availabilities(api: Service, request: Request, words: list[str], context: Context) -> Response:
    """The availability in all networks, or in one: the administrator's to know, as how full others' networks are."""
    if request.method not in ("GET", "HEAD") or len(words) > 1:
        raise ApiFault(404, "HTTPNotFound", "The resource could not be found.")
    scene = await api.scene(context)
    allowed = api.policy.allows("get_network_ip_availability", context, {"tenant_id": "", "project_id": ""})
    if words:
        asked = lists.parsed([pair for pair in request.query if pair[0] == "fields"], AVAILABILITY)
        network = scene.estate.get(Network, words[0])
        if network is None:
            raise not_found("Network", words[0])
        if not allowed:
            raise ApiFault(404, "HTTPNotFound", "The resource could not be found.")
        found = _told(_availability(scene.estate, network, ()), asked)
        return json_response(200, {"network_ip_availability": found})
    asked = lists.parsed(request.query, AVAILABILITY)
    page = lists.page(lists.arranged(list(_matching(scene, asked)) if allowed else [], asked), asked)
    told = [_told(each, asked) for each in page]
    url = f"{request.origin}/v2.0/network-ip-availabilities"
    return json_response(200, lists.listed("network_ip_availabilities", told, url, request.query, page, asked))


def _told(found: lists.Shown, asked: lists.Listing) -> lists.Shown:
    """What is shown: the id, by which pages go, is the network's and not told again."""
    return lists.picked({key: value for key, value in found.items() if key != "id"}, asked.fields)


def _matching(scene: Scene, asked: lists.Listing) -> Iterator[lists.Shown]:
    """What is asked for; of networks with subnets of the versions of IP that are named, these alone."""
    versions = asked.filters.get("ip_version", [])
    others = {key: values for key, values in asked.filters.items() if key != "ip_version"}
    matches = lists.matching(asked._replace(filters=others), {})
    for network in scene.estate.all(Network):
        found = _availability(scene.estate, network, versions)
        if matches(found) and (found["subnet_ip_availability"] or not versions):
            yield found


def _availability(estate: Estate, network: Network, versions: Sequence[str]) -> lists.Shown:
    subnets: list[Subnet] = estate.find("subnet.network", network.id)
    outside: list[FloatingIP] = estate.find("floating_ip.network", network.id)
    wanted = [subnet for subnet in sorted(subnets, key=lambda each: each.id)
              if not versions or str(subnet.ip_version) in versions]  # fmt: skip
    parts = [_of_subnet(estate, subnet, outside) for subnet in wanted]
    return {
        "id": network.id,
        "network_id": network.id,
        "network_name": network.name,
        **owner(network),
        "subnet_ip_availability": parts,
        "used_ips": sum(part["used_ips"] for part in parts),
        "total_ips": sum(part["total_ips"] for part in parts),
        "ip_availability_details": _sums(part["ip_availability_details"] for part in parts),
    }


def _of_subnet(estate: Estate, subnet: Subnet, outside: Iterable[FloatingIP]) -> dict[str, Any]:
    cidr = span(subnet.cidr)
    pools = [(number(pool.start), number(pool.end)) for pool in subnet.allocation_pools or ()]
    used = [number(address) for address in _addresses(estate, subnet, outside)]
    pooled = sum(high - low + 1 for low, high in pools)
    size = cidr.last - cidr.first + 1
    return {
        "subnet_id": subnet.id,
        "ip_version": subnet.ip_version,
        "cidr": subnet.cidr,
        "subnet_name": subnet.name,
        "used_ips": len(used),
        "total_ips": pooled or size,
        "ip_availability_details": {
            "total_ips_in_subnet": size - (BESIDES_HOSTS if subnet.ip_version == 4 else 0),
            "total_ips_in_allocation_pool": pooled,
            "used_ips_in_subnet": len(used),
            "used_ips_in_allocation_pool": sum(any(low <= each <= high for low, high in pools) for each in used),
        },
    }


def _addresses(estate: Estate, subnet: Subnet, outside: Iterable[FloatingIP]) -> Iterator[str]:
    """The addresses of a subnet that are somebody's."""
    ports: list[Port] = estate.find("port.subnet", subnet.id)
    for port in ports:
        yield from (fixed.ip_address for fixed in port.fixed_ips or () if fixed.subnet_id == subnet.id)
    cidr = span(subnet.cidr)
    for floating in outside:
        address = floating.floating_ip_address
        if address and version_of(address) == cidr.version and cidr.first <= number(address) <= cidr.last:
            yield address


_DETAILS = ("total_ips_in_subnet", "total_ips_in_allocation_pool", "used_ips_in_subnet", "used_ips_in_allocation_pool")


def _sums(parts: Iterable[dict[str, int]]) -> dict[str, int]:
    found: Counter[str] = Counter(dict.fromkeys(_DETAILS, 0))
    for part in parts:
        found.update(part)
    return dict(found)
