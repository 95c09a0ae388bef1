"""FRR: facts, interfaces, VRFs, neighbours, MAC addresses, configuration. Source: FRR user manual, "Zebra", "VTYSH"."""

from __future__ import annotations

import re
from typing import Any

from cpal.drivers.devices.frr.parse.vrfs import SHOW_VRF, interfaces_in_each, vrfs, vtysh
from cpal.drivers.devices.parse import iproute2
from cpal.drivers.devices.parse.asking import TEXT, Ask, Asking
from cpal.drivers.devices.parse.sanitized import CISCO, sanitized
from cpal.drivers.devices.parse.values import ip, mac_or_none, none_if_empty
from cpal.model.device.facts import Facts
from cpal.model.device.interface import Address, Counters, Interface, IpInterface
from cpal.model.device.neighbor import MacEntry, Neighbor
from cpal.model.device.network_instance import InstanceType, NetworkInstance
from cpal.model.device.state import Status
from cpal.model.device.system import Config

VERSION = re.compile(r"^FRRouting (\S+) \((\S+)\)", re.MULTILINE)
MEGABIT = 1_000_000
NO_SPEED = (0, 0xFFFFFFFF)
"""What zebra says of a link whose speed the kernel does not know."""
HEAD = re.compile(r"\A\s*(?:Building configuration\.\.\.\s*)?(?:Current configuration:\s*)?(?:!\n)?")


def facts() -> Asking[Facts]:
    """What the router is: its name and release of FRR; the kernel says how long it has been up."""
    version, uptime = yield (vtysh("show version", TEXT), iproute2.UPTIME)
    told = yield from interfaces_in_each()
    found = VERSION.search(version)
    if found is None:
        raise ValueError("no release of FRRouting")
    return Facts(
        vendor="FRRouting",
        hostname=found[2],
        os_version=found[1],
        uptime_s=float(uptime.split()[0]),
        interfaces=tuple(name for _, name, _ in told),
    )


def interfaces() -> Asking[tuple[Interface, ...]]:
    """Interfaces of every VRF and their state."""
    told = yield from interfaces_in_each()
    return tuple(
        Interface(
            name=name,
            admin_status=_status(each["administrativeStatus"]),
            oper_status=_status(each["operationalStatus"]),
            description=none_if_empty(each.get("description") or each.get("OsDescription")),
            mtu=each.get("mtu"),
            speed_bps=None if each.get("speed", 0) in NO_SPEED else each["speed"] * MEGABIT,
            mac_address=mac_or_none(each.get("hardwareAddress")),
        )
        for _, name, each in told
    )


def _status(told: str) -> Status:
    return Status.UP if told == "up" else Status.DOWN


def interfaces_ip() -> Asking[tuple[IpInterface, ...]]:
    """Addresses of the interfaces of every VRF."""
    told = yield from interfaces_in_each()
    return tuple(
        IpInterface(
            name=name, vrf=vrf.told, ipv4=_addresses(each, six=False), ipv6=_addresses(each, six=True)
        )
        for vrf, name, each in told
        if each["ipAddresses"]
    )  # fmt: skip


def _addresses(told: dict[str, Any], *, six: bool) -> tuple[Address, ...] | None:
    """Those of a family; None where there is none of it."""
    found = []
    for each in told["ipAddresses"]:
        address, _, length = each["address"].partition("/")
        if (":" in address) == six:
            found.append(Address(ip=ip(address), prefix_length=int(length), secondary=each["secondary"]))
    return tuple(found) or None


def interfaces_counters() -> Asking[tuple[Counters, ...]]:
    """What interfaces counted, as the kernel of each VRF has it."""
    (told,) = yield (SHOW_VRF,)
    places = tuple(dict.fromkeys(each.namespace for each in vrfs(told)))
    answers = yield tuple(iproute2.inside(iproute2.LINKS, place) for place in places)
    return tuple(
        each
        for place, links in zip(places, answers, strict=True)
        for each in iproute2.counters(links)
        if not (place and each.interface == "lo")
    )


def network_instances() -> Asking[tuple[NetworkInstance, ...]]:
    """VRFs and their interfaces."""
    (told,) = yield (SHOW_VRF,)
    found = yield from interfaces_in_each()
    return tuple(
        NetworkInstance(
            name=vrf.name,
            type=InstanceType.L3VRF if vrf.told else InstanceType.DEFAULT,
            interfaces=tuple(name for of, name, _ in found if of.name == vrf.name),
        )
        for vrf in vrfs(told)
    )


def arp_table() -> Asking[tuple[Neighbor, ...]]:
    """IPv4 neighbours in every VRF."""
    return _neighbors(six=False)


def ipv6_neighbors_table() -> Asking[tuple[Neighbor, ...]]:
    """IPv6 neighbours in every VRF."""
    return _neighbors(six=True)


def _neighbors(*, six: bool) -> Asking[tuple[Neighbor, ...]]:
    (told,) = yield (SHOW_VRF,)
    found = yield from interfaces_in_each()
    places = [each for each in vrfs(told) if each.namespace or each.told is None]
    answers = yield tuple(iproute2.inside(iproute2.NEIGHBORS, each.namespace) for each in places)
    of = {name: vrf.name for vrf, name, _ in found if vrf.told and not vrf.namespace}
    return tuple(
        neighbor
        for place, answer in zip(places, answers, strict=True)
        for neighbor in iproute2.neighbors(answer, place.told, {} if place.namespace else of, six=six)
    )


def mac_address_table() -> Asking[tuple[MacEntry, ...]]:
    """MAC addresses in the tables of bridges, those that EVPN brought too."""
    (told,) = yield (SHOW_VRF,)
    places = dict.fromkeys(each.namespace for each in vrfs(told))
    answers = yield tuple(iproute2.inside(iproute2.FDB, place) for place in places)
    return tuple(each for answer in answers for each in iproute2.macs(answer))


def config(*, only: str = "", without_secrets: bool = False) -> Asking[Config]:
    """The running configuration, and the one that is started with."""
    asks = {"running": vtysh("show running-config", TEXT), "startup": Ask("cat /etc/frr/frr.conf", TEXT, optional=True)}
    fields = [field for field in asks if only in ("", field)]
    answers = yield tuple(asks[field] for field in fields)
    found = {field: answer and HEAD.sub("", answer) for field, answer in zip(fields, answers, strict=True)}
    return Config(
        **{field: sanitized(text, CISCO) if without_secrets and text else text for field, text in found.items()}
    )
