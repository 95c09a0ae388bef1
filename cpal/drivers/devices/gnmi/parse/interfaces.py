"""Interfaces over gNMI: what they are, what they counted, their addresses, neighbours, LAGs and queues."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from cpal.drivers.devices.gnmi.parse.tree import below, entries, flag, moment, number, state, text, word
from cpal.drivers.devices.parse.asking import JSON, Ask, Asking
from cpal.drivers.devices.parse.values import ip, mac_or_none
from cpal.model.device.interface import Address, Counters, Interface, IpInterface
from cpal.model.device.lag import Lag, LagMember, LagMode
from cpal.model.device.neighbor import Neighbor
from cpal.model.device.qos import QosInterface, Queue
from cpal.model.device.state import Status

INTERFACES = Ask("/openconfig-interfaces:interfaces", JSON)
INSTANCES = Ask("/openconfig-network-instance:network-instances", JSON, optional=True)
LACP = Ask("/openconfig-lacp:lacp", JSON, optional=True)
QOS = Ask("/openconfig-qos:qos", JSON, optional=True)
DEFAULT = "DEFAULT_INSTANCE"
SPEED = re.compile(r"SPEED_(\d+)(MB|GB)")
"""Source: openconfig-if-ethernet, `ETHERNET_SPEED`."""
_UNITS = {"MB": 10**6, "GB": 10**9}
COUNTED = {
    "in_octets": "in-octets",
    "in_unicast_pkts": "in-unicast-pkts",
    "in_multicast_pkts": "in-multicast-pkts",
    "in_broadcast_pkts": "in-broadcast-pkts",
    "in_discards": "in-discards",
    "in_errors": "in-errors",
    "out_octets": "out-octets",
    "out_unicast_pkts": "out-unicast-pkts",
    "out_multicast_pkts": "out-multicast-pkts",
    "out_broadcast_pkts": "out-broadcast-pkts",
    "out_discards": "out-discards",
    "out_errors": "out-errors",
}
"""Our fields of counters, and OpenConfig's."""


def layers(told: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each interface that speaks IP: its name and the node with its families. A VLAN's own interface is one, too."""
    for port in entries(told, "interface"):
        name = port["name"]
        for each in entries(port, "subinterfaces", "subinterface"):
            yield subinterface(name, each), each
        if below(port, "routed-vlan"):
            yield name, below(port, "routed-vlan")


def subinterface(name: str, node: Mapping[str, Any]) -> str:
    """What a subinterface is called: the first is the interface itself."""
    index = number(node.get("index")) or 0
    return name if index == 0 else text(state(node).get("name")) or f"{name}.{index}"


def status(told: str | None) -> Status | None:
    """UP or DOWN; what is neither known to be up nor down is None."""
    if told is None or told == "UNKNOWN":
        return None
    return Status.UP if told == "UP" else Status.DOWN


def interfaces() -> Asking[tuple[Interface, ...]]:
    """All interfaces, and those of their subinterfaces that are no interface's only one."""
    (told,) = yield (INTERFACES,)
    return tuple(_all_interfaces(told))


def _all_interfaces(told: Any) -> Iterator[Interface]:
    for port in entries(told, "interface"):
        yield _interface(port["name"], state(port), state(port, "ethernet"))
        for each in entries(port, "subinterfaces", "subinterface"):
            name = subinterface(port["name"], each)
            if name != port["name"]:
                yield _interface(name, state(each), {})


def _interface(name: str, now: Mapping[str, Any], ethernet: Mapping[str, Any]) -> Interface:
    enabled = flag(now.get("enabled"))
    configured = None if enabled is None else "UP" if enabled else "DOWN"
    speed = SPEED.fullmatch(word(ethernet.get("negotiated-port-speed") or ethernet.get("port-speed")) or "")
    return Interface(
        name=name,
        admin_status=status(word(now.get("admin-status")) or configured),
        oper_status=status(word(now.get("oper-status"))),
        description=text(now.get("description")),
        mtu=number(now.get("mtu")),
        speed_bps=int(speed[1]) * _UNITS[speed[2]] if speed else None,
        mac_address=mac_or_none(ethernet.get("mac-address")),
        last_change=moment(now.get("last-change")),
    )


def interfaces_counters() -> Asking[tuple[Counters, ...]]:
    """What each interface counted, of those that tell."""
    (told,) = yield (INTERFACES,)
    counted = ((port["name"], below(port, "state", "counters")) for port in entries(told, "interface"))
    return tuple(
        Counters(interface=name, **{ours: number(found.get(theirs)) for ours, theirs in COUNTED.items()})
        for name, found in counted
        if found
    )


def interfaces_ip() -> Asking[tuple[IpInterface, ...]]:
    """The interfaces that have addresses."""
    told, instances = yield (INTERFACES, INSTANCES)
    vrfs = vrf_of(instances)
    found = (
        IpInterface(name=name, vrf=vrfs.get(name), ipv4=_addresses(node, "ipv4"), ipv6=_addresses(node, "ipv6"))
        for name, node in layers(told)
    )
    return tuple(each for each in found if each.ipv4 or each.ipv6)


def _addresses(node: Any, family: str) -> tuple[Address, ...] | None:
    if not below(node, family):
        return None
    told = [{**each, **state(each)} for each in entries(node, family, "addresses", "address")]
    return tuple(
        Address(ip=ip(each["ip"]), prefix_length=number(each.get("prefix-length")), secondary=_secondary(each))
        for each in told
    )


def _secondary(told: Mapping[str, Any]) -> bool | None:
    return {"PRIMARY": False, "SECONDARY": True}.get(word(told.get("type")) or "")


def vrf_of(instances: Any) -> dict[str, str]:
    """The VRF that each interface is in, which is in one."""
    found: dict[str, str] = {}
    for each in entries(instances, "network-instance"):
        if word(state(each).get("type")) != DEFAULT:
            found |= dict.fromkeys(members(each), each["name"])
    return found


def members(instance: Any) -> tuple[str, ...]:
    """The interfaces of a network instance."""
    found = []
    for each in entries(instance, "interfaces", "interface"):
        now = state(each)
        index = number(now.get("subinterface")) or 0
        name = text(now.get("interface"))
        found.append(each["id"] if name is None else f"{name}.{index}" if index else name)
    return tuple(found)


def arp_table() -> Asking[tuple[Neighbor, ...]]:
    """The neighbours in IPv4."""
    return (yield from _neighbors("ipv4"))


def ipv6_neighbors_table() -> Asking[tuple[Neighbor, ...]]:
    """The neighbours in IPv6."""
    return (yield from _neighbors("ipv6"))


def _neighbors(family: str) -> Asking[tuple[Neighbor, ...]]:
    told, instances = yield (INTERFACES, INSTANCES)
    vrfs = vrf_of(instances)
    found = [
        (name, {**each, **state(each)})
        for name, node in layers(told)
        for each in entries(node, family, "neighbors", "neighbor")
    ]
    return tuple(
        Neighbor(
            ip=ip(each["ip"]),
            link_layer_address=mac_or_none(each.get("link-layer-address")),
            interface=name,
            vrf=vrfs.get(name),
            state=word(each.get("neighbor-state")),
        )
        for name, each in found
    )


def lags() -> Asking[tuple[Lag, ...]]:
    """The aggregates, with their members."""
    told, lacp = yield (INTERFACES, LACP)
    spoken = {each["name"]: each for each in entries(lacp, "interfaces", "interface")}
    ports = {port["name"]: port for port in entries(told, "interface")}
    found = []
    for name, port in ports.items():
        now = state(port, "aggregation")
        if now:
            inside = [each for each, one in ports.items() if state(one, "ethernet").get("aggregate-id") == name]
            names = tuple(now.get("member") or inside)
            found.append(_lag(name, state(port), now, spoken.get(name), names))
    return tuple(found)


def _lag(name: str, port: Mapping[str, Any], now: Mapping[str, Any], lacp: Any, names: tuple[str, ...]) -> Lag:
    mode = word(state(lacp).get("lacp-mode")) if word(now.get("lag-type")) == "LACP" else "STATIC"
    told = {each["interface"]: state(each) for each in entries(lacp, "members", "member")}
    return Lag(
        name=name,
        oper_status=status(word(port.get("oper-status"))),
        mode=None if mode is None else LagMode(mode),
        min_links=number(now.get("min-links")),
        members=tuple(LagMember(interface=each, bundled=_bundled(told.get(each, {}))) for each in names),
    )


def _bundled(member: Mapping[str, Any]) -> bool | None:
    """Source: openconfig-lacp, `collecting` and `distributing`."""
    flags = [flag(member.get(name)) for name in ("collecting", "distributing")]
    return None if None in flags else all(flags)


def qos() -> Asking[tuple[QosInterface, ...]]:
    """The queues of each interface that has some."""
    (told,) = yield (QOS,)
    found = []
    for each in entries(told, "interfaces", "interface"):
        queues = [{**queue, **state(queue)} for queue in entries(each, "output", "queues", "queue")]
        found.append(QosInterface(interface=each["interface-id"], queues=tuple(map(_queue, queues))))
    return tuple(each for each in found if each.queues)


def _queue(told: Mapping[str, Any]) -> Queue:
    return Queue(
        name=str(told["name"]),
        sent_octets=number(told.get("transmit-octets")),
        sent_pkts=number(told.get("transmit-pkts")),
        dropped_pkts=number(told.get("dropped-pkts")),
    )
