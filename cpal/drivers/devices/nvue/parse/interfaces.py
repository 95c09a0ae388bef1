"""Interfaces over NVUE: what they are, what they counted, their addresses and neighbours, bonds, bridges.

Source: NVIDIA, Cumulus Linux User Guide ("NVUE API", "Monitoring and Troubleshooting") and NVUE's OpenAPI
specification; the answers of 5.6 that NVIDIA's configuration manager is tested with.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from cpal.drivers.devices.parse.asking import JSON, Ask, Asking
from cpal.drivers.devices.parse.values import ip, mac_or_none, none_if_empty
from cpal.model.device.interface import Address, Counters, Interface, IpInterface
from cpal.model.device.lag import Lag, LagMember, LagMode
from cpal.model.device.neighbor import LldpNeighbor, MacEntry, Neighbor
from cpal.model.device.state import Status
from cpal.model.device.vlan import Vlan

INTERFACES = Ask("/interface", JSON)
BRIDGES = Ask("/bridge/domain", JSON, optional=True)
SPEED = re.compile(r"(\d+(?:\.\d+)?)([MG])")
_UNITS = {"M": 10**6, "G": 10**9}
COUNTED = {
    "in_octets": "in-bytes",
    "in_discards": "in-drops",
    "in_errors": "in-errors",
    "out_octets": "out-bytes",
    "out_discards": "out-drops",
    "out_errors": "out-errors",
}
"""Our fields of counters, and NVUE's; it counts packets of all kinds together, which is none of ours."""
LASTING = ("static", "permanent")
"""Entries of a MAC table that nobody learned."""
STATIC = "static"


def named(told: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """The members of an object, each by its name; those that say nothing are empty."""
    for name, each in told.items() if isinstance(told, dict) else ():
        yield name, each if isinstance(each, dict) else {}


def below(told: Any, *names: str) -> dict[str, Any]:
    """The object at a path in another; empty where there is none."""
    for name in names:
        told = told.get(name) if isinstance(told, dict) else None
    return told if isinstance(told, dict) else {}


def status(told: str | None) -> Status | None:
    """UP or DOWN; what is neither is None."""
    return {"up": Status.UP, "down": Status.DOWN}.get(told or "")


def _carrier(link: Mapping[str, Any]) -> Status | None:
    """Whether a link is up: newer releases say it in a word, older ones by the member that there is."""
    told = link.get("oper-status")
    return status(told if isinstance(told, str) else next(iter(below(link, "state")), None))


def interfaces() -> Asking[tuple[Interface, ...]]:
    """All interfaces."""
    (told,) = yield (INTERFACES,)
    return tuple(_interface(name, each) for name, each in named(told))


def _interface(name: str, told: dict[str, Any]) -> Interface:
    link = below(told, "link")
    speed = SPEED.fullmatch(str(link.get("speed", "")))
    mtu, description = link.get("mtu"), told.get("description")
    return Interface(
        name=name,
        admin_status=status(link.get("admin-status")),
        oper_status=_carrier(link),
        description=none_if_empty(description) if isinstance(description, str) else None,
        mtu=mtu if isinstance(mtu, int) else None,
        speed_bps=int(float(speed[1]) * _UNITS[speed[2]]) if speed else None,
        mac_address=mac_or_none(link.get("mac")),
    )


def interfaces_counters() -> Asking[tuple[Counters, ...]]:
    """What interfaces counted that tell it."""
    (told,) = yield (INTERFACES,)
    counted = [(name, below(each, "link", "stats")) for name, each in named(told)]
    return tuple(
        Counters(interface=name, **{field: stats.get(said) for field, said in COUNTED.items()})
        for name, stats in counted
        if stats
    )


def interfaces_ip() -> Asking[tuple[IpInterface, ...]]:
    """The addresses of interfaces that speak IP."""
    (told,) = yield (INTERFACES,)
    found = []
    for name, each in named(told):
        addresses = [_address(text) for text in below(each, "ip", "address")]
        if addresses:
            vrf = below(each, "ip").get("vrf")
            found.append(IpInterface(
                name=name, vrf=vrf if isinstance(vrf, str) else None,
                ipv4=tuple(each for each in addresses if ":" not in each.ip),
                ipv6=tuple(each for each in addresses if ":" in each.ip),
            ))  # fmt: skip
    return tuple(found)


def _address(text: str) -> Address:
    address, _, length = text.partition("/")
    return Address(ip=ip(address), prefix_length=int(length) if length else None)


def arp_table() -> Asking[tuple[Neighbor, ...]]:
    """The IPv4 neighbours of each interface."""
    return (yield from _neighbors("ipv4"))


def ipv6_neighbors_table() -> Asking[tuple[Neighbor, ...]]:
    """The IPv6 neighbours of each interface."""
    return (yield from _neighbors("ipv6"))


def _neighbors(family: str) -> Asking[tuple[Neighbor, ...]]:
    (told,) = yield (INTERFACES,)
    names = [name for name, _ in named(told)]
    answers = yield tuple(Ask(f"/interface/{quote(name, safe='')}/ip/neighbor", JSON, optional=True) for name in names)
    return tuple(
        Neighbor(
            ip=ip(address),
            link_layer_address=mac_or_none(each.get("lladdr")),
            interface=name,
            state=next(iter(below(each, "state")), "").upper() or None if family == "ipv6" else None,
        )
        for name, answer in zip(names, answers, strict=True)
        for address, each in named(below(answer, family))
    )


def lldp_neighbors() -> Asking[tuple[LldpNeighbor, ...]]:
    """What LLDP hears at each interface."""
    (told,) = yield (INTERFACES,)
    return tuple(
        _heard(name, heard) for name, each in named(told) for _, heard in named(below(each, "lldp", "neighbor"))
    )


def _heard(name: str, told: dict[str, Any]) -> LldpNeighbor:
    chassis, port = below(told, "chassis"), below(told, "port")
    capable = [word.removeprefix("is-") for word, said in below(chassis, "capability").items() if said != "off"]
    return LldpNeighbor(
        interface=name,
        chassis_id=none_if_empty(chassis.get("chassis-id")),
        port_id=none_if_empty(port.get("name")),
        port_description=none_if_empty(port.get("description")),
        system_name=none_if_empty(chassis.get("system-name")),
        system_description=none_if_empty(chassis.get("system-description")),
        enabled_capabilities=tuple(sorted(capable)),
    )


def mac_address_table() -> Asking[tuple[MacEntry, ...]]:
    """The MAC addresses of each bridge."""
    (told,) = yield (BRIDGES,)
    paths = [f"/bridge/domain/{quote(name, safe='')}/mac-table" for name, _ in named(told)]
    answers = yield tuple(Ask(path, JSON, optional=True) for path in paths)
    return tuple(
        MacEntry(
            mac_address=mac_or_none(each["mac"]) or "",
            interface=each.get("interface"),
            vlan=each.get("vlan"),
            static=each.get("entry-type") in LASTING,
        )
        for answer in answers
        for _, each in named(answer)
    )


def vlans() -> Asking[tuple[Vlan, ...]]:
    """The VLANs that the ports of bridges are in."""
    (told,) = yield (BRIDGES,)
    members: dict[int, set[str]] = {}
    for _, bridge in named(told):
        for port, each in named(below(bridge, "port")):
            for vlan in below(each, "vlan"):
                members.setdefault(int(vlan), set()).add(port)
    return tuple(Vlan(id=vlan, interfaces=tuple(sorted(ports))) for vlan, ports in sorted(members.items()))


def lags() -> Asking[tuple[Lag, ...]]:
    """Bonds, with the interfaces in them."""
    (told,) = yield (INTERFACES,)
    return tuple(
        Lag(
            name=name,
            oper_status=_carrier(below(each, "link")),
            mode=LagMode.STATIC if below(each, "bond").get("mode") == STATIC else None,
            members=tuple(LagMember(interface=member) for member in below(each, "bond", "member")),
        )
        for name, each in named(told)
        if each.get("type") == "bond"
    )
