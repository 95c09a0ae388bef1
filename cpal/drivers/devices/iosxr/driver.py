"""The getters of IOS-XR over its XML agent."""

from __future__ import annotations

from cpal.drivers.devices.iosxr.parse import bgp, bgp_config, environment, system
from cpal.drivers.devices.parse.asking import Driver

DRIVER = Driver(
    name="iosxr",
    make="Cisco IOS-XR",
    speaks="XML agent",
    getters={
        "facts": system.facts,
        "interfaces": system.interfaces,
        "environment": environment.environment,
        "ntp_servers": system.ntp_servers,
        "ntp_peers": system.ntp_peers,
        "ntp_stats": system.ntp_stats,
        "snmp_information": system.snmp_information,
        "probes_config": system.probes_config,
        "config": system.config,
        "bgp_neighbors": bgp.bgp_neighbors,
        "bgp_neighbors_detail": bgp.bgp_neighbors_detail,
        "bgp_config": bgp_config.bgp_config,
    },
    documented=frozenset(("environment",)),
)
