"""The getters of EOS over eAPI."""

from __future__ import annotations

from cpal.drivers.devices.eos.parse import bgp, bgp_config, fabric, interfaces, ping, qos, routes, system
from cpal.drivers.devices.eos.parse.known import KNOWN, TREES
from cpal.drivers.devices.parse.asking import Driver
from cpal.drivers.devices.parse.known import known_only

DRIVER = Driver(
    name="eos",
    make="Arista EOS",
    speaks="eAPI",
    getters=known_only(
        {
            "facts": system.facts,
            "interfaces": interfaces.interfaces,
            "interfaces_counters": interfaces.interfaces_counters,
            "interfaces_ip": interfaces.interfaces_ip,
            "vlans": interfaces.vlans,
            "network_instances": interfaces.network_instances,
            "arp_table": interfaces.arp_table,
            "ipv6_neighbors_table": interfaces.ipv6_neighbors_table,
            "mac_address_table": interfaces.mac_address_table,
            "lldp_neighbors": interfaces.lldp_neighbors,
            "lldp_neighbors_detail": interfaces.lldp_neighbors_detail,
            "optics": interfaces.optics,
            "environment": system.environment,
            "users": system.users,
            "ntp_servers": system.ntp_servers,
            "ntp_stats": system.ntp_stats,
            "snmp_information": system.snmp_information,
            "config": system.config,
            "bgp_neighbors": bgp.bgp_neighbors,
            "bgp_neighbors_detail": bgp.bgp_neighbors_detail,
            "bgp_config": bgp_config.bgp_config,
            "route_to": routes.route_to,
            "ping": ping.ping,
            "evpn": fabric.evpn,
            "lags": fabric.lags,
            "mlag": fabric.mlag,
            "spanning_tree": fabric.spanning_tree,
            "qos": qos.qos,
        },
        KNOWN,
        TREES,
    ),
    documented=frozenset(
        (
            "evpn",
            "facts",
            "interfaces",
            "ipv6_neighbors_table",
            "lags",
            "mlag",
            "network_instances",
            "ntp_stats",
            "optics",
            "ping",
            "qos",
            "spanning_tree",
            "vlans",
        )
    ),
)
