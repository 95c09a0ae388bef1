"""Auto-allocated topologies: a network with a way out for a project that only asks for one.

It is a network with a subnet from each default pool, and a router from there to the default external network, made in
one write: there is all of it or nothing. The ids of network and router follow from the project's, so that what a
project has of it is found without a record of it.

Source: Networking API v2.0, auto-allocated-topologies.
"""

from __future__ import annotations

from typing import Any
from uuid import NAMESPACE_OID, uuid5

from msgspec.structs import replace

from cpal.core.allocate import default_gateway
from cpal.faces.drawn_id import drawn_id
from cpal.faces.http.message import Request, Response, json_response
from cpal.faces.identity.context import Context
from cpal.faces.neutron.attribute import posted
from cpal.faces.neutron.fault import ApiFault, bad_request, conflict, not_allowed
from cpal.faces.neutron.interfaces import added_interface, removed_interface
from cpal.faces.neutron.networks import default_network, drop_network, make_network, make_subnet
from cpal.faces.neutron.resource import Values
from cpal.faces.neutron.routers import drop_router, interfaces, make_router
from cpal.faces.neutron.scene import Scene
from cpal.faces.neutron.service import Kept, Service
from cpal.faces.neutron.subnet_pools import default_pool
from cpal.faces.neutron.tables import NETWORK, ROUTER, SUBNET
from cpal.model.network import Network, Subnet
from cpal.model.record import Key, Record
from cpal.model.router import Router
from cpal.model.subnet_pool import SubnetPool

DRY_RUN = "dry-run"


def network_id(project_id: str) -> str:
    """The id of the network that a project gets."""
    return str(uuid5(NAMESPACE_OID, f"auto-allocated network {project_id}"))


def router_id(project_id: str) -> str:
    """The id of the router that a project gets."""
    return str(uuid5(NAMESPACE_OID, f"auto-allocated router {project_id}"))


async def topologies(api: Service, request: Request, words: list[str], context: Context) -> Response:
    """Get a project its topology, say whether it could get one, or take it away."""
    if len(words) != 1:
        raise ApiFault(404, "HTTPNotFound", "The resource could not be found.")
    project_id = context.project_id if words[0] in ("None", "null") else words[0]
    target = {"tenant_id": project_id, "project_id": project_id}
    if request.method in ("GET", "HEAD"):
        _require(api, "get_auto_allocated_topology", context, target)
        return await _given(api, request, project_id, context)
    if request.method != "DELETE":
        raise not_allowed()
    _require(api, "delete_auto_allocated_topology", context, target)
    await api.write(
        context, lambda scene: _taken_away(scene, project_id), f"DELETE auto-allocated-topology/{project_id}"
    )
    return Response(204)


def _require(api: Service, rule: str, context: Context, target: dict[str, str]) -> None:
    """Nothing, if the rule allows it; else Neutron does not say which."""
    if not api.policy.allows(rule, context, target):
        raise ApiFault(403, "NotAuthorized", "Not authorized.")


async def _given(api: Service, request: Request, project_id: str, context: Context) -> Response:
    asked = [value for key, value in request.query if key == "fields"]
    scene = await api.scene(context)
    if DRY_RUN in asked:
        _outside(scene)
        if not _pools(scene):
            raise _failed("No default subnetpools defined")
        return _shown("dry-run=pass", project_id)
    if asked:
        raise bad_request("Bad auto_allocate request: Unrecognized field.", "BadRequest")
    if scene.estate.get(Network, network_id(project_id)) is None:
        # a role that only reads may not have something made for it
        api.policy.require("create_network", context, {"tenant_id": project_id, "project_id": project_id})
        words = f"GET auto-allocated-topology/{project_id}"
        await api.write(context, lambda scene: (_made(scene, project_id), ()), words, draws_vni=True)
    return _shown(network_id(project_id), project_id)


def _shown(id: str, project_id: str) -> Response:
    return json_response(
        200, {"auto_allocated_topology": {"id": id, "tenant_id": project_id, "project_id": project_id}}
    )


def _failed(why: str) -> ApiFault:
    return conflict("AutoAllocationFailure", f"Deployment error: {why}.")


def _outside(scene: Scene) -> Network:
    """The network that the way out leads to."""
    found = default_network(scene)
    if found is None:
        raise _failed("No default router:external network")
    return found


def _pools(scene: Scene) -> list[SubnetPool]:
    """The default pools that who asks may use."""
    found = (default_pool(scene, version) for version in (4, 6))
    return [pool for pool in found if pool is not None and scene.may("get_subnetpool", pool)]


def _made(scene: Scene, project_id: str) -> list[Record]:
    """The records of a new topology; none, where another request was faster."""
    if scene.estate.get(Network, network_id(project_id)) is not None:
        return []
    outside = _outside(scene)
    try:
        scene, inside, subnets = _private(scene, project_id)
    except ApiFault:
        raise _failed("Unable to provide project private network") from None
    way_out: list[Record] = []
    router = scene.estate.get(Router, router_id(project_id))
    if router is None:
        gateway = {"name": "auto_allocated_router", "external_gateway_info": {"network_id": outside.id}}
        way_out = [*make_router(scene, router_id(project_id), _values("router", ROUTER, project_id, gateway))]
        scene = scene.having(way_out)
        router = scene.estate.get(Router, router_id(project_id))
    assert router is not None
    for subnet in subnets:
        way_out.append(added_interface(scene, router, {"subnet_id": subnet.id}))
    return [*{record.key: record for record in (*inside, *way_out)}.values()]


def _private(scene: Scene, project_id: str) -> tuple[Scene, list[Record], list[Subnet]]:
    """A network with a subnet from each pool: the scene with them, all their records, and the subnets."""
    id = network_id(project_id)
    found = [*make_network(scene, id, _values("network", NETWORK, project_id, {"name": "auto_allocated_network"}))]
    scene = scene.having(found)
    subnets = []
    for pool in _pools(scene):
        asked = {"name": f"auto_allocated_subnet_v{pool.ip_version}", "network_id": id, "ip_version": pool.ip_version,
                 "subnetpool_id": pool.id}  # fmt: skip
        subnet = next(iter(make_subnet(scene, drawn_id(), _values("subnet", SUBNET, project_id, asked))))
        assert isinstance(subnet, Subnet)
        subnets.append(replace(subnet, gateway_ip=default_gateway(subnet.cidr)))
        scene = scene.having(subnets[-1:])
    if not subnets:
        raise _failed("No default subnetpools defined")
    return scene, [*found, *subnets], subnets


def _values(name: str, attributes: Any, project_id: str, body: dict[str, Any]) -> Values:
    return posted(name, attributes, {**body, "project_id": project_id})


def _taken_away(scene: Scene, project_id: str) -> Kept:
    """What goes with a topology: nothing, where there is none; all of it, or a fault."""
    gone: list[Record] = []
    router = scene.estate.get(Router, router_id(project_id))
    if router is not None:
        for port in interfaces(scene.estate, router.id):
            if port.network_id == network_id(project_id):
                gone.append(removed_interface(scene, router, {"port_id": port.id})[0])
        gone += drop_router(scene.lacking(gone), router).gone
    network = scene.estate.get(Network, network_id(project_id))
    if network is not None:
        gone += drop_network(scene.lacking(gone), network).gone
    keys: list[Key] = [record.key for record in gone]
    return (), keys
