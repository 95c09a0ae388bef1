"""The getters of whatever speaks OpenConfig over gNMI."""

from __future__ import annotations

from collections.abc import Mapping

from cpal.drivers.devices.gnmi.parse import evpn, instances, interfaces, system, trees
from cpal.drivers.devices.gnmi.parse.known import TREES
from cpal.drivers.devices.parse.asking import Driver, Getter
from cpal.drivers.devices.parse.known import known_only

_GETTERS: Mapping[str, Getter] = {
    "facts": system.facts,
    "interfaces": interfaces.interfaces,
    "interfaces_counters": interfaces.interfaces_counters,
    "interfaces_ip": interfaces.interfaces_ip,
    "vlans": instances.vlans,
    "network_instances": instances.network_instances,
    "arp_table": interfaces.arp_table,
    "ipv6_neighbors_table": interfaces.ipv6_neighbors_table,
    "mac_address_table": instances.mac_address_table,
    "lldp_neighbors": system.lldp_neighbors,
    "lldp_neighbors_detail": system.lldp_neighbors,
    "optics": system.optics,
    "environment": system.environment,
    "users": system.users,
    "ntp_servers": system.ntp_servers,
    "ntp_peers": system.ntp_peers,
    "bgp_neighbors": instances.bgp_neighbors,
    "route_to": instances.route_to,
    "evpn": evpn.evpn,
    "lags": interfaces.lags,
    "spanning_tree": trees.spanning_tree,
    "qos": interfaces.qos,
}
DRIVER = Driver(
    name="gnmi",
    make="SONiC and other OpenConfig targets",
    speaks="gNMI",
    getters=known_only(_GETTERS, {}, TREES),
    documented=frozenset(_GETTERS),
)
