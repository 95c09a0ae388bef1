"""Linux: facts, interfaces, addresses, VRFs, neighbours, routes, memory. Source: ip(8), proc(5)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cpal.drivers.devices.parse import iproute2
from cpal.drivers.devices.parse.asking import JSON, TEXT, Ask, Asking
from cpal.drivers.devices.parse.linux_links import LINKS, oper_status
from cpal.drivers.devices.parse.values import ip, is_ip, mac_or_none
from cpal.errors import Invalid
from cpal.model.device.environment import Environment, Memory
from cpal.model.device.facts import Facts
from cpal.model.device.interface import Address, Counters, Interface, IpInterface
from cpal.model.device.neighbor import MacEntry, Neighbor
from cpal.model.device.network_instance import InstanceType, NetworkInstance
from cpal.model.device.route import Route
from cpal.model.device.state import Status

ADDRESSES = Ask(iproute2.ADDRESSES, JSON)
NEIGHBORS = Ask(iproute2.NEIGHBORS, JSON)
NAMES = Ask("uname -n; uname -r; cat /sys/class/dmi/id/product_name 2>/dev/null || true", TEXT)
SPEEDS = Ask(
    'for link in /sys/class/net/*; do echo "${link##*/} $(cat $link/speed 2>/dev/null)"; done', TEXT, optional=True
)
"""Source: Linux, Documentation/ABI/testing/sysfs-class-net."""
MEGABIT, KIBI = 1_000_000, 1024
DISCARDING = ("blackhole", "unreachable", "prohibit")


def facts() -> Asking[Facts]:
    """What the host is: its name, kernel and model."""
    names, uptime, links = yield (NAMES, iproute2.UPTIME, LINKS)
    hostname, release, *model = names.splitlines()
    return Facts(
        vendor="Linux",
        hostname=hostname,
        os_version=release,
        model=model[0].strip() or None if model else None,
        uptime_s=float(uptime.split()[0]),
        interfaces=tuple(each["ifname"] for each in iproute2.listed(links)),
    )


def interfaces() -> Asking[tuple[Interface, ...]]:
    """Interfaces and their state."""
    links, told = yield (LINKS, SPEEDS)
    speeds = dict(line.split()[:2] for line in (told or "").splitlines() if len(line.split()) > 1)
    return tuple(
        Interface(
            name=each["ifname"],
            admin_status=Status.UP if "UP" in each["flags"] else Status.DOWN,
            oper_status=oper_status(each),
            description=each.get("ifalias"),
            mtu=each["mtu"],
            speed_bps=_speed_bps(speeds.get(each["ifname"], "")),
            mac_address=mac_or_none(each.get("address")) if each.get("link_type") == "ether" else None,
        )
        for each in iproute2.listed(links)
    )


def _speed_bps(megabits: str) -> int | None:
    """The speed of a link that has one; the kernel says -1 of others."""
    return int(megabits) * MEGABIT if megabits.isdigit() and int(megabits) else None


def interfaces_counters() -> Asking[tuple[Counters, ...]]:
    """What interfaces counted."""
    (links,) = yield (LINKS,)
    return tuple(iproute2.counters(links))


def interfaces_ip() -> Asking[tuple[IpInterface, ...]]:
    """Addresses of interfaces, and the VRF that each is in."""
    links, told = yield (LINKS, ADDRESSES)
    vrf_of = _vrf_of(links)
    return tuple(
        IpInterface(
            name=each["ifname"],
            vrf=vrf_of.get(each["ifname"]),
            ipv4=_addresses(each, "inet"),
            ipv6=_addresses(each, "inet6"),
        )
        for each in iproute2.listed(told)
        if each.get("addr_info")
    )


def _addresses(told: dict[str, Any], family: str) -> tuple[Address, ...] | None:
    found = [
        Address(ip=ip(each["local"]), prefix_length=each["prefixlen"], secondary=bool(each.get("secondary")))
        for each in told["addr_info"]
        if each.get("family") == family
    ]
    return tuple(found) or None


def network_instances() -> Asking[tuple[NetworkInstance, ...]]:
    """VRFs and their interfaces, the default one first."""
    (links,) = yield (LINKS,)
    vrf_of, found = _vrf_of(links), iproute2.listed(links)
    names = [each["ifname"] for each in found if _kind(each) == "vrf"]
    inside: dict[str | None, list[str]] = {}
    for each in found:
        if each["ifname"] not in names:
            inside.setdefault(vrf_of.get(each["ifname"]), []).append(each["ifname"])
    default = NetworkInstance(name="default", type=InstanceType.DEFAULT, interfaces=tuple(inside.get(None, ())))
    vrf = InstanceType.L3VRF
    return (default, *(NetworkInstance(name=each, type=vrf, interfaces=tuple(inside.get(each, ()))) for each in names))


def _kind(link: dict[str, Any]) -> str:
    kind: str = link.get("linkinfo", {}).get("info_kind", "")
    return kind


def _vrf_of(links: Any) -> dict[str, str]:
    """The VRF of each interface that is in one."""
    found = iproute2.listed(links)
    vrfs = {each["ifname"] for each in found if _kind(each) == "vrf"}
    return {each["ifname"]: each["master"] for each in found if each.get("master") in vrfs}


def arp_table() -> Asking[tuple[Neighbor, ...]]:
    """IPv4 neighbours."""
    links, told = yield (LINKS, NEIGHBORS)
    return tuple(iproute2.neighbors(told, None, _vrf_of(links), six=False))


def ipv6_neighbors_table() -> Asking[tuple[Neighbor, ...]]:
    """IPv6 neighbours."""
    links, told = yield (LINKS, NEIGHBORS)
    return tuple(iproute2.neighbors(told, None, _vrf_of(links), six=True))


def mac_address_table() -> Asking[tuple[MacEntry, ...]]:
    """MAC addresses in the tables of bridges."""
    (told,) = yield (Ask(iproute2.FDB, JSON, optional=True),)
    return tuple(iproute2.macs(told))


def route_to(destination: str, protocol: str = "", *, longer: bool = False) -> Asking[tuple[Route, ...]]:
    """Routes of the main table to exactly a prefix, or with `longer` to those within it; of a protocol or of all.

    Raises:
        Invalid: not a prefix and not an address.
    """
    if not is_ip(destination.partition("/")[0]):
        raise Invalid("that is no prefix and no address", key=destination)
    family = "-6" if ":" in destination else "-4"
    (told,) = yield (Ask(f"ip {family} -j route show {'root' if longer else 'exact'} {destination}", JSON),)
    found = [each for each in iproute2.listed(told) if protocol in ("", each.get("protocol"))]
    return tuple(route for each in found for route in _routes(each, destination))


def _routes(told: dict[str, Any], destination: str) -> Iterable[Route]:
    """A route for each of its next hops."""
    prefix = destination if told["dst"] == "default" else told["dst"]
    whole = prefix if "/" in prefix else f"{prefix}/{128 if ':' in prefix else 32}"
    for hop in told.get("nexthops") or [told]:
        yield Route(
            prefix=whole,
            protocol=told.get("protocol", "boot"),
            active=True,
            next_hop=hop.get("gateway"),
            discard=told.get("type") in DISCARDING,
            interface=hop.get("dev"),
            metric=told.get("metric"),
        )


def environment() -> Asking[Environment]:
    """Main memory. Source: proc(5), /proc/meminfo."""
    (told,) = yield (Ask("cat /proc/meminfo", TEXT),)
    held = {name.rstrip(":"): int(number) * KIBI for name, number, *_ in map(str.split, told.splitlines())}
    physical, free = held["MemTotal"], held["MemAvailable"]
    return Environment(memories=(Memory(physical=physical, free=free, used=physical - free),))
