"""The getters of NX-OS over NX-API."""

from __future__ import annotations

from cpal.drivers.devices.nxos.parse import api, cli_system
from cpal.drivers.devices.parse.asking import Driver

DRIVER = Driver(
    name="nxos",
    make="Cisco NX-OS",
    speaks="NX-API",
    getters={
        "facts": api.facts,
        "interfaces": api.interfaces,
        "interfaces_ip": api.interfaces_ip,
        "vlans": api.vlans,
        "network_instances": api.network_instances,
        "arp_table": api.arp_table,
        "mac_address_table": api.mac_address_table,
        "environment": api.environment,
        "users": cli_system.users,
        "ntp_servers": api.ntp_servers,
        "ntp_peers": api.ntp_peers,
        "snmp_information": cli_system.snmp_information,
        "config": cli_system.config,
        "bgp_neighbors": api.bgp_neighbors,
    },
    documented=frozenset(("config", "facts", "ntp_servers", "snmp_information", "users", "vlans")),
)
