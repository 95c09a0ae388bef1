"""EOS: routes to a destination. Source: eAPI's JSON of `show ip route` and `show ip bgp`."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from typing import Any

from cpal.drivers.devices.eos.parse.interfaces import SHOW_VRF, vrf_or_none
from cpal.drivers.devices.parse.asking import JSON, Ask, Asking
from cpal.drivers.devices.parse.values import as_number, ip
from cpal.model.device.route import BgpPath, Route

OWN_PATHS = ("Internal", "Local")
BGP = ("ebgp", "ibgp")
VXLAN = "vxlan1"
"""The interface of a next hop that is a VTEP: EOS has one."""


def route_to(destination: str, protocol: str = "", *, longer: bool = False) -> Asking[tuple[Route, ...]]:
    """Routes to a prefix (with `longer`, to those within it) in every VRF, of a protocol or of all."""
    (vrfs,) = yield (SHOW_VRF,)
    names = sorted(vrfs["vrfs"])
    v6 = "v6" if ipaddress.ip_network(destination).version == 6 else ""
    within = " longer-prefixes" if longer else ""
    wanted = f"{destination}{within} {'connected' if protocol == 'direct' else protocol}".rstrip()
    tables = yield tuple(
        Ask(f"show ip{v6} route vrf {name} {wanted} detail", JSON, optional=bool(v6)) for name in names
    )
    found: list[Route] = []
    for vrf, reply in zip(names, tables, strict=True):
        table = (reply or {}).get("vrfs", {}).get(vrf, reply or {}).get("routes", {})
        paths: Any = {}
        if any(_is_bgp(told, protocol) for told in table.values()):
            (answer,) = yield (Ask(f"show ip{v6} bgp {destination}{within} vrf {vrf}", JSON),)
            paths = answer.get("vrfs", {}).get(vrf, {})
        for prefix, told in table.items():
            found += _bgp_routes(prefix, vrf, told, paths) if _is_bgp(told, protocol) else _routes(prefix, vrf, told)
    return tuple(found)


def _is_bgp(told: Any, protocol: str) -> bool:
    return protocol == "bgp" or told["routeType"].lower() in BGP


def _bgp_routes(prefix: str, vrf: str, told: Any, paths: Any) -> Iterator[Route]:
    ports = dict(map(_via, told["vias"]))
    local_as = as_number(paths["asn"])
    for path in paths.get("bgpRouteEntries", {}).get(prefix, {}).get("bgpRoutePaths", []):
        next_hop = ip(path["nextHop"])
        yield Route(
            prefix=prefix,
            vrf=vrf_or_none(vrf),
            protocol=told["routeType"],
            active=path.get("routeType", {}).get("active", False),
            next_hop=next_hop,
            interface=ports.get(next_hop),
            preference=told.get("preference"),
            metric=told.get("metric"),
            inactive_reason=path.get("reasonNotBestpath"),
            bgp=_path(path, told, local_as),
        )


def _via(via: Any) -> tuple[str, str | None]:
    """The next hop and its interface; one behind a VTEP is reached through the VXLAN interface."""
    return (ip(via["vtepAddr"]), VXLAN) if "vtepAddr" in via else (ip(via["nexthopAddr"]), via.get("interface"))


def _path(path: Any, told: Any, local_as: int) -> BgpPath:
    entry, detail = path.get("asPathEntry", {}), path.get("routeDetail", {})
    as_path = entry.get("asPath", "")
    peer = detail.get("peerEntry", {}).get("peerAddr") or path.get("peerEntry", {}).get("peerAddr")
    own = entry.get("asPathType") in OWN_PATHS
    return BgpPath(
        as_path=as_path or None,
        local_as=local_as,
        remote_as=local_as if own else _first_as(as_path),
        remote_address=ip(peer) if peer else None,
        local_preference=path.get("localPreference"),
        med=told.get("metric"),
        weight=path.get("weight"),
        communities=tuple(detail.get("communityList", ())),
    )


def _first_as(as_path: str) -> int | None:
    """The AS that a path came from: the first of it, also of a confederation, `(65001 65002) 65003 i`."""
    found = re.search(r"\d+(?:\.\d+)?", as_path)
    return as_number(found[0]) if found else None


def _routes(prefix: str, vrf: str, told: Any) -> Iterator[Route]:
    for via in told.get("vias") or [{}]:
        next_hop = via.get("nexthopAddr")
        yield Route(
            prefix=prefix,
            vrf=vrf_or_none(vrf),
            protocol=told["routeType"],
            active=told.get("routingDisabled") is not True,
            next_hop=ip(next_hop) if next_hop else None,
            discard=told.get("routeAction") == "drop",
            interface=via.get("interface"),
            preference=told.get("preference"),
            metric=told.get("metric"),
        )
