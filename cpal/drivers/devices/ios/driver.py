"""The getters of IOS and IOS-XE over SSH."""

from __future__ import annotations

from cpal.drivers.devices.ios.parse import (
    bgp,
    bgp_config,
    bgp_detail,
    evpn,
    interfaces,
    layer2,
    neighbors,
    ntp,
    ping,
    qos,
    routes,
    system,
)
from cpal.drivers.devices.ios.parse.known import KNOWN
from cpal.drivers.devices.parse.asking import Driver
from cpal.drivers.devices.parse.known import known_only

DRIVER = Driver(
    name="ios",
    make="Cisco IOS, IOS-XE",
    speaks="SSH",
    getters=known_only(
        {
            "facts": system.facts,
            "interfaces": interfaces.interfaces,
            "interfaces_counters": interfaces.interfaces_counters,
            "interfaces_ip": interfaces.interfaces_ip,
            "vlans": interfaces.vlans,
            "network_instances": interfaces.network_instances,
            "arp_table": neighbors.arp_table,
            "ipv6_neighbors_table": neighbors.ipv6_neighbors_table,
            "mac_address_table": neighbors.mac_address_table,
            "lldp_neighbors": neighbors.lldp_neighbors_detail,
            "lldp_neighbors_detail": neighbors.lldp_neighbors_detail,
            "optics": interfaces.optics,
            "environment": system.environment,
            "users": system.users,
            "ntp_servers": ntp.ntp_servers,
            "ntp_peers": ntp.ntp_peers,
            "ntp_stats": ntp.ntp_stats,
            "snmp_information": system.snmp_information,
            "probes_config": system.probes_config,
            "config": system.config,
            "bgp_neighbors": bgp.bgp_neighbors,
            "bgp_neighbors_detail": bgp_detail.bgp_neighbors_detail,
            "bgp_config": bgp_config.bgp_config,
            "route_to": routes.route_to,
            "ping": ping.ping,
            "evpn": evpn.evpn,
            "lags": layer2.lags,
            "spanning_tree": layer2.spanning_tree,
            "qos": qos.qos,
        },
        KNOWN,
    ),
    documented=frozenset(
        (
            "bgp_neighbors_detail",
            "config",
            "evpn",
            "lags",
            "ntp_peers",
            "ntp_servers",
            "ntp_stats",
            "ping",
            "qos",
            "route_to",
            "snmp_information",
            "spanning_tree",
        )
    ),
)
