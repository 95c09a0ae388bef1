"""The getters of NX-OS over SSH."""

from __future__ import annotations

from functools import partial

from cpal.drivers.devices.nxos.parse import cli, cli_routing, cli_system, fabric, optics, ping, qos, shared
from cpal.drivers.devices.nxos.parse.known import KNOWN, TREES
from cpal.drivers.devices.parse.asking import Driver
from cpal.drivers.devices.parse.known import known_only

DRIVER = Driver(
    name="nxos_ssh",
    make="Cisco NX-OS",
    speaks="SSH",
    getters=known_only(
        {
            "facts": cli.facts,
            "interfaces": cli.interfaces,
            "interfaces_counters": shared.interfaces_counters_ssh,
            "interfaces_ip": cli.interfaces_ip,
            "vlans": cli.vlans,
            "network_instances": cli.network_instances,
            "arp_table": cli.arp_table,
            "ipv6_neighbors_table": partial(shared.ipv6_neighbors_table, fabric.OVER_SSH),
            "mac_address_table": cli.mac_address_table,
            "lldp_neighbors": shared.lldp_neighbors_detail,
            "lldp_neighbors_detail": shared.lldp_neighbors_detail,
            "optics": optics.optics_ssh,
            "environment": cli.environment,
            "users": cli_system.users,
            "ntp_servers": cli_system.ntp_servers,
            "ntp_peers": cli_system.ntp_servers,
            "ntp_stats": cli_system.ntp_stats,
            "snmp_information": cli_system.snmp_information,
            "config": cli_system.config,
            "bgp_neighbors": cli_routing.bgp_neighbors,
            "route_to": cli_routing.route_to,
            "ping": ping.ping,
            "qos": partial(qos.qos, fabric.OVER_SSH),
            **fabric.GETTERS_SSH,
        },
        KNOWN,
        TREES,
    ),
    documented=frozenset(
        (
            *fabric.GETTERS,
            "interfaces_counters",
            "ipv6_neighbors_table",
            "lldp_neighbors",
            "lldp_neighbors_detail",
            "network_instances",
            "ntp_peers",
            "ntp_servers",
            "ntp_stats",
            "ping",
            "qos",
        )
    ),
)
