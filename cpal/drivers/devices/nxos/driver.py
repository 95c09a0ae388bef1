"""The getters of NX-OS over NX-API."""

from __future__ import annotations

from cpal.drivers.devices.nxos.parse import api, cli_routing, cli_system, fabric, optics, ping, qos, shared
from cpal.drivers.devices.nxos.parse.known import KNOWN, TREES
from cpal.drivers.devices.parse.asking import Driver
from cpal.drivers.devices.parse.known import known_only

DRIVER = Driver(
    name="nxos",
    make="Cisco NX-OS",
    speaks="NX-API",
    getters=known_only(
        {
            "facts": api.facts,
            "interfaces": api.interfaces,
            "interfaces_counters": shared.interfaces_counters,
            "interfaces_ip": api.interfaces_ip,
            "vlans": api.vlans,
            "network_instances": api.network_instances,
            "arp_table": api.arp_table,
            "ipv6_neighbors_table": shared.ipv6_neighbors_table,
            "mac_address_table": api.mac_address_table,
            "lldp_neighbors": shared.lldp_neighbors_detail,
            "lldp_neighbors_detail": shared.lldp_neighbors_detail,
            "optics": optics.optics_api,
            "environment": api.environment,
            "users": cli_system.users,
            "ntp_servers": api.ntp_servers,
            "ntp_peers": api.ntp_servers,
            "ntp_stats": api.ntp_stats,
            "snmp_information": cli_system.snmp_information,
            "config": cli_system.config,
            "bgp_neighbors": api.bgp_neighbors,
            "route_to": cli_routing.route_to,
            "ping": ping.ping,
            "qos": qos.qos,
            **fabric.GETTERS,
        },
        KNOWN,
        TREES,
    ),
    documented=frozenset(
        (
            *fabric.GETTERS,
            "config",
            "facts",
            "interfaces_counters",
            "ipv6_neighbors_table",
            "lldp_neighbors",
            "lldp_neighbors_detail",
            "ntp_servers",
            "ntp_stats",
            "optics",
            "ping",
            "qos",
            "route_to",
            "snmp_information",
            "users",
            "vlans",
        )
    ),
)
