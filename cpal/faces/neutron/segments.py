"""Segments of networks. Source: Networking API v2.0, segments; extensions segment, standard-attr-segment.

A network has one segment or more. The first comes with the network; each further one is the network's way to another
physical network, in OVN a further `localnet` port, of which a host uses the one that it has the physical network for.
A segment is as old as its network, and changes with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from cpal.faces.drawn_id import drawn_id
from cpal.faces.http.message import Request, Response, json_response
from cpal.faces.identity.context import Context
from cpal.faces.neutron import listing as lists
from cpal.faces.neutron.attribute import UNSET, posted, put
from cpal.faces.neutron.fault import ApiFault, bad_request, conflict, not_found
from cpal.faces.neutron.revision import check_revision
from cpal.faces.neutron.scene import Scene, standard
from cpal.faces.neutron.service import Kept, Service
from cpal.faces.neutron.tables import SEGMENT
from cpal.faces.neutron.values import said
from cpal.model.carrying import carrier
from cpal.model.estate import Estate
from cpal.model.network import NETWORK_TYPES, OVERLAY_TYPES, Network, Port, Segment
from cpal.model.record import Claim
from cpal.model.target import Host

MIN_VLAN, MAX_VLAN = 1, 4094


def asked_segment(estate: Estate, kind: str | None, physical_network: str | None, number: int | None) -> Segment:
    """The segment that is asked for; a VLAN's number may be left out.

    Raises:
        ApiFault: there is none such, in Neutron's words.
    """
    wrong = _wrong(estate, kind, physical_network, number)
    if wrong:
        raise bad_request(f"Invalid input for operation: {wrong}.", "InvalidInput")
    return Segment(physical_network or "", kind or "", number or None if kind == "flat" else number)


def _wrong(estate: Estate, kind: str | None, physical_network: str | None, number: int | None) -> str:
    if kind is None:
        return "network_type required"
    if kind not in NETWORK_TYPES:
        return f"network_type value '{kind}' not supported"
    if kind in OVERLAY_TYPES:
        return f"provider:physical_network specified for {kind} network" if physical_network else ""
    if kind == "flat":
        if not physical_network:
            return "physical_network required for flat provider network"
        if _is_unknown(estate, physical_network):
            return f"physical_network '{said(physical_network)}' unknown for flat provider network"
        return "segmentation_id prohibited for flat provider network" if number else ""
    if physical_network and _is_unknown(estate, physical_network):
        return f"physical_network '{said(physical_network)}' unknown for VLAN provider network"
    if number is not None and not physical_network:
        return "segmentation_id requires physical_network for VLAN provider network"
    if number is not None and not MIN_VLAN <= number <= MAX_VLAN:
        return f"segmentation_id out of range ({MIN_VLAN} through {MAX_VLAN})"
    return ""


def _is_unknown(estate: Estate, physical_network: str) -> bool:
    """Whether there are hosts, and none is on the physical network."""
    return bool(estate.count(Host)) and not estate.ids("host.physical_network", physical_network)


def asked_segments(estate: Estate, given: Sequence[Mapping[str, Any]]) -> list[Segment]:
    """The segments that a new network is to have. Source: extension multi-provider.

    Raises:
        ApiFault: there are none such.
    """
    names = ("network_type", "physical_network", "segmentation_id")
    found = [asked_segment(estate, *(each.get(f"provider:{name}") for name in names)) for each in given]
    whole = [each for each in found if each.network_type == "flat" or each.segmentation_id is not None]
    if len(set(whole)) < len(whole):
        raise bad_request("Duplicate segment entry in request.", "SegmentsContainDuplicateEntry")
    return found


def shown_segments(network: Network) -> dict[str, Any]:
    """What a network shows of its segments: of one its attributes, of several a list of them."""
    segments = [_provided(segment) for segment in network.segments]
    return {"segments": segments} if len(segments) > 1 else segments[0]


def _provided(segment: Segment) -> dict[str, Any]:
    return {f"provider:{name}": value for name, value in _carried(segment).items()}


def _carried(segment: Segment) -> dict[str, Any]:
    return {
        "network_type": segment.network_type,
        "physical_network": segment.physical_network or None,
        "segmentation_id": segment.segmentation_id,
    }


def show_segment(scene: Scene, network: Network, segment: Segment) -> dict[str, Any]:
    """A segment as the API shows it."""
    age = standard(scene, network)
    return {
        "id": segment.id,
        "network_id": network.id,
        "name": segment.name or None,
        "description": segment.description,
        **_carried(segment),
        **{name: age[name] for name in ("created_at", "updated_at", "revision_number")},
    }


async def segments(api: Service, request: Request, words: list[str], context: Context) -> Response:
    """The segments of all networks, or one of them."""
    if not words and request.method in ("GET", "HEAD"):
        return _list(api, request, await api.scene(context))
    if not words and request.method == "POST":
        return await _create(api, request, context)
    if len(words) == 1 and request.method in ("GET", "HEAD"):
        return await _show(api, request, words[0], context)
    if len(words) == 1 and request.method == "PUT":
        return await _update(api, request, words[0], context)
    if len(words) == 1 and request.method == "DELETE":
        return await _delete(api, request, words[0], context)
    raise ApiFault(404 if len(words) > 1 else 405, "HTTPNotFound", "The resource could not be found.")


# Reading


def _list(api: Service, request: Request, scene: Scene) -> Response:
    asked = lists.parsed(request.query, SEGMENT)
    matches = lists.matching(asked, {})
    every = [
        show_segment(scene, network, segment)
        for network in _networks(api, scene, None if asked.marker else asked.filters.get("network_id"))
        for segment in network.segments
    ]
    if all(shown["id"] != asked.marker for shown in every):
        asked = asked._replace(marker="")  # as Neutron: the first page is behind one that is not there
    found = [shown for shown in every if matches(shown) or shown["id"] == asked.marker]
    page = lists.page(lists.arranged(found, asked), asked)
    told = [lists.picked(each, asked.fields) for each in page]
    url = f"{request.origin}/v2.0/segments"
    return json_response(200, lists.listed("segments", told, url, request.query, page, asked))


def _networks(api: Service, scene: Scene, ids: list[str] | None) -> Iterable[Network]:
    """The networks whose segments are asked about, as far as who asks may see any."""
    if not api.policy.allows("get_segment", scene.context, {}):
        return ()
    if ids is None:
        return scene.estate.all(Network)
    return [network for id in dict.fromkeys(ids) if (network := scene.estate.get(Network, id))]


async def _show(api: Service, request: Request, id: str, context: Context) -> Response:
    scene = await api.scene(context)
    asked = lists.parsed([pair for pair in request.query if pair[0] == "fields"], SEGMENT)
    shown = show_segment(scene, *_found(api, scene, id))
    return json_response(200, {"segment": lists.picked(shown, asked.fields)})


def _found(api: Service, scene: Scene, id: str) -> tuple[Network, Segment]:
    """The segment with this id, and its network.

    Raises:
        ApiFault: there is none, or not for who asks.
    """
    seen = api.policy.allows("get_segment", scene.context, {})
    for network in scene.estate.find("network.segment", id) if seen else ():
        return network, next(segment for segment in network.segments if segment.id == id)
    raise not_found("Segment", id)


# Writing


def _sent(request: Request) -> dict[str, Any]:
    body = request.json()
    found = body.get("segment") if isinstance(body, dict) else None
    if not isinstance(found, dict):
        raise bad_request("Unable to find 'segment' in request body")
    return found


async def _create(api: Service, request: Request, context: Context) -> Response:
    values = posted("segment", SEGMENT, _sent(request))
    id = drawn_id()
    physical_network, number = (
        None if values[name] is UNSET else values[name] for name in ("physical_network", "segmentation_id")
    )

    def decide(scene: Scene) -> Kept:
        api.policy.require("create_segment", context, {})
        asked = asked_segment(scene.estate, values["network_type"], physical_network, number)
        made = replace(asked, id=id, **_notes(values))
        network = scene.seen(Network, values["network_id"], "Network")
        return [replace(network, more_segments=(*network.more_segments, made))], ()

    scene = await api.write(context, decide, "POST segments")
    return json_response(201, {"segment": show_segment(scene, *_found(api, scene, id))})


def _notes(values: Mapping[str, Any]) -> dict[str, str]:
    return {name: values[name] or "" for name in ("name", "description") if name in values}


async def _update(api: Service, request: Request, id: str, context: Context) -> Response:
    values = put("segment", SEGMENT, _sent(request))
    await _change(
        api, request, id, context, "update_segment", lambda scene, network: _called(network, id, _notes(values))
    )
    return await _show(api, request, id, context)


async def _delete(api: Service, request: Request, id: str, context: Context) -> Response:
    await _change(api, request, id, context, "delete_segment", lambda scene, network: _lacking(scene, network, id))
    return Response(204)


async def _change(
    api: Service, request: Request, id: str, context: Context, rule: str, change: Callable[[Scene, Network], Network]
) -> None:
    def decide(scene: Scene) -> Kept:
        network, _ = _found(api, scene, id)
        check_revision(scene, request, network)
        api.policy.require(rule, context, {})
        return [change(scene, network)], ()

    await api.write(context, decide, f"{request.method} segments/{id}")


def _called(network: Network, id: str, notes: Mapping[str, str]) -> Network:
    """The network with other notes on a segment."""
    first, *more = network.segments
    if first.id == id:
        return replace(network, segment_notes=replace(network.segment_notes, **notes))
    return replace(network, more_segments=tuple(replace(each, **notes) if each.id == id else each for each in more))


def _lacking(scene: Scene, network: Network, id: str) -> Network:
    """The network without a segment; where that was the first, the next one is."""
    [gone] = [segment for segment in network.segments if segment.id == id]
    kept = [segment for segment in network.segments if segment.id != id]
    if not kept:
        raise _in_use(id, "it is the only one of its network, which goes with it")
    subnets = scene.estate.find("subnet.routed", network.id)
    if on := [each.id for each in subnets if each.physical_network == gone.physical_network]:
        raise _in_use(id, f"The segment is still associated with subnet(s) {', '.join(on)}")
    if bound := _bound(scene, network, gone):
        raise _in_use(id, f"The segment is still bound with {bound} port(s)")
    first, *more = kept
    return replace(network, **_carried_by(first), segment_notes=first.notes, more_segments=tuple(more))


def _carried_by(segment: Segment) -> dict[str, Any]:
    return {name: getattr(segment, name) for name in ("network_type", "physical_network", "segmentation_id")}


def _in_use(id: str, why: str) -> ApiFault:
    return conflict("SegmentInUse", f"Segment '{id}' cannot be deleted: {why}.")


def _bound(scene: Scene, network: Network, segment: Segment) -> int:
    """How many ports of a network are on hosts that are on a segment."""
    estate = scene.estate
    ports: list[Port] = estate.find("port.network", network.id)
    hosts = {name: _host(scene, name) for name in {carrier(estate, port).host_id for port in ports} - {""}}
    on = {name for name, host in hosts.items() if host and segment.physical_network in host.physical_networks}
    return sum(carrier(estate, port).host_id in on for port in ports)


def _host(scene: Scene, name: str) -> Host | None:
    key = scene.estate.holder(Claim("name", f"host {name}"))
    return scene.estate.get(Host, key.id) if key else None
