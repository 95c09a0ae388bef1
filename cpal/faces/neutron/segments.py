"""Segments of networks. Source: Networking API v2.0, segments; extension segment.

Each network is one segment, which comes and goes with it, and that is what is told of it here. A network of several
is a routed one: in OVN, a switch with several `localnet` ports, of which each host reaches one, so that addresses
depend on the host, and what lies between the segments is nobody's to see from here. That is refused, and so are
subnets of one segment.
"""

from __future__ import annotations

from typing import Any
from uuid import NAMESPACE_OID, uuid5

from cpal.faces.http.message import Request, Response, json_response
from cpal.faces.identity.context import Context
from cpal.faces.neutron import listing as lists
from cpal.faces.neutron.attribute import shown
from cpal.faces.neutron.fault import ApiFault, bad_request, conflict, not_found
from cpal.faces.neutron.scene import Scene, standard
from cpal.faces.neutron.service import Service
from cpal.model.network import Network

ATTRIBUTES = {
    name: shown()
    for name in (
        "id", "network_id", "name", "description", "network_type", "physical_network", "segmentation_id",
        "created_at", "updated_at", "revision_number",
    )
}  # fmt: skip
ONE = "each network is one segment, which is made with it, changed with it and deleted with it"


def segment_id(network: Network) -> str:
    """The id of a network's segment."""
    return str(uuid5(NAMESPACE_OID, f"segment {network.id}"))


def show_segment(scene: Scene, network: Network) -> dict[str, Any]:
    """A network's segment as the API shows it."""
    age = standard(scene, network)
    return {
        "id": segment_id(network),
        "network_id": network.id,
        "name": None,
        "description": "",
        "network_type": network.network_type,
        "physical_network": network.physical_network or None,
        "segmentation_id": network.segmentation_id,
        **{name: age[name] for name in ("created_at", "updated_at", "revision_number")},
    }


async def segments(api: Service, request: Request, words: list[str], context: Context) -> Response:
    """The segments of all networks, or one of them."""
    scene = await api.scene(context)
    if request.method in ("GET", "HEAD") and not words:
        return _list(api, request, scene)
    if request.method == "POST" and not words:
        api.policy.require("create_segment", context, {})
        raise bad_request(f"Invalid input for operation: {ONE}.", "InvalidInput")
    if len(words) != 1 or request.method not in ("GET", "HEAD", "PUT", "DELETE"):
        raise ApiFault(404, "HTTPNotFound", "The resource could not be found.")
    network = _found(api, scene, words[0])
    if request.method == "PUT":
        api.policy.require("update_segment", context, {})
        raise bad_request(f"Invalid input for operation: {ONE}.", "InvalidInput")
    if request.method == "DELETE":
        api.policy.require("delete_segment", context, {})
        raise conflict("SegmentInUse", f"Segment '{words[0]}' cannot be deleted: {ONE}.")
    asked = lists.parsed([pair for pair in request.query if pair[0] == "fields"], ATTRIBUTES)
    return json_response(200, {"segment": lists.picked(show_segment(scene, network), asked.fields)})


def _list(api: Service, request: Request, scene: Scene) -> Response:
    asked = lists.parsed(request.query, ATTRIBUTES)
    networks = scene.estate.all(Network) if api.policy.allows("get_segment", scene.context, {}) else ()
    matches = lists.matching(asked, {})
    found = [shown for network in networks if matches(shown := show_segment(scene, network))]
    page = lists.page(lists.arranged(found, asked), asked)
    body: dict[str, Any] = {"segments": [lists.picked(each, asked.fields) for each in page]}
    base = f"{request.origin}/v2.0/segments"
    if asked.limit and (links := lists.links(base, request.query, page, asked)):
        body["segments_links"] = links
    return json_response(200, body)


def _found(api: Service, scene: Scene, id: str) -> Network:
    """The network whose segment has this id.

    Raises:
        ApiFault: there is none, or not for who asks.
    """
    networks = scene.estate.all(Network) if api.policy.allows("get_segment", scene.context, {}) else ()
    found = next((network for network in networks if segment_id(network) == id), None)
    if found is None:
        raise not_found("Segment", id)
    return found
