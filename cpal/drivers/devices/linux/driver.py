"""The getters of plain Linux, by iproute2's JSON of the kernel's netlink."""

from __future__ import annotations

from collections.abc import Mapping

from cpal.drivers.devices.linux.parse import host, links, ping, tunnels
from cpal.drivers.devices.parse.asking import Driver, Getter

_GETTERS: Mapping[str, Getter] = {
    "facts": host.facts,
    "interfaces": host.interfaces,
    "interfaces_counters": host.interfaces_counters,
    "interfaces_ip": host.interfaces_ip,
    "vlans": host.vlans,
    "network_instances": host.network_instances,
    "arp_table": host.arp_table,
    "ipv6_neighbors_table": host.ipv6_neighbors_table,
    "mac_address_table": host.mac_address_table,
    "route_to": host.route_to,
    "ping": ping.ping,
    "environment": host.environment,
    "evpn": tunnels.evpn,
    "lags": links.lags,
    "spanning_tree": links.spanning_tree,
    "qos": tunnels.qos,
}
DRIVER = Driver(name="linux", make="Linux", speaks="iproute2", getters=_GETTERS, real=True)
