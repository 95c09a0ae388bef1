"""Where floating IPs come from: the IPv4 subnets of the external networks that who asks may use.

Source: Networking API v2.0, floatingip_pools; extension floatingip-pools.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cpal.faces.http.message import Request, Response, json_response
from cpal.faces.identity.context import Context
from cpal.faces.neutron import listing as lists
from cpal.faces.neutron.attribute import Attributes, shown
from cpal.faces.neutron.fault import ApiFault
from cpal.faces.neutron.scene import Scene
from cpal.faces.neutron.service import Service
from cpal.model.network import Network, Subnet
from cpal.model.rbac import EVERYONE

POOL: Attributes = {
    name: shown(name != "cidr") for name in ("subnet_id", "subnet_name", "network_id", "cidr", "project_id")
}


async def floating_ip_pools(api: Service, request: Request, words: list[str], context: Context) -> Response:
    """The pools; each is said to be of the project that asks."""
    if request.method not in ("GET", "HEAD") or words:
        raise ApiFault(404, "HTTPNotFound", "The resource could not be found.")
    asked = lists.parsed(request.query, POOL)
    matches = lists.matching(asked, {})
    scene = await api.scene(context)
    owner = {"project_id": context.project_id, "tenant_id": context.project_id}
    found: list[lists.Shown] = []
    if api.policy.allows("get_floatingip_pool", context, owner):
        found = [pool for subnet in _usable(scene) if matches(pool := {**_shown(subnet), **owner})]
    return json_response(
        200, {"floatingip_pools": [lists.picked(each, asked.fields) for each in lists.arranged(found, asked)]}
    )


def _shown(subnet: Subnet) -> dict[str, Any]:
    return {
        "subnet_id": subnet.id,
        "subnet_name": subnet.name,
        "network_id": subnet.network_id,
        "cidr": subnet.cidr,
    }


def _usable(scene: Scene) -> Iterator[Subnet]:
    """The subnets of which who asks may have a floating IP."""
    networks: list[Network] = scene.estate.find("network.open", EVERYONE)
    for network in networks:
        if network.external and scene.may_see("get_network", network):
            subnets: list[Subnet] = scene.estate.find("subnet.network", network.id)
            yield from (subnet for subnet in subnets if subnet.ip_version == 4)
