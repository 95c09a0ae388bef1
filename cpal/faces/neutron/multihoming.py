"""Routers with several external gateways: some more, others, or some less of them.

Theory. A gateway has no name: what is sent is matched to the ports that a router has as gateways, by network and, where
it has several there, by address. The first of them is what `external_gateway_info` shows; when it goes, the next is.

Source: Networking API v2.0, routers; extension external-gateway-multihoming.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple

from msgspec.structs import replace

from cpal.faces.neutron.fault import ApiFault, bad_request, invalid
from cpal.faces.neutron.qos_use import asked_policy
from cpal.faces.neutron.routers import (
    outer_port,
    outer_ports,
    outside_network,
    refuse_without_way,
    with_gateways,
)
from cpal.faces.neutron.scene import Scene, target_of
from cpal.faces.neutron.tables import GATEWAYS
from cpal.model.network import Network, Port
from cpal.model.record import Record
from cpal.model.router import Router, placements_gone

Asked = Mapping[str, Any]
"""One gateway as it is sent."""


class Rehomed(NamedTuple):
    """The records of a router that has other gateways than before, and those that go."""

    changed: list[Record]
    gone: list[Record]


NOTHING: Asked = {}
Change = Callable[[Scene, Router, Sequence[Asked]], Rehomed]


def rehomed(scene: Scene, router: Router, body: Any, action: str) -> Rehomed:
    """What an action (`add`, `update` or `remove`) on a router's gateways comes to; without them it comes to nothing.

    Raises:
        ApiFault: what is sent cannot be, or matches none of the router's gateways.
        Forbidden: naming the rule.
    """
    inside = body.get("router") if isinstance(body, dict) else None
    if not isinstance(inside, dict):
        raise bad_request("Body contains invalid data")
    given = _given(inside)
    rules = scene.policy.demanded(action, "external_gateways", {"external_gateways": list(given)} if given else {})
    for rule in rules:
        scene.policy.require(rule, scene.context, target_of(scene, router))
    if "external_gateways" not in inside:
        return Rehomed([router], [])
    return _CHANGES[action](scene, router, given)


def _given(inside: Mapping[str, Any]) -> Sequence[Asked]:
    """The gateways that are sent; none where something empty is, as `openstack router unset` sends an object."""
    try:
        found: Sequence[Asked] = GATEWAYS(inside.get("external_gateways") or [])
    except ValueError as error:
        raise invalid("external_gateways", f"{error}.") from None
    return found


def _added(scene: Scene, router: Router, given: Sequence[Asked]) -> Rehomed:
    """The router with these gateways behind those that it has."""
    before = outer_ports(scene.estate, router)
    more = [outer_port(scene, router, None, outside_network(scene, each), each) for each in given]
    return _with(scene, router, [*before, *more], more, given[0] if given and not before else {})


def _removed(scene: Scene, router: Router, given: Sequence[Asked]) -> Rehomed:
    """The router without these gateways."""
    before = outer_ports(scene.estate, router)
    if not before:
        message = f"Unable to remove extra gateways from a router {router.id}: it has no external gateways"
        raise bad_request(message, "UnableToRemoveGateways")
    leaving = set()
    for each in given:
        network = outside_network(scene, each)
        port = _match(router, before, network, each)
        if port is None:
            raise _unmatched(router, f"none is on network {network.id} with these addresses")
        leaving.add(port.id)
    return _with(scene, router, [port for port in before if port.id not in leaving], ())


def _updated(scene: Scene, router: Router, given: Sequence[Asked]) -> Rehomed:
    """The router with these gateways: those that it has and are asked for stay, in the order asked for."""
    before = outer_ports(scene.estate, router)
    after: list[Port] = []
    for each in given:
        network = outside_network(scene, each)
        free = [port for port in before if port.id not in {kept.id for kept in after}]
        port = _match(router, free, network, each)
        if port is None and not after and before and before[0].network_id == network.id:
            port = before[0]
        after.append(outer_port(scene, router, port, network, each))
    return _with(scene, router, after, after, {"enable_snat": True, **given[0]} if given else {})


_CHANGES: Mapping[str, Change] = {"add": _added, "update": _updated, "remove": _removed}


def _match(router: Router, ports: Collection[Port], network: Network, asked: Asked) -> Port | None:
    """The gateway that is asked for: the one on the network, of several the one with one of the addresses."""
    there = [port for port in ports if port.network_id == network.id]
    wanted = {each.get("ip_address") for each in asked.get("external_fixed_ips", ())}
    if wanted:
        return next((port for port in there if wanted.intersection(port.addresses)), None)
    if len(there) > 1:
        raise _unmatched(router, f"several are on network {network.id}: say external_fixed_ips")
    return next(iter(there), None)


def _unmatched(router: Router, why: str) -> ApiFault:
    message = f"Unable to match a requested gateway port to existing gateway ports for router {router.id}: {why}"
    return bad_request(message, "UnableToMatchGateways")


def _with(
    scene: Scene, router: Router, ports: Sequence[Port], changed: Collection[Port], first: Asked = NOTHING
) -> Rehomed:
    """The router with the gateways of these ports, of which some changed or are new, the first as it is asked for."""
    kept = {port.id for port in ports}
    leaving = [port for port in outer_ports(scene.estate, router) if port.id not in kept]
    refuse_without_way(scene, router, {port.id for port in leaving})
    after, placed = with_gateways(router, ports), scene.estate.find("placement.subject", router.id)
    info = after.external_gateway_info
    if info is not None:
        policy = asked_policy(scene, first, info.qos_policy_id)
        info = replace(info, enable_snat=first.get("enable_snat", info.enable_snat), **policy)
        after = replace(after, external_gateway_info=info)
    return Rehomed([after, *changed], [*leaving, *placements_gone(after, placed)])
