"""The getters of IOS-XR over its XML agent."""

from __future__ import annotations

from cpal.drivers.devices.iosxr.parse import bgp, bgp_config, environment, probes, system, tables
from cpal.drivers.devices.iosxr.parse.known import KNOWN, TREES
from cpal.drivers.devices.parse.asking import Driver
from cpal.drivers.devices.parse.known import known_only

DRIVER = Driver(
    name="iosxr",
    make="Cisco IOS-XR",
    speaks="XML agent",
    getters=known_only(
        {
            "facts": system.facts,
            "interfaces": system.interfaces,
            "interfaces_counters": system.interfaces_counters_agent,
            "interfaces_ip": tables.interfaces_ip,
            "arp_table": tables.arp_table,
            "mac_address_table": tables.mac_address_table,
            "lldp_neighbors": tables.lldp_neighbors,
            "lldp_neighbors_detail": tables.lldp_neighbors,
            "users": tables.users,
            "route_to": tables.route_to,
            "environment": environment.environment,
            "ntp_servers": system.ntp_servers,
            "ntp_peers": system.ntp_peers,
            "ntp_stats": system.ntp_stats,
            "snmp_information": system.snmp_information,
            "probes_config": system.probes_config,
            "probes_results": probes.probes_results,
            "config": system.config,
            "bgp_neighbors": bgp.bgp_neighbors,
            "bgp_neighbors_detail": bgp.bgp_neighbors_detail,
            "bgp_config": bgp_config.bgp_config,
        },
        KNOWN,
        TREES,
    ),
    documented=frozenset(
        (
            "arp_table",
            "environment",
            "interfaces_counters",
            "interfaces_ip",
            "lldp_neighbors",
            "lldp_neighbors_detail",
            "mac_address_table",
            "probes_results",
            "route_to",
            "users",
        )
    ),
)
