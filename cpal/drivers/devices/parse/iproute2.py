"""What iproute2 says in JSON of a Linux kernel's links, neighbours and forwarding tables. Source: ip(8), bridge(8)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cpal.drivers.devices.parse.asking import JSON, TEXT, Ask
from cpal.drivers.devices.parse.values import ip, mac, mac_or_none
from cpal.model.device.interface import Counters
from cpal.model.device.neighbor import MacEntry, Neighbor

LINKS = "ip -d -s -j link show"
ADDRESSES = "ip -j address show"
NEIGHBORS = "ip -s -j neighbor show"
FDB = "bridge -j fdb show"
UPTIME = Ask("cat /proc/uptime", TEXT)
NOT_RESOLVED = {"FAILED", "INCOMPLETE", "NOARP"}
"""Source: Linux, `NUD_*` of rtnetlink(7)."""
GROUP_BIT = 0x01


def inside(command: str, namespace: str = "", form: str = JSON) -> Ask:
    """The question that a command of iproute2 asks, in a network namespace of the host or outside all."""
    return Ask(f"ip netns exec {namespace} {command}" if namespace else command, form, optional=True)


def listed(told: Any) -> list[dict[str, Any]]:
    """The objects in an answer; iproute2 writes empty ones for what it leaves out, and nothing for nothing."""
    return [each for each in told or () if each]


def counters(links: Any) -> Iterable[Counters]:
    """What links counted."""
    for each in listed(links):
        told = each.get("stats64") or {}
        into, out = told.get("rx", {}), told.get("tx", {})
        yield Counters(
            interface=each["ifname"],
            in_octets=into.get("bytes"),
            in_multicast_pkts=into.get("multicast"),
            in_discards=into.get("dropped"),
            in_errors=into.get("errors"),
            out_octets=out.get("bytes"),
            out_discards=out.get("dropped"),
            out_errors=out.get("errors"),
        )


def neighbors(told: Any, vrf: str | None, vrf_of: dict[str, str], *, six: bool) -> Iterable[Neighbor]:
    """Neighbours of a family that are resolved; `vrf_of` names the VRF of interfaces that are in one."""
    for each in listed(told):
        states = each.get("state", [])
        if (":" in each["dst"]) == six and not NOT_RESOLVED.intersection(states):
            yield Neighbor(
                ip=ip(each["dst"]),
                link_layer_address=mac_or_none(each.get("lladdr")),
                interface=each["dev"],
                vrf=vrf_of.get(each["dev"], vrf),
                age_s=float(each["confirmed"]) if "confirmed" in each else None,
                state=states[0] if six and states else None,
            )


def macs(told: Any) -> Iterable[MacEntry]:
    """Addresses in the tables of bridges, without groups and without those of the ports themselves."""
    behind = {(each["mac"], each["ifname"]): ip(each["dst"]) for each in listed(told) if "dst" in each}
    for each in listed(told):
        group = int(each["mac"][:2], 16) & GROUP_BIT
        if "master" in each and each.get("state") != "permanent" and not group:
            yield MacEntry(
                mac_address=mac(each["mac"]),
                interface=each["ifname"],
                vlan=each.get("vlan"),
                remote_vtep=behind.get((each["mac"], each["ifname"])),
                static=each.get("state") == "static",
                active=each.get("state") != "stale",
            )
