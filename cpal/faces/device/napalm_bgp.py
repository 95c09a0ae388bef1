"""NAPALM's normal form of BGP and routes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import msgspec

from cpal.faces.device.deviations import Dialect
from cpal.model.device.bgp import AfiSafi, BgpConfig, BgpInstance, BgpNeighbor, PeerConfig, PeerGroup
from cpal.model.device.route import BgpPath, Route

GLOBAL = "global"
WORDS = {
    "IPV4_FLOWSPEC": "flow",
    "L3VPN_IPV4_UNICAST": "vpnv4 unicast",
    "L3VPN_IPV6_UNICAST": "vpnv6 unicast",
}
"""Families that NAPALM has other words for."""


def _vrf(name: str | None, as_: Dialect) -> str:
    return as_.instead("vrf", GLOBAL) if name is None else name


def bgp_neighbors(value: Iterable[BgpInstance], as_: Dialect) -> Any:
    """BGP sessions by VRF and peer."""
    return {
        _vrf(each.vrf, as_): {
            "router_id": each.router_id or "",
            "peers": {peer.address: _peer(peer, as_) for peer in _kept(each, as_)},
        }
        for each in value
    }


def _kept(value: BgpInstance, as_: Dialect) -> list[BgpNeighbor]:
    """The sessions that a driver keeps: some forget one family of a session, or of all, when they read the next."""
    forgets = as_.instead("forgets", "")
    if forgets == "of a session":
        return [_with_families(peer, peer.afi_safis[-1:]) for peer in value.neighbors]
    if forgets == "of all":
        names = list(dict.fromkeys(family.name for peer in value.neighbors for family in peer.afi_safis))
        of_last = [(peer, [each for each in peer.afi_safis if each.name == names[-1]]) for peer in value.neighbors]
        return [_with_families(peer, tuple(families)) for peer, families in of_last if families]
    return list(value.neighbors)


def _with_families(value: BgpNeighbor, families: tuple[AfiSafi, ...]) -> BgpNeighbor:
    return msgspec.structs.replace(value, afi_safis=families)


def _peer(value: BgpNeighbor, as_: Dialect) -> Any:
    word = as_.instead("enabled_by", None)
    return {
        "local_as": as_.told(value.local_as, "local_as", -1),
        "remote_as": as_.told(value.peer_as, "remote_as", -1),
        "remote_id": value.router_id or as_.instead("remote_id", "").format(value.address),
        "is_up": bool(value.up),
        "is_enabled": bool(value.enabled) if word is None else word in value.options,
        "description": value.description or "",
        "uptime": as_.told(_session_age(value, as_), "uptime", -1),
        "address_family": _families(value, as_),
    }


def _session_age(value: BgpNeighbor, as_: Dialect) -> int | None:
    if as_.instead("ageless", False):
        return None
    return value.down_s if value.established_s is None and as_.instead("down", False) else value.established_s


def _families(value: BgpNeighbor, as_: Dialect) -> Any:
    """Prefixes by family; some drivers have certain families of every session, and no others."""
    always = as_.instead("absent", ())
    known = frozenset((*always, *as_.instead("others", ())))
    if as_.instead("by_address", False):
        first = value.afi_safis[0] if value.afi_safis else AfiSafi(name="")
        return {"ipv6" if ":" in value.address else "ipv4": _prefixes(first, as_)}
    found = {_family(each.name, as_): _prefixes(each, as_) for each in value.afi_safis}
    kept = {name: each for name, each in found.items() if not known or name in known}
    nothing = {"received_prefixes": -1, "accepted_prefixes": -1, "sent_prefixes": -1}
    return {**dict.fromkeys(always, nothing), **kept}


def _family(name: str, as_: Dialect) -> str:
    """`IPV4_UNICAST` is `ipv4` to most drivers, `ipv4 unicast` to some."""
    words = WORDS.get(name, name).lower().replace("_", " ")
    return words if as_.instead("family", "short") == "whole" else words.partition(" ")[0]


def _prefixes(value: AfiSafi, as_: Dialect) -> Any:
    return {
        "received_prefixes": as_.told(
            value.accepted if as_.instead("received_as_accepted", False) and value.sent is not None else value.received,
            "received",
            -1,
        ),
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

    options = as_.instead("options", True)
    configured = getattr(value, as_.instead("configured_by", "local_address_configured"))
    if configured is None:
        configured = options and value.local_address is not None
    nowhere = as_.instead("nowhere", ("", ""))[":" in value.address]
    updates, timers = as_.instead("updates", True), as_.instead("configured_timers", True)
    return {
        "up": bool(value.up) or (as_.instead("ever_up", False) and value.down_s is not None),
        "local_as": number(value.local_as, "local_as"),
        "remote_as": number(value.peer_as, "remote_as"),
        "router_id": as_.told(value.router_id, "router_id", ""),
        "local_address": value.local_address or nowhere,
        "local_address_configured": configured,
        "local_port": number(value.local_port, "port"),
        "routing_table": as_.instead("routing_table", {}).get(vrf, vrf),
        "remote_address": value.address,
        "remote_port": number(value.remote_port, "port"),
        "multihop": bool(value.multihop and options),
        "multipath": bool(value.multipath and options),
        "remove_private_as": bool(value.remove_private_as and options),
        "import_policy": (options and value.import_policy) or "",
        "export_policy": (options and value.export_policy) or "",
        "input_messages": number(value.messages_received),
        "output_messages": number(value.messages_sent),
        "input_updates": number(value.updates_received if updates else None),
        "output_updates": number(value.updates_sent if updates else None),
        "messages_queued_out": number(value.queued_out),
        "connection_state": value.session_state or "",
        "previous_connection_state": value.previous_session_state or "",
        "last_event": value.last_event or "",
        "suppress_4byte_as": bool(value.suppress_4byte_as),
        "local_as_prepend": bool(value.local_as_prepend)
        or (value.additional_paths is False and as_.instead("prepend", False)),
        "holdtime": number(value.hold_time_s, "timer"),
        "configured_holdtime": number(value.configured_hold_time_s if options and timers else None, "timer"),
        "keepalive": number(value.keepalive_s, "timer"),
        "configured_keepalive": number(value.configured_keepalive_s if timers else None, "timer"),
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
    kept = [each for each in groups if each.peers or each.name is None or as_.instead("empty_groups", True)]
    kept = [each for each in kept if each.type or each.name is None or as_.instead("unconfigured", True)]
    return {each.name or "_": _group(each, value.local_as, as_) for each in kept}


def _group(value: PeerGroup, local_as: int | None, as_: Dialect) -> Any:
    return {
        "type": as_.instead("type", value.type or "") if value.name else "",
        "description": value.description or "",
        "apply_groups": list(value.apply_groups),
        "multihop_ttl": 0 if as_.instead("no_multihop", False) else value.multihop_ttl or 0,
        "multipath": bool(value.multipath),
        "local_address": _local_address(value.local_address, as_),
        "local_as": value.local_as or local_as or 0,
        "remote_as": value.peer_as or 0,
        "import_policy": value.import_policy or "",
        "export_policy": value.export_policy or "",
        "remove_private_as": bool(value.name and as_.told(value.remove_private_as, "remove_private_as", False)),
        "prefix_limit": _limits(value, as_) if value.name and as_.instead("group_limits", True) else {},
        "neighbors": {each.address: _peer_config(each, value, local_as, as_) for each in value.peers},
    }


def _local_address(value: str | None, as_: Dialect) -> str:
    """The source; of an interface some drivers read no further than a slash."""
    return re.split(r"\W", value or "")[0] if as_.instead("word_only", False) else value or ""


def _peer_config(value: PeerConfig, group: PeerGroup, local_as: int | None, as_: Dialect) -> Any:
    inherits = as_.instead("inherits", ())

    def told(field: str) -> Any:
        own = getattr(value, field)
        return getattr(group, field) if own is None and field in inherits else own

    return {
        "description": told("description") or "",
        "import_policy": told("import_policy") or "",
        "export_policy": told("export_policy") or "",
        "local_address": _local_address(told("local_address"), as_),
        "authentication_key": value.auth_password or "",
        "nhs": bool(told("next_hop_self")),
        "route_reflector_client": bool(told("route_reflector_client")),
        "local_as": told("local_as") or local_as or 0,
        "remote_as": told("peer_as") or 0,
        "prefix_limit": _limits(value, as_),
    }


def _limits(value: PeerConfig | PeerGroup, as_: Dialect) -> Any:
    """Limits by family; some drivers have a limit of 0 of a family that has none, and read only whole limits."""
    found: dict[str, dict[str, Any]] = {}
    if as_.instead("zero_limits", False):
        for family in value.afi_safis[:1]:
            afi, _, safi = family.partition(" ")
            nothing = {"limit": 0, "teardown": {"threshold": 0, "timeout": 0}}
            found = {NAPALM_AFIS[afi]: {safi or "unicast": nothing}} if afi in NAPALM_AFIS else {}
    for each in value.prefix_limits:
        if each.restart_min is None and as_.instead("whole_limits", False):
            continue
        teardown = {"threshold": each.warning_percent or 0, "timeout": each.restart_min or 0}
        limit: dict[str, Any] = {"limit": each.max_prefixes, "teardown": teardown}
        if as_.instead("told_limits", False):
            limit = {"limit": each.max_prefixes}
            if said := {name: value for name, value in teardown.items() if value}:
                limit["teardown"] = said
        found.setdefault(each.afi, {})[each.safi] = limit
    return found


NAPALM_AFIS = {"ipv4": "inet", "ipv6": "inet6"}


def route_to(value: Iterable[Route], as_: Dialect) -> Any:
    """Routes by prefix."""
    found: dict[str, list[Any]] = {}
    for each in value:
        found.setdefault(each.prefix, []).append(_route(each, as_))
    return found


def _route(value: Route, as_: Dialect) -> Any:
    active = bool(value.active)
    interface = None if as_.instead("no_interface", False) else value.interface
    name = as_.renamed("interface", interface) if interface else as_.instead("outgoing_interface", "")
    return {
        "protocol": value.protocol,
        "current_active": active,
        "last_active": as_.instead("last_active", active) if value.was_active is None else value.was_active,
        "age": as_.told(value.age_s, "age", 0),
        "next_hop": "NULL" if value.discard else as_.told(value.next_hop, "next_hop", ""),
        "outgoing_interface": name,
        "selected_next_hop": as_.instead("selected", active) if value.selected is None else value.selected,
        "preference": getattr(value, as_.instead("preference_from", "preference")) or 0,
        "inactive_reason": value.inactive_reason or "",
        "routing_table": value.table or value.vrf or "default",
        "protocol_attributes": {} if as_.instead("no_attributes", False) else _bgp_attributes(value, as_),
    }


def _remote_as(path: BgpPath, as_: Dialect) -> int | None:
    """The AS that a path came from; some drivers take the last of its AS path, the origin's."""
    if as_.instead("origin_as", False) and path.as_path and path.remote_as != path.local_as:
        high, _, low = re.findall(r"\d+(?:\.\d+)?", path.as_path)[-1].rpartition(".")
        return (int(high or 0) << 16) + int(low)
    remote: int | None = as_.told(path.remote_as, "remote_as", None)
    return remote


def _bgp_attributes(value: Route, as_: Dialect) -> Any:
    path = value.bgp
    if path is None:
        return {}
    told = {
        "metric": path.med,
        "local_preference": path.local_preference,
        "preference2": path.weight if path.preference2 is None else path.preference2,
        "local_as": path.local_as,
        "remote_as": _remote_as(path, as_),
        "remote_address": path.remote_address,
    }
    kept = {name: each for name, each in told.items() if each is not None and name not in as_.instead("left_out", ())}
    if as_.instead("all_attributes", False):
        return {**told, "as_path": path.as_path, "metric2": path.metric2, "communities": list(path.communities) or None}
    return {"as_path": path.as_path or "", "communities": list(path.communities), **kept}
