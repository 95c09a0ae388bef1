"""Who is next door: ARP and neighbour discovery, MAC addresses learned, LLDP."""

from __future__ import annotations

from cpal.model.device.state import State


class Neighbor(State, frozen=True, kw_only=True):
    """An IP address and the MAC address that it is at. Source: openconfig-if-ip `neighbors/neighbor/state`.

    `age_s` is how long ago it was confirmed; `state` that of neighbour discovery (RFC 4861, 7.3.2), for IPv6;
    `spelled` how the device writes the interface here, where it cuts its name.
    """

    ip: str
    link_layer_address: str | None = None
    interface: str | None = None
    spelled: str | None = None
    vrf: str | None = None
    age_s: float | None = None
    state: str | None = None


class MacEntry(State, frozen=True, kw_only=True):
    """A MAC address and where it is. Source: openconfig-network-instance `fdb/mac-table/entries/entry/state`.

    `static` is entry-type STATIC, else DYNAMIC; `last_move` is when it moved last (seconds since 1970); `spelled` how
    the device writes the interface here, where it cuts its name. `remote_vtep` is the other end of the
    tunnel that it is behind.
    """

    mac_address: str
    interface: str | None = None
    spelled: str | None = None
    vlan: int | None = None
    remote_vtep: str | None = None
    static: bool | None = None
    active: bool | None = None
    moves: int | None = None
    last_move: float | None = None


class LldpNeighbor(State, frozen=True, kw_only=True):
    """What LLDP says is at the other end. Source: openconfig-lldp `/lldp/interfaces/interface/neighbors/neighbor`.

    `parent_interface` is the aggregate that the interface is in. Capabilities are IEEE 802.1AB's (table 8-4), in
    OpenConfig's words in lower case; `enabled_capabilities` those in use.
    """

    interface: str
    parent_interface: str | None = None
    chassis_id: str | None = None
    port_id: str | None = None
    port_description: str | None = None
    system_name: str | None = None
    system_description: str | None = None
    capabilities: tuple[str, ...] | None = None
    enabled_capabilities: tuple[str, ...] | None = None
