"""The getters of FRR, by vtysh and by the kernel under it."""

from __future__ import annotations

from collections.abc import Mapping

from cpal.drivers.devices.frr.parse import evpn, ping, routing, system
from cpal.drivers.devices.frr.parse.known import KNOWN, TREES
from cpal.drivers.devices.parse import linux_links
from cpal.drivers.devices.parse.asking import Driver, Getter
from cpal.drivers.devices.parse.known import known_only

_GETTERS: Mapping[str, Getter] = {
    "facts": system.facts,
    "interfaces": system.interfaces,
    "interfaces_counters": system.interfaces_counters,
    "interfaces_ip": system.interfaces_ip,
    "network_instances": system.network_instances,
    "arp_table": system.arp_table,
    "ipv6_neighbors_table": system.ipv6_neighbors_table,
    "mac_address_table": system.mac_address_table,
    "config": system.config,
    "bgp_neighbors": routing.bgp_neighbors,
    "route_to": routing.route_to,
    "ping": ping.ping,
    "evpn": evpn.evpn,
    "vlans": linux_links.vlans,
    "lags": linux_links.lags,
    "spanning_tree": linux_links.spanning_tree,
    "qos": linux_links.qos,
}
DRIVER = Driver(
    name="frr",
    make="FRR",
    speaks="vtysh",
    getters=known_only(_GETTERS, KNOWN, TREES),
    documented=linux_links.DOCUMENTED,
    real=True,
)
