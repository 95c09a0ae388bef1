"""Network instances over gNMI: VRFs, VLANs, MAC addresses, routes and BGP's sessions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from ipaddress import ip_address, ip_network
from typing import Any

from cpal.drivers.devices.gnmi.parse.interfaces import DEFAULT, INSTANCES, INTERFACES, members
from cpal.drivers.devices.gnmi.parse.system import SYSTEM
from cpal.drivers.devices.gnmi.parse.tree import below, entries, flag, moment, number, state, text, word
from cpal.drivers.devices.parse.asking import Asking
from cpal.drivers.devices.parse.values import ip, mac, natural
from cpal.errors import Invalid
from cpal.model.device.bgp import AfiSafi, BgpInstance, BgpNeighbor
from cpal.model.device.neighbor import MacEntry
from cpal.model.device.network_instance import InstanceType, NetworkInstance
from cpal.model.device.route import Route
from cpal.model.device.vlan import Vlan

TRUNK = "TRUNK"
ESTABLISHED = "ESTABLISHED"
PROTOCOLS = {"DIRECTLY_CONNECTED": "connected", "LOCAL_AGGREGATE": "aggregate"}
"""OpenConfig's words for what a route comes from, where other makes have others."""
_TYPES = {each.value: each for each in InstanceType}


def network_instances() -> Asking[tuple[NetworkInstance, ...]]:
    """All network instances."""
    (told,) = yield (INSTANCES,)
    return tuple(_instance(each) for each in entries(told, "network-instance"))


def _instance(told: Any) -> NetworkInstance:
    now = state(told)
    kind = word(now.get("type"))
    return NetworkInstance(
        name=told["name"],
        type=_TYPES.get(kind or ""),
        kind=None if kind in _TYPES else kind,
        route_distinguisher=text(now.get("route-distinguisher")),
        interfaces=members(told),
    )


def vlans() -> Asking[tuple[Vlan, ...]]:
    """The VLANs, with the interfaces that say that they are in them, and those that the VLAN itself names."""
    instances, ports = yield (INSTANCES, INTERFACES)
    named: dict[int, str | None] = {}
    inside: dict[int, set[str]] = {}
    for instance in entries(instances, "network-instance"):
        for each in entries(instance, "vlans", "vlan"):
            id = int(each["vlan-id"])
            named[id] = text(state(each).get("name"))
            told = [text(state(one).get("interface")) for one in entries(each, "members", "member")]
            inside[id] = {name for name in told if name is not None}
    for name, ids in _switched(ports, named):
        for id in ids:
            inside[id].add(name)
    return tuple(Vlan(id=id, name=named[id], interfaces=tuple(sorted(inside[id], key=natural))) for id in sorted(named))


def _switched(ports: Any, known: Mapping[int, Any]) -> Iterator[tuple[str, set[int]]]:
    """Each switched interface with the VLANs that it is in, of those that there are."""
    for port in entries(ports, "interface"):
        for layer in ("ethernet", "aggregation"):
            now = state(port, layer, "switched-vlan")
            if word(now.get("interface-mode")) == TRUNK:
                told = now.get("trunk-vlans")
                ids = set(known) if told is None else {id for each in told for id in _ids(each)}
                yield port["name"], ids & set(known)
            elif now.get("access-vlan") is not None:
                yield port["name"], {int(now["access-vlan"])} & set(known)


def _ids(told: Any) -> range:
    """One VLAN, or `10..20`. Source: openconfig-vlan-types, `vlan-range`."""
    first, _, last = str(told).partition("..")
    return range(int(first), int(last or first) + 1)


def mac_address_table() -> Asking[tuple[MacEntry, ...]]:
    """The MAC addresses that are known, in all network instances."""
    (told,) = yield (INSTANCES,)
    return tuple(
        _mac_entry(each)
        for instance in entries(told, "network-instance")
        for each in entries(instance, "fdb", "mac-table", "entries", "entry")
    )


def _mac_entry(told: Any) -> MacEntry:
    now = {**told, **state(told)}
    kind = word(now.get("entry-type"))
    behind = state(told, "interface", "interface-ref")
    tunnel = state(told, "endpoint")
    return MacEntry(
        mac_address=mac(now["mac-address"]),
        interface=text(behind.get("interface")),
        vlan=number(now.get("vlan")),
        remote_vtep=text(tunnel.get("endpoint")),
        static=None if kind is None else kind == "STATIC",
    )


def route_to(destination: str, protocol: str = "", *, longer: bool = False) -> Asking[tuple[Route, ...]]:
    """The routes that are in the forwarding tables, to exactly a prefix, or with `longer` to those within it.

    Raises:
        Invalid: not a prefix and not an address.
    """
    try:
        wanted = ip_network(destination, strict=False)
    except ValueError:
        raise Invalid("that is no prefix and no address", key=destination) from None
    (told,) = yield (INSTANCES,)
    return tuple(
        route
        for instance in entries(told, "network-instance")
        for family in ("ipv4", "ipv6")
        for each in entries(instance, "afts", f"{family}-unicast", f"{family}-entry")
        if _within(each["prefix"], wanted, longer)
        for route in _routes(instance, each)
        if protocol in ("", route.protocol)
    )


def _within(prefix: str, wanted: Any, longer: bool) -> bool:
    found = ip_network(prefix, strict=False)
    if found.version != wanted.version:
        return False
    return bool(found.subnet_of(wanted)) if longer else bool(found == wanted)


def _routes(instance: Any, told: Any) -> Iterator[Route]:
    """A route for each of its next hops. Source: openconfig-aft, `next-hop-groups` and `next-hops`."""
    now = state(told)
    tables = below(instance, "afts")
    groups = {str(each["id"]): each for each in entries(tables, "next-hop-groups", "next-hop-group")}
    hops = {str(each["index"]): each for each in entries(tables, "next-hops", "next-hop")}
    group = groups.get(str(now.get("next-hop-group")))
    chosen = [hops.get(str(each["index"])) for each in entries(group, "next-hops", "next-hop")]
    origin = word(now.get("origin-protocol")) or "unknown"
    for hop in chosen or [None]:
        address = text(state(hop).get("ip-address"))
        yield Route(
            prefix=str(ip_network(told["prefix"], strict=False)),
            protocol=PROTOCOLS.get(origin) or origin.lower().replace("_", "-"),
            vrf=None if word(state(instance).get("type")) == DEFAULT else instance["name"],
            active=True,
            next_hop=None if address is None or ip_address(address).is_unspecified else ip(address),
            interface=text(state(hop, "interface-ref").get("interface")),
            metric=number(now.get("metric")),
        )


def bgp_neighbors() -> Asking[tuple[BgpInstance, ...]]:
    """The BGP sessions of each network instance that speaks it."""
    told, system = yield (INSTANCES, SYSTEM)
    clock = text(state(system).get("current-datetime"))
    now = None if clock is None else datetime.fromisoformat(clock).timestamp()
    found = []
    for instance in entries(told, "network-instance"):
        for protocol in entries(instance, "protocols", "protocol"):
            bgp = below(protocol, "bgp")
            if bgp:
                itself = state(bgp, "global")
                neighbors = entries(bgp, "neighbors", "neighbor")
                found.append(
                    BgpInstance(
                        vrf=None if word(state(instance).get("type")) == DEFAULT else instance["name"],
                        router_id=text(itself.get("router-id")),
                        local_as=number(itself.get("as")),
                        neighbors=tuple(_neighbor(each, itself, now) for each in neighbors),
                    )
                )
    return tuple(found)


def _neighbor(told: Any, itself: Mapping[str, Any], clock: float | None) -> BgpNeighbor:
    now = state(told)
    session = word(now.get("session-state"))
    since = moment(now.get("last-established"))
    is_up = None if session is None else session == ESTABLISHED
    transport, timers = state(told, "transport"), state(told, "timers")
    received, sent = below(told, "state", "messages", "received"), below(told, "state", "messages", "sent")
    address = told["neighbor-address"]
    return BgpNeighbor(
        address=ip(address) if ":" in address or "." in address else address,
        enabled=flag(now.get("enabled")),
        up=is_up,
        local_as=number(now.get("local-as")) or number(itself.get("as")),
        peer_as=number(now.get("peer-as")),
        local_router_id=text(itself.get("router-id")),
        description=text(now.get("description")),
        established_s=round(clock - since) if is_up and clock is not None and since is not None else None,
        afi_safis=tuple(_family(each) for each in entries(told, "afi-safis", "afi-safi")),
        session_state=None if session is None else session.title().replace("Opens", "OpenS").replace("Openc", "OpenC"),
        local_address=text(transport.get("local-address")),
        local_port=number(transport.get("local-port")),
        remote_port=number(transport.get("remote-port")),
        hold_time_s=_whole(timers.get("negotiated-hold-time")),
        configured_hold_time_s=_whole(timers.get("hold-time")),
        configured_keepalive_s=_whole(timers.get("keepalive-interval")),
        updates_received=number(received.get("UPDATE")),
        updates_sent=number(sent.get("UPDATE")),
    )


def _whole(told: Any) -> int | None:
    return None if told in (None, "") else int(float(told))


def _family(told: Any) -> AfiSafi:
    counted = below(told, "state", "prefixes")
    name = (word(told["afi-safi-name"]) or "").lower().replace("_", " ")
    before = number(counted.get("received-pre-policy"))
    received = number(counted.get("received"))
    return AfiSafi(
        name=name, received=received if before is None else before, accepted=None if before is None else received,
        sent=number(counted.get("sent")),
    )  # fmt: skip
