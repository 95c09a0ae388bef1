"""Linux: VXLAN interfaces and the ends of their tunnels. Source: ip(8), bridge(8)."""

from __future__ import annotations

import ipaddress

from cpal.drivers.devices.linux.parse.host import ADDRESSES
from cpal.drivers.devices.parse.asking import JSON, Ask, Asking
from cpal.drivers.devices.parse.iproute2 import FDB, listed
from cpal.drivers.devices.parse.linux_links import LINKS, Link, links, vrf_of
from cpal.drivers.devices.parse.values import ip
from cpal.model.device.overlay import Overlay, Vni, Vtep

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
