"""What is below a resource: the actions of routers and address groups, and tags.

Source: Networking API v2.0, routers (interfaces, extra routes), address-groups, extension standard-attr-tag.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from msgspec.structs import replace

from cpal.faces.http.message import Request, Response, json_response
from cpal.faces.identity.context import Context
from cpal.faces.neutron import interfaces, routers, subnet_pools, trunks
from cpal.faces.neutron.agents import dhcp_agents, gateways
from cpal.faces.neutron.bindings import bindings
from cpal.faces.neutron.bodies import json_object
from cpal.faces.neutron.fault import ApiFault, bad_request, inconvertible, invalid, not_allowed
from cpal.faces.neutron.groups import with_addresses, without_addresses
from cpal.faces.neutron.multihoming import rehomed
from cpal.faces.neutron.permission import refuse_member
from cpal.faces.neutron.policy_rules import RULES
from cpal.faces.neutron.resource import Resource, kept_tags
from cpal.faces.neutron.scene import Scene
from cpal.faces.neutron.service import Kept, Service
from cpal.faces.neutron.tables import ADDRESSES, TAG, TAGS
from cpal.faces.neutron.trunk_values import subports as subports_of
from cpal.faces.neutron.values import Type, items, prefix
from cpal.model.network import Port, Subnet
from cpal.model.record import Record

Member = Callable[[Service, Request, Resource, str, list[str], Context], Awaitable[Response]]
"""What answers a request below a resource: its id, and the words of the path after it."""


def _only(request: Request, *methods: str) -> None:
    if request.method not in methods:
        raise not_allowed()


async def add_interface(
    api: Service, request: Request, resource: Resource, id: str, words: list[str], context: Context
) -> Response:
    """Join a router to a subnet."""
    _only(request, "PUT")
    body = json_object(request)
    joined: list[Port] = []

    def decide(scene: Scene) -> Kept:
        router = api.found(scene, resource, id)
        refuse_member(scene, "add_router_interface", router)
        joined[:] = [interfaces.added_interface(scene, router, body)]
        return joined, ()

    scene = await api.write(context, decide, f"PUT routers/{id}/add_router_interface")
    port = scene.estate.get(Port, joined[0].id) or joined[0]
    router = api.found(scene, resource, id)
    return json_response(200, interfaces.interface_shown(scene, router, port, body.get("subnet_id")))


async def remove_interface(
    api: Service, request: Request, resource: Resource, id: str, words: list[str], context: Context
) -> Response:
    """Let a router leave a subnet."""
    _only(request, "PUT")
    body = json_object(request)
    left: list[Port] = []

    def decide(scene: Scene) -> Kept:
        router = api.found(scene, resource, id)
        refuse_member(scene, "remove_router_interface", router)
        port, dropped = interfaces.removed_interface(scene, router, body)
        left[:] = [port]
        return dropped.changed, [each.key for each in dropped.gone]

    scene = await api.write(context, decide, f"PUT routers/{id}/remove_router_interface")
    router = api.found(scene, resource, id)
    return json_response(200, interfaces.interface_shown(scene, router, left[0], body.get("subnet_id")))


def _of_router(decided: Callable[[Scene, Any, dict[str, Any]], Kept]) -> Member:
    """A call that changes a router as its body says, and answers with all of it."""

    async def answer(
        api: Service, request: Request, resource: Resource, id: str, words: list[str], context: Context
    ) -> Response:
        _only(request, "PUT")
        body = json_object(request)

        def decide(scene: Scene) -> Kept:
            return decided(scene, api.found(scene, resource, id), body)

        scene = await api.write(context, decide, f"PUT routers/{id}/{words[0]}")
        return json_response(200, {"router": resource.show(scene, api.found(scene, resource, id))})

    return answer


def _routes(change: Callable[[Scene, Any, Any], Record], rule: str) -> Member:
    def decided(scene: Scene, router: Any, body: dict[str, Any]) -> Kept:
        refuse_member(scene, rule, router)
        return [change(scene, router, body)], ()

    return _of_router(decided)


def _gateways(action: str) -> Member:
    def decided(scene: Scene, router: Any, body: dict[str, Any]) -> Kept:
        changed, gone = rehomed(scene, router, body, action)
        return changed, [each.key for each in gone]

    return _of_router(decided)


def _addresses(add: bool) -> Member:
    async def answer(
        api: Service, request: Request, resource: Resource, id: str, words: list[str], context: Context
    ) -> Response:
        _only(request, "PUT")
        body = json_object(request).get("address_group", json_object(request))
        try:
            given = ADDRESSES(body.get("addresses") if isinstance(body, dict) else None)
        except ValueError as error:
            raise invalid("addresses", f"{error}.") from None

        def decide(scene: Scene) -> Kept:
            group = api.found(scene, resource, id)
            refuse_member(scene, "add_addresses" if add else "remove_addresses", group)
            return [(with_addresses if add else without_addresses)(group, given)], ()

        scene = await api.write(context, decide, f"PUT address-groups/{id}/{words[0]}")
        return json_response(200, {"address_group": resource.show(scene, api.found(scene, resource, id))})

    return answer


def _prefixes(change: Callable[[Scene, Any, Any], Record], rule: str) -> Member:
    async def answer(
        api: Service, request: Request, resource: Resource, id: str, words: list[str], context: Context
    ) -> Response:
        _only(request, "PUT")
        listed = json_object(request).get("prefixes")
        if not isinstance(listed, list) or not listed:
            raise bad_request("Request body contains invalid data")
        try:
            given = items(prefix)(listed)
        except ValueError as error:
            raise invalid("prefixes", f"{error}.") from None

        def decide(scene: Scene) -> Kept:
            pool = api.found(scene, resource, id)
            refuse_member(scene, rule, pool)
            return [change(scene, pool, given)], ()

        scene = await api.write(context, decide, f"PUT subnetpools/{id}/{words[0]}")
        return json_response(200, {"prefixes": list(api.found(scene, resource, id).prefixes)})

    return answer


async def onboard(
    api: Service, request: Request, resource: Resource, id: str, words: list[str], context: Context
) -> Response:
    """Let the subnets of a network be from a pool. Source: extension subnet_onboard."""
    _only(request, "PUT")
    network_id = json_object(request).get("network_id")
    if network_id is None:
        raise inconvertible("network_id must be specified..")
    onboarded: list[Subnet] = []

    def decide(scene: Scene) -> Kept:
        pool = api.found(scene, resource, id)
        refuse_member(scene, "onboard_network_subnets", pool)
        wider, onboarded[:] = subnet_pools.onboarded(scene, pool, str(network_id))
        return [wider, *onboarded], ()

    await api.write(context, decide, f"PUT subnetpools/{id}/onboard_network_subnets")
    return json_response(200, [{"id": subnet.id, "cidr": subnet.cidr} for subnet in onboarded])


async def subports(
    api: Service, request: Request, resource: Resource, id: str, words: list[str], context: Context
) -> Response:
    """The subports of a trunk."""
    _only(request, "GET", "HEAD")
    scene = await api.scene(context)
    trunk = api.found(scene, resource, id)
    refuse_member(scene, "get_subports", trunk)
    return json_response(200, trunks.shown_subports(trunk))


def _subports(change: Callable[[Scene, Any, Any], Record], rule: str) -> Member:
    async def answer(
        api: Service, request: Request, resource: Resource, id: str, words: list[str], context: Context
    ) -> Response:
        _only(request, "PUT")
        try:
            given = subports_of(json_object(request).get("sub_ports"))
        except ValueError as error:
            raise bad_request(f"Invalid input for operation: {error}.", "InvalidInput") from None

        def decide(scene: Scene) -> Kept:
            trunk = api.found(scene, resource, id)
            refuse_member(scene, rule, trunk)
            return [change(scene, trunk, given)], ()

        scene = await api.write(context, decide, f"PUT trunks/{id}/{words[0]}")
        scene = scene._replace(statuses=(await api.scene(context, ports=True)).statuses)
        return json_response(200, resource.show(scene, api.found(scene, resource, id)))

    return answer


DOES = {"GET": "get", "HEAD": "get", "POST": "create", "PUT": "update", "DELETE": "delete"}
"""What policy calls a request about tags."""


def _tags(type: Type, given: Any) -> Any:
    try:
        return type(given)
    except ValueError as error:
        raise bad_request(f"Invalid input for operation: {error}.", "InvalidInput") from None


def _tags_rule(resource: Resource, method: str) -> str:
    """The rule about the tags of a resource; where Neutron has tags of none such, the one about the resource."""
    action = DOES.get(method, "update")
    rule = f"{action}_{resource.policy_name}:tags"
    return rule if rule in RULES else f"{'get' if action == 'get' else 'update'}_{resource.policy_name}"


async def tags(
    api: Service, request: Request, resource: Resource, id: str, words: list[str], context: Context
) -> Response:
    """Read, set, add and remove the tags of a resource."""
    method, named = request.method, words[1:]
    if len(named) > 1:
        raise ApiFault(404, "HTTPNotFound", "The resource could not be found.")
    rule = _tags_rule(resource, method)
    if method in ("GET", "HEAD"):
        scene = await api.scene(context)
        record = api.found(scene, resource, id)
        refuse_member(scene, rule, record)
        if not named:
            return json_response(200, {"tags": list(record.tags)})
        _refuse_missing(record, named[0])
        return Response(204)
    given = _given_tags(request, named)

    def decide(scene: Scene) -> Kept:
        record = api.found(scene, resource, id)
        refuse_member(scene, rule, record)
        changed = replace(record, tags=_changed(record, method, named, given, resource))
        return [resource.kept(scene.estate, changed)], ()

    await api.write(context, decide, f"{method} {resource.collection}/{id}/tags")
    if method == "DELETE":
        return Response(204)
    return json_response(201, None) if named else json_response(200, request.json())


def _given_tags(request: Request, named: list[str]) -> tuple[str, ...]:
    if named:
        _only(request, "PUT", "DELETE")
        return (_tags(TAG, named[0]),)
    _only(request, "PUT", "DELETE", "POST")
    if request.method == "DELETE":
        return ()
    body = request.json() if request.body else {}
    if not isinstance(body, dict) or "tags" not in body:
        raise bad_request("Invalid input for operation: Invalid tags body.", "InvalidInput")
    found: tuple[str, ...] = _tags(TAGS, body["tags"])
    return found


def _changed(
    record: Record, method: str, named: list[str], given: tuple[str, ...], resource: Resource
) -> tuple[str, ...]:
    if method == "DELETE":
        if named:
            _refuse_missing(record, named[0])
        return tuple(tag for tag in record.tags if named and tag != named[0])
    return kept_tags(resource.collection, (*(record.tags if named or method == "POST" else ()), *given))


def _refuse_missing(record: Record, tag: str) -> None:
    if tag not in record.tags:
        raise ApiFault(404, "TagNotFound", f"Tag {tag} could not be found.")


async def packet_rules(
    api: Service, request: Request, resource: Resource, id: str, words: list[str], context: Context
) -> Response:
    """Say that packets are not counted."""
    raise ApiFault(404, "HTTPNotFound", "OVN's meters count bits, not packets: use bandwidth_limit_rules.")


async def untagged(
    api: Service, request: Request, resource: Resource, id: str, words: list[str], context: Context
) -> Response:
    """Say that there are no tags of such a resource."""
    raise ApiFault(404, "HTTPNotFound", "The resource could not be found.")


MEMBERS: dict[tuple[str, str], Member] = {
    ("routers", "add_router_interface"): add_interface,
    ("routers", "remove_router_interface"): remove_interface,
    ("routers", "add_extraroutes"): _routes(routers.added_routes, "add_extraroutes"),
    ("routers", "remove_extraroutes"): _routes(routers.removed_routes, "remove_extraroutes"),
    **{("routers", f"{action}_external_gateways"): _gateways(action) for action in ("add", "update", "remove")},
    ("address-groups", "add_addresses"): _addresses(True),
    ("address-groups", "remove_addresses"): _addresses(False),
    ("subnetpools", "add_prefixes"): _prefixes(subnet_pools.widened, "add_prefixes"),
    ("subnetpools", "remove_prefixes"): _prefixes(subnet_pools.narrowed, "remove_prefixes"),
    ("subnetpools", "onboard_network_subnets"): onboard,
    ("policies", "packet_rate_limit_rules"): packet_rules,
    ("policies", "minimum_packet_rate_rules"): packet_rules,
    ("ports", "bindings"): bindings,
    ("routers", "l3-agents"): gateways,
    ("networks", "dhcp-agents"): dhcp_agents,
    ("trunks", "get_subports"): subports,
    ("trunks", "add_subports"): _subports(trunks.added_subports, "add_subports"),
    ("trunks", "remove_subports"): _subports(trunks.removed_subports, "remove_subports"),
    ("logs", "tags"): untagged,
    ("", "tags"): tags,
}
"""What answers below a resource, by its collection ("" for any) and the first word."""
