"""The getters of Junos over NETCONF."""

from __future__ import annotations

from cpal.drivers.devices.junos.parse import bgp, evpn, interfaces, links, ping, queues, routes, system, trees
from cpal.drivers.devices.junos.parse.known import KNOWN, TREES
from cpal.drivers.devices.parse.asking import Driver
from cpal.drivers.devices.parse.known import known_only

DRIVER = Driver(
    name="junos",
    make="Juniper Junos",
    speaks="NETCONF",
    getters=known_only(
        {
            "facts": routes.facts,
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
            "ntp_peers": system.ntp_peers,
            "ntp_stats": routes.ntp_stats,
            "snmp_information": system.snmp_information,
            "probes_config": system.probes_config,
            "probes_results": system.probes_results,
            "config": system.config,
            "bgp_neighbors": bgp.bgp_neighbors,
            "bgp_neighbors_detail": bgp.bgp_neighbors_detail,
            "bgp_config": bgp.bgp_config,
            "route_to": routes.route_to,
            "ping": ping.ping,
            "evpn": evpn.evpn,
            "lags": links.lags,
            "spanning_tree": trees.spanning_tree,
            "qos": queues.qos,
        },
        KNOWN,
        TREES,
    ),
    documented=frozenset(
        (
            "arp_table",
            "evpn",
            "facts",
            "interfaces",
            "lags",
            "ntp_servers",
            "ntp_stats",
            "ping",
            "probes_config",
            "probes_results",
            "qos",
            "route_to",
            "snmp_information",
            "spanning_tree",
        )
    ),
)
