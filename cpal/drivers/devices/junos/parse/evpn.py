"""Junos: VXLAN and EVPN. Source: Junos XML API Operational Developer Reference, `evpn-instance-information`,
`vxlan-source-vtep-information`; recordings of QFX and EX that others made public.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from cpal.drivers.devices.parse.asking import XML, Ask, Asking
from cpal.drivers.devices.parse.values import ip, is_ip
from cpal.drivers.devices.parse.xml import number, text, texts
from cpal.model.device.overlay import EthernetSegment, Overlay, Vni, VniKind, Vtep

OWN_UNIT = ".0"
NO_GROUP = "0.0.0.0"
ALL_ACTIVE = "all-active"


def _show(command: str) -> Ask:
    """A command, which answers in XML as an RPC does, or is not known where there is no VXLAN."""
    return Ask(f"<command>{command}</command>", XML, optional=True, recorded=command)


def evpn() -> Asking[Overlay]:
    """VNIs of VLANs, other ends of tunnels, and the Ethernet segments that the device has a link of."""
    source, remote, told = yield (
        _show("show ethernet-switching vxlan-tunnel-end-point source"),
        _show("show ethernet-switching vxlan-tunnel-end-point remote"),
        _show("show evpn instance extensive"),
    )
    instances = [] if told is None else list(told.iter("evpn-instance"))
    distinguishers = {text(each, "evpn-instance-name"): text(each, "route-distinguisher") for each in instances}
    vteps = tuple(_vteps(remote))
    return Overlay(
        vnis=tuple(_vnis(source, vteps, distinguishers)),
        vteps=vteps,
        segments=tuple(segment for each in instances for segment in _segments(each)),
    )


def _vnis(
    source: Element | None, vteps: tuple[Vtep, ...], distinguishers: dict[str | None, str | None]
) -> Iterator[Vni]:
    """A VNI for each bridge domain that has one; its name ends in the VLAN's id: `VX10+10`."""
    for own in [] if source is None else source.iter("svtep-format"):
        local = text(own, "source-vtep-address") or ""
        for told in own.iter("vxlan-format"):
            vni, group = number(told, "vn-id"), text(told, "multicast-address") or NO_GROUP
            vlan = (text(told, "bridge-domain-vni-name") or "").rpartition("+")[2]
            if vni is not None:
                yield Vni(
                    vni=vni,
                    kind=VniKind.L2,
                    vlan=int(vlan) if vlan.isdigit() else None,
                    interface=text(told, "source-vtep-name"),
                    local_vtep=ip(local) if is_ip(local) else None,
                    remote_vteps=tuple(each.address for each in vteps if vni in each.vnis),
                    multicast_group=ip(group) if is_ip(group) and group != NO_GROUP else None,
                    route_distinguisher=distinguishers.get(text(told, "routing-instance-name")),
                )


def _vteps(remote: Element | None) -> Iterator[Vtep]:
    """The other ends; each is told once by itself, and once in each instance with the VNIs that it has there."""
    vnis: dict[str, set[int]] = {}
    modes: dict[str, str | None] = {}
    for told in [] if remote is None else remote.iter():
        address = text(told, "remote-vtep-address")
        if address:
            modes.setdefault(ip(address), text(told, "remote-vtep-mode"))
            vnis.setdefault(ip(address), set()).update(map(int, texts(told, ".//vn-id")))
    for address, found in vnis.items():
        yield Vtep(address=address, learned=modes[address], vnis=tuple(sorted(found)))


def _segments(instance: Element) -> Iterator[EthernetSegment]:
    own = text(instance, "evpn-router-id") or text(instance, "evpn-source-vtep-ipaddr")
    modes = {
        text(each, "evpn-interface-name"): text(each, "evpn-interface-mode") for each in instance.iter("evpn-interface")
    }
    for told in instance.iter("evpn-esi"):
        link = told.find("evpn-esi-local-intf-information")
        name, esi = text(link, "evpn-esi-local-intf-name"), text(told, "evpn-esi-value")
        if name is None or esi is None:
            continue
        forwarder = text(told, "evpn-esi-df-information/esi-designated-forwarder") or ""
        yield EthernetSegment(
            esi=esi,
            interface=name.removesuffix(OWN_UNIT),
            up=(text(link, "evpn-esi-local-intf-status") or "").startswith("Up"),
            all_active=None if modes.get(name) is None else modes[name] == ALL_ACTIVE,
            designated_forwarder=forwarder == own if own and is_ip(forwarder) else None,
            vteps=tuple(map(ip, texts(told, ".//evpn-esi-remote-pe-ipaddr"))),
        )
