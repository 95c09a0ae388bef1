"""EVPN and VXLAN over gNMI: VNIs, other ends of tunnels, Ethernet segments.

Source: OpenConfig's models: openconfig-evpn (`evpn/evpn-instances` of a network instance, `vxlan` of an endpoint among
its connection points) and openconfig-ethernet-segments.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from cpal.drivers.devices.gnmi.parse.interfaces import INSTANCES, INTERFACES, layers
from cpal.drivers.devices.gnmi.parse.tree import below, entries, number, state, text, word
from cpal.drivers.devices.parse.asking import JSON, Ask, Asking
from cpal.drivers.devices.parse.values import ip, is_ip, mac_or_none
from cpal.model.device.overlay import EthernetSegment, Overlay, Vni, VniKind, Vtep

SEGMENTS = Ask("/openconfig-ethernet-segments:ethernet-segments", JSON, optional=True)
AUTO = "AUTO"
"""What a device makes itself and does not tell."""
ROUTED, SWITCHED = "L3VRF", "L2VSI"
TARGET = "route-target:"
"""How an extended community begins that is one. Source: openconfig-bgp-types, `bgp-ext-community-type`."""
ALL_ACTIVE, SINGLE_ACTIVE = "ALL_ACTIVE", "SINGLE_ACTIVE"
UP = "UP"


class _Instance(NamedTuple):
    """A network instance, and what it is told of one EVPN instance."""

    name: str
    kind: str | None
    told: Mapping[str, Any]


def evpn() -> Asking[Overlay]:
    """VNIs of instances and of tunnels' ends, other ends, and Ethernet segments."""
    told, ports, segments = yield (INSTANCES, INTERFACES, SEGMENTS)
    ends = [end for instance in entries(told, "network-instance") for end in _ends(instance)]
    vteps = tuple(_vtep(each) for end in ends for each in entries(end, "endpoint-peers", "endpoint-peer"))
    here = {number(each["vni"]): (end, state(each)) for end in ends
            for each in entries(end, "endpoint-vnis", "endpoint-vni")}  # fmt: skip
    instances = dict(_instances(told))
    only = ends[0] if len(ends) == 1 else {}
    vnis = sorted(vni for vni in {*here, *instances} if vni is not None)
    return Overlay(
        vnis=tuple(_vni(vni, *here.get(vni, (only, {})), instances.get(vni), vteps, ports) for vni in vnis),
        vteps=vteps,
        segments=tuple(_segments(segments)),
    )


def _ends(instance: Any) -> Iterator[dict[str, Any]]:
    """The ends of VXLAN tunnels of an instance."""
    for point in entries(instance, "connection-points", "connection-point"):
        for each in entries(point, "endpoints", "endpoint"):
            if found := below(each, "vxlan"):
                yield found


def _instances(told: Any) -> Iterator[tuple[int, _Instance]]:
    for instance in entries(told, "network-instance"):
        for each in entries(instance, "evpn", "evpn-instances", "evpn-instance"):
            vni = number(state(each, "vxlan").get("vni"))
            if vni is not None:
                yield vni, _Instance(instance["name"], word(state(instance).get("type")), each)


def _vni(
    vni: int, end: Mapping[str, Any], now: Mapping[str, Any], instance: _Instance | None, vteps: tuple[Vtep, ...],
    ports: Any,
) -> Vni:  # fmt: skip
    kind = _kind(word(now.get("vni-type")), instance.kind if instance else None)
    of_bgp, up = state(instance.told if instance else {}), word(now.get("vni-state"))
    policy = state(instance.told if instance else {}, "import-export-policy")
    routed = instance.name if instance and instance.kind == ROUTED else None
    group = next((text(each) for each in (now.get("multidestination-traffic"), of_bgp.get("multicast-group"))
                  if is_ip(str(each))), None)  # fmt: skip
    return Vni(
        vni=vni,
        kind=kind,
        up=None if up is None else up == UP,
        vrf=text(now.get("l3-vrf-name")) or routed,
        vlan=number(now.get("bridge-domain")),
        local_vtep=_address(ports, text(state(end).get("source-interface"))),
        remote_vteps=tuple(each.address for each in vteps if vni in each.vnis),
        multicast_group=group,
        route_distinguisher=next(iter(_said([of_bgp.get("route-distinguisher")])), None),
        import_route_targets=_said(policy.get("import-route-target")),
        export_route_targets=_said(policy.get("export-route-target")),
    )


def _kind(told: str | None, instance: str | None) -> VniKind | None:
    """What a VNI carries, by what the end of tunnels says of it, or else by the instance that has it."""
    known = {ROUTED: VniKind.L3, SWITCHED: VniKind.L2}
    return VniKind[told] if told and told in VniKind.__members__ else known.get(instance or "")


def _said(told: Any) -> tuple[str, ...]:
    return tuple(str(each).removeprefix(TARGET) for each in told or () if each not in (None, AUTO))


def _address(ports: Any, interface: str | None) -> str | None:
    """The IPv4 address of an interface, where it has but one."""
    found = [each["ip"] for name, node in layers(ports) if name == interface
             for each in entries(node, "ipv4", "addresses", "address")]  # fmt: skip
    return ip(found[0]) if len(found) == 1 else None


def _vtep(told: Any) -> Vtep:
    now = state(told)
    up = word(now.get("peer-state"))
    return Vtep(
        address=ip(told["peer-address"]),
        up=None if up is None else up == UP,
        router_mac=mac_or_none(text(now.get("router-mac"))),
        vnis=tuple(sorted(int(each) for each in now.get("control-plane-vnis") or ())),
    )


def _segments(told: Any) -> Iterator[EthernetSegment]:
    for each in entries(told, "ethernet-segment"):
        now = state(each)
        esi = str(now.get("esi", AUTO)).lower()
        if len(esi) != len("00" * 10):
            continue
        mode = word(now.get("redundancy-mode"))
        yield EthernetSegment(
            esi=":".join(esi[at : at + 2] for at in range(0, len(esi), 2)),
            interface=text(now.get("interface")),
            all_active={ALL_ACTIVE: True, SINGLE_ACTIVE: False}.get(mode or ""),
            df_preference=number(state(each, "df-election").get("preference")),
        )
