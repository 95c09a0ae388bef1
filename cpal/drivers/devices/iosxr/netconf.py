"""The getters of IOS-XR over NETCONF."""

from __future__ import annotations

from cpal.drivers.devices.iosxr.parse import bgp, bgp_config, environment, probes, system, tables
from cpal.drivers.devices.iosxr.parse.known import KNOWN, TREES
from cpal.drivers.devices.parse.asking import Driver
from cpal.drivers.devices.parse.known import known_only

DRIVER = Driver(
    name="iosxr_netconf",
    make="Cisco IOS-XR",
    speaks="NETCONF",
    getters=known_only(
        {
            "facts": system.facts_netconf,
            "interfaces_counters": system.interfaces_counters,
            "mac_address_table": system.mac_address_table,
            "interfaces": system.interfaces_netconf,
            "interfaces_ip": tables.interfaces_ip_netconf,
            "arp_table": tables.arp_table_netconf,
            "lldp_neighbors": tables.lldp_neighbors_netconf,
            "lldp_neighbors_detail": tables.lldp_neighbors_netconf,
            "users": tables.users_netconf,
            "environment": environment.environment_netconf,
            "ntp_servers": system.ntp_servers_netconf,
            "ntp_peers": system.ntp_peers_netconf,
            "ntp_stats": system.ntp_stats_netconf,
            "snmp_information": system.snmp_information_netconf,
            "probes_config": system.probes_config_netconf,
            "probes_results": probes.probes_results_netconf,
            "bgp_config": bgp_config.bgp_config_netconf,
            "route_to": tables.route_to_netconf,
            "config": system.config_netconf,
            "bgp_neighbors": bgp.bgp_neighbors_netconf,
            "bgp_neighbors_detail": bgp.bgp_neighbors_detail_netconf,
        },
        KNOWN,
        TREES,
    ),
    documented=frozenset(
        (
            "arp_table",
            "bgp_config",
            "bgp_neighbors",
            "interfaces",
            "interfaces_ip",
            "lldp_neighbors",
            "lldp_neighbors_detail",
            "probes_results",
            "route_to",
            "users",
        )
    ),
)
