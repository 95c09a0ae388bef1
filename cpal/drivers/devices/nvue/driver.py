"""The getters of Cumulus Linux over NVUE: those of whose answers public samples are to be had."""

from __future__ import annotations

from collections.abc import Mapping

from cpal.drivers.devices.nvue.parse import interfaces, system
from cpal.drivers.devices.nvue.parse.known import TREES
from cpal.drivers.devices.parse.asking import Driver, Getter
from cpal.drivers.devices.parse.known import known_only

_GETTERS: Mapping[str, Getter] = {
    "facts": system.facts,
    "interfaces": interfaces.interfaces,
    "interfaces_counters": interfaces.interfaces_counters,
    "interfaces_ip": interfaces.interfaces_ip,
    "vlans": interfaces.vlans,
    "arp_table": interfaces.arp_table,
    "ipv6_neighbors_table": interfaces.ipv6_neighbors_table,
    "mac_address_table": interfaces.mac_address_table,
    "lldp_neighbors": interfaces.lldp_neighbors,
    "lldp_neighbors_detail": interfaces.lldp_neighbors,
    "lags": interfaces.lags,
}
DRIVER = Driver(
    name="nvue",
    make="NVIDIA Cumulus Linux",
    speaks="NVUE",
    getters=known_only(_GETTERS, {}, TREES),
    documented=frozenset(_GETTERS),
)
