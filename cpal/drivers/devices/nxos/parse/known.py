"""What is in every answer of NX-OS to a question, as recordings and the command reference have it. Pure data."""

from __future__ import annotations

from cpal.drivers.devices.parse.known import Known

_NONE = r"^(?:%|ERROR:|Note:).*\b[Nn]ot?\b"
"""A notice that there is nothing to show."""
_MAC_ENTRY = r"^\S?\s+(?:\d+|-|All)\s+[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}\b"
_CONFIGURATION = rf"^(?:!|version|hostname)|{_NONE}"

KNOWN: Known = {
    "show version": r"^\s*(?:NXOS|system|kickstart):?\s+version|uptime is|^Cisco Nexus Operating System",
    "show hosts": r"DNS lookup|address lookup|Name servers|Default domain",
    "show hostname": r"\A\s*\S+\s*\Z",
    "show inventory": r"NAME:",
    "show inventory | json": r"\A\s*\{|Invalid command",
    "show ip arp": rf"^Address\s+Age|{_NONE}",
    "show ipv6 neighbor": rf"^Address\s+Age|IPv6 Adjacency|{_NONE}",
    "show environment temperature": rf"^Temperature|^Module\s+Sensor|{_NONE}",
    "show environment fan": rf"^Fan|{_NONE}",
    "show environment power": rf"^Power|^Supply|{_NONE}",
    "show interface": rf"^\S.* is (?:up|down)|admin state|{_NONE}",
    "show interface status": r"^Port\s+Name",
    "show interface transceiver": rf"(?i)transceiver|{_NONE}",
    "show ip interface": rf"IP Interface Status|{_NONE}",
    "show ipv6 interface": rf"IPv6 Interface Status|{_NONE}",
    "show mac address-table": rf"^\s*Legend|VLAN\s+MAC|{_MAC_ENTRY}|{_NONE}",
    "show lldp neighbors": rf"Capability codes|Chassis id|Total entries|{_NONE}",
    "show system resources": r"Load average|CPU|[Mm]emory",
    "show spanning-tree": rf"[Ss]panning[- ]tree|{_NONE}",
    "show ntp peers": rf"^\s*Peer|{_NONE}",
    "show ntp peer-status": rf"Total peers|remote|{_NONE}",
    "show running-config": _CONFIGURATION,
    "show startup-config": _CONFIGURATION,
    "show bgp all summary": rf"BGP summary information|{_NONE}",
    "show bgp process": rf"BGP Protocol Tag|{_NONE}",
    "show ip route": rf"Route Table|{_NONE}",
    "show ip bgp": rf"BGP routing table|BGP neighbor is|{_NONE}",
}

_PORTS = "TABLE_interface*/ROW_interface*"
_ADDRESSES = "TABLE_intf*/ROW_intf*"

TREES: Known = {
    "show version": "chassis_id|host_name|kern_uptm_days",
    "show hostname": "hostname",
    "show inventory": "TABLE_inv*/ROW_inv*/serialnum",
    "show interface": f"{_PORTS}/interface",
    "show interface counters detailed": f"{_PORTS}/interface",
    "show interface transceiver details": f"{_PORTS}/sfp",
    "show ip interface": f"{_ADDRESSES}/ip-disabled|{_ADDRESSES}/subnet|{_ADDRESSES}/masklen|{_ADDRESSES}/unnum-intf",
    "show ipv6 interface": f"{_ADDRESSES}/linklocal-addr|{_ADDRESSES}/addr|{_ADDRESSES}/TABLE_addr*",
    "show ip arp": "TABLE_vrf*/ROW_vrf*/cnt-total|TABLE_vrf*/ROW_vrf*/TABLE_adj*",
    "show mac address-table": "TABLE_mac_address*/ROW_mac_address*/disp_mac_addr",
    "show vrf detail": "TABLE_vrf*/ROW_vrf*/vrf_name",
    "show vrf interface": "TABLE_if*/ROW_if*/if_name",
    "show vlan brief": "TABLE_vlanbriefxbrief*/ROW_vlanbriefxbrief*/vlanshowbr-vlanid*",
    "show bgp all summary": "TABLE_vrf*/ROW_vrf*/vrf-router-id",
    "show ntp peers": "TABLE_peers*/ROW_peers*/PeerIPAddress",
    "show ntp peer-status": "totalpeers|TABLE_peersstatus*/ROW_peersstatus*/remote",
    "show environment": "fandetails*",
    "show processes cpu": "idle_percent|TABLE_cpu_util*",
    "show processes memory shared": "TABLE_process_tag*/ROW_process_tag*",
    "show system resources": "memory_usage_total",
    "show nve vni": "TABLE_nve_vni*/ROW_nve_vni*/vni",
    "show nve peers": "TABLE_nve_peers*/ROW_nve_peers*/peer-ip",
    "show nve interface": "TABLE_nve_if*/ROW_nve_if*/if-name",
    "show port-channel summary": "TABLE_channel*/ROW_channel*/port-channel",
    "show queuing interface": "TABLE_module*/ROW_module*/TABLE_queuing_interface*",
    "show vpc": "vpc-domain-id|vpc-peer-status",
}
