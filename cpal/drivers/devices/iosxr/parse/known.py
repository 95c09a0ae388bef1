"""What is in every answer of IOS-XR to a question: the XML agent and NETCONF repeat what was asked. Pure data."""

from __future__ import annotations

from cpal.drivers.devices.parse.known import Known

KNOWN: Known = {"<CLI>": r"<CLI>|^!! IOS XR|^!"}

TREES: Known = {
    "<Get><AdminOperational><PlatformInventory>": "PlatformInventory",
    "<Get><Operational><SystemTime/>": "SystemTime|PlatformInventory",
    "<Get><Operational><PlatformInventory>": "PlatformInventory",
    "<Get><Operational><Interfaces": "Interfaces",
    "<Get><Operational><IPV4Network>": "IPV4Network|IPV6Network",
    "<Get><Operational><ARP>": "ARP",
    "<Get><Operational><LLDP>": "LLDP",
    "<Get><Operational><L2VPNForwarding>": "L2VPNForwarding",
    "<Get><Operational><NTP>": "Operational/NTP",
    "<Get><Operational><IPSLA>": "Operational/IPSLA",
    "<Get><Operational><RIB>": "RIB",
    "<Get><Operational><IPV6_RIB>": "IPV6_RIB",
    "<Get><Operational><BGP><ConfigInstanceTable>": "BGP/ConfigInstanceTable",
    "<Get><Operational><BGP><InstanceTable>": "BGP/InstanceTable",
    "<Get><Operational><MemorySummary>": "MemorySummary",
    "<Get><Operational><SystemMonitoring>": "SystemMonitoring",
    "<Get><Configuration><AAA>": "AAA",
    "<Get><Configuration><BGP>": "BGP/Instance",
    "<Get><Configuration><IPSLA>": "Configuration/IPSLA",
    "<Get><Configuration><NTP>": "Configuration/NTP",
    "<Get><Configuration><SNMP>": "SNMP",
    "<aaa ": "aaa",
    "<arp ": "arp",
    "<bgp *-cfg": "bgp/instance",
    "<bgp *-oper": "bgp/instances",
    "<cli ": "cli",
    "<environment ": "environment",
    "<interfaces ": "interfaces",
    "<ipsla *-cfg": "ipsla/operation|ipsla/[!o]*",
    "<ipsla *-oper": "ipsla/operation-data|ipsla/[!o]*",
    "<ipv4-network ": "ipv4-network|ipv6-network",
    "<ipv6-rib ": "ipv6-rib",
    "<l2vpn-forwarding ": "l2vpn-forwarding",
    "<lldp ": "lldp",
    "<memory-summary ": "memory-summary",
    "<ntp *-cfg": "ntp/[!n]*",
    "<ntp *-oper": "ntp/nodes",
    "<rib ": "rib",
    "<snmp ": "snmp",
    "<system-monitoring ": "system-monitoring",
    "<system-time ": "system-time|inventory",
}
