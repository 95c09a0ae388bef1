"""Linux: VXLAN interfaces and the ends of their tunnels, queueing disciplines. Source: ip(8), bridge(8), tc(8)."""

from __future__ import annotations

import ipaddress
from typing import Any

from cpal.drivers.devices.linux.parse.host import ADDRESSES, LINKS
from cpal.drivers.devices.linux.parse.links import Link, links, vrf_of
from cpal.drivers.devices.parse.asking import JSON, Ask, Asking
from cpal.drivers.devices.parse.iproute2 import FDB, listed
from cpal.drivers.devices.parse.values import ip
from cpal.model.device.overlay import Overlay, Vni, Vtep
from cpal.model.device.qos import QosInterface, Queue

NO_MAC = "00:00:00:00:00:00"
"""What floods have for an address in the forwarding table. Source: bridge(8), `fdb append`."""


def evpn() -> Asking[Overlay]:
    """VXLAN interfaces as VNIs, and the other ends of their tunnels, which stand among MAC addresses."""
    found, told, addresses = yield (LINKS, Ask(FDB, JSON, optional=True), ADDRESSES)
    among = links(found)
    routed = {each["ifname"] for each in listed(addresses) if each.get("addr_info")}
    ends: dict[str, set[str]] = {}
    floods: dict[str, list[str]] = {}
    for each in listed(told):
        if "dst" in each:
            ends.setdefault(each["ifname"], set()).add(ip(each["dst"]))
            if each["mac"] == NO_MAC:
                floods.setdefault(each["ifname"], []).append(ip(each["dst"]))
    tunnels = [each for each in among.values() if each.kind == "vxlan" and "id" in each.data]
    of: dict[str, list[int]] = {}
    for tunnel in tunnels:
        for address in sorted(ends.get(tunnel.name, ())):
            of.setdefault(address, []).append(tunnel.data["id"])
    return Overlay(
        vnis=tuple(_vni(each, among, floods.get(each.name, []), routed) for each in tunnels),
        vteps=tuple(Vtep(address=address, vnis=tuple(numbers)) for address, numbers in of.items()),
    )


def _vni(link: Link, among: dict[str, Link], floods: list[str], routed: set[str]) -> Vni:
    local = link.data.get("local") or link.data.get("local6")
    group = link.data.get("group") or link.data.get("group6")
    is_group = group is not None and ipaddress.ip_address(group).is_multicast
    return Vni(
        vni=link.data["id"],
        up="LOWER_UP" in link.told["flags"],
        vrf=vrf_of(link.master, among),
        interface=link.name,
        gateway_interface=link.master if link.master in routed else None,
        local_vtep=ip(local) if local else None,
        remote_vteps=tuple(dict.fromkeys([*floods, *([ip(group)] if group and not is_group else [])])),
        multicast_group=ip(group) if group is not None and is_group else None,
    )


def qos() -> Asking[tuple[QosInterface, ...]]:
    """Queueing disciplines of interfaces."""
    (told,) = yield (Ask("tc -s -j qdisc show", JSON),)
    found: dict[str, list[Queue]] = {}
    for each in listed(told):
        found.setdefault(each["dev"], []).append(_queue(each))
    return tuple(QosInterface(interface=name, queues=tuple(queues)) for name, queues in found.items())


def _queue(told: dict[str, Any]) -> Queue:
    parent = told.get("parent") or ("root" if told.get("root") else "ingress")
    rate = told.get("options", {}).get("rate")
    return Queue(
        name=f"{told['handle']} {parent}" if told.get("handle") not in (None, "0:") else parent,
        scheduler=told["kind"],
        rate_bps=rate * 8 if isinstance(rate, int) else None,
        sent_octets=told.get("bytes"),
        sent_pkts=told.get("packets"),
        dropped_pkts=told.get("drops"),
        queued_pkts=told.get("qlen"),
        queued_octets=told.get("backlog"),
    )
