"""From what a leaf says of itself to rows: ours by their tags, and those of others that stand in the same tables. Pure.

A setting that cpal never makes otherwise has no column while it is as it should be, and one when it is not, so that it
shows as drift: `learning`, `down`, `silent`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from cpal.core.rows import VALUE, Row, RowKey, Value
from cpal.drivers.devices.frr.configuration import NOTHING, Running
from cpal.drivers.devices.frr.leaf_port import Place, uplink_words
from cpal.drivers.devices.frr.render.names import (
    ADDRESS,
    BGP_VRF,
    EVPN,
    ROUTE,
    bridge_key,
    port_key,
    uplink_key,
    vrf_key,
    vxlan_key,
)
from cpal.model.record import Key

MARK = "cpal:"
VXLAN_PORT = 4789
"""Source: RFC 7348, section 5."""

LIST = """
echo '@ 1'
ip -d -j address show
for name in $(ls /run/netns); do
  nsenter --net=/run/netns/$name sh -c \
    'read -r on </proc/sys/net/ipv4/ip_forward; echo "@$0 $on"; exec ip -d -j address show' $name || true
done
"""
"""What a shell on the leaf runs to tell of all its network namespaces: a line of words, a line of JSON for each.

A file there that is none, left by a killed `ip netns add`, says nothing.
"""


@dataclass
class LeafState:
    """What is known of a leaf at one moment.

    `places` is the VRF that each network interface is in ("" for none), `up` the access ports that have a carrier.
    """

    name: str
    rows: dict[RowKey, Row] = field(default_factory=dict)
    foreign: dict[RowKey, str] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    up: set[str] = field(default_factory=set)
    running: Running = NOTHING
    revision: int = 0
    version: int = 0


def tag(owner: str, record: Key) -> str:
    """The alias of an interface that is ours, made for a record."""
    return f"{MARK}{owner} {record}"


def read(
    name: str, owner: str, listing: str, running: Running, ports: Mapping[str, Place],
    physical: Mapping[str, Mapping[str, str]],
) -> LeafState:  # fmt: skip
    """A leaf's state, from what `LIST` printed, its configuration, its file of ports and its ports to outside."""
    reading = _Reading(LeafState(name, running=running), owner, physical)
    for vrf, forwarding, links in _namespaces(listing):
        reading.namespace(vrf, forwarding, links)
    for port, place in ports.items():
        reading.port(port, place)
    reading.configuration()
    return reading.state


def _namespaces(listing: str) -> Iterator[tuple[str, bool, list[dict[str, Any]]]]:
    lines = iter(listing.splitlines())
    for line in lines:
        if line.startswith("@"):
            name, _, forwarding = line[1:].partition(" ")
            yield name, forwarding == "1", [link for link in msgspec.json.decode(next(lines)) if link]


class _Reading:
    """One leaf's state as it grows."""

    def __init__(self, state: LeafState, owner: str, physical: Mapping[str, Mapping[str, str]]) -> None:
        self.state, self.owner, self.physical = state, owner, physical
        self.links: dict[str, dict[str, Any]] = {}

    def namespace(self, vrf: str, forwarding: bool, links: list[dict[str, Any]]) -> None:
        """Take in what is in a VRF, or outside all."""
        kinds: dict[str, Callable[[str, dict[str, Any]], None]] = {"bridge": self._bridge, "vxlan": self._vxlan}
        for link in links:
            name = link["ifname"]
            if name == "lo" and vrf:
                columns: dict[str, Value] = {"forwarding": forwarding}
                self._own(vrf_key(self.state.name, vrf), link, columns, None)
            elif name != "lo":
                self.state.places[name] = vrf
                self.links[name] = link
                kind = link.get("linkinfo", {}).get("info_kind", "")
                if kind in kinds and (vrf or kind == "vxlan"):
                    kinds[kind](vrf, link)

    def _bridge(self, vrf: str, link: dict[str, Any]) -> None:
        key = bridge_key(self.state.name, vrf, link["ifname"])
        columns: dict[str, Value] = {"mac": link["address"], **_oddities(link)}
        if self._own(key, link, columns, vrf_key(self.state.name, vrf)):
            for entry in link["addr_info"]:
                if entry["scope"] == "global":
                    text = f"{entry['local']}/{entry['prefixlen']}"
                    edge = RowKey(ADDRESS, f"{key.name} {text}")
                    self.state.rows[edge] = Row(edge, {VALUE: text}, self.state.rows[key].because, key)

    def _vxlan(self, vrf: str, link: dict[str, Any]) -> None:
        data = link["linkinfo"]["info_data"]
        port = link["linkinfo"].get("info_slave_data", {})
        columns: dict[str, Value] = {"vni": data["id"], "mtu": link["mtu"], **_oddities(link)}
        columns |= {"local": data["local"]} if "local" in data else {}
        columns |= self._master(vrf, link)
        if data.get("learning") or port.get("learning") or not port.get("neigh_suppress"):
            columns["learning"] = True
        if data.get("port") != VXLAN_PORT:
            columns["port"] = data.get("port", 0)
        self._own(vxlan_key(self.state.name, link["ifname"]), link, columns, None)

    def port(self, name: str, place: Place) -> None:
        """Take in a port: as the kernel has it, or while it has no cable as it was told."""
        words = uplink_words(name)
        key = (uplink_key if words else port_key)(self.state.name, name)
        if place.owner != self.owner:
            self.state.foreign[key] = f"of another store, {place.owner}"
            return
        device = self.physical.get(words[0], {}).get(words[1], "") if words else name
        link = self.links.get(device)
        columns: dict[str, Value] = {"bridge": bridge_key(self.state.name, place.vrf, place.bridge), "up": place.up}
        if link is not None:
            up = "UP" in link["flags"]
            columns = {"up": up, **self._master(self.state.places[device], link)}
            if up and "LOWER_UP" in link["flags"]:
                self.state.up.add(name)
        self.state.rows[key] = Row(key, columns, _records(place.record))

    def configuration(self) -> None:
        """Take in what FRR holds of VRFs and VXLAN devices that are ours."""
        state = self.state
        for name, vrf in state.running.vrfs.items():
            owner = state.rows.get(vrf_key(state.name, name))
            if owner is None:
                continue
            key = RowKey(BGP_VRF, owner.key.name)
            if vrf.has_bgp:
                state.rows[key] = Row(key, dict(vrf.columns), owner.because, owner.key)
            for prefix, nexthop in vrf.routes:
                route = RowKey(ROUTE, f"{owner.key.name} {prefix} {nexthop}")
                state.rows[route] = Row(route, {"prefix": prefix, "nexthop": nexthop}, owner.because, owner.key)
        for vni, target in state.running.targets.items():
            device = state.rows.get(vxlan_key(state.name, f"vx{vni}"))
            if device is not None:
                key = RowKey(EVPN, f"{state.name} {vni}")
                state.rows[key] = Row(key, {"route_target": target}, device.because, device.key)

    def _own(self, key: RowKey, link: dict[str, Any], columns: dict[str, Value], within: RowKey | None) -> bool:
        """File a row as ours or as of others, by its tag."""
        alias = link.get("ifalias", "")
        owner, _, record = alias.removeprefix(MARK).partition(" ")
        if alias.startswith(MARK) and owner == self.owner:
            self.state.rows[key] = Row(key, columns, _records(record), within)
            return True
        self.state.foreign[key] = f"of another store, {owner}" if alias.startswith(MARK) else "nobody says whose"
        return False

    def _master(self, vrf: str, link: dict[str, Any]) -> dict[str, Value]:
        return {"bridge": bridge_key(self.state.name, vrf, link["master"])} if "master" in link else {}


def _oddities(link: dict[str, Any]) -> dict[str, Value]:
    return {} if "UP" in link["flags"] else {"down": True}


def _records(text: str) -> tuple[Key, ...]:
    kind, _, id = text.partition("/")
    return (Key(kind, id),) if id else ()
