"""From what a leaf says of itself to rows: ours by their tags, and those of others that stand in the same tables. Pure.

A setting that cpal never makes otherwise has no column while it is as it should be, and one when it is not, so that it
shows as drift: `learning`, `down`, `silent`.

What others made goes by their names, and is known by its VNI (`links`): so it can be taken over as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import msgspec

from cpal.core.driver import NO_ROWS
from cpal.core.rows import VALUE, Row, RowKey, Value
from cpal.drivers.devices.frr import filter_table
from cpal.drivers.devices.frr.configuration import NOTHING, Running, forest, running
from cpal.drivers.devices.frr.filter_table import TABLE, Content
from cpal.drivers.devices.frr.leaf_port import Former, Place, uplink_words
from cpal.drivers.devices.frr.links import NO_NAMES, At, Link, Names, Space, named, vni_of
from cpal.drivers.devices.frr.make import MAKE, vrf_of
from cpal.drivers.devices.frr.render.names import (
    ADDRESS,
    BGP_VRF,
    BRIDGE,
    EVPN,
    ROUTE,
    VRF,
    VXLAN,
    bridge_key,
    port_key,
    uplink_key,
    vrf_key,
    vxlan_key,
)
from cpal.drivers.devices.ledger import Lost
from cpal.drivers.devices.parse.tree import Tree
from cpal.drivers.devices.render_device import VRF_ROUTES
from cpal.drivers.devices.render_fabric import LAYER_2
from cpal.drivers.devices.render_switch import key_of
from cpal.model.record import Key

BY_HAND = "it was configured there without cpal"
MARK = "cpal:"
LOOPBACK = "lo"
"""The interface whose alias says whose a namespace is."""
VXLAN_PORT = 4789
"""Source: RFC 7348, section 5."""

LIST = f"""
filters='echo null'
if command -v nft >/dev/null; then filters='nft -n -j list table {TABLE} 2>/dev/null || echo {{}}'; fi
echo '@ 1'
ip -d -j address show
eval "$filters"
for name in $(ls /run/netns); do
  nsenter --net=/run/netns/$name sh -c \
    'read -r on </proc/sys/net/ipv4/ip_forward; echo "@$0 $on"; ip -d -j address show; eval "$1"' $name "$filters" \
    || true
done
"""
"""What a shell on the leaf runs to tell of all its network namespaces: a line of words, of JSON, and of nft's for each.

A file there that is none, left by a killed `ip netns add`, says nothing. Without nft, its line is null; with no table
of cpal's, an empty object.
"""


@dataclass
class LeafState:
    """What is known of a leaf at one moment.

    `unowned` are the rows of others, `foreign` says of those that stand in the way whose they are. `tags` says of each
    row whose it is, as the leaf keeps it: the alias of an interface, or a file. `tree` is what its daemons are
    configured to, `running` what that says of a fabric. `places` is the VRF that each network interface is in ("" for
    none), `now` what else it is, `told` what was said of ports, `up` the access ports that have a carrier. `is_home` is
    whether networks that nobody routes are in the leaf's own namespace, since they were taken over there. `filters` are
    the tables of VRFs that have one; `has_nft` is whether there could be any. `lost` is what others wrote and went with
    rows.
    """

    name: str
    rows: dict[RowKey, Row] = field(default_factory=dict)
    foreign: dict[RowKey, str] = field(default_factory=dict)
    unowned: dict[RowKey, Row] = field(default_factory=dict)
    tags: dict[RowKey, str] = field(default_factory=dict)
    names: Names = NO_NAMES
    places: dict[str, str] = field(default_factory=dict)
    told: dict[str, Place] = field(default_factory=dict)
    now: dict[str, Former] = field(default_factory=dict)
    up: set[str] = field(default_factory=set)
    tree: Tree = field(default_factory=dict)
    running: Running = NOTHING
    spaces: frozenset[str] = frozenset()
    is_home: bool = False
    filters: dict[str, Content] = field(default_factory=dict)
    has_nft: bool = True
    lost: tuple[Lost, ...] = ()
    revision: int = 0
    version: int = 0

    def is_at_home(self, key: RowKey) -> bool:
        """Whether a VRF is the leaf's own namespace, and not one of its own."""
        return key == vrf_key(self.name, LAYER_2) and LAYER_2 not in self.spaces

    def at(self, key: RowKey) -> At:
        """Where a VRF, a bridge or a VXLAN device is, or will be."""
        words = key.name.split()
        if key in self.names.places:
            return self.names.places[key]
        if key.table == VXLAN:
            return self.places.get(words[1], ""), words[1]
        if key.table == BRIDGE:
            return "" if self.is_home and words[1] == LAYER_2 else words[1], words[2]
        return "" if self.is_home and words[1] == LAYER_2 else words[1], LOOPBACK


def tag(owner: str, record: Key) -> str:
    """The alias of an interface that is ours, made for a record."""
    return f"{MARK}{owner} {record}"


def read(
    name: str, owner: str, listing: str, texts: Mapping[str, str], ports: Mapping[str, Place],
    physical: Mapping[str, Mapping[str, str]], home: str = "", ours: Mapping[RowKey, Row] = NO_ROWS,
) -> LeafState:  # fmt: skip
    """A leaf's state, from what `LIST` printed, what its daemons run, its file of ports and its ports to outside.

    `home` is the tag of its own namespace, where networks that nobody routes were taken over there; `ours` are the
    settings that are.
    """
    spaces = list(_namespaces(listing))
    tree = forest(texts, (space.name for space in spaces if space.name), _sections(spaces))
    inside = frozenset(space.name for space in spaces)
    is_home = bool(home) and LAYER_2 not in inside
    state = LeafState(name, tree=tree, running=running(tree), names=named(name, spaces), spaces=inside, is_home=is_home)
    reading = _Reading(state, owner, physical)
    for space in spaces:
        reading.namespace(space)
    for port, place in ports.items():
        reading.port(port, place)
    reading.ports_of_others(ports)
    reading.home(home)
    reading.configuration(ours)
    reading.settings(ours)
    for space in spaces:
        reading.filters(space)
    return reading.state


def _sections(spaces: Iterable[Space]) -> Iterator[str]:
    """How zebra begins what it says of each interface that there is."""
    for space in spaces:
        where = f" vrf {space.name}" if space.name else ""
        yield from (f"interface {link['ifname']}{where}" for link in space.links)


def _namespaces(listing: str) -> Iterator[Space]:
    lines = iter(listing.splitlines())
    for line in lines:
        if line.startswith("@"):
            name, _, forwarding = line[1:].partition(" ")
            links = [link for link in msgspec.json.decode(next(lines)) if link]
            yield Space(name, forwarding == "1", links, msgspec.json.decode(next(lines)))


class _Reading:
    """One leaf's state as it grows."""

    def __init__(self, state: LeafState, owner: str, physical: Mapping[str, Mapping[str, str]]) -> None:
        self.state, self.owner, self.physical = state, owner, physical
        self.links: dict[str, Link] = {}

    def namespace(self, space: Space) -> None:
        """Take in what is in a VRF, or outside all."""
        kinds: dict[str, Callable[[str, Link], None]] = {"bridge": self._bridge, "vxlan": self._vxlan}
        for link in space.links:
            name = link["ifname"]
            if name == LOOPBACK and space.name:
                columns: dict[str, Value] = {"forwarding": space.forwards}
                self._file(vrf_key(self.state.name, space.name), link.get("ifalias", ""), columns)
            elif name != LOOPBACK:
                self.state.places[name] = space.name
                self.links[name] = link
                self.state.now[name] = Former(link["mtu"], "UP" in link["flags"])
                kind = link.get("linkinfo", {}).get("info_kind", "")
                if kind in kinds:
                    kinds[kind](space.name, link)

    def _bridge(self, space: str, link: Link) -> None:
        key = self._bridge_key(space, link["ifname"])
        if key is None:
            return
        vrf = key.name.split()[1]
        columns = {**({} if vrf == LAYER_2 else {"mac": link["address"]}), **_oddities(link)}
        rows = self._file(key, link.get("ifalias", ""), columns, vrf_key(self.state.name, vrf))
        for entry in link["addr_info"] if space else ():
            if entry["scope"] == "global":
                text = f"{entry['local']}/{entry['prefixlen']}"
                edge = RowKey(ADDRESS, f"{key.name} {text}")
                rows[edge] = Row(edge, {VALUE: text}, rows[key].because, key)

    def _vxlan(self, space: str, link: Link) -> None:
        data = link["linkinfo"]["info_data"]
        port = link["linkinfo"].get("info_slave_data", {})
        own = vxlan_key(self.state.name, link["ifname"])
        key = self.state.names.rows.get((space, link["ifname"]), own)
        columns: dict[str, Value] = {"vni": vni_of(link), "mtu": link["mtu"], **_oddities(link)}
        columns |= {"local": data["local"]} if "local" in data else {}
        columns |= self._master(space, link)
        asks_aloud = key == own and not port.get("neigh_suppress")
        if data.get("learning") or port.get("learning") or asks_aloud:
            columns["learning"] = True
        if data.get("port") != VXLAN_PORT:
            columns["port"] = data.get("port", 0)
        self._file(key, link.get("ifalias", ""), columns)

    def port(self, name: str, place: Place) -> None:
        """Take in a port: as the kernel has it, or while it has no cable as it was told."""
        words = uplink_words(name)
        key = (uplink_key if words else port_key)(self.state.name, name)
        device = self.physical.get(words[0], {}).get(words[1], "") if words else name
        link = self.links.get(device)
        bridge = self._bridge_key(place.vrf, place.bridge) or bridge_key(self.state.name, place.vrf, place.bridge)
        where = {"bridge": bridge} if place.bridge else {"vrf": place.vrf} if place.vrf else {}
        columns: dict[str, Value] = {"up": place.up, **where}
        if link is not None:
            columns = self._plugged(name, link)
        if place.mtu:
            columns["mtu"] = link["mtu"] if link is not None else place.mtu
        self.state.told[name] = place
        self.state.tags[key] = msgspec.json.encode(place).decode()
        rows = self.state.rows if place.owner == self.owner else self.state.unowned
        rows[key] = Row(key, columns, _records(place.record))
        if place.owner != self.owner:
            self.state.foreign[key] = f"of another store, {place.owner}"

    def ports_of_others(self, told: Mapping[str, Place]) -> None:
        """Take in what others plugged into bridges of theirs that are a network's."""
        for name, link in self.links.items():
            if name in told or vni_of(link) or "master" not in link:
                continue
            if (self.state.places[name], link["master"]) in self.state.names.rows:
                key = port_key(self.state.name, name)
                self.state.unowned[key] = Row(key, self._plugged(name, link))

    def _plugged(self, name: str, link: Link) -> dict[str, Value]:
        up = "UP" in link["flags"]
        if up and "LOWER_UP" in link["flags"]:
            self.state.up.add(name)
        space = self.state.places[link["ifname"]]
        return {"up": up, **(self._master(space, link) or ({"vrf": space} if space else {}))}

    def home(self, text: str) -> None:
        """Take in where networks are that nobody routes: in the leaf's own namespace, or where others have them."""
        key = vrf_key(self.state.name, LAYER_2)
        theirs = any(row.within == key and not self.state.at(row.key)[0] for row in self.state.unowned.values())
        if self.state.is_home:
            self._file(key, text, {"forwarding": False})
        elif theirs and key not in self.state.rows:
            self.state.unowned.setdefault(key, Row(key, {"forwarding": False}))

    def configuration(self, ours: Collection[RowKey]) -> None:
        """Take in what FRR holds of VRFs and VXLAN devices that are known, but for settings that are `ours`."""
        state = self.state
        for name, vrf in state.running.vrfs.items():
            at = vrf_key(state.name, name)
            rows = state.rows if at in state.rows else state.unowned
            owner = rows.get(at)
            if owner is None:
                continue
            key = RowKey(BGP_VRF, owner.key.name)
            if vrf.has_bgp:
                rows[key] = Row(key, dict(vrf.columns), owner.because, owner.key)
            for prefix, nexthop in vrf.routes:
                if key_of(VRF_ROUTES, state.name, name, prefix, nexthop.partition(" ")[0]) in ours:
                    continue
                route = RowKey(ROUTE, f"{owner.key.name} {prefix} {nexthop}")
                rows[route] = Row(route, {"prefix": prefix, "nexthop": nexthop}, owner.because, owner.key)
        for vni, target in state.running.targets.items():
            at = vxlan_key(state.name, f"vx{vni}")
            rows = state.rows if at in state.rows else state.unowned
            if at in rows:
                key = RowKey(EVPN, f"{state.name} {vni}")
                rows[key] = Row(key, {"route_target": target}, rows[at].because, at)

    def settings(self, ours: Mapping[RowKey, Row]) -> None:
        """Take in what is declared of devices one by one: ours, and what others configured outside a fabric's VRFs."""
        state = self.state
        vrfs = {key.name.split()[1] for key in state.rows if key.table == VRF}
        for key, row in MAKE.rows(state.tree, state.name).items():
            if key in ours:
                state.rows[key] = Row(key, row.columns, ours[key].because, row.within)
            elif vrf_of(key) not in vrfs:
                state.unowned[key] = row
                if not (MAKE.is_shared(key) or MAKE.is_default(row)):
                    state.foreign[key] = BY_HAND

    def filters(self, space: Space) -> None:
        """Take in the packet filter of a VRF that is known."""
        state, vrf = self.state, space.name or LAYER_2
        at = vrf_key(state.name, vrf)
        state.has_nft = state.has_nft and space.filters is not None
        content = filter_table.read(space.filters or {})
        rows = state.rows if at in state.rows else state.unowned
        if content is None or at not in rows or state.at(at)[0] != space.name:
            return
        state.filters[vrf] = content
        for key, row in filter_table.rows_of(state.name, vrf, content).items():
            rows[key] = Row(key, row.columns, rows[at].because, row.within)

    def _file(
        self, key: RowKey, alias: str, columns: dict[str, Value], within: RowKey | None = None
    ) -> dict[RowKey, Row]:
        """File a row as ours or as of others, by its tag; where it was filed."""
        self.state.tags[key] = alias
        owner, _, record = alias.removeprefix(MARK).partition(" ")
        if alias.startswith(MARK) and owner == self.owner:
            self.state.rows[key] = Row(key, columns, _records(record), within)
            return self.state.rows
        self.state.foreign[key] = f"of another store, {owner}" if alias.startswith(MARK) else "nobody says whose"
        self.state.unowned[key] = Row(key, columns, (), within)
        return self.state.unowned

    def _bridge_key(self, space: str, name: str) -> RowKey | None:
        """The row of a bridge; None of one outside all VRFs that is no network's."""
        found = self.state.names.rows.get((space, name))
        return found or (bridge_key(self.state.name, space, name) if space else None)

    def _master(self, space: str, link: Link) -> dict[str, Value]:
        key = self._bridge_key(space, link["master"]) if "master" in link else None
        return {"bridge": key} if key else {}


def _oddities(link: Link) -> dict[str, Value]:
    return {} if "UP" in link["flags"] else {"down": True}


def _records(text: str) -> tuple[Key, ...]:
    kind, _, id = text.partition("/")
    return (Key(kind, id),) if id else ()
