"""NX-OS over SSH: BGP sessions and routes."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from cpal.drivers.devices.nxos.parse.api import SHUT_STATE, with_family
from cpal.drivers.devices.nxos.parse.tables import port, vrf_or_none
from cpal.drivers.devices.parse.asking import TEXT, Ask, Asking
from cpal.drivers.devices.parse.values import as_number, ip, seconds, within
from cpal.model.device.bgp import AfiSafi, BgpInstance, BgpNeighbor
from cpal.model.device.route import BgpPath, Route

SUMMARY = re.compile(r"^BGP summary information for VRF (\S+), address family (\S+ \S+)$", re.MULTILINE)
ROUTER = re.compile(r"^BGP router identifier (\S+), local AS number ([\d.]+)", re.MULTILINE)
PEER = re.compile(
    r"^([0-9a-fA-F.:]+)\s+(\d)\s+([\d.]+)\s+(\d+)\s+(\d+)\s+\d+\s+\d+\s+\d+\s+(\S+)\s+(\d+|\S+(?: \(\w+\))?)",
    re.MULTILINE,
)
"""A line of the summary, which is broken behind a long address or AS number."""


def bgp_neighbors() -> Asking[tuple[BgpInstance, ...]]:
    """BGP sessions of every VRF, each with all its families."""
    (text,) = yield (Ask("show bgp all summary vrf all", TEXT),)
    _, *parts = SUMMARY.split(text)
    found: dict[str, tuple[str, int, dict[str, BgpNeighbor]]] = {}
    for vrf, family, section in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
        router = ROUTER.search(section)
        if router is None:  # a family that has no session says no more than its name
            continue
        _, local_as, peers = found.setdefault(vrf, (router[1], as_number(router[2]), {}))
        for peer in _peers(section, family.upper().replace(" ", "_"), local_as):
            known = peers.get(peer.address)
            peers[peer.address] = with_family(known, peer) if known else peer
    return tuple(
        BgpInstance(vrf=vrf_or_none(vrf), router_id=router_id, local_as=local_as, neighbors=tuple(peers.values()))
        for vrf, (router_id, local_as, peers) in found.items()
    )


def _peers(section: str, family: str, local_as: int) -> Iterator[BgpNeighbor]:
    for address, _, peer_as, received, sent, age, state in PEER.findall(section):
        up = state.isdigit()
        since = seconds(age)
        enabled = re.search(r"Shut.*Admin", state) is None
        yield BgpNeighbor(
            address=address,
            enabled=enabled,
            up=up,
            session_state="Established" if up else state if enabled else SHUT_STATE,
            local_as=local_as,
            peer_as=as_number(peer_as),
            messages_received=int(received),
            messages_sent=int(sent),
            established_s=int(since) if up and since is not None else None,
            down_s=int(since) if not up and since is not None else None,
            afi_safis=(AfiSafi(name=family, received=int(state) if up else None),),
        )


TABLE = re.compile(r'^(?:IP Route|IPv6 Routing) Table for VRF "(\S+)"$', re.MULTILINE)
PREFIX = re.compile(r"^\s*([\da-f.:]+/\d+), ubest")
VIA = re.compile(
    r"^\s*(\*{0,2})via (?:vrf \S+, )?(?:([\da-f.:]*[.:][\da-f.:]*)(?:%\S+)?(?:, )?)?(?:([A-Za-z][\w./:-]*), )?"
    r"\[(\d+)/(\d+)\], ([\w:.]+), (\w+?)(?:-\S+?)?(?:,|\s|$)"
    r"(?:.*?\btag (\d+))?"
)
"""A next hop, which is of IPv6 on unnumbered links (RFC 8950), or an interface alone; `*` marks the best of unicast."""
BROKEN = re.compile(r",\s*\n(?=tag \d)")
"""Where a long line is broken before its tag."""
LOOKS_LIKE_VIA = re.compile(r"^\s*\*{0,2}via ")


def route_to(destination: str, protocol: str = "", *, longer: bool = False) -> Asking[tuple[Route, ...]]:
    """Routes to a prefix in every VRF, or with `longer` to those within it; of a protocol or of all.

    BGP is asked about the routes to one prefix of IPv4, not about all that are within one.
    """
    wanted = ipaddress.ip_network(destination)
    of = "ipv6" if wanted.version == 6 else "ip"
    to = "" if longer else f" {destination}"
    (text,) = yield (Ask(f"show {of} route vrf all{to}", TEXT, optional=wanted.version == 6),)
    _, *parts = TABLE.split(text or "")
    asks_bgp = wanted.version == 4 and not longer
    found = []
    for vrf, section in zip(parts[::2], parts[1::2], strict=True):
        for route in _routes(vrf, section):
            if protocol in ("", route.protocol) and (not longer or within(route.prefix, wanted)):
                path = (yield from _path(route, vrf)) if route.protocol == "bgp" and asks_bgp else None
                found.append(_with_path(route, path) if path else route)
    return tuple(found)


def _routes(vrf: str, section: str) -> Iterator[Route]:
    prefix = ""
    for line in BROKEN.sub(", ", section).splitlines():
        if head := PREFIX.match(line):
            prefix = head[1]
        elif via := VIA.match(line):
            mark, next_hop, name, preference, metric, age, protocol, tag = via.groups()
            since = seconds(age)
            yield Route(
                prefix=prefix,
                vrf=vrf_or_none(vrf),
                protocol=protocol,
                active="*" in mark,
                next_hop=ip(next_hop) if next_hop else None,
                interface=port(name) if name else None,
                preference=int(preference),
                metric=int(metric),
                tag=int(tag) if tag else None,
                age_s=None if since is None else int(since),
            )
        elif LOOKS_LIKE_VIA.match(line):
            raise ValueError(f"a next hop is in no form that is known: {line.strip()}")


def _with_path(route: Route, path: BgpPath) -> Route:
    return Route(**{**{name: getattr(route, name) for name in route.__struct_fields__}, "bgp": path})


LOCAL = ("redist", "local")


def _path(route: Route, vrf: str) -> Asking[BgpPath | None]:
    """What BGP says of a route: its best path with the same next hop, or one that the device itself made."""
    tag, table = yield (
        Ask('show bgp process | include "BGP Protocol Tag"', TEXT),
        Ask(f"show ip bgp vrf {vrf} {route.prefix}", TEXT),
    )
    local = re.search(r"BGP Protocol Tag\s+: ([\d.]+)", tag)
    for section in table.split("Path type")[1:]:
        hop = re.search(r"^    ([\d.]+)", section, re.MULTILINE)
        kind = re.match(r": (\w+),", section)
        word = kind[1] if kind else ""
        if local is None or hop is None or "is best path" not in section:
            continue
        if word in LOCAL or hop[1] == route.next_hop:
            (neighbor,) = yield (Ask(f'show ip bgp neighbors vrf {vrf} | include "is {hop[1]}"', TEXT, optional=True),)
            return _bgp_path(section, word, as_number(local[1]), neighbor or "")
    return None


def _bgp_path(section: str, kind: str, local_as: int, neighbor: str) -> BgpPath:
    told = re.search(r"remote AS ([\d.]+)", neighbor)
    path = (_word(r"AS-Path: ([\d() ]*\d)", section) or "").strip()
    remote = as_number(told[1]) if told else local_as if kind == "internal" else None
    if remote is None and kind == "external" and path:
        remote = as_number(path.split()[0].strip("()"))
    standard = (_word(r"^\s+Community: ([\w: -]+)", section) or "").split()
    _, _, extended = section.partition("Extcommunity:")
    return BgpPath(
        as_path=path or None,
        local_as=local_as,
        remote_as=remote,
        remote_address=_word(r"from ([\d.]+)", section),
        local_preference=_number(r"localpref (\d+)", section),
        med=_number(r"MED (\d+)", section),
        weight=_number(r"weight (\d+)", section),
        communities=(*standard, *re.findall(r"^ {10}(\S[\S ]*)$", extended, re.MULTILINE)),
    )


def _word(pattern: str, text: str) -> str | None:
    found = re.search(pattern, text, re.MULTILINE)
    return found[1] if found else None


def _number(pattern: str, text: str) -> int | None:
    found = _word(pattern, text)
    return None if found is None else int(found)
