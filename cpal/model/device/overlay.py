"""VXLAN and EVPN: what is stretched over the underlay, who else has it, and what hosts are attached twice."""

from __future__ import annotations

from enum import StrEnum

from cpal.model.device.state import State


class VniKind(StrEnum):
    """What a VNI carries. Source: RFC 8365, 5.1 (layer 2), RFC 9136, 4.4 (layer 3, routed between subnets)."""

    L2 = "L2"
    L3 = "L3"


class Vni(State, frozen=True, kw_only=True):
    """A VXLAN segment as this device has it. Source: RFC 7348; OpenConfig `network-instance/evpn/evpn-instances`.

    `vrf` is the network instance that it is routed in, `vlan` the VLAN that it is mapped to; `interface` the tunnel
    interface, `gateway_interface` the one that routes for it. `remote_vteps` are where floods go (a layer-2 VNI) or
    where routes lead (a layer-3 VNI); `multicast_group` is where floods go that are not replicated here.
    """

    vni: int
    kind: VniKind | None = None
    up: bool | None = None
    vrf: str | None = None
    vlan: int | None = None
    interface: str | None = None
    gateway_interface: str | None = None
    local_vtep: str | None = None
    remote_vteps: tuple[str, ...] = ()
    multicast_group: str | None = None
    router_mac: str | None = None
    route_distinguisher: str | None = None
    import_route_targets: tuple[str, ...] = ()
    export_route_targets: tuple[str, ...] = ()
    macs: int | None = None
    neighbors: int | None = None


class Vtep(State, frozen=True, kw_only=True):
    """Another end of tunnels. Source: RFC 7348, 4; the router's MAC address is RFC 9135, 3.2.1.

    `learned` is how it is known, in the device's words: `bgp-evpn`, `flood list` and the like.
    """

    address: str
    up: bool | None = None
    router_mac: str | None = None
    learned: str | None = None
    vnis: tuple[int, ...] = ()


class EthernetSegment(State, frozen=True, kw_only=True):
    """Links of several devices to one neighbour. Source: RFC 7432, 5; OpenConfig `evpn/ethernet-segments`.

    `esi` is ten octets with colons. `all_active` is false where one device forwards; `vteps` are the other devices.
    """

    esi: str
    interface: str | None = None
    up: bool | None = None
    all_active: bool | None = None
    designated_forwarder: bool | None = None
    df_preference: int | None = None
    vteps: tuple[str, ...] = ()


class Overlay(State, frozen=True, kw_only=True):
    """A device's part in VXLAN fabrics."""

    vnis: tuple[Vni, ...] = ()
    vteps: tuple[Vtep, ...] = ()
    segments: tuple[EthernetSegment, ...] = ()
