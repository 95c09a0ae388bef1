"""The getters of plain Linux, by iproute2's JSON of the kernel's netlink."""

from __future__ import annotations

from collections.abc import Mapping

from cpal.drivers.devices.linux.parse import host, ping, tunnels
from cpal.drivers.devices.parse import linux_links
from cpal.drivers.devices.parse.asking import Driver, Getter

_GETTERS: Mapping[str, Getter] = {
    "facts": host.facts,
    "interfaces": host.interfaces,
    "interfaces_counters": host.interfaces_counters,
    "interfaces_ip": host.interfaces_ip,
    "vlans": linux_links.vlans,
    "network_instances": host.network_instances,
    "arp_table": host.arp_table,
    "ipv6_neighbors_table": host.ipv6_neighbors_table,
    "mac_address_table": host.mac_address_table,
    "route_to": host.route_to,
    "ping": ping.ping,
    "environment": host.environment,
    "evpn": tunnels.evpn,
    "lags": linux_links.lags,
    "spanning_tree": linux_links.spanning_tree,
    "qos": linux_links.qos,
}
DRIVER = Driver(
    name="linux", make="Linux", speaks="iproute2", getters=_GETTERS, documented=linux_links.DOCUMENTED, real=True
)
