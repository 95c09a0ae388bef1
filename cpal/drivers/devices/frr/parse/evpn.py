"""FRR: VXLAN segments, tunnel ends, Ethernet segments. Source: FRR user manual, "EVPN"; the JSON of each command."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cpal.drivers.devices.frr.parse.vrfs import DEFAULT, vtysh
from cpal.drivers.devices.parse.asking import Asking
from cpal.drivers.devices.parse.values import ip, mac_or_none
from cpal.model.device.overlay import EthernetSegment, Overlay, Vni, VniKind, Vtep

NO_GROUP = "0.0.0.0"
LEARNED = "bgp-evpn"


def evpn() -> Asking[Overlay]:
    """VNIs with what zebra and BGP say of each, other ends of tunnels, and Ethernet segments."""
    vnis, of_bgp, of_vrfs, hops, segments = yield tuple(
        vtysh(f"{command} json", optional=True)
        for command in (
            "show evpn vni detail",
            "show bgp l2vpn evpn vni",
            "show vrf vni",
            "show evpn next-hops vni all",
            "show evpn es detail",
        )
    )
    leading = {int(vni): _hops(told) for vni, told in (hops or {}).items()}
    states = {each["vni"]: each["state"] for each in (of_vrfs or {}).get("vrfs", ())}
    found = tuple(
        _vni(each, (of_bgp or {}).get(str(each["vni"]), {}), states, leading)
        for each in sorted(vnis or (), key=lambda each: each["vni"])
    )
    return Overlay(
        vnis=found,
        vteps=tuple(_vteps(found, leading)),
        segments=tuple(_segment(each) for each in segments or ()),
    )


def _hops(told: dict[str, Any]) -> dict[str, str | None]:
    """Other ends of tunnels that routes lead to, each with the MAC address of its router."""
    return {
        ip(each["nexthopIp"]): mac_or_none(each.get("routerMac")) for each in told.values() if isinstance(each, dict)
    }


def _vni(
    told: dict[str, Any], of_bgp: dict[str, Any], states: dict[int, str], leading: dict[int, dict[str, str | None]]
) -> Vni:
    number, kind = told["vni"], VniKind(told["type"])
    state = told.get("state", states.get(number))
    remote = told.get("numRemoteVteps")
    group, local = told.get("mcastGroup"), told.get("vtepIp") or told.get("localVtepIp")
    return Vni(
        vni=number,
        kind=kind,
        up=None if state is None else state == "Up",
        vrf=None if told["vrf"] == DEFAULT else told["vrf"],
        interface=told.get("vxlanInterface") or told.get("vxlanIntf"),
        gateway_interface=told.get("sviInterface") or told.get("sviIntf"),
        local_vtep=ip(local) if local else None,
        remote_vteps=tuple(leading.get(number, ())) if kind is VniKind.L3 else _addresses(remote),
        multicast_group=None if group in (None, NO_GROUP) else group,
        router_mac=mac_or_none(told.get("routerMac")),
        route_distinguisher=of_bgp.get("rd"),
        import_route_targets=tuple(of_bgp.get("importRTs", ())),
        export_route_targets=tuple(of_bgp.get("exportRTs", ())),
        macs=told.get("numMacs"),
        neighbors=told.get("numArpNd"),
    )


def _addresses(told: Any) -> tuple[str, ...]:
    """Tunnel ends: a list of addresses, or their number where there is none."""
    return tuple(ip(each) for each in told) if isinstance(told, list) else ()


def _vteps(vnis: tuple[Vni, ...], leading: dict[int, dict[str, str | None]]) -> Iterator[Vtep]:
    """Other ends of tunnels, over all VNIs."""
    of: dict[str, list[int]] = {}
    for each in vnis:
        for address in each.remote_vteps:
            of.setdefault(address, []).append(each.vni)
    macs = {address: told for hops in leading.values() for address, told in hops.items()}
    for address, numbers in of.items():
        yield Vtep(address=address, router_mac=macs.get(address), learned=LEARNED, vnis=tuple(numbers))


def _segment(told: dict[str, Any]) -> EthernetSegment:
    flags = told.get("flags", ())
    return EthernetSegment(
        esi=told["esi"],
        interface=told.get("accessPort"),
        up="operUp" in flags if "local" in flags else None,
        designated_forwarder="nonDF" not in flags if "local" in flags else None,
        df_preference=told.get("dfPreference"),
        vteps=tuple(ip(each["vtep"]) for each in told.get("vteps", ())),
    )
