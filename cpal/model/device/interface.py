"""Interfaces, what they counted, and the addresses on them."""

from __future__ import annotations

from cpal.model.device.state import State, Status


class Interface(State, frozen=True, kw_only=True):
    """A physical or logical interface. Source: openconfig-interfaces `/interfaces/interface/state`.

    `last_change` is when its state changed last (seconds since 1970), `last_change_ago_s` how long ago: a device tells
    one or the other. `mtu` in octets.
    """

    name: str
    admin_status: Status | None = None
    oper_status: Status | None = None
    description: str | None = None
    mtu: int | None = None
    speed_bps: int | None = None
    mac_address: str | None = None
    last_change: float | None = None
    last_change_ago_s: float | None = None


class Counters(State, frozen=True, kw_only=True):
    """What an interface counted. Source: openconfig-interfaces `/interfaces/interface/state/counters`."""

    interface: str
    in_octets: int | None = None
    in_unicast_pkts: int | None = None
    in_multicast_pkts: int | None = None
    in_broadcast_pkts: int | None = None
    in_discards: int | None = None
    in_errors: int | None = None
    out_octets: int | None = None
    out_unicast_pkts: int | None = None
    out_multicast_pkts: int | None = None
    out_broadcast_pkts: int | None = None
    out_discards: int | None = None
    out_errors: int | None = None


class Address(State, frozen=True, kw_only=True):
    """An address on an interface. Source: openconfig-if-ip `addresses/address/state`; `secondary` is its `type`."""

    ip: str
    prefix_length: int | None = None
    secondary: bool | None = None


class IpInterface(State, frozen=True, kw_only=True):
    """An interface that speaks IP, its VRF and its addresses.

    Source: openconfig-if-ip `/interfaces/interface/subinterfaces/subinterface/ipv4` and `ipv6`; the VRF is
    openconfig-network-instance `/network-instances/network-instance/interfaces`. A family that the device does not list
    for the interface is None; one without an address is empty.
    """

    name: str
    vrf: str | None = None
    ipv4: tuple[Address, ...] | None = None
    ipv6: tuple[Address, ...] | None = None
