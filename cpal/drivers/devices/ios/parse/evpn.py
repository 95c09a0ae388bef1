"""IOS-XE: VXLAN and EVPN. Source: Cisco IOS XE Command Reference, `show nve ...`, `show l2vpn evpn ...`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cpal.drivers.devices.ios.parse.names import first, is_refused, port
from cpal.drivers.devices.parse.asking import TEXT, Ask, Asking
from cpal.drivers.devices.parse.values import ip, is_ip, mac_or_none
from cpal.model.device.overlay import EthernetSegment, Overlay, Vni, VniKind, Vtep

VNI = re.compile(r"^(nve\d+)\s+(\d+)\s+(\S+)\s+(\S.*?)\s+(L[23])(?:CP|DP)\s+(\S+)\s+\S+\s+(\S+)\s*$", re.MULTILINE)
"""Interface, VNI, multicast group, state, mode, VLAN or bridge domain, how it is configured, VRF."""
PEER = re.compile(
    r"^(nve\d+)\s+(\d+)\s+(?:L[23])(CP|DP)\s+([\dA-Fa-f.:]+)\s+(\S+)\s+\S+\s+(\S+)\s+\S+\s+\S+\s*$", re.MULTILINE
)
"""Interface, VNI, how it is learned, address, router's MAC address or routes, VNI there, state, flags, age."""
INSTANCE = re.compile(r"^(?=EVPN instance:)", re.MULTILINE)
SEGMENT = re.compile(r"^(?=EVPN Ethernet Segment ID:)", re.MULTILINE)


def evpn() -> Asking[Overlay]:
    """VNIs of VLANs and VRFs, other ends of tunnels, and Ethernet segments; none where the platform has no VXLAN."""
    vnis, peers, instances, segments, port_told = yield (
        Ask("show nve vni", TEXT, optional=True),
        Ask("show nve peers", TEXT, optional=True),
        Ask("show l2vpn evpn evi detail", TEXT, optional=True),
        Ask("show l2vpn evpn ethernet-segment detail", TEXT, optional=True),
        Ask("show nve interface nve 1 detail", TEXT, optional=True),
    )
    ends = PEER.findall(_told(peers))
    source = first(r"source-interface:\s+\S+ \(primary:\s*(\S+)", _told(port_told)) or ""
    parts = INSTANCE.split(_told(instances))[1:]
    return Overlay(
        vnis=tuple(_vnis(_told(vnis), ends, parts, source)),
        vteps=tuple(_vteps(ends)),
        segments=tuple(map(_segment, SEGMENT.split(_told(segments))[1:])),
    )


def _told(reply: str | None) -> str:
    return "" if reply is None or is_refused(reply) else reply


def _vnis(text: str, ends: list[tuple[str, ...]], instances: list[str], source: str) -> Iterator[Vni]:
    for name, number, group, state, kind, vlan, vrf in VNI.findall(text):
        of_it = next((each for each in instances if first(r"^\s*L2 VNI:\s+(\d+)", each) == number), "")
        own = first(r"^\s*VTEP IP:\s+(\S+)", of_it) or source
        yield Vni(
            vni=int(number),
            kind=VniKind(kind),
            up=state == "Up",
            vrf=_word(vrf) or first(r"^\s*VRF:[ \t]+(\S+)", of_it),
            vlan=int(vlan) if vlan.isdigit() else None,
            interface=name,
            local_vtep=ip(own) if is_ip(own) else None,
            remote_vteps=tuple(dict.fromkeys(ip(each[3]) for each in ends if each[1] == number)),
            multicast_group=ip(group) if is_ip(group) else None,
            route_distinguisher=first(r"^\s*RD:\s+(\S+)", of_it),
            import_route_targets=_targets("Import", of_it),
            export_route_targets=_targets("Export", of_it),
        )


def _word(told: str) -> str | None:
    return None if told == "N/A" else told


def _targets(way: str, text: str) -> tuple[str, ...]:
    """The route targets behind a word, on its line and on those that have nothing else."""
    found = re.search(rf"^\s*{way}-RTs:((?:\s+[\d.]+:\d+)+)", text, re.MULTILINE)
    return tuple(found[1].split()) if found else ()


def _vteps(ends: list[tuple[str, ...]]) -> Iterator[Vtep]:
    for address in dict.fromkeys(each[3] for each in ends):
        of_it = [each for each in ends if each[3] == address]
        routers = [found for each in of_it if (found := mac_or_none(each[4] if "." in each[4] else None))]
        yield Vtep(
            address=ip(address),
            up=any(each[5] == "UP" for each in of_it),
            router_mac=routers[0] if routers else None,
            learned=of_it[0][2],
            vnis=tuple(sorted({int(each[1]) for each in of_it})),
        )


def _segment(text: str) -> EthernetSegment:
    digits = re.sub(r"\W", "", first(r"^EVPN Ethernet Segment ID:\s+(\S+)", text) or "").lower()
    names = (first(r"^\s*Interface:\s+(\S.*)$", text) or "").split()
    mode, state = first(r"^\s*Redundancy mode:\s+(\S+)", text), first(r"^\s*State:\s+(\S.*)$", text)
    return EthernetSegment(
        esi=":".join(digits[i : i + 2] for i in range(0, len(digits), 2)),
        interface=port(names[0]) if names else None,
        up=None if state is None else state == "Ready",
        all_active=None if mode is None else mode == "all-active",
        vteps=tuple(ip(each) for each in (first(r"^\s*Forwarder List:[ \t]+(\S.*)$", text) or "").split()),
    )
