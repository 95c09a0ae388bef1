"""BGP: sessions as they are, and groups and peers as they are configured."""

from __future__ import annotations

from cpal.model.device.state import State


class AfiSafi(State, frozen=True, kw_only=True):
    """Prefixes of an address family in a session. Source: openconfig-bgp `afi-safis/afi-safi/state/prefixes`.

    `name` is the family in the device's words without blanks around it: `ipv4 unicast`, `l2vpn evpn`.
    """

    name: str
    received: int | None = None
    accepted: int | None = None
    sent: int | None = None


class BgpNeighbor(State, frozen=True, kw_only=True):
    """A BGP session. Source: openconfig-bgp `/bgp/neighbors/neighbor/state`, `timers`, `transport`.

    `interface` is that of a session without a configured address; `router_id` is the peer's, `local_router_id` the
    device's; `session_state` one of RFC 4271, 8.2.2; `established_s` how long the session has been up, `down_s` how
    long it has not; times in seconds. `enabled` is false where it is shut down; `on_link` whether the peer is in a
    network of the interface that it is reached by; `additional_paths`, where the peer does not know RFC 7911; `options`
    are the device's words.
    Prefix counts are over all families of the session where `afi_safis` has none of them.
    """

    address: str
    interface: str | None = None
    enabled: bool | None = None
    up: bool | None = None
    local_as: int | None = None
    peer_as: int | None = None
    router_id: str | None = None
    local_router_id: str | None = None
    description: str | None = None
    established_s: int | None = None
    down_s: int | None = None
    afi_safis: tuple[AfiSafi, ...] = ()
    session_state: str | None = None
    previous_session_state: str | None = None
    last_event: str | None = None
    local_address: str | None = None
    local_address_configured: bool | None = None
    on_link: bool | None = None
    local_port: int | None = None
    remote_port: int | None = None
    multihop: bool | None = None
    multipath: bool | None = None
    remove_private_as: bool | None = None
    additional_paths: bool | None = None
    options: tuple[str, ...] = ()
    suppress_4byte_as: bool | None = None
    local_as_prepend: bool | None = None
    import_policy: str | None = None
    export_policy: str | None = None
    messages_received: int | None = None
    messages_sent: int | None = None
    updates_received: int | None = None
    updates_sent: int | None = None
    queued_out: int | None = None
    hold_time_s: int | None = None
    configured_hold_time_s: int | None = None
    keepalive_s: int | None = None
    configured_keepalive_s: int | None = None
    active_prefixes: int | None = None
    received_prefixes: int | None = None
    accepted_prefixes: int | None = None
    suppressed_prefixes: int | None = None
    sent_prefixes: int | None = None
    flaps: int | None = None


class BgpInstance(State, frozen=True, kw_only=True):
    """The sessions of a network instance. Source: openconfig-network-instance `protocols/protocol/bgp`.

    `vrf` is None for the default instance.
    """

    vrf: str | None
    router_id: str | None = None
    local_as: int | None = None
    neighbors: tuple[BgpNeighbor, ...] = ()


class PrefixLimit(State, frozen=True, kw_only=True):
    """How many prefixes a peer may send. Source: openconfig-bgp `afi-safi/ipv4-unicast/prefix-limit/config`.

    `warning_percent` of it is when a warning is written; `restart_min`, after how many minutes the session is tried.
    """

    afi: str
    safi: str
    max_prefixes: int
    warning_percent: int | None = None
    restart_min: int | None = None


class PeerConfig(State, frozen=True, kw_only=True):
    """A peer as it is configured, without what it has from its group; `afi_safis` in the device's words.

    Source: openconfig-bgp `/bgp/neighbors/neighbor/config`.
    """

    address: str
    description: str | None = None
    peer_as: int | None = None
    local_as: int | None = None
    local_address: str | None = None
    import_policy: str | None = None
    export_policy: str | None = None
    auth_password: str | None = None
    next_hop_self: bool | None = None
    route_reflector_client: bool | None = None
    afi_safis: tuple[str, ...] = ()
    prefix_limits: tuple[PrefixLimit, ...] = ()


class PeerGroup(State, frozen=True, kw_only=True):
    """A peer group as it is configured, with its peers. Source: openconfig-bgp `/bgp/peer-groups/peer-group/config`.

    `name` is None for peers that are in no group; `type` is `internal` or `external`; `afi_safis` in the device's
    words.
    """

    name: str | None
    type: str | None = None
    description: str | None = None
    apply_groups: tuple[str, ...] = ()
    peer_as: int | None = None
    local_as: int | None = None
    local_address: str | None = None
    import_policy: str | None = None
    export_policy: str | None = None
    multihop_ttl: int | None = None
    multipath: bool | None = None
    next_hop_self: bool | None = None
    remove_private_as: bool | None = None
    route_reflector_client: bool | None = None
    afi_safis: tuple[str, ...] = ()
    prefix_limits: tuple[PrefixLimit, ...] = ()
    peers: tuple[PeerConfig, ...] = ()


class BgpConfig(State, frozen=True, kw_only=True):
    """BGP as it is configured. Source: openconfig-bgp `/bgp/global/config`."""

    local_as: int | None = None
    groups: tuple[PeerGroup, ...] = ()
