"""What FRR is told of a fabric, in the tree of what its daemons are configured to: a line at a time. Pure.

A line of others in a VRF's instance, or in the settings of a VNI, stays while these are there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cpal.core.rows import Row, RowKey
from cpal.drivers.devices.frr.configuration import BGPD, EVPN_FAMILY, IP_FAMILIES, STATICD, ZEBRA
from cpal.drivers.devices.frr.render.names import BGP_VRF, EVPN, ROUTE
from cpal.drivers.devices.parse.tree import Path, Tree, drop, put, section

TABLES = (BGP_VRF, EVPN, ROUTE)
"""The tables of what FRR is told of a fabric."""
_TARGET, _WAYS = "route-target ", ("import", "export")


def write(tree: Tree, row: Row, asn: str) -> None:
    """Have the tree say what a row says, whatever it said of it before."""
    for path in _lines(row, asn):
        put(tree, path)


def erase(tree: Tree, row: Row, asn: str, changes: bool) -> None:
    """Have the tree say nothing of a row: where it only changes, what others wrote beside it stays."""
    at = _section(row, asn)
    if at and not changes:
        drop(tree, at)
    for path in _lines(row, asn):
        drop(tree, path)
    targets = [*at, EVPN_FAMILY] if row.key.table == BGP_VRF else [*at]
    for line in list(section(tree, (*targets,)) or {}):
        if line.startswith(_TARGET):
            drop(tree, (*targets, line))


def keys(tree: Tree, leaf: str) -> Iterator[RowKey]:
    """The rows of whose sections a tree has lines."""
    for line, below in tree.get(BGPD, {}).items():
        if line.startswith("router bgp ") and " vrf " in line:
            yield RowKey(BGP_VRF, f"{leaf} {line.partition(' vrf ')[2]}")
        for vni in below.get(EVPN_FAMILY, {}):
            if vni.startswith("vni "):
                yield RowKey(EVPN, f"{leaf} {vni.removeprefix('vni ')}")


def keep(before: Tree, after: Tree, rows: Iterable[Row], asn: str) -> None:
    """Have a tree say what rows say, as far as it did before: what others have no use for any more, these have."""
    for row in rows:
        if row.key.table in TABLES:
            for path in _lines(row, asn):
                if section(before, path) is not None:
                    put(after, path)


def _section(row: Row, asn: str) -> Path:
    """The section that is there for a row alone; none of a route, which is a line."""
    words = row.key.name.split()
    return {BGP_VRF: (BGPD, f"router bgp {asn} vrf {words[1]}"), EVPN: _vni(words[1], asn)}.get(row.key.table, ())


def _lines(row: Row, asn: str) -> Iterator[Path]:
    """All that says what a row says."""
    words, columns = row.key.name.split(), row.columns
    if row.key.table == ROUTE:
        family = "ipv6" if ":" in str(columns["prefix"]) else "ip"
        yield STATICD, f"vrf {words[1]}", f"{family} route {columns['prefix']} {columns['nexthop']}"
    elif row.key.table == EVPN:
        yield from ((*_vni(words[1], asn), line) for line in _told(str(columns["route_target"])))
    else:
        yield from _of_vrf(row, words[1], asn)


def _vni(vni: str, asn: str) -> Path:
    return BGPD, f"router bgp {asn}", EVPN_FAMILY, f"vni {vni}"


def _of_vrf(row: Row, vrf: str, asn: str) -> Iterator[Path]:
    """The BGP instance of a VRF, which tells all that is connected and routed there to other leaves."""
    instance, columns = (BGPD, f"router bgp {asn} vrf {vrf}"), row.columns
    if "vni" in columns:
        yield ZEBRA, f"vrf {vrf}", f"vni {columns['vni']}"
    if "router_id" in columns:
        yield *instance, f"bgp router-id {columns['router_id']}"
    yield *instance, "no bgp ebgp-requires-policy"
    for family in IP_FAMILIES:
        for kind in ("connected", "static"):
            yield *instance, f"address-family {family} unicast", f"redistribute {kind}"
    if "route_target" in columns:
        yield from ((*instance, EVPN_FAMILY, f"advertise {family} unicast") for family in IP_FAMILIES)
        yield from ((*instance, EVPN_FAMILY, line) for line in _told(str(columns["route_target"])))


def _told(target: str) -> Iterator[str]:
    """The lines of a column `route_target`: what is imported and exported, or both apart by a slash."""
    imports, _, exports = target.partition("/")
    for way, text in zip(_WAYS, (imports, exports or imports), strict=True):
        yield from (f"{_TARGET}{way} {each}" for each in text.split(","))
