"""What is in every answer of Junos to a question, as recordings and its XML API reference have it. Pure data."""

from __future__ import annotations

from cpal.drivers.devices.parse.known import Known

_PORTS = "interface-information/physical-interface"
_LLDP = "lldp-neighbors-information/lldp-neighbor-information"
_MACS = "l2ng-l2ald-rtb-macdb/*mac*|ethernet-switching-table-information/ethernet-*|l2ald-rtb-macdb/*mac*"
_TREES = "stp-bridge/protocol"
_LACP = "lacp-interface-information/lag-lacp-*"
_SYSTEM, _UPTIME, _BGP = "system-information", "system-uptime-information", "bgp-information"

KNOWN: Known = {
    "facts": r"^\w+:",
    "show ntp associations": r"remote\s+refid|\bnot?\b",
}

TREES: Known = {
    "<get-system-information>": f"{_SYSTEM}/host-name|{_SYSTEM}/hardware-model|{_SYSTEM}/serial-number",
    "<get-system-uptime-information>": f"{_UPTIME}/*-time|{_UPTIME}/uptime-information",
    "<get-interface-information>": f"{_PORTS}/admin-status|{_PORTS}/oper-status|{_PORTS}/logical-interface",
    "<get-interface-optics-diagnostics-information>": f"{_PORTS}/optics-diagnostics",
    "<get-interface-queue-information>": f"{_PORTS}/queue-counters|{_PORTS}/name",
    "<get-vlan-information>": "vlan-information/vlan*|l2ng-l2ald-vlan-instance-information/l2ng-*",
    "<get-bridge-instance-information>": "l2ald-bridge-instance-information/l2ald-bridge-instance-group",
    "<get-arp-table-information>": "arp-table-information/arp-*",
    "<get-ipv6-nd-information>": "ipv6-nd-information/ipv6-nd-*",
    "<get-ethernet-switching-table-information>": _MACS,
    "<get-bridge-mac-table>": _MACS,
    "<get-lldp-neighbors-information>": _LLDP,
    "<get-lldp-interface-neighbors>": _LLDP,
    "<get-lldp-interface-neighbors-information>": _LLDP,
    "<get-environment-information>": "environment-information/environment-item",
    "<get-route-engine-information>": "route-engine-information/route-engine",
    "<get-temperature-threshold-information>": "temperature-threshold-information/temperature-threshold",
    "<get-power-usage-information-detail>": "power-usage-information*/power-usage-*",
    "<get-probe-results>": "probe-results/probe-test-results",
    "<get-instance-information>": "instance-information/instance-core",
    "<get-bgp-neighbor-information>": f"{_BGP}/bgp-*|{_BGP}/*-count",
    "<get-bgp-summary-information>": f"{_BGP}/bgp-*|{_BGP}/*-count",
    "<get-route-information>": "route-information/route-table",
    "<get-lacp-interface-information>": f"lacp-interface-information-list/{_LACP}|{_LACP}",
    "<get-stp-bridge-information>": f"{_TREES}|stp-bridge-information/{_TREES}",
    "<get-stp-interface-information>": "stp-interface-information/stp-instance/stp-*|stp-instance/stp-interface*",
    "<command>show ethernet-switching vxlan-tunnel-end-point": "*vxlan*/svtep-format|*vxlan*/*vtep*|*vtep*/*vtep*",
    "<command>show evpn instance": "evpn-instance-information/evpn-instance",
    "<get-configuration": "configuration-text",
    "<configuration><system": "configuration/system",
    "<configuration><snmp/>": "configuration/snmp",
    "<configuration><services>": "configuration/services",
    "<configuration><routing-instances>": "configuration/routing-instances",
    "<configuration><routing-options>": "configuration/routing-options",
    "<configuration><class-of-service>": "configuration/class-of-service",
    "<configuration><interfaces/>": "configuration/interfaces",
    "<get-firewall-information>": "firewall-information/filter-information",
    "<configuration><protocols>": "configuration/protocols",
    "<configuration><policy-options>": "configuration/policy-options",
    "<ping>": "ping-results",
}
