"""Aggregated links, of one device (LAG) and of two that act as one (MLAG, vPC)."""

from __future__ import annotations

from enum import StrEnum

from cpal.model.device.state import State, Status


class LagMode(StrEnum):
    """How members are agreed on. Source: openconfig-if-aggregate `lag-type`, openconfig-lacp `lacp-mode`."""

    ACTIVE = "ACTIVE"
    PASSIVE = "PASSIVE"
    STATIC = "STATIC"


class LagMember(State, frozen=True, kw_only=True):
    """A link of a LAG; `bundled` is whether it carries the LAG's traffic, `state` the device's word for its state."""

    interface: str
    bundled: bool | None = None
    state: str | None = None


class Lag(State, frozen=True, kw_only=True):
    """An aggregated link. Source: openconfig-if-aggregate `/interfaces/interface/aggregation/state`."""

    name: str
    oper_status: Status | None = None
    mode: LagMode | None = None
    min_links: int | None = None
    members: tuple[LagMember, ...] = ()


class MlagInterface(State, frozen=True, kw_only=True):
    """A LAG that both devices of a pair have; `id` is the number by which they match it."""

    name: str
    id: int | None = None
    local_status: Status | None = None
    peer_status: Status | None = None
    consistent: bool | None = None


class Mlag(State, frozen=True, kw_only=True):
    """A pair of devices that look like one to their neighbours: MLAG (EOS), vPC (NX-OS).

    `state` and `role` are the device's words; `peer_up` is whether the other device answers over the peer link,
    `keepalive_up` whether it does over another way; `consistent` whether both are configured alike.
    """

    domain: str | None = None
    state: str | None = None
    role: str | None = None
    peer_up: bool | None = None
    keepalive_up: bool | None = None
    consistent: bool | None = None
    peer_address: str | None = None
    peer_link: str | None = None
    local_interface: str | None = None
    system_mac: str | None = None
    interfaces: tuple[MlagInterface, ...] = ()
