"""What is in every answer of Junos to a question, as recordings and its XML API reference have it. Pure data."""

from __future__ import annotations

from cpal.drivers.devices.parse.known import Known

_PORTS = "interface-information/physical-interface"
_LLDP = "lldp-neighbors-information"
_MACS = "l2ng-l2ald-rtb-macdb|ethernet-switching-table-information|l2ald-rtb-macdb"

KNOWN: Known = {
    "facts": r"^\w+:",
    "show ntp associations": r"remote\s+refid|\bnot?\b",
}

TREES: Known = {
    "<get-system-information>": "system-information",
    "<get-system-uptime-information>": "system-uptime-information",
    "<get-interface-information>": f"{_PORTS}/admin-status|{_PORTS}/oper-status|{_PORTS}/logical-interface",
    "<get-interface-optics-diagnostics-information>": f"{_PORTS}/optics-diagnostics",
    "<get-interface-queue-information>": f"{_PORTS}/queue-counters|{_PORTS}/name",
    "<get-vlan-information>": "vlan-information|l2ng-l2ald-vlan-instance-information",
    "<get-bridge-instance-information>": "l2ald-bridge-instance-information",
    "<get-arp-table-information>": "arp-table-information",
    "<get-ipv6-nd-information>": "ipv6-nd-information",
    "<get-ethernet-switching-table-information>": _MACS,
    "<get-bridge-mac-table>": _MACS,
    "<get-lldp-neighbors-information>": _LLDP,
    "<get-lldp-interface-neighbors>": _LLDP,
    "<get-lldp-interface-neighbors-information>": _LLDP,
    "<get-environment-information>": "environment-information",
    "<get-route-engine-information>": "route-engine-information",
    "<get-temperature-threshold-information>": "temperature-threshold-information",
    "<get-power-usage-information-detail>": "power-usage-information*",
    "<get-probe-results>": "probe-results",
    "<get-instance-information>": "instance-information",
    "<get-bgp-neighbor-information>": "bgp-information",
    "<get-bgp-summary-information>": "bgp-information",
    "<get-route-information>": "route-information",
    "<get-lacp-interface-information>": "lacp-interface-information-list|lacp-interface-information",
    "<get-stp-bridge-information>": "stp-bridge*",
    "<get-stp-interface-information>": "stp-interface-information|stp-instance*",
    "<command>show ethernet-switching vxlan-tunnel-end-point": "l2ald-vtep*|*vxlan*|*vtep*",
    "<command>show evpn instance": "evpn-instance-information",
    "<get-configuration": "configuration-text",
    "<configuration><system": "configuration/system",
    "<configuration><snmp/>": "configuration/snmp",
    "<configuration><services>": "configuration/services",
    "<configuration><routing-instances>": "configuration/routing-instances",
    "<configuration><routing-options>": "configuration/routing-options",
    "<configuration><class-of-service>": "configuration/class-of-service",
    "<configuration><interfaces/>": "configuration/interfaces",
    "<get-firewall-information>": "firewall-information",
    "<configuration><protocols>": "configuration/protocols",
    "<configuration><policy-options>": "configuration/policy-options",
    "<ping>": "ping-results",
}
