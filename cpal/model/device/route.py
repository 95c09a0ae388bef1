"""Routes to a destination, with what BGP says of them."""

from __future__ import annotations

from cpal.model.device.state import State


class BgpPath(State, frozen=True, kw_only=True):
    """What BGP says of a route. Source: openconfig-rib-bgp `attr-sets/attr-set/state`, RFC 4271, 5.1.

    `as_path` is the device's text of it; `remote_address` the peer that it came from; `preference2` and `metric2` are
    Junos' second ones.
    """

    as_path: str | None = None
    local_as: int | None = None
    remote_as: int | None = None
    remote_address: str | None = None
    local_preference: int | None = None
    preference2: int | None = None
    med: int | None = None
    metric2: int | None = None
    weight: int | None = None
    communities: tuple[str, ...] = ()


class Route(State, frozen=True, kw_only=True):
    """A route. Source: openconfig-aft `/afts/ipv4-unicast/ipv4-entry`, openconfig-rib-bgp.

    `preference` is the administrative distance, `precedence` IOS-XR's order in which it installs routes;
    `inactive_reason` the device's words why it is not used; `table` the device's name of the table it is in;
    `was_active` whether it was used before, `selected` whether its next hop is. `tag` is what protocols that announce
    it can go by (openconfig-local-routing, `set-tag`; RFC 1403, 4), None for 0, which is none.
    """

    prefix: str
    protocol: str
    vrf: str | None = None
    table: str | None = None
    active: bool | None = None
    was_active: bool | None = None
    selected: bool | None = None
    next_hop: str | None = None
    discard: bool = False
    interface: str | None = None
    preference: int | None = None
    precedence: int | None = None
    metric: int | None = None
    tag: int | None = None
    age_s: int | None = None
    inactive_reason: str | None = None
    bgp: BgpPath | None = None
