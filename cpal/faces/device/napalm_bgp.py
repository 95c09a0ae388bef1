"""NAPALM's normal form of BGP and routes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cpal.faces.device.deviations import Dialect
from cpal.model.device.bgp import AfiSafi, BgpConfig, BgpInstance, BgpNeighbor, PeerConfig, PeerGroup, PrefixLimit
from cpal.model.device.route import Route

GLOBAL = "global"


def _vrf(name: str | None, as_: Dialect) -> str:
    return as_.instead("vrf", GLOBAL) if name is None else name


def bgp_neighbors(value: Iterable[BgpInstance], as_: Dialect) -> Any:
    """BGP sessions by VRF and peer."""
    return {
        _vrf(each.vrf, as_): {
            "router_id": each.router_id or "",
            "peers": {peer.address: _peer(peer, as_) for peer in each.neighbors},
        }
        for each in value
    }


def _peer(value: BgpNeighbor, as_: Dialect) -> Any:
    return {
        "local_as": as_.told(value.local_as, "local_as", -1),
        "remote_as": as_.told(value.peer_as, "remote_as", -1),
        "remote_id": value.router_id or "",
        "is_up": bool(value.up),
        "is_enabled": bool(value.enabled),
        "description": value.description or "",
        "uptime": as_.told(value.established_s, "uptime", -1),
        "address_family": {_family(each.name, as_): _prefixes(each, as_) for each in value.afi_safis},
    }


def _family(name: str, as_: Dialect) -> str:
    """`IPV4_UNICAST` is `ipv4` to most drivers, `ipv4 unicast` to some."""
    words = name.lower().replace("_", " ")
    return words if as_.instead("family", "short") == "whole" else words.partition(" ")[0]


def _prefixes(value: AfiSafi, as_: Dialect) -> Any:
    return {
        "received_prefixes": as_.told(value.received, "received", -1),
        "accepted_prefixes": as_.told(value.accepted, "accepted", -1),
        "sent_prefixes": as_.told(value.sent, "sent", -1),
    }


def bgp_detail(value: Iterable[BgpInstance], as_: Dialect) -> Any:
    """BGP sessions by VRF and AS of the peer."""
    found: dict[str, dict[str, list[Any]]] = {}
    for instance in value:
        for peer in instance.neighbors:
            name = _vrf(instance.vrf, as_)
            found.setdefault(name, {}).setdefault(str(peer.peer_as), []).append(_peer_detail(peer, name, as_))
    return found


def _peer_detail(value: BgpNeighbor, vrf: str, as_: Dialect) -> Any:
    def number(count: int | None, field: str = "number") -> Any:
        return as_.told(count, field, as_.instead("number", -1))

    return {
        "up": bool(value.up),
        "local_as": number(value.local_as, "local_as"),
        "remote_as": number(value.peer_as, "remote_as"),
        "router_id": value.router_id or "",
        "local_address": value.local_address or "",
        "local_address_configured": value.local_address is not None,
        "local_port": number(value.local_port),
        "routing_table": vrf,
        "remote_address": value.address,
        "remote_port": number(value.remote_port),
        "multihop": bool(value.multihop),
        "multipath": bool(value.multipath),
        "remove_private_as": bool(value.remove_private_as),
        "import_policy": value.import_policy or "",
        "export_policy": value.export_policy or "",
        "input_messages": number(value.messages_received),
        "output_messages": number(value.messages_sent),
        "input_updates": number(value.updates_received),
        "output_updates": number(value.updates_sent),
        "messages_queued_out": number(value.queued_out),
        "connection_state": value.session_state or "",
        "previous_connection_state": value.previous_session_state or "",
        "last_event": value.last_event or "",
        "suppress_4byte_as": bool(value.suppress_4byte_as),
        "local_as_prepend": bool(value.local_as_prepend),
        "holdtime": number(value.hold_time_s),
        "configured_holdtime": number(value.configured_hold_time_s),
        "keepalive": number(value.keepalive_s),
        "configured_keepalive": number(value.configured_keepalive_s),
        "active_prefix_count": number(value.active_prefixes),
        "received_prefix_count": number(value.received_prefixes),
        "accepted_prefix_count": number(value.accepted_prefixes),
        "suppressed_prefix_count": number(value.suppressed_prefixes),
        "advertised_prefix_count": number(value.sent_prefixes),
        "flap_count": number(value.flaps, "flap_count"),
    }


def bgp_config(value: BgpConfig, as_: Dialect) -> Any:
    """Groups by name; `_` holds the peers that are in none, and is there wherever BGP is configured."""
    if value.local_as is None and not value.groups:
        return {}
    groups = value.groups if any(each.name is None for each in value.groups) else (PeerGroup(name=None), *value.groups)
    return {each.name or "_": _group(each, value.local_as, as_) for each in groups}


def _group(value: PeerGroup, local_as: int | None, as_: Dialect) -> Any:
    return {
        "type": value.type or "",
        "description": value.description or "",
        "apply_groups": list(value.apply_groups),
        "multihop_ttl": value.multihop_ttl or 0,
        "multipath": bool(value.multipath),
        "local_address": value.local_address or "",
        "local_as": value.local_as or local_as or 0,
        "remote_as": value.peer_as or 0,
        "import_policy": value.import_policy or "",
        "export_policy": value.export_policy or "",
        "remove_private_as": bool(value.remove_private_as),
        "prefix_limit": _limits(value.prefix_limits),
        "neighbors": {each.address: _peer_config(each, value, local_as, as_) for each in value.peers},
    }


def _peer_config(value: PeerConfig, group: PeerGroup, local_as: int | None, as_: Dialect) -> Any:
    def told(field: str) -> Any:
        own = getattr(value, field)
        return getattr(group, field) if own is None and as_.instead("inherit", False) else own

    return {
        "description": told("description") or "",
        "import_policy": told("import_policy") or "",
        "export_policy": told("export_policy") or "",
        "local_address": told("local_address") or "",
        "authentication_key": value.auth_password or "",
        "nhs": bool(told("next_hop_self")),
        "route_reflector_client": bool(value.route_reflector_client),
        "local_as": told("local_as") or local_as or 0,
        "remote_as": told("peer_as") or 0,
        "prefix_limit": _limits(value.prefix_limits),
    }


def _limits(value: Iterable[PrefixLimit]) -> Any:
    found: dict[str, dict[str, Any]] = {}
    for each in value:
        teardown = {"threshold": each.warning_percent or 0, "timeout": each.restart_min or 0}
        found.setdefault(each.afi, {})[each.safi] = {"limit": each.max_prefixes, "teardown": teardown}
    return found


def route_to(value: Iterable[Route], as_: Dialect) -> Any:
    """Routes by prefix."""
    found: dict[str, list[Any]] = {}
    for each in value:
        found.setdefault(each.prefix, []).append(_route(each, as_))
    return found


def _route(value: Route, as_: Dialect) -> Any:
    return {
        "protocol": value.protocol,
        "current_active": bool(value.active),
        "last_active": bool(value.active),
        "age": value.age_s or 0,
        "next_hop": "NULL" if value.discard else value.next_hop or "",
        "outgoing_interface": as_.told(value.interface, "outgoing_interface", ""),
        "selected_next_hop": bool(value.active),
        "preference": value.preference or 0,
        "inactive_reason": value.inactive_reason or "",
        "routing_table": value.vrf or "default",
        "protocol_attributes": _bgp_attributes(value),
    }


def _bgp_attributes(value: Route) -> Any:
    path = value.bgp
    if path is None:
        return {}
    told = {
        "metric": path.med,
        "local_preference": path.local_preference,
        "preference2": path.weight,
        "local_as": path.local_as,
        "remote_as": path.remote_as,
        "remote_address": path.remote_address,
    }
    return {
        "as_path": path.as_path or "",
        "communities": list(path.communities),
        **{name: each for name, each in told.items() if each is not None},
    }
