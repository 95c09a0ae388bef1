"""From BGP of devices to what switches should hold, in no make's words, and back. Pure.

Each setting is a row: of the device, or of a VRF of it in a table of its own (`in_vrf`); about a neighbour, a prefix,
or nothing more. What is said for each address family is a table for each. Makes differ in what they say once for all
families, and in what holds of itself: a `Shape` tells it.

The AS is the device's: the first of its records says it, so that others' lines stay in one section with cpal's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from hashlib import blake2s
from ipaddress import ip_interface
from typing import Any, NamedTuple

from cpal.core.driver import Render
from cpal.core.rows import VALUE, Row, RowKey, Table, Value
from cpal.core.view import View
from cpal.drivers.devices.render_ospf import OSPF_IN_VRF, ROUTER_ID_OF_ALL
from cpal.drivers.devices.render_switch import (
    ADDRESS,
    AS,
    Fields,
    device_of,
    is_at,
    key_of,
    parts_of,
    routes,
    routing,
)
from cpal.model.bgp import CONNECTED, EVPN, FAMILIES, REDISTRIBUTED, Bgp, BgpNeighbor
from cpal.model.of_device import ADDRESS_FAMILIES, IPV4, IPV6
from cpal.model.ospf import Ospf
from cpal.model.record import Key

BGP = AS
ROUTER_ID, PATHS = "bgp.router_id", "bgp.maximum_paths"
NEIGHBORS = "bgp.neighbors"
"""Its value is the neighbour's AS."""
DESCRIPTION, SOURCE, MULTIHOP = (
    "bgp.neighbors.description", "bgp.neighbors.update_source", "bgp.neighbors.ebgp_multihop",
)  # fmt: skip
CLIENTS, SELF, COMMUNITIES = (
    "bgp.neighbors.route_reflector_client", "bgp.neighbors.next_hop_self", "bgp.neighbors.extended_communities",
)  # fmt: skip
NETWORKS, LEARNED = "bgp.networks", "bgp.redistributed"
SILENT = "bgp.neighbors.not_of_ipv4"
"""Whom a device does not speak to of IPv4, where it does unless it is told."""
VRF_RD = "vrf.route_distinguisher"
"""That of a VRF, where a make has BGP in none without."""
ANY = "cpal-any"
"""The route map that lets all pass, of makes that take others' routes by one."""


def of(family: str, table: str) -> str:
    """The table of what is said for one family."""
    return table.replace(BGP, f"{BGP}.{family}", 1)


def in_vrf(table: str) -> str:
    """The table of the same in a VRF, whose rows begin with its name."""
    return f"{table}.in_vrf"


def vrf_of(key: RowKey) -> str:
    """The VRF in which a row is of a protocol; "" the default one, or of no protocol."""
    if is_of_bgp(key.table) and key.table.endswith(".in_vrf"):
        return parts_of(key)[0]
    return parts_of(key)[1] if key.table.partition(".")[0] == OSPF_IN_VRF else ""


_WORDS: Mapping[str, tuple[int, str]] = {
    ROUTER_ID: (36, "router ID"),
    PATHS: (36, "paths to one prefix"),
    NEIGHBORS: (37, "BGP neighbour"),
    DESCRIPTION: (38, "description of a BGP neighbour"),
    SOURCE: (38, "interface of a BGP session"),
    MULTIHOP: (38, "hops to a BGP neighbour"),
    CLIENTS: (38, "client of a route reflector"),
    COMMUNITIES: (38, "extended communities to a BGP neighbour"),
    SILENT: (39, "BGP neighbour that is not spoken to of IPv4"),
}
_OF_FAMILIES: Mapping[str, tuple[int, str]] = {
    NEIGHBORS: (38, "address family of a BGP neighbour"),
    CLIENTS: (39, "client of a route reflector"),
    SELF: (39, "next hop of what a BGP neighbour is told"),
    COMMUNITIES: (39, "extended communities to a BGP neighbour"),
    NETWORKS: (39, "prefix that is told"),
    LEARNED: (39, "routes that are told"),
    PATHS: (39, "paths to one prefix"),
}
_KINDS = {**_WORDS, **{of(family, table): said for table, said in _OF_FAMILIES.items() for family in FAMILIES}}
TABLES: Mapping[str, Table] = {
    BGP: Table(frozenset({VALUE}), 35, "AS of a device"),
    VRF_RD: Table(frozenset({VALUE}), 17, "route distinguisher of a VRF"),
    **{
        name: Table(frozenset({VALUE}), rank, word)
        for table, (rank, word) in _KINDS.items()
        for name in (table, in_vrf(table))
    },
}
"""The tables of BGP."""


class Shape(NamedTuple):
    """What the switches of a make have, where makes differ."""

    routes_when_told: bool = False
    """Whether they route only when they are told to."""
    speaks_ipv4: bool = False
    """Whether they speak to neighbours of IPv4 unless they are told not to."""
    own_family_in_vrfs: bool = False
    """Whether in a VRF they speak with a neighbour of the family of its address, and of no other."""
    of_all: frozenset[str] = frozenset()
    """What they say once for all families."""
    connected: str = CONNECTED
    """What they call routes to what is connected."""
    route_map: Callable[[View, str], bool] | None = None
    """Of those that take others' routes by a route map: whether nothing else makes it at a device."""
    shares_router_id: bool = False
    """Whether their router ID is that of all protocols."""
    clusters: bool = False
    """Whether a client of a route reflector is told of by the ID of its cluster, which is the router ID."""
    extends: bool = False
    """Whether they send extended communities of themselves."""
    distinguishes_vrfs: bool = False
    """Whether they have BGP in no VRF without a route distinguisher."""
    source: Callable[[View, str, BgpNeighbor], str] = lambda view, device, neighbor: neighbor.update_source
    """What they call the interface of a session with a neighbour."""


def rendering(driver: str, shape: Shape, route_map: str = "") -> Mapping[str, Render]:
    """What a record gives at the devices of a make, whose table of route maps is `route_map`."""

    def bgp(view: View, record: Bgp) -> list[Row]:
        if not is_at(view, record.device, driver):
            return []
        rows = [*_rows(view, record, shape), *(routing(view, record) if shape.routes_when_told else ())]
        every: list[Bgp] = view.find("bgp.device", record.device)
        if record.name == min(each.name for each in every):
            rows.append(Row(key_of(BGP, record.device), {VALUE: record.asn}, (record.key,)))
        takers = sorted(each.name for each in every if each.redistribute)
        if takers[:1] == [record.name] and shape.route_map is not None and shape.route_map(view, record.device):
            rows.append(Row(key_of(route_map, record.device, ANY), {}, (record.key,)))
        return rows

    return {"bgp": bgp}


class _At(NamedTuple):
    """Where settings are: a device, perhaps a VRF of it, for a record."""

    device: str
    vrf: str
    because: tuple[Key, ...]

    def row(self, table: str, *words: str, value: Value) -> Row:
        """One setting."""
        if self.vrf:
            return Row(key_of(in_vrf(table), self.device, self.vrf, *words), {VALUE: value}, self.because)
        return Row(key_of(table, self.device, *words), {VALUE: value}, self.because)


def _rows(view: View, record: Bgp, shape: Shape) -> Iterator[Row]:
    at = _At(record.device, record.vrf, (record.key,))
    families = record.routed_families
    if record.vrf and shape.distinguishes_vrfs:
        value = route_distinguisher(record.vrf, record.asn)
        yield Row(key_of(VRF_RD, record.device, record.vrf), {VALUE: value}, at.because)
    if record.router_id and not shape.shares_router_id:
        yield at.row(ROUTER_ID, value=record.router_id)
    elif record.router_id and not any(each.router_id for each in _processes(view, record)):
        key = key_of(ROUTER_ID_OF_ALL, record.device, *filter(None, [record.vrf]))
        yield Row(key, {VALUE: record.router_id}, at.because)
    if record.maximum_paths:
        for table in [PATHS] if PATHS in shape.of_all else [of(family, PATHS) for family in families]:
            yield at.row(table, value=record.maximum_paths)
    for prefix in record.networks:
        yield at.row(of(IPV6 if ":" in prefix else IPV4, NETWORKS), prefix, value=prefix)
    for each in record.redistribute:
        word = shape.connected if each == CONNECTED else each
        for family in families:
            yield at.row(of(family, LEARNED), word, value=ANY if shape.route_map else word)
    for neighbor in record.neighbors:
        yield from _neighbor(at, neighbor, shape, shape.source(view, record.device, neighbor))
        if shape.clusters and neighbor.route_reflector_client and record.router_id:
            yield at.row(CLIENTS, neighbor.address, value=record.router_id)


AS_TRANS = 23456
"""What stands for an AS that two octets do not hold. Source: RFC 6793, section 9."""


def route_distinguisher(vrf: str, asn: int) -> str:
    """One that only the VRF of this name has at a device: type 0, of the AS and a number that follows from the name.

    Source: RFC 4364, section 4.2.
    """
    number = int.from_bytes(blake2s(vrf.encode(), digest_size=4).digest(), "big")
    return f"{asn if asn < 1 << 16 else AS_TRANS}:{number}"


def _processes(view: View, record: Bgp) -> list[Ospf]:
    """The OSPF processes that have the same router ID, where a make has one of all protocols."""
    every: list[Ospf] = view.find("ospf.device", record.device)
    return [each for each in every if each.vrf == record.vrf]


def _neighbor(at: _At, neighbor: BgpNeighbor, shape: Shape, source: str) -> Iterator[Row]:
    address = neighbor.address
    yield at.row(NEIGHBORS, address, value=neighbor.remote_asn)
    for table, value in (
        (DESCRIPTION, neighbor.description), (SOURCE, source), (MULTIHOP, neighbor.ebgp_multihop),
    ):  # fmt: skip
        if value:
            yield at.row(table, address, value=value)
    for family in neighbor.families:
        yield at.row(of(family, NEIGHBORS), address, value=address)
    if shape.speaks_ipv4 and IPV4 not in neighbor.families and not (at.vrf and shape.own_family_in_vrfs):
        yield at.row(SILENT, address, value=address)
    for table, holds, families in (
        (CLIENTS, neighbor.route_reflector_client and not shape.clusters, neighbor.families),
        (SELF, neighbor.next_hop_self, [each for each in neighbor.families if each in ADDRESS_FAMILIES]),
        (COMMUNITIES, EVPN in neighbor.families and not shape.extends, [EVPN]),
    ):
        for each in [table] if table in shape.of_all else [of(family, table) for family in families]:
            if holds:
                yield at.row(each, address, value=address)


def end_of_session(addresses: Iterable[str], neighbor: str) -> str:
    """Which address of an interface a session with a neighbour has: the lowest of its family; "" where there is none.

    Source: Junos OS CLI Reference, "primary (Address on Interface)": the lowest is the one without it.
    """
    found = (ip_interface(each).ip for each in addresses if (":" in each) == (":" in neighbor))
    return str(min(found, key=int, default=""))


# ---------------------------------------------------------------------------------------------- the other way round


def is_of_bgp(table: str) -> bool:
    """Whether the rows of a table are of BGP as records tell it."""
    return table == BGP or table.startswith(f"{BGP}.")


def said_by(rows: Mapping[RowKey, Row]) -> tuple[tuple[Fields, ...], list[RowKey]]:
    """The fields of records that give these rows, and the rows that no record can say.

    What makes say for each family is said where it holds for all of them that a neighbour has.
    """
    held: dict[tuple[str, str], dict[str, dict[str, Value]]] = {}
    interfaces = _ends(rows)
    for key in sorted(key for key in rows if is_of_bgp(key.table) and key.table != BGP):
        is_of_vrf = key.table.endswith(".in_vrf")
        vrf, words = (parts_of(key)[0], parts_of(key)[1:]) if is_of_vrf else ("", parts_of(key))
        table = key.table.removesuffix(".in_vrf")
        said = rows[key].columns[VALUE]
        if table == SOURCE and _ADDRESS.fullmatch(str(said)):
            said = interfaces.get((device_of(key), str(said)), "")
        held.setdefault((device_of(key), vrf), {}).setdefault(table, {})[" ".join(words)] = said
    for key in sorted(key for key in rows if key.table == ROUTER_ID_OF_ALL):
        at = (device_of(key), "".join(parts_of(key)))
        if at in held or not at[1]:
            held.setdefault(at, {})[ROUTER_ID] = {"": rows[key].columns[VALUE]}
    found: list[Fields] = []
    left_out = []
    for key in sorted(key for key in rows if key.table == BGP):
        device, asn = device_of(key), rows[key].columns[VALUE]
        if not isinstance(asn, int) or not routes(rows, device):
            left_out.append(key)
            continue
        held.setdefault((device, ""), {})
        for of_device, vrf in sorted(held):
            if of_device == device:
                name = f"{device}/{vrf}" if vrf else device
                fields = _fields(held[device, vrf], asn)
                found += [Fields("bgp", {"name": name, "asn": asn, **fields})] if fields or not vrf else []
    return tuple(found), left_out


def _ends(rows: Mapping[RowKey, Row]) -> dict[tuple[str, str], str]:
    """The interface whose end of sessions an address of a device is."""
    held: dict[tuple[str, str], list[str]] = {}
    for key in rows:
        if key.table == ADDRESS:
            port, address = parts_of(key)
            held.setdefault((device_of(key), port), []).append(address)
    return {
        (device, end): port
        for (device, port), addresses in held.items()
        for family in (IPV4, IPV6)
        if (end := end_of_session(addresses, ":" if family == IPV6 else ""))
    }


def _fields(said: Mapping[str, Mapping[str, Value]], asn: int) -> dict[str, Any]:
    """The fields of one record, but its name and AS."""
    neighbors = [_neighbor_of(address, said, asn) for address in said.get(NEIGHBORS, {})]
    known = Bgp(id="", asn=asn, neighbors=tuple(each for each in neighbors if each is not None))
    families = known.routed_families
    learned = [{*_learned(said.get(of(family, LEARNED), {}))} for family in families]
    paths = {said.get(of(family, PATHS), {}).get("") for family in families}
    paths = {said[PATHS][""]} if PATHS in said else paths
    fields = {
        "router_id": said.get(ROUTER_ID, {}).get("", ""),
        "neighbors": known.neighbors,
        "networks": tuple(prefix for family in ADDRESS_FAMILIES for prefix in said.get(of(family, NETWORKS), {})),
        "redistribute": tuple(each for each in REDISTRIBUTED if all(each in one for one in learned)),
        "maximum_paths": next(iter(paths)) if len(paths) == 1 else 0,
    }
    return {field: value for field, value in fields.items() if value}


def _learned(said: Mapping[str, Value]) -> Iterator[str]:
    """What is told of others' routes without more conditions, in the words of records."""
    for word, value in said.items():
        if value in (word, ANY):
            yield CONNECTED if word == "direct" else word


_ADDRESS = re.compile(r"[\d.]+|[\da-f:.]*:[\da-f:.]*")
"""Not the name of a group of neighbours, nor a prefix of them."""


def _neighbor_of(address: str, said: Mapping[str, Mapping[str, Value]], asn: int) -> BgpNeighbor | None:
    """A neighbour; None of one that no record can say."""

    def holds(table: str, families: list[str]) -> bool:
        return address in said.get(table, {}) or (
            bool(families) and all(address in said.get(of(family, table), {}) for family in families)
        )

    remote = said[NEIGHBORS][address]
    families = [family for family in FAMILIES if address in said.get(of(family, NEIGHBORS), {})]
    families = [family for family in families if family != EVPN or holds(COMMUNITIES, [EVPN])]
    if not _ADDRESS.fullmatch(address) or not isinstance(remote, int) or not families:
        return None
    hops = said.get(MULTIHOP, {}).get(address, 0)
    return BgpNeighbor(
        address=address,
        remote_asn=remote,
        description=str(said.get(DESCRIPTION, {}).get(address, "")),
        update_source=str(said.get(SOURCE, {}).get(address, "")),
        ebgp_multihop=hops if isinstance(hops, int) and remote != asn else 0,
        families=tuple(families),
        route_reflector_client=remote == asn and holds(CLIENTS, families),
        next_hop_self=holds(SELF, [family for family in families if family in ADDRESS_FAMILIES]),
    )
