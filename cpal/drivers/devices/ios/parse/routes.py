"""IOS: routes to a prefix. Source: text of `show ip route PREFIX MASK`, `show ipv6 route` and `show ip bgp PREFIX`."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

import msgspec

from cpal.drivers.devices.ios.parse.ipv6_routes import ipv6_routes
from cpal.drivers.devices.ios.parse.names import first, is_refused, number, port
from cpal.drivers.devices.parse.asking import TEXT, Ask, Asking
from cpal.drivers.devices.parse.values import as_number, seconds, within
from cpal.model.device.route import BgpPath, Route

VRF = re.compile(r"^  (\S+) +(?:<not set>|[\d.]+:\d+) +(\S+)", re.MULTILINE)
"""A VRF, its route distinguisher, and the protocols that it routes: `ipv4,ipv6`."""
VRF_ALONE = re.compile(r"^  (?!Name )(\S+)", re.MULTILINE)
"""A VRF in the form of older releases, which tell no protocols."""
HOP = re.compile(
    r"^\s*\*? *(?:(?P<connected>directly connected)|(?P<hop>\d[\d.]+))(?: \([\w.-]+\))?"
    r"(?:, from (?P<peer>[\d.]+))?(?:, (?P<age>[\w:]+) ago)?(?:, via (?P<name>[^\s,]+))?(?:, [\w, -]+)?\s*$",
    re.MULTILINE,
)
METRIC = re.compile(r"^ +Route metric is (\d+)", re.MULTILINE)
TAG = re.compile(r"^ +Route tag (\d+)", re.MULTILINE)
SUBNETTED = re.compile(r"^ +[\d.]+/(\d+) is subnetted")
"""What stands before entries that tell no length: all have the same."""
ENTRY = re.compile(r"^(?P<code>[A-Za-z][\w*%+& ]{0,8}?) +(?P<net>\d+\.\d+\.\d+\.\d+)(?:/(?P<length>\d+))?(?: |$)")
LISTED_HOP = re.compile(
    r" (?:is (?:directly connected|a summary)|\[(?P<distance>\d+)/(?P<metric>\d+)\](?: via (?P<hop>[\d.]+)|"
    r" is directly connected|(?=, )))(?: \([\w.-]+\))?"
    r"(?:, (?P<age>[\d:]+|\w*\d[ywdh]\w*))?(?:, (?P<name>[A-Za-z]\S+))?\s*$"
)
PROTOCOLS = {
    "L": "local", "C": "connected", "S": "static", "R": "rip", "B": "bgp", "D": "eigrp", "O": "ospf", "i": "isis",
}  # fmt: skip
"""What the first letter of an entry's code says."""
PATH = re.compile(r"^  (?=[\d({]|Local\b)", re.MULTILINE)
"""Where a path begins in what BGP says of a prefix: with its AS path."""


def route_to(destination: str, protocol: str = "", *, longer: bool = False) -> Asking[tuple[Route, ...]]:
    """Routes to a prefix, or those that an address takes, in every VRF; of a protocol or of all.

    Every route of IPv4 by BGP has what BGP says of its best path; not so those within a prefix (`longer`).
    """
    prefix = ipaddress.ip_network(destination)
    if longer or prefix.version == 6:
        every = yield from _tables(prefix.version)
        told = [each for each in every if protocol in ("", each.protocol)]
        return tuple(each for each in told if within(each.prefix, prefix)) if longer else _taken(told, destination)
    of = f"{prefix.network_address} {prefix.netmask}" if "/" in destination else str(prefix.network_address)
    vrfs = yield from _vrfs()
    replies = yield (
        *(Ask(f"show ip route vrf {vrf} {of}", TEXT) for vrf in vrfs),
        Ask(f"show ip route {of}", TEXT),
    )
    found: list[Route] = []
    for vrf, reply in zip((*vrfs, None), replies, strict=True):
        routes = [each for each in _routes(vrf, reply) if protocol in ("", each.protocol)]
        path = None
        if any(each.protocol == "bgp" for each in routes):
            path = yield from _path(destination, vrf)
        found += [msgspec.structs.replace(each, bgp=path) if each.protocol == "bgp" else each for each in routes]
    return tuple(found)


def _tables(version: int) -> Asking[tuple[Route, ...]]:
    """The routes of IPv4 or IPv6 of all VRFs, as lists tell them; none where the device does not route it."""
    ip, read = ("ip", _listed) if version == 4 else ("ipv6", ipv6_routes)
    vrfs = yield from _vrfs(f"ipv{version}")
    replies = yield (
        *(Ask(f"show {ip} route vrf {vrf}", TEXT) for vrf in vrfs),
        Ask(f"show {ip} route", TEXT, optional=version == 6),
    )
    tables = [(vrf, reply) for vrf, reply in zip((*vrfs, None), replies, strict=True) if not is_refused(reply)]
    return tuple(route for vrf, reply in tables for route in read(vrf, reply))


def _taken(routes: list[Route], destination: str) -> tuple[Route, ...]:
    """Of each VRF, the routes to just this prefix, or the longest that an address is in."""
    wanted = ipaddress.ip_network(destination)
    if "/" in destination:
        return tuple(each for each in routes if ipaddress.ip_network(each.prefix) == wanted)
    holding = [each for each in routes if wanted.network_address in ipaddress.ip_network(each.prefix)]
    longest: dict[str | None, int] = {}
    for each in holding:
        longest[each.vrf] = max(longest.get(each.vrf, 0), _length(each))
    return tuple(each for each in holding if _length(each) == longest[each.vrf])


def _length(route: Route) -> int:
    return int(route.prefix.rpartition("/")[2])


def _listed(vrf: str | None, text: str) -> Iterator[Route]:
    length, prefix, protocol = "32", "", ""
    for line in text.splitlines():
        if same := SUBNETTED.match(line):
            length = same[1]
        elif entry := ENTRY.match(line):
            protocol = PROTOCOLS.get(entry["code"][0], entry["code"])
            prefix = f"{entry['net']}/{entry['length'] or length}"
        if prefix and (hop := LISTED_HOP.search(line)):
            age = seconds(hop["age"] or "")
            yield Route(
                prefix=prefix,
                protocol=protocol,
                vrf=vrf,
                active=True,
                next_hop=hop["hop"],
                interface=port(hop["name"]) if hop["name"] else None,
                preference=int(hop["distance"]) if hop["distance"] else None,
                metric=int(hop["metric"]) if hop["metric"] else None,
                age_s=None if age is None else int(age),
            )


def _vrfs(family: str = "ipv4") -> Asking[tuple[str, ...]]:
    """VRFs in which IPv4 or IPv6 is routed; releases without `show vrf` have none of IPv6."""
    (text,) = yield (Ask("show vrf", TEXT),)
    if is_refused(text):
        if family == "ipv6":
            return ()
        (text,) = yield (Ask("show ip vrf", TEXT, optional=True),)
        return tuple(sorted(VRF_ALONE.findall("" if is_refused(text) else text)))
    return tuple(sorted(name for name, protocols in VRF.findall(text) if family in protocols.split(",")))


def _routes(vrf: str | None, text: str) -> Iterator[Route]:
    head, _, hops = text.partition("Routing Descriptor Blocks:")
    prefix, known = first(r"Routing entry for ([\d./]+)", head), first(r'Known via "(\w+)', head)
    if prefix is None or known is None:
        return
    starts = [*HOP.finditer(hops)]
    if not starts:
        raise ValueError(f"{prefix} has no next hop in a form that is known")
    for start, end in zip(starts, [*(each.start() for each in starts[1:]), len(hops)], strict=True):
        metric, tag = METRIC.search(hops, start.end(), end), TAG.search(hops, start.end(), end)
        age = seconds(start["age"] or "")
        yield Route(
            prefix=prefix,
            protocol=known,
            vrf=vrf,
            active=True,
            next_hop=start["hop"],
            interface=port(start["name"]) if start["name"] else None,
            preference=number(r"distance (\d+)", head),
            metric=int(metric[1]) if metric else number(r"distance \d+, metric (\d+)", head),
            tag=(int(tag[1]) if tag else number(r"^  Tag (\d+)", head)) or None,
            age_s=None if age is None else int(age),
        )


def _path(destination: str, vrf: str | None) -> Asking[BgpPath | None]:
    """What BGP says of the best path to a prefix."""
    own, table = yield (
        Ask("show ip protocols | include bgp", TEXT),
        Ask(f"show ip bgp vpnv4 vrf {vrf} {destination}" if vrf else f"show ip bgp {destination}", TEXT),
    )
    best = next((each for each in PATH.split(table)[1:] if re.search(r"\bbest\b", each)), None)
    if best is None:
        return None
    hop = first(r"^    ([\d.]+)", best)
    of = f"vpnv4 vrf {vrf} " if vrf else ""
    (told,) = yield (Ask(f"show ip bgp {of}neighbors | include is {hop}", TEXT, optional=True),)
    return _bgp_path(best, first(r'Routing Protocol is "bgp ([\d.]+)', own), told or "")


def _bgp_path(best: str, own: str | None, neighbor: str) -> BgpPath:
    """A path; the AS of its neighbour is told by BGP, or is the first of the AS path, or the device's own."""
    local_as = None if own is None else as_number(own)
    path = first(r"^([\d()][\d() ]*|Local)", best)
    told = first(r"remote AS ([\d.]+)", neighbor)
    if told is None and path is not None and re.search(r"\bexternal\b", best):
        told = path.split()[0].strip("()")
    standard = first(r"^ +Community: (.+)$", best) or ""
    extended = first(r"Extended Community: (.+)$", best) or ""
    return BgpPath(
        as_path=path,
        local_as=local_as,
        remote_as=local_as if told is None else as_number(told),
        remote_address=first(r"from ([\d.]+)", best),
        local_preference=number(r"localpref (\d+)", best),
        med=number(r"metric (\d+), localpref", best),
        weight=number(r"weight (\d+)", best),
        communities=(*standard.split(), *extended.split()),
    )
